"""Which part of each parcel is covered by what: areas per kind, what is left, and in how many pieces.

The answer is that of the plain overlay of every parcel with all covers, found with less work: parcels are sorted into
a quadtree, and down in it go the edges of covers that reach into each quadrant. They tell which parcels are free, cut
or covered whole; where they cross the outline of a parcel, and one another, it is cut along them. Only what does not
cross cleanly goes through a general overlay. Slices of the tree do not depend on one another, and threads take them as
they come.

Coordinates are plane and in metres. Parcels and covers must be valid; shapes without area are parcels with no land.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from parcelplan.geometry._answers import Answers, Screening, ScreeningInTime, Shares
from parcelplan.geometry._asked import Asked
from parcelplan.geometry._borders import Borders, borders_of
from parcelplan.geometry._general import Overlaps, pairs_of, put_back, shared
from parcelplan.geometry.arrays import Bools, Floats, Ints, Shapes
from parcelplan.geometry.collecting import no_collecting

__all__ = [
    "Overlaps",
    "Screener",
    "Screening",
    "ScreeningInTime",
    "Shares",
    "Survey",
    "buffer_covers",
    "find_overlaps",
    "load_kernel",
    "screen",
    "screen_over_time",
]
FEW = 500
"""Chunks of fewer parcels are not worth compiled code, which takes a while to load: overlays do."""
ALONE = 64
"""So many of the longest lines are widened one by one."""
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

    @cached_property
    def _borders(self) -> Borders:
        return borders_of(self.covers, threads=self.threads)

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
        answers = self._ask(parcels, holding=holding, in_force=in_force, left=True, shares=shares)
        return Survey(
            screening=answers.screening(width=width),
            in_time=None if in_force is None or days is None else answers.in_time(days),
            shares=answers.shares() if shares else None,
        )

    def over_time(self, parcels: Shapes, in_force: Bools, days: NDArray[Any]) -> ScreeningInTime:
        """Screen one chunk of parcels on several days; ``in_force`` has the shape (days, covers).

        Each set of covers that holds on some days is taken from a parcel once, however many days these are.
        """
        return self._ask(parcels, in_force=in_force).in_time(days)

    def shares(self, parcels: Shapes) -> Shares:
        """Every pair of a parcel and a cover that share area, in the order of parcels and covers."""
        return self._ask(parcels, shares=True).shares()

    def overlaps(self, parcels: Shapes) -> Overlaps:
        """The same with what the two share as a shape."""
        pairs = pairs_of(parcels, _areas(parcels), self.covers, np.arange(len(self.covers)))
        pairs, shape, area = shared(pairs)
        return Overlaps(
            parcel=pairs.parcel, cover=pairs.cover, shape=put_back(shape, pairs.origin), area=area
        )

    def pairs(self, parcels: Shapes) -> tuple[Ints, Ints, Floats]:
        """Positions of the two of every such pair, and the shared part of the parcel."""
        found = self.shares(parcels)
        return found.parcel, found.cover, np.asarray(found.area / _areas(parcels)[found.parcel])

    def _ask(
        self,
        parcels: Shapes,
        *,
        holding: Bools | None = None,
        in_force: Bools | None = None,
        left: bool = False,
        shares: bool = False,
    ) -> Answers:
        count, area = len(self.covers), _areas(parcels)
        holds = np.ones(count, dtype=bool) if holding is None else np.array(holding, dtype=bool)
        on_days = (
            np.zeros((0, count), dtype=bool)
            if in_force is None
            else np.array(in_force, dtype=bool, order="C")
        )
        asked = Asked(self._kind, holds, on_days, left, shares)
        with no_collecting():
            answers = Answers(parcels, area, self.covers, asked, self.kinds)
            solid = np.flatnonzero(area > 0)
            if len(solid) < FEW:
                answers.add_general(solid, np.arange(count))
            else:
                from parcelplan.geometry._slices import each_slice  # noqa: PLC0415 - loads the compiler

                each_slice(parcels, area, self._borders, asked, answers.told, self.threads, answers.add)
        return answers


def load_kernel() -> None:
    """Compile what chunks of many parcels need: half a minute once on a machine, a moment wherever that is kept."""
    squares = np.full(FEW, shapely.box(0.0, 0.0, 1.0, 1.0), dtype=object)
    Screener(squares[:1], [""]).screen(squares)


def buffer_covers(shapes: Shapes, distances: Floats, *, threads: int = 1) -> Shapes:
    """Widen shapes by distances, m: round joins, eight segments a quadrant; 0 and NaN leave shapes as they are."""
    wide = np.flatnonzero(np.nan_to_num(distances) != 0)
    # Long lines first and each for itself: threads take what comes next, and end at about the same time.
    wide = wide[np.argsort(-shapely.get_num_coordinates(shapes[wide]), kind="stable")]
    covers = shapes.copy()

    def widen(own: Ints) -> None:
        covers[own] = shapely.buffer(shapes[own], distances[own], quad_segs=QUAD_SEGS)

    tasks = [*wide[:ALONE, np.newaxis], *np.array_split(wide[ALONE:], 4 * threads)]
    with no_collecting(), ThreadPoolExecutor(max(threads, 1)) as pool:
        list(pool.map(widen, tasks))
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
