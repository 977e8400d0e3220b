"""Building schemes: footprints laid out on a parcel from the shares in ``scheme_layout.csv``."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from geodata.baishiyi_build import blocks
from geodata.baishiyi_build.drawing import HERE, Drawing

_SETBACK_M = 6.0
_TURNS = 41
_TURN_RANGE_DEG = 10.0


def features(drawing: Drawing, named: Mapping[str, blocks.Parcel]) -> gpd.GeoDataFrame:
    """Scheme features in the building field of their parcel.

    ``scheme_layout.csv`` places each feature by shares of the field: ``west, east`` along its street side,
    ``south, north`` across it.
    """
    layout = pd.read_csv(HERE / "scheme_layout.csv", dtype={"storey_heights_m": "str"})
    fields = {key: building_field(named[key].polygon) for key in layout["parcel_id"].unique()}
    places = layout[["west", "south", "east", "north"]].to_numpy(dtype=float)
    shapes = [
        drawing.placed(_placed_in(fields[key], place))
        for key, place in zip(layout["parcel_id"], places, strict=True)
    ]
    table = layout[["feature_id", "scheme_id", "kind", "use", "storey_heights_m"]]
    return gpd.GeoDataFrame(table, geometry=shapes, crs=drawing.data["crs"])


def building_field(parcel: BaseGeometry) -> tuple[BaseGeometry, float]:
    """Find a large rectangle inside the setback of a parcel, and its turn in degrees against east.

    The largest on a grid of turns and edges: good enough to build in, not the optimum.
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
    sizes = (edges[2] - edges[0]) * (edges[3] - edges[1])
    order = np.argsort(-sizes, kind="stable")
    shapely.prepare(level)
    for start in range(0, len(order), 2000):
        chosen = order[start : start + 2000]
        boxes = shapely.box(edges[0][chosen], edges[1][chosen], edges[2][chosen], edges[3][chosen])
        inside = np.flatnonzero(shapely.covers(level, boxes))
        if len(inside):
            found: BaseGeometry = boxes[inside[0]]
            return found
    return shapely.Polygon()


def _placed_in(field: tuple[BaseGeometry, float], shares: NDArray[np.float64]) -> BaseGeometry:
    box, turn = field
    corner, far_corner = np.asarray(box.bounds).reshape(2, 2)
    (west, south), (east, north) = corner + shares.reshape(2, 2) * (far_corner - corner)
    piece = shapely.box(west, south, east, north)
    turned: BaseGeometry = affinity.rotate(piece, turn, origin=(0, 0))
    return turned
