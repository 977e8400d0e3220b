"""The drawn site is what its README says: areas, coverage, frontage, references, the same on every build."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geodata.baishiyi_build.__main__ import draw
from geodata.baishiyi_build.writing import write_layers
from parcelplan.checks.rule_checks import check_rules
from parcelplan.land.capacity import scheme_capacity
from parcelplan.land.constraints import constraints_in_time
from parcelplan.land.developable import developable_land
from parcelplan.land.works import schedule_works
from parcelplan.rules import RuleBook
from parcelplan.site import open_site

SITE = Path(__file__).parents[2] / "geodata" / "baishiyi"
M2_PER_MU = 2000 / 3
PHASES_MU = {1: 75.0, 2: 112.0, 3: 323.0}
AS_OF = date(2023, 12, 26)
GEOMETRY = {
    "site_boundary": "Polygon",
    "parcels": "Polygon",
    "power_lines": "LineString",
    "pylons": "Point",
    "rivers": "LineString",
    "roads": "LineString",
    "river_areas": "Polygon",
    "hard_constraints": "Polygon",
    "work_areas": "Polygon",
    "scheme_features": "Polygon",
}


def share_of(parcels: gpd.GeoDataFrame, geometry: shapely.Geometry) -> pd.Series:
    shares = parcels.intersection(geometry).area / parcels.area
    return shares[shares > 0]


def road_land(roads: gpd.GeoDataFrame, reach_m: float) -> shapely.Geometry:
    half = roads["width_m"] / 2 + reach_m
    return shapely.union_all(shapely.buffer(roads.geometry.to_numpy(), half.to_numpy(), cap_style="flat"))


@pytest.mark.parametrize(("phase", "area_mu"), PHASES_MU.items())
def test_phases_have_their_plane_area(parcels: gpd.GeoDataFrame, phase: int, area_mu: float) -> None:
    drawn = parcels[parcels["phase"] == phase]
    assert drawn.area.sum() / M2_PER_MU == pytest.approx(area_mu, abs=0.005)
    assert round(drawn["declared_area_mu"].sum(), 6) == area_mu


def test_declared_areas_are_the_drawn_ones_to_a_hundredth(parcels: gpd.GeoDataFrame) -> None:
    assert (parcels["declared_area_mu"] - parcels.area / M2_PER_MU).abs().max() < 0.01


def test_parcels_are_as_many_and_as_large_as_the_plan_wants(parcels: gpd.GeoDataFrame) -> None:
    assert 25 <= len(parcels) <= 40
    assert (parcels.area >= 10 * M2_PER_MU).all()
    assert parcels.index.is_unique


def test_numbering_starts_in_the_north_west_of_each_phase(parcels: gpd.GeoDataFrame) -> None:
    for phase, drawn in parcels.groupby("phase"):
        assert list(drawn.index) == [f"P{phase}-{number:02d}" for number in range(1, len(drawn) + 1)]
        first, last = drawn.geometry.iloc[0].centroid, drawn.geometry.iloc[-1].centroid
        assert first.x == drawn.centroid.x.min() or first.x < drawn.centroid.x.quantile(0.25)
        assert first.y > last.y


@pytest.mark.parametrize("name", GEOMETRY)
def test_every_layer_is_valid_and_in_zone_35(layers: Mapping[str, gpd.GeoDataFrame], name: str) -> None:
    layer = layers[name]
    assert layer.crs.to_epsg() == 4523
    assert layer.is_valid.all()
    assert set(layer.geom_type) == {GEOMETRY[name]}
    west, south, east, north = layer.total_bounds
    assert 35_631_800 < west < east < 35_633_900
    assert 3_262_500 < south < north < 3_263_900


def test_parcels_share_their_edges_without_overlap_or_gap(parcels: gpd.GeoDataFrame) -> None:
    polygons = parcels.geometry.to_numpy()
    assert shapely.coverage_is_valid(polygons, gap_width=1.0)
    left, right = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    pairs = left < right
    overlaps = shapely.area(shapely.intersection(polygons[left[pairs]], polygons[right[pairs]]))
    assert pairs.sum() > 20
    assert overlaps.max() <= 1e-6


def test_coordinates_stand_on_the_millimetre(parcels: gpd.GeoDataFrame) -> None:
    coords = shapely.get_coordinates(parcels.geometry.to_numpy())
    np.testing.assert_array_equal(coords, np.round(coords, 3))


def test_parcels_lie_inside_the_gross_site(
    parcels: gpd.GeoDataFrame, layers: Mapping[str, gpd.GeoDataFrame]
) -> None:
    gross = layers["site_boundary"].geometry.iloc[0]
    assert parcels.difference(gross).area.max() < 0.05
    assert 1.15 < gross.area / parcels.area.sum() < 1.30
    assert gross.area < 0.85 * gross.minimum_rotated_rectangle.area


def test_every_parcel_fronts_a_road_and_none_lies_on_one(
    parcels: gpd.GeoDataFrame, layers: Mapping[str, gpd.GeoDataFrame]
) -> None:
    roads = layers["roads"]
    assert parcels.boundary.intersection(road_land(roads, 1.0)).length.min() > 40.0
    assert parcels.intersection(road_land(roads, -0.01)).area.max() < 1e-6


def test_frontage_tells_the_phases_apart(
    parcels: gpd.GeoDataFrame, layers: Mapping[str, gpd.GeoDataFrame]
) -> None:
    roads = layers["roads"]
    existing = road_land(roads[roads["state"] == "existing"], 1.0)
    without = parcels.boundary.intersection(existing).length < 10.0
    by_phase = without.groupby(parcels["phase"]).sum()
    assert by_phase[1] == 0
    assert by_phase[2] == 2
    assert by_phase[3] > 10


@pytest.mark.parametrize(
    ("line", "metres", "phases"), [("L220", 15.0, {2, 3}), ("L110", 10.0, {3}), ("L10", 5.0, {2, 3})]
)
def test_overhead_corridors_cross_the_phases_they_should(
    parcels: gpd.GeoDataFrame,
    layers: Mapping[str, gpd.GeoDataFrame],
    line: str,
    metres: float,
    phases: set[int],
) -> None:
    drawn = layers["power_lines"].set_index("line_id").loc[line]
    shares = share_of(parcels, drawn.geometry.buffer(metres + drawn["half_spread_m"]))
    assert set(parcels.loc[shares.index[shares > 0.01], "phase"]) == phases


def test_pylons_stand_on_their_line_at_believable_spans(layers: Mapping[str, gpd.GeoDataFrame]) -> None:
    lines = layers["power_lines"].set_index("line_id").geometry
    spans = {"L220": (250, 350), "L220-M": (250, 350), "L110": (200, 280), "L10": (50, 70)}
    for line_id, pylons in layers["pylons"].groupby("line_id"):
        assert pylons.distance(lines[line_id]).max() < 0.01
        stations = np.sort(lines[line_id].project(pylons.geometry))
        low, high = spans[str(line_id)]
        assert ((np.diff(stations) >= low) & (np.diff(stations) <= high)).all()


def test_what_stays_or_comes_only_nibbles(
    parcels: gpd.GeoDataFrame, layers: Mapping[str, gpd.GeoDataFrame]
) -> None:
    lines, areas = layers["power_lines"], layers["river_areas"]
    cables = shapely.union_all(lines[lines["kind"] == "cable"].buffer(0.75).to_numpy())
    channel = shapely.union_all(areas[areas["state"] == "planned"].geometry.to_numpy())
    for planned in (cables, channel):
        shares = share_of(parcels, planned)
        assert 1 <= len(shares) <= 5
        assert shares.max() < 0.005


def test_the_moved_line_takes_two_parcels_for_good_and_touches_no_other(
    parcels: gpd.GeoDataFrame, layers: Mapping[str, gpd.GeoDataFrame]
) -> None:
    moved = layers["power_lines"].set_index("line_id").loc["L220-M"]
    shares = share_of(parcels, moved.geometry.buffer(15.0 + moved["half_spread_m"]))
    assert list(shares.index) == ["P3-10", "P3-19"]
    assert shares.min() > 0.05
    assert moved["state"] == "planned"


def test_hard_constraints_bar_no_parcel(
    parcels: gpd.GeoDataFrame, layers: Mapping[str, gpd.GeoDataFrame]
) -> None:
    hard = layers["hard_constraints"].set_index("constraint_id").geometry
    inside = [share_of(parcels, hard["BF1"]), share_of(parcels, hard["ER1"])]
    outside = 1 - parcels.intersection(hard["UGB1"]).area / parcels.area
    for shares in (*inside, outside[outside > 1e-9]):
        assert len(shares) == 1
        assert 0.001 < shares.iloc[0] < 0.01
        assert parcels.loc[shares.index[0], "phase"] == 3


def test_the_stream_blocks_part_of_phase_3_and_touches_no_phase_1(
    parcels: gpd.GeoDataFrame, layers: Mapping[str, gpd.GeoDataFrame]
) -> None:
    area = layers["river_areas"].set_index("river_id").geometry["RV1"]
    shares = share_of(parcels, area)
    assert shares[shares > 0.01].index.str[:2].value_counts().to_dict() == {"P3": 9, "P2": 1}
    assert set(layers["rivers"]["drains_to"]) == {"梁滩河"}


def test_reaches_join_end_to_end(layers: Mapping[str, gpd.GeoDataFrame]) -> None:
    rivers = layers["rivers"].set_index("river_id").geometry
    ends = {key: shapely.get_point(line, [0, -1]) for key, line in rivers.items()}
    for upper, lower in (("RV2", "RV1"), ("RV1", "RV3"), ("RV2", "RV1-N"), ("RV1-N", "RV3")):
        assert shapely.distance(ends[upper][1], ends[lower][0]) < 0.01


def test_two_parcels_lack_a_condition_and_the_rest_have_all(parcels: gpd.GeoDataFrame) -> None:
    conditions = parcels.filter(regex=r"_(min|max|max_m)$")
    assert conditions.shape[1] == 7
    assert conditions.isna().any(axis=1).sum() == 2
    known = conditions.dropna()
    assert (known["far_min"] < known["far_max"]).all()


def test_schemes_belong_to_parcels_and_stay_inside_them(
    parcels: gpd.GeoDataFrame, layers: Mapping[str, gpd.GeoDataFrame]
) -> None:
    schemes = pd.read_csv(SITE / "schemes.csv").set_index("scheme_id")
    features = layers["scheme_features"]
    assert set(features["scheme_id"]) == set(schemes.index)
    assert set(schemes["parcel_id"]) == set(parcels.index[parcels["with_scheme"]])
    land = parcels.geometry.loc[features["scheme_id"].map(schemes["parcel_id"])]
    inner = shapely.buffer(land.to_numpy(), -5.5, join_style="mitre")
    assert shapely.covers(inner, features.geometry.to_numpy()).all()
    for _, scheme in features.groupby("scheme_id"):
        assert shapely.union_all(scheme.geometry).area == pytest.approx(scheme.area.sum())


def test_a_first_storey_above_eight_metres_decides_a_verdict(
    parcels: gpd.GeoDataFrame, layers: Mapping[str, gpd.GeoDataFrame]
) -> None:
    def far(scheme_id: str, parcel_id: str, times: Mapping[bool, int]) -> float:
        features = layers["scheme_features"].query("scheme_id == @scheme_id and kind == 'building'")
        heights = features["storey_heights_m"].str.split(";")
        floors = heights.map(lambda cell: sum(times[float(height) > 8.0] for height in cell))
        return float((features.area * floors).sum() / parcels.area[parcel_id])

    once, twice = {True: 1, False: 1}, {True: 2, False: 1}
    assert far("S03", "P1-03", once) < parcels.at["P1-03", "far_max"] < far("S03", "P1-03", twice)
    assert far("S10", "P2-07", once) < parcels.at["P2-07", "far_min"] < far("S10", "P2-07", twice)
    assert far("S04", "P1-04", twice) < parcels.at["P1-04", "far_min"]


def test_each_scheme_breaks_the_rule_it_was_drawn_for_and_no_other() -> None:
    site = open_site(SITE)
    rules = RuleBook.load(site.config.rules).at(AS_OF)
    constraints, _ = constraints_in_time(site, schedule_works(site.table("works"), AS_OF), rules)
    features, schemes = site.layer("scheme_features"), site.table("schemes")
    capacity = scheme_capacity(features, schemes, site.parcels.area, rules)
    net_land = developable_land(site.parcels, constraints, AS_OF).geometry
    verdicts = check_rules(site.parcels, schemes, capacity, rules, net_land=net_land)
    broken = verdicts[verdicts["verdict"] == "violated"]
    assert list(zip(broken["scheme_id"], broken["rule"].str.removeprefix("rule."), strict=True)) == [
        ("S03", "far_max"),
        ("S04", "far_min"),
        ("S05", "building_coefficient"),
        ("S06", "height"),
        ("S07", "service_land"),
        ("S08", "on_net_land"),
        ("S09", "investment"),
        ("S09", "tax"),
    ]
    unknown = verdicts[(verdicts["verdict"] == "unknown") & (verdicts["scheme_id"] != "")]
    assert list(zip(unknown["scheme_id"], unknown["rule"], strict=True)) == [("S10", "rule.investment")]


def test_building_again_changes_nothing(layers: Mapping[str, gpd.GeoDataFrame], tmp_path: Path) -> None:
    drawn = draw()
    first, second = tmp_path / "first.gpkg", tmp_path / "second.gpkg"
    write_layers(drawn, first)
    write_layers(drawn, second)
    assert first.read_bytes() == second.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first.gpkg", "second.gpkg"]
    for name, committed in layers.items():
        rebuilt = gpd.read_file(first, layer=name)
        pd.testing.assert_frame_equal(rebuilt.drop(columns="geometry"), committed.drop(columns="geometry"))
        assert rebuilt.geometry.to_wkb().equals(committed.geometry.to_wkb()), name
