"""Opening a table of parcels: what it is, how many rows it has, and where its chunks lie."""

from __future__ import annotations

import json
import sqlite3
import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyogrio
from pyproj import CRS

from parcelplan.crs import parse_crs
from parcelplan.errors import CrsError, InputError
from parcelplan.io.streams import flatgeobuf, geopackage, geoparquet
from parcelplan.io.streams.chunks import CHUNK_ROWS, Bounds, ChunkRef, ParcelStream
from parcelplan.io.streams.parts import merged_bounds
from parcelplan.io.streams.tables import geometry_name, merged_schema
from parcelplan.io.vector.native import DAMAGE, unreadable

MANIFEST = "_partitions.json"
"""Name of the file of a folder of partitions that tells what the others hold."""
_MAGIC = {b"PAR1": "geoparquet", b"fgb\x03": "flatgeobuf", b"SQLi": "geopackage"}
_PARQUET = (".parquet", ".geoparquet")
_DAMAGE = (*DAMAGE, pa.ArrowException, sqlite3.Error, struct.error)


def open_parcels(path: str | Path, *, layer: str | None = None, chunk_rows: int = CHUNK_ROWS) -> ParcelStream:
    """Look at a table of parcels and cut it into chunks; no parcel is read.

    Parameters
    ----------
    path
        A GeoParquet, FlatGeobuf or GeoPackage file, or a folder of GeoParquet partitions, each of which is at least
        one chunk. A partition that cannot be read is one chunk too, which fails when it is read.
    layer
        Layer of a GeoPackage with several.
    chunk_rows
        Rows of a chunk; the last one of a file may hold fewer. The same file and number always give the same chunks.

    Returns
    -------
    ParcelStream
        With ``needs_staging`` for GeoParquet whose row groups are more than two chunks long.

    Raises
    ------
    InputError
        The file is missing, of another format, damaged, the layer is not in it, or the columns of partitions do not go
        together.
    CrsError
        Nobody knows in which CRS the parcels lie, or partitions lie in several.
    """
    path = Path(path)
    if not path.exists():
        raise InputError("error.no_file", file=path)
    with naming(path):
        if path.is_dir():
            return _folder_stream(path, chunk_rows)
        with path.open("rb") as file:
            kind = _MAGIC.get(file.read(4))
        if kind == "geoparquet":
            return _parquet_stream(path, chunk_rows)
        if kind == "flatgeobuf":
            return _flatgeobuf_stream(path, layer, chunk_rows)
        if kind == "geopackage":
            return _geopackage_stream(path, layer, chunk_rows)
    raise InputError("error.not_a_stream", file=path)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Turn what native readers raise on damaged files into an error that names the file."""
    try:
        yield
    except _DAMAGE as error:
        raise unreadable(path, error) from error


def fingerprint(path: str | Path) -> dict[str, Any]:
    """What tells a file, or the files of a folder, from an edited one without reading it: names, sizes, times."""
    path = Path(path)
    files = sorted(item for item in path.iterdir() if item.is_file()) if path.is_dir() else [path]
    return {file.name: [file.stat().st_size, file.stat().st_mtime_ns] for file in files}


# --- one file


def _parquet_stream(path: Path, chunk_rows: int) -> ParcelStream:
    footer = geoparquet.read_footer(path)
    cuts = [(start, stop, stop - start) for start, stop in geoparquet.cuts(footer.rows, chunk_rows)]
    model = ChunkRef(path=path, kind="geoparquet")
    return ParcelStream(
        path=path,
        kind="geoparquet",
        layer=path.stem,
        crs=footer.crs,
        rows=footer.rows,
        columns=tuple(name for name in footer.schema.names if name != footer.geometry),
        geometry_column=footer.geometry,
        refs=_refs(model, cuts),
        bounds=footer.bounds,
        needs_staging=geoparquet.is_coarse(footer, chunk_rows),
    )


def _flatgeobuf_stream(path: Path, layer: str | None, chunk_rows: int) -> ParcelStream:
    head = flatgeobuf.read_head(path)
    info = pyogrio.read_info(path)
    if layer not in (None, info["layer_name"], path.stem):
        raise InputError("error.no_layer", file=path, layer=layer, known=info["layer_name"])
    refs = _refs(ChunkRef(path=path, kind="flatgeobuf"), flatgeobuf.cuts(path, head, chunk_rows))
    columns = tuple(str(name) for name in info["fields"])
    return ParcelStream(
        path=path,
        kind="flatgeobuf",
        layer=info["layer_name"],
        crs=crs_of(info["crs"], path),
        rows=sum(ref.rows for ref in refs),
        columns=columns,
        geometry_column=geometry_name(columns),
        refs=refs,
        bounds=head.bounds,
    )


def _geopackage_stream(path: Path, asked: str | None, chunk_rows: int) -> ParcelStream:
    layer = geopackage.chosen_layer(path, asked)
    info = geopackage.layer_info(path, layer)
    model = ChunkRef(path=path, kind="geopackage", layer=layer)
    refs = _refs(model, geopackage.cuts(path, layer, info["fid_column"], chunk_rows))
    columns = tuple(str(name) for name in info["fields"])
    return ParcelStream(
        path=path,
        kind="geopackage",
        layer=layer,
        crs=crs_of(info["crs"], path),
        rows=sum(ref.rows for ref in refs),
        columns=columns,
        geometry_column=geometry_name(columns),
        refs=refs,
        bounds=tuple(info["total_bounds"]) if info["total_bounds"] is not None else None,
    )


def crs_of(said: str | None, path: Path) -> CRS:
    """The CRS that GDAL names; none raises :class:`CrsError`."""
    if said is None:
        raise CrsError("error.crs_missing", name=path.name)
    return parse_crs(said)


def _refs(model: ChunkRef, cuts: Iterable[tuple[int, int, int]]) -> tuple[ChunkRef, ...]:
    """A chunk for every cut of one file: where it begins, where it ends, and how many rows it has."""
    refs, row = [], 0
    for number, (start, stop, rows) in enumerate(cuts):
        refs.append(replace(model, number=number, first_row=row, rows=rows, start=start, stop=stop))
        row += rows
    return tuple(refs)


# --- a folder of partitions


def _folder_stream(folder: Path, chunk_rows: int) -> ParcelStream:
    told = folder / MANIFEST
    if told.is_file():
        return _told_stream(folder, json.loads(told.read_text(encoding="utf-8")), chunk_rows)
    files = sorted(
        file for file in folder.iterdir() if file.suffix.lower() in _PARQUET and file.name[0] not in "._"
    )
    streams = [_stream_or_reason(file, chunk_rows) for file in files]
    known = [stream for stream in streams if isinstance(stream, ParcelStream)]
    if not known:
        reasons = [error for error in streams if isinstance(error, InputError)]
        raise reasons[0] if reasons else InputError("error.no_partitions", folder=folder)
    if odd := next((stream for stream in known if stream.crs != known[0].crs), None):
        systems = {"given": odd.crs.name, "wanted": known[0].crs.name}
        raise CrsError("error.partition_crs", file=odd.path, first=known[0].path.name, **systems)
    names = _common_columns(folder, known)
    refs = [
        stream.refs if isinstance(stream, ParcelStream) else (ChunkRef(path=file, kind="geoparquet"),)
        for file, stream in zip(files, streams, strict=True)
    ]
    return replace(
        known[0],
        path=folder,
        layer=folder.name,
        rows=sum(stream.rows for stream in known),
        columns=tuple(name for name in names if name != known[0].geometry_column),
        refs=_numbered(refs),
        bounds=merged_bounds(stream.bounds for stream in known),
        needs_staging=any(stream.needs_staging for stream in known),
    )


def _common_columns(folder: Path, streams: Sequence[ParcelStream]) -> list[str]:
    """Columns of all partitions together; types that do not go together are refused before anything is computed."""
    footers = [geoparquet.read_footer(stream.path) for stream in streams]
    if odd := next((item for item in footers if item.geometry != footers[0].geometry), None):
        reason = f"{odd.path.name}: {odd.geometry} ≠ {footers[0].geometry}"
        raise InputError("error.partition_columns", folder=folder, reason=reason)
    try:
        return list(merged_schema([footer.schema for footer in footers]).names)
    except pa.ArrowException as error:
        raise InputError("error.partition_columns", folder=folder, reason=error) from error


def _stream_or_reason(file: Path, chunk_rows: int) -> ParcelStream | InputError:
    try:
        with naming(file):
            return _parquet_stream(file, chunk_rows)
    except InputError as error:
        return error


def _told_stream(folder: Path, told: dict[str, Any], chunk_rows: int) -> ParcelStream:
    """A stream by what the folder says of itself: no partition is opened, and a broken one is found late."""
    refs = []
    for item in told["partitions"]:
        cuts = [(start, stop, stop - start) for start, stop in geoparquet.cuts(item["rows"], chunk_rows)]
        refs.append(_refs(ChunkRef(path=folder / item["file"], kind="geoparquet"), cuts))
    return ParcelStream(
        path=folder,
        kind="geoparquet",
        layer=folder.name,
        crs=CRS.from_json_dict(told["crs"]),
        rows=told["rows"],
        columns=tuple(told["columns"]),
        geometry_column=told["geometry_column"],
        refs=_numbered(refs),
        bounds=_bounds(told["bounds"]),
    )


def _bounds(said: list[float] | None) -> Bounds | None:
    if said is None:
        return None
    west, south, east, north = said
    return west, south, east, north


def _numbered(files: Iterable[tuple[ChunkRef, ...]]) -> tuple[ChunkRef, ...]:
    """Chunks of several files in one row: numbers and rows go on from file to file."""
    numbered: list[ChunkRef] = []
    row = 0
    for refs in files:
        for ref in refs:
            numbered.append(replace(ref, number=len(numbered), first_row=row))
            row += ref.rows
    return tuple(numbered)
