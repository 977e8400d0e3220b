"""What the covers that touch one parcel take from it: together, kind by kind, day by day, and each alone."""

from __future__ import annotations

from parcelplan.geometry._asked import CRUMB, GONE, HARD, PARTLY, Asked, Told
from parcelplan.geometry._compiling import lean, variable
from parcelplan.geometry._reach import INSIDE
from parcelplan.geometry._taking import MOST_STATES, Ground, Rooms, area_in, area_left, load, size_of, take
from parcelplan.geometry._walking import CUT, UNKNOWN
from parcelplan.geometry.arrays import Floats


@lean
def tell_left(ground: Ground, asked: Asked, rooms: Rooms, told: Told) -> tuple[bool, int]:
    """Tell what land covers leave; answers where the polygons of what is left stand, and how many rings they have."""
    row, area = ground.parcels.row[ground.number], ground.parcels.area[ground.number]
    gone, first = _tell_whole(ground, asked, told)
    known = _tell_kinds(ground, asked, rooms, told, first)
    held, rest = (variable(0) > 0, variable(1)), area
    if known and first >= 0 and told.by_kind[first, row] < area:
        held = variable(0) > 0, load(ground.parcels, ground.number, rooms.one)
        _want(ground, asked, rooms, first, other=False)
        known, held, rest = _taken(ground, rooms, held, rest)
        told.by_kind[first, row] = _solid(area - rest)
        if known and not gone and _want(ground, asked, rooms, first, other=True):
            known, held, rest = _taken(ground, rooms, held, rest)
    if not known:
        told.state[row] = HARD
        return False, 0
    return _conclude(ground, rooms, told, held, 0.0 if gone else rest)


@lean
def _tell_whole(ground: Ground, asked: Asked, told: Told) -> tuple[bool, int]:
    """Tell which kinds cover the parcel whole; answers whether one does, and a kind of which a border is near."""
    row, gone, first = ground.parcels.row[ground.number], variable(0) > 0, variable(-1)
    for at in range(ground.covers):
        cover = ground.touching.cover[at]
        if asked.holding[cover] and ground.touching.place[at] == INSIDE:
            told.by_kind[asked.kind[cover], row], gone = ground.parcels.area[ground.number], True
        elif asked.holding[cover] and first < 0:
            first = asked.kind[cover]
    return gone, first


@lean
def _tell_kinds(ground: Ground, asked: Asked, rooms: Rooms, told: Told, first: int) -> bool:
    """Tell what each kind but the first takes; False where only general overlays can tell."""
    row, area = ground.parcels.row[ground.number], ground.parcels.area[ground.number]
    for kind in range(len(told.by_kind)):
        if kind == first or told.by_kind[kind, row] == area:
            continue
        if _want(ground, asked, rooms, kind, other=False):
            rest = area_left(ground, rooms)
            if rest < 0:
                return False
            told.by_kind[kind, row] = _solid(area - rest)
    return True


@lean
def _taken(
    ground: Ground, rooms: Rooms, held: tuple[bool, int], rest: float
) -> tuple[bool, tuple[bool, int], float]:
    """Take the wanted covers away from what is left; answers whether that went well, and what is left now."""
    state, in_two, count = take(ground, rooms, held[0], held[1])
    if state == CUT:
        rest = area_in(rooms, in_two, count)
    return state != UNKNOWN, (in_two, count), rest


@lean
def _want(ground: Ground, asked: Asked, rooms: Rooms, kind: int, other: bool) -> bool:
    """Want the covers of a kind, or those of all others, whose borders are near; answers whether there is one."""
    found = False
    for at in range(ground.covers):
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
            size = size_of(room, count, at)
            pieces += size > CRUMB
            largest = max(largest, size)
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
    row, touching, count = ground.parcels.row[ground.number], ground.touching, ground.covers
    rooms.states.known[0] = 1
    former = -1
    for day in range(len(told.day_blocked)):
        holding = variable(0)
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
            of_kind = variable(0)
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
    count = known.known[0]
    for place in range(count):
        if known.mask[place] == mask:
            return float(known.blocked[place])
    blocked = _blocked(ground, rooms, mask)
    if count < MOST_STATES:
        known.mask[count], known.blocked[count], known.known[0] = mask, blocked, count + 1
    return blocked


@lean
def _blocked(ground: Ground, rooms: Rooms, mask: int) -> float:
    """Area that the covers of a set take together; negative where only general overlays can tell."""
    area = ground.parcels.area[ground.number]
    for at in range(ground.covers):
        rooms.wanted[at] = (mask >> at) & 1
        if rooms.wanted[at] and ground.touching.place[at] == INSIDE:
            return float(area)
    rest = area_left(ground, rooms)
    return rest if rest < 0 else _solid(area - rest)


@lean
def tell_shares(ground: Ground, rooms: Rooms, told: Told, shares: Floats) -> None:
    """Write what each touching cover takes; of a hard parcel nothing."""
    row, area = ground.parcels.row[ground.number], ground.parcels.area[ground.number]
    for at in range(ground.covers):
        shares[at] = area
        if ground.touching.place[at] == INSIDE:
            continue
        for other in range(ground.covers):
            rooms.wanted[other] = other == at
        rest = area_left(ground, rooms)
        if rest < 0:
            told.state[row] = HARD
            for other in range(ground.covers):
                shares[other] = 0.0
            return
        shares[at] = _solid(area - rest)
