"""Checks of what site.toml says of the plan and its money, as far as a single value cannot say it."""

from __future__ import annotations

from collections.abc import Iterator
from math import fsum

from parcelplan.checks.problem_findings import SHARE_TOLERANCE
from parcelplan.findings import Finding, Findings
from parcelplan.land.modes import alternatives_of
from parcelplan.site import Site


def check_settings(site: Site) -> Findings:
    """Check ``[plan]`` and ``[money]`` of a site.

    Returns
    -------
    Findings
        ``plan.blackout_reversed``, ``plan.batch_reversed``, ``plan.unknown_mode``; ``money.no_unit``, ``money.terms``,
        ``money.no_price``, ``money.no_cost``.
    """
    return Findings([*_plan(site), *_money(site)])


def _found(code: str, field: str, value: object, **params: object) -> Finding:
    return Finding(code=code, layer="site.toml", field=field, value=value, params=params)


def _plan(site: Site) -> Iterator[Finding]:
    plan = site.config.plan
    for period in plan.blackouts:
        if period.until_on <= period.from_on:
            yield _found("plan.blackout_reversed", "plan.blackouts", period.until_on, since=period.from_on)
    if plan.batch_min_mu and plan.batch_max_mu and plan.batch_max_mu < plan.batch_min_mu:
        yield _found("plan.batch_reversed", "plan.batch_max_mu", plan.batch_max_mu, least=plan.batch_min_mu)
    known = alternatives_of(site)
    for work_id, mode in plan.modes.items():
        if work_id not in site.table("works").index or mode not in ("", *known.get(work_id, ())):
            options = ", ".join(known.get(work_id, ())) or "–"
            yield _found("plan.unknown_mode", "plan.modes", mode, work=work_id, known=options)


def _money(site: Site) -> Iterator[Finding]:
    money = site.config.money
    if money is None:
        return
    if money.unit is None:
        yield _found("money.no_unit", "money.unit", "")
    total = fsum(term.share for term in money.terms)
    if abs(total - 1) > SHARE_TOLERANCE:
        yield _found("money.terms", "money.terms", total)
    without = site.parcels["price_wanyuan_per_mu"].isna() & ~site.parcels["phase"].isin(
        money.phase_price_per_mu
    )
    if money.price_per_mu is None and without.any():
        parcels = ", ".join(map(str, site.parcels.index[without]))
        yield _found("money.no_price", "money.price_per_mu", parcels, count=int(without.sum()))
    works = site.table("works")
    free = works.index[works["cost_wanyuan"].isna() & works["finished_on"].isna()]
    if len(free):
        yield _found("money.no_cost", "works.cost_wanyuan", ", ".join(map(str, free)), count=len(free))
