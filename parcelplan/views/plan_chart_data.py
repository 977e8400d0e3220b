"""What the charts of a plan draw, as small tables. Areas are in mu, money in 万元."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from parcelplan.checks.money_checks import balances
from parcelplan.dates import ONE_DAY
from parcelplan.planning.problem import CashLimit, CrewCapacity, Target
from parcelplan.planning.why.floats import work_floats
from parcelplan.units import to_mu, to_wanyuan
from parcelplan.views import palette
from parcelplan.views.chart_data import WAITING, WORK, announced_areas, cumulated, say
from parcelplan.views.tables import announced_phases, code_name, phase_name

if TYPE_CHECKING:
    from parcelplan.catalogue import Language
    from parcelplan.plan import PlannedWork
    from parcelplan.planning.risk import Risk
    from parcelplan.study import Study

CRITICAL, FREE, DONE, INCOME, PAYMENT = "#d55e00", "#a3bcd3", "#9aa5b1", "#009e73", "#e69f00"
MOST_WORKS = 40
"""Rows of works drawn; where there are more, those with the least float."""
MOST_DRIVERS = 12
_BAR = ["row", "order", "part", "color", "start", "end"]
_KINDS = {
    "critical": (CRITICAL, 0),
    "work": (WORK, 1),
    "float": (WAITING, 2),
    "free": (FREE, 3),
    "done": (DONE, 4),
}


@dataclass(frozen=True, kw_only=True)
class Programme:
    """Works of a plan as rows of a chart, in groups by crew, or by kind where no crew is said."""

    rows: list[str]
    """Labels from top to bottom, headings of the groups among them."""
    headings: list[str]
    bars: pd.DataFrame
    """Row, part, color, order, start, end; float from the end of a work to the day by which it may slip."""
    marks: pd.DataFrame
    """Due dates and 80 % ends: row, on, mark, order."""
    left_out: int
    """Works that have no row."""


def programme(study: Study, lang: Language, risk: Risk | None = None) -> Programme:
    """Lay the works of a study's plan out as rows, those that nothing waits for last in line for a place.

    A work without float is critical: each day that it takes longer moves a transfer or a deadline. The float is that
    of :func:`parcelplan.planning.why.floats.work_floats`.
    """
    problem, plan = study.problem, study.plan
    found = work_floats(problem, plan)
    room = {name: item.total_days for name, item in found.items()}
    chosen = sorted(plan.works, key=lambda item: (_rank(room[item.work_id]), item.start_on, item.work_id))
    groups: dict[str, list[PlannedWork]] = {}
    for item in sorted(chosen[:MOST_WORKS], key=lambda item: (item.start_on, item.ends_on, item.work_id)):
        groups.setdefault(_group(study, item, lang), []).append(item)
    rows: list[str] = []
    bars: list[tuple[Any, ...]] = []
    marks: list[tuple[Any, ...]] = []
    for heading, items in groups.items():
        rows.append(heading)
        for item in items:
            row = work_label(study, item)
            rows.append(row)
            bars += _bars(study, item, row, room[item.work_id], lang)
            marks += _marks(study, item, row, risk, lang)
    return Programme(
        rows=rows,
        headings=list(groups),
        bars=_days(pd.DataFrame(bars, columns=_BAR), "start", "end"),
        marks=_days(pd.DataFrame(marks, columns=["row", "on", "mark", "order"]), "on"),
        left_out=len(chosen[MOST_WORKS:]),
    )


def _days(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Days as such, and no bars without length."""
    for column in columns:
        frame[column] = pd.to_datetime(frame[column]).astype("datetime64[s]")
    if len(columns) > 1:
        frame = frame[frame["end"] > frame["start"]]
    return frame.reset_index(drop=True)


def _rank(room: int | None) -> int:
    return 10**6 if room is None else room


def _group(study: Study, item: PlannedWork, lang: Language) -> str:
    held = [crew for crew in study.problem.of(CrewCapacity) if item.crews.get(crew.crew_id, 0)]
    if held:
        return crew_label(held[0], lang)
    kind = next((work.kind for work in study.problem.works if work.work_id == item.work_id), "")
    return code_name("work", kind, lang) or say("group.none", lang)


def crew_label(crew: CrewCapacity, lang: Language) -> str:
    """Name of a crew and its normal capacity."""
    return say("group.crew", lang, crew=crew.title or crew.crew_id, capacity=crew.capacity)


def work_label(study: Study, item: PlannedWork) -> str:
    """Id and name of a work, with the alternative where one was chosen."""
    work = next((work for work in study.problem.works if work.work_id == item.work_id), None)
    named = work.name if work is not None else ""
    if not named and item.work_id in study.schedule.index:
        named = str(study.schedule.at[item.work_id, "name"])
    return "  " + " ".join(
        part for part in (item.work_id, named, f"〔{item.mode}〕" if item.mode else "") if part
    )


def _bars(
    study: Study, item: PlannedWork, row: str, room: int | None, lang: Language
) -> list[tuple[Any, ...]]:
    parts = []
    if item.started_on is not None and not item.fixed:
        parts.append(("done", item.started_on, item.start_on))
    parts.append((_kind(study, item, room), item.start_on, item.free_on))
    parts.append(("float", item.free_on, item.free_on + (room or 0) * ONE_DAY))
    return [
        (row, _KINDS[name][1], say(f"programme.{name}", lang), _KINDS[name][0], start, end)
        for name, start, end in parts
    ]


def _kind(study: Study, item: PlannedWork, room: int | None) -> str:
    if item.fixed and item.ends_on < study.plan.as_of:
        return "done"
    return "free" if room is None else "critical" if room == 0 else "work"


def _marks(
    study: Study, item: PlannedWork, row: str, risk: Risk | None, lang: Language
) -> list[tuple[Any, ...]]:
    schedule, marks = study.schedule, []
    due: Any = schedule.at[item.work_id, "due_on"] if item.work_id in schedule.index else pd.NaT
    if not pd.isna(due):
        marks.append((row, due, say("mark.due", lang), 0))
    if risk is not None and item.work_id in risk.works.index and risk.works.at[item.work_id, "uncertain"]:
        sure: Any = risk.works.at[item.work_id, "p80_on"]
        if not pd.isna(sure):
            marks.append((row, sure, say("mark.p80_work", lang), 1))
    return marks


def phase_bars(study: Study, lang: Language) -> pd.DataFrame:
    """One row a phase, a bar from notice to transfer for each batch of it: row, part, color, order, start, end."""
    rows = []
    for item in {item.batch: item for item in study.plan.transfers}.values():
        name = phase_name(study, item.phase, lang)
        span = (item.notice_on, item.transfer_on + ONE_DAY)
        rows.append(
            (name, item.phase, say("programme.listing", lang), palette.phase_colour(item.phase), *span)
        )
    rows.sort(key=lambda row: (row[1], row[4]))
    return _days(pd.DataFrame(rows, columns=_BAR), "start", "end")


def phase_marks(study: Study, lang: Language, risk: Risk | None = None) -> pd.DataFrame:
    """Announced days and 80 % days of the phases' last transfers: row, on, mark, order."""
    announced = announced_phases(study)["announced_on"]
    phases = sorted({item.phase for item in study.plan.transfers})
    rows = [(phase, announced.get(phase, pd.NaT), say("mark.announced", lang), 0) for phase in phases]
    if risk is not None and risk.works["uncertain"].any():
        rows += [(phase, risk.phases.at[phase, "p80_on"], say("mark.p80_phase", lang), 1) for phase in phases]
    named = [(phase_name(study, row[0], lang), *row[1:]) for row in rows if not pd.isna(row[1])]
    return _days(pd.DataFrame(named, columns=["row", "on", "mark", "order"]), "on")


def crews_in_use(study: Study, works: Programme, lang: Language) -> list[CrewCapacity]:
    """Crews that some work of the plan holds, in the order in which they head the programme."""
    place = {heading: k for k, heading in enumerate(works.headings)}
    held = {
        name for item in study.plan.works if not item.fixed for name, units in item.crews.items() if units
    }
    crews = [crew for crew in study.problem.of(CrewCapacity) if crew.crew_id in held]
    return sorted(crews, key=lambda crew: place.get(crew_label(crew, lang), len(place)))


def crew_use(study: Study, crew: CrewCapacity) -> pd.DataFrame:
    """Units used and there on each day of change up to the end of all works: on, used, capacity; a step function."""
    plan = study.plan
    held = [(item, crew.units.get((item.work_id, item.mode), 0)) for item in plan.works if not item.fixed]
    last = max([plan.as_of, *(item.free_on for item in plan.works)])
    days = {
        plan.as_of,
        last,
        *(day for item, units in held if units for day in (item.start_on, item.free_on)),
    }
    days |= {day for first, until, _ in crew.changes for day in (first, until) if plan.as_of <= day <= last}
    rows = [
        {
            "on": day,
            "used": sum(units for item, units in held if item.start_on <= day < item.free_on),
            "capacity": crew.capacity_on(day),
        }
        for day in sorted(days)
    ]
    return _days(pd.DataFrame(rows), "on")


def cash_months(study: Study, risk: Risk | None = None) -> pd.DataFrame:
    """Money by month, 万元: month, until, income, payments (negative), lowest balance, credit line (negative).

    With a risk run also ``p80``, which the balance does not fall below in 80 % of the runs; months of the plan alone.
    """
    rows = [
        {
            "month": row.month,
            "income": to_wanyuan(row.income_yuan),
            "payments": -to_wanyuan(row.payments_yuan),
            "balance": to_wanyuan(row.balance_yuan),
            "credit": -to_wanyuan(cash.credit_yuan),
        }
        for cash in study.problem.of(CashLimit)
        for row in balances(study.plan, cash)
    ]
    frame = _days(pd.DataFrame(rows), "month")
    if risk is not None:
        sure = to_wanyuan(1.0) * risk.cash["p80_yuan"]
        frame["p80"] = sure.reindex(frame["month"]).to_numpy()
    return frame.assign(until=frame["month"] + pd.offsets.MonthBegin(1))


def sure_supply(risk: Risk, until: pd.Timestamp) -> pd.DataFrame:
    """Cumulative mu by day: on, planned, p50, p80, p95; the last state lasts ``until``."""
    frame: pd.DataFrame = risk.supply.apply(to_mu)
    if until > frame.index[-1]:
        frame.loc[until] = frame.iloc[-1]
    return frame.rename(columns=lambda name: name.removesuffix("_m2")).rename_axis("on").reset_index()


def announced_steps(study: Study, until: pd.Timestamp) -> pd.DataFrame:
    """Cumulative mu as announced: on, area_mu; empty where no day was announced."""
    areas = announced_areas(study)
    start = pd.Timestamp(study.site.as_of)
    return cumulated(areas.groupby("announced_on")["area_mu"].sum(), start, until)


def area_targets(study: Study) -> pd.DataFrame:
    """Targets of land, each once: on, area_mu, title."""
    rows = [
        (item.by_on, to_mu(item.amount), item.title or item.target_id)
        for item in study.problem.of(Target)
        if item.measure == "area_m2"
    ]
    frame = _days(pd.DataFrame(rows, columns=["on", "area_mu", "title"]), "on")
    return frame.drop_duplicates().sort_values(["on", "area_mu"]).reset_index(drop=True)


def apart(targets: pd.DataFrame, days: float, area_mu: float, until: pd.Timestamp) -> pd.DataFrame:
    """Targets whose names have room, with ``left``: whether the name stands to the left of its sign, at the edge.

    Parameters
    ----------
    targets
        From :func:`area_targets`.
    days, area_mu
        Room that a name takes on the chart.
    until
        Right edge of the chart.
    """
    left = targets["on"] + pd.Timedelta(days=days) > until
    kept: list[Any] = []
    for k, row in targets.iterrows():
        ahead = (targets["on"] - row["on"]).dt.days * (-1 if left.at[k] else 1)
        level = (targets["area_mu"] - row["area_mu"]).abs() < area_mu
        # Neither another sign nor a name already written may lie where this name would.
        signs = level & (ahead >= 0) & (ahead < days) & (targets.index != k)
        names = level & (ahead.abs() < days) & targets.index.isin(kept)
        if not (signs | names).any():
            kept.append(k)
    return targets.assign(left=left).loc[kept]


def drivers(study: Study, risk: Risk, lang: Language) -> pd.DataFrame:
    """Works that move the mean day of transfer, the strongest first: row, part, days after the planned one, text."""
    rows = []
    works = {item.work_id: item for item in study.plan.works}
    moving = risk.drivers[risk.drivers["swing_days"] > 0]
    for work_id, driver in moving.head(MOST_DRIVERS).iterrows():
        row = work_label(study, works[str(work_id)]).strip()
        for name in ("low", "high"):
            text = say("driver.days", lang, days=int(driver[f"{name}_days"]))
            rows.append((row, say(f"driver.{name}", lang), driver[f"{name}_shift_days"], text))
    return pd.DataFrame(rows, columns=["row", "part", "days", "text"])


def yearly_supply(study: Study, lang: Language) -> pd.DataFrame:
    """Mu transferred in each year by phase: year, part, color, order, area_mu."""
    rows: dict[tuple[int, int], float] = {}
    for item in study.plan.transfers:
        key = item.transfer_on.year, item.phase
        rows[key] = rows.get(key, 0.0) + to_mu(item.area_m2)
    named = [
        (str(year), phase_name(study, phase, lang), palette.phase_colour(phase), phase, area)
        for (year, phase), area in sorted(rows.items())
    ]
    return pd.DataFrame(named, columns=["year", "part", "color", "order", "area_mu"])


def yearly_quotas(study: Study) -> pd.DataFrame:
    """Quota of each year in which something is transferred, with what the plan may carry over: year, area_mu."""
    used = study.plan.area_by_year_m2()
    quotas = study.problem.quotas()
    years = range(min(used), max(used) + 1) if used else range(0)
    rows = [
        (str(year), to_mu(quotas[year].quota_m2 + quotas[year].carried_m2(used)))
        for year in years
        if year in quotas
    ]
    return pd.DataFrame(rows, columns=["year", "area_mu"])
