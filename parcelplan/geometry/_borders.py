"""Borders of polygons as flat arrays: points, the ring of each point, the shape of each ring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from parcelplan.geometry.arrays import Floats, Ints, Shapes, spans

SLACK = 1e-6
"""How far boxes reach beyond what they hold, m: more than rounding moves a coordinate."""


@dataclass(frozen=True)
class Borders:
    """Rings of some shapes. A ring's points stand one after the other, the first one again at its end."""

    points: Floats
    ring: Ints
    """Ring of each point."""
    first: Ints
    """First point of each ring."""
    length: Ints
    """Edges of each ring."""
    shape: Ints
    """Shape of each ring."""
    bounds: Floats
    """Bounds of each ring; not given where nobody asks."""

    @property
    def edges(self) -> Ints:
        """Edges, each by the number of its first point."""
        return np.flatnonzero(self.ring[1:] == self.ring[:-1])


def borders_of(shapes: Shapes) -> Borders:
    """All rings of some polygons, with land to the left of every edge."""
    parts, whole = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(shapely.orient_polygons(parts), return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    length = np.bincount(ring, minlength=len(rings))
    first = np.cumsum(length) - length
    return Borders(points, ring, first, length - 1, whole[part], shapely.bounds(rings).reshape(-1, 4))


def plain_borders(shapes: Shapes) -> Borders:
    """The same for polygons without holes, whose coordinates are their one ring."""
    points, ring = shapely.get_coordinates(shapes, return_index=True)
    length = np.bincount(ring, minlength=len(shapes))
    first = np.cumsum(length) - length
    base = points[first].take(ring, axis=0)
    x, y = (points - base).T
    twice = np.append(x[:-1] * y[1:] - x[1:] * y[:-1], 0.0)
    twice[first + length - 1] = 0.0
    right = np.add.reduceat(twice, first) < 0 if len(first) else np.empty(0, dtype=bool)
    number = np.arange(len(points))
    turned = (2 * first + length - 1).take(ring) - number
    points = points.take(np.where(right.take(ring), turned, number), axis=0)
    nowhere = np.empty((0, 4))
    return Borders(points, ring, first, length - 1, np.arange(len(shapes)), nowhere)


def edge_boxes(borders: Borders, step: float) -> tuple[Floats, Ints]:
    """Boxes around edges, and the edge of each: one for an edge up to ``step`` long, several along a longer one."""
    edges = borders.edges
    begun, done = borders.points.take(edges, axis=0), borders.points.take(edges + 1, axis=0)
    count = np.maximum(np.ceil(np.hypot(*(done - begun).T) / step), 1.0)
    edge, part = spans(np.zeros(len(edges), dtype=np.intp), count.astype(np.intp))
    parts = count.take(edge)
    share = (part / parts)[:, np.newaxis], ((part + 1) / parts)[:, np.newaxis]
    from_, way = begun.take(edge, axis=0), (done - begun).take(edge, axis=0)
    one, other = from_ + share[0] * way, from_ + share[1] * way
    return np.hstack([np.minimum(one, other) - SLACK, np.maximum(one, other) + SLACK]), edges.take(edge)
