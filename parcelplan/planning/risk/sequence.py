"""The order in which a plan carries out its works, as links that are kept whatever the works turn out to take."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from parcelplan.plan import Plan, PlannedWork
from parcelplan.planning.problem import CrewCapacity, PlanningProblem, Relation


@dataclass(frozen=True, kw_only=True)
class Link:
    """One work waits for another; works are given by their place in the plan."""

    before: int
    after: int
    relation: Relation = "FS"
    lag_days: int = 0


@dataclass(frozen=True, kw_only=True)
class Sequence:
    """Works of a plan in an order in which each comes after those it waits for."""

    order: tuple[int, ...]
    """Places of the works in the plan; fixed ones are among them."""
    links: dict[int, tuple[Link, ...]]
    """What each work waits for, by its place."""
    circular: bool
    """Whether starts and ends wait for one another in a circle, as lags below zero allow."""


def find_sequence(problem: PlanningProblem, plan: Plan) -> Sequence:
    """Read the order of a plan's works: its precedences, and for each crew who hands on to whom.

    A crew's units are handed from work to work as the plan uses them; each hand-over becomes a link, so that no run
    needs more units than the plan did. A hand-over that would close a circle of waiting is left out: there the works
    wait for one another already.
    """
    place = {item.work_id: k for k, item in enumerate(plan.works)}
    kept = [
        Link(
            before=place[item.before],
            after=place[item.work_id],
            relation=item.relation,
            lag_days=item.lag_days,
        )
        for item in problem.precedences
        if item.before in place and item.work_id in place and not plan.works[place[item.work_id]].fixed
    ]
    handed = list(
        dict.fromkeys(link for crew in problem.of(CrewCapacity) for link in _hand_overs(crew, plan))
    )
    return _in_order(plan, kept, handed)


def _hand_overs(crew: CrewCapacity, plan: Plan) -> Iterator[Link]:
    """Hand units on, first those nobody has had yet, then those that came free last: few works are tied together."""
    users = [
        (item, k) for k, item in enumerate(plan.works) if not item.fixed and item.free_on > item.start_on
    ]
    users.sort(key=lambda pair: (pair[0].start_on, pair[0].ends_on, pair[0].work_id))
    free: list[tuple[PlannedWork, int]] = []
    held: list[tuple[PlannedWork, int]] = []
    for item, k in users:
        units = crew.units.get((item.work_id, item.mode), 0)
        free += [unit for unit in held if unit[0].free_on <= item.start_on]
        held = [unit for unit in held if unit[0].free_on > item.start_on]
        free.sort(key=lambda unit: (unit[0].free_on, unit[0].work_id))
        fresh = max(0, _least_capacity(crew, item) - len(held) - len(free))
        kept = len(free) - max(0, units - fresh)
        yield from (Link(before=before, after=k) for before in dict.fromkeys(unit[1] for unit in free[kept:]))
        free, held = free[:kept], held + [(item, k)] * units


def _least_capacity(crew: CrewCapacity, item: PlannedWork) -> int:
    """Fewest units that the crew has on a day of the work."""
    turns = [day for first, until, _ in crew.changes for day in (first, until)]
    days = [item.start_on, *(day for day in turns if item.start_on < day < item.free_on)]
    return min(crew.capacity_on(day) for day in days)


def _in_order(plan: Plan, kept: list[Link], handed: list[Link]) -> Sequence:
    while True:
        links: dict[int, list[Link]] = defaultdict(list)
        for link in (*kept, *handed):
            links[link.after].append(link)
        held = {k: tuple(found) for k, found in links.items()}
        graph = {k: [link.before for link in held.get(k, ())] for k in range(len(plan.works))}
        try:
            return Sequence(order=tuple(TopologicalSorter(graph).static_order()), links=held, circular=False)
        except CycleError as error:
            circle = set(pairwise(error.args[1]))
            fewer = [link for link in handed if (link.before, link.after) not in circle]
            if len(fewer) == len(handed):
                starts = [item.start_on for item in plan.works]
                order = tuple(sorted(range(len(starts)), key=starts.__getitem__))
                return Sequence(order=order, links=held, circular=True)
            handed = fewer
