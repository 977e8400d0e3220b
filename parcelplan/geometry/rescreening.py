"""Screening again after an edit: only what the edit reaches is computed anew.

An edit is not told but found. A parcel is the same when its shape is, to the last coordinate, wherever it now stands; a
cover when its shape and its kind are. Anew go parcels that were not there before, and those touched by a cover that
came or went; a cover that moved has done both. All others keep their figures, and the very object that is left of them.

The answer is what a full run gives, within what rounding does to a parcel that is screened in other company (1e-9 of
its area). An edit may start from what an edit left, or from a stored result put together as :class:`Screened`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from parcelplan.geometry.arrays import Bools, Floats, Ints, Shapes
from parcelplan.geometry.screening import Screener, Screening


@dataclass(frozen=True, kw_only=True)
class Screened:
    """What was screened and what came of it: all that a later edit needs."""

    parcels: Shapes
    covers: Shapes
    kinds: NDArray[np.object_]
    result: Screening
    redone: Ints
    """Positions of the parcels that were computed for this result, ascending; all others were taken over."""


@dataclass(frozen=True, kw_only=True)
class Edits:
    """What is different from what was screened before."""

    former: Ints
    """Where each parcel stood before; -1 for one that was not there."""
    covers: Shapes
    """Covers that came or went, in their new shape and in their old one."""


def screen_first(
    parcels: Shapes, covers: Shapes, kinds: Sequence[str], *, width: bool = False, threads: int = 1
) -> Screened:
    """Screen everything, and keep what later edits start from.

    Parameters
    ----------
    parcels, covers, kinds, threads
        As for :func:`~parcelplan.geometry.screening.screen`. Changing the arrays afterwards changes nothing here.
    width
        Measure the largest circle in the largest piece; edits then do so as well.
    """
    result = Screener(covers, kinds, threads=threads).screen(parcels, width=width)
    return _kept(parcels, covers, kinds, result, np.arange(len(parcels)))


def rescreen(
    before: Screened, parcels: Shapes, covers: Shapes, kinds: Sequence[str], *, threads: int = 1
) -> Screened:
    """Screen parcels and covers as they are after an edit.

    Parameters
    ----------
    before
        What :func:`screen_first` or an earlier call gave.
    parcels, covers, kinds
        All of them, not only those that changed, in any order.
    threads
        How many threads compute.

    Returns
    -------
    Screened
        Equal to a full run; ``redone`` says which parcels were computed.

    Examples
    --------
    >>> parcels = np.array([shapely.box(west, 0, west + 90, 90) for west in range(0, 500, 100)])
    >>> first = screen_first(parcels, np.array([shapely.box(0, 40, 150, 50)]), ["power"])
    >>> after = rescreen(first, parcels, np.array([shapely.box(0, 40, 210, 50)]), ["power"])
    >>> after.redone.tolist(), bool(after.result.net[3] is first.result.net[3])
    ([0, 1, 2], True)
    """
    edits = find_edits(before, parcels, covers, kinds)
    redone = _reached(edits, parcels)
    near, of_kind = _within_reach(parcels[redone], covers, kinds)
    width = before.result.width is not None
    fresh = Screener(near, of_kind, threads=threads).screen(parcels[redone], width=width)
    result = _merged(before.result, edits.former, fresh, redone, sorted(set(kinds)))
    return _kept(parcels, covers, kinds, result, redone)


def find_edits(before: Screened, parcels: Shapes, covers: Shapes, kinds: Sequence[str]) -> Edits:
    """Find what an edit changed: which parcels are new, which covers came or went."""
    old, new = _names(before.covers, before.kinds), _names(covers, kinds)
    changed = np.concatenate([covers[~new.isin(old)], before.covers[~old.isin(new)]])
    return Edits(former=_former(before.parcels, parcels), covers=changed)


def _kept(parcels: Shapes, covers: Shapes, kinds: Sequence[str], result: Screening, redone: Ints) -> Screened:
    """Keep arrays of its own: a caller who edits in place must not edit what edits are found by."""
    return Screened(
        parcels=parcels.copy(),
        covers=covers.copy(),
        kinds=np.array(list(kinds), dtype=object),
        result=result,
        redone=redone,
    )


def _names(covers: Shapes, kinds: Sequence[str] | NDArray[np.object_]) -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays([np.asarray(list(kinds), dtype=object), _texts(covers)])


def _texts(shapes: Shapes) -> NDArray[np.object_]:
    """Bytes that are equal where shapes are; no bytes where there is no shape."""
    texts = np.asarray(shapely.to_wkb(shapes), dtype=object)
    texts[shapely.is_missing(shapes)] = b""
    return texts


def _former(old: Shapes, new: Shapes) -> Ints:
    """Where each new shape stood among the old ones, -1 where nowhere; most stand where they stood."""
    former = np.full(len(new), -1, dtype=np.intp)
    both = min(len(old), len(new))
    same = np.flatnonzero(shapely.equals_identical(old[:both], new[:both]))
    former[same] = same
    other = np.flatnonzero(former < 0)
    if len(other):
        left = np.flatnonzero(~_mask(same, len(old)))
        texts = pd.Series(left, index=pd.Index(_texts(old[left]), dtype=object))
        texts = texts[~texts.index.duplicated()]
        found = texts.index.get_indexer(pd.Index(_texts(new[other]), dtype=object))
        known = found >= 0
        former[other[known]] = texts.to_numpy()[found[known]]
    return former


def _reached(edits: Edits, parcels: Shapes) -> Ints:
    """Positions of the parcels that are new or that a changed cover touches."""
    anew = edits.former < 0
    stayed = np.flatnonzero(~anew)
    # A long line has a large box: only the shapes themselves tell which parcels it meets.
    _, touched = shapely.STRtree(parcels[stayed]).query(edits.covers, predicate="intersects")
    anew[stayed[touched]] = True
    return np.flatnonzero(anew)


def _within_reach(parcels: Shapes, covers: Shapes, kinds: Sequence[str]) -> tuple[Shapes, list[str]]:
    """Covers whose boxes meet the box of a parcel; those that meet none need not be made ready."""
    _, cover = shapely.STRtree(covers).query(parcels)
    near = np.flatnonzero(_mask(cover, len(covers)))
    return covers[near], [kinds[at] for at in near.tolist()]


def _merged(
    before: Screening, former: Ints, fresh: Screening, redone: Ints, kinds: Sequence[str]
) -> Screening:
    """Figures of the parcels that nothing reached, with fresh ones for those that were redone."""
    stayed = np.flatnonzero(~_mask(redone, len(former)))

    def merge(old: NDArray[Any], new: NDArray[Any]) -> NDArray[Any]:
        merged = np.empty(len(former), dtype=new.dtype)
        merged[stayed], merged[redone] = old[former[stayed]], new
        return merged

    return Screening(
        area=merge(before.area, fresh.area),
        blocked_by_kind={kind: merge(_of_kind(before, kind), _of_kind(fresh, kind)) for kind in kinds},
        blocked=merge(before.blocked, fresh.blocked),
        net=merge(before.net, fresh.net),
        pieces=merge(before.pieces, fresh.pieces),
        largest_piece=merge(before.largest_piece, fresh.largest_piece),
        width=None if before.width is None or fresh.width is None else merge(before.width, fresh.width),
    )


def _mask(positions: Ints, size: int) -> Bools:
    mask = np.zeros(size, dtype=bool)
    mask[positions] = True
    return mask


def _of_kind(screening: Screening, kind: str) -> Floats:
    """Areas that a kind covers: none where no cover was of it."""
    return screening.blocked_by_kind.get(kind, np.zeros(len(screening.area)))
