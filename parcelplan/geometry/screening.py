"""Which part of each parcel is covered by what: areas per kind, what is left, and in how many pieces.

The answer is that of the plain overlay of every parcel with all covers, found with less work: parcels are sorted into
a quadtree, covers with many vertices are cut down to its quadrants, the borders of covers tell which parcels are free,
cut or covered whole, and only those that are cut go through an overlay. Slices of the tree do not depend on one
another, and threads take them as they come. No step goes parcel by parcel.

Coordinates are plane and in metres. Parcels and covers must be valid; shapes without area are parcels with no land.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from parcelplan.geometry._cutting import count_pieces, take_away, without_crumbs
from parcelplan.geometry._overlapping import Overlaps, Shares, areas_in_time, shares_of, together
from parcelplan.geometry._quadtree import pieces_of
from parcelplan.geometry._slices import Slice, each_slice
from parcelplan.geometry.arrays import Bools, Floats, Ints, Shapes
from parcelplan.geometry.uniting import unite_by

__all__ = [
    "Bools",
    "Floats",
    "Ints",
    "Overlaps",
    "Screener",
    "Screening",
    "ScreeningInTime",
    "Shapes",
    "buffer_covers",
    "find_overlaps",
    "screen",
    "screen_over_time",
    "unite_by",
]
QUAD_SEGS = 8
"""Segments a quadrant of round joins."""


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


@dataclass(frozen=True, kw_only=True)
class ScreeningInTime:
    """Screenings on several days; arrays have the shape (days, parcels)."""

    days: NDArray[Any]
    blocked: Floats
    blocked_by_kind: Mapping[str, Floats]
    net_area: Floats


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
        self.kinds = sorted(set(kinds))
        self.threads = threads
        number = {kind: position for position, kind in enumerate(self.kinds)}
        self._kind = np.array([number[kind] for kind in kinds], dtype=np.intp)
        self._pieces = pieces_of(covers)

    def screen(self, parcels: Shapes, *, width: bool = False) -> Screening:
        """Screen one chunk of parcels; with ``width``, which costs more than all else, measure circles too."""
        area = _areas(parcels)
        net = parcels.copy()
        net[area == 0] = shapely.Polygon()
        blocked, by_kind = np.zeros(len(parcels)), np.zeros((len(self.kinds), len(parcels)))
        pieces, largest = count_pieces(net)

        def compute(part: Slice) -> None:
            kinds = self._kind[part.pieces.cover]
            left = take_away(part, kinds, count=len(self.kinds))
            rows = part.rows[left.parcel]
            net[rows] = without_crumbs(left.net)
            blocked[rows], by_kind[:, rows] = left.blocked, left.by_kind
            pieces[rows], largest[rows] = count_pieces(left.net)

        each_slice(parcels, area, self.covers, self._pieces, self.threads, compute)
        return Screening(
            area=area,
            blocked_by_kind=dict(zip(self.kinds, by_kind, strict=True)),
            blocked=blocked,
            net=net,
            pieces=pieces,
            largest_piece=largest,
            width=_widths(net) if width else None,
        )

    def over_time(self, parcels: Shapes, in_force: Bools, days: NDArray[Any]) -> ScreeningInTime:
        """Screen one chunk of parcels on several days; ``in_force`` has the shape (days, covers).

        What a cover takes from a parcel is found once; days differ only in which of these parts count.
        """
        area = _areas(parcels)
        blocked = np.zeros((len(days), len(parcels)))
        by_kind = np.zeros((len(self.kinds), len(days), len(parcels)))

        def compute(part: Slice) -> None:
            found = shares_of(part)
            touched, owner = np.unique(found.parcel, return_inverse=True)
            rows, holds, kind = part.rows[touched], in_force[:, found.cover], self._kind[found.cover]
            blocked[:, rows] = areas_in_time(found, owner, holds, len(rows))
            group = kind * len(rows) + owner
            areas = areas_in_time(found, group, holds, len(self.kinds) * len(rows))
            by_kind[:, :, rows] = areas.reshape(len(days), len(self.kinds), len(rows)).swapaxes(0, 1)

        each_slice(parcels, area, self.covers, self._pieces, self.threads, compute)
        return ScreeningInTime(
            days=days,
            blocked=blocked,
            blocked_by_kind=dict(zip(self.kinds, by_kind, strict=True)),
            net_area=np.maximum(area - blocked, 0.0),
        )

    def overlaps(self, parcels: Shapes) -> Overlaps:
        """Find what every cover takes from every parcel of a chunk, in the order of parcels and covers."""
        found = self._shares(parcels)
        return Overlaps(
            parcel=found.parcel,
            cover=found.cover,
            shape=found.shapes(np.arange(len(found.parcel))),
            area=found.area,
        )

    def pairs(self, parcels: Shapes) -> tuple[Ints, Ints, Floats]:
        """Every pair of a parcel and a cover that share area: their positions, and the shared part of the parcel."""
        found = self._shares(parcels)
        return found.parcel, found.cover, np.asarray(found.area / _areas(parcels)[found.parcel])

    def _shares(self, parcels: Shapes) -> Shares:
        parts: list[Shares] = []

        def compute(part: Slice) -> None:
            own = shares_of(part)
            parts.append(Shares(part.rows[own.parcel], own.cover, own.area, own.whole, own.piece))

        each_slice(parcels, _areas(parcels), self.covers, self._pieces, self.threads, compute)
        return together(parts)


def buffer_covers(shapes: Shapes, distances: Floats, *, threads: int = 1) -> Shapes:
    """Widen shapes by distances, m: round joins, eight segments a quadrant; 0 and NaN leave shapes as they are."""
    wide = np.flatnonzero(np.nan_to_num(distances) != 0)
    # Long lines first, dealt out in turn: threads end at about the same time.
    wide = wide[np.argsort(-shapely.get_num_coordinates(shapes[wide]), kind="stable")]
    covers = shapes.copy()

    def widen(start: int) -> None:
        own = wide[start :: max(threads, 1)]
        covers[own] = shapely.buffer(shapes[own], distances[own], quad_segs=QUAD_SEGS)

    with ThreadPoolExecutor(max(threads, 1)) as pool:
        list(pool.map(widen, range(max(threads, 1))))
    return covers


def screen(parcels: Shapes, covers: Shapes, kinds: Sequence[str], *, threads: int = 1) -> Screening:
    """Screen parcels against covers, one kind a cover.

    Examples
    --------
    >>> result = screen(np.array([shapely.box(0, 0, 100, 100)]), np.array([shapely.box(90, 0, 120, 100)]), ["river"])
    >>> float(result.blocked[0]), int(result.pieces[0])
    (1000.0, 1)
    """
    return Screener(covers, kinds, threads=threads).screen(parcels)


def screen_over_time(
    parcels: Shapes,
    covers: Shapes,
    kinds: Sequence[str],
    in_force: Bools,
    days: NDArray[Any],
    *,
    threads: int = 1,
) -> ScreeningInTime:
    """Screen the same parcels on several days.

    Parameters
    ----------
    parcels, covers, kinds, threads
        As for :func:`screen`.
    in_force
        Shape (days, covers): which cover holds on which day.
    days
        Labels of the days, ascending.

    Returns
    -------
    ScreeningInTime
        Equal to one :func:`screen` a day.
    """
    return Screener(covers, kinds, threads=threads).over_time(parcels, in_force, days)


def find_overlaps(parcels: Shapes, covers: Shapes, *, threads: int = 1) -> Overlaps:
    """Intersect all parcels with all covers; pairs that only touch are left out."""
    return Screener(covers, [""] * len(covers), threads=threads).overlaps(parcels)


def _areas(parcels: Shapes) -> Floats:
    return np.nan_to_num(shapely.area(parcels)).astype(float)


def _widths(shapes: Shapes) -> Floats:
    there = np.flatnonzero(~shapely.is_empty(shapes))
    parts, owner = shapely.get_parts(shapes[there], return_index=True)
    owner = there[owner]
    order = np.lexsort((-shapely.area(parts), owner))
    found, first = np.unique(owner[order], return_index=True)
    widths = np.zeros(len(shapes))
    widths[found] = 2.0 * shapely.length(shapely.maximum_inscribed_circle(parts[order][first]))
    return widths
