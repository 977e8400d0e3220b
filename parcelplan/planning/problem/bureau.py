"""What the bureau keeps: windows, triggers, the order of phases, listings, quotas, batches, absorption, black-outs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from parcelplan.checks import bureau_checks
from parcelplan.findings import Findings
from parcelplan.plan import Plan


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
        return bureau_checks.check_window(
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
        return bureau_checks.check_trigger(
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
        return bureau_checks.check_phase_order(plan)


@dataclass(frozen=True, kw_only=True)
class ListingsPerMonth:
    """``|{i : n_i in month m}| ≤ per_month`` for every calendar month *m*."""

    per_month: int

    kind = "listings"
    name = "listings"

    def violations(self, plan: Plan) -> Findings:
        """Months with more notices than the bureau can list."""
        return bureau_checks.check_listings(plan, self.per_month)


@dataclass(frozen=True, kw_only=True)
class Horizon:
    """``t_i ≤ end`` for every parcel *i*."""

    end_on: date

    kind = "horizon"
    name = "horizon"

    def violations(self, plan: Plan) -> Findings:
        """Transfers after the horizon."""
        return bureau_checks.check_horizon(plan, self.end_on)


@dataclass(frozen=True, kw_only=True)
class YearlyQuota:
    """``Σ a_i ≤ quota + carried`` over the parcels *i* with ``t_i`` in the year.

    ``carried`` is ``carry_share`` of the year before's own quota as far as it was left unused; what was carried is
    used first and is not carried again.
    """

    year: int
    quota_m2: float
    before: YearlyQuota | None = None
    """The quota of the year before, where some of it may be carried over."""
    carry_share: float = 0.0
    """Share of the unused quota of ``before`` that this year may use."""

    kind = "quota"

    @property
    def name(self) -> str:
        """``quota 2024``."""
        return f"quota {self.year}"

    def carried_m2(self, used_m2: Mapping[int, float]) -> float:
        """What this year may use of the year before, given the area transferred in each year, m²."""
        if self.before is None or self.carry_share <= 0:
            return 0.0
        drawn_m2 = max(0.0, used_m2.get(self.before.year, 0.0) - self.before.carried_m2(used_m2))
        return self.carry_share * max(0.0, self.before.quota_m2 - drawn_m2)

    def violations(self, plan: Plan) -> Findings:
        """The year, where more is transferred than its quota and what was carried over."""
        carried_m2 = self.carried_m2(plan.area_by_year_m2())
        return bureau_checks.check_quota(plan, self.year, self.quota_m2 + carried_m2)


@dataclass(frozen=True, kw_only=True)
class BatchSize:
    """``min ≤ Σ a_i ≤ max`` over the parcels of one phase with ``n_i`` in month *m*, whose ``n_i`` are all equal.

    Holds for every phase and month with a notice. Transfers that happened before ``as_of`` are not looked at.
    """

    as_of: date
    min_m2: float = 0.0
    max_m2: float | None = None

    kind = "batch"
    name = "batch"

    def violations(self, plan: Plan) -> Findings:
        """Batches that are too small or too large, and phases with two notice days in a month."""
        return bureau_checks.check_batches(plan, self.as_of, self.min_m2, self.max_m2)


@dataclass(frozen=True, kw_only=True)
class Absorption:
    """``Σ a_i ≤ per_quarter`` over the parcels *i* with ``t_i`` in one calendar quarter, for every quarter."""

    per_quarter_m2: float

    kind = "absorption"
    name = "absorption"

    def violations(self, plan: Plan) -> Findings:
        """Quarters with more land than the market takes."""
        return bureau_checks.check_absorption(plan, self.per_quarter_m2)


@dataclass(frozen=True, kw_only=True)
class BlackOut:
    """``n_i ∉ [from_on, until_on)`` and ``t_i ∉ [from_on, until_on)`` for every parcel *i*."""

    from_on: date
    until_on: date
    as_of: date
    """Transfers put on notice before this day have happened and are not looked at."""

    kind = "blackout"

    @property
    def name(self) -> str:
        """``blackout 2025-01-20``."""
        return f"blackout {self.from_on}"

    def violations(self, plan: Plan) -> Findings:
        """Notices and transfers in the period."""
        return bureau_checks.check_blackout(plan, self.as_of, self.from_on, self.until_on)
