"""What the report says of a plan as a programme: its objectives, works, money, and how sure its dates are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from parcelplan.planning.problem import CashLimit, CrewCapacity
from parcelplan.units import to_wanyuan
from parcelplan.views.objectives import figure_text
from parcelplan.views.plan_tables import cash_table, objective_table, work_plan_table
from parcelplan.views.report_data import Row, records, say
from parcelplan.views.risk_tables import driver_table, risk_date_table, risk_phase_table
from parcelplan.views.tables import code_name, named

if TYPE_CHECKING:
    from parcelplan.catalogue import Language
    from parcelplan.plan import PlannedWork
    from parcelplan.study import Study

UNLIKELY = 0.5
"""A date that fewer of the runs meet than this is marked as one to worry about."""


def has_risk(study: Study) -> bool:
    """Whether the plan has anything that could turn out otherwise."""
    return bool(study.plan.transfers and study.plan.works and study.risk.works["uncertain"].any())


def has_money(study: Study) -> bool:
    """Whether there is money to tell of."""
    return bool(study.problem.of(CashLimit) and (study.plan.transfers or study.plan.works))


def objective_rows(study: Study, lang: Language) -> list[Row]:
    """Objectives in the order in which they count: name, figure with unit, bound and gap."""
    rows = []
    for item in records(objective_table(study)):
        source = next(value for value in study.plan.objectives if value.name == item["objective"])
        rows.append(
            {
                "name": code_name("objective", item["objective"], lang),
                "unit": code_name("objective_unit", item["unit"], lang),
                "value": figure_text(source.name, source.value),
                "bound": None if source.bound is None else figure_text(source.name, source.bound),
                "gap": item["gap"],
            }
        )
    return rows


def work_rows(study: Study, lang: Language) -> list[Row]:
    """Works of the plan that have not ended, in the order of their start, with due date, float and certainty."""
    frame = named(work_plan_table(study, lang), "works_plan", lang)
    frame = frame[frame["ends_on"] >= pd.Timestamp(study.plan.as_of)]
    frame["due_on"] = study.schedule["due_on"].reindex(frame.index)
    frame["crews"] = [_crew_names(study, study.plan.work(str(work_id)), lang) for work_id in frame.index]
    frame["late"] = frame["ends_on"] > frame["due_on"]
    frame["binds_parcels"] = study.readiness["last_work"].value_counts().reindex(frame.index, fill_value=0)
    frame["p80_on"], frame["critical"] = pd.NaT, None
    if has_risk(study):
        known = study.risk.works.reindex(frame.index)
        frame["p80_on"] = known["p80_on"].where(known["uncertain"].fillna(value=False))
        frame["critical"] = known["critical_supply"]
    return records(frame.reset_index())


def _crew_names(study: Study, item: PlannedWork | None, lang: Language) -> str:
    titles = {crew.crew_id: crew.title or crew.crew_id for crew in study.problem.of(CrewCapacity)}
    held = sorted((item.crews if item is not None else {}).items())
    return say("comma", lang).join(
        titles.get(crew, crew) + (f" × {units}" if units > 1 else "") for crew, units in held
    )


def money_facts(study: Study, lang: Language) -> str:
    """The lowest balance and the sums in one sentence."""
    months = cash_table(study)
    lowest = months.iloc[int(months["balance_wanyuan"].argmin())]
    (limit,) = study.problem.of(CashLimit)
    facts = say(
        "money.facts",
        lang,
        income=months["income_wanyuan"].sum(),
        payments=months["payments_wanyuan"].sum(),
        lowest=lowest["balance_wanyuan"],
        month=lowest["month"],
        left=lowest["left_wanyuan"],
        credit=to_wanyuan(limit.credit_yuan),
        closing=months["closing_wanyuan"].iloc[-1],
    )
    if not has_risk(study):
        return facts
    return say("money.both", lang, facts=facts, sure=say("money.sure", lang, share=study.risk.credit_kept))


def risk_facts(study: Study, lang: Language) -> dict[str, Any]:
    """Sentences and tables of how sure the plan is."""
    risk = study.risk
    mean = {str(name): f"{day:%Y-%m-%d}" for name, day in risk.mean_on.items()}
    dates = named(risk_date_table(study, risk, lang), "risk_dates", lang)
    dates["unlikely"] = dates["probability"] < UNLIKELY
    return {
        "mean": say("risk.mean", lang, runs=risk.runs, **mean),
        "shape": say(f"risk.{risk.shape}", lang),
        "phases": records(risk_phase_table(study, risk, lang)),
        "dates": records(dates),
        "notes": [item.message(lang) for item in risk.notes],
        "driven": bool((driver_table(study, risk, lang)["swing_days"] > 0).any()),
    }
