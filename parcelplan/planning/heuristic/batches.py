"""Selling in batches: one notice day for each phase and month, with an area between two limits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from parcelplan.planning.heuristic.placing import Placing, wanted_groups
from parcelplan.planning.problem import BatchSize

Group = tuple[int, ...]


def sell_in_batches(placing: Placing, order: Callable[[Group], tuple[float, ...]]) -> bool:
    """Place all parcels in batches, phase after phase and month after month; False where some are left.

    Parameters
    ----------
    placing
        All works placed and no parcels but those published.
    order
        Which of several groups of parcels goes first.
    """
    layout = placing.layout
    demands = layout.timeline.problem.of(BatchSize)
    least = max(item.min_m2 for item in demands)
    most = min((item.max_m2 for item in demands if item.max_m2 is not None), default=np.inf)
    groups = wanted_groups(layout, placing.choices.left_out)
    phases = sorted(layout.levels, key=lambda phase: (layout.levels[phase], phase))
    for phase in phases:
        own = [group for group in groups if layout.parcels[group[0]].phase == phase]
        if not _sell_phase(placing, sorted(own, key=order), least, most):
            return False
    return True


def _sell_phase(placing: Placing, groups: list[Group], least: float, most: float) -> bool:
    layout = placing.layout
    positions = {group: placing.first_positions(group) for group in groups}
    if any(not len(found) for found in positions.values()):
        return False
    months = layout.timeline.notice_months
    for month in np.unique(np.concatenate([months[found] for found in positions.values()])) if groups else ():
        ready = {group: positions[group][months[positions[group]] == month] for group in groups}
        batch = _batch(placing, {group: days for group, days in ready.items() if len(days)}, least, most)
        left = sum(_area(placing, group) for group in groups) - sum(_area(placing, group) for group in batch)
        if batch and 0 < left < least:
            batch = _held_back(placing, batch, least, least - left)
        for group in batch:
            for parcel in group:
                placing.enter(parcel, _day(batch, ready))
        groups = [group for group in groups if group not in batch]
        if not groups:
            return True
    return not groups


def _area(placing: Placing, group: Group) -> float:
    return float(placing.layout.areas_m2[list(group)].sum())


def _day(batch: list[Group], ready: dict[Group, np.ndarray]) -> int:
    return int(max(ready[group][0] for group in batch))


def _batch(placing: Placing, ready: dict[Group, np.ndarray], least: float, most: float) -> list[Group]:
    """As many of the groups as fit into one batch of the month, in order; none where they are too few."""
    batch: list[Group] = []
    area_m2, count = 0.0, 0
    for group in ready:
        day = _day([*batch, group], ready)
        more = area_m2 + _area(placing, group)
        shared = all(day in ready[other] for other in (*batch, group))
        days = np.array([day], dtype=np.int64)
        if more <= most and shared and placing.land.first_for(more, count + len(group), days) is not None:
            batch.append(group)
            area_m2, count = more, count + len(group)
    return batch if area_m2 >= least else []


def _held_back(placing: Placing, batch: list[Group], least: float, missing: float) -> list[Group]:
    """The batch without so much of it that the rest of the phase still makes a batch; none if it gets too small."""
    kept = list(batch)
    for group in reversed(batch):
        if missing <= 0:
            break
        missing -= _area(placing, group)
        kept.remove(group)
    return kept if sum(_area(placing, group) for group in kept) >= least and missing <= 0 else []
