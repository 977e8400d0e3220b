"""The made-up region: a rectangle of city with parcels in street blocks, crossed by lines, rivers and roads.

Everything follows from the number of parcels and the seed, and everything grows with the area: lines lie exactly where
parcels do, so that a region of a million parcels asks for ten times the work of one of a hundred thousand. Parcels are
made block by block, each block from a seed of its own: ten million of them never need to stand in memory together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, sqrt

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.ops import substring

CRS = "EPSG:4523"
WEST, SOUTH = 35_400_000.0, 3_100_000.0
"""South-west corner: eastings carry the number of their zone, as in every cadastre."""
PITCH_M = 85.0
"""From the middle of one parcel to that of the next."""
BLOCK = 100
"""Parcels along each side of a block; a block is one batch of the stream."""
PARCELS_PER_BLOCK = BLOCK * BLOCK
BLOCKS_PER_DISTRICT = 4
"""Blocks along each side of a district."""
LEAST_VERTICES, MOST_VERTICES = 4, 60
KM_PER_KM2 = {"power": 0.6, "river": 0.4, "road": 5.0}
"""Length of lines to the area. Planning standards ask of cities 8 km of road to a km²; some of it is there already."""
CORRIDOR_M = {110: 14.0, 220: 22.0, 500: 32.0}
"""Half width of the strip of a line by its voltage, kV: protection distance and half spread of the wires."""
DATES = pd.date_range("2026-01-01", periods=40, freq="QS").astype("datetime64[us]")
"""Days on which works end, the first of a quarter each."""
CLEARED_SHARE = 0.6
"""Share of lines, rivers and roads that a work ends one day."""
BEND_SHARE = 0.25
"""Share of the pylons at which a line turns."""
_STREAMS = {"power": 1, "river": 2, "road": 3}

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Region:
    """A region of ``count`` parcels; the same count and seed give the same region."""

    count: int
    seed: int = 1

    @property
    def blocks(self) -> int:
        """Blocks of the region; of the last one only the lowest rows may be there."""
        return max(1, ceil(self.count / PARCELS_PER_BLOCK))

    @property
    def columns(self) -> int:
        """Blocks from west to east: the rectangle that leaves no gap and is nearest to a square."""
        blocks = self.blocks
        return next(columns for columns in range(ceil(sqrt(blocks)), blocks + 1) if blocks % columns == 0)

    @property
    def extent_m(self) -> Points:
        """Length from west to east and from south to north."""
        east = min(self.columns * BLOCK, self.count)
        north = min(self.blocks // self.columns * BLOCK, ceil(self.count / BLOCK))
        return np.array([east, north]) * PITCH_M

    def parcel_blocks(self) -> Iterator[gpd.GeoDataFrame]:
        """Parcels block by block: ``parcel_id, district, block`` and polygons of 4 to 60 vertices, one in 200 holed."""
        left = self.count
        for number in range(self.blocks):
            yield _parcels_of(self, number, min(left, PARCELS_PER_BLOCK))
            left -= PARCELS_PER_BLOCK

    def parcels(self) -> gpd.GeoDataFrame:
        """All parcels in one frame."""
        return gpd.GeoDataFrame(pd.concat(self.parcel_blocks(), ignore_index=True), crs=CRS)

    def layer(self, kind: str) -> gpd.GeoDataFrame:
        """Lines of one kind, ``power``, ``river`` or ``road``.

        Columns: ``line_id``; ``dist``, the half width of the strip in metres; ``until_on``, the first day on which it
        is free again (NaT where no work ends it); ``work_id``, that work.
        """
        rng = np.random.default_rng([self.seed, _STREAMS[kind]])
        left = KM_PER_KM2[kind] * self.extent_m.prod() / 1000.0
        lines, distances = [], []
        while left > 0.0:
            line, distance = _DRAWN[kind](rng, self.extent_m)
            # The last one ends where the density is reached: rivers are few, and long.
            lines.append(substring(line, 0.0, left))
            distances.append(distance)
            left -= line.length
        ids = [f"{kind[0].upper()}{number:05d}" for number in range(len(lines))]
        cleared = rng.random(len(lines)) < CLEARED_SHARE
        days = DATES[rng.integers(0, len(DATES), len(lines))]
        data = {
            "line_id": ids,
            "dist": distances,
            "until_on": pd.Series(days).where(cleared),
            "work_id": [f"W-{name}" if ends else "" for name, ends in zip(ids, cleared, strict=True)],
        }
        return gpd.GeoDataFrame(data, geometry=lines, crs=CRS)

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """All layers of lines by kind."""
        return {kind: self.layer(kind) for kind in KM_PER_KM2}


def _parcels_of(region: Region, number: int, count: int) -> gpd.GeoDataFrame:
    rng = np.random.default_rng([region.seed, 0, number])
    row, column = divmod(number, region.columns)
    south, west = np.divmod(np.arange(count), BLOCK)
    west, south = west + column * BLOCK, south + row * BLOCK
    shapes = _irregular(rng, WEST + (west + 0.5) * PITCH_M, SOUTH + (south + 0.5) * PITCH_M)
    district = f"D{row // BLOCKS_PER_DISTRICT:02d}{column // BLOCKS_PER_DISTRICT:02d}"
    data = {
        "parcel_id": [f"B{number:04d}-{item:05d}" for item in range(count)],
        "district": district,
        "block": f"B{number:04d}",
    }
    return gpd.GeoDataFrame(data, geometry=shapes, crs=CRS)


def _irregular(rng: np.random.Generator, x: Points, y: Points) -> NDArray[np.object_]:
    """Polygons that stay within their cells: seen from its middle every corner is in sight, so none crosses itself."""
    count = len(x)
    corners = rng.integers(LEAST_VERTICES, MOST_VERTICES + 1, count)
    owner = np.repeat(np.arange(count), corners)
    step = np.arange(len(owner)) - np.repeat(np.cumsum(corners) - corners, corners)
    turn = rng.uniform(0.0, 2.0 * np.pi, count)[owner]
    angle = turn + 2.0 * np.pi * (step + rng.uniform(-0.3, 0.3, len(owner))) / corners[owner]
    street = rng.uniform(3.0, 12.0, count)[owner]
    reach = (PITCH_M / 2.0 - street) / np.maximum(np.abs(np.cos(angle)), np.abs(np.sin(angle)))
    reach *= rng.uniform(0.82, 1.0, len(owner))
    points = np.column_stack([x[owner] + reach * np.cos(angle), y[owner] + reach * np.sin(angle)])
    shells = shapely.linearrings(points, indices=owner)
    shapes = np.asarray(shapely.polygons(shells), dtype=object)
    hollow = np.flatnonzero(rng.random(count) < 1 / 200)
    yards = shapely.linearrings(np.stack([_square(x[hollow], y[hollow])], axis=0).reshape(-1, 5, 2))
    shapes[hollow] = shapely.polygons(shells[hollow], holes=np.asarray(yards, dtype=object).reshape(-1, 1))
    return shapes


def _square(x: Points, y: Points) -> Points:
    turn = np.pi * (np.arange(5) / 2.0 + 0.25)
    return np.stack([x[:, np.newaxis] + 8.0 * np.cos(turn), y[:, np.newaxis] + 8.0 * np.sin(turn)], axis=-1)


def _walk(rng: np.random.Generator, extent: Points, steps: Points, bends: Points) -> Points:
    """Points of a walk that begins inside the region; where it would leave, it is mirrored back in."""
    heading = rng.uniform(0.0, 2.0 * np.pi) + np.cumsum(bends)
    start = rng.uniform(0.0, extent)
    path = start + np.cumsum(np.column_stack([steps * np.cos(heading), steps * np.sin(heading)]), axis=0)
    folded = np.mod(path, 2.0 * extent)
    inside: Points = np.where(folded > extent, 2.0 * extent - folded, folded) + np.array([WEST, SOUTH])
    return inside


def _power_line(rng: np.random.Generator, extent: Points) -> tuple[shapely.LineString, float]:
    spans = max(4, int(min(rng.uniform(5_000.0, 30_000.0), extent.min()) / 350.0))
    bends = rng.normal(0.0, 0.25, spans) * (rng.random(spans) < BEND_SHARE)
    points = _walk(rng, extent, rng.uniform(280.0, 420.0, spans), bends)
    return shapely.LineString(points), float(rng.choice(list(CORRIDOR_M.values())))


def _river(rng: np.random.Generator, extent: Points) -> tuple[shapely.LineString, float]:
    """Digitised densely: between 5,000 and 48,000 vertices some 6 m apart, each up to 0.25 m beside its course.

    Its heading swings like a sine along the course, never so far that a meander meets the next: 2.2 radians. Source: L.
    B. Leopold and W. B. Langbein, River meanders (1966).
    """
    vertices = int(min(rng.uniform(5_000.0, 48_000.0), max(5_000.0, extent.min())))
    wander = rng.normal(0.0, 0.004, vertices)
    rate, farthest = rng.uniform(0.004, 0.012), rng.uniform(0.6, 1.6)
    swing = farthest * rate * np.cos(np.arange(vertices) * rate + rng.uniform(0.0, 6.0))
    points = _walk(rng, extent, rng.uniform(4.0, 8.0, vertices), wander + swing)
    return shapely.LineString(points + rng.uniform(-0.25, 0.25, points.shape)), float(rng.uniform(15.0, 45.0))


def _road(rng: np.random.Generator, extent: Points) -> tuple[shapely.LineString, float]:
    vertices = int(rng.integers(12, 60))
    points = _walk(rng, extent, rng.uniform(50.0, 150.0, vertices), rng.normal(0.0, 0.06, vertices))
    return shapely.LineString(points), float(rng.uniform(6.0, 20.0))


_DRAWN = {"power": _power_line, "river": _river, "road": _road}
