"""Borders of covers and outlines of parcels as flat arrays, for the compiled part of screening."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely

from parcelplan.geometry.arrays import Bools, Floats, Ints, Shapes


class Borders(NamedTuple):
    """Rings of all covers, with land to the left of every edge; an edge goes by the number of its first point."""

    x: Floats
    y: Floats
    """Points, ring by ring; the first of a ring again at its end."""
    ring: Ints
    """Ring of each point."""
    first: Ints
    """First point of each ring, and one more at the end."""
    cover: Ints
    """Cover of each ring, ascending."""
    bounds: Floats
    """West, south, east and north of each ring."""


class Outlines(NamedTuple):
    """Parcels in the order of a quadtree."""

    x: Floats
    y: Floats
    """Points, parcel by parcel."""
    first: Ints
    """First point of each parcel, and one more at the end."""
    plain: Bools
    """Whether a parcel is one ring."""
    bounds: Floats
    """West, south, east and north of each parcel."""
    area: Floats
    row: Ints
    """Where each parcel stands in the input."""


def borders_of(covers: Shapes) -> Borders:
    """All rings of some covers; missing ones have none, and neither have points and lines."""
    parts, whole = shapely.get_parts(covers, return_index=True)
    areal = (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(parts)
    parts, whole = parts[areal], whole[areal]
    rings, part = shapely.get_rings(shapely.orient_polygons(parts), return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    first = np.append(0, np.cumsum(np.bincount(ring, minlength=len(rings))))
    bounds = np.asarray(shapely.bounds(rings), dtype=float).reshape(-1, 4)
    x, y = np.ascontiguousarray(points.T)
    return Borders(x, y, ring, first, whole[part], bounds)


def outlines_of(parcels: Shapes, bounds: Floats, area: Floats, row: Ints) -> Outlines:
    """Points of parcels; of those that are more than one ring nobody reads them."""
    points, owner = shapely.get_coordinates(parcels, return_index=True)
    first = np.append(0, np.cumsum(np.bincount(owner, minlength=len(parcels))))
    plain = (shapely.get_type_id(parcels) == shapely.GeometryType.POLYGON) & (
        shapely.get_num_interior_rings(parcels) == 0
    )
    x, y = np.ascontiguousarray(points.T)
    return Outlines(x, y, first, plain, bounds, area, row)
