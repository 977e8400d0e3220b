"""The days on which works can be carried out, as offsets from the problem's ``as_of``.

A work that starts on day ``s`` holds ``[s, f)``. Its duration counts the open days of its calendar: it starts on an
open one, and the last of them is the day before ``f``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import numpy.typing as npt

from parcelplan.dates import is_working_day
from parcelplan.planning.problem import (
    Closure,
    CrewCapacity,
    Mode,
    PlanningProblem,
    Work,
    WorkCalendar,
    WorkDeadline,
)

Days = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class WorkDays:
    """Starts and ends of works on a timeline of the days ``0 … last``.

    Parameters
    ----------
    problem
        Its calendars, works and deadlines are looked at.
    last
        Offset of the last day on which anybody works.
    """

    def __init__(self, problem: PlanningProblem, last: int) -> None:
        self.problem = problem
        self.last = last
        self._open: dict[str, Flags] = {}
        self._tables: dict[tuple[str, int], Days] = {}

    def offset(self, day: date) -> int:
        """Days from ``as_of`` to a day; negative before it."""
        return (day - self.problem.as_of).days

    def free_table(self, calendar_id: str, duration_days: int) -> Days:
        """First day after the end, for each start; −1 where a work cannot start or would not end in time.

        Parameters
        ----------
        calendar_id
            A calendar of the problem; the empty one is open every day.
        duration_days
            Open days that the work takes; 0 is a milestone, which may stand on any day.

        Returns
        -------
        ndarray of shape (last + 2,)
            Ascending over the starts that are possible. Shared: not to be written to.
        """
        if (calendar_id, duration_days) not in self._tables:
            table = self._laid(self.problem.calendar(calendar_id), duration_days)
            table.setflags(write=False)
            self._tables[calendar_id, duration_days] = table
        return self._tables[calendar_id, duration_days]

    def always_open(self, calendar_id: str, duration_days: int) -> bool:
        """Whether every start ends ``duration_days`` later, as far as the timeline reaches."""
        table = self.free_table(calendar_id, duration_days)
        starts = np.arange(len(table) - duration_days)
        return bool(np.array_equal(table[: len(starts)], starts + duration_days))

    def window(self, work: Work, mode: Mode) -> tuple[int, int] | None:
        """First and last start that the work's own dates and deadline leave it; None where there is none.

        Starts between them may still be closed to it by its calendar. A work in progress goes on on day 0, even where
        nobody works on that day.
        """
        table = self.table(work, mode)
        lowest = 0 if work.earliest_start_on is None else self.offset(work.earliest_start_on)
        least_free = -1 if work.not_before_on is None else self.offset(work.not_before_on) + 1
        most_free = self._deadlines.get(work.work_id, self.last + 1)
        possible = np.flatnonzero((table >= least_free) & (table >= 0) & (table <= most_free))
        if work.started_on is None:
            possible = possible[possible >= lowest]
        return (int(possible[0]), int(possible[-1])) if len(possible) else None

    def table(self, work: Work, mode: Mode) -> Days:
        """The free table of a work in a mode; for a work in progress it has the one start 0."""
        table = self.free_table(work.calendar_id, mode.duration_days)
        if work.started_on is None:
            return table
        going_on = np.full_like(table, -1)
        first_open = self._first_start(work.calendar_id) if mode.duration_days else 0
        if first_open < len(table):
            going_on[0] = table[first_open]
        return going_on

    def earliest_start(
        self, work: Work, mode: Mode, *, ready: int = 0, free_from: int = 0
    ) -> tuple[int, int] | None:
        """First ``(s, f)`` with ``s ≥ ready`` and ``f ≥ free_from`` that the work's dates and calendar allow."""
        window = self.window(work, mode)
        if window is None:
            return None
        table = self.table(work, mode)[: window[1] + 1]
        first = max(window[0], ready)
        possible = np.flatnonzero(table[first:] >= max(free_from, 0))
        return (first + int(possible[0]), int(table[first + possible[0]])) if len(possible) else None

    def fixed_span(self, work: Work) -> tuple[int, int] | None:
        """``(s, f)`` of a work whose dates are given, possibly before day 0; None for one that is planned."""
        if work.fixed is None:
            return None
        return self.offset(work.fixed[0]), self.offset(work.fixed[1]) + 1

    def capacity(self, crew: CrewCapacity) -> Days:
        """Units that a crew has on each of the days ``0 … last``."""
        units = np.full(self.last + 1, crew.capacity)
        # of periods that overlap the first one counts, so it is laid last
        for start_on, until_on, other in reversed(crew.changes):
            units[max(self.offset(start_on), 0) : max(self.offset(until_on), 0)] = other
        return units

    @cached_property
    def _deadlines(self) -> dict[str, int]:
        """First day after the last one allowed, by work."""
        latest: dict[str, int] = {}
        for item in self.problem.of(WorkDeadline):
            latest[item.work_id] = min(latest.get(item.work_id, self.last + 1), self.offset(item.on) + 1)
        return latest

    def _first_start(self, calendar_id: str) -> int:
        table = self.free_table(calendar_id, 1)
        return int(np.argmax(table >= 0)) if (table >= 0).any() else len(table)

    def _laid(self, calendar: WorkCalendar | None, duration_days: int) -> Days:
        starts = np.arange(self.last + 2)
        if duration_days == 0:
            return starts
        table = np.full(self.last + 2, -1)
        days = np.arange(self.last + 1) if calendar is None else np.flatnonzero(self._open_days(calendar))
        if len(days) < duration_days:
            return table
        table[days[: len(days) - duration_days + 1]] = days[duration_days - 1 :] + 1
        if calendar is not None and not calendar.interruptible:
            shut = np.concatenate([[0], np.cumsum(self._shut_days(calendar))])
            table[(table >= 0) & (shut[table.clip(0)] != shut[starts.clip(max=self.last + 1)])] = -1
        return table

    def _open_days(self, calendar: WorkCalendar) -> Flags:
        if calendar.calendar_id not in self._open:
            found = ~self._shut_days(calendar)
            if calendar.working_days:
                found &= self._working_days
            self._open[calendar.calendar_id] = found
        return self._open[calendar.calendar_id]

    def _shut_days(self, calendar: WorkCalendar) -> Flags:
        """Days in a closure, which weekends and holidays are not."""
        shut = np.zeros(self.last + 1, dtype=bool)
        for closure in calendar.closures:
            for start, end in self._periods(closure):
                shut[max(start, 0) : max(end, 0)] = True
        return shut

    def _periods(self, closure: Closure) -> Iterator[tuple[int, int]]:
        """Offsets of a closure, or of all of its years as far as the timeline reaches."""
        if not closure.yearly:
            yield self.offset(closure.from_on), self.offset(closure.until_on)
            return
        years = closure.until_on.year - closure.from_on.year
        end = self.problem.as_of + timedelta(days=self.last)
        for year in range(self.problem.as_of.year - years, end.year + 1):
            start_on, until_on = _in_year(closure.from_on, year), _in_year(closure.until_on, year + years)
            yield self.offset(start_on), self.offset(until_on)

    @cached_property
    def _working_days(self) -> Flags:
        first = self.problem.as_of.toordinal()
        return np.array([is_working_day(date.fromordinal(first + k)) for k in range(self.last + 1)], bool)


def _in_year(day: date, year: int) -> date:
    """The same day of another year; 29 February becomes 1 March where there is none."""
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 3, 1)
