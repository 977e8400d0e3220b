"""What a draft is worth, objective by objective in the problem's order: fast, and the same as its plan's values."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from parcelplan.planning.draft import Draft
from parcelplan.planning.heuristic.layout import Layout
from parcelplan.planning.problem import ObjectiveName, Target

TOLERANCE = 1e-9


def score(layout: Layout, draft: Draft) -> tuple[float, ...]:
    """Values of the objectives in the order in which they count; of two drafts the smaller tuple is the better one.

    Parameters
    ----------
    layout
        The problem by numbers.
    draft
        A draft with all works and all parcels that are to be transferred.
    """
    return tuple(_VALUES[name](layout, draft) for name in layout.timeline.problem.objectives)


def transfer_days(layout: Layout, draft: Draft) -> np.ndarray:
    """Offset of each parcel's transfer; ``left_out`` for those left out, −1 for the other side of a split."""
    timeline = layout.timeline
    days = np.full(len(layout.parcels), timeline.left_out, dtype=np.int64)
    for parcel, position in draft.notices.items():
        days[layout.parcel_number[parcel]] = timeline.transfer_offsets[position]
    for whole, pieces in layout.splits:
        there = [k for k in pieces if layout.parcels[k].parcel_id in draft.notices]
        for number in [whole] if there else pieces:
            days[number] = -1
    return days


def spans(layout: Layout, draft: Draft) -> dict[int, tuple[int, int]]:
    """First day and first day after the end of each planned work."""
    days = layout.timeline.work_days
    found = {}
    for number, work in enumerate(layout.works):
        mode, start = draft.works[work.work_id]
        found[number] = start, int(days.table(work, work.modes[mode])[start])
    return found


def _supply(layout: Layout, draft: Draft) -> float:
    return float((layout.areas_m2 * np.maximum(transfer_days(layout, draft), 0)).sum())


def _lateness(layout: Layout, draft: Draft) -> float:
    days = transfer_days(layout, draft)
    due = [layout.timeline.offset(item.due_on) if item.due_on else None for item in layout.parcels]
    late = np.array(
        [
            max(0, int(day) - on) if on is not None and day >= 0 else 0
            for day, on in zip(days, due, strict=True)
        ]
    )
    return float((layout.areas_m2 * late).sum())


def _makespan(layout: Layout, draft: Draft) -> float:
    fixed = [end for _, end in layout.fixed_spans.values()]
    return float(max([0, *fixed, *(end for _, end in spans(layout, draft).values())]))


def _cost(layout: Layout, draft: Draft) -> float:
    fixed = sum(work.modes[0].cost_yuan for work in layout.timeline.problem.works if work.fixed is not None)
    return fixed + sum(work.modes[draft.works[work.work_id][0]].cost_yuan for work in layout.works)


def _batches(layout: Layout, draft: Draft) -> float:
    months = layout.timeline.notice_months
    return float(
        len(
            {
                (item.phase, int(months[draft.notices[item.parcel_id]]))
                for item in layout.parcels
                if item.parcel_id in draft.notices and item.fixed_notice_on is None
            }
        )
    )


def _stability(layout: Layout, draft: Draft) -> float:
    timeline = layout.timeline
    return float(
        sum(
            parcel not in draft.notices
            or int(timeline.transfer_offsets[draft.notices[parcel]]) != timeline.offset(on)
            for parcel, on in timeline.problem.earlier.items()
        )
    )


def _fixed_dates(layout: Layout, draft: Draft) -> float:
    timeline = layout.timeline
    ends = {layout.works[k].work_id: end for k, (_, end) in spans(layout, draft).items()}
    ends |= {work: end for work, (_, end) in layout.fixed_spans.items()}
    works = timeline.problem.fixed_works.items()
    total = sum(abs(ends[work] - 1 - timeline.offset(on)) for work, on in works if work in ends)
    days = transfer_days(layout, draft)
    for parcel, on in timeline.problem.fixed_transfers.items():
        number = layout.parcel_number.get(parcel)
        if number is not None and days[number] >= 0:
            total += abs(int(days[number]) - timeline.offset(on))
    return float(total)


def shortfalls(layout: Layout, draft: Draft) -> Mapping[str, float]:
    """What each target is short of, in the unit of its measure."""
    timeline = layout.timeline
    found = {}
    for target in timeline.problem.of(Target):
        by = timeline.offset(target.by_on) - target.delay_days
        reached = sum(
            value
            for parcel, value in target.values.items()
            if parcel in draft.notices and timeline.transfer_offsets[draft.notices[parcel]] <= by
        )
        missing = target.amount - reached
        found[target.target_id] = missing if missing > TOLERANCE * max(1.0, target.amount) else 0.0
    return found


def _targets(layout: Layout, draft: Draft) -> float:
    short = shortfalls(layout, draft)
    targets = layout.timeline.problem.of(Target)
    return sum(
        short[item.target_id] / item.amount for item in targets if not item.binding and item.amount > 0
    )


_VALUES: Mapping[ObjectiveName, Callable[[Layout, Draft], float]] = {
    "fixed_dates": _fixed_dates,
    "targets": _targets,
    "lateness": _lateness,
    "supply": _supply,
    "makespan": _makespan,
    "cost": _cost,
    "batches": _batches,
    "stability": _stability,
}
