"""Checks of the money of a plan: what comes in and goes out by month, and a balance that is never overdrawn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from parcelplan.checks._found import of_plan
from parcelplan.dates import month_start, months_between
from parcelplan.findings import Findings
from parcelplan.plan import Plan
from parcelplan.units import to_wanyuan

CASH_TOLERANCE_YUAN = 1.0
"""Balances are kept to the yuan."""


class Money(Protocol):
    """What a balance is reckoned from; see ``CashLimit``."""

    @property
    def opening_yuan(self) -> float:
        """Balance at the start of the month of ``as_of``."""

    @property
    def credit_yuan(self) -> float:
        """How far below zero the balance may go."""

    @property
    def costs(self) -> Mapping[tuple[str, str], tuple[float, float]]:
        """By work and mode: paid at the start and at the end."""

    @property
    def prices(self) -> Mapping[str, float]:
        """Income of each parcel."""

    @property
    def terms(self) -> tuple[tuple[float, int], ...]:
        """Shares of a price and the months after the transfer in which they are paid."""

    @property
    def other(self) -> tuple[tuple[date, float], ...]:
        """Other receipts and payments, by day."""

    @property
    def as_of(self) -> date:
        """Months before this day's month are closed."""


@dataclass(frozen=True, kw_only=True)
class MonthOfCash:
    """One month of a plan's money, yuan."""

    month: date
    income_yuan: float
    payments_yuan: float
    balance_yuan: float
    """Lowest balance of the month: all its payments made, none of its income received."""

    @property
    def closing_yuan(self) -> float:
        """Balance at the end of the month."""
        return self.balance_yuan + self.income_yuan


def _later_month(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, 1)


def flows(plan: Plan, money: Money) -> Iterator[tuple[date, float]]:
    """Receipts (positive) and payments (negative) of a plan, by the first day of their month, yuan."""
    for day, amount in money.other:
        yield month_start(day), amount
    for work in plan.works:
        at_start, at_end = money.costs.get((work.work_id, work.mode), (0.0, 0.0))
        yield month_start(work.start_on), -at_start
        yield month_start(max(work.start_on, work.ends_on)), -at_end
    for item in plan.transfers:
        price = money.prices.get(item.parcel_id, 0.0)
        for share, months in money.terms:
            yield _later_month(item.transfer_on, months), share * price


def balances(plan: Plan, money: Money) -> tuple[MonthOfCash, ...]:
    """Every month of a plan's money, from that of ``as_of`` to the last one in which any is paid.

    Parameters
    ----------
    plan
        The plan.
    money
        Opening balance, costs, prices and terms. What falls before the month of ``as_of`` is left out.

    Returns
    -------
    tuple of MonthOfCash
        Months without a gap.
    """
    income: dict[date, float] = defaultdict(float)
    payments: dict[date, float] = defaultdict(float)
    first = month_start(money.as_of)
    for month, amount in flows(plan, money):
        if month >= first and amount:
            (income if amount > 0 else payments)[month] += abs(amount)
    last = max((*income, *payments, first))
    rows = []
    held = money.opening_yuan
    for month in months_between(first, last):
        held -= payments[month]
        paid = {"income_yuan": income[month], "payments_yuan": payments[month]}
        rows.append(MonthOfCash(month=month, balance_yuan=held, **paid))
        held += income[month]
    return tuple(rows)


def check_cash(plan: Plan, money: Money) -> Findings:
    """The balance never falls below the credit line: ``plan_check.overdrawn``, once for each month.

    A plan without transfers and works, such as one that is infeasible, is not looked at.
    """
    if not plan.transfers and not plan.works:
        return Findings()
    limit = -money.credit_yuan - CASH_TOLERANCE_YUAN
    return Findings(
        of_plan(
            "plan_check.overdrawn",
            "balance",
            f"{row.month:%Y-%m}",
            balance_wanyuan=to_wanyuan(row.balance_yuan),
            credit_wanyuan=to_wanyuan(money.credit_yuan),
        )
        for row in balances(plan, money)
        if row.balance_yuan < limit
    )
