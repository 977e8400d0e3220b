"""Building schemes: footprints laid out on a parcel from the shares in ``scheme_layout.csv``."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from geodata.baishiyi_build import blocks
from geodata.baishiyi_build.drawing import HERE, Drawing

_SETBACK_M = 6.0
_TURNS = 41
_TURN_RANGE_DEG = 10.0


def features(drawing: Drawing, named: Mapping[str, blocks.Parcel]) -> gpd.GeoDataFrame:
    """Scheme features in the building field of their parcel.

    ``scheme_layout.csv`` places each feature by shares of the field: ``west, east`` along its long street side and
    ``south, north`` across it.
    """
    layout = pd.read_csv(HERE / "scheme_layout.csv", dtype={"storey_heights_m": "str"})
    fields = {key: building_field(named[key].polygon) for key in layout["parcel_id"].unique()}
    shapes = [
        _placed_in(fields[row.parcel_id], (row.west, row.south, row.east, row.north)) for row in layout.itertuples()
    ]
    table = layout[["feature_id", "scheme_id", "kind", "use", "storey_heights_m"]]
    return gpd.GeoDataFrame(table, geometry=[drawing.placed(shape) for shape in shapes], crs=drawing.data["crs"])


def building_field(parcel: BaseGeometry) -> tuple[BaseGeometry, float]:
    """Find a large rectangle inside the setback of a parcel, and its turn in degrees against east.

    The rectangle grows from the inside on a grid of turns and edges; good enough to build in, not the optimum.
    """
    inner = parcel.buffer(-_SETBACK_M, join_style="mitre")
    best: tuple[float, BaseGeometry, float] = (0.0, shapely.Polygon(), 0.0)
    for turn in np.linspace(-_TURN_RANGE_DEG, _TURN_RANGE_DEG, _TURNS):
        level = affinity.rotate(inner, -turn, origin=(0, 0))
        box = _inscribed(level)
        if box.area > best[0]:
            best = (box.area, box, float(turn))
    return best[1], best[2]


def _inscribed(level: BaseGeometry) -> BaseGeometry:
    west, south, east, north = level.bounds
    steps = np.linspace(0.0, 0.3, 13)
    a, b, c, d = np.meshgrid(steps, steps, steps, steps, indexing="ij")
    width, depth = east - west, north - south
    sides = [west + a * width, south + b * depth, east - c * width, north - d * depth]
    edges = [side.ravel() for side in sides]
    size = (edges[2] - edges[0]) * (edges[3] - edges[1])
    order = np.argsort(-size, kind="stable")
    shapely.prepare(level)
    for start in range(0, len(order), 2000):
        chosen = order[start : start + 2000]
        boxes = shapely.box(*(edge[chosen] for edge in edges))
        inside = np.flatnonzero(shapely.contains_properly(level, boxes) | shapely.covers(level, boxes))
        if len(inside):
            return boxes[inside[0]]
    return shapely.Polygon()


def _placed_in(field: tuple[BaseGeometry, float], shares: tuple[float, float, float, float]) -> BaseGeometry:
    box, turn = field
    west, south, east, north = box.bounds
    across, up = east - west, north - south
    low_x, low_y, high_x, high_y = shares
    piece = shapely.box(west + low_x * across, south + low_y * up, west + high_x * across, south + high_y * up)
    return affinity.rotate(piece, turn, origin=(0, 0))
