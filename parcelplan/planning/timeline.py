"""A problem on its days: what dates are to people, positions and offsets are to a search.

Works count in whole days from ``as_of``, which is day 0. Notices count by their position among the days on which a
notice can be published, so that months, quarters and years of notices and transfers are rows of one table.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from graphlib import CycleError, TopologicalSorter

import numpy as np
from numpy.typing import NDArray

from parcelplan.dates import ONE_DAY, is_working_day
from parcelplan.planning.notice_days import NoticeDays, notice_days
from parcelplan.planning.problem import (
    LATER_YEARS,
    BlackOut,
    Candidate,
    CashLimit,
    CrewCapacity,
    Horizon,
    ListingsPerMonth,
    NetLand,
    OccupancyTrigger,
    PhaseWindow,
    PlanningProblem,
    Work,
    YearlyQuota,
)
from parcelplan.planning.work_days import WorkDays

Ints = NDArray[np.int64]
OPEN_SHARE = 0.6
"""Least share of working days in a long stretch of days: weekends and all holidays are closed."""
LONGEST_BREAK_DAYS = 20
"""Longest run of days without a working day, generously."""


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """A problem and its days."""

    problem: PlanningProblem
    days: NoticeDays
    last: int
    """Offset of the last day looked at."""

    def offset(self, day: date) -> int:
        """Days from ``as_of`` to a day."""
        return (day - self.problem.as_of).days

    def date_of(self, offset: int) -> date:
        """The day of an offset."""
        return self.problem.as_of + timedelta(days=int(offset))

    @cached_property
    def work_days(self) -> WorkDays:
        """Ends of works by their calendars."""
        return WorkDays(self.problem, self.last)

    @cached_property
    def first_position(self) -> int:
        """Position of the first notice on or after ``as_of``."""
        return self.days.at_or_after(self.problem.as_of)

    @cached_property
    def notice_offsets(self) -> Ints:
        """Offset of the notice at each position."""
        return np.array([self.offset(day) for day in self.days.days], dtype=np.int64)

    @cached_property
    def transfer_offsets(self) -> Ints:
        """Offset of the transfer that the notice at each position leads to."""
        return np.array([self.offset(day) for day in self.days.transfers], dtype=np.int64)

    @cached_property
    def notice_months(self) -> Ints:
        """Month of the notice at each position: year · 12 + month − 1."""
        return np.array([month_number(day) for day in self.days.days], dtype=np.int64)

    @cached_property
    def transfer_months(self) -> Ints:
        """Month of the transfer of each position: year · 12 + month − 1."""
        return np.array([month_number(day) for day in self.days.transfers], dtype=np.int64)

    @cached_property
    def transfer_quarters(self) -> Ints:
        """Quarter of the transfer of each position: year · 4 + quarter − 1."""
        return self.transfer_months // 3

    @cached_property
    def transfer_years(self) -> Ints:
        """Year of the transfer of each position."""
        return self.transfer_months // 12

    @cached_property
    def left_out(self) -> int:
        """Offset of the transfer that a parcel left out counts with."""
        return self.offset(left_out_on(self.problem))

    @cached_property
    def fixed(self) -> dict[str, int]:
        """Position of each notice that has been published."""
        return {
            item.parcel_id: self.days.at_or_after(item.fixed_notice_on)
            for item in self.problem.candidates
            if item.fixed_notice_on is not None
        }

    @cached_property
    def is_open(self) -> NDArray[np.bool_]:
        """Positions that a notice not yet published can take: working days from ``as_of`` on, no black-outs."""
        is_open = np.array([is_working_day(day) for day in self.days.days], dtype=bool)
        is_open &= self.notice_offsets >= 0
        for item in self.problem.of(BlackOut):
            first, until = self.offset(item.from_on), self.offset(item.until_on)
            for offsets in (self.notice_offsets, self.transfer_offsets):
                is_open &= (offsets < first) | (offsets >= until)
        return is_open

    def open_positions(self, item: Candidate) -> Ints:
        """Positions at which a candidate may go on notice as far as no other choice has a say in it, ascending.

        Windows, black-outs, the horizon and the day it is net land without planned works bound them; a notice that has
        been published leaves one.
        """
        window = self._windows[item.phase]
        if item.parcel_id in self.fixed:
            positions = np.array([self.fixed[item.parcel_id]], dtype=np.int64)
            return positions[window[positions]]
        first = self.days.at_or_after(self._ready_on.get(item.parcel_id, self.problem.as_of))
        positions = np.flatnonzero(self.is_open & window)
        return positions[positions >= first]

    @cached_property
    def _ready_on(self) -> dict[str, date]:
        demands = self.problem.of(NetLand)
        return {parcel: day for demand in demands for parcel, day in demand.ready_on.items()}

    @cached_property
    def _windows(self) -> dict[int, NDArray[np.bool_]]:
        """Positions whose transfer lies in the window of a phase and within the horizon."""
        end = min((self.offset(item.end_on) for item in self.problem.of(Horizon)), default=None)
        in_time = np.ones(len(self.days), dtype=bool) if end is None else self.transfer_offsets <= end
        within = {phase: in_time.copy() for phase in self.problem.phases()}
        for window in self.problem.of(PhaseWindow):
            if window.phase in within and window.earliest_on is not None:
                within[window.phase] &= self.transfer_offsets >= self.offset(window.earliest_on)
            if window.phase in within and window.latest_on is not None:
                within[window.phase] &= self.transfer_offsets <= self.offset(window.latest_on)
        return within


def month_number(day: date) -> int:
    """Months since the year 0: year · 12 + month − 1."""
    return day.year * 12 + day.month - 1


def lay_timeline(problem: PlanningProblem) -> Timeline:
    """Find the days of a problem: those of its notices, and the last one that a work can need."""
    published = [item.fixed_notice_on for item in problem.candidates if item.fixed_notice_on is not None]
    days = notice_days(problem.as_of, horizon_end(problem), problem.clock, also=published)
    ends = [horizon_end(problem), works_end(problem), *days.transfers[-1:]]
    return Timeline(problem=problem, days=days, last=(max(ends) - problem.as_of).days)


def left_out_on(problem: PlanningProblem) -> date:
    """Day of transfer with which a parcel counts that the chosen modes leave out."""
    return horizon_end(problem) + ONE_DAY


def horizon_end(problem: PlanningProblem) -> date:
    """End of the horizon; without one a day by which works, listings, quotas and triggers leave room for all."""
    if horizon := problem.of(Horizon):
        return min(item.end_on for item in horizon)
    days = [works_end(problem), *(item.ready_on for item in problem.candidates)]
    days += [day for item in problem.of(PhaseWindow) for day in (item.earliest_on, item.latest_on) if day]
    days += [date(item.year, 12, 31) for item in problem.of(YearlyQuota)]
    days += [item.until_on for item in problem.of(BlackOut)]
    if not problem.candidates:
        return max(days)
    years = 1 + len(problem.phases())
    for limit in problem.of(ListingsPerMonth):
        years += len(problem.candidates) // (12 * limit.per_month)
    for quota in problem.later_quotas[:1]:
        area_m2 = sum(item.area_m2 for item in problem.candidates)
        years += int(2 * area_m2 / quota.quota_m2) if quota.quota_m2 else 0
    years += sum(1 + item.occupied_after_days // 365 for item in problem.of(OccupancyTrigger))
    return date(max(days).year + min(years, LATER_YEARS), 12, 31)


def works_end(problem: PlanningProblem) -> date:
    """Day by which all works can have ended, whatever they wait for, counted from the last given day on.

    That is one after the other, or, if it is sooner, the bound of list schedules: on each day a work of some chain is
    carried out, or the next one of it waits for a crew of which too few units are free.
    """
    longest = {work.work_id: longest_days(problem, work) for work in problem.works if work.fixed is None}
    lags = sum(max(0, item.lag_days) for item in problem.precedences)
    days = min(sum(longest.values()), _longest_chain(problem, longest) + _waiting_for_crews(problem, longest))
    return max(_given_days(problem)) + timedelta(days=days + lags)


def _longest_chain(problem: PlanningProblem, longest: dict[str, int]) -> int:
    """Most days that works can wait for one another, each taking its longest; all of them if in circles."""
    before: dict[str, set[str]] = {work: set() for work in longest}
    for item in problem.precedences:
        if item.before in longest and item.work_id in longest:
            before[item.work_id].add(item.before)
    ends: dict[str, int] = {}
    try:
        for work in TopologicalSorter(before).static_order():
            ends[work] = longest[work] + max((ends[other] for other in before[work]), default=0)
    except CycleError:
        return sum(longest.values())
    return max(ends.values(), default=0)


def _waiting_for_crews(problem: PlanningProblem, longest: dict[str, int]) -> int:
    days = 0
    for crew in problem.of(CrewCapacity):
        units: dict[str, int] = {}
        for (work, _), count in crew.units.items():
            units[work] = max(units.get(work, 0), count)
        held = sum(n * longest.get(work, 0) for work, n in units.items())
        days += held // max(1, crew.capacity - max(units.values(), default=0) + 1)
    return days


def _given_days(problem: PlanningProblem) -> Iterator[date]:
    yield problem.as_of
    for work in problem.works:
        yield from (day for day in (work.earliest_start_on, work.not_before_on) if day is not None)
        yield from work.fixed or ()
    yield from problem.fixed_works.values()
    for calendar in problem.calendars:
        yield from (item.until_on for item in calendar.closures if not item.yearly)
    for crew in problem.of(CrewCapacity):
        yield from (until_on for _, until_on, _ in crew.changes)
    for cash in problem.of(CashLimit):
        yield from (day for day, _ in cash.other)
        yield from (item.end_on for item in problem.of(Horizon))


def longest_days(problem: PlanningProblem, work: Work) -> int:
    """Calendar days within which a work is carried out in its longest mode, waiting for its calendar included."""
    duration = max((mode.duration_days for mode in work.modes), default=0)
    calendar = problem.calendar(work.calendar_id)
    if calendar is None:
        return duration
    if calendar.working_days:
        duration = int(duration / OPEN_SHARE) + LONGEST_BREAK_DAYS
    closed = sum(min(366, (item.until_on - item.from_on).days) for item in calendar.closures if item.yearly)
    if closed:
        duration = 366 * (1 + duration // max(1, 365 - closed)) + duration
    return duration
