"""Ranges as sale notices and planning conditions write them, read as bounds with open or closed ends."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from parcelplan import units
from parcelplan.schema.cells import LONGEST, NUMBER, parse_quantity, plain

# The longest words first, so that 不小于 is not taken for 小于.
_SIGNS: tuple[tuple[str, str], ...] = (
    (r"<=|=<|[≤≦⩽]|(?:小于|低于|少于)或?者?等于|不(?:得|应|宜|能)?(?:高于|大于|超过|多于)|最高|至多", "{"),
    (r">=|=>|[≥≧⩾]|(?:大于|高于|超过|多于)或?者?等于|不(?:得|应|宜|能)?(?:低于|小于|少于)|最低|至少", "}"),
    (r"[<‹〈]|小于|低于|少于|不足|不到", "<"),
    (r"[>›〉]|大于|高于|超过|多于", ">"),
)
_MARKS = {"⊤": "}", "⊤!": ">", "⊥": "{", "⊥!": "<"}
_FLIPPED = {"{": "}", "}": "{", "<": ">", ">": "<"}
_DASH = r"(?:[-–—~～]|至|到)"
_AND = re.compile(r"并且|而且|同时|且|;|、|,(?!\d)|(?<=[⊤⊥!])(?=[^!])")
_EXCLUDED = re.compile(r"\(?不(?:包)?含(?:本数|本级)?[\d.]*%?\)?")
_INCLUDED = re.compile(r"\(?包?含(?:本数|本级)?[\d.]*%?\)?")
_NAME = r"(?:[a-z]{1,12}|(?!.*[不非约除或])[\u4e00-\u9fff]{2,12})?:?"
_FIGURE = rf"({NUMBER})([^\d{{}}<>⊤⊥!,\-–—~～至到]*)"
_MARKED = re.compile(rf"{_NAME}{_FIGURE}([⊤⊥])(!?)")
_PREFIXED = re.compile(rf"{_NAME}([{{}}<>]){_FIGURE}(?:([{{}}<>]){_FIGURE})?")
_FRAMED = re.compile(rf"({NUMBER})([%a-z0-9]*)([{{}}<>]){_NAME}(?:([{{}}<>]){_FIGURE})?")
_DASHED = re.compile(rf"{_NAME}{_FIGURE}{_DASH}{_FIGURE}")
_BRACKETS = re.compile(rf"([\[(]){_FIGURE},{_FIGURE}([\])])")


End = tuple[str, str, str]
"""Sign, figure and unit; ``{`` and ``}`` stand for at most and at least, so that each sign is one character."""


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """The figures that a range allows; an end that is None is free."""

    low: float | None = None
    high: float | None = None
    low_open: bool = False
    """Whether the low end itself is not allowed."""
    high_open: bool = False
    """Whether the high end itself is not allowed."""
    unit: str = ""
    """Unit of both ends as :mod:`parcelplan.units` names it; percentages are given as ``ratio``."""


def parse_range(text: str) -> Bounds | None:
    """The bounds that a cell states.

    以上, 以下 and 以内 include the figure they stand behind, unless 不含 says otherwise.

    Returns
    -------
    Bounds or None
        None where the cell is no range, states one end twice, or allows nothing. A bare figure is no range: it does
        not say which end it is.

    Examples
    --------
    >>> parse_range("1.0≤R≤1.4")
    Bounds(low=1.0, high=1.4, low_open=False, high_open=False, unit='')
    >>> parse_range("大于1并且小于或等于5.2").low_open, parse_range("不低于40％").low, parse_range("2.5")
    (True, 0.4, None)

    Source: 以上, 以下, 以内 include the figure: 中华人民共和国民法典, article 1259.
    """
    said = re.sub(r"\s+", "", plain(text))
    if len(said) > LONGEST:
        return None
    if match := _BRACKETS.fullmatch(said):
        left, low, low_unit, high, high_unit, right = match.groups()
        lower, upper = (">" if left == "(" else "}"), ("<" if right == ")" else "{")
        return _bounds([(lower, low, low_unit), (upper, high, high_unit)])
    for pattern, sign in _SIGNS:
        said = re.sub(pattern, sign, said)
    said = _INCLUDED.sub("", _EXCLUDED.sub("!", said))
    said = re.sub(r"(!?)及?以上", r"⊤\1", said)
    said = re.sub(r"(!?)及?以[下内]", r"⊥\1", said)
    ends: list[End] = []
    for clause in _AND.split(said):
        found = _ends(clause)
        if not found:
            return None
        ends += found
    return _bounds(ends)


def _ends(clause: str) -> list[End]:
    """Sign, figure and unit of each end that one clause states."""
    if match := _PREFIXED.fullmatch(clause):
        sign, figure, unit, *second = match.groups()
        ends = [(sign, figure, unit)]
    elif match := _FRAMED.fullmatch(clause):
        figure, unit, sign, *second = match.groups()
        ends = [(_FLIPPED[sign], figure, unit)]
    elif match := _DASHED.fullmatch(clause):
        low, low_unit, high, high_unit = match.groups()
        return [("}", low, low_unit or high_unit), ("{", high, high_unit)]
    elif match := _MARKED.fullmatch(clause):
        figure, unit, mark, excluded = match.groups()
        return [(_MARKS[mark + excluded], figure, unit)]
    else:
        return []
    return [*ends, (second[0], second[1], second[2])] if second[0] else ends


def _bounds(ends: Sequence[End]) -> Bounds | None:
    """Join the ends; nothing where one is stated twice, where units differ, or where no figure is left."""
    quantities = [parse_quantity(figure + unit) for _, figure, unit in ends]
    if None in quantities or len({item.unit for item in quantities if item}) > 1:
        return None
    unit = quantities[0].unit if quantities[0] else ""
    ratio = units.factor(unit, "ratio") if unit else None
    known: dict[str, tuple[float, bool]] = {}
    for (sign, _, _), quantity in zip(ends, quantities, strict=True):
        side = "low" if sign in "}>" else "high"
        if side in known or quantity is None:
            return None
        value = quantity.value * ratio.numerator / ratio.denominator if ratio else quantity.value
        known[side] = (value, sign in "<>")
    low, low_open = known.get("low", (None, False))
    high, high_open = known.get("high", (None, False))
    if low is not None and high is not None and (low > high or (low == high and (low_open or high_open))):
        return None
    return Bounds(low=low, high=high, low_open=low_open, high_open=high_open, unit="ratio" if ratio else unit)
