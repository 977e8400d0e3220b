"""From a solution of the model to a draft: every parcel on the first day that its segment and its sources allow."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from parcelplan.checks.bureau_checks import AREA_TOLERANCE_M2
from parcelplan.planning._cpsat.gates import opens_at
from parcelplan.planning._cpsat.land import Land, Unit
from parcelplan.planning._cpsat.sketch import Term
from parcelplan.planning.draft import Draft, end_of, gates_of
from parcelplan.planning.problem import BatchSize, OccupancyTrigger, PhaseOrder


def to_draft(
    land: Land,
    works: Mapping[str, tuple[int, int]],
    value: Callable[[Term], int],
    floors: Mapping[str, int],
) -> Draft:
    """Read a solution.

    Parameters
    ----------
    land
        The parcels of the model.
    works
        Mode and start of every work.
    value
        Value of a literal in the solution.
    floors
        Offsets before which some parcels are not to go, though they could.
    """
    chosen = {}
    for number, unit in enumerate(land.units):
        segment = next((k for k, literal in unit.x.items() if value(literal)), None)
        if segment is not None and value(unit.present):
            chosen[number] = segment
    days = _Days(land, chosen, _first_days(land, chosen, works, floors))
    days.settle()
    notices = {
        item.parcel_id: position
        for number, position in days.at.items()
        for item in land.units[number].members
    }
    return Draft(works=dict(works), notices=notices)


def _first_days(
    land: Land, chosen: Mapping[int, int], works: Mapping[str, tuple[int, int]], floors: Mapping[str, int]
) -> dict[int, int]:
    """Position of each unit that its segment, its gates and its floors allow."""
    timeline = land.timeline
    frees = {}
    for work in timeline.problem.works:
        span = timeline.work_days.fixed_span(work)
        frees[work.work_id] = span[1] if span else end_of(timeline, work, *works[work.work_id])
    gates = gates_of(timeline.problem)
    at = {}
    for number, segment in chosen.items():
        unit = land.units[number]
        position = unit.first[segment]
        if not unit.happened:
            days = [
                opens_at(gate, frees) or 0 for item in unit.members for gate in gates.get(item.parcel_id, ())
            ]
            days += [floors.get(item.parcel_id, 0) for item in unit.members]
            position = max(position, land.at_or_after(max(days, default=0)))
        at[number] = position
    return at


class _Days:
    """Moves notices to the right until phases, triggers and batches are kept: the least such plan."""

    def __init__(self, land: Land, chosen: Mapping[int, int], at: dict[int, int]) -> None:
        self.land = land
        self.chosen = chosen
        self.at = at
        self.problem = land.problem

    def settle(self) -> None:
        """Repeat what moves notices until nothing moves."""
        moved = True
        while moved:
            before = dict(self.at)
            if self.problem.of(PhaseOrder):
                self._keep_order()
            for trigger in self.problem.of(OccupancyTrigger):
                self._keep_trigger(trigger)
            if self.problem.of(BatchSize):
                self._keep_batches()
            moved = before != self.at

    def _unit(self, number: int) -> Unit:
        return self.land.units[number]

    def _raise(self, number: int, position: int) -> None:
        if not self._unit(number).happened:
            self.at[number] = max(self.at[number], position)

    def _keep_order(self) -> None:
        for phase in self.problem.phases()[1:]:
            ahead = [k for number, k in self.at.items() if self._unit(number).phases[0] < phase]
            for number in self.at:
                if phase in self._unit(number).phases:
                    self._raise(number, max(ahead, default=0))

    def _keep_trigger(self, trigger: OccupancyTrigger) -> None:
        waiting = [number for number in self.at if trigger.phase in self._unit(number).phases]
        there_m2 = AREA_TOLERANCE_M2
        if not waiting or there_m2 >= trigger.needed_m2:
            return
        offsets = self.land.timeline.transfer_offsets
        counted = sorted(
            (
                int(offsets[k]),
                sum(item.area_m2 for item in self._unit(number).members if item.phase in trigger.of_phases),
            )
            for number, k in self.at.items()
        )
        for day, area_m2 in counted:
            there_m2 += area_m2
            if there_m2 >= trigger.needed_m2:
                for number in waiting:
                    self._raise(number, self.land.at_or_after(day + trigger.occupied_after_days))
                return

    def _keep_batches(self) -> None:
        months = self.land.timeline.notice_months
        latest: dict[tuple[int, int], int] = {}
        for number, k in self.at.items():
            for phase in () if self._unit(number).happened else self._unit(number).phases:
                key = phase, int(months[k])
                latest[key] = max(latest.get(key, 0), k)
        for number, k in list(self.at.items()):
            for phase in () if self._unit(number).happened else self._unit(number).phases:
                self._raise(number, latest[phase, int(months[k])])
