"""Results on the terminal: as tables for eyes, as JSON for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from parcelplan.catalogue import Language, text
from parcelplan.cli.running import out
from parcelplan.io.printing import printable
from parcelplan.io.vector.geojson import plain
from parcelplan.schema.results import result_columns
from parcelplan.views.tables import named

if TYPE_CHECKING:
    from parcelplan.findings import Findings

STYLE = {"error": "bold red", "warning": "yellow", "violated": "bold red", "unknown": "yellow", "info": "dim"}


def show_json(data: Any) -> None:
    """Print one JSON document to standard output."""
    out.file.write(json.dumps(plain(data), ensure_ascii=False, indent=2, allow_nan=False) + "\n")


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a result table as records, its index among them."""
    flat = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    if flat.index.name is not None:
        flat = flat.reset_index()
    return [{str(key): value for key, value in row.items()} for row in flat.to_dict("records")]


def show_table(
    frame: pd.DataFrame, table: str, lang: Language, *, title: str = "", columns: tuple[str, ...] = ()
) -> None:
    """Print a result table of the registry with its labels, formats and names of codes.

    Parameters
    ----------
    frame
        Result table with the registry's columns, the index possibly among them.
    table
        Name of the table in the registry of results.
    lang
        Language of headings and names.
    title
        Heading above the table.
    columns
        Columns to show, in this order; all of them where none is named.
    """
    flat = named(frame.reset_index() if frame.index.name is not None else frame, table, lang)
    specs = {spec.column: spec for spec in result_columns(table)}
    shown = [specs[name] for name in (columns or tuple(specs)) if name in flat.columns]
    grid = Table(
        title=title or None, title_justify="left", header_style="bold", title_style="bold", box=SIMPLE_HEAD
    )
    cells = {spec.column: [_cell(value, spec.format) for value in flat[spec.column]] for spec in shown}
    for spec in shown:
        # Headings may fold, figures, days and ids may not.
        whole = spec.dtype in {"int", "float", "date"} or spec.column.endswith("_id")
        width = max(map(cell_len, cells[spec.column]), default=0) if whole else None
        justify: Literal["left", "right"] = "right" if spec.dtype in {"int", "float"} else "left"
        grid.add_column(spec.label(lang), justify=justify, overflow="fold", min_width=width)
    for row in zip(*cells.values(), strict=True):
        grid.add_row(*(Text(cell, style=STYLE.get(cell, "")) for cell in row))
    out.print(grid)


def _cell(value: Any, number_format: str) -> str:
    if pd.isna(value):
        return "–"
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    if isinstance(value, float) and "%" in number_format:
        return f"{value:.1%}"
    if isinstance(value, float):
        return f"{value:,.2f}"
    return str(value)


def show_findings(findings: Findings, lang: Language, *, title: str = "", limit: int | None = None) -> None:
    """Print findings, errors first, each with its remedy; say how many were left out."""
    if title:
        out.print(Text(title, style="bold"))
    rows = findings.records(lang)
    for row in rows[:limit]:
        line = Text(f"  {text('cli.severity.' + row['severity'], lang)} ", style=STYLE[row["severity"]])
        line.append(f"{printable(row['message'])} ", style="default")
        line.append(printable(row["hint"]), style="dim")
        out.print(line)
    if limit is not None and len(rows) > limit:
        out.print(text("cli.more", lang, count=len(rows) - limit))
