"""Checks of a transfer plan as a whole, one function a code. They know no solver and no planner."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Protocol

import pandas as pd

from parcelplan.checks._found import of_plan, of_transfer
from parcelplan.checks.bureau_checks import (
    AREA_TOLERANCE_M2,
    check_absorption,
    check_batches,
    check_blackout,
    check_horizon,
    check_listings,
    check_phase_order,
    check_quota,
    check_trigger,
    check_window,
)
from parcelplan.checks.land_checks import check_net_land
from parcelplan.dates import ONE_DAY, StatutoryClock, is_working_day, known_until
from parcelplan.findings import Finding, Findings
from parcelplan.plan import Plan
from parcelplan.units import from_mu

if TYPE_CHECKING:
    from parcelplan.site import SiteConfig

LEFT_OUT_BY_MODE = "unplanned.excluded_by_mode"
"""Why a parcel is left out that could be transferred if its works were carried out in other modes."""


class AskedParcel(Protocol):
    """A parcel, or a piece of one, that can be transferred; see ``Candidate``."""

    @property
    def parcel_id(self) -> str:
        """Its id."""

    @property
    def part_of(self) -> str:
        """The parcel of which it is a piece; empty for a whole one."""

    @property
    def excluded_by(self) -> Sequence[tuple[str, str]]:
        """Works and modes under which it is not transferred."""

    @property
    def fixed_notice_on(self) -> date | None:
        """Day of a notice that has been published."""


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


def left_out(plan: Plan, candidates: Iterable[AskedParcel]) -> set[str]:
    """Candidates that never become net land in the modes that a plan chooses."""
    chosen = {(work.work_id, work.mode) for work in plan.works}
    return {item.parcel_id for item in candidates if not chosen.isdisjoint(item.excluded_by)}


def expected_parcels(plan: Plan, candidates: Sequence[AskedParcel]) -> list[str]:
    """Parcels that a plan has to transfer, given the modes and the sides of splits that it chooses.

    Those are all candidates but the ones that its modes exclude, and of a parcel with pieces one side: the pieces
    where the plan has the first of them or the whole is excluded, else the whole.

    Parameters
    ----------
    plan
        The plan.
    candidates
        Parcels and pieces of parcels that can be transferred.
    """
    out = left_out(plan, candidates)
    wholes = {item.parcel_id for item in candidates if item.parcel_id not in out}
    in_pieces = {
        item.part_of
        for item in candidates
        if item.part_of and (item.part_of not in wholes or plan.transfer(item.parcel_id) is not None)
    }
    in_pieces -= {whole for whole in in_pieces & wholes if plan.transfer(whole) is not None}
    return [
        item.parcel_id
        for item in candidates
        if item.parcel_id not in out
        and (item.part_of in in_pieces if item.part_of else item.parcel_id not in in_pieces)
    ]


def check_fixed(plan: Plan, candidates: Iterable[AskedParcel]) -> Findings:
    """Published notices stand as they are, and nothing else is put before the day of the plan.

    Returns
    -------
    Findings
        ``plan_check.notice_moved``, ``plan_check.not_published`` where a transfer is said to have happened that has
        not, and ``plan_check.notice_in_past``.
    """
    published = {item.parcel_id: item.fixed_notice_on for item in candidates}

    def each() -> Iterator[Finding]:
        for item in plan.transfers:
            fixed_on = published.get(item.parcel_id)
            if fixed_on is not None and (item.notice_on != fixed_on or not item.happened):
                yield of_transfer("plan_check.notice_moved", item, "notice_on", fixed_on=fixed_on)
            if fixed_on is None and item.happened:
                yield of_transfer("plan_check.not_published", item, "notice_on")
            if fixed_on is None and item.notice_on < plan.as_of:
                yield of_transfer("plan_check.notice_in_past", item, "notice_on", as_of=plan.as_of)

    return Findings(each())


def check_clock(plan: Plan, clock: StatutoryClock) -> Findings:
    """Notices stand on working days, and listing, transfer and result follow by the statutory clock.

    Notices that were published before the plan was made stand as they are, on whatever day.

    Returns
    -------
    Findings
        ``plan_check.notice_on_holiday`` and ``plan_check.clock_broken``.
    """

    def each() -> Iterator[Finding]:
        for item in plan.transfers:
            if not item.happened and not is_working_day(item.notice_on):
                yield of_transfer("plan_check.notice_on_holiday", item, "notice_on")
            for field in ("listing_on", "transfer_on", "result_on"):
                expected = getattr(clock, field)(item.notice_on)
                if getattr(item, field) != expected:
                    yield of_transfer("plan_check.clock_broken", item, field, expected=expected)

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


def check_objective(plan: Plan, horizon_end: date | None = None) -> Findings:
    """The headline value is that of its objective, and of the transfers for ``supply``; no bound lies above it.

    Parameters
    ----------
    plan
        The plan. Values of other objectives than ``supply`` are recomputed by those who know their definitions.
    horizon_end
        Last day of the horizon. Without it parcels that the chosen modes leave out, which count to its end, are not
        recomputed, and ``supply`` must only reach the value of the transfers.

    Returns
    -------
    Findings
        ``plan_check.objective_wrong`` and ``plan_check.bound_above``.
    """
    found = [
        of_plan("plan_check.bound_above", item.name, item.value, bound=item.bound)
        for item in plan.objectives
        if item.bound is not None and item.bound > item.value + _tolerance(item.value)
    ]
    value = plan.objective
    if value is None:
        return Findings(found)
    named = next((item.value for item in plan.objectives if item.name == plan.headline), value)
    if abs(named - value) > _tolerance(value):
        found.append(of_plan("plan_check.objective_wrong", plan.headline, value, recomputed=named))
    if plan.bound is not None and plan.bound > value + _tolerance(value):
        found.append(of_plan("plan_check.bound_above", plan.headline, value, bound=plan.bound))
    if plan.headline == "supply" and not _is_supply(plan, value, horizon_end):
        recomputed = _supply_m2_days(plan, horizon_end)
        found.append(of_plan("plan_check.objective_wrong", plan.headline, value, recomputed=recomputed))
    return Findings(found)


def _tolerance(value: float) -> float:
    return AREA_TOLERANCE_M2 * max(1.0, abs(value) / 1e9)


def _supply_m2_days(plan: Plan, horizon_end: date | None) -> float:
    """Area times days to the transfer; what modes leave out counts to the day after the horizon."""
    known = plan.waiting_m2_days()
    if horizon_end is None:
        return known
    days = (horizon_end + ONE_DAY - plan.as_of).days
    return known + days * sum(item.area_m2 for item in plan.unplanned if item.reason == LEFT_OUT_BY_MODE)


def _is_supply(plan: Plan, value: float, horizon_end: date | None) -> bool:
    expected = _supply_m2_days(plan, horizon_end)
    some_left_out = any(item.reason == LEFT_OUT_BY_MODE for item in plan.unplanned)
    if horizon_end is None and some_left_out:
        return value >= expected - _tolerance(expected)
    return abs(value - expected) <= _tolerance(expected)


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
    unplanned = {item.parcel_id for item in plan.unplanned}
    ready_on = {str(parcel): day.date() for parcel, day in readiness["ready_on"].dropna().items()}
    found = check_complete(plan, [str(parcel) for parcel in readiness.index if str(parcel) not in unplanned])
    found += check_net_land(plan, {item.parcel_id: date.max for item in plan.transfers} | ready_on)
    found += (
        check_clock(plan, clock)
        + check_horizon(plan, config.horizon_end)
        + check_objective(plan, config.horizon_end)
    )
    found += check_calendar(plan)
    if config.plan.listings_per_month is not None:
        found += check_listings(plan, config.plan.listings_per_month)
    for year, quota_m2 in _allowed_m2(plan, config).items():
        found += check_quota(plan, year, quota_m2)
    if config.plan.phase_order:
        found += check_phase_order(plan)
    return found + _check_market(plan, config) + _check_phases(plan, readiness, config)


def _check_market(plan: Plan, config: SiteConfig) -> Findings:
    """Batches, what the market takes in a quarter, and periods without business, as far as site.toml speaks of them."""
    rules, found = config.plan, Findings()
    for period in rules.blackouts:
        found += check_blackout(plan, config.as_of, period.from_on, period.until_on)
    if rules.batch_min_mu is not None or rules.batch_max_mu is not None:
        max_m2 = None if rules.batch_max_mu is None else from_mu(rules.batch_max_mu)
        found += check_batches(plan, config.as_of, from_mu(rules.batch_min_mu or 0.0), max_m2)
    if rules.absorption_mu_per_quarter is not None:
        found += check_absorption(plan, from_mu(rules.absorption_mu_per_quarter))
    return found


def _allowed_m2(plan: Plan, config: SiteConfig) -> dict[int, float]:
    """Area that each year may take: its quota, and the share of what the year before left of its own."""
    used_m2, allowed, own = plan.area_by_year_m2(), {}, config.plan.quota_mu
    carried_m2 = 0.0
    for year in range(config.as_of.year, max([config.as_of.year, *used_m2]) + 1):
        quota_mu = own.get(year, config.plan.quota_default_mu)
        if quota_mu is None:
            carried_m2 = 0.0
            continue
        quota_m2 = from_mu(quota_mu)
        allowed[year] = quota_m2 + carried_m2
        # What came over is used first and goes no further.
        drawn_m2 = max(0.0, used_m2.get(year, 0.0) - carried_m2)
        carried_m2 = config.plan.quota_carry_share * max(0.0, quota_m2 - drawn_m2)
    return allowed


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
