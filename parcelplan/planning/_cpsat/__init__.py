"""The problem as a CP-SAT model. The only module that knows the solver.

One Boolean ``x[i,k]`` a candidate *i* and day *k* of its grid: *i* goes on notice on *k*. Areas count in dm²,
rounded up against quotas and down towards triggers, so that a plan the model accepts is never over a limit.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from ortools.sat.python import cp_model

from parcelplan.checks.bureau_checks import AREA_TOLERANCE_M2
from parcelplan.planning.days import Grid
from parcelplan.planning.problem import Candidate, ListingsPerMonth, OccupancyTrigger, PhaseOrder

DM2_PER_M2 = 100

Outcome = Literal["optimal", "feasible", "infeasible", "unknown"]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the search found: ``unknown`` says nothing about whether a plan exists."""

    outcome: Outcome
    notices: Mapping[str, int] | None = None
    """Position of each parcel's notice in the grid's days."""
    bound: float | None = None
    """Proved lower bound of the objective, m²·days."""


def search(
    grid: Grid,
    *,
    time_limit_s: float,
    seed: int,
    hint: Mapping[str, int] | None = None,
    any_plan: bool = False,
) -> Answer:
    """Search for the best plan on the days of the grid.

    Parameters
    ----------
    grid
        The problem on its days.
    time_limit_s
        Longest search, seconds, the building of the model included.
    seed
        Seed of the search, which runs on one worker and is the same each time it ends by itself.
    hint
        A valid plan to start from.
    any_plan
        Ask only whether a plan exists.
    """
    if not all(grid.allowed.values()):
        return Answer(outcome="infeasible")
    begun = time.perf_counter()
    model = _Model(grid)
    if not any_plan:
        model.minimise()
    if hint is not None:
        model.start_from(hint)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = max(0.0, time_limit_s - (time.perf_counter() - begun))
    solver.parameters.random_seed = seed
    solver.parameters.num_workers = 1
    return _answer(model, solver, solver.solve(model.model))


def _answer(model: _Model, solver: cp_model.CpSolver, status: Any) -> Answer:
    if status == cp_model.INFEASIBLE:
        return Answer(outcome="infeasible")
    if status == cp_model.MODEL_INVALID:
        message = f"the solver refuses the model: {model.model.validate()}"
        raise RuntimeError(message)
    bound = solver.best_objective_bound / DM2_PER_M2 if model.model.has_objective() else None
    if status == cp_model.UNKNOWN:
        return Answer(outcome="unknown", bound=bound)
    notices = {
        parcel: next(k for k, chosen in days.items() if solver.boolean_value(chosen))
        for parcel, days in model.x.items()
    }
    return Answer(
        outcome="optimal" if status == cp_model.OPTIMAL else "feasible", notices=notices, bound=bound
    )


class _Model:
    """The model under construction, with a value for every variable under a given plan."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.model = cp_model.CpModel()
        self.x: dict[str, dict[int, cp_model.IntVar]] = {
            item.parcel_id: {k: self._bool(f"{item.parcel_id}@{k}") for k in grid.allowed[item.parcel_id]}
            for item in grid.problem.candidates
        }
        self._values: list[tuple[cp_model.IntVar, Callable[[Mapping[str, int]], bool]]] = []
        for days in self.x.values():
            self.model.add_exactly_one(days.values())
        self._post_listings()
        self._post_quotas()
        if grid.problem.of(PhaseOrder):
            for earlier, later in pairwise(grid.problem.phases()):
                self._post_order(self._of(earlier), self._of(later))
        for trigger in grid.problem.of(OccupancyTrigger):
            self._post_trigger(trigger)

    def minimise(self) -> None:
        """``min Σ a_i (t(k) − as_of) x[i,k]``."""
        self.model.minimize(
            sum(
                round(item.area_m2 * DM2_PER_M2) * self.grid.waiting_days(k) * chosen
                for item in self.grid.problem.candidates
                for k, chosen in self.x[item.parcel_id].items()
            )
        )

    def start_from(self, notices: Mapping[str, int]) -> None:
        """Hint every variable, helpers included: a hint with holes is of little use to the search."""
        for parcel, days in self.x.items():
            for k, chosen in days.items():
                self.model.add_hint(chosen, notices[parcel] == k)
        for helper, value in self._values:
            self.model.add_hint(helper, value(notices))

    def _bool(self, name: str) -> cp_model.IntVar:
        return self.model.new_bool_var(name)

    def _of(self, phase: int) -> list[Candidate]:
        return [item for item in self.grid.problem.candidates if item.phase == phase]

    def _days_of(self, items: list[Candidate]) -> list[int]:
        return sorted({k for item in items for k in self.grid.allowed[item.parcel_id]})

    def _by(self, item: Candidate, position: int) -> list[cp_model.IntVar]:
        """Booleans of the days up to a position: their sum says whether the parcel is on notice by then."""
        return [chosen for k, chosen in self.x[item.parcel_id].items() if k <= position]

    def _post_listings(self) -> None:
        """``Σ_i Σ_{k in month} x[i,k] ≤ per_month`` for every month."""
        for limit in self.grid.problem.of(ListingsPerMonth):
            months: dict[tuple[int, int], list[cp_model.IntVar]] = {}
            for days in self.x.values():
                for k, chosen in days.items():
                    months.setdefault(self.grid.days.months[k], []).append(chosen)
            for listed in months.values():
                if len(listed) > limit.per_month:
                    self.model.add(sum(listed) <= limit.per_month)

    def _post_quotas(self) -> None:
        """``Σ_i Σ_{k: t(k) in year} a_i x[i,k] ≤ quota`` for every year that has one."""
        for year, quota_m2 in self.grid.problem.quotas_m2().items():
            used = [
                math.ceil(item.area_m2 * DM2_PER_M2) * chosen
                for item in self.grid.problem.candidates
                for k, chosen in self.x[item.parcel_id].items()
                if self.grid.days.years[k] == year
            ]
            if used:
                self.model.add(sum(used) <= math.floor((quota_m2 + AREA_TOLERANCE_M2) * DM2_PER_M2))

    def _post_order(self, earlier: list[Candidate], later: list[Candidate]) -> None:
        """``Σ_{k'≤k} x[j,k'] ≤ done[k] ≤ Σ_{k'≤k} x[i,k']`` for every day *k*, earlier *i* and later *j*.

        ``done[k]`` says that the whole earlier phase is on notice by *k*.
        """
        before: cp_model.IntVar | None = None
        for k in self._days_of(later):
            done = self._bool(f"phase {earlier[0].phase} done@{k}")
            self._values.append((done, self._done(earlier, k)))
            for item in later:
                self.model.add(sum(self._by(item, k)) <= done)
            for item in earlier:
                self.model.add(sum(self._by(item, k)) >= done)
            if before is not None:
                self.model.add_implication(before, done)
            before = done

    def _post_trigger(self, trigger: OccupancyTrigger) -> None:
        """``needed · met[k] ≤ Σ_i a_i Σ_{k': occupied(k')≤k} x[i,k']`` and ``Σ_{k'≤k} x[j,k'] ≤ met[k]``.

        ``met[k]`` says that enough of the phases waited for is occupied on day *k*.
        """
        waiting = self._of(trigger.phase)
        counted = [item for phase in trigger.of_phases for item in self._of(phase)]
        occupied = {
            k: self.grid.days.after_occupation(k, trigger.occupied_after_days) for k in self._days_of(counted)
        }
        needed = math.ceil((trigger.needed_m2 - AREA_TOLERANCE_M2) * DM2_PER_M2)
        before: cp_model.IntVar | None = None
        for k in self._days_of(waiting) if needed > 0 else ():
            met = self._bool(f"trigger {trigger.phase} met@{k}")
            there = [
                math.floor(item.area_m2 * DM2_PER_M2) * chosen
                for item in counted
                for other, chosen in self.x[item.parcel_id].items()
                if occupied[other] <= k
            ]
            self._values.append((met, self._met(counted, occupied, needed, k)))
            self.model.add(sum(there) >= needed * met)
            for item in waiting:
                self.model.add(sum(self._by(item, k)) <= met)
            if before is not None:
                self.model.add_implication(before, met)
            before = met

    @staticmethod
    def _done(earlier: list[Candidate], position: int) -> Callable[[Mapping[str, int]], bool]:
        return lambda notices: all(notices[item.parcel_id] <= position for item in earlier)

    @staticmethod
    def _met(
        counted: list[Candidate], occupied: Mapping[int, int], needed: int, position: int
    ) -> Callable[[Mapping[str, int]], bool]:
        def met(notices: Mapping[str, int]) -> bool:
            there = (item for item in counted if occupied[notices[item.parcel_id]] <= position)
            return sum(math.floor(item.area_m2 * DM2_PER_M2) for item in there) >= needed

        return met
