"""A programme of works as tables of the registry, whatever file it came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from parcelplan import schema
from parcelplan.findings import Findings

TABLES = ("works", "crews", "calendars", "closures", "alternatives")
"""Tables of the registry that a programme may hold."""
Row = dict[str, Any]
"""Column → value: text, int, float, bool or date; None where nothing stands."""


@dataclass(frozen=True, kw_only=True)
class Programme:
    """Works with the crews, calendars and alternatives that they name."""

    tables: Mapping[str, pd.DataFrame]
    """Frames of :data:`TABLES` in the registry's form; what a file does not hold is not here."""
    findings: Findings = field(default_factory=Findings)
    """What reading guessed, left out or could not read."""

    def table(self, name: str) -> pd.DataFrame:
        """A table, or an empty one with the declared columns."""
        if name in self.tables:
            return self.tables[name]
        return frame_of(name, [])[0]


def frame_of(name: str, rows: Iterable[Mapping[str, Any]]) -> tuple[pd.DataFrame, Findings]:
    """Rows as a table in the registry's form, and what does not fit in it.

    Parameters
    ----------
    name
        One of :data:`TABLES`.
    rows
        Values by column, in the registry's units; missing columns are empty.
    """
    columns = [column.name for column in schema.table(name).columns]
    texts = [{column: cell_text(row.get(column)) for column in columns} for row in rows]
    frame = pd.DataFrame(texts, columns=columns, dtype=object)
    return schema.conform(frame, name)


def rows_of(name: str, frame: pd.DataFrame) -> list[Row]:
    """Rows of a table in the registry's form, its key among them; empty text and nulls are None."""
    flat = frame.reset_index() if schema.table(name).keyed else frame
    columns = [column.name for column in schema.table(name).columns if column.name in flat.columns]
    return [
        dict(zip(columns, map(_plain, cells), strict=True)) for cells in flat[columns].itertuples(index=False)
    ]


def cell_text(value: Any) -> str | None:
    """A value as a cell of a text table; None for nothing.

    Examples
    --------
    >>> cell_text(date(2024, 6, 30)), cell_text(0.35), cell_text(True), cell_text("")
    ('2024-06-30', '0.35', 'true', None)
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value) if value != int(value) else str(int(value))
    return value.isoformat() if isinstance(value, date) else str(value)


def _plain(value: Any) -> Any:
    if value is None or (not isinstance(value, str) and pd.isna(value)) or value == "":
        return None
    if isinstance(value, pd.Timestamp):
        return value.date()
    return value.item() if hasattr(value, "item") else value
