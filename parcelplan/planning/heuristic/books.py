"""What is used up while a plan is put together: crews by day, listings, quotas and absorption, and money by month.

Each book answers at once on which days one thing more still fits, so that nothing ever has to be tried out.
"""

from __future__ import annotations

from math import inf
from typing import NamedTuple

import numpy as np

from parcelplan.planning.heuristic.layout import Floats, Layout
from parcelplan.planning.problem import Absorption, CashLimit, CrewCapacity, ListingsPerMonth, YearlyQuota
from parcelplan.planning.timeline import Ints, Timeline, month_number

EPSILON_M2 = 1e-6
EPSILON_YUAN = 1e-3


class CrewBook:
    """Units of each crew that are free, by day."""

    def __init__(self, layout: Layout) -> None:
        self.free = [capacities(layout.timeline, crew) for crew in layout.crews]

    def hold(self, needs: list[tuple[int, int]], start: int, end: int, *, sign: int = 1) -> None:
        """Take units for a work from its first day to its end, or give them back with ``sign=-1``."""
        for crew, units in needs:
            self.free[crew][start:end] -= sign * units

    def blocked(self, needs: list[tuple[int, int]], start: int, end: int) -> int | None:
        """Last day of a period on which too few units are free; None where it can be carried out."""
        for crew, units in needs:
            short = self.free[crew][start:end] < units
            if short.any():
                return end - 1 - int(np.argmax(short[::-1]))
        return None


def capacities(timeline: Timeline, crew: CrewCapacity) -> Ints:
    """Units that a crew has on each day of a timeline."""
    units = np.full(timeline.last + 1, crew.capacity, dtype=np.int64)
    # where changes overlap the first one counts
    for from_on, until_on, capacity in reversed(crew.changes):
        units[max(0, timeline.offset(from_on)) : max(0, timeline.offset(until_on))] = capacity
    return units


class Segments(NamedTuple):
    """Runs of positions with the same months of notice and transfer."""

    of: Ints
    """Segment of each position."""
    month: Ints
    quarter: Ints
    year: Ints


def segments(timeline: Timeline) -> Segments:
    """Cut the positions of a timeline into segments; months, quarters and years count from the first one."""
    key = timeline.notice_months * 100_000 + timeline.transfer_months
    _, first, of = np.unique(key, return_index=True, return_inverse=True)
    if not len(key):
        empty = np.zeros(0, dtype=np.int64)
        return Segments(empty, empty, empty, empty)
    months, quarters, years = timeline.notice_months, timeline.transfer_quarters, timeline.transfer_years
    return Segments(
        of.reshape(-1),
        months[first] - months.min(),
        quarters[first] - quarters.min(),
        years[first] - years.min(),
    )


class LandBook:
    """Listings by month of notice, absorption by quarter and quotas by year of transfer."""

    def __init__(self, layout: Layout) -> None:
        timeline = layout.timeline
        self.segments = segments(timeline)
        count = [int(part.max(initial=-1)) + 1 for part in self.segments[1:]]
        self.listed = np.zeros(count[0], dtype=np.int64)
        self.absorbed_m2 = np.zeros(count[1])
        self.used_m2 = np.zeros(count[2])
        problem = timeline.problem
        self.per_month = min((item.per_month for item in problem.of(ListingsPerMonth)), default=inf)
        self.per_quarter_m2 = min((item.per_quarter_m2 for item in problem.of(Absorption)), default=inf)
        self._first_year = int(timeline.transfer_years.min()) if len(timeline.days) else 0
        self.quotas: dict[int, YearlyQuota] = {item.year: item for item in problem.of(YearlyQuota)}

    def put(self, position: int, area_m2: float, count: int, *, sign: int = 1) -> None:
        """Enter parcels at a position, or take them out with ``sign=-1``."""
        segment = self.segments.of[position]
        self.listed[self.segments.month[segment]] += sign * count
        self.absorbed_m2[self.segments.quarter[segment]] += sign * area_m2
        self.used_m2[self.segments.year[segment]] += sign * area_m2

    def rooms_m2(self) -> Floats:
        """Area that each year can take without breaking its own quota or what later years have carried over.

        With ``c`` carried into a year and ``n`` needed by the next one, ``used ≤ quota + c − n / share``.
        """
        rooms = np.full(len(self.used_m2), inf)
        carried: dict[int, float] = {}
        needed = dict.fromkeys(self.quotas, 0.0)
        years = sorted(self.quotas)
        used = {year: self._used(year) for year in years}
        for year in years:
            quota = self.quotas[year]
            before = quota.before
            carried[year] = 0.0
            if before is not None and quota.carry_share > 0:
                drawn = max(
                    0.0, used.get(before.year, self._used(before.year)) - carried.get(before.year, 0.0)
                )
                carried[year] = quota.carry_share * max(0.0, before.quota_m2 - drawn)
        for year in reversed(years):
            quota = self.quotas[year]
            short = max(0.0, used[year] - quota.quota_m2 + needed[year])
            if short and quota.before is not None and quota.before.year in needed and quota.carry_share > 0:
                needed[quota.before.year] = max(needed[quota.before.year], short / quota.carry_share)
        for year in years:
            if 0 <= year - self._first_year < len(rooms):
                room = self.quotas[year].quota_m2 + carried[year] - needed[year] - used[year]
                rooms[year - self._first_year] = room
        return rooms

    def _used(self, year: int) -> float:
        number = year - self._first_year
        return float(self.used_m2[number]) if 0 <= number < len(self.used_m2) else 0.0

    def takes(self, area_m2: float, count: int) -> np.ndarray:
        """Segments in which parcels still fit, one flag each."""
        part = self.segments
        fits: np.ndarray = self.listed[part.month] + count <= self.per_month
        fits &= self.absorbed_m2[part.quarter] + area_m2 <= self.per_quarter_m2 + EPSILON_M2
        fits &= (area_m2 <= self.rooms_m2() + EPSILON_M2)[part.year]
        return fits

    def first_for(self, area_m2: float, count: int, positions: Ints) -> int | None:
        """The first of some positions, ascending, at which parcels still fit."""
        if not len(positions):
            return None
        fits = self.takes(area_m2, count)[self.segments.of[positions]]
        first = int(np.argmax(fits))
        return int(positions[first]) if fits[first] else None


def _months(timeline: Timeline) -> Ints:
    """Month of each day: year · 12 + month − 1."""
    days = np.datetime64(timeline.problem.as_of, "D") + np.arange(timeline.last + 2)
    since_1970 = days.astype("datetime64[M]").astype(np.int64)
    return np.asarray(since_1970 + 1970 * 12, dtype=np.int64)


class CashBook:
    """The balance of an account: all payments of a month made and none of its income received."""

    def __init__(self, timeline: Timeline, limit: CashLimit) -> None:
        self.limit = limit
        self._timeline = timeline
        self._opens = month_number(limit.as_of)
        longest = max((months for _, months in limit.terms), default=0)
        self.count = month_number(timeline.date_of(timeline.last)) - self._opens + longest + 3
        self._months = _months(timeline) - self._opens
        self.balance = np.full(self.count, limit.opening_yuan)
        for day, amount in limit.other:
            month = month_number(day) - self._opens
            if month >= 0:
                self.balance[min(month + (amount > 0), self.count) :] += amount
        self._least: Floats | None = None

    def month(self, day: int) -> int:
        """Number of the month of a day."""
        if 0 <= day < len(self._months):
            return int(self._months[day])
        return month_number(self._timeline.date_of(day)) - self._opens

    def first_day(self, month: int) -> int:
        """First day of a month, as far as the timeline reaches; one past its end where it does not."""
        return int(np.searchsorted(self._months, month))

    def receive(self, transfer_on: int, yuan: float, *, sign: int = 1) -> None:
        """Enter the income of a parcel transferred on a day, or take it out with ``sign=-1``."""
        self._least = None
        for share, later in self.limit.terms:
            month = self.month(transfer_on) + later
            if month >= 0:
                self.balance[min(month + 1, self.count) :] += sign * share * yuan

    def pay(self, start: int, end: int, parts: tuple[float, float], *, sign: int = 1) -> None:
        """Enter what a work costs, or take it out with ``sign=-1``; closed months are paid already."""
        self._least = None
        for day, yuan in zip((start, max(start, end - 1)), parts, strict=True):
            month = self.month(day)
            if month >= 0:
                self.balance[min(month, self.count) :] -= sign * yuan

    @property
    def least(self) -> Floats:
        """Lowest balance from each month on, the credit line added: never negative where nothing is overdrawn."""
        if self._least is None:
            lowest = np.minimum.accumulate(self.balance[::-1])[::-1]
            self._least = lowest + self.limit.credit_yuan
        return self._least

    def holds(self) -> bool:
        """Whether the account is overdrawn in no month."""
        return bool(self.least[0] >= -EPSILON_YUAN)

    def first_payable(self, yuan: float) -> int | None:
        """First day from which on so much can be paid at any time; None where there is none."""
        if yuan <= 0:
            return 0
        month = int(np.searchsorted(self.least, yuan - EPSILON_YUAN))
        return self.first_day(month) if month < self.count else None
