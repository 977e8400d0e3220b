"""Parts: the result of one chunk as a GeoParquet file, and how GeoParquet is written here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from parcelplan.errors import CrsError
from parcelplan.io.streams.chunks import Bounds
from parcelplan.io.streams.room import writing
from parcelplan.io.streams.tables import table_of

GROUP_ROWS = 50_000
"""Rows of a row group: what a reader with a window in mind must read at least."""
_CORNERS = ("xmin", "ymin", "xmax", "ymax")
_VERSION = "1.1.0"


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What the footer of a GeoParquet file says of its geometry."""

    column: str
    crs: CRS
    types: tuple[str, ...]
    bounds: Bounds | None
    covering: str
    """Column with the bounds of every row."""


def write_part(frame: gpd.GeoDataFrame, path: str | Path, *, packed: bool = True) -> Path:
    """Write one chunk's result; the file appears whole or not at all, also where two processes write the same one.

    The same frame gives the same bytes. The index is left out.

    Parameters
    ----------
    frame
        Any rows, with null and empty geometries among them. Stays as it is.
    path
        File to write; its folder is there already.
    packed
        Whether to compress it. For a part that is soon joined with others that takes longer than it saves.

    Raises
    ------
    CrsError
        The frame has no CRS.
    InputError
        The file cannot be written; the disk is full.
    """
    path = Path(path)
    if frame.crs is None:
        raise CrsError("error.crs_missing", name=path.name)
    shapes = np.asarray(frame.geometry.array)
    write_table(table_of(frame), shapes, path, column=str(frame.geometry.name), crs=frame.crs, packed=packed)
    return path


def write_table(
    table: pa.Table, shapes: NDArray[np.object_], path: Path, *, column: str, crs: CRS, packed: bool = True
) -> None:
    """Write a table whose ``column`` holds ``shapes`` as WKB, as :func:`write_part` does."""
    table, covering = with_covering(table, shapes)
    shape = Shape(column=column, crs=crs, types=types_of(shapes), bounds=bounds_of(shapes), covering=covering)
    # A name of its own for whoever writes, with the rights of any file: on a shared disk another user joins the parts.
    partial = path.with_name(f".{path.name}-{uuid4().hex}.partial")
    try:
        with writing(path):
            with writer(partial, table.schema, shape, packed=packed) as file:
                file.write_table(table, row_group_size=GROUP_ROWS)
            partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def writer(path: Path, schema: pa.Schema, shape: Shape, *, packed: bool = True) -> Iterator[pq.ParquetWriter]:
    """A writer of a GeoParquet file whose footer is known beforehand."""
    said = schema.with_metadata({b"geo": json.dumps(geo_metadata(shape)).encode()})
    attributes = [name for name in schema.names if name not in (shape.column, shape.covering)]
    corners = [f"{shape.covering}.{corner}" for corner in _CORNERS] if shape.covering else []
    with pq.ParquetWriter(
        path,
        said,
        compression="zstd" if packed else "none",
        compression_level=1 if packed else None,
        use_dictionary=attributes,
        write_statistics=attributes + corners,
    ) as file:
        yield file


def geo_metadata(shape: Shape) -> dict[str, Any]:
    """The entry ``geo`` of a footer. Source: GeoParquet 1.1."""
    column: dict[str, Any] = {
        "encoding": "WKB",
        "crs": shape.crs.to_json_dict(),
        "geometry_types": list(shape.types),
    }
    if shape.bounds is not None:
        column["bbox"] = list(shape.bounds)
    if shape.covering:
        column["covering"] = {"bbox": {corner: [shape.covering, corner] for corner in _CORNERS}}
    return {"version": _VERSION, "primary_column": shape.column, "columns": {shape.column: column}}


def with_covering(table: pa.Table, shapes: NDArray[np.object_]) -> tuple[pa.Table, str]:
    """Add a column with the bounds of every row, under a name that is free; null where there is nothing to bound."""
    name = "bbox"
    while name in table.column_names:
        name = f"{name}_"
    bounds = shapely.bounds(shapes)
    corners = [pa.array(np.ascontiguousarray(side)) for side in bounds.T]
    boxes = pa.StructArray.from_arrays(
        corners, names=_CORNERS, mask=pa.array(~np.isfinite(bounds).all(axis=1))
    )
    return table.append_column(name, boxes), name


def types_of(shapes: NDArray[np.object_]) -> tuple[str, ...]:
    """Names of the types of geometries as GeoParquet writes them; a height makes another type."""
    present = shapes[~shapely.is_missing(shapes)]
    pairs = np.unique(2 * shapely.get_type_id(present) + shapely.has_z(present))
    return tuple(sorted(_TYPES[number // 2] + (" Z" if number % 2 else "") for number in pairs.tolist()))


def bounds_of(shapes: NDArray[np.object_]) -> Bounds | None:
    """Bounds of all geometries with finite coordinates together; None where there is nothing to bound."""
    return _outermost(shapely.bounds(shapes))


def merged_bounds(many: Iterable[Bounds | None]) -> Bounds | None:
    """Bounds around several; None where there are none."""
    return _outermost(np.array([bounds for bounds in many if bounds is not None]).reshape(-1, 4))


def _outermost(bounds: NDArray[np.float64]) -> Bounds | None:
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    if len(bounds) == 0:
        return None
    low, high = bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


_TYPES = (
    "Point",
    "LineString",
    "LinearRing",
    "Polygon",
    "MultiPoint",
    "MultiLineString",
    "MultiPolygon",
    "GeometryCollection",
)
