"""Crews as resources, and what works hold of them as assignments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from parcelplan.dates import ONE_DAY
from parcelplan.io.programme.tables import Row
from parcelplan.schema.crews import units_by_crew

_WORK = 1
_BEFORE_ALL, _AFTER_ALL = date(1984, 1, 1), date(2049, 12, 31)
"""First and last day that the program knows."""


def crew_uids(crews: Sequence[Row], works: Sequence[Row]) -> dict[str, int]:
    """A number for each crew, those included that only works name."""
    named = [str(row["crew_id"]) for row in crews if row.get("crew_id")]
    held = [crew for row in works for crew in units_by_crew(str(row.get("crews") or ""))]
    return {crew: place for place, crew in enumerate(dict.fromkeys([*named, *held]), start=1)}


def resources(crews: Sequence[Row], works: Sequence[Row]) -> list[dict[str, Any]]:
    """One resource a crew; other capacities for a time are periods of availability."""
    made = []
    for crew_id, uid in crew_uids(crews, works).items():
        rows = [row for row in crews if row.get("crew_id") == crew_id]
        normal = next((row for row in rows if not row.get("from_on")), {})
        capacity = int(normal.get("capacity") or 0) if rows else 1
        periods = list(_periods(rows, capacity))
        made.append(
            {
                "UID": uid,
                "ID": uid,
                "Name": _name(str(normal.get("name") or crew_id)),
                "Type": _WORK,
                "IsNull": 0,
                "Code": crew_id,
                "MaxUnits": capacity,
                "AvailabilityPeriods": {"AvailabilityPeriod": periods} if periods else None,
            }
        )
    return made


def _name(text: str) -> str:
    """A name without the marks that the program parts resources by."""
    return text.translate({ord(mark): " " for mark in "[],;"})[:250]


def _periods(rows: Sequence[Row], capacity: int) -> Iterator[dict[str, Any]]:
    """All of time in periods of one capacity; empty where it never changes."""
    changes = [row for row in rows if row.get("from_on") and row.get("until_on")]
    if not changes:
        return
    edges = {_BEFORE_ALL, _AFTER_ALL + ONE_DAY}
    edges |= {
        min(max(row[name], _BEFORE_ALL), _AFTER_ALL) for row in changes for name in ("from_on", "until_on")
    }
    bounds = sorted(edges)
    for start, end in pairwise(bounds):
        holding = (int(row["capacity"] or 0) for row in changes if row["from_on"] <= start < row["until_on"])
        yield {
            "AvailableFrom": f"{start}T00:00:00",
            "AvailableTo": f"{end - ONE_DAY}T23:59:00",
            "AvailableUnits": next(holding, capacity),
        }


def assignments(works: Sequence[Row], crews: Sequence[Row], uids: Mapping[str, int]) -> list[dict[str, Any]]:
    """What each work holds of each crew, without days."""
    numbers = crew_uids(crews, works)
    held = [
        (uids[str(row["work_id"])], numbers[crew], units)
        for row in works
        for crew, units in units_by_crew(str(row.get("crews") or "")).items()
        if units > 0
    ]
    return [
        {"UID": place, "TaskUID": task, "ResourceUID": resource, "Units": units}
        for place, (task, resource, units) in enumerate(held, start=1)
    ]
