"""What the covers that touch one parcel take from it: together, kind by kind, day by day, and each alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from parcelplan.geometry._borders import Outlines
from parcelplan.geometry._compiling import compiled, lean
from parcelplan.geometry._reach import DOUBT, INSIDE, Around
from parcelplan.geometry._walking import FREE, UNKNOWN, Crossings, Polygons, area_of, without
from parcelplan.geometry.arrays import Bools, Floats, Ints

CRUMB = 1e-6
"""Areas that rounding of coordinates leaves, m²: neither land nor a cover of land."""
MOST_COVERS = 60
"""Parcels with more covers are left to general overlays: which of them hold is kept in the bits of one number."""
MOST_STATES = 256
"""So many sets of covers have their area remembered while the days of one parcel are gone through."""

WHOLE_LAND, PARTLY, GONE, HARD = range(4)
"""What became of a parcel; of a hard one only general overlays can tell."""


class Asked(NamedTuple):
    """What is asked of covers."""

    kind: Ints
    """Number of the kind of each cover."""
    holding: Bools
    """Which covers hold for the land that is left."""
    in_force: Bools
    """Shape (days, covers)."""
    left: bool
    """Whether to tell what land is left."""
    shares: bool
    """Whether to list what each cover takes."""


class Told(NamedTuple):
    """Answers, in the order of the input; every parcel has its own place in them."""

    state: Ints
    by_kind: Floats
    """Covered area, shape (kinds, parcels)."""
    blocked: Floats
    pieces: Ints
    largest: Floats
    day_by_kind: Floats
    """Shape (kinds, days, parcels)."""
    day_blocked: Floats
    """Shape (days, parcels)."""


class Touching(NamedTuple):
    """Room for the covers that touch one parcel."""

    cover: Ints
    place: Ints
    """``INSIDE`` where the parcel lies within the cover as a whole; ``DOUBT`` where nobody knows; else a border is near."""
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
    count: int
    near: Ints
    """Edges near the parcel."""


class States(NamedTuple):
    """Sets of covers and what each takes from a parcel; the first one is that of no covers."""

    mask: Ints
    blocked: Floats
    count: Ints
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
def states() -> States:
    """Room for all sets that are remembered."""
    return States(np.zeros(MOST_STATES, np.int64), np.zeros(MOST_STATES), np.zeros(1, np.int64))


@lean
def load(parcels: Outlines, number: int, room: Polygons) -> None:
    """Put the outline of a parcel into a room, counter-clockwise."""
    start, end = parcels.first[number], parcels.first[number + 1]
    area = area_of(parcels.x, parcels.y, start, end)
    for at in range(end - start):
        place = start + at if area > 0 else end - 1 - at
        room.x[at], room.y[at] = parcels.x[place], parcels.y[place]
    room.area[0], room.first[1] = abs(area), end - start


@lean
def take(ground: Ground, rooms: Rooms, held: tuple[bool, int]) -> tuple[int, bool, int]:
    """Take all wanted covers away from what stands in one of the rooms.

    Parameters
    ----------
    ground, rooms
        The parcel and the room to work in.
    held
        Whether the polygons stand in room two, and how many they are.

    Returns
    -------
    state
        ``UNKNOWN``, ``FREE`` or another.
    held
        As before.
    """
    in_two, count = held
    changed = False
    touching = ground.touching
    for at in range(ground.count):
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
    load(ground.parcels, ground.number, rooms.one)
    state, in_two, count = take(ground, rooms, (False, 1))
    if state == UNKNOWN:
        return -1.0
    return ground.parcels.area[ground.number] if state == FREE else _area(rooms, in_two, count)


@lean
def _area(rooms: Rooms, in_two: bool, count: int) -> float:  # noqa: FBT001
    room = rooms.two if in_two else rooms.one
    total = 0.0
    for at in range(count):
        total += room.area[at]
    return total


@lean
def tell_left(ground: Ground, asked: Asked, rooms: Rooms, told: Told) -> tuple[bool, int]:
    """Tell what land covers leave; answers where the polygons of what is left stand, and how many they are."""
    row, area, touching = ground.parcels.row[ground.number], ground.parcels.area[ground.number], ground.touching
    gone, first = False, -1
    for at in range(ground.count):
        if not asked.holding[touching.cover[at]]:
            continue
        kind = asked.kind[touching.cover[at]]
        if touching.place[at] == INSIDE:
            told.by_kind[kind, row], gone = area, True
        elif first < 0:
            first = kind
    for kind in range(len(told.by_kind)):
        if kind != first and _want(ground, asked, rooms, kind, other=False) and told.by_kind[kind, row] < area:
            rest = area_left(ground, rooms)
            if rest < 0:
                told.state[row] = HARD
                return False, 0
            told.by_kind[kind, row] = _solid(area - rest)
    held, rest = (False, 1), area
    if first >= 0 and not (gone and told.by_kind[first, row] == area):
        load(ground.parcels, ground.number, rooms.one)
        _want(ground, asked, rooms, first, other=False)
        state, in_two, count = take(ground, rooms, held)
        if state == UNKNOWN:
            told.state[row] = HARD
            return False, 0
        held = in_two, count
        if state != FREE:
            rest = _area(rooms, in_two, count)
        told.by_kind[first, row] = _solid(area - rest)
        if not gone and _want(ground, asked, rooms, first, other=True):
            state, in_two, count = take(ground, rooms, held)
            if state == UNKNOWN:
                told.state[row] = HARD
                return False, 0
            held = in_two, count
            if state != FREE:
                rest = _area(rooms, in_two, count)
    return _conclude(ground, rooms, told, held, 0.0 if gone else rest)


@lean
def _want(ground: Ground, asked: Asked, rooms: Rooms, kind: int, other: bool) -> bool:  # noqa: FBT001
    """Want the covers of a kind, or those of all others, whose borders are near; answers whether there is one."""
    found = False
    for at in range(ground.count):
        cover = ground.touching.cover[at]
        near = asked.holding[cover] and ground.touching.place[at] != INSIDE
        rooms.wanted[at] = near and (asked.kind[cover] == kind) != other
        found = found or rooms.wanted[at]
    return found


@lean
def _conclude(
    ground: Ground, rooms: Rooms, told: Told, held: tuple[bool, int], rest: float
) -> tuple[bool, int]:
    """Write down what became of a parcel of which so much is left."""
    row, area = ground.parcels.row[ground.number], ground.parcels.area[ground.number]
    in_two, count = held
    if area - rest < CRUMB:
        return in_two, 0
    room = rooms.two if in_two else rooms.one
    pieces, largest = 0, 0.0
    if rest > 0:
        for at in range(count):
            pieces += room.area[at] > CRUMB
            largest = max(largest, room.area[at])
    told.blocked[row], told.pieces[row] = area - rest, pieces
    told.largest[row] = largest if pieces else 0.0
    told.state[row] = PARTLY if pieces else GONE
    return in_two, count if pieces else 0


@lean
def _solid(area: float) -> float:
    return 0.0 if area < CRUMB else area


@lean
def tell_days(ground: Ground, asked: Asked, rooms: Rooms, told: Told) -> None:
    """Tell what covers block day by day; each set of covers that holds on some days is measured once."""
    row, touching, count = ground.parcels.row[ground.number], ground.touching, ground.count
    rooms.states.count[0] = 1
    former = -1
    for day in range(len(told.day_blocked)):
        holding = 0
        for at in range(count):
            holding |= int(asked.in_force[day, touching.cover[at]]) << at
        if holding == former:
            told.day_blocked[day, row] = told.day_blocked[day - 1, row]
            for kind in range(len(told.day_by_kind)):
                told.day_by_kind[kind, day, row] = told.day_by_kind[kind, day - 1, row]
            continue
        former = holding
        blocked = _remembered(ground, rooms, holding)
        told.day_blocked[day, row] = blocked
        for kind in range(len(told.day_by_kind)):
            of_kind = 0
            for at in range(count):
                of_kind |= int(asked.kind[touching.cover[at]] == kind) << at
            least = _remembered(ground, rooms, holding & of_kind)
            told.day_by_kind[kind, day, row] = least
            blocked = min(blocked, least)
        if blocked < 0:
            told.state[row] = HARD
            return


@lean
def _remembered(ground: Ground, rooms: Rooms, mask: int) -> float:
    """Area that the covers of a set take together; negative where only general overlays can tell."""
    known = rooms.states
    count = known.count[0]
    for place in range(count):
        if known.mask[place] == mask:
            return known.blocked[place]
    blocked = _blocked(ground, rooms, mask)
    if count < MOST_STATES:
        known.mask[count], known.blocked[count], known.count[0] = mask, blocked, count + 1
    return blocked


@lean
def _blocked(ground: Ground, rooms: Rooms, mask: int) -> float:
    """Area that the covers of a set take together; negative where only general overlays can tell."""
    area = ground.parcels.area[ground.number]
    for at in range(ground.count):
        rooms.wanted[at] = (mask >> at) & 1
        if rooms.wanted[at] and ground.touching.place[at] == INSIDE:
            return area
    rest = area_left(ground, rooms)
    return rest if rest < 0 else _solid(area - rest)


@lean
def tell_shares(ground: Ground, rooms: Rooms, told: Told, shares: Floats) -> None:
    """Write what each touching cover takes; of a hard parcel nothing."""
    row, area = ground.parcels.row[ground.number], ground.parcels.area[ground.number]
    for at in range(ground.count):
        shares[at] = area
        if ground.touching.place[at] == INSIDE:
            continue
        for other in range(ground.count):
            rooms.wanted[other] = other == at
        rest = area_left(ground, rooms)
        if rest < 0:
            told.state[row] = HARD
            shares[: ground.count] = 0.0
            return
        shares[at] = _solid(area - rest)


@lean
def in_doubt(ground: Ground) -> bool:
    """Whether only general overlays can tell anything of a parcel."""
    if ground.count > MOST_COVERS:
        return True
    plain = ground.parcels.plain[ground.number]
    for at in range(ground.count):
        place = ground.touching.place[at]
        if place == DOUBT or (place != INSIDE and not plain):
            return True
    return False
