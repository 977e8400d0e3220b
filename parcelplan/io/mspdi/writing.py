"""MSPDI out: works with their planned days, so that project software shows the plan and keeps what it does not know."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from parcelplan.catalogue import Language, text
from parcelplan.io.atomic import whole_file
from parcelplan.io.mspdi import values
from parcelplan.io.mspdi.calendars import read_calendars
from parcelplan.io.mspdi.fields import definitions, fields
from parcelplan.io.mspdi.reading import plain_rows
from parcelplan.io.mspdi.remembered import memory_of
from parcelplan.io.mspdi.structure import document
from parcelplan.io.mspdi.write_calendars import CalendarWriter, Span
from parcelplan.io.mspdi.write_crews import assignments, resources
from parcelplan.io.mspdi.xml_tree import read_tree
from parcelplan.io.programme.tables import TABLES, Programme, Row, rows_of
from parcelplan.schema.links import Relation, parse_links
from parcelplan.units import YUAN_PER_WANYUAN

_EVERY_DAY = 1
_SAVE_VERSION = 12
_START_FROM, _FIXED_DURATION = 4, 1
_TYPES: Mapping[Relation, int] = {"FF": 0, "FS": 1, "SF": 2, "SS": 3}
_AT_START, _SPREAD, _AT_END = 1, 2, 3
_WHOLE = 100


def write_mspdi(
    programme: Programme,
    path: str | Path,
    *,
    planned: pd.DataFrame,
    title: str,
    as_of: date,
    lang: Language = "zh",
) -> None:
    """Write :func:`mspdi_text` into a file, whole or not at all."""
    content = mspdi_text(programme, planned=planned, title=title, as_of=as_of, lang=lang)
    with whole_file(path) as beside:
        beside.write_text(content, encoding="utf-8", newline="\n")


def mspdi_text(
    programme: Programme, *, planned: pd.DataFrame, title: str, as_of: date, lang: Language = "zh"
) -> str:
    """Works as a document that project software opens, and :func:`read_mspdi` reads back unchanged.

    Parameters
    ----------
    programme
        Works with crews, calendars, closures and alternatives.
    planned
        Planned ``start_on`` and ``ends_on``, indexed by work_id; NaT where nobody knows.
    title
        Name of the project.
    as_of
        Day of the data: status date of the project.
    lang
        Language of headings and names.

    Notes
    -----
    A bar spans the planned days and is held by "start no earlier than", since the program knows none of the reasons for
    the plan's dates; likely durations stand beside the optimistic and the pessimistic ones. The due date is the
    deadline. Lags are elapsed days, money is yuan.
    """
    tables = {name: rows_of(name, programme.table(name)) for name in TABLES}
    writer = _Writer(tables, planned, title=title, as_of=as_of, lang=lang)
    bare = writer.document("")
    # What a stranger would read of this file tells what must be remembered beside it.
    with tempfile.TemporaryDirectory(prefix="parcelplan-mspdi-") as folder:
        own = Path(folder) / "own.xml"
        own.write_text(bare, encoding="utf-8")
        tree = read_tree(own)
    read, _ = plain_rows(tree)
    known = {calendar.name: uid for uid, calendar in read_calendars(tree)[0].items()}
    ids = {str(row["calendar_id"]): writer.calendar_id(known[str(row["name"])]) for row in read["calendars"]}
    return writer.document(text("mspdi.memory", lang) + "\n" + memory_of(read, tables, ids))


@dataclass(frozen=True, kw_only=True)
class _Bar:
    """A work's days in the file."""

    start: date
    finish: date
    known: bool
    """Whether the days are planned or have happened; otherwise they only show the work."""


class _Writer:
    """Puts one document together."""

    def __init__(
        self,
        tables: Mapping[str, list[Row]],
        planned: pd.DataFrame,
        *,
        title: str,
        as_of: date,
        lang: Language,
    ) -> None:
        self.works, self.crews = tables["works"], tables["crews"]
        self.title, self.as_of, self.lang = title, as_of, lang
        self.uids = {str(row["work_id"]): place for place, row in enumerate(self.works, start=1)}
        self.bars = {str(row["work_id"]): _bar(row, planned, as_of) for row in self.works}
        self._bars_by_uid = dict(enumerate(self.bars.values(), start=1))
        bars = self.bars.values()
        first = min((bar.start for bar in bars), default=as_of)
        last = max((bar.finish for bar in bars), default=as_of)
        self.span = Span(first=min(first, as_of).replace(month=1, day=1), last=last.replace(month=12, day=31))
        self.calendars = self._calendars(tables)
        self._ids = {item.uid: name for name, item in self.calendars.items()}

    def calendar_id(self, uid: int) -> str:
        """Our id of a calendar of the file."""
        return self._ids[uid]

    def document(self, memory: str) -> str:
        """The whole text."""
        tasks = [self._summary(memory), *(self._task(row) for row in self.works)]
        held = assignments(self.works, self.crews, self.uids)
        return document(
            self._head()
            | {
                "ExtendedAttributes": {"ExtendedAttribute": definitions(self.lang)},
                "Calendars": {"Calendar": [item.content() for item in self._all_calendars()]},
                "Tasks": {"Task": tasks},
                "Resources": {"Resource": resources(self.crews, self.works)},
                "Assignments": {"Assignment": [self._assignment(item) for item in held]},
            }
        )

    def _head(self) -> dict[str, Any]:
        bars = self.bars.values()
        return {
            "SaveVersion": _SAVE_VERSION,
            "Name": self.title[:250],
            "Title": self.title[:500],
            "CreationDate": values.at_start(self.as_of),
            "ScheduleFromStart": 1,
            "StartDate": values.at_start(min((bar.start for bar in bars), default=self.as_of)),
            "FinishDate": values.at_finish(max((bar.finish for bar in bars), default=self.as_of)),
            "CurrencyDigits": 2,
            "CurrencySymbol": "¥",
            "CurrencyCode": "CNY",
            "CalendarUID": _EVERY_DAY,
            "DefaultStartTime": values.START,
            "DefaultFinishTime": values.FINISH,
            "MinutesPerDay": values.MINUTES_PER_DAY,
            "MinutesPerWeek": 7 * values.MINUTES_PER_DAY,
            "DaysPerMonth": 30,
            "DefaultTaskType": _FIXED_DURATION,
            "DurationFormat": values.DAYS,
            "NewTasksEffortDriven": 0,
            "NewTasksEstimated": 0,
            "WeekStartDay": 1,
            "StatusDate": values.at_finish(self.as_of),
        }

    # --- calendars

    def _calendars(self, tables: Mapping[str, list[Row]]) -> dict[str, CalendarWriter]:
        """Every calendar by id: those of the table, and those that only works name."""
        rows = {str(row["calendar_id"]): row for row in tables["calendars"]}
        ids = [*rows, *dict.fromkeys(str(row["calendar"]) for row in self.works if row.get("calendar"))]
        made: dict[str, CalendarWriter] = {}
        names = {text("mspdi.every_day", self.lang)}
        for uid, calendar_id in enumerate(dict.fromkeys(ids), start=_EVERY_DAY + 1):
            row = rows.get(calendar_id, {})
            name = str(row.get("name") or calendar_id)
            name = name if name not in names else f"{name} {calendar_id} {uid}"
            names.add(name)
            made[calendar_id] = CalendarWriter(
                uid,
                name,
                self.span,
                self.lang,
                working=row.get("week") == "working",
                closures=[item for item in tables["closures"] if item.get("calendar_id") == calendar_id],
            )
        return made

    def _all_calendars(self) -> list[CalendarWriter]:
        return [
            CalendarWriter(_EVERY_DAY, text("mspdi.every_day", self.lang), self.span, self.lang),
            *self.calendars.values(),
        ]

    # --- tasks

    def _summary(self, memory: str) -> dict[str, Any]:
        head = self._head()
        return {
            "UID": 0,
            "ID": 0,
            "Name": self.title[:500],
            "Type": _FIXED_DURATION,
            "IsNull": 0,
            "OutlineNumber": "0",
            "OutlineLevel": 0,
            "Start": head["StartDate"],
            "Finish": head["FinishDate"],
            "Summary": 1,
            "Notes": memory or None,
        }

    def _task(self, row: Row) -> dict[str, Any]:
        uid, bar = self.uids[str(row["work_id"])], self.bars[str(row["work_id"])]
        calendar = self.calendars.get(str(row.get("calendar") or ""))
        days = calendar.open_days(bar.start, bar.finish) if calendar else (bar.finish - bar.start).days + 1
        due, finished = row.get("due_on"), row.get("finished_on")
        return {
            "UID": uid,
            "ID": uid,
            "Name": str(row.get("name") or row["work_id"])[:500],
            "Type": _FIXED_DURATION,
            "IsNull": 0,
            "WBS": uid,
            "OutlineNumber": uid,
            "OutlineLevel": 1,
            "Priority": 500,
            "Start": values.at_start(bar.start),
            "Finish": values.at_finish(bar.finish),
            "Duration": values.duration_text(max(days, 1)),
            "DurationFormat": values.DAYS if bar.known else values.ESTIMATED_DAYS,
            "EffortDriven": 0,
            "Estimated": int(not bar.known),
            "Milestone": 0,
            "Summary": 0,
            **_money(row),
            "PercentComplete": _WHOLE if finished else round(_WHOLE * (row.get("progress") or 0.0)),
            "ActualStart": values.at_start(row["started_on"]) if row.get("started_on") else None,
            "ActualFinish": values.at_finish(finished) if finished else None,
            **_constraint(row, bar),
            "CalendarUID": calendar.uid if calendar else -1,
            "Deadline": values.at_finish(due) if due else None,
            "IgnoreResourceCalendar": 1,
            "Notes": row.get("note"),
            "PredecessorLink": self._links(row),
            "ExtendedAttribute": [item.content(row.get(item.column), self.lang) for item in fields()],
        }

    def _links(self, row: Row) -> list[dict[str, Any]]:
        """Links to works that there are; the others are remembered with the cell."""
        links = parse_links(str(row.get("predecessors") or ""), self.uids)
        return [
            {
                "PredecessorUID": self.uids[link.before],
                "Type": _TYPES[link.relation],
                "CrossProject": 0,
                "LinkLag": link.lag_days * values.MINUTES_BY_CLOCK * values.TENTHS,
                "LagFormat": values.ELAPSED_DAYS,
            }
            for link in links
            if link.before in self.uids
        ]

    def _assignment(self, item: Mapping[str, Any]) -> dict[str, Any]:
        bar = self._bars_by_uid[item["TaskUID"]]
        return dict(item) | {"Start": values.at_start(bar.start), "Finish": values.at_finish(bar.finish)}


def _bar(row: Row, planned: pd.DataFrame, as_of: date) -> _Bar:
    """Days of a work: what happened, else what is planned, else its likely duration from the day of the data."""
    work_id = str(row["work_id"])
    planned_start, planned_end = (_planned_day(planned, work_id, name) for name in ("start_on", "ends_on"))
    finish = row.get("finished_on") or planned_end
    start = row.get("started_on") or planned_start or finish
    if start is None or finish is None:
        start = start or row.get("earliest_start_on") or as_of
        length = max(int(row.get("duration_likely_days") or 1), 1)
        return _Bar(start=start, finish=date.fromordinal(start.toordinal() + length - 1), known=False)
    return _Bar(start=min(start, finish), finish=max(finish, start), known=True)


def _planned_day(planned: pd.DataFrame, work_id: str, column: str) -> date | None:
    day: Any = planned[column].get(work_id)
    return None if day is None or pd.isna(day) else pd.Timestamp(day).date()


def _constraint(row: Row, bar: _Bar) -> dict[str, Any]:
    """What holds a bar where it stands: its planned start; nothing where it has begun."""
    if row.get("started_on") or row.get("finished_on"):
        return {}
    start = bar.start if bar.known else row.get("earliest_start_on")
    return {"ConstraintType": _START_FROM, "ConstraintDate": values.at_start(start)} if start else {}


def _money(row: Row) -> dict[str, Any]:
    cost = row.get("cost_wanyuan")
    if not cost:
        return {}
    share = row.get("paid_at_start") or 0.0
    accrual = _AT_START if share >= 1 else _SPREAD if share > 0 else _AT_END
    cents = f"{cost * YUAN_PER_WANYUAN * values.CENTS:.0f}"
    return {"FixedCost": cents, "FixedCostAccrual": accrual, "Cost": cents}
