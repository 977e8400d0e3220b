"""How much land works can have freed by a day, at the most.

For one day ``D`` alone, ``x[i]`` says whether parcel *i* is on notice by then, ``y[w]`` whether work *w* has ended.
Every plan gives such numbers, and they keep::

    x[i] ≤ y[w]                          for the works of each gate, one way round
    x[i] ≤ Σ over ways of y[a work of the way]
    y[w] ≤ y[b]                          where w starts after the end of b
    Σ units · days · y[w]                ≤ units of the crew on days that its works' calendars leave open, before D,
                                           and again from each of several days on for works that cannot start sooner
    Σ cost · y[w]                        ≤ opening balance + credit + other receipts − payments + income of the land
                                           that can have been sold in time to be paid by then

So the most area under these rows is no less than what any plan has on notice by ``D``.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from parcelplan.checks.money_checks import CASH_TOLERANCE_YUAN
from parcelplan.planning.bounds.cells import Cells
from parcelplan.planning.bounds.programme import Rows, least
from parcelplan.planning.heuristic.books import capacities
from parcelplan.planning.heuristic.layout import Floats, Layout
from parcelplan.planning.problem import CashLimit
from parcelplan.planning.timeline import Ints, month_number

THRESHOLDS = 4
"""Days from which on a crew's units are counted anew for works that cannot start sooner."""
HECTARE_M2 = 10_000.0
MILLION_YUAN = 1e6


@dataclass(frozen=True, kw_only=True)
class _Crew:
    row: int
    used_before: Floats
    """Units times open days before each day."""
    since: int


def most_freed(layout: Layout, cells: Cells, first: Ints, *, time_limit_s: float) -> Floats:
    """The most area that can be on notice by the end of each cell, m².

    Parameters
    ----------
    layout
        The problem by numbers.
    cells
        Its cells.
    first
        First position of each parcel.
    time_limit_s
        Longest search, seconds. Cells that time does not suffice for count with the area that is ready by then.
    """
    until = time.perf_counter() + time_limit_s
    days = np.append(layout.timeline.notice_offsets, layout.timeline.last + 1)[first]
    ready_m2 = np.array([layout.areas_m2[days <= end].sum() for end in cells.ends])
    rows, crews, purses = _laid(layout)
    programme = rows.programme()
    found = ready_m2.copy()
    whole = float(layout.areas_m2.sum())
    for cell, end in enumerate(cells.ends):
        left_s = until - time.perf_counter()
        if left_s <= 0 or not ready_m2[cell] or (cell and found[cell - 1] >= whole):
            continue
        limits = programme.limits.copy()
        for crew in crews:
            limits[crew.row] = max(0.0, crew.used_before[end] - crew.used_before[min(crew.since, end)])
        for cash, row in purses:
            limits[row] = _purse(layout, cells, cash, int(end), found) / MILLION_YUAN
        upper = np.concatenate([days <= end, layout.heads <= end]).astype(np.float64)
        by_then = replace(programme, upper=upper, limits=limits)
        found[cell] = min(found[cell], -least(by_then, time_limit_s=left_s) * HECTARE_M2)
    return found


def _laid(layout: Layout) -> tuple[Rows, list[_Crew], list[tuple[CashLimit, int]]]:
    rows = Rows()
    rows.columns(-layout.areas_m2 / HECTARE_M2)
    work = rows.columns(np.zeros(len(layout.works)))
    for number, accesses in enumerate(layout.accesses):
        for access in accesses:
            if len(access.ways) == 1:
                for needed in access.ways[0].works:
                    rows.row({number: 1.0, work + needed: -1.0}, 0.0)
            elif all(way.works for way in access.ways):
                rows.row(
                    {number: 1.0} | dict.fromkeys((work + way.works[0] for way in access.ways), -1.0), 0.0
                )
    for number, before in enumerate(layout.before):
        for item in before:
            if item.relation == "FS" and item.lag_days >= 0:
                rows.row({work + number: 1.0, work + layout.number[item.before]: -1.0}, 0.0)
    crews = [crew for number in range(len(layout.crews)) for crew in _crew_rows(layout, rows, number, work)]
    purses = [(cash, _purse_row(layout, rows, cash, work)) for cash in layout.cash]
    return rows, crews, purses


def _crew_rows(layout: Layout, rows: Rows, crew: int, work: int) -> list[_Crew]:
    """Rows of one crew, from several days on."""
    energy = np.array([_energy(layout, crew, number) for number in range(len(layout.works))])
    users = np.flatnonzero(energy)
    if not len(users):
        return []
    timeline = layout.timeline
    is_open = np.zeros(timeline.last + 1, dtype=bool)
    for calendar in {layout.works[number].calendar_id for number in users}:
        is_open |= timeline.work_days.free_table(calendar, 1)[: timeline.last + 1] >= 0
    units = capacities(timeline, layout.crews[crew]) * is_open
    used_before = np.concatenate([[0.0], np.cumsum(units)])
    starts = layout.first_starts[users]
    found = []
    for since in np.unique(
        np.quantile(starts, np.linspace(0, 1, THRESHOLDS, endpoint=False), method="lower")
    ):
        late = users[starts >= since]
        row = rows.rows(work + late, energy[late].astype(np.float64), 0.0)
        found.append(_Crew(row=row, used_before=used_before, since=int(since)))
    return found


def _energy(layout: Layout, crew: int, work: int) -> int:
    """Least units times open days of a crew that a work takes; 0 for one in progress, whose days are another matter."""
    item = layout.works[work]
    if item.started_on is not None:
        return 0
    taken = [
        layout.crews[crew].units.get((item.work_id, mode.name), 0) * mode.duration_days for mode in item.modes
    ]
    return min(taken, default=0)


def _purse_row(layout: Layout, rows: Rows, cash: CashLimit, work: int) -> int:
    costs = {
        work + number: min(sum(cash.costs.get((item.work_id, mode.name), (0.0, 0.0))) for mode in item.modes)
        for number, item in enumerate(layout.works)
    }
    return rows.row({column: cost / MILLION_YUAN for column, cost in costs.items() if cost > 0}, 0.0)


def _purse(layout: Layout, cells: Cells, cash: CashLimit, end: int, found: Floats) -> float:
    """What can have been paid for works that have ended by a day, yuan."""
    opens, month = month_number(cash.as_of), month_number(layout.timeline.date_of(end - 1))
    total = cash.opening_yuan + cash.credit_yuan + CASH_TOLERANCE_YUAN
    for day, amount in cash.other:
        if opens <= month_number(day) <= month - (amount > 0):
            total += amount
    dearest = max(
        (cash.prices.get(item.parcel_id, 0.0) / item.area_m2 for item in layout.parcels), default=0.0
    )
    for share, later in cash.terms:
        # paid before the month, so transferred by so many months sooner
        in_time = np.flatnonzero(cells.transfer_month <= month - 1 - later)
        total += share * dearest * float(found[in_time[-1]]) if len(in_time) else 0.0
    return max(0.0, total)
