"""A file taken apart: its tokens, rings, coordinates and faces, for those who judge and describe it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely

from parcelplan.geometry.arrays import Bools, Floats, Ints, Shapes
from parcelplan.geometry.rings import faces_by_containment, next_point, repeated, ring_polygons
from parcelplan.io.boundary_txt import vocabulary
from parcelplan.io.boundary_txt.axes import Axes, AxisOrder, find_axes
from parcelplan.io.boundary_txt.lexer import Tokens
from parcelplan.io.boundary_txt.splitting import MIN_POINTS, Ring, point_rows, split_rings
from parcelplan.io.boundary_txt.text import TextFile


@dataclass(frozen=True)
class Survey:
    """Everything a file says, worked out once; arrays over points and rings leave out what makes no ring."""

    layer: str
    text: TextFile
    tokens: Tokens
    axes: Axes
    all_rings: tuple[Ring, ...]
    """Rings of areas as they stand in the file, those of too few points among them."""

    @cached_property
    def rings(self) -> list[Ring]:
        """Rings of areas that have three points."""
        return [ring for ring in self.all_rings if ring.points >= MIN_POINTS]

    @cached_property
    def rows(self) -> Ints:
        """Row of each point, ring by ring."""
        return point_rows(self.rings)

    @cached_property
    def xy(self) -> Floats:
        """Easting and northing of each point."""
        return self.axes.xy[self.rows]

    @cached_property
    def size(self) -> Ints:
        """Points of each ring."""
        return np.asarray([ring.points for ring in self.rings], dtype=np.intp)

    @cached_property
    def owner(self) -> Ints:
        """Block of each ring."""
        return np.asarray([ring.block for ring in self.rings], dtype=np.intp)

    @cached_property
    def polygons(self) -> Shapes:
        """Each ring as a polygon of its own."""
        return ring_polygons(self.xy, self.size) if self.rings else np.empty(0, dtype=object)

    @cached_property
    def twice(self) -> Bools:
        """Which rings stand in their block a second time."""
        return repeated(self.polygons, self.owner) if self.rings else np.empty(0, dtype=bool)

    @cached_property
    def sides(self) -> Floats:
        """Length of the side after each point, in the unit of the coordinates."""
        step = self.xy[next_point(self.size)] - self.xy if self.rings else self.xy
        return np.asarray(np.hypot(step[:, 0], step[:, 1]))

    @cached_property
    def faces(self) -> Shapes:
        """One geometry a block, None where it has none."""
        blocks = len(self.tokens.heads)
        faces = np.full(blocks, None, dtype=object)
        if self.rings:
            kept = ~self.twice
            faces = faces_by_containment(self.polygons[kept], self.owner[kept], blocks)
        for place, head in enumerate(self.tokens.heads):
            if head is not None and kind_of(self.tokens, place) != "polygon":
                faces[place] = self._other_shape(place)
        return faces

    def _other_shape(self, block: int) -> Any:
        rows = np.flatnonzero(np.asarray(self.tokens.block) == block)
        if kind_of(self.tokens, block) == "point":
            return shapely.multipoints(self.axes.xy[rows]) if len(rows) else None
        _, line = np.unique(np.asarray(self.tokens.ring)[rows], return_inverse=True)
        rows = rows[np.isin(line, np.flatnonzero(np.bincount(line) > 1))] if len(rows) else rows
        if len(rows) == 0:
            return None
        _, line = np.unique(np.asarray(self.tokens.ring)[rows], return_inverse=True)
        order = np.argsort(line, kind="stable")
        lines = np.atleast_1d(np.asarray(shapely.linestrings(self.axes.xy[rows[order]], indices=line[order])))
        return shapely.multilinestrings(lines)

    def name_of(self, block: int) -> str:
        """What a block is called: its number, its name, or its place in the file."""
        head = self.tokens.heads[block]
        fields = head.fields if head else {}
        return fields.get("parcel_id", "") or fields.get("name", "") or f"#{block + 1}"

    def line_of(self, ring: Ring) -> int:
        """Line of the first point of a ring."""
        return self.tokens.line[ring.start]

    def said(self, name: str) -> str:
        """What the header says under one of the known keys; empty for nothing."""
        header, keys = self.tokens.header, vocabulary.header_keys()
        return next((value for key, value in header.items() if keys.get(key) == name), "")


def survey(layer: str, text: TextFile, tokens: Tokens, axis_order: AxisOrder | None) -> Survey:
    """Work out rings and coordinates of a file's tokens."""
    block = np.asarray(tokens.block, dtype=np.intp)
    axes = find_axes(np.asarray(tokens.first), np.asarray(tokens.second), block, axis_order)
    areal = [kind_of(tokens, place) == "polygon" for place in range(len(tokens.heads))]
    rings = tuple(ring for ring in split_rings(tokens) if areal[ring.block])
    return Survey(layer=layer, text=text, tokens=tokens, axes=axes, all_rings=rings)


def kind_of(tokens: Tokens, block: int) -> str:
    """``polygon``, ``line`` or ``point``; a head that does not say means an area."""
    head = tokens.heads[block]
    return vocabulary.kinds().get(head.fields.get("kind", ""), "polygon") if head else "polygon"
