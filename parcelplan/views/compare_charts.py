"""Charts of a comparison: what A and B have transferred by when, the difference of each month, and their money."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt
import pandas as pd

from parcelplan.units import to_mu, to_wanyuan
from parcelplan.views import palette
from parcelplan.views.chart_data import say
from parcelplan.views.chart_style import CURVE_HEIGHT, INK, LABELS, WIDTH, dressed, time_axis

if TYPE_CHECKING:
    from parcelplan.catalogue import Language
    from parcelplan.compare import Comparison

_A, _B = "#6b7680", "#0072b2"
_MORE, _LESS = palette.EARLIER[2], palette.LATER[2]
_BARS_HEIGHT = 110
_MARGIN = pd.Timedelta(days=40)


def compare_chart(comparison: Comparison, lang: Language) -> alt.VConcatChart:
    """Draw land transferred so far in both plans, the difference of each month under it, and money where there is any.

    A is a grey broken line, B a blue full one; a month's bar is blue where B transfers more in it, orange where less.
    """
    span = _span(comparison)
    panels = [_totals(comparison, span, lang), _differences(comparison, span, lang)]
    if len(comparison.cash):
        panels.append(_cash(comparison, span, lang))
    apart = alt.Resolve(scale=alt.ScaleResolveMap(color="independent", strokeDash="independent"))
    return dressed(alt.VConcatChart(vconcat=panels, spacing=22, resolve=apart))


def _span(comparison: Comparison) -> tuple[pd.Timestamp, pd.Timestamp]:
    months = [*comparison.months.index, *comparison.cash.index]
    return min(months) - _MARGIN / 4, max(months) + pd.Timedelta(days=31) + _MARGIN / 4


def _labels(comparison: Comparison, lang: Language) -> list[str]:
    return [
        say("compare.a", lang, label=comparison.a.label),
        say("compare.b", lang, label=comparison.b.label),
    ]


def _totals(
    comparison: Comparison, span: tuple[pd.Timestamp, pd.Timestamp], lang: Language
) -> alt.LayerChart:
    frames = []
    for end, label in zip("ab", _labels(comparison, lang), strict=True):
        sales = (comparison.a if end == "a" else comparison.b).sales.sort_values("transfer_on")
        days = [span[0], *sales["transfer_on"], span[1]]
        areas = to_mu(sales["area_m2"].astype(float)).cumsum().tolist()
        last = areas[-1] if areas else 0.0
        frames.append(pd.DataFrame({"on": days, "area_mu": [0.0, *areas, last], "part": label}))
    axis = alt.Y("area_mu:Q", title=say("compare.total", lang))
    steps = _lines(pd.concat(frames, ignore_index=True), span, axis, comparison, lang)
    # Where the two run together, nothing lies between them; elsewhere the gap is land-time won or lost.
    return _panel(comparison, steps.mark_line(interpolate="step-after", strokeWidth=2.2), height=CURVE_HEIGHT)


def _lines(
    data: pd.DataFrame,
    span: tuple[pd.Timestamp, pd.Timestamp],
    y: alt.Y,
    comparison: Comparison,
    lang: Language,
) -> alt.Chart:
    names = _labels(comparison, lang)
    legend = alt.Legend(title=None, symbolSize=400, symbolStrokeWidth=2.5, labelLimit=WIDTH // 2)
    return alt.Chart(data).encode(
        time_axis(span, "on"),
        y,
        alt.Color("part:N", scale=alt.Scale(domain=names, range=[_A, _B]), legend=legend),
        alt.StrokeDash("part:N", scale=alt.Scale(domain=names, range=[[5, 3], [1, 0]]), legend=legend),
    )


def _differences(
    comparison: Comparison, span: tuple[pd.Timestamp, pd.Timestamp], lang: Language
) -> alt.LayerChart:
    frame = comparison.months[["difference_m2"]].rename_axis("start").reset_index()
    frame["area_mu"], frame["zero"] = to_mu(frame["difference_m2"]), 0.0
    frame["end"] = frame["start"] + pd.offsets.MonthBegin(1)
    names = {True: say("compare.more", lang), False: say("compare.less", lang)}
    frame["part"] = (frame["area_mu"] > 0).map(names)
    frame = frame[frame["area_mu"].abs() > 0]
    colour = alt.Color(
        "part:N",
        scale=alt.Scale(domain=[names[True], names[False]], range=[_MORE, _LESS]),
        legend=alt.Legend(title=None),
    )
    bars = alt.Chart(frame).mark_bar(stroke="#ffffff", strokeWidth=0.6)
    bars = bars.encode(
        time_axis(span, "start"),
        alt.X2("end:T"),
        alt.Y("area_mu:Q", title=say("compare.month", lang), stack=None),
        alt.Y2("zero:Q"),
        colour,
    )
    return _panel(comparison, bars, height=_BARS_HEIGHT, zero=True)


def _cash(comparison: Comparison, span: tuple[pd.Timestamp, pd.Timestamp], lang: Language) -> alt.LayerChart:
    frames = [
        pd.DataFrame(
            {
                "on": comparison.cash.index,
                "wanyuan": comparison.cash[f"{end}_yuan"].map(to_wanyuan).to_numpy(),
                "part": label,
            }
        ).dropna()
        for end, label in zip("ab", _labels(comparison, lang), strict=True)
    ]
    data = pd.concat(frames, ignore_index=True)
    lines = _lines(data, span, alt.Y("wanyuan:Q", title=say("compare.cash", lang)), comparison, lang)
    lines = lines.mark_line(interpolate="step-after", strokeWidth=2)
    return _panel(comparison, lines, height=_BARS_HEIGHT, zero=True)


def _panel(comparison: Comparison, drawn: alt.Chart, *, height: int, zero: bool = False) -> alt.LayerChart:
    """Lay a chart over the day of the data of each plan, and over a line at nothing where it goes below."""
    days = pd.DataFrame({"on": [pd.Timestamp(day) for day in {comparison.a.as_of, comparison.b.as_of}]})
    rule: dict[str, Any] = {"color": INK, "opacity": 0.7}
    rules = [alt.Chart(days).mark_rule(strokeDash=[3, 3], **rule).encode(alt.X("on:T"))]
    if zero:
        rules.append(alt.Chart(pd.DataFrame({"y": [0]})).mark_rule(**rule).encode(alt.Y("y:Q")))
    return alt.LayerChart(layer=[drawn, *rules], width=WIDTH + LABELS, height=height)
