"""Joining parts into one file, a part at a time, that appears whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from parcelplan.crs import parse_crs
from parcelplan.errors import InputError
from parcelplan.io.streams.geoparquet import Footer, read_footer
from parcelplan.io.streams.parts import GROUP_ROWS, Shape, merged_bounds, writer
from parcelplan.io.streams.room import whole
from parcelplan.io.streams.tables import fitted, merged_schema
from parcelplan.io.vector.native import DAMAGE, unreadable


def assemble(parts: Sequence[str | Path], out: str | Path, *, crs: Any) -> Path:
    """Join parts in their order into one file.

    Parameters
    ----------
    parts
        Files of :func:`parcelplan.io.streams.write_part`; at least one. A column that one of them lacks is null there.
    out
        File to write; ``.parquet``, ``.fgb`` or ``.gpkg`` says the format. What is there already is replaced.
    crs
        CRS of the parts.

    Raises
    ------
    InputError
        A part cannot be read, the format is another one, or the disk is full; ``out`` is as it was before.
    """
    out, paths = Path(out).absolute(), [Path(part) for part in parts]
    footers = [_footer(path) for path in paths]
    with whole(out) as partial:
        _to_parquet(footers, partial, crs)
    return out


def _to_parquet(footers: Sequence[Footer], path: Path, crs: Any) -> None:
    schema = merged_schema([pq.read_schema(footer.path) for footer in footers])
    first = footers[0]
    shape = Shape(
        column=first.geometry,
        crs=parse_crs(crs),
        types=tuple(sorted({kind for footer in footers for kind in footer.geometry_types})),
        bounds=merged_bounds(footer.bounds for footer in footers),
        covering=first.covering,
    )
    with writer(path, schema, shape) as file:
        for footer in footers:
            for batch in _batches(footer.path):
                file.write_batch(fitted(batch, schema), row_group_size=GROUP_ROWS)


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    try:
        with pq.ParquetFile(path) as file:
            yield from file.iter_batches(GROUP_ROWS, use_threads=False)
    except DAMAGE as error:
        raise unreadable(path, error) from error


def _footer(path: Path) -> Footer:
    if not path.is_file():
        raise InputError("error.no_file", file=path)
    try:
        return read_footer(path)
    except DAMAGE as error:
        raise unreadable(path, error) from error
