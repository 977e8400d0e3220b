"""Kinds of arrays that geometry computes with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Shapes = NDArray[np.object_]
"""Shapely geometries in one plane coordinate system."""
Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]
Bytes = NDArray[np.uint8]


def spans(starts: Ints, ends: Ints) -> tuple[Ints, Ints]:
    """Count through several ranges at once: the number of the range and the value, for every value of every range.

    Examples
    --------
    >>> spans(np.array([5, 9]), np.array([7, 10]))
    (array([0, 0, 1]), array([5, 6, 9]))
    """
    lengths = np.maximum(ends - starts, 0)
    total = int(lengths.sum())
    first = np.cumsum(lengths) - lengths
    # Counting the starts that lie behind lets other threads go on meanwhile; repeating numbers does not.
    owner = np.cumsum(np.bincount(first[1:], minlength=total + 1)[:total], dtype=np.intp)
    return owner, np.arange(total) - (first - starts).take(owner)
