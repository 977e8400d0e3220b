"""The crews that a work holds, as one cell says it: ``C1:2;C2``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from parcelplan.schema.cells import plain

_BETWEEN = re.compile(r"[;；,，、\n]")
_WITH_UNITS = re.compile(r"(.*\S)\s*(?:[:：×*＊]|(?<=\s)[xX]|[（(\[【])\s*([^:：×*＊（(\[【]*?)[）)\]】]?")
_UNITS = re.compile(r"([+-]?\d{1,4})(?:\.0+)?(?:个|支|台|组|队|人|套)?")


@dataclass(frozen=True, kw_only=True)
class Holding:
    """Units of one crew that a work holds."""

    crew_id: str
    units: int = 1

    def __str__(self) -> str:
        """As a cell says it."""
        return f"{self.crew_id}:{self.units}" if self.units != 1 else self.crew_id


def parse_crews(text: str) -> list[Holding]:
    """Crews of one work, in the order of the cell.

    Parameters
    ----------
    text
        Ids of crews between semicolons or commas; a number may follow each, as in ``C1:2``, ``C1×2`` or ``C1（2）``.
        Without one the work holds a single unit.

    Returns
    -------
    list of Holding
        What cannot be read stands in ``crew_id`` as it was written, so that it is found as an id that points nowhere.

    Examples
    --------
    >>> [str(item) for item in parse_crews("C1：2；C2、吊车×1")]
    ['C1:2', 'C2', '吊车']
    """
    return [_holding(part) for item in _BETWEEN.split(text) if (part := item.strip())]


def format_crews(units: Mapping[str, int]) -> str:
    """Units by crew as one cell, which :func:`parse_crews` reads back."""
    return ";".join(str(Holding(crew_id=name, units=count)) for name, count in units.items())


def units_by_crew(text: str) -> dict[str, int]:
    """Units that a cell names of each crew; one that it names twice counts twice.

    Examples
    --------
    >>> units_by_crew("C1:2;C2;C1")
    {'C1': 3, 'C2': 1}
    """
    found: dict[str, int] = {}
    for item in parse_crews(text):
        found[item.crew_id] = found.get(item.crew_id, 0) + item.units
    return found


def _holding(part: str) -> Holding:
    match = _WITH_UNITS.fullmatch(part)
    units = _UNITS.fullmatch(plain(match[2])) if match else None
    if match is None or units is None:
        return Holding(crew_id=part)
    return Holding(crew_id=match[1], units=int(units[1]))
