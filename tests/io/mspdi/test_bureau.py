"""A schedule as Project 2016 and later save it, by people who never heard of us."""

from datetime import date
from pathlib import Path

import pytest

from parcelplan.errors import InputError
from parcelplan.io.mspdi import read_mspdi
from parcelplan.io.programme.tables import rows_of

BUREAU = Path(__file__).with_name("bureau.xml")


@pytest.fixture(scope="module")
def bureau():
    return read_mspdi(BUREAU)


def cells(programme, table, **where):
    found = [
        {name: cell for name, cell in row.items() if cell is not None}
        for row in rows_of(table, programme.table(table))
    ]
    return [row for row in found if where.items() <= row.items()]


def test_works_are_the_leaves_of_the_outline(bureau):
    assert list(bureau.table("works").index) == ["1.1", "1.2", "2", "3", "4", "5"]
    [told] = [item for item in bureau.findings if item.code == "mspdi.headings"]
    assert "征地拆迁" in told.message("zh")


def test_a_work_in_progress(bureau):
    assert cells(bureau, "works", work_id="1.1") == [
        {
            "work_id": "1.1",
            "kind": "acquisition",
            "name": "一标段",
            "responsible": "镇政府",
            "started_on": date(2024, 1, 2),
            "due_on": date(2024, 5, 31),
            "duration_likely_days": 80,
            "progress": 0.25,
            "calendar": "标准",
            "cost_wanyuan": 400.0,
            "note": "含 3 个社\n12 户",
        }
    ]


def test_links_lags_and_constraints(bureau):
    works = bureau.table("works")
    # Ten working days are two weeks; a milestone is the last day of what it waits for.
    assert works["predecessors"].to_list() == ["", "1.1:SS+14", "1.1:FS-1;1.2:FS-1", "", "2:FS+10;3:FF-3", ""]
    assert works.loc["1.2", "deadline_on"].date() == date(2024, 6, 28)
    assert works.loc["3", "earliest_start_on"].date() == date(2024, 3, 1)
    assert works.loc["5", "earliest_start_on"].date() == date(2024, 2, 1)


def test_durations_are_in_days_of_the_calendar(bureau):
    works = bureau.table("works")
    # 2400 hours by the clock are 100 days; 60 days of a six-day week are 70 of the calendar.
    assert works["duration_likely_days"].fillna(0).to_list() == [80, 40, 1, 100, 70, 0]
    assert works["calendar"].to_list() == ["标准", "标准", "", "", "每周六天", "标准"]


def test_calendars_keep_what_the_official_calendar_does_not_know(bureau):
    assert cells(bureau, "calendars", calendar_id="标准")[0]["week"] == "working"
    assert cells(bureau, "closures") == [
        {
            "calendar_id": "标准",
            "from_on": date(2024, 7, 15),
            "until_on": date(2024, 7, 27),
            "yearly": False,
            "note": "高温停工",
        }
    ]


def test_resources_are_crews_in_whole_units(bureau):
    assert cells(bureau, "crews") == [
        {"crew_id": "电力施工队", "capacity": 2},
        {"crew_id": "电力施工队", "capacity": 1, "from_on": date(2024, 6, 1), "until_on": date(2024, 9, 1)},
        {"crew_id": "监理", "capacity": 2},
    ]
    assert bureau.table("works")["crews"].to_list()[3:5] == ["电力施工队:2;监理", "监理:2"]


def test_every_guess_is_told(bureau):
    guesses = {item.feature_id: item.params["kind"] for item in bureau.findings if item.field == "kind"}
    assert guesses == {
        "1.1": "acquisition",
        "1.2": "acquisition",
        "3": "line_undergrounding",
        "4": "road",
    } | {
        "2": "",
        "5": "",
    }
    assert {item.feature_id for item in bureau.findings.of("error")} == {"2", "5"}
    named = {
        "mspdi.exception_left_out": "标准",
        "mspdi.material": "沥青",
        "mspdi.crew_parts": "监理",
        "mspdi.task_inactive": "8 已取消的桥",
        "mspdi.lag_converted": "3 二标段",
        "mspdi.link_nowhere": "6 纵一路北段",
        "mspdi.milestone": "4 净地交付",
        "mspdi.days_stretched": "6 纵一路北段",
        "mspdi.no_duration": "9 每周例会",
        "mspdi.manual": "9 每周例会",
        "mspdi.other_week": "每周六天",
    }
    told = {item.code: item for item in bureau.findings}
    assert {code: told[code].feature_id for code in named} == named
    for code, name in named.items():
        assert name in told[code].message("zh")
        assert name in told[code].message("en")


def altered(tmp_path, was, becomes):
    text = BUREAU.read_text(encoding="utf-8")
    assert was in text
    path = tmp_path / "altered.xml"
    path.write_text(text.replace(was, becomes), encoding="utf-8")
    return read_mspdi(path)


@pytest.mark.parametrize(
    ("was", "becomes", "code"),
    [
        ("<CurrencyCode>CNY", "<CurrencyCode>USD", "mspdi.currency"),
        ("<PercentComplete>25", "<PercentComplete>250", "mspdi.unreadable"),
        ("<Deadline>2024-05-31T", "<Deadline>2024-05-32T", "mspdi.unreadable"),
        ("<UID>13</UID>", "<UID>12</UID>", "mspdi.repeated_uid"),
        ("<UID>13</UID>", "<UID></UID>", "mspdi.repeated_uid"),
        ("<ConstraintType>7<", "<ConstraintType>1<", "mspdi.constraint_1"),
        ("<ConstraintType>7<", "<ConstraintType>5<", "mspdi.constraint_5"),
        ("<ConstraintType>7<", "<ConstraintType>6<", "mspdi.constraint_6"),
        ("<ConstraintType>7<", "<ConstraintType>77<", "mspdi.unreadable"),
        ("<ConstraintType>4<", "<ConstraintType>2<", "mspdi.start_on"),
        ("<ID>5</ID>", "<ID>5</ID><IsSubproject>1</IsSubproject>", "mspdi.task_elsewhere"),
        (
            "<PredecessorUID>11</PredecessorUID><Type>1",
            "<PredecessorUID>11</PredecessorUID><Type>3",
            "mspdi.link_from_start",
        ),
        (
            "<LagFormat>7</LagFormat></PredecessorLink>\n\t\t</Task>\n\t\t<Task>\n\t\t\t<UID>20",
            "<LagFormat>19</LagFormat></PredecessorLink>\n\t\t</Task>\n\t\t<Task>\n\t\t\t<UID>20",
            "mspdi.lag_converted",
        ),
    ],
)
def test_what_cannot_be_kept_is_told(tmp_path, was, becomes, code):
    codes = [item.code for item in altered(tmp_path, was, becomes).findings]
    assert any(item.startswith(code) for item in codes), codes


def test_a_cost_in_another_currency_is_not_taken_for_yuan(tmp_path):
    assert (
        altered(tmp_path, "<CurrencyCode>CNY", "<CurrencyCode>USD")
        .table("works")["cost_wanyuan"]
        .isna()
        .all()
    )


def test_a_link_to_a_heading_is_handed_down(tmp_path):
    heading = "<WBS>1</WBS><OutlineNumber>1</OutlineNumber>"
    link = "<PredecessorLink><PredecessorUID>21</PredecessorUID><Type>1</Type></PredecessorLink>"
    works = altered(tmp_path, heading, heading + link).table("works")
    assert works.loc["1.1", "predecessors"] == "3"
    assert works.loc["1.2", "predecessors"] == "1.1:SS+14;3"


def test_works_get_their_number_where_codes_repeat(tmp_path):
    works = altered(tmp_path, "<WBS>1.2</WBS>", "<WBS>1.1</WBS>").table("works")
    assert list(works.index) == ["T12", "T13", "T20", "T21", "T22", "T25"]


def test_names_that_repeat_take_their_heading(tmp_path):
    works = altered(tmp_path, "<Name>二标段</Name>", "<Name>一标段</Name>").table("works")
    assert works["name"].to_list()[:2] == ["征地拆迁 · 一标段"] * 2


BOMB = '<!DOCTYPE Project [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE Project [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (
            f"<?xml version='1.0'?>{BOMB}<Project><Tasks><Task><UID>1</UID><Name>&b;</Name></Task></Tasks></Project>",
            "error.xml_entities",
        ),
        (f"<?xml version='1.0'?>{OUTSIDE}<Project><Name>&a;</Name></Project>", "error.xml_entities"),
        ("<Project><Tasks>", "error.xml_broken"),
        ("<Project><Tasks></Tasks></Project>", "error.not_mspdi"),
        ("<gpx><trk/></gpx>", "error.not_mspdi"),
        ("", "error.xml_broken"),
        ("no xml at all", "error.xml_broken"),
        ("<Project>" + "<a>" * 40 + "</a>" * 40 + "</Project>", "error.xml_too_large"),
        ("<Project><Name>" + "x" * 17_000_000 + "</Name></Project>", "error.xml_too_large"),
    ],
    ids=["bomb", "outside", "cut", "empty", "other", "nothing", "text", "deep", "long"],
)
def test_hostile_and_broken_files_are_refused_by_name(tmp_path, content, code):
    path = tmp_path / "plan.xml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"plan\.xml") as caught:
        read_mspdi(path)
    assert caught.value.code == code


def test_a_missing_file_and_a_huge_one(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="nowhere"):
        read_mspdi(tmp_path / "nowhere.xml")
    from dataclasses import replace

    from parcelplan.io.mspdi import xml_tree

    monkeypatch.setattr(xml_tree, "LIMITS", replace(xml_tree.LIMITS, file_bytes=1_000))
    with pytest.raises(InputError) as caught:
        read_mspdi(BUREAU)
    assert caught.value.code == "error.file_too_large"


@pytest.mark.parametrize("encoding", ["utf-16", "gb18030", "utf-8-sig"])
def test_other_encodings_are_read(tmp_path, encoding):
    declared = encoding.removesuffix("-sig")
    text = BUREAU.read_text(encoding="utf-8").replace('encoding="UTF-8"', f'encoding="{declared}"')
    path = tmp_path / "plan.xml"
    path.write_bytes(text.encode(encoding))
    assert read_mspdi(path).table("works").loc["1.1", "name"] == "一标段"
