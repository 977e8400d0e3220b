"""A problem by numbers: works and parcels counted from 0, with what each waits for, for heuristics and bounds."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from parcelplan.planning.draft import gates_of
from parcelplan.planning.problem import (
    Candidate,
    CashLimit,
    CrewCapacity,
    NetLand,
    OccupancyTrigger,
    PhaseOrder,
    Precedence,
    Split,
    Together,
    Work,
    WorkDeadline,
)
from parcelplan.planning.timeline import Ints, Timeline

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Way:
    """One set of works that opens a gate: those still to be planned, and the first free day after the others."""

    works: tuple[int, ...]
    free_from: int


@dataclass(frozen=True, kw_only=True)
class Access:
    """A gate: one of its ways must be open, ``lag`` days before the notice."""

    ways: tuple[Way, ...]
    lag: int


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Works and parcels of a problem by number. Fixed works have none: what they open is a day."""

    timeline: Timeline

    @cached_property
    def works(self) -> tuple[Work, ...]:
        """Works that are planned."""
        return tuple(work for work in self.timeline.problem.works if work.fixed is None)

    @cached_property
    def number(self) -> dict[str, int]:
        """Number of each planned work."""
        return {work.work_id: number for number, work in enumerate(self.works)}

    @cached_property
    def parcels(self) -> tuple[Candidate, ...]:
        """All candidates."""
        return self.timeline.problem.candidates

    @cached_property
    def parcel_number(self) -> dict[str, int]:
        """Number of each candidate."""
        return {item.parcel_id: number for number, item in enumerate(self.parcels)}

    @cached_property
    def areas_m2(self) -> Floats:
        """Area of each candidate, m²."""
        return np.array([item.area_m2 for item in self.parcels], dtype=np.float64)

    @cached_property
    def fixed_spans(self) -> dict[str, tuple[int, int]]:
        """First day and first day after the end of each fixed work."""
        days = self.timeline.work_days
        spans = ((work.work_id, days.fixed_span(work)) for work in self.timeline.problem.works)
        return {work: span for work, span in spans if span is not None}

    @cached_property
    def before(self) -> tuple[tuple[Precedence, ...], ...]:
        """What each work waits for among the planned works."""
        found: list[list[Precedence]] = [[] for _ in self.works]
        for item in self.timeline.problem.precedences:
            if item.before in self.number and item.work_id in self.number:
                found[self.number[item.work_id]].append(item)
        return tuple(map(tuple, found))

    @cached_property
    def floors(self) -> tuple[tuple[int, int], ...]:
        """First start and first end that the fixed works leave each work."""
        starts, ends = [0] * len(self.works), [0] * len(self.works)
        for item in self.timeline.problem.precedences:
            if item.before in self.fixed_spans and item.work_id in self.number:
                day = self.fixed_spans[item.before][item.relation[0] == "F"] + item.lag_days
                own = starts if item.relation[1] == "S" else ends
                own[self.number[item.work_id]] = max(own[self.number[item.work_id]], day)
        return tuple(zip(starts, ends, strict=True))

    @cached_property
    def in_turn(self) -> tuple[int, ...]:
        """Works so that each comes after all that it waits for."""
        waits = [{self.number[item.before] for item in own} for own in self.before]
        after: dict[int, list[int]] = defaultdict(list)
        for number, own in enumerate(waits):
            for other in own:
                after[other].append(number)
        left = [len(own) for own in waits]
        turn = [number for number, count in enumerate(left) if not count]
        for number in turn:
            for later in after[number]:
                left[later] -= 1
                if not left[later]:
                    turn.append(later)
        return tuple(turn)

    @cached_property
    def _heads(self) -> Ints:
        days = self.timeline.work_days
        never = self.timeline.last + 1
        found = np.full((len(self.works), 2), never, dtype=np.int64)
        for number in self.in_turn:
            start, end = self.floors[number]
            for item in self.before[number]:
                day = int(found[self.number[item.before], int(item.relation[0] == "F")]) + item.lag_days
                start, end = (max(start, day), end) if item.relation[1] == "S" else (start, max(end, day))
            for mode in self.works[number].modes:
                span = days.earliest_start(self.works[number], mode, ready=start, free_from=end)
                found[number] = np.minimum(found[number], span or never)
        return found

    @property
    def heads(self) -> Ints:
        """First day after the end of each work if none ever waited for a crew or money; past all days where never."""
        return self._heads[:, 1]

    @property
    def first_starts(self) -> Ints:
        """First day of each work if none ever waited for a crew or money; past all days where never."""
        return self._heads[:, 0]

    def opens_on(self, parcel: int) -> int:
        """First day on which the gates of a parcel can be open if no work ever waited for a crew or money."""
        opens = -self.timeline.last
        for access in self.accesses[parcel]:
            ways = (
                max([way.free_from, *(int(self.heads[work]) for work in way.works)]) for way in access.ways
            )
            opens = max(opens, min(ways) + access.lag)
        return opens

    @cached_property
    def deadlines(self) -> frozenset[str]:
        """Works that have a deadline."""
        return frozenset(item.work_id for item in self.timeline.problem.of(WorkDeadline))

    @cached_property
    def accesses(self) -> tuple[tuple[Access, ...], ...]:
        """Gates of each parcel that planned works open."""
        gates = gates_of(self.timeline.problem)
        return tuple(
            tuple(
                Access(ways=tuple(self._way(works) for works in gate.any_of), lag=gate.lag_days)
                for gate in gates.get(item.parcel_id, ())
                if item.fixed_notice_on is None
            )
            for item in self.parcels
        )

    def _way(self, works: tuple[str, ...]) -> Way:
        fixed = [self.fixed_spans[work][1] for work in works if work in self.fixed_spans]
        return Way(
            works=tuple(self.number[work] for work in works if work in self.number),
            free_from=max(fixed, default=-self.timeline.last),
        )

    @cached_property
    def open_positions(self) -> tuple[Ints, ...]:
        """Positions at which each parcel may go on notice, works and other parcels aside; parcels share arrays."""
        ready = {k: day for demand in self.timeline.problem.of(NetLand) for k, day in demand.ready_on.items()}
        shared: dict[object, Ints] = {}
        found = []
        for item in self.parcels:
            key = item.phase, ready.get(item.parcel_id), item.parcel_id if item.fixed_notice_on else ""
            if key not in shared:
                shared[key] = self.timeline.open_positions(item)
            found.append(shared[key])
        return tuple(found)

    @cached_property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """Parcels that go together, each in one group; most groups have one. Published notices stand alone."""
        leader = list(range(len(self.parcels)))
        for demand in self.timeline.problem.of(Together):
            members = [self.parcel_number[name] for name in demand.parcel_ids if name in self.parcel_number]
            members = [k for k in members if self.parcels[k].fixed_notice_on is None]
            firsts = {leader[k] for k in members}
            leader = [min(firsts) if first in firsts else first for first in leader]
        found: dict[int, list[int]] = defaultdict(list)
        for number, first in enumerate(leader):
            found[first].append(number)
        return tuple(map(tuple, found.values()))

    @cached_property
    def group_of(self) -> Ints:
        """Number of the group of each parcel."""
        found = np.zeros(len(self.parcels), dtype=np.int64)
        for number, members in enumerate(self.groups):
            found[list(members)] = number
        return found

    @cached_property
    def splits(self) -> tuple[tuple[int, tuple[int, ...]], ...]:
        """The whole parcel and its pieces, by number."""
        return tuple(
            (self.parcel_number[item.parcel_id], tuple(self.parcel_number[name] for name in item.pieces))
            for item in self.timeline.problem.of(Split)
        )

    @cached_property
    def excluding(self) -> dict[tuple[int, int], tuple[int, ...]]:
        """Parcels that a mode of a work leaves out, by numbers of work and mode."""
        found: dict[tuple[int, int], list[int]] = defaultdict(list)
        for number, item in enumerate(self.parcels):
            for work, name in item.excluded_by:
                if work in self.number:
                    names = [mode.name for mode in self.works[self.number[work]].modes]
                    found[self.number[work], names.index(name)].append(number)
        return {key: tuple(parcels) for key, parcels in found.items()}

    @cached_property
    def never(self) -> frozenset[int]:
        """Parcels that a fixed work leaves out."""
        fixed = {(item.work_id, item.modes[0].name) for item in self.timeline.problem.works if item.fixed}
        return frozenset(k for k, item in enumerate(self.parcels) if fixed.intersection(item.excluded_by))

    @cached_property
    def crews(self) -> tuple[CrewCapacity, ...]:
        """Crews with a capacity."""
        return self.timeline.problem.of(CrewCapacity)

    @cached_property
    def cash(self) -> tuple[CashLimit, ...]:
        """Accounts that must not be overdrawn."""
        return self.timeline.problem.of(CashLimit)

    def window(self, work: int, mode: int) -> tuple[int, int] | None:
        """First and last start that a work's own dates leave it in a mode."""
        key = work, mode
        if key not in self._windows:
            item = self.works[work]
            self._windows[key] = self.timeline.work_days.window(item, item.modes[mode])
        return self._windows[key]

    @cached_property
    def _windows(self) -> dict[tuple[int, int], tuple[int, int] | None]:
        return {}

    def needs(self, work: int, mode: int) -> list[tuple[int, int]]:
        """Numbers of the crews that a work holds in a mode, and how many units of each."""
        key = self.works[work].work_id, self.works[work].modes[mode].name
        return [(c, n) for c, crew in enumerate(self.crews) if (n := crew.units.get(key, 0)) > 0]

    @cached_property
    def levels(self) -> dict[int, int]:
        """Phases by how many others have to go first: 0 for those that wait for none."""
        problem = self.timeline.problem
        phases = problem.phases()
        level = {phase: k if problem.of(PhaseOrder) else 0 for k, phase in enumerate(phases)}
        for _ in phases:
            for trigger in problem.of(OccupancyTrigger):
                waited = [
                    level[item] for item in trigger.of_phases if item in level and item != trigger.phase
                ]
                if trigger.phase in level and waited:
                    least = min(max(waited) + 1, len(phases))
                    level[trigger.phase] = max(level[trigger.phase], least)
        return level
