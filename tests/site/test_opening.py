"""Opening a site: what is read, what is found, and what is refused with a remedy."""

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Polygon, box

from parcelplan.checks.site_checks import check_site
from parcelplan.errors import ConfigError, CrsError, InputError, NotFoundError, ParcelPlanError
from parcelplan.site import open_site
from tests.builders import EAST, NORTH, frame, line, row_of_parcels, square, works, write_site


def codes(site):
    return [(item.code, item.layer, item.feature_id) for item in site.findings]


def test_a_site_is_opened_whole(tmp_path):
    site = open_site(
        write_site(
            tmp_path, {"parcels": row_of_parcels(2)}, {"works": works({"work_id": "W1", "covers": "site:*"})}
        )
    )
    assert not site.findings
    assert site.parcels.index.tolist() == ["P1", "P2"]
    assert site.table("works").index.tolist() == ["W1"]
    assert site.layer("power_lines").empty
    assert "voltage_kv" in site.layer("power_lines").columns
    assert site.table("targets").empty
    assert site.as_of == date(2024, 1, 1)
    assert (site.name("zh"), site.name("en")) == ("小园区", "Tiny park")


def test_a_layer_in_another_plane_is_brought_over_and_found(tmp_path):
    folder = write_site(tmp_path, {"parcels": row_of_parcels(1).to_crs(4545)})
    site = open_site(folder)
    assert codes(site) == [("layer.reprojected", "parcels", "")]
    assert site.parcels.geometry["P1"].symmetric_difference(square(0)).area < 1e-3


def test_a_layer_without_a_crs_is_an_error_not_a_guess(tmp_path):
    site = open_site(write_site(tmp_path, {"parcels": row_of_parcels(1).set_crs(None, allow_override=True)}))
    assert codes(site) == [("crs.proposed", "parcels", "")]
    assert site.findings.of("error")[0].value == "EPSG:4523"


def test_a_crs_named_in_site_toml_stands_in(tmp_path):
    folder = write_site(tmp_path, {"parcels": row_of_parcels(1).set_crs(None, allow_override=True)})
    path = folder / "site.toml"
    path.write_text(path.read_text().replace('layer = "parcels" }', 'layer = "parcels", crs = "EPSG:4523" }'))
    assert open_site(folder).findings.codes() == {"crs.supplied"}


def test_null_geometry_and_coordinates_that_are_no_numbers(tmp_path):
    with np.errstate(invalid="ignore"):
        odd = Polygon([(EAST, NORTH), (EAST + 1, np.nan), (EAST, NORTH + 1)])
    parcels = frame([square(0), None, odd], parcel_id=["A", "B", "C"], phase=[1, 1, 1])
    site = open_site(write_site(tmp_path, {"parcels": parcels}))
    assert check_site(site).of("error")  # the checks go on without a warning of numpy's
    found = codes(site)
    assert found == [("coordinates.absurd", "parcels", "C"), ("layer.no_geometry", "parcels", "B")]


def test_a_line_where_parcels_should_be(tmp_path):
    parcels = frame([line((0, 0), (9, 9))], parcel_id=["A"], phase=[1])
    assert codes(open_site(write_site(tmp_path, {"parcels": parcels}))) == [
        ("layer.wrong_geometry", "parcels", "A")
    ]


def test_an_empty_layer_of_parcels(tmp_path):
    site = open_site(write_site(tmp_path, {"parcels": row_of_parcels(1).iloc[:0]}))
    assert ("layer.empty_parcels", "parcels", "") in codes(site)


def test_columns_of_a_foreign_file_are_mapped(tmp_path):
    raw = frame([square(0)], LOT=["17-3"])
    folder = write_site(tmp_path, {"parcels": raw})
    path = folder / "site.toml"
    text = path.read_text().replace(
        'layer = "parcels" }',
        'layer = "parcels", columns = { parcel_id = "LOT" }, defaults = { phase = 1 } }',
    )
    path.write_text(text)
    site = open_site(folder)
    assert not site.findings
    assert site.parcels.loc["17-3", "phase"] == 1


SCENARIOS = """
[scenarios.all]
label = { en = "All" }
[scenarios.few]
label = { en = "Few" }
works = { W1 = { covers = "parcel:P1" } }
[scenarios.wrong]
works = { W7 = { covers = "site:*" } }
"""


def test_scenarios_change_cells_of_the_works(tmp_path):
    folder = write_site(
        tmp_path,
        {"parcels": row_of_parcels(2)},
        {"works": works({"work_id": "W1", "covers": "site:*", "due_on": "2024-05-01"})},
        head='scenario = "all"',
        more=SCENARIOS,
    )
    site = open_site(folder)
    assert site.scenario == "all"
    assert site.table("works").loc["W1", "covers"] == "site:*"
    few = site.reading("few")
    assert few.table("works").loc["W1", "covers"] == "parcel:P1"
    assert few.table("works").loc["W1", "due_on"] == pd.Timestamp(2024, 5, 1)
    assert codes(open_site(folder, scenario="wrong")) == [("scenario.unknown_work", "works", "W7")]
    with pytest.raises(NotFoundError, match=r"nobody.*all, few, wrong"):
        open_site(folder, scenario="nobody")


@pytest.mark.parametrize(
    ("old", "new", "error", "match"),
    [
        ('crs = "EPSG:4523"', 'crs = "EPSG:4490"', CrsError, "EPSG:4490.*not a plane system"),
        ('crs = "EPSG:4523"', 'crs = "Mars"', CrsError, "Mars"),
        ("as_of = 2024-01-01", "", ConfigError, "as_of"),
        (
            "horizon_end = 2026-12-31",
            "horizon_end = 2023-12-31",
            ConfigError,
            "horizon_end 2023-12-31 is not after",
        ),
        ('id = "tiny"', 'id = "tiny"\nquota = 3', ConfigError, "quota"),
        ('id = "tiny"', 'id = "../tiny"', ConfigError, "id"),
        ('layer = "parcels"', 'layer = "lots"', InputError, "lots.*holds: parcels"),
        ('file = "layers.gpkg"', 'file = "nothing.gpkg"', InputError, "nothing.gpkg"),
        (
            "[tables]",
            '[tables]\nworks = { file = "site.toml" }',
            InputError,
            "site.toml is of an unknown kind",
        ),
        ("[tables]", '[tables]\nroads = { file = "w.csv" }', ConfigError, "roads.*Known are: works"),
        ("parcels = {", "lots = {", ConfigError, "lots.*Known are: site_boundary, parcels"),
        ('id = "tiny"', 'id = "tiny', InputError, "not valid TOML"),
    ],
)
def test_what_cannot_be_is_refused_with_the_thing_named(tmp_path, old, new, error, match):
    folder = write_site(tmp_path, {"parcels": row_of_parcels(1)})
    path = folder / "site.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(error, match=match) as caught:
        open_site(folder)
    assert caught.value.exit_code == 2
    assert caught.value.message("zh") != caught.value.message("en")


def test_no_folder_no_file_and_no_vector_file(tmp_path):
    with pytest.raises(InputError, match=r"no site.toml"):
        open_site(tmp_path / "nowhere")
    folder = write_site(tmp_path, {"parcels": row_of_parcels(1)})
    (folder / "layers.gpkg").write_bytes(b"this is no GeoPackage")
    with pytest.raises(InputError, match=r"layers\.gpkg"):
        open_site(folder)


def test_as_of_may_be_given_but_not_after_the_horizon(tmp_path):
    folder = write_site(tmp_path, {"parcels": row_of_parcels(1)})
    assert open_site(folder, as_of=date(2025, 1, 1)).as_of == date(2025, 1, 1)
    with pytest.raises(ConfigError, match="2027-01-01 is not before horizon_end 2026-12-31"):
        open_site(folder, as_of=date(2027, 1, 1))


def test_tables_may_be_gb18030_or_excel(tmp_path):
    table = works({"work_id": "W1", "name": "征地拆迁", "covers": "site:*"})
    folder = write_site(tmp_path, {"parcels": row_of_parcels(1)}, {"works": table})
    table.to_csv(folder / "works.csv", index=False, encoding="gb18030")
    assert open_site(folder).table("works").loc["W1", "name"] == "征地拆迁"
    table.to_excel(folder / "works.xlsx", index=False)
    path = folder / "site.toml"
    path.write_text(path.read_text().replace("works.csv", "works.xlsx"))
    assert open_site(folder).table("works").loc["W1", "name"] == "征地拆迁"


def test_every_error_is_of_one_tree():
    for error in (ConfigError, CrsError, InputError, NotFoundError):
        assert issubclass(error, ParcelPlanError)


def test_geodataframes_stay_geodataframes(tmp_path):
    site = open_site(
        write_site(
            tmp_path, {"parcels": row_of_parcels(1), "work_areas": frame([box(0, 0, 1, 1)], area_id=["A"])}
        )
    )
    assert all(isinstance(layer, gpd.GeoDataFrame) for layer in site.layers.values())
    assert site.layer("roads").crs == site.parcels.crs


def test_asking_what_if_changes_a_copy_and_merges_tables(tmp_path):
    limits = "[plan]\nlistings_per_month = 4\nseed = 7\nquota_mu = { 2024 = 9.0 }\n[phases.1]\n"
    site = open_site(write_site(tmp_path, {"parcels": row_of_parcels(1)}, more=limits))
    other = site.having(plan={"listings_per_month": 8}, phases={1: {"latest_on": date(2024, 6, 30)}})
    assert (other.config.plan.listings_per_month, other.config.plan.seed) == (8, 7)
    assert other.config.phase(1).latest_on == date(2024, 6, 30)
    assert other.config.plan.quota_mu == {2024: 9.0}
    assert other.having(plan={"quota_mu": {}}).config.plan.quota_mu == {}
    assert other.having(phases={1: {"earliest_on": date(2024, 2, 1)}}).config.phase(1).latest_on == date(
        2024, 6, 30
    )
    assert (site.config.plan.listings_per_month, site.config.phase(1).latest_on) == (4, None)
    with pytest.raises(ConfigError, match=r"crs cannot change.*plan"):
        site.having(crs="EPSG:4524")
    with pytest.raises(ConfigError, match=r"plan\.time_limit_s"):
        site.having(plan={"time_limit_s": -1})
    with pytest.raises(ConfigError, match=r"plan\.listing_per_month"):
        site.having(plan={"listing_per_month": 8})


def test_a_named_column_keeps_the_unit_of_its_heading_and_defaults_give_way(tmp_path):
    raw = frame([square(0)], **{"地块号": ["A"], "面积（公顷）": ["1.0"], "期": ["2"]})
    folder = write_site(tmp_path, {"parcels": raw})
    path = folder / "site.toml"
    told = 'layer = "parcels", columns = { declared_area_mu = "面积（公顷）" }, defaults = { phase = 1 } }'
    path.write_text(path.read_text().replace('layer = "parcels" }', told))
    site = open_site(folder)
    assert not site.findings.of("error")
    assert site.parcels.loc["A", "declared_area_mu"] == 15
    assert site.parcels.loc["A", "phase"] == 2


def test_a_scenario_finds_its_works_under_chinese_headings(tmp_path):
    table = works({"work_id": "W1", "covers": "site:*", "due_on": "2024-05-01"})
    table = table.rename(
        columns={"work_id": "任务编号", "covers": "覆盖范围", "kind": "任务类型", "name": "任务名称"}
    )
    folder = write_site(tmp_path, {"parcels": row_of_parcels(2)}, {"works": table}, more=SCENARIOS)
    assert open_site(folder, scenario="few").table("works").loc["W1", "covers"] == "parcel:P1"
