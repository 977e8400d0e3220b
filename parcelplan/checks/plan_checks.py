"""Checks of a transfer plan, one function a code. They know no solver and no planner, only days and areas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pandas as pd

from parcelplan.checks.cells import numbers, text
from parcelplan.dates import StatutoryClock, is_working_day, known_until
from parcelplan.findings import Finding, Findings
from parcelplan.plan import Plan, PlannedTransfer
from parcelplan.units import from_mu, to_mu

if TYPE_CHECKING:
    from parcelplan.site import SiteConfig

AREA_TOLERANCE_M2 = 1.0
"""Quotas and shares are kept to the square metre: areas measured from coordinates are never exact."""


def _found(code: str, transfer: PlannedTransfer, field: str, **params: object) -> Finding:
    return Finding(
        code=code,
        layer="plan",
        feature_id=transfer.parcel_id,
        field=field,
        value=getattr(transfer, field),
        params=params,
    )


def check_complete(plan: Plan, parcel_ids: Collection[str]) -> Findings:
    """Every parcel that can be transferred is in the plan, once, and no other one is.

    Parameters
    ----------
    plan
        The plan; one without transfers that says so by its status is not asked for any.
    parcel_ids
        Parcels the plan has to hold.

    Returns
    -------
    Findings
        ``plan_check.parcel_missing``, ``plan_check.parcel_twice``, ``plan_check.parcel_unknown``.
    """
    if plan.status in {"infeasible", "no_solution_yet"}:
        return Findings()
    counts = Counter(item.parcel_id for item in plan.transfers)
    wrong = {
        "plan_check.parcel_missing": [parcel for parcel in parcel_ids if parcel not in counts],
        "plan_check.parcel_twice": [parcel for parcel, count in counts.items() if count > 1],
        "plan_check.parcel_unknown": [parcel for parcel in counts if parcel not in parcel_ids],
    }
    return Findings(
        Finding(code=code, layer="plan", feature_id=parcel)
        for code, parcels in wrong.items()
        for parcel in parcels
    )


def check_clock(plan: Plan, clock: StatutoryClock) -> Findings:
    """Notices stand on working days, and listing, transfer and result follow by the statutory clock.

    Returns
    -------
    Findings
        ``plan_check.notice_on_holiday`` and ``plan_check.clock_broken``.
    """

    def each() -> Iterator[Finding]:
        for item in plan.transfers:
            if not is_working_day(item.notice_on):
                yield _found("plan_check.notice_on_holiday", item, "notice_on")
            for field in ("listing_on", "transfer_on", "result_on"):
                expected = getattr(clock, field)(item.notice_on)
                if getattr(item, field) != expected:
                    yield _found("plan_check.clock_broken", item, field, expected=expected)

    return Findings(each())


def check_calendar(plan: Plan) -> Findings:
    """Tell of dates in years whose public holidays are not known: ``plan_check.calendar_assumed``."""
    known = known_until()
    count = sum(item.result_on > known for item in plan.transfers)
    if not count:
        return Findings()
    params = {"first_on": known, "count": count}
    return Findings(
        [Finding(code="plan_check.calendar_assumed", layer="plan", field="transfer_on", params=params)]
    )


def check_horizon(plan: Plan, end_on: date) -> Findings:
    """No transfer lies after the end of the horizon: ``plan_check.after_horizon``."""
    return Findings(
        _found("plan_check.after_horizon", item, "transfer_on", end_on=end_on)
        for item in plan.transfers
        if item.transfer_on > end_on
    )


def check_net_land(plan: Plan, ready_on: Mapping[str, date]) -> Findings:
    """Only net land goes on notice, ``notice_on ≥ ready_on``: ``plan_check.before_ready``.

    Parameters
    ----------
    plan
        The plan.
    ready_on
        Day on which each parcel is net land; parcels that are not named are not looked at.
    """
    return Findings(
        _found("plan_check.before_ready", item, "notice_on", ready_on=ready_on[item.parcel_id])
        for item in plan.transfers
        if item.parcel_id in ready_on and item.notice_on < ready_on[item.parcel_id]
    )


def check_listings(plan: Plan, per_month: int) -> Findings:
    """No calendar month sees more notices than the bureau can list: ``plan_check.too_many_listings``."""
    counts = Counter(f"{item.notice_on:%Y-%m}" for item in plan.transfers)
    return Findings(
        Finding(
            code="plan_check.too_many_listings",
            layer="plan",
            field="notice_on",
            value=month,
            params={"count": count, "per_month": per_month},
        )
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
        Quota of that year, m².
    """
    used_m2 = sum(item.area_m2 for item in plan.transfers if item.transfer_on.year == year)
    if used_m2 <= quota_m2 + AREA_TOLERANCE_M2:
        return Findings()
    params = {"used_mu": to_mu(used_m2), "quota_mu": to_mu(quota_m2)}
    return Findings(
        [
            Finding(
                code="plan_check.quota_exceeded", layer="plan", field="transfer_on", value=year, params=params
            )
        ]
    )


def check_phase_order(plan: Plan) -> Findings:
    """No parcel goes on notice before all of the earlier phases have: ``plan_check.phase_order_broken``."""

    def each() -> Iterator[Finding]:
        latest: PlannedTransfer | None = None
        for phase in sorted({item.phase for item in plan.transfers}):
            members = plan.of_phase(phase)
            for item in members:
                if latest is not None and item.notice_on < latest.notice_on:
                    params = {"phase": phase, "other": latest.parcel_id, "other_on": latest.notice_on}
                    yield _found("plan_check.phase_order_broken", item, "notice_on", **params)
            latest = max((*members, latest) if latest else members, key=lambda item: item.notice_on)

    return Findings(each())


def check_window(plan: Plan, phase: int, *, earliest_on: date | None, latest_on: date | None) -> Findings:
    """Transfers of a phase lie within its window; None leaves a side open: ``plan_check.outside_window``."""
    first, last = earliest_on or date.min, latest_on or date.max
    return Findings(
        _found(
            "plan_check.outside_window", item, "transfer_on", phase=phase, first=earliest_on, last=latest_on
        )
        for item in plan.of_phase(phase)
        if not first <= item.transfer_on <= last
    )


def occupied_m2(plan: Plan, on: date, *, of_phases: Iterable[int], occupied_after_days: int) -> float:
    """Area of some phases that is occupied on a day, m².

    Parameters
    ----------
    plan
        The plan.
    on
        The day.
    of_phases
        Phases whose area counts.
    occupied_after_days
        Calendar days from transfer to occupation.
    """
    phases, delay = set(of_phases), timedelta(days=occupied_after_days)
    return sum(
        item.area_m2 for item in plan.transfers if item.phase in phases and item.transfer_on + delay <= on
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

    def each() -> Iterator[Finding]:
        for item in plan.of_phase(phase):
            there_m2 = occupied_m2(
                plan, item.notice_on, of_phases=of_phases, occupied_after_days=occupied_after_days
            )
            if there_m2 < needed_m2 - AREA_TOLERANCE_M2:
                params = {"phase": phase, "there_mu": to_mu(there_m2), "needed_mu": to_mu(needed_m2)}
                yield _found("plan_check.trigger_not_met", item, "notice_on", **params)

    return Findings(each())


def check_objective(plan: Plan) -> Findings:
    """The objective is that of the transfers, with no bound above it: ``plan_check.objective_wrong``."""
    if plan.objective is None:
        return Findings()
    recomputed = plan.waiting_m2_days()
    tolerance = AREA_TOLERANCE_M2 * max(1.0, recomputed / 1e9)
    bound = plan.bound if plan.bound is not None else plan.objective
    if abs(plan.objective - recomputed) <= tolerance and bound <= plan.objective + tolerance:
        return Findings()
    params = {"recomputed": recomputed, "bound": bound}
    return Findings(
        [
            Finding(
                code="plan_check.objective_wrong",
                layer="plan",
                field="objective",
                value=plan.objective,
                params=params,
            )
        ]
    )


def check_plan(plan: Plan, *, readiness: pd.DataFrame, config: SiteConfig, clock: StatutoryClock) -> Findings:
    """Hold a plan against readiness and site.toml again, from the plan's days and areas alone.

    Parameters
    ----------
    plan
        The plan to check, whoever made it.
    readiness
        Readiness indexed by parcel_id: ``phase, area_m2, ready_on``.
    config
        The site's settings.
    clock
        Statutory lengths of a listing.

    Returns
    -------
    Findings
        No errors where everything holds.
    """
    left_out = {item.parcel_id for item in plan.unplanned}
    ready_on = {str(parcel): day.date() for parcel, day in readiness["ready_on"].dropna().items()}
    found = check_complete(plan, [str(parcel) for parcel in readiness.index if str(parcel) not in left_out])
    found += check_net_land(plan, {item.parcel_id: date.max for item in plan.transfers} | ready_on)
    found += check_clock(plan, clock) + check_horizon(plan, config.horizon_end) + check_objective(plan)
    found += check_calendar(plan)
    if config.plan.listings_per_month is not None:
        found += check_listings(plan, config.plan.listings_per_month)
    for year in sorted({item.transfer_on.year for item in plan.transfers}):
        quota_mu = config.plan.quota_mu.get(year, config.plan.quota_default_mu)
        found += check_quota(plan, year, from_mu(quota_mu)) if quota_mu is not None else Findings()
    if config.plan.phase_order:
        found += check_phase_order(plan)
    return found + _check_phases(plan, readiness, config)


def _check_phases(plan: Plan, readiness: pd.DataFrame, config: SiteConfig) -> Findings:
    found = Findings()
    for number, phase in config.phases.items():
        found += check_window(plan, number, earliest_on=phase.earliest_on, latest_on=phase.latest_on)
        if (trigger := phase.trigger) is not None:
            counted_m2 = float(readiness.loc[readiness["phase"].isin(trigger.of_phases), "area_m2"].sum())
            found += check_trigger(
                plan,
                number,
                needed_m2=trigger.occupied_share * counted_m2,
                of_phases=trigger.of_phases,
                occupied_after_days=trigger.occupied_after_days,
            )
    return found


def check_targets(plan: Plan, targets: pd.DataFrame, config: SiteConfig) -> Findings:
    """Hold the announced targets against the plan: the land one counts on must be there in time.

    Parameters
    ----------
    plan
        The plan.
    targets
        Targets indexed by target_id: ``by_on, phases, sentence``.
    config
        Settings; the longest ``occupied_after_days`` of a trigger is the time from transfer to use, else 0.

    Returns
    -------
    Findings
        ``plan_check.target_without_land`` for every phase of a target that comes too late in part or whole,
        ``plan_check.target_land_unplanned`` where the missing part is in no plan at all;
        ``plan_check.target_unknown`` where the plan holds no transfers at all;
        ``plan_check.target_without_phases`` where a target does not say which land it counts on.
    """
    triggers = [phase.trigger for phase in config.phases.values() if phase.trigger is not None]
    delay = timedelta(days=max((trigger.occupied_after_days for trigger in triggers), default=0))
    source = config.document.number
    return Findings(
        finding
        for target_id, row in targets.iterrows()
        if not pd.isna(row["by_on"])
        for finding in _check_target(plan, str(target_id), row, delay, source)
    )


def _check_target(
    plan: Plan, target_id: str, row: pd.Series, delay: timedelta, source: str
) -> Iterator[Finding]:
    by_on = pd.Timestamp(row["by_on"]).date()
    sentence = text(row["sentence"])
    phases = numbers(row["phases"])
    shared = {"by_on": by_on, "needed_on": by_on - delay, "days": delay.days, "sentence": sentence}

    def finding(code: str, **params: object) -> Finding:
        where = f"{source} {target_id}".strip()
        return Finding(
            code=code,
            layer="targets",
            feature_id=target_id,
            field="by_on",
            value=by_on,
            source=where,
            params=shared | params,
        )

    if not phases:
        yield finding("plan_check.target_without_phases")
    elif not plan.transfers:
        yield finding("plan_check.target_unknown", status=plan.status)
    else:
        for phase in phases:
            late = [item for item in plan.of_phase(phase) if item.transfer_on > by_on - delay]
            missing = [item for item in plan.unplanned if item.phase == phase]
            if late or missing:
                late_mu = to_mu(sum(item.area_m2 for item in late) + sum(item.area_m2 for item in missing))
                last = max((item.transfer_on for item in late), default=None)
                code = "plan_check.target_without_land" if last else "plan_check.target_land_unplanned"
                count = len(late) + len(missing)
                yield finding(code, phase=phase, late_mu=late_mu, parcels=count, last_on=last)
