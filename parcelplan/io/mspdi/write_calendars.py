"""Our calendars as those of a file: closures of every year one by one, and holidays by the official calendar."""

from __future__ import annotations

import calendar as gregorian
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from parcelplan.catalogue import Language, text
from parcelplan.dates import ONE_DAY, is_working_day
from parcelplan.io.mspdi.calendars import WEEK, WORKDAYS
from parcelplan.io.programme.tables import Row

_TIMES = [{"FromTime": "08:00:00", "ToTime": "12:00:00"}, {"FromTime": "13:00:00", "ToTime": "17:00:00"}]
_DAILY = 1
_SUNDAY_FIRST = (7, 1, 2, 3, 4, 5, 6)
"""Days of the week as ISO counts them, in the file's order."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """Days that a file speaks of, both included."""

    first: date
    last: date

    def days(self) -> Iterator[date]:
        """Each of them."""
        return (self.first + timedelta(days=k) for k in range((self.last - self.first).days + 1))


@dataclass(frozen=True, kw_only=True)
class Closing:
    """One closure in one year: ``first`` to ``last``, both included."""

    first: date
    last: date
    note: str


@dataclass(frozen=True)
class CalendarWriter:
    """One calendar over the days of a file."""

    uid: int
    name: str
    span: Span
    lang: Language
    working: bool = False
    closures: Sequence[Row] = field(default_factory=list)

    def content(self) -> dict[str, Any]:
        """The element of the calendar."""
        exceptions = [*map(self._closed, self.closings), *self._holidays()]
        return {
            "UID": self.uid,
            "Name": self.name,
            "IsBaseCalendar": 1,
            "BaseCalendarUID": -1,
            "WeekDays": {
                "WeekDay": [self._week_day(place, day) for place, day in enumerate(_SUNDAY_FIRST, 1)]
            },
            "Exceptions": {"Exception": exceptions} if exceptions else None,
        }

    def open_days(self, first: date, last: date) -> int:
        """Days from ``first`` to ``last``, both included, on which work goes on."""
        days = (first + timedelta(days=k) for k in range((last - first).days + 1))
        return sum(day not in self._shut and (not self.working or is_working_day(day)) for day in days)

    @cached_property
    def closings(self) -> list[Closing]:
        """Each closure that touches the span, in every year in which it holds."""
        found = []
        for row in self.closures:
            from_on, until_on = row.get("from_on"), row.get("until_on")
            if from_on is None or until_on is None or until_on <= from_on:
                continue
            years = (
                range(self.span.first.year - 1, self.span.last.year + 1)
                if row.get("yearly")
                else [from_on.year]
            )
            for year in years:
                start = from_on.replace(
                    year=year, day=min(from_on.day, gregorian.monthrange(year, from_on.month)[1])
                )
                end = start + (until_on - from_on) - ONE_DAY
                # A closure that is no yearly one is written wherever it lies, so that it is not lost.
                if not row.get("yearly") or (start <= self.span.last and end >= self.span.first):
                    found.append(Closing(first=start, last=end, note=row.get("note") or ""))
        return found

    @cached_property
    def _shut(self) -> set[date]:
        return {day for item in self.closings for day in Span(first=item.first, last=item.last).days()}

    def _holidays(self) -> Iterator[dict[str, Any]]:
        """Runs of days on which the official calendar and the week differ."""
        if not self.working:
            return
        odd = (
            day
            for day in self.span.days()
            if day not in self._shut and is_working_day(day) != (day.isoweekday() in WORKDAYS)
        )
        for run in _runs(odd):
            code = "worked" if is_working_day(run[0]) else "holiday"
            yield _exception(run[0], run[-1], text(f"mspdi.{code}", self.lang), working=code == "worked")

    def _closed(self, item: Closing) -> dict[str, Any]:
        return _exception(item.first, item.last, item.note or text("mspdi.closure", self.lang), working=False)

    def _week_day(self, place: int, day: int) -> dict[str, Any]:
        is_open = day in (WORKDAYS if self.working else WEEK)
        times = {"WorkingTimes": {"WorkingTime": _TIMES}} if is_open else {}
        return {"DayType": place, "DayWorking": int(is_open)} | times


def _runs(days: Iterable[date]) -> Iterator[list[date]]:
    """Days that follow one another and are alike."""
    run: list[date] = []
    for day in days:
        if run and (day != run[-1] + ONE_DAY or is_working_day(day) != is_working_day(run[-1])):
            yield run
            run = []
        run.append(day)
    if run:
        yield run


def _exception(first: date, last: date, name: str, *, working: bool) -> dict[str, Any]:
    return {
        "EnteredByOccurrences": 0,
        "TimePeriod": {"FromDate": f"{first}T00:00:00", "ToDate": f"{last}T23:59:00"},
        "Occurrences": (last - first).days + 1,
        "Name": name,
        "Type": _DAILY,
        "DayWorking": int(working),
        "WorkingTimes": {"WorkingTime": _TIMES} if working else None,
    }
