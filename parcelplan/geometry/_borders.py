"""Borders of covers and outlines of parcels as flat arrays, for the compiled part of screening."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely

from parcelplan.geometry.arrays import Bools, Floats, Ints, Shapes, spans


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

    point: Floats
    """Points, parcel by parcel, shape (points, 2)."""
    first: Ints
    """First point of each parcel, and one more at the end."""
    single: Bools
    """Whether a parcel is one polygon."""
    bounds: Floats
    """West, south, east and north of each parcel."""
    area: Floats
    row: Ints
    """Where each parcel stands in the input."""


def borders_of(covers: Shapes) -> Borders:
    """All rings of some covers; missing ones have none, and neither have points and lines."""
    parts, whole = shapely.get_parts(covers, return_index=True)
    areal = (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(parts)
    rings, part = shapely.get_rings(parts[areal], return_index=True)
    x, y = np.ascontiguousarray(shapely.get_coordinates(rings).T)
    length = np.asarray(shapely.get_num_coordinates(rings), dtype=np.intp)
    first = np.append(0, np.cumsum(length))
    ring = np.repeat(np.arange(len(rings)), length)
    inner = np.diff(part, prepend=-1) == 0
    wrong = shapely.is_ccw(rings) == inner
    _turn(x, y, first, np.flatnonzero(wrong))
    bounds = np.asarray(shapely.bounds(rings), dtype=float).reshape(-1, 4)
    return Borders(x, y, ring, first, whole[areal][part], bounds)


def _turn(x: Floats, y: Floats, first: Ints, which: Ints) -> None:
    """Turn some rings round."""
    ring, at = spans(first[which], first[which + 1])
    turned = (first[which] + first[which + 1] - 1)[ring] - at
    x[at], y[at] = x[turned], y[turned]


def outlines_of(parcels: Shapes, bounds: Floats, area: Floats, row: Ints) -> Outlines:
    """Points of parcels; of those that are more than one polygon nobody reads them."""
    point = shapely.get_coordinates(parcels)
    first = np.append(0, np.cumsum(shapely.get_num_coordinates(parcels), dtype=np.intp))
    single = shapely.get_type_id(parcels) == shapely.GeometryType.POLYGON
    return Outlines(point, first, np.asarray(single), bounds, area, row)
