"""Runs of a plan one at a time: written as a plan for the checks, and done again in plain Python, day by day."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from parcelplan.checks.bureau_checks import AREA_TOLERANCE_M2
from parcelplan.dates import ONE_DAY, is_working_day
from parcelplan.land.open_days import OpenDays
from parcelplan.plan import Plan
from parcelplan.planning.problem import (
    Absorption,
    BatchSize,
    BlackOut,
    CrewCapacity,
    ListingsPerMonth,
    NetLand,
    OccupancyTrigger,
    PhaseOrder,
    PhaseWindow,
    PlanningProblem,
    Together,
    Work,
)
from parcelplan.planning.risk.sequence import find_sequence

LIMIT_DAYS = 4000


def with_durations(problem: PlanningProblem, plan: Plan, days: Mapping[str, int]) -> PlanningProblem:
    """The same problem with works that take so many days in the modes of a plan."""
    chosen = {item.work_id: item.mode for item in plan.works}
    works = tuple(
        replace(
            work,
            modes=tuple(
                replace(mode, duration_days=days[work.work_id])
                if mode.name == chosen[work.work_id] and work.work_id in days
                else mode
                for mode in work.modes
            ),
        )
        for work in problem.works
    )
    return replace(problem, works=works)


def uncertain(problem: PlanningProblem, seed: int) -> PlanningProblem:
    """The same problem with three-point estimates around its durations, for most works."""
    rng = Random(seed)

    def spread(work: Work) -> Work:
        if rng.random() < 0.15:
            return work
        modes = tuple(
            replace(
                mode,
                optimistic_days=rng.randint(mode.duration_days // 2, mode.duration_days),
                pessimistic_days=mode.duration_days + rng.randint(0, 60),
            )
            for mode in work.modes
        )
        return replace(work, modes=modes)

    return replace(problem, works=tuple(spread(work) for work in problem.works))


def as_plan(
    plan: Plan, problem: PlanningProblem, spans: Mapping[str, tuple[date, date]], notices: Mapping[str, date]
) -> Plan:
    """A run written as a plan: first days of works and the days after their ends, notices of parcels."""
    works = tuple(
        replace(item, start_on=spans[item.work_id][0], ends_on=spans[item.work_id][1] - ONE_DAY)
        for item in plan.works
    )
    clock = problem.clock
    transfers = [
        replace(
            item,
            notice_on=notices[item.parcel_id],
            listing_on=clock.listing_on(notices[item.parcel_id]),
            transfer_on=clock.transfer_on(notices[item.parcel_id]),
            result_on=clock.result_on(notices[item.parcel_id]),
        )
        for item in plan.transfers
    ]
    transfers.sort(key=lambda item: (item.notice_on, item.phase, item.parcel_id))
    return replace(plan, works=works, transfers=tuple(transfers))


class OneRun:
    """One run by the rules of the docstring of ``assess_risk``, a day at a time, with dicts and loops.

    ``links`` of the crews are taken from the plan's sequence, which tests of its own hold.
    """

    def __init__(self, problem: PlanningProblem, plan: Plan) -> None:
        self.problem, self.plan = problem, plan
        self.works = {work.work_id: work for work in problem.works}
        self.links = find_sequence(problem, plan).links
        self.calendars = {item.calendar_id: OpenDays(item) for item in problem.calendars}

    # --- works

    def spans(self, days: Mapping[str, int], *, planned: bool = False) -> dict[str, tuple[date, date]]:
        """First day and day after the end of each work; planned, each by the rules from the others' planned days."""
        given = {item.work_id: (item.start_on, item.free_on) for item in self.plan.works}
        if planned:
            return {work_id: self._span(k, days, given, date.min) for k, work_id in enumerate(given)}
        likely = {
            item.work_id: self.works[item.work_id].mode(item.mode).duration_days for item in self.plan.works
        }
        by_rule = self.spans(likely, planned=True)
        found = {item.work_id: given[item.work_id] for item in self.plan.works if item.fixed}
        lowest = dict.fromkeys(given, (self.plan.as_of, self.plan.as_of))
        spans = lowest | found
        while True:
            again = dict(spans)
            for k, item in enumerate(self.plan.works):
                if not item.fixed:
                    held = item.start_on if by_rule[item.work_id][0] < item.start_on else date.min
                    again[item.work_id] = self._span(k, days, again, held)
            if again == spans:
                return spans
            spans = again

    def _span(
        self, k: int, days: Mapping[str, int], spans: Mapping[str, tuple[date, date]], held: date
    ) -> tuple[date, date]:
        item, work = self.plan.works[k], self.works[self.plan.works[k].work_id]
        if item.fixed:
            return item.start_on, item.free_on
        start = max(self.plan.as_of, held, work.earliest_start_on or date.min)
        free = work.not_before_on + ONE_DAY if work.not_before_on else date.min
        for link in self.links.get(k, ()):
            before = spans[self.plan.works[link.before].work_id][link.relation[0] == "F"]
            day = before + timedelta(days=link.lag_days)
            if link.relation[1] == "S":
                start = max(start, day)
            else:
                free = max(free, day)
        length = days[item.work_id]
        while (end := self._end(work, item.crews, start, length)) is None or end < free:
            start += ONE_DAY
        return start, end

    def _end(self, work: Work, crews: Mapping[str, int], start: date, length: int) -> date | None:
        """Day after the end of a work that starts on a day; None where it cannot start then."""
        if length == 0:
            return start
        open_days = self.calendars.get(work.calendar_id, OpenDays())
        ends_on = open_days.end_of(start, length)
        if not open_days.is_open(start) or ends_on is None or open_days.broken_by(start, ends_on + ONE_DAY):
            return None
        for crew in self.problem.of(CrewCapacity):
            held = (start + timedelta(days=n) for n in range((ends_on - start).days + 1))
            if (units := crews.get(crew.crew_id, 0)) and any(crew.capacity_on(day) < units for day in held):
                return None
        return ends_on + ONE_DAY

    # --- land

    def notices(self, free: Mapping[str, date]) -> dict[str, date]:
        """Notice of each parcel, given the day after the end of each work."""
        given = {item.work_id: item.free_on for item in self.plan.works}
        groups = self._groups()
        held: dict[int, date] = {}
        for number, group in enumerate(groups):
            before = {item.parcel_id: item.notice_on for other in groups[:number] for item in other}
            if self._notice(group, given, before, date.min, limits=False) < group[0].notice_on:
                held[number] = group[0].notice_on
        found: dict[str, date] = {}
        for number, group in enumerate(groups):
            day = self._notice(group, free, found, held.get(number, date.min))
            found |= {item.parcel_id: day for item in group}
        return found

    def _groups(self) -> list[list]:
        ties = [set(item.parcel_ids) for item in self.problem.of(Together)]
        if self.problem.of(BatchSize):
            names = {item.batch for item in self.plan.transfers}
            ties += [{item.parcel_id for item in self.plan.transfers if item.batch == name} for name in names]
        groups = [{item.parcel_id} for item in self.plan.transfers]
        for tie in ties:
            joined = set().union(*(group for group in groups if group & tie))
            groups = [group for group in groups if not group & tie] + ([joined] if joined else [])
        items = [[item for item in self.plan.transfers if item.parcel_id in group] for group in groups]
        return sorted(
            items, key=lambda own: (own[0].notice_on, min(item.phase for item in own), own[0].parcel_id)
        )

    def _notice(
        self,
        group: list,
        free: Mapping[str, date],
        before: Mapping[str, date],
        held: date,
        *,
        limits: bool = True,
    ) -> date:
        day = max(self.plan.as_of, held)
        while not (self._may(group, day, free, before) and (not limits or self._fits(group, day, before))):
            day += ONE_DAY
            assert (day - self.plan.as_of).days < LIMIT_DAYS
        return day

    def _may(  # noqa: C901, PLR0911 - one branch a demand, as the docstrings have it
        self, group: list, day: date, free: Mapping[str, date], before: Mapping[str, date]
    ) -> bool:
        problem, transfer_on = self.problem, self.problem.clock.transfer_on
        if not is_working_day(day):
            return False
        phases = {item.phase for item in group}
        names = {item.parcel_id for item in group}
        items = {item.parcel_id: item for item in self.plan.transfers}
        for demand in problem.demands:
            if isinstance(demand, NetLand):
                for name in names & demand.ready_on.keys():
                    opened = [
                        min(max(free[work] for work in way) for way in gate.any_of)
                        + timedelta(days=gate.lag_days)
                        for gate in demand.gates.get(name, ())
                    ]
                    if day < max([demand.ready_on[name], *opened]):
                        return False
            elif isinstance(demand, BlackOut):
                if any(demand.from_on <= one < demand.until_on for one in (day, transfer_on(day))):
                    return False
            elif isinstance(demand, PhaseWindow):
                if demand.phase in phases and demand.earliest_on and transfer_on(day) < demand.earliest_on:
                    return False
            elif isinstance(demand, PhaseOrder):
                if any(items[name].phase < max(phases) and day < on for name, on in before.items()):
                    return False
            elif (
                isinstance(demand, OccupancyTrigger)
                and demand.phase in phases
                and self._first_of(demand.phase, before, items, demand, day)
            ):
                return False
        return True

    def _fits(self, group: list, day: date, before: Mapping[str, date]) -> bool:
        phases = {item.phase for item in group}
        area_m2 = sum(item.area_m2 for item in group)
        items = {item.parcel_id: item for item in self.plan.transfers}
        for demand in self.problem.demands:
            if isinstance(demand, ListingsPerMonth):
                same = [on for on in before.values() if (on.year, on.month) == (day.year, day.month)]
                if len(same) + len(group) > demand.per_month:
                    return False
            elif isinstance(demand, Absorption):
                if area_m2 + self._area(before, items, day, 3) > demand.per_quarter_m2 + AREA_TOLERANCE_M2:
                    return False
            elif isinstance(demand, BatchSize) and any(
                items[name].phase in phases and (on.year, on.month) == (day.year, day.month)
                for name, on in before.items()
            ):
                return False
        return self._within_quotas(area_m2, day, before, items)

    def _within_quotas(self, area_m2: float, day: date, before: Mapping[str, date], items: Mapping) -> bool:
        year = self.problem.clock.transfer_on(day).year
        used = {year: area_m2}
        for name, on in before.items():
            own = self.problem.clock.transfer_on(on).year
            used[own] = used.get(own, 0.0) + items[name].area_m2
        return all(
            used.get(other, 0.0) <= quota.quota_m2 + quota.carried_m2(used) + AREA_TOLERANCE_M2
            for other, quota in self.problem.quotas().items()
            if other >= year
        )

    def _area(self, before: Mapping[str, date], items: Mapping, day: date, months: int) -> float:
        def number(on: date) -> int:
            transfer_on = self.problem.clock.transfer_on(on)
            return (transfer_on.year * 12 + transfer_on.month - 1) // months

        return sum(items[name].area_m2 for name, on in before.items() if number(on) == number(day))

    def _first_of(
        self, phase: int, before: Mapping, items: Mapping, demand: OccupancyTrigger, day: date
    ) -> bool:
        """Whether the trigger still holds the phase back, by what the plan transfers before its first parcel."""
        ahead = []
        for name, on in before.items():
            if items[name].phase == phase:
                break
            ahead.append((name, on))
        occupied_m2 = sum(
            items[name].area_m2
            for name, on in ahead
            if items[name].phase in demand.of_phases
            and self.problem.clock.transfer_on(on) + timedelta(days=demand.occupied_after_days) <= day
        )
        return occupied_m2 + AREA_TOLERANCE_M2 < demand.needed_m2
