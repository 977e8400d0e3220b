"""The days on which a notice can matter.

A plan can always be pushed to the left: with the month of every notice and the year of every transfer held
fixed, each parcel moves to the first day that its own land, its phase's window, the phases before it and its
phase's trigger allow. None of these moves hurts another parcel, and none raises the objective. So a best plan
exists on few days: the first working day of a month, the first notice that leads into a year or a window, the
day the parcel is net land, and the days of other parcels handed on by phase order and trigger. The search
over them is exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from parcelplan.checks.bureau_checks import AREA_TOLERANCE_M2
from parcelplan.dates import ONE_DAY
from parcelplan.planning.notice_days import NoticeDays, notice_days
from parcelplan.planning.problem import (
    LATER_YEARS,
    Horizon,
    ListingsPerMonth,
    NetLand,
    OccupancyTrigger,
    PhaseOrder,
    PhaseWindow,
    PlanningProblem,
    YearlyQuota,
)


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A problem on its days: for each candidate the positions of ``days`` on which it may go on notice."""

    problem: PlanningProblem
    days: NoticeDays
    allowed: dict[str, tuple[int, ...]]

    def waiting_days(self, position: int) -> int:
        """Days from ``as_of`` to the transfer of a parcel put on notice at a position."""
        return (self.days.transfers[position] - self.problem.as_of).days


def lay_grid(problem: PlanningProblem) -> Grid:
    """Find the days of every candidate; a candidate without any makes the problem infeasible."""
    days = notice_days(problem.as_of, _last_day(problem), problem.clock)
    first = _first_positions(problem, days)
    last = _last_positions(problem, days)
    shared = _shared_positions(problem, days, first)
    own = _own_positions(problem, days)
    allowed = {
        item.parcel_id: tuple(
            position
            for position in sorted(shared[item.phase] | own[item.parcel_id])
            if first[item.parcel_id] <= position <= last[item.phase]
        )
        for item in problem.candidates
    }
    return Grid(problem=problem, days=days, allowed=allowed)


def _last_day(problem: PlanningProblem) -> date:
    """End of the horizon; without one a day by which listings, quotas and triggers leave room for all."""
    if horizon := problem.of(Horizon):
        return horizon[0].end_on
    days = [item.ready_on for item in problem.candidates]
    days += [day for item in problem.of(PhaseWindow) for day in (item.earliest_on, item.latest_on) if day]
    days += [date(item.year, 12, 31) for item in problem.of(YearlyQuota)]
    years = 1 + len(problem.phases())
    for limit in problem.of(ListingsPerMonth):
        years += len(problem.candidates) // (12 * limit.per_month)
    for quota in problem.later_quotas[:1]:
        area_m2 = sum(item.area_m2 for item in problem.candidates)
        years += int(2 * area_m2 / quota.quota_m2) if quota.quota_m2 else 0
    years += sum(1 + item.occupied_after_days // 365 for item in problem.of(OccupancyTrigger))
    return date(max(days).year + min(years, LATER_YEARS), 12, 31)


def _own_positions(problem: PlanningProblem, days: NoticeDays) -> dict[str, set[int]]:
    ready = {parcel: day for demand in problem.of(NetLand) for parcel, day in demand.ready_on.items()}
    return {
        item.parcel_id: {days.at_or_after(ready.get(item.parcel_id, problem.as_of))}
        for item in problem.candidates
    }


def _first_positions(problem: PlanningProblem, days: NoticeDays) -> dict[str, int]:
    """Lower bounds from land and windows, and what phase order and triggers make of those of other phases."""
    first = {parcel: max(positions) for parcel, positions in _own_positions(problem, days).items()}
    for _ in problem.phases():
        floors = {phase: _phase_floor(phase, problem, days, first) for phase in problem.phases()}
        first = {
            item.parcel_id: max(first[item.parcel_id], floors[item.phase]) for item in problem.candidates
        }
    return first


def _phase_floor(phase: int, problem: PlanningProblem, days: NoticeDays, first: dict[str, int]) -> int:
    floor = 0
    for window in problem.of(PhaseWindow):
        if window.phase == phase and window.earliest_on is not None:
            floor = max(floor, days.leading_to(window.earliest_on))
    if problem.of(PhaseOrder):
        floor = max([floor, *(first[item.parcel_id] for item in problem.candidates if item.phase < phase)])
    for trigger in problem.of(OccupancyTrigger):
        if trigger.phase == phase:
            floor = max(floor, trigger_position(trigger, problem, days, first))
    return floor


def trigger_position(
    trigger: OccupancyTrigger, problem: PlanningProblem, days: NoticeDays, notices: dict[str, int]
) -> int:
    """Position of the first notice a trigger allows; one past the end where it is never met.

    Parameters
    ----------
    trigger
        The trigger.
    problem
        The problem that holds it.
    days
        Days of the problem.
    notices
        Position of the notice of each candidate; those not named do not count as occupied.
    """
    counted = [
        (days.after_occupation(notices[item.parcel_id], trigger.occupied_after_days), item.area_m2)
        for item in problem.candidates
        if item.phase in trigger.of_phases and notices.get(item.parcel_id, len(days)) < len(days)
    ]
    there_m2 = AREA_TOLERANCE_M2
    if there_m2 >= trigger.needed_m2:
        return 0
    for position, area_m2 in sorted(counted):
        there_m2 += area_m2
        if there_m2 >= trigger.needed_m2:
            return position
    return len(days)


def _last_positions(problem: PlanningProblem, days: NoticeDays) -> dict[int, int]:
    last = dict.fromkeys(problem.phases(), len(days) - 1)
    for window in problem.of(PhaseWindow):
        if window.latest_on is not None and window.phase in last:
            last[window.phase] = min(last[window.phase], days.leading_to(window.latest_on + ONE_DAY) - 1)
    return last


def _starts(problem: PlanningProblem, days: NoticeDays) -> Iterator[int]:
    """Yield the first positions of months and years, as far as a demand counts by them."""
    if problem.of(ListingsPerMonth):
        yield from (k for k, (before, month) in enumerate(pairwise(days.months), start=1) if before != month)
    if problem.of(YearlyQuota):
        yield from (k for k, (before, year) in enumerate(pairwise(days.years), start=1) if before != year)


def _shared_positions(
    problem: PlanningProblem, days: NoticeDays, first: dict[str, int]
) -> dict[int, set[int]]:
    """Positions open to a whole phase: starts, its own floor, and what other phases hand on."""
    starts = set(_starts(problem, days))
    own = _own_positions(problem, days)
    shared = {phase: starts | {_phase_floor(phase, problem, days, first)} for phase in problem.phases()}
    while True:
        before = {phase: len(positions) for phase, positions in shared.items()}
        _hand_on(problem, days, shared, own)
        if before == {phase: len(positions) for phase, positions in shared.items()}:
            return shared


def _hand_on(
    problem: PlanningProblem, days: NoticeDays, shared: dict[int, set[int]], own: dict[str, set[int]]
) -> None:
    """Add to each phase the days on which another phase can end it its wait."""

    def used(phase: int) -> set[int]:
        mine = (own[item.parcel_id] for item in problem.candidates if item.phase == phase)
        return {position for position in shared[phase].union(*mine) if position < len(days)}

    if problem.of(PhaseOrder):
        for earlier, later in pairwise(problem.phases()):
            shared[later] |= used(earlier)
    for trigger in problem.of(OccupancyTrigger):
        for other in set(trigger.of_phases) & shared.keys() if trigger.phase in shared else ():
            shared[trigger.phase] |= {
                days.after_occupation(position, trigger.occupied_after_days) for position in used(other)
            }
