"""The check of a planning problem before it is solved: what is wrong whatever the plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Protocol

from parcelplan.checks.problem_demands import Known, demand
from parcelplan.checks.problem_findings import below_zero, twice, unknown, wrong
from parcelplan.checks.problem_works import calendars_as_stated, crews, network, works_as_stated
from parcelplan.dates import is_working_day
from parcelplan.findings import Finding, Findings


class Problem(Protocol):
    """What is asked of the planner; see ``PlanningProblem``."""

    @property
    def as_of(self) -> date:
        """Day of the plan."""

    @property
    def candidates(self) -> Sequence[Any]:
        """Parcels to transfer."""

    @property
    def demands(self) -> Sequence[Any]:
        """What a plan has to keep, each with a ``kind`` and a ``name``."""

    @property
    def works(self) -> Sequence[Any]:
        """Works to carry out."""

    @property
    def precedences(self) -> Sequence[Any]:
        """What works wait for."""

    @property
    def calendars(self) -> Sequence[Any]:
        """Days on which works can be carried out."""

    @property
    def objectives(self) -> Sequence[str]:
        """What makes a plan better, in order."""

    @property
    def fixed_works(self) -> Mapping[str, date]:
        """Works that are meant to end on a day."""

    @property
    def fixed_transfers(self) -> Mapping[str, date]:
        """Parcels that are meant to be transferred on a day."""


def check_problem(problem: Problem) -> Findings:
    """Look for what no plan can mend, before anybody looks for a plan.

    Whether demands can hold together is not asked here: that takes the planner.

    Returns
    -------
    Findings
        ``problem_check.cycle`` with the circle spelled out, ``negative``, ``durations_disordered``, ``no_share``,
        ``reversed``, ``duplicate_id``, ``unknown_id``, ``unknown_mode``, ``no_mode``, ``never_open``, ``never_fits``,
        ``crew_too_small``, ``crew_without_capacity``, ``started_later``, ``begun_before``, ``terms_not_whole``,
        ``notice_on_holiday`` and others of that kind, all with the prefix ``problem_check.``.
    """
    return Findings(_each(problem))


def _each(problem: Problem) -> Iterator[Finding]:
    calendars = {calendar.calendar_id: calendar for calendar in problem.calendars}
    capacities = [item for item in problem.demands if item.kind == "crew"]
    yield from calendars_as_stated(problem.calendars, problem.as_of)
    yield from works_as_stated(problem.works, problem.as_of, calendars)
    yield from network(problem.works, problem.precedences, problem.as_of)
    yield from crews(problem.works, capacities, problem.as_of)
    known = Known(
        as_of=problem.as_of,
        works={work.work_id for work in problem.works},
        modes={(work.work_id, mode.name) for work in problem.works for mode in work.modes},
        areas_m2={item.parcel_id: item.area_m2 for item in problem.candidates},
    )
    yield from _parcels(problem.candidates, known)
    yield from twice("plan", (item.name for item in problem.demands))
    for item in problem.demands:
        yield from demand(item, known)
    yield from _aims(problem, known)


def _parcels(candidates: Sequence[Any], known: Known) -> Iterator[Finding]:
    yield from twice("parcels", (item.parcel_id for item in candidates))
    for item in candidates:
        name = item.parcel_id
        yield from below_zero("parcels", name, "area_m2", item.area_m2)
        yield from unknown(
            "parcels", name, "excluded_by", (work for work, _ in item.excluded_by), known.works
        )
        for way in item.excluded_by:
            if way[0] in known.works and way not in known.modes:
                yield wrong("unknown_mode", "parcels", name, "excluded_by", " ".join(way).strip())
        fixed_on = item.fixed_notice_on
        if fixed_on is not None and not is_working_day(fixed_on):
            yield wrong("notice_on_holiday", "parcels", name, "notice_on", fixed_on)


def _aims(problem: Problem, known: Known) -> Iterator[Finding]:
    if not problem.objectives:
        yield wrong("no_objective", "plan", "", "objectives", "")
    yield from twice("plan", problem.objectives)
    yield from unknown("plan", "fixed_dates", "works", problem.fixed_works, known.works)
    yield from unknown("plan", "fixed_dates", "parcels", problem.fixed_transfers, known.areas_m2)
