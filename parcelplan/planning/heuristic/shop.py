"""Works by numbers: what schedule generation needs of them, laid out for speed.

Crews share one whole number a day. Each crew has a field of bits in it, with a guard bit above: taking units away
from a field that holds too few clears its guard, so that one subtraction asks all crews at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter

import numpy as np

from parcelplan.planning.problem import CrewCapacity, Mode, Precedence, Work
from parcelplan.planning.work_days import WorkDays


@dataclass(frozen=True, kw_only=True)
class Spans:
    """Starts and ends of all works of one calendar and duration, by day."""

    free: tuple[int, ...]
    """``f`` by start, −1 where it is closed."""
    next_start: tuple[int, ...]
    """First open start on or after a day; a number past the timeline where there is none."""
    start_by: tuple[int, ...]
    """Last open start on or before a day; −1 where there is none."""
    start_free_by: tuple[int, ...]
    """Last start whose ``f`` is on or before a day; −1 where there is none."""
    shortest: int


@dataclass(frozen=True, kw_only=True)
class Way:
    """One mode of a work in numbers."""

    mode: int
    """Position among the modes of the work."""
    need: int
    """Units of all crews, each in its field."""
    first: int
    """First start that the work's own dates leave."""
    last: int
    """Last start that they leave."""
    shortest: int
    """Least ``f − s``."""
    spans: Spans | None = None
    """None where every start from the first to the last is open, and takes as long."""


@dataclass(frozen=True, kw_only=True)
class Wait:
    """A precedence between planned works, by numbers."""

    other: int
    lag: int
    of_free: bool
    """Whether it speaks of the end of the other work, not of its start."""
    own_free: bool
    """Whether it bounds the end of this work, not its start."""


class Shop:
    """The planned works of a problem by numbers, in an order in which each follows those it waits for.

    Parameters
    ----------
    work_days
        The works on a timeline.

    Raises
    ------
    ValueError
        Works wait for each other in a circle, or one has no day on which it could start.
    """

    def __init__(self, work_days: WorkDays) -> None:
        self.work_days = work_days
        self.works = _in_order(work_days.problem.works, work_days.problem.precedences)
        self.number = {work.work_id: k for k, work in enumerate(self.works)}
        self._spans: dict[tuple[str, int], Spans] = {}
        self.room, self.guards, self._fields = self._rooms(work_days.problem.of(CrewCapacity))
        self.ways = [self._ways(work) for work in self.works]
        self.before: list[list[Wait]] = [[] for _ in self.works]
        self.after: list[list[Wait]] = [[] for _ in self.works]
        self.least_start = [0] * len(self.works)
        self.least_free = [
            0 if work.not_before_on is None else _after(work, work_days) for work in self.works
        ]
        for item in work_days.problem.precedences:
            self._wait(item)

    @property
    def end(self) -> int:
        """First day after the timeline."""
        return self.work_days.last + 1

    @cached_property
    def has_choices(self) -> bool:
        """Whether a work has more than one way."""
        return any(len(ways) > 1 for ways in self.ways)

    @cached_property
    def tails(self) -> list[int]:
        """Least days from each work's start to the end of the last one, by precedence alone."""
        of_start, of_free = [0] * len(self.works), [0] * len(self.works)
        for k in reversed(range(len(self.works))):
            for wait in self.after[k]:
                rest = wait.lag + (of_free if wait.of_free else of_start)[wait.other]
                if wait.own_free:
                    of_free[k] = max(of_free[k], rest)
                else:
                    of_start[k] = max(of_start[k], rest)
            of_start[k] = max(of_start[k], self.shortest[k] + of_free[k])
        return of_start

    @cached_property
    def heads(self) -> list[int]:
        """First start of each work by precedence, dates and calendars alone."""
        starts: list[int] = []
        frees: list[int] = []
        for k, ways in enumerate(self.ways):
            least, least_free = self.least_start[k], self.least_free[k]
            for wait in self.before[k]:
                day = (frees if wait.of_free else starts)[wait.other] + wait.lag
                least, least_free = (
                    (least, max(least_free, day)) if wait.own_free else (max(least, day), least_free)
                )
            spans = [span for way in ways if (span := first_span(way, least, least_free)) is not None]
            starts.append(min((start for start, _ in spans), default=self.end))
            frees.append(min((free for _, free in spans), default=self.end))
        return starts

    @cached_property
    def shortest(self) -> list[int]:
        """Least length of each work."""
        return [min(way.shortest for way in ways) for ways in self.ways]

    def least_makespan(self) -> int:
        """A proved bound of the last end: the longest chain, and the days' work of each crew."""
        chains = [head + tail for head, tail in zip(self.heads, self.tails, strict=True)]
        return max([0, *self._fixed_frees(), *chains, *self._crew_bounds()])

    def _crew_bounds(self) -> Iterable[int]:
        for shift, mask, capacity in self._fields:
            held = sum(min(((way.need >> shift) & mask) * way.shortest for way in ways) for ways in self.ways)
            reached = int(np.searchsorted(np.cumsum(capacity), held)) + 1 if held else 0
            yield reached

    def _fixed_frees(self) -> list[int]:
        return [span[1] for work in self.work_days.problem.works if (span := self.work_days.fixed_span(work))]

    def _rooms(
        self, crews: Iterable[CrewCapacity]
    ) -> tuple[list[int], int, list[tuple[int, int, np.ndarray[tuple[int], np.dtype[np.int64]]]]]:
        """Free units of each day as one number, the guards, and each crew's field in it."""
        room = [0] * (self.work_days.last + 2)
        guards, shift, fields = 0, 0, []
        for crew in crews:
            capacity = self.work_days.capacity(crew)
            most = max([int(capacity.max(initial=0)), *crew.units.values()])
            width = most.bit_length()
            for day, units in enumerate(capacity.tolist()):
                room[day] |= units << shift
            guards |= 1 << (shift + width)
            fields.append((shift, (1 << width) - 1, capacity))
            shift += width + 1
        return [units | guards for units in room], guards, fields

    def _ways(self, work: Work) -> list[Way]:
        ways = [way for k, mode in enumerate(work.modes) if (way := self._way(work, k, mode)) is not None]
        if not ways:
            message = f"{work.work_id} has no day to start on"
            raise ValueError(message)
        return ways

    def _way(self, work: Work, number: int, mode: Mode) -> Way | None:
        window = self.work_days.window(work, mode)
        if window is None:
            return None
        need = self._need(work, mode) if mode.duration_days else 0
        first, last = window
        lengths = self.work_days.table(work, mode)[first : last + 1] - np.arange(first, last + 1)
        plain = bool((lengths == lengths[0]).all())
        spans = None if plain else self._spans_of(work, mode)
        shortest = int(lengths[0]) if spans is None else spans.shortest
        return Way(mode=number, need=need, first=first, last=last, shortest=shortest, spans=spans)

    def _spans_of(self, work: Work, mode: Mode) -> Spans:
        key = work.calendar_id, mode.duration_days
        if key not in self._spans:
            table = self.work_days.free_table(*key)
            starts, days = np.flatnonzero(table >= 0), np.arange(self.end + 2)
            self._spans[key] = Spans(
                free=tuple(table.tolist()),
                next_start=tuple(np.append(starts, self.end + 1)[np.searchsorted(starts, days)].tolist()),
                start_by=tuple(np.append(-1, starts)[np.searchsorted(starts, days, "right")].tolist()),
                start_free_by=tuple(
                    np.append(-1, starts)[np.searchsorted(table[starts], days, "right")].tolist()
                ),
                shortest=int((table[starts] - starts).min()),
            )
        return self._spans[key]

    def _need(self, work: Work, mode: Mode) -> int:
        crews = self.work_days.problem.of(CrewCapacity)
        return sum(
            crew.units.get((work.work_id, mode.name), 0) << shift
            for crew, (shift, _, _) in zip(crews, self._fields, strict=True)
        )

    def _wait(self, item: Precedence) -> None:
        """Take in a precedence; what a fixed work asks is known already."""
        if item.work_id not in self.number:
            return
        k = self.number[item.work_id]
        of_free, own_free = item.relation[0] == "F", item.relation[1] == "F"
        if item.before in self.number:
            b = self.number[item.before]
            self.before[k].append(Wait(other=b, lag=item.lag_days, of_free=of_free, own_free=own_free))
            # seen from the other side: its own end or start, and the end or start of this work
            self.after[b].append(Wait(other=k, lag=item.lag_days, of_free=own_free, own_free=of_free))
            return
        spans = (
            self.work_days.fixed_span(w) for w in self.work_days.problem.works if w.work_id == item.before
        )
        for span in spans:
            if span is not None:
                least = self.least_free if own_free else self.least_start
                least[k] = max(least[k], span[of_free] + item.lag_days)


def first_span(way: Way, least_start: int, least_free: int) -> tuple[int, int] | None:
    """First ``(s, f)`` of a way with ``s`` and ``f`` no earlier than said, whatever the crews."""
    start, spans = max(least_start, way.first), way.spans
    if spans is None:
        start = max(start, least_free - way.shortest)
        return (start, start + way.shortest) if start <= way.last else None
    while start <= way.last:
        start = spans.next_start[start]
        if start <= way.last and spans.free[start] >= least_free:
            return start, spans.free[start]
        start += 1
    return None


def _after(work: Work, work_days: WorkDays) -> int:
    return 0 if work.not_before_on is None else work_days.offset(work.not_before_on) + 1


def _in_order(works: Iterable[Work], precedences: Iterable[Precedence]) -> list[Work]:
    """Planned works, each after those it waits for."""
    planned: Mapping[str, Work] = {work.work_id: work for work in works if work.fixed is None}
    graph: dict[str, list[str]] = {work_id: [] for work_id in planned}
    for item in precedences:
        if item.work_id in planned and item.before in planned:
            graph[item.work_id].append(item.before)
    try:
        return [planned[work_id] for work_id in TopologicalSorter(graph).static_order()]
    except CycleError as fault:
        message = f"works wait for each other: {fault.args[1]}"
        raise ValueError(message) from fault
