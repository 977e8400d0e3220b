"""What drives the supply of land: the works whose durations move the mean day of transfer most."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parcelplan.planning.risk.answers import as_days
from parcelplan.planning.risk.estimates import Estimate, Ints
from parcelplan.planning.risk.land import LandNetwork

Floats = NDArray[np.float64]
LOW, HIGH = 0.1, 0.9
COLUMNS = (
    "low_days",
    "high_days",
    "low_on",
    "high_on",
    "low_shift_days",
    "high_shift_days",
    "swing_days",
    "correlation",
)


def mean_day(network: LandNetwork, transfer: Ints) -> Floats:
    """Area-weighted mean day of transfer in each run, as an offset."""
    areas_m2 = np.array([unit.area_m2 for unit in network.units])
    total_m2 = areas_m2.sum()
    return areas_m2 @ transfer / total_m2 if total_m2 > 0 else np.zeros(transfer.shape[1])


def find_drivers(
    network: LandNetwork, estimates: tuple[Estimate, ...], drawn: Ints, mean_days: Floats
) -> pd.DataFrame:
    """Tornado of the mean day of transfer, see :attr:`parcelplan.planning.risk.Risk.drivers`.

    Parameters
    ----------
    network
        The transfers.
    estimates
        Of the works in the order of the plan.
    drawn
        Drawn durations of the works (rows) in the runs (columns).
    mean_days
        Mean day of transfer in each run.
    """
    shaky = [k for k, item in enumerate(estimates) if not item.certain]
    ends = (
        np.quantile(drawn[shaky], (LOW, HIGH), axis=1, method="inverted_cdf") if shaky else np.empty((2, 0))
    )
    likely = np.array([item.likely for item in estimates], dtype=np.int32)
    trials = np.repeat(likely[:, None], 2 * len(shaky), axis=1)
    for column, k in enumerate(shaky):
        trials[k, 2 * column : 2 * column + 2] = ends[:, column]
    works = network.works.run(trials)
    days = mean_day(network, network.run(works.free).transfer).reshape(-1, 2)
    planned = mean_day(network, network.planned[:, None])[0]
    frame = pd.DataFrame(
        {
            "low_days": ends[0].astype(int),
            "high_days": ends[1].astype(int),
            "low_on": as_days(days[:, 0], network.days),
            "high_on": as_days(days[:, 1], network.days),
            "low_shift_days": days[:, 0] - planned,
            "high_shift_days": days[:, 1] - planned,
            "swing_days": days[:, 1] - days[:, 0],
            "correlation": [rank_correlation(drawn[k], mean_days) for k in shaky],
        },
        columns=list(COLUMNS),
    )
    frame.index = pd.Index([estimates[k].work_id for k in shaky], name="work_id", dtype=str)
    order = np.lexsort((frame.index, -frame["correlation"].abs(), -frame["swing_days"]))
    return frame.iloc[order]


def rank_correlation(one: NDArray[np.generic], other: NDArray[np.generic]) -> float:
    """Spearman's correlation of two series; 0 where one of them does not change.

    Examples
    --------
    >>> rank_correlation(np.array([1, 5, 9]), np.array([2.0, 2.5, 40.0]))
    1.0
    """
    first, second = _ranks(one), _ranks(other)
    first, second = first - first.mean(), second - second.mean()
    size = float(np.sqrt((first @ first) * (second @ second)))
    return round(float(first @ second) / size, 12) if size > 0 else 0.0


def _ranks(values: NDArray[np.generic]) -> Floats:
    """Rank of each value, ties at the mean of their ranks."""
    _, which, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    means: Floats = last - (count - 1) / 2
    return means[which]
