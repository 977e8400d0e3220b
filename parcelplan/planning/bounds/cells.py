"""Time in cells, and the first days on which parcels could be sold if neither crews nor money stood in the way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from parcelplan.checks.bureau_checks import AREA_TOLERANCE_M2
from parcelplan.planning.heuristic.layout import Floats, Layout
from parcelplan.planning.problem import OccupancyTrigger, PhaseOrder
from parcelplan.planning.timeline import Ints, Timeline


@dataclass(frozen=True, kw_only=True)
class Cells:
    """Runs of consecutive positions with the same month of notice and quarter of transfer."""

    of: Ints
    """Cell of each position."""
    ends: Ints
    """Offset of the last notice of each cell."""
    month: Ints
    """Month of the notices, as in ``Timeline.notice_months``."""
    quarter: Ints
    year: Ints
    transfer_month: Ints
    """Month of the first transfer of each cell."""

    def __len__(self) -> int:
        """Count the cells."""
        return len(self.ends)


def lay_cells(timeline: Timeline) -> Cells:
    """Cut the positions of a timeline into cells."""
    quarters = timeline.transfer_quarters
    key = timeline.notice_months * 100_000 + quarters
    starts = np.flatnonzero(np.diff(key, prepend=-1))
    lasts = np.append(starts[1:], len(key)) - 1
    return Cells(
        of=np.repeat(np.arange(len(starts)), lasts - starts + 1),
        ends=timeline.notice_offsets[lasts],
        month=timeline.notice_months[starts],
        quarter=quarters[starts],
        year=timeline.transfer_years[starts],
        transfer_month=timeline.transfer_months[starts],
    )


def first_notices(layout: Layout) -> Ints:
    """No plan puts a parcel on notice before this position; one past the end where none can at all.

    Works start as early as what they wait for allows, and no crew is ever short. A phase waits for the first days of
    the phases before it, and for the first day by which enough of those that its trigger looks at could be occupied.
    """
    timeline, last = layout.timeline, len(layout.timeline.days)
    opens = np.array([layout.opens_on(number) for number in range(len(layout.parcels))], dtype=np.int64)
    phases = np.array([item.phase for item in layout.parcels], dtype=np.int64)
    found = _from(layout, np.searchsorted(timeline.notice_offsets, opens), range(len(opens)))
    for phase in sorted(layout.levels, key=lambda phase: (layout.levels[phase], phase)):
        floor = 0
        if timeline.problem.of(PhaseOrder) and (before := found[(phases < phase) & (found < last)]).size:
            # those that are never sold hold nobody up
            floor = int(before.max()) if not _optional(layout)[phases < phase].any() else 0
        for trigger in timeline.problem.of(OccupancyTrigger):
            if trigger.phase == phase:
                floor = max(floor, _met(layout, trigger, found, phases))
        own = [int(k) for k in np.flatnonzero(phases == phase) if layout.parcels[k].fixed_notice_on is None]
        found[own] = _from(layout, np.maximum(found[own], floor), own)
    return found


def _optional(layout: Layout) -> np.ndarray:
    sides = {k for whole, pieces in layout.splits for k in (whole, *pieces)}
    return np.array(
        [bool(item.excluded_by) or k in sides for k, item in enumerate(layout.parcels)], dtype=bool
    )


def _from(layout: Layout, positions: Ints, numbers: Iterable[int]) -> Ints:
    """The first open position of each parcel at or after another one."""
    found = []
    for number, position in zip(numbers, positions, strict=True):
        own = layout.open_positions[number]
        if layout.parcels[number].fixed_notice_on is not None:
            position = 0  # noqa: PLW2901 - a published notice stands, whatever its gates say
        k = int(np.searchsorted(own, position))
        found.append(int(own[k]) if k < len(own) else len(layout.timeline.days))
    return np.array(found, dtype=np.int64)


def _met(layout: Layout, trigger: OccupancyTrigger, found: Ints, phases: Ints) -> int:
    timeline = layout.timeline
    counted = np.flatnonzero(np.isin(phases, trigger.of_phases) & (found < len(timeline.days)))
    if trigger.needed_m2 <= AREA_TOLERANCE_M2:
        return 0
    days = timeline.transfer_offsets[found[counted]]
    turn = np.argsort(days, kind="stable")
    there = np.cumsum(layout.areas_m2[counted][turn])
    enough = int(np.searchsorted(there, trigger.needed_m2 - 2 * AREA_TOLERANCE_M2))
    if enough >= len(there):
        return len(timeline.days)
    return int(np.searchsorted(timeline.notice_offsets, days[turn][enough] + trigger.occupied_after_days))


def first_transfers(layout: Layout, cells: Cells, number: int, first: int) -> Floats:
    """Offset of a parcel's first transfer in each cell, its notice not before a position; infinite where none is."""
    own = layout.open_positions[number]
    own = own[np.searchsorted(own, first) :]
    days = np.full(len(cells), np.inf)
    reached, at = np.unique(cells.of[own], return_index=True)
    days[reached] = layout.timeline.transfer_offsets[own[at]]
    return days
