"""A small part of a problem, the rest of a plan taken as given: itself a planning problem, with its plan to start from.

What stays as it is becomes what the part has to live with: works are fixed and hold their crews through the crews'
capacities, what they cost and what sold land brings in stands among the other payments, parcels have published
notices. Works that others still wait for get deadlines. So a part is as small as what is free in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from parcelplan.dates import ONE_DAY, months_between
from parcelplan.planning.draft import Draft
from parcelplan.planning.heuristic.books import CashBook, capacities
from parcelplan.planning.heuristic.layout import Access, Layout
from parcelplan.planning.heuristic.score import spans
from parcelplan.planning.problem import (
    Candidate,
    CashLimit,
    CrewCapacity,
    Demand,
    NetLand,
    Split,
    Together,
    Work,
    WorkDeadline,
)
from parcelplan.planning.timeline import Ints, Timeline


@dataclass(frozen=True, kw_only=True)
class PartOfTime(Timeline):
    """A timeline on which parcels stay near the day that they have."""

    around: Mapping[str, tuple[int, int]]
    """First and last position of each free parcel."""

    def open_positions(self, item: Candidate) -> Ints:
        """As for a timeline, but no further from the day that the parcel has."""
        found = super().open_positions(item)
        first, last = self.around.get(item.parcel_id, (0, len(self.days)))
        return found[(found >= first) & (found <= last)]


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of a problem."""

    timeline: Timeline
    start: Draft
    """The plan of the part as it is."""
    kept: Draft
    """All the rest of the plan."""

    def whole(self, draft: Draft) -> Draft:
        """The plan of the whole problem that a plan of the part makes."""
        free = {item.parcel_id for item in self.timeline.problem.candidates if item.fixed_notice_on is None}
        notices = {parcel: position for parcel, position in draft.notices.items() if parcel in free}
        # what is fixed here has the one mode that it has in the whole
        works = {work: chosen for work, chosen in draft.works.items() if work in self.start.works}
        return Draft(works={**self.kept.works, **works}, notices={**self.kept.notices, **notices})


class Cutter:
    """Cuts parts out of a problem.

    Parameters
    ----------
    layout
        The problem by numbers.
    draft
        A plan of it.
    """

    def __init__(self, layout: Layout, draft: Draft) -> None:
        self.layout = layout
        self.draft = draft
        self.spans = spans(layout, draft)
        offsets = layout.timeline.notice_offsets
        self.days = {
            k: int(offsets[draft.notices[i.parcel_id]])
            for k, i in enumerate(layout.parcels)
            if i.parcel_id in draft.notices
        }

    def cut(self, works: Iterable[int], parcels: Iterable[int], *, room_days: int) -> Part:
        """Cut out a part in which some works and parcels are free and all others stay.

        Parameters
        ----------
        works, parcels
            Numbers of what is free.
        room_days
            How far from the day that they have works and parcels may go.
        """
        layout, problem = self.layout, self.layout.timeline.problem
        free_works, free_parcels = (
            set(works),
            {k for k in parcels if layout.parcels[k].fixed_notice_on is None},
        )
        # a parcel that is not in the plan may only come in together with the choice that leaves it out
        gone = {k for k in range(len(layout.parcels)) if k not in self.days} - free_parcels
        last = int(layout.timeline.transfer_offsets.max(initial=0))
        last = max([last, *(self.spans[w][1] for w in free_works)]) + room_days
        part = replace(
            problem,
            candidates=tuple(self._candidates(free_parcels, gone)),
            works=tuple(self._works(free_works, room_days)),
            demands=tuple(self._demands(free_works, free_parcels, gone, room_days)),
            precedences=tuple(
                item for item in problem.precedences if layout.number.get(item.work_id, -1) in free_works
            ),
        )
        timeline = PartOfTime(
            problem=part,
            days=layout.timeline.days,
            last=min(last, layout.timeline.last),
            around={layout.parcels[k].parcel_id: self._around(k, room_days) for k in free_parcels},
        )
        names = {layout.works[w].work_id for w in free_works}
        ids = {layout.parcels[k].parcel_id for k in free_parcels}
        here = {item.parcel_id for item in part.candidates}
        return Part(
            timeline=timeline,
            start=Draft(
                works={work: chosen for work, chosen in self.draft.works.items() if work in names},
                notices={parcel: at for parcel, at in self.draft.notices.items() if parcel in here},
            ),
            kept=Draft(
                works={work: chosen for work, chosen in self.draft.works.items() if work not in names},
                notices={parcel: at for parcel, at in self.draft.notices.items() if parcel not in ids},
            ),
        )

    def _around(self, parcel: int, room_days: int) -> tuple[int, int]:
        offsets = self.layout.timeline.notice_offsets
        if parcel not in self.days:
            return 0, len(offsets)
        day = self.days[parcel]
        return int(np.searchsorted(offsets, day - room_days)), int(np.searchsorted(offsets, day + room_days))

    def _candidates(self, free: set[int], gone: set[int]) -> Iterator[Candidate]:
        days = self.layout.timeline.days.days
        for number, item in enumerate(self.layout.parcels):
            if number in free or item.fixed_notice_on is not None:
                yield item
            elif number not in gone:
                notice_on = days[self.draft.notices[item.parcel_id]]
                yield replace(item, fixed_notice_on=notice_on, excluded_by=())

    def _works(self, free: set[int], room: int) -> Iterator[Work]:
        date_of = self.layout.timeline.date_of
        for work in self.layout.timeline.problem.works:
            number = self.layout.number.get(work.work_id)
            if number is None:
                yield work
            elif number in free:
                # work in progress goes on where it is
                soonest = date_of(max(0, self.spans[number][0] - room))
                since = max(soonest, work.earliest_start_on or soonest)
                yield work if work.started_on else replace(work, earliest_start_on=since)
            else:
                start, end = self.spans[number]
                mode = work.modes[self.draft.works[work.work_id][0]]
                yield replace(work, modes=(mode,), fixed=(date_of(start), date_of(end) - ONE_DAY))

    # --- demands

    def _demands(self, works: set[int], parcels: set[int], gone: set[int], room: int) -> Iterator[Demand]:
        names = {self.layout.works[w].work_id for w in works}
        ids = {self.layout.parcels[k].parcel_id for k in parcels}
        missing = {self.layout.parcels[k].parcel_id for k in gone}

        def speaks_of_free(demand: Demand) -> bool:
            if isinstance(demand, CrewCapacity):
                return any(work in names for work, _ in demand.units)
            if isinstance(demand, Together):
                return ids.issuperset(demand.parcel_ids)
            if isinstance(demand, Split):
                return missing.isdisjoint([demand.parcel_id, *demand.pieces])
            return not isinstance(demand, WorkDeadline) or demand.work_id in names

        for demand in filter(speaks_of_free, self.layout.timeline.problem.demands):
            if isinstance(demand, CrewCapacity):
                yield self._crew(demand, works, names)
            elif isinstance(demand, CashLimit):
                yield self._cash(demand, works, parcels)
            elif isinstance(demand, NetLand):
                ready = {parcel: day for parcel, day in demand.ready_on.items() if parcel in ids}
                gates = {parcel: own for parcel, own in demand.gates.items() if parcel in ids}
                yield replace(demand, ready_on=ready, gates=gates)
            else:
                yield demand
        yield from self._deadlines(works, parcels, room)

    def _crew(self, crew: CrewCapacity, works: set[int], names: set[str]) -> CrewCapacity:
        """The crew without the units that works hold that stay."""
        number = self.layout.crews.index(crew)
        left = capacities(self.layout.timeline, crew)
        for work, (start, end) in self.spans.items():
            if work not in works:
                mode = self.draft.works[self.layout.works[work].work_id][0]
                for other, held in self.layout.needs(work, mode):
                    left[start:end] -= held if other == number else 0
        cuts = np.flatnonzero(np.diff(left)) + 1
        starts, ends = np.append(0, cuts), np.append(cuts, len(left))
        date_of = self.layout.timeline.date_of
        most = int(left[-1])
        changes = tuple(
            (date_of(start), date_of(end), int(left[start]))
            for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
            if left[start] != most
        )
        units = {key: count for key, count in crew.units.items() if key[0] in names}
        return replace(crew, capacity=most, changes=changes, units=units)

    def _cash(self, cash: CashLimit, works: set[int], parcels: set[int]) -> CashLimit:
        """The account with what stays among its other payments, gathered by month."""
        book = CashBook(self.layout.timeline, replace(cash, other=()))
        base = book.balance.copy()
        for number, span in self.spans.items():
            work = self.layout.works[number]
            parts = cash.costs.get((work.work_id, work.modes[self.draft.works[work.work_id][0]].name))
            if number not in works and parts:
                book.pay(*span, parts)
        paid = -np.diff(book.balance - base, prepend=0.0)
        base = book.balance.copy()
        transfers = self.layout.timeline.transfer_offsets
        for number, item in enumerate(self.layout.parcels):
            if number not in parcels and item.parcel_id in self.draft.notices:
                on = int(transfers[self.draft.notices[item.parcel_id]])
                book.receive(on, cash.prices.get(item.parcel_id, 0.0))
        received = np.diff(book.balance - base, prepend=0.0)
        other = [*cash.other]
        months = months_between(cash.as_of, cash.as_of + timedelta(days=31 * (book.count + 1)))
        for month in range(book.count):
            day = max(cash.as_of, months[month])
            other += [(day, -float(paid[month]))] if paid[month] else []
            # a balance grows in the month after the income
            before = max(cash.as_of, months[month - 1]) if month else cash.as_of
            other += [(before, float(received[month]))] if received[month] else []
        names = {self.layout.works[w].work_id for w in works}
        ids = {self.layout.parcels[k].parcel_id for k in parcels}
        fixed = {work.work_id for work in self.layout.timeline.problem.works if work.fixed is not None}
        return replace(
            cash,
            other=tuple(other),
            costs={key: parts for key, parts in cash.costs.items() if key[0] in names | fixed},
            prices={parcel: price for parcel, price in cash.prices.items() if parcel in ids},
        )

    def _deadlines(self, works: set[int], parcels: set[int], room: int) -> Iterator[WorkDeadline]:
        """Days by which free works must have ended: for what stays, and so that nothing wanders far."""
        latest = {work: self.spans[work][1] + room for work in works}
        for access, day in self._kept_accesses(parcels):
            ways = [
                way.works for way in access.ways if self._ends(way.works, way.free_from) + access.lag <= day
            ]
            if ways and not any(works.isdisjoint(way) for way in ways):
                for work in works.intersection(min(ways, key=lambda way: len(works.intersection(way)))):
                    latest[work] = min(latest[work], day - access.lag)
        for number, before in enumerate(self.layout.before):
            for item in before if number not in works else ():
                earlier = self.layout.number[item.before]
                if earlier in works:
                    own = self.spans[number][0 if item.relation[1] == "S" else 1] - item.lag_days
                    latest[earlier] = min(latest[earlier], self._end_by(earlier, item.relation, own))
        for work, end in latest.items():
            on: date = self.layout.timeline.date_of(end) - ONE_DAY
            yield WorkDeadline(work_id=self.layout.works[work].work_id, on=on)

    def _kept_accesses(self, parcels: set[int]) -> Iterator[tuple[Access, int]]:
        for number, day in self.days.items():
            if number not in parcels:
                for access in self.layout.accesses[number]:
                    yield access, day

    def _ends(self, works: tuple[int, ...], free_from: int) -> int:
        return max([free_from, *(self.spans[work][1] for work in works)])

    def _end_by(self, work: int, relation: str, day: int) -> int:
        """Last end of a work that must end, or for SS and SF start, by a day."""
        if relation[0] == "F":
            return day
        item = self.layout.works[work]
        ends = []
        for mode in item.modes:
            table = self.layout.timeline.work_days.table(item, mode)[: max(0, day) + 1]
            ends.append(int(table.max(initial=-1)))
        return min(end for end in ends if end >= 0)
