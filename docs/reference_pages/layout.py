"""Markdown as all reference pages use it."""

from __future__ import annotations

from collections.abc import Iterable

NOTICE = "<!-- Written by docs/build_reference.py from the code. Change the code, then run the script. -->"
Row = Iterable[object]
"""Cells of one row of a table."""


def page_of(title: str, *parts: str) -> str:
    """Join title and parts, one empty line apart."""
    return "\n\n".join([f"# {title}", NOTICE, *filter(None, parts)]) + "\n"


def table(headings: Row, rows: Iterable[Row]) -> str:
    """A table without the columns in which nothing stands."""
    names, cells = list(headings), [[_cell(value) for value in row] for row in rows]
    kept = [place for place in range(len(names)) if any(row[place] for row in cells)]
    lines = [[str(names[place]) for place in kept], ["---"] * len(kept)]
    lines += [[row[place] for place in kept] for row in cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: object) -> str:
    said = "" if value is None else str(value)
    return said.replace("|", "\\|").replace("\n", " ").replace("``", "`").strip()


def code(value: object) -> str:
    """A word as code; nothing stays nothing."""
    return f"`{value}`" if value not in (None, "") else ""
