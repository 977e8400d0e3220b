"""An earlier plan, read back from what a run wrote: which parcels went on notice when."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from parcelplan import catalogue
from parcelplan.errors import InputError
from parcelplan.io.sheets.grids import sheet_names
from parcelplan.io.sheets.tables import read_table_findings
from parcelplan.schema.cells import parse_number, parse_span
from parcelplan.schema.results import result_columns
from parcelplan.units import from_mu

COLUMNS = ("parcel_id", "notice_on", "transfer_on")
_BOOKS = {".xlsx", ".xlsm", ".xls"}


@dataclass(frozen=True, kw_only=True)
class EarlierTransfer:
    """One transfer of an earlier plan."""

    parcel_id: str
    notice_on: date
    transfer_on: date
    area_m2: float = 0.0
    """Area as the earlier plan has it; 0 where its file does not say."""

    @property
    def part_of(self) -> str:
        """The parcel of which it may be a piece, by its name."""
        return self.parcel_id.rpartition("/")[0]


def read_earlier(path: Path) -> dict[str, EarlierTransfer]:
    """Read the transfers of an earlier plan.

    Parameters
    ----------
    path
        summary.json or plan.xlsx of an earlier run, or a table with the columns of the result table ``transfers``,
        under their names or their headings in either language.

    Returns
    -------
    dict
        By parcel; rows without a notice were not planned and are left out.

    Raises
    ------
    InputError
        The file is missing or cannot be read, lacks a column, or holds a day that is none.
    """
    if not path.is_file():
        raise InputError("error.no_file", file=path)
    frame = _of_summary(path) if path.suffix.lower() == ".json" else _of_table(path)
    if missing := [name for name in COLUMNS if name not in frame.columns]:
        raise InputError("error.earlier_columns", file=path, columns=", ".join(missing))
    wanted = frame.reindex(columns=[*COLUMNS, "area_mu"]).astype(object)
    rows = wanted.where(wanted.notna(), "").astype(str)
    return {
        parcel: EarlierTransfer(
            parcel_id=parcel,
            notice_on=_day(path, parcel, notice),
            transfer_on=_day(path, parcel, transfer),
            area_m2=from_mu(parse_number(area) or 0.0),
        )
        for parcel, notice, transfer, area in rows.itertuples(index=False)
        if parcel and notice
    }


def _day(path: Path, parcel_id: str, cell: str) -> date:
    span = parse_span(cell)
    if span is None or span.first != span.last:
        raise InputError("error.earlier_day", file=path, parcel=parcel_id, value=cell)
    return span.first


def _of_summary(path: Path) -> pd.DataFrame:
    try:
        said: Any = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError("error.unreadable", file=path, reason=error) from error
    rows = said.get("transfers") if isinstance(said, Mapping) else None
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise InputError("error.earlier_columns", file=path, columns="transfers")
    return pd.DataFrame(rows, dtype=object) if rows else pd.DataFrame(columns=list(COLUMNS))


def _of_table(path: Path) -> pd.DataFrame:
    headings = {
        heading: item.column
        for item in result_columns("transfers")
        for heading in (item.column, item.label_zh, item.label_en)
    }
    is_book = path.suffix.lower() in _BOOKS
    titles = [catalogue.text("sheet.transfers", lang) for lang in catalogue.LANGUAGES]
    sheet = next((name for name in sheet_names(path) if name in titles), None) if is_book else None
    frame, _ = read_table_findings(path, sheet=sheet, headings=tuple(headings))
    return frame.rename(columns=headings)
