"""From the tables of works, alternatives, crews and calendars to the works of a problem."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from graphlib import TopologicalSorter
from typing import Any

import pandas as pd

from parcelplan.dates import ONE_DAY
from parcelplan.land.works import WorkState, links, remaining, state_of
from parcelplan.planning.building.ground import Ground
from parcelplan.planning.problem import (
    Closure,
    CrewCapacity,
    Demand,
    Mode,
    Precedence,
    Work,
    WorkCalendar,
    WorkDeadline,
)
from parcelplan.schema.crews import units_by_crew
from parcelplan.units import YUAN_PER_WANYUAN

GOES_ON = "/goes_on"
"""Ends the id of a calendar for works in progress: they pause over closures that others may not pause over."""


@dataclass(frozen=True, kw_only=True)
class Programme:
    """The works of a problem, and what binds them to one another."""

    works: tuple[Work, ...]
    precedences: tuple[Precedence, ...]
    calendars: tuple[WorkCalendar, ...]
    demands: tuple[Demand, ...]
    """Crews and deadlines."""
    fixed_works: dict[str, date]


def programme(ground: Ground) -> Programme:
    """State the works; those whose end nobody knows are left out, and all that wait for them."""
    site, table = ground.site, ground.site.table("works")
    known = ground.schedule.index[ground.schedule["state"] != "unknown"]
    rows = {str(name): table.loc[name] for name in table.index if name in known}
    states = {name: state_of(row, site.as_of, ground.diary) for name, row in rows.items()}
    works = tuple(_work(ground, name, rows[name], states[name]) for name in rows)
    fixed = {
        name: day
        for name, row in rows.items()
        if (day := day_of(row["fixed_on"])) is not None and states[name].finished_on is None
    }
    return Programme(
        works=works,
        precedences=tuple(_precedences(table, works)),
        calendars=tuple(_calendars(ground, works)),
        demands=(*_crews(ground, works), *_deadlines(works, rows)),
        fixed_works=fixed,
    )


def day_of(value: Any) -> date | None:
    """A cell of a column of days as a day."""
    return None if pd.isna(value) else pd.Timestamp(value).date()


def _work(ground: Ground, name: str, row: pd.Series, state: WorkState) -> Work:
    fixed = None
    if state.finished_on is not None:
        begun = state.started_on or state.earliest_on or state.finished_on
        fixed = (min(begun, state.finished_on), state.finished_on)
    going_on = state.started_on is not None and fixed is None
    calendar = ground.calendars.get(state.calendar_id)
    paused = going_on and calendar is not None and not calendar.interruptible
    return Work(
        work_id=name,
        kind=str(row["kind"]),
        name=str(row["name"]),
        modes=_modes(ground, name, row, state),
        calendar_id="" if calendar is None else state.calendar_id + (GOES_ON if paused else ""),
        earliest_start_on=None if fixed or going_on else state.earliest_on,
        not_before_on=None if fixed else state.promised_on,
        started_on=state.started_on if going_on else None,
        fixed=fixed,
    )


def _modes(ground: Ground, name: str, row: pd.Series, state: WorkState) -> tuple[Mode, ...]:
    chosen = ground.site.config.plan.modes.get(name)
    if (ended := state.finished_on) is not None:
        begun = min(state.started_on or ended, ended)
        days = (ended - begun).days + 1
        done = ground.schedule.at[name, "state"] == "done"
        return (Mode(duration_days=days, cost_yuan=0.0 if done else _yuan(row)),)
    own = _mode(chosen or "", row, _own_days(ground, name, row, state), started=state.started_on is not None)
    if chosen is not None or state.started_on is not None:
        return (own,)
    table = ground.site.table("alternatives")
    others = table[(table["work_id"] == name) & (table["mode"] != "")].drop_duplicates("mode")
    return (
        own,
        *(_mode(str(cells["mode"]), cells, cells["duration_likely_days"]) for cells in _timed(others)),
    )


def _timed(alternatives: pd.DataFrame) -> Iterator[pd.Series]:
    """Alternatives whose duration is known; nobody can plan with the others."""
    for _, cells in alternatives.iterrows():
        if not pd.isna(cells["duration_likely_days"]):
            yield cells


def _mode(name: str, row: pd.Series, days: Any, *, started: bool = False) -> Mode:
    progress = 0.0 if pd.isna(row.get("progress", 0.0)) else float(row.get("progress", 0.0))
    shortest, longest = (
        remaining(row[f"duration_{end}_days"], progress) for end in ("optimistic", "pessimistic")
    )
    units = units_by_crew(str(row["crews"])) if days else {}
    return Mode(
        name=name,
        duration_days=int(days),
        optimistic_days=None if shortest is None else min(shortest, int(days)),
        pessimistic_days=None if longest is None else max(longest, int(days)),
        crews={crew: count for crew, count in units.items() if count > 0},
        cost_yuan=_yuan(row),
        # What is still to be paid of a work in progress is not due on the day of the plan.
        paid_at_start=0.0 if started or pd.isna(row["paid_at_start"]) else float(row["paid_at_start"]),
    )


def _yuan(row: pd.Series) -> float:
    return 0.0 if pd.isna(row["cost_wanyuan"]) else float(row["cost_wanyuan"]) * YUAN_PER_WANYUAN


def _own_days(ground: Ground, name: str, row: pd.Series, state: WorkState) -> int:
    """Open days that a work takes as its row says.

    A promise without a duration is a milestone. Work in progress that is promised for later than it need last is not
    paused meanwhile: it takes until the promised day.
    """
    days = state.remaining_days or 0
    in_progress = not pd.isna(row["progress"]) and row["progress"] > 0 and _can_go_on(ground, name, state)
    if days and state.promised_on and (state.started_on or in_progress):
        return max(days, ground.diary.open_days(state.calendar_id, ground.site.as_of, state.promised_on))
    return days


def _can_go_on(ground: Ground, name: str, state: WorkState) -> bool:
    if state.earliest_on is not None and state.earliest_on > ground.site.as_of:
        return False
    waits = links(ground.site.table("works"))[name]
    return all(
        link.relation[1] == "F" or ground.schedule.at[link.before, "state"] == "done" for link in waits
    )


def _precedences(table: pd.DataFrame, works: tuple[Work, ...]) -> Iterator[Precedence]:
    """Yield what works wait for; what has begun waits for nothing any more."""
    known = {work.work_id for work in works}
    waiting = {work.work_id for work in works if work.fixed is None and work.started_on is None}
    for work_id, own in links(table).items():
        for link in own if work_id in waiting else ():
            if link.before in known:
                yield Precedence(
                    before=link.before, work_id=work_id, relation=link.relation, lag_days=link.lag_days
                )


def _calendars(ground: Ground, works: tuple[Work, ...]) -> Iterator[WorkCalendar]:
    for calendar_id in sorted({work.calendar_id for work in works if work.calendar_id}):
        own = ground.calendars[calendar_id.removesuffix(GOES_ON)]
        yield WorkCalendar(
            calendar_id=calendar_id,
            working_days=own.working_days,
            closures=tuple(
                Closure(from_on=item.from_on, until_on=item.until_on, yearly=item.yearly)
                for item in own.closures
            ),
            interruptible=own.interruptible or calendar_id.endswith(GOES_ON),
        )


def _crews(ground: Ground, works: tuple[Work, ...]) -> Iterator[CrewCapacity]:
    """Yield the crews of the table that a work can hold; nobody knows how many units the others have."""
    table = ground.site.table("crews").dropna(subset=["capacity"])
    for crew_id, rows in table.groupby("crew_id", sort=True):
        units = {
            (work.work_id, mode.name): mode.crews[str(crew_id)]
            for work in works
            for mode in work.modes
            if work.fixed is None and str(crew_id) in mode.crews
        }
        if units:
            capacity, changes = _capacity(rows, ground.site.as_of)
            names = [str(name) for name in rows["name"] if name]
            title = names[0] if names else ""
            yield CrewCapacity(
                crew_id=str(crew_id), capacity=capacity, changes=changes, units=units, title=title
            )


def _capacity(rows: pd.DataFrame, as_of: date) -> tuple[int, tuple[tuple[date, date, int], ...]]:
    """What a crew has in the end, and every period in which it has something else."""
    normal = rows.loc[rows["from_on"].isna() & rows["until_on"].isna(), "capacity"]
    capacity, since = int(normal.iloc[0]) if len(normal) else 0, as_of
    spells, steps = [], []
    for _, row in rows.sort_values("from_on", kind="stable").iterrows():
        first, until = day_of(row["from_on"]), day_of(row["until_on"])
        if until is not None:
            spells.append((first or as_of, until, int(row["capacity"])))
        elif first is not None:
            # From this day on for good: what the crew had until then is the change.
            steps.append((since, first, capacity))
            capacity, since = int(row["capacity"]), first
    return capacity, tuple(item for item in (*spells, *steps) if item[0] < item[1])


def _deadlines(works: tuple[Work, ...], rows: dict[str, pd.Series]) -> Iterator[WorkDeadline]:
    for work in works:
        if work.fixed is None and (on := day_of(rows[work.work_id]["deadline_on"])) is not None:
            yield WorkDeadline(work_id=work.work_id, on=on)


def fastest_free_on(ground: Ground, found: Programme) -> dict[str, date]:
    """First day after the earliest end that each work could have if all crews and all money were there."""
    works = {work.work_id: work for work in found.works}
    incoming: dict[str, list[Precedence]] = {name: [] for name in works}
    for item in found.precedences:
        incoming[item.work_id].append(item)
    order = TopologicalSorter({name: [item.before for item in own] for name, own in incoming.items()})
    start: dict[str, date] = {}
    free: dict[str, date] = {}
    for name in order.static_order():
        since = [
            (item.relation[1], (free if item.relation[0] == "F" else start)[item.before], item.lag_days)
            for item in incoming[name]
        ]
        start[name], free[name] = _fastest(ground, works[name], since)
    return free


def _fastest(ground: Ground, work: Work, since: list[tuple[str, date, int]]) -> tuple[date, date]:
    if work.fixed is not None:
        return work.fixed[0], work.fixed[1] + ONE_DAY
    as_of, calendar_id = ground.site.as_of, work.calendar_id.removesuffix(GOES_ON)
    days = min(mode.duration_days for mode in work.modes)
    if work.started_on is not None:
        ends_on = ground.diary.end_of(calendar_id, as_of, days)
        return as_of, date.max if ends_on is None else ends_on + ONE_DAY
    first, end_from = max(as_of, work.earliest_start_on or as_of), work.not_before_on
    for end, day, lag_days in since:
        bound = _later(day, lag_days)
        if end == "S":
            first = max(first, bound)
        else:
            end_from = max(end_from or date.min, bound - ONE_DAY)
    if date.max in (first, end_from):
        return date.max, date.max
    if not days:
        day = max(first, (end_from or date.min) + ONE_DAY)
        return day, day
    span = ground.diary.span(calendar_id, first, days, end_from=end_from)
    return (date.max, date.max) if span is None else (span[0], span[1] + ONE_DAY)


def _later(day: date, days: int) -> date:
    return day if day == date.max else day + timedelta(days=days)
