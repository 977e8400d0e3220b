"""A programme out of any file that may hold one, and its tables as CSV of the registry."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from parcelplan import schema
from parcelplan.errors import ConfigError
from parcelplan.findings import Findings
from parcelplan.io.atomic import whole_file
from parcelplan.io.guard.worker import read_table_guarded
from parcelplan.io.mspdi import read_mspdi, write_mspdi
from parcelplan.io.programme.kinds import guess_finding, guess_kind, without_missing_kinds
from parcelplan.io.programme.tables import TABLES, Programme, cell_text, rows_of
from parcelplan.io.programme.workbook import read_programme_workbook, write_programme_workbook
from parcelplan.io.sheets.grids import TEXT_SUFFIXES, WORKBOOK_SUFFIXES

if TYPE_CHECKING:
    from datetime import date

    from parcelplan.catalogue import Language

XML = ".xml"
WRITTEN = (XML, ".xlsx")
"""Endings of the files that a programme is written to."""


def read_programme(path: str | Path) -> Programme:
    """Read works, and what they name, out of a schedule, a workbook or a text table.

    Parameters
    ----------
    path
        ``.xml`` of project software, a workbook, or a text table of works.

    Raises
    ------
    InputError
        The file cannot be read, or lists no works.
    ConfigError
        Its ending is none of these.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix == XML:
        return read_mspdi(path)
    if suffix in WORKBOOK_SUFFIXES:
        return _conformed(*read_programme_workbook(path))
    if suffix in TEXT_SUFFIXES:
        frame, found = read_table_guarded(path, table="works")
        return _conformed({"works": frame}, found)
    known = ", ".join((XML, *WORKBOOK_SUFFIXES, *TEXT_SUFFIXES))
    raise ConfigError("error.unknown_programme", file=path, known=known)


def write_programme(
    programme: Programme,
    path: str | Path,
    *,
    planned: pd.DataFrame,
    title: str,
    as_of: date,
    lang: Language = "zh",
) -> None:
    """Write a programme as the ending says: ``.xml`` or ``.xlsx``.

    Raises
    ------
    ConfigError
        Any other ending.
    """
    refuse_unknown(path)
    write = write_mspdi if Path(path).suffix.lower() == XML else write_programme_workbook
    write(programme, path, planned=planned, title=title, as_of=as_of, lang=lang)


def refuse_unknown(path: str | Path) -> None:
    """Refuse an ending of which no file can be written, before anything is computed for it.

    Raises
    ------
    ConfigError
        It is none of :data:`WRITTEN`.
    """
    if Path(path).suffix.lower() not in WRITTEN:
        raise ConfigError("error.unknown_programme", file=path, known=", ".join(WRITTEN))


def _conformed(frames: dict[str, pd.DataFrame], findings: Findings) -> Programme:
    tables: dict[str, pd.DataFrame] = {}
    for name, frame in frames.items():
        tables[name], misfits = schema.conform(frame, name)
        findings += without_missing_kinds(misfits) if name == "works" else misfits
    tables["works"], guesses = _with_kinds(tables["works"])
    return Programme(tables=tables, findings=findings + guesses)


def _with_kinds(works: pd.DataFrame) -> tuple[pd.DataFrame, Findings]:
    """Give works without a kind the one that their names tell, with a finding for each."""
    made, found = works.copy(), []
    for work_id in works.index[works["kind"].isna() | (works["kind"] == "")]:
        name = str(works.at[work_id, "name"])
        kind, word = guess_kind([name])
        made.loc[work_id, "kind"] = kind
        found.append(guess_finding(str(work_id), name, kind, word))
    return made, Findings(found)


def write_table(programme: Programme, name: str, path: str | Path) -> None:
    """Write one table as CSV under the registry's names, whole or not at all; other columns of the file follow.

    Parameters
    ----------
    programme
        What was read.
    name
        One of :data:`TABLES`.
    path
        The .csv file; UTF-8 with a mark, so that spreadsheets open it rightly.
    """
    frame = programme.table(name)
    own = [column.name for column in schema.table(name).columns]
    rows = [{column: cell_text(row.get(column)) for column in own} for row in rows_of(name, frame)]
    written = pd.DataFrame(rows, columns=own, dtype=object)
    for column in frame.columns.difference(own, sort=False):
        written[str(column)] = frame[column].to_numpy()
    with whole_file(path) as beside:
        written.to_csv(beside, index=False, encoding="utf-8-sig", lineterminator="\n")


def held(programme: Programme) -> tuple[str, ...]:
    """Tables beside the works in which there is something."""
    return tuple(name for name in TABLES[1:] if len(programme.table(name)))
