"""The calendars that a site's works name: weeks, closures, and whether a work may pause over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from parcelplan.dates import ONE_DAY
from parcelplan.land.open_days import OpenDays
from parcelplan.site import Site

_MOST_STARTS = 366 * 60


@dataclass(frozen=True, kw_only=True)
class ClosedPeriod:
    """Days on which nobody works: ``from_on ≤ day < until_on``, in every year if ``yearly``."""

    from_on: date
    until_on: date
    yearly: bool = False


@dataclass(frozen=True, kw_only=True)
class SiteCalendar:
    """One calendar of the tables ``calendars`` and ``closures``."""

    calendar_id: str
    name: str = ""
    working_days: bool = False
    closures: tuple[ClosedPeriod, ...] = ()
    interruptible: bool = True


def read_calendars(site: Site) -> dict[str, SiteCalendar]:
    """Calendars by id; one that only ``closures`` speaks of goes on every other day.

    Closures without both days, or that end before they begin, close nothing: the checks name them.
    """
    table, closures = site.table("calendars"), site.table("closures")
    ids = dict.fromkeys([*map(str, table.index), *closures["calendar_id"].astype(str)])
    periods: dict[str, list[ClosedPeriod]] = {name: [] for name in ids}
    for _, row in closures.dropna(subset=["from_on", "until_on"]).iterrows():
        first, until = row["from_on"].date(), row["until_on"].date()
        if first < until:
            yearly = not pd.isna(row["yearly"]) and bool(row["yearly"])
            periods[str(row["calendar_id"])].append(
                ClosedPeriod(from_on=first, until_on=until, yearly=yearly)
            )
    return {name: _calendar(name, table, tuple(periods[name])) for name in ids if name}


def _calendar(name: str, table: pd.DataFrame, closures: tuple[ClosedPeriod, ...]) -> SiteCalendar:
    if name not in table.index:
        return SiteCalendar(calendar_id=name, closures=closures)
    row = table.loc[[name]].iloc[0]
    return SiteCalendar(
        calendar_id=name,
        name=str(row["name"]),
        working_days=row["week"] == "working",
        closures=closures,
        interruptible=pd.isna(row["interruptible"]) or bool(row["interruptible"]),
    )


class Diary:
    """Starts and ends of works by their calendars, day by day."""

    def __init__(self, calendars: Mapping[str, SiteCalendar] | None = None) -> None:
        self._days = {name: OpenDays(item) for name, item in (calendars or {}).items()}
        self._always = OpenDays()

    def days(self, calendar_id: str) -> OpenDays:
        """Open days of a calendar; one that nobody has described is open every day."""
        return self._days.get(calendar_id, self._always)

    def span(
        self, calendar_id: str, ready_on: date, duration_days: int, *, end_from: date | None = None
    ) -> tuple[date, date] | None:
        """First and last day of a work.

        Parameters
        ----------
        calendar_id
            Its calendar; empty where every day is open.
        ready_on
            It starts on this day or on the next one that is open to it.
        duration_days
            Open days that it takes.
        end_from
            Its last day is not before this one: it starts later if need be.

        Returns
        -------
        tuple of date or None
            None where the calendar never leaves it enough days.
        """
        days = self.days(calendar_id)
        if calendar_id not in self._days and end_from is not None:
            ready_on = max(ready_on, end_from - timedelta(days=duration_days - 1))
        start_on = ready_on
        for _ in range(_MOST_STARTS):
            if days.is_open(start_on):
                ends_on = days.end_of(start_on, duration_days)
                if ends_on is None:
                    return None
                if (end_from is None or ends_on >= end_from) and not days.broken_by(
                    start_on, ends_on + ONE_DAY
                ):
                    return start_on, ends_on
            start_on += ONE_DAY
        return None

    def end_of(self, calendar_id: str, start_on: date, duration_days: int) -> date | None:
        """Last day of a work in progress: it goes on on the first open day and stops for nothing but closed days."""
        return self.days(calendar_id).end_of(start_on, duration_days)

    def last_open(self, calendar_id: str, day: date, first: date) -> date | None:
        """The day itself or the last open one before it; None where there is none from ``first`` on."""
        days = self.days(calendar_id)
        while day >= first:
            if days.is_open(day):
                return day
            day -= ONE_DAY
        return None

    def open_days(self, calendar_id: str, first_on: date, last_on: date) -> int:
        """Open days from one day up to the first open day on or after another one."""
        days, count, day = self.days(calendar_id), 0, first_on
        for _ in range(_MOST_STARTS):
            count += days.is_open(day)
            if day >= last_on and days.is_open(day):
                return count
            day += ONE_DAY
        return count
