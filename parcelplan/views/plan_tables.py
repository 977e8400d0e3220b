"""Result tables of what a plan does besides transfers: works, objectives and money."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from parcelplan import catalogue
from parcelplan.checks.money_checks import balances
from parcelplan.planning.problem import CashLimit
from parcelplan.planning.why.floats import work_floats
from parcelplan.schema.crews import format_crews
from parcelplan.schema.results import result_columns
from parcelplan.units import to_wanyuan
from parcelplan.views.objectives import shown_figure, shown_unit

if TYPE_CHECKING:
    from parcelplan.catalogue import Language
    from parcelplan.plan import PlannedWork
    from parcelplan.study import Study


PLAN_TABLES = ("works_plan", "objectives", "cash")
"""Names of these tables, in the order in which they are shown."""


def work_plan_table(study: Study, lang: Language | None = None) -> pd.DataFrame:
    """The works as the plan carries them out, indexed by work_id, in the order of their start.

    ``total_float_days`` says how far a work may slip before a transfer or a deadline moves, ``free_float_days`` before
    anything else moves; empty where nothing waits for it.
    """
    lang, plan = lang or study.site.lang, study.plan
    floats = work_floats(study.problem, plan)
    rows = [
        {
            "work_id": item.work_id,
            "mode": _mode_name(study, item),
            "start_on": item.start_on,
            "ends_on": item.ends_on,
            "started_on": item.started_on,
            "days": (item.free_on - item.start_on).days,
            "crews": format_crews(item.crews),
            "cost_wanyuan": to_wanyuan(item.cost_yuan),
            "total_float_days": floats[item.work_id].total_days,
            "free_float_days": floats[item.work_id].free_days,
            "waited_for": work_waited_text(study, item, lang),
            "fixed": item.fixed,
        }
        for item in sorted(plan.works, key=lambda work: (work.start_on, work.ends_on, work.work_id))
    ]
    columns = [item.column for item in result_columns("works_plan")]
    frame = pd.DataFrame(rows, columns=columns).set_index("work_id")
    for name in ("start_on", "ends_on", "started_on"):
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[s]")
    whole = ["days", "total_float_days", "free_float_days"]
    frame[whole] = frame[whole].astype("Int64")
    known = study.schedule.reindex(frame.index)
    return frame.assign(kind=known["kind"], name=known["name"])


def _mode_name(study: Study, work: PlannedWork) -> str:
    """Name of the alternative, as its table has it; empty for the work's own way."""
    if not work.mode:
        return ""
    table = study.site.table("alternatives")
    own = table[(table["work_id"] == work.work_id) & (table["mode"] == work.mode)]
    return str(own["name"].iloc[0] or work.mode) if len(own) else work.mode


def work_waited_text(study: Study, work: PlannedWork, lang: Language) -> str:
    """Say what kept a work from starting earlier, with the name of the work where a work did."""
    subject, schedule = work.waited_for.subject, study.schedule
    name = str(schedule.loc[subject, "name"]) if subject in schedule.index else subject
    return catalogue.text(f"waited.{work.waited_for.kind}", lang, subject=subject, name=name)


def objective_table(study: Study) -> pd.DataFrame:
    """What the plan reaches of each objective, in the order in which they count, each in its own unit."""
    rows = [
        {
            "rank": rank,
            "objective": item.name,
            "value": shown_figure(item.name, item.value),
            "bound": None if item.bound is None else shown_figure(item.name, item.bound),
            "gap": item.gap,
            "unit": shown_unit(item.name),
        }
        for rank, item in enumerate(study.plan.objectives, start=1)
    ]
    columns = [item.column for item in result_columns("objectives")]
    return pd.DataFrame(rows, columns=columns).astype({"value": float, "bound": float, "gap": float})


def cash_table(study: Study) -> pd.DataFrame:
    """Money of the plan by month; no rows where the site does not speak of money, or there is no plan."""
    columns = [item.column for item in result_columns("cash")]
    limits = study.problem.of(CashLimit)
    if not limits or not (study.plan.transfers or study.plan.works):
        return pd.DataFrame(columns=columns)
    (limit,) = limits
    rows = [
        {
            "month": f"{item.month:%Y-%m}",
            "income_wanyuan": to_wanyuan(item.income_yuan),
            "payments_wanyuan": to_wanyuan(item.payments_yuan),
            "balance_wanyuan": to_wanyuan(item.balance_yuan),
            "closing_wanyuan": to_wanyuan(item.closing_yuan),
            "left_wanyuan": to_wanyuan(item.balance_yuan + limit.credit_yuan),
        }
        for item in balances(study.plan, limit)
    ]
    return pd.DataFrame(rows, columns=columns)


def plan_tables(study: Study, lang: Language) -> dict[str, pd.DataFrame]:
    """Those of these tables that have rows, by name, their index among the columns."""
    tables = (work_plan_table(study, lang).reset_index(), objective_table(study), cash_table(study))
    return {name: table for name, table in zip(PLAN_TABLES, tables, strict=True) if len(table)}
