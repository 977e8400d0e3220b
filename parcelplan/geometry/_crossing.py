"""Parcels cut by covers along their borders: where these cross one another, and what is left between the crossings.

This is the clean case of an overlay, and nearly every case: each crossing is one point well inside one edge of either
border. Walking the parcel's border outside the cover, turning into the cover's border backwards where it enters, and
out again at the next crossing, gives the rings of what is left. Whatever is not clean, such as borders that touch, run
along one another or cross at a corner, is left to a general overlay.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from parcelplan.geometry._borders import Borders
from parcelplan.geometry.arrays import Bools, Floats, Ints, Shapes, spans

CLEAN_M = 1e-6
"""Corners closer to the other border than this are not clean: a thousand times what rounding moves them by."""
MOST_TURNS = 32
"""Rings with more turns from one border into the other are left to a general overlay."""


@dataclass(frozen=True)
class Crossings:
    """Points in which a parcel's border crosses a cover's, in their order along the parcel's border."""

    ring: Ints
    """Ring of the parcel; each is walked against one piece."""
    edge: Ints
    """Edge of the parcel, by its first point."""
    along: Floats
    """Place on that edge, 0 to 1."""
    other: Ints
    """Edge of the piece, by its first point."""
    other_along: Floats
    point: Floats
    enters: Bools
    """Whether the parcel's border runs into the cover here."""

    def __len__(self) -> int:
        """How many."""
        return len(self.ring)

    def only(self, which: Ints) -> Crossings:
        """Some of them."""
        return Crossings(
            self.ring.take(which),
            self.edge.take(which),
            self.along.take(which),
            self.other.take(which),
            self.other_along.take(which),
            self.point.take(which, axis=0),
            self.enters.take(which),
        )


def cross(parcels: Borders, pieces: Borders, ring: Ints, other: Ints) -> tuple[Crossings, Bools]:
    """Find where borders cross.

    Parameters
    ----------
    parcels, pieces
        Borders of both; every ring of a parcel is a polygon of its own.
    ring, other
        Edges of a piece near a ring of a parcel.

    Returns
    -------
    crossings
        Clean ones and others.
    unclean
        Rings with a corner on, or very near, the other border, or with two crossings in one place.
    """
    row, edge = _edges_across(parcels, pieces, ring, other)
    row, edge = _boxes_meet(parcels, pieces, row, edge, other)
    ring, other = ring.take(row), other.take(row)
    p, c = parcels.points.take(edge, axis=0), pieces.points.take(other, axis=0)
    r = parcels.points.take(edge + 1, axis=0) - p
    s, q = pieces.points.take(other + 1, axis=0) - c, c - p
    # Twice the areas of the triangles of either edge with the ends of the other one.
    c_first, p_first = _area(r, q), _area(q, s)
    turn = _area(r, s)
    c_last, p_last = c_first + turn, p_first - turn
    with np.errstate(divide="ignore", invalid="ignore"):  # edges of no length have no clean crossing
        least = np.minimum(
            np.minimum(np.abs(c_first), np.abs(c_last)) / np.hypot(*r.T),
            np.minimum(np.abs(p_first), np.abs(p_last)) / np.hypot(*s.T),
        )
    unclean = np.zeros(len(parcels.first), dtype=bool)
    unclean[ring[~(least > CLEAN_M)]] = True
    crosses = np.flatnonzero(((c_first > 0) != (c_last > 0)) & ((p_first > 0) != (p_last > 0)))
    ring, edge, other = ring.take(crosses), edge.take(crosses), other.take(crosses)
    turn = turn.take(crosses)
    along, other_along = p_first.take(crosses) / turn, -c_first.take(crosses) / turn
    point = p.take(crosses, axis=0) + along[:, np.newaxis] * r.take(crosses, axis=0)
    order = np.lexsort((along, edge))
    found = Crossings(ring, edge, along, other, other_along, point, turn < 0).only(order)
    # Crossings that round to one point would give rings that touch themselves.
    close = np.hypot(*np.diff(found.point, axis=0).T) <= CLEAN_M
    unclean[found.ring[1:][close & (found.ring[1:] == found.ring[:-1])]] = True
    return found, unclean


def _area(one: Floats, other: Floats) -> Floats:
    return np.asarray(one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0])


def _edges_across(parcels: Borders, pieces: Borders, ring: Ints, other: Ints) -> tuple[Ints, Ints]:
    """For each edge of a piece, the edges of the ring that cross or touch the line through it: row and edge."""
    begun = pieces.points.take(other, axis=0)
    way = pieces.points.take(other + 1, axis=0) - begun
    with np.errstate(divide="ignore", invalid="ignore"):  # an edge of no length is near everything
        way /= np.hypot(*way.T)[:, np.newaxis]
    start = parcels.first.take(ring)
    row, point = spans(start, start + parcels.length.take(ring) + 1)
    # From an origin nearby, which is exact in floating point, distances from the line need few steps.
    origin = parcels.points[0] if len(parcels.points) else np.zeros(2)
    x, y = (parcels.points - origin).T
    begun -= origin
    offset = way[:, 0] * begun[:, 1] - way[:, 1] * begun[:, 0]
    distance = way[:, 0].take(row) * y.take(point)
    distance -= way[:, 1].take(row) * x.take(point)
    distance -= offset.take(row)
    left, right = distance > CLEAN_M, distance < -CLEAN_M
    across = ~((left[:-1] & left[1:]) | (right[:-1] & right[1:]))
    across &= row[:-1] == row[1:]
    at = np.flatnonzero(across)
    return row.take(at), point.take(at)


def _boxes_meet(parcels: Borders, pieces: Borders, row: Ints, edge: Ints, other: Ints) -> tuple[Ints, Ints]:
    """Keep of pairs of edges those whose boxes meet."""
    one, two = parcels.points.take(edge, axis=0), parcels.points.take(edge + 1, axis=0)
    across = other.take(row)
    begun, done = pieces.points.take(across, axis=0), pieces.points.take(across + 1, axis=0)
    meet = np.minimum(one, two) - CLEAN_M <= np.maximum(begun, done)
    meet &= np.maximum(one, two) + CLEAN_M >= np.minimum(begun, done)
    near = np.flatnonzero(meet[:, 0] & meet[:, 1])
    return row.take(near), edge.take(near)


@dataclass(frozen=True)
class _Turns:
    """Where walks go on: for every entering crossing the leaving one before it on the cover, and the next entry."""

    entry: Ints
    leaving: Ints
    following: Ints
    """Position in ``entry``."""


def trace(crossings: Crossings, parcels: Borders, pieces: Borders) -> tuple[Shapes, Ints, Ints]:
    """Walk the borders of what pieces leave of rings.

    Parameters
    ----------
    crossings
        All crossings of some rings.
    parcels, pieces
        Borders of both.

    Returns
    -------
    polygons
        What is left.
    ring
        The ring of which each is left.
    lost
        Rings that could not be walked.
    """
    nothing = np.empty(0, dtype=np.intp)
    if len(crossings) == 0:
        return np.empty(0, dtype=object), nothing, nothing
    onward = _next_in(crossings.ring)
    other = pieces.ring[crossings.other]
    by_cover = np.lexsort((crossings.other_along, crossings.other, crossings.ring))
    before = np.empty(len(crossings), dtype=np.intp)
    cycle = _next_in(crossings.ring[by_cover] * np.int64(len(pieces.first)) + other[by_cover])
    before[by_cover[cycle]] = by_cover
    bad = np.zeros(len(parcels.first), dtype=bool)
    odd = (crossings.enters == crossings.enters[onward]) | (crossings.enters == crossings.enters[before])
    bad[crossings.ring[odd]] = True
    entry = np.flatnonzero(crossings.enters & ~bad[crossings.ring])
    leaving = before[entry]
    number = np.empty(len(crossings), dtype=np.intp)
    number[entry] = np.arange(len(entry))
    turns = _Turns(entry, leaving, number[onward[leaving]])
    leader, rank = _cycles(turns.following)
    bad[crossings.ring[entry[rank < 0]]] = True
    kept = np.flatnonzero(~bad[crossings.ring[entry]])
    if len(kept) == 0:
        return np.empty(0, dtype=object), nothing, np.flatnonzero(bad)
    kept = kept[np.lexsort((rank[kept], leader[kept]))]
    first = np.flatnonzero(np.diff(leader[kept], prepend=-1))
    walk = np.cumsum(rank[kept] == 0) - 1
    points, at = _walked(crossings, turns, kept, parcels, pieces)
    polygons = shapely.polygons(shapely.linearrings(points, indices=walk.take(at)))
    return np.asarray(polygons, dtype=object), crossings.ring[entry[kept[first]]], np.flatnonzero(bad)


def _next_in(group: Ints) -> Ints:
    """For every item of sorted groups the next one of its group, and for the last one the first."""
    count = len(group)
    first = np.flatnonzero(np.diff(group, prepend=group[:1] - 1))
    following = np.arange(1, count + 1)
    following[np.append(first[1:], count) - 1] = first
    return following


def _cycles(following: Ints) -> tuple[Ints, Ints]:
    """Least member of each item's cycle, and steps from there to the item; −1 in cycles longer than ``MOST_TURNS``."""
    count = len(following)
    leader, at = np.arange(count), following.copy()
    for _ in range(MOST_TURNS):
        moving = at != np.arange(count)
        if not moving.any():
            break
        leader = np.minimum(leader, at)
        at = np.where(moving, following[at], at)
    rank = np.full(count, -1, dtype=np.intp)
    walker = np.flatnonzero((leader == np.arange(count)) & (at == np.arange(count)))
    start = walker
    for step in range(MOST_TURNS + 1):
        rank[walker] = step
        walker = following[walker]
        going = walker != start
        walker, start = walker[going], start[going]
        if len(walker) == 0:
            break
    return leader, rank


def _walked(
    crossings: Crossings, turns: _Turns, order: Ints, parcels: Borders, pieces: Borders
) -> tuple[Floats, Ints]:
    """Points of the walks: at each turn in, the cover's corners backwards, at the turn out, the parcel's corners."""
    entry, leaving = turns.entry.take(order), turns.leaving.take(order)
    ahead = turns.entry.take(turns.following.take(order))
    inside = crossings.other.take(entry)
    ring = pieces.ring.take(inside)
    round_ = pieces.length.take(ring)
    corners = np.mod(inside - crossings.other.take(leaving), round_)
    same = (corners == 0) & (crossings.other_along.take(entry) < crossings.other_along.take(leaving))
    corners = np.where(same, round_, corners)
    outside = crossings.edge.take(leaving)
    own = parcels.ring.take(outside)
    own_round = parcels.length.take(own)
    own_corners = np.mod(crossings.edge.take(ahead) - outside, own_round)
    same = (own_corners == 0) & (crossings.along.take(ahead) < crossings.along.take(leaving))
    own_corners = np.where(same, own_round, own_corners)
    size = corners + own_corners + 2
    start = np.cumsum(size) - size
    # Where each point comes from: a corner of a piece, a corner of a parcel, or a crossing.
    source = np.empty(int(size.sum()), dtype=np.intp)
    corner_count, own_count = len(pieces.points), len(parcels.points)
    source[start] = entry + corner_count + own_count
    source[start + corners + 1] = leaving + corner_count + own_count
    turn, back = spans(np.zeros(len(order), dtype=np.intp), corners)
    base = pieces.first.take(ring)
    source[start.take(turn) + 1 + back] = base.take(turn) + np.mod(
        (inside - base).take(turn) - back, round_.take(turn)
    )
    turn, on = spans(np.zeros(len(order), dtype=np.intp), own_corners)
    base = parcels.first.take(own)
    place = outside - base + 1
    source[(start + corners + 2).take(turn) + on] = (base + corner_count).take(turn) + np.mod(
        place.take(turn) + on, own_round.take(turn)
    )
    points = np.concatenate([pieces.points, parcels.points, crossings.point]).take(source, axis=0)
    walk, _ = spans(np.zeros(len(order), dtype=np.intp), size)
    return points, walk
