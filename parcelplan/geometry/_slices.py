"""Slices of parcels that are computed independently of one another, by as many threads as there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import shapely

from parcelplan.geometry._answers import Slice
from parcelplan.geometry._asked import Asked, Told
from parcelplan.geometry._borders import Borders, outlines_of
from parcelplan.geometry._clean import screen_slice
from parcelplan.geometry._quadtree import Quadrant, Quadtree
from parcelplan.geometry._reach import MARGIN_M, Reach, entered, narrowed
from parcelplan.geometry.arrays import Floats, Shapes

SLICE = 10_000
"""Most parcels in a slice: enough that calls cost little beside what they do, few enough that no thread idles long."""

SHARES, FEWEST = 8, 500
"""Into so many slices smaller chunks are divided, though none for fewer parcels than these."""


def each_slice(
    parcels: Shapes,
    area: Floats,
    borders: Borders,
    asked: Asked,
    told: Told,
    threads: int,
    work: Callable[[Slice], None],
) -> None:
    """Screen slices of parcels one by one, and do some work after each.

    Parameters
    ----------
    parcels, area
        Polygons and their areas; those without area are in no slice.
    borders
        Borders of all covers.
    asked, told
        The questions, and where answers in numbers go.
    threads
        How many threads work; slices are made ready meanwhile.
    work
        What to do with each slice; several threads may do it at once.
    """
    solid = np.flatnonzero(area > 0)
    if len(solid) == 0:
        return
    tree = Quadtree(np.asarray(shapely.bounds(parcels[solid]), dtype=float))

    def do(quadrant: Quadrant, near: Reach, at: Floats) -> None:
        own = slice(quadrant.start, quadrant.end)
        rows = solid[tree.order[own]]
        outlines = outlines_of(parcels, tree.bounds[own], area[rows], rows)
        outcome = screen_slice(borders, near, at, outlines, tree.keys[own], quadrant.level, asked, told)
        work(Slice(rows, near.cover, outcome))

    # The same slices whatever the threads: results do not depend on who computes.
    most = min(SLICE, max(len(solid) // SHARES, FEWEST))
    slices = _slices(tree, tree.root, borders, None, most)
    if threads == 1:
        for found in slices:
            do(*found)
        return
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(do, *found) for found in slices]:
            done.result()


def _slices(
    tree: Quadtree, quadrant: Quadrant, borders: Borders, around: tuple[Reach, Floats] | None, most: int
) -> Iterator[tuple[Quadrant, Reach, Floats]]:
    """Divide until no quadrant has more than ``most`` parcels; each comes with the covers that reach into it."""
    box = tree.bounds_of(quadrant, MARGIN_M)
    corner = box[:2].copy()
    within = entered(borders, box) if around is None else narrowed(borders, *around, corner, box)
    if len(within.cover) == 0:
        return
    if quadrant.end - quadrant.start <= most or quadrant.level == 0:
        yield quadrant, within, corner
        return
    for quarter in tree.quarters(quadrant):
        yield from _slices(tree, quarter, borders, (within, corner), most)
