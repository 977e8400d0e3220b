"""A plan as a run left it in its summary.json: enough to hold a later plan against it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from parcelplan.compare import Side, dated
from parcelplan.errors import InputError
from parcelplan.io.guard.footprint import mebibytes
from parcelplan.plan import ObjectiveValue
from parcelplan.units import YUAN_PER_WANYUAN, from_mu

FILE = "summary.json"
_LARGEST = 256 * 2**20
_SIZES = {"mu_day": from_mu(1.0), "wanyuan": YUAN_PER_WANYUAN}
_UNITS = {"mu_day": "m2_day", "wanyuan": "yuan"}


def recorded_side(path: str | Path, label: str = "") -> Side:
    """Read a plan back.

    Parameters
    ----------
    path
        A summary.json, or the folder of results in which it lies.
    label
        What the side is called; scenario and day of the run where none is given.

    Returns
    -------
    Side
        Areas are to a hundredth of a mu, as the run wrote them; money is not in it. A parcel that was not transferred
        is not there.

    Raises
    ------
    InputError
        There is no such file, or it is no summary of a run.
    """
    path = Path(path)
    path = path / FILE if path.is_dir() else path
    if not path.is_file():
        raise InputError("error.no_file", file=path)
    if path.stat().st_size > _LARGEST:
        size = mebibytes(path.stat().st_size)
        raise InputError("error.file_too_large", file=path, size=size, limit=mebibytes(_LARGEST))
    try:
        record = json.loads(path.read_bytes())
        return _side(record, label or " ".join(filter(None, (record["scenario"], path.parent.name))))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError("error.no_summary", file=path, reason=error) from error


def _side(record: Mapping[str, Any], label: str) -> Side:
    sold = pd.DataFrame(
        record["transfers"], columns=["parcel_id", "phase", "batch", "area_mu", "transfer_on"]
    )
    sold["area_m2"] = from_mu(sold["area_mu"].astype(float))
    parcels = sold.set_index("parcel_id")[["phase", "area_m2", "batch", "transfer_on"]]
    parcels = parcels.assign(transferred_m2=parcels["area_m2"], pieces=1)
    columns = ["work_id", "name", "mode", "start_on", "ends_on", "cost_wanyuan"]
    works = pd.DataFrame(record.get("works", []), columns=columns).set_index("work_id")
    works["cost_yuan"] = works.pop("cost_wanyuan").astype(float).fillna(0.0) * YUAN_PER_WANYUAN
    return Side(
        label=label,
        as_of=date.fromisoformat(record["as_of"]),
        status=record["status"],
        parcels=dated(parcels),
        sales=dated(sold[["transfer_on", "area_m2"]]),
        works=dated(works),
        objectives=tuple(
            ObjectiveValue(
                name=item["objective"],
                value=float(item["value"]) * _SIZES.get(item["unit"], 1.0),
                unit=_UNITS.get(item["unit"], item["unit"]),
            )
            for item in record.get("objectives", [])
        ),
    )
