"""Money in many runs at once: what is paid and received when works and transfers fall as they do."""

from __future__ import annotations

import numpy as np
import pandas as pd

from parcelplan.checks.money_checks import CASH_TOLERANCE_YUAN
from parcelplan.checks.money_checks import balances as planned_balances
from parcelplan.planning.problem import CashLimit
from parcelplan.planning.risk.answers import LEVELS
from parcelplan.planning.risk.drivers import Floats
from parcelplan.planning.risk.estimates import Ints
from parcelplan.planning.risk.land import LandNetwork, LandRuns
from parcelplan.planning.risk.works import WorkRuns


def lowest_balances(network: LandNetwork, works: WorkRuns, land: LandRuns, cash: CashLimit) -> Floats:
    """Lowest balance of every month (rows, from that of ``as_of`` on) in each run (columns), yuan.

    Counts as ``CashLimit`` does: income from the next month on, payments at once, nothing of earlier months.
    """
    flows = _Flows(network, land.transfer.shape[1], cash)
    for k, item in enumerate(network.plan.works):
        at_start, at_end = cash.costs.get((item.work_id, item.mode), (0.0, 0.0))
        last = np.maximum(works.start[k], works.free[k] - 1)
        flows.pay(works.start[k], at_start)
        flows.pay(last, at_end)
    for k, transfer in enumerate(network.plan.transfers):
        price = cash.prices.get(transfer.parcel_id, 0.0)
        for share, months in cash.terms:
            flows.receive(land.transfer[network.unit_of[k]], share * price, months)
    for day, amount in cash.other:
        offset = np.full(land.transfer.shape[1], network.days.offset(day), dtype=np.int32)
        if amount >= 0:
            flows.receive(offset, amount, 0)
        else:
            flows.pay(offset, -amount)
    return flows.balances(cash.opening_yuan)


class _Flows:
    """Income and payments by month (rows) and run (columns)."""

    def __init__(self, network: LandNetwork, runs: int, cash: CashLimit) -> None:
        self._day_0 = np.datetime64(network.days.as_of)
        self._first = int(np.datetime64(cash.as_of, "M").astype(int))
        self._runs = np.arange(runs)
        most = max([0, *(months for _, months in cash.terms)])
        shape = (int(self._month(np.array([network.days.last]))[0]) + most + 1, runs)
        self._income, self._payments = np.zeros(shape), np.zeros(shape)

    def _month(self, day: Ints) -> Ints:
        return (self._day_0 + day).astype("datetime64[M]").astype(np.int32) - self._first

    def pay(self, day: Ints, amount: float) -> None:
        """Pay an amount in the month of a day."""
        self._book(self._payments, day, amount, 0)

    def receive(self, day: Ints, amount: float, months: int) -> None:
        """Receive an amount so many months after that of a day."""
        self._book(self._income, day, amount, months)

    def _book(self, account: Floats, day: Ints, amount: float, months: int) -> None:
        if amount:
            month = self._month(day) + months
            counts = month >= 0
            account[month[counts], self._runs[counts]] += amount

    def balances(self, opening_yuan: float) -> Floats:
        """Lowest balance of each month."""
        received = np.cumsum(self._income, axis=0) - self._income
        return opening_yuan + received - np.cumsum(self._payments, axis=0)


def kept_credit(lowest: Floats, cash: CashLimit) -> float:
    """Share of the runs in which the balance never falls below the credit line."""
    return float((lowest.min(axis=0) >= -cash.credit_yuan - CASH_TOLERANCE_YUAN).mean())


def balance_band(network: LandNetwork, lowest: Floats, cash: CashLimit) -> pd.DataFrame:
    """Lowest balances by month, see :attr:`parcelplan.planning.risk.Risk.cash`, up to the last month that matters."""
    planned = [row.balance_yuan for row in planned_balances(network.plan, cash)]
    moving = np.flatnonzero((lowest[1:] != lowest[:-1]).any(axis=1))
    count = max([len(planned), *(moving + 2)])
    months = np.datetime64(cash.as_of, "M") + np.arange(count)
    frame = pd.DataFrame(index=pd.DatetimeIndex(months.astype("datetime64[s]"), name="month"))
    frame["planned_yuan"] = [*planned, *[np.nan] * (count - len(planned))]
    frame["planned_yuan"] = frame["planned_yuan"].ffill()
    for level in LEVELS:
        sure = np.quantile(lowest[:count], 1 - level, axis=1, method="inverted_cdf")
        frame[f"p{level * 100:.0f}_yuan"] = sure
    return frame
