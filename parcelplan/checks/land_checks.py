"""Checks of what the land of a plan waits for: net land, gates of works, neighbours, parcels in pieces."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from parcelplan.checks._found import of_plan, of_transfer
from parcelplan.findings import Findings
from parcelplan.plan import Plan

Ways = Sequence[Sequence[str]]
"""Sets of works, one of which must have ended."""


def check_net_land(plan: Plan, ready_on: Mapping[str, date]) -> Findings:
    """Only net land goes on notice, ``notice_on ≥ ready_on``: ``plan_check.before_ready``.

    Parameters
    ----------
    plan
        The plan; notices that were published before it are not looked at.
    ready_on
        Day on which each parcel is net land; parcels that are not named are not looked at.
    """
    return Findings(
        of_transfer("plan_check.before_ready", item, "notice_on", ready_on=ready_on[item.parcel_id])
        for item in plan.transfers
        if not item.happened
        if item.parcel_id in ready_on and item.notice_on < ready_on[item.parcel_id]
    )


def open_on(plan: Plan, any_of: Ways) -> date | None:
    """First day on which one of the sets of works has ended; None where the plan ends none of them."""
    ends = []
    for works in any_of:
        planned = [plan.work(work_id) for work_id in works]
        if None not in planned:
            ends.append(max((work.free_on for work in planned if work is not None), default=date.min))
    return min(ends, default=None)


def check_gates(plan: Plan, gates: Iterable[tuple[str, Ways, int]]) -> Findings:
    """Parcels go on notice only once the works of their gates have ended: ``plan_check.gate_closed``.

    Parameters
    ----------
    plan
        The plan; notices that were published before it are not looked at.
    gates
        Parcel, sets of works one of which must have ended, calendar days from that end to the notice. Parcels that
        the plan does not transfer are not looked at.
    """
    found = []
    opened: dict[tuple[tuple[str, ...], ...], date | None] = {}
    for parcel_id, any_of, lag_days in gates:
        item = plan.transfer(parcel_id)
        if item is None or item.happened:
            continue
        ways = tuple(tuple(works) for works in any_of)
        if ways not in opened:
            opened[ways] = open_on(plan, ways)
        since = opened[ways]
        if since is None or (since != date.min and item.notice_on < since + timedelta(days=lag_days)):
            works = " / ".join("+".join(names) for names in ways)
            params = {"works": works, "open_on": since or "–", "lag_days": lag_days}
            found.append(of_transfer("plan_check.gate_closed", item, "notice_on", **params))
    return Findings(found)


def check_together(plan: Plan, parcel_ids: Iterable[str]) -> Findings:
    """Parcels of a group go on notice on one day, all or none: ``plan_check.not_together``.

    Notices that were published before the plan was made are not looked at.
    """
    group = tuple(parcel_ids)
    planned = [item for parcel in group if (item := plan.transfer(parcel)) is not None]
    missing = [parcel for parcel in group if plan.transfer(parcel) is None] if planned else []
    days = sorted({item.notice_on for item in planned if not item.happened})
    if not missing and len(days) <= 1:
        return Findings()
    params = {"days": "、".join(map(str, days)), "missing": "、".join(missing) or "–"}
    return Findings([of_plan("plan_check.not_together", "notice_on", "、".join(group), **params)])


def check_split(plan: Plan, parcel_id: str, pieces: Iterable[str]) -> Findings:
    """A parcel and pieces of it are never both transferred: ``plan_check.whole_and_pieces``.

    That all of the pieces are there, but for those that the chosen modes exclude, is for
    :func:`parcelplan.checks.plan_checks.check_complete` to see.
    """
    planned = [piece for piece in pieces if plan.transfer(piece) is not None]
    whole = plan.transfer(parcel_id)
    if whole is None or not planned:
        return Findings()
    return Findings(
        [of_transfer("plan_check.whole_and_pieces", whole, "parcel_id", pieces="、".join(planned))]
    )
