"""What covers leave of parcels: their pieces are taken away one after the other, kind by kind."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely

from parcelplan.geometry._overlay import overlay
from parcelplan.geometry._slices import Slice
from parcelplan.geometry._triage import Cut
from parcelplan.geometry._walking import Walker, gather
from parcelplan.geometry.arrays import Bools, Floats, Ints, Shapes, spans
from parcelplan.geometry.uniting import unite_by

MANY_PIECES = 4
"""Where more pieces of one kind lie on a parcel, uniting them first costs less than taking each away."""
CRUMB = 1e-6
"""Areas that rounding of coordinates leaves, m²: neither land nor a cover of land."""


@dataclass(frozen=True)
class Left:
    """What is left of the parcels that covers touch; one entry a parcel."""

    parcel: Ints
    net: Shapes
    blocked: Floats
    by_kind: Floats
    """Covered area, shape (kinds, parcels)."""
    pieces: Ints
    largest: Floats


@dataclass(frozen=True)
class _Groups:
    """Pieces that cut a parcel, sorted into one group for each parcel and kind."""

    owner: Ints
    """The touched parcel of each group, ascending."""
    kind: Ints
    start: Ints
    end: Ints
    """Where the group's pieces stand in ``pieces``."""
    pieces: Shapes
    left: Shapes
    """What each piece leaves of the whole parcel, where that is known already."""
    pair: Ints
    """Number by which ``walker`` knows the parcel and the piece; −1 for a union of pieces."""
    walker: Walker


def take_away(part: Slice, kinds: Ints, *, count: int) -> Left:
    """Take the pieces of covers away from the parcels of a slice.

    Parameters
    ----------
    part
        Parcels, pieces, and which pieces touch which parcels.
    kinds
        Number of the kind of each piece.
    count
        How many kinds there are.
    """
    cut, covered = part.cut, part.covered
    touched = np.unique(np.concatenate([cut.parcel, covered.parcel]))
    parcels, area = part.parcels[touched], part.area[touched]
    whole = np.zeros((count, len(touched)), dtype=bool)
    whole[kinds[covered.piece], np.searchsorted(touched, covered.parcel)] = True
    groups = _groups(touched, cut, part.pieces.shape, kinds, whole)
    rest = _first_taken(parcels[groups.owner], groups)
    by_kind = np.where(whole, area, 0.0)
    rest_area = np.asarray(shapely.area(rest), dtype=float)
    by_kind[groups.kind, groups.owner] = area[groups.owner] - rest_area
    net = _all_kinds(parcels, groups, rest, np.asarray(whole.any(axis=0), dtype=bool))
    net_area = np.zeros(len(touched))
    net_area[groups.owner] = rest_area
    several = (np.bincount(groups.owner, minlength=len(touched)) > 1) | whole.any(axis=0)
    net_area[several] = shapely.area(net[several])
    blocked = area - net_area
    by_kind[by_kind < CRUMB] = 0.0
    free = blocked < CRUMB
    net[free], net_area[free], blocked[free] = parcels[free], area[free], 0.0
    clean, pieces, largest = tidied(net, net_area)
    return Left(touched, clean, blocked, by_kind, pieces, largest)


def _groups(touched: Ints, cut: Cut, shapes: Shapes, kinds: Ints, whole: Bools) -> _Groups:
    owner, kind = np.searchsorted(touched, cut.parcel), kinds[cut.piece]
    matters = ~whole[kind, owner]
    owner, kind, piece = owner[matters], kind[matters], cut.piece[matters]
    left, pair = cut.left[matters], cut.pair[matters]
    # What is known already comes first in its group.
    order = np.lexsort((piece, shapely.is_missing(left), kind, owner))
    owner, kind, pieces, left, pair = (
        owner[order],
        kind[order],
        shapes[piece[order]],
        left[order],
        pair[order],
    )
    begins = (np.diff(owner, prepend=-1) != 0) | (np.diff(kind, prepend=-1) != 0)
    start = np.flatnonzero(begins)
    end = np.append(start[1:], len(owner))
    return _many_as_one(_Groups(owner[start], kind[start], start, end, pieces, left, pair, cut.walker))


def _many_as_one(groups: _Groups) -> _Groups:
    """Put the union in the place of the pieces of groups that have many."""
    many = np.flatnonzero(groups.end - groups.start > MANY_PIECES)
    if len(many) == 0:
        return groups
    group, at = spans(groups.start[many], groups.end[many])
    _, unions = unite_by(groups.pieces[at], group)
    pieces, left, end, pair = groups.pieces.copy(), groups.left.copy(), groups.end.copy(), groups.pair.copy()
    first = groups.start[many]
    pieces[first], left[first], pair[first] = unions, None, -1
    end[many] = first + 1
    return replace(groups, end=end, pieces=pieces, left=left, pair=pair)


def _first_taken(parcels: Shapes, groups: _Groups) -> Shapes:
    """What each group's pieces leave of its parcel."""
    rest, left = parcels, groups.left[groups.start]
    known = ~shapely.is_missing(left)
    rest[known] = left[known]
    _subtract(rest, np.flatnonzero(~known), groups, np.flatnonzero(~known))
    _subtract(rest, np.flatnonzero(known), groups, np.flatnonzero(known), skip=1)
    return rest


def _subtract(rest: Shapes, target: Ints, groups: _Groups, which: Ints, *, skip: int = 0) -> None:
    """Take the pieces of groups away from the shapes at ``target``: all first pieces, then all second ones."""
    more = groups.start[which] + skip < groups.end[which]
    at, target, which = groups.start[which][more] + skip, target[more], which[more]
    while len(at):
        rest[target] = _without(rest[target], groups, at)
        more = at + 1 < groups.end[which]
        at, target, which = at[more] + 1, target[more], which[more]


def _without(shapes: Shapes, groups: _Groups, at: Ints) -> Shapes:
    """Take one piece away from each shape: by walking borders, and where that cannot be by an overlay."""
    left = np.full(len(shapes), None, dtype=object)
    known = groups.pair[at] >= 0
    left[known], _ = groups.walker.take_away(shapes[known], groups.pair[at[known]])
    rest = shapely.is_missing(left)
    left[rest] = overlay(shapely.difference, shapes[rest], groups.pieces[at[rest]])
    return left


def _all_kinds(parcels: Shapes, groups: _Groups, rest: Shapes, gone: Bools) -> Shapes:
    """What all kinds together leave: what one of them left, without the pieces of the others."""
    net = parcels.copy()
    first = np.flatnonzero(np.diff(groups.owner, prepend=-1))
    net[groups.owner[first]] = rest[first]
    later = np.setdiff1d(np.arange(len(groups.owner)), first)
    later = later[~gone[groups.owner[later]]]
    rank = later - first[np.searchsorted(first, later, side="right") - 1]
    for turn in np.unique(rank):
        now = later[rank == turn]
        _subtract(net, groups.owner[now], groups, now)
    net[gone] = shapely.Polygon()
    return net


def tidied(shapes: Shapes, area: Floats) -> tuple[Shapes, Ints, Floats]:
    """Leave out what rounding has split off; count the polygons of each shape, and measure the largest.

    Parameters
    ----------
    shapes
        Polygons, single and multiple, and None.
    area
        Their areas.
    """
    pieces, largest = (area > CRUMB).astype(np.intp), np.where(area > CRUMB, area, 0.0)
    number = shapely.get_num_geometries(shapes)
    clean = shapes.copy()
    clean[(number == 1) & (pieces == 0)] = shapely.Polygon()
    multiple = np.flatnonzero(number > 1)
    parts, owner = shapely.get_parts(shapes[multiple], return_index=True)
    areas = np.asarray(shapely.area(parts), dtype=float)
    solid = areas > CRUMB
    pieces[multiple] = np.bincount(owner[solid], minlength=len(multiple))
    most = np.zeros(len(multiple))
    np.maximum.at(most, owner[solid], areas[solid])
    largest[multiple] = most
    littered = np.zeros(len(multiple), dtype=bool)
    littered[owner[~solid]] = True
    clean[multiple[littered]] = shapely.Polygon()
    kept = solid & littered[owner]
    gather(clean, parts[kept], multiple[owner[kept]])
    return clean, pieces, largest
