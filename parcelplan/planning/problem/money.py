"""Money: what works cost, what transfers bring in, and a balance that is never overdrawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from parcelplan.checks import money_checks
from parcelplan.findings import Findings
from parcelplan.plan import Plan


@dataclass(frozen=True, kw_only=True)
class CashLimit:
    """``opening + Σ_{m' < m} income(m') − Σ_{m' ≤ m} payments(m') ≥ −credit`` for every calendar month *m*.

    Income counts from the month after it is due and payments from the first day of their month, so that the balance
    is overdrawn on no day. Works pay ``paid_at_start`` of their cost in the month of their first day and the rest in
    the month of their last day, or of their first one where they take no day; transfers pay the shares of ``terms`` so
    many months after the month of ``t_i``.
    """

    opening_yuan: float
    credit_yuan: float
    """How far below zero the balance may go."""
    costs: Mapping[tuple[str, str], tuple[float, float]]
    """By work and mode: what is paid at the start and at the end, yuan. Fixed works that are paid are not named."""
    prices: Mapping[str, float]
    """Income of each parcel, yuan."""
    terms: tuple[tuple[float, int], ...] = ((1.0, 1),)
    """Shares of the price and the months after the transfer in which they are paid; the shares add up to 1."""
    other: tuple[tuple[date, float], ...] = ()
    """Other receipts (positive) and payments (negative), yuan, by day."""
    as_of: date
    """Months before this day's month are closed: what fell in them is in the opening balance."""

    kind = "money"
    name = "money"

    def violations(self, plan: Plan) -> Findings:
        """Months in which the balance falls below the credit line."""
        return money_checks.check_cash(plan, self)
