"""Units of land and money. The only home of the mu: 15 mu are one hectare, so a mu is 2000/3 m²."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import numpy as np
import pandas as pd

M2_PER_HA = 10_000.0
MU_PER_HA = 15.0
M2_PER_MU = M2_PER_HA / MU_PER_HA
YUAN_PER_WANYUAN = 10_000.0


@overload
def to_mu(area_m2: float) -> float: ...
@overload
def to_mu(area_m2: pd.Series) -> pd.Series: ...
def to_mu(area_m2: float | pd.Series) -> float | pd.Series:
    """Square metres as mu.

    Examples
    --------
    >>> to_mu(10_000.0)  # a square of 100 m
    15.0
    """
    return area_m2 * MU_PER_HA / M2_PER_HA


@overload
def from_mu(area_mu: float) -> float: ...
@overload
def from_mu(area_mu: pd.Series) -> pd.Series: ...
def from_mu(area_mu: float | pd.Series) -> float | pd.Series:
    """Mu as square metres.

    Examples
    --------
    >>> from_mu(75.0)
    50000.0
    """
    return area_mu * M2_PER_HA / MU_PER_HA


def round_to_sum(values: Sequence[float] | pd.Series, decimals: int = 2) -> list[float]:
    """Round so that the rounded values add up to the rounded total (largest remainder).

    Parameters
    ----------
    values
        Non-negative figures in one unit.
    decimals
        Decimals to keep.

    Returns
    -------
    list of float
        In the order of the input; each differs from its value by less than one unit of the last decimal.

    Examples
    --------
    >>> round_to_sum([1.0 / 3, 1.0 / 3, 1.0 / 3])
    [0.34, 0.33, 0.33]
    """
    scaled = np.asarray(values, dtype=float) * 10**decimals
    floors = np.floor(scaled + 1e-9)
    missing = int(round(scaled.sum()) - floors.sum())
    # A stable sort keeps the first of equal remainders first, whatever the platform.
    order = np.argsort(-(scaled - floors), kind="stable")
    floors[order[:missing]] += 1
    return [float(value) for value in floors / 10**decimals]
