"""What every chunk of a screening needs to know, noted down once where whoever screens one finds it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parcelplan.city.covers import Covers, open_covers
from parcelplan.city.readiness import COLUMNS as READINESS
from parcelplan.city.request import Request
from parcelplan.geometry.arrays import Bools
from parcelplan.io.streams.room import writing
from parcelplan.land.constraints import in_force

CONTEXT, COVERS = "context.json", "covers.parquet"
FIGURES = ("area_m2", "blocked_m2", "developable_m2", "pieces", "largest_piece_m2")


@dataclass(frozen=True, kw_only=True, eq=False)
class Context:
    """What holds for all chunks of one request; the one object of a process is told from others by being it."""

    folder: str
    """Where :data:`COVERS` lies."""
    kinds: tuple[str, ...]
    """All kinds that were named, ascending, also those without any cover: every chunk has the same columns."""
    days: tuple[date, ...]
    """The days asked for, ascending; the first one says which constraints hold. Empty: all of them do."""
    crs: str
    """Coordinate system in which everything is measured, as WKT."""
    area_rule: str
    """``plane`` or ``ellipsoidal``: by which rule areas are told."""
    replaced: tuple[str, ...]
    """Columns of the input that make room for one of ours."""
    id_column: str
    """Column whose values name a parcel in findings; empty where rows are counted."""
    findings: tuple[dict[str, Any], ...]
    """What making it ready found, as plain data."""

    @cached_property
    def covers(self) -> Covers:
        """The covers, opened once in each process."""
        return open_covers(Path(self.folder) / COVERS)

    @cached_property
    def in_force(self) -> Bools:
        """Shape (days, covers): which cover holds on which day; one row of all where no day was asked for."""
        return holds(self.covers.table, self.days)


def holds(table: pd.DataFrame, days: Sequence[date]) -> NDArray[np.bool_]:
    """Which constraints of a table hold on which days; all of them where no day is named."""
    if not days:
        return np.ones((1, len(table)), dtype=bool)
    return np.array([table.index.isin(in_force(table, day).index) for day in days])


def figure_columns(
    kinds: Sequence[str], days: Sequence[date], *, width: bool = False, readiness: bool = False
) -> list[str]:
    """Names of the columns that a screening adds, in their order."""
    names = ["area_m2", *(f"blocked_m2_{kind}" for kind in sorted(kinds)), *FIGURES[1:]]
    names += ["width_m"] if width else []
    names += [day_column(day) for day in days]
    return names + (list(READINESS) if readiness else [])


def day_column(day: date) -> str:
    """Name of the column of the developable area on a day."""
    return f"developable_m2_{day:%Y%m%d}"


def write_context(context: Context, request: Request) -> None:
    """Note it down, whole or not at all."""
    record = asdict(context) | {"days": [day.isoformat() for day in context.days]}
    del record["folder"]
    path = request.folder / CONTEXT
    partial = path.with_name(f"{path.name}.partial")
    with writing(path):
        partial.write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
        partial.replace(path)


def context_of(request: Request) -> Context:
    """What was noted down for a request; read once in each process."""
    path = request.folder / CONTEXT
    return _read(str(path), path.stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _read(path: str, _changed: int) -> Context:
    record = json.loads(Path(path).read_text(encoding="utf-8"))
    days = tuple(date.fromisoformat(day) for day in record.pop("days"))
    record |= {name: tuple(record[name]) for name in ("kinds", "replaced", "findings")}
    return Context(folder=str(Path(path).parent), days=days, **record)
