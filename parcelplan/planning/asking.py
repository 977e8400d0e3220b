"""Whether a problem has a plan at all, with the plan where one is found."""

from __future__ import annotations

import time

from parcelplan.plan import Plan
from parcelplan.planning import _cpsat
from parcelplan.planning.construct import first_draft
from parcelplan.planning.draft import Draft, to_plan
from parcelplan.planning.problem import PlanningProblem
from parcelplan.planning.timeline import Timeline, lay_timeline

PROOF_SHARE = 0.6
"""Share of the time in which the solver may prove that there is none; the rest is for making one."""


def any_plan(
    problem: PlanningProblem, time_limit_s: float, *, seed: int = 0, workers: int = 1
) -> Plan | bool | None:
    """Find any plan of a problem.

    Parameters
    ----------
    problem
        The problem.
    time_limit_s
        Longest search, seconds; the plan that is made at once where the search finds none comes on top.
    seed, workers
        Of the search.

    Returns
    -------
    Plan, bool or None
        A plan that keeps every demand, however good; False where it is proved that there is none; None where nobody
        knows.
    """
    begun = time.perf_counter()
    timeline = lay_timeline(problem)
    left_s = time_limit_s * PROOF_SHARE - (time.perf_counter() - begun)
    if left_s > 0:
        answer = _cpsat.search(timeline, time_limit_s=left_s, seed=seed, workers=workers)
        if answer.outcome == "infeasible":
            return False
        if (plan := _kept(timeline, answer.draft)) is not None:
            return plan
    return _kept(timeline, first_draft(timeline))


def _kept(timeline: Timeline, draft: Draft | None) -> Plan | None:
    """The plan of a draft, if it keeps every demand."""
    if draft is None:
        return None
    plan = to_plan(timeline, draft)
    return None if timeline.problem.violations(plan).of("error") else plan
