"""Days: working days of mainland China, half-open periods, and the statutory clock of a land listing.

A period is half-open: it holds on ``from_on`` and no longer on ``until_on``. A work's ``ends_on`` is its last day, so
what it clears is free from the day after.
"""

from __future__ import annotations

import calendar
import csv
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources

import chinese_calendar
from chinese_calendar import constants

ONE_DAY = timedelta(days=1)
SATURDAY = 5


@cache
def known_until() -> date:
    """Last day for which the official holiday calendar is known; later years are counted by weekends and fixed days."""
    return date(max(constants.holidays).year, 12, 31)


@cache
def fixed_holidays() -> frozenset[tuple[int, int]]:
    """Month and day of the holidays that fall on the same day of every year, from ``fixed_holidays.csv``."""
    text = resources.files("parcelplan").joinpath("fixed_holidays.csv").read_text(encoding="utf-8")
    return frozenset((int(row["month"]), int(row["day"])) for row in csv.DictReader(text.splitlines()))


@cache
def is_working_day(day: date) -> bool:
    """Whether offices work on the day.

    Where the official calendar is known it decides; otherwise Monday to Friday count, less the holidays of fixed date:
    an assumption, since neither Spring Festival nor the days worked in exchange are known yet.

    Source: yearly holiday notices of the State Council, through the chinesecalendar package; fixed days from the
    State Council's regulation on public holidays (全国年节及纪念日放假办法).
    """
    last = known_until().year
    if min(constants.holidays).year <= day.year <= last:
        return bool(chinese_calendar.is_workday(day))
    return day.weekday() < SATURDAY and (day.month, day.day) not in fixed_holidays()


def working_day_from(day: date) -> date:
    """The day itself, or the next working day after it.

    Examples
    --------
    >>> working_day_from(date(2024, 2, 10))  # Spring Festival
    datetime.date(2024, 2, 18)
    """
    while not is_working_day(day):
        day += ONE_DAY
    return day


def add_working_days(day: date, count: int) -> date:
    """The count-th working day after ``day``, which itself is not counted."""
    for _ in range(count):
        day = working_day_from(day + ONE_DAY)
    return day


def month_start(day: date) -> date:
    """First day of the month."""
    return day.replace(day=1)


def month_end(day: date) -> date:
    """Last day of the month."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def months_between(first: date, last: date) -> list[date]:
    """First days of all months that the closed span touches."""
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [
        date(first.year + (first.month - 1 + k) // 12, (first.month - 1 + k) % 12 + 1, 1)
        for k in range(count)
    ]


@dataclass(frozen=True, kw_only=True)
class StatutoryClock:
    """From notice to result of a listing. The lengths come from the rule book, never from here."""

    notice_days: int
    """Calendar days between the notice and the first day of the listing, at least."""
    listing_days: int
    """Calendar days the listing stays open, at least."""
    result_working_days: int
    """Working days within which the result is published."""

    def listing_on(self, notice_on: date) -> date:
        """First day of the listing."""
        return working_day_from(notice_on + timedelta(days=self.notice_days))

    def transfer_on(self, notice_on: date) -> date:
        """Day on which the listing closes and the land is transferred."""
        return working_day_from(self.listing_on(notice_on) + timedelta(days=self.listing_days))

    def result_on(self, notice_on: date) -> date:
        """Last day for publishing the result."""
        return add_working_days(self.transfer_on(notice_on), self.result_working_days)
