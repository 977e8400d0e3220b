"""Demand: firms that need land by a day, and targets of firms, output and tax."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from parcelplan.checks import target_checks
from parcelplan.findings import Findings
from parcelplan.plan import Plan

Measure = Literal["area_m2", "firms", "output_yuan", "tax_yuan"]


@dataclass(frozen=True, kw_only=True)
class Target:
    """``Σ v_i ≥ amount − shortfall`` over parcels *i* with ``t_i + delay ≤ by_on``; if it binds ``shortfall = 0``."""

    target_id: str
    measure: Measure
    amount: float
    by_on: date
    values: Mapping[str, float]
    """What each parcel that counts adds to the measure; pieces of a parcel are parcels."""
    delay_days: int = 0
    """Days from the transfer to the use of the land; 0 where the land itself is the target."""
    binding: bool = False
    """Whether a plan that misses it is no plan; otherwise the shortfall is an objective."""
    title: str = ""
    """The firm or the sentence behind it."""

    kind = "target"

    @property
    def name(self) -> str:
        """``target T1``."""
        return f"target {self.target_id}"

    def reached(self, plan: Plan) -> float:
        """What the plan has of the measure on the day."""
        return target_checks.reached(plan, self.values, self.by_on, self.delay_days)

    def shortfall(self, plan: Plan) -> float:
        """What is missing, in the unit of the measure; 0 where the target is met."""
        missing = self.amount - self.reached(plan)
        return missing if missing > target_checks.TOLERANCE * max(1.0, self.amount) else 0.0

    def violations(self, plan: Plan) -> Findings:
        """The target, where it binds and is missed."""
        return target_checks.check_target(self, plan)
