"""What a stream of parcels is: one table too large for the memory, cut into ranges of rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pyproj import CRS

Kind = Literal["geoparquet", "flatgeobuf", "geopackage"]
Bounds = tuple[float, float, float, float]
CHUNK_ROWS = 100_000
"""Rows of a chunk where nobody asks for another number."""


@dataclass(frozen=True, kw_only=True)
class ChunkRef:
    """Where the rows of one chunk lie; small, so that it can be sent to another process or machine."""

    path: Path
    kind: Kind
    number: int = 0
    """Place of the chunk in its stream, from 0."""
    first_row: int = 0
    """Row of the stream with which the chunk begins; the index of its frame begins there."""
    rows: int = 0
    """Number of rows; 0 where a file of a folder could not even be counted."""
    start: int = 0
    """Where the chunk begins in its file: a row (GeoParquet), a byte (FlatGeobuf) or a feature id (GeoPackage)."""
    stop: int = 0
    """Where it ends, as ``start``; that row or byte is the first of the next chunk, that id its own last."""
    layer: str = ""
    """Layer of a GeoPackage."""


@dataclass(frozen=True, kw_only=True)
class ParcelStream:
    """One table of parcels on the disk, of which only a chunk at a time stands in memory."""

    path: Path
    """A file, or a folder of GeoParquet partitions."""
    kind: Kind
    layer: str
    crs: CRS
    rows: int
    columns: tuple[str, ...]
    """Columns of attributes, without the geometry."""
    geometry_column: str
    refs: tuple[ChunkRef, ...]
    bounds: Bounds | None = None
    """West, south, east, north as the file itself says, in units of its CRS; None where it says nothing."""
    needs_staging: bool = False
    """Whether reading a chunk costs reading what lies before it; :func:`stage` makes a stream that does not."""

    def chunks(self) -> list[ChunkRef]:
        """The chunks in the order of the rows."""
        return list(self.refs)
