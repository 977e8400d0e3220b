"""Reading chunks: one of them anywhere, all of them in order, and a copy whose chunks are cheap to reach."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import geopandas as gpd

from parcelplan.errors import InputError
from parcelplan.io.streams import flatgeobuf, geopackage, geoparquet
from parcelplan.io.streams.chunks import ChunkRef, ParcelStream
from parcelplan.io.streams.opening import crs_of, fingerprint, naming
from parcelplan.io.streams.parts import GROUP_ROWS, Shape, writer
from parcelplan.io.streams.room import whole, writing
from parcelplan.io.streams.tables import Chunk, frame_of


def read_chunk(ref: ChunkRef) -> gpd.GeoDataFrame:
    """Read the rows of one chunk, opening the file anew.

    Returns
    -------
    geopandas.GeoDataFrame
        The columns as the file has them; labels are the numbers of the rows in the stream. Geometries are as they lie
        in the file, null ones None.

    Raises
    ------
    InputError
        The file is gone, has changed, or is damaged where the chunk lies.
    CrsError
        A partition does not know where it lies.
    """
    with naming(ref.path):
        return frame_of(_chunk(ref))


def iterate_chunks(stream: ParcelStream) -> Iterator[gpd.GeoDataFrame]:
    """Read all chunks in order, each as :func:`read_chunk` gives it, and nothing twice."""
    for chunk in iterate_tables(stream):
        with naming(stream.path):
            yield frame_of(chunk)


def iterate_tables(stream: ParcelStream) -> Iterator[Chunk]:
    """Read all chunks in order as :func:`iterate_chunks` does, and leave them as they lie in the file."""
    for path, refs in _by_file(stream):
        with naming(path):
            if stream.needs_staging:
                yield from _in_one_go(path, refs)
            else:
                yield from map(_chunk, refs)


def _in_one_go(path: Path, refs: Sequence[ChunkRef]) -> Iterator[Chunk]:
    footer = geoparquet.read_footer(path)
    tables = geoparquet.iterate(path, footer.schema.names, max(refs[0].rows, 1))
    for ref, table in zip(refs, tables, strict=footer.rows > 0):
        yield Chunk(table=table, geometry=footer.geometry, crs=footer.crs, first_row=ref.first_row)


def _chunk(ref: ChunkRef) -> Chunk:
    if ref.kind == "geoparquet":
        return _parquet_chunk(ref)
    if ref.kind == "flatgeobuf":
        table, said = flatgeobuf.read_range(ref.path, ref.start, ref.stop, ref.rows)
    else:
        table, said = geopackage.read_range(ref.path, ref.layer, ref.start, ref.stop, ref.rows)
    return Chunk(
        table=table,
        geometry=table.column_names[-1],
        crs=crs_of(said, ref.path),
        first_row=ref.first_row,
    )


def _parquet_chunk(ref: ChunkRef) -> Chunk:
    footer = geoparquet.read_footer(ref.path)
    table = geoparquet.read_rows(ref.path, ref.start, ref.stop, footer.schema.names)
    if table.num_rows != ref.stop - ref.start:
        message = f"{table.num_rows} of {ref.rows} rows from row {ref.start} on"
        raise ValueError(message)
    return Chunk(table=table, geometry=footer.geometry, crs=footer.crs, first_row=ref.first_row)


def stage(stream: ParcelStream, folder: str | Path) -> ParcelStream:
    """Copy files whose row groups are long into ones whose chunks can be reached at once; the chunks stay the same.

    A copy that an earlier run made of the same file is taken over. A file that cannot be read is not copied: its chunks
    fail when they are read, and the others do not.

    Parameters
    ----------
    stream
        Given back as it is where it needs no staging.
    folder
        Where the copies go; made where it is not there. They need about the room of the original.

    Raises
    ------
    InputError
        The copies cannot be written; the disk is full.
    """
    if not stream.needs_staging:
        return stream
    folder = Path(folder)
    with writing(folder / stream.path.name):
        folder.mkdir(parents=True, exist_ok=True)
    copies = {path: _copied(path, refs, folder) for path, refs in _by_file(stream)}
    refs = tuple(replace(ref, path=copies[ref.path]) for ref in stream.refs)
    return replace(stream, refs=refs, needs_staging=False)


def _copied(path: Path, refs: Sequence[ChunkRef], folder: Path) -> Path:
    """A copy with a row group begun at every chunk; the file itself where there is no need or no way."""
    try:
        with naming(path):
            footer = geoparquet.read_footer(path)
            if not geoparquet.is_coarse(footer, refs[0].rows):
                return path
            copy = folder / _copy_name(path, refs[0].rows)
            if not copy.is_file():
                _copy(footer, refs[0].rows, copy)
            return copy
    except InputError as error:
        if error.code == "error.unreadable":
            return path
        raise


def _copy(footer: geoparquet.Footer, rows: int, copy: Path) -> None:
    shape = Shape(
        column=footer.geometry,
        crs=footer.crs,
        types=footer.geometry_types,
        bounds=footer.bounds,
        covering="",
    )
    names = footer.schema.names
    schema = footer.schema.remove_metadata()
    with whole(copy) as partial, writer(partial, schema, shape, packed=False) as file:
        for table in geoparquet.iterate(footer.path, names, rows):
            file.write_table(table, row_group_size=GROUP_ROWS)


def _copy_name(path: Path, rows: int) -> str:
    said = json.dumps([str(path.absolute()), fingerprint(path), rows]).encode()
    return f"{path.stem}-{hashlib.sha256(said).hexdigest()[:16]}.parquet"


def _by_file(stream: ParcelStream) -> Iterator[tuple[Path, list[ChunkRef]]]:
    """The chunks of every file, in order."""
    for path, refs in groupby(stream.refs, key=attrgetter("path")):
        yield path, list(refs)
