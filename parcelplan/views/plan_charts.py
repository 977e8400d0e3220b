"""Charts of a plan: its works with crews and float, its money, how sure its supply is and what drives it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt
import pandas as pd

from parcelplan.planning.problem import CrewCapacity
from parcelplan.units import to_mu
from parcelplan.views import plan_chart_data as data
from parcelplan.views.chart_data import WAITING, say
from parcelplan.views.chart_style import (
    CURVE_HEIGHT,
    INK,
    LABELS,
    QUIET,
    ROW_HEIGHT,
    WIDTH,
    colours,
    dressed,
    layered,
    row_axis,
    time_axis,
)
from parcelplan.views.tables import announced_phases

if TYPE_CHECKING:
    from parcelplan.catalogue import Language
    from parcelplan.planning.risk import Risk
    from parcelplan.study import Study

_CREW_HEIGHT, _BAR_HEIGHT, _FLOAT_HEIGHT = 38, 11, 4
_PLANNED, _BAND, _ANNOUNCED = "#0072b2", "#56b4e9", "#d55e00"
_FLOWS = {"income": (data.INCOME, [1, 0]), "payments": (data.PAYMENT, [1, 0])}
_BALANCES = {"balance": (_PLANNED, [1, 0]), "credit": (_ANNOUNCED, [5, 3])}
_BANDS = {"band": (_BAND, [1, 0])}
_SUPPLY_LINES = {"planned": (_PLANNED, [1, 0]), "p80": (INK, [4, 3]), "announced": (_ANNOUNCED, [2, 2])}
_NAME_SHARE, _LINE_SHARE = 0.22, 0.07
"""Room that a name takes: of the chart's width and of its height."""
_QUOTA, _USED = "#d55e00", "#8fa6bd"
_MARGIN = pd.Timedelta(days=45)
_TICK = "M0,-1V1"


def programme_chart(study: Study, lang: Language | None = None, risk: Risk | None = None) -> alt.VConcatChart:
    """Draw works by crew, transfers by phase and the use of each crew, on one axis of time.

    A work's bar is vermilion where it has no float; a thin line behind the bar is its float, a black tick the due
    date, a circle the day by which it has ended in 80 % of the runs. A phase's bars run from notice to transfer;
    a diamond is its announced day, a circle the day by which its last transfer is made in 80 % of the runs.
    """
    lang = lang or study.site.lang
    works = data.programme(study, lang, risk)
    span = _span(study, works, risk)
    parts = [_works_panel(study, works, span, lang)] if works.rows else []
    phases = data.phase_bars(study, lang)
    if len(phases):
        parts.append(_phase_panel(study, phases, data.phase_marks(study, lang, risk), span))
    crews = data.crews_in_use(study, works, lang)
    parts += [_crew_panel(study, crew, span, lang, last=crew is crews[-1]) for crew in crews]
    apart = alt.Resolve(scale=alt.ScaleResolveMap(color="independent", shape="independent", y="independent"))
    return dressed(alt.VConcatChart(vconcat=parts, spacing=14, resolve=apart))


def _span(study: Study, works: data.Programme, risk: Risk | None) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First and last day of the programme: its works, transfers, due dates, and the 80 % days."""
    plan = study.plan
    days = [pd.Timestamp(plan.as_of), *works.marks["on"], *works.bars["start"], *works.bars["end"]]
    days += [pd.Timestamp(item.transfer_on) for item in plan.transfers]
    days += list(announced_phases(study)["announced_on"].dropna())
    if risk is not None:
        days += list(risk.phases["p80_on"].dropna())
    return min(days) - _MARGIN / 3, max(days) + _MARGIN


def _works_panel(
    study: Study, works: data.Programme, span: tuple[pd.Timestamp, pd.Timestamp], lang: Language
) -> alt.LayerChart:
    heading = alt.ExprRef("indexof(" + str(works.headings) + ", datum.value) >= 0")
    bold = {"condition": {"test": heading.expr, "value": 700}, "value": 400}
    # A heading has no bar, and a row without data would have no place.
    rows = pd.DataFrame({"row": works.rows, "on": pd.Timestamp(study.plan.as_of)})
    y = row_axis(
        works.rows, labelFontWeight=bold, labelAlign="left", labelPadding=LABELS - 4, minExtent=LABELS
    )
    held = alt.Chart(rows).mark_point(opacity=0).encode(alt.X("on:T"), y)
    bars = works.bars.assign(end=works.bars["end"].where(works.bars["end"] < span[1], span[1]))
    colour = alt.Color("part:N", scale=colours(bars), legend=alt.Legend(title=say("panel.works", lang)))
    thin = bars["color"] == WAITING
    shown = [
        alt.Chart(own).mark_bar(height=height).encode(time_axis(span, "start"), alt.X2("end:T"), y, colour)
        for own, height in ((bars[thin], _FLOAT_HEIGHT), (bars[~thin], _BAR_HEIGHT))
        if len(own)
    ]
    shown = [held, *shown]
    if len(works.marks):
        shown.append(_marks(works.marks, span, y, shapes=[_TICK, "circle"]))
    return layered(study.plan.as_of, *shown, width=WIDTH, height=ROW_HEIGHT * len(works.rows))


def _marks(
    marks: pd.DataFrame, span: tuple[pd.Timestamp, pd.Timestamp], y: alt.Y, *, shapes: list[str]
) -> alt.Chart:
    names = marks.drop_duplicates("mark").sort_values("order")
    chosen = [shapes[order] for order in names["order"]]
    scale = alt.Scale(domain=names["mark"].tolist(), range=chosen)
    shape = alt.Shape("mark:N", scale=scale, legend=alt.Legend(title=None))
    drawn = alt.Chart(marks).mark_point(stroke=INK, fill="#ffffff", opacity=1, size=46, strokeWidth=1.5)
    made: alt.Chart = drawn.encode(time_axis(span, "on"), y, shape)
    return made


def _phase_panel(
    study: Study, bars: pd.DataFrame, marks: pd.DataFrame, span: tuple[pd.Timestamp, pd.Timestamp]
) -> alt.LayerChart:
    rows = list(dict.fromkeys([*bars["row"], *marks["row"]]))
    y = row_axis(rows)
    fills = bars.drop_duplicates("row")
    colour = alt.Color(
        "row:N", scale=alt.Scale(domain=fills["row"].tolist(), range=fills["color"].tolist()), legend=None
    )
    drawn = alt.Chart(bars).mark_bar(height=_BAR_HEIGHT, stroke="#ffffff", strokeWidth=0.8)
    drawn = drawn.encode(time_axis(span, "start"), alt.X2("end:T"), y, colour)
    layers = [drawn, _marks(marks, span, y, shapes=["diamond", "circle"])] if len(marks) else [drawn]
    return layered(study.plan.as_of, *layers, width=WIDTH, height=(ROW_HEIGHT + 2) * len(rows))


def _crew_panel(
    study: Study, crew: CrewCapacity, span: tuple[pd.Timestamp, pd.Timestamp], lang: Language, *, last: bool
) -> alt.LayerChart:
    """Units in use as an area under the line of those there are; only the last panel tells the time."""
    use = data.crew_use(study, crew)
    most = int(max(use["used"].max(), use["capacity"].max(), 1))
    place: dict[str, Any] = {
        "titleAngle": 0,
        "titleAlign": "left",
        "titleBaseline": "middle",
        "titleX": -LABELS,
        "titleY": _CREW_HEIGHT / 2,
    }
    looks: dict[str, Any] = {"titleColor": INK, "titleLimit": LABELS - 30, "minExtent": LABELS, "format": "d"}
    axis = alt.Axis(title=data.crew_label(crew, lang), values=[0, most], **place, **looks)
    scale = alt.Scale(domain=[0, most])
    x = time_axis(span, "on", labels=last)
    area = alt.Chart(use).mark_area(interpolate="step-after", color=_USED, opacity=0.9)
    line = alt.Chart(use).mark_line(interpolate="step-after", color=INK, strokeWidth=1.3, strokeDash=[4, 2])
    layers = [
        area.encode(x, alt.Y("used:Q", scale=scale, axis=axis)),
        line.encode(x, alt.Y("capacity:Q", scale=scale)),
    ]
    return layered(study.plan.as_of, *layers, width=WIDTH, height=_CREW_HEIGHT)


def cash_chart(study: Study, lang: Language | None = None, risk: Risk | None = None) -> alt.LayerChart:
    """Draw income and payments by month, the lowest balance of each month, and the credit line.

    With a risk run also the balance that is kept in 80 % of the runs.
    """
    lang = lang or study.site.lang
    months = data.cash_months(study, risk)
    balances = _BALANCES if risk is None else {**_BALANCES, "p80": (INK, [4, 3])}
    span = months["month"].min() - _MARGIN / 3, months["month"].max() + _MARGIN
    bars, lines = (
        months.melt(id_vars=["month", "until"], value_vars=list(names), var_name="flow", value_name="amount")
        for names in (_FLOWS, balances)
    )
    figures = months[[*_FLOWS, *balances]].to_numpy()
    room = 0.06 * max(1.0, float(abs(figures).max()))
    scale = alt.Scale(nice=False, domain=[float(figures.min()) - room, float(figures.max()) + room])
    y = alt.Y("amount:Q", title=say("axis.money", lang), axis=alt.Axis(format=",.0f"), scale=scale)
    drawn = alt.Chart(_said(bars[bars["amount"] != 0], "cash", lang)).mark_bar(opacity=0.9)
    drawn = drawn.encode(
        time_axis(span, "month"), alt.X2("until:T"), y, alt.Y2(datum=0), _coloured("cash", _FLOWS, lang)
    )
    ends = lines[lines["month"] == lines["month"].max()]
    drawn_lines = _stepped(
        _said(pd.concat([lines, ends.assign(month=ends["until"])]), "cash", lang),
        (time_axis(span, "month"), y),
        ("cash", balances),
        lang,
    )
    zero = alt.Chart(pd.DataFrame({"amount": [0.0]})).mark_rule(color=QUIET).encode(alt.Y("amount:Q"))
    chart = layered(study.plan.as_of, drawn, zero, drawn_lines, width=WIDTH + LABELS, height=CURVE_HEIGHT)
    made: alt.LayerChart = chart.resolve_scale(color="independent", strokeDash="independent")
    return dressed(made)


def _said(frame: pd.DataFrame, family: str, lang: Language) -> pd.DataFrame:
    """Name each row's ``flow`` for the legend."""
    return frame.assign(part=[say(f"{family}.{name}", lang) for name in frame["flow"]])


def _coloured(family: str, parts: dict[str, tuple[str, list[int]]], lang: Language) -> alt.Color:
    scale = alt.Scale(
        domain=[say(f"{family}.{name}", lang) for name in parts],
        range=[colour for colour, _ in parts.values()],
    )
    return alt.Color("part:N", scale=scale, legend=alt.Legend(title=None))


def _stepped(
    frame: pd.DataFrame,
    axes: tuple[alt.X, alt.Y],
    named: tuple[str, dict[str, tuple[str, list[int]]]],
    lang: Language,
) -> alt.Chart:
    """Lines in steps, told apart by colour and dash."""
    family, parts = named
    domain = [say(f"{family}.{name}", lang) for name in parts]
    legend = alt.Legend(title=None, symbolSize=400, symbolStrokeWidth=2.5)
    hues = alt.Scale(domain=domain, range=[colour for colour, _ in parts.values()])
    dashes = alt.Scale(domain=domain, range=[dash for _, dash in parts.values()])
    drawn = alt.Chart(frame).mark_line(interpolate="step-after", strokeWidth=2)
    made: alt.Chart = drawn.encode(
        *axes,
        alt.Color("part:N", scale=hues, legend=legend),
        alt.StrokeDash("part:N", scale=dashes, legend=legend),
    )
    return made


def sure_supply_chart(study: Study, risk: Risk, lang: Language | None = None) -> alt.LayerChart:
    """Draw cumulative mu: planned, with the band of the runs, as announced, and the targets of land."""
    lang = lang or study.site.lang
    span = _supply_span(study, risk)
    announced = data.announced_steps(study, span[1])
    band = data.sure_supply(risk, span[1])
    x, y = time_axis(span, "on"), alt.Y("area_mu:Q", title=say("axis.supply", lang))
    area = alt.Chart(_said(band.assign(flow="band"), "sure", lang)).mark_area(
        interpolate="step-after", opacity=0.35
    )
    area = area.encode(
        x, alt.Y("p95:Q", title=say("axis.supply", lang)), alt.Y2("p50:Q"), _coloured("sure", _BANDS, lang)
    )
    runs = band.melt(id_vars="on", value_vars=["planned", "p80"], var_name="flow", value_name="area_mu")
    lines = pd.concat([runs, announced.assign(flow="announced")] if len(announced) else [runs])
    drawn = _stepped(_said(lines, "sure", lang), (x, y), ("sure", _SUPPLY_LINES), lang)
    layers = [area, drawn, *_target_marks(study, span, lang)]
    chart = layered(study.plan.as_of, *layers, width=WIDTH + LABELS, height=CURVE_HEIGHT)
    made: alt.LayerChart = chart.resolve_scale(color="independent", strokeDash="independent")
    return dressed(made)


def _supply_span(study: Study, risk: Risk) -> tuple[pd.Timestamp, pd.Timestamp]:
    announced = announced_phases(study)["announced_on"].dropna()
    targets = data.area_targets(study)["on"]
    days = [pd.Timestamp(study.plan.as_of), *risk.supply.index, *announced, *targets]
    return min(days) - _MARGIN / 3, max(days) + _MARGIN


def _target_marks(study: Study, span: tuple[pd.Timestamp, pd.Timestamp], lang: Language) -> list[alt.Chart]:
    """Targets of land, the first of them with their names."""
    targets = data.area_targets(study).assign(mark=say("sure.target", lang))
    if targets.empty:
        return []
    x, y = time_axis(span, "on"), alt.Y("area_mu:Q")
    shape = alt.Shape("mark:N", scale=alt.Scale(range=["triangle-up"]), legend=alt.Legend(title=None))
    points = alt.Chart(targets).mark_point(stroke=INK, fill="#ffffff", size=60, opacity=1, strokeWidth=1.4)
    room = (span[1] - span[0]).days * _NAME_SHARE
    lines = to_mu(float(study.readiness["area_m2"].sum())) * _LINE_SHARE
    named = data.apart(targets, room, lines, span[1])
    return [
        points.encode(x, y, shape),
        *(_names(named[named["left"] == left], x, left=left) for left in (False, True)),
    ]


def _names(targets: pd.DataFrame, x: alt.X, *, left: bool) -> alt.Chart:
    looks: dict[str, Any] = {"align": "right" if left else "left", "dx": -8 if left else 8}
    drawn = alt.Chart(targets).mark_text(fontSize=10, color=INK, limit=150, **looks)
    made: alt.Chart = drawn.encode(x, alt.Y("area_mu:Q"), alt.Text("title:N"))
    return made


def tornado_chart(study: Study, risk: Risk, lang: Language | None = None) -> alt.LayerChart:
    """Draw by how many days each work moves the mean day of transfer, at its 10 % and its 90 % duration."""
    lang = lang or study.site.lang
    rows = data.drivers(study, risk, lang)
    names = [say(f"driver.{name}", lang) for name in ("low", "high")]
    order = list(dict.fromkeys(rows["row"]))
    y = row_axis(order)
    reach = float(rows["days"].abs().max() or 1.0) if len(rows) else 1.0
    scale = alt.Scale(
        domain=[min(0.0, rows["days"].min()) - reach * 0.16, max(0.0, rows["days"].max()) + reach * 0.16]
    )
    x = alt.X(
        "days:Q", scale=scale, title=say("axis.driver", lang), axis=alt.Axis(format="+.0f", tickCount=8)
    )
    colour = alt.Color(
        "part:N",
        scale=alt.Scale(domain=names, range=[data.INCOME, data.CRITICAL]),
        legend=alt.Legend(title=None),
    )
    bars = alt.Chart(rows).mark_bar(height=_BAR_HEIGHT).encode(x, y, colour)
    zero = alt.Chart(pd.DataFrame({"days": [0.0]})).mark_rule(color=INK).encode(alt.X("days:Q"))
    layers = [
        bars,
        *(
            _ends(rows[rows["part"] == name], y, right=right)
            for name, right in zip(names, (False, True), strict=True)
        ),
        zero,
    ]
    return dressed(alt.LayerChart(layer=layers, width=WIDTH, height=(ROW_HEIGHT + 3) * len(order)))


def _ends(rows: pd.DataFrame, y: alt.Y, *, right: bool) -> alt.Chart:
    """Write the duration at the end of each bar."""
    looks: dict[str, Any] = {"align": "left" if right else "right", "dx": 4 if right else -4}
    text = alt.Chart(rows).mark_text(fontSize=10, color=QUIET, **looks)
    made: alt.Chart = text.encode(alt.X("days:Q"), y, alt.Text("text:N"))
    return made


def yearly_chart(study: Study, lang: Language | None = None) -> alt.LayerChart:
    """Draw the mu transferred in each year by phase, under the year's quota; its total stands below the year."""
    lang = lang or study.site.lang
    years, quotas = data.yearly_supply(study, lang), data.yearly_quotas(study)
    order = sorted({*years["year"], *quotas["year"]})
    totals = {year: float(years.loc[years["year"] == year, "area_mu"].sum()) for year in order}
    named = {year: say("label.year", lang, year=year, area_mu=f"{totals[year]:,.1f}") for year in order}
    axis = alt.Axis(labelAngle=0, labelExpr="split(datum.label, '|')", labelLineHeight=15)
    x = alt.X("label:O", scale=alt.Scale(domain=list(named.values())), title=None, axis=axis)
    colour = alt.Color("part:N", scale=colours(years), legend=alt.Legend(title=None))
    bars = alt.Chart(years.assign(label=years["year"].map(named))).mark_bar(size=38)
    y = alt.Y("area_mu:Q", title=say("axis.area", lang), stack="zero")
    layers = [bars.encode(x, y, colour, alt.Order("order:Q"))]
    if len(quotas):
        ticks = alt.Chart(quotas.assign(label=quotas["year"].map(named), mark=say("mark.quota", lang)))
        legend = alt.Legend(title=None, symbolStrokeColor=_QUOTA, symbolStrokeWidth=3)
        shape = alt.Shape("mark:N", scale=alt.Scale(range=["stroke"]), legend=legend)
        layers.append(
            ticks.mark_tick(color=_QUOTA, opacity=1, thickness=3, size=54).encode(x, alt.Y("area_mu:Q"))
        )
        layers.append(ticks.mark_point(opacity=0).encode(x, alt.Y("area_mu:Q"), shape))
    return dressed(alt.LayerChart(layer=layers, width=WIDTH + LABELS, height=CURVE_HEIGHT - 40))
