"""Laws of the planner: what a plan may never do, whatever the problem."""

import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from parcelplan.findings import FindingsError
from parcelplan.plan import Plan
from parcelplan.planning import solve
from parcelplan.planning.heuristic import construct
from parcelplan.planning.problem import (
    Candidate,
    CashLimit,
    Closure,
    CrewCapacity,
    Gate,
    Horizon,
    ListingsPerMonth,
    Mode,
    NetLand,
    PhaseOrder,
    PlanningProblem,
    Precedence,
    Target,
    Work,
    WorkCalendar,
    WorkDeadline,
    YearlyQuota,
)
from parcelplan.planning.progress import Progress
from parcelplan.units import from_mu
from tests.planning.builders import CLOCK

AS_OF = date(2024, 1, 2)
AREAS_MU = {"A": 30, "B": 22, "C": 41, "D": 18, "E": 35}


@pytest.fixture(autouse=True, scope="module")
def _short_heuristic() -> Iterator[None]:
    before, construct.TIME_S = construct.TIME_S, 0.1
    yield
    construct.TIME_S = before


def programme(
    *,
    crew: int = 2,
    quota_mu: float = 90,
    credit_yuan: float = 5e6,
    per_month: int = 2,
    share: float = 0.0,
    names: dict[str, str] | None = None,
    objectives: tuple[Any, ...] = ("lateness", "supply", "makespan"),
) -> PlanningProblem:
    """Five parcels behind three lines that one crew takes down, with quotas, listings and money."""
    called = names or {}
    works = tuple(
        Work(
            work_id=called.get(name, name),
            modes=(Mode(duration_days=days, crews={"L": units}, cost_yuan=cost),),
            calendar_id="dry" if name == "W3" else "",
        )
        for name, days, units, cost in (("W1", 60, 1, 4e6), ("W2", 90, 1, 3e6), ("W3", 40, 2, 5e6))
    )
    parcels = tuple(
        Candidate(
            parcel_id=called.get(name, name),
            phase=1 if name < "D" else 2,
            area_m2=from_mu(mu),
            ready_on=AS_OF,
            due_on=date(2024, 9, 30) if name in "BE" else None,
        )
        for name, mu in AREAS_MU.items()
    )
    behind = {"A": "W1", "C": "W2", "D": "W2", "E": "W3"}
    gates = {
        called.get(p, p): (Gate(kind="line", any_of=((called.get(w, w),),), lag_days=10),)
        for p, w in behind.items()
    }
    years = range(2024, 2026)
    quotas = [YearlyQuota(year=year, quota_m2=from_mu(quota_mu)) for year in years]
    quotas = [
        replace(quota, before=before, carry_share=share if before else 0.0)
        for quota, before in zip(quotas, [None, *quotas[:-1]], strict=True)
    ]
    demands = (
        *(
            NetLand(
                phase=phase,
                ready_on={item.parcel_id: item.ready_on for item in parcels if item.phase == phase},
                gates={
                    item.parcel_id: gates[item.parcel_id]
                    for item in parcels
                    if item.phase == phase and item.parcel_id in gates
                },
            )
            for phase in (1, 2)
        ),
        PhaseOrder(),
        *quotas,
        ListingsPerMonth(per_month=per_month),
        CrewCapacity(
            crew_id="L",
            capacity=crew,
            units={(item.work_id, ""): item.modes[0].crews["L"] for item in works},
        ),
        CashLimit(
            opening_yuan=3e6,
            credit_yuan=credit_yuan,
            costs={(item.work_id, ""): (item.modes[0].cost_yuan / 2,) * 2 for item in works},
            prices={item.parcel_id: item.area_m2 * 150 for item in parcels},
            terms=((0.5, 1), (0.5, 6)),
            as_of=AS_OF,
        ),
        Horizon(end_on=date(2025, 12, 31)),
    )
    return PlanningProblem(
        as_of=AS_OF,
        clock=CLOCK,
        candidates=parcels,
        demands=demands,
        works=works,
        precedences=(Precedence(before=called.get("W1", "W1"), work_id=called.get("W3", "W3"), lag_days=5),),
        calendars=(
            WorkCalendar(
                calendar_id="dry",
                closures=(Closure(from_on=date(2024, 5, 1), until_on=date(2024, 7, 15), yearly=True),),
                interruptible=False,
            ),
        ),
        objectives=objectives,
    )


def plan_of(problem: PlanningProblem, **settings: Any) -> Plan:
    return solve(problem, **({"time_limit_s": 90, "seed": 1} | settings))


def values_of(problem: PlanningProblem) -> list[float]:
    plan = plan_of(problem)
    assert plan.status == "optimal"
    return [item.value for item in plan.objectives]


@pytest.mark.parametrize(
    ("tight", "loose"),
    [
        ({"crew": 2}, {"crew": 3}),
        ({"quota_mu": 80}, {"quota_mu": 110}),
        ({"share": 0.0}, {"share": 0.5}),
        ({"credit_yuan": 3e6}, {"credit_yuan": 9e6}),
        ({"per_month": 1}, {"per_month": 2}),
    ],
)
def test_more_of_anything_never_makes_it_worse(tight: dict[str, Any], loose: dict[str, Any]) -> None:
    less = values_of(programme(objectives=("supply",), **tight))
    more = values_of(programme(objectives=("supply",), **loose))
    assert more[0] <= less[0] * (1 + 1e-9)


def test_names_do_not_matter() -> None:
    names = dict(zip("ABCDE", "ZYXWV", strict=True)) | {"W1": "W9", "W2": "W8", "W3": "W7"}
    assert values_of(programme(names=names)) == pytest.approx(values_of(programme()))


def test_the_order_of_works_parcels_and_demands_does_not_matter() -> None:
    problem = programme()
    turned = replace(
        problem,
        candidates=problem.candidates[::-1],
        works=problem.works[::-1],
        demands=problem.demands[::-1],
    )
    assert values_of(turned) == pytest.approx(values_of(problem))


@pytest.mark.parametrize("days", [7, 364])
def test_works_without_calendars_shift_with_all_their_dates(days: int) -> None:
    """Works know no weekends unless a calendar says so: all dates later by some days, all days of the plan too."""

    def made(shift: timedelta) -> PlanningProblem:
        works = tuple(
            Work(
                work_id=f"W{number}",
                modes=(Mode(duration_days=duration, crews={"L": 1}),),
                earliest_start_on=AS_OF + shift + timedelta(days=number),
            )
            for number, duration in enumerate((11, 7, 5, 9, 3))
        )
        units = {(item.work_id, ""): 1 for item in works}
        change = ((AS_OF + shift + timedelta(days=12), AS_OF + shift + timedelta(days=16), 0),)
        return PlanningProblem(
            as_of=AS_OF + shift,
            clock=CLOCK,
            works=works,
            precedences=(Precedence(before="W1", work_id="W4", relation="FF", lag_days=6),),
            demands=(
                CrewCapacity(crew_id="L", capacity=2, changes=change, units=units),
                WorkDeadline(work_id="W3", on=AS_OF + shift + timedelta(days=20)),
            ),
            objectives=("makespan",),
        )

    here, there = (plan_of(made(shift), time_limit_s=20) for shift in (timedelta(), timedelta(days=days)))
    assert here.status == there.status == "optimal"
    assert here.objective == there.objective
    moved = {item.work_id: item.start_on + timedelta(days=days) for item in here.works}
    assert {item.work_id: item.start_on for item in there.works} == moved


def test_a_later_objective_never_costs_an_earlier_one() -> None:
    alone = values_of(programme(objectives=("supply",)))
    first = values_of(programme(objectives=("supply", "batches", "makespan")))
    assert first[0] == pytest.approx(alone[0])
    fewest = values_of(programme(objectives=("batches", "supply")))
    assert fewest[0] <= first[1]
    assert fewest[1] >= first[0] * (1 - 1e-9)


def test_every_plan_passes_the_independent_checks() -> None:
    problem = programme()
    plan = plan_of(problem)
    assert not problem.violations(plan)
    assert {item.parcel_id for item in plan.transfers} == set(AREAS_MU)
    opened = {"A": "W1", "C": "W2", "D": "W2", "E": "W3"}
    for parcel, work in opened.items():
        assert plan.transfer(parcel).notice_on >= plan.work(work).free_on + timedelta(days=10)


def test_same_seed_same_plan() -> None:
    first, second = (replace(plan_of(programme(), seed=5), solve_s=0.0) for _ in range(2))
    assert first.status == "optimal"
    assert first == second


# --- stopping early


@pytest.mark.parametrize("limit_s", [0.0, 0.05, 0.4])
def test_a_time_out_is_never_infeasible(limit_s: float) -> None:
    plan = plan_of(programme(), time_limit_s=limit_s)
    assert plan.status in {"optimal", "feasible", "no_solution_yet"}
    assert plan.conflict == ()


def test_bounds_hold_however_early_it_stops() -> None:
    best = values_of(programme(objectives=("supply",)))[0]
    for limit_s in (0.0, 0.3, 1.0):
        plan = plan_of(programme(objectives=("supply",)), time_limit_s=limit_s)
        if plan.bound is not None:
            assert plan.bound <= best * (1 + 1e-9)
            assert plan.objective >= best * (1 - 1e-9)


def test_it_stops_when_asked_and_keeps_the_best() -> None:
    plan = plan_of(programme(), should_stop=lambda: True)
    assert plan.status == "feasible"
    assert not programme().violations(plan)


def test_an_interrupt_keeps_the_best() -> None:
    interrupted: list[Progress] = []

    def interrupt(progress: Progress) -> None:
        if progress.source == "model" and not interrupted:
            interrupted.append(progress)
            signal.raise_signal(signal.SIGINT)

    problem = programme(objectives=("batches", "lateness", "supply", "makespan"))
    plan = plan_of(problem, on_progress=interrupt)
    assert interrupted
    assert "cp-sat" not in {thread.name for thread in threading.enumerate()}
    assert plan.status == "feasible"
    assert not problem.violations(plan)


def test_progress_only_gets_better() -> None:
    told: list[Progress] = []
    plan = plan_of(programme(objectives=("supply",)), on_progress=told.append)
    values = [item.value for item in told if item.value is not None]
    bounds = [item.bound for item in told if item.bound is not None]
    # the model counts areas in whole parts of a square metre
    assert all(later <= before * (1 + 1e-9) for before, later in pairwise(values))
    assert values[-1] == pytest.approx(plan.objective)
    assert max(bounds) <= plan.objective * (1 + 1e-9)


@pytest.fixture
def _no_plan_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["parcelplan.planning.solve"], "first_draft", lambda _timeline: None)


@pytest.mark.usefixtures("_no_plan_at_once")
def test_without_any_plan_a_time_out_says_nothing() -> None:
    plan = plan_of(programme(), time_limit_s=0)
    assert (plan.status, plan.transfers, plan.conflict) == ("no_solution_yet", (), ())


@pytest.mark.usefixtures("_no_plan_at_once")
def test_a_plan_to_start_from_is_kept() -> None:
    best = plan_of(programme())
    again = plan_of(programme(), time_limit_s=0, start=best)
    assert [item.value for item in again.objectives] == pytest.approx(
        [item.value for item in best.objectives]
    )


# --- infeasible and wrong


def test_infeasible_names_a_minimal_conflict() -> None:
    late = Target(
        target_id="T",
        measure="area_m2",
        amount=from_mu(41),
        by_on=date(2024, 3, 1),
        values={"C": from_mu(41)},
        binding=True,
    )
    problem = programme()
    problem = replace(problem, demands=(*problem.demands, late))
    plan = plan_of(problem)
    assert plan.status == "infeasible"
    assert set(plan.conflict) == {"net_land 1", "target T"}
    assert plan.conflict_minimal


def test_what_contradicts_itself_is_a_finding() -> None:
    problem = programme()
    circle = (*problem.precedences, Precedence(before="W3", work_id="W1"))
    with pytest.raises(FindingsError, match=r"W1.*W3|W3.*W1"):
        plan_of(replace(problem, precedences=circle))
