"""Shared land of parcels and covers as shapes, and its area on days on which only some covers hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from parcelplan.geometry._cutting import CRUMB
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


def overlaps_of(part: Slice) -> Overlaps:
    """Overlaps of the parcels of a slice, each counted from the slice's first."""
    cut, covered = part.cut, part.covered
    strips = shapely.intersection(part.parcels[cut.parcel], part.pieces.shape[cut.piece])
    found = Overlaps(
        parcel=np.concatenate([cut.parcel, covered.parcel]),
        cover=part.pieces.cover[np.concatenate([cut.piece, covered.piece])],
        shape=np.concatenate([strips, part.parcels[covered.parcel]]),
        area=np.concatenate([shapely.area(strips), part.area[covered.parcel]]),
    )
    return found.only(found.area > 0)


def areas_in_time(shapes: Shapes, areas: Floats, groups: Ints, holds: Bools, count: int) -> Floats:
    """Area of the union of each group's shapes that hold, day by day.

    Parameters
    ----------
    shapes, areas, groups
        Shapes with their areas and the group of each, 0 to ``count`` − 1.
    holds
        Shape (days, shapes).

    Returns
    -------
    areas
        Shape (days, groups). Shapes of a group that overlap are united anew only after a day on which one of them
        begins or ends; where they do not, their areas add up.
    """
    found = np.zeros((len(holds), count))
    apart = _apart(shapes, areas, groups, count)[groups]
    for day, holding in enumerate(holds):
        now = holding & apart
        found[day] = np.bincount(groups[now], weights=areas[now], minlength=count)
    over = np.flatnonzero(~apart)
    if len(over) == 0 or len(holds) == 0:
        return found
    names, own = np.unique(groups[over], return_inverse=True)
    return _with_unions(found, names, own, shapes[over], holds[:, over])


def _apart(shapes: Shapes, areas: Floats, groups: Ints, count: int) -> Bools:
    """Whether the shapes of a group share no area with one another."""
    several = np.bincount(groups, minlength=count) > 1
    apart = np.ones(count, dtype=bool)
    among = several[groups]
    if among.any():
        names, unions = unite_by(shapes[among], groups[among])
        together = np.bincount(groups[among], weights=areas[among], minlength=count)[names]
        apart[names] = together - shapely.area(unions) < CRUMB
    return apart


def _with_unions(found: Floats, names: Ints, own: Ints, shapes: Shapes, holds: Bools) -> Floats:
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
    return found
