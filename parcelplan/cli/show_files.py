"""What a file holds, on the terminal."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from parcelplan import schema
from parcelplan.catalogue import Language, has, text
from parcelplan.cli.running import out
from parcelplan.cli.show import show_findings
from parcelplan.io.inspecting import FileFacts, LayerFacts
from parcelplan.io.printing import printable

SHOWN = 40
"""Findings of one layer shown; ``--json`` gives all."""
_DEGREES = 360


def show_facts(facts: FileFacts, lang: Language) -> None:
    """Print what a file holds: one block a layer, its fields as a table, what is odd below."""
    layers = printable(", ".join(facts.layers))
    out.print(text("inspect.file", lang, file=facts.path, format=facts.format, layers=layers))
    for layer in facts.inspected:
        _show_layer(layer, lang)


def _show_layer(facts: LayerFacts, lang: Language) -> None:
    kinds = ", ".join(f"{_kind(kind, lang)} {count}" for kind, count in facts.kinds.items())
    code = "inspect.layer" if facts.kinds else "inspect.rows"
    title = text(code, lang, layer=printable(facts.layer), count=facts.features, kinds=kinds)
    out.print(Text(f"\n{title}", style="bold"))
    if facts.kinds:
        out.print(_place(facts, lang))
    if facts.extent is not None:
        names = ("west", "south", "east", "north")
        out.print(text("inspect.extent", lang, **dict(zip(names, map(_ordinate, facts.extent), strict=True))))
    if facts.encoding:
        out.print(text("inspect.encoding", lang, encoding=facts.encoding))
    out.print(_seems(facts, lang))
    out.print(_fields(facts, lang))
    if facts.findings:
        title = text("inspect.findings", lang, count=len(facts.findings))
        show_findings(facts.findings, lang, title=title, limit=SHOWN)


def _kind(kind: str, lang: Language) -> str:
    code = f"inspect.kind.{kind}"
    return text(code, lang) if has(code) else kind


def _place(facts: LayerFacts, lang: Language) -> str:
    if facts.crs is not None:
        return text("inspect.crs", lang, crs=facts.crs)
    if facts.crs_proposal is not None:
        return text("inspect.crs_proposed", lang, crs=facts.crs_proposal)
    return text("inspect.crs_unknown", lang)


def _ordinate(value: float) -> str:
    """Write a coordinate to the centimetre, whether it is in degrees or in metres."""
    return f"{value:.7f}" if abs(value) <= _DEGREES else f"{value:.2f}"


def _seems(facts: LayerFacts, lang: Language) -> str:
    if not facts.table:
        return text("inspect.no_table", lang)
    known = sum(bool(field.column) for field in facts.fields)
    label = schema.table(facts.table).label(lang)
    return text("inspect.table", lang, label=label, table=facts.table, known=known, count=len(facts.fields))


def _fields(facts: LayerFacts, lang: Language) -> Table:
    grid = Table(header_style="bold", box=SIMPLE_HEAD)
    for name in ("field", "dtype", "nulls", "column", "samples"):
        grid.add_column(
            text(f"inspect.{name}", lang), justify="right" if name == "nulls" else "left", overflow="fold"
        )
    for field in facts.fields:
        samples = " · ".join(field.samples)
        cells = (printable(field.name), field.dtype, str(field.nulls), field.column, samples)
        grid.add_row(*map(Text, cells))
    return grid
