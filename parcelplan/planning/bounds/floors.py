"""What no plan falls below, seen without a search."""

from __future__ import annotations

from parcelplan.planning.draft import late_days
from parcelplan.planning.heuristic.shortest import least_makespan
from parcelplan.planning.problem import ObjectiveName, PlanningProblem
from parcelplan.planning.timeline import Timeline


def floor_of(timeline: Timeline, name: ObjectiveName) -> float:
    """Value of an objective that no plan falls below, in its unit.

    Each parcel alone on its own first day, each work in its cheapest mode; 0 where nothing speaks of the objective.

    Parameters
    ----------
    timeline
        The problem on its days.
    name
        The objective.
    """
    if name == "cost":
        return _cheapest(timeline.problem)
    if name in {"supply", "lateness"}:
        return _first_days(timeline, name)
    if name == "makespan":
        return float(max([0, *_fixed_ends(timeline), least_makespan(timeline)]))
    if name == "stability":
        known = {item.parcel_id for item in timeline.problem.candidates}
        return float(sum(parcel not in known for parcel in timeline.problem.earlier))
    return 0.0


def _cheapest(problem: PlanningProblem) -> float:
    return sum(
        work.modes[0].cost_yuan if work.fixed is not None else min(mode.cost_yuan for mode in work.modes)
        for work in problem.works
    )


def _fixed_ends(timeline: Timeline) -> list[int]:
    return [timeline.offset(work.fixed[1]) + 1 for work in timeline.problem.works if work.fixed is not None]


def _first_days(timeline: Timeline, name: ObjectiveName) -> float:
    values: dict[str, float] = {}
    pieces: dict[str, float] = {}
    for item in timeline.problem.candidates:
        positions = timeline.open_positions(item)
        first = int(timeline.transfer_offsets[positions[0]]) if len(positions) else timeline.left_out
        first = min(first, timeline.left_out)
        days = first if name == "supply" else late_days(item, timeline.date_of(first))
        values[item.parcel_id] = item.area_m2 * days
        if item.part_of:
            pieces[item.part_of] = pieces.get(item.part_of, 0.0) + item.area_m2 * days
    # of a parcel and its pieces one side counts: no less than the lesser one
    twice = sum(max(values[whole], value) for whole, value in pieces.items() if whole in values)
    return sum(values.values()) - twice
