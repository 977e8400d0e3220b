"""Corridors in time, on the tiny site of conftest."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from parcelplan.crs import ellipsoidal_area_m2
from parcelplan.errors import CrsError
from parcelplan.land.constraints import change_days, constraints_in_time, in_force
from parcelplan.land.developable import developable_curve, developable_land, developable_over_time
from parcelplan.land.works import schedule_works
from parcelplan.rules import RuleBook
from tests.builders import frame, line

AS_OF = date(2024, 1, 1)
BURIED = date(2024, 5, 1)  # W2 takes 30 days from the day after W1's 31 March
DIVERTED = date(2025, 1, 1)


def test_the_corridor_starts_at_the_edge_conductor(constraints):
    corridor = constraints.loc["line:L1"]
    assert corridor["distance_m"] == 10 + 4
    width = corridor.geometry.bounds[2] - corridor.geometry.bounds[0]
    assert width == pytest.approx(28)
    assert "Protection of Power Facilities" in corridor["clause"]


def test_a_pylon_keeps_its_no_dig_radius_from_the_foundation(constraints):
    base = constraints.loc["pylon:T1"]
    assert base["distance_m"] == 10 + 3
    assert base["until_on"] == pd.Timestamp(BURIED)


def test_an_undergrounded_line_leaves_its_cable_strip(constraints):
    overhead, cable = constraints.loc["line:L1"], constraints.loc["line:L1-C"]
    assert overhead["until_on"] == cable["from_on"] == pd.Timestamp(BURIED)
    assert (overhead["cleared_by"], cable["begins_with"], cable["cleared_by"]) == ("W2", "W2", "")
    assert cable["distance_m"] == 0.75


def test_periods_are_half_open(constraints):
    before, after = date(2024, 4, 30), BURIED
    assert {"line:L1", "pylon:T1"} <= set(in_force(constraints, before).index)
    assert "line:L1-C" not in in_force(constraints, before).index
    assert set(in_force(constraints, after).index) == {"line:L1-C", "river:A1", "constraint:F1"}
    assert change_days(constraints, AS_OF) == [AS_OF, BURIED, DIVERTED]


def test_developable_land_by_hand(tiny, constraints):
    land = developable_land(tiny.parcels, constraints, AS_OF)
    assert land["area_m2"].tolist() == pytest.approx([10_000] * 5)
    assert land.loc["P2", "blocked_m2_power_corridor"] == pytest.approx(2800)
    assert land.loc["P2", "blocked_m2"] == pytest.approx(2800)  # the pylon stands inside the corridor
    assert land.loc["P2", "pieces"] == 2
    assert land.loc["P2", "largest_piece_m2"] == pytest.approx(3600)
    assert land.loc["P1", "developable_m2"] == pytest.approx(10_000)
    assert land.geometry["P2"].area == pytest.approx(7200)
    after = developable_land(tiny.parcels, constraints, BURIED)
    assert after.loc["P2", "blocked_m2_cable_corridor"] == pytest.approx(150)
    assert after.loc["P2", "developable_m2"] == pytest.approx(9850)


def test_over_time_agrees_with_each_day(tiny, constraints):
    table = developable_over_time(tiny.parcels, constraints, AS_OF)
    for on, rows in table.groupby("on"):
        land = developable_land(tiny.parcels, constraints, on.date())
        assert rows["parcel_id"].tolist() == land.index.tolist()
        for column in (name for name in table.columns if "m2" in name):
            assert rows[column].tolist() == pytest.approx(land[column].tolist()), column
    curve = developable_curve(table)
    assert curve.index.tolist() == [pd.Timestamp(day) for day in (AS_OF, BURIED, DIVERTED)]
    assert (curve["developable_m2"].diff().dropna() > 0).all()


def test_another_area_rule_scales_all_parts_of_a_parcel(tiny, constraints):
    measured = ellipsoidal_area_m2(tiny.parcels)
    land = developable_land(tiny.parcels, constraints, AS_OF, area_m2=measured)
    plane = developable_land(tiny.parcels, constraints, AS_OF)
    assert (land["developable_m2"] + land["blocked_m2"]).tolist() == pytest.approx(measured.tolist())
    assert land.loc["P2", "blocked_m2"] / measured["P2"] == pytest.approx(0.28)
    assert (land["area_m2"] < plane["area_m2"]).all()
    series = developable_over_time(tiny.parcels, constraints, AS_OF, area_m2=measured)
    first = series[series["on"] == pd.Timestamp(AS_OF)]
    assert first["developable_m2"].tolist() == pytest.approx(land["developable_m2"].tolist())


def test_row_order_does_not_matter(tiny, constraints):
    forward = developable_land(tiny.parcels, constraints, AS_OF)
    backward = developable_land(tiny.parcels.iloc[::-1], constraints.iloc[::-1], AS_OF)
    assert backward.index.tolist() == forward.index.tolist()[::-1]
    assert backward["blocked_m2"].reindex(forward.index).tolist() == pytest.approx(
        forward["blocked_m2"].tolist()
    )


def test_degrees_are_refused(tiny, constraints):
    with pytest.raises(CrsError, match="parcels"):
        developable_land(tiny.parcels.to_crs(4490), constraints, AS_OF)


def site_with(tiny, **layers):
    return replace(tiny, layers={**tiny.layers, **layers})


def test_a_voltage_without_a_rule_is_an_error_that_names_the_table(tiny, schedule, rules):
    lines = tiny.layer("power_lines").assign(voltage_kv=[1_000_000.0, 110.0])
    _, findings = constraints_in_time(site_with(tiny, power_lines=lines), schedule, rules)
    assert [(item.code, item.feature_id) for item in findings] == [("constraint.no_rule", "L1")]
    assert "power.protection_zone_m" in findings[0].message("en")


def test_a_line_without_its_half_spread_is_not_guessed(tiny, schedule, rules):
    lines = tiny.layer("power_lines").assign(half_spread_m=float("nan"))
    found, findings = constraints_in_time(site_with(tiny, power_lines=lines), schedule, rules)
    assert [item.code for item in findings] == ["constraint.no_half_spread"]
    assert "line:L1" not in found.index
    assert "line:L1-C" in found.index  # a cable has no spread to guess


def test_a_river_without_its_area_falls_back_to_the_buffer_and_says_so(tiny, schedule, rules):
    areas = tiny.layer("river_areas").iloc[1:]
    found, findings = constraints_in_time(site_with(tiny, river_areas=areas), schedule, rules)
    assert [(item.code, item.feature_id) for item in findings] == [("constraint.river_by_buffer", "R1")]
    assert found.loc["river:R1", "distance_m"] == 30


def test_land_outside_the_growth_boundary_is_blocked(tiny, schedule, rules):
    boundary = (
        frame(
            [line((0, -10), (450, -10), (450, 110), (0, 110), (0, -10)).convex_hull],
            constraint_id=["G1"],
            kind=["urban_growth_boundary"],
        )
        .set_index("constraint_id")
        .assign(name="")
    )
    found, _ = constraints_in_time(site_with(tiny, hard_constraints=boundary), schedule, rules)
    land = developable_land(tiny.parcels, found, AS_OF)
    assert land["blocked_m2_outside_growth_boundary"].tolist() == pytest.approx([0, 0, 0, 0, 5000])


def test_a_growth_boundary_of_two_polygons_is_one_boundary(tiny, schedule, rules):
    halves = [
        line((west, -10), (west + 200, -10), (west + 200, 110), (west, 110), (west, -10)) for west in (0, 200)
    ]
    boundary = frame(
        [half.convex_hull for half in halves],
        constraint_id=["G1", "G2"],
        kind=["urban_growth_boundary", "urban_growth_boundary"],
    )
    boundary = boundary.set_index("constraint_id").assign(name="")
    found, _ = constraints_in_time(site_with(tiny, hard_constraints=boundary), schedule, rules)
    land = developable_land(tiny.parcels, found, AS_OF)
    assert land["blocked_m2_outside_growth_boundary"].tolist() == pytest.approx([0, 0, 0, 0, 10_000])


def test_rules_are_taken_at_their_date(tiny, schedule):
    long_ago = RuleBook.load(["national"]).at(date(1980, 1, 1))
    _, findings = constraints_in_time(tiny, schedule, long_ago)
    assert "constraint.no_rule" in findings.codes()


def test_an_unknown_end_leaves_the_corridor_open_ended(tiny, rules):
    table = tiny.table("works").copy()
    table.loc["W3", ["due_on", "duration_likely_days"]] = [pd.NaT, pd.NA]
    site = replace(tiny, tables={**tiny.tables, "works": table})
    found, _ = constraints_in_time(site, schedule_works(table, AS_OF), rules)
    assert pd.isna(found.loc["river:A1", "until_on"])
    assert found.loc["river:A1", "cleared_by"] == "W3"
