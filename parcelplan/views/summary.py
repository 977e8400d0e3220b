"""The run in one small dict: what summary.json and the start page say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parcelplan.io.vector.geojson import plain
from parcelplan.units import to_mu
from parcelplan.views.objectives import headline_figures
from parcelplan.views.plan_tables import objective_table, work_plan_table
from parcelplan.views.tables import phase_table, transfer_table

if TYPE_CHECKING:
    import pandas as pd

    from parcelplan.catalogue import Language
    from parcelplan.findings import Findings
    from parcelplan.study import Study

_VERDICTS = ("ok", "violated", "unknown")
_PHASE = (
    "parcels",
    "area_mu",
    "developable_mu",
    "ready_on",
    "notice_on",
    "first_transfer_on",
    "last_transfer_on",
    "announced_on",
    "slack_days",
)
_TRANSFER = ("phase", "batch", "area_mu", "ready_on", "notice_on", "transfer_on", "waited_for")
_OBJECTIVE = ("objective", "value", "bound", "gap", "unit")
_WORK = ("work_id", "name", "mode", "start_on", "ends_on", "crews", "cost_wanyuan", "waited_for")
_FINDING = ("code", "severity", "layer", "feature_id", "message")


def summary(study: Study, lang: Language | None = None) -> dict[str, Any]:
    """Figures of the run, ready for JSON.

    Areas are in mu to two decimals, days ISO dates; what is unknown or never is null. ``objective`` and
    ``bound`` are those of the plan's ``headline``, for ``supply`` in mu·days: each parcel's area times the days
    from ``as_of`` to its transfer; ``objectives`` has all of them in their units. ``gap`` is a ratio, ``solve_s``
    seconds. ``developable_mu`` of a phase is at ``as_of``; ``slack_days`` is its announced day minus its last
    transfer, negative when late, null where no day was announced or a parcel is not planned.

    Parameters
    ----------
    study
        A computed site.
    lang
        Language of names and sentences; the site's where None.
    """
    lang = lang or study.site.lang
    plan, site = study.plan, study.site
    objective, bound = headline_figures(plan)
    return {
        "site": site.name(lang),
        "as_of": site.as_of.isoformat(),
        "scenario": site.scenario,
        "status": plan.status,
        "headline": plan.headline,
        "objective": _rounded(objective),
        "bound": _rounded(bound),
        "gap": plan.gap,
        "objectives": _records(objective_table(study), _OBJECTIVE),
        "solve_s": round(plan.solve_s, 3),
        "area_mu": _mu(float(study.developable["area_m2"].sum())),
        "developable_mu_now": _mu(float(study.developable["developable_m2"].sum())),
        "developable_mu_final": _mu(float(study.developable_final["developable_m2"].sum())),
        "phases": _rows(phase_table(study, lang), _PHASE, "phase"),
        "transfers": _rows(transfer_table(study, lang), _TRANSFER, "parcel_id"),
        "works": _records(work_plan_table(study, lang).reset_index(), _WORK),
        "verdicts": {name: int((study.verdicts["verdict"] == name).sum()) for name in _VERDICTS},
        "findings": _findings(study.findings, lang),
        "announced_findings": _findings(study.announced_findings, lang),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _records(frame: pd.DataFrame, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    return [plain(row) for row in frame[list(columns)].to_dict(orient="records")]


def _mu(area_m2: float | None) -> float | None:
    return None if area_m2 is None else round(to_mu(area_m2), 2)


def _rows(frame: pd.DataFrame, columns: tuple[str, ...], key: str) -> list[dict[str, Any]]:
    """Give one dict a row, the index first, areas to two decimals."""
    shown = frame[list(columns)].copy()
    areas = [name for name in columns if name.endswith("_mu")]
    shown[areas] = shown[areas].astype(float).round(2)
    return [plain(row) for row in shown.rename_axis(key).reset_index().to_dict(orient="records")]


def _findings(findings: Findings, lang: Language) -> list[dict[str, Any]]:
    return [{name: record[name] for name in _FINDING} for record in findings.records(lang)]
