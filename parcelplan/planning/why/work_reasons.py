"""What kept every work of a plan from an earlier start, all else as it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from parcelplan.checks.money_checks import CASH_TOLERANCE_YUAN, flows
from parcelplan.dates import is_working_day
from parcelplan.plan import Plan, PlannedWork, WaitedFor
from parcelplan.planning.problem import CashLimit, CrewCapacity, PlanningProblem, Precedence, Work
from parcelplan.planning.work_days import WorkDays

FIRST_NAMED = ("work", "crew", "earliest_start", "promised", "money")
"""Where several things forbid the start before, the first of these is named."""
MONTHS = 12


def work_reasons(problem: PlanningProblem, plan: Plan) -> dict[str, WaitedFor]:
    """What kept each planned work from the start before its own, by work.

    Parameters
    ----------
    problem
        The problem.
    plan
        A plan that keeps its demands.

    Returns
    -------
    dict
        ``work`` with the predecessor, ``crew``, ``calendar``, ``earliest_start``, ``promised`` or ``money`` with the
        month. A calendar is named where it alone shuts the days since the other things would have let the work
        begin, weekends and holidays apart. Works that nothing holds back are not named, nor those whose dates are
        given or that are in progress.
    """
    if not plan.works:
        return {}
    watch = _Watch(problem, plan)
    asked = {work.work_id: work for work in problem.works}
    reasons = {
        planned.work_id: watch.reason(asked[planned.work_id], planned)
        for planned in plan.works
        if planned.work_id in asked and not planned.fixed and planned.started_on is None
    }
    return {work_id: reason for work_id, reason in reasons.items() if reason is not None}


@dataclass(frozen=True, kw_only=True)
class _Move:
    """A work put on other days, as offsets: first day and first day after its end."""

    planned: PlannedWork
    start: int
    free: int


class _Watch:
    """Sums of a plan over crews and months, in which one work at a time is moved."""

    def __init__(self, problem: PlanningProblem, plan: Plan) -> None:
        self.problem = problem
        self.plan = plan
        last = max([0, *(self.offset(item.free_on) for item in plan.works)])
        self.work_days = WorkDays(problem, last)
        self.incoming: dict[str, list[Precedence]] = defaultdict(list)
        for item in problem.precedences:
            self.incoming[item.work_id].append(item)
        self.crews = [_Crew(item, plan, problem.as_of, last) for item in problem.of(CrewCapacity)]
        self.money = [_Cash(item, plan) for item in problem.of(CashLimit)]

    def offset(self, day: date) -> int:
        """Days from ``as_of`` to a day."""
        return (day - self.problem.as_of).days

    def date_of(self, offset: int) -> date:
        """The day of an offset."""
        return self.problem.as_of + timedelta(days=offset)

    def reason(self, work: Work, planned: PlannedWork) -> WaitedFor | None:
        """What the start before breaks; None where nothing does, or where there is no day before."""
        start, free = self.offset(planned.start_on), self.offset(planned.free_on)
        if start <= 0:
            return None
        table = self.work_days.free_table(work.calendar_id, work.mode(planned.mode).duration_days)
        earlier = np.flatnonzero(table[:start] >= 0)
        shut = WaitedFor(kind="calendar", subject=work.calendar_id)
        if not len(earlier):
            return shut
        before = int(earlier[-1])
        found = self._first(work, _Move(planned=planned, start=before, free=int(table[before])))
        if found is None or not self._closed(before + 1, start):
            return found
        # Were the calendar open the day before, would anything still stand in the way?
        return self._first(work, _Move(planned=planned, start=start - 1, free=free - 1)) or shut

    def _closed(self, first: int, until: int) -> bool:
        """Whether days lie between two starts that are neither weekends nor holidays."""
        return any(is_working_day(self.date_of(day)) for day in range(first, until))

    def _first(self, work: Work, move: _Move) -> WaitedFor | None:
        return next(self._broken(work, move), None)

    def _broken(self, work: Work, move: _Move) -> Iterator[WaitedFor]:
        """Yield what a move breaks, in the order of :data:`FIRST_NAMED`."""
        if (before := self._predecessor(move)) is not None:
            yield WaitedFor(kind="work", subject=before)
        for crew in self.crews:
            if crew.overloaded(move):
                yield WaitedFor(kind="crew", subject=crew.demand.crew_id)
        earliest_on, promised_on = work.earliest_start_on, work.not_before_on
        if earliest_on is not None and move.start < self.offset(earliest_on):
            yield WaitedFor(kind="earliest_start", subject=str(earliest_on))
        if promised_on is not None and move.free <= self.offset(promised_on):
            yield WaitedFor(kind="promised", subject=str(promised_on))
        for money in self.money:
            month = money.overdrawn(
                move, self.date_of(move.start), self.date_of(max(move.start, move.free - 1))
            )
            if month:
                yield WaitedFor(kind="money", subject=month)

    def _predecessor(self, move: _Move) -> str | None:
        """The work that is waited for longest, of those that do not let the move happen."""
        waits = []
        for item in self.incoming[move.planned.work_id]:
            first = self.plan.work(item.before)
            if first is None:
                continue
            since = first.free_on if item.relation[0] == "F" else first.start_on
            then = move.start if item.relation[1] == "S" else move.free
            missing = self.offset(since) + item.lag_days - then
            if missing > 0:
                waits.append((-missing, item.before))
        return min(waits)[1] if waits else None


class _Crew:
    """Units that a crew has free on every day of a plan."""

    def __init__(self, demand: CrewCapacity, plan: Plan, as_of: date, last: int) -> None:
        self.demand = demand
        self.free: npt.NDArray[np.int64] = np.full(last + 1, demand.capacity)
        # Of changes that overlap the first one counts, so that the first is written last.
        for first_on, until_on, capacity in reversed(demand.changes):
            first, until = ((day - as_of).days for day in (first_on, until_on))
            self.free[max(0, first) : max(0, until)] = capacity
        for item in plan.works:
            start, until = ((day - as_of).days for day in (item.start_on, item.free_on))
            self.free[max(0, start) : max(0, until)] -= self.units(item)
        self._as_of = as_of

    def units(self, item: PlannedWork) -> int:
        """Units that a work holds; one whose dates are given holds none."""
        return 0 if item.fixed else self.demand.units.get((item.work_id, item.mode), 0)

    def overloaded(self, move: _Move) -> bool:
        """Whether the crew lacks units on a day that the move adds; those it leaves only ease it."""
        units = self.units(move.planned)
        if not units:
            return False
        start = (move.planned.start_on - self._as_of).days
        return bool((self.free[move.start : min(start, move.free)] < units).any())


class _Cash:
    """Balance of a plan by month, from that of ``as_of`` on."""

    def __init__(self, demand: CashLimit, plan: Plan) -> None:
        self.demand = demand
        amounts = [(self._month(month), amount) for month, amount in flows(plan, demand)]
        count = max([0, *(month for month, _ in amounts)]) + 2
        self.balance: npt.NDArray[np.float64] = np.full(count, demand.opening_yuan)
        for month, amount in amounts:
            self._book(self.balance, month, amount)

    def _month(self, day: date) -> int:
        first = self.demand.as_of
        return (day.year - first.year) * MONTHS + day.month - first.month

    @staticmethod
    def _book(balance: npt.NDArray[np.float64], month: int, amount: float) -> None:
        """Payments count from their month on, income from the month after; closed months do not count."""
        if month >= 0:
            balance[month + (amount > 0) :] += amount

    def overdrawn(self, move: _Move, start_on: date, last_on: date) -> str:
        """First month that a move leaves below the credit line; empty where there is none."""
        item = move.planned
        at_start, at_end = self.demand.costs.get((item.work_id, item.mode), (0.0, 0.0))
        if not at_start and not at_end:
            return ""
        balance = self.balance.copy()
        days = ((1, item.start_on, max(item.start_on, item.ends_on)), (-1, start_on, last_on))
        for sign, first_on, end_on in days:
            for day, cost in ((first_on, at_start), (end_on, at_end)):
                month = self._month(day)
                # A cost below zero is income, which counts from the month after.
                balance[max(month, 0) + (cost < 0) :] += sign * cost if month >= 0 else 0.0
        short = np.flatnonzero(balance < -self.demand.credit_yuan - CASH_TOLERANCE_YUAN)
        if not len(short):
            return ""
        years, month = divmod(self.demand.as_of.month - 1 + int(short[0]), MONTHS)
        return f"{self.demand.as_of.year + years}-{month + 1:02d}"
