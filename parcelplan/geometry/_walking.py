"""A polygon cut by a cover along their borders: what is left between the crossings.

This is the clean case of an overlay, and nearly every case. Walking the polygon's border outside the cover, turning
into the cover's border backwards where it enters, and out again at the next crossing, gives the rings of what is left.
"""

from __future__ import annotations

from parcelplan.geometry._borders import Borders
from parcelplan.geometry._compiling import lean, variable
from parcelplan.geometry._crossing import Crossings, Polygons, cross, link
from parcelplan.geometry._reach import DOUBT, INSIDE, MARGIN_M, OUTSIDE, Around, beyond, place_of
from parcelplan.geometry.arrays import Floats, Ints

UNKNOWN, FREE, CUT = range(3)
"""What a cover does to a polygon; unknown where only a general overlay can tell."""


@lean
def without(
    source: Polygons, count: int, around: Around, at: int, near: Ints, found: Crossings, target: Polygons
) -> tuple[int, int]:
    """Take a cover away from some polygons.

    Parameters
    ----------
    source, count
        Polygons that lie within a parcel, and how many rings they have.
    around, at
        What reaches into the quadrant of the parcel, and the cover's place in it.
    near
        Edges of the cover near the parcel.
    found, target
        Room to work in, and for what is left.

    Returns
    -------
    state
        ``UNKNOWN`` where that is so of one of them, ``FREE`` where it is so of all, else ``CUT``.
    count
        How many rings are left in ``target``.
    """
    left, touched = variable(0), False
    for outer in range(count):
        if source.outer[outer] != outer:
            continue
        crossed = cross(source, outer, around.borders, near, found, variable(0))
        for ring in range(count):
            if source.outer[ring] == outer and ring != outer and crossed >= 0:
                crossed = cross(source, ring, around.borders, near, found, crossed)
        if crossed < 0 or not link(around.borders, crossed, found):
            return UNKNOWN, 0
        begun = left
        left, kept = _uncrossed(source, count, outer, crossed, around, at, found, target, left)
        touched = touched or crossed > 0 or not kept
        if left >= 0 and crossed:
            left = trace(source, around.borders, crossed, found, target, left)
        if left < 0 or not _assembled(target, begun, left):
            return UNKNOWN, 0
    return CUT if touched else FREE, left


@lean
def _uncrossed(
    source: Polygons,
    count: int,
    outer: int,
    crossed: int,
    around: Around,
    at: int,
    found: Crossings,
    target: Polygons,
    left: int,
) -> tuple[int, bool]:
    """Keep the rings of a polygon that nothing crosses and that do not lie within the cover.

    Answers how many rings are left now, −1 where nobody knows, and whether all of them are kept.
    """
    kept = True
    first = source.first[outer]
    whole = OUTSIDE if crossed else place_of(around, at, source.x[first], source.y[first])
    for ring in range(count):
        if source.outer[ring] != outer:
            continue
        first, crosses = source.first[ring], False
        for one in range(crossed):
            crosses = crosses or found.ring[one] == ring
        if crosses:
            continue
        # Where nothing is crossed, holes go with what is around them.
        place = place_of(around, at, source.x[first], source.y[first]) if crossed else whole
        if place == DOUBT:
            return -1, False
        if place == INSIDE:
            kept = False
            continue
        to = target.first[left]
        for corner in range(first, source.first[ring + 1]):
            target.x[to], target.y[to] = source.x[corner], source.y[corner]
            to += 1
        target.area[left], target.first[left + 1] = source.area[ring], to
        left += 1
    return left, kept


@lean
def trace(
    source: Polygons, borders: Borders, count: int, found: Crossings, target: Polygons, left: int
) -> int:
    """Walk the borders of what is left of a polygon; answers how many rings there are now, −1 where none closes."""
    for start in range(count):
        if found.used[start] or not found.enters[start]:
            continue
        at, to = start, target.first[left]
        while not found.used[at]:
            found.used[at] = True
            back = found.before[at]
            to = _along_cover(borders, found, at, back, target, to)
            at = found.following[back]
            to = _along_polygon(source, found, back, at, target, to) if to >= 0 else to
            if to < 0:
                return -1
        if at != start:
            return -1
        target.x[to], target.y[to] = found.x[start], found.y[start]
        target.area[left] = area_of(target.x, target.y, target.first[left], to + 1)
        target.first[left + 1] = to + 1
        left += 1
    return left


@lean
def _along_cover(borders: Borders, found: Crossings, at: int, back: int, target: Polygons, to: int) -> int:
    """Go from a crossing back along the cover to the one before; answers where the next point goes, −1 at no room."""
    ring = borders.ring[found.other[at]]
    base, around = borders.first[ring], borders.first[ring + 1] - 1 - borders.first[ring]
    corners = (found.other[at] - found.other[back]) % around
    if corners == 0 and found.other_along[at] < found.other_along[back]:
        corners = around
    if to + corners + 2 > len(target.x):
        return -1
    target.x[to], target.y[to] = found.x[at], found.y[at]
    place = found.other[at]
    for _ in range(corners):
        to += 1
        target.x[to], target.y[to] = borders.x[place], borders.y[place]
        place = place - 1 if place > base else base + around - 1
    return to + 1


@lean
def _along_polygon(source: Polygons, found: Crossings, at: int, on: int, target: Polygons, to: int) -> int:
    """Go from a crossing along the polygon to the next one."""
    base = source.first[found.ring[at]]
    around = source.first[found.ring[at] + 1] - 1 - base
    corners = (found.edge[on] - found.edge[at]) % around
    if corners == 0 and found.along[on] < found.along[at]:
        corners = around
    if to + corners + 2 > len(target.x):
        return -1
    target.x[to], target.y[to] = found.x[at], found.y[at]
    place = found.edge[at]
    for _ in range(corners):
        to += 1
        place = place + 1 if place + 1 < base + around else base
        target.x[to], target.y[to] = source.x[place], source.y[place]
    return to + 1


@lean
def _assembled(target: Polygons, begun: int, left: int) -> bool:
    """Find the ring around each hole among the rings that are left of one polygon; False where nobody knows."""
    outers, last = 0, begun
    for ring in range(begun, left):
        target.outer[ring] = ring
        if target.area[ring] > 0:
            outers, last = outers + 1, ring
    if outers == left - begun:
        return True
    for hole in range(begun, left):
        if target.area[hole] <= 0:
            target.outer[hole] = last if outers == 1 else _around(target, begun, left, hole)
            if target.outer[hole] < 0:
                return False
    return True


@lean
def _around(target: Polygons, begun: int, left: int, hole: int) -> int:
    """The ring around a hole; −1 where nobody knows."""
    x, y = target.x[target.first[hole]], target.y[target.first[hole]]
    found = -1
    for ring in range(begun, left):
        if target.area[ring] > 0:
            place = _place_in(target, ring, x, y)
            if place == DOUBT:
                return -1
            found = ring if place == INSIDE else found
    return found


@lean
def _place_in(target: Polygons, ring: int, x: float, y: float) -> int:
    """Where a point lies in respect of a ring."""
    first, last = target.first[ring], target.first[ring + 1] - 1
    px, py = target.x[first], target.y[first]
    for at in range(first, last):
        px, py = min(px, target.x[at]), min(py, target.y[at])
    px, py, place = px - MARGIN_M, py - MARGIN_M, OUTSIDE
    for at in range(first, last):
        ax, ay, bx, by = target.x[at], target.y[at], target.x[at + 1], target.y[at + 1]
        place = beyond(place, px, py, x, y, ax, ay, bx, by)
    return place


@lean
def area_of(x: Floats, y: Floats, start: int, end: int) -> float:
    """Area of a closed ring, positive where it runs counter-clockwise; to the last digit as GEOS sums it up."""
    twice = 0.0
    for at in range(start + 1, end - 1):
        twice += (x[at] - x[start]) * (y[at + 1] - y[at - 1])
    return twice / 2.0
