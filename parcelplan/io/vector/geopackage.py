"""GeoPackages with several layers, plain tables, and the styles in which QGIS opens them."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from parcelplan.errors import CrsError
from parcelplan.io.atomic import whole_file
from parcelplan.io.vector.qml import LayerStyle, qml_text

GEOMETRY_COLUMN = "geom"
_CHANGE_COUNTERS = (24, 92)
"""Offsets in a SQLite file of its change counter and of the counter for which its size is valid."""
_FAMILIES = {
    0: "Point",
    1: "LineString",
    2: "LineString",
    3: "Polygon",
    4: "Point",
    5: "LineString",
    6: "Polygon",
}

# The table as QGIS itself makes it when a style is saved to a GeoPackage.
_STYLE_TABLE = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    f_table_catalog TEXT(256),
    f_table_schema TEXT(256),
    f_table_name TEXT(256),
    f_geometry_column TEXT(256),
    styleName TEXT(30),
    styleQML TEXT,
    styleSLD TEXT,
    useAsDefault BOOLEAN,
    description TEXT,
    owner TEXT(30),
    ui TEXT(30),
    update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
)
"""
_STYLE_CONTENTS = """
INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change)
VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?)
"""
_STYLE_ROW = """
INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName,
                          styleQML, styleSLD, useAsDefault, description, owner, ui, update_time)
VALUES ('', '', ?, ?, ?, ?, '', ?, '', '', NULL, ?)
"""


def write_geopackage(
    path: str | Path,
    layers: Mapping[str, gpd.GeoDataFrame],
    tables: Mapping[str, pd.DataFrame] | None = None,
    styles: Mapping[str, Sequence[LayerStyle]] | None = None,
    *,
    stamped: date,
) -> None:
    """Write layers and tables to one GeoPackage, whole or not at all.

    Parameters
    ----------
    path
        The .gpkg file; an older one of that name is replaced.
    layers
        Name → layer, each in its own CRS. The index becomes the first column; polygons and lines are stored
        as multi-parts, empty geometries as null, days without a time of day as dates.
    tables
        Name → table without geometry.
    styles
        Name of a layer or table → its styles; QGIS opens it with the first and offers the others.
    stamped
        Day written as the time of change, so that the same input gives the same file.

    Raises
    ------
    CrsError
        A layer has no CRS.
    """
    for name, layer in layers.items():
        if layer.crs is None:
            raise CrsError("error.crs_missing", name=name)
    with whole_file(path) as beside:
        for name, layer in layers.items():
            _write(beside, name, _ready(layer), geometry_type=_geometry_type(layer))
        for name, table in (tables or {}).items():
            _write(beside, name, _ready(table))
        _write_styles(beside, styles or {}, set(layers), f"{stamped.isoformat()}T00:00:00.000Z")


def _write(path: Path, name: str, frame: pd.DataFrame, **options: Any) -> None:
    options |= {"GEOMETRY_NAME": GEOMETRY_COLUMN, "promote_to_multi": True} if options else {}
    # Version 1.2 holds all that stands here, and GIS programs of many years open it without a warning.
    made = {} if path.exists() else {"dataset_options": {"VERSION": "1.2"}}
    pyogrio.write_dataframe(frame, path, layer=name, driver="GPKG", use_arrow=True, **made, **options)


def _ready(frame: pd.DataFrame) -> pd.DataFrame:
    """Bring the index among the columns, days to plain dates, empty geometries to null; the input stays."""
    result = frame.copy() if frame.index.name is None else frame.reset_index()
    for column in result.select_dtypes("datetime").columns:
        days = result[column]
        if (days.dropna() == days.dropna().dt.normalize()).all():
            result[column] = days.dt.date.where(days.notna(), None)
    if isinstance(result, gpd.GeoDataFrame):
        shapes = result.geometry.to_numpy()
        result = result.set_geometry(np.where(shapely.is_empty(shapes), None, shapes), crs=result.crs)
    return result


def _geometry_type(layer: gpd.GeoDataFrame) -> str:
    """Type of a layer; one that holds several families or nothing but empties takes any."""
    ids = shapely.get_type_id(layer.geometry.to_numpy())
    empty = shapely.is_empty(layer.geometry.to_numpy())
    families = {_FAMILIES.get(int(number), "") for number in ids[~empty] if number >= 0}
    family = families.pop() if len(families) == 1 else ""
    return f"Multi{family}" if family else "Unknown"


def _write_styles(
    path: Path, styles: Mapping[str, Sequence[LayerStyle]], layers: set[str], stamp: str
) -> None:
    with closing(sqlite3.connect(path)) as base, base:
        if styles:
            base.execute(_STYLE_TABLE)
            base.execute(_STYLE_CONTENTS, (stamp,))
        for name, offered in styles.items():
            column = GEOMETRY_COLUMN if name in layers else None
            for rank, style in enumerate(offered):
                base.execute(_STYLE_ROW, (name, column, style.name, qml_text(style), rank == 0, stamp))
        base.execute("UPDATE gpkg_contents SET last_change = ?", (stamp,))
        base.commit()
        # The replaced time stamps still lie in the slack of their pages; rebuilt, they are gone.
        base.execute("VACUUM")
    _reset_change_counter(path)


def _reset_change_counter(path: Path) -> None:
    """Let the same input be the same file: how many transactions wrote it differs from run to run.

    Source: SQLite file format, 1.3.7 file change counter and 1.3.15 version-valid-for number, which must be equal.
    """
    with path.open("r+b") as file:
        for offset in _CHANGE_COUNTERS:
            file.seek(offset)
            file.write((1).to_bytes(4, "big"))
