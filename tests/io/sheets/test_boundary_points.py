"""Boundary points out of workbooks: our own result table back again, and lists as surveyors send them."""

import geopandas as gpd
import openpyxl
import pytest
from shapely import MultiPolygon, Polygon, box

from parcelplan.errors import InputError
from parcelplan.io.guard.worker import read_guarded
from parcelplan.io.sheets.boundary_points import read_boundary_points
from parcelplan.io.sheets.boundary_table import write_boundary_table
from tests.builders import CRS, EAST, NORTH, square


def book(path, rows):
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    made.save(path)
    return path


@pytest.fixture
def parcels():
    holed = Polygon(square(0).exterior, [box(EAST + 40, NORTH + 40, EAST + 60, NORTH + 60).exterior])
    shapes = [holed, MultiPolygon([square(2), square(4)]), square(6)]
    data = {"parcel_id": ["P1", "P2", "P3"], "name": ["一号地块", "二号地块", "三号地块"]}
    return gpd.GeoDataFrame(data, geometry=shapes, crs=CRS)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_result_table_gives_its_parcels_back(tmp_path, parcels, language):
    path = tmp_path / "table.xlsx"
    write_boundary_table(parcels, path, language=language)
    reading = read_guarded(path)
    assert not reading.findings.of("error")
    assert reading.format == "boundary_points"
    assert reading.frame["parcel_id"].tolist() == ["P1", "P2", "P3"]
    assert reading.frame["name"].tolist() == parcels["name"].tolist()
    for got, meant in zip(reading.frame.geometry, parcels.geometry, strict=True):
        assert got.symmetric_difference(meant).area < 1e-6
    assert CRS in (reading.frame.crs, reading.crs_proposal)


def test_a_list_with_a_column_for_the_parcel(tmp_path):
    corners = [(0, 0), (0, 100), (100, 100), (100, 0)]
    rows = [["勘测定界界址点"], ["宗地号", "界址点号", "X坐标（m）", "Y坐标（m）", "备注"]]
    for number, parcel in enumerate(("A-1", "A-2")):
        rows += [
            [parcel, f"J{place}", NORTH + north, EAST + east + 200 * number, ""]
            for place, (north, east) in enumerate(corners, 1)
        ]
    rows.append(["合计", None, None, None, "2 宗"])
    frame = read_boundary_points(book(tmp_path / "list.xlsx", rows), crs=CRS).frame
    assert frame["parcel_id"].tolist() == ["A-1", "A-2"]
    assert frame.geometry.area.tolist() == pytest.approx([10_000, 10_000])
    assert frame.geometry[1].bounds[0] == pytest.approx(EAST + 200)


def test_a_workbook_without_points_is_refused_by_name(tmp_path):
    with pytest.raises(InputError, match=r"works\.xlsx holds no boundary points"):
        read_guarded(book(tmp_path / "works.xlsx", [["work_id", "kind"], ["W1", "road"]]))
