"""Borders of covers and outlines of parcels as flat arrays, for the compiled part of screening."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import shapely

from parcelplan.geometry.arrays import Bools, Floats, Ints, Numbers, Shapes

BLOCK = 1_000_000
"""Points of covers that are read at a time."""


class Borders(NamedTuple):
    """Rings of all covers, with land to the left of every edge; an edge goes by the number of its first point."""

    x: Floats
    y: Floats
    """Points, ring by ring; the first of a ring again at its end."""
    ring: Numbers
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
    """Points, shape (points, 2)."""
    first: Ints
    last: Ints
    """First and last point of each parcel."""
    single: Bools
    """Whether a parcel is one polygon."""
    bounds: Floats
    """West, south, east and north of each parcel."""
    area: Floats
    row: Ints
    """Where each parcel stands in the input."""


def borders_of(covers: Shapes, *, threads: int = 1) -> Borders:
    """All rings of some covers; missing ones have none, and neither have points and lines."""
    parts, whole = _polygons(covers)
    points = np.asarray(shapely.get_num_coordinates(parts), dtype=np.intp)
    rings = np.asarray(shapely.get_num_interior_rings(parts), dtype=np.intp) + 1
    last_point, last_ring = np.cumsum(points), np.cumsum(rings)
    x, y, ring = (np.empty(points.sum(), dtype=dtype) for dtype in (float, float, np.int32))
    length, bounds = np.empty(rings.sum(), dtype=np.intp), np.empty((rings.sum(), 4))

    def read(own: Ints) -> None:
        begin, end = own[0], own[-1]
        at = slice(last_point[begin] - points[begin], last_point[end])
        number = slice(last_ring[begin] - rings[begin], last_ring[end])
        length[number], bounds[number] = _read(parts[own], x[at], y[at])
        ring[at] = np.repeat(np.arange(number.start, number.stop, dtype=np.int32), length[number])

    # Block by block, so that copies of long borders find room where those before them stood.
    blocks = np.split(np.arange(len(parts)), np.searchsorted(last_point, np.arange(BLOCK, len(x), BLOCK)))
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(read, filter(len, blocks)))
    return Borders(x, y, ring, np.append(0, np.cumsum(length)), np.repeat(whole, rings), bounds)


def _polygons(covers: Shapes) -> tuple[Shapes, Ints]:
    """Polygons of some covers and the cover of each, ascending; single ones are the same shapes, not copies."""
    single = shapely.get_type_id(covers) == shapely.GeometryType.POLYGON
    several = np.flatnonzero(~single)
    parts, owner = shapely.get_parts(covers[several], return_index=True)
    areal = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    parts = np.concatenate([covers[single], parts[areal]])
    whole = np.concatenate([np.flatnonzero(single), several[owner[areal]]])
    order = np.argsort(whole, kind="stable")
    order = order[~shapely.is_empty(parts[order])]
    return parts[order], whole[order]


def _read(parts: Shapes, x: Floats, y: Floats) -> tuple[Numbers, Floats]:
    """Put the points of polygons into their place; answers the length and the bounds of each ring."""
    rings, part = shapely.get_rings(parts, return_index=True)
    inner = np.diff(part, prepend=-1) == 0
    wrong = shapely.is_ccw(rings) == inner
    rings[wrong] = shapely.reverse(rings[wrong])
    x[:], y[:] = shapely.get_coordinates(rings).T
    return shapely.get_num_coordinates(rings), shapely.bounds(rings)


def outlines_of(parcels: Shapes, bounds: Floats, area: Floats, row: Ints) -> Outlines:
    """Outlines of the parcels in some rows; of those that are more than one polygon nobody reads the points."""
    # Read as they stand in the input, and so most likely in memory, which is much quicker than by quadrants.
    order = np.argsort(row)
    shapes = parcels[row[order]]
    length = np.empty(len(row), dtype=np.intp)
    length[order] = shapely.get_num_coordinates(shapes)
    end = np.empty(len(row), dtype=np.intp)
    end[order] = np.cumsum(length[order])
    single = np.empty(len(row), dtype=bool)
    single[order] = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
    return Outlines(shapely.get_coordinates(shapes), end - length, end - 1, single, bounds, area, row)
