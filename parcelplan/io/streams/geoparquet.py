"""GeoParquet a range of rows at a time, by whoever it was written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyproj import CRS

from parcelplan.crs import parse_crs
from parcelplan.errors import CrsError, InputError
from parcelplan.io.streams.chunks import Bounds
from parcelplan.io.streams.tables import BATCH_ROWS

_BUFFER_BYTES = 2**20
"""Read ahead a column; without it Arrow holds the packed bytes of a whole row group."""
_DEGREES = "OGC:CRS84"
"""What a file means that says nothing of its CRS. Source: GeoParquet 1.1, ``crs``."""
_LONG_GROUP = 2
"""Times a chunk that a row group may hold before reading from its middle costs too much."""


@dataclass(frozen=True, kw_only=True)
class Footer:
    """What the end of a GeoParquet file tells about it."""

    path: Path
    schema: pa.Schema
    """Columns as they are read: without those that only help readers (``covering``, unnamed pandas indexes)."""
    geometry: str
    crs: CRS
    rows: int
    group_rows: tuple[int, ...]
    """Rows of every row group."""
    bounds: Bounds | None
    geometry_types: tuple[str, ...]
    covering: str
    """Column with the bounds of every row; empty where there is none."""


def read_footer(path: Path) -> Footer:
    """Read what the file says of itself.

    Raises
    ------
    InputError
        It holds no geometry that can be read here.
    CrsError
        It says that its CRS is unknown.
    """
    with pq.ParquetFile(path) as file:
        schema, said = file.schema_arrow, file.metadata
        pandas_index = _unnamed_indexes(schema)
        geo = json.loads((said.metadata or {}).get(b"geo", b"null"))
        groups = tuple(said.row_group(number).num_rows for number in range(said.num_row_groups))
    if not geo:
        raise InputError("error.parquet_no_geo", file=path)
    name = geo["primary_column"]
    column = geo["columns"][name]
    if column["encoding"] != "WKB":
        raise InputError("error.parquet_encoding", file=path, encoding=column["encoding"])
    hidden = {*pandas_index, *_covering(column)}
    kept = [field for field in schema if field.name not in hidden]
    return Footer(
        path=path,
        schema=pa.schema(kept),
        geometry=name,
        crs=_crs(column, path),
        rows=sum(groups),
        group_rows=groups,
        bounds=_flat(column.get("bbox")),
        geometry_types=tuple(column.get("geometry_types", ())),
        covering=next(iter(_covering(column)), ""),
    )


def cuts(rows: int, chunk_rows: int) -> list[tuple[int, int]]:
    """First row and row behind the last of every chunk; one empty chunk where there are no rows."""
    return [(start, min(start + chunk_rows, rows)) for start in range(0, max(rows, 1), chunk_rows)]


def is_coarse(footer: Footer, chunk_rows: int) -> bool:
    """Whether a row group is so long that a chunk from its middle costs too much."""
    return max(footer.group_rows, default=0) > _LONG_GROUP * chunk_rows


def read_rows(path: Path, start: int, stop: int, columns: Sequence[str]) -> pa.Table:
    """Read a range of rows, touching only the row groups that hold it.

    Memory is bounded by the range, also where a row group is much longer: what lies before the range in its row group
    is unpacked batch by batch and dropped.
    """
    with _opened(path) as file:
        groups, skipped = _groups_of(file.metadata, start, stop)
        batches = list(_sliced(file, groups, skipped, stop - start, columns))
        schema = pa.schema([file.schema_arrow.field(name) for name in columns])
    return pa.Table.from_batches(batches, schema=schema.remove_metadata())


def iterate(path: Path, columns: Sequence[str], rows: int) -> Iterator[pa.Table]:
    """Read a file once from its beginning to its end, ``rows`` at a time."""
    with _opened(path) as file:
        waiting: list[pa.RecordBatch] = []
        held = 0
        for batch in file.iter_batches(min(rows, BATCH_ROWS), columns=list(columns), use_threads=False):
            waiting, held = [*waiting, batch], held + batch.num_rows
            while held >= rows:
                table = pa.Table.from_batches(waiting)
                yield table.slice(0, rows).replace_schema_metadata(None)
                waiting, held = table.slice(rows).to_batches(), held - rows
        if held:
            yield pa.Table.from_batches(waiting).replace_schema_metadata(None)


def _opened(path: Path) -> pq.ParquetFile:
    return pq.ParquetFile(path, pre_buffer=False, buffer_size=_BUFFER_BYTES)


def _groups_of(said: pq.FileMetaData, start: int, stop: int) -> tuple[list[int], int]:
    """Row groups that hold a range, and how many rows of the first lie before it."""
    rows = [said.row_group(number).num_rows for number in range(said.num_row_groups)]
    ends = np.cumsum(rows, dtype=np.int64)
    begins = ends - rows
    groups = np.flatnonzero((ends > start) & (begins < stop))
    return groups.tolist(), start - int(begins[groups[0]]) if len(groups) else 0


def _sliced(
    file: pq.ParquetFile, groups: list[int], skipped: int, wanted: int, columns: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    for batch in file.iter_batches(BATCH_ROWS, row_groups=groups, columns=list(columns), use_threads=False):
        part = batch.slice(min(skipped, batch.num_rows), wanted)
        skipped, wanted = max(0, skipped - batch.num_rows), wanted - part.num_rows
        if part.num_rows:
            yield part.replace_schema_metadata(None)
        if not wanted:
            return


def _crs(column: dict[str, Any], path: Path) -> CRS:
    said = column.get("crs", _DEGREES)
    if said is None:
        raise CrsError("error.crs_missing", name=path.name)
    return parse_crs(said)


def _flat(bbox: Any) -> Bounds | None:
    """Bounds in the plane of a bounding box that may have heights."""
    if not bbox or not np.isfinite(bbox).all():
        return None
    half = len(bbox) // 2
    return float(bbox[0]), float(bbox[1]), float(bbox[half]), float(bbox[half + 1])


def _covering(column: dict[str, Any]) -> set[str]:
    return {place[0] for place in column.get("covering", {}).get("bbox", {}).values()}


def _unnamed_indexes(schema: pa.Schema) -> set[str]:
    """Columns that hold the numbers of rows of a pandas index without a name."""
    return {name for name in schema.names if name.startswith("__index_level_")}
