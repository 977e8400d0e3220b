"""Putting linear programmes together row by row, and what weak duality proves of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from parcelplan.planning._cpsat.lp import Programme, multipliers
from parcelplan.planning.heuristic.layout import Floats
from parcelplan.planning.timeline import Ints


class Rows:
    """Columns with costs, and rows ``Σ entries · x ≤ limit``."""

    def __init__(self) -> None:
        self._costs: list[float] = []
        self._upper: list[float] = []
        self._limits: list[float] = []
        self._rows: list[Ints] = []
        self._columns: list[Ints] = []
        self._entries: list[Floats] = []

    def columns(self, costs: Iterable[float], *, upper: float = 1.0) -> int:
        """Add columns between 0 and ``upper``; the number of the first."""
        first = len(self._costs)
        self._costs.extend(costs)
        self._upper.extend([upper] * (len(self._costs) - first))
        return first

    def row(self, entries: Mapping[int, float], limit: float) -> int:
        """Add ``Σ entries · x ≤ limit``; its number."""
        return self.rows(np.fromiter(entries, np.int64), np.fromiter(entries.values(), np.float64), limit)

    def rows(self, columns: Ints, entries: Floats, limit: float) -> int:
        """The same with arrays."""
        number = len(self._limits)
        self._limits.append(limit)
        self._rows.append(np.full(len(columns), number, dtype=np.int64))
        self._columns.append(columns)
        self._entries.append(entries)
        return number

    def programme(self) -> Programme:
        """All of it."""
        empty = np.zeros(0, dtype=np.int64)
        return Programme(
            costs=np.array(self._costs, dtype=np.float64),
            upper=np.array(self._upper, dtype=np.float64),
            rows=np.concatenate([empty, *self._rows]),
            columns=np.concatenate([empty, *self._columns]),
            entries=np.concatenate([np.zeros(0), *self._entries]),
            limits=np.array(self._limits, dtype=np.float64),
        )


def least(programme: Programme, *, time_limit_s: float) -> float:
    """What no point of a programme falls below; as good as the solver's multipliers, and true whatever they are.

    For any ``y ≤ 0``: ``costs · x ≥ costs · x + y · (limits − A x)``, so that ``costs · x ≥ y · limits + Σ min(0,
    costs − y A) · upper``. No word of the solver's is trusted.

    Parameters
    ----------
    programme
        The programme.
    time_limit_s
        Longest search for multipliers, seconds; without any all are 0.
    """
    found = multipliers(programme, time_limit_s=time_limit_s)
    return proved(programme, np.zeros(len(programme.limits)) if found is None else found)


def proved(programme: Programme, found: Floats) -> float:
    """The bound that multipliers prove, none of them above 0."""
    taken = np.bincount(
        programme.columns, programme.entries * found[programme.rows], minlength=len(programme.costs)
    )
    reduced = np.minimum(0.0, programme.costs - taken)
    return float((found * programme.limits).sum() + (reduced * programme.upper).sum())
