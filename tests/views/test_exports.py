"""A study as GeoJSON, GeoPackage and workbook: all parcels, the site's language, styles for what is there."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest

from parcelplan.views import exports, qgis
from tests.views.small_study import bare, small_study

study = small_study("=HYPERLINK(1)")


def test_geojson_holds_each_parcel_with_figures_that_can_be_meant(tmp_path: Path) -> None:
    exports.write_plan_geojson(study, tmp_path / "plan.geojson")
    features = json.loads((tmp_path / "plan.geojson").read_text(encoding="utf-8"))["features"]
    assert [feature["id"] for feature in features] == ["P1", "P2", "P3"]
    assert features[1]["properties"]["area_mu"] == 15.0
    assert features[1]["properties"]["transfer_on"] == "2024-09-02"
    assert features[2]["properties"]["transfer_on"] is None


def test_the_layer_is_rounded_and_still_a_layer() -> None:
    layer = exports.plan_layer(study)
    assert isinstance(layer, gpd.GeoDataFrame)
    assert layer.crs == study.site.parcels.crs
    assert (layer["area_m2"] == layer["area_m2"].round(2)).all()


def test_the_geopackage_has_layers_tables_and_a_style_for_each(tmp_path: Path) -> None:
    exports.write_plan_geopackage(study, tmp_path / "plan.gpkg")
    names = {name for name, _ in pyogrio.list_layers(tmp_path / "plan.gpkg")}
    layers = {"parcels", "developable_now", "developable_final", "constraints"}
    tables = {"phases", "transfers", "works", "verdicts", "findings", "announced_findings"}
    assert names == layers | tables | {"layer_styles"}  # this site has no roads
    with closing(sqlite3.connect(tmp_path / "plan.gpkg")) as base:
        query = "SELECT f_table_name, count(*), sum(useAsDefault) FROM layer_styles GROUP BY f_table_name"
        styled = {name: (count, default) for name, count, default in base.execute(query)}
    assert set(styled) == layers | tables
    assert styled["parcels"] == (3, 1)
    assert {default for _, default in styled.values()} == {1}


def test_land_that_is_gone_is_null_in_its_layer(tmp_path: Path) -> None:
    exports.write_plan_geopackage(study, tmp_path / "plan.gpkg")
    final = gpd.read_file(tmp_path / "plan.gpkg", layer="developable_final").set_index("parcel_id")
    assert final.geometry["P3"] is None
    assert final.loc["P2", "developable_mu"] == 15.0


def test_styles_name_phases_kinds_and_stages_in_the_language_of_the_file() -> None:
    styles = qgis.layer_styles(study, "zh")
    assert [item.label for item in styles["parcels"][0].classes] == ["一期", "第2期"]
    assert [item.label for item in styles["constraints"][0].classes] == ["架空线路保护区", "永久基本农田"]
    assert qgis.layer_styles(study, "en")["parcels"][1].name == "by readiness stage"


def test_every_class_that_occurs_has_a_style() -> None:
    for name, layer in exports.result_layers(study, "zh").items():
        for style in qgis.layer_styles(study, "zh")[name]:
            drawn = {item.value for item in style.classes}
            assert set(layer[style.column]) <= drawn, (name, style.column)


def test_the_workbook_has_its_sheets_with_chinese_headings_and_names(tmp_path: Path) -> None:
    exports.write_plan_workbook(study, tmp_path / "plan.xlsx")
    book = openpyxl.load_workbook(tmp_path / "plan.xlsx")
    assert book.sheetnames == [
        "封面",
        "出让计划",
        "分期",
        "前置任务",
        "地块",
        "面积台账",
        "限制范围",
        "规则结论",
        "数据问题",
        "公布计划问题",
    ]
    parcels = pd.DataFrame(book["地块"].values)
    parcels.columns = parcels.iloc[0]
    assert parcels.loc[1, "成熟度阶段"] == "净地"
    assert parcels.loc[2, "地块名称"] == "=HYPERLINK(1)"
    assert book["地块"]["B3"].data_type == "s"
    verdict = book["规则结论"]["J2"]
    assert (verdict.value, verdict.fill.fgColor.rgb) == ("不符合", "FFF9DDCD")


def test_the_sheet_of_areas_ends_with_sums(tmp_path: Path) -> None:
    exports.write_plan_workbook(study, tmp_path / "plan.xlsx")
    areas = pd.DataFrame(openpyxl.load_workbook(tmp_path / "plan.xlsx")["面积台账"].values)
    areas = areas.set_axis(areas.iloc[0], axis=1).iloc[1:]
    assert areas["行"].tolist() == ["地块"] * 3 + ["分期合计"] * 2 + ["总计"]
    assert areas["面积（亩，合计相符）"].iloc[-1] == 45
    assert areas["平面面积（m²）"].iloc[-1] == pytest.approx(30_000)


def test_the_cover_says_for_when_and_by_which_reading(tmp_path: Path) -> None:
    exports.write_plan_workbook(study, tmp_path / "plan.xlsx", "en")
    cover = openpyxl.load_workbook(tmp_path / "plan.xlsx")["Cover"]
    lines = {row[0].value: row[1].value for row in cover.iter_rows(min_row=3)}
    assert f"{lines['As of']:%Y-%m-%d}" == "2023-12-26"
    assert lines["Reading of the works"] == "Annex reading"
    assert lines["Objective (mu·days)"] == 15 * (66 + 251)


def test_a_site_of_parcels_alone_has_files(tmp_path: Path) -> None:
    alone = bare(study)
    exports.write_plan_geopackage(alone, tmp_path / "plan.gpkg")
    exports.write_plan_workbook(alone, tmp_path / "plan.xlsx")
    exports.write_plan_geojson(alone, tmp_path / "plan.geojson")
    assert len(list(tmp_path.iterdir())) == 3
