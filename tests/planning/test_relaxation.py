"""Bounds: below every plan, whoever made it, and as high as can be where that can be worked out by hand."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.districts import district
from parcelplan.planning.bounds.cells import first_notices, lay_cells
from parcelplan.planning.bounds.freed import most_freed
from parcelplan.planning.bounds.programme import Rows, least, proved
from parcelplan.planning.bounds.relaxation import lower_bound
from parcelplan.planning.draft import objective_values, to_plan
from parcelplan.planning.heuristic.construct import first_draft
from parcelplan.planning.heuristic.layout import Layout
from parcelplan.planning.problem import (
    Candidate,
    CrewCapacity,
    Gate,
    Horizon,
    ListingsPerMonth,
    Mode,
    NetLand,
    PlanningProblem,
    Split,
    Work,
    YearlyQuota,
)
from parcelplan.planning.solve import solve
from parcelplan.planning.timeline import lay_timeline
from tests.planning.builders import AS_OF, CLOCK
from tests.planning.random_plans import random_plan

LONG_S = 20.0
SLACK = 1 + 1e-6
"""Quotas are kept to the square metre, so a bound may be a little above what a plan strictly within them reaches."""


LINES = {f"P{k}": (Gate(kind="line", any_of=((f"W{k}",),)),) for k in range(4)}


def parcels(*areas_m2: float, **more: object) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(parcel_id=f"P{k}", phase=1, area_m2=area, ready_on=AS_OF, **more)
        for k, area in enumerate(areas_m2)
    )


def problem(candidates: tuple[Candidate, ...], *demands: object, **more: object) -> PlanningProblem:
    horizon = Horizon(end_on=date(2026, 12, 31))
    return PlanningProblem(
        as_of=AS_OF, clock=CLOCK, candidates=candidates, demands=(*demands, horizon), **more
    )


def bound(asked: PlanningProblem, objective: str = "supply") -> float:
    return lower_bound(lay_timeline(asked), objective, time_limit_s=LONG_S)


def first_of_year(year: int) -> int:
    """Days from ``as_of`` to the first transfer of a year."""
    days = lay_timeline(problem(parcels(1.0))).days
    return (days.transfers[days.leading_to(date(year, 1, 1))] - AS_OF).days


def test_a_bound_without_demands_is_the_first_day():
    assert bound(problem(parcels(20_000.0, 10_000.0))) == pytest.approx(
        30_000 * (CLOCK.transfer_on(AS_OF) - AS_OF).days
    )


def test_a_quota_puts_the_rest_into_the_next_year():
    asked = problem(parcels(20_000.0, 10_000.0), YearlyQuota(year=2024, quota_m2=20_000.0))
    first = (CLOCK.transfer_on(AS_OF) - AS_OF).days
    best = 20_000 * first + 10_000 * first_of_year(2025)
    assert bound(asked) == pytest.approx(best, rel=1e-3)
    assert bound(asked) <= best * SLACK


def test_listings_put_the_rest_into_the_next_month():
    asked = problem(parcels(10_000.0, 10_000.0, 10_000.0), ListingsPerMonth(per_month=1))
    plan = solve(replace(asked, objectives=("supply",)), time_limit_s=LONG_S, seed=1)
    assert plan.status == "optimal"
    assert bound(asked) == pytest.approx(plan.objective, rel=1e-6)


def test_a_carried_quota_is_counted():
    before = YearlyQuota(year=2024, quota_m2=10_000.0)
    late = NetLand(phase=1, ready_on={"P0": date(2025, 1, 1), "P1": date(2025, 1, 1)})
    low, high = (
        bound(
            problem(
                parcels(10_000.0, 10_000.0),
                late,
                before,
                YearlyQuota(year=2025, quota_m2=10_000.0, before=before, carry_share=share),
            )
        )
        for share in (1.0, 0.0)
    )
    assert low < 0.8 * high


def test_works_by_a_crew_of_one_free_land_one_after_the_other():
    works = tuple(Work(work_id=f"W{k}", modes=(Mode(duration_days=100, crews={"C": 1}),)) for k in range(4))
    crew = CrewCapacity(crew_id="C", capacity=1, units={(f"W{k}", ""): 1 for k in range(4)})
    land = NetLand(phase=1, ready_on={}, gates=LINES)
    asked = problem(parcels(*(10_000.0,) * 4), land, crew, works=works)
    idle = problem(parcels(*(10_000.0,) * 4), land, works=works)
    plan = solve(asked, time_limit_s=LONG_S, seed=1)
    assert bound(idle) < bound(asked) <= plan.objective * SLACK
    # of four works one after the other the programme knows the days but not that each is whole
    assert bound(asked) > 0.75 * plan.objective


def test_no_more_land_is_freed_than_the_crew_can_free():
    works = tuple(Work(work_id=f"W{k}", modes=(Mode(duration_days=100, crews={"C": 1}),)) for k in range(4))
    land = NetLand(phase=1, ready_on={}, gates=LINES)
    crew = CrewCapacity(crew_id="C", capacity=1, units={(f"W{k}", ""): 1 for k in range(4)})
    layout = Layout(timeline=lay_timeline(problem(parcels(*(10_000.0,) * 4), land, crew, works=works)))
    cells = lay_cells(layout.timeline)
    freed_m2 = most_freed(layout, cells, first_notices(layout), time_limit_s=LONG_S)
    expected = np.where(cells.ends >= 100, np.minimum(40_000.0, cells.ends * 100.0), 0.0)
    assert freed_m2 == pytest.approx(expected, abs=1.0)


def test_both_sides_of_a_split_count_once():
    whole, *pieces = parcels(10_000.0, 6_000.0, 3_000.0)
    asked = problem(
        (whole, *(replace(item, part_of="P0") for item in pieces)), Split(parcel_id="P0", pieces=("P1", "P2"))
    )
    plan = solve(asked, time_limit_s=LONG_S, seed=1)
    assert 0 < bound(asked) <= plan.objective * SLACK


def test_lateness_is_bounded_by_due_dates():
    due = AS_OF + timedelta(days=60)
    asked = problem(parcels(20_000.0, 10_000.0, due_on=due), YearlyQuota(year=2024, quota_m2=20_000.0))
    late = 10_000 * (first_of_year(2025) - 60)
    assert bound(asked, "lateness") == pytest.approx(late, rel=1e-3)
    assert bound(asked, "lateness") <= late * SLACK


def test_other_objectives_have_no_bound_here():
    assert bound(problem(parcels(1.0)), "cost") == 0.0


@pytest.mark.parametrize("seed", range(40))
def test_no_plan_is_below_the_bound(seed: int):
    asked, plan = random_plan(seed)
    due = {item.parcel_id: AS_OF + timedelta(days=20 * k) for k, item in enumerate(asked.candidates) if k % 2}
    asked = replace(
        asked, candidates=tuple(replace(item, due_on=due.get(item.parcel_id)) for item in asked.candidates)
    )
    values = objective_values(asked, plan)
    for name in ("supply", "lateness"):
        assert bound(asked, name) <= values[name] * SLACK + 1.0


@pytest.mark.parametrize("seed", [1, 2])
def test_no_plan_of_a_district_is_below_the_bound_and_none_far_above(seed: int):
    timeline = lay_timeline(district(60, seed=seed))
    draft = first_draft(timeline)
    assert draft is not None
    value = to_plan(timeline, draft).objective
    found = lower_bound(timeline, "supply", time_limit_s=LONG_S)
    assert 0.85 * value < found <= value


def test_a_bound_without_time_still_holds():
    timeline = lay_timeline(district(60))
    assert (
        0
        <= lower_bound(timeline, "supply", time_limit_s=0.0)
        <= lower_bound(timeline, "supply", time_limit_s=LONG_S)
    )


numbers = st.floats(-5, 5, allow_nan=False)


@given(
    point=st.lists(st.floats(0, 1), min_size=3, max_size=3),
    costs=st.lists(numbers, min_size=3, max_size=3),
    rows=st.lists(st.lists(numbers, min_size=3, max_size=3), min_size=1, max_size=4),
    multipliers=st.lists(st.floats(-10, 0), min_size=4, max_size=4),
)
@settings(max_examples=200, deadline=None)
def test_any_multipliers_prove_a_bound(
    point: list[float], costs: list[float], rows: list[list[float]], multipliers: list[float]
):
    made = Rows()
    made.columns(costs)
    for row in rows:
        made.row(dict(enumerate(row)), float(np.dot(row, point)) + 0.1)
    value = float(np.dot(costs, point))
    programme = made.programme()
    assert proved(programme, np.array(multipliers[: len(rows)])) <= value + 1e-6
    assert least(programme, time_limit_s=5.0) <= value + 1e-6


def test_the_solver_finds_the_best_multipliers():
    made = Rows()
    made.columns([-3.0, -2.0], upper=1.0)
    made.row({0: 1.0, 1: 1.0}, 1.5)
    assert least(made.programme(), time_limit_s=5.0) == pytest.approx(-4.0)
