"""What was written is read back: same geometry to the millimetre, same attributes, same dialect."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from parcelplan.io.boundary_txt import (
    Dialect,
    dialect_named,
    dialect_of,
    dialects,
    read_boundary_txt,
    vocabulary,
    write_boundary_txt,
)
from tests.io.boundary_txt.shapes import NESTED, SYSTEMS, at, origin_of, parcels, texts, valid_shapes

TEXT_COLUMNS = ("parcel_id", "name", "map_sheet", "land_use", "land_use_code", "note", "patch_type")
NOT_COMPARED = {"name", "note_zh", "note_en", "rings", "numbering"}
"""How rings are numbered cannot be seen where each parcel has one."""


@st.composite
def frames(draw: st.DrawFn) -> gpd.GeoDataFrame:
    epsg = draw(st.sampled_from(SYSTEMS))
    east, north = origin_of(epsg)
    shapes = draw(st.lists(valid_shapes(), min_size=1, max_size=4))
    placed = [
        shapely.transform(
            shape, lambda xy, move=1000.0 * place: np.round(xy + np.array([east + move, north]), 3)
        )
        for place, shape in enumerate(shapes)
    ]
    columns = {
        name: draw(st.lists(texts(), min_size=len(shapes), max_size=len(shapes))) for name in TEXT_COLUMNS
    }
    return gpd.GeoDataFrame(columns, geometry=placed, crs=epsg)


def written_and_read(frame: gpd.GeoDataFrame, dialect: Dialect) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "points.txt"
        write_boundary_txt(frame, path, dialect=dialect)
        crs = CRS(frame.crs.geodetic_crs).to_string() if dialect.unit == "degree" else None
        return read_boundary_txt(path, crs=crs)


def said(column: pd.Series) -> list[str]:
    return ["" if pd.isna(text) else text for text in column]


def in_the_system_of(read: gpd.GeoDataFrame, frame: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Geometry that was read, in the CRS of the frame that was written."""
    if read.crs == frame.crs:
        return read.geometry
    if read.crs.is_geographic:
        return read.geometry.to_crs(frame.crs)
    zone = vocabulary.zone_of(frame.crs)
    assert read.crs.to_epsg() == zone.other
    return read.geometry.translate(zone.number * 1e6 * (1 if zone.prefixed else -1))


@settings(max_examples=150)
@given(frame=frames(), name=st.sampled_from(sorted(dialects())), axes=st.sampled_from(["yx", "xy"]))
def test_any_polygons_in_any_dialect_and_order_come_back(frame: Any, name: str, axes: Any) -> None:
    dialect = replace(dialect_named(name), axes=axes)
    before = frame.copy()
    reading = written_and_read(frame, dialect)
    read = reading.frame
    pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(before))
    back = in_the_system_of(read, frame).to_numpy()
    shapes = frame.geometry.to_numpy()
    if dialect.unit == "metre":
        same = shapely.equals_exact(shapely.normalize(back), shapely.normalize(shapes), tolerance=0.0005)
        assert same.all()
    else:
        assert (shapely.hausdorff_distance(back, shapes) < 0.001).all()
        assert (shapely.get_num_geometries(back) == shapely.get_num_geometries(shapes)).all()
    for column in set(TEXT_COLUMNS) & set(dialect.attributes):
        assert said(read[column]) == said(frame[column]), column
    assert not {finding.code for finding in reading.findings.of("error")}
    assert reading.findings.codes() & {"txt.count_differs", "txt.ring_open", "txt.point_far"} == set()


@settings(max_examples=60)
@given(frame=frames(), name=st.sampled_from(["standard", "square_metres", "unit_after_area", "five_fields"]))
def test_areas_come_back_to_the_decimals_of_the_dialect(frame: Any, name: str) -> None:
    dialect = dialect_named(name)
    decimals = 2 if dialect.area_unit == "m2" else 0
    declared = frame.assign(declared_area_m2=frame.area.round(decimals))
    reading = written_and_read(declared, dialect)
    assert list(reading.frame["declared_area_m2"]) == pytest.approx(
        list(declared["declared_area_m2"]), abs=1e-6
    )
    assert "txt.area_differs" not in reading.findings.codes()


@pytest.mark.parametrize("axes", ["yx", "xy"])
@pytest.mark.parametrize("name", sorted(dialects()))
def test_a_dialect_is_recognised_as_what_was_written(name: str, axes: Any) -> None:
    dialect = replace(dialect_named(name), axes=axes)
    holes = at(0, 200, 100, 300).difference(at(10, 210, 20, 220)).difference(at(40, 240, 60, 260))
    reading = written_and_read(parcels(NESTED, at(300, 0, 340, 40), holes, note=["甲", "乙", "丙"]), dialect)
    seen = dialect_of(reading.frame)
    expected = replace(dialect, zone_prefix=None) if dialect.unit == "degree" else dialect
    kept = {
        field: getattr(seen, field) for field in vars(seen) if field not in {"name", "note_zh", "note_en"}
    }
    assert kept == {field: getattr(expected, field) for field in kept}
    assert list(reading.frame["name"]) == ["地块1", "地块2", "地块3"]


@pytest.mark.parametrize("name", sorted(dialects()))
def test_a_recognised_dialect_writes_the_same_file_again(name: str, tmp_path: Path) -> None:
    frame = parcels(NESTED, at(300, 0, 340, 40), declared_area_m2=[5700.0, 1600.0])
    first, again = tmp_path / "first.txt", tmp_path / "again.txt"
    write_boundary_txt(frame, first, dialect=name, header={"produced_by": "测绘一队"})
    crs = "EPSG:4490" if name == "degrees" else None
    read = read_boundary_txt(first, crs=crs).frame
    write_boundary_txt(read, again, dialect=dialect_of(read))
    assert again.read_bytes() == first.read_bytes()


def test_header_and_other_sections_survive(tmp_path: Path) -> None:
    source = tmp_path / "source.txt"
    write_boundary_txt(parcels(at(0, 0, 100, 100)), source, header={"数据产生单位": "某局", "备用": "1"})
    text = source.read_text("gbk")
    source.write_text("[项目信息]\n项目名称=一期\n编号=7\n" + text.replace("\r\n", "\n"), encoding="gbk")
    read = read_boundary_txt(source).frame
    write_boundary_txt(read, tmp_path / "out.txt")
    out = (tmp_path / "out.txt").read_text("gbk")
    assert out.startswith(
        "[项目信息]\n项目名称=一期\n编号=7\n[属性描述]\n格式版本号=1.01版本\n数据产生单位=某局\n"
    )
    assert "\n备用=1\n" in out


def test_an_old_header_never_speaks_of_new_coordinates(tmp_path: Path) -> None:
    write_boundary_txt(parcels(at(0, 0, 100, 100)), tmp_path / "a.txt")
    moved = read_boundary_txt(tmp_path / "a.txt").frame.to_crs(4524)
    write_boundary_txt(moved, tmp_path / "b.txt")
    assert "带号=36" in (tmp_path / "b.txt").read_text("gbk")
    assert read_boundary_txt(tmp_path / "b.txt").frame.crs.to_epsg() == 4524
