"""Plans of tiny sites, worked out by hand."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from parcelplan.plan import Plan, WaitedFor
from parcelplan.planning import solve
from parcelplan.planning.problem import OccupancyTrigger
from parcelplan.units import from_mu
from tests.planning.builders import Case

NET = date(2024, 1, 2)


def plan_of(case: Case) -> Plan:
    return solve(case.problem(), time_limit_s=20, seed=1)


def test_binding_quota_and_one_listing_a_month() -> None:
    """30 mu a year, one listing a month: taking B (12 mu) first would leave C and D for the next year.

    Notices of 2 Jan, 1 Feb and 1 Mar lead to transfers 30, 62 and 90 days after as_of, that of 2 Dec to the first one
    of 2025, 366 days after. A, C, D then B: 15·30 + 10·62 + 5·90 + 12·366 = 5912 mu·days;
    A, B then C, D: 15·30 + 12·62 + 10·366 + 5·400 = 6854.
    """
    plan = plan_of(Case({"A": 15, "B": 12, "C": 10, "D": 5}, per_month=1, quota_mu={2024: 30}))
    assert plan.status == "optimal"
    assert plan.gap == 0
    assert plan.objective == pytest.approx(from_mu(5912.0))
    assert {item.parcel_id: item.notice_on for item in plan.transfers} == {
        "A": date(2024, 1, 2),
        "C": date(2024, 2, 1),
        "D": date(2024, 3, 1),
        "B": date(2024, 12, 2),
    }
    assert {item.parcel_id: item.waited_for for item in plan.transfers} == {
        "A": WaitedFor(kind="nothing"),
        "C": WaitedFor(kind="listings", subject="2024-01"),
        "D": WaitedFor(kind="listings", subject="2024-02"),
        "B": WaitedFor(kind="quota", subject="2024"),
    }
    assert plan.transfer("B").transfer_on == date(2025, 1, 2)


def test_notice_waits_for_net_land_and_for_a_working_day() -> None:
    """Net land on a Saturday goes on notice on Monday, and names the work that made it net land."""
    plan = plan_of(Case({"A": 15}, ready={"A": date(2024, 3, 2)}, works={"A": "W7"}))
    (item,) = plan.transfers
    assert item.notice_on == date(2024, 3, 4)
    assert item.waited_for == WaitedFor(kind="gate", subject="W7")
    assert (item.listing_on, item.transfer_on, item.result_on) == (
        date(2024, 3, 25),
        date(2024, 4, 7),  # 4 April is Qingming; Sunday the 7th is worked in its place
        date(2024, 4, 19),
    )


def test_phase_order_holds_back_net_land() -> None:
    plan = plan_of(
        Case(
            {"A": 10, "B": 99},
            phases={"A": 1, "B": 2},
            ready={"A": date(2024, 5, 6)},
            works={"A": "W1"},
            order=True,
        )
    )
    assert plan.transfer("B").notice_on == date(2024, 5, 6)
    assert plan.transfer("B").waited_for == WaitedFor(kind="phase_order", subject="1")


def test_window_counts_by_the_transfer() -> None:
    """A notice of 30 April leads to 30 May; the next working day is 6 May, which leads to 6 June."""
    window = {1: (date(2024, 6, 3), date(2024, 6, 28))}
    plan = plan_of(Case({"A": 10}, windows=window))
    (item,) = plan.transfers
    assert (item.notice_on, item.transfer_on) == (date(2024, 5, 6), date(2024, 6, 6))
    assert item.waited_for == WaitedFor(kind="window", subject="1")


def test_trigger_waits_for_occupation() -> None:
    """Phase 1 is transferred on 1 Feb (A, 10 mu) and 4 Mar (B, 10 mu); 60 % needs both, 100 days later."""
    trigger = OccupancyTrigger(phase=2, needed_m2=from_mu(12), of_phases=(1,), occupied_after_days=100)
    made = Case({"A": 10, "B": 10, "C": 5}, phases={"C": 2}, per_month=1, triggers=(trigger,))
    plan = plan_of(made)
    assert plan.transfer("C").notice_on == date(2024, 6, 12)
    assert plan.transfer("C").waited_for == WaitedFor(kind="trigger", subject="1")
    enough = replace(trigger, needed_m2=from_mu(10))
    made.triggers = (enough,)
    assert plan_of(made).transfer("C").notice_on == date(2024, 5, 11)  # a Saturday that is worked


def test_phase_order_hands_on_the_day_of_a_trigger() -> None:
    """The quota takes A to 2 Jan 2025, which occupies phase 1 on 12 April; C goes on Monday the 14th, D with it."""
    trigger = OccupancyTrigger(phase=2, needed_m2=from_mu(20), of_phases=(1,), occupied_after_days=100)
    made = Case({"A": 10, "B": 11, "C": 5, "D": 5}, phases={"C": 2, "D": 3}, order=True, quota_mu={2024: 15})
    made.triggers = (trigger,)
    plan = plan_of(made)
    assert [plan.transfer(name).notice_on for name in "ACD"] == [
        date(2024, 12, 2),
        date(2025, 4, 14),
        date(2025, 4, 14),
    ]
    assert plan.transfer("D").waited_for == WaitedFor(kind="phase_order", subject="2")


def test_batches_are_numbered_within_a_phase() -> None:
    made = Case({"A": 10, "B": 9, "C": 8, "D": 7}, phases={"D": 2}, per_month=2, order=True)
    batches = {item.parcel_id: item.batch for item in plan_of(made).transfers}
    assert batches == {"A": "1-1", "B": "1-1", "C": "1-2", "D": "2-1"}


def test_nothing_to_plan_is_optimal() -> None:
    plan = plan_of(Case({}))
    assert (plan.status, plan.objective, plan.gap, plan.transfers) == ("optimal", 0.0, 0.0, ())


# --- infeasible


@pytest.mark.parametrize(
    ("settings", "conflict"),
    [
        ({"per_month": 1, "horizon_end": date(2024, 3, 5)}, {"listings", "horizon"}),
        ({"quota_mu": {2024: 20, 2025: 0}}, {"quota 2024", "quota 2025", "horizon"}),
        (
            {"windows": {1: (None, date(2024, 5, 31))}, "ready": {"A": date(2024, 5, 6)}},
            {"net_land 1", "window 1"},
        ),
        (
            {"windows": {1: (None, date(2024, 2, 1))}, "per_month": 2, "quota_mu": {2024: 100}},
            {"window 1", "listings"},
        ),
    ],
)
def test_conflict_names_the_demands_that_cannot_hold_together(
    settings: dict[str, Any], conflict: set[str]
) -> None:
    plan = plan_of(Case({"A": 10, "B": 10, "C": 10}, **settings))
    assert plan.status == "infeasible"
    assert set(plan.conflict) == conflict
    assert plan.transfers == ()
    assert plan.objective is None


def test_order_and_trigger_in_conflict() -> None:
    """Phase 1 waits for phase 2, which goes after it: nothing else is to blame."""
    trigger = OccupancyTrigger(phase=1, needed_m2=from_mu(5), of_phases=(2,), occupied_after_days=30)
    plan = plan_of(Case({"A": 10, "B": 10}, phases={"B": 2}, order=True, triggers=(trigger,)))
    assert set(plan.conflict) == {"phase_order", "trigger 1"}


def test_horizon_is_not_blamed_where_no_horizon_would_help() -> None:
    """No year takes the parcel whole, however long one waits."""
    made = Case({"A": 10}, horizon_end=date(2024, 12, 31), quota_mu={2024: 5}, later_quota_mu=5)
    assert set(plan_of(made).conflict) == {"quota 2024"}


# --- time


def test_time_out_with_a_quick_plan_is_feasible() -> None:
    plan = solve(
        Case({"A": 15, "B": 12, "C": 10, "D": 5}, per_month=1, quota_mu={2024: 30}).problem(),
        time_limit_s=0,
        seed=1,
    )
    assert plan.status == "feasible"
    assert len(plan.transfers) == 4
    assert 0 < plan.bound < plan.objective
    assert plan.gap > 0


def test_time_out_without_a_plan_is_no_verdict() -> None:
    """5+3+2 and 4+4+2 fill two years of 10; placing parcel by parcel in order of size never finds it."""
    areas = dict(zip("ABCDEF", (5, 4, 4, 3, 2, 2), strict=True))
    problem = Case(areas, quota_mu={2024: 10, 2025: 10}).problem()
    out = solve(problem, time_limit_s=0, seed=1)
    assert (out.status, out.transfers, out.conflict) == ("no_solution_yet", (), ())
    plan = solve(problem, time_limit_s=20, seed=1)
    assert plan.status == "optimal"
    assert plan.area_by_year_m2() == {2024: pytest.approx(from_mu(10)), 2025: pytest.approx(from_mu(10))}


# --- laws


def test_same_problem_same_plan() -> None:
    areas = {f"P{number:02}": 10 + number % 7 for number in range(24)}
    phases = {name: 1 + number // 9 for number, name in enumerate(areas)}
    problem = Case(
        areas,
        phases=phases,
        per_month=2,
        order=True,
        quota_mu={2024: 180, 2025: 200},
        horizon_end=date(2026, 12, 31),
    ).problem()
    first, second = (replace(solve(problem, time_limit_s=30, seed=3), solve_s=0.0) for _ in range(2))
    assert first.status == "optimal"
    assert first == second


def test_more_room_never_makes_it_worse() -> None:
    areas = {f"P{number}": 8 + number for number in range(8)}
    loose = {"per_month": 3, "quota_mu": {2024: 80}}
    tight = {"per_month": 2, "quota_mu": {2024: 60}}
    values = [
        plan_of(Case(areas, **settings)).objective for settings in (loose, loose | {"per_month": 2}, tight)
    ]
    assert values == sorted(values)


def test_names_of_parcels_do_not_matter() -> None:
    areas = {"A": 15, "B": 12, "C": 10, "D": 5}
    renamed = dict(zip("ZYXW", areas.values(), strict=True))
    first, second = (
        plan_of(Case(names, per_month=1, quota_mu={2024: 30})).objective for names in (areas, renamed)
    )
    assert first == pytest.approx(second)
