"""Loose files made into a site folder that opens."""

import os
import re
import tomllib
from datetime import date

import geopandas as gpd
import pandas as pd
import pytest

from parcelplan.crs import parse_crs
from parcelplan.errors import ConfigError, CrsError
from parcelplan.site import open_site
from parcelplan.site.config import SiteConfig
from parcelplan.site.loose import Loose, choose_crs, typed
from parcelplan.site.scaffold import Settings, scaffold_site, settings_for
from tests.builders import CRS, frame, line, square, works

SETTINGS = Settings(
    id="tiny",
    name='小"园"区',
    language="zh",
    crs=parse_crs(CRS),
    as_of=date(2024, 1, 1),
    as_of_from="DKPG.shp",
    horizon_end=date(2028, 12, 31),
)


def loose(table, layer, tmp_path, **said):
    return Loose(table=table, file=tmp_path / f"{table}.shp", frame=layer, **said)


def parcels(**columns):
    return frame([square(0), square(1)], **({"DKBH": ["A", "B"], "备注": ["x", None]} | columns))


def codes(findings):
    return {(item.code, item.layer, item.field) for item in findings}


def made(tmp_path, *given):
    findings = scaffold_site(tmp_path / "site", given, SETTINGS)
    return open_site(tmp_path / "site"), findings


def test_a_file_of_parcels_is_enough(tmp_path):
    site, findings = made(tmp_path, loose("parcels", parcels(), tmp_path))
    assert list(site.parcels.index) == ["A", "B"]
    assert list(site.parcels["phase"]) == [1, 1]
    assert list(site.parcels["备注"].fillna("-")) == ["x", "-"]
    assert not site.findings.of("error")
    assert codes(findings) == {
        ("new.assumed", "parcels", "phase"),
        ("new.no_works", "works", ""),
    }


def test_the_folder_holds_all_it_needs_and_its_settings_say_what_was_found(tmp_path):
    made(tmp_path, loose("parcels", parcels(), tmp_path))
    folder = tmp_path / "site"
    assert {path.name for path in folder.iterdir()} == {"site.toml", "layers.gpkg", "works_example.csv"}
    text = (folder / "site.toml").read_text(encoding="utf-8")
    config = SiteConfig.model_validate(tomllib.loads(text))
    assert config.name.zh == '小"园"区'
    assert config.layers["parcels"].columns == {"parcel_id": "DKBH"}
    assert config.layers["parcels"].defaults == {"phase": 1}
    assert (config.as_of, config.horizon_end) == (date(2024, 1, 1), date(2028, 12, 31))
    assert "DKPG.shp" in text


def test_every_setting_that_waits_as_a_comment_is_one(tmp_path):
    made(tmp_path, loose("parcels", parcels(), tmp_path))
    text = (tmp_path / "site" / "site.toml").read_text(encoding="utf-8")
    woken = re.sub(r"^# (?=[a-z0-9_]+ = |\[[a-z]+\]$)", "", text, flags=re.MULTILINE)
    config = SiteConfig.model_validate(tomllib.loads(woken))
    assert woken != text
    assert config.plan.quota_mu == {2024: 150.0}
    assert config.money.price_per_mu == 40.0
    assert config.tables["works"].file == "works.csv"


def test_the_example_of_works_can_be_taken_as_it_is(tmp_path):
    made(tmp_path, loose("parcels", parcels(), tmp_path))
    folder = tmp_path / "site"
    (folder / "works_example.csv").rename(folder / "works.csv")
    path = folder / "site.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("# works =", "works ="), encoding="utf-8")
    site = open_site(folder)
    assert list(site.table("works")["kind"]) == ["plan_adjustment", "acquisition"]
    assert not site.findings.of("error")


def test_ids_are_made_where_there_are_none_and_filled_where_some_are_missing(tmp_path):
    road = frame([line((0, 110), (200, 110))], width_m=[20.0])
    partly = parcels(DKBH=["P02", " "])
    site, findings = made(tmp_path, loose("parcels", partly, tmp_path), loose("roads", road, tmp_path))
    assert list(site.parcels.index) == ["P02", "P02-x"]
    assert list(site.layer("roads").index) == ["R01"]
    assert {("new.filled_ids", "parcels", "parcel_id"), ("new.made_ids", "roads", "road_id")} <= codes(
        findings
    )


def test_a_layer_that_lacks_what_nobody_can_guess_waits_as_a_comment(tmp_path):
    road = frame([line((0, 110), (200, 110))], 道路编号=["S"])
    site, findings = made(tmp_path, loose("parcels", parcels(), tmp_path), loose("roads", road, tmp_path))
    assert ("new.layer_waits", "roads", "width_m") in codes(findings)
    assert "roads" not in site.layers
    path = tmp_path / "site" / "site.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("# roads = ", "roads = ").replace('"?"', "24.0"), encoding="utf-8")
    opened = open_site(tmp_path / "site")
    assert opened.layer("roads").loc["S", ["width_m", "state"]].tolist() == [24.0, "existing"]


def test_what_the_caller_says_of_columns_goes_first(tmp_path):
    raw = parcels(A1=["101", "102"], FQ=[2, 3])
    said = {"columns": {"parcel_id": "A1", "phase": "FQ"}, "defaults": {"far_max": 2.5}}
    site, findings = made(tmp_path, loose("parcels", raw, tmp_path, **said))
    assert list(site.parcels.index) == ["101", "102"]
    assert list(site.parcels["phase"]) == [2, 3]
    assert list(site.parcels["far_max"]) == [2.5, 2.5]
    assert "new.assumed" not in findings.codes()
    assert {2, 3} == set(site.config.phases)


def test_layers_come_into_the_sites_system(tmp_path):
    site, _ = made(tmp_path, loose("parcels", parcels().to_crs("EPSG:4490"), tmp_path))
    assert "layer.reprojected" not in site.findings.codes()
    assert site.parcels.area.round(3).tolist() == [10_000, 10_000]


def test_a_table_of_works_becomes_a_csv_that_excel_reads(tmp_path):
    table = works({"work_id": "W1", "covers": "site:*", "due_on": "2024-06-30"}).rename(
        columns={"name": "任务名称"}
    )
    site, findings = made(tmp_path, loose("parcels", parcels(), tmp_path), loose("works", table, tmp_path))
    assert list(site.table("works").index) == ["W1"]
    assert (tmp_path / "site" / "works.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert site.config.tables["works"].columns == {"name": "任务名称"}
    assert "new.no_works" not in findings.codes()


def test_columns_that_a_geopackage_cannot_hold_beside_one_another_are_renamed_openly(tmp_path):
    raw = parcels(fid=["7", "7"], Owner=["a", "b"], OWNER=["c", "d"], tags=[["x"], {"y": 1}])
    before = raw.copy(deep=True)
    site, findings = made(tmp_path, loose("parcels", raw, tmp_path))
    assert {(item.field, item.value) for item in findings if item.code == "new.renamed_field"} == {
        ("fid", "fid_2"),
        ("OWNER", "OWNER_2"),
    }
    assert site.parcels[["fid_2", "OWNER_2", "tags"]].to_numpy().tolist() == [
        ["7", "c", "['x']"],
        ["7", "d", "{'y': 1}"],
    ]
    pd.testing.assert_frame_equal(raw, before)


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match="holds something"):
        scaffold_site(tmp_path, [loose("parcels", parcels(), tmp_path)], SETTINGS)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"columns": {"parcel": "DKBH"}}, "no column parcel;"),
        ({"columns": {"parcel_id": "DK"}}, "no column 'DK'"),
        ({"defaults": {"colour": 1}}, "no column colour"),
    ],
)
def test_a_column_that_is_not_there_is_named(tmp_path, said, words):
    with pytest.raises(ConfigError, match=words):
        made(tmp_path, loose("parcels", parcels(), tmp_path, **said))
    assert not (tmp_path / "site").exists()


def test_a_layer_whose_place_nobody_knows_is_refused(tmp_path):
    nowhere = parcels().set_crs(None, allow_override=True)
    with pytest.raises(CrsError, match=r"parcels\.shp"):
        made(tmp_path, loose("parcels", nowhere, tmp_path))
    assert not (tmp_path / "site").exists()


def test_headings_with_another_unit_or_a_range_are_left_to_opening(tmp_path):
    raw = parcels(**{"面积（公顷）": ["1", "1.5"], "容积率": ["1.0≤R≤1.4", "≤2.5"]})
    site, _ = made(tmp_path, loose("parcels", raw, tmp_path))
    assert site.config.layers["parcels"].columns == {"parcel_id": "DKBH"}
    assert site.parcels["declared_area_mu"].tolist() == [15.0, 22.5]
    assert site.parcels["far_max"].tolist() == [1.4, 2.5]


def test_a_table_is_no_layer(tmp_path):
    with pytest.raises(ConfigError, match=r"parcels\.shp has no geometries"):
        made(tmp_path, loose("parcels", pd.DataFrame({"DKBH": ["A"]}), tmp_path))


def test_the_sites_system_is_wanted_or_said_or_the_parcels_own():
    plane, degrees = parcels(), parcels().to_crs("EPSG:4326")
    assert choose_crs(plane, said=None, wanted=None).to_epsg() == 4523
    assert choose_crs(plane, said="EPSG:4545", wanted=None).to_epsg() == 4545
    assert choose_crs(plane, said="EPSG:4545", wanted="EPSG:4524").to_epsg() == 4524
    assert choose_crs(degrees, said="EPSG:4523", wanted=None).to_epsg() == 4523
    with pytest.raises(CrsError, match="--to-crs EPSG:4523"):
        choose_crs(degrees, said=None, wanted=None)
    with pytest.raises(CrsError, match="plane"):
        choose_crs(plane, said=None, wanted="EPSG:4490")


@pytest.mark.parametrize(
    ("longitude", "latitude", "code"), [(103.5, 29, "4523"), (106.6, 29, "4524"), (-58.4, -34.6, "32721")]
)
def test_the_zone_is_proposed_by_longitude(longitude, latitude, code):
    here = gpd.GeoDataFrame(geometry=gpd.points_from_xy([longitude], [latitude]), crs="EPSG:4326")
    with pytest.raises(CrsError, match=f"EPSG:{code}"):
        choose_crs(here, said=None, wanted=None)


def settings(folder, files, **said):
    return settings_for(folder, files, parse_crs(CRS), language="zh", **said)


def test_the_day_of_the_data_is_that_of_the_youngest_file(tmp_path):
    old, young = tmp_path / "old.shp", tmp_path / "young.shp"
    for path, day in ((old, 1_700_000_000), (young, 1_709_294_400)):
        path.touch()
        os.utime(path, (day, day))
    made, findings = settings(tmp_path / "白市驿", [young, old])
    assert abs((made.as_of - date(2024, 3, 1)).days) <= 1
    assert (made.as_of_from, made.horizon_end) == ("young.shp", date(2028, 12, 31))
    assert (made.id, made.name) == ("site", "白市驿")
    assert findings.codes() == {"new.dated", "new.horizon"}


def test_what_the_caller_says_of_the_site_goes_first(tmp_path):
    day, last = date(2024, 2, 29), date(2026, 6, 30)
    made, findings = settings(tmp_path / "a b", [], id="park", name="园区", as_of=day, horizon_end=last)
    assert (made.id, made.name, made.as_of, made.horizon_end) == ("park", "园区", day, last)
    assert not findings


def test_settings_that_cannot_be_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="'a b'"):
        settings(tmp_path, [], id="a b", as_of=date(2024, 1, 1))
    with pytest.raises(ConfigError, match="2023-12-31"):
        settings(tmp_path, [], as_of=date(2024, 1, 1), horizon_end=date(2023, 12, 31))


def test_values_from_the_command_line_take_the_type_of_their_column():
    assert typed("roads", "width_m", "24") == 24.0
    assert typed("parcels", "phase", "2") == 2
    assert typed("parcels", "with_scheme", "true") is True
    assert typed("works", "due_on", "2024-06-30") == date(2024, 6, 30)
    assert typed("roads", "name", "24") == "24"
    with pytest.raises(ConfigError, match="'wide'"):
        typed("roads", "width_m", "wide")
    with pytest.raises(ConfigError, match="no column width;"):
        typed("roads", "width", "1")
