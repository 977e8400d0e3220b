"""Predecessors of a work as one cell says them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parcelplan.schema.links import Link, format_links, parse_links

KNOWN = {"W02", "W03", "W03-1", "W04", "1", "12", "A:FS"}


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("W02;W03", ["W02", "W03"]),
        ("W02:SS+10;W03:FF-3;W04:FS+5", ["W02:SS+10", "W03:FF-3", "W04:FS+5"]),
        ("W02SS；W03FS+5天", ["W02:SS", "W03:FS+5"]),
        ("W02:+10;W03+2d", ["W02:FS+10", "W03:FS+2"]),
        ("W02：ss＋1０ 天", ["W02:SS+10"]),
        ("W02, W03、W04", ["W02", "W03", "W04"]),
        ("12FS+3 days,1", ["12:FS+3", "1"]),
        ("12FS+2ed", ["12:FS+2"]),
        ("W03-1", ["W03-1"]),
        ("W03-1:SS-1", ["W03-1:SS-1"]),
        ("A:FS", ["A:FS"]),
        ("", []),
        (" ; ", []),
    ],
)
def test_a_cell_is_read(cell, said):
    assert [str(link) for link in parse_links(cell, KNOWN)] == said


@pytest.mark.parametrize("cell", ["W02:XX", "W02:SS+", "W02-10", "W02:FS+1.5", "W02:FS+2个工作日", "W99,W98"])
def test_what_cannot_be_read_stands_as_an_id_that_nobody_has(cell):
    for link in parse_links(cell, KNOWN):
        assert link.before not in KNOWN
        assert (link.relation, link.lag_days) == ("FS", 0)


def test_a_colon_ends_an_id_that_nobody_has():
    assert parse_links("W99:SS+1", KNOWN) == [Link(before="W99", relation="SS", lag_days=1)]


IDS = st.from_regex(r"[A-Za-z0-9任务_.-]{1,6}", fullmatch=True)


@given(st.data())
def test_what_is_written_is_read_back(data):
    known = data.draw(st.sets(IDS, min_size=1, max_size=6))
    links = data.draw(
        st.lists(
            st.builds(
                Link,
                before=st.sampled_from(sorted(known)),
                relation=st.sampled_from(["FS", "SS", "FF", "SF"]),
                lag_days=st.integers(-9999, 9999),
            ),
            max_size=5,
        )
    )
    assert parse_links(format_links(links), known) == links
