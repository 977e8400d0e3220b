"""What a risk run answers, and how it is read off the runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parcelplan.findings import Findings
from parcelplan.planning.risk.estimates import Ints, Shape
from parcelplan.planning.risk.tables import Days

_ROWS, _RUNS = 200, 2_000
"""Rows and runs looked at together, so that copies stay small."""
LEVELS = (0.5, 0.8, 0.95)
"""Shares of the runs by which something has happened."""
DAY_COLUMNS = ("p50_on", "p80_on", "p95_on")


@dataclass(frozen=True, kw_only=True)
class Risk:
    """How sure a plan is. Days are ``datetime64``; NaT means not within the years looked at."""

    as_of: date
    runs: int
    seed: int
    shape: Shape
    phases: pd.DataFrame
    """By phase: ``planned_on`` of its last transfer, and the days ``p50_on, p80_on, p95_on`` by which that share of the
    runs had made it."""
    parcels: pd.DataFrame
    """By parcel_id in the plan's order: ``phase, area_m2``, and the same days of its transfer."""
    works: pd.DataFrame
    """By work_id in the plan's order: ``uncertain``; the last day ``planned_on, p50_on, p80_on, p95_on``;
    ``critical_last``, the share of runs in which the last transfer hangs on the work's duration; ``critical_supply``,
    the share of the land, over all runs, whose transfer does."""
    dates: pd.DataFrame
    """Dates to be met, one a row: ``kind`` (``announced | promised | deadline | fixed_work |
    fixed_transfer | needed | target | window | horizon``), ``subject`` (row of the announcement, work, parcel, target,
    phase), ``phase`` where there is one, ``on``, ``planned_on``, and ``probability`` that it is met."""
    supply: pd.DataFrame
    """By day: ``planned_m2`` and the areas ``p50_m2, p80_m2, p95_m2`` that this share of the runs has transferred at
    least by the end of that day."""
    drivers: pd.DataFrame
    """By work_id, the strongest first: ``low_days, high_days``, the 10 % and 90 % durations; ``low_on, high_on``, the
    area-weighted mean day of transfer with either of them and all other works at their likely durations;
    ``low_shift_days, high_shift_days``, how much later than planned that is; ``swing_days`` between the two;
    ``correlation`` of duration and mean day over the runs, by ranks."""
    cash: pd.DataFrame
    """By first day of the month, empty without money: lowest balance ``planned_yuan``, and those ``p50_yuan, p80_yuan,
    p95_yuan`` that it does not fall below in this share of the runs."""
    credit_kept: float | None
    """Share of the runs in which the balance never falls below the credit line; None without money."""
    mean_on: pd.Series
    """Area-weighted mean day of transfer: ``planned_on, p50_on, p80_on, p95_on``."""
    notes: Findings
    """What could not be left to chance: works without estimates."""


def day_quantiles(values: Ints | NDArray[np.float64], days: Days) -> dict[str, pd.Series]:
    """Days by which the shares :data:`LEVELS` of the runs had reached each row; NaT beyond the last day looked at."""
    found = np.empty((len(LEVELS), len(values)))
    # The quantiles sort a copy of what they are given.
    for first in range(0, len(values), _ROWS):
        part = values[first : first + _ROWS]
        found[:, first : first + _ROWS] = np.quantile(part, LEVELS, axis=1, method="inverted_cdf")
    return {name: as_days(found[k], days) for k, name in enumerate(DAY_COLUMNS)}


def as_days(offsets: np.ndarray | Iterable[float], days: Days) -> pd.Series:
    """Offsets as days, to the whole day; NaT from the last day on."""
    values = np.asarray(offsets, dtype=float)
    known = np.where(values < days.last, values, np.nan)
    return pd.Series(pd.Timestamp(days.as_of) + pd.to_timedelta(np.rint(known), unit="D")).astype(
        "datetime64[s]"
    )


def supply_band(
    transfer: Ints, areas_m2: np.ndarray, planned: Ints, days: Days, *, steps: int = 200
) -> pd.DataFrame:
    """Cumulative area over time, see :attr:`Risk.supply`.

    Parameters
    ----------
    transfer
        Transfers of the units (rows) in the runs (columns).
    areas_m2
        Area of each unit.
    planned
        Planned transfer of each unit.
    days
        The days.
    steps
        About how many days to tell of.
    """
    reached = transfer[transfer < days.last]
    last = int(max(reached.max(initial=0), planned.max(initial=0))) + 1
    grid = np.unique(np.append(np.arange(0, last, max(1, last // steps)), last))
    parts = range(0, transfer.shape[1], _RUNS)
    cumulated = np.concatenate(
        [_cumulated(transfer[:, first : first + _RUNS], areas_m2, grid) for first in parts], axis=1
    )
    frame = pd.DataFrame(index=pd.Index(as_days(grid, days), name="on"))
    order = np.argsort(planned, kind="stable")
    known = np.concatenate([[0.0], np.cumsum(areas_m2[order])])
    frame["planned_m2"] = known[np.searchsorted(planned[order], grid, side="right")]
    for level in LEVELS:
        frame[f"p{level * 100:.0f}_m2"] = np.quantile(cumulated, 1 - level, axis=1, method="inverted_cdf")
    return frame


def _cumulated(transfer: Ints, areas_m2: NDArray[np.float64], grid: NDArray[np.int64]) -> NDArray[np.float64]:
    """Area transferred by the end of each day of the grid (rows) in each run (columns)."""
    runs = transfer.shape[1]
    slot = np.searchsorted(grid, np.maximum(transfer, 0))
    cells = (slot * runs + np.arange(runs)).ravel()
    there = np.bincount(cells, weights=np.repeat(areas_m2, runs), minlength=(len(grid) + 1) * runs)
    return np.cumsum(there.reshape(len(grid) + 1, runs)[:-1], axis=0)
