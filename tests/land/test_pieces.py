"""Transfer in part: what can be cut, what cannot, and that the two pieces are the parcel."""

import math
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parcelplan.land.constraints import constraints_in_time
from parcelplan.land.pieces import find_pieces, site_of_pieces
from parcelplan.land.readiness import find_gates
from parcelplan.land.works import schedule_site
from parcelplan.site import Site, open_site
from tests.builders import EAST, NORTH, frame, line, works, write_site

MU = 2000 / 3
ACQUISITION = {"work_id": "W1", "due_on": "2024-03-31", "covers": "parcel:A;parcel:B"}
LINE = {"work_id": "W2", "kind": "line_undergrounding", "due_on": "2025-06-30", "clears": "line:L"}


def oblong(west: float) -> shapely.Polygon:
    """200 m from west to east, 100 m from south to north."""
    return shapely.box(EAST + west, NORTH, EAST + west + 200, NORTH + 100)


def site_with(
    folder: Any,
    *,
    across: Any = None,
    rows: Any = (ACQUISITION, LINE),
    more_lines: Any = MappingProxyType({}),
    **columns: Any,
) -> Site:
    """A and B side by side, a road along their north, and a 110 kV line with a strip of 28 m over A at x = 150 m."""
    parcels = frame([oblong(0), oblong(200)], parcel_id=["A", "B"], phase=[1, 1], **columns)
    lines = {"L": across or line((150, -50), (150, 150)), **more_lines}
    layers = {
        "parcels": parcels,
        "power_lines": frame(
            list(lines.values()),
            line_id=list(lines),
            kind=["overhead"] * len(lines),
            state=["existing"] * len(lines),
            voltage_kv=[110.0] * len(lines),
            half_spread_m=[4.0] * len(lines),
        ),
        "roads": frame([line((0, 110), (400, 110))], road_id=["S"], width_m=[20.0], state=["existing"]),
    }
    return open_site(write_site(folder, layers, {"works": works(*rows)}))


def pieces_of(site: Site, rules: Any, smallest_mu: float = 5.0) -> gpd.GeoDataFrame:
    schedule = schedule_site(site)
    constraints, _ = constraints_in_time(site, schedule, rules)
    gates = find_gates(site, schedule, constraints)
    return find_pieces(site, schedule, constraints, gates, smallest_m2=smallest_mu * MU)


@pytest.fixture
def cut(tmp_path, rules):
    return pieces_of(site_with(tmp_path), rules)


def test_what_lies_outside_the_corridor_comes_first(cut):
    assert list(cut.index) == ["A/1", "A/2"]
    assert cut["area_m2"].tolist() == pytest.approx([13_600.0, 6_400.0])
    assert [str(day.date()) for day in cut["ready_on"]] == ["2024-04-01", "2025-07-01"]
    assert set(cut["part_of"]) == {"A"}


def test_the_two_pieces_are_the_parcel(cut):
    first, rest = cut.geometry
    assert {first.geom_type, rest.geom_type} == {"Polygon"}
    assert shapely.area(shapely.intersection(first, rest)) == 0.0
    assert first.union(rest).symmetric_difference(oblong(0)).area < 1e-6


def test_a_piece_is_no_smaller_than_it_may_be(tmp_path, rules):
    assert len(pieces_of(site_with(tmp_path / "a"), rules, 6399 / MU)) == 2
    assert pieces_of(site_with(tmp_path / "b"), rules, 6401 / MU).empty


def test_both_pieces_have_access(tmp_path, rules):
    """With the strip from west to east the largest part is the northern one, and the rest has no road."""
    assert pieces_of(site_with(tmp_path, across=line((-50, 30), (250, 30))), rules).empty


def test_the_rest_is_one_polygon_in_which_small_parts_outside_the_corridor_are(tmp_path, rules):
    """The strip at 45° leaves a triangle in the north-east, which goes with the rest."""
    cut = pieces_of(site_with(tmp_path, across=line((100, 150), (250, 0))), rules, 3.0)
    assert list(cut.index) == ["A/1", "A/2"]
    assert cut["area_m2"].sum() == pytest.approx(20_000.0)
    assert cut.geometry.geom_type.tolist() == ["Polygon", "Polygon"]
    assert shapely.intersects_xy(cut.geometry["A/2"], EAST + 199, NORTH + 99)


def test_a_parcel_that_waits_longer_for_something_else_is_not_cut(tmp_path, rules):
    later = ACQUISITION | {"due_on": "2025-06-30"}
    assert pieces_of(site_with(tmp_path, rows=(later, LINE)), rules).empty


def test_a_corridor_that_never_goes_cuts_nothing(tmp_path, rules):
    assert pieces_of(site_with(tmp_path, rows=(ACQUISITION,)), rules).empty


@pytest.mark.parametrize("columns", [{"with_scheme": [True, False]}, {"together": ["G1", "G1"]}])
def test_schemes_and_neighbours_hold_a_parcel_together(tmp_path, rules, columns):
    assert pieces_of(site_with(tmp_path, **columns), rules).empty


def test_where_cutting_all_corridors_out_leaves_too_little_the_last_one_is(tmp_path, rules):
    """A strip at x = 50 m goes in 2024-09: without both, the rest would be two polygons."""
    other = {"work_id": "W3", "kind": "line_undergrounding", "due_on": "2024-09-30", "clears": "line:K"}
    site = site_with(tmp_path, rows=(ACQUISITION, LINE, other), more_lines={"K": line((50, -50), (50, 150))})
    cut = pieces_of(site, rules)
    assert cut["area_m2"].tolist() == pytest.approx([13_600.0, 6_400.0])
    assert [str(day.date()) for day in cut["ready_on"]] == ["2024-10-01", "2025-07-01"]


@pytest.fixture(scope="module")
def open_to_all(tmp_path_factory):
    return site_with(tmp_path_factory.mktemp("any"))


@given(x=st.floats(-50, 450), turn=st.floats(0, 3.1), smallest_mu=st.floats(0.5, 12))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_wherever_the_line_runs_pieces_are_two_usable_parts_of_their_parcel(
    open_to_all, rules, x, turn, smallest_mu
):
    ends = [
        (x - 400 * math.cos(turn), 50 - 400 * math.sin(turn)),
        (x + 400 * math.cos(turn), 50 + 400 * math.sin(turn)),
    ]
    lines = open_to_all.layer("power_lines")
    turned = lines.set_geometry([line(*ends)], crs=lines.crs)
    site = replace(open_to_all, layers={**open_to_all.layers, "power_lines": turned})
    cut = pieces_of(site, rules, smallest_mu)
    corridor = line(*ends).buffer(14)
    for parcel, own in cut.groupby("part_of"):
        whole = site.parcels.geometry[parcel]
        first, rest = own.geometry
        assert list(own.index) == [f"{parcel}/1", f"{parcel}/2"]
        assert own["area_m2"].min() >= smallest_mu * MU
        assert own["area_m2"].sum() == pytest.approx(whole.area, abs=0.2)
        assert first.intersection(rest).area < 1e-6
        assert first.intersection(corridor).area < 0.01 * first.area
        assert own["ready_on"].iloc[0] < own["ready_on"].iloc[1]


def test_works_cover_the_pieces_of_what_they_covered(tmp_path, rules):
    plan = {"work_id": "W3", "due_on": "2024-02-29", "covers": "parcel:B;site:*"}
    site = site_with(tmp_path / "again", rows=(ACQUISITION, LINE, plan))
    pieces = pieces_of(site, rules)
    within = site_of_pieces(site, pieces)
    assert within.table("works")["covers"].tolist() == ["parcel:A/1;parcel:A/2", "", "site:*"]
    assert site.table("works")["covers"].tolist() == ["parcel:A;parcel:B", "", "parcel:B;site:*"]
    assert list(within.parcels.columns) == list(site.parcels.columns)


def test_a_site_without_corridors_has_no_pieces(tmp_path, rules):
    site = site_with(tmp_path, across=line((500, 0), (500, 100)))
    found = pieces_of(site, rules)
    assert found.empty
    assert {"part_of", "area_m2"} <= set(found.columns)
    assert found["ready_on"].dtype == "datetime64[us]"
