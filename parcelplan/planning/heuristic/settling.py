"""What is settled before anything gets a date: modes of works, sides of splits, days that are waited for."""

from __future__ import annotations

import numpy as np

from parcelplan.planning.heuristic.layout import Layout
from parcelplan.planning.heuristic.placing import Choices

FLIP = 0.3
"""Chance that a choice is drawn instead of made, where choices are varied."""


def settle(layout: Layout, *, aimed: bool = True, noise: float = 0.0, seed: int = 0) -> Choices:
    """Choose a mode for each work and a side for each split.

    Parameters
    ----------
    layout
        The problem by numbers.
    aimed
        Whether works and parcels wait for the day on which they are meant to be.
    noise
        Above 0 some choices are drawn.
    seed
        Seed of what is drawn.
    """
    draw = np.random.default_rng([seed, 1]) if noise else None
    modes = _modes(layout, draw)
    left_out = set(layout.never) | {k for key in enumerate(modes) for k in layout.excluding.get(key, ())}
    for group in layout.groups:
        # neighbours go together or not at all
        if left_out.intersection(group):
            left_out.update(group)
    for whole, pieces in layout.splits:
        left_out.update(_other_side(layout, whole, pieces, left_out, draw))
    not_before, starts = _aims(layout, modes) if aimed else ({}, {})
    return Choices(modes=modes, left_out=frozenset(left_out), not_before=not_before, starts=starts)


def _modes(layout: Layout, draw: np.random.Generator | None) -> tuple[int, ...]:
    """The mode that excludes least land, then the shortest one; the cheapest one where cost comes before supply."""
    names = layout.timeline.problem.objectives
    costly = "cost" in names and ("supply" not in names or names.index("cost") < names.index("supply"))
    chosen = []
    for number, work in enumerate(layout.works):
        possible = [k for k, mode in enumerate(work.modes) if layout.timeline.work_days.window(work, mode)]

        def rank(k: int, number: int = number) -> tuple[float, ...]:
            mode = layout.works[number].modes[k]
            out_m2 = sum(layout.areas_m2[parcel] for parcel in layout.excluding.get((number, k), ()))
            return (mode.cost_yuan if costly else 0.0, float(out_m2), mode.duration_days, mode.cost_yuan, k)

        best = min(possible, key=rank, default=0)
        if draw is not None and len(possible) > 1 and draw.random() < FLIP:
            best = int(draw.choice(possible))
        chosen.append(best)
    return tuple(chosen)


def _other_side(
    layout: Layout, whole: int, pieces: tuple[int, ...], out: set[int], draw: np.random.Generator | None
) -> tuple[int, ...]:
    """Pieces, where the whole parcel is sold; else the whole: what its pieces' earlier days gain decides."""
    items = layout.parcels
    if items[whole].fixed_notice_on is not None or set(pieces) <= out:
        return pieces
    if whole in out or any(items[piece].fixed_notice_on is not None for piece in pieces):
        return (whole,)
    if draw is not None and draw.random() < FLIP:
        return pieces if draw.integers(2) else (whole,)
    opens = [_opens(layout, parcel) for parcel in (whole, *pieces)]
    days = sum(layout.areas_m2[k] * day for k, day in zip(pieces, opens[1:], strict=True))
    return pieces if layout.areas_m2[whole] * opens[0] <= days else (whole,)


def _opens(layout: Layout, parcel: int) -> int:
    """Offset of the transfer if no work ever waited for a crew, or of the end where there is none."""
    opens = layout.opens_on(parcel)
    positions = layout.open_positions[parcel]
    offsets = layout.timeline.notice_offsets[positions]
    first = int(np.searchsorted(offsets, opens))
    if first == len(positions):
        return layout.timeline.left_out
    return int(layout.timeline.transfer_offsets[positions[first]])


def _aims(layout: Layout, modes: tuple[int, ...]) -> tuple[dict[int, int], dict[int, int]]:
    """First positions and first days of parcels and works that are meant to be on some day."""
    timeline, problem = layout.timeline, layout.timeline.problem
    wanted = dict(problem.earlier) if "stability" in problem.objectives else {}
    wanted |= dict(problem.fixed_transfers) if "fixed_dates" in problem.objectives else {}
    not_before = {
        layout.parcel_number[parcel]: timeline.days.leading_to(on)
        for parcel, on in wanted.items()
        if parcel in layout.parcel_number
    }
    starts = {}
    for work_id, on in problem.fixed_works.items() if "fixed_dates" in problem.objectives else ():
        number = layout.number.get(work_id)
        if number is not None and (work := layout.works[number]).started_on is None:
            table = timeline.work_days.table(work, work.modes[modes[number]])
            ends = np.flatnonzero(table >= timeline.offset(on) + 1)
            starts[number] = int(ends[0]) if len(ends) else 0
    return not_before, starts
