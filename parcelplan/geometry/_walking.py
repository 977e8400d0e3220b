"""Taking pieces of covers away from polygons along their borders, pair by pair, wherever these cross cleanly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from parcelplan.geometry._borders import Borders, plain_borders
from parcelplan.geometry._crossing import cross, trace
from parcelplan.geometry.arrays import Bools, Floats, Ints, Shapes, spans

UNKNOWN, FREE, COVERED, CUT = range(4)
"""What a piece does to a polygon; unknown where only a general overlay can tell."""


@dataclass(frozen=True)
class Walker:
    """Pairs of a polygon and a piece of a cover, with the edges of the piece near the polygon."""

    pieces: Shapes
    """The piece of each pair, prepared."""
    borders: Borders
    """Borders of all pieces."""
    edge: Ints
    """Edges near the polygon of each pair, pair by pair."""
    start: Ints
    """Where the edges of each pair start; one more at the end."""

    def take_away(self, shapes: Shapes, pairs: Ints, wanted: Bools | None = None) -> tuple[Shapes, Ints]:
        """Take the pieces of pairs away from polygons that lie within the polygons of these pairs.

        Parameters
        ----------
        shapes, pairs
            Polygons, single or multiple, and the pair of each.
        wanted
            For which of them to draw what a cut leaves; for all where not given.

        Returns
        -------
        left
            What is left of each shape: the shape itself where it is free, None where that is unknown or not wanted.
        state
            ``UNKNOWN``, ``FREE``, ``COVERED`` or ``CUT``.
        """
        parts, owner = parts_of(shapes)
        drawn = np.ones(len(parts), dtype=bool) if wanted is None else wanted[owner]
        state, polygons, part = self._walk(parts, pairs[owner], drawn)
        worst = np.full(len(shapes), COVERED, dtype=np.intp)
        for rank in (FREE, CUT, UNKNOWN):
            worst[owner[state == rank]] = rank
        mixed = (worst == FREE) & (np.bincount(owner[state == COVERED], minlength=len(shapes)) > 0)
        worst[mixed] = CUT
        free = np.flatnonzero((state == FREE) & (worst[owner] == CUT) & drawn)
        left = np.full(len(shapes), None, dtype=object)
        left[worst == COVERED] = shapely.Polygon()
        left[worst == FREE] = shapes[worst == FREE]
        kept = worst[owner[part]] == CUT
        gather(
            left,
            np.concatenate([polygons[kept], parts[free]]),
            np.concatenate([owner[part[kept]], owner[free]]),
        )
        return left, worst

    def _walk(self, parts: Shapes, pairs: Ints, drawn: Bools) -> tuple[Ints, Shapes, Ints]:
        """State of each polygon; and the polygons that are left of those that are cut, with what they are part of."""
        state = np.full(len(parts), UNKNOWN, dtype=np.intp)
        simple = np.flatnonzero(
            (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON)
            & (shapely.get_num_interior_rings(parts) == 0)
            & ~shapely.is_empty(parts)
        )
        mine = plain_borders(parts[simple])
        own = pairs.take(simple)
        ring, at = spans(self.start.take(own), self.start.take(own + 1))
        edge = self.edge.take(at)
        crossings, unclean = cross(mine, self.borders, ring, edge)
        unclean |= self._islands(np.asarray(shapely.bounds(parts[simple])), ring, edge)
        crossings = crossings.only(np.flatnonzero(~unclean.take(crossings.ring)))
        wanted = crossings.only(np.flatnonzero(drawn.take(simple.take(crossings.ring))))
        polygons, part, lost = trace(wanted, mine, self.borders)
        crossed = np.zeros(len(simple), dtype=bool)
        crossed[crossings.ring] = True
        state[simple[crossed]] = CUT
        state[simple[lost]] = UNKNOWN
        apart = np.flatnonzero(~crossed & ~unclean)
        x, y = mine.points[mine.first[apart]].T
        inside = shapely.contains_xy(self.pieces[pairs[simple[apart]]], x, y)
        state[simple[apart]] = np.where(inside, COVERED, FREE)
        return state, polygons, simple[part]

    def _islands(self, bounds: Floats, ring: Ints, edge: Ints) -> Bools:
        """Polygons within which a ring of the piece may lie, so that no crossing would tell of it."""
        inner = self.borders.bounds.take(self.borders.ring.take(edge), axis=0)
        outer = bounds.take(ring, axis=0)
        within = (inner[:, :2] >= outer[:, :2]).all(axis=1) & (inner[:, 2:] <= outer[:, 2:]).all(axis=1)
        found = np.zeros(len(bounds), dtype=bool)
        found[ring[within]] = True
        return found


def parts_of(shapes: Shapes) -> tuple[Shapes, Ints]:
    """Polygons that shapes consist of, and the shape of each; single ones are not copied."""
    if (shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON).all():
        return shapes, np.arange(len(shapes))
    parts, owner = shapely.get_parts(shapes, return_index=True)
    return parts, owner


def gather(shapes: Shapes, polygons: Shapes, owner: Ints) -> None:
    """Put polygons in the place of what they are left of; several as one shape."""
    counts = np.bincount(owner, minlength=len(shapes))
    alone = counts[owner] == 1
    shapes[owner[alone]] = polygons[alone]
    order = np.argsort(owner[~alone], kind="stable")
    several, position = np.unique(owner[~alone][order], return_inverse=True)
    if len(several):
        shapes[several] = shapely.multipolygons(polygons[~alone][order], indices=position)
