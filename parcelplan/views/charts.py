"""Charts of a study: works and transfers in time, developable land, supply against the announcement.

Each chart comes as an Altair chart for notebooks; :func:`chart_svg` turns it into an SVG for pages, without a
browser and without a network.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

import altair as alt
import pandas as pd
import vl_convert
from markupsafe import escape

from parcelplan.views import chart_data
from parcelplan.views.chart_data import say
from parcelplan.views.tables import announced_phases

if TYPE_CHECKING:
    from parcelplan.catalogue import Language
    from parcelplan.study import Study

Chart = TypeVar("Chart", alt.LayerChart, alt.VConcatChart)

FONT = "'Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei','PingFang SC','SimHei',sans-serif"
WIDTH, ROW_HEIGHT, CURVE_HEIGHT, LABELS = 600, 19, 220, 210
_INK, _GRID, _QUIET = "#1f2933", "#e3e6e9", "#5b6670"
_LINES = {"ready": ("#009e73", [5, 3]), "transferred": ("#0072b2", [1, 0]), "announced": ("#d55e00", [2, 2])}
_SIGNS: dict[str, dict[str, Any]] = {
    "works": {"shape": "M0,-1V1", "size": 130, "strokeWidth": 2},
    "transfers": {"shape": "diamond", "size": 45, "fill": "#ffffff", "strokeWidth": 1.4},
}
_MONTH_STEPS, _MOST_TICKS = (1, 2, 3, 6), 12
_MARGIN = pd.Timedelta(days=45)
# Width and height go, so that the page decides; the viewBox keeps the shape.
_OPENING = r'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \1 \2" role="img"><title>@title</title>'
_VERSION = ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])


def gantt_chart(study: Study, lang: Language | None = None) -> alt.VConcatChart:
    """Draw the works above and the batches of the plan below, on one axis of time.

    A work's bar runs to its end by durations; the pale part is float up to the due date, the vermilion
    part overrun after it, and a black tick the due date. A batch's pale bar is land that is ready and waits,
    its full bar the way from notice to transfer, and a diamond the announced day of its phase.
    """
    lang = lang or study.site.lang
    panels = {
        "works": (chart_data.work_bars(study, lang), chart_data.work_marks(study, lang)),
        "transfers": (chart_data.batch_bars(study, lang), chart_data.batch_marks(study, lang)),
    }
    drawn = [
        _panel(study, *data, name, lang) for name, data in panels.items() if len(data[0]) or len(data[1])
    ]
    apart = alt.Resolve(scale=alt.ScaleResolveMap(color="independent", shape="independent"))
    return _dressed(alt.VConcatChart(vconcat=drawn, spacing=18, resolve=apart))


def _panel(
    study: Study, bars: pd.DataFrame, marks: pd.DataFrame, name: str, lang: Language
) -> alt.LayerChart:
    """One half of the Gantt chart: a row for each work or batch."""
    rows = list(dict.fromkeys([*bars["row"], *marks["row"]]))
    axis = alt.Axis(labelLimit=LABELS - 5, minExtent=LABELS, ticks=False, domain=False)
    y = alt.Y("row:N", sort=rows, title=None, axis=axis)
    legend = alt.Legend(title=say(f"panel.{name}", lang))
    colour = alt.Color("part:N", scale=_colours(bars), legend=legend)
    drawn = alt.Chart(bars).mark_bar(height=11).encode(_time(study, "start"), alt.X2("end:T"), y, colour)
    sign = dict(_SIGNS[name])
    shape = alt.Shape("mark:N", scale=alt.Scale(range=[sign.pop("shape")]), legend=alt.Legend(title=None))
    ticks = alt.Chart(marks).mark_point(stroke=_INK, opacity=1, **sign).encode(_time(study, "on"), y, shape)
    # A layer without data has no extent, and the panels would be laid over one another.
    layers = [layer for layer, data in ((drawn, bars), (ticks, marks)) if len(data)]
    return _layered(study, *layers, width=WIDTH, height=ROW_HEIGHT * len(rows))


def developable_chart(study: Study, lang: Language | None = None) -> alt.LayerChart:
    """Draw developable and blocked land of the site over time, as steps that add up to the site's area."""
    lang = lang or study.site.lang
    land = chart_data.land_over_time(study, lang, pd.Timestamp(_span(study)[1]))
    areas = alt.Y("area_mu:Q", stack="zero", title=say("axis.area", lang))
    colour = alt.Color("part:N", scale=_colours(land), legend=alt.Legend(title=None))
    steps = alt.Chart(land).mark_area(interpolate="step-after", opacity=0.82)
    steps = steps.encode(_time(study, "on"), areas, colour, alt.Order("order:Q"))
    labels = _labels(land[land["order"] == 0], lang)
    return _dressed(_layered(study, steps, *labels, width=WIDTH + LABELS, height=CURVE_HEIGHT))


def _labels(steps: pd.DataFrame, lang: Language) -> tuple[alt.Chart, alt.Chart]:
    """Write the developable mu on the first day, after the largest step and after the last one."""
    change = steps["area_mu"].diff().abs().fillna(0.0)
    last = change[change > 0].index.max() if change.any() else steps.index[0]
    chosen = steps.loc[sorted({steps.index[0], change.idxmax(), last})]
    texts = [say("label.area", lang, area_mu=f"{area:,.1f}") for area in chosen["area_mu"]]
    base = alt.Chart(chosen.assign(text=texts)).encode(alt.X("on:T"), alt.Y("area_mu:Q"))
    text = base.mark_text(align="left", baseline="top", dx=5, dy=5, fontWeight=600, color=_INK, fontSize=12)
    return base.mark_point(filled=True, color=_INK, size=22, opacity=1), text.encode(alt.Text("text:N"))


def supply_chart(study: Study, lang: Language | None = None) -> alt.LayerChart:
    """Draw the cumulative mu that is ready, that the plan transfers, and that was announced."""
    lang = lang or study.site.lang
    lines = chart_data.supply(study, lang, pd.Timestamp(_span(study)[1]))
    names = [say(f"line.{name}", lang) for name in _LINES]
    colours = alt.Scale(domain=names, range=[colour for colour, _ in _LINES.values()])
    dashes = alt.Scale(domain=names, range=[dash for _, dash in _LINES.values()])
    legend = alt.Legend(title=None, symbolSize=400, symbolStrokeWidth=2.5)
    drawn = alt.Chart(lines).mark_line(interpolate="step-after", strokeWidth=2.2)
    drawn = drawn.encode(
        _time(study, "on"),
        alt.Y("area_mu:Q", title=say("axis.supply", lang)),
        alt.Color("part:N", scale=colours, legend=legend),
        alt.StrokeDash("part:N", scale=dashes, legend=legend),
    )
    return _dressed(_layered(study, drawn, width=WIDTH + LABELS, height=CURVE_HEIGHT))


def _colours(frame: pd.DataFrame) -> alt.Scale:
    """The scale that gives each part its own colour, in the order of the legend."""
    parts = frame.drop_duplicates("part").sort_values("order")
    return alt.Scale(domain=parts["part"].tolist(), range=parts["color"].tolist())


def _time(study: Study, column: str) -> alt.X:
    """The axis of time that all charts of a study share."""
    first, last = _span(study)
    months = (pd.Timestamp(last) - pd.Timestamp(first)).days / 30
    step = next((step for step in _MONTH_STEPS if months / step <= _MOST_TICKS), 12)
    axis = alt.Axis(format="%Y-%m", labelOverlap=True, tickCount={"interval": "month", "step": step})
    return alt.X(f"{column}:T", scale=alt.Scale(domain=[first, last]), axis=axis, title=None)


def _span(study: Study) -> list[str]:
    """First and last day of all charts: as_of, works, transfers and announced days, and a margin."""
    days = [pd.Timestamp(study.site.as_of)]
    for frame, columns in (
        (study.schedule, ["start_on", "ends_on", "forecast_on", "due_on"]),
        (study.plan.to_frame(), ["ready_on", "transfer_on"]),
        (announced_phases(study), ["announced_on"]),
    ):
        for column in columns:
            days += list(pd.to_datetime(frame[column]).dropna())
    return [f"{day:%Y-%m-%d}" for day in (min(days) - _MARGIN / 3, max(days) + _MARGIN)]


def _layered(study: Study, *charts: alt.Chart, width: int, height: int) -> alt.LayerChart:
    """Lay charts over one another, with a vertical line at the day of the data."""
    line = pd.DataFrame({"on": [pd.Timestamp(study.site.as_of)]})
    rule = alt.Chart(line).mark_rule(color=_INK, strokeDash=[3, 3], opacity=0.7).encode(alt.X("on:T"))
    return alt.LayerChart(layer=[*charts, rule], width=width, height=height)


def _dressed(chart: Chart) -> Chart:
    """Give a finished chart the house's font, ink and quiet grid."""
    words = {"labelFont": FONT, "titleFont": FONT, "labelColor": _INK, "titleColor": _QUIET}
    sizes: dict[str, Any] = {"labelFontSize": 11, "titleFontSize": 11}
    axis = sizes | words | {"gridColor": _GRID, "domainColor": _QUIET, "tickColor": _QUIET}
    legend = sizes | words | {"orient": "bottom", "direction": "horizontal", "titleOrient": "left"}
    # Marks would each read out their data in English; the SVG has one title instead.
    looks = {"font": FONT, "background": "transparent", "aria": False, "view": {"stroke": None}}
    dressed = chart.copy()
    dressed.config = looks | {"axis": axis, "legend": legend | {"labelLimit": 320}}
    return dressed


def chart_svg(chart: alt.LayerChart | alt.VConcatChart, title: str, name: str) -> str:
    """Draw a chart as an SVG element to put into a page.

    Parameters
    ----------
    chart
        One of the charts of this module.
    title
        What the chart shows, for those who do not see it.
    name
        Prefix of the ids inside, different for each chart of a page.
    """
    svg = vl_convert.vegalite_to_svg(chart.to_dict(), vl_version=_VERSION, allowed_base_urls=[])
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", svg)
    svg = re.sub(r'^<svg [^>]*?width="([\d.]+)" height="([\d.]+)"[^>]*>', _OPENING, svg, count=1)
    return svg.replace("@title", str(escape(title)), 1)
