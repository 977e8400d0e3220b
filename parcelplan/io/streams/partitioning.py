"""Cutting a table of parcels into partitions of neighbours, so that whoever takes one meets few of the constraints."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from parcelplan.errors import ConfigError, InputError
from parcelplan.io.streams.chunks import CHUNK_ROWS, Bounds, ParcelStream
from parcelplan.io.streams.opening import MANIFEST, fingerprint, open_parcels
from parcelplan.io.streams.parts import bounds_of, merged_bounds, write_table
from parcelplan.io.streams.reading import iterate_tables
from parcelplan.io.streams.room import writing
from parcelplan.io.streams.tables import fitted, merged_schema, shapes_of

_READ_ROWS = 50_000
"""Rows read at a time; no more of the input stand in memory."""
_LAST = np.uint32(2**32 - 1)
"""Key of parcels without a place: they come last."""

_MIDDLE_BYTES = 16
_PLACE = "__place"
"""Column of a bucket with the place of a row in its partition."""

OnProgress = Callable[[int, int], None]
_STEPS = 3
"""How often every row is handled: placed, dealt out, written."""
Ranks = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Partitions:
    """What was written."""

    folder: Path
    files: tuple[Path, ...]
    rows: int
    bounds: Bounds | None


def partition_parcels(
    path: str | Path,
    folder: str | Path,
    *,
    rows_per_partition: int = CHUNK_ROWS,
    layer: str | None = None,
    on_progress: OnProgress | None = None,
) -> Partitions:
    """Sort parcels along a Hilbert curve and write them as GeoParquet partitions of neighbours.

    The input is read twice, never held: once for where its parcels lie, once to deal them out into a file for each
    partition, which is then sorted alone. The same input gives the same files. ``_partitions.json`` tells rows and
    bounds of each, and what the input was.

    Parameters
    ----------
    path
        What :func:`parcelplan.io.streams.open_parcels` opens.
    folder
        Folder to make; it appears whole or not at all. One that is there must be empty.
    rows_per_partition
        Rows of a partition; the last one may hold fewer.
    layer
        Layer of a GeoPackage with several.
    on_progress
        Told after every batch how far the work is and when it will be done, both in rows; a row counts when it has been
        placed, dealt out and written.

    Raises
    ------
    InputError
        The input cannot be read, the folder holds something, or the disk is full; beside the result it must hold the
        input once more while it is dealt out.
    ConfigError
        ``rows_per_partition`` is less than 1.
    """
    if rows_per_partition < 1:
        raise ConfigError("error.partition_rows", value=rows_per_partition)
    folder = Path(folder).absolute()
    if folder.exists() and not (folder.is_dir() and next(folder.iterdir(), None) is None):
        raise InputError("error.partitions_in_the_way", folder=folder)
    stream = open_parcels(path, layer=layer, chunk_rows=_READ_ROWS)
    work = folder.with_name(f".{folder.name}.partial")
    try:
        with writing(folder):
            shutil.rmtree(work, ignore_errors=True)
            (work / "new").mkdir(parents=True)
            count = _Count(total=_STEPS * stream.rows, told=on_progress)
            ranks = _ranks(stream, work / "middles", count)
            _deal_out(stream, ranks, rows_per_partition, work, count)
            told = _sorted_parts(stream, work, rows_per_partition, count)
            (work / "new" / MANIFEST).write_text(
                json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8"
            )
            if folder.exists():
                folder.rmdir()
            (work / "new").replace(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return Partitions(
        folder=folder,
        files=tuple(folder / item["file"] for item in told["partitions"]),
        rows=told["rows"],
        bounds=told["bounds"],
    )


class _Count:
    """Rows done so far, and who is told of them."""

    def __init__(self, total: int, told: OnProgress | None) -> None:
        self.done, self.total, self.told = 0, total, told

    def add(self, rows: int) -> None:
        self.done += rows
        if self.told is not None:
            self.told(self.done, self.total)


def _ranks(stream: ParcelStream, middles: Path, count: _Count) -> Ranks:
    """Place of every row on the curve; rows in the same spot keep their order, those without a place come last.

    The middles of parcels wait in a file until the bounds of all are known.
    """
    total: Bounds | None = None
    with middles.open("wb") as file:
        for chunk in iterate_tables(stream):
            bounds = shapely.bounds(shapes_of(chunk.table[chunk.geometry]))
            points = (bounds[:, :2] + bounds[:, 2:]) / 2.0
            file.write(points.tobytes())
            total = merged_bounds([total, _around(points)])
            count.add(len(points))
    keys = [np.zeros(0, dtype=np.uint32)]
    with middles.open("rb") as file:
        while block := file.read(_READ_ROWS * _MIDDLE_BYTES):
            keys.append(_keys(np.frombuffer(block).reshape(-1, 2), total))
    middles.unlink()
    order = np.argsort(np.concatenate(keys), kind="stable")
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    return ranks


def _keys(middles: NDArray[np.float64], total: Bounds | None) -> NDArray[np.uint32]:
    keys = np.full(len(middles), _LAST)
    placed = np.isfinite(middles).all(axis=1)
    if placed.any() and total is not None:
        points = gpd.GeoSeries(shapely.points(middles[placed]))
        keys[placed] = points.hilbert_distance(total_bounds=total).to_numpy()
    return keys


def _around(middles: NDArray[np.float64]) -> Bounds | None:
    placed = middles[np.isfinite(middles).all(axis=1)]
    return (*placed.min(axis=0).tolist(), *placed.max(axis=0).tolist()) if len(placed) else None


def _deal_out(stream: ParcelStream, ranks: Ranks, rows: int, work: Path, count: _Count) -> None:
    """Append every row to the bucket of its partition, with its place there in front."""
    for chunk in iterate_tables(stream):
        here = ranks[chunk.first_row : chunk.first_row + chunk.table.num_rows]
        order = np.argsort(here, kind="stable")
        table = chunk.table.take(pa.array(order))
        numbers, places = np.divmod(here[order], rows)
        table = table.add_column(0, _PLACE, pa.array(places))
        begins = np.flatnonzero(np.diff(numbers, prepend=-1))
        for begin, end in pairwise([*begins.tolist(), len(numbers)]):
            _append(table.slice(begin, end - begin), work / f"bucket-{numbers[begin]:05d}")
        count.add(len(here))


def _append(table: pa.Table, bucket: Path) -> None:
    """Add a table as an Arrow stream of its own, so that no bucket need stay open."""
    with bucket.open("ab") as file, pa.ipc.new_stream(file, table.schema) as stream:
        stream.write_table(table)


def _bucket(path: Path) -> pa.Table:
    """All tables of a bucket as one, in the order of their places."""
    tables = []
    with path.open("rb") as file:
        size = path.stat().st_size
        while file.tell() < size:
            tables.append(pa.ipc.open_stream(file).read_all())
    schema = merged_schema([table.schema for table in tables])
    batches = [fitted(batch, schema) for table in tables for batch in table.to_batches()]
    return pa.Table.from_batches(batches, schema=schema).sort_by(_PLACE)


def _sorted_parts(stream: ParcelStream, work: Path, rows: int, count: _Count) -> dict[str, Any]:
    """Write every bucket as a partition, and tell what was written."""
    partitions: list[dict[str, Any]] = []
    for number in range(-(-stream.rows // rows)):
        bucket = work / f"bucket-{number:05d}"
        table = _bucket(bucket).drop_columns(_PLACE)
        shapes = shapes_of(table[stream.geometry_column])
        file = work / "new" / f"part-{number:05d}.parquet"
        write_table(table, shapes, file, column=stream.geometry_column, crs=stream.crs)
        bucket.unlink()
        count.add(table.num_rows)
        partitions.append({"file": file.name, "rows": table.num_rows, "bounds": bounds_of(shapes)})
    return {
        "source": {"name": stream.path.name, "layer": stream.layer, "files": fingerprint(stream.path)},
        "crs": stream.crs.to_json_dict(),
        "rows": sum(item["rows"] for item in partitions),
        "rows_per_partition": rows,
        "bounds": merged_bounds(item["bounds"] for item in partitions),
        "geometry_column": stream.geometry_column,
        "columns": list(stream.columns),
        "partitions": partitions,
    }
