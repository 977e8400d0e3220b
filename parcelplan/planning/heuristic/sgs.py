"""Schedule generation: works one after the other, each on the first days that its waits, calendar and crews leave.

Any order in which works follow those they wait for gives a schedule, and some order gives a best one. Pushing all
works to the right from the last end, and then back to the left, never makes a schedule longer and often shortens it.

Source: serial schedule-generation scheme, R. Kolisch (1996), Eur. J. Oper. Res. 90; double justification,
V. Valls, F. Ballestín and S. Quintanilla (2005), Eur. J. Oper. Res. 165.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from parcelplan.planning.heuristic.shop import Shop, Way, first_span


@dataclass(frozen=True)
class Schedule:
    """Days of all works of a shop, by number."""

    ways: tuple[int, ...]
    """Position of the way of each work."""
    starts: tuple[int, ...]
    frees: tuple[int, ...]

    @property
    def makespan(self) -> int:
        """The last end."""
        return max(self.frees, default=0)

    def order(self) -> list[int]:
        """Works by their starts; of those that start together the one that ends first, which others may wait for."""
        return sorted(range(len(self.starts)), key=lambda k: (self.starts[k], self.frees[k]))


def to_the_left(shop: Shop, order: Sequence[int], ways: Sequence[int]) -> Schedule | None:
    """Place works in an order, each as early as it can be.

    Parameters
    ----------
    shop
        The works.
    order
        Numbers of all works, each after those it waits for.
    ways
        Position of the way of each work.

    Returns
    -------
    Schedule or None
        None where a work finds no days within its dates: another order or other ways may.
    """
    room = shop.room.copy()
    count = len(shop.works)
    starts, frees = [0] * count, [0] * count
    for k in order:
        least, least_free = _earliest_days(shop, k, starts, frees)
        way = shop.ways[k][ways[k]]
        span = _first_with_room(room, shop.guards, way, least, least_free)
        if span is None:
            return None
        starts[k], frees[k] = span
        _hold(room, way, *span)
    return Schedule(tuple(ways), tuple(starts), tuple(frees))


def justified(shop: Shop, schedule: Schedule) -> Schedule:
    """Push all works to the right, the last one first, and then back to the left: never longer than before.

    Each work leaves its days and takes the last, or first, ones that the others leave it, so that any order will do.
    """
    starts, frees = list(schedule.starts), list(schedule.frees)
    ways = [found[way] for found, way in zip(shop.ways, schedule.ways, strict=True)]
    room = shop.room.copy()
    for k, way in enumerate(ways):
        _hold(room, way, starts[k], frees[k])
    end = schedule.makespan
    for k in sorted(range(len(ways)), key=lambda k: (-frees[k], -starts[k], -k)):
        most, most_free = end, end
        for wait in shop.after[k]:
            day = (frees if wait.of_free else starts)[wait.other] - wait.lag
            if wait.own_free:
                most_free = min(most_free, day)
            else:
                most = min(most, day)
        _release(room, ways[k], starts[k], frees[k])
        span = _last_with_room(room, shop.guards, ways[k], most, most_free)
        starts[k], frees[k] = span or (starts[k], frees[k])
        _hold(room, ways[k], starts[k], frees[k])
    for k in sorted(range(len(ways)), key=lambda k: (starts[k], frees[k], k)):
        least, least_free = _earliest_days(shop, k, starts, frees)
        _release(room, ways[k], starts[k], frees[k])
        span = _first_with_room(room, shop.guards, ways[k], least, least_free)
        starts[k], frees[k] = span or (starts[k], frees[k])
        _hold(room, ways[k], starts[k], frees[k])
    return Schedule(schedule.ways, tuple(starts), tuple(frees))


def _earliest_days(shop: Shop, k: int, starts: Sequence[int], frees: Sequence[int]) -> tuple[int, int]:
    """Days before which a work neither starts nor ends, as the works it waits for stand."""
    least, least_free = shop.least_start[k], shop.least_free[k]
    for wait in shop.before[k]:
        day = (frees if wait.of_free else starts)[wait.other] + wait.lag
        if wait.own_free:
            least_free = max(least_free, day)
        else:
            least = max(least, day)
    return least, least_free


def _hold(room: list[int], way: Way, start: int, free: int) -> None:
    if way.need:
        for day in range(start, free):
            room[day] -= way.need


def _release(room: list[int], way: Way, start: int, free: int) -> None:
    if way.need:
        for day in range(start, free):
            room[day] += way.need


def _first_with_room(
    room: list[int], guards: int, way: Way, least: int, least_free: int
) -> tuple[int, int] | None:
    """First span no earlier than said, on every day of which all crews have enough; None where there is none."""
    span = first_span(way, least, least_free)
    need = way.need
    if span is None or not need:
        return span
    start, free = span
    spans, day = way.spans, start
    while day < free:
        if (room[day] - need) & guards != guards:
            start = day + 1 if spans is None else spans.next_start[day + 1]
            if start > way.last:
                return None
            free = start + way.shortest if spans is None else spans.free[start]
            day = start - 1
        day += 1
    return start, free


def _last_with_room(
    room: list[int], guards: int, way: Way, most: int, most_free: int
) -> tuple[int, int] | None:
    """Last span no later than said, on every day of which all crews have enough; None where there is none."""
    need, spans, length = way.need, way.spans, way.shortest
    start = min(most, way.last)
    if spans is None:
        start = min(start, most_free - length)
        free = start + length
    else:
        start = min(spans.start_by[start], spans.start_free_by[most_free])
        free = spans.free[start]
    if not need:
        return (start, free) if start >= way.first else None
    day = free - 1
    while day >= start >= way.first:
        if (room[day] - need) & guards != guards:
            start = day - length if spans is None else spans.start_free_by[day]
            free = start + length if spans is None else spans.free[start]
            day = free
        day -= 1
    return (start, free) if start >= way.first else None
