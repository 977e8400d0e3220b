"""What kept every transfer and every work of a plan from an earlier day, all else as it is.

One parcel at a time is put on notice on the working day before its own, and one work at a time is begun at the start
before its own that its calendar knows. Only what such a move can touch is looked at again, in sums kept by month,
quarter and year, so that large plans take a second where checking every demand anew would take hours.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import accumulate

from parcelplan.checks.bureau_checks import AREA_TOLERANCE_M2
from parcelplan.dates import ONE_DAY, StatutoryClock, is_working_day
from parcelplan.plan import Plan, PlannedTransfer, WaitedFor
from parcelplan.planning.problem import (
    Absorption,
    BatchSize,
    BlackOut,
    CashLimit,
    CrewCapacity,
    Demand,
    Horizon,
    ListingsPerMonth,
    NetLand,
    OccupancyTrigger,
    PhaseOrder,
    PhaseWindow,
    PlanningProblem,
    Split,
    Target,
    Together,
    WorkDeadline,
    YearlyQuota,
)
from parcelplan.planning.why.openings import parcel_openings, trigger_day
from parcelplan.planning.why.work_reasons import work_reasons

FIRST_NAMED = (
    "gate",
    "window",
    "blackout",
    "trigger",
    "phase_order",
    "listings",
    "quota",
    "absorption",
    "money",
    "target",
    "together",
    "batch",
)
"""Where several things forbid the day before, the first of these is named."""
NOTHING = WaitedFor(kind="nothing")


@dataclass(frozen=True, kw_only=True)
class Move:
    """One parcel put on notice on an earlier day."""

    item: PlannedTransfer
    notice_on: date
    transfer_on: date

    def trial(self, plan: Plan) -> Plan:
        """The plan with the parcel moved and all else as it is."""
        own = replace(self.item, notice_on=self.notice_on, transfer_on=self.transfer_on)
        moved = (own if item.parcel_id == own.parcel_id else item for item in plan.transfers)
        return replace(plan, transfers=tuple(moved))


Watch = Callable[[Move], str | None]
"""What of a demand a move breaks, such as the year of a quota; None where the demand still holds."""


def with_reasons(problem: PlanningProblem, plan: Plan) -> Plan:
    """Fill in what every transfer and every work of a plan waited for.

    Parameters
    ----------
    problem
        The problem.
    plan
        A plan that keeps its demands; it is not changed.

    Returns
    -------
    Plan
        The same plan with ``waited_for`` of its transfers and works: ``nothing`` where no demand forbids the day
        before, or where that day lies before ``as_of``. What has happened waited for nothing.
    """
    watches = watches_of(problem, plan)
    before = _DaysBefore(problem.clock)
    transfers = tuple(
        replace(item, waited_for=_reason(problem, watches, before, item)) for item in plan.transfers
    )
    reasons = work_reasons(problem, plan)
    works = tuple(replace(item, waited_for=reasons.get(item.work_id, NOTHING)) for item in plan.works)
    return replace(plan, transfers=transfers, works=works)


def watches_of(problem: PlanningProblem, plan: Plan) -> tuple[tuple[str, Watch], ...]:
    """The kind of every demand with what watches over it, in the order in which they are named."""
    order = {kind: place for place, kind in enumerate(FIRST_NAMED)}
    found = [
        (demand.kind, watch)
        for demand in problem.demands
        if (watch := _watch(demand, problem, plan)) is not None
    ]
    return tuple(sorted(found, key=lambda pair: order.get(pair[0], len(order))))


def broken_by(move: Move, watches: tuple[tuple[str, Watch], ...]) -> Iterator[WaitedFor]:
    """Yield what a move breaks, in the order in which it is named; a kind that breaks twice is named twice."""
    for kind, watch in watches:
        subject = watch(move)
        if subject is not None:
            yield WaitedFor(kind=kind, subject=subject)


def move_before(item: PlannedTransfer, clock: StatutoryClock) -> Move:
    """The move of a parcel to the working day before its notice."""
    return _DaysBefore(clock).move(item)


class _DaysBefore:
    """Working days before notices, and their transfers; many parcels share them."""

    def __init__(self, clock: StatutoryClock) -> None:
        self.clock = clock
        self._known: dict[date, tuple[date, date]] = {}

    def move(self, item: PlannedTransfer) -> Move:
        if item.notice_on not in self._known:
            day = item.notice_on - ONE_DAY
            while not is_working_day(day):
                day -= ONE_DAY
            self._known[item.notice_on] = (day, self.clock.transfer_on(day))
        notice_on, transfer_on = self._known[item.notice_on]
        return Move(item=item, notice_on=notice_on, transfer_on=transfer_on)


def _reason(
    problem: PlanningProblem,
    watches: tuple[tuple[str, Watch], ...],
    before: _DaysBefore,
    item: PlannedTransfer,
) -> WaitedFor:
    move = before.move(item)
    if item.happened or move.notice_on < problem.as_of:
        return NOTHING
    return next(broken_by(move, watches), NOTHING)


def _watch(demand: Demand, problem: PlanningProblem, plan: Plan) -> Watch | None:
    """What looks a move over for one demand; None for demands that no earlier notice can break."""
    if isinstance(demand, Horizon | Split | WorkDeadline | CrewCapacity):
        return None
    if isinstance(demand, Target) and min(demand.values.values(), default=0.0) >= 0:
        return None
    if isinstance(demand, CashLimit) and min(demand.prices.values(), default=0.0) >= 0:
        return None
    for kind, make in _MAKERS.items():
        if isinstance(demand, kind):
            return make(demand, problem, plan)
    return _check_anew(demand, plan)


def _check_anew(demand: Demand, plan: Plan) -> Watch:
    """For what has no sums of its own: check the whole plan with the move."""

    def watch(move: Move) -> str | None:
        found = demand.violations(move.trial(plan))
        return str(next(iter(found)).value or "") if found else None

    return watch


def _net_land(demand: NetLand, problem: PlanningProblem, plan: Plan) -> Watch:
    openings = parcel_openings(problem, plan, demand)

    def watch(move: Move) -> str | None:
        known = openings.get(move.item.parcel_id)
        return known.work_id if known is not None and move.notice_on < known.on else None

    return watch


def _window(demand: PhaseWindow, _problem: PlanningProblem, _plan: Plan) -> Watch:
    earliest_on = demand.earliest_on or date.min

    def watch(move: Move) -> str | None:
        broken = move.item.phase == demand.phase and move.transfer_on < earliest_on
        return str(demand.phase) if broken else None

    return watch


def _black_out(demand: BlackOut, _problem: PlanningProblem, _plan: Plan) -> Watch:
    def watch(move: Move) -> str | None:
        days = (move.notice_on, move.transfer_on)
        return str(demand.from_on) if any(demand.from_on <= day < demand.until_on for day in days) else None

    return watch


def _trigger(demand: OccupancyTrigger, _problem: PlanningProblem, plan: Plan) -> Watch:
    if demand.phase in demand.of_phases:
        return _check_anew(demand, plan)
    met_on = trigger_day(demand, plan)
    phases = ";".join(str(phase) for phase in demand.of_phases)

    def watch(move: Move) -> str | None:
        return phases if move.item.phase == demand.phase and move.notice_on < met_on else None

    return watch


def _phase_order(_demand: PhaseOrder, _problem: PlanningProblem, plan: Plan) -> Watch:
    last: dict[int, date] = {}
    for item in plan.transfers:
        last[item.phase] = max(last.get(item.phase, date.min), item.notice_on)
    phases = sorted(last)
    latest = dict(zip(phases, accumulate(((last[phase], phase) for phase in phases), max), strict=True))
    waited = dict(zip(phases[1:], (latest[phase] for phase in phases), strict=False))

    def watch(move: Move) -> str | None:
        on, phase = waited.get(move.item.phase, (date.min, 0))
        return str(phase) if move.notice_on < on else None

    return watch


def _listings(demand: ListingsPerMonth, _problem: PlanningProblem, plan: Plan) -> Watch:
    listed = Counter(_month(item.notice_on) for item in plan.transfers)

    def watch(move: Move) -> str | None:
        month = _month(move.notice_on)
        full = month != _month(move.item.notice_on) and listed[month] >= demand.per_month
        return month if full else None

    return watch


def _quota(demand: YearlyQuota, _problem: PlanningProblem, plan: Plan) -> Watch:
    used_m2 = plan.area_by_year_m2()

    def watch(move: Move) -> str | None:
        year, before = move.transfer_on.year, move.item.transfer_on.year
        if year == before or demand.year < year:
            return None
        moved = Counter({year: move.item.area_m2, before: -move.item.area_m2})
        trial = {key: used_m2.get(key, 0.0) + moved[key] for key in used_m2.keys() | moved.keys()}
        limit_m2 = demand.quota_m2 + demand.carried_m2(trial) + AREA_TOLERANCE_M2
        return str(demand.year) if trial.get(demand.year, 0.0) > limit_m2 else None

    return watch


def _absorption(demand: Absorption, _problem: PlanningProblem, plan: Plan) -> Watch:
    taken_m2: dict[str, float] = defaultdict(float)
    for item in plan.transfers:
        taken_m2[quarter_of(item.transfer_on)] += item.area_m2

    def watch(move: Move) -> str | None:
        quarter = quarter_of(move.transfer_on)
        if quarter == quarter_of(move.item.transfer_on):
            return None
        area_m2 = taken_m2.get(quarter, 0.0) + move.item.area_m2
        return quarter if area_m2 > demand.per_quarter_m2 + AREA_TOLERANCE_M2 else None

    return watch


def _together(demand: Together, _problem: PlanningProblem, plan: Plan) -> Watch:
    members = {item.parcel_id: item for item in plan.transfers if item.parcel_id in demand.parcel_ids}

    def watch(move: Move) -> str | None:
        if move.item.parcel_id not in members:
            return None
        others = [item for parcel, item in members.items() if parcel != move.item.parcel_id]
        apart = any(item.notice_on != move.notice_on and not item.happened for item in others)
        return ";".join(item.parcel_id for item in others) if apart else None

    return watch


def _batch(demand: BatchSize, _problem: PlanningProblem, plan: Plan) -> Watch:
    """Batches by phase and month: the day of each, its area, and how many parcels it has."""
    days: dict[tuple[int, str], Counter[date]] = defaultdict(Counter)
    areas_m2: dict[tuple[int, str], float] = defaultdict(float)
    for item in plan.transfers:
        if not item.happened and item.notice_on >= demand.as_of:
            days[item.phase, _month(item.notice_on)][item.notice_on] += 1
            areas_m2[item.phase, _month(item.notice_on)] += item.area_m2

    def fits(key: tuple[int, str], added: Counter[date], area_m2: float) -> bool:
        there = {day for day in days[key] | added if days[key][day] + added[day] > 0}
        total_m2 = areas_m2[key] + area_m2
        most_m2 = float("inf") if demand.max_m2 is None else demand.max_m2 + AREA_TOLERANCE_M2
        least_m2 = demand.min_m2 - AREA_TOLERANCE_M2
        return not there or (len(there) == 1 and least_m2 <= total_m2 <= most_m2)

    def watch(move: Move) -> str | None:
        item = move.item
        old, new = ((item.phase, _month(day)) for day in (item.notice_on, move.notice_on))
        if old == new:
            holds = fits(old, Counter({item.notice_on: -1, move.notice_on: 1}), 0.0)
        else:
            holds = fits(old, Counter({item.notice_on: -1}), -item.area_m2)
            holds = holds and fits(new, Counter({move.notice_on: 1}), item.area_m2)
        return None if holds else item.batch

    return watch


def _month(day: date) -> str:
    return f"{day:%Y-%m}"


def quarter_of(day: date) -> str:
    """Calendar quarter of a day, such as ``2025-Q1``."""
    return f"{day.year}-Q{(day.month + 2) // 3}"


_MAKERS: Mapping[type, Callable[..., Watch]] = {
    NetLand: _net_land,
    PhaseWindow: _window,
    BlackOut: _black_out,
    OccupancyTrigger: _trigger,
    PhaseOrder: _phase_order,
    ListingsPerMonth: _listings,
    YearlyQuota: _quota,
    Absorption: _absorption,
    Together: _together,
    BatchSize: _batch,
}
