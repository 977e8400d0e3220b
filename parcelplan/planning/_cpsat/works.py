"""Works in the model: when each starts and ends, in which mode, with which crews.

For each planned work *w* there are ``s_w``, ``f_w`` and a literal for each of its modes, exactly one of which is
true. A work of one mode without a calendar needs no more than ``s_w``, since then ``f_w = s_w + d``. Where a calendar
makes the length depend on the start, each length *z* has a literal: ``f_w = s_w + z`` and ``s_w`` is one of the starts
of that length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from ortools.sat.python import cp_model

from parcelplan.planning.problem import CrewCapacity, Mode, Precedence, Work
from parcelplan.planning.work_days import Days, WorkDays

ModeAndStart = tuple[int, int]
"""Position of the mode in the work, and offset of the first day."""


@dataclass(frozen=True, kw_only=True)
class WorkTerms:
    """The terms in which the rest of the model speaks of a work."""

    work: Work
    start: cp_model.LinearExprT
    """``s_w``: a number where the work is fixed."""
    free: cp_model.LinearExprT
    """``f_w``: the first day after the end."""
    chosen: tuple[cp_model.IntVar, ...]
    """Whether the work is carried out in each of its modes; exactly one of them is 1."""
    intervals: tuple[cp_model.IntervalVar, ...] = ()
    """``[s_w, f_w)`` in each mode, present where the mode is chosen; none for a fixed work."""


class WorksModel:
    """Variables and constraints of the works of a problem.

    Parameters
    ----------
    model
        The model to which they are added.
    work_days
        The problem's works on its timeline.
    """

    def __init__(self, model: cp_model.CpModel, work_days: WorkDays) -> None:
        self.model = model
        self.work_days = work_days
        self.problem = work_days.problem
        self._hints: list[tuple[cp_model.IntVar, str, Callable[[int, int, int], int]]] = []
        self._constants = (model.new_constant(0), model.new_constant(1))
        self._makespan: cp_model.IntVar | None = None
        self.terms = {work.work_id: self._placed(work) for work in self.problem.works}
        for precedence in self.problem.precedences:
            self._post_precedence(precedence)
        for crew in self.problem.of(CrewCapacity):
            self._post_crew(crew)

    def makespan(self) -> cp_model.IntVar:
        """``M ≥ f_w`` for every work, fixed ones included."""
        if self._makespan is None:
            fixed = [span[1] for work in self.problem.works if (span := self.work_days.fixed_span(work))]
            latest = max([self.work_days.last + 1, *fixed])
            self._makespan = self.model.new_int_var(max([0, *fixed]), latest, "makespan")
            for terms in self.terms.values():
                if terms.work.fixed is None:
                    self.model.add(self._makespan >= terms.free)
        return self._makespan

    def hints(self, plan: Mapping[str, ModeAndStart]) -> Iterator[tuple[cp_model.IntVar, int]]:
        """Every variable made here, with its value under a plan that holds all works."""
        yield from ((constant, value) for value, constant in enumerate(self._constants))
        frees = {work_id: self._free(work_id, *plan[work_id]) for work_id in self.terms}
        for variable, work_id, value in self._hints:
            yield variable, value(*plan[work_id], frees[work_id])
        if self._makespan is not None:
            yield self._makespan, max([0, *frees.values()])

    def fix(self, work_id: str, mode: int, start: int) -> None:
        """Leave a work where a plan has it."""
        terms = self.terms[work_id]
        if terms.work.fixed is None:
            self.model.add(terms.start == start)
            self.model.add(terms.chosen[mode] == 1)

    def values(self, solver: cp_model.CpSolver) -> dict[str, ModeAndStart]:
        """Mode and start of every work in a solution."""
        return {
            work_id: (
                next(k for k, chosen in enumerate(terms.chosen) if solver.value(chosen)),
                int(solver.value(terms.start)),
            )
            for work_id, terms in self.terms.items()
        }

    def _free(self, work_id: str, mode: int, start: int) -> int:
        work = self.terms[work_id].work
        span = self.work_days.fixed_span(work)
        return span[1] if span else int(self.work_days.table(work, work.modes[mode])[start])

    def _placed(self, work: Work) -> WorkTerms:
        """Variables of one work."""
        never, always = self._constants
        if span := self.work_days.fixed_span(work):
            chosen = tuple(never if k else always for k in range(len(work.modes)))
            return WorkTerms(work=work, start=span[0], free=span[1], chosen=chosen)
        tables = [self._allowed(work, mode) for mode in work.modes]
        start = self._start(work, tables)
        lengths = _lengths(tables[0])
        if len(tables) == len(lengths) == 1:
            interval = self.model.new_fixed_size_interval_var(start, lengths[0], work.work_id)
            free = start + lengths[0]
            return WorkTerms(work=work, start=start, free=free, chosen=(always,), intervals=(interval,))
        chosen, end = self._modes(work, tables), self._free_var(work, tables)
        intervals = tuple(
            self._interval(work, k, start, end, chosen[k], table) for k, table in enumerate(tables)
        )
        return WorkTerms(work=work, start=start, free=end, chosen=chosen, intervals=intervals)

    def _allowed(self, work: Work, mode: Mode) -> Days:
        """The work's table in a mode with its own dates kept: −1 wherever it may not start."""
        table = self.work_days.table(work, mode).copy()
        window = self.work_days.window(work, mode)
        first, last = window or (len(table), len(table))
        table[:first] = table[last + 1 :] = -1
        return table

    def _start(self, work: Work, tables: list[Days]) -> cp_model.IntVar:
        starts = np.flatnonzero(np.logical_or.reduce([table >= 0 for table in tables]))
        if not len(starts):
            self.model.add_bool_or([])  # the work cannot be done: there is no plan
        start = self.model.new_int_var_from_domain(_domain(starts), f"start {work.work_id}")
        self._hints.append((start, work.work_id, lambda _mode, start, _free: start))
        return start

    def _free_var(self, work: Work, tables: list[Days]) -> cp_model.IntVar:
        frees = np.unique(np.concatenate([table[table >= 0] for table in tables]))
        free = self.model.new_int_var_from_domain(_domain(frees), f"free {work.work_id}")
        self._hints.append((free, work.work_id, lambda _mode, _start, free: free))
        return free

    def _modes(self, work: Work, tables: list[Days]) -> tuple[cp_model.IntVar, ...]:
        """A literal for each mode that can be; where it is the only one it is a constant."""
        never, always = self._constants
        possible = [bool((table >= 0).any()) for table in tables]
        if sum(possible) == 1:
            return tuple(always if can else never for can in possible)
        chosen = tuple(
            self._literal(f"mode {mode.name} of {work.work_id}", work.work_id, _is_mode(k)) if can else never
            for k, (mode, can) in enumerate(zip(work.modes, possible, strict=True))
        )
        self.model.add_exactly_one(chosen)
        return chosen

    def _interval(
        self,
        work: Work,
        mode: int,
        start: cp_model.IntVar,
        free: cp_model.IntVar,
        chosen: cp_model.IntVar,
        table: Days,
    ) -> cp_model.IntervalVar:
        """``[s, f)`` where the mode is chosen, with ``f`` as the table says."""
        name = f"{work.work_id} {work.modes[mode].name}"
        lengths = _lengths(table)
        if len(lengths) == 1:
            self._tie(start, free, lengths[0], table, chosen)
            return self.model.new_optional_fixed_size_interval_var(start, lengths[0], chosen, name)
        of_length = []
        for length in lengths:
            literal = self._literal(f"{name} for {length}", work.work_id, _is_length(mode, length))
            self._tie(start, free, length, table, literal)
            self.model.add_implication(literal, chosen)
            of_length.append(literal)
        self.model.add_exactly_one([*of_length, chosen.Not()])
        size = self.model.new_int_var_from_domain(_domain(np.array(lengths)), f"length {name}")
        self._hints.append((size, work.work_id, _length_hint(mode, lengths[0])))
        return self.model.new_optional_interval_var(start, size, free, chosen, name)

    def _tie(
        self,
        start: cp_model.IntVar,
        free: cp_model.IntVar,
        length: int,
        table: Days,
        when: cp_model.IntVar,
    ) -> None:
        """``f = s + length`` with ``s`` among the starts of that length."""
        starts = np.flatnonzero((table >= 0) & (table - np.arange(len(table)) == length))
        self.model.add_linear_expression_in_domain(start, _domain(starts)).only_enforce_if(when)
        self.model.add(free == start + length).only_enforce_if(when)

    def _literal(self, name: str, work_id: str, value: Callable[[int, int, int], int]) -> cp_model.IntVar:
        literal = self.model.new_bool_var(name)
        self._hints.append((literal, work_id, value))
        return literal

    def _post_precedence(self, precedence: Precedence) -> None:
        """``FS: s_w ≥ f_b + lag``, ``SS: s_w ≥ s_b + lag``, ``FF: f_w ≥ f_b + lag``, ``SF: f_w ≥ s_b + lag``."""
        first, second = self.terms.get(precedence.before), self.terms.get(precedence.work_id)
        if first is None or second is None or second.work.fixed is not None:
            return
        since = first.free if precedence.relation[0] == "F" else first.start
        then = second.start if precedence.relation[1] == "S" else second.free
        self.model.add(then >= since + precedence.lag_days)

    def _post_crew(self, crew: CrewCapacity) -> None:
        """``Σ units ≤ capacity(day)``; where the capacity is below its peak, the rest is held by nobody's work."""
        capacity = self.work_days.capacity(crew)
        peak = int(capacity.max(initial=0))
        intervals, units = [], []
        for terms in self.terms.values():
            for mode, interval in zip(terms.work.modes, terms.intervals, strict=False):
                held = crew.units.get((terms.work.work_id, mode.name), 0)
                if held > 0 and mode.duration_days > 0:
                    intervals.append(interval)
                    units.append(held)
        edges = np.flatnonzero(np.diff(capacity, prepend=-1, append=-1))
        for first, until in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            if capacity[first] < peak:
                blocked = self.model.new_fixed_size_interval_var(
                    first, until - first, f"{crew.name} @{first}"
                )
                intervals.append(blocked)
                units.append(peak - int(capacity[first]))
        self.model.add_cumulative(intervals, units, peak)


def _domain(values: Days) -> cp_model.Domain:
    """Domain of ascending values, by the stretches without a hole; 0 where there are none."""
    if not len(values):
        return cp_model.Domain(0, 0)
    ends = np.flatnonzero(np.diff(values) != 1)
    firsts, lasts = values[np.append(0, ends + 1)], values[np.append(ends, len(values) - 1)]
    return cp_model.Domain.from_intervals(np.column_stack([firsts, lasts]).tolist())


def _lengths(table: Days) -> list[int]:
    """Distinct values of ``f − s`` over the starts that are possible; one 0 where there are none."""
    starts = np.flatnonzero(table >= 0)
    return [int(length) for length in np.unique(table[starts] - starts)] or [0]


def _is_mode(number: int) -> Callable[[int, int, int], int]:
    return lambda mode, _start, _free: int(mode == number)


def _is_length(number: int, length: int) -> Callable[[int, int, int], int]:
    return lambda mode, start, free: int(mode == number and free - start == length)


def _length_hint(number: int, otherwise: int) -> Callable[[int, int, int], int]:
    return lambda mode, start, free: free - start if mode == number else otherwise
