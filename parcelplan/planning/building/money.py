"""Money of a programme: what works cost, what parcels bring in, and when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pandas as pd

from parcelplan.planning.building.ground import Ground
from parcelplan.planning.problem import Candidate, CashLimit, Work
from parcelplan.site.plan_rules import Money
from parcelplan.units import YUAN_PER_WANYUAN, to_mu


def cash_limit(ground: Ground, works: Iterable[Work], candidates: Iterable[Candidate]) -> Iterator[CashLimit]:
    """Yield the balance that is never overdrawn, where site.toml speaks of money.

    Raises
    ------
    ConfigError
        The unit of the amounts is not said.
    """
    money = ground.site.config.money
    if money is None:
        return
    yield CashLimit(
        opening_yuan=money.yuan(money.opening),
        credit_yuan=money.yuan(money.credit),
        costs=_costs(works),
        prices={item.parcel_id: _price_yuan(ground, money, item) for item in candidates},
        terms=tuple((term.share, term.months) for term in money.terms),
        other=tuple((item.on, money.yuan(item.amount)) for item in money.other),
        as_of=ground.site.as_of,
    )


def _costs(works: Iterable[Work]) -> dict[tuple[str, str], tuple[float, float]]:
    return {
        (work.work_id, mode.name): (
            mode.cost_yuan * mode.paid_at_start,
            mode.cost_yuan * (1 - mode.paid_at_start),
        )
        for work in works
        for mode in work.modes
        if mode.cost_yuan
    }


def _price_yuan(ground: Ground, money: Money, candidate: Candidate) -> float:
    """Price of a parcel: its own, that of its phase, or that of the site; nothing where none is said."""
    parcel_id = candidate.part_of or candidate.parcel_id
    own = ground.site.parcels.at[parcel_id, "price_wanyuan_per_mu"]
    if not pd.isna(own):
        per_mu = float(own) * YUAN_PER_WANYUAN
    else:
        said = money.phase_price_per_mu.get(candidate.phase, money.price_per_mu)
        per_mu = 0.0 if said is None else money.yuan(said)
    return per_mu * to_mu(candidate.area_m2)
