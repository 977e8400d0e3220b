"""The planning problem as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Protocol, TypeVar

from parcelplan.checks import plan_checks, work_checks
from parcelplan.dates import StatutoryClock
from parcelplan.findings import Findings
from parcelplan.plan import Plan, Unplanned
from parcelplan.planning.problem.bureau import YearlyQuota
from parcelplan.planning.problem.land import Candidate
from parcelplan.planning.problem.objectives import ObjectiveName
from parcelplan.planning.problem.works import Precedence, Work, WorkCalendar

LATER_YEARS = 60
"""How far beyond the horizon a plan is looked for when asking whether the horizon stands in the way."""


class Demand(Protocol):
    """One thing a plan has to keep. ``name`` is the kind, with what it speaks of where there are several."""

    @property
    def name(self) -> str:
        """Such as ``quota 2024``."""

    @property
    def kind(self) -> str:
        """What a parcel or a work waits for when this demand holds it back."""

    def violations(self, plan: Plan) -> Findings:
        """What in a plan breaks the demand."""


AnyDemand = TypeVar("AnyDemand", bound=Demand)


@dataclass(frozen=True, kw_only=True)
class PlanningProblem:
    """Give each work a mode and a start and each candidate a notice on a working day, so that all demands hold.

    Of such plans the first objective is made as small as can be, then the second among those, and so on.
    """

    as_of: date
    clock: StatutoryClock
    candidates: tuple[Candidate, ...] = ()
    demands: tuple[Demand, ...] = ()
    works: tuple[Work, ...] = ()
    precedences: tuple[Precedence, ...] = ()
    """What works wait for; unlike demands they are never put aside."""
    calendars: tuple[WorkCalendar, ...] = ()
    objectives: tuple[ObjectiveName, ...] = ("supply",)
    fixed_works: Mapping[str, date] = field(default_factory=dict)
    """Works whose last day is meant to be this one: the objective ``fixed_dates``."""
    fixed_transfers: Mapping[str, date] = field(default_factory=dict)
    """Parcels whose transfer is meant to be on this day: the objective ``fixed_dates``."""
    earlier: Mapping[str, date] = field(default_factory=dict)
    """Transfers of an earlier plan: the objective ``stability``."""
    unplanned: tuple[Unplanned, ...] = ()
    later_quotas: tuple[YearlyQuota, ...] = ()
    """Quotas of the years after the horizon, which hold should it be put aside; no demands of their own."""

    def of(self, kind: type[AnyDemand]) -> tuple[AnyDemand, ...]:
        """The demands of one class."""
        return tuple(demand for demand in self.demands if isinstance(demand, kind))

    def quotas(self) -> dict[int, YearlyQuota]:
        """Quota of each year that has one, those after the horizon included."""
        return {item.year: item for item in (*self.of(YearlyQuota), *self.later_quotas)}

    def quotas_m2(self) -> dict[int, float]:
        """The same without what is carried over, m²."""
        return {year: item.quota_m2 for year, item in self.quotas().items()}

    def phases(self) -> tuple[int, ...]:
        """Phases that have candidates, ascending."""
        return tuple(sorted({item.phase for item in self.candidates}))

    def calendar(self, calendar_id: str) -> WorkCalendar | None:
        """The calendar of that id; None for the empty one, under which every day is open."""
        return next((item for item in self.calendars if item.calendar_id == calendar_id), None)

    def without(self, *names: str) -> PlanningProblem:
        """The same problem with some demands put aside."""
        return replace(self, demands=tuple(item for item in self.demands if item.name not in names))

    def violations(self, plan: Plan) -> Findings:
        """Everything in a plan that breaks the problem, found without the solver."""
        found = plan_checks.check_complete(plan, plan_checks.expected_parcels(plan, self.candidates))
        found += plan_checks.check_clock(plan, self.clock) + work_checks.check_works(plan, self)
        found += plan_checks.check_fixed(plan, self.candidates)
        for demand in (*self.precedences, *self.demands):
            found += demand.violations(plan)
        return found
