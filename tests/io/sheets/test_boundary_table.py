"""The boundary-point result table, read back from Excel."""

from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import shapely

from parcelplan.errors import CrsError, InputError
from parcelplan.io.sheets import boundary_table
from parcelplan.io.sheets.boundary_table import write_boundary_table
from tests.io.boundary_txt.shapes import EAST, NORTH, at, parcels

SQUARE = at(0, 0, 100, 100)
WITH_HOLE = SQUARE.difference(at(20, 20, 40, 40))
TRIANGLE = shapely.Polygon([(EAST, NORTH), (EAST + 30, NORTH), (EAST, NORTH + 40)])


def rows_of(path: Path, sheet: int = 0) -> list[tuple[Any, ...]]:
    book = openpyxl.load_workbook(path)
    return [tuple(row) for row in book.worksheets[sheet].iter_rows(values_only=True)]


def test_one_block_a_parcel_with_points_sides_and_areas(tmp_path: Path) -> None:
    path = tmp_path / "points.xlsx"
    assert len(write_boundary_table(parcels(TRIANGLE, WITH_HOLE), path)) == 0
    rows = rows_of(path)
    assert rows[0][0] == "界址点成果表"
    assert "CGCS2000" in rows[1][0]
    assert rows[3][0] == "地块编号：P1　地块名称：地块1"
    assert rows[4] == ("点号", "圈号", "X（北，m）", "Y（东，m）", "边长（m）")
    assert rows[5:9] == [
        ("J1", 1, 3263240, 35632800, pytest.approx(50)),
        ("J2", 1, 3263200, 35632830, 30),
        ("J3", 1, 3263200, 35632800, 40),
        ("J1", 1, 3263240, 35632800, None),
    ]
    assert rows[9] == ("地块面积", None, "面积（m²）", "面积（公顷）", "面积（亩）")
    assert rows[10] == ("P1", None, 600, 0.06, 0.9)
    second = rows[12:]
    assert second[0][0] == "地块编号：P2　地块名称：地块2"
    assert [row[0] for row in second[2:12]] == ["J1", "J2", "J3", "J4", "J1", "J5", "J6", "J7", "J8", "J5"]
    assert [row[1] for row in second[2:12]] == [1] * 5 + [2] * 5
    assert second[13] == ("P2", None, 9600, 0.96, 14.4)


def test_figures_of_the_summary_add_up(tmp_path: Path) -> None:
    path = tmp_path / "points.xlsx"
    # A third of a mu each: 0.33 + 0.33 + 0.33 would be a hundredth short.
    third = [at(100 * place, 0, 100 * place + 20, 100 / 9) for place in range(3)]
    write_boundary_table(parcels(*third), path)
    rows = rows_of(path, 1)
    assert rows[0] == ("地块编号", "地块名称", "面积（m²）", "面积（公顷）", "面积（亩）")
    assert [row[4] for row in rows[1:]] == [0.34, 0.33, 0.33, 1.0]
    assert [row[0] for row in rows[1:]] == ["P1", "P2", "P3", "合计"]
    points = rows_of(path)
    assert [row[4] for row in points if row[0] in {"P1", "P2", "P3"}] == [0.34, 0.33, 0.33]


def test_english_headings_and_number_formats(tmp_path: Path) -> None:
    path = tmp_path / "points.xlsx"
    write_boundary_table(parcels(SQUARE), path, language="en", precision=2)
    sheet = openpyxl.load_workbook(path).worksheets[0]
    assert [cell.value for cell in sheet[5]] == [
        "Point",
        "Ring",
        "X (northing, m)",
        "Y (easting, m)",
        "Side (m)",
    ]
    assert sheet["C6"].number_format == "0.00"
    assert sheet["C6"].value == 3263300


def test_sides_are_those_between_the_points_as_written(tmp_path: Path) -> None:
    path = tmp_path / "points.xlsx"
    write_boundary_table(parcels(at(0.004, 0, 30.004, 40)), path, precision=2)
    assert rows_of(path)[5][3:] == (35632800, 30)


def test_names_are_never_formulas(tmp_path: Path) -> None:
    path = tmp_path / "points.xlsx"
    write_boundary_table(parcels(SQUARE).assign(parcel_id=["=1+1"], name=["=HYPERLINK(1)"]), path)
    sheets = openpyxl.load_workbook(path).worksheets
    cells = [cell for sheet in sheets for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert "=1+1" in {cell.value for cell in cells}


def test_parcels_without_area_are_left_out_and_told(tmp_path: Path) -> None:
    findings = write_boundary_table(parcels(None, SQUARE), tmp_path / "points.xlsx")
    assert [(item.code, item.feature_id, item.value) for item in findings] == [
        ("txt.not_written", "0", "null")
    ]
    assert rows_of(tmp_path / "points.xlsx", 1)[1][0] == "P2"


def test_same_input_gives_the_same_file(tmp_path: Path) -> None:
    first, second = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    for path in (first, second):
        write_boundary_table(parcels(SQUARE, WITH_HOLE), path, created_on=date(2024, 1, 2))
    assert first.read_bytes() == second.read_bytes()
    assert openpyxl.load_workbook(first).properties.created.date() == date(2024, 1, 2)


def test_refusals_leave_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "points.xlsx"
    with pytest.raises(CrsError, match=r"points\.xlsx"):
        write_boundary_table(parcels(SQUARE).to_crs(4490), path)
    with pytest.raises(CrsError, match=r"points\.xlsx"):
        write_boundary_table(parcels(SQUARE, crs=None), path)
    with pytest.raises(InputError, match=r"points\.xlsx"):
        write_boundary_table(parcels(None, None), path)
    monkeypatch.setattr(boundary_table, "_MOST_ROWS", 9)
    with pytest.raises(InputError, match="would take 10 rows"):
        write_boundary_table(parcels(SQUARE), path)
    assert list(tmp_path.iterdir()) == []
