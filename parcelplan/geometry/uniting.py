"""Uniting shapes by groups."""

from __future__ import annotations

import numpy as np
import shapely

from parcelplan.geometry.arrays import Ints, Shapes


def unite_by(shapes: Shapes, groups: Ints, *, grid: float | None = None) -> tuple[Ints, Shapes]:
    """Unite the shapes of each group; with ``grid`` all corners snap to one so fine, m.

    Returns
    -------
    groups
        The distinct groups, ascending.
    unions
        One shape a group.
    """
    if len(shapes) == 0:
        return np.empty(0, dtype=np.intp), np.empty(0, dtype=object)
    order = np.argsort(groups, kind="stable")
    distinct, position = np.unique(groups[order], return_inverse=True)
    parts, owner = shapely.get_parts(shapes[order], return_index=True)
    areal = shapely.get_dimensions(parts) == shapely.get_dimensions(parts).max()
    collected = shapely.geometrycollections(parts[areal], indices=position[owner[areal]])
    unions = shapely.union_all(collected[:, np.newaxis], grid_size=grid, axis=1)
    return distinct, np.asarray(unions, dtype=object)
