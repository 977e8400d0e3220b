"""Columns of text, or of whatever a file gave, cast to the type that the registry declares.

What is clean is cast whole; only what is left over is read cell by cell, each different text once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from parcelplan import units
from parcelplan.schema.cells import is_no_day, is_placeholder, parse_quantity, parse_span, plain, words
from parcelplan.schema.ranges import Bounds, parse_range
from parcelplan.schema.registry import Column

Value = TypeVar("Value")

_FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
_SAMPLES = 3
_EXACT = 2**53
"""From here on a float does not hold every whole number."""


@dataclass(frozen=True, kw_only=True)
class Note:
    """Something that was done to several cells of one column."""

    code: str
    count: int
    sample: str
    """A few of the texts concerned."""


@dataclass(frozen=True, kw_only=True)
class Cast:
    """A column in its declared type."""

    cells: pd.Series
    """The values; null where nothing stands, a placeholder stands, or the cell could not be read."""
    lost: pd.Series
    """Whether the cell said something that could not be read."""
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What one text says: a value, or nothing, and what there is to know about it."""

    value: Any = None
    lost: bool = False
    codes: tuple[str, ...] = field(default=())


def cast(raw: pd.Series, column: Column, unit: str = "") -> Cast:
    """Cast one column.

    Parameters
    ----------
    raw
        Values as read, in any type.
    column
        Column of the registry; figures come out in its unit.
    unit
        Unit of the figures where the file names another one; a cell's own unit goes before it.

    Returns
    -------
    Cast
        Aligned to ``raw``, whose index must be unique.
    """
    if column.dtype in {"int", "float"}:
        return _numbers(raw, column, unit)
    if column.dtype == "date":
        return _days(raw, column)
    if column.dtype == "bool":
        flags = _each(texts(raw), lambda text: _flag(plain(text)))
        return Cast(cells=flags.astype("boolean"), lost=flags.isna())
    return _words(raw, column)


def texts(raw: pd.Series) -> pd.Series:
    """Text, stripped; whole numbers lose the .0 that a spreadsheet or a null in the column gave them."""
    given = raw.dropna() if pd.api.types.is_float_dtype(raw) else None
    if given is not None and ((given == given.round()) & (given.abs() < _EXACT)).all():
        raw = raw.astype("Int64")
    if isinstance(raw.dtype, pd.StringDtype):
        return raw.str.strip().astype(object).where(raw.notna(), "")
    return raw.astype(object).where(raw.notna(), "").map(lambda value: str(value).strip()).astype(object)


def _each(said: pd.Series, read: Callable[[str], Value]) -> pd.Series:
    """Read every different text once."""
    return said.map({text: read(text) for text in said.unique()}).astype(object)


def _flag(text: str) -> bool | None:
    return True if text in words("yes") else False if text in words("no") | words("placeholder") else None


@cache
def _placeholders() -> frozenset[str]:
    """Placeholders in every case and width that one types them in, for looking up whole columns."""
    cases = {form for word in words("placeholder") for form in (word, word.upper(), word.title())}
    return frozenset(cases | {word.translate(_FULL_WIDTH) for word in cases})


def _words(raw: pd.Series, column: Column) -> Cast:
    said = texts(raw)
    nothing = said.isin(_placeholders())
    notes = _notes(said[nothing], lambda _: ("schema.placeholder",))
    cells = said.mask(nothing, "")
    if column.words:
        meant = _each(cells, lambda text: column.words.get(plain(text), text))
        notes += _notes(cells[meant != cells], lambda _: ("schema.choice_read",))
        cells = meant
    return Cast(cells=cells, lost=pd.Series(data=False, index=raw.index), notes=notes)


def _notes(said: pd.Series, codes: Callable[[str], Iterable[str]]) -> tuple[Note, ...]:
    """Gather the texts of each code, with how often they stand."""
    counts = said.value_counts(sort=False)
    gathered: dict[str, list[tuple[str, int]]] = {}
    for text, count in counts.items():
        for code in codes(str(text)):
            gathered.setdefault(code, []).append((str(text), int(count)))
    return tuple(
        Note(
            code=code,
            count=sum(count for _, count in found),
            sample="、".join(text for text, _ in found[:_SAMPLES]),
        )
        for code, found in gathered.items()
    )


def _of_readings(
    said: pd.Series, read: Callable[[str], Reading]
) -> tuple[pd.Series, pd.Series, tuple[Note, ...]]:
    """Values, what was lost, and the notes of texts that are read one by one."""
    readings = {text: read(text) for text in said.unique()}
    values = said.map({text: item.value for text, item in readings.items()})
    lost = said.map({text: item.lost for text, item in readings.items()}).astype(bool)
    return values, lost, _notes(said, lambda text: readings[text].codes)


# --- figures


def _numbers(raw: pd.Series, column: Column, unit: str) -> Cast:
    values = pd.to_numeric(raw, errors="coerce").astype(float)
    values = values.mask(np.isinf(values))
    if unit and (ratio := units.factor(unit, column.unit)) is not None:
        values = units.scaled(values, ratio)
    doubt = _percent_doubt(values, unit)
    left = texts(raw[values.isna() & raw.notna()])
    read, lost, notes = _of_readings(left, lambda text: _figure(text, column, unit))
    values.loc[left.index] = read.astype(float)
    notes += doubt
    unset = _unset(values, column)
    if unset.any():
        notes += (Note(code="schema.placeholder", count=int(unset.sum()), sample="0"),)
    values = values.mask(unset)
    everywhere = lost.reindex(raw.index, fill_value=False)
    if column.dtype == "float":
        return Cast(cells=values, lost=everywhere, notes=notes)
    whole = (values == values.round()) & (values.abs() < _EXACT)
    return Cast(
        cells=values.where(whole).astype("Int64"), lost=everywhere | (values.notna() & ~whole), notes=notes
    )


def _percent_doubt(shares: pd.Series, unit: str) -> tuple[Note, ...]:
    """Doubt a column in per cent whose figures all look like shares: 0.4 under 建筑密度（%）."""
    given = shares[shares > 0]
    figures = given * 100
    if unit != "percent" or given.empty or figures.max() > 1:
        return ()
    return (Note(code="schema.percent_doubt", count=len(given), sample=f"{figures.iloc[0]:g}"),)


def _unset(values: pd.Series, column: Column) -> pd.Series:
    """Zeros that stand for nothing: where a figure may be left out and 0 is none of those allowed."""
    excluded = column.minimum is not None and (column.minimum > 0 or column.exclusive_minimum)
    return (values == 0) & (excluded and not column.required)


def _figure(text: str, column: Column, unit: str) -> Reading:
    if not text or is_placeholder(text):
        return Reading(codes=("schema.placeholder",) if text else ())
    if quantity := parse_quantity(text):
        own = quantity.unit or unit
        value = converted(quantity.value, own, column)
        foreign = quantity.unit not in {"", unit, column.unit, "percent"}
        return Reading(value=value, lost=value is None, codes=("schema.cell_unit",) if foreign else ())
    bounds = parse_range(text) if column.end else None
    if bounds is None:
        return Reading(lost=True)
    wanted, other = (bounds.low, bounds.high) if column.end == "low" else (bounds.high, bounds.low)
    value = None if wanted is None else converted(wanted, bounds.unit or unit, column)
    open_end = bounds.low_open if column.end == "low" else bounds.high_open
    codes = [("schema.open_end", open_end), ("schema.other_end", other is not None)]
    lost = wanted is not None and value is None
    return Reading(value=value, lost=lost, codes=tuple(code for code, holds in codes if holds))


def converted(value: float, unit: str, column: Column) -> float | None:
    """A figure in the column's unit; None where the unit measures something else."""
    if not unit or unit == column.unit:
        return value
    ratio = units.factor(unit, column.unit) if column.unit else None
    return None if ratio is None else value * ratio.numerator / ratio.denominator


# --- ranges


def cast_range(raw: pd.Series, low: Column, high: Column, unit: str = "") -> tuple[Cast, Cast]:
    """Cast a column whose cells state both ends of a range.

    Parameters
    ----------
    raw
        Cells such as ``≤2.5``, ``1.0≤R≤1.4``.
    low, high
        Columns of the registry that take the ends; figures come out in their units.
    unit
        Unit of the figures where the heading names one.

    Returns
    -------
    tuple of Cast
        Low and high ends; what was lost, and the notes, stand with the low one. A bare figure gives no end, since it
        does not say which one it is.
    """
    said = texts(raw)
    ends = {text: _ends(text) for text in said.unique()}

    def end(which: str, column: Column) -> pd.Series:
        figures = {
            text: None
            if (value := getattr(bounds, which)) is None
            else converted(value, bounds.unit or unit, column)
            for text, (bounds, _) in ends.items()
        }
        return said.map(figures).astype(float)

    notes = _notes(said, lambda text: ends[text][1].codes)
    lost = said.map({text: reading.lost for text, (_, reading) in ends.items()}).astype(bool)
    none = pd.Series(data=False, index=raw.index)
    return Cast(cells=end("low", low), lost=lost, notes=notes), Cast(cells=end("high", high), lost=none)


def _ends(text: str) -> tuple[Bounds, Reading]:
    if not text or is_placeholder(text):
        return Bounds(), Reading(codes=("schema.placeholder",) if text else ())
    bounds = parse_range(text)
    if bounds is not None:
        return bounds, Reading(codes=("schema.open_end",) if bounds.low_open or bounds.high_open else ())
    quantity = parse_quantity(text)
    if quantity is not None:
        return Bounds(), Reading(codes=("schema.bare_figure" if quantity.value else "schema.placeholder",))
    return Bounds(), Reading(lost=True)


# --- days


def _days(raw: pd.Series, column: Column) -> Cast:
    if isinstance(raw.dtype, pd.DatetimeTZDtype):
        raw = raw.dt.tz_localize(None)
    said = texts(raw.dt.strftime("%Y-%m-%d") if pd.api.types.is_datetime64_dtype(raw) else raw)
    values, lost, notes = _of_readings(said, lambda text: _day(text, column))
    return Cast(cells=pd.to_datetime(values).astype("datetime64[us]"), lost=lost, notes=notes)


def _day(text: str, column: Column) -> Reading:
    if not text or is_placeholder(text) or is_no_day(text):
        return Reading(codes=("schema.placeholder",) if text else ())
    span = parse_span(text)
    if span is None or (span.first != span.last and not column.end):
        return Reading(lost=True)
    code = "schema.serial_day" if span.serial else f"schema.span_{column.end}"
    done = span.serial or span.first != span.last
    day = span.first if column.end == "low" else span.last
    return Reading(value=pd.Timestamp(day), codes=(code,) if done else ())
