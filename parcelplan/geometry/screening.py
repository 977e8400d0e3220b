"""Which part of each parcel is covered by what: areas per kind, what is left, and in how many pieces.

Shapes are numpy object arrays of shapely geometries in one plane coordinate system. Everything is done by array, with
one spatial index query; :func:`screen_over_time` intersects each pair once and unites it anew only where the set of
covers in force on a parcel changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Shapes = NDArray[np.object_]
Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Overlaps:
    """Every pair of a parcel and a cover that share area."""

    parcel: Ints
    """Position of the parcel of each pair."""
    cover: Ints
    """Position of the cover of each pair."""
    shape: Shapes
    """What the two share."""
    area: Floats
    """Its area."""

    def only(self, mask: Bools) -> Overlaps:
        """The pairs of a mask over pairs."""
        return Overlaps(
            parcel=self.parcel[mask], cover=self.cover[mask], shape=self.shape[mask], area=self.area[mask]
        )


@dataclass(frozen=True, kw_only=True)
class Screening:
    """What covers leave of each parcel; every array has one entry a parcel, in the order of the input."""

    area: Floats
    blocked_by_kind: Mapping[str, Floats]
    """Covered area by kind. Kinds may overlap, so their sum may exceed ``blocked``."""
    blocked: Floats
    """Covered area of all kinds together (union, not sum)."""
    net: Shapes
    """What is left; an empty polygon where nothing is."""
    pieces: Ints
    """Number of separate polygons of ``net``."""
    largest_piece: Floats
    """Area of the largest of them."""
    width: Floats | None = None
    """Diameter of the largest circle that fits into the largest piece; only on request."""


class Screener:
    """Covers made ready once, for parcels that come in chunks.

    Parameters
    ----------
    covers
        Valid polygons, already as wide as they reach; missing and empty ones cover nothing.
    kinds
        One a cover.
    threads
        How many threads compute.
    """

    def __init__(self, covers: Shapes, kinds: Sequence[str], *, threads: int = 1) -> None:
        self.covers = covers
        self.kinds = np.asarray(kinds, dtype=object)
        self.threads = threads

    def screen(self, parcels: Shapes, *, width: bool = False) -> Screening:
        """Screen one chunk of parcels."""
        result = screen_pairs(parcels, find_overlaps(parcels, self.covers), self.kinds)
        if not width:
            return result
        parts, owner = shapely.get_parts(result.net, return_index=True)
        order = np.lexsort((-shapely.area(parts), owner))
        found, first = np.unique(owner[order], return_index=True)
        circles = np.zeros(len(parcels))
        circles[found] = 2.0 * shapely.length(shapely.maximum_inscribed_circle(parts[order][first]))
        return replace(result, width=circles)

    def over_time(self, parcels: Shapes, in_force: Bools, days: NDArray[Any]) -> ScreeningInTime:
        """Screen one chunk of parcels on several days; ``in_force`` has the shape (days, covers)."""
        return screen_over_time(parcels, self.covers, list(self.kinds), in_force, days)

    def pairs(self, parcels: Shapes) -> tuple[Ints, Ints, Floats]:
        """Every pair of a parcel and a cover that share area: their positions, and the shared part of the parcel."""
        found = find_overlaps(parcels, self.covers)
        return found.parcel, found.cover, found.area / shapely.area(parcels)[found.parcel]


def buffer_covers(shapes: Shapes, distances: Floats, *, threads: int = 1) -> Shapes:  # noqa: ARG001
    """Widen shapes by distances, m: round joins, eight segments a quadrant; 0 and NaN leave polygons as they are."""
    wide = np.nan_to_num(distances) != 0
    covers = shapes.copy()
    covers[wide] = shapely.buffer(shapes[wide], distances[wide], quad_segs=8)
    return covers


def find_overlaps(parcels: Shapes, covers: Shapes) -> Overlaps:
    """Intersect all parcels with all covers through a spatial index; pairs that only touch are left out."""
    parcel, cover = shapely.STRtree(covers).query(parcels, predicate="intersects")
    shape = np.asarray(shapely.intersection(parcels[parcel], covers[cover]), dtype=object)
    area = np.asarray(shapely.area(shape), dtype=float)
    return Overlaps(parcel=parcel, cover=cover, shape=shape, area=area).only(area > 0)


def unite_by(shapes: Shapes, groups: Ints) -> tuple[Ints, Shapes]:
    """Unite the shapes of each group.

    Returns
    -------
    groups
        The distinct groups, ascending.
    unions
        One shape a group.
    """
    if len(shapes) == 0:
        return np.empty(0, dtype=np.intp), np.empty(0, dtype=object)
    order = np.argsort(groups, kind="stable")
    distinct, position = np.unique(groups[order], return_inverse=True)
    parts, owner = shapely.get_parts(shapes[order], return_index=True)
    areal = shapely.get_dimensions(parts) == shapely.get_dimensions(parts).max()
    collected = shapely.geometrycollections(parts[areal], indices=position[owner[areal]])
    return distinct, np.asarray(shapely.union_all(collected[:, np.newaxis], axis=1), dtype=object)


def screen(parcels: Shapes, covers: Shapes, kinds: Sequence[str], *, threads: int = 1) -> Screening:
    """Screen parcels against covers, one kind a cover.

    Examples
    --------
    >>> result = screen(np.array([shapely.box(0, 0, 100, 100)]), np.array([shapely.box(90, 0, 120, 100)]), ["river"])
    >>> float(result.blocked[0]), int(result.pieces[0])
    (1000.0, 1)
    """
    return Screener(covers, kinds, threads=threads).screen(parcels)


def screen_pairs(parcels: Shapes, overlaps: Overlaps, kinds: NDArray[Any]) -> Screening:
    """Screen parcels whose overlaps with covers are known already."""
    touched, union = unite_by(overlaps.shape, overlaps.parcel)
    net = parcels.copy()
    net[touched] = shapely.difference(parcels[touched], union)
    area = np.asarray(shapely.area(parcels), dtype=float)
    net_area = np.asarray(shapely.area(net), dtype=float)
    pieces, largest = _pieces(net)
    return Screening(
        area=area,
        blocked_by_kind={
            kind: _area_of_kind(kind, len(parcels), overlaps, kinds) for kind in sorted(set(kinds))
        },
        blocked=area - net_area,
        net=net,
        pieces=pieces,
        largest_piece=largest,
    )


def _area_of_kind(kind: str, count: int, overlaps: Overlaps, kinds: NDArray[Any]) -> Floats:
    pairs = overlaps.only(kinds[overlaps.cover] == kind)
    areas = np.zeros(count)
    touched, union = unite_by(pairs.shape, pairs.parcel)
    areas[touched] = shapely.area(union)
    return areas


def _pieces(shapes: Shapes) -> tuple[Ints, Floats]:
    parts, owner = shapely.get_parts(shapes, return_index=True)
    area = shapely.area(parts)
    solid = area > 0
    pieces = np.bincount(owner[solid], minlength=len(shapes)).astype(np.intp)
    largest = np.zeros(len(shapes))
    np.maximum.at(largest, owner[solid], area[solid])
    return pieces, largest


@dataclass(frozen=True, kw_only=True)
class ScreeningInTime:
    """Screenings on several days; arrays have the shape (days, parcels)."""

    days: NDArray[Any]
    blocked: Floats
    blocked_by_kind: Mapping[str, Floats]
    net_area: Floats


def screen_over_time(
    parcels: Shapes, covers: Shapes, kinds: Sequence[str], in_force: Bools, days: NDArray[Any]
) -> ScreeningInTime:
    """Screen the same parcels on several days.

    Parameters
    ----------
    parcels, covers, kinds
        As for :func:`screen`.
    in_force
        Shape (days, covers): which cover holds on which day.
    days
        Labels of the days, ascending.

    Returns
    -------
    ScreeningInTime
        Equal to one :func:`screen` a day; a parcel is united anew only on days on which a cover on it begins or ends.
    """
    overlaps = find_overlaps(parcels, covers)
    names = np.asarray(kinds, dtype=object)
    blocked = np.zeros((len(days), len(parcels)))
    by_kind = {kind: np.zeros_like(blocked) for kind in sorted(set(kinds))}
    for day in range(len(days)):
        changed = np.ones(len(parcels), dtype=bool)
        if day:
            switched = (in_force[day] != in_force[day - 1])[overlaps.cover]
            changed = np.bincount(overlaps.parcel[switched], minlength=len(parcels)) > 0
            blocked[day] = blocked[day - 1]
            for areas in by_kind.values():
                areas[day] = areas[day - 1]
        fresh = overlaps.only(in_force[day][overlaps.cover] & changed[overlaps.parcel])
        touched, union = unite_by(fresh.shape, fresh.parcel)
        blocked[day, changed] = 0.0
        blocked[day, touched] = shapely.area(union)
        for kind, areas in by_kind.items():
            areas[day, changed] = _area_of_kind(kind, len(parcels), fresh, names)[changed]
    area = np.asarray(shapely.area(parcels), dtype=float)
    return ScreeningInTime(days=days, blocked=blocked, blocked_by_kind=by_kind, net_area=area - blocked)
