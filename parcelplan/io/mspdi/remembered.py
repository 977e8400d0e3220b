"""What the program has no place for, remembered in the notes of the project, so that a round trip loses nothing.

The writer reads its own file as if it were a stranger's, and remembers each cell that comes out otherwise, with what
came out. Back again, a cell that still comes out so is what it was; one that does not was changed in between, and the
change stands.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from parcelplan import schema
from parcelplan.findings import Finding
from parcelplan.io.mspdi.xml_tree import Node
from parcelplan.io.programme.tables import Row, cell_text

SPAN, CONSTRAINT = "@span", "@constraint"
"""What is read of a task beside its columns: days of its bar, and the day that its constraint sets."""
_MARK = "parcelplan/1 "
_BESIDE = ("crews", "calendars", "closures")

Tables = Mapping[str, list[Row]]
Memory = dict[str, Any]


def memory_of(read: Tables, original: Tables, calendars: Mapping[str, str]) -> str:
    """What is to be remembered, as one line of text.

    Parameters
    ----------
    read
        Rows by table, as a stranger's reader takes them from the file that was just written.
    original
        The rows that were to be written.
    calendars
        Calendar id as it is read → id as it was.
    """
    read = renamed(read, calendars)
    known = {str(row["work_id"]): row for row in original["works"]}
    works = {str(row["work_id"]): _difference(row, known[str(row["work_id"])]) for row in read["works"]}
    tables = {name: [_cells(row) for row in original.get(name, [])] for name in (*_BESIDE, "alternatives")}
    memory = {"calendars": dict(calendars), "digest": _digest(read), "works": works, "tables": tables}
    return _MARK + json.dumps(memory, ensure_ascii=False, separators=(",", ":"))


def recalled(project: Node, read: Tables) -> tuple[dict[str, list[Row]], list[Finding]]:
    """The rows as they were written, but for what was changed since; as they are where nothing is remembered."""
    memory, found = _memory(project)
    if memory is None:
        return dict(read), found
    rows = renamed(read, memory["calendars"])
    kept = memory["works"]
    works = [_recalled(row, kept.get(str(row["work_id"]), {}), found) for row in rows["works"]]
    for work_id in kept.keys() - {str(row["work_id"]) for row in rows["works"]}:
        found.append(Finding(code="mspdi.work_gone", layer="works", feature_id=work_id))
    if memory["digest"] == _digest(rows):
        rows |= {name: memory["tables"][name] for name in _BESIDE}
    else:
        found.append(Finding(code="mspdi.tables_changed", layer="calendars"))
    return rows | {"works": works, "alternatives": memory["tables"]["alternatives"]}, found


def renamed(rows: Tables, calendars: Mapping[str, str]) -> dict[str, list[Row]]:
    """The rows with calendars under the ids that they had."""
    made = {name: list(own) for name, own in rows.items()}
    for name, column in (("works", "calendar"), ("calendars", "calendar_id"), ("closures", "calendar_id")):
        made[name] = [
            row | {column: calendars.get(str(row[column]), row[column])} for row in made.get(name, [])
        ]
    return made


def _difference(read: Row, original: Row) -> Memory:
    """Cells that come out otherwise, each with what comes out and what it was; what is compared beside the columns."""
    columns = [column.name for column in schema.table("works").columns]
    pairs = {name: [cell_text(read.get(name)), cell_text(original.get(name))] for name in columns}
    told: Memory = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    return told | {name: cell_text(read.get(name)) for name in (SPAN, CONSTRAINT)}


def _recalled(row: Row, memory: Memory, found: list[Finding]) -> Row:
    made = dict(row)
    if not memory:
        return made
    changed = []
    for name in memory.keys() - {SPAN, CONSTRAINT}:
        read, original = memory[name]
        if cell_text(row.get(name)) == read:
            made[name] = original
        else:
            changed.append(name)
    if cell_text(row.get(SPAN)) != memory.get(SPAN) and row.get(SPAN):
        made["duration_likely_days"] = row[SPAN]
        changed.append("duration_likely_days")
    constraint = cell_text(row.get(CONSTRAINT))
    if constraint and constraint != memory.get(CONSTRAINT):
        column, day = constraint.split(" ")
        made[column] = day
        changed.append(column)
    for name in sorted(set(changed)):
        value = made.get(name)
        found.append(
            Finding(
                code="mspdi.changed", layer="works", feature_id=str(row["work_id"]), field=name, value=value
            )
        )
    return made


def _memory(project: Node) -> tuple[Memory | None, list[Finding]]:
    """What the notes of the project hold; a finding where they hold something of ours that cannot be read."""
    for task in project.inside("Tasks", "Task"):
        before, mark, line = task.say("Notes").partition(_MARK)
        if task.say("UID") != "0" or not mark:
            continue
        try:
            memory, _ = json.JSONDecoder().raw_decode(line)
            return _checked(memory), []
        except (ValueError, TypeError, KeyError, RecursionError):
            return None, [Finding(code="mspdi.memory_broken", layer="works", value=len(before))]
    return None, []


def _checked(memory: Any) -> Memory:
    """The memory, if it has the form in which we write it; files can be made to hold anything."""
    texts, both = (str, type(None)), 2
    good = all(isinstance(memory[name], dict) for name in ("calendars", "works", "tables"))
    good = good and all(isinstance(value, str) for value in memory["calendars"].values())
    for work in memory["works"].values():
        for name, value in work.items():
            pair = (
                isinstance(value, list)
                and len(value) == both
                and all(isinstance(item, texts) for item in value)
            )
            good = good and (isinstance(value, texts) if name in {SPAN, CONSTRAINT} else pair)
    for name in (*_BESIDE, "alternatives"):
        good = good and all(
            isinstance(cell, texts) for row in memory["tables"][name] for cell in row.values()
        )
    if not (good and isinstance(memory["digest"], str)):
        raise TypeError
    return dict(memory)


def _cells(row: Row) -> dict[str, str]:
    return {name: text for name, value in row.items() if (text := cell_text(value)) is not None}


def _digest(rows: Tables) -> str:
    """A short sum over crews, calendars and closures, whatever their order."""
    cells = {
        name: sorted(json.dumps(_cells(row), sort_keys=True) for row in rows.get(name, []))
        for name in _BESIDE
    }
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()[:24]
