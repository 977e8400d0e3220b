"""A polygon cut by a cover along their borders: where these cross, and what is left between the crossings.

This is the clean case of an overlay, and nearly every case: each crossing is one point well inside one edge of either
border. Walking the polygon's border outside the cover, turning into the cover's border backwards where it enters, and
out again at the next crossing, gives the rings of what is left. Whatever is not clean, such as borders that touch, run
along one another or cross at a corner, is left to a general overlay.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from parcelplan.geometry._borders import Borders
from parcelplan.geometry._compiling import compiled, lean
from parcelplan.geometry._reach import CLEAN_M, DOUBT, INSIDE, Around, place_of
from parcelplan.geometry.arrays import Bools, Floats, Ints

UNKNOWN, FREE, COVERED, CUT = range(4)
"""What a cover does to a polygon; unknown where only a general overlay can tell."""
MOST_CROSSINGS = 512
"""Borders that cross more often are left to a general overlay."""


class Polygons(NamedTuple):
    """Room for polygons without holes, counter-clockwise; the first point of a ring again at its end."""

    x: Floats
    y: Floats
    first: Ints
    """First point of each, and where the next one would begin."""
    area: Floats


class Crossings(NamedTuple):
    """Room for the points in which two borders cross."""

    edge: Ints
    """Edge of the polygon."""
    along: Floats
    """Place on that edge, 0 to 1."""
    other: Ints
    """Edge of the cover."""
    other_along: Floats
    x: Floats
    y: Floats
    enters: Bools
    """Whether the polygon's border runs into the cover here."""
    order: Ints
    """Crossings in their order along the polygon."""
    by_cover: Ints
    """Crossings in their order along the cover."""
    before: Ints
    """The crossing before each one on the same ring of the cover."""
    following: Ints
    """The crossing after each one on the polygon."""
    used: Bools
    distance: Floats
    """Of each point of the polygon from the line through an edge."""


@compiled
def polygons(points: int) -> Polygons:
    """Room for so many points."""
    return Polygons(
        np.empty(points), np.empty(points), np.zeros(points // 3 + 2, np.intp), np.empty(points // 3 + 2)
    )


@compiled
def crossings(points: int) -> Crossings:
    """Room for all that are followed, and for polygons of so many points."""
    return Crossings(
        np.empty(MOST_CROSSINGS, np.intp),
        np.empty(MOST_CROSSINGS),
        np.empty(MOST_CROSSINGS, np.intp),
        np.empty(MOST_CROSSINGS),
        np.empty(MOST_CROSSINGS),
        np.empty(MOST_CROSSINGS),
        np.empty(MOST_CROSSINGS, np.bool_),
        np.empty(MOST_CROSSINGS, np.intp),
        np.empty(MOST_CROSSINGS, np.intp),
        np.empty(MOST_CROSSINGS, np.intp),
        np.empty(MOST_CROSSINGS, np.intp),
        np.empty(MOST_CROSSINGS, np.bool_),
        np.empty(points),
    )


@lean
def without(
    source: Polygons, count: int, around: Around, at: int, near: Ints, found: Crossings, target: Polygons
) -> tuple[int, int]:
    """Take a cover away from some polygons.

    Parameters
    ----------
    source, count
        Polygons that lie within a parcel, and how many of them there are.
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
        How many polygons are left in ``target``.
    """
    left, touched, borders = 0, False, around.borders
    for number in range(count):
        crossed = cross(source, number, borders, near, found)
        if crossed < 0:
            return UNKNOWN, 0
        if crossed == 0:
            first = source.first[number]
            place = place_of(around, at, source.x[first], source.y[first])
            if place == DOUBT:
                return UNKNOWN, 0
            if place == INSIDE:
                touched = True
            else:
                left = _copied(source, number, target, left)
            continue
        touched = True
        if not link(borders, crossed, found):
            return UNKNOWN, 0
        left = trace(source, number, borders, crossed, found, target, left)
        if left < 0:
            return UNKNOWN, 0
    return CUT if touched else FREE, left


@lean
def _copied(source: Polygons, number: int, target: Polygons, left: int) -> int:
    to = target.first[left]
    for at in range(source.first[number], source.first[number + 1]):
        target.x[to], target.y[to] = source.x[at], source.y[at]
        to += 1
    target.area[left], target.first[left + 1] = source.area[number], to
    return left + 1


@lean
def cross(source: Polygons, number: int, borders: Borders, edges: Ints, found: Crossings) -> int:
    """Find where the border of a polygon crosses some edges; −1 where not every crossing is clean."""
    first, last = source.first[number], source.first[number + 1] - 1
    west, south, east, north = _bounds(source.x, source.y, first, last)
    count = 0
    for edge in edges:
        cx, cy = borders.x[edge], borders.y[edge]
        dx, dy = borders.x[edge + 1], borders.y[edge + 1]
        if min(cx, dx) > east + CLEAN_M or max(cx, dx) < west - CLEAN_M:
            continue
        if min(cy, dy) > north + CLEAN_M or max(cy, dy) < south - CLEAN_M:
            continue
        ring = borders.bounds[borders.ring[edge]]
        # A ring of the cover that may lie within the polygon: no crossing would tell of it.
        if ring[0] >= west and ring[1] >= south and ring[2] <= east and ring[3] <= north:
            return -1
        size = np.hypot(dx - cx, dy - cy)
        if size == 0:
            return -1
        _distances(source, first, last, cx, cy, (dx - cx) / size, (dy - cy) / size, found.distance)
        for at in range(first, last):
            behind, ahead = found.distance[at - first], found.distance[at - first + 1]
            if (behind > CLEAN_M) == (ahead > CLEAN_M) and (behind < -CLEAN_M) == (ahead < -CLEAN_M):
                if abs(behind) > CLEAN_M:
                    continue
            px, py, qx, qy = source.x[at], source.y[at], source.x[at + 1], source.y[at + 1]
            if min(cx, dx) > max(px, qx) + CLEAN_M or max(cx, dx) < min(px, qx) - CLEAN_M:
                continue
            if min(cy, dy) > max(py, qy) + CLEAN_M or max(cy, dy) < min(py, qy) - CLEAN_M:
                continue
            way = np.hypot(qx - px, qy - py)
            if way == 0 or count == MOST_CROSSINGS:
                return -1
            start = ((qx - px) * (cy - py) - (qy - py) * (cx - px)) / way
            end = ((qx - px) * (dy - py) - (qy - py) * (dx - px)) / way
            if min(abs(behind), abs(ahead), abs(start), abs(end)) <= CLEAN_M:
                return -1
            if (behind > 0) == (ahead > 0) or (start > 0) == (end > 0):
                continue
            share = behind / (behind - ahead)
            found.edge[count], found.along[count] = at - first, share
            found.other[count], found.other_along[count] = edge, start / (start - end)
            found.x[count], found.y[count] = px + share * (qx - px), py + share * (qy - py)
            found.enters[count] = ahead > 0
            count += 1
    return count


@lean
def _distances(
    source: Polygons, first: int, last: int, cx: float, cy: float, sx: float, sy: float, into: Floats
) -> None:
    """How far the points of a ring lie to the left of a line through c; a loop without branches, for the processor."""
    x, y = source.x[first : last + 1], source.y[first : last + 1]
    for at in range(last - first + 1):
        into[at] = sx * (y[at] - cy) - sy * (x[at] - cx)


@lean
def _bounds(x: Floats, y: Floats, first: int, last: int) -> tuple[float, float, float, float]:
    west, south, east, north = x[first], y[first], x[first], y[first]
    for at in range(first + 1, last):
        west, east = min(west, x[at]), max(east, x[at])
        south, north = min(south, y[at]), max(north, y[at])
    return west, south, east, north


@lean
def _sort(order: Ints, count: int, number: Ints, along: Floats) -> None:
    """Sort a few by number and place along; nearly sorted already, as edges come in their order."""
    for at in range(count):
        order[at] = at
    for at in range(1, count):
        item, to = order[at], at
        while to > 0:
            other = order[to - 1]
            if number[other] < number[item]:
                break
            if number[other] == number[item] and along[other] <= along[item]:
                break
            order[to] = other
            to -= 1
        order[to] = item


@lean
def link(borders: Borders, count: int, found: Crossings) -> bool:
    """Find what follows each crossing on either border; False where entering and leaving do not take turns."""
    _sort(found.order, count, found.edge, found.along)
    _sort(found.by_cover, count, found.other, found.other_along)
    for at in range(count):
        one, other = found.order[at], found.order[(at + 1) % count]
        # Crossings that round to one point would give rings that touch themselves.
        apart = np.hypot(found.x[other] - found.x[one], found.y[other] - found.y[one])
        if found.enters[one] == found.enters[other] or apart <= CLEAN_M:
            return False
        found.following[one], found.used[one] = other, False
    start = 0
    while start < count:
        ring, end = borders.ring[found.other[found.by_cover[start]]], start
        while end < count and borders.ring[found.other[found.by_cover[end]]] == ring:
            end += 1
        behind = found.by_cover[end - 1]
        for at in range(start, end):
            one = found.by_cover[at]
            if found.enters[one] == found.enters[behind]:
                return False
            found.before[one], behind = behind, one
        start = end
    return True


@lean
def trace(
    source: Polygons,
    number: int,
    borders: Borders,
    count: int,
    found: Crossings,
    target: Polygons,
    left: int,
) -> int:
    """Walk the borders of what is left of a polygon; answers how many there are now, −1 where no walk closes."""
    begun, corners = source.first[number], source.first[number + 1] - 1 - source.first[number]
    for start in range(count):
        if found.used[start] or not found.enters[start]:
            continue
        at, to = start, target.first[left]
        while not found.used[at]:
            found.used[at] = True
            back = found.before[at]
            on = found.following[back]
            ring = borders.ring[found.other[at]]
            base, around = borders.first[ring], borders.first[ring + 1] - 1 - borders.first[ring]
            inner = _steps(found.other[at] - found.other[back], around, found.other_along[at] < found.other_along[back])
            outer = _steps(found.edge[on] - found.edge[back], corners, found.along[on] < found.along[back])
            if to + inner + outer + 3 > len(target.x):
                return -1
            target.x[to], target.y[to] = found.x[at], found.y[at]
            place = found.other[at]
            for _ in range(inner):
                to += 1
                target.x[to], target.y[to] = borders.x[place], borders.y[place]
                place = place - 1 if place > base else base + around - 1
            to += 1
            target.x[to], target.y[to] = found.x[back], found.y[back]
            place = begun + found.edge[back]
            for _ in range(outer):
                to += 1
                place = place + 1 if place + 1 < begun + corners else begun
                target.x[to], target.y[to] = source.x[place], source.y[place]
            to += 1
            at = on
        if at != start:
            return -1
        target.x[to], target.y[to] = found.x[start], found.y[start]
        target.area[left] = area_of(target.x, target.y, target.first[left], to + 1)
        target.first[left + 1] = to + 1
        left += 1
    return left


@lean
def _steps(difference: int, around: int, whole: bool) -> int:  # noqa: FBT001
    """Corners between two places on a ring; all of them where the way leads round to the same edge."""
    steps = difference % around
    return around if steps == 0 and whole else steps


@lean
def area_of(x: Floats, y: Floats, start: int, end: int) -> float:
    """Area of a closed ring, positive where it runs counter-clockwise; to the last digit as GEOS sums it up."""
    twice = 0.0
    for at in range(start + 1, end - 1):
        twice += (x[at] - x[start]) * (y[at + 1] - y[at - 1])
    return twice / 2.0
