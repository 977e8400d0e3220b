"""Charts of a screened city: what blocks how much, developable land over time, land that becomes ready by month."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from parcelplan.catalogue import Language, text
from parcelplan.views import palette
from parcelplan.views.chart_style import CURVE_HEIGHT, INK, LABELS, WIDTH, dressed, row_axis, time_axis
from parcelplan.views.city_map_data import BLOCKED, in_time, kind_label, kinds_of
from parcelplan.views.map_themes import sentence_case

M2_PER_KM2 = 1e6
_BAR_HEIGHT = 30
_LINE = "#00694d"
_HEADROOM = 0.15
"""Of the height of a curve, kept free for words above it."""


def blocked_chart(parcels: pd.DataFrame, lang: Language = "zh") -> alt.LayerChart:
    """Draw how much land each kind of constraint blocks, and all of them together.

    Parameters
    ----------
    parcels
        Screened, with ``area_m2, blocked_m2`` and ``blocked_m2_<kind>``.
    lang
        Language of labels.
    """
    bars = blocked_bars(parcels, lang)
    base = alt.Chart(bars).encode(row_axis(bars["row"].tolist()))
    colour = alt.Color("color:N", scale=None)
    length = alt.X(
        "km2:Q",
        title=text("city_map.chart.blocked", lang),
        scale=alt.Scale(domainMax=1.35 * bars["km2"].max()),
    )
    words = base.mark_text(align="left", dx=5, color=INK, fontSize=12).encode(length, alt.Text("text:N"))
    drawn = alt.LayerChart(layer=[base.mark_bar(height=17).encode(length, colour), words])
    return dressed(drawn.properties(width=WIDTH, height=_BAR_HEIGHT * len(bars)))


def blocked_bars(parcels: pd.DataFrame, lang: Language = "zh") -> pd.DataFrame:
    """One row a kind, those that block most first, and last all together: ``row, km2, color, text``."""
    area = float(parcels["area_m2"].sum())
    kinds = kinds_of(parcels)
    signs = palette.cover_signs(kinds)
    sums = [float(parcels[BLOCKED + kind].sum()) for kind in kinds] + [float(parcels["blocked_m2"].sum())]
    rows = [
        *(sentence_case(kind_label(kind, lang)) for kind in kinds),
        text("city_map.chart.all_kinds", lang),
    ]
    colours = [*(str(signs[kind]["color"]) for kind in kinds), palette.STATES["waiting"]]
    return pd.DataFrame(
        {
            "row": rows,
            "km2": [m2 / M2_PER_KM2 for m2 in sums],
            "color": colours,
            "text": [text("city_map.chart.share", lang, km2=m2 / M2_PER_KM2, share=m2 / area) for m2 in sums],
        }
    )


def city_land_chart(parcels: pd.DataFrame, lang: Language = "zh") -> alt.LayerChart:
    """Draw the developable land as a line that steps up on each day on which works end; the axis does not begin at 0.

    Parameters
    ----------
    parcels
        Screened on several days, with ``developable_m2_<YYYYMMDD>``.
    lang
        Language of labels.
    """
    steps = land_steps(parcels, lang)
    least, most = steps["km2"].min(), steps["km2"].max()
    scale = alt.Scale(domain=[least, most + _HEADROOM * (most - least or 1.0)], zero=False)
    height = alt.Y("km2:Q", title=text("city_map.chart.developable", lang), scale=scale)
    base = alt.Chart(steps).encode(time_axis((steps["on"].min(), steps["on"].max()), "on"), height)
    line = base.mark_line(interpolate="step-after", color=_LINE, strokeWidth=2.2)
    said = base.transform_filter("datum.text != ''")
    dots = said.mark_point(filled=True, color=_LINE, size=26, opacity=1)
    looks: dict[str, Any] = {"baseline": "bottom", "fontSize": 12, "fontWeight": 600, "color": INK}
    left = said.transform_filter("datum.align == 'left'").mark_text(align="left", dx=5, dy=-18, **looks)
    right = said.transform_filter("datum.align == 'right'").mark_text(align="right", dy=-5, **looks)
    words = [mark.encode(alt.Text("text:N")) for mark in (left, right)]
    drawn = alt.LayerChart(layer=[line, dots, *words])
    return dressed(drawn.properties(width=WIDTH + LABELS, height=CURVE_HEIGHT))


def land_steps(parcels: pd.DataFrame, lang: Language = "zh") -> pd.DataFrame:
    """One row a day: ``on, km2``, and ``text``, ``align`` of the first day, the last one and the largest step."""
    columns = in_time(parcels)
    area = float(parcels["area_m2"].sum())
    sums = pd.Series([float(parcels[column].sum()) for column in columns.values()])
    said = {0, len(sums) - 1, *sums.diff().nlargest(1).index}
    words = [text("city_map.chart.share", lang, km2=m2 / M2_PER_KM2, share=m2 / area) for m2 in sums]
    shown = [word if place in said else "" for place, word in enumerate(words)]
    align = ["left" if place == 0 else "right" for place in range(len(sums))]
    return pd.DataFrame({"on": list(columns), "km2": sums / M2_PER_KM2, "text": shown, "align": align})


def readiness_chart(months: pd.DataFrame, lang: Language = "zh") -> alt.VConcatChart:
    """Draw the land that becomes ready month by month, and below how much of all land is ready by then.

    Parameters
    ----------
    months
        Indexed by one column of districts and ``month`` (``now | never | unknown`` or ``2026-03``), with ``area_m2``,
        as the summary of a city gives it.
    lang
        Language of labels.
    """
    bars = ready_bars(months)
    districts = list(dict.fromkeys(bars["district"]))
    colours = alt.Scale(
        domain=districts, range=[palette.phase_colour(place + 1) for place in range(len(districts))]
    )
    span = (bars["on"].min(), bars["on"].max() + pd.DateOffset(months=2))
    base = alt.Chart(bars).encode(alt.Color("district:N", scale=colours, legend=alt.Legend(title=None)))
    ready = alt.Y("km2:Q", title=text("city_map.chart.ready", lang), stack="zero")
    above = (
        base.mark_bar(width=9)
        .encode(time_axis(span, "on", labels=False), ready)
        .properties(width=WIDTH + LABELS, height=150)
    )
    so_far = alt.Y(
        "so_far:Q",
        title=text("city_map.chart.ready_in_all", lang),
        axis=alt.Axis(format="%"),
        scale=alt.Scale(zero=False),
    )
    below = base.mark_line(interpolate="step-after", strokeWidth=2).encode(time_axis(span, "on"), so_far)
    return dressed(
        alt.VConcatChart(vconcat=[above, below.properties(width=WIDTH + LABELS, height=150)], spacing=10)
    )


def ready_bars(months: pd.DataFrame) -> pd.DataFrame:
    """One row a district and month: ``district, on, km2``, and ``so_far``, the share of its land ready by then."""
    names = ["district", "month"]
    areas = months["area_m2"].rename_axis(names).reset_index()
    areas["district"] = areas["district"].astype(str)
    table = areas.pivot_table(
        index="district", columns="month", values="area_m2", aggfunc="sum", fill_value=0.0
    )
    dated = sorted(str(month) for month in table if str(month)[:1].isdigit())
    so_far = table[dated].cumsum(axis=1).add(table.get("now", 0.0), axis=0).div(table.sum(axis=1), axis=0)
    long = table[dated].melt(ignore_index=False, var_name="month", value_name="m2").reset_index()
    return pd.DataFrame(
        {
            "district": long["district"],
            "on": pd.to_datetime(long["month"]),
            "km2": long["m2"] / M2_PER_KM2,
            "so_far": so_far.melt()["value"].to_numpy(),
        }
    )
