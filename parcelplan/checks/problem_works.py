"""Checks of the works, calendars and crews of a planning problem before it is solved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from math import inf
from typing import Any

from parcelplan.checks.problem_findings import below_zero, no_share, reversed_period, twice, unknown, wrong
from parcelplan.checks.work_network import Link, circles
from parcelplan.dates import ONE_DAY
from parcelplan.findings import Finding
from parcelplan.land.open_days import Calendar, OpenDays, is_closed

YEARS_LOOKED_AT = 9
"""Between leap years that are skipped lie eight years, so that closures of every year have shown all their days."""


def works_as_stated(
    works: Sequence[Any], as_of: date, calendars: Mapping[str, Calendar]
) -> Iterator[Finding]:
    """Ids, modes, durations, costs and given dates of works."""
    yield from twice("works", (work.work_id for work in works))
    longest = {name: longest_run(calendar, as_of) for name, calendar in calendars.items()}
    for work in works:
        name = work.work_id
        if work.calendar_id:
            yield from unknown("works", name, "calendar", [work.calendar_id], calendars)
        if not work.modes:
            yield wrong("no_mode", "works", name, "modes", "")
        yield from twice("works", (f"{name} {mode.name}".strip() for mode in work.modes))
        for mode in work.modes:
            yield from _mode(name, mode)
        if work.fixed is not None:
            first, last = work.fixed
            yield from reversed_period("works", name, "fixed", first, last + ONE_DAY, closed=True)
        elif work.started_on is not None and work.started_on > as_of:
            yield wrong("started_later", "works", name, "started_on", work.started_on, as_of=as_of)
        elif work.modes and min(mode.duration_days for mode in work.modes) > longest.get(
            work.calendar_id, inf
        ):
            run_days = longest[work.calendar_id]
            yield wrong("never_fits", "works", name, "calendar", work.calendar_id, run_days=run_days)


def _mode(work_id: str, mode: Any) -> Iterator[Finding]:
    name = f"{work_id} {mode.name}".strip()
    days = (mode.optimistic_days, mode.duration_days, mode.pessimistic_days)
    for field, value in zip(("optimistic_days", "duration_days", "pessimistic_days"), days, strict=True):
        yield from below_zero("works", name, field, value)
    told = [value for value in days if value is not None]
    if told != sorted(told):
        listed = " / ".join("–" if value is None else str(value) for value in days)
        yield wrong("durations_disordered", "works", name, "duration_days", listed)
    yield from below_zero("works", name, "cost_yuan", mode.cost_yuan)
    yield from no_share("works", name, "paid_at_start", mode.paid_at_start)
    for crew, units in mode.crews.items():
        yield from below_zero("works", name, f"crews.{crew}", units)


def calendars_as_stated(calendars: Sequence[Calendar], as_of: date) -> Iterator[Finding]:
    """Ids of calendars, closures that end before they begin, and calendars without an open day."""
    yield from twice("calendars", (calendar.calendar_id for calendar in calendars))
    for calendar in calendars:
        name = calendar.calendar_id
        for closure in calendar.closures:
            yield from reversed_period("closures", name, "until_on", closure.from_on, closure.until_on)
        if OpenDays(calendar).end_of(as_of, 1) is None:
            yield wrong("never_open", "calendars", name, "closures", len(calendar.closures))


def longest_run(calendar: Calendar, as_of: date) -> float:
    """Most open days from a day on without a closure between them; infinite where works may pause.

    Weekends and holidays are no closures: they are paused over by every work.
    """
    if calendar.interruptible or not calendar.closures:
        return inf
    once = [closure.until_on for closure in calendar.closures if not closure.yearly]
    if len(once) == len(calendar.closures):
        return inf
    days = OpenDays(calendar)
    day, last = as_of, max([as_of, *once]) + timedelta(days=366 * YEARS_LOOKED_AT)
    run = best = 0
    while day <= last:
        run = 0 if any(is_closed(closure, day) for closure in calendar.closures) else run + days.is_open(day)
        best = max(best, run)
        day += ONE_DAY
    return best


def network(works: Sequence[Any], precedences: Sequence[Any], as_of: date) -> Iterator[Finding]:
    """Precedences that point nowhere, works that wait for one another, and works begun before their predecessors."""
    by_id = {work.work_id: work for work in works if work.modes}
    known = {work.work_id for work in works}
    links = []
    for item in precedences:
        yield from unknown("works", item.work_id, "predecessors", [item.before], known)
        yield from unknown("works", item.before, "predecessors", [item.work_id], known)
        if (work := by_id.get(item.work_id)) is None or work.fixed is not None or item.before not in by_id:
            continue
        links.append(
            Link(before=item.before, work_id=item.work_id, relation=item.relation, lag_days=item.lag_days)
        )
        if work.started_on is not None and item.relation[1] == "S":
            yield from _begun_before(by_id[item.before], item, as_of)
    shortest = {name: min(mode.duration_days for mode in work.modes) for name, work in by_id.items()}
    longest = {
        name: None if work.calendar_id or work.fixed else max(mode.duration_days for mode in work.modes)
        for name, work in by_id.items()
    }
    for circle in circles(shortest, longest, links):
        yield wrong("cycle", "works", circle.works[0], "predecessors", circle.words(), days=circle.days)


def _begun_before(before: Any, item: Any, as_of: date) -> Iterator[Finding]:
    if before.fixed is not None:
        since = before.fixed[1] + ONE_DAY if item.relation[0] == "F" else before.fixed[0]
    else:
        least = min(mode.duration_days for mode in before.modes)
        since = as_of + timedelta(days=least if item.relation[0] == "F" else 0)
    if since + timedelta(days=item.lag_days) > as_of:
        params = {"before": item.before, "relation": item.relation, "lag_days": item.lag_days}
        yield wrong("begun_before", "works", item.work_id, "started_on", as_of, **params)


def crews(works: Sequence[Any], capacities: Sequence[Any], as_of: date) -> Iterator[Finding]:
    """Crews that are not told, and works that need more of a crew than it ever has for long enough."""
    known = {crew.crew_id for crew in capacities}
    by_id = {work.work_id: work for work in works}
    ways = {(work.work_id, mode.name) for work in works for mode in work.modes}
    for work in works:
        if work.fixed is None:
            named = {crew for mode in work.modes for crew, units in mode.crews.items() if units > 0}
            for crew_id in sorted(named - known):
                yield wrong("crew_without_capacity", "works", work.work_id, "crews", crew_id)
    for crew in capacities:
        yield from below_zero("crews", crew.crew_id, "capacity", crew.capacity)
        for from_on, until_on, units in crew.changes:
            yield from reversed_period("crews", crew.crew_id, "until_on", from_on, until_on)
            yield from below_zero("crews", crew.crew_id, "capacity", units)
        yield from unknown("crews", crew.crew_id, "units", (name for name, _ in crew.units), by_id)
        for name, mode in crew.units:
            if name in by_id and (name, mode) not in ways:
                yield wrong("unknown_mode", "crews", crew.crew_id, "units", f"{name} {mode}".strip())
        yield from _needs(crew, [work for work in works if work.fixed is None], as_of)


def _needs(crew: Any, works: Sequence[Any], as_of: date) -> Iterator[Finding]:
    segments = _segments(crew, as_of)
    for work in works:
        needs = {mode.name: crew.units.get((work.work_id, mode.name), 0) for mode in work.modes}
        first_on = as_of if work.started_on else max(as_of, work.earliest_start_on or as_of)
        possible = [
            mode
            for mode in work.modes
            if not needs[mode.name]
            or _held_days(segments, needs[mode.name], first_on) >= max(mode.duration_days, 1)
        ]
        if work.modes and not possible:
            least = min(needs.values())
            most = max(units for _, _, units in segments)
            params = {"crew": crew.crew_id, "needed": least, "capacity": most}
            yield wrong("crew_too_small", "works", work.work_id, "crews", crew.crew_id, **params)


def _segments(crew: Any, as_of: date) -> list[tuple[date, date, int]]:
    """Half-open periods of one capacity, from a day on without end."""
    marks = {as_of, date.max, *(day for start, end, _ in crew.changes for day in (start, end) if day > as_of)}
    days = sorted(marks)
    return [(start, end, crew.capacity_on(start)) for start, end in pairwise(days)]


def _held_days(segments: Sequence[tuple[date, date, int]], needed: int, first_on: date) -> float:
    """Most days one after the other on which a crew has enough units."""
    best = run = 0
    for start, end, units in segments:
        run = run + max(0, (end - max(start, first_on)).days) if units >= needed else 0
        best = max(best, run)
    return best
