"""The table of sums beside a screening: from its parts one by one, so that ten million parcels take no more room."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from parcelplan.catalogue import Language
from parcelplan.city.summary import BLOCKED, SUMS, merge_summaries, summarise, summary_table
from parcelplan.errors import ConfigError
from parcelplan.io.atomic import whole_file

DISTRICT = "district"
_READY = ("stage", "ready_on", "last_gate")


def district_columns(asked: Sequence[str], columns: Sequence[str], file: Path) -> tuple[str, ...]:
    """Columns that name a parcel's district: those asked for, else ``district`` where there is one.

    Raises
    ------
    ConfigError
        The parcels have no such column.
    """
    for name in asked:
        if name not in columns:
            raise ConfigError("error.no_such_heading", file=file, column=name, known=", ".join(columns))
    return tuple(asked) or tuple(name for name in (DISTRICT,) if name in columns)


def write_summary(parts: Sequence[Path], path: Path, by: Sequence[str], lang: Language) -> pd.DataFrame:
    """Sum up parts by district, kind of the last gate and month, and write the table as CSV that Excel opens.

    Parameters
    ----------
    parts
        Parts of a screening with readiness, in their order.
    path
        File to write; it appears whole or not at all.
    by
        Result of :func:`district_columns`.
    lang
        Language of headings and words.
    """
    table = summary_table(merge_summaries(summarise(_figures(part, by), by=by) for part in parts), lang)
    with whole_file(path) as partial:
        table.to_csv(partial, index=False, encoding="utf-8-sig")
    return table


def _figures(part: Path, by: Sequence[str]) -> pd.DataFrame:
    """What a summary needs of a part; no geometry."""
    names = [name for name in pq.read_schema(part).names if name in SUMS or name.startswith(BLOCKED)]
    figures: pd.DataFrame = pq.read_table(part, columns=[*by, *_READY, *names]).to_pandas()
    return figures
