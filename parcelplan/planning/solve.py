"""From a planning problem to a plan: search, tighten, say what each parcel waited for, and check it again."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from parcelplan.dates import ONE_DAY, is_working_day
from parcelplan.plan import Plan, PlannedTransfer, Status, WaitedFor
from parcelplan.planning import _cpsat
from parcelplan.planning.days import Grid, lay_grid
from parcelplan.planning.greedy import quick_plan, tighten, waiting_bound, waiting_m2_days
from parcelplan.planning.problem import Candidate, PlanningProblem

_FIRST_NAMED = ("gate", "window", "trigger", "phase_order", "listings", "quota")
"""Where several things forbid the day before, the first of these is named."""


def solve(problem: PlanningProblem, *, time_limit_s: float, seed: int) -> Plan:
    """Plan the transfers so that land waits as little as possible.

    Parameters
    ----------
    problem
        From :func:`parcelplan.planning.build.build_problem`.
    time_limit_s
        Longest search, seconds. An infeasible problem takes up to as long again to find the conflict.
    seed
        Seed of the search. The same problem and seed give the same plan if the search ends within its limit.

    Returns
    -------
    Plan
        ``optimal`` and ``feasible`` hold transfers that were checked again without the solver; ``infeasible``
        holds the demands in ``conflict``; ``no_solution_yet`` says that time ran out.
    """
    begun = time.perf_counter()
    plan = _searched(problem, time_limit_s=time_limit_s, seed=seed)
    if found := problem.violations(plan):
        message = f"the plan breaks its own demands: {[item.message() for item in found][:5]}"
        raise RuntimeError(message)
    return replace(plan, solve_s=time.perf_counter() - begun)


def _searched(problem: PlanningProblem, *, time_limit_s: float, seed: int) -> Plan:
    empty = Plan(as_of=problem.as_of, status="no_solution_yet", unplanned=problem.unplanned)
    if not problem.candidates:
        return replace(empty, status="optimal", objective=0.0, bound=0.0)
    begun = time.perf_counter()
    grid = lay_grid(problem)
    quick = quick_plan(grid)
    left_s = max(0.0, time_limit_s - (time.perf_counter() - begun))
    answer = _cpsat.search(grid, time_limit_s=left_s, seed=seed, hint=quick)
    if answer.outcome == "infeasible":
        conflict = conflicting_demands(problem, time_limit_s=time_limit_s, seed=seed)
        return replace(empty, status="infeasible", conflict=conflict)
    found = [plan for plan in (answer.notices, quick) if plan is not None]
    if not found:
        return empty
    best = tighten(grid, min(found, key=lambda plan: waiting_m2_days(grid, plan)))
    transfers = _with_reasons(problem, _transfers(grid, best))
    objective = Plan(as_of=problem.as_of, status="feasible", transfers=transfers).waiting_m2_days()
    proved = answer.outcome == "optimal"
    bound = objective if proved else min(objective, max(answer.bound or 0.0, waiting_bound(grid)))
    status: Status = "optimal" if proved else "feasible"
    return replace(empty, status=status, transfers=transfers, objective=objective, bound=bound)


def conflicting_demands(problem: PlanningProblem, *, time_limit_s: float, seed: int) -> tuple[str, ...]:
    """Find demands of an infeasible problem that cannot hold together, none of which can be left out.

    Each demand in turn is put aside; it stays aside where the rest is proved infeasible without it. A test
    that the time limit ends proves nothing, so its demand stays in: the set may then be larger than need be.

    Parameters
    ----------
    problem
        A problem proved infeasible.
    time_limit_s
        Longest search over all demands, seconds.
    seed
        Seed of the searches.
    """
    deadline = time.perf_counter() + time_limit_s
    kept = problem
    for name in [demand.name for demand in problem.demands]:
        less = kept.without(name)
        left_s = deadline - time.perf_counter()
        if left_s > 0 and _proved_infeasible(less, time_limit_s=left_s, seed=seed):
            kept = less
    return tuple(demand.name for demand in kept.demands)


def _proved_infeasible(problem: PlanningProblem, *, time_limit_s: float, seed: int) -> bool:
    grid = lay_grid(problem)
    if quick_plan(grid) is not None:
        return False
    return _cpsat.search(grid, time_limit_s=time_limit_s, seed=seed, any_plan=True).outcome == "infeasible"


def _transfers(grid: Grid, notices: Mapping[str, int]) -> tuple[PlannedTransfer, ...]:
    """Transfers in the order of their notices, with batches numbered within each phase."""
    clock, days = grid.problem.clock, grid.days
    chosen = sorted(
        (
            (days.days[notices[item.parcel_id]], item.phase, item.parcel_id, item)
            for item in grid.problem.candidates
        ),
        key=lambda row: row[:3],
    )
    batches = _batches((phase, notice_on) for notice_on, phase, _, _ in chosen)
    return tuple(
        PlannedTransfer(
            parcel_id=item.parcel_id,
            phase=phase,
            batch=batches[phase, notice_on],
            area_m2=item.area_m2,
            ready_on=item.ready_on,
            notice_on=notice_on,
            listing_on=clock.listing_on(notice_on),
            transfer_on=clock.transfer_on(notice_on),
            result_on=clock.result_on(notice_on),
        )
        for notice_on, phase, _, item in chosen
    )


def _batches(notices: Iterable[tuple[int, date]]) -> dict[tuple[int, date], str]:
    numbers: dict[int, int] = {}
    names: dict[tuple[int, date], str] = {}
    for phase, notice_on in sorted(set(notices)):
        numbers[phase] = numbers.get(phase, 0) + 1
        names[phase, notice_on] = f"{phase}-{numbers[phase]}"
    return names


def _with_reasons(
    problem: PlanningProblem, transfers: tuple[PlannedTransfer, ...]
) -> tuple[PlannedTransfer, ...]:
    candidates = {item.parcel_id: item for item in problem.candidates}
    plan = Plan(as_of=problem.as_of, status="feasible", transfers=transfers)
    return tuple(
        replace(item, waited_for=_waited_for(problem, plan, position, candidates[item.parcel_id]))
        for position, item in enumerate(transfers)
    )


def _waited_for(problem: PlanningProblem, plan: Plan, position: int, candidate: Candidate) -> WaitedFor:
    """Put one parcel on notice a working day earlier, all else as it is, and see which demand breaks."""
    item = plan.transfers[position]
    notice_on = _working_day_before(item.notice_on)
    if notice_on < problem.as_of:
        return WaitedFor(kind="nothing")
    earlier = replace(
        item,
        notice_on=notice_on,
        listing_on=problem.clock.listing_on(notice_on),
        transfer_on=problem.clock.transfer_on(notice_on),
    )
    others = plan.transfers[:position] + plan.transfers[position + 1 :]
    trial = replace(plan, transfers=(*others, earlier))
    broken = {demand.kind for demand in problem.demands if demand.violations(trial)}
    kind = next((kind for kind in _FIRST_NAMED if kind in broken), "nothing")
    return WaitedFor(kind=kind, subject=_subject(kind, problem, plan, earlier, candidate))


def _working_day_before(day: date) -> date:
    day -= ONE_DAY
    while not is_working_day(day):
        day -= ONE_DAY
    return day


def _subject(
    kind: str, problem: PlanningProblem, plan: Plan, earlier: PlannedTransfer, candidate: Candidate
) -> str:
    if kind == "gate":
        return candidate.last_work
    if kind == "listings":
        return f"{earlier.notice_on:%Y-%m}"
    if kind == "quota":
        return str(earlier.transfer_on.year)
    if kind == "phase_order":
        waited = (item for item in plan.transfers if item.phase < earlier.phase)
        return str(max(waited, key=lambda item: (item.notice_on, item.phase)).phase)
    phases = [
        phase for item in problem.demands if item.kind == kind for phase in _phases_of(item, earlier.phase)
    ]
    return ";".join(str(phase) for phase in phases)


def _phases_of(demand: object, phase: int) -> tuple[int, ...]:
    if getattr(demand, "phase", None) != phase:
        return ()
    return tuple(getattr(demand, "of_phases", (phase,)))
