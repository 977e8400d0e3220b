"""Parcels in quadrants.

A quadrant's rectangle is the bounds of its parcels, so every parcel lies within the rectangle of its quadrant as a
whole, whatever the parcels beside it: there is no seam at which a parcel would meet two halves of a cover.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from parcelplan.geometry.arrays import Floats, Ints

LEVELS = 16
"""Halvings of the whole extent on each axis: a quadrant of the last level is 1/65,536 of a side."""
Keys = NDArray[np.uint64]


@dataclass(frozen=True)
class Quadrant:
    """Parcels that follow one another in the order of the tree."""

    start: int
    end: int
    level: int
    """How many levels lie below."""


class Quadtree:
    """Parcels in the order of a quadtree of the middles of their bounds."""

    def __init__(self, bounds: Floats) -> None:
        x = (bounds[:, 0] + bounds[:, 2]) / 2.0
        y = (bounds[:, 1] + bounds[:, 3]) / 2.0
        keys = _interleaved(x, y)
        self.order: Ints = np.argsort(keys, kind="stable")
        self.keys: Ints = keys[self.order].astype(np.intp)
        self.bounds = bounds[self.order]
        self.root = Quadrant(0, len(bounds), LEVELS)

    def bounds_of(self, quadrant: Quadrant, margin: float) -> Floats:
        """West, south, east and north of the parcels of a quadrant, and a margin."""
        own = self.bounds[quadrant.start : quadrant.end]
        low, high = own[:, :2].min(axis=0) - margin, own[:, 2:].max(axis=0) + margin
        return np.concatenate([low, high])

    def quarters(self, quadrant: Quadrant) -> Iterator[Quadrant]:
        """Its quarters that hold parcels."""
        level = quadrant.level - 1
        keys, step = self.keys[quadrant.start : quadrant.end], 4**level
        first = keys[0] // (step * 4) * 4
        cuts = np.searchsorted(keys, [(first + k) * step for k in (1, 2, 3)]) + quadrant.start
        marks = [quadrant.start, *cuts.tolist(), quadrant.end]
        for start, end in pairwise(marks):
            if end > start:
                yield Quadrant(start, end, level)


def _interleaved(x: Floats, y: Floats) -> Keys:
    """Keys that sort points by quadrants: the bits of both coordinates in turn."""
    if len(x) == 0:
        return np.empty(0, dtype=np.uint64)
    side = max(float(np.ptp(x)), float(np.ptp(y)), 1.0)
    last = 2**LEVELS - 1
    column = np.minimum((x - x.min()) / side * 2**LEVELS, last).astype(np.uint64)
    row = np.minimum((y - y.min()) / side * 2**LEVELS, last).astype(np.uint64)
    return _spread(column) | (_spread(row) << np.uint64(1))


def _spread(bits: Keys) -> Keys:
    """Put a zero before each of 16 bits."""
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        bits = (bits | (bits << np.uint64(shift))) & np.uint64(mask)
    return bits
