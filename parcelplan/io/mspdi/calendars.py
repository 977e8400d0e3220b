"""Calendars of a file: its weeks and exceptions as our calendars and closures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from parcelplan.dates import ONE_DAY, is_working_day
from parcelplan.findings import Finding
from parcelplan.io.mspdi import values
from parcelplan.io.mspdi.xml_tree import Node
from parcelplan.io.programme.tables import Row

WEEK = frozenset(range(1, 8))
WORKDAYS = frozenset(range(1, 6))
"""Days of the week as ISO counts them, Monday 1."""
_SUNDAY, _EXCEPTION = 1, 0
_CONTIGUOUS = frozenset((0, 1, 9))
"""Kinds of exception whose period is closed, or open, from end to end."""
LAST_DAY = date(2049, 12, 31)
"""Last day that the program knows; what ends later ends never."""
_LONGEST = 3_660
"""Days of one exception that are looked at one by one."""


@dataclass(frozen=True, kw_only=True)
class Special:
    """Days that differ from the week: ``first`` to ``last``, both included."""

    first: date
    last: date
    working: bool
    name: str = ""

    def days(self) -> Iterator[date]:
        """Its days."""
        day = self.first
        while day <= self.last and (day - self.first).days < _LONGEST:
            yield day
            day += ONE_DAY


@dataclass(frozen=True, kw_only=True)
class FileCalendar:
    """One calendar as the file has it."""

    uid: int
    name: str
    week: frozenset[int]
    """Days of the week on which work goes on."""
    exceptions: tuple[Special, ...]

    @property
    def every_day(self) -> bool:
        """Whether it is as good as no calendar."""
        return self.week == WEEK and not any(not item.working for item in self.exceptions)

    @property
    def stretch(self) -> float:
        """Calendar days that a day of this calendar takes where the registry has no such week; else 1."""
        return 1.0 if self.week in (WEEK, WORKDAYS) or not self.week else len(WEEK) / len(self.week)


def read_calendars(project: Node) -> tuple[dict[int, FileCalendar], list[Finding]]:
    """Calendars by UID; exceptions of a kind that cannot be read are found."""
    nodes = {values.integer(node.say("UID"), -1): node for node in project.inside("Calendars", "Calendar")}
    found: list[Finding] = []
    calendars = {}
    for uid, node in nodes.items():
        name = node.say("Name") or str(uid)
        exceptions = dict.fromkeys(_exceptions(node, name, found))
        week = _week(node, nodes, depth=len(nodes))
        calendars[uid] = FileCalendar(uid=uid, name=name, week=week, exceptions=tuple(exceptions))
    return calendars, found


def _week(node: Node, nodes: Mapping[int, Node], depth: int) -> frozenset[int]:
    """Open days of the week; what a calendar does not say, its base says, and at last everybody's five days."""
    base = nodes.get(values.integer(node.say("BaseCalendarUID"), -1))
    open_days = set(_week(base, nodes, depth - 1)) if base is not None and depth > 0 else set(WORKDAYS)
    for day in node.inside("WeekDays", "WeekDay"):
        kind = values.integer(day.say("DayType"), -1)
        if kind > _EXCEPTION:
            number = 7 if kind == _SUNDAY else kind - 1
            (open_days.add if values.flag(day.say("DayWorking")) else open_days.discard)(number)
    return frozenset(open_days)


def _exceptions(node: Node, name: str, found: list[Finding]) -> Iterator[Special]:
    listed = list(node.inside("Exceptions", "Exception"))
    # Older versions write exceptions among the days of the week, newer ones in both places.
    older = [day for day in node.inside("WeekDays", "WeekDay") if day.say("DayType") == str(_EXCEPTION)]
    for item in listed or older:
        period = next(item.all("TimePeriod"), None)
        first = values.day_of(period.say("FromDate")) if period else None
        last = values.day_of(period.say("ToDate"), end=True) if period else None
        kind = values.integer(item.say("Type"))
        if first is None or last is None or last < first or kind not in _CONTIGUOUS:
            said = item.say("Name") or item.say("Type")
            found.append(
                Finding(code="mspdi.exception_left_out", layer="closures", feature_id=name, value=said)
            )
            continue
        yield Special(
            first=first, last=last, working=values.flag(item.say("DayWorking")), name=item.say("Name")
        )


def calendar_rows(calendar: FileCalendar, calendar_id: str) -> tuple[Row, list[Row], list[Finding]]:
    """A calendar as a row, its closures, and what of it the registry cannot say.

    Holidays and days worked in exchange for them are known by the official calendar, so that a week of working days
    needs neither as a closure.
    """
    working = calendar.week == WORKDAYS
    row = {
        "calendar_id": calendar_id,
        "name": calendar.name,
        "week": "working" if working else "all",
        "interruptible": True,
    }
    closures: list[Row] = []
    found = []
    for item in calendar.exceptions:
        plain = [
            day
            for day in item.days()
            if (is_working_day(day) if working else day.isoweekday() in calendar.week)
        ]
        if item.working:
            odd = item.working and working and any(not is_working_day(day) for day in item.days())
            if odd:
                found.append(_finding("mspdi.extra_day", calendar_id, item.first))
        elif plain:
            until = min(item.last, LAST_DAY) + ONE_DAY
            closures.append({"from_on": item.first, "until_on": until, "note": item.name})
    if calendar.stretch > 1:
        found.append(_finding("mspdi.other_week", calendar_id, len(calendar.week)))
    closures = [{"calendar_id": calendar_id, "yearly": False, **item} for item in closures]
    return row, closures, found


def _finding(code: str, calendar_id: str, value: object) -> Finding:
    return Finding(code=code, layer="calendars", feature_id=calendar_id, value=value)
