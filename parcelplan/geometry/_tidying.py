"""Shapes put together from polygons, without what rounding has split off."""

from __future__ import annotations

import numpy as np
import shapely

from parcelplan.geometry._asked import CRUMB
from parcelplan.geometry.arrays import Floats, Ints, Shapes


def gather(shapes: Shapes, polygons: Shapes, owner: Ints) -> None:
    """Put polygons in the place of what they are left of; several as one shape."""
    counts = np.bincount(owner, minlength=len(shapes))
    alone = counts[owner] == 1
    shapes[owner[alone]] = polygons[alone]
    order = np.argsort(owner[~alone], kind="stable")
    several, position = np.unique(owner[~alone][order], return_inverse=True)
    if len(several):
        shapes[several] = shapely.multipolygons(polygons[~alone][order], indices=position)


def tidied(shapes: Shapes, area: Floats) -> tuple[Shapes, Ints, Floats]:
    """Leave out what rounding has split off; count the polygons of each shape, and measure the largest.

    Parameters
    ----------
    shapes
        Polygons, single and multiple, and None.
    area
        Their areas.
    """
    pieces, largest = (area > CRUMB).astype(np.intp), np.where(area > CRUMB, area, 0.0)
    number = shapely.get_num_geometries(shapes)
    clean = shapes.copy()
    clean[(number == 1) & (pieces == 0)] = shapely.Polygon()
    multiple = np.flatnonzero(number > 1)
    parts, owner = shapely.get_parts(shapes[multiple], return_index=True)
    areas = np.asarray(shapely.area(parts), dtype=float)
    solid = areas > CRUMB
    pieces[multiple] = np.bincount(owner[solid], minlength=len(multiple))
    most = np.zeros(len(multiple))
    np.maximum.at(most, owner[solid], areas[solid])
    largest[multiple] = most
    littered = np.zeros(len(multiple), dtype=bool)
    littered[owner[~solid]] = True
    clean[multiple[littered]] = shapely.Polygon()
    kept = solid & littered[owner]
    gather(clean, parts[kept], multiple[owner[kept]])
    return clean, pieces, largest
