"""A programme as a workbook that people read and fill in: one sheet a table, headings of the registry, a legend."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from parcelplan import schema
from parcelplan.catalogue import LANGUAGES, Language, text
from parcelplan.errors import InputError
from parcelplan.findings import Finding, Findings
from parcelplan.io.guard.worker import layer_names_guarded, read_table_guarded
from parcelplan.io.matching import fits, guess_table
from parcelplan.io.programme.tables import TABLES, Programme, rows_of
from parcelplan.io.sheets.excel import Sheet, SheetColumn, write_workbook
from parcelplan.schema.registry import Column

PLANNED = ("start_on", "ends_on", "mode")
"""What a plan says of a work; beside the works for readers, and left out when the workbook comes back."""
MOST_SHEETS = 40
"""Sheets of one workbook that are looked at."""
_FORMATS = {"date": "yyyy-mm-dd", "int": "0", "float": "#,##0.######"}
_WORDS = {True: {"zh": "是", "en": "yes"}, False: {"zh": "否", "en": "no"}}
_LEGEND = ("predecessors", "crews", "covers", "clears", "durations", "dates", "planned", "back")


def write_programme_workbook(
    programme: Programme,
    path: str | Path,
    *,
    planned: pd.DataFrame,
    title: str,
    as_of: date,
    lang: Language = "zh",
) -> None:
    """Write a workbook that :func:`read_programme_workbook` reads back unchanged, whole or not at all.

    Parameters
    ----------
    programme
        Works with crews, calendars, closures and alternatives; tables without rows become sheets to fill in.
    path
        The .xlsx file.
    planned
        ``start_on``, ``ends_on`` and perhaps ``mode`` of the plan, indexed by work_id.
    title, as_of
        Heading of the legend, and day of the data.
    lang
        Language of headings, words and legend.
    """
    sheets = [_sheet(name, programme, planned, lang) for name in TABLES]
    kinds = "、".join(_choices(schema.table("works").by_name["kind"], lang).values())
    legend: list[tuple[str, Any]] = [(text("programme.as_of", lang), as_of)]
    legend += [
        (text(f"programme.legend.{name}", lang), text(f"programme.legend.{name}.text", lang))
        for name in _LEGEND
    ]
    legend.insert(1, (text("programme.legend.kind", lang), kinds))
    write_workbook(
        path,
        sheets,
        cover_title=text("programme.title", lang, title=title),
        cover=legend,
        cover_name=text("programme.legend", lang),
        created_on=as_of,
    )


def _sheet(name: str, programme: Programme, planned: pd.DataFrame, lang: Language) -> Sheet:
    spec = schema.table(name)
    rows = rows_of(name, programme.table(name))
    frame = pd.DataFrame(
        {column.name: [_cell(row.get(column.name), column, lang) for row in rows] for column in spec.columns},
        dtype=object,
    )
    columns = [
        SheetColumn(name=column.name, heading=column.label(lang), format=_FORMATS.get(column.dtype, ""))
        for column in spec.columns
    ]
    if name == "works":
        for item in PLANNED:
            values = planned[item] if item in planned else pd.Series(dtype=object)
            frame[f"@{item}"] = [_planned(values.get(row["work_id"])) for row in rows]
            heading = text(f"programme.planned.{item}", lang)
            columns.append(
                SheetColumn(
                    name=f"@{item}", heading=heading, format="" if item == "mode" else _FORMATS["date"]
                )
            )
    return Sheet(
        title=spec.label(lang), frame=frame, columns=tuple(columns), frozen=3 if name == "works" else 1
    )


def _planned(value: Any) -> Any:
    return (
        None
        if value is None or pd.isna(value)
        else value.date()
        if isinstance(value, pd.Timestamp)
        else value
    )


def _choices(column: Column, lang: Language) -> Mapping[str, str]:
    """What people read for each choice: its first word in Chinese, otherwise the code."""
    if lang != "zh":
        return {choice: choice for choice in column.choices}
    first = {choice: word for word, choice in reversed(list(column.words.items()))}
    return {choice: first.get(choice, choice) for choice in column.choices}


def _cell(value: Any, column: Column, lang: Language) -> Any:
    if isinstance(value, bool):
        return _WORDS[value][lang]
    if column.choices and isinstance(value, str):
        return _choices(column, lang).get(value, value)
    return value


def read_programme_workbook(path: str | Path) -> tuple[dict[str, pd.DataFrame], Findings]:
    """Tables of a workbook as text, whatever its sheets are called, in the order of :data:`TABLES`.

    A sheet is a table by its name, otherwise by its headings; the sheet that knows most headings goes first.

    Raises
    ------
    InputError
        The file cannot be read, or no sheet of it lists works.
    """
    path = Path(path)
    names = layer_names_guarded(path)[:MOST_SHEETS]
    read: dict[str, tuple[pd.DataFrame, Findings]] = {}
    claims: dict[str, list[tuple[int, str]]] = {}
    for name in names:
        called = next((table for table in TABLES if _is_called(name, table)), None)
        try:
            read[name] = read_table_guarded(path, sheet=name, table=called)
        except InputError as error:
            if error.code != "error.empty_table":
                raise
            continue
        headings = [str(heading) for heading in read[name][0].columns]
        table = called or guess_table(headings, None)
        if table in TABLES and len(read[name][0]):
            score = fits(headings, None).get(table, 0) + (1_000 if called else 0)
            claims.setdefault(table, []).append((score, name))
    if "works" not in claims:
        raise InputError("error.no_works_sheet", file=path, sheets=", ".join(names))
    chosen = {table: max(claims[table], key=lambda item: item[0])[1] for table in TABLES if table in claims}
    findings = Findings(
        item for name in chosen.values() for item in read[name][1] if item.code != "table.sheet"
    )
    told = Finding(code="programme.sheets", layer=path.name, value="、".join(chosen.values()))
    frames = {table: _without_planned(read[name][0]) for table, name in chosen.items()}
    return frames, Findings([told, *findings])


def _is_called(sheet: str, table: str) -> bool:
    spec = schema.table(table)
    return sheet.strip().lower() in {spec.name, spec.label_zh, spec.label_en.lower()}


def _without_planned(frame: pd.DataFrame) -> pd.DataFrame:
    headings = {text(f"programme.planned.{item}", lang) for item in PLANNED for lang in LANGUAGES}
    return frame.drop(columns=[name for name in frame.columns if name in headings])
