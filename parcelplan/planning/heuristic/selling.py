"""Placing all parcels while the works stay where they are, in several orders; and tightening what has been found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from parcelplan.planning.draft import Draft
from parcelplan.planning.heuristic.batches import sell_in_batches
from parcelplan.planning.heuristic.layout import Layout
from parcelplan.planning.heuristic.placing import Choices, Placing, wanted_groups
from parcelplan.planning.heuristic.score import spans
from parcelplan.planning.heuristic.urgency import pulls
from parcelplan.planning.problem import BatchSize
from parcelplan.planning.timeline import Ints, Timeline

Group = tuple[int, ...]
Order = Callable[[Group], tuple[float, ...]]
MOST_PASSES = 20


def sell(placing: Placing, failed: set[int]) -> Iterator[Draft]:
    """Yield drafts with the works as they are placed and all parcels that are not left out.

    Parameters
    ----------
    placing
        All works placed, and such parcels as brought in money for them.
    failed
        Parcels are added here that found no day.
    """
    layout, batched = placing.layout, bool(placing.layout.timeline.problem.of(BatchSize))
    if placing.complete() and not batched:
        yield tightened(placing).draft()
    for order in _orders(placing):
        again = with_works(layout, placing.choices, placing.spans)
        sold = sell_in_batches(again, order) if batched else _sell_in_turn(again, order)
        failed.update(
            k
            for group in wanted_groups(layout, again.choices.left_out)
            for k in group
            if k not in again.notices
        )
        if sold and again.complete() and all(book.holds() for book in again.cash):
            yield tightened(again).draft()


def with_works(layout: Layout, choices: Choices, days: Mapping[int, tuple[int, int]]) -> Placing:
    """A placing with works at given days and no parcels but those published."""
    placing = Placing(layout, choices)
    for work, span in days.items():
        placing.carry_out(work, span)
    return placing


def _orders(placing: Placing) -> Iterator[Order]:
    layout = placing.layout
    pull = pulls(layout)
    opens = [placing.opened(parcel) for parcel in range(len(layout.parcels))]

    def first(group: Group) -> tuple[float, float]:
        return -max(float(pull[k]) for k in group), max(opens[k] for k in group)

    def area(group: Group) -> float:
        return float(layout.areas_m2[list(group)].sum())

    yield lambda group: (*first(group), -area(group))
    yield lambda group: (first(group)[0], -area(group), first(group)[1])
    yield lambda group: (first(group)[0], first(group)[1] // 90, -area(group))


def _sell_in_turn(placing: Placing, order: Order) -> bool:
    layout = placing.layout
    groups = wanted_groups(layout, placing.choices.left_out)
    level = {group: max(layout.levels[layout.parcels[k].phase] for k in group) for group in groups}
    turn = sorted(groups, key=lambda group: (level[group], *order(group), group))
    # all are tried, so that it is known which ones find no day
    placed = [placing.place_group(group) for group in turn]
    return all(placed)


def tighten(timeline: Timeline, draft: Draft) -> Draft:
    """Move works and parcels to earlier days as long as one can move alone; no objective ever gets worse.

    Parameters
    ----------
    timeline
        The problem on its days.
    draft
        A valid draft; it is not changed.

    Returns
    -------
    Draft
        A valid draft in which no single work and no parcel, or group or batch of them, can be earlier.
    """
    return tightened(from_draft(Layout(timeline=timeline), draft)).draft()


def from_draft(layout: Layout, draft: Draft) -> Placing:
    """A placing with all that a draft holds."""
    out = frozenset(k for k, item in enumerate(layout.parcels) if item.parcel_id not in draft.notices)
    modes = tuple(draft.works[work.work_id][0] for work in layout.works)
    placing = with_works(layout, Choices(modes=modes, left_out=out), spans(layout, draft))
    for number, item in enumerate(layout.parcels):
        if number not in placing.notices and item.parcel_id in draft.notices:
            placing.enter(number, draft.notices[item.parcel_id])
    return placing


def tightened(placing: Placing) -> Placing:
    """Tighten a complete placing, which is changed and returned."""
    aimed = _aimed(placing.layout)
    for _ in range(MOST_PASSES):
        moved = _pull_works(placing) if not aimed else False
        moved |= _pull_parcels(placing, aimed)
        if not moved:
            break
    return placing


def _aimed(layout: Layout) -> set[int]:
    """Parcels whose earlier transfer may be the worse one."""
    problem = layout.timeline.problem
    named = set(problem.earlier) if "stability" in problem.objectives else set()
    named |= set(problem.fixed_transfers) if "fixed_dates" in problem.objectives else set()
    if problem.fixed_works and "fixed_dates" in problem.objectives:
        named |= {item.parcel_id for item in layout.parcels}
    return {layout.parcel_number[name] for name in named if name in layout.parcel_number}


def _pull_works(placing: Placing) -> bool:
    moved = False
    for work in sorted(placing.spans, key=lambda work: placing.spans[work]):
        old = placing.drop(work)
        new = placing.first_span(work)
        better = new is not None and new[1] <= old[1] and new[0] < old[0]
        placing.carry_out(work, new if new is not None and better else old)
        moved |= better
    return moved


def _pull_parcels(placing: Placing, aimed: set[int]) -> bool:
    moved = False
    batched = bool(placing.layout.timeline.problem.of(BatchSize))
    groups = wanted_groups(placing.layout, placing.choices.left_out)
    units = _batches_of(placing) if batched else groups
    for unit in sorted(units, key=lambda unit: (placing.notices[unit[0]], unit)):
        if not aimed.intersection(unit):
            moved |= _pull(placing, unit, apart=batched)
    return moved


def _batches_of(placing: Placing) -> list[Group]:
    """Parcels of one batch; all of one day where neighbours of two phases tie their batches together."""
    layout = placing.layout
    tied = any(len({layout.parcels[k].phase for k in group}) > 1 for group in layout.groups)
    found: dict[tuple[int, int], list[int]] = defaultdict(list)
    for parcel, position in placing.notices.items():
        if layout.parcels[parcel].fixed_notice_on is None:
            found[0 if tied else layout.parcels[parcel].phase, position].append(parcel)
    return [tuple(sorted(members)) for members in found.values()]


def _pull(placing: Placing, unit: Sequence[int], *, apart: bool) -> bool:
    """Move parcels of one notice day to an earlier one; ``apart`` keeps them out of other months with a batch."""
    old = placing.notices[unit[0]]
    for parcel in unit:
        placing.take_out(parcel)
    positions = placing.first_positions(unit)
    positions = positions[: np.searchsorted(positions, old)]
    if apart or "batches" in placing.layout.timeline.problem.objectives:
        positions = positions[_in_months(placing, unit, old, positions, apart=apart)]
    area_m2 = float(placing.layout.areas_m2[list(unit)].sum())
    new = placing.land.first_for(area_m2, len(unit), positions)
    for parcel in unit:
        placing.enter(parcel, old if new is None else new)
    return new is not None


def _in_months(
    placing: Placing, unit: Sequence[int], old: int, positions: Ints, *, apart: bool
) -> np.ndarray:
    """Positions in months that have no other batch of the phases, or else in those that make no further one."""
    layout, months = placing.layout, placing.layout.timeline.notice_months
    found = np.ones(len(positions), dtype=bool)
    for phase in {layout.parcels[k].phase for k in unit}:
        taken = [months[at] for k, at in placing.notices.items() if layout.parcels[k].phase == phase]
        if apart:
            found &= ~np.isin(months[positions], taken)
        else:
            found &= np.isin(months[positions], [months[old], *taken])
    return found
