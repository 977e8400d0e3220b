"""The page of a comparison: what moved in sentences, the chart, the map beside it, and the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jinja2
import pandas as pd
from markupsafe import Markup

from parcelplan.catalogue import text
from parcelplan.schema.results import ResultColumn, result_columns
from parcelplan.views.chart_style import chart_svg
from parcelplan.views.compare_charts import compare_chart
from parcelplan.views.compare_tables import TABLES, compare_table, side_text, summary_lines, telling_columns
from parcelplan.views.tables import named

if TYPE_CHECKING:
    from parcelplan.catalogue import Language
    from parcelplan.compare import Comparison

MAP_FILE = "compare_map.html"
MOST_ROWS = 200
"""Rows of one table on the page; the workbook has all of them."""
_NUMBERS = {"int", "float"}


def render_comparison(comparison: Comparison, *, name: str, lang: Language, with_map: bool = True) -> str:
    """Write the page.

    Parameters
    ----------
    comparison
        Plans A and B.
    name
        Name of the site.
    lang
        Language of the page.
    with_map
        Whether :data:`MAP_FILE` lies beside the page.

    Returns
    -------
    str
        A whole HTML page. It loads nothing but the map beside it, and text from files is escaped.
    """
    loader = jinja2.PackageLoader("parcelplan.views")
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    title = text("compare.title", lang)
    svg = chart_svg(compare_chart(comparison, lang), text("compare.chart", lang), "compare")
    return environment.get_template("compare.html.j2").render(
        lang="zh-CN" if lang == "zh" else "en",
        name=name,
        title=title,
        sides=[(end.upper(), side_text(comparison, end, lang)) for end in "ab"],
        lines=summary_lines(comparison, lang),
        chart=Markup(svg),  # noqa: S704 - escaped where it is drawn
        chart_title=text("compare.chart", lang),
        map_file=MAP_FILE if with_map else "",
        map_title=text("compare.map", lang),
        tables=[_table(comparison, name, lang) for name in TABLES if len(_shown(comparison, name))],
        more=text("compare.more_rows", lang, count=MOST_ROWS),
    )


def _shown(comparison: Comparison, name: str) -> pd.DataFrame:
    """Rows worth reading: months in which something is transferred, and whatever moved goes first anyway."""
    frame = compare_table(comparison, name)
    return frame[(frame["a_mu"] > 0) | (frame["b_mu"] > 0)] if name == "months" else frame


def _table(comparison: Comparison, name: str, lang: Language) -> dict[str, Any]:
    """One table as text: title, headings and rows with how they are set, and whether rows are left out."""
    telling = telling_columns(_shown(comparison, name))
    columns = [item for item in result_columns(f"compare_{name}") if item.column in telling]
    frame = named(_shown(comparison, name), f"compare_{name}", lang)
    used = [item for item in columns if name == "parcels" or not _empty(frame[item.column])]
    rows = [
        [(_text(row[item.column], item.format), _class(item)) for item in used]
        for _, row in frame.head(MOST_ROWS).iterrows()
    ]
    heads = [(item.label(lang), _class(item)) for item in used]
    return {
        "title": text(f"compare.table.{name}", lang),
        "heads": heads,
        "rows": rows,
        "cut": len(frame) > MOST_ROWS,
    }


def _class(item: ResultColumn) -> str:
    """How a column is set: figures to the right, days unbroken."""
    return "n" if item.dtype in _NUMBERS else "d" if item.dtype == "date" else ""


def _empty(values: pd.Series) -> bool:
    return bool((values.isna() | (values.astype(str) == "") | (values.astype(str) == "0.0")).all())


def _text(value: Any, number_format: str) -> str:
    if value is None or pd.isna(value):
        return "–"
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, float):
        return f"{value:,.0f}" if number_format == "0" else f"{value:,.2f}"
    return str(value)
