"""Which parcels a cover cuts, and which it covers whole, found from the borders of covers alone.

A parcel whose bounds no border of a cover comes near lies inside the cover or outside it as a whole. So the borders are
laid into boxes a little smaller than a parcel, one query of an index finds the parcels near them, and for all others
in the rows that a cover reaches a single point decides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from parcelplan.geometry._quadtree import Pieces
from parcelplan.geometry.arrays import Floats, Ints, Shapes, spans

BOX_SHARE = 0.5
"""Length of border in one box, as a share of the side of a typical parcel."""


@dataclass(frozen=True)
class Touched:
    """Pairs of a parcel and a piece that share area, or at least a point of a border."""

    parcel: Ints
    piece: Ints


def triage(parcels: Shapes, bounds: Floats, pieces: Pieces) -> tuple[Touched, Touched]:
    """Find the pairs in which a piece cuts a parcel, and those in which it covers it whole.

    Parameters
    ----------
    parcels, bounds
        Polygons and their bounds; those without a shape have bounds of NaN.
    pieces
        Parts of covers, each for the parcels from its start to its end.

    Returns
    -------
    cut
        Some border of the piece runs through the parcel's bounds, and both have a point in common.
    covered
        The parcel lies within the piece.
    """
    if len(pieces) == 0 or len(parcels) == 0:
        nothing = Touched(np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp))
        return nothing, nothing
    shapes = pieces.shape
    shapely.prepare(shapes)
    step = BOX_SHARE * _typical_side(bounds)
    boxes, owner = _border_boxes(shapes, step)
    near = _near_borders(parcels, pieces, boxes, owner)
    inside = _inside(bounds, pieces, boxes, owner, near)
    meets = shapely.intersects(shapes[near.piece], parcels[near.parcel])
    return Touched(near.parcel[meets], near.piece[meets]), inside


def _typical_side(bounds: Floats) -> float:
    side = np.maximum(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1])
    return max(float(np.nanmedian(side)), 1e-3)


def _border_boxes(shapes: Shapes, step: float) -> tuple[Floats, Ints]:
    """Boxes around stretches of border about ``step`` long, and the shape that each belongs to."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(shapely.segmentize(rings, step), return_index=True)
    ends = np.flatnonzero(ring[1:] == ring[:-1])
    begun, done = points[ends], points[ends + 1]
    along = np.cumsum(np.hypot(*(done - begun).T))
    stretch = np.floor(along / step).astype(np.int64)
    of_ring = ring[ends]
    first = np.flatnonzero(np.diff(stretch, prepend=-1) | np.diff(of_ring, prepend=-1))
    low = np.minimum.reduceat(np.minimum(begun, done), first, axis=0)
    high = np.maximum.reduceat(np.maximum(begun, done), first, axis=0)
    return np.hstack([low, high]), owner[part[of_ring[first]]]


def _near_borders(parcels: Shapes, pieces: Pieces, boxes: Floats, owner: Ints) -> Touched:
    box, parcel = shapely.STRtree(parcels).query(shapely.box(*boxes.T))
    piece = owner[box]
    mine = (parcel >= pieces.start[piece]) & (parcel < pieces.end[piece])
    pairs = np.unique(piece[mine] * np.int64(len(parcels)) + parcel[mine])
    return Touched(pairs % len(parcels), pairs // len(parcels))


def _inside(bounds: Floats, pieces: Pieces, boxes: Floats, owner: Ints, near: Touched) -> Touched:
    """Test one point of every parcel that stands in a row between borders of a piece but near none of them."""
    x, y = (bounds[:, 0] + bounds[:, 2]) / 2.0, (bounds[:, 1] + bounds[:, 3]) / 2.0
    west, south = np.nanmin(bounds[:, :2], axis=0)
    width, height = np.nanmax(bounds[:, 2]) - west + 1.0, _typical_side(bounds)
    # One number sorts parcels by row and within the row from west to east.
    place = np.floor((y - south) / height) * width + (x - west)
    order = np.argsort(place)
    piece, row, start, end = _rows(boxes, owner, south, height)
    start, end = np.clip(start - west, 0.0, width), np.clip(end - west, 0.0, width)
    found, at = spans(
        np.searchsorted(place[order], row * width + start),
        np.searchsorted(place[order], row * width + end, side="right"),
    )
    piece, parcel = piece[found], order[at]
    mine = (parcel >= pieces.start[piece]) & (parcel < pieces.end[piece])
    piece, parcel = piece[mine], parcel[mine]
    count = np.int64(len(bounds))
    far = ~np.isin(piece * count + parcel, near.piece * count + near.parcel)
    piece, parcel = piece[far], parcel[far]
    holds = shapely.contains_xy(pieces.shape[piece], x[parcel], y[parcel])
    return Touched(parcel[holds], piece[holds])


def _rows(boxes: Floats, owner: Ints, south: float, height: float) -> tuple[Ints, Floats, Floats, Floats]:
    """How far the borders of each piece reach to the west and east in every row."""
    lowest = np.floor((boxes[:, 1] - south) / height).astype(np.int64)
    highest = np.floor((boxes[:, 3] - south) / height).astype(np.int64)
    box, row = spans(lowest, highest + 1)
    order = np.lexsort((row, owner[box]))
    box, row = box[order], row[order]
    piece = owner[box]
    first = np.flatnonzero(np.diff(piece, prepend=-1) | np.diff(row, prepend=row[:1] - 1))
    start = np.minimum.reduceat(boxes[box, 0], first)
    end = np.maximum.reduceat(boxes[box, 2], first)
    return piece[first], row[first].astype(float), start, end
