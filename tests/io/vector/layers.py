"""Layers with everything that a format may lose: Chinese, nulls, holes, several parts."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import MultiPolygon

from tests.builders import square

RING = square(0).difference(square(0.2, 0.2, 20.0))
PARTS = MultiPolygon([square(2), square(4)])


def full_layer(*, nothing: bool = True) -> gpd.GeoDataFrame:
    """A parcel with a hole, one of two parts, and one without geometry; every column has a null."""
    columns: dict[str, Any] = {
        "地块": ["甲-1", None, "丙，“三”<b>&"],
        "面积": [1.5, 2.25, None],
        "期次": pd.array([1, None, 3], dtype="Int64"),
        "签约日": pd.to_datetime(["2024-06-01", None, "2024-07-01"]),
    }
    shapes = [RING, PARTS, None if nothing else square(6)]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4523")


def same_shapes(left: gpd.GeoSeries, right: gpd.GeoSeries, within_m: float) -> bool:
    """Whether two columns hold the same shapes, vertex by vertex, up to where rings and parts begin."""
    ours, theirs = _plain(left), _plain(right)
    nothing = shapely.is_missing(ours) == shapely.is_missing(theirs)
    near = shapely.equals_exact(ours, theirs, tolerance=within_m) | shapely.is_missing(ours)
    # Rings may begin anywhere, so that only their difference in area tells where they are many.
    apart = np.nan_to_num(shapely.area(shapely.symmetric_difference(ours, theirs)))
    lengths = np.nan_to_num(shapely.length(ours))
    return bool(nothing.all() and (near | (apart <= within_m * lengths)).all())


def _plain(shapes: gpd.GeoSeries) -> Any:
    return shapely.normalize(shapes.to_numpy())
