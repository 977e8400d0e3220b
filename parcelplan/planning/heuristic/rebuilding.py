"""Taking a piece of a plan apart and putting it together again in another order, with the way back kept open."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from parcelplan.planning.heuristic.layout import Layout
from parcelplan.planning.heuristic.placing import Placing

SHUFFLE_DAYS, SHUFFLE_NOTICES = 60.0, 8.0
"""How far works and notices are moved about in the order in which they were: days, and positions."""
NOISE = 0.3


@dataclass(frozen=True, kw_only=True)
class Links:
    """What hangs on each work."""

    layout: Layout

    @cached_property
    def later(self) -> dict[int, list[int]]:
        """Works that wait for each work."""
        found: dict[int, list[int]] = defaultdict(list)
        for number, before in enumerate(self.layout.before):
            for item in before:
                found[self.layout.number[item.before]].append(number)
        return found

    @cached_property
    def parcels(self) -> dict[int, list[int]]:
        """Parcels with a gate that each work has a part in opening."""
        found: dict[int, list[int]] = defaultdict(list)
        for number, accesses in enumerate(self.layout.accesses):
            for work in {work for access in accesses for way in access.ways for work in way.works}:
                found[work].append(number)
        return found

    def hanging_on(self, works: Iterable[int]) -> tuple[list[int], list[int]]:
        """The works themselves, all that wait for them, and all parcels that wait for any of these."""
        found = dict.fromkeys(works)
        for work in (turn := list(found)):
            for other in self.later[work]:
                if other not in found:
                    found[other] = None
                    turn.append(other)
        return turn, list(dict.fromkeys(parcel for work in turn for parcel in self.parcels[work]))


@dataclass(frozen=True, kw_only=True)
class Before:
    """Where works and parcels were that have been placed anew."""

    spans: dict[int, tuple[int, int]]
    notices: dict[int, int]


def rebuilt(
    placing: Placing, works: Iterable[int], parcels: Iterable[int], *, draw: np.random.Generator
) -> Before | None:
    """Take works and parcels out and put them back in a new order.

    Parameters
    ----------
    placing
        A complete placing; it is changed, but is as it was where the answer is None.
    works
        Works to place anew, with all that waits for them.
    parcels
        Parcels to place anew, with all that wait for the works.
    draw
        Draws the order.

    Returns
    -------
    Before or None
        The way back; None where something found no day, or an account would be overdrawn.
    """
    layout = placing.layout
    groups = {int(layout.group_of[k]) for k in parcels if k in placing.notices}
    out = [k for group in sorted(groups) for k in layout.groups[group] if k in placing.notices]
    out = [k for k in out if layout.parcels[k].fixed_notice_on is None]
    before = Before(
        notices={parcel: placing.take_out(parcel) for parcel in out},
        spans={work: placing.drop(work) for work in works},
    )
    if _put_back(placing, before, draw) and all(book.holds() for book in placing.cash):
        return before
    undo(placing, before)
    return None


def undo(placing: Placing, before: Before) -> None:
    """Put works and parcels back on the days that they had."""
    for parcel in [k for k in before.notices if k in placing.notices]:
        placing.take_out(parcel)
    for work in [k for k in before.spans if k in placing.spans]:
        placing.drop(work)
    for work, span in before.spans.items():
        placing.carry_out(work, span)
    for parcel, position in before.notices.items():
        placing.enter(parcel, position)


def _put_back(placing: Placing, before: Before, draw: np.random.Generator) -> bool:
    spread = SHUFFLE_DAYS * float(draw.choice([0.0, 1.0, 4.0]))
    moved = draw.normal(0.0, 1.0, len(before.spans)) * spread
    starts = [span[0] + shift for span, shift in zip(before.spans.values(), moved, strict=True)]
    turn = [work for _, work in sorted(zip(starts, before.spans, strict=True))]
    if not all(placing.place_work(work) for work in turn):
        return False
    layout = placing.layout
    waiting: dict[int, list[int]] = defaultdict(list)
    for parcel in before.notices:
        waiting[int(layout.group_of[parcel])].append(parcel)
    noise = dict(zip(waiting, draw.normal(0.0, 1.0, len(waiting)), strict=True))
    by_area = bool(draw.integers(2))

    def order(group: int) -> tuple[float, float]:
        members = waiting[group]
        level = max(layout.levels[layout.parcels[k].phase] for k in members)
        if by_area:
            return level, -float(layout.areas_m2[members].sum() * np.exp(NOISE * noise[group]))
        return level, before.notices[members[0]] + SHUFFLE_NOTICES * noise[group]

    return all(placing.place_group(waiting[group]) for group in sorted(waiting, key=order))
