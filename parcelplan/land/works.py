"""When each work ends: what was promised, and what durations, calendars and predecessors allow."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from graphlib import CycleError, TopologicalSorter
from typing import Any

import pandas as pd

from parcelplan.dates import ONE_DAY
from parcelplan.errors import WorkCycleError
from parcelplan.land.calendars import Diary, SiteCalendar, read_calendars
from parcelplan.plan import Plan, PlannedWork
from parcelplan.schema.links import Link, parse_links
from parcelplan.site import Site

COLUMNS = ("start_on", "ends_on", "forecast_on", "due_on", "state", "driver", "start_driver", "late_days")
KEPT = ("kind", "name", "lead", "responsible", "annex_row", "progress", "predecessors")
"""Columns of the works that their schedule repeats."""


def tokens(text: str) -> list[tuple[str, str]]:
    """Split ``site:*;phase:2`` into pairs of kind and id; a part without a colon gets the kind ``""``."""
    parts = [part.strip() for part in text.replace("；", ";").replace("：", ":").split(";") if part.strip()]
    return [
        (kind.strip(), name.strip()) if colon else ("", kind)
        for kind, colon, name in (p.partition(":") for p in parts)
    ]


def links(works: pd.DataFrame) -> dict[str, list[Link]]:
    """What each work waits for, of the works that the table holds; the reference check names the others."""
    known = set(map(str, works.index))
    return {
        str(work_id): [link for link in parse_links(str(text), known) if link.before in known]
        for work_id, text in works["predecessors"].items()
    }


def in_order(works: pd.DataFrame) -> list[str]:
    """Work ids, predecessors first.

    Raises
    ------
    WorkCycleError
        Works wait for one another; the message names the circle.
    """
    before = {work_id: [link.before for link in own] for work_id, own in links(works).items()}
    try:
        return list(TopologicalSorter(before).static_order())
    except CycleError as error:
        circle = [str(name) for name in reversed(error.args[1])]
        raise WorkCycleError("error.work_cycle", works=" → ".join(circle)) from error


def schedule_site(site: Site, planned: Plan | None = None) -> pd.DataFrame:
    """Date the works of a site; see :func:`schedule_works`."""
    return schedule_works(site.table("works"), site.as_of, calendars=read_calendars(site), planned=planned)


def schedule_works(
    works: pd.DataFrame,
    as_of: date,
    *,
    calendars: Mapping[str, SiteCalendar] | None = None,
    planned: Plan | None = None,
) -> pd.DataFrame:
    """Date every work.

    A work starts on ``as_of``, on its earliest start, or as soon as its predecessors let it, whichever is latest, and
    takes what is left of its likely duration in the open days of its calendar; one that has started goes on. Nobody
    has promised to end before the due date, and nothing can end before the forecast: ``ends_on``, on which all
    readiness rests, is the later of the two. Crews and money are the planner's: with a plan, its days stand.

    Parameters
    ----------
    works
        Table ``works`` of the registry, indexed by work_id.
    as_of
        Day of the data.
    calendars
        Calendars by id; a work whose calendar is not here goes on every day.
    planned
        A plan that dates the works; those that it does not hold are dated as without it.

    Returns
    -------
    DataFrame
        Aligned to ``works``: its kind, name, lead, responsible, progress, predecessors and annex_row, and
        ``start_on``, ``ends_on`` (last day of the work), ``forecast_on``, ``due_on``, ``state``
        (``done | open | unknown``), ``driver`` of the end (``finished | due | forecast``), ``start_driver`` (a work
        id, ``earliest_start``, ``as_of``, or ``crew``, ``calendar`` and what else a plan names) and ``late_days`` of
        the forecast after the due date. A work with neither due date nor duration, one whose due date has passed
        without a duration, one whose calendar leaves it too few days, and one behind such a work are ``unknown``
        with no dates.

    Raises
    ------
    WorkCycleError
        Works wait for one another.
    """
    before, diary = links(works), Diary(calendars)
    rows = {str(key): row for key, row in works.iterrows()}
    dated: dict[str, dict[str, Any]] = {}
    for work_id in in_order(works):
        own = _dated(rows[work_id], [(link, dated[link.before]) for link in before[work_id]], as_of, diary)
        fixed = planned.work(work_id) if planned is not None else None
        dated[work_id] = own if fixed is None else _replanned(own, fixed)
    frame = pd.DataFrame(
        [dated[work_id] for work_id in works.index], index=works.index, columns=list(COLUMNS)
    )
    for column in ("start_on", "ends_on", "forecast_on", "due_on"):
        frame[column] = pd.to_datetime(frame[column]).astype("datetime64[us]")
    return works[list(KEPT)].join(frame)


def _day(value: Any) -> date | None:
    return None if pd.isna(value) else pd.Timestamp(value).date()


@dataclass(frozen=True, kw_only=True)
class WorkState:
    """How far a work is on a day, from its row of the table alone."""

    finished_on: date | None
    """Last day of a work that is recorded as finished; the day before for one that is wholly done."""
    started_on: date | None
    """First day of a work in progress, as far as anybody has written it down."""
    earliest_on: date | None
    """No start before this day."""
    due_on: date | None
    promised_on: date | None
    """The due date while it has not passed, or the last open day before it: nobody has promised an earlier end."""
    remaining_days: int | None
    """What is left of the likely duration; None where no duration is known."""
    calendar_id: str


def state_of(work: pd.Series, as_of: date, diary: Diary) -> WorkState:
    """Read one row of the works."""
    calendar_id = str(work["calendar"])
    due_on, finished_on, started_on = (_day(work[name]) for name in ("due_on", "finished_on", "started_on"))
    progress = 0.0 if pd.isna(work["progress"]) else float(work["progress"])
    if finished_on is None and progress >= 1:
        finished_on = as_of - ONE_DAY
    earliest_on = _day(work["earliest_start_on"])
    if started_on is not None and started_on > as_of:
        # Seen from a day before it began, a work that is recorded as begun has still to begin.
        earliest_on = max(started_on, earliest_on or started_on)
        started_on = None
    return WorkState(
        finished_on=finished_on,
        started_on=started_on,
        earliest_on=earliest_on,
        due_on=due_on,
        promised_on=diary.last_open(calendar_id, due_on, as_of) if due_on else None,
        remaining_days=remaining(work["duration_likely_days"], progress),
        calendar_id=calendar_id,
    )


def remaining(duration_days: Any, progress: float) -> int | None:
    """Whole days that are left of a duration, one at least; None where it is not known."""
    if pd.isna(duration_days):
        return None
    return max(math.ceil(round(float(duration_days) * (1 - progress), 6)), 1)


def _dated(
    work: pd.Series, before: list[tuple[Link, Mapping[str, Any]]], as_of: date, diary: Diary
) -> dict[str, Any]:
    state = state_of(work, as_of, diary)
    if (ended := state.finished_on) is not None:
        # Seen from a day before it ended, a work that is recorded as finished is still open.
        done = "done" if ended < as_of else "open"
        start = state.started_on or state.earliest_on
        return _row(start, ended, ended, state.due_on, done, "finished", "as_of")
    start, start_driver, known, end_from = _start(state, before, as_of)
    span = _span(state, start, end_from, diary) if known and state.remaining_days else None
    promised, lost = state.promised_on, state.remaining_days is not None and span is None
    if not known or lost or (span is None and promised is None):
        return _row(None, None, None, state.due_on, "unknown", "", start_driver)
    forecast = span[1] if span else None
    begun = state.started_on or (state.earliest_on if _progress(work) > 0 else None)
    first = span[0] if span else start
    # A promise without a duration cannot be kept before the work can even start.
    ends = max(day for day in (forecast, promised, None if span else start - ONE_DAY, end_from) if day)
    driver = "forecast" if forecast == ends and forecast != promised else "due"
    start_on = min(begun, first) if begun else first
    return _row(start_on, ends, forecast, state.due_on, "open", driver, start_driver)


def _progress(work: pd.Series) -> float:
    return 0.0 if pd.isna(work["progress"]) else float(work["progress"])


def _span(state: WorkState, start: date, end_from: date | None, diary: Diary) -> tuple[date, date] | None:
    days = state.remaining_days or 0
    if state.started_on is None:
        return diary.span(state.calendar_id, start, days, end_from=end_from)
    ends_on = diary.end_of(state.calendar_id, start, days)
    return None if ends_on is None else (start, ends_on)


def _start(
    state: WorkState, before: list[tuple[Link, Mapping[str, Any]]], as_of: date
) -> tuple[date, str, bool, date | None]:
    """First day of what is left of a work, what it waits for, whether that is known, and the earliest end."""
    if state.started_on is not None:
        return as_of, "as_of", True, None
    start, driver, end_from = as_of, "as_of", None
    if state.earliest_on and state.earliest_on > start:
        start, driver = state.earliest_on, "earliest_start"
    for link, row in before:
        if row["state"] == "unknown":
            return start, link.before, False, None
        day = _since(link, row)
        if link.relation[1] == "F":
            # The bound is on the first day after the end.
            end_from = max(end_from or date.min, day - ONE_DAY)
        elif day > start:
            start, driver = day, link.before
    return start, driver, True, end_from


def _since(link: Link, row: Mapping[str, Any]) -> date:
    """Day that a link counts from, with its lag; a work that is done may have no first day."""
    first = row["ends_on"] + ONE_DAY if link.relation[0] == "F" else (row["start_on"] or row["ends_on"])
    day: date = first + timedelta(days=link.lag_days)
    return day


def _replanned(row: Mapping[str, Any], planned: PlannedWork) -> dict[str, Any]:
    """The same work on the days of a plan."""
    ends, waits = planned.ends_on, planned.waited_for
    # A work that no crew waits for may begin early and end on the day that was promised, as it did before the plan.
    free_to_begin = ends == row["ends_on"] and waits.kind == "promised" and not planned.crews
    if planned.fixed or row["driver"] == "finished" or free_to_begin:
        return dict(row)
    due, idle = row["due_on"], planned.free_on <= planned.start_on
    start = row["start_on"] if idle and row["start_on"] else planned.started_on or planned.start_on
    later = row["ends_on"] is None or ends > row["ends_on"]
    forecast = ends if later else row["forecast_on"]
    driver = "forecast" if forecast == ends and ends != due else "due"
    start_driver = row["start_driver"]
    if waits.kind != "nothing" and planned.start_on != row["start_on"]:
        start_driver = waits.subject if waits.kind == "work" else waits.kind
    return _row(start, ends, forecast, due, "open", driver, start_driver)


def _row(*cells: Any) -> dict[str, Any]:
    start, ends, forecast, due, state, driver, start_driver = cells
    late = (forecast - due).days if forecast and due else 0
    return dict(
        zip(COLUMNS, (start, ends, forecast, due, state, driver, start_driver, max(late, 0)), strict=True)
    )


def chain(schedule: pd.DataFrame, work_id: str) -> list[str]:
    """The works behind one work, first to last: each time back to the predecessor that holds it back longest."""
    found = [work_id]
    before = links(schedule)
    while waits := [link for link in before[found[-1]] if schedule["state"][link.before] != "done"]:
        pulls = {link: _pull(schedule, link, found[-1]) for link in waits}
        found.append(max(waits, key=lambda link: (pulls[link], link.before)).before)
    return found[::-1]


def _pull(schedule: pd.DataFrame, link: Link, work_id: str) -> pd.Timestamp:
    """Start that a predecessor allows; the earliest day of all where nobody knows."""
    row, own = schedule.loc[link.before], schedule.loc[work_id]
    first = row["ends_on"] if link.relation[0] == "F" else row["start_on"] - pd.Timedelta(days=1)
    length = own["ends_on"] - own["start_on"] if link.relation[1] == "F" else pd.Timedelta(0)
    day = first + pd.Timedelta(days=link.lag_days) - (pd.Timedelta(0) if pd.isna(length) else length)
    return pd.Timestamp.min if pd.isna(day) else day
