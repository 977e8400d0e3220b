"""The compiled part of screening: the parcels of a slice gone through quadrant by quadrant."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from parcelplan.geometry._asked import HARD, PARTLY, Asked, Outcome, Told
from parcelplan.geometry._borders import Borders, Outlines
from parcelplan.geometry._compiling import compiled, entry, lean, text_of_sources
from parcelplan.geometry._outcome import (
    Tables,
    add_land,
    add_shares,
    fits,
    most_points,
    tables_for,
    with_room,
)
from parcelplan.geometry._reach import (
    MARGIN_M,
    OUTSIDE,
    Around,
    Reach,
    meets,
    moved,
    narrow,
    place_of,
    room_for,
)
from parcelplan.geometry._taking import Ground, Touching, in_doubt
from parcelplan.geometry._telling import tell_days, tell_left, tell_shares
from parcelplan.geometry.arrays import Floats, Ints

FEW_PARCELS = 8
"""Quadrants with no more parcels are not divided: every edge is held against every parcel."""
FEW_TESTS = 64
"""Nor are those in which that takes no more tests than these."""
NEAR = -1
"""Place of a parcel that a border comes near to."""
DONE, NARROW, LEAF = 0, 1, 2
"""Why the descent stopped: there is no more to do, or no room for a narrower reach, or for what a parcel leaves."""
STEPS = 20
"""More than a quadtree has levels."""


class Path(NamedTuple):
    """How far the descent through the quadrants has come."""

    todo: Ints
    """Quadrants that wait, last ones first: start, end, levels below, and how many steps down they lie."""
    waiting: Ints
    """How many do."""
    covers: Ints
    """For each step down, where the covers that reach into the quadrant stand."""
    edges: Ints
    """For each step down, where their edges end."""
    corners: Floats
    """For each step down, the point of reference of the quadrant."""
    box: Floats
    need: Ints
    """What it takes to go on: room for covers and edges of a quadrant; the parcel, covers and edges of a leaf."""


@compiled
def _screened(
    borders: Borders,
    reach: Reach,
    corner: Floats,
    parcels: Outlines,
    keys: Ints,
    level: int,
    asked: Asked,
    told: Told,
) -> Outcome:
    """Answer what is asked of the parcels of a slice.

    Parameters
    ----------
    borders, reach, corner
        Borders of all covers; which of them reach into the slice, and the point of reference of ``reach``.
    parcels, keys, level
        The parcels of a quadrant, their places in the quadtree, ascending, and how many levels lie below.
    asked, told
        The questions, and where the answers go. Hard parcels are marked and have no answers.
    """
    path = Path(
        np.zeros((4 * STEPS, 4), np.intp),
        np.ones(1, np.intp),
        np.zeros((STEPS, 2), np.intp),
        np.zeros(STEPS, np.intp),
        np.zeros((STEPS, 2)),
        np.zeros(4),
        np.zeros(5, np.intp),
    )
    path.todo[0, 1], path.todo[0, 2], path.todo[0, 3] = len(parcels.row), level, 1
    path.covers[0, 1], path.edges[0] = len(reach.cover), len(reach.edge)
    path.corners[0, 0], path.corners[0, 1] = corner[0], corner[1]
    deep, tables = _room(reach, 0, 0), tables_for(0, 0, 0)
    while True:
        stopped = _descend(borders, deep, parcels, keys, asked, told, tables, path)
        if stopped == DONE:
            break
        if stopped == NARROW:
            deep = _room(deep, path.need[0], path.need[1])
        else:
            tables = with_room(tables, parcels, path.need[2], path.need[3], path.need[4])
    count, size, shares = tables.used
    out = tables.out
    return Outcome(
        out.text[:size],
        out.first[: count + 1],
        out.row[:count],
        out.share_row[:shares],
        out.share_cover[:shares],
        out.share[:shares],
    )


@lean
def _descend(
    borders: Borders,
    deep: Reach,
    parcels: Outlines,
    keys: Ints,
    asked: Asked,
    told: Told,
    tables: Tables,
    path: Path,
) -> int:
    """Go through the quadrants that wait as far as there is room; answers why it stopped."""
    while path.waiting[0]:
        start, end, level, step = _last(path)
        lo, hi = path.covers[step - 1, 0], path.covers[step - 1, 1]
        top, below = path.edges[step - 1], path.edges[step - 2] if step > 1 else 0
        if hi + hi - lo > len(deep.cover) or top + top - below > len(deep.edge):
            path.need[0], path.need[1] = hi + hi - lo, top + top - below
            return NARROW
        corner, box = path.corners[step], path.box
        _box(parcels.bounds, start, end, box)
        corner[0], corner[1] = box[0], box[1]
        found, edge = narrow(borders, deep, (lo, hi), path.corners[step - 1], corner, box, deep, (hi, top))
        path.covers[step, 0], path.covers[step, 1], path.edges[step] = hi, found, edge
        path.waiting[0] -= 1
        if found == hi:
            continue
        if end - start > FEW_PARCELS and level > 0 and (end - start) * (edge - top) > FEW_TESTS:
            _divide(keys, start, end, level, step, path)
            continue
        around = Around(borders, deep, hi, found, corner)
        start = _leaf(around, parcels, start, end, edge - top, asked, told, tables)
        if start < end:
            path.todo[path.waiting[0], 0] = start
            path.waiting[0] += 1
            path.need[2], path.need[3], path.need[4] = start, found - hi, edge - top
            return LEAF
    return DONE


@lean
def _last(path: Path) -> tuple[int, int, int, int]:
    at = path.waiting[0] - 1
    return path.todo[at, 0], path.todo[at, 1], path.todo[at, 2], path.todo[at, 3]


def _entry(text: int) -> Callable[[Borders, Reach, Floats, Outlines, Ints, int, Asked, Told], Outcome]:
    @entry
    def screen_slice(
        borders: Borders,
        reach: Reach,
        corner: Floats,
        parcels: Outlines,
        keys: Ints,
        level: int,
        asked: Asked,
        told: Told,
    ) -> Outcome:
        _ = text
        return _screened(borders, reach, corner, parcels, keys, level, asked, told)

    return screen_slice


screen_slice = _entry(text_of_sources())


@compiled
def _room(reach: Reach, covers: int, edges: int) -> Reach:
    """The same with room for so many covers and edges, and some to spare where it has to move."""
    if covers <= len(reach.cover) and edges <= len(reach.edge) and covers + edges > 0:
        return reach
    more, longer = 2 * max(covers, len(reach.cover)) + 64, 2 * max(edges, len(reach.edge)) + 256
    return moved(reach, len(reach.cover), len(reach.edge), room_for(more, longer))


@lean
def _box(bounds: Floats, start: int, end: int, box: Floats) -> None:
    """Bounds of some parcels, and a margin to the west and south, at whose end the point of reference lies."""
    box[0], box[1], box[2], box[3] = bounds[start, 0], bounds[start, 1], bounds[start, 2], bounds[start, 3]
    for at in range(start + 1, end):
        box[0], box[1] = min(box[0], bounds[at, 0]), min(box[1], bounds[at, 1])
        box[2], box[3] = max(box[2], bounds[at, 2]), max(box[3], bounds[at, 3])
    box[0] -= MARGIN_M
    box[1] -= MARGIN_M


@lean
def _divide(keys: Ints, start: int, end: int, level: int, step: int, path: Path) -> None:
    """Let the quarters of a quadrant wait that hold parcels."""
    shift = 2 * (level - 1)
    while start < end:
        quarter = keys[start] >> shift
        low, high = start, end
        while high - low > 1:
            middle = (low + high) // 2
            if keys[middle] >> shift == quarter:
                low = middle
            else:
                high = middle
        at = path.waiting[0]
        path.todo[at, 0], path.todo[at, 1], path.todo[at, 2], path.todo[at, 3] = (
            start,
            high,
            level - 1,
            step + 1,
        )
        path.waiting[0] = at + 1
        start = high


@lean
def _leaf(
    around: Around,
    parcels: Outlines,
    start: int,
    end: int,
    edges: int,
    asked: Asked,
    told: Told,
    tables: Tables,
) -> int:
    """Answer for the parcels of a quadrant that is not divided, as far as there is room; answers where to go on."""
    for number in range(start, end):
        if not fits(tables, most_points(parcels, number, edges), around.end - around.start, edges):
            return number
        touched = _touching(around, parcels.bounds[number], tables.touching, tables.near)
        if touched == 0:
            continue
        ground = Ground(parcels, number, around, tables.touching, touched, tables.near)
        row = parcels.row[number]
        if in_doubt(ground, tables.rooms):
            told.state[row] = HARD
            continue
        if len(told.day_blocked):
            tell_days(ground, asked, tables.rooms, told)
        if asked.shares and told.state[row] != HARD:
            tell_shares(ground, tables.rooms, told, tables.shares)
            add_shares(ground, tables)
        if asked.left and told.state[row] != HARD:
            in_two, count = tell_left(ground, asked, tables.rooms, told)
            if told.state[row] == PARTLY:
                add_land(tables, row, tables.rooms.two if in_two else tables.rooms.one, count)
    return end


@lean
def _touching(around: Around, box: Floats, touching: Touching, near: Ints) -> int:
    """Find the covers that touch a parcel, and the edges near it; answers how many covers there are."""
    found, top = 0, 0
    borders, reach = around.borders, around.reach
    for at in range(around.start, around.end):
        begun = top
        for place in range(reach.start[at], reach.end[at]):
            edge = reach.edge[place]
            ax, ay, bx, by = borders.x[edge], borders.y[edge], borders.x[edge + 1], borders.y[edge + 1]
            near[top] = edge
            top += meets(ax, ay, bx, by, box[0], box[1], box[2], box[3])
        where = NEAR
        if top == begun:
            where = place_of(around, at, (box[0] + box[2]) / 2.0, (box[1] + box[3]) / 2.0)
            if where == OUTSIDE:
                continue
        touching.cover[found], touching.place[found], touching.at[found] = reach.cover[at], where, at
        touching.start[found], touching.end[found] = begun, top
        found += 1
    return found
