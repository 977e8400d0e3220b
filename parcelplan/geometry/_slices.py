"""Slices of parcels that are computed independently of one another, by as many threads as there are."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import shapely

from parcelplan.geometry._overlay import overlay
from parcelplan.geometry._quadtree import Pieces, Quadrant, Quadtree, own_copies
from parcelplan.geometry._triage import Covered, Cut, triage
from parcelplan.geometry.arrays import Bools, Floats, Ints, Shapes

SLICE = 10_000
"""Most parcels in a slice: enough that calls cost little beside what they do, few enough that no thread idles long."""

SHARES, FEWEST = 8, 500
"""Into so many slices smaller chunks are divided, though none for fewer parcels than these."""


@dataclass(frozen=True)
class Slice:
    """Some parcels and the pieces of covers that touch them."""

    rows: Ints
    """Where its parcels stand in the input."""
    parcels: Shapes
    area: Floats
    pieces: Pieces
    cut: Cut
    covered: Covered

    def with_all_left(self) -> Slice:
        """The same with what is left of every cut parcel worked out, for those that ask more than once."""
        cut = self.cut
        left = cut.left.copy()
        unknown = np.flatnonzero(shapely.is_missing(left))
        left[unknown], _ = cut.walker.take_away(self.parcels[cut.parcel[unknown]], cut.pair[unknown])
        unknown = np.flatnonzero(shapely.is_missing(left))
        pieces = self.pieces.shape[cut.piece[unknown]]
        left[unknown] = overlay(shapely.difference, self.parcels[cut.parcel[unknown]], pieces)
        return replace(self, cut=replace(cut, left=left))

    def of_covers(self, which: Bools) -> Slice:
        """The same with some of the covers only."""
        cut = self.cut.only(which[self.pieces.cover[self.cut.piece]])
        covered = self.covered.only(which[self.pieces.cover[self.covered.piece]])
        return replace(self, cut=cut, covered=covered)


def each_slice(
    parcels: Shapes,
    area: Floats,
    covers: Shapes,
    whole: Pieces,
    threads: int,
    work: Callable[[Slice], None],
    kinds: Ints | None = None,
) -> None:
    """Do some work for every slice of parcels that covers touch.

    Parameters
    ----------
    parcels, area
        Polygons and their areas; those without area are in no slice.
    covers
        The covers that ``whole`` is made of.
    threads
        How many threads work; slices are made ready meanwhile.
    work
        What to do; several threads may do it at once.
    kinds
        Kind of each cover, where the work asks of pieces of one kind on one parcel only what they leave together.
    """
    solid = np.flatnonzero(area > 0)
    if len(solid) == 0 or len(whole) == 0:
        return
    tree = Quadtree(np.asarray(shapely.bounds(parcels[solid]), dtype=float))

    def do(quadrant: Quadrant, pieces: Pieces) -> None:
        rows = solid[tree.order[quadrant.start : quadrant.end]]
        own = own_copies(tree.broken(quadrant, pieces), quadrant, tree, covers)
        shapes = parcels[rows]
        if len(own) == 0:
            return
        kind = None if kinds is None else kinds[own.cover]
        cut, covered = triage(shapes, tree.bounds[quadrant.start : quadrant.end], own, kind)
        if len(cut.parcel) or len(covered.parcel):
            work(Slice(rows, shapes, area[rows], own, cut, covered))

    # The same slices whatever the threads: results do not depend on who computes.
    most = min(SLICE, max(len(solid) // SHARES, FEWEST))
    slices = tree.slices(whole, most)
    if threads == 1:
        for quadrant, pieces in slices:
            do(quadrant, pieces)
        return
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(do, quadrant, pieces) for quadrant, pieces in slices]:
            done.result()
