"""The general way of screening: overlays of every parcel with the covers on it, whatever their shapes.

It answers where the borders of a parcel and its covers do not cross cleanly, and for chunks that are too small for
anything quicker to pay. All overlays are worked out near an origin of their own: where one is not clean, it snaps
points within a distance that grows with the coordinates, and with an easting of 36 million that costs more area than is
allowed beside strips a millimetre wide. Whole metres are taken off before and put back after, which changes no corner.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import shapely

from parcelplan.geometry._asked import CRUMB
from parcelplan.geometry._tidying import tidied
from parcelplan.geometry.arrays import Bools, Floats, Ints, Shapes
from parcelplan.geometry.uniting import unite_by

MANY_VERTICES = 500
"""Covers with more vertices are cut down to what lies around the parcels; with fewer, cutting costs too much."""
GRID_M = 1e-9
"""Width of the grid on which overlays are done again, to see whether they went wrong."""
MARGIN_M = 1.0
"""How far beyond the parcels that reaches: cuts stay clear of every border of a parcel."""
POLYGON = 2
"""Dimension of polygons."""


@dataclass(frozen=True, kw_only=True)
class Overlaps:
    """Every pair of a parcel and a cover that share area."""

    parcel: Ints
    """Position of the parcel of each pair."""
    cover: Ints
    """Position of the cover of each pair."""
    shape: Shapes
    """What the two share."""
    area: Floats
    """Its area."""

    def only(self, mask: Bools) -> Overlaps:
        """The pairs of a mask over pairs."""
        return Overlaps(
            parcel=self.parcel[mask], cover=self.cover[mask], shape=self.shape[mask], area=self.area[mask]
        )


@dataclass(frozen=True)
class Pairs:
    """Pairs of a parcel and a cover that have a point in common, near an origin of their own."""

    parcels: Shapes
    """The parcels as they came."""
    near: Shapes
    """The same near the origin."""
    area: Floats
    origin: Floats
    parcel: Ints
    cover: Ints
    piece: Shapes
    """Of the cover what lies near the parcel."""

    def only(self, which: Bools) -> Pairs:
        """Some of the pairs."""
        return replace(self, parcel=self.parcel[which], cover=self.cover[which], piece=self.piece[which])


@dataclass(frozen=True)
class Left:
    """What is left of the parcels that covers touch; one entry a parcel."""

    parcel: Ints
    net: Shapes
    pieces: Ints
    largest: Floats
    blocked: Floats
    by_kind: Floats
    """Covered area, shape (kinds, parcels)."""


def pairs_of(parcels: Shapes, area: Floats, covers: Shapes, numbers: Ints) -> Pairs:
    """Find which covers meet which parcels; ``numbers`` names the covers."""
    there = ~(shapely.is_missing(covers) | shapely.is_empty(covers))
    bounds = np.asarray(shapely.bounds(parcels), dtype=float).reshape(-1, 4)
    origin = np.floor(bounds[:, :2].min(axis=0, initial=np.inf)) if len(parcels) else np.zeros(2)
    pieces = _shifted(_cut_down(covers[there], bounds), -origin)
    near = _shifted(parcels, -origin)
    cover, parcel = shapely.STRtree(near).query(pieces, predicate="intersects")
    order = np.lexsort((cover, parcel))
    cover, parcel = cover[order], parcel[order]
    piece = _cut_apart(pieces[cover], np.asarray(shapely.bounds(near), dtype=float)[parcel])
    return Pairs(parcels, near, area, origin, parcel, numbers[there][cover], piece)


def _cut_apart(pieces: Shapes, bounds: Floats) -> Shapes:
    """Leave of pieces with many vertices what lies around the parcel of each: parcels may lie far apart."""
    for number in np.flatnonzero(shapely.get_num_coordinates(pieces) > MANY_VERTICES):
        own = slice(number, number + 1)
        pieces[own] = _cut_down(pieces[own], bounds[own])
    return pieces


def _cut_down(covers: Shapes, bounds: Floats) -> Shapes:
    """Leave of covers with many vertices only what lies around the parcels."""
    many = np.flatnonzero(shapely.get_num_coordinates(covers) > MANY_VERTICES)
    if len(many) == 0 or len(bounds) == 0:
        return covers
    low, high = bounds[:, :2].min(axis=0) - MARGIN_M, bounds[:, 2:].max(axis=0) + MARGIN_M
    cut = np.asarray(shapely.clip_by_rect(covers[many], *low, *high), dtype=object)
    # Cutting by a rectangle is quick, but what touches the rectangle may come out of it broken.
    broken = np.flatnonzero(
        ~shapely.is_valid(cut) | ((shapely.get_dimensions(cut) < POLYGON) & ~shapely.is_empty(cut))
    )
    cut[broken] = shapely.intersection(covers[many[broken]], shapely.box(*low, *high))
    covers = covers.copy()
    covers[many] = cut
    return covers


def land_left(pairs: Pairs, kinds: Ints, count: int) -> Left:
    """Take the covers of pairs away; ``kinds`` has the number of each pair's kind, of which there are ``count``."""
    touched, owner = np.unique(pairs.parcel, return_inverse=True)
    parcels, area = pairs.near[touched], pairs.area[touched]
    group, rest = _without(parcels, pairs.piece, owner * count + kinds, count)
    by_kind = np.zeros((count, len(touched)))
    by_kind[group % count, group // count] = area[group // count] - shapely.area(rest)
    net = np.empty(len(touched), dtype=object)
    net[group // count] = rest
    among = (np.bincount(group // count, minlength=len(touched)) > 1)[owner]
    several, rest = _without(parcels, pairs.piece[among], owner[among], 1)
    net[several] = rest
    net = put_back(net, pairs.origin)
    net_area = np.asarray(shapely.area(net), dtype=float)
    by_kind[by_kind < CRUMB] = 0.0
    blocked = area - net_area
    free = blocked < CRUMB
    net[free], net_area[free], blocked[free] = pairs.parcels[touched[free]], area[free], 0.0
    return Left(touched, *tidied(net, net_area), blocked, by_kind)


def _without(shapes: Shapes, pieces: Shapes, group: Ints, count: int) -> tuple[Ints, Shapes]:
    """Take the union of each group's pieces away from its shape; answers the groups, ascending, and what is left.

    Not one piece after the other: an overlay of what an overlay has left along the same border may go wrong unnoticed.
    """
    groups, unions = _united(pieces, group)
    return groups, _overlay(shapely.difference, shapes[groups // count], unions)


def _united(shapes: Shapes, group: Ints) -> tuple[Ints, Shapes]:
    groups, found = unite_by(shapes, group)
    return groups, _right(found, unite_by(shapes, group, grid=GRID_M)[1])


def _overlay(operation: Callable[..., Shapes], one: Shapes, other: Shapes) -> Shapes:
    found = np.asarray(operation(one, other), dtype=object)
    return _right(found, np.asarray(operation(one, other, grid_size=GRID_M), dtype=object))


def _right(found: Shapes, snapped: Shapes) -> Shapes:
    """What overlays found, and where that is wrong what they find on a grid.

    Where borders run along one another nearly, an overlay may take the wrong side of them and be off by half a parcel,
    and its complement with it. On a grid it does not, but every corner moves a little.
    """
    off = np.abs(shapely.area(found) - shapely.area(snapped)) > 1e-5 + 4.0 * GRID_M * shapely.length(snapped)
    found[off] = snapped[off]
    return found


def shared(pairs: Pairs) -> tuple[Pairs, Shapes, Floats]:
    """What the two of each pair share and its area; pairs that only touch are left out."""
    shapes = _overlay(shapely.intersection, pairs.near[pairs.parcel], pairs.piece)
    areas = np.asarray(shapely.area(shapes), dtype=float)
    solid = areas > CRUMB
    return pairs.only(solid), shapes[solid], areas[solid]


def areas_in_time(shapes: Shapes, groups: Ints, holds: Bools, count: int) -> Floats:
    """Area of the union of each group's shapes that hold, day by day.

    Parameters
    ----------
    shapes, groups
        Shapes and the group of each, 0 to ``count`` − 1.
    holds
        Shape (days, shapes).

    Returns
    -------
    areas
        Shape (days, groups). Shapes of a group are united anew only after a day on which one of them begins or ends.
    """
    days = len(holds)
    found = np.zeros((days, count))
    if days == 0 or len(shapes) == 0:
        return found
    stretch = np.zeros((days, count), dtype=np.intp)
    for day in range(1, days):
        switched = np.bincount(groups[holds[day] != holds[day - 1]], minlength=count) > 0
        stretch[day] = stretch[day - 1] + switched
    first = np.ones((days, count), dtype=bool)
    first[1:] = stretch[1:] != stretch[:-1]
    number = np.cumsum(first.T.ravel()).reshape(count, days).T - 1
    since, shape = np.nonzero(first[:, groups] & holds)
    states, unions = _united(shapes[shape], number[since, groups[shape]])
    area = np.zeros(int(number.max()) + 1)
    area[states] = shapely.area(unions)
    return np.asarray(area[number])


def put_back(shapes: Shapes, origin: Floats) -> Shapes:
    """Shapes where they belong; needles thinner than coordinates are fine there are made valid."""
    shapes = _shifted(shapes, origin)
    broken = np.flatnonzero(~shapely.is_valid(shapes))
    shapes[broken] = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    return shapes


def _shifted(shapes: Shapes, way: Floats) -> Shapes:
    """Shapes elsewhere."""
    return np.asarray(shapely.transform(shapes, lambda points: points + way), dtype=object)
