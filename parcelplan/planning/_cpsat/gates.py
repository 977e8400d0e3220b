"""Gates in the model: works that open land, one by one or as ways around each other."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

from parcelplan.planning._cpsat.land import Land, Source, Unit
from parcelplan.planning._cpsat.sketch import Term, negated
from parcelplan.planning._cpsat.works import WorksModel
from parcelplan.planning.draft import end_of, gates_of
from parcelplan.planning.problem import Gate, PlanningProblem
from parcelplan.planning.timeline import Timeline

Way = tuple[str, ...]


def first_free(timeline: Timeline) -> dict[str, int]:
    """First free day after each work by its own dates and precedences alone, as an offset; no plan is earlier."""
    days, problem = timeline.work_days, timeline.problem
    works = {work.work_id: work for work in problem.works}
    starts: dict[str, int] = {}
    frees: dict[str, int] = {}
    for work_id in _in_order(problem):
        work = works[work_id]
        if (span := days.fixed_span(work)) is not None:
            starts[work_id], frees[work_id] = span
            continue
        ready, free_from = 0, 0
        for item in problem.precedences:
            if item.work_id == work_id and item.before in frees:
                since = (frees if item.relation[0] == "F" else starts)[item.before] + item.lag_days
                ready = max(ready, since) if item.relation[1] == "S" else ready
                free_from = max(free_from, since) if item.relation[1] == "F" else free_from
        found = [days.earliest_start(work, mode, ready=ready, free_from=free_from) for mode in work.modes]
        spans = [span for span in found if span is not None]
        starts[work_id] = min((span[0] for span in spans), default=timeline.last)
        frees[work_id] = min((span[1] for span in spans), default=timeline.last)
    return frees


def _in_order(problem: PlanningProblem) -> list[str]:
    before: dict[str, set[str]] = {work.work_id: set() for work in problem.works}
    for item in problem.precedences:
        if item.work_id in before and item.before in before:
            before[item.work_id].add(item.before)
    try:
        return list(TopologicalSorter(before).static_order())
    except CycleError:
        # relations of starts and ends can wait for one another and still be met: then nothing is known beforehand
        return []


def floors_of(problem: PlanningProblem, frees: Mapping[str, int]) -> dict[str, int]:
    """First day on which the gates of each parcel can be open, as an offset."""
    found = {}
    for parcel, gates in gates_of(problem).items():
        opens = [
            min(max((frees.get(work, 0) for work in way), default=0) for way in gate.any_of) + gate.lag_days
            for gate in gates
            if gate.any_of
        ]
        found[parcel] = max([0, *opens])
    return found


class Gates:
    """Posts every gate as a source of the units behind it; gates of the same works and lag are one source.

    Parameters
    ----------
    land
        The parcels.
    works
        The works in the same model.
    frees
        First free day after each work that any plan can have, as an offset.
    """

    def __init__(self, land: Land, works: WorksModel, frees: Mapping[str, int]) -> None:
        self.land = land
        self.works = works
        self.frees = frees
        behind: dict[tuple[tuple[Way, ...], int], list[Unit]] = {}
        gates = gates_of(land.problem)
        for unit in land.units:
            own = (gate for item in unit.members for gate in gates.get(item.parcel_id, ()))
            keys = () if unit.happened else {(_ways(gate, works), gate.lag_days) for gate in own}
            for key in sorted(keys):
                behind.setdefault(key, []).append(unit)
        for (ways, lag), units in behind.items():
            self._post(ways, lag, units)

    def _post(self, ways: tuple[Way, ...], lag: int, units: list[Unit]) -> None:
        sketch = self.land.sketch
        if not ways:
            for unit in units:
                sketch.equal(unit.present, 0)
            return
        if any(not way for way in ways):
            return
        name = " or ".join("+".join(way) for way in ways)
        draft = self.land.draft
        hint = None if draft is None else min(self._hinted(way) for way in ways) + lag
        least = min(max(self.frees.get(work, 0) for work in way) for way in ways) + lag
        first, last = max(0, least), max(0, self.land.last_notice)
        value = None if hint is None else min(max(hint, first), last)
        waited = [unit.present for unit in units]
        used = sketch.any_of(waited, f"{name} is waited for", any(unit.hint is not None for unit in units))
        if first > last or (isinstance(used, int) and not used):
            return  # too late for every unit behind it, none of which has a day left
        opens = sketch.integer(first, last, f"{name} opens", value)
        self._post_ways(ways, lag, opens, used, name)
        source = Source(self.land, opens, (first, last), name=name, hint=value)
        for unit in units:
            self.land.wait_for(unit, source, unit.present)

    def _post_ways(self, ways: tuple[Way, ...], lag: int, opens: Term, used: Term, name: str) -> None:
        """``g ≥ f_w + lag`` for the works of one way, where somebody waits for it."""
        sketch = self.land.sketch
        if len(ways) == 1:
            for work in ways[0]:
                sketch.no_more(self.works.terms[work].free + lag, opens, used)
            return
        soonest = min(ways, key=self._hinted) if self.land.draft is not None else None
        taken = [sketch.boolean(f"{name} by {'+'.join(way)}", way == soonest) for way in ways]
        sketch.any_must([negated(used), *taken])
        for way, literal in zip(ways, taken, strict=True):
            for work in way:
                sketch.no_more(self.works.terms[work].free + lag, opens, literal)

    def _hinted(self, way: Way) -> int:
        return max(self._hinted_free(work) for work in way)

    def _hinted_free(self, work_id: str) -> int:
        timeline, work = self.land.timeline, self.works.terms[work_id].work
        span = timeline.work_days.fixed_span(work)
        if span is not None:
            return span[1]
        if self.land.draft is None:
            return 0
        return end_of(timeline, work, *self.land.draft.works[work_id])


def _ways(gate: Gate, works: WorksModel) -> tuple[Way, ...]:
    """Ways whose works all are known, in a fixed order: a gate behind others never opens."""
    known = (tuple(sorted(set(way))) for way in gate.any_of if all(work in works.terms for work in way))
    return tuple(sorted(set(known)))


def opens_at(gate: Gate, frees: Mapping[str, int]) -> int | None:
    """Offset on which a gate is open in a plan, given the first free day after each work; None where it never is."""
    ways = [way for way in gate.any_of if all(work in frees for work in way)]
    if not ways:
        return None
    if any(not way for way in ways):
        return 0
    return min(max(frees[work] for work in way) for way in ways) + gate.lag_days
