"""Invalid polygons made valid, with the area that this added or took away.

Nothing here is silent: a repair says which shapes it touched and what their areas were before and after.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely

from parcelplan.geometry.arrays import Bools, Floats, Ints, Shapes
from parcelplan.geometry.soundness import is_finite

Method = Literal["structure", "linework"]
_POLYGON = 2


@dataclass(frozen=True, kw_only=True)
class Repair:
    """Shapes after a repair; every array has one entry a shape, in the order of the input."""

    shapes: Shapes
    """The shapes, those repaired among them; the others are the objects that came in."""
    repaired: Bools
    """Which shapes were replaced."""
    area_before: Floats
    """Area by the shoelace formula over the rings as drawn, where loops that run the other way count negative."""
    area_after: Floats
    """Area of the result; NaN where there is no shape."""

    @property
    def area_change(self) -> Floats:
        """Area after minus area before; zero where nothing was done."""
        return self.area_after - self.area_before


def repair(shapes: Shapes, *, method: Method = "structure") -> Repair:
    """Make invalid polygons valid.

    Parameters
    ----------
    shapes
        Any shapes. Valid ones, points, lines, null and empty ones, and those with coordinates that are no numbers
        come back untouched.
    method
        What a ring that winds twice round a place makes of it: land by ``structure``, which knows outer rings from
        holes and makes land of a hole outside its shell; a hole by ``linework``, which counts the crossings of lines.

    Returns
    -------
    Repair
        Repaired shapes are polygons or multipolygons without parts of no area. A shape of which nothing would be
        left stays as it was, invalid, so that it is found again.

    Examples
    --------
    >>> bowtie = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    >>> done = repair(np.array([bowtie]))
    >>> done.shapes[0].geom_type, float(done.area_before[0]), float(done.area_change[0])
    ('MultiPolygon', 0.0, 2.0)
    """
    before = np.asarray(shapely.area(shapes), dtype=float)
    candidates = np.flatnonzero(invalid_polygons(shapes))
    mended = polygonal(_valid(shapes[candidates], method))
    sound = ~shapely.is_empty(mended) & shapely.is_valid(mended)
    result, repaired = shapes.copy(), np.zeros(len(shapes), dtype=bool)
    result[candidates[sound]] = mended[sound]
    repaired[candidates[sound]] = True
    after = np.asarray(shapely.area(result), dtype=float)
    return Repair(shapes=result, repaired=repaired, area_before=before, area_after=after)


def invalid_polygons(shapes: Shapes) -> Bools:
    """Whether each shape is a polygon that breaks the rules of rings, and has numbers for coordinates.

    A polygon without coordinates breaks none; neither does a shape that is not there.
    """
    polygonal = (shapely.get_dimensions(shapes) == _POLYGON) & ~shapely.is_empty(shapes) & is_finite(shapes)
    broken = np.zeros(len(shapes), dtype=bool)
    broken[polygonal] = ~shapely.is_valid(shapes[polygonal])
    return broken


def _valid(shapes: Shapes, method: Method) -> Shapes:
    if method == "linework":
        return np.asarray(shapely.make_valid(shapes, method="linework"), dtype=object)
    return np.asarray(shapely.make_valid(shapes, method="structure", keep_collapsed=False), dtype=object)


def polygonal(shapes: Shapes) -> Shapes:
    """The polygons with area out of each shape, as one polygon or multipolygon; empty where there are none.

    Lines and points of a collection are left out.
    """
    members, owner = _polygons(shapes)
    counts = np.bincount(owner, minlength=len(shapes))
    result = np.full(len(shapes), shapely.Polygon(), dtype=object)
    several = np.flatnonzero(counts > 1)
    result[owner] = members
    if several.size:
        grouped = np.isin(owner, several)
        # Ordered by owner: get_parts keeps the order of its input.
        collected = shapely.multipolygons(members[grouped], indices=np.searchsorted(several, owner[grouped]))
        result[several] = collected
    return result


def _polygons(shapes: Shapes) -> tuple[Shapes, Ints]:
    """Single polygons with area and the position of the shape of each; a collection may hold multipolygons."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    inner, part = shapely.get_parts(parts, return_index=True)
    solid = shapely.area(inner) > 0
    return inner[solid], owner[part[solid]]
