"""Where the borders of a polygon and a cover cross, and what follows each crossing on either of them.

A crossing is clean where it is one point well inside one edge of either border. Borders that touch, run along one
another or cross at a corner are left to a general overlay.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from parcelplan.geometry._borders import Borders
from parcelplan.geometry._compiling import compiled, lean
from parcelplan.geometry._reach import CLEAN_M
from parcelplan.geometry.arrays import Bools, Floats, Ints

MOST_CROSSINGS = 512
"""Borders that cross more often are left to a general overlay."""


class Polygons(NamedTuple):
    """Room for rings of polygons, with land to the left of every edge; the first point of a ring again at its end."""

    x: Floats
    y: Floats
    first: Ints
    """First point of each ring, and where the next one would begin."""
    area: Floats
    """Area within each ring; that of a hole counts as less than nothing."""
    outer: Ints
    """The ring around each hole; of any other ring itself."""


class Crossings(NamedTuple):
    """Room for the points in which two borders cross."""

    ring: Ints
    """Ring of the polygon."""
    edge: Ints
    """Edge of the polygon, by the place of its first point."""
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
    """The crossing after each one on the same ring of the polygon."""
    used: Bools
    distance: Floats
    """Of each point of the polygon from the line through an edge."""


@compiled
def polygons(points: int) -> Polygons:
    """Room for so many points."""
    rings = points // 3 + 2
    return Polygons(
        np.empty(points),
        np.empty(points),
        np.zeros(rings, np.intp),
        np.empty(rings),
        np.empty(rings, np.intp),
    )


@compiled
def crossings(points: int) -> Crossings:
    """Room for all that are followed, and for polygons of so many points."""
    return Crossings(
        np.empty(MOST_CROSSINGS, np.intp),
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
def cross(source: Polygons, number: int, borders: Borders, edges: Ints, found: Crossings, count: int) -> int:
    """Find where a ring crosses some edges; answers how many crossings there are now, −1 where one is not clean."""
    first, last = source.first[number], source.first[number + 1] - 1
    west, south, east, north = _bounds(source.x, source.y, first, last)
    for edge in edges:
        cx, cy = borders.x[edge], borders.y[edge]
        dx, dy = borders.x[edge + 1], borders.y[edge + 1]
        if min(cx, dx) > east + CLEAN_M or max(cx, dx) < west - CLEAN_M:
            continue
        if min(cy, dy) > north + CLEAN_M or max(cy, dy) < south - CLEAN_M:
            continue
        inner = borders.bounds[borders.ring[edge]]
        # A ring of the cover that may lie within the polygon: no crossing would tell of it.
        if inner[0] >= west and inner[1] >= south and inner[2] <= east and inner[3] <= north:
            return -1
        size = np.hypot(dx - cx, dy - cy)
        if size == 0:
            return -1
        _distances(source, first, last, cx, cy, (dx - cx) / size, (dy - cy) / size, found.distance)
        count = _cross_edge(source, number, borders, edge, found, count)
        if count < 0:
            return -1
    return count


@lean
def _cross_edge(
    source: Polygons, number: int, borders: Borders, edge: int, found: Crossings, count: int
) -> int:
    """The same for one edge, from whose line the distances of all points of the ring are known."""
    cx, cy, dx, dy = borders.x[edge], borders.y[edge], borders.x[edge + 1], borders.y[edge + 1]
    first = source.first[number]
    for at in range(first, source.first[number + 1] - 1):
        behind, ahead = found.distance[at - first], found.distance[at - first + 1]
        if min(behind, ahead) > CLEAN_M or max(behind, ahead) < -CLEAN_M:
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
        found.ring[count], found.edge[count], found.along[count] = number, at, share
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
def link(borders: Borders, count: int, found: Crossings) -> bool:
    """Find what follows each crossing on either border; False where entering and leaving do not take turns."""
    _sort(found.order, count, found.edge, found.along)
    _sort(found.by_cover, count, found.other, found.other_along)
    start = 0
    while start < count:
        ring, end = found.ring[found.order[start]], start
        while end < count and found.ring[found.order[end]] == ring:
            end += 1
        behind = found.order[end - 1]
        for at in range(start, end):
            one = found.order[at]
            # Crossings that round to one point would give rings that touch themselves.
            apart = np.hypot(found.x[one] - found.x[behind], found.y[one] - found.y[behind])
            if found.enters[one] == found.enters[behind] or apart <= CLEAN_M:
                return False
            found.following[behind], found.used[one] = one, False
            behind = one
        start = end
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
