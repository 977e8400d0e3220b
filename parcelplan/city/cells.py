"""Cells of columns that no schema has cast: names as text, and days whatever wrote them."""

from __future__ import annotations

from datetime import date

import pandas as pd

from parcelplan.schema.cells import parse_span


def plain_text(cells: pd.Series) -> pd.Series:
    """Cells as text, empty where there is nothing; whole numbers that a gap made into fractions are whole again."""
    if pd.api.types.is_float_dtype(cells) and (cells.dropna() % 1 == 0).all():
        cells = cells.astype("Int64")
    return cells.astype("str").where(cells.notna(), "")


def read_days(cells: pd.Series) -> pd.Series:
    """Days as ``datetime64[us]``; NaT where there is none, or where a cell names no one day.

    Texts and numbers are read as those of a site's tables are: a number is a day only as 20260131, or as the running
    number of a spreadsheet. Of a moment the day counts that its own clock showed.
    """
    if isinstance(cells.dtype, pd.DatetimeTZDtype):
        cells = cells.dt.tz_localize(None)
    if not pd.api.types.is_datetime64_dtype(cells):
        codes, texts = pd.factorize(plain_text(cells))
        read = pd.to_datetime(pd.Series([*map(_day, texts)], dtype=object))
        cells = pd.Series(read.to_numpy()[codes], index=cells.index, name=cells.name)
    days: pd.Series = cells.dt.normalize().astype("datetime64[us]")
    return days


def _day(text: str) -> date | None:
    span = parse_span(text)
    return span.first if span is not None and span.first == span.last else None
