"""When land and phases open in a plan: the gates of a parcel, and the trigger of a phase."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from parcelplan.checks.bureau_checks import AREA_TOLERANCE_M2
from parcelplan.plan import Plan, PlannedTransfer
from parcelplan.planning.problem import Gate, NetLand, OccupancyTrigger, PlanningProblem


@dataclass(frozen=True, kw_only=True)
class Opening:
    """The day from which something no longer holds a parcel back."""

    on: date
    kind: str = ""
    """Kind of the gate; empty for what is known without planned works."""
    work_id: str = ""
    """Work that ends last before it; empty where there is none."""
    way: tuple[str, ...] = ()
    """The works by which the gate opens, where it is one that planned works open."""
    lag_days: int = 0


def gate_opening(gate: Gate, plan: Plan) -> Opening | None:
    """The way by which a gate opens first in a plan; None where the plan ends none of them."""
    ways = []
    for way in gate.any_of:
        works = [plan.work(work_id) for work_id in way]
        ends = [(work.free_on, work.work_id) for work in works if work is not None]
        if len(ends) == len(way):
            ways.append((*max(ends, default=(date.min, "")), tuple(way)))
    if not ways:
        return None
    free_on, work_id, way = min(ways)
    lag = timedelta(days=gate.lag_days if free_on > date.min else 0)
    return Opening(on=free_on + lag, kind=gate.kind, work_id=work_id, way=way, lag_days=lag.days)


def openings_of(problem: PlanningProblem, plan: Plan, parcel_id: str) -> list[Opening]:
    """Everything that net land means for one parcel: its own day, then its gates in their order."""
    return [
        opening
        for demand in problem.of(NetLand)
        for opening in _openings(demand, plan, parcel_id, _last_works(problem))
    ]


def parcel_openings(problem: PlanningProblem, plan: Plan, demand: NetLand) -> dict[str, Opening]:
    """The last opening of every parcel of a phase; of several on one day that of a planned work."""
    last_works = _last_works(problem)
    parcels = demand.ready_on.keys() | demand.gates.keys()
    found = {parcel: [*_openings(demand, plan, parcel, last_works)] for parcel in parcels}
    return {
        parcel: max(openings, key=lambda item: (item.on, bool(item.way)))
        for parcel, openings in found.items()
        if openings
    }


def _last_works(problem: PlanningProblem) -> dict[str, str]:
    return {item.parcel_id: item.last_work for item in problem.candidates}


def _openings(
    demand: NetLand, plan: Plan, parcel_id: str, last_works: Mapping[str, str]
) -> Iterator[Opening]:
    if parcel_id in demand.ready_on:
        yield Opening(on=demand.ready_on[parcel_id], work_id=last_works.get(parcel_id, ""))
    for gate in demand.gates.get(parcel_id, ()):
        if (opening := gate_opening(gate, plan)) is not None:
            yield opening


def trigger_steps(trigger: OccupancyTrigger, plan: Plan) -> Iterator[tuple[date, float, PlannedTransfer]]:
    """Yield the days on which land that a trigger counts becomes occupied, m² so far, and the parcel."""
    delay, there_m2 = timedelta(days=trigger.occupied_after_days), 0.0
    counted = (item for item in plan.transfers if item.phase in trigger.of_phases)
    for item in sorted(counted, key=lambda item: (item.transfer_on, item.parcel_id)):
        there_m2 += item.area_m2
        yield item.transfer_on + delay, there_m2, item


def trigger_day(trigger: OccupancyTrigger, plan: Plan) -> date:
    """First day on which enough is occupied; ``date.max`` where it never is, ``date.min`` where nothing is needed."""
    needed_m2 = trigger.needed_m2 - AREA_TOLERANCE_M2
    if needed_m2 <= 0:
        return date.min
    steps = trigger_steps(trigger, plan)
    return next((day for day, there_m2, _ in steps if there_m2 >= needed_m2), date.max)
