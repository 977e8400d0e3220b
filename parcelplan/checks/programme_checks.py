"""Checks of a plan against the site's own tables and settings, not against the problem that was stated from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from parcelplan.checks._found import of_work
from parcelplan.checks.cells import day as day_of
from parcelplan.checks.money_checks import check_cash
from parcelplan.checks.work_checks import check_crew, check_deadline, check_precedence
from parcelplan.findings import Finding, Findings
from parcelplan.land.calendars import Diary, read_calendars
from parcelplan.land.works import links
from parcelplan.plan import Plan
from parcelplan.schema.crews import units_by_crew
from parcelplan.site import Site
from parcelplan.units import YUAN_PER_WANYUAN, to_mu


def check_programme(plan: Plan, site: Site) -> Findings:
    """Hold the works and the money of a plan against the tables of works, crews and calendars and against ``[money]``.

    Parameters
    ----------
    plan
        The plan; works whose dates are given, or that have begun, are asked for their deadlines alone.
    site
        The site, in the modes of the plan or in any other ones.

    Returns
    -------
    Findings
        ``work_check.too_early``, ``work_check.after_deadline``, ``work_check.on_closed_day``,
        ``work_check.crew_overloaded`` and ``plan_check.overdrawn``.
    """
    found = Findings([*_works(plan, site), *_closed_days(plan, site)])
    for crew in _crews(site):
        found += check_crew(plan, crew)
    if (money := _money(plan, site)) is not None:
        found += check_cash(plan, money)
    return found


def _works(plan: Plan, site: Site) -> Iterator[Finding]:
    table = site.table("works")
    before = links(table)
    for work_id, deadline_on in table["deadline_on"].items():
        name = str(work_id)
        work, last_on = plan.work(name), day_of(deadline_on)
        if last_on is not None:
            yield from check_deadline(plan, name, last_on)
        if work is not None and work.started_on is None:
            for link in before[name]:
                yield from check_precedence(plan, link.before, name, link.relation, link.lag_days)


def _closed_days(plan: Plan, site: Site) -> Iterator[Finding]:
    diary, calendars = Diary(read_calendars(site)), site.table("works")["calendar"]
    for work in plan.works:
        calendar = str(calendars.get(work.work_id, ""))
        given = work.fixed or work.started_on is not None or work.free_on <= work.start_on
        if not given and not diary.days(calendar).is_open(work.start_on):
            params = {"calendar": calendar, "day": work.start_on}
            yield of_work("work_check.on_closed_day", work, "start_on", **params)


@dataclass(frozen=True, kw_only=True)
class TableCrew:
    """One crew as the tables have it."""

    crew_id: str
    rows: pd.DataFrame
    units: Mapping[tuple[str, str], int]

    @property
    def changes(self) -> tuple[tuple[date, date, int], ...]:
        """Periods of the rows that have days; those without end last as long as there are days."""
        dated = self.rows[self.rows[["from_on", "until_on"]].notna().any(axis=1)]
        return tuple(
            (day_of(row["from_on"]) or date.min, day_of(row["until_on"]) or date.max, int(row["capacity"]))
            for _, row in dated.iterrows()
        )

    def capacity_on(self, day: date) -> int:
        """Units on a day: by a row whose period ends, else by the last one that has begun for good, else as normal."""
        holding = [item for item in sorted(self.changes) if item[0] <= day < item[1]]
        passing = [item for item in holding if item[1] != date.max]
        normal = self.rows.loc[self.rows["from_on"].isna() & self.rows["until_on"].isna(), "capacity"]
        if passing:
            return passing[0][2]
        if holding:
            return holding[-1][2]
        return int(normal.iloc[0]) if len(normal) else 0


def _crews(site: Site) -> Iterator[TableCrew]:
    held: dict[str, dict[tuple[str, str], int]] = {}
    modes = site.config.plan.modes
    users = [
        ((str(key), modes.get(str(key), "")), str(cell)) for key, cell in site.table("works")["crews"].items()
    ]
    users += [
        ((str(row["work_id"]), str(row["mode"])), str(row["crews"]))
        for _, row in site.table("alternatives").iterrows()
    ]
    for way, cell in users:
        for crew_id, units in units_by_crew(cell).items():
            held.setdefault(crew_id, {})[way] = units
    for name, rows in site.table("crews").dropna(subset=["capacity"]).groupby("crew_id", sort=True):
        if str(name) in held:
            yield TableCrew(crew_id=str(name), rows=rows, units=held[str(name)])


@dataclass(frozen=True, kw_only=True)
class SiteMoney:
    """Money of a plan by the site's settings and tables, yuan."""

    opening_yuan: float
    credit_yuan: float
    costs: Mapping[tuple[str, str], tuple[float, float]]
    prices: Mapping[str, float]
    terms: tuple[tuple[float, int], ...]
    other: tuple[tuple[date, float], ...]
    as_of: date


def _money(plan: Plan, site: Site) -> SiteMoney | None:
    money = site.config.money
    if money is None or money.unit is None:
        return None
    return SiteMoney(
        opening_yuan=money.yuan(money.opening),
        credit_yuan=money.yuan(money.credit),
        costs=_costs(plan, site),
        prices=_prices(plan, site),
        terms=tuple((term.share, term.months) for term in money.terms),
        other=tuple((item.on, money.yuan(item.amount)) for item in money.other),
        as_of=plan.as_of,
    )


def _costs(plan: Plan, site: Site) -> dict[tuple[str, str], tuple[float, float]]:
    """What each work of the plan costs at its start and at its end; what has begun pays what is left at its end."""
    works, others = site.table("works"), site.table("alternatives").drop_duplicates(["work_id", "mode"])
    shares = {(str(key), ""): share for key, share in works["paid_at_start"].items()}
    rows = others[["work_id", "mode", "paid_at_start"]].itertuples(index=False, name=None)
    shares |= {(str(work), str(mode)): share for work, mode, share in rows}
    costs = {}
    for work in plan.works:
        way = (work.work_id, work.mode)
        share = shares.get(way, 0.0)
        paid = 0.0 if work.fixed or work.started_on is not None or pd.isna(share) else float(share)
        costs[way] = (work.cost_yuan * paid, work.cost_yuan * (1 - paid))
    return costs


def _prices(plan: Plan, site: Site) -> dict[str, float]:
    money, own = site.config.money, site.parcels["price_wanyuan_per_mu"]
    assert money is not None  # noqa: S101 - for the type
    prices = {}
    for item in plan.transfers:
        per_mu = own.get(item.part_of or item.parcel_id)
        if per_mu is not None and not pd.isna(per_mu):
            yuan_per_mu = float(per_mu) * YUAN_PER_WANYUAN
        else:
            yuan_per_mu = money.yuan(money.phase_price_per_mu.get(item.phase, money.price_per_mu or 0.0))
        prices[item.parcel_id] = yuan_per_mu * to_mu(item.area_m2)
    return prices
