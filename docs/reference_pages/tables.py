"""The pages of layers, tables and result tables, from the registry."""

from __future__ import annotations

from typing import Any

from docs.reference_pages.layout import code, page_of, table
from docs.reference_pages.settings import TYPES
from parcelplan import catalogue, schema
from parcelplan.catalogue import text
from parcelplan.schema.results import result_columns, result_tables

DTYPES = {kind.__name__: said for kind, said in TYPES.items() if kind is not Any}


def layers() -> str:
    """Every column of every layer and table that a site may hold."""
    intro = (
        "Columns are found by their name, by their Chinese heading or by one of the other headings; `columns` in "
        "[site.toml](site-toml.md) names any other. Columns that do not stand here are kept and passed over. "
        "Columns marked `no` under *public* are left out by `convert --public`. "
        "Only the layer `parcels` is required. Several ids in one cell are separated by semicolons. Figures may have "
        "full-width digits, thousands separators, a per cent sign or a unit; a heading may name another unit of the "
        "same kind, as 面积（公顷） does. Days are written 2024-06-30, 2024/6/30, 2024.6.30, 20240630, 2024年6月30日 "
        "or as the day number of a spreadsheet. Where a cell states a range (≤2.5, 1.0≤R≤1.4) or a span (2024年6月), "
        "*end* says which end of it the column holds; a heading that stands at two columns fills both."
    )
    sections = []
    for name, item in schema.tables().items():
        shape = f"Layer of {item.geometry}s." if item.geometry else "Table."
        rows = (
            (
                code(column.name),
                column.label_zh,
                DTYPES[column.dtype],
                column.unit,
                "required" if column.required else "",
                column.domain_text,
                column.end,
                "、".join(column.aliases),
                "" if column.public else "no",
                column.doc,
            )
            for column in item.columns
        )
        head = ("column", "中文", "type", "unit", "", "allowed", "end", "also read as", "public", "meaning")
        sections.append(f"## `{name}` {text(f'table.{name}', 'zh')}\n\n{shape}\n\n{table(head, rows)}")
    return page_of("Layers and tables", intro, *sections)


def results() -> str:
    """Every column of every result table."""
    intro = (
        "Columns of the result tables as they stand in `plan.xlsx`, `plan.gpkg` and `plan.geojson`, in the "
        "service's answers and in the functions of `parcelplan.views.tables`. Empty days mean never, unknown or "
        "not planned."
    )
    sections = []
    for name in result_tables():
        rows = (
            (
                code(column.column),
                column.label_zh,
                column.label_en,
                DTYPES[column.dtype],
                column.unit,
                _family(column.codes),
            )
            for column in result_columns(name)
        )
        head = ("column", "中文", "English", "type", "unit", "values")
        sections.append(f"## `{name}`\n\n{table(head, rows)}")
    return page_of("Result tables", intro, *sections)


def _family(family: str) -> str:
    names = [key.removeprefix(family + ".") for key in catalogue.entries() if key.startswith(family + ".")]
    plain = [name for name in names if "." not in name] if family else []
    return ", ".join(code(name) for name in plain) if family != "table" else "name of a layer or table"
