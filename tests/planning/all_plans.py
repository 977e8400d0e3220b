"""All plans of a tiny problem, made day by day without the planner and judged by the problem's own checks alone."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import product

from parcelplan.dates import is_working_day
from parcelplan.plan import Plan, PlannedTransfer, PlannedWork
from parcelplan.planning.draft import objective_values
from parcelplan.planning.problem import (
    Candidate,
    CrewCapacity,
    Horizon,
    Mode,
    PlanningProblem,
    Work,
    WorkCalendar,
    WorkDeadline,
)

ONE_DAY = timedelta(days=1)
Part = tuple[PlannedWork | PlannedTransfer, ...]


def best_values(problem: PlanningProblem) -> tuple[float, ...] | None:
    """Values of the best plan, objective by objective; None where none holds. Needs a horizon and deadlines."""
    works = [
        part
        for part in product(*(ways(problem, work) for work in problem.works))
        if works_hold(problem, part)
    ]
    transfers = list(product(*(days_of(problem, item) for item in problem.candidates)))
    ranked = []
    for part in works:
        for chosen in transfers:
            sold = tuple(item for item in chosen if item is not None)
            plan = Plan(as_of=problem.as_of, status="feasible", works=part, transfers=sold)
            values = objective_values(problem, plan)
            ranked.append((tuple(values[name] for name in problem.objectives), len(ranked), plan))
    ranked.sort(key=lambda row: row[:2])
    return next((values for values, _, plan in ranked if not problem.violations(plan)), None)


def works_hold(problem: PlanningProblem, part: tuple[PlannedWork, ...]) -> bool:
    """Whether works hold what is asked of works alone."""
    of_works = tuple(item for item in problem.demands if isinstance(item, (CrewCapacity, WorkDeadline)))
    alone = replace(problem, candidates=(), demands=of_works)
    return not alone.violations(Plan(as_of=problem.as_of, status="feasible", works=part))


def days_of(problem: PlanningProblem, item: Candidate) -> Iterator[PlannedTransfer | None]:
    """The parcel on each working day of the horizon, and left out where it can be."""
    if item.fixed_notice_on is not None:
        yield transfer(problem, item, item.fixed_notice_on)
        return
    day, end = problem.as_of, problem.of(Horizon)[0].end_on
    while problem.clock.transfer_on(day) <= end:
        if is_working_day(day):
            yield transfer(problem, item, day)
        day += ONE_DAY
    parts = {other.part_of for other in problem.candidates}
    if item.excluded_by or item.part_of or item.parcel_id in parts:
        yield None


def transfer(problem: PlanningProblem, item: Candidate, day: date) -> PlannedTransfer:
    clock = problem.clock
    return PlannedTransfer(
        parcel_id=item.parcel_id,
        phase=item.phase,
        batch="",
        area_m2=item.area_m2,
        ready_on=item.ready_on,
        notice_on=day,
        listing_on=clock.listing_on(day),
        transfer_on=clock.transfer_on(day),
        result_on=clock.result_on(day),
        part_of=item.part_of,
        due_on=item.due_on,
        happened=item.fixed_notice_on is not None,
    )


def ways(problem: PlanningProblem, work: Work) -> Iterator[PlannedWork]:
    """The work in each mode on each day before its deadline."""
    if work.fixed is not None:
        yield planned(work, work.modes[0], work.fixed[0], work.fixed[1], fixed=True)
        return
    latest = min(item.on for item in problem.of(WorkDeadline) if item.work_id == work.work_id)
    calendar = problem.calendar(work.calendar_id)
    for mode in work.modes:
        day = problem.as_of
        while day <= latest + ONE_DAY:
            ends_on = end_of(calendar, day, mode.duration_days, latest)
            if ends_on is not None:
                yield planned(work, mode, day, ends_on)
            day += ONE_DAY if work.started_on is None else timedelta(days=1000)


def planned(work: Work, mode: Mode, day: date, ends_on: date, *, fixed: bool = False) -> PlannedWork:
    return PlannedWork(
        work_id=work.work_id,
        mode=mode.name,
        start_on=day,
        ends_on=ends_on,
        crews={} if fixed else mode.crews,
        cost_yuan=mode.cost_yuan,
        started_on=work.started_on,
        fixed=fixed,
    )


def end_of(calendar: WorkCalendar | None, day: date, duration: int, latest: date) -> date | None:
    """Last day of a work, counted open day by open day."""
    ends_on = day - ONE_DAY
    while duration > 0:
        ends_on += ONE_DAY
        if ends_on > latest:
            return None
        duration -= is_open(calendar, ends_on)
    return ends_on


def is_open(calendar: WorkCalendar | None, day: date) -> bool:
    if calendar is None:
        return True
    closed = any(item.from_on <= day < item.until_on for item in calendar.closures)
    return not closed and (not calendar.working_days or is_working_day(day))
