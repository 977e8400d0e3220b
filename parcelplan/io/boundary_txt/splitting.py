"""Point rows to rings: where one ring ends and the next begins, and which rows only close a ring."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from parcelplan.geometry.arrays import Ints
from parcelplan.io.boundary_txt.lexer import Tokens

How = Literal["first_number", "own_number", "x_twice", "differs", "repeated", "none"]
MIN_POINTS = 3
_TRAILING = re.compile(r"(\d{1,9})\D*$")
# A northing and an easting that lie further apart can never be equal.
_APART_M = 100_000.0


@dataclass(frozen=True, kw_only=True)
class Ring:
    """Rows of one ring: from ``start`` up to ``stop``, without the row that closes it."""

    block: int
    start: int
    stop: int
    how: How
    """How it is closed: by the first point with its number, with a number of its own, wrongly, or not at all."""
    closing_rows: int

    @property
    def points(self) -> int:
        """Number of points."""
        return self.stop - self.start


def split_rings(tokens: Tokens) -> list[Ring]:
    """Find the rings of all blocks, in the order of the file.

    A ring ends where the block or the ring number changes, where the first point comes again, and where the numbers
    begin anew.
    """
    block, number = np.asarray(tokens.block), np.asarray(tokens.ring)
    if len(block) == 0:
        return []
    changes = np.flatnonzero((block[1:] != block[:-1]) | (number[1:] != number[:-1])) + 1
    runs = pairwise([0, *changes.tolist(), len(block)])
    return [ring for start, stop in runs for ring in _split_run(tokens, start, stop)]


def _split_run(tokens: Tokens, start: int, stop: int) -> Iterator[Ring]:
    """Split rows of one block and ring number."""
    begin, row = start, start + 1
    while row < stop:
        if row - begin >= MIN_POINTS and _same_place(tokens, row, begin):
            end = row
            while row + 1 < stop and _same_place(tokens, row + 1, begin):
                row += 1
            own = tokens.number[end] != tokens.number[begin]
            how: How = "repeated" if row > end else "own_number" if own else "first_number"
            yield _ring(tokens, begin, end, how, closing_rows=row - end + 1)
            begin = row + 1
        elif row - begin >= MIN_POINTS and _restarts(tokens, row, begin, stop):
            yield _unclosed(tokens, begin, row)
            begin = row
        row = max(row + 1, begin + 1)
    if begin < stop:
        yield _unclosed(tokens, begin, stop)


def _ring(tokens: Tokens, begin: int, end: int, how: How, *, closing_rows: int) -> Ring:
    return Ring(block=tokens.block[begin], start=begin, stop=end, how=how, closing_rows=closing_rows)


def _same_place(tokens: Tokens, row: int, other: int) -> bool:
    return tokens.first[row] == tokens.first[other] and tokens.second[row] == tokens.second[other]


def _restarts(tokens: Tokens, row: int, begin: int, stop: int) -> bool:
    """Whether the numbers begin anew at a row, and it is not the closing row of the ring before."""
    if tokens.number[row] != tokens.number[begin] or row + 1 >= stop:
        return False
    this, following = (_TRAILING.search(tokens.number[place]) for place in (row, row + 1))
    return this is not None and following is not None and int(following[1]) == int(this[1]) + 1


def _unclosed(tokens: Tokens, begin: int, stop: int) -> Ring:
    """A ring whose last row is not its first point: open, or closed by a row with other coordinates."""
    last = stop - 1
    named = tokens.number[last] == tokens.number[begin] != ""
    if last - begin >= MIN_POINTS:
        first, second = tokens.first[begin], tokens.second[begin]
        twice = tokens.first[last] == tokens.second[last]
        if twice and tokens.first[last] in (first, second) and (named or abs(first - second) > _APART_M):
            return _ring(tokens, begin, last, "x_twice", closing_rows=1)
        if named:
            return _ring(tokens, begin, last, "differs", closing_rows=1)
    return _ring(tokens, begin, stop, "none", closing_rows=0)


def point_rows(rings: list[Ring]) -> Ints:
    """Rows that are points of rings, ring by ring."""
    if not rings:
        return np.empty(0, dtype=np.intp)
    return np.concatenate([np.arange(ring.start, ring.stop, dtype=np.intp) for ring in rings])
