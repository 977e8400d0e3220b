"""Workbooks of works: read by people, filled in by people, and back unchanged."""

from datetime import date

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parcelplan.errors import ConfigError, InputError
from parcelplan.io.programme.files import read_programme, write_programme, write_table
from parcelplan.io.programme.tables import TABLES, Programme, frame_of, rows_of
from tests.io.mspdi.programmes import programmes

AS_OF = date(2024, 1, 1)
PLAN = pd.DataFrame(
    {"start_on": [pd.Timestamp("2024-03-01")], "ends_on": [pd.NaT], "mode": ["move"]}, index=["W01"]
)


def works(*rows):
    return Programme(tables={"works": frame_of("works", rows)[0]})


@settings(max_examples=15)
@given(programme=programmes(), lang=st.sampled_from(["zh", "en"]))
def test_nothing_is_lost(programme, lang, tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "works.xlsx"
    write_programme(programme, path, planned=PLAN, title="园区", as_of=AS_OF, lang=lang)
    back = read_programme(path)
    for name in TABLES:
        assert rows_of(name, back.table(name)) == rows_of(name, programme.table(name)), name
    assert not back.findings.of("error")


def test_people_find_headings_days_and_a_legend(tmp_path):
    path = tmp_path / "works.xlsx"
    row = {"work_id": "W01", "kind": "acquisition", "name": "=征地", "due_on": date(2024, 6, 30)}
    write_programme(works(row), path, planned=PLAN, title="园区", as_of=AS_OF)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["填写说明", "前期任务", "班组", "作业日历", "停工期", "备选方式"]
    sheet = book["前期任务"]
    cells = {cell.value: sheet.cell(2, cell.column) for cell in sheet[1]}
    assert cells["任务类型"].value == "征地拆迁"
    assert (cells["任务名称"].value, cells["任务名称"].data_type) == ("=征地", "s")
    assert (cells["完成期限"].value.date(), cells["完成期限"].number_format) == (
        date(2024, 6, 30),
        "yyyy-mm-dd",
    )
    assert (cells["排定开工"].value.date(), cells["排定完成"].value, cells["排定方式"].value) == (
        date(2024, 3, 1),
        None,
        "move",
    )
    widths = [sheet.column_dimensions[letter].width for letter in "ABC"]
    assert all(width >= 6 for width in widths)
    assert sheet.freeze_panes == "D2"
    assert "W02:FS+5" in "".join(str(cell.value) for row in book["填写说明"] for cell in row)


def bureau_book(path, sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_a_bureaus_own_workbook_is_read_by_its_headings(tmp_path):
    sheets = {
        "封面": [["园区前期工作"], ["二〇二四年一月"]],
        "进度表": [
            ["前期工作进度表", None, None, None, None],
            ["序号", "工作内容", "责任单位", "工期（天）", "完成时限", "前置工作", "所需班组"],
            ["1", "110千伏线路入地", "供电公司", 90, "2024年6月", None, "电力队"],
            ["2", "横三路施工", "城建集团", 200, "2025年底", "1FS+5天", "市政队×2"],
        ],
        "施工队": [["班组编号", "班组名称", "数量"], ["电力队", "电力一队", 1], ["市政队", "市政二队", 3]],
    }
    back = read_programme(bureau_book(tmp_path / "进度.xlsx", sheets))
    works = back.table("works")
    assert works["kind"].to_list() == ["line_undergrounding", "road"]
    assert works["predecessors"].to_list() == ["", "1FS+5天"]
    assert works["due_on"].dt.date.to_list() == [date(2024, 6, 30), date(2025, 12, 31)]
    assert list(back.table("crews")["capacity"]) == [1, 3]
    guesses = [item.feature_id for item in back.findings if item.code == "programme.kind_guessed"]
    assert guesses == ["1", "2"]
    [told] = [item for item in back.findings if item.code == "programme.sheets"]
    assert told.value == "进度表、施工队"


def test_a_work_whose_kind_nobody_can_tell_is_an_error(tmp_path):
    path = tmp_path / "works.csv"
    path.write_text("序号,工作内容,工期（天）\nW1,例会,5\n", encoding="utf-8")
    back = read_programme(path)
    [found] = back.findings.of("error")
    assert (found.code, found.feature_id) == ("programme.kind_unknown", "W1")
    assert "例会" in found.message("zh")


def test_what_is_no_list_of_works_is_refused(tmp_path):
    with pytest.raises(InputError, match="温度"):
        read_programme(bureau_book(tmp_path / "天气.xlsx", {"温度": [["日", "度"], ["1", "20"]]}))
    for name in ("works.docx", "works.mpp"):
        with pytest.raises(ConfigError, match=name):
            read_programme(tmp_path / name)
        with pytest.raises(ConfigError, match=name):
            write_programme(works(), tmp_path / name, planned=PLAN, title="", as_of=AS_OF)
        assert not (tmp_path / name).exists()


def test_a_table_is_written_under_the_names_of_the_registry_with_the_users_columns_behind(tmp_path):
    source = tmp_path / "in.csv"
    source.write_text("序号,类型,工作内容,进度,市领导\nW1,征地,拆迁,35%,王\n", encoding="utf-8")
    programme = read_programme(source)
    write_table(programme, "works", tmp_path / "works.csv")
    written = pd.read_csv(tmp_path / "works.csv", dtype=str, keep_default_na=False)
    assert written.loc[0, ["work_id", "kind", "name", "progress", "市领导"]].to_list() == [
        "W1",
        "acquisition",
        "拆迁",
        "0.35",
        "王",
    ]
    again = read_programme(tmp_path / "works.csv")
    assert rows_of("works", again.table("works")) == rows_of("works", programme.table("works"))
