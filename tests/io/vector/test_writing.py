"""What is written is read back the same, and what a format cannot hold is said."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point, Polygon

from parcelplan.errors import ConfigError, CrsError, InputError
from parcelplan.io.vector.formats import formats
from parcelplan.io.vector.reading import ReadOptions, read_vector
from parcelplan.io.vector.shapefile_names import short_names
from parcelplan.io.vector.writing import write_vector
from tests.builders import square
from tests.io.vector.layers import PARTS, RING, full_layer, same_shapes

SUFFIXES = [item.suffixes[0] for item in formats().values() if item.write]
WITH_ATTRIBUTES = [suffix for suffix in SUFFIXES if suffix != ".dxf"]
DEGREES = {".geojson", ".kml"}


def there_and_back(frame: gpd.GeoDataFrame, path: Path, **said: str) -> gpd.GeoDataFrame:
    write_vector(frame, path, **said)
    reading = read_vector(path)
    assert not reading.findings.of("error"), reading.findings.records()
    return reading.frame


def as_days(column: pd.Series) -> list[str | None]:
    return [None if pd.isna(day) else pd.Timestamp(day).date().isoformat() for day in column]


def as_numbers(column: pd.Series) -> list[float | None]:
    return [None if pd.isna(value) else float(value) for value in column]


@pytest.mark.parametrize("suffix", WITH_ATTRIBUTES)
def test_attributes_with_chinese_and_nulls_survive(suffix, tmp_path):
    frame = full_layer()
    back = there_and_back(frame, tmp_path / f"地块{suffix}")
    assert list(back.columns) == list(frame.columns)
    assert [None if pd.isna(text) else text for text in back["地块"]] == ["甲-1", None, "丙，“三”<b>&"]
    assert as_numbers(back["面积"]) == [1.5, 2.25, None]
    assert as_numbers(back["期次"]) == [1, None, 3]
    assert as_days(back["签约日"]) == ["2024-06-01", None, "2024-07-01"]


@pytest.mark.parametrize("suffix", WITH_ATTRIBUTES)
def test_holes_parts_and_nothing_survive(suffix, tmp_path):
    frame = full_layer()
    back = there_and_back(frame, tmp_path / f"p{suffix}")
    assert back.crs.to_epsg() == (4326 if suffix in DEGREES else 4523)
    assert same_shapes(back.geometry.to_crs(frame.crs), frame.geometry, 0.02 if suffix in DEGREES else 1e-6)
    assert (
        len(
            back.geometry[0].interiors
            if back.geometry[0].geom_type == "Polygon"
            else back.geometry[0].geoms[0].interiors
        )
        == 1
    )


def test_a_dxf_holds_the_areas_part_by_part(tmp_path):
    found = write_vector(full_layer(), tmp_path / "p.dxf")
    assert found.codes() == {"write.attributes_dropped", "write.empty_dropped"}
    back = read_vector(tmp_path / "p.dxf", ReadOptions(crs="EPSG:4523")).frame
    assert len(back) == 3
    assert sorted(back.area) == pytest.approx(sorted([RING.area, 1e4, 1e4]))
    assert back.union_all().equals(RING.union(PARTS))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_same_path_can_be_written_again(suffix, tmp_path):
    frame = full_layer(nothing=False)
    for _ in range(2):
        write_vector(frame, tmp_path / f"p{suffix}")
    assert len(read_vector(tmp_path / f"p{suffix}").frame) in (3, 4)
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("suffix", WITH_ATTRIBUTES)
def test_an_empty_layer_is_written_and_read(suffix, tmp_path):
    frame = full_layer().iloc[:0]
    write_vector(frame, tmp_path / f"p{suffix}")
    assert read_vector(tmp_path / f"p{suffix}").frame.empty


@pytest.mark.parametrize("suffix", WITH_ATTRIBUTES)
def test_an_empty_shape_becomes_none_or_stays_empty(suffix, tmp_path):
    frame = full_layer().set_geometry([RING, PARTS, Polygon()], crs="EPSG:4523")
    back = there_and_back(frame, tmp_path / f"p{suffix}").geometry
    assert [shape is None or shape.is_empty for shape in back] == [False, False, True]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_input_stays_as_it_was(suffix, tmp_path):
    frame = full_layer()
    before = frame.copy()
    write_vector(frame, tmp_path / f"p{suffix}")
    pd.testing.assert_frame_equal(frame, before)
    assert frame.crs == before.crs


@pytest.mark.parametrize("encoding", ["UTF-8", "GB18030", "gbk"])
def test_a_shapefile_says_its_encoding(encoding, tmp_path):
    write_vector(full_layer(), tmp_path / "p.shp", encoding=encoding)
    reading = read_vector(tmp_path / "p.shp")
    assert not reading.findings
    back = reading.frame
    assert list(back.columns) == ["地块", "面积", "期次", "签约日", "geometry"]
    assert (tmp_path / "p.cpg").read_text() == ("UTF-8" if encoding == "UTF-8" else "GB18030")
    assert back["地块"][0] == "甲-1"


def test_long_names_of_fields_are_shortened_openly(tmp_path):
    frame = full_layer().rename(columns={"地块": "地块编号名称", "面积": "parcel_identifier"})
    found = write_vector(frame, tmp_path / "p.shp")
    renamed = {item.field: item.value for item in found if item.code == "write.field_renamed"}
    assert renamed == {"地块编号名称": "地块编", "parcel_identifier": "parcel_ide"}
    assert list(read_vector(tmp_path / "p.shp").frame.columns) == [
        "地块编",
        "parcel_ide",
        "期次",
        "签约日",
        "geometry",
    ]


def test_short_names_stay_apart_and_leave_others_theirs():
    names = ["parcel_identifier", "parcel_ide", "parcel_identity", "地块编号一", "地块编号二", "PARCEL_IDE2"]
    short = short_names(names)
    assert short["parcel_ide"] == "parcel_ide"
    assert len({name.lower() for name in short.values()}) == len(names)
    assert all(len(name.encode()) <= 10 for name in short.values())
    assert list(short) == names


def test_long_texts_are_cut_between_letters_and_found(tmp_path):
    frame = full_layer().assign(备注=["好" * 100, "短", None])
    found = [item for item in write_vector(frame, tmp_path / "p.shp") if item.code == "write.text_cut"]
    assert (found[0].field, found[0].feature_id) == ("备注", "0")
    assert read_vector(tmp_path / "p.shp").frame["备注"].tolist()[:2] == ["好" * 84, "短"]


def test_flags_and_moments_of_a_shapefile_are_said(tmp_path):
    frame = full_layer().assign(flag=[True, False, True], at=pd.to_datetime(["2024-06-01 08:30"] * 3))
    assert {"write.flag_as_number", "write.as_text"} <= write_vector(frame, tmp_path / "p.shp").codes()
    back = read_vector(tmp_path / "p.shp").frame
    assert back["flag"].tolist() == [1, 0, 1]
    assert back["at"][0] == "2024-06-01T08:30:00"


def test_a_shapefile_refuses_two_kinds_of_geometry(tmp_path):
    frame = gpd.GeoDataFrame(geometry=[square(0), Point(1, 1)], crs="EPSG:4523")
    with pytest.raises(InputError, match=r"p\.shp: a shapefile holds one kind of geometry.*Point, Polygon"):
        write_vector(frame, tmp_path / "p.shp")
    assert not list(tmp_path.iterdir())


def test_a_letter_that_an_encoding_lacks_is_named(tmp_path):
    with pytest.raises(InputError, match="cannot be written in ASCII"):
        write_vector(full_layer(), tmp_path / "p.shp", encoding="ascii")
    assert not list(tmp_path.iterdir())


def test_values_that_no_column_holds_are_refused_and_nothing_is_written(tmp_path):
    frame = full_layer().assign(odd=[1j, 2j, 3j])
    for suffix in (".gpkg", ".fgb", ".parquet"):
        with pytest.raises(InputError, match="the format cannot hold the layer"):
            write_vector(frame, tmp_path / f"p{suffix}")
    assert not list(tmp_path.iterdir())


def test_an_older_index_beside_a_shapefile_goes(tmp_path):
    (tmp_path / "p.qix").write_bytes(b"old")
    write_vector(full_layer(), tmp_path / "p.shp")
    assert not (tmp_path / "p.qix").exists()


def test_a_named_index_becomes_a_column(tmp_path):
    frame = full_layer().set_index(pd.Index(["P1", "P2", "P3"], name="parcel_id"))
    assert there_and_back(frame, tmp_path / "p.gpkg")["parcel_id"].tolist() == ["P1", "P2", "P3"]


def test_layers_and_crs_are_needed_and_said(tmp_path):
    frame = full_layer()
    with pytest.raises(CrsError, match="p has no coordinate reference system"):
        write_vector(frame.set_crs(None, allow_override=True), tmp_path / "p.gpkg")
    with pytest.raises(InputError, match=r"not written. Written are: .gpkg .shp"):
        write_vector(frame, tmp_path / "p.gdb")
    with pytest.raises(ConfigError, match="no encoding 'klingon'"):
        write_vector(frame, tmp_path / "p.shp", encoding="klingon")
    write_vector(frame, tmp_path / "p.gpkg", layer="地块")
    assert read_vector(tmp_path / "p.gpkg").layer == "地块"
    assert write_vector(frame, tmp_path / "p.kml").codes() == {"write.to_wgs84", "write.as_text"}
