"""Arrow tables to frames and back, so that every chunk of a file comes with the same types of columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import NDArray
from pyproj import CRS

_NULLABLE = {
    pa.int8(): pd.Int8Dtype(),
    pa.int16(): pd.Int16Dtype(),
    pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.uint8(): pd.UInt8Dtype(),
    pa.uint16(): pd.UInt16Dtype(),
    pa.uint32(): pd.UInt32Dtype(),
    pa.uint64(): pd.UInt64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
}
BATCH_ROWS = 16_384
"""Rows that are decoded or encoded at a time."""
SHAPES_AT_ONCE = 2048
"""Shapes that are decoded or encoded in one call, for which other threads wait: it holds Python's lock."""
WKB = "wkb_geometry"
"""What GDAL calls the geometry of a layer that has no name for it."""
_PANDAS_KNOWS = (pa.types.is_string, pa.types.is_floating, pa.types.is_timestamp)


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """Rows as they lie in the file: nothing decoded yet."""

    table: pa.Table
    geometry: str
    """Name of the column with the geometries as WKB."""
    crs: CRS
    first_row: int


def frame_of(chunk: Chunk) -> gpd.GeoDataFrame:
    """Decode rows into a frame whose labels are their numbers in the stream.

    Whole numbers and truth values with nulls stay such (pandas' nullable types); dates, decimals and nested values
    stay Arrow's. A chunk without nulls and a chunk of nothing else thus hold the same type.
    """
    table, geometry = chunk.table, chunk.geometry
    index = pd.RangeIndex(chunk.first_row, chunk.first_row + table.num_rows)
    data: dict[str, Any] = {}
    for name in table.column_names:
        column = table[name]
        data[name] = shapes_of(column) if name == geometry else _series(column).set_axis(index)
    return gpd.GeoDataFrame(data, index=index, geometry=geometry, crs=chunk.crs)


def with_wkb(attributes: pa.Table, wkb: pa.Array | pa.ChunkedArray) -> pa.Table:
    """Put a column of WKB behind attributes, under the name that :func:`geometry_name` gives."""
    return attributes.append_column(geometry_name(attributes.column_names), wkb)


def geometry_name(attributes: Sequence[str]) -> str:
    """Name of the geometry of a layer that GDAL reads: ``geometry``, unless an attribute is called so."""
    name = "geometry"
    while name in attributes:
        name = f"{name}_"
    return name


def shapes_of(column: pa.ChunkedArray) -> NDArray[np.object_]:
    """Geometries of a column of WKB; None where it is null."""
    # Not all at once: every geometry is a Python object twice while it is decoded.
    plain = _plain(column)
    parts = (plain.slice(start, SHAPES_AT_ONCE) for start in range(0, len(plain), SHAPES_AT_ONCE))
    return np.concatenate([np.zeros(0, dtype=object), *(shapely.from_wkb(part.to_numpy()) for part in parts)])


def table_of(frame: gpd.GeoDataFrame) -> pa.Table:
    """Turn a frame into a table with the geometry as ISO WKB; the index is left out."""
    data = {str(name): _array(frame[name]) for name in frame.columns}
    return pa.table(data)


def wkb_of(shapes: NDArray[np.object_]) -> pa.ChunkedArray:
    """ISO WKB of geometries; null where there is none."""
    parts = [shapes[start : start + SHAPES_AT_ONCE] for start in range(0, len(shapes), SHAPES_AT_ONCE)]
    return pa.chunked_array(
        [pa.array(shapely.to_wkb(part, flavor="iso"), type=pa.binary()) for part in parts], type=pa.binary()
    )


def merged_schema(schemas: Sequence[pa.Schema]) -> pa.Schema:
    """One schema into which the tables of all can be cast; a column that one of them lacks is null there."""
    return pa.unify_schemas([schema.remove_metadata() for schema in schemas], promote_options="permissive")


def fitted(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """A batch with the columns, order and types of a schema."""
    known = set(batch.schema.names)
    arrays = [
        batch.column(field.name).cast(field.type)
        if field.name in known
        else pa.nulls(batch.num_rows, type=field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _array(column: pd.Series) -> pa.Array | pa.ChunkedArray:
    if isinstance(column.dtype, gpd.array.GeometryDtype):
        return wkb_of(np.asarray(column.array))
    array = pa.array(column, from_pandas=True)
    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    array = array.cast(array.type.value_type) if pa.types.is_dictionary(array.type) else array
    return array.cast(pa.string()) if pa.types.is_large_string(array.type) else array


def _series(column: pa.ChunkedArray) -> pd.Series:
    column = _plain(column)
    kind = column.type
    if kind in _NULLABLE and column.null_count:
        return pd.Series(column.to_pandas(types_mapper=_NULLABLE.get))
    if pa.types.is_string(kind):
        # Arrow hands bytes on as they are, to fail wherever they are first looked at.
        column.validate(full=True)
    if kind in _NULLABLE or any(known(kind) for known in _PANDAS_KNOWS):
        return pd.Series(column.to_pandas())
    return pd.Series(pd.arrays.ArrowExtensionArray(column))


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column without extension types, dictionaries and long or view forms of texts and bytes."""
    kind = column.type
    kind = kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        kind = pa.string()
    if pa.types.is_binary_view(kind):
        kind = pa.binary()
    return column.cast(kind) if kind != column.type else column
