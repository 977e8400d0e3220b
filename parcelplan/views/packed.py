"""Columns of whole numbers as text for a page: many of them in little room, and quick to read for its script."""

from __future__ import annotations

import base64
import gzip
import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]
_MOST = 2**31


def pack(arrays: Mapping[str, Whole], texts: Any = None) -> str:
    """Write arrays, and what goes with them as JSON, as one text of base64.

    The bytes are gzip over: length of the head; the head, JSON with ``arrays`` (name and length of each, in order)
    and ``texts``; then of each array all lowest bytes, all second ones, all third, all highest. The sign of a number
    stands in its lowest bit (0, -1, 1, -2 become 0, 1, 2, 3), so that the high bytes of small numbers are zeros.

    Parameters
    ----------
    arrays
        Flat arrays by name, of numbers that 32 bits hold with their sign. Rising ones take less room as differences.
    texts
        Anything that JSON holds.

    Raises
    ------
    ValueError
        A number is too large.
    """
    listed = [[name, len(values)] for name, values in arrays.items()]
    head = json.dumps({"arrays": listed, "texts": texts}, ensure_ascii=False, separators=(",", ":")).encode()
    body = b"".join(_planes(name, values) for name, values in arrays.items())
    # A time of nought: the same arrays give the same text.
    return base64.b64encode(gzip.compress(struct.pack("<I", len(head)) + head + body, mtime=0)).decode(
        "ascii"
    )


def _planes(name: str, values: Whole) -> bytes:
    if len(values) and (values.min() < -_MOST or values.max() >= _MOST):
        message = f"{name} does not fit into 32 bits"
        raise ValueError(message)
    folded = ((values << 1) ^ (values >> 63)).astype("<u4")
    return folded.view(np.uint8).reshape(-1, 4).T.tobytes()


def steps(values: Whole) -> Whole:
    """Each number less the one before it; the first one stays."""
    return np.diff(values, prepend=0)
