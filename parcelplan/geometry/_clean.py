"""The compiled part of screening: the parcels of a slice gone through quadrant by quadrant."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from parcelplan.geometry._borders import Borders, Outlines
from parcelplan.geometry._compiling import compiled, lean, entry, text_of_sources
from parcelplan.geometry._reach import MARGIN_M, OUTSIDE, Around, Reach, meets, narrow, place_of
from parcelplan.geometry._taking import (
    CRUMB,
    HARD,
    PARTLY,
    Asked,
    Ground,
    Rooms,
    Told,
    Touching,
    in_doubt,
    states,
    tell_days,
    tell_left,
    tell_shares,
)
from parcelplan.geometry._walking import MOST_CROSSINGS, Polygons, crossings, polygons
from parcelplan.geometry.arrays import Floats, Ints

FEW_PARCELS = 8
"""Quadrants with no more parcels are not divided: every edge is held against every parcel."""
FEW_TESTS = 64
"""Nor are those in which that takes no more tests than these."""
NEAR = -1
"""Place of a parcel that a border comes near to."""
STEPS = 20
"""More than a quadtree has levels."""


class Outcome(NamedTuple):
    """What is left of the parcels of a slice that are cut, ring by ring, and what each cover takes."""

    points: Floats
    first: Ints
    """First point of each ring, and one more at the end."""
    row: Ints
    """Parcel of each ring, by its place in the input."""
    share_row: Ints
    share_cover: Ints
    share: Floats


class Tables(NamedTuple):
    """Room for what a quadrant needs, and for what comes out of all."""

    touching: Touching
    near: Ints
    shares: Floats
    rooms: Rooms
    out: Outcome
    used: Ints
    """Rings, points and shares that ``out`` holds."""


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
    # Quadrants that wait, and for each step down the covers that reach into the quadrant at work.
    todo = np.zeros((4 * STEPS, 4), np.intp)
    todo[0, 1], todo[0, 2], todo[0, 3] = len(parcels.row), level, 1
    waiting = 1
    covers, edges, corners = np.zeros((STEPS, 2), np.intp), np.zeros(STEPS, np.intp), np.zeros((STEPS, 2))
    covers[0, 1], edges[0], corners[0] = len(reach.cover), len(reach.edge), corner
    deep, box = _room(reach, 0, 0), np.zeros(4)
    tables = _tables(0, 0, 0)
    while waiting:
        waiting -= 1
        start, end, level, step = todo[waiting]
        _box(parcels.bounds, start, end, box)
        lo, hi, top = covers[step - 1, 0], covers[step - 1, 1], edges[step - 1]
        deep = _room(deep, hi + hi - lo, top + top - (edges[step - 2] if step > 1 else 0))
        corners[step] = box[:2]
        found, edge = narrow(borders, deep, (lo, hi), corners[step - 1], corners[step], box, deep, (hi, top))
        covers[step, 0], covers[step, 1], edges[step] = hi, found, edge
        if found == hi:
            continue
        tests = (end - start) * (edge - top)
        if end - start > FEW_PARCELS and level > 0 and tests > FEW_TESTS:
            waiting = _divide(keys, start, end, level, step, todo, waiting)
            continue
        around = Around(borders, deep, hi, found, corners[step])
        while start < end:
            tables = _with_room(tables, parcels, start, found - hi, edge - top)
            start = _leaf(around, parcels, start, end, asked, told, tables)
    rings, points, shares = tables.used
    out = tables.out
    return Outcome(
        out.points[:points],
        out.first[: rings + 1],
        out.row[:rings],
        out.share_row[:shares],
        out.share_cover[:shares],
        out.share[:shares],
    )


def _entry(text: str) -> Callable[[Borders, Reach, Floats, Outlines, Ints, int, Asked, Told], Outcome]:
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
    moved = Reach(
        np.empty(more, np.intp),
        np.empty(more, np.intp),
        np.empty(more, np.intp),
        np.empty(more, np.intp),
        np.empty(longer, np.intp),
    )
    count = len(reach.cover)
    moved.cover[:count], moved.place[:count] = reach.cover, reach.place
    moved.start[:count], moved.end[:count] = reach.start, reach.end
    moved.edge[: len(reach.edge)] = reach.edge
    return moved


@lean
def _box(bounds: Floats, start: int, end: int, box: Floats) -> None:
    """Bounds of some parcels, and a margin to the west and south, at whose end the point of reference lies."""
    box[0], box[1], box[2], box[3] = bounds[start, 0], bounds[start, 1], bounds[start, 2], bounds[start, 3]
    for at in range(start + 1, end):
        box[0], box[1] = min(box[0], bounds[at, 0]), min(box[1], bounds[at, 1])
        box[2], box[3] = max(box[2], bounds[at, 2]), max(box[3], bounds[at, 3])
    box[0] -= MARGIN_M
    box[1] -= MARGIN_M


@compiled
def _divide(keys: Ints, start: int, end: int, level: int, step: int, todo: Ints, waiting: int) -> int:
    """Let the quarters of a quadrant wait that hold parcels."""
    size = 4 ** (level - 1)
    begun = start
    while begun < end:
        quarter = keys[begun] // size
        done = begun + np.searchsorted(keys[begun:end], (quarter + 1) * size)
        todo[waiting, 0], todo[waiting, 1], todo[waiting, 2], todo[waiting, 3] = begun, done, level - 1, step + 1
        waiting += 1
        begun = done
    return waiting


@compiled
def _tables(covers: int, edges: int, points: int) -> Tables:
    """Room for a quadrant with so many covers and edges, and parcels of which so many points may be left."""
    return Tables(
        Touching(
            np.empty(covers, np.intp),
            np.empty(covers, np.intp),
            np.empty(covers, np.intp),
            np.empty(covers, np.intp),
            np.empty(covers, np.intp),
        ),
        np.empty(edges + 1, np.intp),
        np.empty(covers),
        Rooms(polygons(points), polygons(points), crossings(points), np.empty(covers, np.bool_), states()),
        Outcome(
            np.empty((0, 2)),
            np.zeros(1, np.intp),
            np.empty(0, np.intp),
            np.empty(0, np.intp),
            np.empty(0, np.intp),
            np.empty(0),
        ),
        np.zeros(3, np.intp),
    )


@compiled
def _with_room(tables: Tables, parcels: Outlines, number: int, covers: int, edges: int) -> Tables:
    """Tables that take a parcel, whatever so many covers and edges leave of it."""
    points = _most_points(parcels, number, edges)
    if (
        len(tables.shares) < covers
        or len(tables.near) <= edges
        or len(tables.rooms.one.x) < points
        or not _fits(tables, points)
    ):
        wider = _tables(2 * covers, 2 * edges, 2 * points)
        out = _wider(tables.out, tables.used, 2 * points, 2 * covers)
        return Tables(wider.touching, wider.near, wider.shares, wider.rooms, out, tables.used)
    return tables


@lean
def _most_points(parcels: Outlines, number: int, edges: int) -> int:
    return parcels.first[number + 1] - parcels.first[number] + 2 * edges + 4 * MOST_CROSSINGS


@lean
def _fits(tables: Tables, points: int) -> bool:
    """Whether what is left of one more parcel finds room behind the others."""
    rings, held, shares = tables.used[0], tables.used[1], tables.used[2]
    out = tables.out
    return (
        held + points <= len(out.points)
        and rings + points // 3 < len(out.row)
        and shares + len(tables.shares) <= len(out.share)
    )


@compiled
def _wider(out: Outcome, used: Ints, points: int, shares: int) -> Outcome:
    """The same with room for twice as much, and for so many points and shares besides."""
    rings, held, count = used
    wider = Outcome(
        np.empty((2 * held + points, 2)),
        np.zeros(2 * rings + points // 3 + 2, np.intp),
        np.empty(2 * rings + points // 3 + 1, np.intp),
        np.empty(2 * count + shares, np.intp),
        np.empty(2 * count + shares, np.intp),
        np.empty(2 * count + shares),
    )
    wider.points[:held], wider.first[: rings + 1] = out.points[:held], out.first[: rings + 1]
    wider.row[:rings], wider.share_row[:count] = out.row[:rings], out.share_row[:count]
    wider.share_cover[:count], wider.share[:count] = out.share_cover[:count], out.share[:count]
    return wider


@lean
def _leaf(
    around: Around, parcels: Outlines, start: int, end: int, asked: Asked, told: Told, tables: Tables
) -> int:
    """Answer for the parcels of a quadrant that is not divided, as far as there is room; answers where to go on."""
    for number in range(start, end):
        points = _most_points(parcels, number, len(tables.near))
        if number > start and (len(tables.rooms.one.x) < points or not _fits(tables, points)):
            return number
        touched = _touching(around, parcels.bounds[number], tables.touching, tables.near)
        if touched == 0:
            continue
        ground = Ground(parcels, number, around, tables.touching, touched, tables.near)
        row = parcels.row[number]
        if in_doubt(ground):
            told.state[row] = HARD
            continue
        if len(told.day_blocked):
            tell_days(ground, asked, tables.rooms, told)
        if asked.shares and told.state[row] != HARD:
            tell_shares(ground, tables.rooms, told, tables.shares)
            _add_shares(ground, tables)
        if asked.left and told.state[row] != HARD:
            in_two, count = tell_left(ground, asked, tables.rooms, told)
            if told.state[row] == PARTLY:
                _add_rings(tables, row, tables.rooms.two if in_two else tables.rooms.one, count)
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


@lean
def _add_rings(tables: Tables, row: int, room: Polygons, count: int) -> None:
    """Put the polygons that are left of a parcel behind the others."""
    out, rings, points = tables.out, tables.used[0], tables.used[1]
    for at in range(count):
        if room.area[at] <= CRUMB:
            continue
        for place in range(room.first[at], room.first[at + 1]):
            out.points[points, 0], out.points[points, 1] = room.x[place], room.y[place]
            points += 1
        out.row[rings], out.first[rings + 1] = row, points
        rings += 1
    tables.used[0], tables.used[1] = rings, points


@lean
def _add_shares(ground: Ground, tables: Tables) -> None:
    """Put what covers take from a parcel behind the others."""
    out, count = tables.out, tables.used[2]
    for at in range(ground.count):
        if tables.shares[at] > 0:
            out.share_row[count] = ground.parcels.row[ground.number]
            out.share_cover[count], out.share[count] = ground.touching.cover[at], tables.shares[at]
            count += 1
    tables.used[2] = count
