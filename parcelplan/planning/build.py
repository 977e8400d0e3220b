"""From readiness and site.toml to a planning problem."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from parcelplan.dates import StatutoryClock, working_day_from
from parcelplan.errors import ConfigError
from parcelplan.plan import Unplanned
from parcelplan.planning.problem import (
    LATER_YEARS,
    Candidate,
    Demand,
    Horizon,
    ListingsPerMonth,
    NetLand,
    OccupancyTrigger,
    PhaseOrder,
    PhaseWindow,
    PlanningProblem,
    YearlyQuota,
)
from parcelplan.units import from_mu

if TYPE_CHECKING:
    from parcelplan.site import SiteConfig


def build_problem(readiness: pd.DataFrame, config: SiteConfig, clock: StatutoryClock) -> PlanningProblem:
    """State what has to be planned.

    Parameters
    ----------
    readiness
        Readiness indexed by parcel_id with ``phase, area_m2, stage, ready_on, last_work``; a missing
        ``ready_on`` means never or not known.
    config
        The site's settings: horizon, windows, triggers, listings a month, quota, phase order.
    clock
        Statutory lengths of a listing, from the rule book.

    Returns
    -------
    PlanningProblem
        The same for every order of the rows. Parcels that cannot be transferred within the horizon are in
        ``unplanned``, each with its reason.

    Raises
    ------
    ConfigError
        A window ends before it begins, no parcel may be listed, the quota is zero in every year or negative,
        or a trigger waits for a phase without parcels or for its own.
    """
    _refuse_impossible(readiness, config)
    candidates: list[Candidate] = []
    unplanned: list[Unplanned] = []
    for parcel_id, row in readiness.sort_index().iterrows():
        out = _left_out(str(parcel_id), row, config.horizon_end, clock)
        if out is None:
            candidates.append(_candidate(str(parcel_id), row, config.as_of))
        else:
            unplanned.append(out)
    candidates.sort(key=lambda item: (item.phase, item.parcel_id))
    return PlanningProblem(
        as_of=config.as_of,
        clock=clock,
        candidates=tuple(candidates),
        demands=tuple(_demands(readiness, candidates, config)),
        unplanned=tuple(unplanned),
        later_quotas=tuple(_later_quotas(config)),
    )


def _candidate(parcel_id: str, row: pd.Series, as_of: date) -> Candidate:
    last_work = row.get("last_work", "")
    return Candidate(
        parcel_id=parcel_id,
        phase=int(row["phase"]),
        area_m2=float(row["area_m2"]),
        ready_on=max(as_of, row["ready_on"].date()),
        last_work="" if pd.isna(last_work) else str(last_work),
    )


def _left_out(parcel_id: str, row: pd.Series, horizon_end: date, clock: StatutoryClock) -> Unplanned | None:
    def reason(code: str, **params: object) -> Unplanned:
        area_m2 = float(row["area_m2"])
        return Unplanned(
            parcel_id=parcel_id, phase=int(row["phase"]), area_m2=area_m2, reason=code, params=params
        )

    if pd.isna(row["ready_on"]):
        return reason("unplanned.unknown" if row["stage"] == "unknown" else "unplanned.never_ready")
    ready_on = row["ready_on"].date()
    if ready_on > horizon_end:
        return reason("unplanned.after_horizon", ready_on=ready_on, horizon_end=horizon_end)
    transfer_on = clock.transfer_on(working_day_from(ready_on))
    if transfer_on > horizon_end:
        return reason(
            "unplanned.clock_past_horizon",
            ready_on=ready_on,
            transfer_on=transfer_on,
            horizon_end=horizon_end,
        )
    return None


def _demands(readiness: pd.DataFrame, candidates: list[Candidate], config: SiteConfig) -> Iterator[Demand]:
    """Yield the demands; those a user can least change come first, so that a conflict names the others."""
    for present in sorted({item.phase for item in candidates}):
        ready = {item.parcel_id: item.ready_on for item in candidates if item.phase == present}
        yield NetLand(phase=present, ready_on=ready)
    if config.plan.phase_order:
        yield PhaseOrder()
    for year in range(config.as_of.year, config.horizon_end.year + 1):
        quota_mu = config.plan.quota_mu.get(year, config.plan.quota_default_mu)
        if quota_mu is not None:
            yield YearlyQuota(year=year, quota_m2=from_mu(quota_mu))
    for number, phase in sorted(config.phases.items(), key=lambda item: item[0]):
        if phase.earliest_on is not None or phase.latest_on is not None:
            yield PhaseWindow(phase=number, earliest_on=phase.earliest_on, latest_on=phase.latest_on)
        if (trigger := phase.trigger) is not None:
            counted_m2 = float(readiness.loc[readiness["phase"].isin(trigger.of_phases), "area_m2"].sum())
            yield OccupancyTrigger(
                phase=number,
                needed_m2=trigger.occupied_share * counted_m2,
                of_phases=trigger.of_phases,
                occupied_after_days=trigger.occupied_after_days,
            )
    if config.plan.listings_per_month is not None:
        yield ListingsPerMonth(per_month=config.plan.listings_per_month)
    yield Horizon(end_on=config.horizon_end)


def _later_quotas(config: SiteConfig) -> Iterator[YearlyQuota]:
    for year in range(config.horizon_end.year + 1, config.horizon_end.year + 1 + LATER_YEARS):
        quota_mu = config.plan.quota_mu.get(year, config.plan.quota_default_mu)
        if quota_mu is not None:
            yield YearlyQuota(year=year, quota_m2=from_mu(quota_mu))


def _refuse_impossible(readiness: pd.DataFrame, config: SiteConfig) -> None:
    plan = config.plan
    if plan.listings_per_month is not None and plan.listings_per_month < 1:
        raise ConfigError("planning.no_listings", value=plan.listings_per_month)
    years = range(config.as_of.year, config.horizon_end.year + 1)
    quotas = {year: plan.quota_mu.get(year, plan.quota_default_mu) for year in years}
    for year, quota_mu in quotas.items():
        if quota_mu is not None and quota_mu < 0:
            raise ConfigError("planning.negative_quota", year=year, value=quota_mu)
    if all(quota_mu == 0 for quota_mu in quotas.values()):
        raise ConfigError("planning.no_quota", first=years[0], last=years[-1])
    present = set(readiness["phase"])
    for number, phase in sorted(config.phases.items()):
        if phase.earliest_on and phase.latest_on and phase.latest_on < phase.earliest_on:
            raise ConfigError(
                "planning.window_reversed",
                phase=number,
                earliest_on=phase.earliest_on,
                latest_on=phase.latest_on,
            )
        for other in phase.trigger.of_phases if phase.trigger and number in present else ():
            if other == number or other not in present:
                known = ", ".join(str(item) for item in sorted(present - {number}))
                raise ConfigError("planning.trigger_phase", phase=number, other=other, known=known or "–")
