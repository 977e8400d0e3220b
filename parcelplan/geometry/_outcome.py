"""Room for what comes out of a slice: land as well-known binary, and what each cover takes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from parcelplan.geometry._asked import CRUMB, Outcome
from parcelplan.geometry._borders import Outlines
from parcelplan.geometry._compiling import compiled, lean
from parcelplan.geometry._crossing import MOST_CROSSINGS, Polygons
from parcelplan.geometry._taking import Ground, Rooms, Touching, rooms_for, size_of
from parcelplan.geometry.arrays import Bytes, Floats, Ints

POLYGON, MULTIPOLYGON = 3, 6
"""Kinds of shapes in well-known binary."""
POLYGON_HEAD, MULTIPOLYGON_HEAD = 13, 9
"""Bytes before the points of a polygon of one ring, and before the parts of several."""


class Tables(NamedTuple):
    """Room for what a quadrant needs, and for what comes out of all."""

    touching: Touching
    near: Ints
    shares: Floats
    rooms: Rooms
    out: Outcome
    used: Ints
    """Parcels, bytes and shares that ``out`` holds."""


@compiled
def tables_for(covers: int, edges: int, points: int) -> Tables:
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
        rooms_for(points, covers),
        Outcome(
            np.empty(0, np.uint8),
            np.zeros(1, np.intp),
            np.empty(0, np.intp),
            np.empty(0, np.intp),
            np.empty(0, np.intp),
            np.empty(0),
        ),
        np.zeros(3, np.intp),
    )


@compiled
def with_room(tables: Tables, parcels: Outlines, number: int, covers: int, edges: int) -> Tables:
    """Tables that take a parcel, whatever so many covers and edges leave of it."""
    points = most_points(parcels, number, edges)
    if fits(tables, points, covers, edges):
        return tables
    wider = tables_for(2 * covers, 2 * edges, 2 * points)
    # Most slices leave no more than they are given: then nothing has to move.
    more = (
        16 * len(parcels.point) + 2 * _most_bytes(points) if tables.used[1] == 0 else 2 * _most_bytes(points)
    )
    out = _wider(tables.out, tables.used, more, 2 * covers)
    return Tables(wider.touching, wider.near, wider.shares, wider.rooms, out, tables.used)


@lean
def most_points(parcels: Outlines, number: int, edges: int) -> int:
    return int(parcels.last[number] + 1 - parcels.first[number]) + 2 * edges + 4 * MOST_CROSSINGS


@lean
def _most_bytes(points: int) -> int:
    """Bytes that polygons of so many points may take: each has a head, and no fewer than four points."""
    return 16 * points + POLYGON_HEAD * (points // 4) + MULTIPOLYGON_HEAD


@lean
def fits(tables: Tables, points: int, covers: int, edges: int) -> bool:
    """Whether a parcel finds room, and what is left of it behind the others."""
    count, size, shares = tables.used[0], tables.used[1], tables.used[2]
    out = tables.out
    return (
        covers <= len(tables.shares)
        and edges < len(tables.near)
        and points <= len(tables.rooms.one.x)
        and size + _most_bytes(points) <= len(out.text)
        and count < len(out.row)
        and shares + covers <= len(out.share)
    )


@compiled
def _wider(out: Outcome, used: Ints, more: int, shares: int) -> Outcome:
    """The same with room for twice as much, and for so many bytes and shares besides."""
    count, size, listed = used
    wider = Outcome(
        np.empty(2 * size + more, np.uint8),
        np.zeros(2 * count + 65, np.intp),
        np.empty(2 * count + 64, np.intp),
        np.empty(2 * listed + shares, np.intp),
        np.empty(2 * listed + shares, np.intp),
        np.empty(2 * listed + shares),
    )
    for at in range(size):
        wider.text[at] = out.text[at]
    for at in range(count):
        wider.row[at], wider.first[at + 1] = out.row[at], out.first[at + 1]
    for at in range(listed):
        wider.share_row[at], wider.share_cover[at] = out.share_row[at], out.share_cover[at]
        wider.share[at] = out.share[at]
    return wider


@lean
def add_land(tables: Tables, row: int, room: Polygons, count: int) -> None:
    """Put what is left of a parcel behind the others: a polygon, or several as one shape."""
    text, number, size = tables.out.text, tables.used[0], tables.used[1]
    pieces = 0
    for outer in range(count):
        pieces += size_of(room, count, outer) > CRUMB
    if pieces > 1:
        size = _with_head(text, size, MULTIPOLYGON, pieces)
    for outer in range(count):
        if size_of(room, count, outer) <= CRUMB:
            continue
        rings = 0
        for ring in range(count):
            rings += room.outer[ring] == outer
        size = _with_ring(text, _with_head(text, size, POLYGON, rings), room, outer)
        for ring in range(count):
            if room.outer[ring] == outer and ring != outer:
                size = _with_ring(text, size, room, ring)
    tables.out.row[number], tables.out.first[number + 1] = row, size
    tables.used[0], tables.used[1] = number + 1, size


@lean
def _with_ring(text: Bytes, size: int, room: Polygons, ring: int) -> int:
    start, points = room.first[ring], room.first[ring + 1] - room.first[ring]
    size = _with_number(text, size, points)
    flat = text[size : size + 16 * points].view(np.float64)
    for place in range(points):
        flat[2 * place], flat[2 * place + 1] = room.x[start + place], room.y[start + place]
    return int(size + 16 * points)


@lean
def _with_head(text: Bytes, size: int, kind: int, count: int) -> int:
    """Write the head of a shape of so many parts; answers where its parts begin."""
    text[size] = 1  # numbers begin with their least byte
    return _with_number(text, _with_number(text, size + 1, kind), count)


@lean
def _with_number(text: Bytes, size: int, number: int) -> int:
    for place in range(4):
        text[size + place] = (number >> (8 * place)) & 255
    return size + 4


@lean
def add_shares(ground: Ground, tables: Tables) -> None:
    """Put what covers take from a parcel behind the others."""
    out, count = tables.out, tables.used[2]
    for at in range(ground.covers):
        if tables.shares[at] > 0:
            out.share_row[count] = ground.parcels.row[ground.number]
            out.share_cover[count], out.share[count] = ground.touching.cover[at], tables.shares[at]
            count += 1
    tables.used[2] = count
