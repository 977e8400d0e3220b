"""What is asked of a chunk of parcels; every answer takes what slices tell, and puts it in the order of the input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import shapely
from numpy.typing import NDArray

from parcelplan.geometry._cutting import take_away, tidied
from parcelplan.geometry._overlapping import Shares, areas_in_time, shares_of, together
from parcelplan.geometry._slices import Slice
from parcelplan.geometry.arrays import Bools, Floats, Ints, Shapes


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


class Answer(Protocol):
    """Something that is asked of every slice."""

    def add(self, part: Slice) -> None:
        """Take what a slice tells; slices come from several threads."""


class LandLeft:
    """What covers leave of each parcel."""

    def __init__(
        self, parcels: Shapes, area: Floats, kinds: Sequence[str], kind: Ints, holding: Bools
    ) -> None:
        self.area, self.kinds, self.kind, self.holding = area, kinds, kind, holding
        self.blocked, self.by_kind = np.zeros(len(parcels)), np.zeros((len(kinds), len(parcels)))
        self.net, self.pieces, self.largest = tidied(parcels, area)
        self.net[area == 0] = shapely.Polygon()

    def add(self, part: Slice) -> None:
        """Take the covers that hold away from the parcels of a slice."""
        if not self.holding.all():
            part = part.of_covers(self.holding)
        left = take_away(part, self.kind[part.pieces.cover], count=len(self.kinds))
        rows = part.rows[left.parcel]
        self.net[rows], self.blocked[rows], self.by_kind[:, rows] = left.net, left.blocked, left.by_kind
        self.pieces[rows], self.largest[rows] = left.pieces, left.largest

    def screening(self, *, width: bool) -> Screening:
        """All of it."""
        return Screening(
            area=self.area,
            blocked_by_kind=dict(zip(self.kinds, self.by_kind, strict=True)),
            blocked=self.blocked,
            net=self.net,
            pieces=self.pieces,
            largest_piece=self.largest,
            width=_widths(self.net) if width else None,
        )


class LandInTime:
    """How much of each parcel covers block, day by day."""

    def __init__(
        self, area: Floats, kinds: Sequence[str], kind: Ints, in_force: Bools, days: NDArray[Any]
    ) -> None:
        self.area, self.kinds, self.kind, self.in_force, self.days = area, kinds, kind, in_force, days
        self.blocked = np.zeros((len(days), len(area)))
        self.by_kind = np.zeros((len(kinds), len(days), len(area)))

    def add(self, part: Slice) -> None:
        """Add up what covers share with the parcels of a slice on the days on which they hold."""
        found = shares_of(part)
        touched, owner = np.unique(found.parcel, return_inverse=True)
        rows, holds, kind = part.rows[touched], self.in_force[:, found.cover], self.kind[found.cover]
        group = kind * len(rows) + owner
        areas = areas_in_time(found, group, holds, len(self.kinds) * len(rows))
        by_kind = areas.reshape(len(self.days), len(self.kinds), len(rows)).swapaxes(0, 1)
        self.by_kind[:, :, rows] = by_kind
        self.blocked[:, rows] = by_kind.sum(axis=0)
        # Where one kind alone is on a parcel, its area is that of all together.
        kinds = np.zeros((len(self.kinds), len(rows)), dtype=bool)
        kinds[kind, owner] = True
        several = np.flatnonzero(kinds.sum(axis=0) > 1)
        among = np.isin(owner, several)
        own = np.searchsorted(several, owner[among])
        self.blocked[:, rows[several]] = areas_in_time(found.only(among), own, holds[:, among], len(several))

    def screening(self) -> ScreeningInTime:
        """All of it."""
        return ScreeningInTime(
            days=self.days,
            blocked=np.minimum(self.blocked, self.area),
            blocked_by_kind=dict(zip(self.kinds, np.minimum(self.by_kind, self.area), strict=True)),
            net_area=np.maximum(self.area - self.blocked, 0.0),
        )


class LandShared:
    """Which parcels and covers share land, and how much."""

    def __init__(self) -> None:
        self.parts: list[Shares] = []

    def add(self, part: Slice) -> None:
        """Take the pairs of a slice."""
        found = shares_of(part)
        self.parts.append(found.renumbered(part.rows))

    def shares(self) -> Shares:
        """All of them."""
        return together(self.parts)


def _widths(shapes: Shapes) -> Floats:
    there = np.flatnonzero(~shapely.is_empty(shapes))
    parts, owner = shapely.get_parts(shapes[there], return_index=True)
    owner = there[owner]
    order = np.lexsort((-shapely.area(parts), owner))
    found, first = np.unique(owner[order], return_index=True)
    widths = np.zeros(len(shapes))
    widths[found] = 2.0 * shapely.length(shapely.maximum_inscribed_circle(parts[order][first]))
    return widths
