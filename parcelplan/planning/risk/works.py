"""Works in many runs at once: each as early as the plan's order lets it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from parcelplan.plan import Plan
from parcelplan.planning.problem import PlanningProblem, Work
from parcelplan.planning.risk.estimates import Ints
from parcelplan.planning.risk.sequence import Link, Sequence
from parcelplan.planning.risk.tables import Bools, Days, WorkTable, WorkTables

NOTHING, PROMISE, BUREAU = -1, -2, -3
"""What holds back where no work or parcel does: dates that are given, a promised day, what the bureau can do."""


def start_node(work: int) -> int:
    """Node of a work's first day in a chain."""
    return 2 * work


def end_node(work: int) -> int:
    """Node of a work's end in a chain."""
    return 2 * work + 1


@dataclass(frozen=True, kw_only=True)
class WorkRuns:
    """Works by place (rows) and run (columns)."""

    start: Ints
    free: Ints
    """First day after the end."""
    held_by: Ints
    """Node that the start waited for, or one of :data:`NOTHING` and :data:`PROMISE`."""
    by_end: Bools
    """Whether it was the end that had to wait, so that the duration made no difference."""


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Least start and least end of one work in every run, and what each is due to."""

    start: Ints
    start_by: Ints
    free: Ints
    free_by: Ints

    def raise_start(self, day: Ints, node: int) -> None:
        """Let the start wait for a node, where that is later."""
        later = day > self.start
        self.start[later], self.start_by[later] = day[later], node

    def raise_free(self, day: Ints, node: int) -> None:
        """Let the end wait for a node, where that is later."""
        later = day > self.free
        self.free[later], self.free_by[later] = day[later], node


@dataclass(frozen=True, kw_only=True)
class WorkNetwork:
    """Works of a plan on their days, ready to run."""

    problem: PlanningProblem
    plan: Plan
    days: Days
    sequence: Sequence

    @cached_property
    def works(self) -> tuple[Work, ...]:
        """The works in the order of the plan."""
        by_id = {work.work_id: work for work in self.problem.works}
        return tuple(by_id[item.work_id] for item in self.plan.works)

    @cached_property
    def _tables(self) -> tuple[WorkTable, ...]:
        tables = WorkTables(self.problem, self.days)
        return tuple(
            tables.of(work.calendar_id, {} if item.fixed else item.crews)
            for work, item in zip(self.works, self.plan.works, strict=True)
        )

    @cached_property
    def planned(self) -> tuple[Ints, Ints]:
        """First day and first day after the end of each work in the plan; one column."""
        start = [self.days.offset(item.start_on) for item in self.plan.works]
        free = [self.days.offset(item.free_on) for item in self.plan.works]
        shape = (-1, 1)
        return np.array(start, np.int32).reshape(shape), np.array(free, np.int32).reshape(shape)

    @cached_property
    def floors(self) -> Ints:
        """Days before which works do not start, since the plan lets them wait for more than the order.

        A work that the order alone would start earlier than planned keeps its planned day; the others have none.
        """
        start, free = self.planned
        floors = np.zeros(len(self.works), dtype=np.int32)
        for k in self._open_order():
            likely = np.array([self.works[k].mode(self.plan.works[k].mode).duration_days], np.int32)
            by_order, _, _, _ = self._placed(k, likely, start, free, floor=0)
            if by_order[0] < start[k, 0]:
                floors[k] = start[k, 0]
        return floors

    def run(self, durations: Ints) -> WorkRuns:
        """Carry out all works.

        Parameters
        ----------
        durations
            Days of each work (rows, in the order of the plan) in each run (columns).
        """
        planned_start, planned_free = self.planned
        start = np.repeat(planned_start, durations.shape[1], axis=1)
        free = np.repeat(planned_free, durations.shape[1], axis=1)
        held_by = np.full(start.shape, NOTHING, dtype=np.int32)
        by_end = np.ones(start.shape, dtype=bool)
        order = self._open_order()
        start[order] = free[order] = 0
        for _ in range(len(order) if self.sequence.circular else 1):
            before = start.copy(), free.copy()
            for k in order:
                placed = self._placed(k, durations[k], start, free, floor=int(self.floors[k]))
                start[k], free[k], held_by[k], by_end[k] = placed
            if (before[0] == start).all() and (before[1] == free).all():
                break
        return WorkRuns(start=start, free=free, held_by=held_by, by_end=by_end)

    def _open_order(self) -> list[int]:
        return [k for k in self.sequence.order if not self.plan.works[k].fixed]

    def _placed(
        self, k: int, days: Ints, start: Ints, free: Ints, *, floor: int
    ) -> tuple[Ints, Ints, Ints, Bools]:
        """Start and end of one work, what held it, and whether by its end."""
        bounds = self._bounds(k, start, free, floor, len(days))
        table = self._tables[k]
        going_on = self.works[k].started_on is not None
        begins = np.zeros_like(bounds.start) if going_on else bounds.start
        first, ends = table.place(begins, days)
        short = ends < bounds.free
        if going_on:
            # What is under way cannot begin later: its end alone waits.
            return begins, np.maximum(ends, bounds.free), np.where(short, bounds.free_by, NOTHING), short
        if short.any():
            late, late_ends = table.place(table.latest_start(bounds.free, days), days)
            first, ends = np.where(short, late, first), np.where(short, late_ends, ends)
        return first, ends, np.where(short, bounds.free_by, bounds.start_by), short

    def _bounds(self, k: int, start: Ints, free: Ints, floor: int, runs: int) -> Bounds:
        work = self.works[k]
        earliest = self.days.offset(work.earliest_start_on) if work.earliest_start_on else 0
        promised = self.days.offset(work.not_before_on) + 1 if work.not_before_on else 0
        bounds = Bounds(
            start=np.full(runs, max(0, earliest, floor), dtype=np.int32),
            start_by=np.full(runs, NOTHING, dtype=np.int32),
            free=np.full(runs, max(0, promised), dtype=np.int32),
            free_by=np.full(runs, PROMISE, dtype=np.int32),
        )
        for link in self.sequence.links.get(k, ()):
            _wait(bounds, link, start, free)
        return bounds


def _wait(bounds: Bounds, link: Link, start: Ints, free: Ints) -> None:
    from_end = link.relation[0] == "F"
    day = (free if from_end else start)[link.before] + np.int32(link.lag_days)
    node = end_node(link.before) if from_end else start_node(link.before)
    if link.relation[1] == "S":
        bounds.raise_start(day, node)
    else:
        bounds.raise_free(day, node)
