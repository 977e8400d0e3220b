"""What the headings of a file mean: which column of the registry, in which unit, or both ends of a range."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from parcelplan import units
from parcelplan.findings import Finding
from parcelplan.schema.cells import LONGEST, plain
from parcelplan.schema.registry import Column, Table, table

JOINT = "·"
"""Stands between the rows of a heading that was written over several rows."""

_BRACKETED = re.compile(r"(.+?)\((?:单位:?)?([^()]+)\)")
_TRAILING = re.compile(r"(.+?)[/_:,](?:单位:?)?([^_:,]+)")


class Match(NamedTuple):
    """Columns that a heading may stand for; two of them are the ends of a range."""

    columns: tuple[str, ...]
    rank: int
    """How well it fits: -2 where the user says so, -1 for the column's own name, then the order of its other names."""
    unit: str
    """Unit that the heading names; empty where the figures are in the column's own."""


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """What all headings of one file mean together."""

    renames: Mapping[str, str] = field(default_factory=dict)
    """Heading to column; no column twice."""
    units: Mapping[str, str] = field(default_factory=dict)
    """Column to the unit its figures are in, where that is not the column's own."""
    ranges: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)
    """Heading of a range to the columns of its ends and the unit named."""
    findings: tuple[Finding, ...] = ()


def key_of(heading: str) -> str:
    r"""A heading without blanks, width of characters, case, and the marks of a form (``*``, ``:``).

    Examples
    --------
    >>> key_of("* 面积（公顷）："), key_of("容积率\n上限")
    ('面积(公顷)', '容积率上限')
    """
    return re.sub(r"\s+", "", plain(heading)).strip("*:").translate({ord("["): "(", ord("]"): ")"})


def split_unit(key: str) -> tuple[str, str]:
    """A key without its unit, and the unit; empty where it names none.

    Examples
    --------
    >>> split_unit("面积(公顷)"), split_unit("用地面积_亩"), split_unit("企业(家)")
    (('面积', 'ha'), ('用地面积', 'mu'), ('企业(家)', ''))
    """
    for pattern in (_BRACKETED, _TRAILING) if len(key) <= LONGEST else ():
        match = pattern.fullmatch(key)
        if match and (unit := units.unit_of(match[2])):
            return match[1], unit
    return key, ""


def _names(column: Column) -> Iterable[str]:
    return (column.name, column.label_zh, *column.aliases, column.label_en)


@cache
def _lexicon(name: str) -> tuple[Mapping[str, Mapping[str, int]], Mapping[str, Mapping[str, int]]]:
    """Keys, and keys without their unit, each to the columns that go by it and their ranks."""
    whole: dict[str, dict[str, int]] = {}
    bare: dict[str, dict[str, int]] = {}
    for column in table(name).columns:
        for rank, heading in enumerate(_names(column)):
            key = key_of(heading)
            whole.setdefault(key, {}).setdefault(column.name, rank)
            bare.setdefault(split_unit(key)[0], {}).setdefault(column.name, rank)
    return whole, bare


def match(heading: str, spec: Table) -> Match | None:
    """What one heading stands for, whatever the others say; None where the registry does not know it."""
    if heading in spec.by_name:
        return Match((heading,), -1, "")
    whole, bare = _lexicon(spec.name)
    parts = [key_of(part) for part in heading.split(JOINT)]
    for key in ("".join(parts[start:]) for start in range(len(parts))):
        if key in whole:
            return _of(whole[key], "", spec)
        base, unit = split_unit(key)
        fitting = {name: rank for name, rank in bare.get(base, {}).items() if _fits(spec.by_name[name], unit)}
        if unit and fitting:
            return _of(fitting, unit, spec)
    return None


def _of(ranks: Mapping[str, int], unit: str, spec: Table) -> Match:
    """The two ends of a range, or the first column of that name; one in the very unit goes first."""
    ends = {spec.by_name[name].end: name for name in ranks}
    if len(ranks) == len(ends) > 1 and {"low", "high"} == set(ends):
        return Match((ends["low"], ends["high"]), min(ranks.values()), unit)
    name = min(ranks, key=lambda item: (spec.by_name[item].unit != unit, ranks[item]))
    return Match((name,), ranks[name], "" if spec.by_name[name].unit == unit else unit)


def _fits(column: Column, unit: str) -> bool:
    return bool(unit and column.unit) and units.factor(unit, column.unit) is not None


def _told(column: str, heading: str, spec: Table) -> Match:
    """What the user says that a heading is; its unit still counts."""
    known = spec.by_name.get(column)
    _, unit = split_unit(key_of(heading.rsplit(JOINT, maxsplit=1)[-1]))
    foreign = known is not None and unit != known.unit and _fits(known, unit)
    return Match((column,), -2, unit if foreign else "")


def understand(headings: Sequence[str], spec: Table, columns: Mapping[str, str] | None = None) -> Meaning:
    """Give every heading its column, each column at most one heading: the one that fits it best.

    Parameters
    ----------
    headings
        Headings of a file; the rows of a joined one stand around :data:`JOINT`.
    spec
        Layer or table of the registry.
    columns
        Columns to the headings that the user says they stand under.
    """
    told = {heading: column for column, heading in (columns or {}).items()}
    matches = {
        heading: _told(told[heading], heading, spec) if heading in told else match(heading, spec)
        for heading in headings
    }
    claims: dict[str, list[str]] = {}
    ranges: dict[str, tuple[str, str, str]] = {}
    for heading, found in matches.items():
        if found and len(found.columns) > 1:
            ranges[heading] = (*found.columns, found.unit)  # type: ignore[assignment]  # two columns, then the unit
        elif found:
            claims.setdefault(found.columns[0], []).append(heading)
    renames: dict[str, str] = {}
    named: dict[str, str] = {}
    findings: list[Finding] = []
    for column, claimants in claims.items():
        best = min(claimants, key=lambda item: (matches[item] or Match((), 0, "")).rank)
        renames |= {other: f"{other}.1" for other in claimants if other == column}
        renames[best] = column
        chosen = matches[best]
        if chosen and chosen.unit:
            named[column] = chosen.unit
        findings += _claim_findings(spec, column, best, claimants)
        findings += _unit_findings(spec, column, best, named)
    findings += _unknown_findings(spec, [heading for heading, found in matches.items() if found is None])
    return Meaning(renames=renames, units=named, ranges=ranges, findings=tuple(findings))


def _claim_findings(spec: Table, column: str, best: str, claimants: Sequence[str]) -> Iterable[Finding]:
    for other in claimants:
        if other != best:
            yield Finding(
                code="schema.two_headings", layer=spec.name, field=column, value=other, params={"taken": best}
            )


def _unit_findings(spec: Table, column: str, heading: str, named: Mapping[str, str]) -> Iterable[Finding]:
    if column in named:
        yield Finding(
            code="schema.unit_converted",
            layer=spec.name,
            field=column,
            value=heading,
            params={"unit": named[column], "into": spec.by_name[column].unit},
        )


def _unknown_findings(spec: Table, unknown: Sequence[str]) -> Iterable[Finding]:
    """Name what is kept as it is; a figure that lacks its unit, or has one of another kind, is named by itself."""
    _, bare = _lexicon(spec.name)
    rest = []
    for heading in unknown:
        base, unit = split_unit(key_of(heading.split(JOINT)[-1]))
        columns = [name for name in bare.get(base, {}) if spec.by_name[name].unit]
        if not columns:
            rest.append(heading)
            continue
        yield Finding(
            code="schema.unit_unfit" if unit else "schema.unit_missing",
            layer=spec.name,
            field=columns[0],
            value=heading,
            params={"wanted": ", ".join(dict.fromkeys(spec.by_name[name].unit for name in columns))},
        )
    if rest:
        yield Finding(
            code="schema.unknown_columns",
            layer=spec.name,
            value="、".join(rest),
            params={"count": len(rest)},
        )
