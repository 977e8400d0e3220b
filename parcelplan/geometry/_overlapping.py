"""Shared land of parcels and covers as shapes, and its area on days on which only some covers hold."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import shapely

from parcelplan.geometry._cutting import CRUMB
from parcelplan.geometry._overlay import origin_of, overlay, shifted
from parcelplan.geometry._slices import Slice
from parcelplan.geometry.arrays import Bools, Floats, Ints, Shapes
from parcelplan.geometry.uniting import unite_by


@dataclass(frozen=True, kw_only=True)
class Overlaps:
    """Every pair of a parcel and a cover that share area."""

    parcel: Ints
    """Position of the parcel of each pair."""
    cover: Ints
    """Position of the cover of each pair."""
    shape: Shapes
    """What the two share."""
    area: Floats
    """Its area."""

    def only(self, mask: Bools) -> Overlaps:
        """The pairs of a mask over pairs."""
        return Overlaps(
            parcel=self.parcel[mask], cover=self.cover[mask], shape=self.shape[mask], area=self.area[mask]
        )


@dataclass(frozen=True)
class Shares:
    """Pairs of a parcel of a slice and a cover, with the area that they share."""

    parcel: Ints
    cover: Ints
    area: Floats
    whole: Shapes
    """The parcel of each pair."""
    piece: Shapes
    """Of the cover what lies near it; None where it covers the parcel whole."""

    def only(self, mask: Bools) -> Shares:
        """The pairs of a mask over pairs."""
        return Shares(
            self.parcel[mask], self.cover[mask], self.area[mask], self.whole[mask], self.piece[mask]
        )

    def renumbered(self, rows: Ints) -> Shares:
        """The same with parcels named by other positions."""
        return replace(self, parcel=rows[self.parcel])

    def shapes(self, which: Ints) -> Shapes:
        """What the two of some pairs share."""
        shapes = self.whole[which]
        cut = ~shapely.is_missing(self.piece[which])
        shapes[cut] = overlay(shapely.intersection, shapes[cut], self.piece[which][cut])
        return shapes


def shares_of(part: Slice) -> Shares:
    """Measure what every cover takes from every parcel of a slice; pairs that only touch are left out."""
    part = part.with_all_left()
    cut, covered = part.cut, part.covered
    parcel = np.concatenate([cut.parcel, covered.parcel])
    area = part.area[parcel]
    area[: len(cut.left)] -= shapely.area(cut.left)
    found = Shares(
        parcel,
        part.pieces.cover[np.concatenate([cut.piece, covered.piece])],
        area,
        part.parcels[parcel],
        np.concatenate([part.pieces.shape[cut.piece], np.full(len(covered.parcel), None, dtype=object)]),
    )
    return found.only(area > CRUMB)


def together(parts: list[Shares]) -> Shares:
    """Shares of several slices as one, sorted by parcel and cover."""
    nothing = Shares(*(np.empty(0, dtype=kind) for kind in (np.intp, np.intp, float, object, object)))
    names = [field.name for field in fields(Shares)]
    joined = {name: np.concatenate([getattr(part, name) for part in (nothing, *parts)]) for name in names}
    order = np.lexsort((joined["cover"], joined["parcel"]))
    return Shares(**{name: column[order] for name, column in joined.items()})


def areas_in_time(shares: Shares, groups: Ints, holds: Bools, count: int) -> Floats:
    """Area of the union of each group's shares that hold, day by day.

    Parameters
    ----------
    shares, groups
        Shares and the group of each, 0 to ``count`` − 1.
    holds
        Shape (days, shares).

    Returns
    -------
    areas
        Shape (days, groups). Shares of a group that overlap are united anew only after a day on which one of them
        begins or ends; where they do not, their areas add up.
    """
    found = np.zeros((len(holds), count))
    several = np.flatnonzero((np.bincount(groups, minlength=count) > 1)[groups])
    shapes = shares.shapes(several)
    shapes = shifted(shapes, -origin_of(shapes))
    over = several[_overlapping(shapes, shares.area[several], groups[several], count)]
    apart = np.ones(len(groups), dtype=bool)
    apart[over] = False
    for day, holding in enumerate(holds):
        now = np.flatnonzero(holding & apart)
        found[day] = np.bincount(groups[now], weights=shares.area[now], minlength=count)
    if len(over) and len(holds):
        names, own = np.unique(groups[over], return_inverse=True)
        _with_unions(found, names, own, shapes[np.searchsorted(several, over)], holds[:, over])
    return found


def _overlapping(shapes: Shapes, areas: Floats, groups: Ints, count: int) -> Bools:
    """Which shapes are in a group whose shapes share area with one another."""
    overlapping = np.zeros(count, dtype=bool)
    names, unions = unite_by(shapes, groups)
    together = np.bincount(groups, weights=areas, minlength=count)[names]
    overlapping[names] = together - shapely.area(unions) > CRUMB
    return np.asarray(overlapping[groups], dtype=bool)


def _with_unions(found: Floats, names: Ints, own: Ints, shapes: Shapes, holds: Bools) -> None:
    """Fill in the groups whose shapes overlap: one union for each stretch of days on which the same shapes hold."""
    days, count = len(holds), len(names)
    stretch = np.zeros((days, count), dtype=np.intp)
    for day in range(1, days):
        switched = np.bincount(own[holds[day] != holds[day - 1]], minlength=count) > 0
        stretch[day] = stretch[day - 1] + switched
    first = np.ones((days, count), dtype=bool)
    first[1:] = stretch[1:] != stretch[:-1]
    number = np.cumsum(first.T.ravel()).reshape(count, days).T - 1
    since, shape = np.nonzero(first[:, own] & holds)
    states, unions = unite_by(shapes[shape], number[since, own[shape]])
    area = np.zeros(int(number.max()) + 1)
    area[states] = shapely.area(unions)
    found[:, names] = area[number]
