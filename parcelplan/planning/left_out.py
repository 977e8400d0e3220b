"""Parcels that a plan leaves out because of the way in which it carries out its works."""

from __future__ import annotations

from dataclasses import replace

from parcelplan.checks.plan_checks import LEFT_OUT_BY_MODE
from parcelplan.plan import Plan, Unplanned
from parcelplan.planning.problem import Candidate, PlanningProblem


def with_left_out(problem: PlanningProblem, plan: Plan) -> Plan:
    """The same plan with the parcels named that the chosen modes exclude, each with a work and the mode that does.

    Of a parcel that goes in pieces the piece is named, of one that goes nowhere the whole.
    """
    if not plan.transfers and not plan.works:
        return plan
    chosen = {(work.work_id, work.mode) for work in plan.works}
    in_pieces = {item.part_of for item in plan.transfers if item.part_of}
    found = []
    for item in problem.candidates:
        pair = next((pair for pair in item.excluded_by if pair in chosen), None)
        side = item.part_of in in_pieces if item.part_of else item.parcel_id not in in_pieces
        if pair is not None and side and plan.transfer(item.parcel_id) is None:
            found.append(_named(item, *pair))
    return replace(plan, unplanned=(*plan.unplanned, *found)) if found else plan


def _named(item: Candidate, work: str, mode: str) -> Unplanned:
    return Unplanned(
        parcel_id=item.parcel_id,
        phase=item.phase,
        area_m2=item.area_m2,
        reason=LEFT_OUT_BY_MODE,
        params={"work": work, "mode": mode},
    )
