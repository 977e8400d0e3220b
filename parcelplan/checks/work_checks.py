"""Checks of the works of a plan, one function a code. They know no planner, only days and units."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Protocol

from parcelplan.checks._found import of_work
from parcelplan.dates import ONE_DAY
from parcelplan.findings import Finding, Findings
from parcelplan.land.open_days import Calendar, OpenDays
from parcelplan.plan import Plan, PlannedWork


class WorkMode(Protocol):
    """One way of carrying out a work; see ``Mode``."""

    @property
    def name(self) -> str:
        """Empty for the work's own row."""

    @property
    def duration_days(self) -> int:
        """Open days that it takes."""

    @property
    def crews(self) -> Mapping[str, int]:
        """Units of each crew."""

    @property
    def cost_yuan(self) -> float:
        """What it costs."""


class AskedWork(Protocol):
    """A work as the problem asks for it; see ``Work``."""

    @property
    def work_id(self) -> str:
        """Its id."""

    @property
    def modes(self) -> Sequence[WorkMode]:
        """The ways of carrying it out."""

    @property
    def calendar_id(self) -> str:
        """Its calendar; empty where every day is open."""

    @property
    def earliest_start_on(self) -> date | None:
        """First day on which it may start."""

    @property
    def not_before_on(self) -> date | None:
        """Its last day is not before this one."""

    @property
    def started_on(self) -> date | None:
        """Day on which a work in progress began."""

    @property
    def fixed(self) -> tuple[date, date] | None:
        """First and last day where they are given."""


class WorkProgramme(Protocol):
    """All works of a problem and their calendars; see ``PlanningProblem``."""

    @property
    def as_of(self) -> date:
        """Day of the plan."""

    @property
    def works(self) -> Sequence[AskedWork]:
        """The works."""

    @property
    def calendars(self) -> Sequence[Calendar]:
        """The calendars that works name."""


class Crew(Protocol):
    """A crew and what each work holds of it; see ``CrewCapacity``."""

    @property
    def crew_id(self) -> str:
        """Its id."""

    @property
    def changes(self) -> Sequence[tuple[date, date, int]]:
        """Half-open periods with another capacity."""

    @property
    def units(self) -> Mapping[tuple[str, str], int]:
        """Units by work and mode."""

    def capacity_on(self, day: date) -> int:
        """Units that the crew has on a day."""


def check_precedence(plan: Plan, before: str, work_id: str, relation: str, lag_days: int) -> Findings:
    """A work waits for another one as its precedence says: ``work_check.too_early``.

    Parameters
    ----------
    plan
        The plan.
    before, work_id
        The work waited for and the one that waits; one whose dates are given is not looked at.
    relation
        ``FS | SS | FF | SF``: the end of the first one that counts, then that of the second.
    lag_days
        Calendar days between the two ends, at least.
    """
    first, second = plan.work(before), plan.work(work_id)
    if first is None or second is None:
        return Findings()
    since = first.free_on if relation[0] == "F" else first.start_on
    then = second.start_on if relation[1] == "S" else second.free_on
    if second.fixed or then >= since + timedelta(days=lag_days):
        return Findings()
    params = {"before": before, "relation": relation, "lag_days": lag_days, "before_on": since}
    return Findings([of_work("work_check.too_early", second, "start_on", **params)])


def check_crew(plan: Plan, crew: Crew) -> Findings:
    """No day asks more of a crew than it has: ``work_check.crew_overloaded``, once for each spell.

    Works whose dates are given hold no crew.
    """
    steps: dict[date, int] = defaultdict(int)
    held = [
        (work, units)
        for work in plan.works
        if not work.fixed and (units := crew.units.get((work.work_id, work.mode), 0))
    ]
    for work, units in held:
        steps[work.start_on] += units
        steps[work.free_on] -= units
    days = sorted({*steps, *(day for start, end, _ in crew.changes for day in (start, end))})
    found, since, most, used = [], None, (0, 0), 0
    for day in days:
        used += steps.get(day, 0)
        have = crew.capacity_on(day)
        if used > have:
            since, most = since or day, max(most, (used, have))
        elif since is not None:
            found.append(_overload(crew.crew_id, since, day, most, held))
            since, most = None, (0, 0)
    return Findings(found)


def _overload(
    crew_id: str, since: date, until: date, most: tuple[int, int], held: Iterable[tuple[PlannedWork, int]]
) -> Finding:
    works = [work.work_id for work, _ in held if work.start_on < until and work.free_on > since]
    params = {
        "until_on": until - ONE_DAY,
        "needed": most[0],
        "capacity": most[1],
        "works": "、".join(sorted(works)),
    }
    return Finding(
        code="work_check.crew_overloaded",
        layer="plan",
        feature_id=crew_id,
        field="start_on",
        value=since,
        params=params,
    )


def check_deadline(plan: Plan, work_id: str, on: date) -> Findings:
    """A work ends by its deadline: ``work_check.after_deadline``."""
    work = plan.work(work_id)
    if work is None or work.fixed or work.ends_on <= on:
        return Findings()
    return Findings([of_work("work_check.after_deadline", work, "ends_on", deadline_on=on)])


def check_works(plan: Plan, problem: WorkProgramme) -> Findings:
    """Each work stands once in the plan, in one of its modes, no earlier than it can be and as long as it takes.

    Returns
    -------
    Findings
        ``work_check.missing``, ``work_check.twice``, ``work_check.unknown``, ``work_check.unknown_mode``,
        ``work_check.wrong_figures``, ``work_check.not_as_given``, ``work_check.before_start``,
        ``work_check.before_promise``, ``work_check.on_closed_day`` and ``work_check.wrong_length``.
    """
    if plan.status in {"infeasible", "no_solution_yet"}:
        return Findings()
    asked = {work.work_id: work for work in problem.works}
    calendars = {calendar.calendar_id: OpenDays(calendar) for calendar in problem.calendars}
    always = OpenDays()
    found = _present(plan, asked)
    for planned in plan.works:
        if (work := asked.get(planned.work_id)) is not None:
            days = calendars.get(work.calendar_id, always)
            found += _check_work(planned, work, days, problem.as_of)
    return found


def _present(plan: Plan, asked: Mapping[str, AskedWork]) -> Findings:
    counts = Counter(work.work_id for work in plan.works)
    wrong = {
        "work_check.missing": [work for work in asked if work not in counts],
        "work_check.twice": [work for work, count in counts.items() if count > 1],
        "work_check.unknown": [work for work in counts if work not in asked],
    }
    return Findings(
        Finding(code=code, layer="plan", feature_id=work) for code, works in wrong.items() for work in works
    )


def _check_work(planned: PlannedWork, work: AskedWork, days: OpenDays, as_of: date) -> Iterator[Finding]:
    if work.fixed is not None:
        if (planned.start_on, planned.ends_on) != work.fixed or not planned.fixed:
            yield of_work("work_check.not_as_given", planned, "start_on", given=_span(work.fixed))
        return
    if planned.fixed:
        yield of_work("work_check.not_as_given", planned, "start_on", given="–")
    mode = next((item for item in work.modes if item.name == planned.mode), None)
    if mode is None:
        known = "、".join(item.name or "–" for item in work.modes)
        yield of_work("work_check.unknown_mode", planned, "mode", known=known)
        return
    for field in ("crews", "cost_yuan"):
        if getattr(planned, field) != getattr(mode, field):
            yield of_work("work_check.wrong_figures", planned, field, expected=getattr(mode, field))
    yield from _check_start(planned, work, as_of)
    yield from _check_days(planned, mode.duration_days, days)


def _span(days: tuple[date, date]) -> str:
    return f"{days[0]}–{days[1]}"


def _check_start(planned: PlannedWork, work: AskedWork, as_of: date) -> Iterator[Finding]:
    if work.started_on is not None:
        if planned.start_on != as_of or planned.started_on != work.started_on:
            yield of_work("work_check.not_as_given", planned, "start_on", given=as_of)
    else:
        earliest_on = max(as_of, work.earliest_start_on or as_of)
        if planned.start_on < earliest_on:
            yield of_work("work_check.before_start", planned, "start_on", earliest_on=earliest_on)
    if work.not_before_on is not None and planned.ends_on < work.not_before_on:
        yield of_work("work_check.before_promise", planned, "ends_on", promised_on=work.not_before_on)


def _check_days(planned: PlannedWork, duration_days: int, days: OpenDays) -> Iterator[Finding]:
    if duration_days > 0 and planned.started_on is None and not days.is_open(planned.start_on):
        params = {"calendar": days.calendar_id, "day": planned.start_on}
        yield of_work("work_check.on_closed_day", planned, "start_on", **params)
    if (expected := days.end_of(planned.start_on, duration_days)) != planned.ends_on:
        length = {"expected": expected or "–", "duration_days": duration_days}
        yield of_work("work_check.wrong_length", planned, "ends_on", **length)
        return
    begun_on = planned.start_on
    if planned.started_on is not None and duration_days > 0:
        begun_on = days.end_of(planned.start_on, 1) or begun_on
    if (closed := days.broken_by(begun_on, planned.free_on)) is not None:
        params = {"calendar": days.calendar_id, "day": closed}
        yield of_work("work_check.on_closed_day", planned, "start_on", **params)
