"""Units of land and money. The only home of the mu: 15 mu are one hectare, so a mu is 2000/3 m²."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cache
from importlib import resources
from typing import overload

import numpy as np
import pandas as pd

M2_PER_HA = 10_000.0
MU_PER_HA = 15.0
M2_PER_MU = M2_PER_HA / MU_PER_HA
YUAN_PER_WANYUAN = 10_000.0

# Exact sizes, so that 5 ha are 75 mu and not 74.99999999999999.
_SIZES: Mapping[str, tuple[str, Fraction]] = {
    "m²": ("area", Fraction(1)),
    "ha": ("area", Fraction(10_000)),
    "mu": ("area", Fraction(10_000, 15)),
    "km²": ("area", Fraction(1_000_000)),
    "万m²": ("area", Fraction(10_000)),
    "m": ("length", Fraction(1)),
    "km": ("length", Fraction(1_000)),
    "cm": ("length", Fraction(1, 100)),
    "V": ("voltage", Fraction(1)),
    "kV": ("voltage", Fraction(1_000)),
    "yuan": ("money", Fraction(1)),
    "万元": ("money", Fraction(10_000)),
    "亿元": ("money", Fraction(100_000_000)),
    "kgce": ("energy", Fraction(1)),
    "tce": ("energy", Fraction(1_000)),
    "day": ("days", Fraction(1)),
    "year": ("years", Fraction(1)),
    "ratio": ("", Fraction(1)),
    "percent": ("", Fraction(1, 100)),
    "permille": ("", Fraction(1, 1_000)),
}


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


def to_wanyuan(amount_yuan: float) -> float:
    """Yuan as 万元."""
    return amount_yuan / YUAN_PER_WANYUAN


def round_to_sum(
    values: Sequence[float] | pd.Series, decimals: int = 2, *, total: float | None = None
) -> list[float]:
    """Round so that the rounded values add up to the rounded total (largest remainder).

    Parameters
    ----------
    values
        Non-negative figures in one unit.
    decimals
        Decimals to keep.
    total
        What they shall add up to instead, where the total itself was rounded to fit into a larger sum; less than one
        unit of the last decimal away from the true total.

    Returns
    -------
    list of float
        In the order of the input; each differs from its value by less than one unit of the last decimal.

    Examples
    --------
    >>> round_to_sum([1.0 / 3, 1.0 / 3, 1.0 / 3])
    [0.34, 0.33, 0.33]
    >>> round_to_sum([1.0 / 3, 1.0 / 3, 1.0 / 3], total=0.99)
    [0.33, 0.33, 0.33]
    """
    scaled = np.asarray(values, dtype=float) * 10**decimals
    floors = np.floor(scaled + 1e-9)
    target = scaled.sum() if total is None else total * 10**decimals
    missing = int(round(target) - floors.sum())
    # A stable sort keeps the first of equal remainders first, whatever the platform.
    order = np.argsort(-(scaled - floors), kind="stable")
    floors[order[:missing]] += 1
    return [float(value) for value in floors / 10**decimals]


@cache
def _names() -> Mapping[str, str]:
    text = resources.files("parcelplan").joinpath("unit_names.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {name: row["unit"] for row in rows for name in (row["unit"].lower(), *row["names"].split(";"))}


def unit_of(name: str) -> str | None:
    """The unit that a file calls so: 公顷, hm2, 万元/年; None where it is no unit.

    Examples
    --------
    >>> unit_of("公顷"), unit_of("吨标煤/万元"), unit_of("栋")
    ('ha', 'tce/万元', None)
    """
    known = [_names().get(part) for part in name.lower().replace("每", "/").split("/")]
    return None if None in known else "/".join(filter(None, known))


def _size(unit: str) -> tuple[tuple[str, ...], Fraction]:
    """Kinds of quantity of a unit, as numerator and denominators, and its size in their bases."""
    kinds, sizes = zip(*(_SIZES[part] for part in unit.split("/")), strict=True)
    size = sizes[0]
    for divisor in sizes[1:]:
        size /= divisor
    return kinds, size


def factor(unit: str, into: str) -> Fraction | None:
    """How many of one unit another one is, exactly; None where they measure different things.

    Parameters
    ----------
    unit, into
        Names as the registry of columns writes them, such as ``ha``, ``mu``, ``万元/year``.

    Raises
    ------
    KeyError
        A unit is not known: a mistake of ours, never of the user's.

    Examples
    --------
    >>> factor("ha", "mu"), factor("m²", "mu"), factor("tce/万元", "万元/tce")
    (Fraction(15, 1), Fraction(3, 2000), None)
    """
    (kinds, size), (others, other) = _size(unit), _size(into)
    return size / other if kinds == others else None


def scaled(values: pd.Series, ratio: Fraction) -> pd.Series:
    """Figures times an exact ratio, without rounding the ratio first."""
    return values * ratio.numerator / ratio.denominator
