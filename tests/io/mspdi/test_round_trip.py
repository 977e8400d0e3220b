"""What is written comes back as it was, and what somebody changed in between comes back changed."""

import xml.etree.ElementTree as ET
from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parcelplan.io.mspdi import mspdi_text, read_mspdi
from parcelplan.io.programme.tables import TABLES, Programme, frame_of, rows_of
from tests.io.mspdi.programmes import DAYS, IDS, programmes

AS_OF = date(2024, 1, 1)
NS = "{http://schemas.microsoft.com/project}"


def planned(**days):
    """Planned days by work: start and end as ISO text."""
    frame = pd.DataFrame.from_dict(days, orient="index", columns=["start_on", "ends_on"])
    return frame.apply(pd.to_datetime)


def written(folder, programme, plan=None, lang="zh"):
    path = folder / "own.xml"
    text = mspdi_text(
        programme, planned=planned() if plan is None else plan, title="园区 <1> & 2", as_of=AS_OF, lang=lang
    )
    path.write_text(text, encoding="utf-8")
    return path


def small():
    """Two works, the second behind the first, with a crew and a flood season."""
    works = [
        {
            "work_id": "W1",
            "kind": "acquisition",
            "name": "征地",
            "duration_likely_days": 30,
            "progress": 0.355,
        },
        {
            "work_id": "W2",
            "kind": "river_diversion",
            "name": "改河",
            "duration_likely_days": 20,
            "predecessors": "W1:FS+5",
            "calendar": "river",
            "crews": "C1:2",
            "cost_wanyuan": 1234.5678,
            "due_on": date(2024, 12, 31),
        },
    ]
    tables = {
        "works": works,
        "crews": [{"crew_id": "C1", "name": "河道队", "capacity": 3}],
        "calendars": [{"calendar_id": "river", "name": "汛期外", "week": "all", "interruptible": False}],
        "closures": [
            {
                "calendar_id": "river",
                "from_on": date(2024, 5, 1),
                "until_on": date(2024, 10, 1),
                "yearly": True,
                "note": "汛期",
            }
        ],
    }
    return Programme(tables={name: frame_of(name, rows)[0] for name, rows in tables.items()})


@settings(max_examples=40)
@given(data=st.data())
def test_nothing_is_lost(data, tmp_path_factory):
    programme = data.draw(programmes())
    ends = st.none() | st.tuples(DAYS, st.integers(0, 500))
    days = {work: data.draw(ends) for work in IDS}
    plan = planned(
        **{
            work: [start, date.fromordinal(start.toordinal() + length)]
            for work, (start, length) in ((work, pair) for work, pair in days.items() if pair)
        }
    )
    lang = data.draw(st.sampled_from(["zh", "en"]))
    back = read_mspdi(written(tmp_path_factory.mktemp("mspdi"), programme, plan, lang))
    for name in TABLES:
        assert rows_of(name, back.table(name)) == rows_of(name, programme.table(name)), name
    assert not [item for item in back.findings if item.code.startswith(("mspdi", "programme"))]


def test_the_planned_days_and_the_due_date_stand_in_the_file(tmp_path):
    path = written(
        tmp_path, small(), planned(W1=["2024-02-01", "2024-03-01"], W2=["2024-04-20", "2024-10-09"])
    )
    task = ET.parse(path).getroot().findall(f".//{NS}Task")[2]
    said = {child.tag.removeprefix(NS): child.text for child in task}
    assert said["Start"] == "2024-04-20T08:00:00"
    assert said["Finish"] == "2024-10-09T17:00:00"
    assert said["Deadline"] == "2024-12-31T17:00:00"
    # 11 days of April and 9 of October; the flood season between them is closed.
    assert said["Duration"] == "PT160H0M0S"
    assert (said["ConstraintType"], said["ConstraintDate"]) == ("4", "2024-04-20T08:00:00")
    assert said["FixedCost"] == "1234567800"
    link = task.find(f"{NS}PredecessorLink")
    assert [child.text for child in link] == ["1", "1", "0", "72000", "8"]


@pytest.mark.parametrize(
    ("was", "becomes", "column", "value"),
    [
        ("<PercentComplete>36<", "<PercentComplete>50<", "progress", 0.5),
        ("<Deadline>2024-12-31T", "<Deadline>2025-03-31T", "due_on", date(2025, 3, 31)),
        ("<LinkLag>72000<", "<LinkLag>144000<", "predecessors", "W1:FS+10"),
        ("<Units>2<", "<Units>1<", "crews", "C1"),
        ("<Duration>PT160H0M0S<", "<Duration>PT240H0M0S<", "duration_likely_days", 30),
        ("<Name>改河<", "<Name>改河二标<", "name", "改河二标"),
        ("<ConstraintDate>2024-04-20T", "<ConstraintDate>2024-06-01T", "earliest_start_on", date(2024, 6, 1)),
        ("<FixedCost>1234567800<", "<FixedCost>1234567800<", "cost_wanyuan", 1234.5678),
    ],
)
def test_a_change_in_between_stands(tmp_path, was, becomes, column, value):
    programme = small()
    path = written(
        tmp_path, programme, planned(W1=["2024-02-01", "2024-03-01"], W2=["2024-04-20", "2024-10-09"])
    )
    text = path.read_text(encoding="utf-8")
    assert was in text
    path.write_text(text.replace(was, becomes), encoding="utf-8")
    back = read_mspdi(path)
    rows = {row["work_id"]: row for row in rows_of("works", back.table("works"))}
    work = "W1" if column == "progress" else "W2"
    assert rows[work][column] == value
    told = {(item.feature_id, item.field) for item in back.findings if item.code == "mspdi.changed"}
    assert told <= {(work, column)}
    assert told or column not in {"progress", "duration_likely_days", "earliest_start_on"} or was == becomes
    kept = {row["work_id"]: row for row in rows_of("works", programme.table("works"))}
    assert {name: cell for name, cell in rows[work].items() if name != column} == {
        name: cell for name, cell in kept[work].items() if name != column
    }


def test_a_calendar_changed_in_between_is_read_as_it_is_now(tmp_path):
    path = written(tmp_path, small())
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("2024-09-30T23:59:00", "2024-08-31T23:59:00"), encoding="utf-8")
    back = read_mspdi(path)
    assert "mspdi.tables_changed" in back.findings.codes()
    until = [row["until_on"] for row in rows_of("closures", back.table("closures"))]
    assert date(2024, 9, 1) in until
    assert set(rows_of("works", back.table("works"))[1]["calendar"].split()) == {"river"}
    assert [row["calendar_id"] for row in rows_of("calendars", back.table("calendars"))] == ["river"]


def test_a_memory_that_was_altered_is_told_and_left_aside(tmp_path):
    path = written(tmp_path, small())
    text = path.read_text(encoding="utf-8")
    for broken in ('"digest":5', '"digest"'):
        path.write_text(text.replace('"digest":', broken, 1), encoding="utf-8")
        back = read_mspdi(path)
        assert "mspdi.memory_broken" in back.findings.codes()
        assert list(back.table("works").index) == ["W1", "W2"]
        assert back.table("works").loc["W2", "kind"] == "river_diversion"


def test_works_deleted_and_added_in_between(tmp_path):
    path = written(tmp_path, small())
    text = path.read_text(encoding="utf-8")
    head, first, second, tail = (
        text[: text.index("<Task>\n      <UID>1")],
        text[text.index("<Task>\n      <UID>1") : text.index("<Task>\n      <UID>2")],
        text[text.index("<Task>\n      <UID>2") : text.index("</Tasks>")],
        text[text.index("</Tasks>") :],
    )
    added = "<Task><UID>9</UID><ID>9</ID><Name>横三路建设</Name><Duration>PT80H0M0S</Duration></Task>"
    path.write_text(head + second + added + tail, encoding="utf-8")
    assert first
    back = read_mspdi(path)
    assert list(back.table("works").index) == ["W2", "T9"]
    assert back.table("works").loc["T9", "kind"] == "road"
    assert [item.feature_id for item in back.findings if item.code == "mspdi.work_gone"] == ["W1"]
    assert back.table("works").loc["W2", "predecessors"] == ""


def test_the_same_input_gives_the_same_file(tmp_path):
    assert written(tmp_path, small()).read_bytes() == written(tmp_path, small()).read_bytes()


def test_a_bar_that_was_moved_goes_before_the_earliest_start_as_it_was(tmp_path):
    row = {"work_id": "W1", "kind": "road", "name": "路", "earliest_start_on": date(2024, 2, 1)}
    programme = Programme(tables={"works": frame_of("works", [row | {"duration_likely_days": 10}])[0]})
    path = written(tmp_path, programme, planned(W1=["2024-03-01", "2024-03-10"]))
    assert read_mspdi(path).table("works").loc["W1", "earliest_start_on"].date() == date(2024, 2, 1)
    text = path.read_text(encoding="utf-8")
    moved = "<ConstraintDate>2024-05-06T08:00:00<"
    path.write_text(text.replace("<ConstraintDate>2024-03-01T08:00:00<", moved), encoding="utf-8")
    back = read_mspdi(path)
    assert back.table("works").loc["W1", "earliest_start_on"].date() == date(2024, 5, 6)
    assert [item.field for item in back.findings if item.code == "mspdi.changed"] == ["earliest_start_on"]
