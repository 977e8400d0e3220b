"""Cells of a sheet or of a text table as text, before anybody knows which row is the heading."""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

import openpyxl
from openpyxl.utils.datetime import MAC_EPOCH
from python_calamine import CalamineWorkbook, SheetVisibleEnum

from parcelplan.errors import InputError
from parcelplan.findings import Finding, Findings

Row = list[str | None]
Read_co = TypeVar("Read_co", covariant=True)

TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
WORKBOOK_SUFFIXES = (".xlsx", ".xlsm", ".xls")

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_PAGE = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|table|meta|\?xml)", re.IGNORECASE)
_BLIND_FORMULA = re.compile(rb"(?:</f>|<f[^>]*/>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>")
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_DELIMITERS = (",", "\t", ";", "|")
_SNIFFED_LINES = 50
_MAX_CELLS = 20_000_000
_EXACT = 1e15


@dataclass(frozen=True, kw_only=True)
class Block:
    """Merged cells: rows and columns counted from 0, the last ones included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, kw_only=True)
class Grid:
    """All cells from the first row and column on; rows are equally long, empty cells are None."""

    rows: Sequence[Row]
    merged: Sequence[Block] = ()
    epoch_1904: bool = False
    """Whether the workbook counts its days from 1904."""
    findings: Findings = field(default_factory=Findings)


def read_grid(path: Path, *, sheet: str | None = None, names: Iterable[str] = ()) -> Grid:
    """Read the cells of a file.

    Parameters
    ----------
    path
        A workbook or a text table; which kind of workbook it is, its bytes say.
    sheet
        Sheet of a workbook.
    names
        Names by which to choose a sheet where none is named; otherwise the first one that holds anything.

    Raises
    ------
    InputError
        The file cannot be read, has no such sheet, or holds nothing.
    """
    suffix = path.suffix.lower()
    if suffix in TEXT_SUFFIXES:
        grid = _text_grid(path)
    elif suffix in WORKBOOK_SUFFIXES:
        grid = _workbook_grid(path, sheet, {name.lower() for name in names})
    else:
        raise InputError("error.unknown_table_format", file=path)
    if not any(any(row) for row in grid.rows):
        raise InputError("error.empty_table", file=path)
    return grid


def sheet_names(path: Path) -> list[str]:
    """Names of the sheets of a workbook that are not hidden, in their order.

    Raises
    ------
    InputError
        The file is no workbook, or cannot be read.
    """
    return _with_workbook(path, _names_of)


def _names_of(path: Path, *, is_new: bool) -> list[str]:
    with path.open("rb") as file:
        if is_new:
            book = openpyxl.load_workbook(file, read_only=True)
            return [item.title for item in book.worksheets if item.sheet_state == "visible"]
        with CalamineWorkbook.from_filelike(file) as old:
            return [item.name for item in old.sheets_metadata if item.visible == SheetVisibleEnum.Visible]


def _even(rows: Iterable[Sequence[str | None]]) -> list[Row]:
    """Rows of one length, without the empty rows and columns at the end."""
    kept = [list(row) for row in rows]
    while kept and not any(kept[-1]):
        kept.pop()
    width = max((place + 1 for row in kept for place, cell in enumerate(row) if cell), default=0)
    return [(row + [None] * (width - len(row)))[:width] for row in kept]


# --- workbooks


def _workbook_grid(path: Path, sheet: str | None, names: set[str]) -> Grid:
    def read(path: Path, *, is_new: bool) -> Grid:
        return (_new_workbook if is_new else _old_workbook)(path, sheet, names)

    return _with_workbook(path, read)


class _Reads(Protocol[Read_co]):
    """Reads something of a workbook, knowing whether it is of the newer kind."""

    def __call__(self, path: Path, *, is_new: bool) -> Read_co: ...


def _with_workbook(path: Path, read: _Reads[Read_co]) -> Read_co:
    """Read something of a workbook; which kind it is, its bytes say."""
    with path.open("rb") as file:
        head = file.read(512)
    if _PAGE.match(head):
        raise InputError("error.page_as_workbook", file=path)
    if not head.startswith((_ZIP, _OLE)):
        raise InputError("error.no_workbook", file=path)
    try:
        return read(path, is_new=head.startswith(_ZIP))
    except InputError:
        raise
    except BaseException as error:  # a broken part makes the readers raise whatever it hits first
        # What a native reader calls a panic stands beside Exception, and has no class to import.
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise InputError("error.unreadable", file=path, reason=error) from error
        raise


def _new_workbook(path: Path, sheet: str | None, names: set[str]) -> Grid:
    with path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of extensions and styles that have nothing to do with the cells
        book = openpyxl.load_workbook(file, data_only=True)
    shown = {
        item.title: item for item in book.worksheets if item.sheet_state == "visible" or item.title == sheet
    }
    for item in shown.values():
        if (cells := item.max_row * item.max_column) > _MAX_CELLS:
            raise InputError("error.table_too_large", file=path, cells=cells)
    filled = [title for title, item in shown.items() if any(any(map(_said, row)) for row in item.values)]
    chosen, found = _chosen_sheet(path, sheet, names, list(shown), filled)
    page = shown[chosen]
    rows = [[_said(cell.value, cell.number_format) for cell in row] for row in page.iter_rows()]
    merged = [
        Block(top=area.min_row - 1, left=area.min_col - 1, bottom=area.max_row - 1, right=area.max_col - 1)
        for area in page.merged_cells.ranges
    ]
    if blind := _formulas_without_result(path):
        found += [Finding(code="table.no_results", layer=path.name, value=blind)]
    return Grid(rows=_even(rows), merged=merged, epoch_1904=book.epoch == MAC_EPOCH, findings=found)


def _formulas_without_result(path: Path) -> int:
    """Count the formulas that no spreadsheet has computed yet: their cells read as empty."""
    with zipfile.ZipFile(path) as book:
        parts = [name for name in book.namelist() if name.startswith("xl/worksheets/")]
        return sum(len(_BLIND_FORMULA.findall(book.read(name))) for name in parts)


def _old_workbook(path: Path, sheet: str | None, names: set[str]) -> Grid:
    with path.open("rb") as file, CalamineWorkbook.from_filelike(file) as book:
        shown = [
            item.name
            for item in book.sheets_metadata
            if item.visible == SheetVisibleEnum.Visible or item.name == sheet
        ]
        filled = [name for name in shown if book.get_sheet_by_name(name).height]
        chosen, found = _chosen_sheet(path, sheet, names, shown, filled)
        cells = book.get_sheet_by_name(chosen)
        rows = [[_said(value) for value in row] for row in cells.to_python(skip_empty_area=False)]
        merged = [
            Block(top=top, left=left, bottom=bottom, right=right)
            for (top, left), (bottom, right) in cells.merged_cell_ranges or ()
        ]
    return Grid(rows=_even(rows), merged=merged, findings=found)


def _chosen_sheet(
    path: Path, sheet: str | None, names: set[str], shown: Sequence[str], filled: Sequence[str]
) -> tuple[str, Findings]:
    if sheet is not None:
        if sheet not in shown:
            raise InputError("error.no_layer", file=path, layer=sheet, known=", ".join(shown))
        return sheet, Findings()
    if not filled:
        raise InputError("error.empty_table", file=path)
    chosen = next((name for name in filled if name.strip().lower() in names), filled[0])
    others = [name for name in filled if name != chosen]
    found = Finding(code="table.sheet", layer=path.name, value=chosen, params={"others": "、".join(others)})
    return chosen, Findings([found] if others else [])


def _said(value: Any, number_format: str = "") -> str | None:
    """A cell as text: whole figures without .0, days without a clock, percentages as they are shown."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float | int) and "%" in number_format:
        return f"{round(value * 100, 10):.15g}%"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time().isoformat() == "00:00:00" else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return None if value is None else str(value).strip() or None


# --- text


def _text_grid(path: Path) -> Grid:
    try:
        raw = path.read_bytes()
        encoding = _encoding(raw)
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError("error.unknown_encoding", file=path) from error
    except OSError as error:
        raise InputError("error.unreadable", file=path, reason=error) from error
    delimiter = _delimiter(text)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise InputError("error.unreadable", file=path, reason=error) from error
    if sum(map(len, lines)) > _MAX_CELLS:
        raise InputError("error.table_too_large", file=path, cells=sum(map(len, lines)))
    found = []
    if not encoding.startswith("utf-8"):
        found.append(Finding(code="table.encoding", layer=path.name, value=encoding.upper()))
    if delimiter != ",":
        found.append(Finding(code="table.delimiter", layer=path.name, value=repr(delimiter)))
    rows = _even([[cell.strip() or None for cell in line] for line in lines])
    return Grid(rows=rows, findings=Findings(found))


def _encoding(raw: bytes) -> str:
    """By the mark at its start, by the zeros between Latin letters, or by trial."""
    for mark, name in _MARKS:
        if raw.startswith(mark):
            return name
    head = raw[:4096]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) > len(head) // 8:
        return "utf-16-le" if odd > even else "utf-16-be"
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


def _delimiter(text: str) -> str:
    """The one that cuts most lines into the same number of cells, more than one; a comma where none does."""
    head = "\n".join(text.splitlines()[:_SNIFFED_LINES])

    def fitness(delimiter: str) -> tuple[int, int]:
        widths = Counter(len(line) for line in csv.reader(io.StringIO(head), delimiter=delimiter) if line)
        width, count = max(widths.items(), key=lambda item: (item[0] > 1, item[1], item[0]), default=(0, 0))
        return (count, width) if width > 1 else (0, 0)

    try:
        return max(_DELIMITERS, key=fitness)
    except csv.Error:
        return ","
