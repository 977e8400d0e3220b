"""Every tiny problem against all of its plans: each working day for each parcel, checked by numpy alone."""

from datetime import date, timedelta
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parcelplan.dates import StatutoryClock, is_working_day
from parcelplan.planning import solve
from parcelplan.planning.problem import OccupancyTrigger, PlanningProblem
from parcelplan.units import from_mu, to_mu
from tests.planning.builders import Case

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
