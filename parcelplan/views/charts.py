"""Charts of a study: works and transfers in time, developable land, supply against the announcement.

Each chart comes as an Altair chart for notebooks; :func:`chart_svg` turns it into an SVG for pages, without a
browser and without a network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt
import pandas as pd

from parcelplan.views import chart_data
from parcelplan.views.chart_data import say
from parcelplan.views.chart_style import (
    CURVE_HEIGHT,
    INK,
    LABELS,
    ROW_HEIGHT,
    WIDTH,
    chart_svg,
    colours,
    dressed,
    layered,
    row_axis,
    time_axis,
)
from parcelplan.views.tables import announced_phases

if TYPE_CHECKING:
    from parcelplan.catalogue import Language
    from parcelplan.study import Study

__all__ = ["chart_svg", "developable_chart", "gantt_chart", "supply_chart"]

_LINES = {"ready": ("#009e73", [5, 3]), "transferred": ("#0072b2", [1, 0]), "announced": ("#d55e00", [2, 2])}
_SIGNS: dict[str, dict[str, Any]] = {
    "works": {"shape": "M0,-1V1", "size": 130, "strokeWidth": 2},
    "transfers": {"shape": "diamond", "size": 45, "fill": "#ffffff", "strokeWidth": 1.4},
}
_MARGIN = pd.Timedelta(days=45)


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
    return dressed(alt.VConcatChart(vconcat=drawn, spacing=18, resolve=apart))


def _panel(
    study: Study, bars: pd.DataFrame, marks: pd.DataFrame, name: str, lang: Language
) -> alt.LayerChart:
    """One half of the Gantt chart: a row for each work or batch."""
    rows = list(dict.fromkeys([*bars["row"], *marks["row"]]))
    y = row_axis(rows)
    legend = alt.Legend(title=say(f"panel.{name}", lang))
    colour = alt.Color("part:N", scale=colours(bars), legend=legend)
    drawn = alt.Chart(bars).mark_bar(height=11).encode(_time(study, "start"), alt.X2("end:T"), y, colour)
    sign = dict(_SIGNS[name])
    shape = alt.Shape("mark:N", scale=alt.Scale(range=[sign.pop("shape")]), legend=alt.Legend(title=None))
    ticks = alt.Chart(marks).mark_point(stroke=INK, opacity=1, **sign).encode(_time(study, "on"), y, shape)
    # A layer without data has no extent, and the panels would be laid over one another.
    layers = [layer for layer, data in ((drawn, bars), (ticks, marks)) if len(data)]
    return layered(study.site.as_of, *layers, width=WIDTH, height=ROW_HEIGHT * len(rows))


def developable_chart(study: Study, lang: Language | None = None) -> alt.LayerChart:
    """Draw developable and blocked land of the site over time, as steps that add up to the site's area."""
    lang = lang or study.site.lang
    land = chart_data.land_over_time(study, lang, _span(study)[1])
    areas = alt.Y("area_mu:Q", stack="zero", title=say("axis.area", lang))
    colour = alt.Color("part:N", scale=colours(land), legend=alt.Legend(title=None))
    steps = alt.Chart(land).mark_area(interpolate="step-after", opacity=0.82)
    steps = steps.encode(_time(study, "on"), areas, colour, alt.Order("order:Q"))
    labels = _labels(land[land["order"] == 0], lang)
    return dressed(layered(study.site.as_of, steps, *labels, width=WIDTH + LABELS, height=CURVE_HEIGHT))


def _labels(steps: pd.DataFrame, lang: Language) -> tuple[alt.Chart, alt.Chart]:
    """Write the developable mu on the first day, after the largest step and after the last one."""
    change = steps["area_mu"].diff().abs().fillna(0.0)
    last = change[change > 0].index.max() if change.any() else steps.index[0]
    chosen = steps.loc[sorted({steps.index[0], change.idxmax(), last})]
    texts = [say("label.area", lang, area_mu=f"{area:,.1f}") for area in chosen["area_mu"]]
    base = alt.Chart(chosen.assign(text=texts)).encode(alt.X("on:T"), alt.Y("area_mu:Q"))
    text = base.mark_text(align="left", baseline="top", dx=5, dy=5, fontWeight=600, color=INK, fontSize=12)
    return base.mark_point(filled=True, color=INK, size=22, opacity=1), text.encode(alt.Text("text:N"))


def supply_chart(study: Study, lang: Language | None = None) -> alt.LayerChart:
    """Draw the cumulative mu that is ready, that the plan transfers, and that was announced."""
    lang = lang or study.site.lang
    lines = chart_data.supply(study, lang, _span(study)[1])
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
    return dressed(layered(study.site.as_of, drawn, width=WIDTH + LABELS, height=CURVE_HEIGHT))


def _time(study: Study, column: str) -> alt.X:
    """The axis of time that all charts of a study share."""
    return time_axis(_span(study), column)


def _span(study: Study) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First and last day of all charts: as_of, works, transfers and announced days, and a margin."""
    days = [pd.Timestamp(study.site.as_of)]
    for frame, columns in (
        (study.schedule, ["start_on", "ends_on", "forecast_on", "due_on"]),
        (study.plan.to_frame(), ["ready_on", "transfer_on"]),
        (announced_phases(study), ["announced_on"]),
    ):
        for column in columns:
            days += list(pd.to_datetime(frame[column]).dropna())
    return min(days) - _MARGIN / 3, max(days) + _MARGIN
