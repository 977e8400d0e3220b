"""Parcels in rows from west to east: an index that answers a slice's questions with sorted numbers alone."""

from __future__ import annotations

import numpy as np
import shapely

from parcelplan.geometry.arrays import Floats, Ints, spans

LARGE = 4.0
"""Parcels with sides so many times the typical one are found by a tree, lest all boxes are held against more rows."""


class Rows:
    """The middles of parcels, sorted by rows as high as a typical parcel."""

    def __init__(self, bounds: Floats) -> None:
        self.bounds = bounds
        sides = np.maximum(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1])
        self.side = max(float(np.median(sides)), 1e-3)
        """Of the two sides of a typical parcel's bounds the longer one."""
        self.x, self.y = (bounds[:, 0] + bounds[:, 2]) / 2.0, (bounds[:, 1] + bounds[:, 3]) / 2.0
        self._large = np.flatnonzero(sides > LARGE * self.side)
        self._reach = float(sides[sides <= LARGE * self.side].max()) / 2.0
        self._west, self._south = bounds[:, :2].min(axis=0)
        self._width = float(bounds[:, 2].max() - self._west) + 1.0
        # One number sorts by row and within the row.
        place = self.row_of(self.y) * self._width + (self.x - self._west)
        self._order = np.argsort(place)
        self._place = place[self._order]

    def row_of(self, y: Floats) -> Ints:
        """Row of a northing; rows without parcels have numbers too."""
        return np.asarray(np.floor((y - self._south) / self.side), dtype=np.intp)

    def between(self, row: Ints, start: Floats, end: Floats) -> tuple[Ints, Ints]:
        """Parcels whose middle lies in a stretch of a row: the number of the stretch and the parcel."""
        first = row * self._width + np.clip(start - self._west, 0.0, self._width)
        last = row * self._width + np.clip(end - self._west, 0.0, self._width)
        found, at = spans(
            np.searchsorted(self._place, first), np.searchsorted(self._place, last, side="right")
        )
        return found, self._order.take(at)

    def meeting(self, boxes: Floats) -> tuple[Ints, Ints]:
        """Pairs of a box and a parcel whose bounds meet it."""
        stretch, row = spans(
            self.row_of(boxes[:, 1] - self._reach), self.row_of(boxes[:, 3] + self._reach) + 1
        )
        found, parcel = self.between(
            row, boxes[:, 0].take(stretch) - self._reach, boxes[:, 2].take(stretch) + self._reach
        )
        box = stretch.take(found)
        for axis in (0, 1):
            low, high = self.bounds[:, axis], self.bounds[:, axis + 2]
            south, north = boxes[:, axis].take(box), boxes[:, axis + 2].take(box)
            meets = np.flatnonzero((low.take(parcel) <= north) & (high.take(parcel) >= south))
            box, parcel = box.take(meets), parcel.take(meets)
        if len(self._large) == 0:
            return box, parcel
        ordinary = ~np.isin(parcel, self._large)
        own = self.bounds[self._large].reshape(-1, 2, 2)
        tree = shapely.STRtree(np.asarray(shapely.linestrings(own), dtype=object))
        more, large = tree.query(shapely.linestrings(boxes.reshape(-1, 2, 2)))
        return np.append(box[ordinary], more), np.append(parcel[ordinary], self._large[large])
