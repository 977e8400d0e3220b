"""Tables in: CSV and Excel with one header row. Every cell is read as text; the schema gives it its type."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from parcelplan.errors import InputError

_ENCODINGS = ("utf-8-sig", "gb18030")
_EXCEL = {".xlsx", ".xlsm"}


def read_table(path: Path, *, sheet: str | None = None) -> pd.DataFrame:
    """Read a table as text.

    Parameters
    ----------
    path
        ``.csv`` (UTF-8, with or without a mark, or GB18030) or ``.xlsx``.
    sheet
        Sheet of a workbook; the first one where none is named.

    Returns
    -------
    DataFrame
        All cells text, empty ones null; rows without any value are left out.

    Raises
    ------
    InputError
        The file is missing, of another kind, or cannot be read.
    """
    if not path.is_file():
        raise InputError("error.no_file", file=path)
    suffix = path.suffix.lower()
    try:
        if suffix in _EXCEL:
            frame = pd.read_excel(path, sheet_name=sheet or 0, dtype=str, engine="openpyxl")
        elif suffix == ".csv":
            frame = _read_csv(path)
        else:
            raise InputError("error.unknown_table_format", file=path)
    except (ValueError, OSError) as error:
        raise InputError("error.unreadable", file=path, reason=error) from error
    return frame.dropna(how="all").reset_index(drop=True)


def _read_csv(path: Path) -> pd.DataFrame:
    raw = path.read_bytes()
    for encoding in _ENCODINGS:
        try:
            raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        return pd.read_csv(path, dtype=str, encoding=encoding, keep_default_na=False, na_values=[""])
    raise InputError("error.unknown_encoding", file=path)
