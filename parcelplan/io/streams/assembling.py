"""Joining parts into one file, a part at a time, that appears whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyproj import CRS

from parcelplan.crs import parse_crs
from parcelplan.errors import ConfigError, InputError
from parcelplan.io.streams.geoparquet import Footer, read_footer
from parcelplan.io.streams.native import write_native
from parcelplan.io.streams.opening import naming
from parcelplan.io.streams.parts import GROUP_ROWS, Shape, merged_bounds, writer
from parcelplan.io.streams.room import whole
from parcelplan.io.streams.tables import fitted, merged_schema

_DRIVERS = {".fgb": "FlatGeobuf", ".gpkg": "GPKG"}
_PARQUET = (".parquet", ".geoparquet")
SUFFIXES = (*_PARQUET, *_DRIVERS)
"""Endings of the files that parts can be joined into."""


@dataclass(frozen=True, kw_only=True)
class Joined:
    """Parts as one table that is never there as a whole."""

    footers: tuple[Footer, ...]
    schema: pa.Schema
    shape: Shape

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All rows in their order.

        Raises
        ------
        InputError
            A part is damaged.
        """
        for footer in self.footers:
            with naming(footer.path), pq.ParquetFile(footer.path, pre_buffer=False) as file:
                for batch in file.iter_batches(GROUP_ROWS, use_threads=False):
                    yield fitted(batch, self.schema)


def assemble(parts: Sequence[str | Path], out: str | Path, *, crs: Any) -> Path:
    """Join parts in their order into one file.

    Parameters
    ----------
    parts
        Files of :func:`parcelplan.io.streams.write_part`, at least one. Columns and their types are those of all parts
        together; one that a part lacks is null there.
    out
        File to write; ``.parquet``, ``.fgb`` or ``.gpkg`` says the format. What is there already is replaced. A
        GeoParquet carries the bounds of every row. The other two hold polygons as multi-polygons where there are both.
        A FlatGeobuf has no index, for only then it keeps the order and holds rows without shape, which it cannot tell
        from those with an empty one.
    crs
        CRS of the parts.

    Raises
    ------
    InputError
        A part cannot be read, a column has types that do not go together, or the disk is full; ``out`` is as it was
        before.
    ConfigError
        The format cannot be written.
    """
    out, paths = Path(out).absolute(), [Path(part) for part in parts]
    check_suffix(out)
    joined = _joined(paths, parse_crs(crs))
    with whole(out) as partial:
        if out.suffix.lower() in _PARQUET:
            with writer(partial, joined.schema, joined.shape) as file:
                for batch in _ahead(joined.batches()):
                    file.write_batch(batch, row_group_size=GROUP_ROWS)
        else:
            rows = sum(footer.rows for footer in joined.footers)
            driver = _DRIVERS[out.suffix.lower()]
            write_native(
                _ahead(joined.batches()), joined.schema, joined.shape, partial, driver=driver, rows=rows
            )
    return out


def _ahead(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same, each read while the one before it is written."""
    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = reader.submit(next, batches, None)
            yield batch


def check_suffix(out: str | Path) -> None:
    """Refuse a file whose ending names no format that parts can be joined into, before anything is computed."""
    if Path(out).suffix.lower() not in SUFFIXES:
        raise ConfigError("error.stream_suffix", file=out, known=", ".join(SUFFIXES))


def _joined(paths: Sequence[Path], crs: CRS) -> Joined:
    footers = tuple(_footer(path) for path in paths)
    schemas = []
    for path in paths:
        with naming(path):
            schemas.append(pq.read_schema(path))
    first = footers[0]
    shape = Shape(
        column=first.geometry,
        crs=crs,
        types=tuple(sorted({kind for footer in footers for kind in footer.geometry_types})),
        bounds=merged_bounds(footer.bounds for footer in footers),
        covering=first.covering,
    )
    try:
        return Joined(footers=footers, schema=merged_schema(schemas), shape=shape)
    except pa.ArrowException as error:
        raise InputError("error.partition_columns", folder=paths[0].parent, reason=error) from error


def _footer(path: Path) -> Footer:
    if not path.is_file():
        raise InputError("error.no_file", file=path)
    with naming(path):
        return read_footer(path)
