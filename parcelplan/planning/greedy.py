"""A plan at once: parcels go one by one on the first day that takes them. Also tightens found plans."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from math import inf

from parcelplan.checks.bureau_checks import AREA_TOLERANCE_M2
from parcelplan.planning.days import Grid, trigger_position
from parcelplan.planning.problem import Candidate, ListingsPerMonth, OccupancyTrigger, PhaseOrder

Notices = dict[str, int]
"""Position of each parcel's notice in the grid's days."""
Rule = Callable[[Candidate], tuple[object, ...]]

_RULES: tuple[Rule, ...] = (
    lambda item: (-item.area_m2, item.ready_on, item.parcel_id),
    lambda item: (item.ready_on, -item.area_m2, item.parcel_id),
    lambda item: (item.area_m2, item.ready_on, item.parcel_id),
)


def waiting_m2_days(grid: Grid, notices: Mapping[str, int]) -> float:
    """Objective of notices: area times days to the transfer, m²·days."""
    return sum(item.area_m2 * grid.waiting_days(notices[item.parcel_id]) for item in grid.problem.candidates)


def waiting_bound(grid: Grid) -> float:
    """What no plan falls below: each parcel on its own first day, m²·days; infinite where one has none."""
    return sum(
        item.area_m2 * grid.waiting_days(days[0]) if (days := grid.allowed[item.parcel_id]) else inf
        for item in grid.problem.candidates
    )


def quick_plan(grid: Grid) -> Notices | None:
    """Give the best of a few fixed orders, or None where each of them leaves a parcel without a day."""
    plans = [plan for rule in _RULES if (plan := _in_turn(grid, rule)) is not None]
    return min(
        (tighten(grid, plan) for plan in plans), key=lambda plan: waiting_m2_days(grid, plan), default=None
    )


def tighten(grid: Grid, notices: Mapping[str, int]) -> Notices:
    """Move parcels to earlier days as long as one can move alone; the objective never rises.

    Parameters
    ----------
    grid
        The problem on its days.
    notices
        A valid plan; it is not changed.

    Returns
    -------
    dict
        A valid plan in which no single parcel can go on notice on an earlier day.
    """
    load = _Load(grid)
    for item in grid.problem.candidates:
        load.put(item, notices[item.parcel_id])
    moved = True
    while moved:
        moved = False
        for item in sorted(
            grid.problem.candidates, key=lambda item: (load.notices[item.parcel_id], item.parcel_id)
        ):
            now = load.take(item)
            position = load.first_for(item)
            load.put(item, now if position is None else min(position, now))
            moved |= load.notices[item.parcel_id] != now
    return load.notices


class _Load:
    """What months and years already hold while parcels are placed."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.notices: Notices = {}
        self._listed: Counter[tuple[int, int]] = Counter()
        self._used_m2: dict[int, float] = {}
        self._per_month = min((item.per_month for item in grid.problem.of(ListingsPerMonth)), default=inf)
        self._quota_m2 = grid.problem.quotas_m2()

    def put(self, item: Candidate, position: int) -> None:
        days = self.grid.days
        self.notices[item.parcel_id] = position
        self._listed[days.months[position]] += 1
        self._used_m2[days.years[position]] = self._used_m2.get(days.years[position], 0.0) + item.area_m2

    def take(self, item: Candidate) -> int:
        position = self.notices.pop(item.parcel_id)
        self._listed[self.grid.days.months[position]] -= 1
        self._used_m2[self.grid.days.years[position]] -= item.area_m2
        return position

    def first_for(self, item: Candidate) -> int | None:
        """Position of the first day that takes the parcel as things stand."""
        floor = self._floor(item.phase)
        return next(
            (k for k in self.grid.allowed[item.parcel_id] if k >= floor and self._takes(item, k)), None
        )

    def holds(self) -> bool:
        """Whether every phase waits for the others as it must; placing in turn cannot know this beforehand."""
        floors = {phase: self._floor(phase) for phase in self.grid.problem.phases()}
        return all(
            self.notices[item.parcel_id] >= floors[item.phase] for item in self.grid.problem.candidates
        )

    def _takes(self, item: Candidate, position: int) -> bool:
        if self._listed[self.grid.days.months[position]] >= self._per_month:
            return False
        year = self.grid.days.years[position]
        limit_m2 = self._quota_m2.get(year, inf) + AREA_TOLERANCE_M2
        return self._used_m2.get(year, 0.0) + item.area_m2 <= limit_m2

    def _floor(self, phase: int) -> int:
        problem = self.grid.problem
        floor = 0
        if problem.of(PhaseOrder):
            earlier = (item.parcel_id for item in problem.candidates if item.phase < phase)
            floor = max((self.notices[parcel] for parcel in earlier if parcel in self.notices), default=0)
        for trigger in problem.of(OccupancyTrigger):
            if trigger.phase == phase:
                floor = max(floor, trigger_position(trigger, problem, self.grid.days, self.notices))
        return floor


def _in_turn(grid: Grid, rule: Rule) -> Notices | None:
    load = _Load(grid)
    for group in _groups(grid):
        for item in sorted(group, key=rule):
            position = load.first_for(item)
            if position is None:
                return None
            load.put(item, position)
    return load.notices if load.holds() else None


def _groups(grid: Grid) -> list[list[Candidate]]:
    """Candidates in groups that wait for the groups before them."""
    problem = grid.problem
    level = {phase: phase if problem.of(PhaseOrder) else 0 for phase in problem.phases()}
    for _ in level:
        for trigger in problem.of(OccupancyTrigger):
            waited_for = [level[phase] for phase in trigger.of_phases if phase in level]
            if trigger.phase in level and waited_for:
                level[trigger.phase] = max(level[trigger.phase], max(waited_for) + 1)
    return [
        [item for item in problem.candidates if level[item.phase] == value]
        for value in sorted(set(level.values()))
    ]
