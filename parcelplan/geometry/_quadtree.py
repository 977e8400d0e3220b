"""Parcels in quadrants, and covers cut down to what one quadrant needs of them.

A quadrant's rectangle is the bounds of its parcels, so every parcel lies within the rectangle of its quadrant as a
whole, whatever the parcels beside it: there is no seam at which a parcel would meet two halves of a cover.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray

from parcelplan.geometry.arrays import Bools, Floats, Ints, Shapes

LEVELS = 16
"""Halvings of the whole extent on each axis: a quadrant of the last level is 1/65,536 of a side."""
MARGIN_M = 1.0
"""How far beyond its parcels a quadrant's rectangle reaches: cuts stay clear of every border of a parcel."""
MANY_VERTICES = 50
"""Covers with more vertices are cut down; with fewer, cutting costs more than it saves."""
FEW_PARCELS = 8
"""Quadrants with no more parcels are not divided for the sake of a cover with many vertices."""

Keys = NDArray[np.uint64]


@dataclass(frozen=True)
class Quadrant:
    """Parcels that follow one another in the order of the tree."""

    start: int
    end: int
    level: int
    """How many levels lie below."""


@dataclass(frozen=True)
class Pieces:
    """Parts of covers, each good for the parcels from ``start`` to ``end``."""

    shape: Shapes
    cover: Ints
    """Which cover each is part of."""
    bounds: Floats
    vertices: Ints
    start: Ints
    end: Ints

    def __len__(self) -> int:
        """How many parts."""
        return len(self.cover)

    def only(self, which: Bools | Ints) -> Pieces:
        """Some of them."""
        return Pieces(
            self.shape[which],
            self.cover[which],
            self.bounds[which],
            self.vertices[which],
            self.start[which],
            self.end[which],
        )


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

    def bounds_of(self, quadrant: Quadrant, margin: float = MARGIN_M) -> Floats:
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

    def slices(self, pieces: Pieces, most: int) -> Iterator[tuple[Quadrant, Pieces]]:
        """Divide until no quadrant has more than ``most`` parcels; each comes with what covers leave in it."""
        yield from self._divided(self.root, pieces, most)

    def _divided(self, quadrant: Quadrant, pieces: Pieces, most: int) -> Iterator[tuple[Quadrant, Pieces]]:
        if quadrant.end == quadrant.start:
            return
        within = cut_down(pieces, self.bounds_of(quadrant), quadrant)
        if quadrant.end - quadrant.start <= most or quadrant.level == 0 or len(within) == 0:
            yield quadrant, within
            return
        for quarter in self.quarters(quadrant):
            yield from self._divided(quarter, within, most)

    def broken(self, quadrant: Quadrant, pieces: Pieces) -> Pieces:
        """Break pieces with many vertices up over the quarters of a quadrant, as far down as it pays."""
        return _together(self._broken(quadrant, pieces))

    def _broken(self, quadrant: Quadrant, pieces: Pieces) -> list[Pieces]:
        large = pieces.vertices > MANY_VERTICES
        if not large.any() or quadrant.end - quadrant.start <= FEW_PARCELS or quadrant.level == 0:
            return [pieces]
        found = [pieces.only(~large)]
        rest = pieces.only(large)
        for quarter in self.quarters(quadrant):
            within = cut_down(rest, self.bounds_of(quarter), quarter)
            if len(within):
                found += self._broken(quarter, within)
        return found


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


def pieces_of(covers: Shapes) -> Pieces:
    """Whole covers, as pieces that no parcels belong to as yet; missing and empty ones are left out."""
    there = np.flatnonzero(~(shapely.is_missing(covers) | shapely.is_empty(covers)))
    shapes = covers[there]
    return Pieces(
        shapes,
        there,
        np.asarray(shapely.bounds(shapes), dtype=float).reshape(-1, 4),
        np.asarray(shapely.get_num_coordinates(shapes), dtype=np.intp),
        np.zeros(len(there), dtype=np.intp),
        np.zeros(len(there), dtype=np.intp),
    )


def cut_down(pieces: Pieces, bounds: Floats, quadrant: Quadrant) -> Pieces:
    """Keep the pieces within reach of a quadrant, and of those with many vertices only what lies in its bounds."""
    own = pieces.bounds
    near = (
        (own[:, 0] <= bounds[2])
        & (own[:, 2] >= bounds[0])
        & (own[:, 1] <= bounds[3])
        & (own[:, 3] >= bounds[1])
    )
    kept = pieces.only(near)
    beyond = (kept.bounds[:, :2] < bounds[:2]).any(axis=1) | (kept.bounds[:, 2:] > bounds[2:]).any(axis=1)
    large = np.flatnonzero(beyond & (kept.vertices > MANY_VERTICES))
    kept.start[:], kept.end[:] = quadrant.start, quadrant.end
    if len(large) == 0:
        return kept
    shapes = np.asarray(shapely.clip_by_rect(kept.shape[large], *bounds.tolist()), dtype=object)
    kept.shape[large] = shapes
    kept.bounds[large] = shapely.bounds(shapes)
    kept.vertices[large] = shapely.get_num_coordinates(shapes)
    return kept.only(kept.vertices > 0)


def own_copies(pieces: Pieces, quadrant: Quadrant, tree: Quadtree, covers: Shapes) -> Pieces:
    """Shapes that no other thread holds, with parcels counted from the first one of the quadrant.

    Cutting by a rectangle is quick, but what touches the rectangle may come out of it broken; such a piece is cut
    again from its cover by an overlay.
    """
    shapes = np.asarray(shapely.force_2d(pieces.shape), dtype=object)
    broken = np.flatnonzero(~shapely.is_valid(shapes) | (shapely.get_dimensions(shapes) < 2))  # noqa: PLR2004
    for at in broken:
        bounds = tree.bounds_of(Quadrant(pieces.start[at], pieces.end[at], 0))
        shapes[at] = shapely.intersection(covers[pieces.cover[at]], shapely.box(*bounds))
    return replace(pieces, shape=shapes, start=pieces.start - quadrant.start, end=pieces.end - quadrant.start)


def _together(parts: list[Pieces]) -> Pieces:
    columns = [field.name for field in fields(Pieces)]
    return Pieces(*(np.concatenate([getattr(part, name) for part in parts]) for name in columns))
