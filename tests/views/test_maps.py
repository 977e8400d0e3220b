"""The map's file and the data in it: whole, safe, in degrees, with figures one can check in the head."""

import json
import re
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import pytest
from geopandas import GeoSeries
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Point

from parcelplan.catalogue import LANGUAGES, Language, entries
from parcelplan.plan import Plan
from parcelplan.views import map_data, map_layers, map_themes, offline, palette
from parcelplan.views.maps import render_map
from tests.views.small_study import AS_OF, small_study

HOSTILE = "</script><img src=x onerror=alert(1)>\u2028<!--"
KNOWN_ADDRESSES = {"www.w3.org", "leafletjs.com"}
"""The namespace of SVG, and Leaflet's home in its licence and its attribution; nothing loads them."""


@pytest.fixture(scope="module")
def data() -> dict[str, Any]:
    return map_data.map_data(small_study())


def embedded(page: str) -> dict[str, Any]:
    """The data block of a page, as its script reads it."""
    found = re.search(r'<script type="application/json" id="parcelplan-data">(.*?)</script>', page, re.DOTALL)
    assert found
    return dict(json.loads(found[1]))


def theme(data: dict[str, Any], name: str) -> dict[str, Any]:
    return next(item for item in data["themes"] if item["id"] == name)


def class_of(data: dict[str, Any], parcel: str, name: str) -> str:
    record = next(item for item in data["parcels"] if item["id"] == parcel)
    return str(theme(data, name)["classes"][record["classes"][name]]["key"])


# --- the file ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_in_the_file_loads_from_outside(lang: Language) -> None:
    page = render_map(small_study(), lang=lang)
    assert set(re.findall(r"https?://([\w.-]+)", page)) <= KNOWN_ADDRESSES
    assert not re.search(r"<(link|iframe|img)\b|<script[^>]+src=|@import|sourceMappingURL=\S*\.map", page)
    assert "default-src &#x27;none&#x27;" in page
    assert len(page.encode()) < 1_500_000


def test_the_same_study_gives_the_same_file() -> None:
    assert render_map(small_study()) == render_map(small_study())


def test_a_hostile_name_cannot_leave_its_data_block() -> None:
    page = render_map(small_study(name=HOSTILE))
    assert "<img src=x" not in page
    assert embedded(page)["parcels"][1]["name"] == HOSTILE


def test_a_hostile_site_name_is_escaped_in_title_and_heading() -> None:
    study = small_study()
    name = study.site.config.name.model_copy(update={"zh": HOSTILE})
    config = study.site.config.model_copy(update={"name": name})
    page = render_map(replace(study, site=replace(study.site, config=config)))
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_a_basemap_is_a_setting_and_the_policy_lets_its_tiles_through() -> None:
    page = render_map(small_study(), basemap="http://tiles.local:8080/{z}/{x}/{y}.png")
    assert "L.tileLayer" in page
    assert "img-src data: http://tiles.local:8080" in page
    assert "new L.TileLayer(" not in render_map(small_study())


def test_inputs_stay_as_they_were() -> None:
    study, same = small_study(), small_study()
    render_map(study)
    for name in ("constraints", "developable", "curve", "readiness", "verdicts", "schedule"):
        pd.testing.assert_frame_equal(getattr(study, name), getattr(same, name))
    pd.testing.assert_frame_equal(study.site.parcels, same.site.parcels)


JSON = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_json_for_a_script_reads_back_and_holds_no_markup(value: Any) -> None:
    written = offline.json_for_script(value)
    assert json.loads(written) == value
    assert not set("<>&\u2028\u2029") & set(written)


# --- the data ----------------------------------------------------------------------------------------------


def test_coordinates_are_degrees_with_seven_decimals(data: dict[str, Any]) -> None:
    (south, west), (north, east) = data["bounds"]
    assert 29.4 < south < north < 29.6
    assert 106.3 < west < east < 106.5
    ring = data["parcels"][0]["g"]["coordinates"][0]
    assert all(round(value, map_layers.DECIMALS) == value for point in ring for value in point)
    assert all(west <= lng <= east and south <= lat <= north for lng, lat in ring)


def test_the_site_lies_where_the_reference_point_says() -> None:
    place = GeoSeries([Point(35_632_876.483, 3_263_254.277)], crs="EPSG:4523")
    (spot,) = map_layers.to_web(place)
    assert (spot.x, spot.y) == pytest.approx((106.37, 29.48), abs=2e-7)


def test_stops_are_the_first_day_and_each_months_end_until_nothing_changes(data: dict[str, Any]) -> None:
    days = [stop["on"] for stop in data["stops"]]
    assert days[:3] == ["2023-12-26", "2023-12-31", "2024-01-31"]
    assert days[-1] == "2024-09-30"
    assert data["stops"][-1]["label"] == "2024年9月"


def test_figures_of_the_stops(data: dict[str, Any]) -> None:
    at = {stop["on"]: stop for stop in data["stops"]}
    assert at["2023-12-26"]["developable_mu"] == 22.5
    assert at["2024-07-31"]["developable_mu"] == 30.0
    assert at["2023-12-26"]["ready_mu"] == 15.0
    assert at["2024-01-31"]["on_notice_mu"] == 15.0
    assert at["2024-03-31"]["transferred_mu"] == 15.0
    assert at["2024-09-30"]["transferred_mu"] == 30.0
    for stop in data["stops"]:
        assert sum(stop[f"{key}_mu"] for key in palette.STATES) == pytest.approx(data["area_mu"])


def test_the_states_of_a_parcel_change_on_their_days() -> None:
    frame = map_data.parcel_table(small_study())
    days = [
        date(2024, 6, 30),
        date(2024, 7, 1),
        date(2024, 7, 31),
        date(2024, 8, 1),
        date(2024, 9, 1),
        date(2024, 9, 2),
    ]
    states = [map_themes.states_at(frame, day)["P2"] for day in days]
    assert states == ["waiting", "ready", "ready", "on_notice", "on_notice", "transferred"]
    assert map_themes.states_at(frame, date(2099, 1, 1))["P3"] == "waiting"


def test_themes_put_parcels_into_their_classes(data: dict[str, Any]) -> None:
    assert [class_of(data, parcel, "phase") for parcel in ("P1", "P2", "P3")] == ["1", "2", "2"]
    assert [class_of(data, parcel, "ready") for parcel in ("P1", "P2", "P3")] == [
        "already",
        "2024-07",
        "never",
    ]
    assert [class_of(data, parcel, "transfer") for parcel in ("P1", "P2", "P3")] == [
        "2024-03",
        "2024-09",
        "none",
    ]
    assert theme(data, "phase")["classes"][1]["note"] == "2 宗 · 30.0 亩"


def test_many_months_become_quarters() -> None:
    days = pd.Series(pd.date_range("2024-01-15", periods=14, freq="MS"))
    missing = pd.Series("none", index=days.index)
    by_month = map_themes.month_theme("transfer", days[:12], missing, "en")
    by_quarter = map_themes.month_theme("transfer", days, missing, "en")
    assert [item.label for item in by_month.classes][:2] == ["Feb 2024", "Mar 2024"]
    assert [item.label for item in by_quarter.classes][:2] == ["Q1 2024", "Q2 2024"]


def test_a_popup_says_what_a_chief_asks() -> None:
    study = small_study()
    land = study.developable.assign(blocked_m2_power_corridor=[0.0, 5_000.0, 0.0])
    record = map_data.map_data(replace(study, developable=land))["parcels"][1]
    facts = dict(record["facts"])
    assert facts["面积"] == "15.00 亩（10,000 m²）"
    assert facts["占压比例"] == "50.0%（架空线路保护区 50.0%）"
    assert facts["成熟日期"] == "2024-07-01"
    assert "高压线下地" in facts["最后条件"]
    assert facts["容积率"] == "1.20–2.50"
    assert facts["出让日期"] == "2024-09-02"
    assert record["why"]


def test_a_condition_that_is_not_given_is_unknown(data: dict[str, Any]) -> None:
    assert dict(data["parcels"][2]["facts"])["容积率"] == "未知"


def test_verdicts_come_worst_first(data: dict[str, Any]) -> None:
    order = ["violated", "unknown", "ok"]
    found = [[order.index(verdict) for verdict, _ in record["verdicts"]] for record in data["parcels"]]
    assert any(found)
    assert all(places == sorted(places) for places in found)


def test_constraints_carry_their_period_and_clause(data: dict[str, Any]) -> None:
    layer = next(item for item in data["layers"] if item["id"] == "power_corridor")
    (feature,) = layer["features"]
    assert (feature["from"], feature["until"]) == (None, "2024-07-01")
    assert any("§5" in line for line in feature["tip"])
    assert any("2024-07-01" in line and "W1" in line for line in feature["tip"])


def test_what_was_cleared_before_the_first_day_is_not_drawn() -> None:
    study = small_study()
    past = study.constraints.assign(until_on=pd.Timestamp(AS_OF))
    layers = map_layers.constraint_layers(replace(study, constraints=past), "zh")
    assert layers == []


def test_a_site_without_a_plan_is_still_a_map() -> None:
    study = replace(small_study(), plan=Plan(as_of=AS_OF, status="infeasible"))
    found = map_data.map_data(study)
    assert "无可行计划" in found["facts"]
    assert {class_of(found, parcel, "transfer") for parcel in ("P1", "P2", "P3")} == {"none"}
    render_map(study)


# --- words and colours -------------------------------------------------------------------------------------


def test_the_page_speaks_one_language() -> None:
    words = " ".join(map_data.script_words("en").values())
    assert not re.search(r"[\u4e00-\u9fff]", words)
    assert all({"zh", "en"} <= set(entry) for code, entry in entries().items() if code.startswith("map."))


def test_every_layer_and_theme_has_its_words() -> None:
    found = [map_data.map_data(small_study(), lang) for lang in LANGUAGES]
    assert [item["id"] for item in found[0]["layers"]] == [item["id"] for item in found[1]["layers"]]
    assert all(item["label"] for data in found for item in [*data["layers"], *data["themes"]])


def lightness(colour: str) -> float:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("count", [1, 2, 3, 4, 12])
def test_months_grow_lighter(count: int) -> None:
    values = [lightness(colour) for colour in palette.sequential(count)]
    assert len(values) == count
    assert values == sorted(values)
    assert len(set(values)) == count


def test_every_kind_of_constraint_has_a_hatch_and_an_outline_of_its_own() -> None:
    hatches = {hatch.id: (hatch.path, hatch.rotate) for hatch in palette.HATCHES}
    assert set(palette.CONSTRAINTS) <= set(hatches)
    assert len({hatches[kind] for kind in palette.CONSTRAINTS}) == len(palette.CONSTRAINTS)
    assert palette.constraint_style("a kind of tomorrow")["pattern"] in hatches


def test_a_line_drawn_westward_is_labelled_upright() -> None:
    lines = GeoSeries(
        [LineString([(0, 0), (100, 0)]), LineString([(100, 0), (0, 0)]), LineString([(100, 100), (0, 0)])],
        crs="EPSG:4523",
    ).translate(35_632_800, 3_263_200)
    turns = [place[2] for place in map_layers.label_places(lines) if place]
    assert turns == pytest.approx([0, 0, -45])
