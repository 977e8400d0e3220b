"""From a study to the answers of the API. Figures come from the tables that map and report show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import pandas as pd

from parcelplan import catalogue
from parcelplan.catalogue import Language
from parcelplan.findings import Findings, Severity
from parcelplan.io.vector.geojson import plain
from parcelplan.site import SiteConfig
from parcelplan.study import Assessment, Study, explain_parcel
from parcelplan.units import to_mu
from parcelplan.views.summary import summary
from parcelplan.views.tables import code_name, phase_table, transfer_table, unplanned_text
from parcelplan.views.why_not import why_not
from service.library import Question
from service.schemas import (
    ExplainAnswer,
    ExplainStep,
    FindingRow,
    FindingsAnswer,
    Gate,
    PhaseItem,
    PhaseRow,
    PlanAnswer,
    ReadinessAnswer,
    ReadinessRow,
    ScenarioItem,
    SiteItem,
    TransferRow,
    UnplannedRow,
)

FIGURES = (
    "status",
    "objective",
    "bound",
    "gap",
    "solve_s",
    "area_mu",
    "developable_mu_now",
    "developable_mu_final",
    "verdicts",
)
"""Entries of the summary that the plan's answer repeats."""
ASPECTS = ("parcels", "readiness", "plan", "findings")
PAGES = ("map", "report")


def _asked(question: Question) -> dict[str, Any]:
    return {"site_id": question.site_id, "scenario": question.scenario, "as_of": question.as_of}


def site_item(config: SiteConfig, site_id: str, lang: Language, root: str) -> SiteItem:
    """Describe a site by its settings; ``root`` is the path under which a proxy serves us."""
    api, page = f"{root}/api/sites/{site_id}", f"{root}/sites/{site_id}"
    return SiteItem(
        id=site_id,
        name=config.name.of(lang),
        note=config.note.of(lang),
        language=config.language,
        as_of=config.as_of,
        horizon_end=config.horizon_end,
        crs=config.crs,
        scenario=config.scenario or "",
        scenarios=[
            ScenarioItem(name=name, label=item.label.of(lang) or name)
            for name, item in config.scenarios.items()
        ],
        phases=[
            PhaseItem(
                phase=number,
                name=item.name.of(lang) or catalogue.text("report.phase", lang, phase=number),
                declared_area_mu=item.declared_area_mu,
            )
            for number, item in sorted(config.phases.items())
        ],
        declared_area_mu=config.declared_area_mu,
        document=config.document.number,
        links={"self": api, "page": page}
        | {name: f"{api}/{name}" for name in ASPECTS}
        | {name: f"{page}/{name}" for name in PAGES},
    )


def readiness_answer(question: Question, assessment: Assessment, lang: Language) -> ReadinessAnswer:
    """Say how ready each parcel is."""
    ready = assessment.readiness
    gates = dict(_gates(assessment.gates, lang))
    rows = [
        ReadinessRow(
            parcel_id=row["parcel_id"],
            phase=row["phase"],
            area_m2=round(row["area_m2"], 2),
            area_mu=round(to_mu(row["area_m2"]), 2),
            stage=row["stage"],
            stage_label=catalogue.text(f"stage.{row['stage']}", lang),
            ready_on=row["ready_on"],
            blocking=_parts(row["blocking"], ";"),
            last_gate=row["last_gate"],
            last_work=row["last_work"],
            chain=_parts(row["chain"], ">"),
            gates=gates.get(row["parcel_id"], []),
        )
        for row in _records(ready)
    ]
    return ReadinessAnswer(**_asked(question), stages=ready["stage"].value_counts().to_dict(), parcels=rows)


def _gates(gates: pd.DataFrame, lang: Language) -> Iterator[tuple[str, list[Gate]]]:
    names = [name for name in Gate.model_fields if name != "label"]
    for parcel_id, own in gates.groupby("parcel_id", sort=False):
        rows = [plain(row) for row in own[names].to_dict(orient="records")]
        yield str(parcel_id), [Gate(**row, label=code_name("gate", row["kind"], lang)) for row in rows]


def plan_answer(question: Question, study: Study, lang: Language) -> PlanAnswer:
    """Give the plan with its phases, transfers, and what it leaves out."""
    figures = summary(study, lang)
    unplanned = [
        UnplannedRow(
            parcel_id=item.parcel_id,
            phase=item.phase,
            area_mu=round(to_mu(item.area_m2), 2),
            reason=unplanned_text(item, lang),
        )
        for item in study.plan.unplanned
    ]
    return PlanAnswer(
        **_asked(question),
        **{name: figures[name] for name in FIGURES},
        conflict=why_not(study, lang),
        phases=[PhaseRow(**_only(PhaseRow, row)) for row in _records(phase_table(study, lang))],
        transfers=[TransferRow(**_only(TransferRow, row)) for row in _records(transfer_table(study, lang))],
        unplanned=unplanned,
    )


def explain_answer(question: Question, study: Study, parcel: str, lang: Language) -> ExplainAnswer:
    """Say in words what a parcel waited for."""
    told = explain_parcel(study, parcel)
    steps = [
        ExplainStep(
            kind=step.kind,
            subject=step.subject,
            on=step.on,
            slack_days=step.slack_days,
            text=step.text(lang),
        )
        for step in told.steps
    ]
    return ExplainAnswer(**_asked(question), parcel_id=parcel, steps=steps, text=told.text(lang))


def findings_answer(
    question: Question, data: Findings, announced: Findings | None, lang: Language, severity: Severity | None
) -> FindingsAnswer:
    """List what was found, errors first, of one severity if asked."""

    def rows(findings: Findings) -> list[FindingRow]:
        chosen = findings.of(severity) if severity else findings
        return [FindingRow(**record) for record in chosen.records(lang)]

    counts = data.counts()
    return FindingsAnswer(
        **_asked(question),
        counts={name: counts[name] for name in get_args(Severity)},
        findings=rows(data),
        announced=None if announced is None else rows(announced),
    )


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain dicts, the index first; areas in mu to two decimals."""
    areas = [name for name in frame.columns if name.endswith("_mu")]
    rounded = frame.assign(**{name: frame[name].astype(float).round(2) for name in areas})
    named = rounded.drop(columns=[frame.index.name], errors="ignore").reset_index()
    return [plain(row) for row in named.to_dict(orient="records")]


def _only(model: type[PhaseRow | TransferRow], row: dict[str, Any]) -> dict[str, Any]:
    """The fields of a model; a text that is missing is empty."""
    chosen = {name: row.get(name) for name in model.model_fields}
    return {
        name: "" if value is None and model.model_fields[name].annotation is str else value
        for name, value in chosen.items()
    }


def _parts(text: str, separator: str) -> list[str]:
    return [part for part in text.split(separator) if part]
