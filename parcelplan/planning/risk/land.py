"""Parcels in many runs at once: each keeps its place in the plan's order and goes on notice as soon as it may."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from parcelplan.checks.bureau_checks import AREA_TOLERANCE_M2
from parcelplan.plan import Plan, PlannedTransfer
from parcelplan.planning.problem import (
    BatchSize,
    NetLand,
    OccupancyTrigger,
    PhaseOrder,
    PlanningProblem,
    Together,
)
from parcelplan.planning.risk.counters import Counter, make_counters
from parcelplan.planning.risk.estimates import Ints
from parcelplan.planning.risk.tables import Days, NoticeTable, notice_table, transfers_of
from parcelplan.planning.risk.works import BUREAU, NOTHING, WorkNetwork, end_node


@dataclass(frozen=True, kw_only=True)
class Unit:
    """Parcels that go on notice on one day: a batch, neighbours that go together, or one parcel."""

    members: tuple[int, ...]
    """Places of the transfers in the plan."""
    phases: frozenset[int]
    area_m2: float
    planned: int
    """Offset of the planned notice."""
    happened: bool


@dataclass(frozen=True, kw_only=True)
class LandRuns:
    """Units by place (rows) and run (columns)."""

    notice: Ints
    transfer: Ints
    held_by: Ints
    """Node that the notice waited for, or ``NOTHING`` or ``BUREAU``."""


@dataclass(kw_only=True)
class _State:
    """What the units placed so far leave to the next one."""

    free: Ints
    counters: list[Counter]
    runs: int
    transfer: dict[int, Ints] = field(default_factory=dict)
    opened: dict[int, tuple[Ints, Ints]] = field(default_factory=dict)
    """Day of each phase's trigger and the node that met it."""
    last: dict[int, tuple[Ints, Ints]] = field(default_factory=dict)
    """Last notice of each phase so far, and its node."""


@dataclass(frozen=True, kw_only=True)
class LandNetwork:
    """Transfers of a plan on their days, ready to run."""

    problem: PlanningProblem
    plan: Plan
    days: Days
    works: WorkNetwork

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """Units in the plan's order; notices that have been published come first."""
        groups: dict[int, list[int]] = defaultdict(list)
        for k, root in enumerate(_roots(self.problem, self.plan)):
            groups[root].append(k)
        units = [self._unit(tuple(members)) for members in groups.values()]
        ids = [item.parcel_id for item in self.plan.transfers]
        return tuple(
            sorted(
                units,
                key=lambda unit: (not unit.happened, unit.planned, min(unit.phases), ids[unit.members[0]]),
            )
        )

    @cached_property
    def planned(self) -> Ints:
        """Planned transfer of each unit."""
        firsts = (self.plan.transfers[unit.members[0]] for unit in self.units)
        return np.array([self.days.offset(item.transfer_on) for item in firsts], dtype=np.int32)

    @cached_property
    def unit_of(self) -> NDArray[np.intp]:
        """Place of the unit of each transfer of the plan."""
        owner = np.zeros(len(self.plan.transfers), dtype=np.intp)
        for u, unit in enumerate(self.units):
            owner[list(unit.members)] = u
        return owner

    def _unit(self, members: tuple[int, ...]) -> Unit:
        items = [self.plan.transfers[k] for k in members]
        return Unit(
            members=members,
            phases=frozenset(item.phase for item in items),
            area_m2=sum(item.area_m2 for item in items),
            planned=max(self.days.offset(item.notice_on) for item in items),
            happened=any(self._published(item) for item in items),
        )

    def _published(self, item: PlannedTransfer) -> bool:
        return item.happened or item.parcel_id in self._fixed

    @cached_property
    def _fixed(self) -> frozenset[str]:
        return frozenset(
            item.parcel_id for item in self.problem.candidates if item.fixed_notice_on is not None
        )

    @cached_property
    def first_month(self) -> int:
        """First month in which a notice or a transfer counts."""
        return min(
            _month(day) for day in (self.plan.as_of, *(item.notice_on for item in self.plan.transfers))
        )

    @cached_property
    def transfers(self) -> Ints:
        """Transfer that a notice of each day leads to."""
        return transfers_of(self.days, self.problem.clock)

    @cached_property
    def _notices(self) -> dict[frozenset[int], NoticeTable]:
        kinds = {unit.phases for unit in self.units}
        return {kind: notice_table(self.problem, self.days, kind, self.transfers) for kind in kinds}

    @cached_property
    def _gates(self) -> list[list[tuple[list[list[int]], int]]]:
        """Gates of each transfer: the sets of places of works, one of which must have ended, and the lag."""
        place = {item.work_id: k for k, item in enumerate(self.plan.works)}
        gates = {parcel: own for demand in self.problem.of(NetLand) for parcel, own in demand.gates.items()}
        return [
            [
                ([[place[work] for work in way] for way in gate.any_of], gate.lag_days)
                for gate in gates.get(item.parcel_id, ())
            ]
            for item in self.plan.transfers
        ]

    @cached_property
    def _ready(self) -> list[int]:
        """First day of each transfer as far as works are not planned."""
        ready = {
            parcel: day for demand in self.problem.of(NetLand) for parcel, day in demand.ready_on.items()
        }
        return [
            self.days.offset(ready.get(item.parcel_id, self.problem.as_of)) for item in self.plan.transfers
        ]

    @cached_property
    def floors(self) -> Ints:
        """Days before which units do not go on notice: the planned ones, where they do not wait for works alone."""
        state = self._state(self.works.planned[1], runs=1)
        floors = np.zeros(len(self.units), dtype=np.int32)
        for u, unit in enumerate(self.units):
            if not unit.happened:
                by_rule, node = self._notice(u, state, floor=0)
                if by_rule[0] < unit.planned or node[0] == BUREAU:
                    floors[u] = unit.planned
            self._settle(u, state, np.array([unit.planned], dtype=np.int32))
        return floors

    def run(self, free: Ints) -> LandRuns:
        """Transfer all units.

        Parameters
        ----------
        free
            First day after each work (rows, in the order of the plan) in each run (columns).
        """
        runs = free.shape[1]
        state = self._state(free, runs=runs)
        notice, transfer, held_by = (
            np.full((len(self.units), runs), NOTHING, dtype=np.int32) for _ in range(3)
        )
        for u, unit in enumerate(self.units):
            notice[u] = unit.planned
            if not unit.happened:
                notice[u], held_by[u] = self._notice(u, state, floor=int(self.floors[u]))
            self._settle(u, state, notice[u])
            transfer[u] = state.transfer[u]
        return LandRuns(notice=notice, transfer=transfer, held_by=held_by)

    def _state(self, free: Ints, *, runs: int) -> _State:
        counters = make_counters(
            self.problem, self.days, self.transfers, runs=runs, first_month=self.first_month
        )
        return _State(free=free, counters=counters, runs=runs)

    def node(self, unit: int) -> int:
        """Node of a unit in a chain; those of the works come before it."""
        return 2 * len(self.plan.works) + unit

    def _notice(self, u: int, state: _State, *, floor: int) -> tuple[Ints, Ints]:
        """Day of the notice of a unit in every run, and what it waited for."""
        unit = self.units[u]
        day = np.full(state.runs, floor, dtype=np.int32)
        nothing = np.full(state.runs, NOTHING, dtype=np.int32)
        node = nothing.copy()
        for k in unit.members:
            _wait(day, node, np.full(state.runs, self._ready[k], dtype=np.int32), nothing)
            for ways, lag in self._gates[k]:
                _wait(day, node, *_opened(state.free, ways, lag))
        self._wait_for_phases(unit, state, day, node)
        return self._listed(unit, state, day, node)

    def _wait_for_phases(self, unit: Unit, state: _State, day: Ints, node: Ints) -> None:
        if self.problem.of(PhaseOrder):
            for phase in sorted(state.last):
                if phase < max(unit.phases):
                    _wait(day, node, *state.last[phase])
        for trigger in self.problem.of(OccupancyTrigger):
            if trigger.phase in unit.phases:
                if trigger.phase not in state.opened:
                    state.opened[trigger.phase] = self._triggered(trigger, state)
                _wait(day, node, *state.opened[trigger.phase])

    def _triggered(self, trigger: OccupancyTrigger, state: _State) -> tuple[Ints, Ints]:
        """First day on which enough land is occupied, and the unit that made it enough.

        Only land that the plan transfers before the phase counts: what comes later can but bring the day forward.
        """
        areas = {u: self._area_of(u, trigger.of_phases) for u in state.transfer}
        counted = [u for u, area_m2 in areas.items() if area_m2 > 0]
        nothing = np.full(state.runs, NOTHING, dtype=np.int32)
        if trigger.needed_m2 <= AREA_TOLERANCE_M2 or not counted:
            return np.zeros(state.runs, dtype=np.int32), nothing
        occupied = np.array([state.transfer[u] for u in counted]) + trigger.occupied_after_days
        order = np.argsort(occupied, axis=0, kind="stable")
        there = np.cumsum(np.array([areas[u] for u in counted])[order], axis=0)
        enough = np.argmax(there + AREA_TOLERANCE_M2 >= trigger.needed_m2, axis=0)
        who = np.take_along_axis(order, enough[None], axis=0)[0]
        day = np.take_along_axis(occupied, who[None], axis=0)[0]
        nodes = np.array([self.node(u) for u in counted], dtype=np.int32)
        return day.astype(np.int32), nodes[who]

    def _area_of(self, u: int, phases: tuple[int, ...]) -> float:
        items = (self.plan.transfers[k] for k in self.units[u].members)
        return sum(item.area_m2 for item in items if item.phase in phases)

    def _listed(self, unit: Unit, state: _State, day: Ints, node: Ints) -> tuple[Ints, Ints]:
        """Move on to the first day on which the bureau can take the unit."""
        first = self._notices[unit.phases].first
        day = first[np.minimum(day, self.days.last)]
        asked = [item for item in state.counters if item.phase is None or item.phase in unit.phases]
        while True:
            before = day
            for counter in asked:
                day = first[counter.moved_on(day, counter.amount(unit.area_m2, len(unit.members)))]
            if not (moved := day > before).any():
                return day, node
            node = np.where(moved, np.int32(BUREAU), node)

    def _settle(self, u: int, state: _State, notice: Ints) -> None:
        """Count a unit as placed."""
        unit, first = self.units[u], self.plan.transfers[self.units[u].members[0]]
        state.transfer[u] = self.transfers[np.maximum(notice, 0)]
        if unit.happened:
            state.transfer[u] = np.full(state.runs, self.days.offset(first.transfer_on), dtype=np.int32)
        own = np.full(state.runs, self.node(u), dtype=np.int32)
        for phase in unit.phases:
            day, node = state.last.get(phase, (notice, own))
            state.last[phase] = (day.copy(), node.copy())
            _wait(*state.last[phase], notice, own)
        for counter in state.counters:
            if counter.phase is not None and (unit.happened or counter.phase not in unit.phases):
                continue
            amount = counter.amount(unit.area_m2, len(unit.members))
            if unit.happened:
                counter.add_before(
                    _month(first.transfer_on if counter.by_transfer else first.notice_on), amount
                )
            else:
                counter.add(notice, amount)


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1


def _wait(day: Ints, node: Ints, other: Ints, other_node: Ints) -> None:
    later = other > day
    day[later] = other[later]
    node[later] = np.broadcast_to(other_node, other.shape)[later]


def _opened(free: Ints, ways: list[list[int]], lag: int) -> tuple[Ints, Ints]:
    """First day on which one of the sets of works has ended, with the work that ended it last."""
    best = best_node = None
    for way in ways:
        ends = free[way]
        last = np.argmax(ends, axis=0)
        day = np.take_along_axis(ends, last[None], axis=0)[0]
        nodes = np.array([end_node(k) for k in way], dtype=np.int32)[last]
        if best is None or best_node is None:
            best, best_node = day, nodes
        else:
            best_node = np.where(day < best, nodes, best_node)
            best = np.minimum(day, best)
    if best is None or best_node is None:
        message = "a gate without a way to open it"
        raise ValueError(message)
    return best + np.int32(lag), best_node


def _roots(problem: PlanningProblem, plan: Plan) -> list[int]:
    """Place of the first transfer of the group that each transfer goes on notice with."""
    place = {item.parcel_id: k for k, item in enumerate(plan.transfers)}
    groups = [[place[name] for name in item.parcel_ids if name in place] for item in problem.of(Together)]
    if problem.of(BatchSize):
        batches: dict[str, list[int]] = defaultdict(list)
        for k, item in enumerate(plan.transfers):
            batches[item.batch].append(k)
        groups += batches.values()
    roots = list(range(len(plan.transfers)))
    for group in groups:
        merged = {roots[k] for k in group}
        roots = [min(merged) if root in merged else root for root in roots]
    return roots
