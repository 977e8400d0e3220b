"""FlatGeobuf a range of rows at a time, at the cost of that range alone.

GDAL finds the thousandth feature by reading those before it. Here the file is cut by bytes: the leaves of its index, or
one walk over the sizes before the features, tell where a row begins, and GDAL is given the header with the features of
one chunk behind it.

Source: FlatGeobuf specification 3.0: magic bytes, header, packed R-tree, features that each begin with their size.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyogrio
from numpy.typing import NDArray

from parcelplan.io.streams.chunks import Bounds
from parcelplan.io.streams.flatbuffers import Places, bytes_of, field_places, followed
from parcelplan.io.streams.tables import WKB, with_wkb

_MAGIC = b"fgb\x03fgb"
_MAGIC_BYTES, _SIZE_BYTES = 8, 4
_SIZE = struct.Struct("<I")
_ENVELOPE, _COUNT, _NODE_SIZE = 1, 8, 9
"""Numbers of the header's fields."""
_USUAL_NODE_SIZE = 16
"""Children of a node of the index where the file does not say it."""
_NODE_BYTES, _PLACE_AT = 40, 32
"""A node of the index is four doubles and the place of a feature."""
_MOST_HEADER_BYTES = 2**26
_BLOCK_BYTES = 2**24
_GEOMETRY, _XY, _PARTS = 0, 1, 7
"""Numbers of the field of a feature that holds its geometry, and of those of a geometry that hold coordinates."""


@dataclass(frozen=True, kw_only=True)
class Head:
    """What comes before the features."""

    raw: bytes
    """Magic bytes and header as they stand."""
    count_at: int
    """Byte of ``raw`` at which the number of features stands; 0 where the file leaves it open."""
    count: int
    """Number of features; 0 where the file leaves it open."""
    node_size: int
    """Children of a node of the index; 0 where there is no index."""
    bounds: Bounds | None

    @property
    def index_at(self) -> int:
        """Byte of the file behind the header."""
        return len(self.raw)

    @property
    def features_at(self) -> int:
        """Byte of the file with which the first feature begins."""
        return self.index_at + index_bytes(self.count, self.node_size)


def read_head(path: Path) -> Head:
    """Read the header; damaged bytes raise ``ValueError``, ``LookupError`` or ``struct.error``."""
    with path.open("rb") as file:
        start = file.read(_MAGIC_BYTES + _SIZE_BYTES)
        size = int.from_bytes(start[_MAGIC_BYTES:], "little")
        if not start.startswith(_MAGIC) or size > _MOST_HEADER_BYTES:
            message = f"no header of a FlatGeobuf: {start!r}"
            raise ValueError(message)
        raw = start + file.read(size)
    data = bytes_of(raw)
    table = followed(data, np.array([len(start)]))
    envelope_at, count_at, node_at = (
        int(field_places(data, table, number)[0]) for number in (_ENVELOPE, _COUNT, _NODE_SIZE)
    )
    count = struct.unpack_from("<Q", raw, count_at)[0] if count_at else 0
    node_size = struct.unpack_from("<H", raw, node_at)[0] if node_at else _USUAL_NODE_SIZE
    return Head(
        raw=raw,
        count_at=count_at,
        count=count,
        node_size=node_size if count else 0,
        bounds=_envelope(raw, envelope_at) if envelope_at else None,
    )


def index_bytes(count: int, node_size: int) -> int:
    """Bytes of the packed R-tree over ``count`` features; 0 where there is none."""
    if node_size == 0 or count == 0:
        return 0
    # A root stands above the leaves even where there is but one of them.
    nodes, level = count, -(-count // node_size)
    while level > 1:
        nodes, level = nodes + level, -(-level // node_size)
    return (nodes + level) * _NODE_BYTES


def cuts(path: Path, head: Head, chunk_rows: int) -> list[tuple[int, int, int]]:
    """First byte, byte behind the last and number of rows of every chunk, in the order of the file."""
    end = path.stat().st_size
    if head.features_at > end:
        message = f"{head.count} features have no room in {end} bytes"
        raise ValueError(message)
    with path.open("rb") as file:
        begins = _begins_by_index(file, head, chunk_rows)
        if begins is None:
            begins, count = _begins_by_walk(file, head.features_at, end, chunk_rows)
        else:
            count = head.count
    rows = [min(chunk_rows, count - chunk_rows * number) for number in range(len(begins))]
    return list(zip(begins, [*begins[1:], end], rows, strict=True))


def read_range(path: Path, start: int, stop: int, rows: int) -> tuple[pa.Table, str | None]:
    """Read the features between two bytes, as :func:`parcelplan.io.streams.tables.with_wkb` gives them, and their CRS.

    GDAL's Arrow reader ends the process at a feature without geometry, so it is shown the shapes of the others only.
    """
    head = read_head(path)
    with path.open("rb") as file:
        file.seek(start)
        block = file.read(stop - start)
    places = np.fromiter(_walk(block), dtype=np.int64)
    if len(places) != rows:
        message = f"{len(places)} of {rows} features from byte {start} on"
        raise ValueError(message)
    shaped = _shaped(block, places)
    if shaped.all():
        said, table = _read([block], head, rows)
        return with_wkb(table.drop_columns(WKB), table[WKB]), said["crs"]
    said, attributes = _read([block], head, rows, read_geometry=False)
    ends = np.append(places[1:], len(block))
    kept = [block[places[row] : ends[row]] for row in np.flatnonzero(shaped)]
    wkb = (
        _read(kept, head, len(kept), columns=[])[1][WKB].combine_chunks()
        if kept
        else pa.nulls(0, pa.binary())
    )
    rank = pa.array(np.cumsum(shaped) - 1, mask=~shaped)
    return with_wkb(attributes, wkb.take(rank)), said["crs"]


def _read(features: Sequence[bytes], head: Head, rows: int, **said: Any) -> tuple[dict[str, Any], pa.Table]:
    """Let GDAL read a file of these features alone: its index is as long as it must be, and nobody looks into it."""
    begin = bytearray(head.raw)
    if head.count_at:
        struct.pack_into("<Q", begin, head.count_at, rows)
    index = bytes(index_bytes(rows, head.node_size))
    meta, table = pyogrio.read_arrow(b"".join([begin, index, *features]), **said)
    if table.num_rows != rows:
        message = f"{table.num_rows} of {rows} features"
        raise ValueError(message)
    return meta, table


def _shaped(block: bytes, places: Places) -> NDArray[np.bool_]:
    """Which features have a geometry with coordinates."""
    data = bytes_of(block)
    features = followed(data, places + _SIZE_BYTES)
    geometries = field_places(data, features, _GEOMETRY)
    shaped = geometries > 0
    tables = followed(data, geometries[shaped])
    filled = (field_places(data, tables, _XY) > 0) | (field_places(data, tables, _PARTS) > 0)
    shaped[shaped] = filled
    return shaped


def _walk(block: bytes) -> Iterator[int]:
    """Where in a block of whole features each one begins."""
    at, most = 0, len(block) - _SIZE_BYTES
    while at <= most:
        yield at
        at += _SIZE_BYTES + _SIZE.unpack_from(block, at)[0]
    if at != len(block):
        message = f"the last feature ends {at - len(block)} bytes behind its chunk"
        raise ValueError(message)


def _begins_by_index(file: BinaryIO, head: Head, chunk_rows: int) -> list[int] | None:
    """Where chunks begin by the leaves of the index; None without one, or where features lie in another order."""
    if not head.node_size:
        return None
    leaves = head.features_at - head.count * _NODE_BYTES
    begins = []
    for row in range(0, head.count, chunk_rows):
        file.seek(leaves + row * _NODE_BYTES + _PLACE_AT)
        begins.append(head.features_at + int.from_bytes(file.read(8), "little"))
    end = file.seek(0, os.SEEK_END)
    in_order = begins[0] == head.features_at and all(a < b for a, b in pairwise([*begins, end]))
    return begins if in_order else None


def _begins_by_walk(file: BinaryIO, at: int, end: int, chunk_rows: int) -> tuple[list[int], int]:
    """Where chunks begin, and the number of features, by going from size to size through the file."""
    begins, count = [at], 0
    while at + _SIZE_BYTES <= end:
        file.seek(at)
        block = file.read(_BLOCK_BYTES)
        place, most = 0, len(block) - _SIZE_BYTES
        while place <= most:
            if count % chunk_rows == 0 and count:
                begins.append(at + place)
            place += _SIZE_BYTES + _SIZE.unpack_from(block, place)[0]
            count += 1
        at += place
    if at != end:
        message = f"the last feature ends {at - end} bytes behind the file"
        raise ValueError(message)
    return begins, count


def _envelope(raw: bytes, at: int) -> Bounds | None:
    data = bytes_of(raw)
    begin = int(followed(data, np.array([at]))[0])
    length = struct.unpack_from("<I", raw, begin)[0]
    if length < 4:  # noqa: PLR2004 - two corners
        return None
    west, south, east, north = struct.unpack_from("<4d", raw, begin + _SIZE_BYTES)
    return (west, south, east, north) if west <= east and south <= north else None
