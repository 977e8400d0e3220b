"""Which part of each parcel is covered by what: areas per kind, what is left, and in how many pieces.

The answer is that of the plain overlay of every parcel with all covers, found with less work: parcels are sorted into
a quadtree, covers with many vertices are cut down to its quadrants, the borders of covers tell which parcels are free,
cut or covered whole, and only those that are cut go through an overlay. Slices of the tree do not depend on one
another, and threads take them as they come. No step goes parcel by parcel.

Coordinates are plane and in metres. Parcels and covers must be valid; shapes without area are parcels with no land.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from parcelplan.geometry._answers import (
    Answer,
    LandInTime,
    LandLeft,
    LandShared,
    Screening,
    ScreeningInTime,
)
from parcelplan.geometry._overlapping import Overlaps, Shares
from parcelplan.geometry._quadtree import pieces_of
from parcelplan.geometry._slices import Slice, each_slice
from parcelplan.geometry.arrays import Bools, Floats, Ints, Shapes

__all__ = [
    "Overlaps",
    "Screener",
    "Screening",
    "ScreeningInTime",
    "Shares",
    "Survey",
    "buffer_covers",
    "find_overlaps",
    "screen",
    "screen_over_time",
]
QUAD_SEGS = 8
"""Segments a quadrant of round joins."""


@dataclass(frozen=True, kw_only=True)
class Survey:
    """Answers to several questions that were found in one pass."""

    screening: Screening
    in_time: ScreeningInTime | None
    shares: Shares | None

    def pairs(self) -> tuple[Ints, Ints, Floats] | None:
        """As :meth:`Screener.pairs`, where shares were asked for."""
        found = self.shares
        if found is None:
            return None
        return found.parcel, found.cover, np.asarray(found.area / self.screening.area[found.parcel])


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
        return self.survey(parcels, width=width).screening

    def survey(
        self,
        parcels: Shapes,
        *,
        holding: Bools | None = None,
        in_force: Bools | None = None,
        days: NDArray[Any] | None = None,
        shares: bool = False,
        width: bool = False,
    ) -> Survey:
        """Screen one chunk of parcels, and answer in the same pass what else is asked.

        Parameters
        ----------
        parcels
            Valid polygons.
        holding
            Which covers hold for the screening; all of them where not given.
        in_force, days
            As for :func:`screen_over_time`; without days nothing is told in time.
        shares
            Whether to list the pairs of parcels and covers, those that do not hold among them.
        width
            Whether to measure the largest circles.
        """
        area = _areas(parcels)
        here = np.ones(len(self.covers), dtype=bool) if holding is None else holding
        left = LandLeft(parcels, area, self.kinds, self._kind, here)
        series = None
        if in_force is not None and days is not None:
            series = LandInTime(area, self.kinds, self._kind, in_force, days)
        pairs = LandShared() if shares else None
        asked = [answer for answer in (left, series, pairs) if answer is not None]
        self._ask(parcels, area, asked)
        return Survey(
            screening=left.screening(width=width),
            in_time=series.screening() if series else None,
            shares=pairs.shares() if pairs else None,
        )

    def over_time(self, parcels: Shapes, in_force: Bools, days: NDArray[Any]) -> ScreeningInTime:
        """Screen one chunk of parcels on several days; ``in_force`` has the shape (days, covers).

        What a cover takes from a parcel is found once; days differ only in which of these parts count.
        """
        area = _areas(parcels)
        series = LandInTime(area, self.kinds, self._kind, in_force, days)
        self._ask(parcels, area, [series])
        return series.screening()

    def shares(self, parcels: Shapes) -> Shares:
        """Every pair of a parcel and a cover that share area, in the order of parcels and covers."""
        pairs = LandShared()
        self._ask(parcels, _areas(parcels), [pairs])
        return pairs.shares()

    def overlaps(self, parcels: Shapes) -> Overlaps:
        """The same with what the two share as a shape."""
        found = self.shares(parcels)
        shape = found.shapes(np.arange(len(found.parcel)))
        return Overlaps(parcel=found.parcel, cover=found.cover, shape=shape, area=found.area)

    def pairs(self, parcels: Shapes) -> tuple[Ints, Ints, Floats]:
        """Positions of the two of every such pair, and the shared part of the parcel."""
        found = self.shares(parcels)
        return found.parcel, found.cover, np.asarray(found.area / _areas(parcels)[found.parcel])

    def _ask(self, parcels: Shapes, area: Floats, answers: Sequence[Answer]) -> None:
        def compute(part: Slice) -> None:
            known = part if len(answers) == 1 else part.with_all_left()
            for answer in answers:
                answer.add(known)

        # Shares and days need what each piece takes; what is left needs only what those of a kind take together.
        kinds = self._kind if all(isinstance(answer, LandLeft) for answer in answers) else None
        each_slice(parcels, area, self.covers, self._pieces, self.threads, compute, kinds)


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
