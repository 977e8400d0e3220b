"""The shortest way through all works: a draft by schedule generation, for problems without land."""

from __future__ import annotations

import time
from collections.abc import Callable

from parcelplan.planning.draft import Draft
from parcelplan.planning.heuristic.lists import POOL, ListSearch
from parcelplan.planning.heuristic.sgs import Schedule
from parcelplan.planning.heuristic.shop import Shop
from parcelplan.planning.timeline import Timeline

POOL_GROWTH = 850
"""Schedules in the pool for each second of search, times the works: some forty generations fit in the time."""
LARGEST_POOL = 400


def shortest_draft(
    timeline: Timeline,
    *,
    time_limit_s: float,
    seed: int,
    should_stop: Callable[[], bool] | None = None,
) -> Draft | None:
    """Find a draft of the works whose last end is early; None where schedule generation finds no plan.

    Parameters
    ----------
    timeline
        The problem on its days. Parcels are not looked at.
    time_limit_s
        Longest search, seconds; it ends sooner where no schedule can be shorter.
    seed
        Seed of the search.
    should_stop
        Asked between schedules.
    """
    until_s = time.perf_counter() + time_limit_s
    try:
        shop = Shop(timeline.work_days)
    except ValueError:
        return None
    pool = round(POOL_GROWTH * time_limit_s / max(1, len(shop.works)))
    search = ListSearch(
        shop=shop, seed=seed, goal=shop.least_makespan(), pool=min(max(POOL, pool), LARGEST_POOL)
    )
    if shop.works:
        search.first()
        search.run(until_s=until_s, should_stop=should_stop)
    return None if search.best is None else _draft(shop, search.best)


def least_makespan(timeline: Timeline) -> int:
    """Days from ``as_of`` before which the last work cannot end, by chains of works and the days' work of crews."""
    try:
        return Shop(timeline.work_days).least_makespan()
    except ValueError:
        return 0


def _draft(shop: Shop, schedule: Schedule) -> Draft:
    return Draft(
        works={
            work.work_id: (shop.ways[k][schedule.ways[k]].mode, schedule.starts[k])
            for k, work in enumerate(shop.works)
        }
    )
