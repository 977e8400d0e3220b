"""What the bureau keeps, in the model: listings, quotas, absorption, batches, the order of phases, triggers."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from parcelplan.checks.bureau_checks import AREA_TOLERANCE_M2
from parcelplan.planning._cpsat.land import Land, Source, Unit
from parcelplan.planning._cpsat.sketch import Term, weighted
from parcelplan.planning.problem import (
    Absorption,
    BatchSize,
    ListingsPerMonth,
    OccupancyTrigger,
    PhaseOrder,
    YearlyQuota,
)
from parcelplan.planning.timeline import Ints

DM2_PER_M2 = 100
"""Areas count in dm²: rounded up against limits and down towards amounts, so that no limit is passed."""
SHARE_UNIT = 1_000_000

Sum = tuple[list[Term], list[int]]


def area_up(unit: Unit, phase: int | None = None) -> int:
    """Area of a unit, or of its parcels of one phase, dm² rounded up."""
    return sum(
        math.ceil(round(item.area_m2 * DM2_PER_M2, 6)) for item in unit.members if phase in {None, item.phase}
    )


def area_down(unit: Unit, phase: int | None = None) -> int:
    """Area of a unit, or of its parcels of one phase, dm² rounded down."""
    return sum(
        math.floor(round(item.area_m2 * DM2_PER_M2, 6))
        for item in unit.members
        if phase in {None, item.phase}
    )


def limit_of(area_m2: float) -> int:
    """The most dm² that still are within a limit."""
    return math.floor((area_m2 + AREA_TOLERANCE_M2) * DM2_PER_M2)


class Bureau:
    """Posts the demands of the bureau.

    Parameters
    ----------
    land
        The parcels with the gates they wait for.
    """

    def __init__(self, land: Land) -> None:
        self.land = land
        self.sketch = land.sketch
        self.problem = land.problem
        self.timeline = land.timeline
        self._post_listings()
        self._post_absorption()
        self._post_quotas()
        # first all that units wait for, then what is asked of their days
        order = self._lay_order()
        triggers = [self._lay_trigger(item) for item in self.problem.of(OccupancyTrigger)]
        Batches(land)
        self._post_order(order)
        for trigger in triggers:
            self._post_trigger(trigger)

    def _sums(self, keys: Ints, *, counted: bool = False) -> dict[int, Sum]:
        """Literals and what each weighs, by the key of their days: areas, or numbers of parcels."""
        sums: dict[int, Sum] = defaultdict(lambda: ([], []))
        for unit in self.land.units:
            weight = len(unit.members) if counted else area_up(unit)
            for k, literal in unit.x.items():
                terms, weights = sums[int(keys[unit.first[k]])]
                terms.append(literal)
                weights.append(weight)
        return sums

    def _post_listings(self) -> None:
        """``Σ_u size_u Σ_{σ in month} x[u,σ] ≤ per_month`` for every month."""
        limits = [item.per_month for item in self.problem.of(ListingsPerMonth)]
        if limits:
            self._post_limit(self._sums(self.timeline.notice_months, counted=True), min(limits))

    def _post_absorption(self) -> None:
        """``Σ_u a_u Σ_{σ in quarter} x[u,σ] ≤ per_quarter`` for every quarter."""
        limits = [limit_of(item.per_quarter_m2) for item in self.problem.of(Absorption)]
        if limits:
            self._post_limit(self._sums(self.timeline.transfer_quarters), min(limits))

    def _post_limit(self, sums: dict[int, Sum], limit: int) -> None:
        for terms, weights in sums.values():
            if sum(weights) > limit:
                self.sketch.no_more(weighted(terms, weights), limit)

    # --- quotas

    def _post_quotas(self) -> None:
        """``Σ_u a_u Σ_{σ in year} x[u,σ] ≤ quota + carried`` for every year that has one."""
        quotas = self.problem.quotas()
        if not quotas:
            return
        self._used = {
            year: weighted(*terms) for year, terms in self._sums(self.timeline.transfer_years).items()
        }
        self._hinted = self._used_under_hint()
        self._carried: dict[YearlyQuota, Term] = {}
        self._carry_hints: dict[YearlyQuota, int] = {}
        for year, quota in quotas.items():
            if year in self._used:
                self.sketch.no_more(self._used[year], limit_of(quota.quota_m2) + self._carry(quota))

    def _carry(self, quota: YearlyQuota) -> Term:
        """``c_y ≤ share · (quota − drawn)`` and ``drawn ≥ used − c`` of the year before; 0 where it used too much."""
        before = quota.before
        if before is None or quota.carry_share <= 0 or before.quota_m2 <= 0:
            return 0
        if quota not in self._carried:
            most, share = math.floor(before.quota_m2 * DM2_PER_M2), round(quota.carry_share * SHARE_UNIT)
            own = self._carry(before)
            used = self._hinted.get(before.year, 0) - self._carry_hints.get(before, 0)
            value = share * (most - min(max(0, used), most)) // SHARE_UNIT
            carried = self.sketch.integer(0, share * most // SHARE_UNIT, f"carried into {quota.year}", value)
            drawn = self.sketch.integer(0, most, f"drawn of {before.year}", min(max(0, used), most))
            over = self.sketch.boolean(f"{before.year} is overdrawn", used > most)
            self.sketch.model.add(SHARE_UNIT * carried <= share * (most - drawn))
            self.sketch.no_more(self._used.get(before.year, 0) - own, drawn, over.Not())
            self.sketch.model.add(drawn == most).only_enforce_if(over)
            self._carried[quota], self._carry_hints[quota] = carried, value
        return self._carried[quota]

    def _used_under_hint(self) -> dict[int, int]:
        used: dict[int, int] = defaultdict(int)
        for unit in self.land.units:
            if unit.hint is not None:
                used[int(self.timeline.transfer_years[unit.hint])] += area_up(unit)
        return used

    # --- what waits for phases

    def _lay_order(self) -> list[tuple[int, Source]]:
        """``n_u ≥ M_p`` for each unit *u* of the phase after *p*."""
        found = []
        for phase, later in pairwise(self.problem.phases()) if self.problem.of(PhaseOrder) else ():
            hints = [self.land.hinted_offset(unit) for unit in self.land.units if unit.phases[0] <= phase]
            hint = max([0, *(day for day in hints if day is not None)])
            last = max(self.land.last_notice, 0)
            reached = self.sketch.integer(0, last, f"last notice up to phase {phase}", hint)
            source = Source(self.land, reached, (0, last), name=f"phase {phase}", hint=hint)
            for unit in self.land.units:
                if later == unit.phases[-1] or (later in unit.phases and not unit.happened):
                    self.land.wait_for(unit, source, unit.present)
            found.append((phase, source))
        return found

    def _post_order(self, order: list[tuple[int, Source]]) -> None:
        """``M_p ≥ n_u`` for each unit *u* of phases up to *p*, and ``M_p`` no less than that of the phase before."""
        for (_, before), (_, after) in pairwise(order):
            self.sketch.no_more(before.notice, after.notice)
        for phase, reached in order:
            for unit in self.land.units:
                if unit.phases[0] <= phase:
                    self.sketch.no_more(self.land.notice(unit), reached.notice)
                    for source, under in unit.sources:
                        if source is not reached:
                            self.sketch.no_more(source.notice, reached.notice, under)

    def _lay_trigger(self, trigger: OccupancyTrigger) -> tuple[OccupancyTrigger, Source, Term] | None:
        """``n_j ≥ d`` for each unit *j* of the phase, where one is transferred."""
        waiting = [unit for unit in self.land.units if trigger.phase in unit.phases]
        if not waiting or _needed(trigger) <= 0:
            return None
        last = max(self.land.last_notice, 0)
        met_on = self._hinted_trigger(trigger)
        value = None if met_on is None else min(max(0, met_on), last)
        opens = self.sketch.integer(0, last, f"{trigger.name} met", value)
        source = Source(self.land, opens, (0, last), name=trigger.name, hint=value)
        some = self.sketch.any_of([unit.present for unit in waiting], f"{trigger.name} is waited for", 1)
        for unit in waiting:
            self.land.wait_for(unit, source, unit.present)
        return trigger, source, some

    def _post_trigger(self, laid: tuple[OccupancyTrigger, Source, Term] | None) -> None:
        """``Σ a_i c_i ≥ needed`` and ``t_i + occupied_after ≤ d`` where ``c_i``."""
        if laid is None:
            return
        trigger, source, some = laid
        delay, met_on = trigger.occupied_after_days, self._hinted_trigger(trigger)
        literals, areas = [], []
        for unit in self._counted(trigger):
            on = None if unit.hint is None else int(self.timeline.transfer_offsets[unit.hint]) + delay
            value = on is not None and met_on is not None and on <= met_on
            counts = self.sketch.boolean(f"{unit.name} counts for {trigger.name}", value)
            self.sketch.any_must([counts.Not(), unit.present])
            self.sketch.no_more(self.land.transfer(unit) + delay, source.notice, counts)
            literals.append(counts)
            areas.append(_counted_area(trigger, unit))
        self.sketch.no_more(_needed(trigger), weighted(literals, areas), some)

    def _counted(self, trigger: OccupancyTrigger) -> list[Unit]:
        return [unit for unit in self.land.units if not set(unit.phases).isdisjoint(trigger.of_phases)]

    def _hinted_trigger(self, trigger: OccupancyTrigger) -> int | None:
        """Offset on which the trigger is met under the hint."""
        there = 0
        offsets = self.timeline.transfer_offsets
        days = [(int(offsets[unit.hint]), unit) for unit in self._counted(trigger) if unit.hint is not None]
        for day, unit in sorted(days, key=lambda pair: pair[0]):
            there += _counted_area(trigger, unit)
            if there >= _needed(trigger):
                return day + trigger.occupied_after_days
        return None


def _needed(trigger: OccupancyTrigger) -> int:
    return math.ceil((trigger.needed_m2 - AREA_TOLERANCE_M2) * DM2_PER_M2)


def _counted_area(trigger: OccupancyTrigger, unit: Unit) -> int:
    return sum(area_down(unit, phase) for phase in set(unit.phases) & set(trigger.of_phases))


class Batches:
    """Posts sizes of batches: in each month a phase has one day ``b`` for all of its notices, or none.

    ``min · y ≤ Σ a_i z_i ≤ max · y`` with ``y`` for the phase having a notice in the month and ``z_i`` for *i* having
    one in it; ``n_i = b`` where ``z_i``.
    """

    def __init__(self, land: Land) -> None:
        self.land = land
        self.sketch = land.sketch
        self.sizes = land.problem.of(BatchSize)
        if self.sizes:
            for (phase, month), units in sorted(self._by_month().items()):
                self._post(phase, month, units)

    def _by_month(self) -> dict[tuple[int, int], list[Unit]]:
        months = self.land.timeline.notice_months
        found: dict[tuple[int, int], list[Unit]] = defaultdict(list)
        for unit in self.land.units:
            if not unit.happened:
                for month in sorted({int(months[k]) for k in unit.first.values()}):
                    for phase in unit.phases:
                        found[phase, month].append(unit)
        return found

    def _post(self, phase: int, month: int, units: list[Unit]) -> None:
        offsets, months = self.land.timeline.notice_offsets, self.land.timeline.notice_months
        positions = np.flatnonzero(self.land.timeline.is_open & (months == month))
        first, last = int(offsets[positions[0]]), int(offsets[positions[-1]])
        there = [unit for unit in units if unit.hint is not None and int(months[unit.hint]) == month]
        value = max((self.land.hinted_offset(unit) or 0 for unit in there), default=first)
        day = self.sketch.integer(first, last, f"batch of phase {phase} in {month}", value)
        batch = Source(self.land, day, (first, last), name=f"batch {phase} {month}", hint=value)
        literals = []
        for unit in units:
            keys = [k for k in unit.x if int(months[unit.first[k]]) == month]
            name = f"{unit.name} in {month}"
            literal = self.sketch.any_of([unit.x[k] for k in keys], name, unit in there)
            for k in keys:
                self.sketch.no_more(int(offsets[unit.first[k]]), day, unit.x[k])
            for source, under in unit.sources:
                self._not_after(source, under, day, literal)
            self.land.wait_for(unit, batch, literal)
            literals.append(literal)
        self._post_size(phase, month, units, literals, len(there))

    def _not_after(self, source: Source, under: Term, day: Term, literal: Term) -> None:
        """``g ≤ b`` where the unit goes in this month; other months' batches bind in theirs."""
        if source.name.startswith("batch "):
            return
        conditions = [item for item in (under, literal) if not isinstance(item, int)]
        if all(item for item in (under, literal) if isinstance(item, int)):
            constraint = self.sketch.model.add(source.notice <= day)
            if conditions:
                constraint.only_enforce_if(conditions)

    def _post_size(
        self, phase: int, month: int, units: list[Unit], literals: list[Term], hinted: int
    ) -> None:
        least = max(math.ceil((item.min_m2 - AREA_TOLERANCE_M2) * DM2_PER_M2) for item in self.sizes)
        most = [limit_of(item.max_m2) for item in self.sizes if item.max_m2 is not None]
        if least > 0:
            some = self.sketch.any_of(literals, f"phase {phase} in {month}", hinted > 0)
            self.sketch.no_more(least, weighted(literals, [area_down(unit, phase) for unit in units]), some)
        if most:
            self.sketch.no_more(weighted(literals, [area_up(unit, phase) for unit in units]), min(most))


def months_of(land: Land) -> Iterator[tuple[tuple[int, int], list[Term], bool]]:
    """Yield phases and months with the literals of the notices that fall in them, and whether the hint has one."""
    months = land.timeline.notice_months
    found: dict[tuple[int, int], list[Term]] = defaultdict(list)
    hinted = set()
    for unit in land.units:
        for phase in () if unit.happened else unit.phases:
            for k, literal in unit.x.items():
                found[phase, int(months[unit.first[k]])].append(literal)
            if unit.hint is not None:
                hinted.add((phase, int(months[unit.hint])))
    for key, literals in sorted(found.items()):
        yield key, literals, key in hinted
