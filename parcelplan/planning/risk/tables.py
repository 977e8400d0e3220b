"""Days as tables: where a work that starts on a day ends, on which day a notice can be published, what it leads to.

All days are offsets from ``as_of``. Tables reach from 0 to ``last``, which stands for "never within the days looked
at": whatever comes there stays there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from parcelplan.dates import StatutoryClock, is_working_day
from parcelplan.planning.problem import BlackOut, CrewCapacity, PhaseWindow, PlanningProblem
from parcelplan.planning.risk.estimates import Ints
from parcelplan.planning.work_days import WorkDays

Bools = NDArray[np.bool_]


def next_true(mask: Bools) -> Ints:
    """For each place the first place at or after it that is true; the last place where there is none.

    Examples
    --------
    >>> next_true(np.array([False, True, False, False])).tolist()
    [1, 1, 3, 3]
    """
    last = len(mask) - 1
    places = np.where(mask, np.arange(len(mask)), last)
    return np.minimum.accumulate(places[::-1])[::-1].astype(np.int32)


@dataclass(frozen=True, kw_only=True)
class Days:
    """Days from ``as_of`` to ``last``."""

    as_of: date
    last: int

    def offset(self, day: date) -> int:
        """Days from ``as_of`` to a day."""
        return (day - self.as_of).days

    def dates(self) -> list[date]:
        """All days."""
        return [self.as_of + timedelta(days=k) for k in range(self.last + 1)]

    @cached_property
    def working(self) -> Bools:
        """Days on which offices work."""
        return np.array([is_working_day(day) for day in self.dates()], dtype=bool)

    @cached_property
    def months(self) -> Ints:
        """Month of each day: year · 12 + month − 1."""
        return np.array([day.year * 12 + day.month - 1 for day in self.dates()], dtype=np.int32)

    def within(self, periods: Iterable[tuple[date, date]]) -> Bools:
        """Days within half-open periods."""
        mask = np.zeros(self.last + 1, dtype=bool)
        for first, until in periods:
            mask[max(0, self.offset(first)) : max(0, self.offset(until))] = True
        return mask


@dataclass(frozen=True, kw_only=True)
class WorkTable:
    """Starts and ends of works of one calendar and one need of crews."""

    last: int
    starts: Ints
    """First day at or after each day on which a work may start."""
    opens: Ints
    """The open days, with ``last`` behind them."""
    rank: Ints
    """Open days before each day."""
    barriers: Ints
    """First day at or after each day over which no work may lie; ``last`` where there is none."""

    def ends(self, start: Ints, days: Ints) -> Ints:
        """First day after works that start on open days and take so many open days."""
        place = np.minimum(self.rank[start] + days - 1, len(self.opens) - 1)
        return np.where(days > 0, np.minimum(self.opens[place] + 1, self.last), start)

    def place(self, earliest: Ints, days: Ints) -> tuple[Ints, Ints]:
        """First days and first days after, for works that start as early as they can on or after a day."""
        start = np.where(days > 0, self.starts[np.minimum(earliest, self.last)], earliest)
        free = self.ends(start, days)
        while (hit := (self.barriers[start] < free) & (start < self.last)).any():
            beyond = self.starts[np.minimum(self.barriers[start] + 1, self.last)]
            start = np.where(hit, beyond, start)
            free = self.ends(start, days)
        return start, free

    def latest_start(self, until: Ints, days: Ints) -> Ints:
        """First open day from which works reach at least a day, which is the first one after them."""
        until = np.minimum(until, self.last)
        place = self.rank[np.maximum(until - 1, 0)] - days + 1
        reached = self.opens[np.clip(place, 0, len(self.opens) - 1)]
        return np.where(days > 0, np.where(until > 0, reached, 0), until)


class WorkTables:
    """Tables of a problem's works, one for each calendar and need of crews."""

    def __init__(self, problem: PlanningProblem, days: Days) -> None:
        self._days = days
        self._crews = problem.of(CrewCapacity)
        self._calendars = {item.calendar_id: item for item in problem.calendars}
        by_closures = tuple(replace(item, working_days=False) for item in problem.calendars)
        self._open = WorkDays(problem, days.last)
        self._not_shut = WorkDays(replace(problem, calendars=by_closures), days.last)
        self._laid: dict[tuple[str, frozenset[tuple[str, int]]], WorkTable] = {}

    def of(self, calendar_id: str, crews: Mapping[str, int]) -> WorkTable:
        """Table of works that follow a calendar and hold so many units of crews.

        Days on which a crew has fewer units in all than one such work needs are barriers, as are the closures of a
        calendar that cannot be interrupted.
        """
        key = calendar_id, frozenset(crews.items())
        if key not in self._laid:
            self._laid[key] = self._lay(calendar_id, crews)
        return self._laid[key]

    def _lay(self, calendar_id: str, crews: Mapping[str, int]) -> WorkTable:
        last = self._days.last
        away = self._crews_away(crews)
        is_open = self._open_days(self._open, calendar_id) & ~away
        is_open[-1] = True
        calendar = self._calendars.get(calendar_id)
        barrier = away.copy()
        if calendar is not None and not calendar.interruptible:
            barrier |= ~self._open_days(self._not_shut, calendar_id)
        barrier[-1] = True
        return WorkTable(
            last=last,
            starts=next_true(is_open),
            opens=np.flatnonzero(is_open).astype(np.int32),
            rank=(np.cumsum(is_open) - is_open).astype(np.int32),
            barriers=next_true(barrier),
        )

    def _open_days(self, work_days: WorkDays, calendar_id: str) -> Bools:
        return work_days.free_table(calendar_id, 1)[: self._days.last + 1] >= 0

    def _crews_away(self, crews: Mapping[str, int]) -> Bools:
        away = np.zeros(self._days.last + 1, dtype=bool)
        for crew in self._crews:
            if (units := crews.get(crew.crew_id, 0)) > 0:
                own = np.full(len(away), crew.capacity < units)
                for first, until, capacity in reversed(crew.changes):
                    own[self._days.within([(first, until)])] = capacity < units
                away |= own
        return away


@dataclass(frozen=True, kw_only=True)
class NoticeTable:
    """Days on which notices of some phases can be published."""

    first: Ints
    """First day at or after each day on which a notice may be published."""
    transfers: Ints
    """Transfer that a notice of each day leads to; ``last`` where there is none."""


def transfers_of(days: Days, clock: StatutoryClock) -> Ints:
    """Transfer that the statutory clock makes of a notice on each day."""
    working = next_true(days.working)
    listing = working[np.minimum(np.arange(days.last + 1) + clock.notice_days, days.last)]
    return working[np.minimum(listing + clock.listing_days, days.last)]


def notice_table(
    problem: PlanningProblem, days: Days, phases: frozenset[int], transfers: Ints
) -> NoticeTable:
    """Lay the table of notices of parcels of these phases: working days, windows that have begun, no black-outs."""
    allowed = days.working.copy()
    for window in problem.of(PhaseWindow):
        if window.phase in phases and window.earliest_on is not None:
            allowed &= transfers >= days.offset(window.earliest_on)
    black = days.within((item.from_on, item.until_on) for item in problem.of(BlackOut))
    allowed &= ~black & ~black[transfers]
    return NoticeTable(first=next_true(allowed), transfers=transfers)
