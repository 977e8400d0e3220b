"""When each work ends: what was promised, and what durations and predecessors allow."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, timedelta
from graphlib import CycleError, TopologicalSorter
from typing import Any

import pandas as pd

from parcelplan.dates import ONE_DAY
from parcelplan.errors import WorkCycleError

COLUMNS = ("start_on", "ends_on", "forecast_on", "due_on", "state", "driver", "start_driver", "late_days")


def tokens(text: str) -> list[tuple[str, str]]:
    """Split ``site:*;phase:2`` into pairs of kind and id; a part without a colon gets the kind ``""``."""
    parts = [part.strip() for part in text.replace("；", ";").replace("：", ":").split(";") if part.strip()]
    return [
        (kind.strip(), name.strip()) if colon else ("", kind)
        for kind, colon, name in (p.partition(":") for p in parts)
    ]


def predecessors(works: pd.DataFrame) -> dict[str, list[str]]:
    """Predecessors of each work that the table holds; unknown ones are a finding of the reference check."""
    return {
        str(work_id): [
            name.strip() for name in str(text).replace("；", ";").split(";") if name.strip() in works.index
        ]
        for work_id, text in works["predecessors"].items()
    }


def in_order(works: pd.DataFrame) -> list[str]:
    """Work ids, predecessors first.

    Raises
    ------
    WorkCycleError
        Works wait for one another; the message names the circle.
    """
    try:
        return list(TopologicalSorter(predecessors(works)).static_order())
    except CycleError as error:
        circle = [str(name) for name in reversed(error.args[1])]
        raise WorkCycleError("error.work_cycle", works=" → ".join(circle)) from error


def schedule_works(works: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Date every work.

    A work starts on ``as_of``, on its earliest start, or on the day after its last predecessor ends, whichever is
    latest, and takes what is left of its likely duration in calendar days. Nobody has promised to end before the due
    date, and nothing can end before the forecast: ``ends_on``, on which all readiness rests, is the later of the two.

    Parameters
    ----------
    works
        Table ``works`` of the registry, indexed by work_id.
    as_of
        Day of the data.

    Returns
    -------
    DataFrame
        Aligned to ``works``: its kind, name, lead, responsible, progress, predecessors and annex_row, and
        ``start_on``, ``ends_on`` (last day of the work), ``forecast_on``, ``due_on``, ``state``
        (``done | open | unknown``), ``driver`` of the end (``finished | due | forecast``), ``start_driver`` (a work id,
        ``earliest_start`` or ``as_of``) and ``late_days`` of the forecast after the due date.
        A work with neither due date nor duration, one whose due date has passed without a duration, and one behind
        such a work are ``unknown`` with no dates.

    Raises
    ------
    WorkCycleError
        Works wait for one another.
    """
    before = predecessors(works)
    rows = {str(key): row for key, row in works.iterrows()}
    dated: dict[str, dict[str, Any]] = {}
    for work_id in in_order(works):
        dated[work_id] = _dated(rows[work_id], [(name, dated[name]) for name in before[work_id]], as_of)
    frame = pd.DataFrame(
        [dated[work_id] for work_id in works.index], index=works.index, columns=list(COLUMNS)
    )
    for column in ("start_on", "ends_on", "forecast_on", "due_on"):
        frame[column] = pd.to_datetime(frame[column]).astype("datetime64[us]")
    kept = works[["kind", "name", "lead", "responsible", "annex_row", "progress", "predecessors"]]
    return kept.join(frame)


def _day(value: Any) -> date | None:
    return None if pd.isna(value) else pd.Timestamp(value).date()


def _dated(work: pd.Series, before: list[tuple[str, Mapping[str, Any]]], as_of: date) -> dict[str, Any]:
    due, finished = _day(work["due_on"]), _day(work["finished_on"])
    progress = 0.0 if pd.isna(work["progress"]) else float(work["progress"])
    if finished or progress >= 1:
        ended = finished or as_of - ONE_DAY
        # Seen from a day before it ended, a work that is recorded as finished is still open.
        state = "done" if ended < as_of else "open"
        return _row(_day(work["earliest_start_on"]), ended, ended, due, state, "finished", "as_of")
    start, start_driver, known = _start(work, before, as_of)
    begun = _day(work["earliest_start_on"]) if progress > 0 else None
    forecast = None
    if known and not pd.isna(work["duration_likely_days"]):
        remaining = math.ceil(round(float(work["duration_likely_days"]) * (1 - progress), 6))
        forecast = start + timedelta(days=max(remaining, 1) - 1)
    promised = due if due and due >= as_of else None
    if not known or (forecast is None and promised is None):
        return _row(None, None, None, due, "unknown", "", start_driver)
    ends = max(day for day in (forecast, promised) if day)
    driver = "forecast" if forecast == ends and forecast != promised else "due"
    return _row(min(begun, start) if begun else start, ends, forecast, due, "open", driver, start_driver)


def _start(
    work: pd.Series, before: list[tuple[str, Mapping[str, Any]]], as_of: date
) -> tuple[date, str, bool]:
    earliest = _day(work["earliest_start_on"])
    start, driver = as_of, "as_of"
    if earliest and earliest > start:
        start, driver = earliest, "earliest_start"
    for name, row in before:
        if row["state"] == "unknown":
            return start, name, False
        if row["ends_on"] + ONE_DAY > start:
            start, driver = row["ends_on"] + ONE_DAY, name
    return start, driver, True


def _row(*cells: Any) -> dict[str, Any]:
    start, ends, forecast, due, state, driver, start_driver = cells
    late = (forecast - due).days if forecast and due else 0
    return dict(
        zip(COLUMNS, (start, ends, forecast, due, state, driver, start_driver, max(late, 0)), strict=True)
    )


def chain(schedule: pd.DataFrame, work_id: str) -> list[str]:
    """The works behind one work, first to last: each time back to the predecessor that ends last."""
    links = [work_id]
    before = predecessors(schedule)
    while names := [name for name in before[links[-1]] if schedule["state"][name] != "done"]:
        ends = schedule["ends_on"]
        links.append(
            max(names, key=lambda name: (pd.Timestamp.min if pd.isna(ends[name]) else ends[name], name))
        )
    return links[::-1]
