"""Which borders of covers reach into a rectangle, and which covers hold its corner: found level by level of a quadtree.

Each quadrant keeps a point of reference and knows for every cover whether the point lies within it. From a point to the
next one inside the same rectangle that changes with each border in between, and these are known: so no cover need be
cut down to a rectangle or be asked as a whole where a point lies.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from parcelplan.geometry._borders import Borders
from parcelplan.geometry._compiling import compiled, entry, lean, text_of_sources, variable
from parcelplan.geometry.arrays import Floats, Ints

CLEAN_M = 1e-6
"""Points closer to a border than this are not clean: a thousand times what rounding moves them by."""
SLACK_M = 3e-6
"""How far boxes reach beyond what they hold, so that nothing within ``CLEAN_M`` of it is missed."""
MARGIN_M = 1.0372189541
"""How far beyond its parcels a quadrant's corner lies. No round number: borders seldom pass through the corner."""

OUTSIDE, INSIDE, DOUBT = 0, 1, 2
"""Where a point lies; doubtful where a border comes too near."""


class Reach(NamedTuple):
    """Covers that reach into a rectangle. Edges of a cover that do so stand from its start to its end."""

    cover: Ints
    place: Ints
    """Where the point of reference lies: ``OUTSIDE``, ``INSIDE`` or ``DOUBT``."""
    start: Ints
    end: Ints
    edge: Ints


class Around(NamedTuple):
    """What reaches into a quadrant: some covers of a reach, and the point of reference."""

    borders: Borders
    reach: Reach
    start: int
    end: int
    corner: Floats


@compiled
def _entered(borders: Borders, box: Floats) -> Reach:
    """What reaches into a box of all there is; its corner in the south-west is the point of reference."""
    rings = len(borders.cover)
    edges = 0
    for ring in range(rings):
        if _boxes_meet(borders.bounds[ring], box):
            edges += borders.first[ring + 1] - borders.first[ring] - 1
    into = room_for(rings, edges)
    found, end, ring = variable(0), variable(0), variable(0)
    while ring < rings:
        last = ring
        while last < rings and borders.cover[last] == borders.cover[ring]:
            last += 1
        begun, place = end, variable(OUTSIDE)
        for own in range(ring, last):
            place, end = _enter(borders, own, box, into.edge, end, place)
        if end > begun or place != OUTSIDE:
            into.cover[found], into.place[found] = borders.cover[ring], place
            into.start[found], into.end[found] = begun, end
            found += 1
        ring = last
    return moved(into, found, end, room_for(found, end))


@lean
def _enter(borders: Borders, ring: int, box: Floats, kept: Ints, end: int, place: int) -> tuple[int, int]:
    """Keep the edges of a ring that reach into a box, and go from outside the ring to the box's corner."""
    bounds, first, last = borders.bounds[ring], borders.first[ring], borders.first[ring + 1] - 1
    if not _boxes_meet(bounds, box):
        return place, end
    px, py = bounds[0] - MARGIN_M, bounds[1] - MARGIN_M
    within = px < box[0] < bounds[2] + SLACK_M and py < box[1] < bounds[3] + SLACK_M
    for edge in range(first, last):
        ax, ay, bx, by = borders.x[edge], borders.y[edge], borders.x[edge + 1], borders.y[edge + 1]
        if within:
            place = beyond(place, px, py, box[0], box[1], ax, ay, bx, by)
        if meets(ax, ay, bx, by, box[0], box[1], box[2], box[3]):
            kept[end] = edge
            end += 1
    return place, end


@lean
def _boxes_meet(one: Floats, other: Floats) -> bool:
    if one[0] > other[2] + SLACK_M or one[2] < other[0] - SLACK_M:
        return False
    return bool(one[1] <= other[3] + SLACK_M and one[3] >= other[1] - SLACK_M)


@compiled
def room_for(covers: int, edges: int) -> Reach:
    """Room for so many covers and edges."""
    return Reach(
        np.empty(covers, np.intp),
        np.empty(covers, np.intp),
        np.empty(covers, np.intp),
        np.empty(covers, np.intp),
        np.empty(edges, np.intp),
    )


@compiled
def moved(reach: Reach, covers: int, edges: int, room: Reach) -> Reach:
    """Put some covers and edges into another room."""
    for at in range(covers):
        room.cover[at], room.place[at] = reach.cover[at], reach.place[at]
        room.start[at], room.end[at] = reach.start[at], reach.end[at]
    for at in range(edges):
        room.edge[at] = reach.edge[at]
    return room


@compiled
def _narrowed(borders: Borders, reach: Reach, here: Floats, there: Floats, box: Floats) -> Reach:
    """What of a reach goes on into a box within its rectangle.

    Parameters
    ----------
    borders
        Borders of all covers.
    reach, here
        What reaches into a rectangle, and its point of reference.
    there, box
        Point of reference of a box within it, and the box.
    """
    count, edges = len(reach.cover), 0
    for number in range(count):
        edges += reach.end[number] - reach.start[number]
    into = room_for(count, edges)
    found, end = narrow(borders, reach, (0, count), here, there, box, into, (0, 0))
    return moved(into, found, end, room_for(found, end))


def _entry(
    text: int,
) -> tuple[Callable[[Borders, Floats], Reach], Callable[[Borders, Reach, Floats, Floats, Floats], Reach]]:
    @entry
    def entered(borders: Borders, box: Floats) -> Reach:
        _ = text
        return _entered(borders, box)

    @entry
    def narrowed(borders: Borders, reach: Reach, here: Floats, there: Floats, box: Floats) -> Reach:
        _ = text
        return _narrowed(borders, reach, here, there, box)

    return entered, narrowed


entered, narrowed = _entry(text_of_sources())


@lean
def narrow(
    borders: Borders,
    reach: Reach,
    covers: tuple[int, int],
    here: Floats,
    there: Floats,
    box: Floats,
    into: Reach,
    top: tuple[int, int],
) -> tuple[int, int]:
    """Write what of some covers' reach goes on into a box behind what is there already; answers the new tops."""
    found, end = top
    for number in range(covers[0], covers[1]):
        place, begun = reach.place[number], end
        for at in range(reach.start[number], reach.end[number]):
            edge = reach.edge[at]
            ax, ay, bx, by = borders.x[edge], borders.y[edge], borders.x[edge + 1], borders.y[edge + 1]
            place = beyond(place, here[0], here[1], there[0], there[1], ax, ay, bx, by)
            if meets(ax, ay, bx, by, box[0], box[1], box[2], box[3]):
                into.edge[end] = edge
                end += 1
        if end > begun or place != OUTSIDE:
            into.cover[found], into.place[found] = reach.cover[number], place
            into.start[found], into.end[found] = begun, end
            found += 1
    return found, end


@lean
def beyond(
    place: int,
    px: float,
    py: float,
    qx: float,
    qy: float,
    ax: float,
    ay: float,
    bx: float,
    by: float,
) -> int:
    """Where one gets, going straight from p, which lies at ``place``, to q, when a border goes from a to b."""
    if place == DOUBT:
        return DOUBT
    if min(ax, bx) > max(px, qx) + SLACK_M or max(ax, bx) < min(px, qx) - SLACK_M:
        return place
    if min(ay, by) > max(py, qy) + SLACK_M or max(ay, by) < min(py, qy) - SLACK_M:
        return place
    if abs(ax - px) + abs(ay - py) <= CLEAN_M or abs(ax - qx) + abs(ay - qy) <= CLEAN_M:
        return DOUBT
    # Corners on the way count as on its right: the two edges of a corner then agree on it.
    begins = (qx - px) * (ay - py) - (qy - py) * (ax - px) > 0
    ends = (qx - px) * (by - py) - (qy - py) * (bx - px) > 0
    if begins == ends:
        return place
    from_p = (bx - ax) * (py - ay) - (by - ay) * (px - ax)
    from_q = (bx - ax) * (qy - ay) - (by - ay) * (qx - ax)
    near = CLEAN_M * np.hypot(bx - ax, by - ay)
    if abs(from_p) <= near or abs(from_q) <= near:
        return DOUBT
    return INSIDE - place if (from_p > 0) != (from_q > 0) else place


@lean
def meets(
    ax: float, ay: float, bx: float, by: float, west: float, south: float, east: float, north: float
) -> bool:
    """Whether an edge from a to b comes into a rectangle, or within a hair of it."""
    if min(ax, bx) > east + SLACK_M or max(ax, bx) < west - SLACK_M:
        return False
    if min(ay, by) > north + SLACK_M or max(ay, by) < south - SLACK_M:
        return False
    dx, dy = bx - ax, by - ay
    middle = dx * ((south + north) / 2.0 - ay) - dy * ((west + east) / 2.0 - ax)
    half = abs(dx) * ((north - south) / 2.0 + SLACK_M) + abs(dy) * ((east - west) / 2.0 + SLACK_M)
    return bool(abs(middle) <= half)


@lean
def place_of(around: Around, at: int, x: float, y: float) -> int:
    """Where a point of a quadrant lies in respect of one of the covers that reach into it."""
    borders, reach, corner = around.borders, around.reach, around.corner
    place = reach.place[at]
    for number in range(reach.start[at], reach.end[at]):
        edge = reach.edge[number]
        ax, ay, bx, by = borders.x[edge], borders.y[edge], borders.x[edge + 1], borders.y[edge + 1]
        place = beyond(place, corner[0], corner[1], x, y, ax, ay, bx, by)
    return int(place)
