"""Objectives as people read them: in mu·days, 10,000 yuan, days, parcels and batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parcelplan.planning.problem import UNITS
from parcelplan.units import to_mu, to_wanyuan

if TYPE_CHECKING:
    from parcelplan.plan import Plan

_SHOWN_AS = {"m2_day": "mu_day", "yuan": "wanyuan"}


def shown_unit(objective: str) -> str:
    """Unit in which an objective is shown: ``mu_day | wanyuan | day | ratio | batch | parcel``."""
    unit: str = UNITS[objective]  # type: ignore[index]  # names come from plans, whose objectives are ours
    return _SHOWN_AS.get(unit, unit)


def shown_figure(objective: str, value: float) -> float:
    """What an objective has reached, in the unit of :func:`shown_unit`."""
    unit = shown_unit(objective)
    return to_mu(value) if unit == "mu_day" else to_wanyuan(value) if unit == "wanyuan" else value


def figure_text(objective: str, value: float) -> str:
    """The same as text: whole figures, shares to three decimals."""
    shown = shown_figure(objective, value)
    return f"{shown:.3f}" if shown_unit(objective) == "ratio" else f"{shown:,.0f}"


def headline_figures(plan: Plan) -> tuple[float | None, float | None]:
    """Value and bound of the plan's headline, in the unit in which it is shown."""
    shown = [
        None if item is None else shown_figure(plan.headline, item) for item in (plan.objective, plan.bound)
    ]
    return shown[0], shown[1]
