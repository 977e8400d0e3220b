"""Bounds that hold for every plan, from linear programmes over months instead of a search over days.

Time is cut into cells, runs of positions with the same month of notice and quarter of transfer. Parcels that count
alike form a class. ``x[c,s]`` is the area of class *c* that goes on notice in cell *s*. Every plan gives such areas,
and they keep the rows below; each transfer of a cell counts with the earliest day possible in it. So the least cost of
the programme is no more than the value of any plan::

    Σ_s x[c,s]                         ≥ area of the class, less what may be left out of it
    Σ_c Σ_{s in quarter} x[c,s]        ≤ absorption
    Σ_c Σ_{s in month} x[c,s] / m[c]   ≤ listings, m the largest parcel of the class
    Σ_c Σ_{s in year} x[c,s]           ≤ quota + k[year]
    k[year]                            ≤ share · (quota − Σ x + k) of the year before, and ≤ share · its quota
    Σ_c Σ_{s' ≤ s} x[c,s']             ≤ F[s], the most area that works can have freed by then: see ``freed``

What is left out of it (batches, order, neighbours) only makes its value smaller. Of a parcel that can be split, both
sides count as one parcel, as small as the smaller side and sold as early and cheaply as either can be.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

import numpy as np

from parcelplan.checks.bureau_checks import AREA_TOLERANCE_M2
from parcelplan.planning.bounds.cells import Cells, first_notices, first_transfers, lay_cells
from parcelplan.planning.bounds.freed import HECTARE_M2, most_freed
from parcelplan.planning.bounds.programme import Rows, least
from parcelplan.planning.heuristic.layout import Floats, Layout
from parcelplan.planning.problem import Absorption, ListingsPerMonth, ObjectiveName, YearlyQuota
from parcelplan.planning.timeline import Ints, Timeline

FREED_SHARE = 0.6
"""Share of the time that may go into what works can have freed."""


@dataclass(frozen=True, kw_only=True)
class Lot:
    """Parcels that count alike; ``costs`` a m² in each cell, infinite where none of them can be sold."""

    area_m2: float
    largest_m2: float
    costs: Floats
    left_out: float
    """What a m² costs that is left out; infinite where nothing may be."""


def lower_bound(timeline: Timeline, objective: ObjectiveName, *, time_limit_s: float) -> float:
    """What no plan falls below, whatever the objectives before; 0 where nothing better is known.

    Parameters
    ----------
    timeline
        The problem on its days.
    objective
        ``supply`` or ``lateness``; nothing is known here of others.
    time_limit_s
        Longest search, seconds; a shorter one gives a smaller bound.

    Returns
    -------
    float
        In the objective's own unit.
    """
    if objective not in {"supply", "lateness"} or not len(timeline.days):
        return 0.0
    begun = time.perf_counter()
    layout, cells = Layout(timeline=timeline), lay_cells(timeline)
    first = first_notices(layout)
    lots = _merged(_lots(layout, cells, first, objective))
    if any(lot.left_out == inf and not np.isfinite(lot.costs).any() for lot in lots):
        return 0.0
    freed_m2 = most_freed(layout, cells, first, time_limit_s=FREED_SHARE * time_limit_s)
    programme = _laid(layout, cells, lots, freed_m2).programme()
    left_s = time_limit_s - (time.perf_counter() - begun)
    return max(0.0, least(programme, time_limit_s=left_s) * HECTARE_M2)


def _lots(layout: Layout, cells: Cells, first: Ints, objective: ObjectiveName) -> Iterator[Lot]:
    """One lot for each parcel, or for both sides of a split."""
    costs = [
        _costs(layout, cells, number, int(first[number]), objective) for number in range(len(layout.parcels))
    ]
    split: set[int] = set()
    for whole, pieces in layout.splits:
        numbers = [whole, *pieces]
        split.update(numbers)
        areas = layout.areas_m2[numbers]
        # a piece that a mode leaves out may be missing beside its neighbours
        sold = [k for k in pieces if not layout.parcels[k].excluded_by]
        yield Lot(
            area_m2=float(min(areas[0], layout.areas_m2[sold].sum())),
            largest_m2=float(areas.max()),
            costs=np.min([costs[k][0] for k in numbers], axis=0),
            left_out=min(costs[k][1] for k in numbers),
        )
    for number, item in enumerate(layout.parcels):
        if number not in split:
            yield Lot(
                area_m2=item.area_m2,
                largest_m2=item.area_m2,
                costs=costs[number][0],
                left_out=costs[number][1],
            )


def _costs(
    layout: Layout, cells: Cells, number: int, first: int, objective: ObjectiveName
) -> tuple[Floats, float]:
    """What a m² of a parcel costs in each cell, and if it is left out."""
    item = layout.parcels[number]
    due = 0 if objective == "supply" else None
    if objective == "lateness" and item.due_on is not None:
        due = layout.timeline.offset(item.due_on)
    days = first_transfers(layout, cells, number, first)
    late = layout.timeline.left_out if item.excluded_by else inf
    if due is None:
        return np.where(np.isfinite(days), 0.0, inf), 0.0 if item.excluded_by else inf
    if objective == "supply":
        return days, late
    return np.maximum(0.0, days - due), max(0.0, late - due)


def _merged(lots: Iterator[Lot]) -> list[Lot]:
    """Lots that count alike as one."""
    alike: dict[tuple[bytes, float], list[Lot]] = defaultdict(list)
    for lot in lots:
        alike[lot.costs.tobytes(), lot.left_out].append(lot)
    return [
        Lot(
            area_m2=sum(lot.area_m2 for lot in same),
            largest_m2=max(lot.largest_m2 for lot in same),
            costs=same[0].costs,
            left_out=left_out,
        )
        for (_, left_out), same in alike.items()
    ]


def _laid(layout: Layout, cells: Cells, lots: list[Lot], freed_m2: Floats) -> Rows:
    """The programme, in hectares."""
    rows = Rows()
    columns: list[Ints] = []
    numbers: list[Ints] = []
    for lot in lots:
        open_cells = np.flatnonzero(np.isfinite(lot.costs))
        size = lot.area_m2 / HECTARE_M2
        first = rows.columns(lot.costs[open_cells], upper=size)
        columns.append(first + np.arange(len(open_cells)))
        numbers.append(open_cells)
        cover = dict.fromkeys(columns[-1].tolist(), -1.0)
        if lot.left_out < inf:
            cover[rows.columns([lot.left_out], upper=size)] = -1.0
        rows.row(cover, -size)
    empty = np.zeros(0, dtype=np.int64)
    column, cell = np.concatenate([empty, *columns]), np.concatenate([empty, *numbers])
    weight = np.repeat([HECTARE_M2 / lot.largest_m2 for lot in lots], [len(part) for part in columns])
    _bureau_rows(layout, cells, rows, column, cell, weight)
    _quota_rows(layout, cells, rows, column, cell)
    for number in np.flatnonzero(freed_m2 < layout.areas_m2.sum()):
        early = column[cell <= number]
        rows.rows(early, np.ones(len(early)), (float(freed_m2[number]) + AREA_TOLERANCE_M2) / HECTARE_M2)
    return rows


def _bureau_rows(layout: Layout, cells: Cells, rows: Rows, column: Ints, cell: Ints, weight: Floats) -> None:
    problem = layout.timeline.problem
    for absorption in problem.of(Absorption):
        limit = (absorption.per_quarter_m2 + AREA_TOLERANCE_M2) / HECTARE_M2
        for quarter in np.unique(cells.quarter):
            inside = column[cells.quarter[cell] == quarter]
            rows.rows(inside, np.ones(len(inside)), limit)
    for listings in problem.of(ListingsPerMonth):
        for month in np.unique(cells.month):
            inside = cells.month[cell] == month
            rows.rows(column[inside], weight[inside], float(listings.per_month))


def _quota_rows(layout: Layout, cells: Cells, rows: Rows, column: Ints, cell: Ints) -> None:
    carried: dict[int, int] = {}
    for quota in sorted(layout.timeline.problem.of(YearlyQuota), key=lambda item: item.year):
        used = dict.fromkeys(column[cells.year[cell] == quota.year].tolist(), 1.0)
        before = quota.before
        if before is not None and quota.carry_share > 0:
            most = quota.carry_share * before.quota_m2 / HECTARE_M2
            carried[quota.year] = rows.columns([0.0], upper=most)
            used[carried[quota.year]] = -1.0
            entries = dict.fromkeys(column[cells.year[cell] == before.year].tolist(), quota.carry_share)
            entries[carried[quota.year]] = 1.0
            if before.year in carried:
                entries[carried[before.year]] = -quota.carry_share
            rows.row(entries, most)
        rows.row(used, (quota.quota_m2 + AREA_TOLERANCE_M2) / HECTARE_M2)
