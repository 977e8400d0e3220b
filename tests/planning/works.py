"""Builders: works in days from a Tuesday, and a brute force over all their starts."""

import itertools
import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from parcelplan.dates import StatutoryClock, is_working_day
from parcelplan.planning.problem import (
    Closure,
    CrewCapacity,
    Mode,
    PlanningProblem,
    Precedence,
    Work,
    WorkCalendar,
    WorkDeadline,
)

AS_OF = date(2024, 1, 2)
CLOCK = StatutoryClock(notice_days=20, listing_days=10, result_working_days=10)


def day(offset: int) -> date:
    return AS_OF + timedelta(days=offset)


def work(work_id: str, days: int, **more: Any) -> Work:
    return Work(work_id=work_id, modes=(Mode(duration_days=days, crews=more.pop("crews", {})),), **more)


def crew(
    capacity: int, units: dict[str, int], *changes: tuple[int, int, int], crew_id: str = "C"
) -> CrewCapacity:
    return CrewCapacity(
        crew_id=crew_id,
        capacity=capacity,
        changes=tuple((day(first), day(until), count) for first, until, count in changes),
        units={(work_id, ""): count for work_id, count in units.items()},
    )


def works_problem(*works: Work, **more: Any) -> PlanningProblem:
    """Works alone, to be ended as soon as can be."""
    given = {"as_of": AS_OF, "clock": CLOCK, "objectives": ("makespan",)} | more
    return PlanningProblem(works=works, **given)


RIVER = WorkCalendar(calendar_id="river", closures=(Closure(from_on=day(4), until_on=day(7)),))
LINE = WorkCalendar(
    calendar_id="line", closures=(Closure(from_on=day(5), until_on=day(6)),), interruptible=False
)
OFFICE = WorkCalendar(calendar_id="office", working_days=True)


def random_problem(seed: int, *, count: int, horizon: int) -> PlanningProblem:
    """A few works with everything that works can have; the longest together fit into the horizon, or nearly so."""
    dice = random.Random(seed)
    names = [f"W{k}" for k in range(count)]
    works = tuple(_random_work(dice, name, horizon) for name in names)
    precedences = tuple(
        Precedence(before=one, work_id=other, relation=dice.choice(["FS", "SS", "FF", "SF"]), lag_days=lag)
        for one, other in itertools.combinations(names, 2)
        if dice.random() < 0.4
        for lag in [dice.choice([-1, 0, 0, 0, 2])]
    )
    units = {(item.work_id, mode.name): mode.crews.get("C", 0) for item in works for mode in item.modes}
    changes = ((day(3), day(5), dice.choice([1, 2, 3])),) if dice.random() < 0.5 else ()
    demands: list[Any] = [CrewCapacity(crew_id="C", capacity=2, changes=changes, units=units)]
    if dice.random() < 0.3:
        demands.append(WorkDeadline(work_id=names[0], on=day(horizon // 2)))
    return works_problem(
        *works, precedences=precedences, demands=tuple(demands), calendars=(RIVER, LINE, OFFICE)
    )


def _random_work(dice: random.Random, name: str, horizon: int) -> Work:
    modes = tuple(
        Mode(
            name="ab"[k] if k else "",
            duration_days=dice.choice([0, 1, 2, 3]),
            crews={"C": dice.choice([0, 1, 2])},
        )
        for k in range(dice.choice([1, 1, 2]))
    )
    own: dict[str, Any] = dice.choice(
        [{}, {}, {"earliest_start_on": day(2)}, {"not_before_on": day(4)}, {"started_on": day(-5)}]
    )
    if dice.random() < 0.1:
        own = {"fixed": (day(-2), day(horizon // 4))}
    return Work(
        work_id=name, modes=modes, calendar_id=dice.choice(["", "", "river", "line", "office"]), **own
    )


def least_makespan(problem: PlanningProblem, horizon: int) -> int | None:
    """The least makespan by trying all modes and starts; None where nothing fits into the horizon."""
    best: list[int] = []

    def extend(placed: dict[str, tuple[str, int, int]], left: list[Work]) -> None:
        if not left:
            best.append(max([0, *(free for _, _, free in placed.values())]))
            return
        for mode, start, free in _spans(problem, left[0], horizon):
            now = placed | {left[0].work_id: (mode.name, start, free)}
            if (not best or free < min(best)) and _keeps(problem, now):
                extend(now, left[1:])

    extend({}, list(problem.works))
    return min(best, default=None)


def _spans(problem: PlanningProblem, item: Work, horizon: int) -> Iterator[tuple[Mode, int, int]]:
    """All modes with all starts and ends, day by day."""
    if item.fixed is not None:
        yield item.modes[0], (item.fixed[0] - AS_OF).days, (item.fixed[1] - AS_OF).days + 1
        return
    for mode in item.modes:
        for start in range(1 if item.started_on else horizon + 1):
            free = _end(problem, item, mode, start)
            ok = free is not None and free <= horizon
            ok = ok and (
                item.earliest_start_on is None or item.started_on or day(start) >= item.earliest_start_on
            )
            if ok and (item.not_before_on is None or day(free) > item.not_before_on):
                yield mode, start, free


def _end(problem: PlanningProblem, item: Work, mode: Mode, start: int) -> int | None:
    if mode.duration_days == 0:
        return start
    calendar = problem.calendar(item.calendar_id)

    def shut(k: int) -> bool:
        return calendar is not None and any(c.from_on <= day(k) < c.until_on for c in calendar.closures)

    def is_open(k: int) -> bool:
        return not shut(k) and not (calendar and calendar.working_days and not is_working_day(day(k)))

    if not is_open(start) and item.started_on is None:
        return None
    left, k = mode.duration_days, start
    begun = False
    while left:
        begun = begun or is_open(k)
        left -= is_open(k)
        if calendar is not None and not calendar.interruptible and begun and shut(k):
            return None
        k += 1
    return k


def _keeps(problem: PlanningProblem, placed: dict[str, tuple[str, int, int]]) -> bool:
    fixed = {item.work_id for item in problem.works if item.fixed is not None}
    for item in problem.precedences:
        if item.before in placed and item.work_id in placed and item.work_id not in fixed:
            since = placed[item.before][2 if item.relation[0] == "F" else 1]
            then = placed[item.work_id][2 if item.relation[1] == "F" else 1]
            if then < since + item.lag_days:
                return False
    late = (
        item
        for item in problem.of(WorkDeadline)
        if item.work_id in placed.keys() - fixed
        and day(placed[item.work_id][2]) > item.on + timedelta(days=1)
    )
    return not any(late) and not any(_overloads(item, placed, fixed) for item in problem.of(CrewCapacity))


def _overloads(item: CrewCapacity, placed: dict[str, tuple[str, int, int]], fixed: set[str]) -> bool:
    held: dict[int, int] = {}
    for work_id, (mode, start, free) in placed.items():
        for k in range(start, free) if work_id not in fixed else ():
            held[k] = held.get(k, 0) + item.units.get((work_id, mode), 0)
    return any(units > item.capacity_on(day(k)) for k, units in held.items())
