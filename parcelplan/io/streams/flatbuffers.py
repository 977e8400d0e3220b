"""Where the fields of FlatBuffers tables lie, for many tables at once.

Source: FlatBuffers internals: a table begins with the distance back to its vtable, which gives its own size, the size
of the table and the distance from the table to each field, 0 where the field is absent; distances are little-endian.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]
_VTABLE_HEAD, _SLOT = 4, 2


def bytes_of(raw: bytes) -> Bytes:
    """Raw bytes as an array."""
    return np.frombuffer(raw, dtype=np.uint8)


def followed(data: Bytes, at: Places) -> Places:
    """Where the distances at some places point to."""
    return at + _numbers(data, at, "<u4")


def field_places(data: Bytes, tables: Places, number: int) -> Places:
    """Where one field of each table lies; 0 where a table has none.

    Raises
    ------
    IndexError
        The bytes are damaged: a distance points out of them.
    """
    vtables = tables - _numbers(data, tables, "<i4")
    slot = _VTABLE_HEAD + _SLOT * number
    known = _numbers(data, vtables, "<u2") > slot
    places = np.zeros(len(tables), dtype=np.int64)
    distances = _numbers(data, vtables[known] + slot, "<u2")
    places[known] = np.where(distances > 0, tables[known] + distances, 0)
    return places


def _numbers(data: Bytes, at: Places, kind: str) -> Places:
    if len(at) and at.min() < 0:
        message = "a distance points before the first byte"
        raise IndexError(message)
    width = np.dtype(kind).itemsize
    found: Places = data[at[:, np.newaxis] + np.arange(width)].view(kind)[:, 0].astype(np.int64)
    return found
