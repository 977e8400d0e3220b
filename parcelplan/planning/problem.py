"""The planning problem, free of any solver: parcels to transfer, and demands with their inequalities.

In the inequalities ``n_i`` is the day on which parcel *i* goes on notice, ``t_i`` the day of its transfer by
the statutory clock, ``a_i`` its area and ``r_i`` the day on which it is net land.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol, TypeVar

from parcelplan.checks import plan_checks
from parcelplan.dates import StatutoryClock
from parcelplan.findings import Findings
from parcelplan.plan import Plan, Unplanned

LATER_YEARS = 60
"""How far beyond the horizon a plan is looked for when asking whether the horizon stands in the way."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A parcel that can be transferred within the horizon."""

    parcel_id: str
    phase: int
    area_m2: float
    ready_on: date
    """Day on which it is net land; never before the problem's ``as_of``."""
    last_work: str = ""
    """Work that made it net land; empty where it was net land from the start."""


class Demand(Protocol):
    """One thing a plan has to keep. ``name`` is the kind, with what it speaks of where there are several."""

    @property
    def name(self) -> str:
        """Such as ``quota 2024``."""

    @property
    def kind(self) -> str:
        """What a parcel waits for when this demand holds it back."""

    def violations(self, plan: Plan) -> Findings:
        """What in a plan breaks the demand."""


@dataclass(frozen=True, kw_only=True)
class NetLand:
    """``n_i ≥ r_i`` for every parcel *i* of the phase: only net land may be put on notice."""

    phase: int
    ready_on: Mapping[str, date]

    kind = "gate"

    @property
    def name(self) -> str:
        """``net_land 1``."""
        return f"net_land {self.phase}"

    def violations(self, plan: Plan) -> Findings:
        """Parcels put on notice before they are net land."""
        return plan_checks.check_net_land(plan, self.ready_on)


@dataclass(frozen=True, kw_only=True)
class PhaseWindow:
    """``earliest ≤ t_i ≤ latest`` for every parcel *i* of the phase; None leaves a side open."""

    phase: int
    earliest_on: date | None = None
    latest_on: date | None = None

    kind = "window"

    @property
    def name(self) -> str:
        """``window 1``."""
        return f"window {self.phase}"

    def violations(self, plan: Plan) -> Findings:
        """Transfers outside the window."""
        return plan_checks.check_window(
            plan, self.phase, earliest_on=self.earliest_on, latest_on=self.latest_on
        )


@dataclass(frozen=True, kw_only=True)
class OccupancyTrigger:
    """``n_j ≥ d`` for every parcel *j* of the phase, *d* the first day with ``Σ a_i ≥ needed``.

    The sum runs over the parcels *i* of ``of_phases`` with ``t_i + occupied_after_days ≤ d``.
    """

    phase: int
    needed_m2: float
    of_phases: tuple[int, ...]
    occupied_after_days: int

    kind = "trigger"

    @property
    def name(self) -> str:
        """``trigger 3``."""
        return f"trigger {self.phase}"

    def violations(self, plan: Plan) -> Findings:
        """Parcels put on notice before enough of the other phases is occupied."""
        return plan_checks.check_trigger(
            plan,
            self.phase,
            needed_m2=self.needed_m2,
            of_phases=self.of_phases,
            occupied_after_days=self.occupied_after_days,
        )


@dataclass(frozen=True, kw_only=True)
class PhaseOrder:
    """``n_j ≥ n_i`` for all parcels *i*, *j* with ``phase_i < phase_j``, among those the plan holds."""

    kind = "phase_order"
    name = "phase_order"

    def violations(self, plan: Plan) -> Findings:
        """Parcels put on notice before one of an earlier phase."""
        return plan_checks.check_phase_order(plan)


@dataclass(frozen=True, kw_only=True)
class ListingsPerMonth:
    """``|{i : n_i in month m}| ≤ per_month`` for every calendar month *m*."""

    per_month: int

    kind = "listings"
    name = "listings"

    def violations(self, plan: Plan) -> Findings:
        """Months with more notices than the bureau can list."""
        return plan_checks.check_listings(plan, self.per_month)


@dataclass(frozen=True, kw_only=True)
class YearlyQuota:
    """``Σ a_i ≤ quota`` over the parcels *i* with ``t_i`` in the year."""

    year: int
    quota_m2: float

    kind = "quota"

    @property
    def name(self) -> str:
        """``quota 2024``."""
        return f"quota {self.year}"

    def violations(self, plan: Plan) -> Findings:
        """The year, where more is transferred than its quota."""
        return plan_checks.check_quota(plan, self.year, self.quota_m2)


@dataclass(frozen=True, kw_only=True)
class Horizon:
    """``t_i ≤ end`` for every parcel *i*."""

    end_on: date

    kind = "horizon"
    name = "horizon"

    def violations(self, plan: Plan) -> Findings:
        """Transfers after the horizon."""
        return plan_checks.check_horizon(plan, self.end_on)


AnyDemand = TypeVar("AnyDemand", bound=Demand)


@dataclass(frozen=True, kw_only=True)
class PlanningProblem:
    """Give each candidate a notice on a working day: all demands hold, ``Σ a_i (t_i − as_of)`` is least."""

    as_of: date
    clock: StatutoryClock
    candidates: tuple[Candidate, ...]
    demands: tuple[Demand, ...]
    unplanned: tuple[Unplanned, ...] = ()
    later_quotas: tuple[YearlyQuota, ...] = ()
    """Quotas of the years after the horizon, which hold should it be put aside; no demands of their own."""

    def of(self, kind: type[AnyDemand]) -> tuple[AnyDemand, ...]:
        """The demands of one class."""
        return tuple(demand for demand in self.demands if isinstance(demand, kind))

    def quotas_m2(self) -> dict[int, float]:
        """Quota of each year that has one, m², those after the horizon included."""
        return {item.year: item.quota_m2 for item in (*self.of(YearlyQuota), *self.later_quotas)}

    def phases(self) -> tuple[int, ...]:
        """Phases that have candidates, ascending."""
        return tuple(sorted({item.phase for item in self.candidates}))

    def without(self, *names: str) -> PlanningProblem:
        """The same problem with some demands put aside."""
        return replace(self, demands=tuple(item for item in self.demands if item.name not in names))

    def violations(self, plan: Plan) -> Findings:
        """Everything in a plan that breaks the problem, found without the solver."""
        found = plan_checks.check_complete(plan, {item.parcel_id for item in self.candidates})
        found += plan_checks.check_clock(plan, self.clock) + plan_checks.check_objective(plan)
        for demand in self.demands:
            found += demand.violations(plan)
        return found
