"""Tables as offices have them: real workbooks with titles, merged cells and totals, and text in any encoding."""

import datetime as dt
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from parcelplan import schema
from parcelplan.errors import InputError
from parcelplan.io.sheets.tables import read_table, read_table_findings

PLAIN = "parcel_id,name,phase\nA1,一号,1\nA2,,2\n"


def workbook(path: Path, rows, merged=(), **formats) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    for area in merged:
        sheet.merge_cells(area)
    for cell, number_format in formats.items():
        sheet[cell].number_format = number_format
    book.save(path)
    return path


def csv_file(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode(encoding))
    return path


def notice(path: Path) -> Path:
    """A table of parcels as it hangs under a sale notice."""
    rows = [
        ["白市驿园区拟出让地块表", None, None, None, None, None, None],
        ["地块编号", "期", "面积（公顷）", "规划条件", None, None, "备注"],
        [None, None, None, "容积率", "建筑密度（%）", "绿地率", None],
        ["A1", "一期", 1.5, "≥1.0", 40, 0.15, "/"],
        ["A2", None, "２．０", "1.0≤R≤2.5", 45, "—", None],
        ["A3", "二期", 0.5, "1<容积率≤2", 50, "不高于20%", None],
        ["合 计", None, 4.0, None, None, None, None],
        ["注：面积以实测为准", None, None, None, None, None, None],
    ]
    merged = ["A1:G1", "A2:A3", "B2:B3", "C2:C3", "D2:F2", "G2:G3", "B4:B5", "A8:G8"]
    return workbook(path, rows, merged, F4="0%")


# --- a whole table, from the sheet to the registry


def test_a_notice_is_read_as_a_clerk_reads_it(tmp_path):
    raw, findings = read_table_findings(notice(tmp_path / "地块.xlsx"), table="parcels")
    assert list(raw.columns) == [
        "地块编号", "期", "面积（公顷）", "规划条件·容积率", "规划条件·建筑密度（%）", "规划条件·绿地率", "备注",
    ]  # fmt: skip
    parcels, misfits = schema.conform(raw, "parcels")
    assert not misfits.of("error"), misfits.records()
    assert parcels.index.tolist() == ["A1", "A2", "A3"]
    assert parcels["phase"].tolist() == [1, 1, 2]
    assert parcels["declared_area_mu"].tolist() == [22.5, 30.0, 7.5]
    assert parcels["far_min"].tolist() == [1.0, 1.0, 1.0]
    assert parcels["far_max"].fillna(0).tolist() == [0, 2.5, 2.0]
    assert parcels["coverage_ratio_max"].tolist() == [0.40, 0.45, 0.50]
    assert parcels["green_ratio_max"].fillna(9).tolist() == [0.15, 9, 0.20]
    assert {item.code for item in findings} == {
        "table.titles", "table.joined_heading", "table.merged", "table.totals", "table.notes",
    }  # fmt: skip
    assert misfits.codes() == {
        "schema.unit_converted", "schema.placeholder", "schema.open_end", "schema.unknown_columns",
    }  # fmt: skip


def test_findings_name_rows_as_the_spreadsheet_counts_them(tmp_path):
    _, findings = read_table_findings(notice(tmp_path / "a.xlsx"), table="parcels")
    said = {item.code: item.message("zh") for item in findings}
    assert "第 2 行" in said["table.titles"]
    assert "白市驿园区拟出让地块表" in said["table.titles"]
    assert "第 7 行" in said["table.totals"]
    assert "第 8 行" in said["table.notes"]
    assert "“期”" in said["table.merged"]
    assert "1 个单元格" in said["table.merged"]
    for item in findings:
        assert item.message("en")


def test_the_heading_is_found_without_knowing_the_table(tmp_path):
    path = notice(tmp_path / "a.xlsx")
    assert read_table(path).equals(read_table_findings(path, table="parcels")[0])


# --- headings


def test_a_plain_csv_is_read_as_it_stands(tmp_path):
    raw, findings = read_table_findings(csv_file(tmp_path, PLAIN))
    assert not findings
    assert raw.columns.tolist() == ["parcel_id", "name", "phase"]
    assert raw["phase"].tolist() == ["1", "2"]
    assert raw["name"].isna().tolist() == [False, True]


def test_the_sample_reads_without_a_finding(baishiyi):
    for name in ("works", "schemes", "targets"):
        raw, findings = read_table_findings(baishiyi / f"{name}.csv", table=name)
        assert not findings
        assert len(raw) >= 3
        assert raw.columns[0] == schema.table(name).key


def test_a_heading_nobody_knows_is_found_by_its_shape(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [["台账"], [], ["甲", "乙", "丙"], ["x", 1, 2], ["y", 3, 4]])
    raw, findings = read_table_findings(path)
    assert raw.to_dict("list") == {"甲": ["x", "y"], "乙": ["1", "3"], "丙": ["2", "4"]}
    assert findings.codes() == {"table.titles"}


def test_headings_that_only_site_toml_knows_are_heeded(tmp_path):
    rows = [["编制说明", "2024年版"], ["甲方编号", "甲方面积"], ["A1", 5]]
    path = workbook(tmp_path / "a.xlsx", rows)
    raw, _ = read_table_findings(path, headings=["甲方编号", "甲方面积"])
    assert raw.columns.tolist() == ["甲方编号", "甲方面积"]


def test_a_row_of_units_belongs_to_the_heading(tmp_path):
    rows = [["地块编号", "面积", "限高"], [None, "（公顷）", "米"], ["A1", 1, 24]]
    raw, _ = read_table_findings(workbook(tmp_path / "a.xlsx", rows), table="parcels")
    assert raw.columns.tolist() == ["地块编号", "面积（公顷）", "限高（米）"]
    parcels, _ = schema.conform(raw, "parcels")
    assert parcels.loc["A1", ["declared_area_mu", "height_max_m"]].tolist() == [15.0, 24.0]


def test_a_unit_above_the_table_holds_for_headings_that_name_none(tmp_path):
    rows = [["地块一览", None, "单位：公顷"], ["地块编号", "期", "面积"], ["A1", 1, 2]]
    raw, findings = read_table_findings(workbook(tmp_path / "a.xlsx", rows, ["A1:B1"]), table="parcels")
    assert findings.codes() == {"table.titles", "table.unit_of_title"}
    assert schema.conform(raw, "parcels")[0].loc["A1", "declared_area_mu"] == 30.0


def test_headings_are_never_lost(tmp_path):
    raw, findings = read_table_findings(csv_file(tmp_path, "parcel_id,name,name,\nA,x,y,z\n"))
    assert raw.iloc[0].to_dict() == {"parcel_id": "A", "name": "x", "name.1": "y", "unnamed_D": "z"}
    assert findings.codes() == {"table.repeated_heading", "table.no_heading"}


# --- merged cells and rows that are no data


def test_records_that_take_two_merged_rows_are_read_once(tmp_path):
    rows = [["parcel_id", "phase"], ["A", 1], [None, None], ["B", 2], [None, None], ["C", 3]]
    path = workbook(tmp_path / "a.xlsx", rows, ["A2:A3", "B2:B3", "A4:A5", "B4:B5"])
    raw, findings = read_table_findings(path)
    assert raw["parcel_id"].tolist() == ["A", "B", "C"]
    assert not findings


def test_repeated_headings_and_subtotals_are_left_out(tmp_path):
    text = "地块编号,期,面积（亩）\nA,1,75\n小计,,75\n地块编号,期,面积（亩）\nB,2,25\n,合计,100\n"
    raw, findings = read_table_findings(csv_file(tmp_path, text))
    assert raw["地块编号"].tolist() == ["A", "B"]
    rows = {item.code: item.params["rows"] for item in findings}
    assert rows == {"table.totals": "3, 6", "table.heading_again": "4"}


def test_a_note_among_the_rows_stays(tmp_path):
    raw = read_table(csv_file(tmp_path, "name,phase,kind\n说明书,1,x\n备注,,\nB,2,y\n"))
    assert raw["name"].tolist() == ["说明书", "备注", "B"]


# --- sheets and cells of workbooks


def test_the_sheet_called_like_the_table_is_read(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["说明", "见各表"])
    book.create_sheet("地块").append(["地块编号", "期"])
    book["地块"].append(["A", 1])
    book.create_sheet("隐藏").append(["x"])
    book["隐藏"].sheet_state = "hidden"
    path = tmp_path / "a.xlsx"
    book.save(path)
    raw, findings = read_table_findings(path, table="parcels")
    assert raw.to_dict("list") == {"地块编号": ["A"], "期": ["1"]}
    assert [(item.code, item.value, item.params) for item in findings] == [
        ("table.sheet", "地块", {"others": "Sheet"})
    ]
    assert read_table(path, sheet="隐藏").columns.tolist() == ["x"]
    with pytest.raises(InputError, match="Sheet, 地块"):
        read_table(path, sheet="无此表")


def test_cells_become_the_text_that_one_reads(tmp_path):
    day = dt.date(2024, 6, 30)
    rows = [["a", "b", "c", "d", "e", "f"], [75.0, 0.1, day, True, 0.4, 12]]
    raw = read_table(workbook(tmp_path / "a.xlsx", rows, E2="0.00%"))
    assert raw.iloc[0].tolist() == ["75", "0.1", "2024-06-30", "TRUE", "40%", "12"]


def test_formulas_that_were_never_computed_are_not_passed_over(tmp_path):
    raw, findings = read_table_findings(
        workbook(tmp_path / "a.xlsx", [["地块编号", "期", "面积（亩）"], ["A", 1, "=1+1"], ["B", "=2", "=3"]])
    )
    assert raw["面积（亩）"].isna().all()
    assert [(item.code, item.value) for item in findings] == [("table.no_results", 3)]


@pytest.mark.parametrize(("epoch", "day"), [("1900", "2024-06-30"), ("1904", "2028-07-01")])
def test_day_numbers_are_counted_from_the_epoch_of_the_workbook(tmp_path, epoch, day):
    book = openpyxl.Workbook()
    if epoch == "1904":
        book.epoch = CALENDAR_MAC_1904
    book.active.append(["任务编号", "完成期限", "责任单位"])
    book.active.append(["W1", 45473, "45473"])
    book.save(tmp_path / "a.xlsx")
    raw, findings = read_table_findings(tmp_path / "a.xlsx", table="works")
    works, misfits = schema.conform(raw, "works")
    assert works.loc["W1", "due_on"].date().isoformat() == day
    assert works.loc["W1", "responsible"] == "45473"
    found = findings.codes() | misfits.codes()
    assert ("schema.serial_day" in found, "table.epoch_1904" in found) == (epoch == "1900", epoch == "1904")


# --- text


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-8"])
def test_every_encoding_gives_the_same_table(tmp_path, encoding):
    raw, findings = read_table_findings(csv_file(tmp_path, PLAIN, encoding))
    assert raw["name"].tolist()[0] == "一号"
    assert findings.codes() == (set() if encoding.startswith("utf-8") else {"table.encoding"})


@pytest.mark.parametrize("delimiter", ["\t", ";", "|"])
def test_the_delimiter_is_found(tmp_path, delimiter):
    text = f'parcel_id{delimiter}name\nA{delimiter}"1,5 至 2,5"\nB{delimiter}x\n'
    raw, findings = read_table_findings(csv_file(tmp_path, text))
    assert raw.iloc[0].tolist() == ["A", "1,5 至 2,5"]
    assert findings.codes() == {"table.delimiter"}


def test_cells_over_several_lines_and_with_commas(tmp_path):
    raw = read_table(csv_file(tmp_path, 'parcel_id,name\nA,"一,\n二"\n'))
    assert raw.loc[0, "name"] == "一,\n二"


# --- what cannot be read


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "holds no table"),
        ("a.csv", b",,\n,,\n", "holds no table"),
        ("a.csv", b"a,b\n\xff\xff\xff,\x81\n", "neither UTF-8"),
        ("a.xlsx", b"", "no workbook"),
        ("a.xlsx", b"PK\x03\x04 and then nothing", "cannot be read"),
        ("a.xls", b"\xd0\xcf\x11\xe0 and then nothing", "cannot be read"),
        ("a.xls", b"<html><table><tr><td>1</td></tr></table></html>", "web page"),
        ("a.dwg", b"AC1032", "unknown kind"),
    ],
)
def test_what_is_no_table_is_refused_by_name(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=said) as caught:
        read_table(tmp_path / name)
    assert name in str(caught.value)
    assert name in caught.value.message("zh")


def test_a_cell_at_the_far_end_of_the_sheet_is_refused_at_once(tmp_path):
    book = openpyxl.Workbook()
    book.active["A1"] = "x"
    book.active["XFD1048576"] = "y"
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(InputError, match="17179869184 cells"):
        read_table(tmp_path / "a.xlsx")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="no file"):
        read_table(tmp_path / "a.xlsx")
