"""Whether a problem asks for more land than listings, the market or quotas take: proved by counting, without a search.

A search by days tries one parcel after the other where there are too many of them; counting sees it at once. For every
span of months, quarters or years, the parcels that can go nowhere else must fit into it::

    Σ weight of the parcels whose first and last cells lie in [a, b]  ≤  Σ capacity of the cells a … b
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from parcelplan.checks.bureau_checks import AREA_TOLERANCE_M2
from parcelplan.planning.bounds.cells import first_notices
from parcelplan.planning.heuristic.layout import Floats, Layout
from parcelplan.planning.problem import Absorption, Horizon, ListingsPerMonth
from parcelplan.planning.timeline import Ints, Timeline

Capacity = Callable[[int, int], float]
"""What the cells from one to another take at most; infinite where some of them have no limit."""


def asks_too_much(timeline: Timeline) -> bool:
    """Whether no plan can fit all of its parcels in, as far as counting can prove it.

    Parameters
    ----------
    timeline
        The problem on its days; without a horizon nothing is proved.

    Returns
    -------
    bool
        True only where there is no plan. Parcels that a plan may leave out do not count, nor those that can be split.
    """
    if not timeline.problem.of(Horizon) or not len(timeline.days):
        return False
    layout = Layout(timeline=timeline)
    must = _must(layout)
    first = first_notices(layout)[must]
    if (first >= len(timeline.days)).any():
        return True
    last = np.array([layout.open_positions[number][-1] for number in must], dtype=np.int64)
    return any(
        _overfull(cell_of[first], cell_of[last], weight[must], capacity)
        for cell_of, weight, capacity in _limits(layout)
    )


def _must(layout: Layout) -> Ints:
    """Numbers of the parcels that every plan transfers as they are."""
    sides = {number for whole, pieces in layout.splits for number in (whole, *pieces)}
    parcels = enumerate(layout.parcels)
    return np.array([k for k, item in parcels if k not in sides and not item.excluded_by], dtype=np.int64)


def _limits(layout: Layout) -> Iterator[tuple[Ints, Floats, Capacity]]:
    """Cell of each position, weight of each parcel and capacity, for each kind of limit."""
    timeline = layout.timeline
    for listings in timeline.problem.of(ListingsPerMonth):
        yield timeline.notice_months, np.ones(len(layout.parcels)), _each(listings.per_month)
    for market in timeline.problem.of(Absorption):
        yield timeline.transfer_quarters, layout.areas_m2, _each(market.per_quarter_m2 + AREA_TOLERANCE_M2)
    yield timeline.transfer_years, layout.areas_m2, _quota(timeline)


def _each(capacity: float) -> Capacity:
    return lambda first, last: (last - first + 1) * capacity


def _quota(timeline: Timeline) -> Capacity:
    quotas = timeline.problem.quotas()

    def capacity(first: int, last: int) -> float:
        if any(year not in quotas for year in range(first, last + 1)):
            return float("inf")
        own_m2 = sum(quotas[year].quota_m2 + AREA_TOLERANCE_M2 for year in range(first, last + 1))
        # Within the span carrying over only moves what is counted; into it comes no more than the year before has.
        before = quotas[first].before
        carried_m2 = quotas[first].carry_share * before.quota_m2 if before is not None else 0.0
        return own_m2 + carried_m2

    return capacity


def _overfull(first: Ints, last: Ints, weight: Floats, capacity: Capacity) -> bool:
    """Whether some span of cells must take more than it can."""
    for end in np.unique(last):
        inside = last <= end
        starts = first[inside]
        turn = np.argsort(starts)
        # Weight of all parcels from each start on, to the end.
        behind = np.cumsum(weight[inside][turn][::-1])[::-1]
        cells, places = np.unique(starts[turn], return_index=True)
        for cell, place in zip(cells, places, strict=True):
            if cell <= end and behind[place] > capacity(int(cell), int(end)) * (1 + 1e-12):
                return True
    return False
