"""What is asked of a chunk of parcels, put together from what slices tell, in the order of the input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from parcelplan.geometry._asked import GONE, HARD, WHOLE_LAND, Asked, Outcome, Told
from parcelplan.geometry._general import areas_in_time, land_left, pairs_of, shared
from parcelplan.geometry._tidying import tidied
from parcelplan.geometry.arrays import Floats, Ints, Shapes

NOTHING = shapely.Polygon()


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


@dataclass(frozen=True, kw_only=True)
class Shares:
    """Every pair of a parcel and a cover that share area, in the order of parcels and covers."""

    parcel: Ints
    """Position of the parcel of each pair."""
    cover: Ints
    """Position of the cover of each pair."""
    area: Floats
    """Area that the two share."""


@dataclass(frozen=True)
class Slice:
    """Some parcels, what was found out about them, and the covers that reach to them."""

    rows: Ints
    """Where its parcels stand in the input."""
    covers: Ints
    """Those that reach to its parcels."""
    outcome: Outcome


class Answers:
    """Answers about some parcels; threads put in what they found, each about other parcels."""

    def __init__(
        self, parcels: Shapes, area: Floats, covers: Shapes, asked: Asked, kinds: Sequence[str]
    ) -> None:
        self.parcels, self.area, self.covers, self.asked, self.kinds = parcels, area, covers, asked, kinds
        count, days = len(parcels) if asked.left else 0, len(asked.in_force)
        self.net, pieces, largest = tidied(parcels[:count], area[:count])
        self.net[area[:count] == 0] = NOTHING
        self.told = Told(
            state=np.full(len(parcels), WHOLE_LAND, dtype=np.intp),
            by_kind=np.zeros((len(kinds), count)),
            blocked=np.zeros(count),
            pieces=pieces,
            largest=largest,
            day_by_kind=np.zeros((len(kinds), days, len(parcels))),
            day_blocked=np.zeros((days, len(parcels))),
        )
        self._shares: list[tuple[Ints, Ints, Floats]] = []

    def add(self, part: Slice) -> None:
        """Take what was found of a slice, and find out about its hard parcels."""
        state, found = self.told.state[part.rows], part.outcome
        if self.asked.shares:
            easy = self.told.state[found.share_row] != HARD
            self._shares.append((found.share_row[easy], found.share_cover[easy], found.share[easy]))
        if self.asked.left:
            self.net[part.rows[state == GONE]] = NOTHING
            text, first = found.text.tobytes(), found.first.tolist()
            self.net[found.row] = shapely.from_wkb([text[start:end] for start, end in pairwise(first)])
        hard = np.flatnonzero(state == HARD)
        if len(hard):
            self.add_general(part.rows[hard], part.covers)

    def add_general(self, rows: Ints, covers: Ints) -> None:
        """Find everything out about some parcels by overlays with covers."""
        pairs = pairs_of(self.parcels[rows], self.area[rows], self.covers[covers], covers)
        kind, told = self.asked.kind[pairs.cover], self.told
        if self.asked.left:
            holds = self.asked.holding[pairs.cover]
            left = land_left(pairs.only(holds), kind[holds], len(self.kinds))
            told.by_kind[:, rows], told.blocked[rows] = 0.0, 0.0
            own = rows[left.parcel]
            self.net[own], told.pieces[own], told.largest[own] = left.net, left.pieces, left.largest
            told.by_kind[:, own], told.blocked[own] = left.by_kind, left.blocked
        days = len(told.day_blocked)
        if not days and not self.asked.shares:
            return
        pairs, shapes, areas = shared(pairs)
        if self.asked.shares:
            self._shares.append((rows[pairs.parcel], pairs.cover, areas))
        if days:
            kind, holds, count = self.asked.kind[pairs.cover], self.asked.in_force[:, pairs.cover], len(rows)
            together = areas_in_time(shapes, pairs.parcel, holds, count)
            told.day_blocked[:, rows] = np.minimum(together, self.area[rows])
            by_kind = areas_in_time(shapes, kind * count + pairs.parcel, holds, len(self.kinds) * count)
            by_kind = by_kind.reshape(days, len(self.kinds), count).swapaxes(0, 1)
            told.day_by_kind[:, :, rows] = np.minimum(by_kind, self.area[rows])

    def screening(self, *, width: bool = False) -> Screening:
        """What covers leave."""
        told = self.told
        return Screening(
            area=self.area,
            blocked_by_kind=dict(zip(self.kinds, told.by_kind, strict=True)),
            blocked=told.blocked,
            net=self.net,
            pieces=told.pieces,
            largest_piece=told.largest,
            width=_widths(self.net) if width else None,
        )

    def in_time(self, days: NDArray[Any]) -> ScreeningInTime:
        """What covers block day by day."""
        told = self.told
        return ScreeningInTime(
            days=days,
            blocked=told.day_blocked,
            blocked_by_kind=dict(zip(self.kinds, told.day_by_kind, strict=True)),
            net_area=self.area - told.day_blocked,
        )

    def shares(self) -> Shares:
        """Which parcels and covers share land, and how much."""
        nothing = (np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp), np.empty(0))
        columns = zip(nothing, *self._shares, strict=True)
        parcel, cover, area = (np.concatenate(column) for column in columns)
        order = np.lexsort((cover, parcel))
        return Shares(parcel=parcel[order], cover=cover[order], area=area[order])


def _widths(shapes: Shapes) -> Floats:
    there = np.flatnonzero(~shapely.is_empty(shapes))
    parts, owner = shapely.get_parts(shapes[there], return_index=True)
    owner = there[owner]
    order = np.lexsort((-shapely.area(parts), owner))
    found, first = np.unique(owner[order], return_index=True)
    widths = np.zeros(len(shapes))
    widths[found] = 2.0 * shapely.length(shapely.maximum_inscribed_circle(parts[order][first]))
    return widths
