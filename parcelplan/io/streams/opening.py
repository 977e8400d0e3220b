"""Opening a table of parcels, and reading one chunk of it anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pyarrow as pa

from parcelplan.errors import InputError
from parcelplan.io.streams import geoparquet
from parcelplan.io.streams.chunks import CHUNK_ROWS, ChunkRef, ParcelStream
from parcelplan.io.streams.tables import frame_of
from parcelplan.io.vector.native import DAMAGE, unreadable

_PARQUET = b"PAR1"


def open_parcels(path: str | Path, *, layer: str | None = None, chunk_rows: int = CHUNK_ROWS) -> ParcelStream:
    """Look at a table of parcels and cut it into chunks; no parcel is read.

    Parameters
    ----------
    path
        A GeoParquet, FlatGeobuf or GeoPackage file, or a folder of GeoParquet partitions.
    layer
        Layer of a GeoPackage with several.
    chunk_rows
        Rows of a chunk; the last one of a file may hold fewer. The same file and number always give the same chunks.

    Raises
    ------
    InputError
        The file is missing, of another format, damaged, or the layer is not in it.
    CrsError
        Nobody knows in which CRS the parcels lie.
    """
    path = Path(path)
    if not path.exists():
        raise InputError("error.no_file", file=path)
    try:
        return _parquet_stream(path, chunk_rows)
    except DAMAGE as error:
        raise unreadable(path, error) from error


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
        The file is gone or damaged where the chunk lies.
    """
    try:
        footer = geoparquet.read_footer(ref.path)
        table = geoparquet.read_rows(ref.path, ref.start, ref.stop, footer.schema.names)
        return frame_of(table, footer.geometry, footer.crs, ref.first_row)
    except (*DAMAGE, pa.ArrowException) as error:
        raise unreadable(ref.path, error) from error


def iterate_chunks(stream: ParcelStream) -> Iterator[gpd.GeoDataFrame]:
    """Read all chunks in order, each as :func:`read_chunk` gives it."""
    for ref in stream.refs:
        yield read_chunk(ref)


def _parquet_stream(path: Path, chunk_rows: int) -> ParcelStream:
    footer = geoparquet.read_footer(path)
    refs = tuple(
        ChunkRef(
            path=path,
            kind="geoparquet",
            number=number,
            first_row=start,
            rows=stop - start,
            start=start,
            stop=stop,
        )
        for number, (start, stop) in enumerate(geoparquet.cuts(footer, chunk_rows))
    )
    return ParcelStream(
        path=path,
        kind="geoparquet",
        layer=path.stem,
        crs=footer.crs,
        rows=footer.rows,
        columns=tuple(name for name in footer.schema.names if name != footer.geometry),
        geometry_column=footer.geometry,
        refs=refs,
        bounds=footer.bounds,
        needs_staging=geoparquet.is_coarse(footer, chunk_rows),
    )
