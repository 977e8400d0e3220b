"""Days on which a notice can be published, and the transfers that they lead to."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from parcelplan.dates import ONE_DAY, StatutoryClock, working_day_from


@dataclass(frozen=True, kw_only=True)
class NoticeDays:
    """Working days, ascending, and the transfer each leads to. All else speaks of positions in them."""

    days: tuple[date, ...]
    transfers: tuple[date, ...]

    def at_or_after(self, day: date) -> int:
        """Position of the first notice on or after a day; one past the end where there is none."""
        return bisect_left(self.days, day)

    def leading_to(self, day: date) -> int:
        """Position of the first notice whose transfer lies on or after a day."""
        return bisect_left(self.transfers, day)

    def after_occupation(self, position: int, occupied_after_days: int) -> int:
        """Position of the first notice once land that went on notice at a position is occupied."""
        return self.at_or_after(self.transfers[position] + timedelta(days=occupied_after_days))

    @cached_property
    def months(self) -> tuple[tuple[int, int], ...]:
        """Year and month of each notice."""
        return tuple((day.year, day.month) for day in self.days)

    @cached_property
    def years(self) -> tuple[int, ...]:
        """Year of the transfer of each notice."""
        return tuple(day.year for day in self.transfers)

    def __len__(self) -> int:
        """Count the days."""
        return len(self.days)


def notice_days(
    first_on: date, end_on: date, clock: StatutoryClock, *, also: Iterable[date] = ()
) -> NoticeDays:
    """All working days from ``first_on`` on whose transfer lies on or before ``end_on``.

    Parameters
    ----------
    first_on
        First day looked at.
    end_on
        Last day for a transfer.
    clock
        Statutory lengths of a listing.
    also
        Days of notices that have been published, whatever day they were.
    """
    leads = {day: clock.transfer_on(day) for day in also}
    day = working_day_from(first_on)
    while (transfer_on := clock.transfer_on(day)) <= end_on:
        leads[day] = transfer_on
        day = working_day_from(day + ONE_DAY)
    days = tuple(sorted(leads))
    return NoticeDays(days=days, transfers=tuple(leads[day] for day in days))
