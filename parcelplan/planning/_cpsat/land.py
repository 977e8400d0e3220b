"""Parcels in the model: in which stretch of days each goes on notice, and what its day waits for.

Days fall into segments, runs of days that no demand counts apart: the same months, quarters and years. For each unit
*u* of parcels that go together and each segment *σ* there is a literal ``x[u,σ]``, with ``Σ_σ x[u,σ] = present[u]``.
Within its segment a unit goes on its first day that is not before its *sources*: works that open its gates, phases
before its own, its trigger, its batch. So each source bounds the segment, ``g ≤ Σ_σ last[u,σ] x[u,σ]``, and the day of
transfer, ``t_u ≥ T(g)`` besides ``t_u ≥ Σ_σ T(first[u,σ]) x[u,σ]``; no other variable is needed for the day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from ortools.sat.python import cp_model

from parcelplan.planning._cpsat.presence import Presence
from parcelplan.planning._cpsat.sketch import Sketch, Term, weighted
from parcelplan.planning._cpsat.works import WorksModel
from parcelplan.planning.draft import Draft
from parcelplan.planning.problem import (
    Absorption,
    BatchSize,
    Candidate,
    CashLimit,
    ListingsPerMonth,
    PlanningProblem,
    Target,
    Together,
    YearlyQuota,
)
from parcelplan.planning.timeline import Ints, Timeline


class Source:
    """Something that a notice cannot lie before: ``notice`` is the first day that it allows, as an offset.

    Parameters
    ----------
    land
        The parcels that may wait for it.
    notice
        The day: a variable, or a number where it is known.
    bounds
        Its first and last value, neither after the last day of a notice.
    name
        What it is.
    hint
        Its value under the plan that the search starts from.
    """

    def __init__(
        self, land: Land, notice: Term, bounds: tuple[int, int], *, name: str, hint: int | None
    ) -> None:
        self.notice = notice
        self.hint = hint
        self.name = name
        self._land = land
        self._bounds = bounds

    @cached_property
    def transfer(self) -> Term:
        """No earlier than ``T(g)``, the transfer of the first notice on or after the source, as an offset."""
        leads_to, sketch = self._land.leads_to, self._land.sketch
        if isinstance(self.notice, int):
            return int(leads_to[min(max(0, self.notice), len(leads_to) - 1)])
        first, last = self._bounds
        days = np.arange(first, last + 1)
        extra = leads_to[days] - days
        hint = None if self.hint is None else min(max(self.hint, first), last)
        value = None if hint is None else int(leads_to[hint])
        leads = sketch.integer(
            int(leads_to[first]), int(leads_to[last]), f"transfer after {self.name}", value
        )
        # A table would give every day a literal; so does only every number of days that weekends and holidays add.
        for days_more in np.unique(extra):
            some = 1 if days_more == extra.min() else self._on(days[extra >= days_more], int(days_more), hint)
            sketch.no_more(self.notice + int(days_more), leads, some)
        return leads

    def _on(self, days: Ints, days_more: int, hint: int | None) -> Term:
        """Give a literal that must hold where the source lies on one of some days."""
        sketch, (first, last) = self._land.sketch, self._bounds
        value = None if hint is None else int(np.isin(hint, days))
        literal = sketch.boolean(f"{self.name} takes {days_more} days", value)
        others = cp_model.Domain.from_values(np.setdiff1d(np.arange(first, last + 1), days).tolist())
        sketch.model.add_linear_expression_in_domain(self.notice, others).only_enforce_if(~literal)
        return literal


@dataclass(kw_only=True)
class Unit:
    """Parcels that go on notice together, mostly one alone."""

    members: tuple[Candidate, ...]
    happened: bool
    x: dict[int, Term]
    """Literal of each segment."""
    first: dict[int, int]
    """First position on which it may go, by segment."""
    last: dict[int, int]
    """Last position on which it may go, by segment."""
    present: Term
    hint: int | None
    """Position under the plan that the search starts from; None where it is left out there."""
    sources: list[tuple[Source, Term]] = field(default_factory=list)
    """What it waits for, each with the literal under which it does."""
    day: Term | None = None
    """Its transfer, once somebody asked for it."""

    @cached_property
    def name(self) -> str:
        """Ids of its parcels."""
        return "+".join(item.parcel_id for item in self.members)

    @cached_property
    def phases(self) -> tuple[int, ...]:
        """Phases of its parcels, ascending."""
        return tuple(sorted({item.phase for item in self.members}))


class Land:
    """Variables of all parcels.

    Parameters
    ----------
    sketch
        The model.
    timeline
        The problem on its days.
    works
        The works in the same model.
    floors
        First day on which the gates of each parcel can be open, as an offset; 0 where none is named.
    hint
        Plan that the search starts from.
    """

    def __init__(
        self,
        sketch: Sketch,
        timeline: Timeline,
        works: WorksModel,
        *,
        floors: Mapping[str, int],
        hint: Draft | None,
    ) -> None:
        self.sketch = sketch
        self.timeline = timeline
        self.problem = timeline.problem
        self.draft = hint
        self.segments = segments(timeline)
        self.presence = Presence(sketch, self.problem, works, hint=hint)
        self.units = [unit for group in groups(self.problem) for unit in self._units(group, floors)]
        self.unit_of = {item.parcel_id: unit for unit in self.units for item in unit.members}
        self.presence.post_splits()

    # --- days of a unit

    def notice(self, unit: Unit) -> Term:
        """First notice that a unit's segment allows, ``Σ first x``; 0 where it is left out."""
        return self._by_segment(unit, unit.first, self.timeline.notice_offsets)

    def latest(self, unit: Unit) -> Term:
        """Last notice that a unit's segment allows, ``Σ last x``; 0 where it is left out."""
        return self._by_segment(unit, unit.last, self.timeline.notice_offsets)

    def transfer(self, unit: Unit) -> Term:
        """``t_u`` of a unit that is transferred. To be asked for when all of its sources are known."""
        if unit.day is None:
            least = self._by_segment(unit, unit.first, self.timeline.transfer_offsets)
            unit.day = self._after_sources(unit, least) if unit.sources else least
        return unit.day

    def wait_for(self, unit: Unit, source: Source, literal: Term) -> None:
        """Let a unit go on notice no earlier than a source allows, where a literal holds."""
        unit.sources.append((source, literal))
        self.sketch.no_more(source.notice, self.latest(unit), literal)

    def hinted_offset(self, unit: Unit) -> int | None:
        """Offset of a unit's notice under the plan that the search starts from."""
        return None if unit.hint is None else int(self.timeline.notice_offsets[unit.hint])

    @cached_property
    def leads_to(self) -> Ints:
        """Offset of the transfer of the first notice that can be published on or after each offset."""
        positions = self._open
        if not len(positions):
            return np.zeros(1, dtype=np.int64)
        nearest = np.searchsorted(self.timeline.notice_offsets[positions], np.arange(self.last_notice + 1))
        leads: Ints = self.timeline.transfer_offsets[positions][nearest]
        return leads

    def at_or_after(self, offset: int) -> int:
        """Position of the first notice on or after an offset that can be published; else of the last one."""
        k = int(np.searchsorted(self.timeline.notice_offsets[self._open], offset))
        return int(self._open[min(k, len(self._open) - 1)]) if len(self._open) else 0

    @cached_property
    def _open(self) -> Ints:
        return np.flatnonzero(self.timeline.is_open)

    @cached_property
    def last_notice(self) -> int:
        """Offset of the last day that a notice can take; −1 where there is none."""
        days = self.timeline.notice_offsets[self.timeline.is_open]
        return int(days[-1]) if len(days) else -1

    def _by_segment(self, unit: Unit, positions: Mapping[int, int], offsets: Ints) -> Term:
        return weighted(list(unit.x.values()), [int(offsets[positions[k]]) for k in unit.x])

    def _after_sources(self, unit: Unit, least: Term) -> Term:
        """``t_u ≥ Σ T(first) x`` and ``t_u ≥ T(g)`` for every source that the unit waits for."""
        if isinstance(unit.present, int) and not unit.present:
            return 0
        offsets = self.timeline.transfer_offsets
        days = [int(offsets[k]) for k in (*unit.first.values(), *unit.last.values())]
        value = None if unit.hint is None else int(offsets[unit.hint])
        if not isinstance(unit.present, int):
            days.append(0)
            value = value or 0
        day = self.sketch.integer(
            min(days, default=0), max(days, default=0), f"transfer of {unit.name}", value
        )
        self.sketch.no_more(least, day)
        for source, literal in unit.sources:
            self.sketch.no_more(source.transfer, day, literal)
        return day

    # --- units

    def _units(self, group: tuple[Candidate, ...], floors: Mapping[str, int]) -> Iterator[Unit]:
        """One unit for a group, and one for each of its members whose notice has been published."""
        fixed = self.timeline.fixed
        planned = tuple(item for item in group if item.parcel_id not in fixed)
        parts = [planned] if planned else []
        parts += [(item,) for item in group if item.parcel_id in fixed]
        presence = [self.presence.present(item) for item in group]
        for other in presence[1:]:
            self.sketch.equal(presence[0], other)
        for part in parts:
            yield self._unit(part, presence[0], floors)

    def _unit(
        self,
        members: tuple[Candidate, ...],
        present: Term,
        floors: Mapping[str, int],
    ) -> Unit:
        ids = [item.parcel_id for item in members]
        happened = ids[0] in self.timeline.fixed
        positions = self._positions(members, 0 if happened else max(floors.get(name, 0) for name in ids))
        hint = None if self.draft is None else self.draft.notices.get(ids[0])
        marks = self.segments[positions]
        keys, starts, counts = np.unique(marks, return_index=True, return_counts=True)
        first = dict(zip(keys.tolist(), positions[starts].tolist(), strict=True))
        last = dict(zip(keys.tolist(), positions[starts + counts - 1].tolist(), strict=True))
        x = self._literals(
            "+".join(ids), list(first), None if hint is None else int(self.segments[hint]), present
        )
        return Unit(
            members=members, happened=happened, x=x, first=first, last=last, present=present, hint=hint
        )

    def _positions(self, members: tuple[Candidate, ...], floor: int) -> Ints:
        positions = self.timeline.open_positions(members[0])
        for item in members[1:]:
            positions = np.intersect1d(positions, self.timeline.open_positions(item))
        return positions[self.timeline.notice_offsets[positions] >= floor] if floor else positions

    def _literals(self, name: str, keys: list[int], chosen: int | None, present: Term) -> dict[int, Term]:
        """``Σ x = present``, with no more literals than are needed to say so."""
        if not keys:
            self.sketch.equal(present, 0)
        if len(keys) <= 1 or (isinstance(present, int) and not present):
            return dict.fromkeys(keys, present)
        x: dict[int, Term] = {k: self.sketch.boolean(f"{name}@{k}", k == chosen) for k in keys}
        rest = [] if isinstance(present, int) else [present.Not()]
        self.sketch.model.add_exactly_one([*x.values(), *rest])
        return x


def groups(problem: PlanningProblem) -> list[tuple[Candidate, ...]]:
    """Candidates by groups that go together, in the order of the first of each; most stand alone."""
    head = {item.parcel_id: item.parcel_id for item in problem.candidates}

    def root(name: str) -> str:
        while head[name] != name:
            name = head[name]
        return name

    for demand in problem.of(Together):
        known = [name for name in demand.parcel_ids if name in head]
        for other in known[1:]:
            head[root(other)] = root(known[0])
    found: dict[str, list[Candidate]] = {}
    for item in problem.candidates:
        found.setdefault(root(item.parcel_id), []).append(item)
    return [tuple(members) for members in found.values()]


def segments(timeline: Timeline) -> Ints:
    """Number of the segment of each position: a new one begins wherever something that is counted changes."""
    problem = timeline.problem
    keys: list[NDArray[np.generic]] = []
    monthly = any(isinstance(item, (ListingsPerMonth, BatchSize)) for item in problem.demands)
    if monthly or "batches" in problem.objectives:
        keys.append(timeline.notice_months)
    if problem.of(CashLimit):
        keys.append(timeline.transfer_months)
    if problem.of(Absorption):
        keys.append(timeline.transfer_quarters)
    if problem.of(YearlyQuota) or problem.later_quotas:
        keys.append(timeline.transfer_years)
    days = timeline.transfer_offsets
    keys += [days > timeline.offset(item.by_on) - item.delay_days for item in problem.of(Target)]
    changes = np.zeros(len(timeline.days), dtype=bool)
    for key in keys:
        changes[1:] |= key[1:] != key[:-1]
    return np.cumsum(changes).astype(np.int64)
