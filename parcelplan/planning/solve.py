"""From a planning problem to a plan: one at once, then one objective after the other, and everything checked again."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from parcelplan.checks.problem_checks import check_problem
from parcelplan.plan import Plan, Status
from parcelplan.planning import _cpsat
from parcelplan.planning._cpsat.running import Outcome
from parcelplan.planning.bounds.counting import asks_too_much
from parcelplan.planning.bounds.floors import floor_of
from parcelplan.planning.bounds.relaxation import lower_bound
from parcelplan.planning.conflicts.asking import any_plan
from parcelplan.planning.conflicts.conflict import conflicting_demands
from parcelplan.planning.draft import Draft, from_plan, to_plan
from parcelplan.planning.heuristic.construct import first_draft
from parcelplan.planning.heuristic.neighbourhoods import improve
from parcelplan.planning.heuristic.selling import tighten
from parcelplan.planning.heuristic.shortest import shortest_draft
from parcelplan.planning.problem import ObjectiveName, PlanningProblem
from parcelplan.planning.progress import OnProgress, Progress, ShouldStop
from parcelplan.planning.timeline import Timeline, lay_timeline
from parcelplan.planning.why.reasons import with_reasons

SAME = 1e-7
"""Values that differ by less than this share are one: sums of areas are never exact."""
STAGE_SHARE = 0.5
"""Share of the time left that an objective may take which is not the last."""
LARGE = 250
"""Works and parcels from which on a model of the whole takes too long to build: pieces are planned anew instead."""
BOUND_SHARE = 0.15
"""Share of the time in which such a problem is bounded."""
RESERVE_SHARE, RESERVE_PER_PARCEL_S = 0.02, 0.0005
"""Time kept for writing the plan of such a problem, checking it and giving reasons."""
QUICK_SHARE = 0.8
"""Most of the time in which works alone are scheduled before the model is built."""
QUICK_S, QUICK_WORKS, QUICK_GROWTH = 6.0, 100, 7
"""Seconds of that for so many works, and the power of their number by which they grow: the model proves few works
before orders are tried, and gains little on many."""


def solve(
    problem: PlanningProblem,
    *,
    time_limit_s: float,
    seed: int,
    workers: int = 1,
    start: Plan | None = None,
    on_progress: OnProgress | None = None,
    should_stop: ShouldStop | None = None,
) -> Plan:
    """Plan works and transfers: the best there is by the first objective, of those the best by the second, and so on.

    Parameters
    ----------
    problem
        From :func:`parcelplan.planning.building.build_problem`, or made by hand.
    time_limit_s
        Longest search, seconds. An infeasible problem takes up to as long again to find the conflict.
    seed
        Seed of the search. The same problem and seed give the same plan on one worker if the search ends by itself.
    workers
        Searches side by side.
    start
        A plan to start from, such as an earlier one; what does not hold any more in it is made anew.
    on_progress
        Told of better plans and bounds, also from another thread.
    should_stop
        Asked all the time; once it says yes the best plan so far is given. A KeyboardInterrupt does the same.

    Returns
    -------
    Plan
        ``optimal`` and ``feasible`` hold transfers and works that were checked again without the solver; ``infeasible``
        holds the demands in ``conflict``; ``no_solution_yet`` says that the search ended before it found a plan.

    Raises
    ------
    FindingsError
        The problem contradicts itself before any plan: works in a circle, ids that point nowhere, crews too small.
    """
    begun = time.perf_counter()
    check_problem(problem).raise_if_errors()
    timeline = lay_timeline(problem)
    search = _Search(
        timeline=timeline,
        deadline=begun + time_limit_s,
        begun=begun,
        seed=seed,
        workers=workers,
        on_progress=on_progress,
        should_stop=should_stop,
    )
    plan = search.plan(start)
    if plan.status == "infeasible":
        conflict = conflicting_demands(problem, ask=_ask(seed, workers), time_limit_s=time_limit_s)
        plan = replace(plan, conflict=conflict.names, conflict_minimal=conflict.minimal)
    return replace(plan, solve_s=time.perf_counter() - begun)


def has_plan(
    problem: PlanningProblem, time_limit_s: float, *, seed: int = 0, workers: int = 1
) -> bool | None:
    """Whether a problem has a plan; None where time ended before anybody knew.

    Parameters
    ----------
    problem
        The problem.
    time_limit_s
        Longest search, seconds.
    seed
        Seed of the search.
    workers
        Searches side by side.
    """
    found = any_plan(problem, time_limit_s, seed=seed, workers=workers)
    return None if found is None else found is not False


def _ask(seed: int, workers: int) -> Callable[[PlanningProblem, float], bool | None]:
    return lambda problem, seconds: has_plan(problem, seconds, seed=seed, workers=workers)


@dataclass(kw_only=True)
class _Search:
    """The way from one objective to the next, with the best plan so far."""

    timeline: Timeline
    deadline: float
    begun: float
    seed: int
    workers: int
    on_progress: OnProgress | None
    should_stop: ShouldStop | None
    best: Plan | None = None
    draft: Draft | None = None
    bounds: dict[str, float] = field(default_factory=dict)
    proved: set[ObjectiveName] = field(default_factory=set)
    stopped: bool = False

    @property
    def problem(self) -> PlanningProblem:
        """What is planned."""
        return self.timeline.problem

    def plan(self, start: Plan | None) -> Plan:
        """Give the best plan there is when time is up or everything is proved."""
        empty = Plan(as_of=self.problem.as_of, status="no_solution_yet", unplanned=self.problem.unplanned)
        try:
            self._begin(start)
            if self.draft is None and asks_too_much(self.timeline):
                return replace(empty, status="infeasible")
            outcome = self._improve()
        except KeyboardInterrupt:
            if self.draft is None:
                raise
            outcome = "unknown"
        if self.draft is None:
            return replace(empty, status="infeasible" if outcome == "infeasible" else "no_solution_yet")
        if not self.stopped:
            self._take(tighten(self.timeline, self.draft), "heuristic", or_as_good=True)
        status: Status = "optimal" if self.proved.issuperset(self.problem.objectives) else "feasible"
        return self._finished(status)

    def _finished(self, status: Status) -> Plan:
        """Write the plan with its reasons, and hold it against the problem again."""
        assert self.draft is not None  # noqa: S101 - for the type
        bare = to_plan(self.timeline, self.draft)
        values = {item.name: item.value for item in bare.objectives}
        bounds = dict(self.bounds)
        bounds |= {name: values[name] for name in self.proved}
        plan = to_plan(self.timeline, self.draft, status=status, bounds=bounds)
        if found := self.problem.violations(plan):
            message = f"the plan breaks its own demands: {[item.message() for item in found][:5]}"
            raise RuntimeError(message)
        return with_reasons(self.problem, plan)

    # --- plans to start from

    def _begin(self, start: Plan | None) -> None:
        if start is not None and start.status in {"optimal", "feasible"}:
            self._take(from_plan(self.timeline, start), "start")
        if self._only_works() and self._take_shortest():
            return
        if (quick := first_draft(self.timeline)) is not None:
            self._take(quick, "heuristic")

    def _only_works(self) -> bool:
        return not self.problem.candidates and self.problem.objectives[:1] == ("makespan",)

    def _take_shortest(self) -> bool:
        left_s = self.deadline - time.perf_counter()
        quick_s = min(left_s * QUICK_SHARE, QUICK_S * (len(self.problem.works) / QUICK_WORKS) ** QUICK_GROWTH)
        draft = shortest_draft(
            self.timeline, time_limit_s=quick_s, seed=self.seed, should_stop=self.should_stop
        )
        return draft is not None and self._take(draft, "heuristic")

    def _take(self, draft: Draft, source: str, *, or_as_good: bool = False) -> bool:
        """Keep a draft that holds all demands and is better than the best so far, or as good where that is enough."""
        if any(work.work_id not in draft.works for work in self.problem.works if work.fixed is None):
            return False
        plan = to_plan(self.timeline, draft)
        best = self.best
        if best is not None and not (_better(plan, best) or (or_as_good and not _better(best, plan))):
            return False
        if self.problem.violations(plan).of("error"):
            return False
        self.best, self.draft = plan, draft
        if plan.objectives:
            first = next(
                (item for item in plan.objectives if item.name not in self.proved), plan.objectives[-1]
            )
            bounds = self.bounds
            self._tell(first.name, first.value, bounds.get(first.name), source)
        return True

    def _tell(self, objective: str, value: float | None, bound: float | None, source: str) -> None:
        if self.on_progress is not None:
            elapsed_s = time.perf_counter() - self.begun
            self.on_progress(
                Progress(elapsed_s=elapsed_s, objective=objective, value=value, bound=bound, source=source)
            )

    # --- one objective after the other

    def _improve(self) -> Outcome:
        """Make each objective as small as can be while those before it keep what they reached."""
        if not self.problem.objectives and self.draft is None:
            return self._stage(None, self.deadline - time.perf_counter())
        if self.draft is not None and self._is_large():
            return self._piece_by_piece(self.draft)
        for number, name in enumerate(self.problem.objectives):
            if self._is_at_floor(name):
                continue
            if self._over():
                break
            left_s = self.deadline - time.perf_counter()
            is_last = all(self._is_at_floor(later) for later in self.problem.objectives[number + 1 :])
            outcome = self._stage(name, left_s if is_last else left_s * STAGE_SHARE)
            if self.draft is None:
                # what is left of the time goes to any plan at all
                left_s = self.deadline - time.perf_counter()
                return outcome if outcome == "infeasible" or self._over() else self._stage(None, left_s)
        return "feasible"

    def _is_large(self) -> bool:
        return (
            bool(self.problem.candidates) and len(self.problem.candidates) + len(self.problem.works) >= LARGE
        )

    def _piece_by_piece(self, draft: Draft) -> Outcome:
        """Bound the objectives as far as months tell, then plan neighbourhoods anew until time is up."""
        for name in self.problem.objectives:
            if not self._is_at_floor(name):
                left_s = self.deadline - time.perf_counter()
                found = lower_bound(self.timeline, name, time_limit_s=left_s * BOUND_SHARE)
                self.bounds[name] = max(self.bounds[name], found)
                self._tell(name, self._value(name), self.bounds[name], "months")
        told_on = time.perf_counter()

        def better(found: Draft) -> None:
            nonlocal told_on
            # writing and checking a large plan takes longer than finding a better one
            if time.perf_counter() - told_on > max(1.0, RESERVE_PER_PARCEL_S * len(self.problem.candidates)):
                self._take(found, "neighbourhoods")
                told_on = time.perf_counter()

        left_s = self.deadline - time.perf_counter()
        reserve_s = RESERVE_SHARE * left_s + RESERVE_PER_PARCEL_S * len(self.problem.candidates)
        best = improve(
            self.timeline,
            draft,
            time_limit_s=left_s - reserve_s,
            seed=self.seed,
            on_better=better,
            should_stop=self.should_stop,
        )
        self._take(best, "neighbourhoods")
        return "feasible"

    def _over(self) -> bool:
        asked = self.should_stop is not None and self.should_stop()
        return self.stopped or asked or (self.draft is not None and time.perf_counter() >= self.deadline)

    def _is_at_floor(self, name: ObjectiveName) -> bool:
        """Whether no plan can be better, as can be seen without a search."""
        floor = floor_of(self.timeline, name)
        self.bounds[name] = max(self.bounds.get(name, floor), floor)
        if self.best is not None and _same(self._value(name), floor):
            self.proved.add(name)
        return name in self.proved

    def _value(self, name: ObjectiveName | None) -> float:
        items = self.best.objectives if self.best is not None else ()
        return next(item.value for item in items if item.name == name)

    def _stage(self, name: ObjectiveName | None, seconds: float) -> Outcome:
        """Search by one objective."""
        order = self.problem.objectives
        before = order[: order.index(name)] if name is not None else ()
        answer = _cpsat.search(
            self.timeline,
            objective=name,
            limits={other: self._value(other) for other in before},
            time_limit_s=seconds,
            seed=self.seed,
            workers=self.workers,
            hint=self.draft,
            on_progress=None if name is None else self._teller(name),
            should_stop=self.should_stop,
        )
        self.stopped |= answer.interrupted
        if answer.draft is not None:
            self._take(answer.draft, "model")
        if name is not None and self.draft is not None:
            if answer.bound is not None:
                self.bounds[name] = max(self.bounds[name], answer.bound)
            if answer.outcome == "optimal" or self.bounds[name] >= self._value(name):
                self.proved.add(name)
        return answer.outcome

    def _teller(self, name: ObjectiveName) -> Callable[[float | None, float | None], None]:
        known = self._value(name) if self.best is not None else None

        def tell(value: float | None, bound: float | None) -> None:
            values = [item for item in (value, known) if item is not None]
            self._tell(name, min(values, default=None), max(bound or 0.0, self.bounds[name]), "model")

        return tell


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= SAME * max(1.0, abs(one), abs(other))


def _better(plan: Plan, than: Plan) -> bool:
    """Whether a plan is better by the first objective in which they differ."""
    for one, other in zip(plan.objectives, than.objectives, strict=True):
        if not _same(one.value, other.value):
            return one.value < other.value
    return False
