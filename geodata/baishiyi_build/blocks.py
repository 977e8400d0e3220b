"""From roads and rim to blocks, and from blocks to parcels on a millimetre grid."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from geodata.baishiyi_build.curves import GRID_M, on_grid

_FAR_M = 5_000.0
_OVERSHOOT_M = 0.01


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """A parcel before it has its conditions: phase, reading row, and polygon in local metres."""

    phase: int
    row: int
    polygon: BaseGeometry


def road_land(
    roads: Mapping[str, BaseGeometry], widths: Mapping[str, float], radius_m: float
) -> BaseGeometry:
    """Unite the land of all roads and round the kerbs at junctions."""
    strips = [
        shapely.buffer(line, widths[key] / 2, cap_style="flat", join_style="mitre")
        for key, line in roads.items()
    ]
    land = shapely.union_all(strips)
    return shapely.buffer(shapely.buffer(land, radius_m, quad_segs=6), -radius_m, quad_segs=6).union(land)


def cut_block(block: BaseGeometry, recipe: Mapping[str, Any], phase: int) -> list[Parcel]:
    """Cut a block into parcels that share their edges exactly.

    The cuts are found on the block, then all linework is noded on the millimetre grid and polygonised,
    so that neighbours hold the very same vertices.

    Parameters
    ----------
    block
        Polygon in metres.
    recipe
        Nested cuts: ``bearing`` in degrees from east, ``shares`` of the area, ``row``, and ``parts``.
    phase
        Phase of every parcel of the block.
    """
    cuts: list[BaseGeometry] = []
    leaves = list(_leaves(block, recipe, 1, cuts))
    noded = shapely.union_all([shapely.boundary(block), *cuts], grid_size=GRID_M)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    anchors = shapely.point_on_surface([piece for piece, _ in leaves])
    tree = shapely.STRtree(faces)
    inside, face = tree.query(anchors, predicate="intersects")
    return [
        Parcel(phase=phase, row=leaves[i][1], polygon=shapely.normalize(faces[j]))
        for i, j in zip(inside, face, strict=True)
    ]


def _leaves(
    piece: BaseGeometry, recipe: Mapping[str, Any], row: int, cuts: list[BaseGeometry]
) -> Iterator[tuple[BaseGeometry, int]]:
    """Walk the nested cuts: each leaf with its reading row; the cuts made on the way go into ``cuts``."""
    row = int(recipe.get("row", row))
    if "shares" not in recipe:
        yield piece, row
        return
    pieces, lines = _by_shares(piece, float(recipe["bearing"]), recipe["shares"])
    cuts += lines
    for sub, part in zip(pieces, recipe.get("parts", [{}] * len(pieces)), strict=True):
        yield from _leaves(sub, part, row, cuts)


def _by_shares(
    piece: BaseGeometry, bearing: float, shares: list[float]
) -> tuple[list[BaseGeometry], list[BaseGeometry]]:
    """Cut a piece into strips along a bearing; answers the strips and the cuts between them."""
    level = affinity.rotate(piece, -bearing, origin=(0, 0))
    low, _, high, _ = level.bounds
    targets = np.cumsum(shares)[:-1] / sum(shares) * level.area
    edges = [low - 1, *(_cut_at(level, float(target)) for target in targets), high + 1]
    strips = [shapely.box(a, -_FAR_M, b, _FAR_M) for a, b in pairwise(edges)]
    lines = [_chord(level, x) for x in edges[1:-1]]

    def turn_back(geometry: BaseGeometry) -> BaseGeometry:
        return affinity.rotate(geometry, bearing, origin=(0, 0))

    return [turn_back(level.intersection(strip)) for strip in strips], [turn_back(line) for line in lines]


def _cut_at(level: BaseGeometry, target_m2: float) -> float:
    low, _, high, _ = level.bounds
    return bisect(
        lambda x: level.intersection(shapely.box(low - 1, -_FAR_M, x, _FAR_M)).area - target_m2, low, high
    )


def _chord(level: BaseGeometry, x: float) -> BaseGeometry:
    crossing = level.intersection(shapely.LineString([(x, -_FAR_M), (x, _FAR_M)]))
    _, south, _, north = crossing.bounds
    return shapely.LineString([(x, south - _OVERSHOOT_M), (x, north + _OVERSHOOT_M)])


def bisect(excess: Callable[[float], float], low: float, high: float, tolerance: float = 1e-5) -> float:
    """Find the root of an increasing function by halving ``low..high`` down to the tolerance."""
    if excess(low) > 0 or excess(high) < 0:
        message = f"no root between {low} and {high}: {excess(low)} .. {excess(high)}"
        raise ValueError(message)
    while high - low > tolerance:
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) < 0 else (low, middle)
    return math.fsum([low, high]) / 2


def numbered(parcels: list[Parcel]) -> dict[str, Parcel]:
    """Name parcels P1-01, P1-02 … in reading order: by phase, row from the north, then from the west."""
    names: dict[str, Parcel] = {}
    for phase in sorted({parcel.phase for parcel in parcels}):
        mine = [parcel for parcel in parcels if parcel.phase == phase]
        mine.sort(key=lambda parcel: (parcel.row, parcel.polygon.centroid.x))
        names |= {f"P{phase}-{number:02d}": parcel for number, parcel in enumerate(mine, start=1)}
    return names


def block_at(land: BaseGeometry, at: list[float], smallest_m2: float) -> BaseGeometry:
    """Take the block around a point from the land that is left between the roads, rounded to the grid."""
    parts = shapely.get_parts(on_grid(land))
    hits: list[BaseGeometry] = [
        part for part in parts if part.area > smallest_m2 and part.contains(shapely.Point(at))
    ]
    if len(hits) != 1:
        message = f"{len(hits)} blocks around {at}"
        raise ValueError(message)
    return hits[0]
