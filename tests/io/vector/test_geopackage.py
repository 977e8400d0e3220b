"""A GeoPackage that other programs read, with the styles QGIS looks for."""

import sqlite3
import xml.etree.ElementTree as ET
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from shapely import LineString, Polygon, box

from parcelplan.errors import CrsError
from parcelplan.io.vector.geopackage import write_geopackage
from parcelplan.io.vector.qml import LayerStyle, StyleClass, qml_text

DAY = date(2023, 12, 26)
STYLE = LayerStyle(
    name="分期",
    column="phase",
    classes=(
        StyleClass(value=1, label="一期 <A&B>", fill="#0072b2", opacity=0.5),
        StyleClass(value=2, label="二期", fill="#e69f00", hatch="b_diagonal", dashed=True),
    ),
    label="parcel_id",
    aliases={"parcel_id": "地块编号", "phase": "期"},
)


def parcels() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"phase": [1, 2], "name": ["一号", None], "ready_on": pd.to_datetime(["2024-07-01", None])},
        geometry=[box(0, 0, 100, 100), Polygon()],
        crs="EPSG:4523",
        index=pd.Index(["P1", "P2"], name="parcel_id"),
    )


def write(path: Path) -> Path:
    roads = gpd.GeoDataFrame({"road_id": ["R1"]}, geometry=[LineString([(0, 0), (9, 9)])], crs="EPSG:4523")
    verdicts = pd.DataFrame({"parcel_id": ["P1"], "value": [1.2], "verdict": ["ok"]})
    write_geopackage(
        path,
        {"parcels": parcels(), "roads": roads},
        {"verdicts": verdicts},
        {"parcels": (STYLE, replace(STYLE, name="成熟度", column="stage"))},
        stamped=DAY,
    )
    return path


def test_gis_programs_of_many_years_know_the_version(tmp_path: Path) -> None:
    with closing(sqlite3.connect(write(tmp_path / "plan.gpkg"))) as base:
        assert base.execute("PRAGMA user_version").fetchone() == (10200,)


def test_layers_and_tables_are_read_back(tmp_path: Path) -> None:
    path = write(tmp_path / "plan.gpkg")
    assert [name for name, _ in pyogrio.list_layers(path)][:3] == ["parcels", "roads", "verdicts"]
    back = gpd.read_file(path, layer="parcels")
    assert back.crs.to_epsg() == 4523
    assert back["parcel_id"].tolist() == ["P1", "P2"]
    assert back.geometry.iloc[0].area == pytest.approx(10_000.0)
    assert back.geometry.iloc[1] is None
    assert pyogrio.read_dataframe(path, layer="verdicts").to_dict("records") == [
        {"parcel_id": "P1", "value": 1.2, "verdict": "ok"}
    ]


def test_days_are_dates_and_polygons_are_multi(tmp_path: Path) -> None:
    info = pyogrio.read_info(write(tmp_path / "plan.gpkg"), layer="parcels")
    kinds = dict(zip(info["fields"], info["ogr_types"], strict=True))
    assert kinds["ready_on"] == "OFTDate"
    assert kinds["phase"] in {"OFTInteger", "OFTInteger64"}
    assert info["geometry_type"] == "MultiPolygon"
    assert info["geometry_name"] == "geom"


def test_qgis_finds_the_default_style(tmp_path: Path) -> None:
    with closing(sqlite3.connect(write(tmp_path / "plan.gpkg"))) as base:
        rows = base.execute(
            "SELECT f_table_catalog, f_table_schema, f_table_name, f_geometry_column, useAsDefault, styleQML"
            " FROM layer_styles"
        ).fetchall()
        contents = base.execute("SELECT table_name, data_type FROM gpkg_contents").fetchall()
        sound = base.execute("PRAGMA integrity_check").fetchone()
    assert [row[:5] for row in rows] == [("", "", "parcels", "geom", 1), ("", "", "parcels", "geom", 0)]
    assert rows[0][5] == qml_text(STYLE)
    assert ("layer_styles", "attributes") in contents
    assert sound == ("ok",)


def test_a_style_names_every_class_in_legend_and_symbols() -> None:
    root = ET.fromstring(qml_text(STYLE).partition("\n")[2])
    classes = root.findall("./renderer-v2/categories/category")
    assert [(item.get("value"), item.get("label")) for item in classes] == [
        ("1", "一期 <A&B>"),
        ("2", "二期"),
    ]
    symbols = {item.get("name") for item in root.findall("./renderer-v2/symbols/symbol")}
    assert {item.get("symbol") for item in classes} == symbols
    colours = [item.get("value") for item in root.findall(".//symbol/layer/Option/Option[@name='color']")]
    assert colours == ["0,114,178,128", "230,159,0,255"]
    assert root.get("labelsEnabled") == "1"
    label = root.find("./labeling/settings/text-style")
    assert label is not None
    assert label.get("fieldName") == "parcel_id"
    assert [item.get("name") for item in root.findall("./aliases/alias")] == ["地块编号", "期"]


def test_the_same_input_gives_the_same_file(tmp_path: Path) -> None:
    assert write(tmp_path / "a" / "p.gpkg").read_bytes() == write(tmp_path / "b" / "p.gpkg").read_bytes()


def test_a_layer_without_a_crs_is_refused_and_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(CrsError, match="parcels has no coordinate"):
        write_geopackage(
            tmp_path / "x.gpkg", {"parcels": parcels().set_crs(None, allow_override=True)}, stamped=DAY
        )
    assert list(tmp_path.iterdir()) == []


def test_layers_stay_as_they_were(tmp_path: Path) -> None:
    frame = parcels()
    before = frame.copy()
    write_geopackage(tmp_path / "x.gpkg", {"parcels": frame}, stamped=DAY)
    pd.testing.assert_frame_equal(frame, before)


def test_an_empty_layer_keeps_its_columns(tmp_path: Path) -> None:
    write_geopackage(tmp_path / "x.gpkg", {"parcels": parcels().iloc[:0]}, stamped=DAY)
    assert "phase" in pyogrio.read_info(tmp_path / "x.gpkg", layer="parcels")["fields"]
