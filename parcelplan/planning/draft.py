"""A plan in the making: what a search chooses, and nothing else. Dates, batches and values follow from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from parcelplan.dates import ONE_DAY
from parcelplan.plan import ObjectiveValue, Plan, PlannedTransfer, PlannedWork, Status
from parcelplan.planning.problem import (
    UNITS,
    Candidate,
    Gate,
    NetLand,
    ObjectiveName,
    PlanningProblem,
    Split,
    Target,
    Work,
)
from parcelplan.planning.timeline import Timeline, left_out_on


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A mode and a start for each work that is not fixed, a notice for each parcel that is transferred."""

    works: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Index of the mode and offset of the first day, by work; fixed works are not named."""
    notices: Mapping[str, int] = field(default_factory=dict)
    """Position of the notice, by parcel: none for those left out by a mode or on the other side of a split."""


def to_plan(
    timeline: Timeline,
    draft: Draft,
    *,
    status: Status = "feasible",
    bounds: Mapping[str, float] | None = None,
) -> Plan:
    """Write a draft as a plan, with the values of all objectives recomputed from its dates.

    Parameters
    ----------
    timeline
        The problem on its days.
    draft
        The choices made.
    status
        What is known of the plan.
    bounds
        Proved bounds by objective, in its unit; none above the value is kept.
    """
    problem = timeline.problem
    works = tuple(_planned_works(timeline, draft))
    bare = Plan(
        as_of=problem.as_of,
        status=status,
        works=works,
        transfers=_transfers(timeline, draft, {item.work_id: item.free_on for item in works}),
        unplanned=problem.unplanned,
    )
    return with_values(problem, bare, bounds or {})


def with_values(problem: PlanningProblem, plan: Plan, bounds: Mapping[str, float]) -> Plan:
    """Give the same plan with its objectives; a bound above a value is one of rounding, and becomes the value."""
    values = objective_values(problem, plan)
    objectives = tuple(
        ObjectiveValue(
            name=name,
            value=values[name],
            bound=min(values[name], bounds[name]) if name in bounds else None,
            unit=UNITS[name],
        )
        for name in problem.objectives
    )
    headline = "supply" if "supply" in problem.objectives else next(iter(problem.objectives), "supply")
    shown = next((item for item in objectives if item.name == headline), None)
    return Plan(
        as_of=plan.as_of,
        status=plan.status,
        works=plan.works,
        transfers=plan.transfers,
        unplanned=plan.unplanned,
        headline=headline,
        objectives=objectives,
        objective=shown.value if shown else None,
        bound=shown.bound if shown else None,
    )


def from_plan(timeline: Timeline, plan: Plan) -> Draft:
    """Read the choices of a plan, which may be an earlier one: what it says of things now unknown is lost."""
    problem = timeline.problem
    open_works = {work.work_id: work for work in problem.works if work.fixed is None}
    parcels = {item.parcel_id for item in problem.candidates}
    works = {}
    for item in plan.works:
        if item.work_id in open_works:
            names = [mode.name for mode in open_works[item.work_id].modes]
            mode = names.index(item.mode) if item.mode in names else 0
            works[item.work_id] = mode, min(max(0, timeline.offset(item.start_on)), timeline.last)
    last = len(timeline.days) - 1
    notices = {
        item.parcel_id: min(last, timeline.days.at_or_after(item.notice_on))
        for item in plan.transfers
        if item.parcel_id in parcels and last >= 0
    }
    return Draft(works=works, notices=notices)


def _planned_works(timeline: Timeline, draft: Draft) -> Iterator[PlannedWork]:
    for work in timeline.problem.works:
        if work.fixed is not None:
            mode = work.modes[0]
            yield PlannedWork(
                work_id=work.work_id,
                mode=mode.name,
                start_on=work.fixed[0],
                ends_on=work.fixed[1],
                cost_yuan=mode.cost_yuan,
                started_on=work.started_on,
                fixed=True,
            )
            continue
        index, start = draft.works[work.work_id]
        mode = work.modes[index]
        yield PlannedWork(
            work_id=work.work_id,
            mode=mode.name,
            start_on=timeline.date_of(start),
            ends_on=timeline.date_of(end_of(timeline, work, index, start) - 1),
            crews=mode.crews,
            cost_yuan=mode.cost_yuan,
            started_on=work.started_on,
        )


def end_of(timeline: Timeline, work: Work, mode: int, start: int) -> int:
    """Offset of the first day after a work that starts on an offset in the mode of that index."""
    return int(timeline.work_days.table(work, work.modes[mode])[start])


def _transfers(timeline: Timeline, draft: Draft, free_on: Mapping[str, date]) -> tuple[PlannedTransfer, ...]:
    """Transfers in the order of their notices, with batches numbered within each phase."""
    clock, days = timeline.problem.clock, timeline.days
    gates = gates_of(timeline.problem)
    chosen = sorted(
        (
            (days.days[draft.notices[item.parcel_id]], item.phase, item.parcel_id, item)
            for item in timeline.problem.candidates
            if item.parcel_id in draft.notices
        ),
        key=lambda row: row[:3],
    )
    batches = _batches((phase, notice_on) for notice_on, phase, _, _ in chosen)
    return tuple(
        PlannedTransfer(
            parcel_id=item.parcel_id,
            phase=phase,
            batch=batches[phase, notice_on],
            area_m2=item.area_m2,
            ready_on=max(
                [item.ready_on, *(gate_opens_on(gate, free_on) for gate in gates.get(item.parcel_id, ()))]
            ),
            notice_on=notice_on,
            listing_on=clock.listing_on(notice_on),
            transfer_on=clock.transfer_on(notice_on),
            result_on=clock.result_on(notice_on),
            part_of=item.part_of,
            due_on=item.due_on,
            happened=item.fixed_notice_on is not None,
        )
        for notice_on, phase, _, item in chosen
    )


def gates_of(problem: PlanningProblem) -> dict[str, tuple[Gate, ...]]:
    """Gates that planned works open, by parcel."""
    return {parcel: gates for demand in problem.of(NetLand) for parcel, gates in demand.gates.items()}


def gate_opens_on(gate: Gate, free_on: Mapping[str, date]) -> date:
    """First day on which a gate is open, given the first free day after each work."""
    ways = (max((free_on[work] for work in way), default=date.min) for way in gate.any_of)
    opens_on = min(ways, default=date.max)
    return opens_on if opens_on in {date.min, date.max} else opens_on + timedelta(days=gate.lag_days)


def _batches(notices: Iterable[tuple[int, date]]) -> dict[tuple[int, date], str]:
    numbers: dict[int, int] = {}
    names: dict[tuple[int, date], str] = {}
    for phase, notice_on in sorted(set(notices)):
        numbers[phase] = numbers.get(phase, 0) + 1
        names[phase, notice_on] = f"{phase}-{numbers[phase]}"
    return names


# --- values


def objective_values(problem: PlanningProblem, plan: Plan) -> dict[ObjectiveName, float]:
    """Value of every objective, whether the problem names it or not, from the dates of a plan alone."""
    transfer_on = {item.parcel_id: item.transfer_on for item in plan.transfers}
    out_on = left_out_on(problem)
    counted = [
        (item, transfer_on.get(item.parcel_id, out_on))
        for item in problem.candidates
        if item.parcel_id in transfer_on or item.parcel_id not in on_the_other_side(problem, transfer_on)
    ]
    ends_on = {item.work_id: item.ends_on for item in plan.works}
    soft = [item for item in problem.of(Target) if not item.binding and item.amount > 0]
    return {
        "fixed_dates": float(
            sum(abs((ends_on[work] - on).days) for work, on in problem.fixed_works.items() if work in ends_on)
            + sum(
                abs((day - problem.fixed_transfers[item.parcel_id]).days)
                for item, day in counted
                if item.parcel_id in problem.fixed_transfers
            )
        ),
        "targets": sum(item.shortfall(plan) / item.amount for item in soft),
        "lateness": sum(item.area_m2 * late_days(item, day) for item, day in counted),
        "supply": sum(item.area_m2 * (day - problem.as_of).days for item, day in counted),
        "makespan": float(max([0, *((day + ONE_DAY - problem.as_of).days for day in ends_on.values())])),
        "cost": sum(item.cost_yuan for item in plan.works),
        "batches": float(
            len({(item.phase, f"{item.notice_on:%Y-%m}") for item in plan.transfers if not item.happened})
        ),
        "stability": float(sum(transfer_on.get(parcel) != on for parcel, on in problem.earlier.items())),
    }


def late_days(item: Candidate, transfer_on: date) -> int:
    """Days by which a transfer on a day is later than somebody needs the parcel."""
    return 0 if item.due_on is None else max(0, (transfer_on - item.due_on).days)


def on_the_other_side(problem: PlanningProblem, transferred: Iterable[str]) -> set[str]:
    """Parcels that are not missed because the other side of their split is transferred.

    Where neither side is, the whole parcel is the one that is missed.
    """
    there = set(transferred)
    other: set[str] = set()
    for split in problem.of(Split):
        other |= {split.parcel_id} if there.intersection(split.pieces) else set(split.pieces)
    return other
