"""A parcel with all that is around it, and covers taken away from it one after the other."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from parcelplan.geometry._borders import Outlines
from parcelplan.geometry._compiling import compiled, lean, variable
from parcelplan.geometry._crossing import Crossings, Polygons, crossings, polygons
from parcelplan.geometry._reach import CLEAN_M, DOUBT, INSIDE, Around
from parcelplan.geometry._walking import FREE, UNKNOWN, area_of, without
from parcelplan.geometry.arrays import Bools, Floats, Ints

MOST_COVERS = 60
"""Parcels with more covers are left to general overlays: which of them hold is kept in the bits of one number."""
MOST_STATES = 256
"""So many sets of covers have their area remembered while the days of one parcel are gone through."""


class Touching(NamedTuple):
    """Room for the covers that touch one parcel."""

    cover: Ints
    place: Ints
    """``INSIDE`` where the whole parcel lies within the cover, ``DOUBT`` where nobody knows; else a border is near."""
    start: Ints
    end: Ints
    """Where the edges near the parcel stand."""
    at: Ints
    """Where the cover stands in the reach of the quadrant."""


class Ground(NamedTuple):
    """One parcel with everything around it."""

    parcels: Outlines
    number: int
    around: Around
    """What reaches into its quadrant."""
    touching: Touching
    covers: int
    """How many covers touch it."""
    near: Ints
    """Edges near the parcel."""


class States(NamedTuple):
    """Sets of covers and what each takes from a parcel; the first one is that of no covers."""

    mask: Ints
    blocked: Floats
    known: Ints
    """How many sets there are."""


class Rooms(NamedTuple):
    """Room to work in."""

    one: Polygons
    two: Polygons
    found: Crossings
    wanted: Bools
    """Which of the touching covers to take away."""
    states: States


@compiled
def rooms_for(points: int, covers: int) -> Rooms:
    """Room for parcels of which so many points may be left, and so many covers."""
    states = States(np.zeros(MOST_STATES, np.int64), np.zeros(MOST_STATES), np.zeros(1, np.int64))
    return Rooms(polygons(points), polygons(points), crossings(points), np.empty(covers, np.bool_), states)


@lean
def load(parcels: Outlines, number: int, room: Polygons) -> int:
    """Put the rings of a parcel into a room, with land to the left of every edge; answers how many there are."""
    start, end = parcels.first[number], parcels.last[number] + 1
    rings, begun = variable(0), variable(0)
    for at in range(end - start):
        x, y = parcels.point[start + at, 0], parcels.point[start + at, 1]
        room.x[at], room.y[at] = x, y
        # A ring ends where its first point comes again; before that it may only be there twice in a row.
        if at > begun + 2 and x == room.x[begun] and y == room.y[begun]:
            area = area_of(room.x, room.y, begun, at + 1)
            if (area > 0) != (rings == 0):
                _turn(room, begun, at)
            room.area[rings] = abs(area) if rings == 0 else -abs(area)
            room.outer[rings] = 0
            rings += 1
            room.first[rings] = at + 1
            begun = at + 1
    return rings


@lean
def _turn(room: Polygons, begun: int, end: int) -> None:
    while begun < end:
        room.x[begun], room.x[end] = room.x[end], room.x[begun]
        room.y[begun], room.y[end] = room.y[end], room.y[begun]
        begun, end = begun + 1, end - 1


@lean
def take(ground: Ground, rooms: Rooms, in_two: bool, count: int) -> tuple[int, bool, int]:
    """Take all wanted covers away from what stands in one of the rooms.

    Parameters
    ----------
    ground, rooms
        The parcel and the room to work in.
    in_two, count
        Whether the polygons stand in room two, and how many rings they have.

    Returns
    -------
    state
        ``UNKNOWN``, ``FREE`` or another.
    in_two, count
        As before.
    """
    changed = False
    touching = ground.touching
    for at in range(ground.covers):
        if not rooms.wanted[at]:
            continue
        near = ground.near[touching.start[at] : touching.end[at]]
        source, target = (rooms.two, rooms.one) if in_two else (rooms.one, rooms.two)
        state, left = without(source, count, ground.around, touching.at[at], near, rooms.found, target)
        if state == UNKNOWN:
            return UNKNOWN, in_two, count
        if state != FREE:
            in_two, count, changed = not in_two, left, True
    return 1 + int(changed), in_two, count


@lean
def area_left(ground: Ground, rooms: Rooms) -> float:
    """Area of the parcel without the wanted covers; negative where only general overlays can tell."""
    rings = load(ground.parcels, ground.number, rooms.one)
    state, in_two, count = take(ground, rooms, variable(0) > 0, rings)
    if state == UNKNOWN:
        return -1.0
    return ground.parcels.area[ground.number] if state == FREE else area_in(rooms, in_two, count)


@lean
def area_in(rooms: Rooms, in_two: bool, count: int) -> float:
    room = rooms.two if in_two else rooms.one
    total = 0.0
    for at in range(count):
        total += room.area[at]
    return total


@lean
def size_of(room: Polygons, count: int, outer: int) -> float:
    """Area of a polygon without its holes; nothing where the ring is a hole."""
    if room.outer[outer] != outer:
        return 0.0
    area = 0.0
    for ring in range(count):
        if room.outer[ring] == outer:
            area += room.area[ring]
    return area


@lean
def in_doubt(ground: Ground, rooms: Rooms) -> bool:
    """Whether only general overlays can tell anything of a parcel."""
    if ground.covers > MOST_COVERS:
        return True
    cut = False
    for at in range(ground.covers):
        if ground.touching.place[at] == DOUBT:
            return True
        cut = cut or ground.touching.place[at] != INSIDE
    if not cut:
        return False
    if not ground.parcels.single[ground.number]:
        return True
    rings = load(ground.parcels, ground.number, rooms.one)
    for ring in range(rings):
        for other in range(rings):
            if ring != other and _rings_touch(rooms.one, ring, other):
                return True
    return False


@lean
def _rings_touch(room: Polygons, ring: int, other: int) -> bool:
    """Whether a corner of a ring lies on another one, as a hole may touch what is around it."""
    for corner in range(room.first[ring], room.first[ring + 1] - 1):
        x, y = room.x[corner], room.y[corner]
        for at in range(room.first[other], room.first[other + 1] - 1):
            ax, ay = room.x[at] - x, room.y[at] - y
            dx, dy = room.x[at + 1] - room.x[at], room.y[at + 1] - room.y[at]
            length = dx * dx + dy * dy
            share = 0.0 if length == 0 else min(max(-(ax * dx + ay * dy) / length, 0.0), 1.0)
            if abs(ax + share * dx) + abs(ay + share * dy) <= CLEAN_M:
                return True
    return False
