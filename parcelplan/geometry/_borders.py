"""Borders of covers and outlines of parcels as flat arrays, for the compiled part of screening."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely

from parcelplan.geometry.arrays import Bools, Floats, Ints, Shapes, spans

BLOCK = 1_000_000
"""Points of covers that are read at a time."""


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


def borders_of(covers: Shapes) -> Borders:
    """All rings of some covers; missing ones have none, and neither have points and lines."""
    parts, whole = shapely.get_parts(covers, return_index=True)
    areal = (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(parts)
    parts, whole = parts[areal], whole[areal]
    points = np.asarray(shapely.get_num_coordinates(parts), dtype=np.intp)
    x, y = np.empty(points.sum()), np.empty(points.sum())
    found: list[tuple[Ints, Ints, Floats]] = [(np.empty(0, np.intp), np.empty(0, np.intp), np.empty((0, 4)))]
    end = np.cumsum(points)
    # Block by block, so that copies of long borders find room where those before them stood.
    for own in np.split(np.arange(len(parts)), np.searchsorted(end, np.arange(BLOCK, points.sum(), BLOCK))):
        if len(own):
            start = end[own[0]] - points[own[0]]
            length, part, bounds = _read(parts[own], x[start : end[own[-1]]], y[start : end[own[-1]]])
            found.append((length, whole[own][part], bounds))
    length, cover, bounds = (np.concatenate(column) for column in zip(*found, strict=True))
    first = np.append(0, np.cumsum(length))
    return Borders(x, y, np.repeat(np.arange(len(length)), length), first, cover, bounds)


def _read(parts: Shapes, x: Floats, y: Floats) -> tuple[Ints, Ints, Floats]:
    """Put the points of polygons into their place; answers the length, the polygon and the bounds of each ring."""
    rings, part = shapely.get_rings(parts, return_index=True)
    x[:], y[:] = shapely.get_coordinates(rings).T
    length = np.asarray(shapely.get_num_coordinates(rings), dtype=np.intp)
    inner = np.diff(part, prepend=-1) == 0
    _turn(x, y, np.append(0, np.cumsum(length)), np.flatnonzero(shapely.is_ccw(rings) == inner))
    return length, part, np.asarray(shapely.bounds(rings), dtype=float).reshape(-1, 4)


def _turn(x: Floats, y: Floats, first: Ints, which: Ints) -> None:
    """Turn some rings round."""
    ring, at = spans(first[which], first[which + 1])
    turned = (first[which] + first[which + 1] - 1)[ring] - at
    x[at], y[at] = x[turned], y[turned]


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
