"""The commented site.toml of a new site folder, filled into its template."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import resources
from string import Template
from typing import Any

from parcelplan import schema
from parcelplan.catalogue import text
from parcelplan.io.printing import printable

MOST_PHASES = 20
"""Phases that get a section of their own; more are the sign of a column that is none."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of ``[layers]`` or ``[tables]``."""

    table: str
    file: str
    """File in the site's folder."""
    origin: str
    """Name of the file it was made from."""
    rows: int
    columns: Mapping[str, str]
    defaults: Mapping[str, Any]
    missing: tuple[str, ...]
    """Required columns that nobody has said anything about: the line stays a comment until somebody does."""


def site_toml(entries: Sequence[Entry], phases: Sequence[int], settings: Mapping[str, Any]) -> str:
    """Fill the template.

    Parameters
    ----------
    entries
        Layers and tables in their order.
    phases
        Phases that the parcels name.
    settings
        ``id, name, language, crs, as_of, as_of_from, horizon_end``.
    """
    layers = [entry for entry in entries if schema.table(entry.table).geometry]
    tables = [entry for entry in entries if not schema.table(entry.table).geometry]
    lines = [line for entry in tables for line in _lines(entry)]
    if "works" not in {entry.table for entry in tables}:
        lines += [*_comment("toml.no_works"), '# works = { file = "works.csv" }']
    quoted = {name: toml_text(str(settings[name])) for name in ("id", "name", "language", "crs")}
    return _template("site.toml").substitute(
        quoted,
        as_of=settings["as_of"].isoformat(),
        as_of_from=printable(settings["as_of_from"]),
        horizon_end=settings["horizon_end"].isoformat(),
        year=settings["as_of"].year,
        layers="\n".join(line for entry in layers for line in _lines(entry)),
        tables="\n".join(lines),
        phases="\n\n".join(map(_phase, list(phases)[:MOST_PHASES] or [1])),
    )


def example_works(due_on: date) -> str:
    """A table of works with two examples that any site can take."""
    return _template("works_example.csv").substitute(due_on=due_on.isoformat())


def _template(name: str) -> Template:
    return Template(resources.files(__package__).joinpath("templates", name).read_text(encoding="utf-8"))


def _lines(entry: Entry) -> list[str]:
    parts = [f"file = {toml_text(entry.file)}"]
    if schema.table(entry.table).geometry:
        parts.append(f"layer = {toml_text(entry.table)}")
    if entry.columns:
        parts.append(f"columns = {_inline(entry.columns)}")
    if entry.defaults or entry.missing:
        parts.append(f"defaults = {_inline({**entry.defaults, **dict.fromkeys(entry.missing, '?')})}")
    lines = _comment("toml.origin", file=printable(entry.origin), count=entry.rows)
    line = f"{entry.table} = {{ {', '.join(parts)} }}"
    if not entry.missing:
        return [*lines, line]
    return [*lines, *_comment("toml.waits", columns=", ".join(entry.missing)), f"# {line}"]


def _comment(code: str, **params: Any) -> list[str]:
    return [f"# {text(code, 'zh', **params)}", f"# {text(code, 'en', **params)}"]


def _phase(number: int) -> str:
    return (
        f"[phases.{number}]\n# declared_area_mu = 75.0\n# earliest_on = 2030-01-01\n# latest_on = 2030-12-31"
    )


def _inline(pairs: Mapping[str, Any]) -> str:
    return "{ " + ", ".join(f"{name} = {_value(value)}" for name, value in pairs.items()) + " }"


def _value(value: Any) -> str:
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    return value.isoformat() if isinstance(value, date) else toml_text(str(value))


def toml_text(value: str) -> str:
    r"""Write a text as TOML does, whatever stands in it.

    Examples
    --------
    >>> toml_text('the "old" name')
    '"the \\"old\\" name"'
    """
    return json.dumps(value, ensure_ascii=False).replace(chr(127), "\\u007f")
