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


_SLAB = 8192
"""Shapes looked at together: their coordinates fit into the cache."""


def surely_valid(shapes: Shapes) -> Bools:
    """Which polygons are valid at first sight; the others may be valid all the same.

    A ring all of whose edges turn the same way about one point, and once round it, cannot cross itself. Most parcels
    are such, and this is told many times faster than validity in general, in compiled code.

    Parameters
    ----------
    shapes
        Any shapes in metres; polygons of a single ring with numbers for coordinates can be told to be valid.
    """
    from parcelplan.geometry._turning import once_round  # noqa: PLC0415 - loads the compiler

    sure = np.zeros(len(shapes), dtype=bool)
    plain = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
    plain &= (shapely.get_num_interior_rings(shapes) == 0) & ~shapely.is_empty(shapes)
    which = np.flatnonzero(plain)
    for begin in range(0, len(which), _SLAB):
        own = which[begin : begin + _SLAB]
        ends = np.cumsum(shapely.get_num_coordinates(shapes[own]), dtype=np.intp)
        sure[own] = once_round(shapely.get_coordinates(shapes[own]), ends)
    return sure
