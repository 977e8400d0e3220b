"""Which works to carry out first: those that free most land for the crews' time and the money that they take."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from parcelplan.planning.heuristic.books import capacities
from parcelplan.planning.heuristic.layout import Access, Floats, Layout
from parcelplan.planning.problem import Target

TARGET_PULL = 20.0
"""How much more land counts that a target waits for."""
DUE_PULL = 4.0


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """Groups of parcels that wait for the same works."""

    works: tuple[int, ...]
    """All works that they wait for, those that these wait for included, in turn."""
    groups: tuple[tuple[int, ...], ...]


def bundles(layout: Layout, groups: Sequence[tuple[int, ...]], modes: Sequence[int]) -> list[Bundle]:
    """Gather groups of parcels by the works that they wait for, each gate by the way that most land counts on."""
    popular = _popularity(layout)
    cost = loads(layout, modes).sum(axis=1)
    turn = {work: k for k, work in enumerate(layout.in_turn)}
    behind: dict[int, frozenset[int]] = {}
    found: dict[tuple[int, ...], list[tuple[int, ...]]] = defaultdict(list)
    for group in groups:
        needed: set[int] = set()
        for access in (access for parcel in group for access in layout.accesses[parcel]):
            for work in _way(access, popular, cost):
                needed |= _closure(layout, work, behind)
        found[tuple(sorted(needed, key=turn.__getitem__))].append(group)
    return [Bundle(works=works, groups=tuple(members)) for works, members in found.items()]


def _popularity(layout: Layout) -> Floats:
    """Land that each work has a part in freeing, m²."""
    area_m2 = np.zeros(len(layout.works))
    for parcel, accesses in enumerate(layout.accesses):
        for work in {work for access in accesses for way in access.ways for work in way.works}:
            area_m2[work] += layout.areas_m2[parcel]
    return area_m2


def _way(access: Access, popular: Floats, cost: Floats) -> tuple[int, ...]:
    def weight(works: tuple[int, ...]) -> float:
        return sum(float(cost[work]) / max(1.0, float(popular[work])) for work in works)

    return min((way.works for way in access.ways), key=lambda works: (weight(works), works))


def _closure(layout: Layout, work: int, behind: dict[int, frozenset[int]]) -> frozenset[int]:
    """The work and all that it waits for."""
    waiting = [work]
    while waiting:
        now = waiting[-1]
        others = {layout.number[item.before] for item in layout.before[now]}
        missing = [other for other in others if other not in behind]
        if now in behind or not missing:
            waiting.pop()
            behind.setdefault(now, frozenset({now}).union(*(behind[other] for other in others)))
        else:
            waiting += missing
    return behind[work]


def loads(layout: Layout, modes: Sequence[int]) -> Floats:
    """Share of the days of each crew that each work takes, and in further columns its share of each account's income.

    Returns
    -------
    ndarray of shape (works, crews + accounts + 1)
        The last column is a small share for each work's own days, so that no work costs nothing.
    """
    timeline = layout.timeline
    crews = [max(1, int(capacities(timeline, crew)[: _span(layout)].sum())) for crew in layout.crews]
    found = np.zeros((len(layout.works), len(crews) + len(layout.cash) + 1))
    for work, item in enumerate(layout.works):
        mode = item.modes[modes[work]]
        for crew, units in layout.needs(work, modes[work]):
            found[work, crew] = units * mode.duration_days / crews[crew]
        for account, limit in enumerate(layout.cash):
            income = limit.opening_yuan + limit.credit_yuan + sum(limit.prices.values())
            paid = sum(limit.costs.get((item.work_id, mode.name), (0.0, 0.0)))
            found[work, len(crews) + account] = paid / max(1.0, income)
        found[work, -1] = 0.05 * mode.duration_days / _span(layout) / max(1, len(layout.works))
    return found


def _span(layout: Layout) -> int:
    return max(1, min(layout.timeline.last, layout.timeline.left_out))


def pulls(layout: Layout) -> Floats:
    """How much more than its area each parcel counts, because a target or a firm waits for it."""
    found = np.ones(len(layout.parcels))
    for target in layout.timeline.problem.of(Target):
        members = [layout.parcel_number[name] for name in target.values if name in layout.parcel_number]
        if members:
            # what has a target soon counts more than what has one late
            days = max(30, layout.timeline.offset(target.by_on))
            found[members] *= 1 + TARGET_PULL * 365 / days * min(1.0, _share(layout, target, members))
    for number, item in enumerate(layout.parcels):
        if item.due_on is not None:
            found[number] *= 1 + DUE_PULL * 365 / max(30, layout.timeline.offset(item.due_on))
    return found


def _share(layout: Layout, target: Target, members: list[int]) -> float:
    there = sum(target.values[layout.parcels[k].parcel_id] for k in members)
    return target.amount / there if there > 0 else 0.0


def picks(
    found: Sequence[Bundle],
    costs: Floats,
    *,
    weights: Floats,
    power: float,
) -> Iterator[Bundle]:
    """Yield bundles in turn, the one with most land for what its works still cost first.

    Parameters
    ----------
    found
        The bundles.
    costs
        From :func:`loads`.
    weights
        What the land of each bundle counts.
    power
        How the shares of several crews count together: 1 adds them up, more lets the largest one decide.
    """
    left = np.array([costs[list(bundle.works)].sum(axis=0) for bundle in found]).reshape(
        len(found), costs.shape[1]
    )
    holders: dict[int, list[int]] = defaultdict(list)
    for number, bundle in enumerate(found):
        for work in bundle.works:
            holders[work].append(number)
    score = _density(left, weights, power)
    done: set[int] = set()
    for _ in found:
        pick = int(np.argmax(score))
        score[pick] = -1.0
        yield found[pick]
        changed: set[int] = set()
        for work in found[pick].works:
            if work not in done:
                done.add(work)
                left[holders[work]] -= costs[work]
                changed.update(holders[work])
        rows = [row for row in sorted(changed) if score[row] >= 0]
        score[rows] = _density(left[rows], weights[rows], power)


def _density(left: Floats, weights: Floats, power: float) -> Floats:
    whole: Floats = (np.maximum(left, 0.0) ** power).sum(axis=1) ** (1 / power)
    dense: Floats = weights / np.maximum(whole, 1e-12)
    return dense
