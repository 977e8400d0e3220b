"""Every tiny problem against all of its plans: each working day for each parcel, checked by numpy alone."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from parcelplan.checks.problem_checks import check_problem
from parcelplan.dates import StatutoryClock, is_working_day
from parcelplan.planning import solve
from parcelplan.planning.heuristic import construct
from parcelplan.planning.problem import (
    Absorption,
    BatchSize,
    BlackOut,
    Candidate,
    CashLimit,
    Closure,
    CrewCapacity,
    Demand,
    Gate,
    Horizon,
    ListingsPerMonth,
    Mode,
    NetLand,
    OccupancyTrigger,
    PhaseOrder,
    PhaseWindow,
    PlanningProblem,
    Precedence,
    Split,
    Target,
    Together,
    Work,
    WorkCalendar,
    WorkDeadline,
    YearlyQuota,
)
from parcelplan.units import from_mu, to_mu
from tests.planning.all_plans import best_values
from tests.planning.builders import Case


@pytest.fixture(autouse=True, scope="module")
def _short_heuristic() -> Iterator[None]:
    """Leave the work to the model: what the heuristic finds at once is enough to start from."""
    before, construct.TIME_S = construct.TIME_S, 0.05
    yield
    construct.TIME_S = before


CLOCK = StatutoryClock(notice_days=5, listing_days=3, result_working_days=2)
BEGIN = date(2023, 11, 27)
LENGTH = {1: 60, 2: 60, 3: 48, 4: 36}
"""Days of the horizon by number of parcels, so that all plans can be counted."""


@st.composite
def cases(draw: st.DrawFn) -> Case:
    names = "ABCD"[: draw(st.integers(1, 4))]
    phases = {name: draw(st.integers(1, 3)) for name in names}
    days = st.integers(0, 25)
    early, late = (days.map(lambda count, d=d: BEGIN + timedelta(days=count + d)) for d in (10, 25))
    windows = {
        phase: (draw(st.none() | early), draw(st.none() | late))
        for phase in draw(st.sets(st.integers(1, 3), max_size=1))
    }
    triggers = []
    if len(set(phases.values())) > 1 and draw(st.booleans()):
        first, last = draw(st.permutations(sorted(set(phases.values()))))[:2]
        needed = draw(st.integers(1, 9))
        delay = draw(st.integers(0, 12))
        triggers = [
            OccupancyTrigger(
                phase=last, needed_m2=from_mu(needed), of_phases=(first,), occupied_after_days=delay
            )
        ]
    return Case(
        {name: draw(st.integers(1, 9)) for name in names},
        phases=phases,
        ready={name: BEGIN + timedelta(days=draw(days)) for name in names},
        as_of=BEGIN,
        horizon_end=BEGIN + timedelta(days=LENGTH[len(names)]),
        clock=CLOCK,
        per_month=draw(st.sampled_from([None, 1, 2])),
        quota_mu=draw(st.sampled_from([{}, {2023: 6}, {2023: 10, 2024: 12}, {2023: 0}])),
        order=draw(st.booleans()),
        windows=windows,
        triggers=tuple(triggers),
    )


def least(made: Case) -> int | None:
    """The least objective in mu·days over all plans, or None where no plan holds."""
    end = made.horizon_end
    days = [BEGIN + timedelta(days=count) for count in range((end - BEGIN).days + 1)]
    notices = [day for day in days if is_working_day(day) and CLOCK.transfer_on(day) <= end]
    names = list(made.areas_mu)
    if not notices:
        return None
    choice = np.indices([len(notices)] * len(names)).reshape(len(names), -1).T
    closes = [CLOCK.transfer_on(day) for day in notices]
    n = np.array([day.toordinal() for day in notices])[choice]
    t = np.array([day.toordinal() for day in closes])[choice]
    months = np.array([day.year * 12 + day.month for day in notices])[choice]
    years = np.array([day.year for day in closes])[choice]
    area = np.array([made.areas_mu[name] for name in names])
    phase = np.array([made.phases[name] for name in names])
    ok = np.all(n >= [made.ready[name].toordinal() for name in names], axis=1)
    if made.per_month is not None:
        for month in np.unique(months):
            ok &= (months == month).sum(axis=1) <= made.per_month
    for year, quota in made.quota_mu.items():
        ok &= ((years == year) * area).sum(axis=1) <= quota
    for early, late in product(range(len(names)), repeat=2) if made.order else ():
        if phase[early] < phase[late]:
            ok &= n[:, early] <= n[:, late]
    for number, (earliest, latest) in made.windows.items():
        first, last = (earliest or date.min).toordinal(), (latest or date.max).toordinal()
        ok &= np.all(((t >= first) & (t <= last)) | (phase != number), axis=1)
    for trigger in made.triggers:
        counted = np.isin(phase, trigger.of_phases)
        for place in np.flatnonzero(phase == trigger.phase):
            there = (t + trigger.occupied_after_days <= n[:, [place]]) & counted
            ok &= (there * area).sum(axis=1) >= to_mu(trigger.needed_m2) - 1e-6
    values = ((t - BEGIN.toordinal()) * area).sum(axis=1)[ok]
    return None if values.size == 0 else int(values.min())


@settings(max_examples=120)
@given(made=cases())
def test_solver_finds_the_best_of_all_plans(made: Case) -> None:
    expected = least(made)
    plan = solve(made.problem(), time_limit_s=30, seed=1)
    if expected is None:
        assert plan.status == "infeasible"
        assert_minimal(made.problem(), plan.conflict)
    else:
        assert plan.status == "optimal"
        assert to_mu(plan.objective) == pytest.approx(expected)


def assert_minimal(problem: PlanningProblem, conflict: tuple[str, ...]) -> None:
    """The named demands alone conflict, and no longer do once any one of them is put aside."""
    assert conflict
    alone = problem.without(*({item.name for item in problem.demands} - set(conflict)))
    assert solve(alone, time_limit_s=30, seed=1).status == "infeasible"
    for name in conflict:
        assert solve(alone.without(name), time_limit_s=30, seed=1).status == "optimal"


# --- works, money and all other demands


FIRST = date(2023, 12, 18)
QUICK = StatutoryClock(notice_days=2, listing_days=1, result_working_days=1)
LAST = FIRST + timedelta(days=26)


def day(draw: st.DrawFn, first: int, last: int) -> date:
    return FIRST + timedelta(days=draw(st.integers(first, last)))


@st.composite
def works_of(draw: st.DrawFn) -> tuple[Work, ...]:
    """One or two works, of one mode or two."""
    made = []
    for number in range(draw(st.integers(1, 2))):
        modes = tuple(
            Mode(
                name=name,
                duration_days=draw(st.integers(0, 5)),
                crews={"C": draw(st.integers(1, 2))} if draw(st.booleans()) else {},
                cost_yuan=float(draw(st.integers(0, 4))),
            )
            for name in ("", "other")[: draw(st.integers(1, 2))]
        )
        begun = draw(st.integers(0, 5)) == 0
        made.append(
            Work(
                work_id=f"W{number}",
                modes=modes[:1] if begun else modes,
                calendar_id=draw(st.sampled_from(["", "days", "closed"])),
                earliest_start_on=day(draw, 0, 4) if draw(st.booleans()) and not begun else None,
                not_before_on=day(draw, 0, 7) if draw(st.integers(0, 2)) == 0 else None,
                started_on=FIRST - timedelta(days=9) if begun else None,
            )
        )
    return tuple(made)


def some(draw: st.DrawFn) -> bool:
    return draw(st.integers(0, 3)) == 0


@st.composite
def demands_of(
    draw: st.DrawFn, works: tuple[Work, ...], parcels: tuple[Candidate, ...]
) -> tuple[Demand, ...]:
    """Some of all the kinds there are."""
    found: list[Demand] = [Horizon(end_on=LAST)]
    found += draw(demands_on_works(works))
    found += draw(demands_on_land(works, parcels))
    found += draw(demands_of_the_bureau(sorted({item.phase for item in parcels})))
    if some(draw):
        found.append(draw(cash_of(works, parcels)))
    for number in range(draw(st.integers(0, 2))):
        found.append(
            Target(
                target_id=f"T{number}",
                measure="area_m2",
                amount=from_mu(draw(st.integers(1, 9))),
                by_on=day(draw, 6, 24),
                values={item.parcel_id: item.area_m2 for item in parcels},
                binding=draw(st.booleans()),
            )
        )
    return tuple(found)


@st.composite
def demands_on_works(draw: st.DrawFn, works: tuple[Work, ...]) -> list[Demand]:
    change = ((day(draw, 0, 5), day(draw, 6, 8), 1),) if some(draw) else ()
    units = {
        (work.work_id, mode.name): mode.crews["C"] for work in works for mode in work.modes if mode.crews
    }
    found: list[Demand] = [
        WorkDeadline(work_id=work.work_id, on=FIRST + timedelta(days=10)) for work in works
    ]
    return [*found, CrewCapacity(crew_id="C", capacity=2, changes=change, units=units)]


@st.composite
def demands_on_land(draw: st.DrawFn, works: tuple[Work, ...], parcels: tuple[Candidate, ...]) -> list[Demand]:
    found: list[Demand] = []
    for phase in sorted({item.phase for item in parcels}):
        ready = {item.parcel_id: item.ready_on for item in parcels if item.phase == phase}
        gates = {name: (draw(gates_of(works)),) for name in ready if draw(st.booleans())}
        found.append(NetLand(phase=phase, ready_on=ready, gates=gates))
    whole = {item.part_of for item in parcels if item.part_of}
    for name in sorted(whole):
        pieces = tuple(item.parcel_id for item in parcels if item.part_of == name)
        found.append(Split(parcel_id=name, pieces=pieces))
    if some(draw) and not whole and len(parcels) > 1:
        found.append(Together(parcel_ids=(parcels[0].parcel_id, parcels[1].parcel_id)))
    return found


@st.composite
def demands_of_the_bureau(draw: st.DrawFn, phases: list[int]) -> list[Demand]:
    found: list[Demand] = []
    if some(draw):
        found.append(PhaseWindow(phase=phases[0], earliest_on=day(draw, 4, 9), latest_on=day(draw, 12, 26)))
    if some(draw):
        found.append(PhaseOrder())
    if some(draw) and len(phases) > 1:
        needed = from_mu(draw(st.integers(1, 6)))
        found.append(
            OccupancyTrigger(phase=phases[1], needed_m2=needed, of_phases=(phases[0],), occupied_after_days=2)
        )
    if some(draw):
        found.append(ListingsPerMonth(per_month=draw(st.integers(1, 2))))
    if some(draw):
        before = YearlyQuota(year=2023, quota_m2=from_mu(draw(st.integers(0, 9))))
        share = draw(st.sampled_from([0.0, 0.5, 1.0]))
        own = from_mu(draw(st.integers(2, 9)))
        found += [before, YearlyQuota(year=2024, quota_m2=own, before=before, carry_share=share)]
    if some(draw):
        least, most = draw(st.integers(0, 4)), draw(st.integers(7, 12))
        found.append(BatchSize(as_of=FIRST, min_m2=from_mu(least), max_m2=from_mu(most)))
    if some(draw):
        found.append(Absorption(per_quarter_m2=from_mu(draw(st.integers(6, 12)))))
    if some(draw):
        found.append(BlackOut(from_on=day(draw, 2, 6), until_on=day(draw, 7, 12), as_of=FIRST))
    return found


@st.composite
def cash_of(draw: st.DrawFn, works: tuple[Work, ...], parcels: tuple[Candidate, ...]) -> CashLimit:
    amounts = st.integers(0, 3).map(lambda number: 10.0 * number)
    return CashLimit(
        opening_yuan=draw(amounts),
        credit_yuan=12.0,
        costs={
            (work.work_id, mode.name): (draw(amounts), draw(amounts)) for work in works for mode in work.modes
        },
        prices={item.parcel_id: draw(amounts) for item in parcels},
        terms=draw(st.sampled_from([((1.0, 0),), ((0.5, 0), (0.5, 1)), ((1.0, 1),)])),
        as_of=FIRST,
    )


@st.composite
def gates_of(draw: st.DrawFn, works: tuple[Work, ...]) -> Gate:
    names = [work.work_id for work in works]
    ways = draw(
        st.lists(
            st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True), min_size=1, max_size=2
        )
    )
    return Gate(
        kind="line", any_of=tuple(tuple(way) for way in ways), lag_days=draw(st.sampled_from([0, 0, 3]))
    )


@st.composite
def problems(draw: st.DrawFn) -> PlanningProblem:
    works = draw(works_of())
    modes = [(work.work_id, mode.name) for work in works for mode in work.modes if len(work.modes) > 1]
    count = draw(st.integers(1, 3 if len(works) == 1 else 2))
    split = count == 3 and draw(st.booleans())
    parcels = tuple(
        Candidate(
            parcel_id="ABC"[number],
            phase=1 if split else draw(st.integers(1, 2)),
            area_m2=from_mu(draw(st.integers(1, 7))),
            ready_on=day(draw, 0, 5),
            part_of="A" if split and number else "",
            due_on=day(draw, 3, 20) if draw(st.booleans()) else None,
            excluded_by=(draw(st.sampled_from(modes)),) if modes and draw(st.integers(0, 2)) == 0 else (),
            fixed_notice_on=FIRST - timedelta(days=3) if not split and draw(st.integers(0, 7)) == 0 else None,
        )
        for number in range(count)
    )
    relations = ("FS", "SS", "FF", "SF")
    precedences = tuple(
        Precedence(
            before="W0",
            work_id="W1",
            relation=draw(st.sampled_from(relations)),
            lag_days=draw(st.integers(-2, 3)),
        )
        for _ in range(draw(st.integers(0, 1)) if len(works) == 2 else 0)
    )
    names = ["fixed_dates", "targets", "lateness", "supply", "makespan", "cost", "batches", "stability"]
    published = {item.parcel_id for item in parcels if item.fixed_notice_on}
    earlier = {item.parcel_id: QUICK.transfer_on(day(draw, 1, 15)) for item in parcels if draw(st.booleans())}
    return PlanningProblem(
        as_of=FIRST,
        clock=QUICK,
        candidates=parcels,
        demands=draw(demands_of(works, parcels)),
        works=works,
        precedences=precedences,
        calendars=(
            WorkCalendar(calendar_id="days", working_days=True),
            WorkCalendar(
                calendar_id="closed",
                closures=(Closure(from_on=day(draw, 1, 3), until_on=day(draw, 4, 5)),),
                interruptible=draw(st.booleans()),
            ),
        ),
        objectives=tuple(draw(st.permutations(names))[: draw(st.integers(1, 3))]),
        fixed_works={"W0": day(draw, 2, 9)} if draw(st.booleans()) else {},
        fixed_transfers={
            item.parcel_id: day(draw, 3, 20) for item in parcels if item.parcel_id not in published
        },
        earlier=earlier,
    )


@settings(max_examples=50, deadline=None)
@given(problem=problems())
def test_the_whole_model_finds_the_best_of_all_plans(problem: PlanningProblem) -> None:
    assume(not check_problem(problem).of("error"))
    expected = best_values(problem)
    plan = solve(problem, time_limit_s=60, seed=1)
    if expected is None:
        assert plan.status == "infeasible"
    else:
        assert plan.status == "optimal"
        assert [item.value for item in plan.objectives] == pytest.approx(expected, rel=1e-6, abs=1e-3)
