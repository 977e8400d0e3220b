"""Whether a problem has a plan at all, with the plan where one is found."""

from __future__ import annotations

import time

from parcelplan.plan import Plan
from parcelplan.planning import _cpsat
from parcelplan.planning.bounds.counting import asks_too_much
from parcelplan.planning.draft import Draft, to_plan
from parcelplan.planning.heuristic.construct import first_draft
from parcelplan.planning.problem import PlanningProblem
from parcelplan.planning.timeline import Timeline, lay_timeline

QUICK_S = 2.0
"""The solver proves that there is no plan within seconds or hardly at all; after that one is made at once instead."""


def any_plan(
    problem: PlanningProblem, time_limit_s: float, *, seed: int = 0, workers: int = 1
) -> Plan | bool | None:
    """Find any plan of a problem.

    Parameters
    ----------
    problem
        The problem.
    time_limit_s
        Longest search, seconds; making a plan at once comes on top.
    seed, workers
        Of the search.

    Returns
    -------
    Plan, bool or None
        A plan that keeps every demand, however good; False where it is proved that there is none; None where nobody
        knows.
    """
    deadline = time.perf_counter() + time_limit_s
    timeline = lay_timeline(problem)
    if asks_too_much(timeline):
        return False
    for longest_s in (QUICK_S, time_limit_s):
        left_s = min(longest_s, deadline - time.perf_counter())
        if left_s > 0:
            answer = _cpsat.search(timeline, time_limit_s=left_s, seed=seed, workers=workers)
            if answer.outcome == "infeasible":
                return False
            if (plan := _kept(timeline, answer.draft)) is not None:
                return plan
        if longest_s == QUICK_S and (plan := _kept(timeline, first_draft(timeline))) is not None:
            return plan
    return None


def _kept(timeline: Timeline, draft: Draft | None) -> Plan | None:
    """The plan of a draft, if it keeps every demand."""
    if draft is None:
        return None
    plan = to_plan(timeline, draft)
    return None if timeline.problem.violations(plan).of("error") else plan
