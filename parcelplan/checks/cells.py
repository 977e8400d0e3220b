"""Cells of a table as plain values: gaps as None or the empty string."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd


def text(value: Any) -> str:
    """Words of a cell without spaces around them."""
    return "" if pd.isna(value) else str(value).strip()


def whole(value: Any) -> int | None:
    """Whole number of a cell."""
    return None if pd.isna(value) else int(value)


def day(value: Any) -> date | None:
    """Day of a cell."""
    return None if pd.isna(value) else pd.Timestamp(value).date()


def names(value: Any) -> list[str]:
    """Parts of a cell that lists several things, whatever mark separates them.

    Examples
    --------
    >>> names("1; 2、3")
    ['1', '2', '3']
    """
    listed = text(value)
    for mark in "、，,；":
        listed = listed.replace(mark, ";")
    return [part.strip() for part in listed.split(";") if part.strip()]


def numbers(value: Any) -> list[int]:
    """Whole numbers of a cell that lists several."""
    return [int(part) for part in names(value) if part.isdigit()]
