"""How sure a plan is, as tables for eyes and as one record for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from parcelplan import catalogue
from parcelplan.io.vector.geojson import plain
from parcelplan.planning.problem import Target
from parcelplan.schema.results import result_columns
from parcelplan.units import to_mu, to_wanyuan
from parcelplan.views.tables import phase_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from parcelplan.catalogue import Language
    from parcelplan.planning.risk import Risk
    from parcelplan.study import Study


def _in_order(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    columns = [item.column for item in result_columns(table)]
    return frame.rename_axis(columns[0]).reset_index().reindex(columns=columns)


def risk_phase_table(study: Study, risk: Risk, lang: Language) -> pd.DataFrame:
    """Last transfer of each phase: planned, and the days by which it is made with 50, 80 and 95 % certainty."""
    frame = risk.phases.copy()
    frame["name"] = [phase_name(study, int(phase), lang) for phase in frame.index]
    frame["delay_days"] = (frame["p80_on"] - frame["planned_on"]).dt.days.astype("Int64")
    return _in_order(frame, "risk_phases")


def risk_parcel_table(_study: Study, risk: Risk, _lang: Language) -> pd.DataFrame:
    """The same for the transfer of each parcel, in the order of the plan."""
    return _in_order(risk.parcels.assign(area_mu=to_mu(risk.parcels["area_m2"])), "risk_parcels")


def risk_work_table(study: Study, risk: Risk, _lang: Language) -> pd.DataFrame:
    """Last day of each work that is not certain, and how often land hangs on it; the most critical first."""
    frame = risk.works[risk.works["uncertain"]].copy()
    frame["name"] = [work_name(study, str(work_id)) for work_id in frame.index]
    frame = frame.sort_values(["critical_supply", "critical_last"], ascending=False, kind="stable")
    return _in_order(frame, "risk_works")


def risk_date_table(study: Study, risk: Risk, lang: Language) -> pd.DataFrame:
    """Dates that somebody counts on, each with the probability that it is met."""
    frame = risk.dates.reset_index(drop=True)
    frame["name"] = [_date_name(study, row, lang) for _, row in frame.iterrows()]
    return frame.reindex(columns=[item.column for item in result_columns("risk_dates")])


def driver_table(study: Study, risk: Risk, _lang: Language) -> pd.DataFrame:
    """Works that move the mean day of transfer, the strongest first."""
    frame = risk.drivers.copy()
    frame["name"] = [work_name(study, str(work_id)) for work_id in frame.index]
    return _in_order(frame, "risk_drivers")


def work_name(study: Study, work_id: str) -> str:
    """Name of a work as the problem gives it, else the schedule; empty where neither does."""
    named = next((work.name for work in study.problem.works if work.work_id == work_id), "")
    if not named and work_id in study.schedule.index:
        return str(study.schedule.at[work_id, "name"])
    return named


def _date_name(study: Study, row: pd.Series, lang: Language) -> str:
    subject = str(row["subject"])
    if row["kind"] in {"promised", "deadline", "fixed_work"}:
        return work_name(study, subject)
    if row["kind"] == "target":
        return next((item.title for item in study.problem.of(Target) if item.target_id == subject), "")
    if row["kind"] == "horizon":
        return catalogue.text("risk.everything", lang)
    return "" if pd.isna(row["phase"]) else phase_name(study, int(row["phase"]), lang)


RISK_TABLES: dict[str, Callable[[Study, Risk, Language], pd.DataFrame]] = {
    "risk_phases": risk_phase_table,
    "risk_dates": risk_date_table,
    "risk_works": risk_work_table,
    "risk_drivers": driver_table,
    "risk_parcels": risk_parcel_table,
}
"""Result tables of a risk run, in the order in which they are shown."""


def risk_record(study: Study, risk: Risk, lang: Language) -> dict[str, Any]:
    """Everything that a risk run answers, ready for JSON.

    Days are ISO dates, areas mu, probabilities and shares ratios; null means not within the years looked at.
    """
    supply = risk.supply.apply(to_mu).round(2).rename(columns=lambda name: name.replace("_m2", "_mu"))
    return {
        "site": study.site.name(lang),
        "as_of": risk.as_of.isoformat(),
        "runs": risk.runs,
        "seed": risk.seed,
        "shape": risk.shape,
        "mean_transfer": plain(risk.mean_on.to_dict()),
        **{
            name.removeprefix("risk_"): [plain(row) for row in table(study, risk, lang).to_dict("records")]
            for name, table in RISK_TABLES.items()
        },
        "cash": [plain(row) for row in _cash(risk).to_dict("records")],
        "credit_kept": risk.credit_kept,
        "supply": [plain(row) for row in supply.reset_index().to_dict("records")],
        "notes": [item.message(lang) for item in risk.notes],
    }


def _cash(risk: Risk) -> pd.DataFrame:
    if risk.cash.empty:
        return pd.DataFrame()
    shown = risk.cash.mul(to_wanyuan(1.0)).round(2)
    shown.columns = pd.Index([name.replace("_yuan", "_wanyuan") for name in shown.columns])
    return shown.set_axis([f"{month:%Y-%m}" for month in risk.cash.index]).rename_axis("month").reset_index()
