"""The looks that all charts share: font, ink, grid, the axis of time, and how a chart becomes an SVG for a page."""

from __future__ import annotations

import re
from typing import Any, TypeVar

import altair as alt
import pandas as pd
import vl_convert
from markupsafe import escape

AnyChart = alt.Chart | alt.LayerChart | alt.VConcatChart
Chart = TypeVar("Chart", alt.Chart, alt.LayerChart, alt.VConcatChart)

FONT = "'Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei','PingFang SC','SimHei',sans-serif"
WIDTH, ROW_HEIGHT, CURVE_HEIGHT, LABELS = 600, 19, 220, 210
INK, GRID, QUIET = "#1f2933", "#e3e6e9", "#5b6670"
_MONTH_STEPS, _MOST_TICKS = (1, 2, 3, 6), 12
# Width and height go, so that the page decides; the viewBox keeps the shape.
_OPENING = r'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \1 \2" role="img"><title>@title</title>'
_VERSION = ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])


def time_axis(span: tuple[pd.Timestamp, pd.Timestamp], column: str, *, labels: bool = True) -> alt.X:
    """Lay an axis of time over a span, with a tick at the start of every so many months."""
    months = (span[1] - span[0]).days / 30
    step = next((step for step in _MONTH_STEPS if months / step <= _MOST_TICKS), 12)
    axis = alt.Axis(
        format="%Y-%m",
        labels=labels,
        ticks=labels,
        labelOverlap=True,
        tickCount={"interval": "month", "step": step},
    )
    domain = [f"{day:%Y-%m-%d}" for day in span]
    return alt.X(f"{column}:T", scale=alt.Scale(domain=domain), axis=axis, title=None)


def row_axis(rows: list[str], **axis: Any) -> alt.Y:
    """Lay a row for each label, with room for long ones to the left."""
    looks: dict[str, Any] = {"labelLimit": LABELS - 5, "minExtent": LABELS, "ticks": False, "domain": False}
    return alt.Y("row:N", sort=rows, title=None, axis=alt.Axis(**(looks | axis)))


def colours(frame: pd.DataFrame) -> alt.Scale:
    """The scale that gives each part its own colour, in the order of the legend."""
    parts = frame.drop_duplicates("part").sort_values("order")
    return alt.Scale(domain=parts["part"].tolist(), range=parts["color"].tolist())


def layered(as_of: Any, *charts: alt.Chart, width: int, height: int) -> alt.LayerChart:
    """Lay charts over one another, with a vertical line at the day of the data."""
    line = pd.DataFrame({"on": [pd.Timestamp(as_of)]})
    rule = alt.Chart(line).mark_rule(color=INK, strokeDash=[3, 3], opacity=0.7).encode(alt.X("on:T"))
    return alt.LayerChart(layer=[*charts, rule], width=width, height=height)


def dressed(chart: Chart) -> Chart:
    """Give a finished chart the house's font, ink and quiet grid."""
    words = {"labelFont": FONT, "titleFont": FONT, "labelColor": INK, "titleColor": QUIET}
    sizes: dict[str, Any] = {"labelFontSize": 11, "titleFontSize": 11}
    axis = sizes | words | {"gridColor": GRID, "domainColor": QUIET, "tickColor": QUIET}
    legend = sizes | words | {"orient": "bottom", "direction": "horizontal", "titleOrient": "left"}
    # Marks would each read out their data in English; the SVG has one title instead.
    looks = {"font": FONT, "background": "transparent", "aria": False, "view": {"stroke": None}}
    dressed = chart.copy()
    dressed.config = looks | {"axis": axis, "legend": legend | {"labelLimit": 320}}
    return dressed


def chart_svg(chart: AnyChart, title: str, name: str) -> str:
    """Draw a chart as an SVG element to put into a page.

    Parameters
    ----------
    chart
        One of the charts of the views.
    title
        What the chart shows, for those who do not see it.
    name
        Prefix of the ids inside, different for each chart of a page.
    """
    # What a chart may hold is held by tests, which validate it; here that would take as long as the drawing.
    drawn = chart.to_dict(validate=False)
    svg = vl_convert.vegalite_to_svg(drawn, vl_version=_VERSION, allowed_base_urls=[])
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", svg)
    svg = re.sub(r'^<svg [^>]*?width="([\d.]+)" height="([\d.]+)"[^>]*>', _OPENING, svg, count=1)
    return svg.replace("@title", str(escape(title)), 1)
