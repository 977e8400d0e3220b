"""Resources of a file as crews, and its assignments as the crews of works."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from parcelplan.dates import ONE_DAY
from parcelplan.findings import Finding
from parcelplan.io.mspdi import values
from parcelplan.io.mspdi.xml_tree import Node
from parcelplan.io.programme.tables import Row

_WORK = 1
_PERCENT = 100
"""Units are told to a hundredth: half a person is 0.5."""
_ENDS_OF_TIME = (date(1984, 1, 2), date(2049, 12, 30))
"""The program's first and last day stand for no day at all."""


@dataclass(frozen=True, kw_only=True)
class Resources:
    """Crews of a file."""

    rows: list[Row] = field(default_factory=list)
    """Rows of the table ``crews``."""
    ids: Mapping[int, str] = field(default_factory=dict)
    """Crew id by the UID of its resource; people, firms and machines alike, no materials."""
    held: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    """Task UID → crew → units."""
    findings: tuple[Finding, ...] = ()


def read_crews(project: Node) -> Resources:
    """Crews and what tasks hold of them.

    Units are whole in the registry. Where a file assigns halves of somebody, the crew is counted in as small parts as
    it takes to make all figures whole, and a finding says so.
    """
    found: list[Finding] = []
    nodes, ids = _work_resources(project, found)
    assigned = _assigned(project, ids)
    rows: list[Row] = []
    held: dict[int, dict[str, int]] = {}
    for uid, node in nodes.items():
        periods = list(_periods(node))
        normal = _units(node.say("MaxUnits"), Fraction(1))
        own = {task: units for (task, resource), units in assigned.items() if resource == uid}
        parts = _parts([normal, *(units for _, _, units in periods), *own.values()])
        if parts > 1:
            found.append(_finding("mspdi.crew_parts", ids[uid], parts))
        rows += _rows(ids[uid], node.say("Name"), int(normal * parts), periods, parts)
        for task, units in own.items():
            held.setdefault(task, {})[ids[uid]] = int(units * parts)
    return Resources(rows=rows, ids=ids, held=held, findings=tuple(found))


def _work_resources(project: Node, found: list[Finding]) -> tuple[dict[int, Node], dict[int, str]]:
    """Resources that work, by UID, and an id for each: its code, or its name, told apart where they repeat."""
    nodes: dict[int, Node] = {}
    ids: dict[int, str] = {}
    for node in project.inside("Resources", "Resource"):
        uid, name = values.integer(node.say("UID"), -1), node.say("Name")
        if uid <= 0 or values.flag(node.say("IsNull")) or uid in nodes:
            continue
        if values.integer(node.say("Type"), _WORK) != _WORK or values.flag(node.say("IsCostResource")):
            found.append(_finding("mspdi.material", name, name))
            continue
        stem = safe_id(node.say("Code") or name) or f"R{uid}"
        nodes[uid], ids[uid] = node, stem if stem not in ids.values() else f"{stem}_{uid}"
    return nodes, ids


def safe_id(text: str) -> str:
    """A text without the marks that part ids in a cell.

    Examples
    --------
    >>> safe_id(" 杆线班: 一队; ")
    '杆线班_ 一队_'
    """
    return text.strip().translate({ord(mark): "_" for mark in ";；:：,，\n"})


def _assigned(project: Node, ids: Mapping[int, str]) -> dict[tuple[int, int], Fraction]:
    found: dict[tuple[int, int], Fraction] = {}
    for node in project.inside("Assignments", "Assignment"):
        resource = values.integer(node.say("ResourceUID"), -1)
        if resource in ids:
            key = (values.integer(node.say("TaskUID"), -1), resource)
            found[key] = found.get(key, Fraction(0)) + _units(node.say("Units"), Fraction(1))
    return {key: units for key, units in found.items() if units > 0}


def _units(text: str, default: Fraction) -> Fraction:
    value = values.number(text)
    return default if value is None else Fraction(round(max(value, 0.0) * _PERCENT), _PERCENT)


def _periods(node: Node) -> Iterable[tuple[date | None, date | None, Fraction]]:
    """First day, first day no longer, and units of each period; None for the ends of time."""
    for period in node.inside("AvailabilityPeriods", "AvailabilityPeriod"):
        first = values.day_of(period.say("AvailableFrom"))
        last = values.day_of(period.say("AvailableTo"), end=True)
        start = first if first and first > _ENDS_OF_TIME[0] else None
        end = last + ONE_DAY if last and last < _ENDS_OF_TIME[1] else None
        yield start, end, _units(period.say("AvailableUnits"), Fraction(1))


def _parts(figures: Iterable[Fraction]) -> int:
    """Smallest number that makes all figures whole."""
    parts = 1
    for figure in figures:
        parts *= (figure * parts).denominator
    return parts


def _rows(
    crew_id: str,
    name: str,
    capacity: int,
    periods: Iterable[tuple[date | None, date | None, Fraction]],
    parts: int,
) -> list[Row]:
    """The normal row, and one for each period with other units; a period without an end is not told apart."""
    rows: list[Row] = [{"crew_id": crew_id, "name": name if name != crew_id else None, "capacity": capacity}]
    for start, end, units in periods:
        if int(units * parts) != capacity and (start or end):
            rows.append(
                {
                    "crew_id": crew_id,
                    "capacity": int(units * parts),
                    "from_on": start or _ENDS_OF_TIME[0],
                    "until_on": end or _ENDS_OF_TIME[1],
                }
            )
    return rows


def _finding(code: str, crew_id: str, value: object) -> Finding:
    return Finding(code=code, layer="crews", feature_id=crew_id, value=value)
