"""Rings that go once round a point and turn the same way about it at every edge, found in compiled code."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from parcelplan.geometry._compiling import entry, lean, text_of_sources
from parcelplan.geometry.arrays import Bools, Floats, Ints

TURN_M2 = 1e-6
"""How far, in m², a ring must turn at least at each of its edges for rounding to be out of the question."""


@lean
def _goes_once_round(points: Floats, first: int, last: int) -> bool:
    """Whether the ring from its first point to its last, the same again, does so; numbers that are none do not."""
    x, y = 0.0, 0.0
    for at in range(first, last):
        x, y = x + points[at, 0] - points[first, 0], y + points[at, 1] - points[first, 1]
    x, y = points[first, 0] + x / (last - first), points[first, 1] + y / (last - first)
    way, upward, downward = 0.0, 0, 0
    for at in range(first, last):
        ax, ay, bx, by = points[at, 0] - x, points[at, 1] - y, points[at + 1, 0] - x, points[at + 1, 1] - y
        turn = ax * by - bx * ay
        if not abs(turn) > TURN_M2 or turn * way < 0.0:
            return False
        way = turn
        upward += ay < 0.0 <= by
        downward += by < 0.0 <= ay
    return upward == 1 and downward == 1


def _entry(text: int) -> Callable[[Floats, Ints], Bools]:
    @entry
    def once_round(points: Floats, ends: Ints) -> Bools:
        _ = text
        told = np.zeros(len(ends), np.bool_)
        first = 0
        for ring in range(len(ends)):
            told[ring] = _goes_once_round(points, first, ends[ring] - 1)
            first = ends[ring]
        return told

    return once_round


once_round = _entry(text_of_sources())
"""Of rings that stand one behind the other; ``points`` has the shape (points, 2), ``ends`` the end of each."""
