"""Workbooks a clerk can sort, filter and trust: dates are dates, text is text."""

from datetime import date, datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from parcelplan.io.sheets.excel import Sheet, SheetColumn, column_width, write_workbook

COLUMNS = (
    SheetColumn(name="name", heading="地块名称"),
    SheetColumn(name="area_mu", heading="面积（亩）", format="#,##0.00"),
    SheetColumn(name="ready_on", heading="具备条件日期", format="yyyy-mm-dd"),
    SheetColumn(name="share", heading="占比", format="0.0%"),
    SheetColumn(name="verdict", heading="结论"),
)
FRAME = pd.DataFrame(
    {
        "name": ["=1+1", "@SUM(A1)", "+86 一号", None],
        "area_mu": [15.0, 7.5, float("inf"), float("nan")],
        "ready_on": pd.to_datetime(["2024-07-01", None, "2025-12-31", None]),
        "share": [0.5, 0.0, 1.0, None],
        "verdict": ["ok", "violated", "ok", "unknown"],
    }
)


def write(path: Path) -> Path:
    sheet = Sheet(title="计划", frame=FRAME, columns=COLUMNS, colours={"verdict": {"violated": "#f6d5c6"}})
    cover = [("数据时点", date(2023, 12, 26)), ("说明", '=HYPERLINK("x")')]
    write_workbook(
        path, [sheet], cover_title="小园区", cover=cover, cover_name="封面", created_on=date(2023, 12, 26)
    )
    return path


def sheet(tmp_path: Path, title: str = "计划"):
    return openpyxl.load_workbook(write(tmp_path / "plan.xlsx"))[title]


def test_text_is_never_a_formula(tmp_path: Path) -> None:
    cells = [row[0] for row in sheet(tmp_path).iter_rows(min_row=2)]
    assert [cell.value for cell in cells] == ["=1+1", "@SUM(A1)", "+86 一号", None]
    assert {cell.data_type for cell in cells[:3]} == {"s"}
    assert sheet(tmp_path, "封面")["B4"].data_type == "s"


def test_dates_are_dates_and_missing_values_are_empty(tmp_path: Path) -> None:
    found = sheet(tmp_path)
    assert found["C2"].value == datetime(2024, 7, 1)  # noqa: DTZ001
    assert found["C2"].number_format == "yyyy-mm-dd"
    assert [found[name].value for name in ("C3", "B4", "B5", "D5")] == [None] * 4


def test_headings_are_frozen_and_filtered(tmp_path: Path) -> None:
    found = sheet(tmp_path)
    assert found.freeze_panes == "B2"
    assert found.auto_filter.ref == "A1:E5"
    assert [cell.value for cell in found[1]] == [item.heading for item in COLUMNS]
    assert found["B2"].number_format == "#,##0.00"


def test_values_to_be_seen_are_filled(tmp_path: Path) -> None:
    found = sheet(tmp_path)
    assert found["E3"].fill.fgColor.rgb == "FFF6D5C6"
    assert found["E2"].fill.fill_type is None


def test_sheets_print_on_a4_with_the_heading_on_every_page(tmp_path: Path) -> None:
    found = sheet(tmp_path)
    assert found.page_setup.paperSize == 9
    assert found.page_setup.orientation == "landscape"
    assert found.print_title_rows == "$1:$1"


def test_the_same_input_gives_the_same_file(tmp_path: Path) -> None:
    assert write(tmp_path / "a.xlsx").read_bytes() == write(tmp_path / "b.xlsx").read_bytes()


@pytest.mark.parametrize(
    ("heading", "values", "width"),
    [("期", ["1"], 6.0), ("名称", ["长" * 60], 48.0), ("Readiness stage", ["x"], 11.0)],
)
def test_widths_count_chinese_characters_twice_and_have_bounds(
    heading: str, values: list[str], width: float
) -> None:
    assert column_width(SheetColumn(name="x", heading=heading), values) == width


def test_a_table_without_rows_keeps_its_headings(tmp_path: Path) -> None:
    empty = Sheet(title="空", frame=FRAME.iloc[:0], columns=COLUMNS)
    write_workbook(
        tmp_path / "e.xlsx",
        [empty],
        cover_title="x",
        cover=[],
        cover_name="封面",
        created_on=date(2023, 12, 26),
    )
    assert openpyxl.load_workbook(tmp_path / "e.xlsx")["空"]["A1"].value == "地块名称"
