"""FlatGeobuf and GeoPackage written by GDAL, batch by batch."""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyogrio

from parcelplan.errors import ParcelPlanError
from parcelplan.io.streams import flatgeobuf
from parcelplan.io.streams.chunks import CHUNK_ROWS
from parcelplan.io.streams.parts import Shape

_OPTIONS: dict[str, dict[str, Any]] = {
    # With an index GDAL sorts the features, holds a place for each in memory and refuses those without shape.
    "FlatGeobuf": {"layer_options": {"SPATIAL_INDEX": "NO"}},
    # Version 1.2 holds all that stands here, and GIS programs of many years open it without a warning.
    "GPKG": {"dataset_options": {"VERSION": "1.2"}, "layer_options": {"GEOMETRY_NAME": "geom"}},
}
_POLYGONS = {"Polygon", "MultiPolygon"}
_POLYGON, _MULTI = b"\x03\0\0\0", b"\x01\x06\0\0\0"
"""Type of a polygon, and beginning of a multi-polygon, in well-known binary. Source: OGC 06-103r4, 8.2.3."""
_ONE, _NONE = b"\x01\0\0\0", b"\0\0\0\0"


def write_native(
    batches: Iterable[pa.RecordBatch],
    schema: pa.Schema,
    shape: Shape,
    path: Path,
    *,
    driver: str,
    rows: int,
) -> None:
    """Write batches as the one layer of a file.

    Parameters
    ----------
    batches
        All of one schema; the column with the bounds of rows is left out.
    schema
        That of the batches.
    shape
        What is known of the geometries of all batches.
    path
        File to write; its stem is the layer's name.
    driver
        ``FlatGeobuf`` or ``GPKG``.
    rows
        Number of rows of all batches; the file is looked through for as many.

    Raises
    ------
    ParcelPlanError
        What ``batches`` raised.
    OSError
        The file is shorter than it must be. GDAL's own errors come as they are.
    """
    mixed = set(shape.types) == _POLYGONS
    fields = [_storable(field) for field in schema if field.name != shape.covering]
    kept = pa.schema(fields)
    failures: list[ParcelPlanError] = []
    stream = pa.RecordBatchReader.from_batches(kept, _prepared(batches, kept, shape, failures, mixed=mixed))
    options = _OPTIONS[driver]
    layer_options = options["layer_options"] | (_free_ids(kept.names) if driver == "GPKG" else {})
    try:
        pyogrio.write_arrow(
            stream,
            path,
            layer=path.stem,
            driver=driver,
            geometry_name=shape.column,
            geometry_type=_layer_type(shape.types),
            crs=shape.crs.to_wkt(),
            dataset_options=options.get("dataset_options"),
            layer_options=layer_options,
        )
    except Exception:
        # GDAL only says that the stream broke off; why is known here.
        if failures:
            raise failures[0] from None
        raise
    if _features(path, driver) != rows:
        # GDAL keeps silent where the last bytes find no room.
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def _features(path: Path, driver: str) -> int:
    """Number of whole features in a file; -1 where it ends in the middle of one."""
    if driver == "GPKG":
        return int(pyogrio.read_info(path, force_feature_count=True)["features"])
    try:
        return sum(rows for _, _, rows in flatgeobuf.cuts(path, flatgeobuf.read_head(path), CHUNK_ROWS))
    except (ValueError, LookupError, struct.error):
        return -1


def _prepared(
    batches: Iterable[pa.RecordBatch],
    schema: pa.Schema,
    shape: Shape,
    failures: list[ParcelPlanError],
    *,
    mixed: bool,
) -> Iterator[pa.RecordBatch]:
    try:
        for batch in batches:
            columns = {field.name: batch.column(field.name).cast(field.type) for field in schema}
            if mixed:
                columns[shape.column] = _promoted(columns[shape.column])
            yield pa.RecordBatch.from_arrays(list(columns.values()), schema=schema)
    except ParcelPlanError as error:
        failures.append(error)
        raise


def _promoted(wkb: pa.Array) -> pa.Array:
    """Well-known binary with every polygon as a multi-polygon of one, and an empty one as one of none."""
    whole = [item if item is None or item[1:5] != _POLYGON else _multi(item) for item in wkb.to_pylist()]
    return pa.array(whole, type=wkb.type)


def _multi(polygon: bytes) -> bytes:
    return _MULTI + (_NONE if polygon[5:9] == _NONE else _ONE + polygon)


def _layer_type(types: Collection[str]) -> str:
    """Type of the layer that takes features of all these types."""
    if set(types) == _POLYGONS:
        return "MultiPolygon"
    return next(iter(types)) if len(types) == 1 else "Unknown"


def _storable(field: pa.Field) -> pa.Field:
    """A field that GDAL can hold: one without any value becomes a text."""
    return field.with_type(pa.string()) if pa.types.is_null(field.type) else field


def _free_ids(names: Collection[str]) -> dict[str, str]:
    """A name for the ids of features that no column has; GeoPackage knows no capital letters."""
    taken, name = {other.casefold() for other in names}, "fid"
    while name in taken:
        name = f"{name}_"
    return {"FID": name}
