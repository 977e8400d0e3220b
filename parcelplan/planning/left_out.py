"""Parcels that a plan leaves out because of the way in which it carries out its works."""

from __future__ import annotations

from dataclasses import replace

from parcelplan.plan import Plan, Unplanned
from parcelplan.planning.problem import PlanningProblem


def with_left_out(problem: PlanningProblem, plan: Plan) -> Plan:
    """The same plan with the parcels named that the chosen modes exclude, each with the works and modes that do."""
    if not plan.transfers and not plan.works:
        return plan
    chosen = {(work.work_id, work.mode) for work in plan.works}
    gone = {item.parcel_id for item in plan.transfers} | {item.part_of for item in plan.transfers}
    found = []
    for item in problem.candidates:
        reasons = [pair for pair in item.excluded_by if pair in chosen]
        if reasons and not item.part_of and item.parcel_id not in gone:
            works = ", ".join(f"{work} {mode}".strip() for work, mode in reasons)
            found.append(
                Unplanned(
                    parcel_id=item.parcel_id,
                    phase=item.phase,
                    area_m2=item.area_m2,
                    reason="unplanned.excluded",
                    params={"works": works},
                )
            )
    return replace(plan, unplanned=(*plan.unplanned, *found)) if found else plan
