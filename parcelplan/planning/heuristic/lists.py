"""Search over the orders in which works are placed: priority rules first, then a population of orders.

Orders of good schedules are crossed and shaken; each child is placed, justified, and stands for the order in which its
works start. With a seed and a number of schedules the search is the same each time.

Source: a hybrid genetic algorithm for resource-constrained project scheduling, V. Valls, F. Ballestín and
S. Quintanilla (2008), Eur. J. Oper. Res. 185.
"""

from __future__ import annotations

import heapq
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from parcelplan.planning.heuristic.sgs import Schedule, justified, to_the_left
from parcelplan.planning.heuristic.shop import Shop

POOL = 40
"""Schedules that the pool holds, unless the caller has time for more: a small pool soon holds nothing but one kind."""
SAMPLED = 2
"""Orders tried at first for each that the pool holds."""
SHAKEN, MODE_CHANGED = 0.05, 0.03
"""Share of neighbours swapped, and of ways changed, in a child."""
TOURNAMENT = 2
STALE = 60
"""Pools' worth of children without a new best after which the pool is renewed around the best."""


def by_urgency(shop: Shop, noise: float = 0.0, rng: random.Random | None = None) -> list[int]:
    """Order of works by their latest starts, shaken by a share of the longest tail."""
    spread = noise * max(shop.tails, default=0)
    shaken = [rng.uniform(-spread, spread) if rng else 0.0 for _ in shop.tails]
    return listed(shop, [shake - tail for shake, tail in zip(shaken, shop.tails, strict=True)])


def listed(shop: Shop, keys: Sequence[float]) -> list[int]:
    """Works by ascending keys, each after those it waits for."""
    open_waits = [len({wait.other for wait in waits}) for waits in shop.before]
    ready = [(keys[k], k) for k, count in enumerate(open_waits) if not count]
    heapq.heapify(ready)
    order = []
    while ready:
        k = heapq.heappop(ready)[1]
        order.append(k)
        for other in {wait.other for wait in shop.after[k]}:
            open_waits[other] -= 1
            if not open_waits[other]:
                heapq.heappush(ready, (keys[other], other))
    return order


@dataclass(kw_only=True)
class ListSearch:
    """A search that can be asked for more, as long as there is time."""

    shop: Shop
    seed: int
    goal: int = 0
    """A makespan that cannot be beaten."""
    pool: int = POOL
    best: Schedule | None = None
    tried: int = 0
    _pool: list[Schedule] = field(default_factory=list)
    _stale: int = 0

    def __post_init__(self) -> None:
        """Start the dice."""
        self._dice = random.Random(self.seed)  # noqa: S311 - no secret hangs on it

    def first(self) -> Schedule | None:
        """The schedule by latest starts, each work in its shortest way; None where that misses somebody's date."""
        self._try(by_urgency(self.shop), self._shortest_ways())
        return self.best

    def run(
        self, *, until_s: float, most: int | None = None, should_stop: Callable[[], bool] | None = None
    ) -> None:
        """Search until a moment of ``time.perf_counter``, or so many schedules, or the goal."""
        limit = float("inf") if most is None else self.tried + most
        while self.tried < limit and time.perf_counter() < until_s and not self._done():
            if should_stop is not None and should_stop():
                return
            if self.tried < self.pool * SAMPLED or not self._pool:
                order = by_urgency(self.shop, 0.25 * self._dice.random(), self._dice)
                self._try(order, self._some_ways())
            else:
                self._cross()

    def _done(self) -> bool:
        return self.best is not None and self.best.makespan <= self.goal

    def _try(self, order: Sequence[int], ways: Sequence[int]) -> None:
        self.tried += 1
        schedule = to_the_left(self.shop, order, ways)
        if schedule is None:
            return
        schedule = justified(self.shop, schedule)
        if self.best is None or schedule.makespan < self.best.makespan:
            self.best, self._stale = schedule, 0
        self._take(schedule)

    def _take(self, schedule: Schedule) -> None:
        """Keep a schedule in the pool, unless it is there, in the place of the worst."""
        if any(schedule.starts == other.starts for other in self._pool):
            return
        if len(self._pool) < self.pool:
            self._pool.append(schedule)
            return
        worst = max(range(self.pool), key=lambda k: self._pool[k].makespan)
        if schedule.makespan <= self._pool[worst].makespan:
            self._pool[worst] = schedule

    def _cross(self) -> None:
        self._stale += 1
        if self._stale > STALE * self.pool:
            self._pool = [] if self.best is None else [self.best]
            self._stale = 0
            return
        mother, father = self._parent(), self._parent()
        order = self._shaken(crossed(self._order(mother), self._order(father), self._dice))
        self._try(order, self._mixed_ways(mother, father))

    def _parent(self) -> Schedule:
        return min((self._dice.choice(self._pool) for _ in range(TOURNAMENT)), key=lambda item: item.makespan)

    def _order(self, schedule: Schedule) -> list[int]:
        return listed(self.shop, schedule.starts)

    def _shaken(self, order: list[int]) -> list[int]:
        for k in range(len(order) - 1):
            if self._dice.random() < SHAKEN:
                one, two = order[k], order[k + 1]
                if all(wait.other != one for wait in self.shop.before[two]):
                    order[k], order[k + 1] = two, one
        return order

    def _shortest_ways(self) -> list[int]:
        return [min(range(len(ways)), key=lambda way: ways[way].shortest) for ways in self.shop.ways]

    def _some_ways(self) -> list[int]:
        return self._changed(self._shortest_ways())

    def _mixed_ways(self, mother: Schedule, father: Schedule) -> list[int]:
        if not self.shop.has_choices:
            return list(mother.ways)
        mixed = [self._dice.choice(pair) for pair in zip(mother.ways, father.ways, strict=True)]
        return self._changed(mixed)

    def _changed(self, ways: list[int]) -> list[int]:
        if not self.shop.has_choices:
            return ways
        return [
            self._dice.randrange(len(found)) if self._dice.random() < MODE_CHANGED else way
            for way, found in zip(ways, self.shop.ways, strict=True)
        ]


def crossed(mother: list[int], father: list[int], dice: random.Random) -> list[int]:
    """The mother's order with a stretch in the father's order: each work still follows those it waits for."""
    first, until = sorted((dice.randrange(len(mother) + 1), dice.randrange(len(mother) + 1)))
    ahead = mother[:first]
    taken = set(ahead)
    middle = [k for k in father if k not in taken][: until - first]
    taken.update(middle)
    return [*ahead, *middle, *(k for k in mother if k not in taken)]
