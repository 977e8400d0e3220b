"""Putting a plan together, one work or parcel at a time, each as early as everything before it allows."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import merge

import numpy as np

from parcelplan.checks.bureau_checks import AREA_TOLERANCE_M2
from parcelplan.planning.draft import Draft
from parcelplan.planning.heuristic.books import CashBook, CrewBook, LandBook
from parcelplan.planning.heuristic.layout import Layout
from parcelplan.planning.problem import OccupancyTrigger, PhaseOrder, Precedence
from parcelplan.planning.timeline import Ints

NEVER = 10**9
"""Day or position of what cannot be."""


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What is settled before anything gets a date."""

    modes: tuple[int, ...]
    """Mode of each work."""
    left_out: frozenset[int]
    """Parcels that are not transferred: excluded by a mode, or the other side of a split."""
    not_before: Mapping[int, int] = field(default_factory=dict)
    """First position of parcels that are meant to go on a later day than they could."""
    starts: Mapping[int, int] = field(default_factory=dict)
    """First day of works that are meant to start later than they could."""


class Placing:
    """A plan in the making: what has been placed, and the books of what that uses up."""

    def __init__(self, layout: Layout, choices: Choices) -> None:
        self.layout = layout
        self.choices = choices
        self.crew = CrewBook(layout)
        self.land = LandBook(layout)
        self.cash = [CashBook(layout.timeline, limit) for limit in layout.cash]
        self.spans: dict[int, tuple[int, int]] = {}
        """First day and first day after the end of each work that has been placed."""
        self.notices: dict[int, int] = {}
        """Position of the notice of each parcel that has been placed."""
        problem = layout.timeline.problem
        self._ordered = bool(problem.of(PhaseOrder))
        self._triggers = problem.of(OccupancyTrigger)
        self._left = dict.fromkeys(problem.phases(), 0)
        self._latest = dict.fromkeys(problem.phases(), 0)
        for number, item in enumerate(layout.parcels):
            self._left[item.phase] += number not in choices.left_out
        self._occupied: dict[int, list[tuple[int, float]]] = {phase: [] for phase in problem.phases()}
        """Days of transfer and areas by phase, ascending."""
        self._met_on: dict[OccupancyTrigger, int] = {}
        self._bound_by: dict[int, int] = {}
        self._pay_fixed()
        self._put_published()

    def _pay_fixed(self) -> None:
        for work in self.layout.timeline.problem.works:
            span = self.layout.fixed_spans.get(work.work_id)
            for book in self.cash if span else ():
                parts = book.limit.costs.get((work.work_id, work.modes[0].name))
                if span and parts:
                    book.pay(*span, parts)

    def _put_published(self) -> None:
        fixed = self.layout.timeline.fixed
        for number, item in enumerate(self.layout.parcels):
            if item.parcel_id in fixed:
                self.enter(number, fixed[item.parcel_id])
        last = len(self.layout.timeline.days)
        for phase in self.layout.timeline.problem.phases() if self._ordered else ():
            later = [
                fixed[i.parcel_id] for i in self.layout.parcels if i.phase > phase and i.parcel_id in fixed
            ]
            self._bound_by[phase] = min(later, default=last)

    # --- works

    def place_work(self, work: int) -> bool:
        """Place a work and all that it waits for; False where money, crews or days are not enough."""
        waiting = [work]
        while waiting:
            now = waiting[-1]
            if now in self.spans:
                waiting.pop()
                continue
            missing = [
                k
                for item in self.layout.before[now]
                if (k := self.layout.number[item.before]) not in self.spans
            ]
            if missing:
                waiting += missing
                continue
            span = self.first_span(now)
            if span is None:
                return False
            self.carry_out(now, span)
            waiting.pop()
        return True

    def carry_out(self, work: int, span: tuple[int, int]) -> None:
        """Enter a work at its days."""
        self.spans[work] = span
        self.crew.hold(self.layout.needs(work, self.choices.modes[work]), *span)
        for book in self.cash:
            if parts := self._parts(book, work):
                book.pay(*span, parts)

    def drop(self, work: int) -> tuple[int, int]:
        """Take a work out again."""
        span = self.spans.pop(work)
        self.crew.hold(self.layout.needs(work, self.choices.modes[work]), *span, sign=-1)
        for book in self.cash:
            if parts := self._parts(book, work):
                book.pay(*span, parts, sign=-1)
        return span

    def _parts(self, book: CashBook, work: int) -> tuple[float, float] | None:
        item = self.layout.works[work]
        return book.limit.costs.get((item.work_id, item.modes[self.choices.modes[work]].name))

    def first_span(self, work: int) -> tuple[int, int] | None:
        """First days on which a work can be carried out as things stand; None where there are none."""
        item = self.layout.works[work]
        mode = item.modes[self.choices.modes[work]]
        days = self.layout.timeline.work_days
        ready, free_from = self._floor(work)
        window = self.layout.window(work, self.choices.modes[work])
        if window is None or (money := self._payable(work)) is None:
            return None
        table = days.table(item, mode)[: window[1] + 1]
        start = max(window[0], ready, money[0], self.choices.starts.get(work, 0))
        return self._first_free(work, table, start, max(free_from, money[1]))

    def _first_free(self, work: int, table: Ints, start: int, free_from: int) -> tuple[int, int] | None:
        needs = self.layout.needs(work, self.choices.modes[work])
        while start < len(table):
            if table[start] < 0 or table[start] < free_from:
                open_days = table[start:] >= max(free_from, 0)
                step = int(np.argmax(open_days))
                if not open_days[step]:
                    return None
                start += step
            end = int(table[start])
            blocked = self.crew.blocked(needs, start, end)
            if blocked is None:
                return start, end
            start = blocked + 1
        return None

    def _floor(self, work: int) -> tuple[int, int]:
        """First start and first end that all that the work waits for allow."""
        start, end = self.layout.floors[work]
        for item in self.layout.before[work]:
            day = since(item, self.spans[self.layout.number[item.before]])
            if item.relation[1] == "S":
                start = max(start, day)
            else:
                end = max(end, day)
        return start, end

    def _payable(self, work: int) -> tuple[int, int] | None:
        """First day of the start and first end for which the money is there."""
        start, end = 0, 0
        for book in self.cash:
            if parts := self._parts(book, work):
                first, last = book.first_payable(parts[0]), book.first_payable(parts[0] + parts[1])
                if first is None or last is None:
                    return None
                start, end = max(start, first), max(end, last + 1 if parts[1] > 0 and last > 0 else 0)
        return start, end

    # --- parcels

    def opened(self, parcel: int) -> int:
        """First day on which all gates of a parcel are open; ``NEVER`` as long as one of them is not placed."""
        opens = -NEVER
        for access in self.layout.accesses[parcel]:
            first = NEVER
            for way in access.ways:
                ends = [self.spans[k][1] if k in self.spans else NEVER for k in way.works]
                first = min(first, max([way.free_from, *ends]))
            if first == NEVER:
                return NEVER
            opens = max(opens, first + access.lag)
        return opens

    def first_positions(self, group: Sequence[int]) -> Ints:
        """Positions at which a group of parcels may go on notice as far as gates, order and triggers say, ascending."""
        empty = np.zeros(0, dtype=np.int64)
        first, last = 0, len(self.layout.timeline.days)
        for parcel in group:
            opens = self.opened(parcel)
            if opens == NEVER:
                return empty
            phase = self.layout.parcels[parcel].phase
            first = max(first, int(np.searchsorted(self.layout.timeline.notice_offsets, opens)))
            first = max(first, self.phase_floor(phase), self.choices.not_before.get(parcel, 0))
            last = min(last, self._bound_by.get(phase, last))
        positions = self.layout.open_positions[group[0]]
        for parcel in group[1:]:
            if self.layout.open_positions[parcel] is not positions:
                positions = np.intersect1d(positions, self.layout.open_positions[parcel], assume_unique=True)
        return positions[np.searchsorted(positions, first) : np.searchsorted(positions, last, side="right")]

    def phase_floor(self, phase: int) -> int:
        """First position that order and triggers leave a phase; ``NEVER`` as long as that is not known."""
        floor = 0
        if self._ordered:
            for other, left in self._left.items():
                if other < phase:
                    floor = max(floor, NEVER if left else self._latest[other])
        for trigger in self._triggers:
            if trigger.phase == phase:
                floor = max(floor, self._met(trigger))
        return floor

    def _met(self, trigger: OccupancyTrigger) -> int:
        """Position of the first notice that a trigger allows as things stand."""
        if trigger.needed_m2 <= AREA_TOLERANCE_M2:
            return 0
        if trigger not in self._met_on:
            self._met_on[trigger] = self._met_anew(trigger)
        return self._met_on[trigger]

    def _met_anew(self, trigger: OccupancyTrigger) -> int:
        there = merge(*(self._occupied.get(phase, ()) for phase in set(trigger.of_phases)))
        occupied_m2 = 0.0
        for transfer_on, area_m2 in there:
            occupied_m2 += area_m2
            if occupied_m2 >= trigger.needed_m2 - AREA_TOLERANCE_M2 / 2:
                day = transfer_on + trigger.occupied_after_days
                return int(np.searchsorted(self.layout.timeline.notice_offsets, day))
        return NEVER

    def _forget(self, phase: int) -> None:
        """Put aside what was known of triggers that look at a phase."""
        for trigger in [item for item in self._met_on if phase in item.of_phases]:
            del self._met_on[trigger]

    def place_group(self, group: Sequence[int]) -> bool:
        """Put parcels on notice together on the first day that takes them."""
        positions = self.first_positions(group)
        area_m2 = float(self.layout.areas_m2[list(group)].sum())
        position = self.land.first_for(area_m2, len(group), positions)
        for parcel in group if position is not None else ():
            self.enter(parcel, int(position or 0))
        return position is not None

    def enter(self, parcel: int, position: int) -> None:
        """Put a parcel on notice at a position."""
        item = self.layout.parcels[parcel]
        self.notices[parcel] = position
        self.land.put(position, item.area_m2, 1)
        transfer_on = int(self.layout.timeline.transfer_offsets[position])
        insort(self._occupied[item.phase], (transfer_on, item.area_m2))
        self._forget(item.phase)
        self._left[item.phase] -= 1
        self._latest[item.phase] = max(self._latest[item.phase], position)
        for book in self.cash:
            book.receive(transfer_on, book.limit.prices.get(item.parcel_id, 0.0))

    def take_out(self, parcel: int) -> int:
        """Take a parcel out again; the position that it had."""
        item = self.layout.parcels[parcel]
        position = self.notices.pop(parcel)
        self.land.put(position, item.area_m2, 1, sign=-1)
        transfer_on = int(self.layout.timeline.transfer_offsets[position])
        row = transfer_on, item.area_m2
        del self._occupied[item.phase][bisect_left(self._occupied[item.phase], row)]
        self._forget(item.phase)
        self._left[item.phase] += 1
        if self._ordered and position == self._latest[item.phase]:
            rest = (at for k, at in self.notices.items() if self.layout.parcels[k].phase == item.phase)
            self._latest[item.phase] = max(rest, default=0)
        for book in self.cash:
            book.receive(transfer_on, book.limit.prices.get(item.parcel_id, 0.0), sign=-1)
        return position

    # --- all of it

    def complete(self) -> bool:
        """Whether every work and every parcel that is not left out has its days."""
        wanted = len(self.layout.parcels) - len(self.choices.left_out)
        return len(self.spans) == len(self.layout.works) and len(self.notices) == wanted

    def draft(self) -> Draft:
        """What has been placed."""
        works = {
            self.layout.works[k].work_id: (self.choices.modes[k], start)
            for k, (start, _) in self.spans.items()
        }
        notices = {self.layout.parcels[k].parcel_id: position for k, position in self.notices.items()}
        return Draft(works=works, notices=notices)


def since(item: Precedence, span: tuple[int, int]) -> int:
    """Day from which on a precedence lets the later work start or end, given the days of the earlier one."""
    return span[item.relation[0] == "F"] + item.lag_days


def wanted_groups(layout: Layout, left_out: Iterable[int]) -> list[tuple[int, ...]]:
    """Groups of parcels that are to be transferred, published notices aside."""
    out = set(left_out)
    groups = (tuple(k for k in group if k not in out) for group in layout.groups)
    return [group for group in groups if group and layout.parcels[group[0]].fixed_notice_on is None]
