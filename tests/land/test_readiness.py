"""Gates and ready dates of the tiny site, worked out by hand."""

from dataclasses import replace

import pandas as pd
import pytest
from shapely import MultiLineString

from parcelplan.land.access import frontages
from parcelplan.land.readiness import find_gates, readiness
from parcelplan.land.works import schedule_works
from tests.builders import frame, line, square


@pytest.fixture(scope="module")
def gates(tiny, schedule, constraints):
    return find_gates(tiny, schedule, constraints)


@pytest.fixture(scope="module")
def ready(tiny, schedule, gates):
    return readiness(tiny, schedule, gates)


def gate(gates, parcel, kind):
    rows = gates[
        (gates["parcel_id"] == parcel) & (gates["kind"] == kind) & (gates["constraint_id"] != "line:L1-C")
    ]
    assert len(rows) == 1
    return rows.iloc[0]


def test_frontage_is_the_boundary_at_the_road(tiny):
    table = frontages(tiny.parcels, tiny.layer("roads"), gap_m=1.0).set_index(["parcel_id", "road_id"])[
        "frontage_m"
    ]
    assert table["P1", "S1"] == pytest.approx(102)  # 100 m in the north, and the first metre of both sides
    assert table["P4", "S2"] == pytest.approx(91)
    assert table["P5", "S2"] == pytest.approx(1)  # a corner is no frontage


@pytest.mark.parametrize("gap_m", [0.0, 1.0, 30.0])
def test_long_roads_are_measured_at_every_parcel_along_them(gap_m):
    parcels = frame([square(number % 9, number // 9, 90) for number in range(81)]).rename(index="P{}".format)
    slope, bend = line((-50, -20), (900, 820)), line((5, 950), (5, 100), (700, 93))
    both = MultiLineString([line((500, 0), (500, 300)), line((700, 600), (890, 600))])
    roads = frame([slope, bend, both], width_m=[6.0, 4.0, 3.0]).rename(index="R{}".format)
    strips = roads.buffer(roads["width_m"] / 2 + gap_m, cap_style="flat", quad_segs=8)
    expected = {
        (parcel, road): edge.intersection(strip).length
        for parcel, edge in parcels.boundary.items()
        for road, strip in strips.items()
        if edge.intersects(strip)
    }
    found = frontages(parcels, roads, gap_m=gap_m).set_index(["parcel_id", "road_id"])["frontage_m"]
    assert found.to_dict() == pytest.approx(expected)
    assert len(found) > 20


def test_coverage_gate(gates):
    found = gate(gates, "P1", "acquisition")
    assert (found["work_id"], found["status"], found["opens_on"]) == ("W1", "open", pd.Timestamp(2024, 4, 1))


def test_geometry_gate_names_the_constraints_and_the_work(gates):
    found = gate(gates, "P2", "power")
    assert found["constraint_id"] == "line:L1;pylon:T1"
    assert found["work_id"] == "W2"
    assert found["share"] == pytest.approx(0.28)


def test_what_is_left_below_the_tolerance_is_no_gate(tiny, schedule, constraints):
    # The cable strip over P2 is 1.5 %: above the tolerance of 1 %, and nothing ever clears it.
    kinds = find_gates(tiny, schedule, constraints).query("parcel_id == 'P2'")["status"].tolist()
    assert "never" in kinds
    config = tiny.config.model_copy(
        update={"tolerance": tiny.config.tolerance.model_copy(update={"blocked_share": 0.02})}
    )
    patient = find_gates(replace(tiny, config=config), schedule, constraints).query("parcel_id == 'P2'")
    assert "never" not in patient["status"].tolist()


def test_access_waits_for_the_first_road_that_can_be_used(gates):
    assert gate(gates, "P1", "access")["status"] == "passed"
    planned = gate(gates, "P4", "access")
    assert (planned["work_id"], planned["opens_on"]) == ("W4", pd.Timestamp(2025, 7, 1))
    assert gate(gates, "P5", "access")["status"] == "never"


def test_stage_and_day_of_every_parcel(ready):
    assert ready["stage"].to_dict() == {
        "P1": "acquisition_pending",
        "P2": "barred",  # by the cable strip
        "P3": "acquisition_pending",
        "P4": "barred",  # by farmland
        "P5": "unknown",  # nobody knows when W9 ends
    }
    assert ready.loc["P1", "ready_on"] == pd.Timestamp(2024, 4, 1)
    assert ready.loc["P3", "ready_on"] == pd.Timestamp(2025, 1, 1)
    assert ready.loc[["P2", "P4", "P5"], "ready_on"].isna().all()
    assert ready.loc["P3", ["last_gate", "last_work", "chain", "blocking"]].tolist() == [
        "river",
        "W3",
        "W3",
        "W1;W3",
    ]


def test_net_land_is_ready_on_the_day_of_the_data(tiny, constraints):
    table = tiny.table("works").assign(finished_on=pd.Timestamp(2023, 6, 30))
    site = replace(tiny, tables={**tiny.tables, "works": table})
    schedule = schedule_works(table, tiny.as_of)
    found = readiness(site, schedule, find_gates(site, schedule, constraints.iloc[:0]))
    assert found.loc["P1", ["stage", "blocking", "last_work"]].tolist() == ["net_land", "", ""]
    assert found.loc["P1", "ready_on"] == pd.Timestamp(tiny.as_of)


def test_without_a_table_of_works_nothing_is_known(tiny, constraints):
    site = replace(tiny, tables={})
    schedule = schedule_works(site.table("works"), site.as_of)
    found = readiness(site, schedule, find_gates(site, schedule, constraints.iloc[:0]))
    assert set(found["stage"]) == {"unknown"}
    assert found["ready_on"].isna().all()


def test_without_roads_access_is_not_a_gate(tiny, schedule, constraints):
    layers = {name: layer for name, layer in tiny.layers.items() if name != "roads"}
    assert "access" not in set(find_gates(replace(tiny, layers=layers), schedule, constraints)["kind"])


def test_the_order_of_parcels_does_not_matter(tiny, schedule, constraints, ready):
    turned = replace(tiny, layers={**tiny.layers, "parcels": tiny.parcels.iloc[::-1]})
    found = readiness(turned, schedule, find_gates(turned, schedule, constraints))
    assert found.index.tolist() == ready.index.tolist()[::-1]
    pd.testing.assert_frame_equal(found.reindex(ready.index), ready, rtol=1e-9)


def test_of_two_roads_without_a_day_the_one_that_works_bring_is_waited_for(tiny, schedule, constraints):
    # W4 brings S2 and nobody knows when; A1 is drawn at the same place and nothing brings it: P4 may yet get a road.
    works = tiny.table("works").copy()
    works.loc["W4", "due_on"] = pd.NaT
    roads = tiny.layer("roads")
    drawn = roads.loc[["S2"]].rename(index={"S2": "A1"})
    layers = {**tiny.layers, "roads": pd.concat([drawn, roads])}
    site = replace(tiny, layers=layers, tables={**tiny.tables, "works": works})
    found = gate(find_gates(site, schedule_works(works, site.as_of), constraints), "P4", "access")
    assert (found["work_id"], found["status"]) == ("W4", "unknown")
