"""The days of a calendar on which works can be carried out, counted one by one."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Protocol

from parcelplan.dates import ONE_DAY, is_working_day

LONGEST_SEARCH_DAYS = 366 * 60
"""How far ahead open days are looked for; a calendar that has too few of them by then has none that help."""


class Closed(Protocol):
    """Days on which nobody works; see ``Closure``."""

    @property
    def from_on(self) -> date:
        """First closed day."""

    @property
    def until_on(self) -> date:
        """First day after it."""

    @property
    def yearly(self) -> bool:
        """Whether it holds in every year."""


class Calendar(Protocol):
    """The days on which a work can be carried out; see ``WorkCalendar``."""

    @property
    def calendar_id(self) -> str:
        """Its id."""

    @property
    def working_days(self) -> bool:
        """Closed on weekends and holidays too."""

    @property
    def closures(self) -> Sequence[Closed]:
        """Closed periods."""

    @property
    def interruptible(self) -> bool:
        """Whether a work may pause over a closure."""


def is_closed(closure: Closed, day: date) -> bool:
    """Whether a day lies in a closure; one that is yearly holds in all years, earlier ones too.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> flood = SimpleNamespace(from_on=date(2024, 5, 1), until_on=date(2024, 10, 1), yearly=True)
    >>> is_closed(flood, date(2026, 9, 30)), is_closed(flood, date(2026, 10, 1))
    (True, False)
    """
    if not closure.yearly:
        return closure.from_on <= day < closure.until_on
    years = closure.until_on.year - closure.from_on.year
    return any(
        _in_year(closure.from_on, year) <= day < _in_year(closure.until_on, year + years)
        for year in range(day.year - years, day.year + 1)
    )


def _in_year(day: date, year: int) -> date:
    """The same day of another year; 29 February becomes 1 March where there is none."""
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


class OpenDays:
    """Open days of a calendar, or of none, under which every day is open. Days once looked at are kept."""

    def __init__(self, calendar: Calendar | None = None) -> None:
        self.calendar_id = calendar.calendar_id if calendar else ""
        self._calendar = calendar
        self._first = date.min
        self._next = date.min
        self._open: list[date] = []
        """Open days from ``_first`` up to ``_next``."""

    def is_open(self, day: date) -> bool:
        """Whether works can be carried out on the day."""
        calendar = self._calendar
        if calendar is None:
            return True
        if calendar.working_days and not is_working_day(day):
            return False
        return not any(is_closed(closure, day) for closure in calendar.closures)

    def end_of(self, start_on: date, duration_days: int) -> date | None:
        """Last day of a work that takes so many open days from a day on; None where there are not that many.

        A work of no days ends on the day before its start.
        """
        if duration_days <= 0:
            return start_on - ONE_DAY
        if self._calendar is None:
            return start_on + timedelta(days=duration_days - 1)
        self._look_from(start_on)
        position = bisect_right(self._open, start_on - ONE_DAY) + duration_days - 1
        limit = start_on + timedelta(days=LONGEST_SEARCH_DAYS)
        while len(self._open) <= position and self._next < limit:
            self._look_on()
        return self._open[position] if position < len(self._open) else None

    def broken_by(self, start_on: date, until_on: date) -> date | None:
        """First day of a closure inside ``[start_on, until_on)`` where works may not pause; None without one."""
        calendar = self._calendar
        if calendar is None or calendar.interruptible or not calendar.closures:
            return None
        days = (start_on + timedelta(days=k) for k in range((until_on - start_on).days))
        return next((day for day in days if any(is_closed(item, day) for item in calendar.closures)), None)

    def _look_from(self, day: date) -> None:
        if day < self._first or self._first == date.min:
            self._first = self._next = day
            self._open = []
        while self._next < day:
            self._look_on()

    def _look_on(self) -> None:
        if self.is_open(self._next):
            self._open.append(self._next)
        self._next += ONE_DAY
