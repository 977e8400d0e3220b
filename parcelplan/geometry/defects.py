"""What is wrong with single shapes: spikes, repeated points, slivers, small holes, several parts, more than x and y.

Every detector takes an array of shapes and gives :class:`Defects`: where, in which shape, and how large. Shapes that
are null, empty or no polygons have no defects here; what shapes do to one another is in
:mod:`parcelplan.geometry.neighbours`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from parcelplan.geometry.arrays import Bools, Floats, Ints, Shapes

NOBODY = -1
"""Stands in :attr:`Defects.other` where a defect concerns one shape alone."""
_POLYGON = 2


@dataclass(frozen=True, kw_only=True)
class Defects:
    """Places where something is wrong; every array has one entry a place."""

    shape: Ints
    """Position of the shape it was found in."""
    other: Ints
    """Position of the other shape concerned, or :data:`NOBODY`."""
    size: Floats
    """How large it is; each detector says in what."""
    x: Floats
    y: Floats

    def __len__(self) -> int:
        """Count the places."""
        return len(self.shape)

    def only(self, chosen: Bools | Ints) -> Defects:
        """Those of a mask, or of positions in their order."""
        return Defects(
            shape=self.shape[chosen],
            other=self.other[chosen],
            size=self.size[chosen],
            x=self.x[chosen],
            y=self.y[chosen],
        )


def at_points(shape: Ints, size: Floats, points: NDArray[np.float64], other: Ints | None = None) -> Defects:
    """Defects at the rows of an array of x and y."""
    others = np.full(len(shape), NOBODY, dtype=np.intp) if other is None else other
    return Defects(shape=shape, other=others, size=size, x=points[:, 0], y=points[:, 1])


def inside(shapes: Shapes) -> NDArray[np.float64]:
    """One point on each shape, as rows of x and y; NaN where there is no shape."""
    points = shapely.point_on_surface(shapes)
    return np.column_stack([shapely.get_x(points), shapely.get_y(points)])


@dataclass(frozen=True, kw_only=True)
class _Corners:
    """The points of all rings without the closing ones."""

    points: NDArray[np.float64]
    shape: Ints
    ring: Ints

    def only(self, mask: Bools) -> _Corners:
        return _Corners(points=self.points[mask], shape=self.shape[mask], ring=self.ring[mask])

    def following(self) -> Ints:
        """Position of the next point of the same ring, round and round."""
        after = np.arange(1, len(self.ring) + 1)
        last = np.flatnonzero(np.append(self.ring[1:] != self.ring[:-1], True)) if len(self.ring) else after
        first = np.concatenate([[0], last[:-1] + 1]) if len(last) else last
        after[last] = first
        return after


def _corners(shapes: Shapes) -> _Corners:
    parts, owner = shapely.get_parts(shapes, return_index=True)
    polygonal = shapely.get_dimensions(parts) == _POLYGON
    parts, owner = parts[polygonal], owner[polygonal]
    rings, part = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    inner = np.append(ring[1:] == ring[:-1], False) if len(ring) else np.empty(0, dtype=bool)
    return _Corners(points=points, shape=owner[part[ring]], ring=ring).only(inner)


def repeated_points(shapes: Shapes, *, point: float) -> Defects:
    """Points of a ring that lie within ``point`` of the next one; their size is that distance."""
    corners = _corners(shapes)
    steps = corners.points[corners.following()] - corners.points
    length = np.hypot(steps[:, 0], steps[:, 1])
    close = length <= point
    return at_points(corners.shape[close], length[close], corners.points[close])


def spikes(shapes: Shapes, *, angle_deg: float, point: float) -> Defects:
    """Corners sharper than ``angle_deg``, outward or inward; their size is the length of the spike.

    The length is that of the shorter of the two edges. Points within ``point`` of the next one are passed over, for a
    spike whose tip is drawn twice is a spike all the same.

    Examples
    --------
    >>> nail = shapely.Polygon([(0, 0), (10, 0), (10, 5), (30, 5.05), (10, 5.1), (10, 10), (0, 10)])
    >>> found = spikes(np.array([nail]), angle_deg=1.0, point=0.001)
    >>> float(found.x[0]), float(found.y[0]), round(float(found.size[0]), 2)
    (30.0, 5.05, 20.0)
    """
    corners = _corners(shapes)
    ahead = corners.points[corners.following()] - corners.points
    corners = corners.only(np.hypot(ahead[:, 0], ahead[:, 1]) > point)
    after = corners.following()
    ahead = corners.points[after] - corners.points
    behind = np.empty_like(ahead)
    behind[after] = -ahead
    lengths = np.hypot(ahead[:, 0], ahead[:, 1]), np.hypot(behind[:, 0], behind[:, 1])
    cross = ahead[:, 0] * behind[:, 1] - ahead[:, 1] * behind[:, 0]
    angle = np.degrees(np.abs(np.arctan2(cross, (ahead * behind).sum(axis=1))))
    sharp = angle < angle_deg
    return at_points(corners.shape[sharp], np.minimum(*lengths)[sharp], corners.points[sharp])


def slivers(shapes: Shapes, *, width: float) -> Defects:
    """Shapes narrower than ``width``; their size is the width, twice the area over the perimeter.

    That is the width of a long rectangle, and half the width of a square.
    """
    measured = thickness(shapes)
    thin = np.flatnonzero(measured < width)
    return at_points(thin, measured[thin], inside(shapes[thin]))


def thickness(shapes: Shapes) -> Floats:
    """Twice the area over the perimeter; infinite for what is null, empty or no polygon."""
    length = np.asarray(shapely.length(shapes), dtype=float)
    polygonal = (shapely.get_dimensions(shapes) == _POLYGON) & (length > 0)
    result = np.full(len(shapes), np.inf)
    result[polygonal] = 2.0 * shapely.area(shapes[polygonal]) / length[polygonal]
    return result


def small_holes(shapes: Shapes, *, area: float) -> Defects:
    """Inner rings around less than ``area``; their size is that area."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    polygonal = shapely.get_dimensions(parts) == _POLYGON
    parts, owner = parts[polygonal], owner[polygonal]
    rings, part = shapely.get_rings(parts, return_index=True)
    hole = np.append(False, part[1:] == part[:-1]) if len(part) else np.empty(0, dtype=bool)
    holes = np.asarray(shapely.polygons(rings[hole]), dtype=object)
    measured = np.asarray(shapely.area(holes), dtype=float)
    small = measured < area
    return at_points(owner[part[hole]][small], measured[small], inside(holes[small]))


def several_parts(shapes: Shapes) -> Defects:
    """Shapes of more than one part, at the smallest part; their size is the number of parts."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    counts = np.bincount(owner, minlength=len(shapes))
    by_area = np.lexsort((shapely.area(parts), owner))
    found, first = np.unique(owner[by_area], return_index=True)
    smallest = parts[by_area[first]]
    several = counts[found] > 1
    return at_points(found[several], counts[found[several]].astype(float), inside(smallest[several]))


def more_than_plane(shapes: Shapes) -> Bools:
    """Whether shapes have heights (Z) or measures (M) beside x and y."""
    return np.asarray(shapely.has_z(shapes) | shapely.has_m(shapes))
