"""General overlays of a few shapes, worked out near an origin of their own.

Where an overlay is not clean, it snaps points within a distance that grows with the coordinates: with an easting of 36
million that costs more area than is allowed beside strips a millimetre wide. Whole metres are taken off before and put
back after, which changes no corner.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import shapely

from parcelplan.geometry.arrays import Floats, Shapes


def overlay(operation: Callable[[Shapes, Shapes], Shapes], one: Shapes, other: Shapes) -> Shapes:
    """Overlay shapes with others, pair by pair."""
    if len(one) == 0:
        return one.copy()
    origin = origin_of(one)
    result = operation(shifted(one, -origin), shifted(other, -origin))
    result = shifted(np.asarray(result, dtype=object), origin)
    # Needles thinner than coordinates are fine may cross themselves when they are put back.
    broken = np.flatnonzero(~shapely.is_valid(result))
    result[broken] = operation(one[broken], other[broken])
    return result


def origin_of(shapes: Shapes) -> Floats:
    """A point of whole metres near some shapes."""
    corners = np.asarray(shapely.bounds(shapes)).reshape(-1, 4)[:, :2]
    corners = corners[~np.isnan(corners[:, 0])]
    return np.floor(corners.min(axis=0)) if len(corners) else np.zeros(2)


def shifted(shapes: Shapes, way: Floats) -> Shapes:
    """Shapes elsewhere."""
    return np.asarray(shapely.transform(shapes, lambda points: points + way), dtype=object)
