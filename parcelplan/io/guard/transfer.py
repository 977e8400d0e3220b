"""What a reading process hands back: Arrow for the frame, JSON for the rest.

Nothing is pickled. A process whose native reader was taken over by a file could put any object into a pickle, and
loading it would run the attacker's code here. Arrow and JSON hold nothing but data; Arrow's buffers are checked whole
before use, and an error is only ever one of our own classes with a sentence of our own catalogue.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa

from parcelplan import catalogue, errors
from parcelplan.errors import ParcelPlanError
from parcelplan.findings import Finding, Findings

ANSWER, FRAME = "answer.json", "frame.arrow"
_NAMES = b"parcelplan.columns"
ERRORS = {
    kind.__name__: kind
    for kind in (errors.InputError, errors.ConfigError, errors.CrsError, errors.NotFoundError)
}
"""Errors that a reading may end in."""


def put_frame(folder: Path, frame: pd.DataFrame) -> None:
    """Write a frame, geometry as WKB with its coordinate reference system; none where None.

    Columns travel under their places: damaged files hold names that are empty or stand twice.
    """
    numbered = frame.set_axis([str(place) for place in range(frame.shape[1])], axis="columns")
    if isinstance(frame, gpd.GeoDataFrame):
        place = frame.columns.get_loc(frame.geometry.name)
        table = pa.table(gpd.GeoDataFrame(numbered, geometry=str(place)).to_arrow())
    else:
        table = pa.Table.from_pandas(numbered)
    names = json.dumps([str(name) for name in frame.columns])
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), _NAMES: names})
    with pa.OSFile(str(folder / FRAME), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def take_frame(folder: Path) -> pd.DataFrame:
    """Read a frame back; a GeoDataFrame where it has geometry.

    Raises
    ------
    pyarrow.ArrowInvalid
        The file is no Arrow file, its buffers do not fit together, or a text is not Unicode.
    KeyError, ValueError
        It is not one that :func:`put_frame` writes.
    """
    with pa.OSFile(str(folder / FRAME)) as source:
        table = pa.ipc.open_file(source).read_all()
    table.validate(full=True)
    names = json.loads(table.schema.metadata[_NAMES])
    kinds = [(field.metadata or {}).get(b"ARROW:extension:name", b"") for field in table.schema]
    shapes = [place for place, kind in enumerate(kinds) if kind.startswith(b"geoarrow.")]
    # Coordinates that are no numbers are let in, as on reading: findings name the feature.
    with np.errstate(invalid="ignore"):
        frame = gpd.GeoDataFrame.from_arrow(table) if shapes else table.to_pandas()
    renamed: pd.DataFrame = pd.DataFrame(frame).set_axis(names, axis="columns")
    return gpd.GeoDataFrame(renamed, geometry=names[shapes[0]], crs=frame.crs) if shapes else renamed


def put_answer(folder: Path, answer: Mapping[str, Any]) -> None:
    """Write what else is to be told; what JSON does not know becomes text."""
    (folder / ANSWER).write_text(json.dumps(answer, default=_plain), encoding="ascii")


def take_answer(folder: Path) -> dict[str, Any]:
    """Read it back; ValueError where it is not what :func:`put_answer` writes."""
    answer = json.loads((folder / ANSWER).read_bytes())
    if not isinstance(answer, dict):
        message = "no answer"
        raise ValueError(message)  # noqa: TRY004 - a damaged file, not a caller's slip
    return answer


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else str(value)


def finding_records(findings: Findings) -> list[dict[str, Any]]:
    """Findings as plain data, their sentences left to whoever reads them."""
    return [
        {
            "code": item.code,
            "layer": item.layer,
            "feature_id": item.feature_id,
            "field": item.field,
            "value": item.value.isoformat() if isinstance(item.value, date) else item.value,
            "source": item.source,
            "params": dict(item.params),
        }
        for item in findings
    ]


def findings_of(records: list[dict[str, Any]]) -> Findings:
    """Findings again; those without a sentence of ours are no findings and raise ``ValueError``."""
    if not all(catalogue.has(item["code"]) for item in records):
        message = "unknown finding"
        raise ValueError(message)
    return Findings(Finding(**item) for item in records)


def error_record(error: ParcelPlanError) -> dict[str, Any]:
    """An error as plain data."""
    return {"kind": type(error).__name__, "code": error.code, "params": dict(error.params)}


def error_of(record: Mapping[str, Any]) -> ParcelPlanError:
    """The error again; ``KeyError`` where it is none of ours."""
    if not catalogue.has(record["code"]):
        raise KeyError(record["code"])
    return ERRORS[record["kind"]](record["code"], **record["params"])
