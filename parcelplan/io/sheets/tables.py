"""Tables in: workbooks and text, wherever their heading stands. Every cell is text; the schema gives it its type."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import pandas as pd
from openpyxl.utils import get_column_letter

from parcelplan import schema
from parcelplan.errors import InputError
from parcelplan.findings import Finding, Findings
from parcelplan.io.sheets.grids import Row, read_grid
from parcelplan.io.sheets.headers import Layout, filled_down, lay_out, no_data
from parcelplan.schema.cells import parse_span
from parcelplan.schema.headings import match
from parcelplan.schema.ranges import Bounds, parse_range

__all__ = ["Bounds", "parse_range", "read_table", "read_table_findings"]

_SHOWN = 10


def read_table(path: Path, *, sheet: str | None = None) -> pd.DataFrame:
    """Read a table as text; :func:`read_table_findings` also tells what was guessed and left out.

    Parameters
    ----------
    path
        ``.csv``, ``.xlsx`` or ``.xls``.
    sheet
        Sheet of a workbook; the first one that holds anything where none is named.

    Returns
    -------
    DataFrame
        All cells text, empty ones null; rows without any value, totals and closing notes are left out.

    Raises
    ------
    InputError
        The file is missing, of another kind, or cannot be read.
    """
    return read_table_findings(path, sheet=sheet)[0]


def read_table_findings(
    path: Path,
    *,
    sheet: str | None = None,
    table: str | None = None,
    headings: Collection[str] = (),
) -> tuple[pd.DataFrame, Findings]:
    """Read a table as text, and say how it was read.

    Parameters
    ----------
    path
        ``.xlsx``, ``.xlsm``, ``.xls``, or text (``.csv``, ``.tsv``, ``.txt``) in UTF-8, UTF-16 or GB18030 with commas,
        tabs, semicolons or bars between its cells.
    sheet
        Sheet of a workbook; where none is named, the one called like the table, otherwise the first one that holds
        anything.
    table
        Table or layer of the registry that the file is for; helps to find its heading.
    headings
        Further headings that are expected, such as those that site.toml names.

    Returns
    -------
    frame
        One column a heading as it stands in the file; the rows of a joined heading stand around ``·``. All cells
        text, empty ones null.
    findings
        Encoding, delimiter, sheet, titles, joined headings, merged cells filled down, rows left out.

    Raises
    ------
    InputError
        The file is missing, of another kind, empty, or cannot be read.
    """
    if not path.is_file():
        raise InputError("error.no_file", file=path)
    specs = [schema.table(table)] if table else list(schema.tables().values())
    names = [name for spec in specs if table for name in (spec.name, spec.label_zh, spec.label_en)]
    grid = read_grid(path, sheet=sheet, names=names)
    layout = lay_out(grid, lambda text: text in headings or _means(text, specs))
    layer = table or path.name
    titled, found = _with_title_units(layout, specs, layer)
    findings = [*grid.findings, *_layout_findings(layout, layer), *found]
    rows, filled = filled_down(grid, layout)
    columns = _columns(titled, rows)
    findings += _filled_findings(filled, titled, layer)
    findings += _column_findings(titled, columns, layer)
    dropped = dict(no_data(rows, layout, grid.rows[layout.top : layout.bottom + 1]))
    findings += _row_findings(dropped, rows, layout, layer)
    kept = [row for number, row in enumerate(rows) if number not in dropped and any(row)]
    cells = {heading: [row[place] for row in kept] for place, heading in columns.items()}
    frame = pd.DataFrame(cells, dtype="str", index=range(len(kept)))
    if grid.epoch_1904:
        frame, found = _from_1904(frame, specs, layer)
        findings += found
    return frame, Findings(findings)


def _means(heading: str, specs: Sequence[schema.Table]) -> bool:
    return any(match(heading, spec) for spec in specs)


def _with_title_units(
    layout: Layout, specs: Sequence[schema.Table], layer: str
) -> tuple[list[str], list[Finding]]:
    """Give headings that name no unit the one that stands above the table, where only that makes them known."""
    headings, found = [], []
    for heading in layout.headings:
        with_units = (
            f"{heading}（{unit}）" for unit in layout.units if heading and not _means(heading, specs)
        )
        better = next((text for text in with_units if _means(text, specs)), heading)
        headings.append(better)
        if better != heading:
            found.append(Finding(code="table.unit_of_title", layer=layer, field=heading, value=better))
    return headings, found


def _columns(headings: Sequence[str], rows: Sequence[Row]) -> dict[int, str]:
    """Place and name of each column that has a heading or a value; no name twice."""
    columns: dict[int, str] = {}
    taken: set[str] = set()
    for place, heading in enumerate(headings):
        if not heading and not any(row[place] for row in rows):
            continue
        name = stem = heading or f"unnamed_{get_column_letter(place + 1)}"
        number = 0
        while name in taken:
            number += 1
            name = f"{stem}.{number}"
        taken.add(name)
        columns[place] = name
    return columns


def _from_1904(
    frame: pd.DataFrame, specs: Sequence[schema.Table], layer: str
) -> tuple[pd.DataFrame, list[Finding]]:
    """Write the day numbers of a workbook that counts from 1904 as days, in the columns that hold days."""
    changed, found = frame.copy(), []
    for heading in frame.columns:
        columns = [spec.by_name[hit.columns[0]] for spec in specs if (hit := match(heading, spec))]
        if all(column.dtype != "date" for column in columns):
            continue
        spans = {text: parse_span(text, epoch_1904=True) for text in frame[heading].dropna().unique()}
        days = {text: span.first.isoformat() for text, span in spans.items() if span and span.serial}
        if days:
            changed[heading] = frame[heading].replace(days)
            found.append(Finding(code="table.epoch_1904", layer=layer, field=heading, value=next(iter(days))))
    return changed, found


# --- findings


def _layout_findings(layout: Layout, layer: str) -> Iterator[Finding]:
    if layout.titles:
        yield Finding(
            code="table.titles", layer=layer, value=" / ".join(layout.titles), params={"row": layout.top + 1}
        )
    if layout.bottom > layout.top:
        rows = f"{layout.top + 1}–{layout.bottom + 1}"
        yield Finding(
            code="table.joined_heading",
            layer=layer,
            value="、".join(filter(None, layout.headings)),
            params={"rows": rows},
        )


def _filled_findings(filled: dict[int, int], headings: Sequence[str], layer: str) -> Iterator[Finding]:
    for place, count in sorted(filled.items()):
        yield Finding(code="table.merged", layer=layer, field=headings[place], params={"count": count})


def _column_findings(headings: Sequence[str], columns: dict[int, str], layer: str) -> Iterator[Finding]:
    for place, name in columns.items():
        if not headings[place]:
            yield Finding(code="table.no_heading", layer=layer, field=name)
        elif name != headings[place]:
            yield Finding(code="table.repeated_heading", layer=layer, field=headings[place], value=name)


def _row_findings(
    dropped: dict[int, str], rows: Sequence[Row], layout: Layout, layer: str
) -> Iterator[Finding]:
    """One finding a kind of row left out, with the rows as a spreadsheet numbers them."""
    for code in sorted(set(dropped.values())):
        numbers = sorted(number for number, other in dropped.items() if other == code)
        first = next(cell for cell in rows[numbers[0]] if cell)
        shown = ", ".join(str(number + layout.bottom + 2) for number in numbers[:_SHOWN])
        more = " …" if len(numbers) > _SHOWN else ""
        yield Finding(
            code=code, layer=layer, value=first, params={"rows": shown + more, "count": len(numbers)}
        )
