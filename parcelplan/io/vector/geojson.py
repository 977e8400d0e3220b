"""GeoJSON by RFC 7946: WGS 84, exterior rings counter-clockwise, seven decimals (a centimetre) or fewer."""

from __future__ import annotations

import json
import math
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
import shapely

from parcelplan.crs import WGS84
from parcelplan.errors import CrsError
from parcelplan.io.atomic import whole_file

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

DECIMALS = 7


def geojson_text(frame: gpd.GeoDataFrame, *, decimals: int = DECIMALS) -> str:
    """Write a layer as a FeatureCollection.

    Parameters
    ----------
    frame
        Any CRS. The index becomes the features' ``id``; all other columns become properties in their order.
        Missing values and figures that are not finite become null, days ISO dates, empty geometries null.
    decimals
        Decimals of the coordinates in degrees.

    Returns
    -------
    str
        One feature a line, in the order of the frame, so that two results can be compared line by line.

    Raises
    ------
    CrsError
        The layer has no CRS, so that its place on the earth is unknown.

    Source: RFC 7946, sections 3.1.6, 4, 5 and 11.2.
    """
    if frame.crs is None:
        raise CrsError("error.crs_missing", name="GeoJSON")
    shapes = _on_the_grid(frame.geometry.to_crs(WGS84).to_numpy(), decimals)
    geometries = np.where(
        shapely.is_empty(shapes) | shapely.is_missing(shapes), "null", shapely.to_geojson(shapes)
    )
    properties = frame.drop(columns=frame.geometry.name).to_dict(orient="records")
    features = [
        f'{{"type":"Feature","id":{_json(key)},"properties":{_json(values)},"geometry":{geometry}}}'
        for key, values, geometry in zip(frame.index, properties, geometries, strict=True)
    ]
    body = ",\n".join(features)
    return f'{{"type":"FeatureCollection",{_bbox(shapes, decimals)}"features":[\n{body}\n]}}\n'


def feature_collection(frame: gpd.GeoDataFrame) -> dict[str, Any]:
    """Give the same collection as plain dicts and lists."""
    return cast("dict[str, Any]", json.loads(geojson_text(frame)))


def write_geojson(frame: gpd.GeoDataFrame, path: str | Path, *, decimals: int = DECIMALS) -> None:
    """Write a layer to a file, UTF-8, whole or not at all; see :func:`geojson_text`."""
    with whole_file(path) as beside:
        beside.write_text(geojson_text(frame, decimals=decimals), encoding="utf-8", newline="\n")


def _on_the_grid(shapes: np.ndarray[Any, Any], decimals: int) -> np.ndarray[Any, Any]:
    """Bring shapes in degrees to a number of decimals, still valid, exterior rings counter-clockwise."""
    # Snapping first keeps rings from crossing themselves where plain rounding would make them.
    snapped = shapely.set_precision(shapely.force_2d(shapes), 10.0**-decimals)
    rounded = shapely.transform(snapped, lambda points: np.round(points, decimals))
    return cast("np.ndarray[Any, Any]", shapely.orient_polygons(rounded))


def _bbox(shapes: np.ndarray[Any, Any], decimals: int) -> str:
    if shapes.size == 0:
        return ""
    bounds = shapely.total_bounds(shapes)
    return "" if np.isnan(bounds).any() else f'"bbox":{_json(bounds.round(decimals).tolist())},'


def _json(value: Any) -> str:
    return json.dumps(plain(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def plain(value: Any) -> Any:
    """Turn a value of a frame into one that JSON knows: missing and not finite become None, days ISO dates.

    Examples
    --------
    >>> plain({"on": pd.Timestamp("2024-07-01"), "share": float("nan"), "ids": ("P1",)})
    {'on': '2024-07-01', 'share': None, 'ids': ['P1']}
    """
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if (
        value is None
        or value is pd.NA
        or value is pd.NaT
        or (isinstance(value, float) and not math.isfinite(value))
    ):
        return None
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool) else str(value)
