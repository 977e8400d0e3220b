"""A context of readiness in a folder, from which other processes and machines read it: tables and JSON, no pickles."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from parcelplan.city.readiness import ReadinessContext
from parcelplan.land.conditions import Conditions
from parcelplan.site.config import Tolerance

CONTEXT, WORKS, AREAS, ROADS = "readiness.json", "works.parquet", "areas.parquet", "roads.parquet"


def write_readiness(context: ReadinessContext, folder: Path) -> None:
    """Write a context; :data:`CONTEXT` comes last, so that where it is everything is."""
    conditions = context.conditions
    if conditions.works is not None:
        conditions.works.to_parquet(folder / WORKS)
    conditions.areas.to_frame("geometry").to_parquet(folder / AREAS)
    if conditions.roads is not None:
        conditions.roads.to_parquet(folder / ROADS)
    record = {
        "as_of": conditions.as_of.isoformat(),
        "tolerance": conditions.tolerance.model_dump(),
        "works": conditions.works is not None,
        "roads": conditions.roads is not None,
        "ends": {
            work_id: None if pd.isna(day) else day.isoformat() for work_id, day in conditions.ends.items()
        },
        "gate_of_kind": dict(context.gate_of_kind),
        "dated_columns": context.dated_columns,
    }
    partial = folder / f"{CONTEXT}.partial"
    partial.write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
    partial.replace(folder / CONTEXT)


def read_readiness(folder: Path) -> ReadinessContext:
    """Read what :func:`write_readiness` wrote."""
    record: dict[str, Any] = json.loads((folder / CONTEXT).read_text(encoding="utf-8"))
    conditions = Conditions(
        as_of=date.fromisoformat(record["as_of"]),
        tolerance=Tolerance(**record["tolerance"]),
        works=pd.read_parquet(folder / WORKS) if record["works"] else None,
        areas=gpd.read_parquet(folder / AREAS).geometry,
        roads=gpd.read_parquet(folder / ROADS) if record["roads"] else None,
        ends={work_id: pd.Timestamp(day) if day else pd.NaT for work_id, day in record["ends"].items()},
    )
    return ReadinessContext(
        conditions=conditions, gate_of_kind=record["gate_of_kind"], dated_columns=record["dated_columns"]
    )
