"""Checks of targets against a plan: amounts that must be reached by a day, and announced sentences that need land."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Protocol

import pandas as pd

from parcelplan.checks.cells import numbers, text
from parcelplan.findings import Finding, Findings
from parcelplan.plan import Plan
from parcelplan.units import to_mu

if TYPE_CHECKING:
    from parcelplan.site import SiteConfig

TOLERANCE = 1e-6
"""Share of a target's amount, or of 1 where that is more, that may be missing: sums of areas are never exact."""


class Aim(Protocol):
    """What a target asks for; see ``Target``."""

    @property
    def target_id(self) -> str:
        """Its id."""

    @property
    def measure(self) -> str:
        """``area_m2 | firms | output_yuan | tax_yuan``."""

    @property
    def amount(self) -> float:
        """How much, in the unit of the measure."""

    @property
    def by_on(self) -> date:
        """Last day on which it must be there."""

    @property
    def values(self) -> Mapping[str, float]:
        """What each parcel adds."""

    @property
    def delay_days(self) -> int:
        """Days from the transfer to the use of the land."""

    @property
    def binding(self) -> bool:
        """Whether it must be reached."""

    @property
    def title(self) -> str:
        """The firm or the sentence behind it."""


def reached(plan: Plan, values: Mapping[str, float], by_on: date, delay_days: int) -> float:
    """What a plan has of a measure on a day, in the unit of the values.

    Parameters
    ----------
    plan
        The plan.
    values
        What each parcel adds once it is in use.
    by_on
        Last day on which it counts.
    delay_days
        Days from the transfer to the use of the land.
    """
    needed_on = by_on - timedelta(days=delay_days)
    return sum(
        value
        for parcel, value in values.items()
        if (item := plan.transfer(parcel)) is not None and item.transfer_on <= needed_on
    )


def check_target(target: Aim, plan: Plan) -> Findings:
    """A target that binds is reached: ``plan_check.target_missed``. Targets that do not bind are not looked at."""
    if not target.binding:
        return Findings()
    there = reached(plan, target.values, target.by_on, target.delay_days)
    if target.amount - there <= TOLERANCE * max(1.0, target.amount):
        return Findings()
    into = to_mu(1.0) if target.measure == "area_m2" else 1.0
    params = {
        "title": target.title or target.target_id,
        "measure": target.measure,
        "there": there * into,
        "amount": target.amount * into,
    }
    return Findings(
        [
            Finding(
                code=f"plan_check.target_missed_{target.measure.split('_', maxsplit=1)[0]}",
                layer="plan",
                feature_id=target.target_id,
                field="by_on",
                value=target.by_on,
                params=params,
            )
        ]
    )


def check_targets(plan: Plan, targets: pd.DataFrame, config: SiteConfig) -> Findings:
    """Hold the announced targets against the plan: the land one counts on must be there in time.

    Parameters
    ----------
    plan
        The plan.
    targets
        Targets indexed by target_id: ``by_on, phases, sentence``.
    config
        Settings; the longest ``occupied_after_days`` of a trigger is the time from transfer to use, else 0.

    Returns
    -------
    Findings
        ``plan_check.target_without_land`` for every phase of a target that comes too late in part or whole,
        ``plan_check.target_land_unplanned`` where the missing part is in no plan at all;
        ``plan_check.target_unknown`` where the plan holds no transfers at all;
        ``plan_check.target_without_phases`` where a target does not say which land it counts on.
    """
    triggers = [phase.trigger for phase in config.phases.values() if phase.trigger is not None]
    delay = timedelta(days=max((trigger.occupied_after_days for trigger in triggers), default=0))
    source = config.document.number
    return Findings(
        finding
        for target_id, row in targets.iterrows()
        if not pd.isna(row["by_on"])
        for finding in _check_target(plan, str(target_id), row, delay, source)
    )


def _check_target(
    plan: Plan, target_id: str, row: pd.Series, delay: timedelta, source: str
) -> Iterator[Finding]:
    by_on = pd.Timestamp(row["by_on"]).date()
    sentence = text(row["sentence"])
    phases = numbers(row["phases"])
    shared = {"by_on": by_on, "needed_on": by_on - delay, "days": delay.days, "sentence": sentence}

    def finding(code: str, **params: object) -> Finding:
        where = f"{source} {target_id}".strip()
        return Finding(
            code=code,
            layer="targets",
            feature_id=target_id,
            field="by_on",
            value=by_on,
            source=where,
            params=shared | params,
        )

    if not phases:
        yield finding("plan_check.target_without_phases")
    elif not plan.transfers:
        yield finding("plan_check.target_unknown", status=plan.status)
    else:
        for phase in phases:
            late = [item for item in plan.of_phase(phase) if item.transfer_on > by_on - delay]
            missing = [item for item in plan.unplanned if item.phase == phase]
            if late or missing:
                late_mu = to_mu(sum(item.area_m2 for item in late) + sum(item.area_m2 for item in missing))
                last = max((item.transfer_on for item in late), default=None)
                code = "plan_check.target_without_land" if last else "plan_check.target_land_unplanned"
                count = len(late) + len(missing)
                yield finding(code, phase=phase, late_mu=late_mu, parcels=count, last_on=last)
