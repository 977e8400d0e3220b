"""The registry of layers, tables and columns: the one home of their names, units, domains and labels.

Read from ``tables.csv``, ``columns.csv`` and ``choices.csv``.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

from parcelplan.catalogue import Language

Dtype = Literal["str", "int", "float", "bool", "date"]
Geometry = Literal["point", "line", "polygon"]
End = Literal["", "low", "high"]
_DIMENSIONS: Mapping[Geometry, int] = {"point": 0, "line": 1, "polygon": 2}


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of one table."""

    name: str
    dtype: Dtype
    unit: str
    required: bool
    unique: bool
    minimum: float | None
    """Smallest value allowed; ``exclusive_minimum`` says whether it is itself allowed."""
    exclusive_minimum: bool
    maximum: float | None
    choices: tuple[str, ...]
    words: Mapping[str, str]
    """What people write for a choice, such as 征地拆迁 for ``acquisition``."""
    label_zh: str
    label_en: str
    aliases: tuple[str, ...]
    doc: str
    end: End
    """End that the column holds of a range or of a span of days that one cell states; empty where it holds none."""
    public: bool
    """Whether the column may stand in a file for publication; owners and business figures may not."""

    def label(self, lang: Language) -> str:
        """Heading in one language."""
        return self.label_zh if lang == "zh" else self.label_en

    @property
    def domain_text(self) -> str:
        """The domain in words for a message, empty where every value is allowed."""
        if self.choices:
            return " | ".join(self.choices)
        if self.minimum is None:
            return ""
        if self.maximum is None:
            return f"{'>' if self.exclusive_minimum else '>='} {self.minimum:g}"
        return f"{self.minimum:g} … {self.maximum:g}"


@dataclass(frozen=True, kw_only=True)
class Table:
    """A layer or a table with its columns; the first one is its identity, or what its rows speak of."""

    name: str
    geometry: Geometry | None
    """Kind of geometry of a layer; None for a table."""
    label_zh: str
    label_en: str
    columns: tuple[Column, ...]

    @property
    def dimension(self) -> int | None:
        """Dimension of its geometries; None for a table."""
        return None if self.geometry is None else _DIMENSIONS[self.geometry]

    def label(self, lang: Language) -> str:
        """Name in one language."""
        return self.label_zh if lang == "zh" else self.label_en

    @property
    def key(self) -> str:
        """Name of the identifying column."""
        return self.columns[0].name

    @property
    def keyed(self) -> bool:
        """Whether the identifying column has every value once; otherwise several rows speak of one thing."""
        return self.columns[0].unique

    @property
    def by_name(self) -> Mapping[str, Column]:
        """Columns by name."""
        return {column.name: column for column in self.columns}

    @property
    def aliases(self) -> Mapping[str, str]:
        """Every other heading a column may stand under, in lower case, to its name; without those of a range."""
        pairs = [
            (alias, column.name) for column in self.columns for alias in (*column.aliases, column.label_zh)
        ]
        counts = Counter(heading for heading, _ in pairs)
        return {heading.lower(): name for heading, name in pairs if counts[heading] == 1} | {
            column.name.lower(): column.name for column in self.columns
        }


def _domain(text: str) -> tuple[float | None, bool, float | None, tuple[str, ...]]:
    if "|" in text:
        return None, False, None, tuple(text.split("|"))
    if ".." in text:
        low, high = text.split("..")
        return float(low), False, float(high), ()
    if text.startswith(">="):
        return float(text[2:]), False, None, ()
    if text.startswith(">"):
        return float(text[1:]), True, None, ()
    return None, False, None, (text,) if text else ()


def _column(row: Mapping[str, str]) -> Column:
    minimum, exclusive, maximum, choices = _domain(row["domain"])
    return Column(
        name=row["column"],
        dtype=row["dtype"],  # type: ignore[arg-type]  # the registry's own test holds the values
        unit=row["unit"],
        required=row["required"] == "yes",
        unique=row["unique"] == "yes",
        minimum=minimum,
        exclusive_minimum=exclusive,
        maximum=maximum,
        choices=choices,
        words={word: choice for word, choice in _choice_words(row["column"]) if choice in choices},
        label_zh=row["label_zh"],
        label_en=row["label_en"],
        aliases=tuple(filter(None, row["aliases"].split(";"))),
        doc=row["doc"],
        end=row["end"],  # type: ignore[arg-type]  # the registry's own test holds the values
        public=row["public"] == "yes",
    )


@cache
def tables() -> Mapping[str, Table]:
    """All layers and tables by name, in the order of the file."""
    columns: dict[str, list[Column]] = {}
    for row in _rows("columns.csv"):
        columns.setdefault(row["table"], []).append(_column(row))
    return {
        row["table"]: Table(
            name=row["table"],
            geometry=row["geometry"] or None,  # type: ignore[arg-type]  # the registry's own test holds the values
            label_zh=row["label_zh"],
            label_en=row["label_en"],
            columns=tuple(columns[row["table"]]),
        )
        for row in _rows("tables.csv")
    }


def layer_names() -> tuple[str, ...]:
    """Names of all layers, in the order of the file."""
    return tuple(name for name, spec in tables().items() if spec.geometry)


def table_names() -> tuple[str, ...]:
    """Names of all tables without geometry, in the order of the file."""
    return tuple(name for name, spec in tables().items() if not spec.geometry)


@cache
def _choice_words(column: str) -> tuple[tuple[str, str], ...]:
    rows = [row for row in _rows("choices.csv") if row["column"] == column]
    return tuple((word, row["choice"]) for row in rows for word in row["words"].split(";"))


def _rows(file: str) -> Iterator[dict[str, str]]:
    text = resources.files(__package__).joinpath(file).read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines())


def table(name: str) -> Table:
    """One layer or table; ``KeyError`` where the registry has none of that name."""
    return tables()[name]
