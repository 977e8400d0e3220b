"""Making a plan better piece by piece: most of it stays, a neighbourhood of works and parcels is planned anew.

Neighbourhoods are blocks that share works, a crew's works of some months, all works of some months, parcels of a
quota's year, what is paid around the month with least money, and works at random. Each is put together again in
another order, which costs milliseconds, or handed to the solver as a small problem of its own. Those that helped most
for their time are chosen more often.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from parcelplan.planning import _cpsat
from parcelplan.planning.draft import Draft, to_plan
from parcelplan.planning.heuristic.construct import missed
from parcelplan.planning.heuristic.layout import Layout
from parcelplan.planning.heuristic.part import Cutter
from parcelplan.planning.heuristic.placing import Placing
from parcelplan.planning.heuristic.rebuilding import Links, rebuilt, undo
from parcelplan.planning.heuristic.score import score
from parcelplan.planning.heuristic.selling import from_draft, tightened
from parcelplan.planning.problem import BatchSize
from parcelplan.planning.timeline import Timeline

Set = tuple[list[int], list[int]]
"""Numbers of works and parcels."""
SIZES = (1, 3, 10)
"""Works and, times ten, parcels that a neighbourhood begins with."""
MONTH_DAYS = 30
TIGHTEN_EVERY = 25
"""Better plans after which all works and parcels are moved to earlier days again."""
CURIOSITY = 0.3
"""What is hoped for of a way that has not helped for long."""
PART_S = 3.0
PART_WORKS, PART_PARCELS, PART_ROOM_DAYS = 12, 40, 60
PART_EFFORT = 100_000.0
"""What handing a part to the solver counts beside works and parcels placed anew."""
FORGET = 0.9


def improve(
    timeline: Timeline,
    draft: Draft,
    *,
    time_limit_s: float,
    seed: int,
    on_better: Callable[[Draft], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    steps: int | None = None,
) -> Draft:
    """Make a plan better until time is up.

    Parameters
    ----------
    timeline
        The problem on its days.
    draft
        A valid draft; it is not changed.
    time_limit_s
        Longest search, seconds.
    seed
        Seed of all that is drawn.
    on_better
        Told of each better draft.
    should_stop
        Asked before each step.
    steps
        Most steps. With a limit that time does not cut short, and with the same seed, the answer is always the same.

    Returns
    -------
    Draft
        A valid draft, no worse by the objectives in their order.
    """
    search = _Search(Layout(timeline=timeline), draft, seed, solver=steps is None)
    until = time.perf_counter() + time_limit_s
    taken = 0
    while time.perf_counter() < until and (steps is None or taken < steps):
        if should_stop is not None and should_stop():
            break
        taken += 1
        if search.step(until) and on_better is not None:
            on_better(search.best)
    search.settle()
    return search.best


class _Neighbourhoods:
    """Draws neighbourhoods around a plan."""

    def __init__(self, layout: Layout, draw: np.random.Generator) -> None:
        self.layout = layout
        self.links = Links(layout=layout)
        self.draw = draw
        self.kinds: dict[str, Callable[[Placing, int], Set]] = {}
        if layout.parcels:
            self.kinds["year"] = self._year
        if layout.works:
            self.kinds |= {"crew": self._crew, "months": self._months, "works": self._works}
        if layout.works and layout.parcels:
            self.kinds |= {"blocks": self._blocks}
        if layout.works and layout.cash:
            self.kinds |= {"money": self._money}

    def _pick(self, numbers: list[int], count: int) -> list[int]:
        if len(numbers) <= count:
            return numbers
        return sorted(self.draw.choice(numbers, size=count, replace=False).tolist())

    def _blocks(self, placing: Placing, size: int) -> Set:
        """Works that open the gates of a parcel and of those that share works with it."""
        parcel = int(self.draw.integers(len(self.layout.parcels)))
        works: dict[int, None] = {}
        turn, seen = [parcel], {parcel}
        for k in turn:
            own = [work for access in self.layout.accesses[k] for way in access.ways for work in way.works]
            works.update(dict.fromkeys(own))
            if len(works) >= size:
                break
            sharing = {other for work in own for other in self.links.parcels[work]} - seen
            near = self._pick(sorted(sharing), size)
            seen.update(near)
            turn += near
        return list(works), [k for k in turn[:size] if k in placing.notices]

    def _crew(self, placing: Placing, size: int) -> Set:
        """Works of one crew that follow on one another."""
        if not self.layout.crews:
            return self._works(placing, size)
        crew = int(self.draw.integers(len(self.layout.crews)))
        users = [
            work
            for work in placing.spans
            if any(other == crew for other, _ in self.layout.needs(work, placing.choices.modes[work]))
        ]
        return self._around(placing, users, size), []

    def _months(self, placing: Placing, size: int) -> Set:
        """Works that begin about the same time."""
        return self._around(placing, list(placing.spans), size), []

    def _around(self, placing: Placing, works: list[int], size: int) -> list[int]:
        if not works:
            return []
        works = sorted(works, key=lambda work: placing.spans[work])
        # early works are drawn more often: what they delay is all the rest
        first = int(len(works) * float(self.draw.random()) ** 2)
        return works[first : first + size]

    def _works(self, placing: Placing, size: int) -> Set:
        """Works at random."""
        return self._pick(sorted(placing.spans), size), []

    def _year(self, placing: Placing, size: int) -> Set:
        """Parcels that are sold in one year and the next."""
        years = self.layout.timeline.transfer_years
        year = int(self.draw.choice(np.unique(years)))
        sold = sorted(k for k, at in placing.notices.items() if year <= years[at] <= year + 1)
        return [], self._pick(sold, 10 * size)

    def _money(self, placing: Placing, size: int) -> Set:
        """Works that are paid in the months before the one with the lowest balance, and parcels sold by then."""
        book = placing.cash[int(self.draw.integers(len(placing.cash)))]
        day = book.first_day(int(np.argmin(book.balance)))
        near = [work for work, span in placing.spans.items() if span[0] <= day < span[1] + 6 * MONTH_DAYS]
        offsets = self.layout.timeline.transfer_offsets
        sold = [k for k, at in placing.notices.items() if day - 12 * MONTH_DAYS <= offsets[at] <= day]
        return self._pick(sorted(near), size), self._pick(sorted(sold), 10 * size)


@dataclass
class _Yield:
    """What a way of improving has brought for the effort it took, old results counting less and less."""

    better: float = 1.0
    effort: float = 100.0

    def note(self, *, better: bool, effort: float) -> None:
        """Count one more attempt."""
        self.better = FORGET * self.better + better
        self.effort = FORGET * self.effort + effort


class _Search:
    """The plan as it is, the best so far, and how often each neighbourhood helped."""

    def __init__(self, layout: Layout, draft: Draft, seed: int, *, solver: bool) -> None:
        self.layout = layout
        self.seed = seed
        self.draw = np.random.default_rng(seed)
        self.placing = from_draft(layout, draft)
        self.best, self.value = draft, score(layout, draft)
        self.kinds = _Neighbourhoods(layout, self.draw)
        batched = bool(layout.timeline.problem.of(BatchSize))
        rebuilding = [] if batched else [(kind, size) for kind in self.kinds.kinds for size in SIZES]
        parts = [(kind, 0) for kind in self.kinds.kinds] if solver else []
        self.ways = {way: _Yield() for way in rebuilding}
        self.ways |= {way: _Yield(effort=PART_EFFORT) for way in parts}
        self._loose = 0

    def step(self, until: float) -> bool:
        """Try one neighbourhood; whether the plan is better now."""
        if not self.ways:
            return False
        ways = list(self.ways)
        hopes = np.array([(item.better + CURIOSITY) / item.effort for item in self.ways.values()])
        kind, size = ways[int(self.draw.choice(len(ways), p=hopes / hopes.sum()))]
        before = self.value
        effort = self._rebuild(kind, size) if size else self._solve(kind, until)
        better = self.value < before
        self.ways[kind, size].note(better=better, effort=effort)
        self._loose += better
        if self._loose >= TIGHTEN_EVERY:
            self.settle()
        return better

    def settle(self) -> None:
        """Move everything to earlier days that can be there after the last steps."""
        self._loose = 0
        if not self._keep(tightened(self.placing).draft()):
            self.placing = from_draft(self.layout, self.best)

    def _keep(self, draft: Draft) -> bool:
        """Keep a draft if it is no worse, and holds the targets that bind."""
        value = score(self.layout, draft)
        if value > self.value or missed(self.layout, draft):
            return False
        self.best, self.value = draft, value
        return True

    def _rebuild(self, kind: str, size: int) -> float:
        works, parcels = self.kinds.kinds[kind](self.placing, size)
        works, more = self.kinds.links.hanging_on(works)
        before = rebuilt(self.placing, works, dict.fromkeys([*parcels, *more]), draw=self.draw)
        if before is not None and not self._keep(self.placing.draft()):
            undo(self.placing, before)
        return 10.0 + len(works) + len(parcels) + len(more)

    def _solve(self, kind: str, until: float) -> float:
        """Hand a neighbourhood to the solver, one objective after the other."""
        works, parcels = self.kinds.kinds[kind](self.placing, PART_WORKS // 3)
        parcels += [parcel for work in works for parcel in self.kinds.links.parcels[work]]
        part = Cutter(self.layout, self.best).cut(
            works[:PART_WORKS],
            _with_neighbours(self.layout, parcels[:PART_PARCELS]),
            room_days=PART_ROOM_DAYS,
        )
        order = self.layout.timeline.problem.objectives
        there = score(Layout(timeline=part.timeline), part.start)
        # what is best already needs no search; the first objective that can be better is looked at
        number = next((k for k, value in enumerate(there) if value > 0), None)
        left_s = min(PART_S, until - time.perf_counter())
        if number is None or left_s <= 0:
            return PART_EFFORT
        answer = _cpsat.search(
            part.timeline,
            objective=order[number],
            limits=dict(zip(order[:number], there, strict=False)),
            time_limit_s=left_s,
            seed=self.seed,
            hint=part.start,
        )
        if answer.draft is not None:
            self._adopt(part.whole(answer.draft))
        return PART_EFFORT

    def _adopt(self, draft: Draft) -> None:
        """Take a plan over that was found elsewhere, if it holds all demands."""
        problem = self.layout.timeline.problem
        if score(self.layout, draft) >= self.value or problem.violations(
            to_plan(self.layout.timeline, draft)
        ):
            return
        self._keep(draft)
        self.placing = from_draft(self.layout, draft)


def _with_neighbours(layout: Layout, parcels: list[int]) -> list[int]:
    """Parcels with all that go together with them, and with the other side of their split."""
    found = dict.fromkeys(k for parcel in parcels for k in layout.groups[int(layout.group_of[parcel])])
    for whole, pieces in layout.splits:
        if not found.keys().isdisjoint((whole, *pieces)):
            found.update(dict.fromkeys((whole, *pieces)))
    return list(found)
