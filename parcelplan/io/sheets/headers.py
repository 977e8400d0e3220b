"""Where the heading of a table stands, over how many rows, and which rows below it are no data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from parcelplan import units
from parcelplan.io.sheets.grids import Grid, Row
from parcelplan.schema.cells import parse_quantity, parse_span, plain, words
from parcelplan.schema.headings import JOINT, key_of

Known = Callable[[str], bool]

_LOOKED_AT = 40
_ENOUGH = 2
_TITLE_SHARE = 0.6
_UNIT_NOTE = re.compile(r"单位:(.+?)[)\s]*$")


@dataclass(frozen=True, kw_only=True)
class Layout:
    """A table taken apart. Row numbers count from 0, as in the grid."""

    top: int
    """First row of the heading."""
    bottom: int
    """Last row of the heading."""
    headings: Sequence[str]
    """One a column; empty where nothing stands over it."""
    titles: Sequence[str]
    """Texts above the heading."""

    @property
    def units(self) -> tuple[str, ...]:
        """Units that the titles give for the whole table, as they are written: 单位：亩、万元."""
        notes = (_UNIT_NOTE.search(plain(title)) for title in self.titles)
        names = [name.strip() for note in notes if note for name in re.split(r"[、,;，]", note[1])]
        return tuple(name for name in names if units.unit_of(name))


def lay_out(grid: Grid, known: Known) -> Layout:
    """Find the heading: the row with most headings that are known, otherwise the first one that looks like one.

    Parameters
    ----------
    grid
        Cells of the sheet.
    known
        Whether a text is a heading of the registry.
    """
    head = _spread(grid)
    top = bottom = _heading_row(head, known)
    while top and _belongs_above(grid, head, top - 1):
        top -= 1
    while bottom + 1 < len(head) and _belongs_below(grid, head, bottom):
        bottom += 1
    titles = dict.fromkeys(cell for row in head[:top] for cell in row if cell)
    columns = zip(*head[top : bottom + 1], strict=True)
    return Layout(
        top=top, bottom=bottom, headings=[_joined(parts) for parts in columns], titles=tuple(titles)
    )


def _spread(grid: Grid) -> list[Row]:
    """The rows that may be headings, with the text of merged cells in each of them."""
    head = [list(row) for row in grid.rows[:_LOOKED_AT]]
    for block in grid.merged:
        if block.top < len(head) and block.left < len(head[0]):
            text = head[block.top][block.left]
            for row in head[block.top : block.bottom + 1]:
                width = len(row[block.left : block.right + 1])
                row[block.left : block.right + 1] = [text] * width
    return head


def _heading_row(head: Sequence[Row], known: Known) -> int:
    counts = [sum(known(text) for text in {cell for cell in row if cell}) for row in head]
    best = max(range(len(head)), key=lambda number: counts[number])
    if counts[best] >= min(_ENOUGH, len(head[0])):
        return best
    widths = [len({cell for cell in row if cell}) for row in head]
    usual = max(widths)
    shaped = (
        number
        for number, row in enumerate(head)
        if 2 * widths[number] > usual and not any(_is_figure(cell) for cell in row if cell)
    )
    return next(shaped, next(number for number, width in enumerate(widths) if width))


def _is_figure(text: str) -> bool:
    return parse_quantity(text) is not None or parse_span(text) is not None


def _belongs_above(grid: Grid, head: Sequence[Row], number: int) -> bool:
    """Whether a row groups the headings under it: not over all of them, as a title does."""
    if len({cell for cell in head[number] if cell}) < _ENOUGH:
        return False
    width = len(head[number])
    groups = [block for block in grid.merged if block.top == number and block.right > block.left]
    reaching = any(block.top <= number < block.bottom for block in grid.merged)
    return reaching or any(block.right - block.left + 1 <= _TITLE_SHARE * width for block in groups)


def _belongs_below(grid: Grid, head: Sequence[Row], bottom: int) -> bool:
    """Whether the next row still belongs to the heading: merged into it, under a group, or a row of units."""
    below = [cell for cell in head[bottom + 1] if cell]
    own = [cell for cell in grid.rows[bottom + 1] if cell]
    if not below or any(_is_figure(cell) for cell in own):
        return False
    if own and all(_unit_text(cell) for cell in own):
        return True
    if any(block.top <= bottom < block.bottom and block.left != block.right for block in grid.merged):
        return True
    return any(block.bottom == bottom and block.right > block.left for block in grid.merged)


def _unit_text(text: str) -> bool:
    return units.unit_of(key_of(text).strip("()")) is not None


def _joined(parts: Sequence[str | None]) -> str:
    """The texts over one column in one line; a unit stands in brackets behind what it belongs to."""
    texts = [re.sub(r"\s*\n\s*", "", part).strip() for part, _ in groupby(part for part in parts if part)]
    heading = texts[0] if texts else ""
    for text in texts[1:]:
        heading += f"（{text.strip('()（）')}）" if _unit_text(text) else JOINT + text
    return heading


# --- rows below the heading


def filled_down(grid: Grid, layout: Layout) -> tuple[list[Row], dict[int, int]]:
    """The rows below the heading, merged cells written into each row that they cover and that says anything itself.

    Where a record is merged over two rows in all its columns, the second one stays empty.

    Returns
    -------
    rows
        Copies of the grid's rows.
    filled
        Number of cells filled, by column.
    """
    first = layout.bottom + 1
    rows = [list(row) for row in grid.rows[first:]]
    own = [row if any(row) else [] for row in rows]
    filled: dict[int, int] = {}
    for block in grid.merged:
        if block.top < first or block.top - first >= len(rows):
            continue
        text = rows[block.top - first][block.left] if block.left < len(layout.headings) else None
        below = [row for row in own[block.top - first + 1 : block.bottom - first + 1] if row]
        if text and below:
            for row in below:
                row[block.left] = text
            filled[block.left] = filled.get(block.left, 0) + len(below)
    return rows, filled


def no_data(rows: Sequence[Row], layout: Layout, heading_rows: Sequence[Row]) -> Iterator[tuple[int, str]]:
    """Rows that are no records, by number, with the finding's code: totals, closing notes, headings repeated.

    Empty rows are passed over.
    """
    repeated = [[cell for cell in row if cell] for row in heading_rows]
    for number, row in enumerate(rows):
        texts = [cell for cell in row if cell]
        if any(_is_total(text) for text in texts[:2]):
            yield number, "table.totals"
        elif texts and texts in repeated:
            yield number, "table.heading_again"
    for number in range(len(rows) - 1, -1, -1):
        texts = [cell for cell in rows[number] if cell]
        if texts and not any(_is_total(text) for text in texts[:2]):
            if not _is_note(texts, len(layout.headings)):
                return
            yield number, "table.notes"


@cache
def _first_letters() -> frozenset[str]:
    """Letters with which a total begins; most cells are told from one by their first letter."""
    letters = {word[0] for word in words("total")}
    return frozenset(letters | {letter.upper() for letter in letters})


def _is_total(text: str) -> bool:
    if text[0] not in _first_letters():
        return False
    return re.sub(r"\(.*\)$", "", key_of(text)) in words("total")


def _is_note(texts: Sequence[str], width: int) -> bool:
    return key_of(texts[0]).startswith(tuple(words("note"))) and 2 * len(texts) <= max(width, 2)
