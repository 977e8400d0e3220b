"""What one cell says: numbers, quantities, days and placeholders as people type them. Text in, values out, no frames.

A cell that says two things, or something that nobody can be sure of, is not read: the caller gets None and finds it.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources

from parcelplan import dates, units

LONGEST = 80
"""Letters that a cell may have to be looked at: nobody writes a figure, a day or a range that long."""

_GROUPED = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?"
_PLAIN = r"(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?"
NUMBER = rf"(?:{_GROUPED}|{_PLAIN})"
_QUANTITY = re.compile(rf"([+-]?)({NUMBER})(\D.*)?")
_MINUS = str.maketrans({"−": "-", "﹣": "-", "‐": "-"})

_HAN_DIGITS = {han: digit for digit, han in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_HAN_NUMBER = re.compile(r"第?([一二两三四五六七八九]?十?[零一二三四五六七八九]?)(\D*)")

_EPOCH = date(1899, 12, 30)
_EPOCH_1904 = date(1904, 1, 1)
_SERIAL = re.compile(r"([2-7]\d{4})(?:\.\d+)?")
_CLOCK = r"(?:[t ]\s*\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:z|[+-]\d{2}:?\d{2})?)?"
_DAY = re.compile(rf"(\d{{4}})([-/.年])(\d{{1,2}})(?:[-/.月])(\d{{1,2}})日?{_CLOCK}")
_COMPACT_DAY = re.compile(r"((?:19|20|21)\d{2})(\d{2})(\d{2})(?:\.0+)?")
_AT_END = re.compile(r"(.+\D)[底末](?:之?前)?")
_MONTH = re.compile(r"(\d{4})(?:年|[-/.])(\d{1,2})(?:月份?)?")
_COMPACT_MONTH = re.compile(r"((?:19|20|21)\d{2})(0[1-9]|1[0-2])(?:\.0+)?")
_QUARTER = re.compile(r"(\d{4})年?(?:第?([一二三四1-4])季度?|q([1-4]))")
_HALF = re.compile(r"(\d{4})年?([上下])半年")
_YEAR = re.compile(r"((?:19|20|21)\d{2})(?:\.0+)?年?度?")
_LOST_ZERO = re.compile(r"\d{4}\.1")


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """A figure and the unit that stands behind it."""

    value: float
    unit: str
    """Name of the unit as :mod:`parcelplan.units` has it; empty where none is written."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """Days a cell speaks of, both included."""

    first: date
    last: date
    serial: bool = False
    """Whether the cell held the running number of a spreadsheet."""


@cache
def words(kind: str) -> frozenset[str]:
    """Words of one kind, such as ``placeholder``, from ``words.csv``."""
    text = resources.files(__package__).joinpath("words.csv").read_text(encoding="utf-8")
    return frozenset(row["word"] for row in csv.DictReader(text.splitlines()) if row["kind"] == kind)


def plain(text: str) -> str:
    """Half-width characters, one kind of minus, no blanks at the ends, lower case.

    Examples
    --------
    >>> plain("　１２．５㎡ ")
    '12.5m2'
    """
    return unicodedata.normalize("NFKC", text).translate(_MINUS).strip().lower()


def is_placeholder(text: str) -> bool:
    """Whether the cell says that it says nothing: ``/``, ``—``, ``无``, ``N/A``."""
    return plain(text) in words("placeholder")


def is_no_day(text: str) -> bool:
    """Whether the cell holds a day that systems write for no day: 1901-01-02."""
    return plain(text)[:10] in words("no_day")


def parse_quantity(text: str) -> Quantity | None:
    """A figure with or without a unit.

    Parameters
    ----------
    text
        Digits of either width, with or without thousands separators; a known unit or counting word may follow. A
        small Chinese number may stand before a counting word.

    Returns
    -------
    Quantity or None
        None where the cell is not exactly one finite figure.

    Examples
    --------
    >>> parse_quantity("１，２３４．５亩"), parse_quantity("40%").unit, parse_quantity("第三期").value
    (Quantity(value=1234.5, unit='mu'), 'percent', 3.0)
    >>> parse_quantity("1,23") is parse_quantity("约75") is None
    True
    """
    said = re.sub(r"\s+", "", plain(text))
    if len(said) > LONGEST:
        return None
    match = _QUANTITY.fullmatch(said)
    if match is None:
        return _han_quantity(said)
    sign, digits, tail = match.groups()
    unit = _unit_behind(tail or "")
    value = float(sign + digits.replace(",", ""))
    if unit is None or abs(value) == float("inf"):
        return None
    return Quantity(value=value, unit=unit)


def _unit_behind(tail: str) -> str | None:
    tail = re.sub(r"^\((.+)\)$", r"\1", tail)
    return "" if not tail or tail in words("counter") else units.unit_of(tail)


def _han_quantity(said: str) -> Quantity | None:
    """Read 三期 or 第十二期; a Chinese number without a counting word may be a name."""
    match = _HAN_NUMBER.fullmatch(said)
    if match is None or not match[1] or match[2] not in words("counter"):
        return None
    tens, ten, ones = match[1].rpartition("十")
    value = (_HAN_DIGITS.get(tens, 1) * 10 if ten else 0) + (_HAN_DIGITS[ones] if ones else 0)
    return Quantity(value=float(value), unit="") if ten or len(match[1]) == 1 else None


def parse_number(text: str) -> float | None:
    """A figure without a unit; a percentage counts as its share of one.

    Examples
    --------
    >>> parse_number("１２３，４５６．７"), parse_number("40％"), parse_number("12 kV")
    (123456.7, 0.4, None)
    """
    quantity = parse_quantity(text)
    if quantity is None:
        return None
    ratio = units.factor(quantity.unit, "ratio") if quantity.unit else 1
    return None if ratio is None else quantity.value * ratio.numerator / ratio.denominator


def parse_span(text: str, *, epoch_1904: bool = False) -> Span | None:
    """The days that a cell names: one day, or the whole month, quarter, half-year or year.

    Parameters
    ----------
    text
        Such as 2024-06-30, 2024/6/30, 2024.6.30, 20240630, 2024年6月30日, 2024年6月, 2025年一季度, 2024年底, or the
        running number of a spreadsheet (five digits). The year always stands first.
    epoch_1904
        Count running numbers from 1904, as old spreadsheets of the Macintosh do.

    Returns
    -------
    Span or None
        None where the cell is no such day, or where it may be another: ``2024.1`` may be October with its zero lost.

    Examples
    --------
    >>> parse_span("2024年6月").last, parse_span("45473").first
    (datetime.date(2024, 6, 30), datetime.date(2024, 6, 30))
    """
    said = re.sub(r"\s*([年月日])\s*", r"\1", plain(text)) if len(text) <= LONGEST else ""
    try:  # of the days that look like days, date() refuses 30 February
        if match := _SERIAL.fullmatch(said):
            day = (_EPOCH_1904 if epoch_1904 else _EPOCH) + timedelta(days=int(match[1]))
            return Span(first=day, last=day, serial=True)
        if match := _DAY.fullmatch(said):
            day = date(int(match[1]), int(match[3]), int(match[4]))
            return Span(first=day, last=day)
        if match := _COMPACT_DAY.fullmatch(said):
            day = date(*map(int, match.groups()))
            return Span(first=day, last=day)
        if match := _AT_END.fullmatch(said):
            whole = _months(match[1])
            return whole and Span(first=whole.last, last=whole.last)
        return _months(said)
    except ValueError:
        return None


def _months(said: str) -> Span | None:
    """Whole months: from the first one named to the last."""
    if _LOST_ZERO.fullmatch(said):
        return None
    if match := _MONTH.fullmatch(said) or _COMPACT_MONTH.fullmatch(said):
        year, first, last = match[1], int(match[2]), int(match[2])
    elif match := _QUARTER.fullmatch(said):
        number = match[2] or match[3]
        quarter = _HAN_DIGITS.get(number) or int(number)
        year, first, last = match[1], 3 * quarter - 2, 3 * quarter
    elif match := _HALF.fullmatch(said):
        year, first, last = match[1], *((1, 6) if match[2] == "上" else (7, 12))
    elif match := _YEAR.fullmatch(said):
        year, first, last = match[1], 1, 12
    else:
        return None
    return Span(first=date(int(year), first, 1), last=dates.month_end(date(int(year), last, 1)))
