"""Which parcels a cover cuts, and which it covers whole, found from the borders of covers alone.

A parcel whose bounds no border of a cover comes near lies inside the cover or outside it as a whole. So edges of covers
are laid into boxes about as large as a parcel, one query of an index finds the parcels near them, and for all
others in the rows that a cover reaches a single point decides. Near ones are cut along the crossings of the borders
where these are clean; for the others the general predicates and overlays answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from parcelplan.geometry._borders import Borders, borders_of, edge_boxes
from parcelplan.geometry._quadtree import Pieces
from parcelplan.geometry._rows import Rows
from parcelplan.geometry._walking import COVERED, CUT, UNKNOWN, Walker
from parcelplan.geometry.arrays import Bools, Floats, Ints, Shapes, spans

BOX_SHARE = 1.0
"""Longest stretch of an edge in one box, as a share of the side of a typical parcel."""


@dataclass(frozen=True)
class Covered:
    """Pairs of a parcel and a piece of a cover within which it lies as a whole."""

    parcel: Ints
    piece: Ints

    def only(self, mask: Bools) -> Covered:
        """The pairs of a mask over pairs."""
        return Covered(self.parcel[mask], self.piece[mask])

    def and_also(self, more: Covered) -> Covered:
        """The pairs of both."""
        return Covered(np.append(self.parcel, more.parcel), np.append(self.piece, more.piece))


@dataclass(frozen=True)
class Cut:
    """Pairs of a parcel and a piece of a cover that have a point in common, and what the piece leaves of the parcel."""

    parcel: Ints
    piece: Ints
    left: Shapes
    """None where nobody has worked it out as yet."""
    pair: Ints
    """The pair's number by which ``walker`` knows it."""
    walker: Walker

    def only(self, mask: Bools) -> Cut:
        """The pairs of a mask over pairs."""
        return Cut(self.parcel[mask], self.piece[mask], self.left[mask], self.pair[mask], self.walker)


@dataclass(frozen=True)
class _Near:
    """Pairs of a parcel and a piece whose borders come near each other, and the edges of the piece that do."""

    parcel: Ints
    piece: Ints
    pair: Ints
    """Pair of each edge."""
    edge: Ints


def triage(parcels: Shapes, bounds: Floats, pieces: Pieces, kinds: Ints | None) -> tuple[Cut, Covered]:
    """Find the pairs in which a piece cuts a parcel, and those in which it covers it whole.

    Parameters
    ----------
    parcels, bounds
        Polygons and their bounds.
    pieces
        Parts of covers, each for the parcels from its start to its end.
    kinds
        Kind of each piece, where only the first piece of a kind on a parcel need be taken away for itself.
    """
    shapely.prepare(pieces.shape)
    borders = borders_of(pieces.shape)
    rows = Rows(bounds)
    boxes, edge = edge_boxes(borders, BOX_SHARE * rows.side)
    owner = borders.shape.take(borders.ring.take(edge))
    box, parcel = rows.meeting(boxes)
    near = _near(pieces, owner.take(box), parcel, edge.take(box))
    cut, covered = _walked(parcels, pieces, borders, near, kinds)
    return cut, covered.and_also(_covered(rows, pieces, boxes, owner, near))


def _near(pieces: Pieces, piece: Ints, parcel: Ints, edge: Ints) -> _Near:
    """Group the edges of pieces by the parcels that they are near to; each edge once, whatever its boxes."""
    mine = np.flatnonzero((parcel >= pieces.start.take(piece)) & (parcel < pieces.end.take(piece)))
    parcel, piece, edge = parcel.take(mine), piece.take(mine), edge.take(mine)
    # Edges are numbered from piece to piece.
    order = np.lexsort((edge, parcel))
    parcel, piece, edge = parcel.take(order), piece.take(order), edge.take(order)
    new = (np.diff(parcel, prepend=-1) != 0) | (np.diff(piece, prepend=-1) != 0)
    once = new | (np.diff(edge, prepend=-1) != 0)
    pair = np.cumsum(new) - 1
    return _Near(parcel[new], piece[new], pair[once], edge[once])


def _walked(
    parcels: Shapes, pieces: Pieces, borders: Borders, near: _Near, kinds: Ints | None
) -> tuple[Cut, Covered]:
    """Take pieces away from the parcels near their borders; of those that cannot be walked, keep the ones that meet."""
    start = np.append(np.flatnonzero(np.diff(near.pair, prepend=-1)), len(near.pair))
    walker = Walker(pieces.shape[near.piece], borders, near.edge, start)
    numbers = np.arange(len(near.parcel))
    wanted = None
    if kinds is not None:
        _, firsts = np.unique(near.parcel * (kinds.max() + 1) + kinds[near.piece], return_index=True)
        wanted = np.zeros(len(numbers), dtype=bool)
        wanted[firsts] = True
    left, state = walker.take_away(parcels[near.parcel], numbers, wanted)
    unknown = np.flatnonzero(state == UNKNOWN)
    meets = shapely.intersects(walker.pieces[unknown], parcels[near.parcel[unknown]])
    cuts = state == CUT
    cuts[unknown[meets]] = True
    covered = state == COVERED
    return (
        Cut(near.parcel[cuts], near.piece[cuts], left[cuts], numbers[cuts], walker),
        Covered(near.parcel[covered], near.piece[covered]),
    )


def _covered(rows: Rows, pieces: Pieces, boxes: Floats, owner: Ints, near: _Near) -> Covered:
    """Test one point of every parcel that stands in a row between borders of a piece but near none of them."""
    piece, row, start, end = _reach(rows, boxes, owner)
    found, parcel = rows.between(row, start, end)
    piece = piece.take(found)
    mine = np.flatnonzero((parcel >= pieces.start.take(piece)) & (parcel < pieces.end.take(piece)))
    piece, parcel = piece.take(mine), parcel.take(mine)
    count = np.int64(len(rows.x))
    far = ~np.isin(piece * count + parcel, near.piece * count + near.parcel)
    piece, parcel = piece[far], parcel[far]
    holds = shapely.contains_xy(pieces.shape[piece], rows.x[parcel], rows.y[parcel])
    return Covered(parcel[holds], piece[holds])


def _reach(rows: Rows, boxes: Floats, owner: Ints) -> tuple[Ints, Ints, Floats, Floats]:
    """How far the borders of each piece reach to the west and east in every row."""
    box, row = spans(rows.row_of(boxes[:, 1]), rows.row_of(boxes[:, 3]) + 1)
    order = np.lexsort((row, owner[box]))
    box, row = box[order], row[order]
    piece = owner[box]
    first = np.flatnonzero(np.diff(piece, prepend=-1) | np.diff(row, prepend=row[:1] - 1))
    start = np.minimum.reduceat(boxes[box, 0], first)
    end = np.maximum.reduceat(boxes[box, 2], first)
    return piece[first], row[first], start, end
