"""What the result tables hold, read from ``results.csv``: column, type, unit, label and number format."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from parcelplan.catalogue import Language


@dataclass(frozen=True, kw_only=True)
class ResultColumn:
    """One column of one result table."""

    table: str
    column: str
    dtype: str
    """``str``, ``int``, ``float``, ``bool`` or ``date``."""
    unit: str
    """Unit of the figures; empty for names, days and counts."""
    label_zh: str
    label_en: str
    format: str
    """Number format as spreadsheets write it; empty for text."""
    codes: str
    """For columns of codes: the family of the catalogue that names them, such as ``stage``."""

    def label(self, lang: Language) -> str:
        """Heading of the column, with its unit."""
        return self.label_zh if lang == "zh" else self.label_en


@cache
def _registry() -> Mapping[str, tuple[ResultColumn, ...]]:
    found: dict[str, tuple[ResultColumn, ...]] = {}
    text = resources.files(__package__).joinpath("results.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        column = ResultColumn(**row)
        found[column.table] = (*found.get(column.table, ()), column)
    return found


def result_tables() -> tuple[str, ...]:
    """Names of all result tables, in the order of the file."""
    return tuple(_registry())


def result_columns(table: str) -> tuple[ResultColumn, ...]:
    """Columns of one result table, in the order in which they are shown; the first may be the index.

    Raises
    ------
    KeyError
        No such table: a mistake of ours, never of the user's.
    """
    return _registry()[table]


def result_labels(table: str, lang: Language) -> dict[str, str]:
    """Headings of one table by column.

    Examples
    --------
    >>> result_labels("parcels", "zh")["ready_on"]
    '成熟日期'
    """
    return {item.column: item.label(lang) for item in result_columns(table)}
