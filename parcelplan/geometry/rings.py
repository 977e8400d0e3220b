"""Rings of polygons as flat arrays: taking them apart, ordering them, and building faces by containment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from parcelplan.geometry.arrays import Bools, Floats, Ints, Shapes
from parcelplan.geometry.soundness import is_finite


@dataclass(frozen=True, kw_only=True)
class Rings:
    """All rings of some shapes; points of one ring stand together, without the repeated closing point."""

    xy: Floats
    """Coordinates, shape (points, 2)."""
    size: Ints
    """Number of points of each ring."""
    owner: Ints
    """Position of the shape each ring belongs to, ascending."""
    part: Ints
    """Number of the part within its shape, from 0."""
    hole: Bools
    """Whether the ring is a hole of its part."""

    @property
    def start(self) -> Ints:
        """Place of the first point of each ring in ``xy``."""
        return np.concatenate([[0], np.cumsum(self.size)[:-1]]).astype(np.intp)

    @property
    def ring_of_point(self) -> Ints:
        """Position of the ring of each point."""
        return np.repeat(np.arange(len(self.size)), self.size)


def is_areal(shapes: Shapes) -> Bools:
    """Which shapes are polygons or multi-polygons that have points, all of them at finite places."""
    kinds = [shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON]
    areal = np.isin(shapely.get_type_id(shapes), kinds) & ~shapely.is_empty(shapes)
    return np.asarray(areal & is_finite(shapes))


def rings_of(shapes: Shapes) -> Rings:
    """Take polygons and multi-polygons apart; other shapes and empty ones have no rings."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    areal = (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(parts)
    parts, owner = parts[areal], owner[areal]
    rings, part_of = shapely.get_rings(parts, return_index=True)
    points, ring_of = shapely.get_coordinates(rings, return_index=True)
    last = np.r_[ring_of[1:] != ring_of[:-1], True] if len(ring_of) else np.empty(0, dtype=bool)
    first_part = np.searchsorted(owner, owner, side="left")
    return Rings(
        xy=points[~last],
        size=np.bincount(ring_of[~last], minlength=len(rings)).astype(np.intp),
        owner=owner[part_of],
        part=(np.arange(len(parts)) - first_part)[part_of],
        hole=np.r_[False, part_of[1:] == part_of[:-1]] if len(part_of) else np.empty(0, dtype=bool),
    )


def next_point(size: Ints) -> Ints:
    """Place of the point after each point, the first one after the last of its ring."""
    total = int(size.sum())
    following = np.arange(1, total + 1)
    ends = np.cumsum(size)
    following[ends - 1] = ends - size
    return following


def side_lengths(rings: Rings) -> Floats:
    """Length of the side from each point to the next one of its ring."""
    step = rings.xy[next_point(rings.size)] - rings.xy
    return np.hypot(step[:, 0], step[:, 1])


def signed_areas(rings: Rings) -> Floats:
    """Area of each ring, positive where it runs counter-clockwise."""
    # Measured from the first point of each ring, or eight digits of a projected coordinate would be lost.
    local = rings.xy - np.repeat(rings.xy[rings.start], rings.size, axis=0)
    following = local[next_point(rings.size)]
    cross = local[:, 0] * following[:, 1] - following[:, 0] * local[:, 1]
    return np.asarray(np.bincount(rings.ring_of_point, cross, minlength=len(rings.size)) / 2)


def surveyed_order(rings: Rings) -> Rings:
    """Let every ring start at its north-west corner; shells run clockwise, holes counter-clockwise.

    The north-west corner is the point nearest to the upper left corner of the ring's bounds; of several the
    northernmost.

    Examples
    --------
    >>> rings = surveyed_order(rings_of(np.array([shapely.box(0, 0, 2, 1)])))
    >>> rings.xy.tolist()
    [[0.0, 1.0], [2.0, 1.0], [2.0, 0.0], [0.0, 0.0]]
    """
    if len(rings.size) == 0:
        return rings
    ring, start = rings.ring_of_point, rings.start
    west = np.minimum.reduceat(rings.xy[:, 0], start)[ring]
    north = np.maximum.reduceat(rings.xy[:, 1], start)[ring]
    distance = np.hypot(rings.xy[:, 0] - west, rings.xy[:, 1] - north)
    order = np.lexsort((rings.xy[:, 0], -rings.xy[:, 1], distance, ring))
    corner = (order[start] - start)[ring]
    clockwise = signed_areas(rings) < 0
    direction = np.where(clockwise == ~rings.hole, 1, -1)[ring]
    place = np.arange(len(ring)) - start[ring]
    taken = start[ring] + (corner + direction * place) % rings.size[ring]
    return Rings(xy=rings.xy[taken], size=rings.size, owner=rings.owner, part=rings.part, hole=rings.hole)


def ring_polygons(xy: Floats, size: Ints) -> Shapes:
    """Each ring as a polygon of its own; a ring needs three points."""
    ring = np.repeat(np.arange(len(size)), size)
    return np.asarray(shapely.polygons(shapely.linearrings(xy, indices=ring)), dtype=object)


def repeated(polygons: Shapes, owner: Ints) -> Bools:
    """Which rings say the same as an earlier ring of the same owner, whatever their start and direction."""
    keys = pd.DataFrame({"owner": owner, "ring": shapely.to_wkb(shapely.normalize(polygons))})
    return np.asarray(keys.duplicated())


def faces_by_containment(polygons: Shapes, owner: Ints, count: int) -> Shapes:
    """Build one face an owner from its rings by what lies in what.

    A ring inside an even number of rings of its owner is a shell, inside an odd number a hole of the smallest of
    them: islands within holes are further parts.

    Parameters
    ----------
    polygons
        One polygon a ring, none of them twice.
    owner
        Position of the owner of each ring.
    count
        Number of owners; one without rings has no face (None).
    """
    depth, parent = _nesting(polygons, owner)
    hole = depth % 2 == 1
    # Rings that cross one another may be nested in contradiction; a hole needs a shell around it.
    hole &= ~hole[parent]
    shell = np.where(hole, parent, np.arange(len(polygons)))
    # Shells first, each with its holes after it, in the order of the file.
    order = np.lexsort((np.arange(len(polygons)), hole, shell, owner))
    _, group = np.unique(shell[order], return_inverse=True)
    by_appearance = pd.factorize(group)[0]
    exteriors = shapely.get_exterior_ring(polygons[order])
    parts = np.asarray(shapely.polygons(exteriors, indices=by_appearance), dtype=object)
    part_owner = owner[order][~hole[order]]
    faces = np.full(count, None, dtype=object)
    if len(parts) == 0:
        return faces
    owners, number = np.unique(part_owner, return_counts=True)
    alone = np.isin(part_owner, owners[number == 1])
    faces[part_owner[alone]] = parts[alone]
    several = owners[number > 1]
    if len(several):
        index = np.searchsorted(several, part_owner[~alone])
        faces[several] = shapely.multipolygons(parts[~alone], indices=index)
    return faces


def _nesting(polygons: Shapes, owner: Ints) -> tuple[Ints, Ints]:
    """Number of rings of the same owner around each ring, and the smallest of them (-1 for none)."""
    inside = shapely.point_on_surface(polygons)
    area = np.abs(shapely.area(polygons))
    inner, outer = shapely.STRtree(polygons).query(inside, predicate="within")
    real = (owner[inner] == owner[outer]) & (area[outer] > area[inner])
    inner, outer = inner[real], outer[real]
    depth = np.bincount(inner, minlength=len(polygons)).astype(np.intp)
    parent = np.full(len(polygons), -1, dtype=np.intp)
    largest_first = np.argsort(-area[outer], kind="stable")
    parent[inner[largest_first]] = outer[largest_first]
    return depth, parent
