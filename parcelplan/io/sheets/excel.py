"""Excel workbooks: frozen headings, filters, number formats, real dates, and text that stays text."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

import pandas as pd
import xlsxwriter

from parcelplan.io.atomic import whole_file

if TYPE_CHECKING:
    from pathlib import Path

    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

NARROWEST, WIDEST = 6, 48
A4 = 9
_INK, _HEAD, _LINE = "#1f2933", "#e8edf2", "#c9d1d9"
_FONT = "Microsoft YaHei"
# Excel opens a text of 32 767 characters and calls a longer one a damaged file.
_LONGEST_TEXT = 32_767


@dataclass(frozen=True, kw_only=True)
class SheetColumn:
    """One column of a sheet."""

    name: str
    """Column of the frame."""
    heading: str
    """What the reader sees, with the unit."""
    format: str = ""
    """Number format as Excel writes it; empty for text."""


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One table of a workbook."""

    title: str
    frame: pd.DataFrame
    columns: tuple[SheetColumn, ...]
    frozen: int = 1
    """Columns that stay in sight when the reader moves to the right."""
    colours: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Column → value → fill colour, for values that should be seen at once."""


def write_workbook(
    path: str | Path,
    sheets: Sequence[Sheet],
    *,
    cover_title: str,
    cover: Sequence[tuple[str, Any]],
    cover_name: str,
    created_on: date,
) -> None:
    """Write a workbook with a cover and one sheet a table, whole or not at all.

    Parameters
    ----------
    path
        The .xlsx file.
    sheets
        Tables in their order. Missing values are empty cells; text is always written as text, so that a name
        that begins with ``=`` or ``@`` is no formula.
    cover_title
        Heading of the cover.
    cover
        Labels and values: what was computed, for when, in which units.
    cover_name
        Title of the cover's tab.
    created_on
        Day written into the file's properties; the same input gives the same file.
    """
    with whole_file(path) as beside, xlsxwriter.Workbook(beside) as book:
        book.set_properties(
            {"title": cover_title, "created": datetime.combine(created_on, time(), tzinfo=UTC)}
        )
        formats = _Formats(book)
        _write_cover(book.add_worksheet(cover_name), formats, cover_title, cover)
        for sheet in sheets:
            _write_sheet(book.add_worksheet(sheet.title), sheet, formats)


class _Formats:
    """Cell formats of one workbook, each made once."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Format] = {}

    def get(self, **properties: Any) -> Format:
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            base = {"font_name": _FONT, "font_size": 10, "font_color": _INK, "valign": "top"}
            self._made[key] = self._book.add_format(base | properties)
        return self._made[key]

    def head(self) -> Format:
        return self.get(
            bold=True, bg_color=_HEAD, bottom=1, bottom_color=_LINE, text_wrap=True, valign="vcenter"
        )

    def cell(self, number_format: str, colour: str = "") -> Format:
        look: dict[str, Any] = {"num_format": number_format} if number_format else {"text_wrap": True}
        return self.get(**look, **({"bg_color": colour} if colour else {}))


def _write_cover(target: Worksheet, formats: _Formats, title: str, lines: Sequence[tuple[str, Any]]) -> None:
    target.hide_gridlines(2)
    target.set_column(0, 0, 24)
    target.set_column(1, 1, 90)
    target.write_string(0, 0, title, formats.get(bold=True, font_size=16))
    for row, (label, value) in enumerate(lines, start=2):
        target.write_string(row, 0, label, formats.get(bold=True, text_wrap=True))
        number_format = "yyyy-mm-dd" if isinstance(value, date) else ""
        _write_cell(
            target, row, 1, value, formats.get(text_wrap=True, align="left", num_format=number_format)
        )
    _set_print(target)


def _write_sheet(target: Worksheet, sheet: Sheet, formats: _Formats) -> None:
    frame, last = sheet.frame, len(sheet.columns) - 1
    target.freeze_panes(1, min(sheet.frozen, last))
    target.autofilter(0, 0, max(1, len(frame)), last)
    target.set_row(0, 32)
    for place, column in enumerate(sheet.columns):
        target.write_string(0, place, column.heading, formats.head())
        values = frame[column.name].tolist()
        target.set_column(place, place, column_width(column, values))
        colours = sheet.colours.get(column.name, {})
        for row, value in enumerate(values, start=1):
            _write_cell(target, row, place, value, formats.cell(column.format, colours.get(str(value), "")))
    target.repeat_rows(0)
    _set_print(target)


def _write_cell(target: Worksheet, row: int, column: int, value: Any, look: Format) -> None:
    if value is None or value is pd.NA or value is pd.NaT:
        target.write_blank(row, column, None, look)
    elif isinstance(value, bool | str):
        # Never plain write(), which would take "=…" for a formula and an address for a link.
        target.write_string(row, column, str(value)[:_LONGEST_TEXT], look)
    elif isinstance(value, date):
        target.write_datetime(row, column, value, look)
    elif not math.isfinite(value):
        target.write_blank(row, column, None, look)
    else:
        target.write_number(row, column, value, look)


def _set_print(target: Worksheet) -> None:
    target.set_paper(A4)
    target.set_landscape()
    target.fit_to_pages(1, 0)
    target.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
    target.set_footer("&L&A&R&P / &N")


def column_width(column: SheetColumn, values: Sequence[Any]) -> float:
    """Width in characters that shows the values, long texts wrapped, the heading on two lines at most.

    Examples
    --------
    >>> column_width(SheetColumn(name="stage", heading="成熟度阶段"), ["净地"])
    8.0
    """
    if column.format.startswith("yyyy"):
        shown = len("2024-01-01")
    elif column.format:
        shown = max((len(f"{value:,.2f}") for value in values if not pd.isna(value)), default=0)
    else:
        shown = max((display_width(str(value)) for value in values if not pd.isna(value)), default=0)
    heading = math.ceil(display_width(column.heading) / 2)
    return float(min(WIDEST, max(NARROWEST, shown + 2, heading + 3)))


def display_width(text: str) -> int:
    """Count the columns a text takes, a Chinese character two.

    Examples
    --------
    >>> display_width("期 1")
    4
    """
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
