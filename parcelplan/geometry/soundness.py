"""Which shapes can be computed with at all."""

from __future__ import annotations

import numpy as np
import shapely

from parcelplan.geometry.arrays import Bools, Shapes


def is_finite(shapes: Shapes) -> Bools:
    """Whether all coordinates of each shape are numbers; true for empty and missing ones.

    Bounds do not tell: they pass over coordinates that are NaN.
    """
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    odd = ~np.isfinite(points).all(axis=1)
    odd_points = np.bincount(owner[odd], minlength=len(shapes))
    return np.asarray(odd_points == 0)


_TURN_M2 = 1e-6
"""How far, in m², a ring must turn at least at each of its edges for rounding to be out of the question."""
_SLAB = 8192
"""Shapes looked at together: their coordinates fit into the cache."""


def surely_valid(shapes: Shapes) -> Bools:
    """Which polygons are valid at first sight; the others may be valid all the same.

    A ring all of whose edges turn the same way about one point, and once round it, cannot cross itself. Most parcels
    are such, and this is told several times faster than validity in general.

    Parameters
    ----------
    shapes
        Any shapes in metres; polygons of a single ring with numbers for coordinates can be told to be valid.
    """
    slabs = [_surely_valid(shapes[begin : begin + _SLAB]) for begin in range(0, len(shapes), _SLAB)]
    return np.concatenate([np.zeros(0, dtype=bool), *slabs])


def _surely_valid(shapes: Shapes) -> Bools:
    sure = np.zeros(len(shapes), dtype=bool)
    plain = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
    plain &= (shapely.get_num_interior_rings(shapes) == 0) & ~shapely.is_empty(shapes)
    if not plain.any():
        return sure
    points, owner = shapely.get_coordinates(shapes[plain], return_index=True)
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    counts = np.diff(starts, append=len(points))
    middles = np.add.reduceat(points, starts, axis=0) / counts[:, np.newaxis]
    east, north = (points - middles[owner]).T
    with np.errstate(invalid="ignore"):
        turn = east * np.roll(north, -1) - np.roll(east, -1) * north
    upward = (north < 0) & (np.roll(north, -1) >= 0)
    downward = (north >= 0) & (np.roll(north, -1) < 0)
    last = starts + counts - 1
    upward[last] = downward[last] = False
    turn[last] = np.inf
    one_way = np.minimum.reduceat(turn, starts) > _TURN_M2
    turn[last] = -np.inf
    one_way |= np.maximum.reduceat(turn, starts) < -_TURN_M2
    once = (np.add.reduceat(upward, starts, dtype=int) == 1) & (
        np.add.reduceat(downward, starts, dtype=int) == 1
    )
    sure[plain] = one_way & once
    return sure
