"""Saying why no plan is possible: the demands that cannot hold together, each with the figure a user can change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from parcelplan import catalogue
from parcelplan.plan import Plan

if TYPE_CHECKING:
    from parcelplan.catalogue import Language
    from parcelplan.site import SiteConfig


def conflict_text(plan: Plan, config: SiteConfig, readiness: pd.DataFrame, lang: Language) -> str:
    """Say of an infeasible plan which demands cannot hold together; empty for any other plan.

    Parameters
    ----------
    plan
        The answer of the planner.
    config
        The configuration it was asked with, for the figures of its demands.
    readiness
        The readiness it was asked with, for the days on which phases are net land.
    lang
        Language.
    """
    if not plan.conflict:
        return ""
    joint = "；" if lang == "zh" else "; "
    demands = joint.join(demand_text(name, config, readiness, lang) for name in plan.conflict)
    return catalogue.text("planning.infeasible", lang, demands=demands)


def demand_text(name: str, config: SiteConfig, readiness: pd.DataFrame, lang: Language) -> str:
    """Say a demand's name, such as stands in ``Plan.conflict``, in words and with its figure."""
    kind, _, subject = name.partition(" ")
    return catalogue.text(
        f"demand.{kind}", lang, subject=subject, **_figures(kind, subject, config, readiness)
    )


def _figures(kind: str, subject: str, config: SiteConfig, readiness: pd.DataFrame) -> dict[str, Any]:
    if kind == "net_land":
        days = readiness.loc[readiness["phase"] == int(subject), "ready_on"].dropna()
        return {"first": days.min().date(), "last": days.max().date()}
    if kind == "window":
        phase = config.phase(int(subject))
        return {"first": phase.earliest_on or "…", "last": phase.latest_on or "…"}
    if kind == "trigger":
        trigger = config.phase(int(subject)).trigger
        return (
            {} if trigger is None else {"share": trigger.occupied_share, "days": trigger.occupied_after_days}
        )
    if kind == "quota":
        return {"mu": config.plan.quota_mu.get(int(subject), config.plan.quota_default_mu)}
    return {"per_month": config.plan.listings_per_month, "end": config.horizon_end}
