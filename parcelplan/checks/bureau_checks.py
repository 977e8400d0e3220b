"""Checks of what the bureau keeps: windows, triggers, order, listings, quotas, batches, absorption, black-outs."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import date, timedelta
from itertools import accumulate

from parcelplan.checks._found import of_plan, of_transfer
from parcelplan.findings import Finding, Findings
from parcelplan.plan import Plan, PlannedTransfer
from parcelplan.units import to_mu

AREA_TOLERANCE_M2 = 1.0
"""Quotas and shares are kept to the square metre: areas measured from coordinates are never exact."""


def check_horizon(plan: Plan, end_on: date) -> Findings:
    """No transfer lies after the end of the horizon: ``plan_check.after_horizon``."""
    return Findings(
        of_transfer("plan_check.after_horizon", item, "transfer_on", end_on=end_on)
        for item in plan.transfers
        if item.transfer_on > end_on
    )


def check_listings(plan: Plan, per_month: int) -> Findings:
    """No calendar month sees more notices than the bureau can list: ``plan_check.too_many_listings``."""
    counts = Counter(f"{item.notice_on:%Y-%m}" for item in plan.transfers)
    return Findings(
        of_plan("plan_check.too_many_listings", "notice_on", month, count=count, per_month=per_month)
        for month, count in sorted(counts.items())
        if count > per_month
    )


def check_quota(plan: Plan, year: int, quota_m2: float) -> Findings:
    """The area transferred in a calendar year stays within its quota: ``plan_check.quota_exceeded``.

    Parameters
    ----------
    plan
        The plan.
    year
        Calendar year of ``transfer_on``.
    quota_m2
        Quota of that year with what was carried over, m².
    """
    used_m2 = sum(item.area_m2 for item in plan.transfers if item.transfer_on.year == year)
    if used_m2 <= quota_m2 + AREA_TOLERANCE_M2:
        return Findings()
    params = {"used_mu": to_mu(used_m2), "quota_mu": to_mu(quota_m2)}
    return Findings([of_plan("plan_check.quota_exceeded", "transfer_on", year, **params)])


def check_phase_order(plan: Plan) -> Findings:
    """No parcel goes on notice before all of the earlier phases have: ``plan_check.phase_order_broken``."""

    def each() -> Iterator[Finding]:
        phases = defaultdict(list)
        for item in plan.transfers:
            phases[item.phase].append(item)
        latest: PlannedTransfer | None = None
        for phase, members in sorted(phases.items()):
            for item in members:
                if latest is not None and item.notice_on < latest.notice_on:
                    params = {"phase": phase, "other": latest.parcel_id, "other_on": latest.notice_on}
                    yield of_transfer("plan_check.phase_order_broken", item, "notice_on", **params)
            latest = max((*members, latest) if latest else members, key=lambda item: item.notice_on)

    return Findings(each())


def check_window(plan: Plan, phase: int, *, earliest_on: date | None, latest_on: date | None) -> Findings:
    """Transfers of a phase lie within its window; None leaves a side open: ``plan_check.outside_window``."""
    first, last = earliest_on or date.min, latest_on or date.max
    params = {"phase": phase, "first": earliest_on or "–", "last": latest_on or "–"}
    return Findings(
        of_transfer("plan_check.outside_window", item, "transfer_on", **params)
        for item in plan.of_phase(phase)
        if not first <= item.transfer_on <= last
    )


def check_trigger(
    plan: Plan, phase: int, *, needed_m2: float, of_phases: Collection[int], occupied_after_days: int
) -> Findings:
    """A phase goes on notice only once enough of other phases is occupied: ``plan_check.trigger_not_met``.

    Parameters
    ----------
    plan
        The plan.
    phase
        Phase that waits.
    needed_m2
        Area that must be occupied, m².
    of_phases
        Phases whose area counts.
    occupied_after_days
        Calendar days from transfer to occupation.
    """
    counted = [item for item in plan.transfers if item.phase in of_phases]
    counted.sort(key=lambda item: item.transfer_on)
    days = [item.transfer_on for item in counted]
    sums_m2 = [0.0, *accumulate(item.area_m2 for item in counted)]
    delay = timedelta(days=occupied_after_days)

    def each() -> Iterator[Finding]:
        for item in plan.of_phase(phase):
            there_m2 = sums_m2[bisect_right(days, item.notice_on - delay)]
            if there_m2 < needed_m2 - AREA_TOLERANCE_M2:
                params = {"phase": phase, "there_mu": to_mu(there_m2), "needed_mu": to_mu(needed_m2)}
                yield of_transfer("plan_check.trigger_not_met", item, "notice_on", **params)

    return Findings(each())


def _still_planned(plan: Plan, as_of: date) -> Iterable[PlannedTransfer]:
    return (item for item in plan.transfers if not item.happened and item.notice_on >= as_of)


def check_batches(plan: Plan, as_of: date, min_m2: float, max_m2: float | None) -> Findings:
    """A phase goes on notice on one day of a month at most, and that batch is neither too small nor too large.

    Parameters
    ----------
    plan
        The plan.
    as_of
        Notices that were published, or that lie before this day, are not looked at.
    min_m2, max_m2
        Smallest and largest area of a batch, m²; None for no limit.

    Returns
    -------
    Findings
        ``plan_check.two_batches``, ``plan_check.batch_too_small`` and ``plan_check.batch_too_large``.
    """
    batches: dict[tuple[int, str], list[PlannedTransfer]] = defaultdict(list)
    for item in _still_planned(plan, as_of):
        batches[item.phase, f"{item.notice_on:%Y-%m}"].append(item)

    def each() -> Iterator[Finding]:
        for (phase, month), members in sorted(batches.items()):
            area_m2 = sum(item.area_m2 for item in members)
            shared = {"phase": phase, "area_mu": to_mu(area_m2), "count": len(members)}
            if len(days := sorted({item.notice_on for item in members})) > 1:
                listed = "、".join(map(str, days))
                yield of_plan("plan_check.two_batches", "notice_on", month, days=listed, **shared)
            if area_m2 < min_m2 - AREA_TOLERANCE_M2:
                limits = {"min_mu": to_mu(min_m2)}
                yield of_plan("plan_check.batch_too_small", "notice_on", month, **shared, **limits)
            if max_m2 is not None and area_m2 > max_m2 + AREA_TOLERANCE_M2:
                limits = {"max_mu": to_mu(max_m2)}
                yield of_plan("plan_check.batch_too_large", "notice_on", month, **shared, **limits)

    return Findings(each())


def check_absorption(plan: Plan, per_quarter_m2: float) -> Findings:
    """No calendar quarter brings more land than the market takes: ``plan_check.market_exceeded``.

    Parameters
    ----------
    plan
        The plan; notices that were published before it count too.
    per_quarter_m2
        Area that the market takes in a quarter, m², by day of transfer.
    """
    used_m2: dict[str, float] = defaultdict(float)
    for item in plan.transfers:
        quarter = f"{item.transfer_on.year}-Q{(item.transfer_on.month + 2) // 3}"
        used_m2[quarter] += item.area_m2
    limit_mu = to_mu(per_quarter_m2)
    return Findings(
        of_plan("plan_check.market_exceeded", "transfer_on", quarter, used_mu=to_mu(area), limit_mu=limit_mu)
        for quarter, area in sorted(used_m2.items())
        if area > per_quarter_m2 + AREA_TOLERANCE_M2
    )


def check_blackout(plan: Plan, as_of: date, from_on: date, until_on: date) -> Findings:
    """No notice and no transfer lies in a half-open period: ``plan_check.in_blackout``.

    Notices that were published, or that lie before ``as_of``, are not looked at.
    """
    return Findings(
        of_transfer("plan_check.in_blackout", item, field, from_on=from_on, until_on=until_on)
        for item in _still_planned(plan, as_of)
        for field in ("notice_on", "transfer_on")
        if from_on <= getattr(item, field) < until_on
    )
