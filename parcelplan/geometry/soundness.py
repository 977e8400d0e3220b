"""Which shapes can be computed with at all."""

from __future__ import annotations

import numpy as np
import shapely

from parcelplan.geometry.screening import Bools, Shapes


def is_finite(shapes: Shapes) -> Bools:
    """Whether all coordinates of each shape are numbers; true for empty and missing ones.

    Bounds do not tell: they pass over coordinates that are NaN.
    """
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    odd = ~np.isfinite(points).all(axis=1)
    odd_points = np.bincount(owner[odd], minlength=len(shapes))
    return np.asarray(odd_points == 0)
