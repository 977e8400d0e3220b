"""One's own files from the command line: inspect, convert, new."""

import json
import shutil
import tomllib
import warnings

import geopandas as gpd
import pandas as pd
import pytest
from typer.testing import CliRunner

from parcelplan.cli.app import app
from tests.builders import CRS, EAST, NORTH, frame, line, square


def call(*arguments, lang="en"):
    result = CliRunner().invoke(app, [str(part) for part in arguments], env={"PARCELPLAN_LANG": lang})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def written(data, path, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        # A layer without a CRS is just what some tests need.
        warnings.simplefilter("ignore")
        data.to_file(path, **options)
    return path


def parcels(count=2, **columns):
    ids = [f"宗-{number}" for number in range(1, count + 1)]
    return frame(
        [square(number) for number in range(count)], **({"DKBH": ids, "DKMC": ["甲"] * count} | columns)
    )


@pytest.fixture(scope="module")
def gbk_shapefile(tmp_path_factory):
    """A surveyor's shapefile: Chinese names in GBK, no .cpg, no .prj."""
    path = written(
        parcels(3), tmp_path_factory.mktemp("gbk") / "地块.shp", driver="ESRI Shapefile", encoding="GBK"
    )
    for ending in (".cpg", ".prj"):
        path.with_suffix(ending).unlink()
    return path


# --- inspect


def test_inspect_tells_fields_geometries_place_and_encoding(gbk_shapefile):
    result = call("inspect", gbk_shapefile)
    assert result.exit_code == 1
    for words in ("3 feature(s)", "Polygon 3", "look like EPSG:4523", "DKBH", "宗-1", "parcel_id"):
        assert words in result.output


def test_inspect_in_json_and_in_chinese(gbk_shapefile):
    record = json.loads(call("inspect", gbk_shapefile, "--crs", CRS, "--json").stdout)
    (layer,) = record["inspected"]
    assert (layer["crs"], layer["table"], layer["kinds"]) == (CRS, "parcels", {"Polygon": 3})
    assert layer["encoding"].lower() in {"gbk", "gb18030"}
    assert layer["extent"] == [EAST, NORTH, EAST + 300, NORTH + 100]
    assert {item["name"]: item["samples"] for item in layer["fields"]}["DKMC"] == ["甲"]
    assert "坐标系" in call("inspect", gbk_shapefile, lang="zh").output


def test_inspect_tells_every_layer_of_a_file(tmp_path):
    path = tmp_path / "two.gpkg"
    written(parcels(), path, layer="DKPG", driver="GPKG")
    written(frame([line((0, 0), (9, 9))], 道路编号=["S"]), path, layer="roads", driver="GPKG")
    record = json.loads(call("inspect", path, "--json").stdout)
    assert record["layers"] == ["DKPG", "roads"]
    assert [item["table"] for item in record["inspected"]] == ["parcels", "roads"]
    alone = json.loads(call("inspect", path, "--layer", "roads", "--json").stdout)
    assert [item["layer"] for item in alone["inspected"]] == ["roads"]


def test_inspect_tells_of_a_table(tmp_path):
    path = tmp_path / "works.csv"
    path.write_text("任务编号,任务类型,任务名称\nW1,road,路\n", encoding="gb18030")
    record = json.loads(call("inspect", path, "--json").stdout)
    assert [item["column"] for item in record["inspected"][0]["fields"]] == ["work_id", "kind", "name"]


@pytest.mark.parametrize(
    ("name", "content"),
    [("gone.shp", None), ("broken.gpkg", b"SQLite format 3\x00rubbish"), ("a.dwg", b"AC1032")],
)
def test_what_cannot_be_read_is_refused_by_name(tmp_path, name, content):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    result = call("inspect", tmp_path / name)
    assert result.exit_code == 2
    assert name in result.stderr
    assert "Traceback" not in result.output


def test_text_of_a_file_cannot_command_the_terminal(tmp_path):
    path = written(parcels(1, DKMC=["\x1b[31m[bold]红"]), tmp_path / "evil.gpkg", driver="GPKG")
    shown = call("inspect", path).output
    assert "\x1b" not in shown
    assert "\\x1b[31m[bold]红" in shown


# --- convert


@pytest.mark.parametrize("ending", ["gpkg", "shp", "geojson", "fgb", "parquet", "kml"])
def test_convert_keeps_shapes_and_texts(gbk_shapefile, tmp_path, ending):
    target = tmp_path / f"out.{ending}"
    result = call("convert", gbk_shapefile, target, "--crs", CRS)
    assert result.exit_code == 0, result.output
    assert "3 feature(s)" in result.output
    read = gpd.read_parquet(target) if ending == "parquet" else gpd.read_file(target)
    assert sorted(read.to_crs(CRS).area.round(0)) == [10_000] * 3
    assert {"宗-1", "宗-2", "宗-3"} <= set(read[next(name for name in read if "宗-1" in set(read[name]))])


def test_convert_to_boundary_points_and_back(gbk_shapefile, tmp_path):
    points, back = tmp_path / "points.txt", tmp_path / "back.gpkg"
    assert call("convert", gbk_shapefile, points, "--crs", CRS).exit_code == 0
    assert call("convert", points, back).exit_code == 0
    read = gpd.read_file(back)
    assert read.crs.to_epsg() == 4523
    assert sorted(read["parcel_id"]) == ["宗-1", "宗-2", "宗-3"]
    alike = [shape.normalize() for shape in read.geometry], [square(place).normalize() for place in range(3)]
    assert all(mine.equals_exact(own, 1e-3) for mine, own in zip(*alike, strict=True))


def test_convert_to_the_boundary_point_result_table(gbk_shapefile, tmp_path):
    target = tmp_path / "成果表.xlsx"
    assert call("convert", gbk_shapefile, target, "--crs", CRS).exit_code == 0
    cells = pd.concat(pd.read_excel(target, sheet_name=None, header=None, engine="openpyxl").values()).astype(
        str
    )
    assert cells.apply(lambda column: column.str.contains("J1")).to_numpy().any()


def test_convert_into_another_system(gbk_shapefile, tmp_path):
    target = tmp_path / "out.gpkg"
    assert call("convert", gbk_shapefile, target, "--crs", CRS, "--to-crs", "EPSG:4490").exit_code == 0
    read = gpd.read_file(target)
    assert read.crs.to_epsg() == 4490
    assert 106 < read.total_bounds[0] < 107


def test_convert_without_a_known_place_names_the_proposal_and_writes_nothing(gbk_shapefile, tmp_path):
    result = call("convert", gbk_shapefile, tmp_path / "out.gpkg", "--to-crs", "EPSG:4490")
    assert result.exit_code == 2
    assert "--crs EPSG:4523" in result.stderr
    assert list(tmp_path.iterdir()) == []


BOW_TIE = """[属性描述]
坐标系=2000国家大地坐标系
几度分带=3
带号=35
[地块坐标]
5,1.0,P1,甲,面,,,,@
J1,1,3263300,35632800
J2,1,3263200,35632900
J3,1,3263300,35632900
J4,1,3263200,35632800
J1,1,3263300,35632800
"""


@pytest.mark.parametrize("verb", ["convert", "new"])
def test_data_with_errors_are_written_only_when_told_to(tmp_path, verb):
    source, target = tmp_path / "in.txt", tmp_path / "out.gpkg"
    source.write_text(BOW_TIE, encoding="gb18030")
    words = ["convert", source, target] if verb == "convert" else ["new", target, "--parcels", source]
    refused = call(*words)
    assert refused.exit_code == 1
    assert "P1" in refused.stderr
    assert "--force" in refused.stderr
    assert not target.exists()
    assert call(*words, "--force").exit_code == 1
    assert target.exists()


def test_convert_replaces_a_file_only_when_told_to(gbk_shapefile, tmp_path):
    target = tmp_path / "out.geojson"
    target.write_text("mine", encoding="utf-8")
    refused = call("convert", gbk_shapefile, target, "--crs", CRS)
    assert refused.exit_code == 2
    assert "--overwrite" in refused.stderr
    assert target.read_text(encoding="utf-8") == "mine"
    assert call("convert", gbk_shapefile, target, "--crs", CRS, "--overwrite").exit_code == 0
    assert len(gpd.read_file(target)) == 3
    assert call("convert", target, target, "--overwrite").exit_code == 2


def test_public_leaves_out_what_is_not_released(tmp_path):
    secret = parcels(2, owner=["张三", "李四"], 期=[1, 2])
    source, target = written(secret, tmp_path / "in.gpkg", driver="GPKG"), tmp_path / "open.geojson"
    result = call("convert", source, target, "--public")
    assert result.exit_code == 0, result.output
    assert "owner" in result.output
    told = json.loads(target.read_text(encoding="utf-8"))
    assert [set(item["properties"]) for item in told["features"]] == [{"parcel_id", "name", "phase"}] * 2
    assert "张三" not in target.read_text(encoding="utf-8")


def test_public_is_geojson_and_knows_its_layers(tmp_path):
    source = written(parcels(), tmp_path / "in.gpkg", driver="GPKG")
    assert call("convert", source, tmp_path / "o.shp", "--public").exit_code == 2
    refused = call("convert", source, tmp_path / "o.geojson", "--public", "--table", "plots")
    assert refused.exit_code == 2
    assert "parcels" in refused.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"in.gpkg"}


def test_an_unknown_dialect_or_ending_is_refused(gbk_shapefile, tmp_path):
    for name, more in (("o.txt", ["--dialect", "mars"]), ("o.dwg", [])):
        result = call("convert", gbk_shapefile, tmp_path / name, "--crs", CRS, *more)
        assert result.exit_code == 2, result.output
        assert "Traceback" not in result.output
    assert list(tmp_path.iterdir()) == []


# --- new


def new(folder, source, *more):
    return call("new", folder, "--parcels", source, "--as-of", "2024-01-01", *more)


def test_a_new_site_is_checked_and_runs(gbk_shapefile, tmp_path):
    folder = tmp_path / "site"
    before = {path.name: path.read_bytes() for path in gbk_shapefile.parent.iterdir()}
    result = new(folder, gbk_shapefile, "--crs", CRS)
    assert result.exit_code == 0, result.output
    assert "0 error(s)" in result.output
    assert {path.name: path.read_bytes() for path in gbk_shapefile.parent.iterdir()} == before
    assert call("check", folder).exit_code == 0
    ran = call("run", folder, "--out", tmp_path / "out")
    assert ran.exit_code == 0, ran.output
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert (summary["area_mu"], summary["transfers"]) == (45, [])


def test_with_its_works_a_new_site_is_planned(gbk_shapefile, tmp_path):
    folder, works = tmp_path / "site", tmp_path / "任务.csv"
    works.write_text(
        "任务编号,任务类型,任务名称,完成期限,覆盖范围\nW1,acquisition,征地,2024-06-30,site:*\n",
        encoding="gb18030",
    )
    road = written(frame([line((0, 110), (300, 110))], 红线宽度=[20]), tmp_path / "路.gpkg", driver="GPKG")
    result = new(
        folder,
        gbk_shapefile,
        "--crs",
        CRS,
        "--works",
        works,
        "--roads",
        road,
        "--column",
        "roads.width_m=红线宽度",
    )
    assert result.exit_code == 0, result.output
    assert call("run", folder, "--out", tmp_path / "out").exit_code == 0
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert {item["ready_on"] for item in summary["transfers"]} == {"2024-07-01"}
    config = tomllib.loads((folder / "site.toml").read_text(encoding="utf-8"))
    assert config["layers"]["roads"]["columns"] == {"width_m": "红线宽度"}


def test_a_place_must_be_confirmed(gbk_shapefile, tmp_path):
    result = new(tmp_path / "site", gbk_shapefile)
    assert result.exit_code == 2
    assert "--crs EPSG:4523" in result.stderr
    degrees = written(parcels().to_crs("EPSG:4326"), tmp_path / "in.geojson", driver="GeoJSON")
    result = new(tmp_path / "site", degrees)
    assert result.exit_code == 2
    assert "--to-crs EPSG:4523" in result.stderr
    assert not (tmp_path / "site").exists()
    assert new(tmp_path / "site", degrees, "--to-crs", "EPSG:4523").exit_code == 0


def test_a_folder_in_use_is_left_alone(gbk_shapefile, tmp_path):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    result = new(tmp_path, gbk_shapefile, "--crs", CRS)
    assert result.exit_code == 2
    assert "holds something" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_boundary_points_make_a_site(gbk_shapefile, tmp_path):
    points = tmp_path / "points.txt"
    assert call("convert", gbk_shapefile, points, "--crs", CRS).exit_code == 0
    assert new(tmp_path / "site", points).exit_code == 0
    assert call("check", tmp_path / "site").exit_code == 0


def test_data_with_errors_make_a_site_that_says_so(tmp_path):
    source = written(parcels(2, DKBH=["A", "A"]), tmp_path / "in.gpkg", driver="GPKG")
    result = new(tmp_path / "site", source)
    assert result.exit_code == 1
    assert "stands more than once" in result.output
    assert call("check", tmp_path / "site").exit_code == 1


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--column", "DKBH"], "no pair"),
        (["--column", "roads.width_m=W"], "no file was given"),
        (["--default", "phase=one"], "'one'"),
        (["--id", "a b"], "'a b'"),
        (["--column", "parcel_id=XX"], "'XX'"),
    ],
)
def test_what_the_call_says_wrong_is_named(tmp_path, more, words):
    source = written(parcels(), tmp_path / "in.gpkg", driver="GPKG")
    result = new(tmp_path / "site", source, *more)
    assert result.exit_code == 2
    assert words in result.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"in.gpkg"}


def test_the_layer_of_a_file_with_several_is_named(tmp_path):
    path = tmp_path / "two.gpkg"
    written(parcels(), path, layer="DKPG", driver="GPKG")
    written(parcels(1), path, layer="旧", driver="GPKG")
    refused = new(tmp_path / "site", path)
    assert refused.exit_code == 2
    assert "DKPG" in refused.stderr
    assert new(tmp_path / "site", path, "--layer", "parcels=DKPG").exit_code == 0
    copy = tmp_path / "moved"
    shutil.copytree(tmp_path / "site", copy)
    path.unlink()
    assert call("check", copy).exit_code == 0
