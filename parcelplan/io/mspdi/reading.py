"""MSPDI in: tasks as works, with their calendars, crews and links, and whatever had to be guessed as findings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from parcelplan.errors import InputError
from parcelplan.findings import Finding, Findings
from parcelplan.io.mspdi import values
from parcelplan.io.mspdi.calendars import FileCalendar, calendar_rows, read_calendars
from parcelplan.io.mspdi.crews import Resources, read_crews, safe_id
from parcelplan.io.mspdi.fields import columns_of, read_fields
from parcelplan.io.mspdi.outline import Outline, Task, read_outline, task_name
from parcelplan.io.mspdi.remembered import CONSTRAINT, SPAN, recalled
from parcelplan.io.mspdi.xml_tree import Node, read_tree
from parcelplan.io.programme.kinds import guess_finding, guess_kind, without_missing_kinds
from parcelplan.io.programme.tables import TABLES, Programme, Row, frame_of
from parcelplan.schema.links import Link, format_links
from parcelplan.units import YUAN_PER_WANYUAN

_CURRENCY = "CNY"
_PERCENT = 100
_NO_CALENDAR = -1
_ASAP, _ALAP, _START_ON, _FINISH_ON, _START_FROM, _START_BY, _FINISH_FROM, _FINISH_BY = range(8)
_KEPT = {_START_ON: "earliest_start_on", _START_FROM: "earliest_start_on"} | {
    _FINISH_ON: "fixed_on",
    _FINISH_BY: "deadline_on",
}
"""Constraint → the column that takes its day. The others say nothing that the registry knows."""


def read_mspdi(path: str | Path) -> Programme:
    """Read a schedule that project software wrote as XML.

    Parameters
    ----------
    path
        The .xml file, of any version that writes the namespace of MSPDI.

    Returns
    -------
    Programme
        Works with crews, calendars and closures; alternatives where we wrote them. Headings are no works, their links
        are handed down. Durations are in days of the work's calendar, lags in calendar days.

    Raises
    ------
    InputError
        The file cannot be read, is refused, or is no such schedule.
    """
    path = Path(path)
    project = read_tree(path)
    if project.name != "Project" or not any(project.inside("Tasks", "Task")):
        raise InputError("error.not_mspdi", file=path, root=project.name)
    plain, told = plain_rows(project)
    rows, found = recalled(project, plain)
    works, guesses = with_kinds(rows["works"])
    tables, misfits = {}, Findings()
    for name in TABLES:
        if name == "works" or rows.get(name):
            tables[name], more = frame_of(name, works if name == "works" else rows[name])
            misfits += more
    findings = Findings([*told, *found, *guesses, *without_missing_kinds(misfits)])
    return Programme(tables=tables, findings=findings)


def plain_rows(project: Node) -> tuple[dict[str, list[Row]], list[Finding]]:
    """What a file says, without what we wrote into it to remember: rows by table.

    Rows of works carry, beside the registry's columns, ``@headings`` and what the writer compares with.
    """
    reader = _Reader(project)
    return reader.rows(), reader.findings


def with_kinds(rows: list[Row]) -> tuple[list[Row], list[Finding]]:
    """The rows with a kind for each work whose name tells one, and a finding for each guessed or missing one."""
    made, found = [], []
    for row in rows:
        if row.get("kind"):
            made.append(row)
            continue
        name = str(row.get("name") or "")
        kind, word = guess_kind([name, *reversed(row.get("@headings", ()))])
        made.append(row | {"kind": kind or None})
        found.append(guess_finding(str(row["work_id"]), name, kind, word))
    return made, found


@dataclass(frozen=True, kw_only=True)
class _Facts:
    """What the head of a file says for all its tasks."""

    minutes_per_day: int
    calendar: int
    currency: str


class _Reader:
    """Reads one file."""

    def __init__(self, project: Node) -> None:
        self.findings: list[Finding] = []
        self.facts = _Facts(
            minutes_per_day=max(values.integer(project.say("MinutesPerDay"), values.MINUTES_PER_DAY), 1),
            calendar=values.integer(project.say("CalendarUID"), _NO_CALENDAR),
            currency=project.say("CurrencyCode").upper(),
        )
        self.calendars, found = read_calendars(project)
        self.findings += found
        self.crews: Resources = read_crews(project)
        self.columns = columns_of(project)
        self.outline: Outline = read_outline(
            project, self._file_days, self._stretch, self.facts.minutes_per_day
        )
        self.findings += [*self.crews.findings, *self.outline.findings]
        self._told_currency = False

    def rows(self) -> dict[str, list[Row]]:
        """Rows of all tables."""
        tasks = self.outline.works
        own = {uid: self._fields(task) for uid, task in tasks.items()}
        ids = _ids(tasks, own)
        twice = _repeated([task.name for task in tasks.values()])
        used: dict[int, str] = {}
        works = []
        for uid, task in tasks.items():
            row = self._work(task, twice) | own[uid]
            row |= {
                "work_id": ids[uid],
                "predecessors": self._links(uid, ids),
                "calendar": self._calendar(task, used),
            }
            works.append(row | {"@headings": task.above})
        calendars, closures = self._calendar_tables(used)
        return {"works": works, "crews": self.crews.rows, "calendars": calendars, "closures": closures}

    # --- one task

    def _work(self, task: Task, twice: set[str]) -> Row:
        node = task.node
        name = task.name
        if name in twice and task.above:
            name = f"{task.above[-1]} · {name}"
        row: Row = {"name": name, "note": node.say("Notes") or None, "crews": self._held(task.uid)}
        row |= self._duration(task)
        row |= self._progress(task)
        row["due_on"] = self._day(node, "Deadline", end=True)
        constraint = self._constraint(node)
        if constraint:
            row[constraint[0]] = constraint[1]
        row |= {SPAN: task.days, CONSTRAINT: f"{constraint[0]} {constraint[1]}" if constraint else None}
        return row | self._money(node)

    def _fields(self, task: Task) -> Row:
        row, lost = read_fields(task.node, self.columns, self.facts.minutes_per_day)
        for column, text in lost:
            self._tell("mspdi.unreadable", task.node, column, text)
        return row

    def _duration(self, task: Task) -> Row:
        node = task.node
        if task.days is None:
            self._tell("mspdi.no_duration", node, "duration_likely_days", node.say("Duration"))
            return {}
        if task.milestone:
            self._tell("mspdi.milestone", node, "duration_likely_days", task.name)
            return {"duration_likely_days": 1}
        calendar = self._file_calendar(node)
        days = task.days
        if not self._elapsed(node) and calendar is not None and calendar.stretch > 1:
            days = -int(-days * calendar.stretch // 1)
            self._tell("mspdi.days_stretched", node, "duration_likely_days", task.days, days=days)
        return {"duration_likely_days": days}

    def _file_days(self, node: Node) -> int | None:
        minutes = values.duration_minutes(node.say("Duration"))
        if minutes is None or minutes < 0:
            return None
        per_day = values.MINUTES_BY_CLOCK if self._elapsed(node) else self.facts.minutes_per_day
        return values.whole_days(minutes, per_day)

    @staticmethod
    def _elapsed(node: Node) -> bool:
        return values.integer(node.say("DurationFormat"), values.DAYS) in values.ELAPSED

    def _progress(self, task: Task) -> Row:
        node = task.node
        row: Row = {
            "started_on": self._day(node, "ActualStart"),
            "finished_on": self._day(node, "ActualFinish", end=True),
        }
        said = node.say("PercentComplete")
        percent = values.number(said) if said else 0.0
        if percent is None or not 0 <= percent <= _PERCENT:
            self._tell("mspdi.unreadable", node, "progress", said)
        elif percent:
            row["progress"] = percent / _PERCENT
        return row

    def _constraint(self, node: Node) -> tuple[str, date] | None:
        """Column and day of a task's constraint; manual tasks begin where somebody put them."""
        kind = values.integer(node.say("ConstraintType"), _ASAP)
        if values.flag(node.say("Manual")) and kind == _ASAP and not node.say("ActualStart"):
            start = self._day(node, "Start")
            if start:
                self._tell("mspdi.manual", node, "earliest_start_on", start)
                return "earliest_start_on", start
        if kind == _ASAP:
            return None
        on = self._day(node, "ConstraintDate", end=kind in {_FINISH_ON, _FINISH_BY, _FINISH_FROM})
        if kind in _KEPT and on:
            if kind == _START_ON:
                self._tell("mspdi.start_on", node, "earliest_start_on", on)
            return _KEPT[kind], on
        self._tell(
            f"mspdi.constraint_{kind}" if kind in {_ALAP, _START_BY, _FINISH_FROM} else "mspdi.unreadable",
            node,
            "ConstraintType",
            on or kind,
        )
        return None

    def _money(self, node: Node) -> Row:
        """What is still to be paid, in 万元, where the file says that its money is yuan."""
        fixed = values.number(node.say("FixedCost")) or 0.0
        whole = values.number(node.say("Cost")) or 0.0
        paid = values.number(node.say("ActualCost")) or 0.0
        cost = max(whole - paid, 0.0) if whole else fixed
        if not cost:
            return {}
        if self.facts.currency != _CURRENCY:
            if not self._told_currency:
                self._tell("mspdi.currency", node, "cost_wanyuan", self.facts.currency or "–")
            self._told_currency = True
            return {}
        row: Row = {"cost_wanyuan": cost / values.CENTS / YUAN_PER_WANYUAN}
        accrual = values.integer(node.say("FixedCostAccrual"))
        return row | ({"paid_at_start": {1: 1.0, 3: 0.0}[accrual]} if fixed and accrual in {1, 3} else {})

    def _held(self, uid: int) -> str | None:
        held = self.crews.held.get(uid, {})
        return ";".join(crew if units == 1 else f"{crew}:{units}" for crew, units in held.items()) or None

    def _links(self, uid: int, ids: dict[int, str]) -> str | None:
        links = (
            Link(before=ids[before], relation=link.relation, lag_days=link.lag_days)
            for before, link in self.outline.links[uid]
        )
        return format_links(links) or None

    def _day(self, node: Node, name: str, *, end: bool = False) -> date | None:
        text = node.say(name)
        day = values.day_of(text, end=end) if text else None
        if text and day is None and text != "NA":
            self._tell("mspdi.unreadable", node, name, text)
        return day

    # --- calendars

    def _file_calendar(self, node: Node) -> FileCalendar | None:
        uid = values.integer(node.say("CalendarUID"), _NO_CALENDAR)
        return self.calendars.get(uid) or self.calendars.get(self.facts.calendar)

    def _stretch(self, node: Node) -> float:
        """Calendar days that a working day takes on an average."""
        calendar = self._file_calendar(node)
        return 1.0 if calendar is None or not calendar.week else 7 / len(calendar.week)

    def _calendar(self, task: Task, used: dict[int, str]) -> str | None:
        calendar = self._file_calendar(task.node)
        if calendar is None or calendar.every_day or task.milestone or self._elapsed(task.node):
            return None
        if calendar.uid not in used:
            stem = safe_id(calendar.name)
            used[calendar.uid] = stem if stem not in used.values() else f"{stem}_{calendar.uid}"
        return used[calendar.uid]

    def _calendar_tables(self, used: dict[int, str]) -> tuple[list[Row], list[Row]]:
        calendars, closures = [], []
        for uid, calendar_id in used.items():
            row, own, found = calendar_rows(self.calendars[uid], calendar_id)
            calendars.append(row)
            closures += own
            self.findings += found
        return calendars, closures

    def _tell(self, code: str, node: Node, field: str, value: Any, **params: Any) -> None:
        self.findings.append(
            Finding(
                code=code, layer="works", feature_id=task_name(node), field=field, value=value, params=params
            )
        )


def _ids(tasks: dict[int, Task] | Any, own: dict[int, Row]) -> dict[int, str]:
    """An id for each task: our own, else its WBS code where all have different ones, else its number in the file."""
    codes = {uid: safe_id(task.node.say("WBS")) for uid, task in tasks.items()}
    by_code = all(codes.values()) and len(set(codes.values())) == len(codes)
    ids: dict[int, str] = {}
    taken: set[str] = set()
    for uid in tasks:
        said = str(own[uid].get("work_id") or (codes[uid] if by_code else f"T{uid}"))
        ids[uid] = said if said not in taken else f"{said}_{uid}"
        taken.add(ids[uid])
    return ids


def _repeated(names: list[str]) -> set[str]:
    seen: set[str] = set()
    return {name for name in names if name in seen or seen.add(name)}  # type: ignore[func-returns-value]
