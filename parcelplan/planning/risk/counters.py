"""What a bureau can do in a month, a quarter or a year, counted in many runs at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from parcelplan.checks.bureau_checks import AREA_TOLERANCE_M2
from parcelplan.planning.problem import Absorption, BatchSize, ListingsPerMonth, PlanningProblem, YearlyQuota
from parcelplan.planning.risk.estimates import Ints
from parcelplan.planning.risk.tables import Bools, Days

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Slots:
    """Months, quarters or years, numbered from the first one that counts."""

    first: int
    months: int
    """Months in a slot."""
    of_day: Ints
    """Slot of each notice day."""
    begins: Ints
    """First notice day of each slot or, where it has none, of a later one; behind the last slot the last day."""

    @classmethod
    def of(cls, months: Ints, first_month: int, *, each: int = 1) -> Slots:
        """Slots of so many months each, for days whose months ascend; months are year · 12 + month − 1."""
        first = first_month // each
        of_day = (months // each - first).astype(np.int32)
        begins = np.minimum(np.searchsorted(of_day, np.arange(of_day[-1] + 2)), len(of_day) - 1)
        return cls(first=first, months=each, of_day=of_day, begins=begins.astype(np.int32))

    def __len__(self) -> int:
        """Count the slots."""
        return int(self.of_day[-1]) + 1


@dataclass(frozen=True, kw_only=True)
class Counter:
    """Parcels or areas in each slot of each run, and the most that fit."""

    slots: Slots
    limits: Floats
    used: Floats
    """One row a run, one column a slot."""
    phase: int | None = None
    """The one phase that counts; None where all do."""
    by_transfer: bool = True
    """Whether areas count on the day of the transfer; otherwise parcels on the day of the notice."""
    whole: bool = False
    """Whether a batch counts as one, however many parcels it has."""

    def amount(self, area_m2: float, parcels: int) -> float:
        """What a batch of so many parcels takes."""
        return area_m2 if self.by_transfer else float(1 if self.whole else parcels)

    def moved_on(self, day: Ints, amount: float) -> Ints:
        """First day, on or after each one, in whose slot the amount fits; the last day where there is none."""
        slot = self.slots.of_day[day]
        tolerance = AREA_TOLERANCE_M2 if self.by_transfer else 0.0
        full = np.flatnonzero(self.used[np.arange(len(day)), slot] + amount > self.limits[slot] + tolerance)
        if not len(full):
            return day
        fits = self.used[full] + amount <= self.limits + tolerance
        fits &= np.arange(len(self.slots)) > slot[full, None]
        moved = day.copy()
        moved[full] = self.slots.begins[np.where(fits.any(axis=1), fits.argmax(axis=1), len(self.slots))]
        return moved

    def add(self, day: Ints, amount: float) -> None:
        """Count an amount on its day in every run."""
        self.used[np.arange(len(day)), self.slots.of_day[day]] += amount

    def add_before(self, month: int, amount: float) -> None:
        """Count what fell in a month, whatever its day."""
        number = month // self.slots.months
        if self.slots.first <= number < self.slots.first + len(self.slots):
            self.used[:, number - self.slots.first] += amount


@dataclass(frozen=True, kw_only=True)
class CarryingCounter(Counter):
    """Yearly areas, where a share of what a year leaves unused adds to the next year's quota."""

    shares: Floats
    """Share that each year takes over from the one before."""

    def moved_on(self, day: Ints, amount: float) -> Ints:
        """As for any counter; an amount fits where it breaks no quota, also not by leaving less to a later year."""
        while (full := self._full(day, amount) & (day < len(self.slots.of_day) - 1)).any():
            day = np.where(full, self.slots.begins[self.slots.of_day[day] + 1], day)
        return day

    def _full(self, day: Ints, amount: float) -> Bools:
        slot = self.slots.of_day[day]
        used = self.used.copy()
        used[np.arange(len(day)), slot] += amount
        carried = np.zeros(len(day))
        broken = np.zeros(len(day), dtype=bool)
        for year, quota_m2 in enumerate(self.limits):
            broken |= (year >= slot) & (used[:, year] > quota_m2 + carried + AREA_TOLERANCE_M2)
            share = self.shares[year + 1] if year + 1 < len(self.shares) else 0.0
            # Without a quota there is nothing to carry over, and infinity times zero is no number.
            carried = (
                share * np.maximum(0.0, quota_m2 - np.maximum(0.0, used[:, year] - carried))
                if share
                else np.zeros(len(day))
            )
        return broken


def make_counters(
    problem: PlanningProblem, days: Days, transfers: Ints, *, runs: int, first_month: int
) -> list[Counter]:
    """Lay the counters of a problem, all empty.

    Parameters
    ----------
    problem
        Its listings, batches, absorption and quotas are counted.
    days, transfers
        The days, and the transfer that a notice of each leads to.
    runs
        Number of runs.
    first_month
        First month that counts: year · 12 + month − 1.
    """
    listed = Slots.of(days.months, first_month)
    quarters = Slots.of(days.months[transfers], first_month, each=3)
    years = Slots.of(days.months[transfers], first_month, each=12)
    made = [
        _counter(listed, runs, float(item.per_month), by_transfer=False)
        for item in problem.of(ListingsPerMonth)
    ]
    made += [_counter(quarters, runs, item.per_quarter_m2) for item in problem.of(Absorption)]
    if problem.of(BatchSize):
        made += [
            _counter(listed, runs, 1.0, by_transfer=False, whole=True, phase=phase)
            for phase in problem.phases()
        ]
    return [*made, *_quotas(problem.quotas(), years, runs)]


def _counter(
    slots: Slots,
    runs: int,
    limit: float,
    *,
    by_transfer: bool = True,
    whole: bool = False,
    phase: int | None = None,
) -> Counter:
    limits = np.full(len(slots), limit)
    used = np.zeros((runs, len(slots)))
    return Counter(slots=slots, limits=limits, used=used, by_transfer=by_transfer, whole=whole, phase=phase)


def _quotas(quotas: dict[int, YearlyQuota], years: Slots, runs: int) -> Iterator[Counter]:
    if not quotas:
        return
    limits, shares = np.full(len(years), np.inf), np.zeros(len(years))
    for year, item in _inside(quotas.items(), years):
        limits[year] = item.quota_m2
        shares[year] = item.carry_share if item.before is not None else 0.0
    used = np.zeros((runs, len(years)))
    if shares.any():
        yield CarryingCounter(slots=years, limits=limits, used=used, shares=shares)
    else:
        yield Counter(slots=years, limits=limits, used=used)


def _inside(quotas: Iterable[tuple[int, YearlyQuota]], years: Slots) -> Iterator[tuple[int, YearlyQuota]]:
    for year, item in quotas:
        if 0 <= year - years.first < len(years):
            yield year - years.first, item
