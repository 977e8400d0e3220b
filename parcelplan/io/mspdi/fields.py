"""Columns of ours that the program does not know: its custom fields hold them, under the registry's headings.

A file of somebody else is read by the same rule: a custom field whose heading the registry knows is that column.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from parcelplan import schema
from parcelplan.catalogue import Language
from parcelplan.io.mspdi import values
from parcelplan.io.mspdi.xml_tree import Node
from parcelplan.io.programme.tables import Row, cell_text
from parcelplan.schema.headings import match

LONGEST_TEXT = 250
"""Characters that a custom text field holds; the program itself ends at 255."""
_TEXT, _DATE, _DURATION, _NUMBER = 7, 1, 2, 5
_TASK = 20
_CUT = "…"


@dataclass(frozen=True, kw_only=True)
class Field:
    """One custom field."""

    column: str
    field_id: str
    field_name: str
    cf_type: int

    def content(self, value: Any, lang: Language) -> dict[str, Any] | None:
        """The field of a task; None where nothing is to be said."""
        if value is None:
            return None
        if self.cf_type == _DATE:
            return {"FieldID": self.field_id, "Value": values.at_start(value)}
        if self.cf_type == _DURATION:
            text = values.duration_text(value)
            return {"FieldID": self.field_id, "Value": text, "DurationFormat": values.DAYS}
        text = _word(self.column, str(cell_text(value)), lang)
        cut = text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + _CUT
        return {"FieldID": self.field_id, "Value": cut}


@cache
def fields() -> tuple[Field, ...]:
    """Our custom fields, in the order of ``fields.csv``."""
    text = resources.files(__package__).joinpath("fields.csv").read_text(encoding="utf-8")
    return tuple(
        Field(**(row | {"cf_type": int(row["cf_type"])}))  # type: ignore[arg-type]  # the other cells are text
        for row in csv.DictReader(text.splitlines())
    )


def definitions(lang: Language) -> list[dict[str, Any]]:
    """What the file says of our custom fields: number, name, kind and heading."""
    known = schema.table("works").by_name
    return [
        {
            "FieldID": item.field_id,
            "FieldName": item.field_name,
            "CFType": item.cf_type,
            "ElemType": _TASK,
            "UserDef": 1,
            "Alias": known[item.column].label(lang),
        }
        for item in fields()
    ]


def _word(column: str, text: str, lang: Language) -> str:
    """A choice in the word that people read, where the registry has one in their language."""
    words = schema.table("works").by_name[column].words
    return next((word for word, choice in words.items() if lang == "zh" and choice == text), text)


def columns_of(project: Node) -> dict[str, tuple[str, int]]:
    """Number of each custom field whose heading the registry knows → column and kind of value."""
    spec = schema.table("works")
    found: dict[str, tuple[str, int]] = {}
    for node in project.inside("ExtendedAttributes", "ExtendedAttribute"):
        heading = node.say("Alias")
        meant = match(heading, spec) if heading else None
        if meant and len(meant.columns) == 1 and not meant.unit:
            found[node.say("FieldID")] = (meant.columns[0], values.integer(node.say("CFType"), _TEXT))
    return found


def read_fields(
    task: Node, columns: Mapping[str, tuple[str, int]], minutes_per_day: int
) -> tuple[Row, list[tuple[str, str]]]:
    """Values of a task's custom fields by column, and those that could not be read, as column and text."""
    row: Row = {}
    lost = []
    for column, kind, text in _said(task, columns):
        value: Any = text
        if kind == _DATE:
            value = values.day_of(text)
        elif kind == _DURATION:
            minutes = values.duration_minutes(text)
            value = None if minutes is None else values.whole_days(minutes, minutes_per_day)
        elif kind == _NUMBER:
            value = values.number(text)
        if value is None:
            lost.append((column, text))
        else:
            row[column] = value
    return row, lost


def _said(task: Node, columns: Mapping[str, tuple[str, int]]) -> Iterator[tuple[str, int, str]]:
    for node in task.all("ExtendedAttribute"):
        known = columns.get(node.say("FieldID"))
        if known and (text := node.say("Value")):
            yield (*known, text)
