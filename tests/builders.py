"""Builders of small sites that one can check in the head: squares of 100 m are one hectare, which is 15 mu."""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from shapely import Geometry, LineString, Point, Polygon, box

CRS = "EPSG:4523"
EAST, NORTH = 35_632_800.0, 3_263_200.0

SITE_TOML = """\
id = "tiny"
name = {{ zh = "小园区", en = "Tiny park" }}
crs = "{crs}"
as_of = 2024-01-01
horizon_end = 2026-12-31
language = "{language}"
{head}
[layers]
{layers}
[tables]
{tables}
{more}
"""


def square(column: float, row: float = 0, side_m: float = 100.0) -> Polygon:
    """A square in a grid of 100 m whose cell (0, 0) has its south-west corner at (EAST, NORTH)."""
    west, south = EAST + 100.0 * column, NORTH + 100.0 * row
    return box(west, south, west + side_m, south + side_m)


def line(*points: tuple[float, float]) -> LineString:
    """A line through points of the same grid, in metres from (EAST, NORTH)."""
    return LineString([(EAST + x, NORTH + y) for x, y in points])


def point(x: float, y: float) -> Point:
    """A point in metres from (EAST, NORTH)."""
    return Point(EAST + x, NORTH + y)


def frame(
    geometry: Sequence[Geometry | None], crs: str | None = CRS, **columns: Sequence[Any]
) -> gpd.GeoDataFrame:
    """A layer in the order of its columns."""
    return gpd.GeoDataFrame(dict(columns), geometry=list(geometry), crs=crs)


def row_of_parcels(count: int, *, phase: Sequence[int] | None = None) -> gpd.GeoDataFrame:
    """P1, P2, … side by side from west to east, 15 mu each."""
    ids = [f"P{number}" for number in range(1, count + 1)]
    return frame([square(column) for column in range(count)], parcel_id=ids, phase=phase or [1] * count)


def works(*rows: Mapping[str, Any]) -> pd.DataFrame:
    """A works table; kind and name are filled in where a row does not say them."""
    return pd.DataFrame([{"kind": "acquisition", "name": row["work_id"]} | dict(row) for row in rows])


def _geometry_type(layer: gpd.GeoDataFrame) -> str:
    types = set(layer.geometry.dropna().geom_type)
    return types.pop() if len(types) == 1 else "Unknown"


def write_site(
    folder: Path,
    layers: Mapping[str, gpd.GeoDataFrame],
    tables: Mapping[str, pd.DataFrame] | None = None,
    *,
    crs: str = CRS,
    language: str = "en",
    head: str = "",
    more: str = "",
) -> Path:
    """Write a site folder that :func:`parcelplan.open_site` opens."""
    folder.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        # Layers without a CRS, and odd coordinates, are just what some tests need.
        warnings.simplefilter("ignore")
        for name, layer in layers.items():
            layer.to_file(
                folder / "layers.gpkg", layer=name, driver="GPKG", geometry_type=_geometry_type(layer)
            )
    for name, table in (tables or {}).items():
        table.to_csv(folder / f"{name}.csv", index=False)
    text = SITE_TOML.format(
        crs=crs,
        language=language,
        head=head,
        layers="\n".join(f'{name} = {{ file = "layers.gpkg", layer = "{name}" }}' for name in layers),
        tables="\n".join(f'{name} = {{ file = "{name}.csv" }}' for name in tables or {}),
        more=more,
    )
    (folder / "site.toml").write_text(text, encoding="utf-8")
    return folder
