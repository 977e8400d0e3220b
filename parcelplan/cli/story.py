"""What a run tells on the terminal: the answer first, then the phases, the batches, and what to look at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from rich.text import Text

from parcelplan.catalogue import Language, text
from parcelplan.checks.areas import central_meridian_deg
from parcelplan.cli.running import out
from parcelplan.cli.show import show_findings, show_table
from parcelplan.cli.solving import objective_text
from parcelplan.findings import Findings
from parcelplan.plan import Plan
from parcelplan.site import Site
from parcelplan.study import Study
from parcelplan.units import to_mu
from parcelplan.views.summary import summary
from parcelplan.views.tables import batch_table, phase_table, unplanned_text

PHASE_COLUMNS = (
    "phase",
    "area_mu",
    "developable_mu",
    "ready_on",
    "notice_on",
    "first_transfer_on",
    "last_transfer_on",
    "announced_on",
    "slack_days",
)
BATCH_COLUMNS = ("batch", "parcels", "area_mu", "ready_on", "notice_on", "transfer_on", "waited_for")
AREA_COLUMNS = (
    "row_type",
    "parcel_id",
    "phase",
    "declared_area_mu",
    "area_mu",
    "difference_mu",
    "plane_area_m2",
    "ellipsoidal_area_m2",
    "plane_excess_m2",
)
SHOWN = 12
"""Findings of one list shown on the terminal; the report has all of them."""


def tell(study: Study, files: Sequence[Path], seconds: float) -> None:
    """Tell a whole run."""
    lang = study.lang
    show_plan(study)
    show_announced(study)
    out.print(text("cli.verdicts", lang, **summary(study)["verdicts"]))
    _show("findings", study.findings, lang)
    out.print(Text(text("cli.written", lang, seconds=seconds), style="bold"))
    for file in files:
        out.print(f"  {file}")


def show_announced(study: Study) -> None:
    """Print what is wrong with the announced plan."""
    _show("announced", study.announced_findings, study.lang)


def _show(title: str, findings: Findings, lang: Language) -> None:
    if findings:
        heading = text(f"cli.{title}_title", lang, count=len(findings))
        show_findings(findings, lang, title=heading, limit=SHOWN)


def show_plan(study: Study) -> None:
    """Print the headline, the phases, the batches and what was left out."""
    lang, site, plan = study.lang, study.site, study.plan
    scenario = (
        site.config.scenarios[site.scenario].label.of(lang)
        if site.scenario
        else text("cli.no_scenario", lang)
    )
    out.print(
        Text(text("cli.headline", lang, name=site.name(), as_of=site.as_of, scenario=scenario), style="bold")
    )
    figures = {
        "area": to_mu(float(study.readiness["area_m2"].sum())),
        "now": to_mu(float(study.developable["developable_m2"].sum())),
        "final": to_mu(float(study.developable_final["developable_m2"].sum())),
    }
    out.print(text("cli.land", lang, **figures))
    _show_status(plan, lang)
    show_table(
        phase_table(study), "phases", lang, title=text("cli.phases_title", lang), columns=PHASE_COLUMNS
    )
    show_table(
        batch_table(study), "batches", lang, title=text("cli.batches_title", lang), columns=BATCH_COLUMNS
    )
    if plan.unplanned:
        out.print(Text(text("cli.unplanned_title", lang), style="bold"))
        for item in plan.unplanned:
            out.print(f"  {item.parcel_id}: {unplanned_text(item, lang)}")


def _show_status(plan: Plan, lang: Language) -> None:
    """Print how good the plan is: one line where land's waiting alone counts, else one for each objective."""
    status = text(f"cli.status.{plan.status}", lang)
    if [item.name for item in plan.objectives] not in ([], ["supply"]):
        out.print(text("cli.status_alone", lang, status=status, solve_s=plan.solve_s))
        for item in plan.objectives:
            out.print(f"  {objective_text(item.name, item.value, item.bound, item.gap, lang)}")
        return
    amounts = {
        "objective": to_mu(plan.objective or 0.0),
        "bound": to_mu(plan.bound or 0.0),
        "gap": plan.gap or 0.0,
    }
    out.print(text("cli.status", lang, status=status, solve_s=plan.solve_s, **amounts))


def show_areas(site: Site, rows: pd.DataFrame) -> None:
    """Print the ledger of areas, and by how much the two ways of measuring are apart."""
    lang, config = site.lang, site.config
    meridian = central_meridian_deg(config.crs)
    where = {"crs": config.crs, "meridian": "–" if meridian is None else f"{meridian:g}°"}
    rule = text(f"cover.{config.area_rule}", lang)
    title = text("cli.areas_title", lang, rule=rule, **where)
    show_table(rows, "areas", lang, title=title, columns=AREA_COLUMNS)
    whole = rows[rows["row_type"] == "site"].iloc[-1]
    if pd.isna(whole["plane_area_mu"]):
        out.print(text("cli.areas_unknown", lang))
        return
    figures = {name: whole[f"{name}_area_mu"] for name in ("plane", "ellipsoidal")}
    out.print(text("cli.areas_sum", lang, excess=whole["plane_excess_mu"], **figures))
