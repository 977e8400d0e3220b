"""Objectives in the model: one expression each, in whole units of its own."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from parcelplan.checks.target_checks import TOLERANCE
from parcelplan.planning._cpsat.bureau import DM2_PER_M2, months_of
from parcelplan.planning._cpsat.land import Land, Source, Unit
from parcelplan.planning._cpsat.sketch import Term, negated, total, weighted
from parcelplan.planning._cpsat.works import WorksModel
from parcelplan.planning.problem import Candidate, ObjectiveName, Target

FEN_PER_YUAN = 100
PARTS = 1_000_000_000
"""Shortfalls of targets count in these parts of their amounts."""
FLOAT_ERROR = 1e-9
LARGEST = 2**50
"""Objectives stay below this number, so that the solver's arithmetic holds them exactly."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """An objective as an expression to be made small: its value is ``expression / scale``."""

    expression: Term
    scale: int = 1
    coarse: int = 0
    """By how much the expression of a plan can differ from its value, for being rounded."""

    def most(self, limit: float) -> int:
        """Greatest value of the expression among plans whose value is within a limit."""
        return math.floor(limit * self.scale + self.coarse + max(1.0, abs(limit * self.scale)) * FLOAT_ERROR)


class Objectives:
    """Makes expressions of objectives.

    Parameters
    ----------
    land, works
        The parcels and works of the model.
    asked
        Objectives that will be asked for: some make parcels wait for days of their own, which must be known first.
    """

    def __init__(self, land: Land, works: WorksModel, asked: frozenset[ObjectiveName]) -> None:
        self.land = land
        self.works = works
        self.sketch = land.sketch
        self.problem = land.problem
        self.timeline = land.timeline
        self.kept: dict[str, Term] = {}
        """Whether a parcel keeps its day of the earlier plan."""
        self.exact: dict[str, Source] = {}
        """Notice, chosen by the search, of each parcel whose date is meant to be a given one."""
        if "stability" in asked:
            self._lay_kept()
        if "fixed_dates" in asked:
            self._lay_exact()

    def measure(self, name: ObjectiveName) -> Measure:
        """Give the expression of an objective."""
        makers: dict[ObjectiveName, Callable[[], Measure]] = {
            "fixed_dates": self._fixed_dates,
            "targets": self._targets,
            "lateness": self._lateness,
            "supply": self._supply,
            "makespan": self._makespan,
            "cost": self._cost,
            "batches": self._batches,
            "stability": self._stability,
        }
        return makers[name]()

    # --- days that are meant to be

    def floors(self, value: Callable[[Term], int]) -> dict[str, int]:
        """Offsets of the days that parcels keep or are meant to be on in a solution, though they could go earlier."""
        offsets = self.timeline.notice_offsets
        kept = {
            name: int(offsets[self._kept_positions(name)[0]]) for name, k in self.kept.items() if value(k)
        }
        return kept | {name: value(source.notice) for name, source in self.exact.items()}

    def _kept_positions(self, parcel_id: str) -> tuple[int, int]:
        """First and last position that lead to the transfer of the earlier plan; the first is past the last if none."""
        on = self.timeline.offset(self.problem.earlier[parcel_id])
        ends = np.searchsorted(self.timeline.transfer_offsets, [on, on + 1])
        unit = self.land.unit_of[parcel_id]
        allowed = [
            k
            for first, last in zip(unit.first.values(), unit.last.values(), strict=True)
            for k in (first, last)
        ]
        return max(int(ends[0]), min(allowed, default=0)), min(int(ends[1]) - 1, max(allowed, default=-1))

    def _lay_kept(self) -> None:
        """``n_i ≥ first · k_i`` for the first day that leads to the transfer of the earlier plan."""
        offsets = self.timeline.notice_offsets
        for parcel_id in self.problem.earlier:
            unit = self.land.unit_of.get(parcel_id)
            if unit is None or unit.happened:
                continue
            first, last = self._kept_positions(parcel_id)
            keys = [k for k in unit.x if first <= last and unit.first[k] <= last and unit.last[k] >= first]
            if keys:
                hinted = unit.hint is not None and first <= unit.hint <= last
                kept = self.sketch.boolean(f"{parcel_id} keeps its day", hinted)
                self.sketch.any_must([kept.Not(), *(unit.x[k] for k in keys)])
                day = int(offsets[first])
                source = Source(self.land, day, (day, day), name=f"day of {parcel_id}", hint=day)
                self.land.wait_for(unit, source, kept)
                self.kept[parcel_id] = kept

    def _lay_exact(self) -> None:
        """``n_i ≥ e_i`` with a day ``e_i`` of its own for each parcel that is meant to be on a given day."""
        for parcel_id in self.problem.fixed_transfers:
            unit = self.land.unit_of.get(parcel_id)
            if unit is None or unit.happened or len(unit.last) == 0 or parcel_id in self.exact:
                continue
            last, hint = max(0, self.land.last_notice), self.land.hinted_offset(unit) or 0
            chosen = self.sketch.integer(0, last, f"notice of {parcel_id}", hint)
            source = Source(self.land, chosen, (0, last), name=f"notice of {parcel_id}", hint=hint)
            self.land.wait_for(unit, source, unit.present)
            self.exact |= {item.parcel_id: source for item in unit.members}

    def bind(self) -> None:
        """Hold kept and chosen days against all that their parcels wait for. To be called when that is known.

        ``g ≤ last`` where ``k_i``, *last* being the last day that leads to the earlier transfer; ``e_i ≥ g`` and
        ``e_i ≥ Σ first x``.
        """
        for parcel_id, kept in self.kept.items():
            latest = int(self.timeline.notice_offsets[self._kept_positions(parcel_id)[1]])
            for source, under in self.land.unit_of[parcel_id].sources:
                self._both(source.notice, latest, kept, under)
        for unit, chosen in {
            id(u): (u, self.exact[p]) for p in self.exact for u in [self.land.unit_of[p]]
        }.values():
            self.sketch.no_more(self.land.notice(unit), chosen.notice)
            for source, under in unit.sources:
                if source is not chosen:
                    self.sketch.no_more(source.notice, chosen.notice, under)

    def _both(self, less: Term, more: int, one: Term, other: Term) -> None:
        """``less ≤ more`` where two literals hold."""
        if isinstance(other, int):
            self.sketch.no_more(less, more, one if other else 0)
        elif isinstance(less, int):
            if less > more:
                self.sketch.any_must([negated(one), negated(other)])
        else:
            self.sketch.model.add(less <= more).only_enforce_if([one, other])

    # --- expressions

    def _supply(self) -> Measure:
        """``Σ a_u t_u``, and to the end of the horizon for what a mode leaves out."""
        scale = self._area_scale()
        terms = [self.land.transfer(unit) for unit in self.land.units]
        weights = [sum(_area(item, scale) for item in unit.members) for unit in self.land.units]
        missed = self._missed(
            {item.parcel_id: self.timeline.left_out for item in self.problem.candidates}, scale
        )
        return Measure(expression=weighted(terms, weights) + missed, scale=scale, coarse=self._coarse())

    def _lateness(self) -> Measure:
        """``Σ a_i l_i`` with ``l_i ≥ t_i − due_i``."""
        scale = self._area_scale()
        terms, weights = [], []
        late_if_missed = {}
        for item in self.problem.candidates:
            if item.due_on is not None:
                due = self.timeline.offset(item.due_on)
                late_if_missed[item.parcel_id] = max(0, self.timeline.left_out - due)
                terms.append(self._late(self.land.unit_of[item.parcel_id], item, due))
                weights.append(_area(item, scale))
        missed = self._missed(late_if_missed, scale)
        return Measure(expression=weighted(terms, weights) + missed, scale=scale, coarse=self._coarse())

    def _late(self, unit: Unit, item: Candidate, due: int) -> Term:
        offsets = self.timeline.transfer_offsets
        days = [max(0, int(offsets[k]) - due) for k in unit.first.values()]
        least = weighted(list(unit.x.values()), days)
        if not unit.sources:
            return least
        most = max([0, *(int(offsets[k]) - due for k in unit.last.values())])
        hint = 0 if unit.hint is None else max(0, int(offsets[unit.hint]) - due)
        late = self.sketch.integer(0, most, f"days {item.parcel_id} is late", hint)
        self.sketch.no_more(least, late)
        self.sketch.no_more(self.land.transfer(unit) - due, late, unit.present)
        return late

    def _coarse(self) -> int:
        """Half a unit of area and all days, for every parcel."""
        return len(self.problem.candidates) * max(1, self.timeline.left_out) // 2 + 1

    def _missed(self, days: dict[str, int], scale: int) -> Term:
        """``Σ a_i days_i (owed_i − present_i)``: what a mode leaves out."""
        terms, weights = [], []
        for item in self.problem.candidates:
            if item.parcel_id in days and (
                item.excluded_by or item.part_of or item.parcel_id in self._wholes
            ):
                amount = _area(item, scale) * days[item.parcel_id]
                terms += [self.land.presence.owed(item), self.land.unit_of[item.parcel_id].present]
                weights += [amount, -amount]
        return weighted(terms, weights)

    @property
    def _wholes(self) -> set[str]:
        return set(self.land.presence.pieces)

    def _area_scale(self) -> int:
        """Parts of a m² in which areas weigh: as fine as whole numbers of a solver's size allow."""
        most = sum(item.area_m2 for item in self.problem.candidates) * max(1, self.timeline.last)
        return next((scale for scale in (10_000, DM2_PER_M2) if most * scale < LARGEST), 1)

    def _targets(self) -> Measure:
        """``Σ shortfall / amount`` with ``shortfall ≥ amount − Σ v_i [t_i in time]``."""
        terms = []
        for target in self.problem.of(Target):
            if not target.binding and target.amount > 0:
                reached, hint = reached_parts(self.land, target)
                short = self.sketch.integer(0, PARTS, f"shortfall of {target.name}", max(0, PARTS - hint))
                self.sketch.no_more(PARTS - reached, short)
                terms.append(short)
        return Measure(expression=total(terms), scale=PARTS, coarse=len(self.problem.candidates) * len(terms))

    def _makespan(self) -> Measure:
        return Measure(expression=self.works.makespan())

    def _cost(self) -> Measure:
        """``Σ cost`` of the modes chosen; works whose dates are given have their first mode."""
        terms: list[Term] = []
        weights = []
        for item in self.works.terms.values():
            settled = item.work.fixed is not None or len(item.work.modes) == 1
            terms += [1] if settled else list(item.chosen)
            modes = item.work.modes[:1] if settled else item.work.modes
            weights += [round(mode.cost_yuan * FEN_PER_YUAN) for mode in modes]
        return Measure(expression=weighted(terms, weights), scale=FEN_PER_YUAN, coarse=len(terms))

    def _batches(self) -> Measure:
        """``Σ y`` with ``y ≥ x`` for every notice of a phase in a month."""
        literals = [
            self.sketch.any_of(literals, f"phase {phase} in {month}", hinted)
            for (phase, month), literals, hinted in months_of(self.land)
        ]
        return Measure(expression=total(literals))

    def _stability(self) -> Measure:
        """``Σ 1 − k_i`` over the parcels of the earlier plan."""
        kept: list[Term] = []
        for parcel_id, on in self.problem.earlier.items():
            unit = self.land.unit_of.get(parcel_id)
            if unit is not None and unit.happened and unit.hint is not None:
                kept.append(int(self.timeline.transfer_offsets[unit.hint]) == self.timeline.offset(on))
            else:
                kept.append(self.kept.get(parcel_id, 0))
        return Measure(expression=len(kept) - total(int(k) if isinstance(k, bool) else k for k in kept))

    def _fixed_dates(self) -> Measure:
        """``Σ |f_w − 1 − on| + Σ |t_i − on|``."""
        terms = []
        for work_id, on in self.problem.fixed_works.items():
            if work_id in self.works.terms:
                free = self.works.terms[work_id].free
                terms.append(self._apart(free - 1, self.timeline.offset(on), work_id, 1))
        for item in self.problem.candidates:
            if item.parcel_id in self.problem.fixed_transfers:
                meant = self.timeline.offset(self.problem.fixed_transfers[item.parcel_id])
                unit = self.land.unit_of[item.parcel_id]
                chosen = self.exact.get(item.parcel_id)
                day = self.land.transfer(unit) if chosen is None else chosen.transfer
                terms.append(self._apart(day, meant, item.parcel_id, unit.present))
                terms.append(self._missed_days(item, abs(self.timeline.left_out - meant)))
        return Measure(expression=total(terms))

    def _missed_days(self, item: Candidate, days: int) -> Term:
        present = self.land.unit_of[item.parcel_id].present
        return weighted([self.land.presence.owed(item), present], [days, -days])

    def _apart(self, day: Term, on: int, name: str, literal: Term) -> Term:
        if isinstance(day, int):
            return abs(day - on) if literal else 0
        apart = self.sketch.integer(
            0, self.timeline.last + abs(on) + 1, f"days of {name} from its date", None
        )
        self.sketch.no_more(day - on, apart, literal)
        self.sketch.no_more(on - day, apart, literal)
        return apart


def _area(item: Candidate, scale: int) -> int:
    return round(item.area_m2 * scale)


def reached_parts(land: Land, target: Target) -> tuple[Term, int]:
    """What parcels add to a target in time, in parts of its amount rounded down, and its value under the hint."""
    by = land.timeline.offset(target.by_on) - target.delay_days
    terms, weights, hinted = [], [], 0
    for unit in land.units:
        value = sum(target.values.get(item.parcel_id, 0.0) for item in unit.members)
        parts = math.floor(value / target.amount * PARTS)
        for k, literal in unit.x.items() if parts else ():
            if land.timeline.transfer_offsets[unit.first[k]] <= by:
                terms.append(literal)
                weights.append(parts)
                hinted += parts * (unit.hint is not None and int(land.segments[unit.hint]) == k)
    return weighted(terms, weights), hinted


def post_binding(land: Land, target: Target) -> None:
    """``Σ v_i [t_i in time] ≥ amount``."""
    if target.binding and target.amount > 0:
        missing = math.floor(TOLERANCE * max(1.0, target.amount) / target.amount * PARTS)
        land.sketch.no_more(PARTS - missing, reached_parts(land, target)[0])
