"""Checks of the works of a plan, one function a code. They know no planner, only days and units."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from parcelplan.findings import Finding, Findings
from parcelplan.plan import Plan, PlannedWork


def _found(code: str, work: PlannedWork, field: str, **params: object) -> Finding:
    value = getattr(work, field)
    return Finding(code=code, layer="plan", feature_id=work.work_id, field=field, value=value, params=params)


def check_precedence(plan: Plan, before: str, work_id: str, relation: str, lag_days: int) -> Findings:
    """A work waits for another one as its precedence says: ``work_check.too_early``.

    Parameters
    ----------
    plan
        The plan.
    before, work_id
        The work waited for and the one that waits.
    relation
        ``FS | SS | FF | SF``: the end of the first one that counts, then that of the second.
    lag_days
        Calendar days between the two ends, at least.
    """
    first, second = plan.work(before), plan.work(work_id)
    if first is None or second is None:
        return Findings()
    since = first.free_on if relation[0] == "F" else first.start_on
    then = second.start_on if relation[1] == "S" else second.free_on
    if second.fixed or then >= since + timedelta(days=lag_days):
        return Findings()
    params = {"before": before, "relation": relation, "lag_days": lag_days, "before_on": since}
    return Findings([_found("work_check.too_early", second, "start_on", **params)])


def check_crew(
    plan: Plan, crew_id: str, units: Mapping[tuple[str, str], int], capacity_on: Callable[[date], int]
) -> Findings:
    """No day asks more of a crew than it has: ``work_check.crew_overloaded``, once for each spell.

    Parameters
    ----------
    plan
        The plan.
    crew_id
        The crew.
    units
        Units held by work and mode.
    capacity_on
        Units that the crew has on a day.
    """
    raise NotImplementedError


def check_deadline(plan: Plan, work_id: str, on: date) -> Findings:
    """A work ends by its deadline: ``work_check.after_deadline``."""
    work = plan.work(work_id)
    if work is None or work.fixed or work.ends_on <= on:
        return Findings()
    return Findings([_found("work_check.after_deadline", work, "ends_on", deadline_on=on)])


def check_works(plan: Plan, problem: Any) -> Findings:
    """Each work stands once in the plan, in one of its modes, no earlier than it can be and as long as it takes.

    Returns
    -------
    Findings
        ``work_check.missing``, ``work_check.unknown``, ``work_check.unknown_mode``, ``work_check.before_start``,
        ``work_check.before_promise``, ``work_check.on_closed_day`` and ``work_check.wrong_length``.
    """
    raise NotImplementedError
