"""What the bureau keeps, from ``[plan]`` and ``[phases]`` of site.toml to demands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from parcelplan.errors import ConfigError
from parcelplan.planning.problem import (
    LATER_YEARS,
    Absorption,
    BatchSize,
    BlackOut,
    Demand,
    ListingsPerMonth,
    OccupancyTrigger,
    PhaseOrder,
    PhaseWindow,
    YearlyQuota,
)
from parcelplan.units import from_mu

if TYPE_CHECKING:
    from parcelplan.site import SiteConfig


def quotas(config: SiteConfig) -> tuple[list[YearlyQuota], list[YearlyQuota]]:
    """Quotas of the years up to the horizon, and of those after it; what is carried over binds them in a row."""
    plan, found = config.plan, []
    before: YearlyQuota | None = None
    for year in range(config.as_of.year, config.horizon_end.year + 1 + LATER_YEARS):
        quota_mu = plan.quota_mu.get(year, plan.quota_default_mu)
        if quota_mu is None:
            before = None
            continue
        carried = before if plan.quota_carry_share > 0 else None
        share = plan.quota_carry_share if carried is not None else 0.0
        before = YearlyQuota(year=year, quota_m2=from_mu(quota_mu), before=carried, carry_share=share)
        found.append(before)
    last = config.horizon_end.year
    return [item for item in found if item.year <= last], [item for item in found if item.year > last]


def black_outs(config: SiteConfig) -> Iterator[BlackOut]:
    """Yield the periods without notices and transfers."""
    for item in sorted(config.plan.blackouts, key=lambda period: period.from_on):
        yield BlackOut(from_on=item.from_on, until_on=item.until_on, as_of=config.as_of)


def phase_demands(readiness: pd.DataFrame, config: SiteConfig) -> Iterator[Demand]:
    """Yield windows and triggers, phase by phase."""
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


def monthly_demands(config: SiteConfig) -> Iterator[Demand]:
    """Yield what the market takes in a quarter and the bureau lists in a month."""
    plan = config.plan
    if plan.absorption_mu_per_quarter is not None:
        yield Absorption(per_quarter_m2=from_mu(plan.absorption_mu_per_quarter))
    if plan.batch_min_mu is not None or plan.batch_max_mu is not None:
        yield BatchSize(
            as_of=config.as_of,
            min_m2=from_mu(plan.batch_min_mu or 0.0),
            max_m2=None if plan.batch_max_mu is None else from_mu(plan.batch_max_mu),
        )
    if plan.listings_per_month is not None:
        yield ListingsPerMonth(per_month=plan.listings_per_month)


def phase_order(config: SiteConfig) -> Iterator[PhaseOrder]:
    """Yield the order of the phases, where it is kept."""
    if config.plan.phase_order:
        yield PhaseOrder()


def refuse_impossible(readiness: pd.DataFrame, config: SiteConfig) -> None:
    """Refuse limits that no plan can keep, with :class:`ConfigError`."""
    plan = config.plan
    if plan.listings_per_month is not None and plan.listings_per_month < 1:
        raise ConfigError("planning.no_listings", value=plan.listings_per_month)
    years = range(config.as_of.year, config.horizon_end.year + 1)
    by_year = {year: plan.quota_mu.get(year, plan.quota_default_mu) for year in years}
    for year, quota_mu in by_year.items():
        if quota_mu is not None and quota_mu < 0:
            raise ConfigError("planning.negative_quota", year=year, value=quota_mu)
    if all(quota_mu == 0 for quota_mu in by_year.values()):
        raise ConfigError("planning.no_quota", first=years[0], last=years[-1])
    if plan.partial_transfer and plan.smallest_piece_mu is None:
        raise ConfigError("planning.no_smallest_piece")
    _refuse_phases(set(readiness["phase"]), config)


def _refuse_phases(present: set[int], config: SiteConfig) -> None:
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
