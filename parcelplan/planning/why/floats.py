"""Float of works: by how many days one may slip before something moves, the plan's order kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from parcelplan.plan import Plan, PlannedWork
from parcelplan.planning.problem import CrewCapacity, NetLand, PlanningProblem, Work, WorkDeadline
from parcelplan.planning.risk.sequence import Link, find_sequence
from parcelplan.planning.why.openings import gate_opening
from parcelplan.planning.work_days import WorkDays

FAR_DAYS = 10**6
"""An offset behind all days: nothing waits."""


@dataclass(frozen=True, kw_only=True)
class Float:
    """Room of one work, calendar days; None where nothing at all waits for it."""

    total_days: int | None
    """How far it may slip as a whole, the works behind it slipping with it, before a transfer or a deadline moves."""
    free_days: int | None
    """How far it may slip before any other work, a transfer or a deadline moves."""


def work_floats(problem: PlanningProblem, plan: Plan) -> dict[str, Float]:
    """Total and free float of every work of a plan.

    Crews are handed on as the plan hands them on, calendars are kept, and each gate opens by the works by which it
    opens in the plan: where it has another way, a work may have more room than this says, never less.

    Parameters
    ----------
    problem
        The problem.
    plan
        A plan that keeps its demands.

    Returns
    -------
    dict
        By work; in the order of the plan.
    """
    notices = {item.parcel_id: item.notice_on for item in plan.transfers if not item.happened}
    room = _Room(problem, plan, notices, deadlines=True)
    return {item.work_id: room.float_of(k) for k, item in enumerate(plan.works)}


def slack_to(problem: PlanningProblem, plan: Plan, notices: Mapping[str, date]) -> dict[str, int | None]:
    """How far each work may slip before a parcel of ``notices`` goes on notice after the day given there.

    Returns
    -------
    dict
        Calendar days by work; None where it holds none of those parcels back. Deadlines do not count.
    """
    room = _Room(problem, plan, notices, deadlines=False)
    return {item.work_id: room.total_days(k) for k, item in enumerate(plan.works)}


class _Room:
    """Latest starts and ends of the works of a plan, from the last one back to the first."""

    def __init__(
        self, problem: PlanningProblem, plan: Plan, notices: Mapping[str, date], *, deadlines: bool
    ) -> None:
        self.problem, self.plan = problem, plan
        self.asked = {work.work_id: work for work in problem.works}
        self.start = [self._offset(item.start_on) for item in plan.works]
        self.free = [self._offset(item.free_on) for item in plan.works]
        self.latest = max([0, *self.free, *(self._offset(day) for day in notices.values())])
        self.work_days = WorkDays(problem, self.latest)
        self._starts: dict[tuple[str, int], tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]] = {}
        self.own_free = self._bounds(notices, deadlines=deadlines)
        self.links: dict[int, list[Link]] = defaultdict(list)
        sequence = find_sequence(problem, plan)
        for found in sequence.links.values():
            for link in found:
                self.links[link.before].append(link)
        self.last_start = [FAR_DAYS] * len(plan.works)
        self.last_free = list(self.own_free)
        self.last_end = [FAR_DAYS] * len(plan.works)
        """The last end that a work can have by its calendar, at or before ``last_free``."""
        before: tuple[list[int], list[int]] | None = None
        # Works that wait for one another have no order: their bounds are settled again until they stay.
        while before != (self.last_start, self.last_free):
            before = list(self.last_start), list(self.last_free)
            for k in reversed(sequence.order):
                self._settle(k)
            if not sequence.circular:
                break

    def _offset(self, day: date) -> int:
        return (day - self.problem.as_of).days

    def _bounds(self, notices: Mapping[str, date], *, deadlines: bool) -> list[int]:
        """Latest first day after each work as far as gates, deadlines and crews that shrink have a say in it."""
        place = {item.work_id: k for k, item in enumerate(self.plan.works)}
        bounds = [FAR_DAYS] * len(place)
        for demand in self.problem.of(NetLand):
            for parcel, gates in demand.gates.items():
                for gate in gates if parcel in notices else ():
                    opening = gate_opening(gate, self.plan)
                    for work_id in opening.way if opening is not None else ():
                        last = self._offset(notices[parcel]) - gate.lag_days
                        bounds[place[work_id]] = min(bounds[place[work_id]], last)
        for item in self.problem.of(WorkDeadline) if deadlines else ():
            if item.work_id in place:
                bounds[place[item.work_id]] = min(bounds[place[item.work_id]], self._offset(item.on) + 1)
        if deadlines and "makespan" in self.problem.objectives:
            bounds = [min(bound, max(self.free)) for bound in bounds]
        for crew in self.problem.of(CrewCapacity):
            for k, day in self._shrinking(crew):
                bounds[k] = min(bounds[k], day)
        return bounds

    def _shrinking(self, crew: CrewCapacity) -> list[tuple[int, int]]:
        """Works that would need more of a crew than it has, once they reach a day on which it has fewer units."""
        found = []
        for k, item in enumerate(self.plan.works):
            units = 0 if item.fixed else crew.units.get((item.work_id, item.mode), 0)
            starts = sorted(first for first, _, _ in crew.changes if units and first >= item.free_on)
            day = next(
                (first for first in starts if self._held(crew, first) + units > crew.capacity_on(first)), None
            )
            if day is not None and crew.capacity_on(day) < crew.capacity_on(item.start_on):
                found.append((k, self._offset(day)))
        return found

    def _held(self, crew: CrewCapacity, day: date) -> int:
        works = (item for item in self.plan.works if not item.fixed and item.start_on <= day < item.free_on)
        return sum(crew.units.get((item.work_id, item.mode), 0) for item in works)

    def _settle(self, k: int) -> None:
        """Latest start and end of a work once those of all that wait for it are known."""
        for link in self.links[k]:
            bound = self.last_start[link.after] if link.relation[1] == "S" else self.last_end[link.after]
            self._bound(k, link, bound)
        item = self.plan.works[k]
        if item.fixed or item.started_on is not None or item.work_id not in self.asked:
            self.last_start[k], self.last_end[k] = self.start[k], self.last_free[k]
            return
        starts, ends = self._possible(self.asked[item.work_id], item)
        if self.last_start[k] < FAR_DAYS:
            # A work that must have begun by a day has ended by another one.
            place = int(np.searchsorted(starts, min(self.last_start[k], self.latest), side="right")) - 1
            self.last_free[k] = min(self.last_free[k], int(ends[place]) if place >= 0 else self.free[k])
        if self.last_free[k] < FAR_DAYS:
            place = int(np.searchsorted(ends, min(self.last_free[k], self.latest), side="right")) - 1
            last = int(starts[place]) if place >= 0 else self.start[k]
            self.last_start[k] = min(self.last_start[k], last)
            self.last_end[k] = int(ends[place]) if place >= 0 else self.free[k]

    def _bound(self, k: int, link: Link, bound: int) -> None:
        if bound >= FAR_DAYS:
            return
        if link.relation[0] == "F":
            self.last_free[k] = min(self.last_free[k], bound - link.lag_days)
        else:
            self.last_start[k] = min(self.last_start[k], bound - link.lag_days)

    def _possible(self, work: Work, item: PlannedWork) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        key = work.calendar_id, work.mode(item.mode).duration_days
        if key not in self._starts:
            table = self.work_days.free_table(*key)
            starts = np.flatnonzero(table >= 0)
            self._starts[key] = starts, table[starts]
        return self._starts[key]

    def total_days(self, k: int) -> int | None:
        """How far a work may slip as a whole; None where nothing waits for it."""
        rooms = [self.last_free[k] - self.free[k]] if self.last_free[k] < FAR_DAYS else []
        if not self.plan.works[k].fixed and self.plan.works[k].started_on is None:
            bounds = [self._start_bound(link) for link in self.links[k] if link.relation[0] == "S"]
            rooms += [bound - self.start[k] for bound in bounds if bound < FAR_DAYS]
        return max(0, min(rooms)) if rooms else None

    def _start_bound(self, link: Link) -> int:
        bound = self.last_start[link.after] if link.relation[1] == "S" else self.last_end[link.after]
        return bound if bound >= FAR_DAYS else bound - link.lag_days

    def float_of(self, k: int) -> Float:
        """Total and free float of a work."""
        rooms = [self.own_free[k] - self.free[k]] if self.own_free[k] < FAR_DAYS else []
        for link in self.links[k]:
            since = self.free[k] if link.relation[0] == "F" else self.start[k]
            then = self.start[link.after] if link.relation[1] == "S" else self.free[link.after]
            rooms.append(then - link.lag_days - since)
        total = self.total_days(k)
        free = max(0, min(rooms)) if rooms else None
        return Float(total_days=total, free_days=free if total is None or free is None else min(free, total))
