"""The report: one HTML page that holds everything it shows, to read in three minutes and to print on A4."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jinja2
import pandas as pd
from markupsafe import Markup

from parcelplan import catalogue
from parcelplan.units import to_mu
from parcelplan.views import charts, palette, plan_charts, report_data, report_plan
from parcelplan.views.chart_style import AnyChart, chart_svg
from parcelplan.views.exports import scenario_label
from parcelplan.views.plan_chart_data import MOST_WORKS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from parcelplan.catalogue import Language
    from parcelplan.study import Study

NOTHING = "–"
_LEAST = 0.01
"""Shares nearer to none or all than this are only said to be so."""


def render_report(study: Study, *, lang: Language | None = None) -> str:
    """Write the report of a study.

    Parameters
    ----------
    study
        A computed site.
    lang
        Language of the page; the site's where None.

    Returns
    -------
    str
        A whole HTML page. Nothing in it is loaded from anywhere, and text from files is escaped.
    """
    lang = lang or study.site.lang
    page = _environment(lang).get_template("report.html.j2")
    return page.render(**_context(study, lang))


def _context(study: Study, lang: Language) -> dict[str, Any]:
    config = study.site.config
    data = report_data
    numbers = {name: place for place, name in enumerate(_sections(study), start=1)}
    return {
        "lang": "zh-CN" if lang == "zh" else "en",
        "name": study.site.name(lang),
        "note": config.note.of(lang),
        "numbers": numbers,
        "facts": _facts(study, lang),
        "headline": data.headline(study, lang),
        "answers": data.answers(study, lang, section=numbers["announced"]),
        "tiles": _tiles(study, lang),
        "phases": data.phase_rows(study, lang),
        "groups": data.plan_groups(study, lang),
        "unplanned": data.unplanned_rows(study, lang),
        "works": data.binding_works(study),
        "charts": _charts(study, lang),
        "has_announced": len(study.site.table("announced")) > 0,
        "announced": data.finding_rows(study, study.announced_findings, lang),
        "verdicts": data.verdict_groups(study, lang),
        "findings": data.finding_rows(study, study.findings, lang),
        "assumptions": data.assumptions(study, lang),
        "as_of": config.as_of,
        "colours": {
            int(phase): palette.phase_colour(int(phase)) for phase in study.readiness["phase"].unique()
        },
        **_plan_context(study, lang),
    }


def _plan_context(study: Study, lang: Language) -> dict[str, Any]:
    """What the page says of works, money and certainty; None where there is nothing to say."""
    data = report_plan
    works = data.work_rows(study, lang) if study.plan.works else []
    return {
        "objectives": data.objective_rows(study, lang),
        "programme": works,
        "undrawn": max(0, len(study.plan.works) - MOST_WORKS),
        "money": data.money_facts(study, lang) if data.has_money(study) else None,
        "risk": data.risk_facts(study, lang) if data.has_risk(study) else None,
    }


def _sections(study: Study) -> list[str]:
    """Sections of the page, in their order."""
    money = ["money"] if report_plan.has_money(study) else []
    risk = ["risk"] if report_plan.has_risk(study) else []
    last = ["announced", "verdicts", "findings", "assumptions"]
    return ["possible", "plan", "programme", "land", *money, *risk, *last]


def _facts(study: Study, lang: Language) -> list[tuple[str, str]]:
    """What the page is about: labels of the interface and values."""
    config, plan = study.site.config, study.plan
    document = " ".join(part for part in (config.document.title.of(lang), config.document.number) if part)
    facts = {
        "as_of": config.as_of.isoformat(),
        "scenario": scenario_label(study, lang),
        "document": document,
        "status": catalogue.text(f"plan.status.{plan.status}", lang, gap=plan.gap or 0.0),
    }
    return [(name, value) for name, value in facts.items() if value]


def _tiles(study: Study, lang: Language) -> list[tuple[str, str, str]]:
    """Key figures: label of the interface, figure, unit."""
    plan, mu = study.plan, report_data.say("ui.mu", lang)
    net = study.readiness.loc[study.readiness["stage"] == "net_land", "area_m2"].sum()
    areas = {
        "area": study.developable["area_m2"].sum(),
        "developable_now": study.developable["developable_m2"].sum(),
        "developable_final": study.developable_final["developable_m2"].sum(),
        "ready_now": net,
        "planned": sum(item.area_m2 for item in plan.transfers),
    }
    tiles = [(name, f"{to_mu(float(area)):,.2f}", mu) for name, area in areas.items()]
    last = max((item.transfer_on for item in plan.transfers), default=None)
    return [*tiles, ("last_transfer", last.isoformat() if last else NOTHING, "")]


def _charts(study: Study, lang: Language) -> dict[str, Markup]:
    """The charts as SVG elements."""
    drawn = {
        name: chart_svg(chart, report_data.say(f"ui.{name}_title", lang), name)
        for name, chart in _drawings(study, lang)
    }
    return {name: Markup(svg) for name, svg in drawn.items()}  # noqa: S704 - escaped where they are drawn


def _drawings(study: Study, lang: Language) -> Iterator[tuple[str, AnyChart]]:
    risk = study.risk if report_plan.has_risk(study) else None
    if study.plan.works:
        yield "programme", plan_charts.programme_chart(study, lang, risk)
    else:
        yield "gantt", charts.gantt_chart(study, lang)
    yield "curve", charts.developable_chart(study, lang)
    yield "supply", charts.supply_chart(study, lang)
    if study.plan.transfers:
        yield "yearly", plan_charts.yearly_chart(study, lang)
    if report_plan.has_money(study):
        yield "cash", plan_charts.cash_chart(study, lang, risk)
    if risk is not None:
        yield "sure", plan_charts.sure_supply_chart(study, risk, lang)
        if (risk.drivers["swing_days"] > 0).any():
            yield "tornado", plan_charts.tornado_chart(study, risk, lang)


def _environment(lang: Language) -> jinja2.Environment:
    loader = jinja2.PackageLoader("parcelplan.views")
    made = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    made.globals["most_rows"] = report_data.MOST_ROWS
    made.globals["ui"] = lambda name, **params: report_data.say(f"ui.{name}", lang, **params)
    made.filters |= {"figure": _figure, "whole": _whole, "day": _day, "share": _share, "gap": _gap}
    return made


def _figure(value: float | None) -> str:
    return NOTHING if value is None or pd.isna(value) else f"{value:,.2f}"


def _whole(value: float | None) -> str:
    return NOTHING if value is None or pd.isna(value) else f"{value:,.0f}"


def _day(value: Any) -> str:
    return NOTHING if value is None or pd.isna(value) else f"{value:%Y-%m-%d}"


def _share(value: float | None) -> str:
    """A share in whole per cent, that is never said to be none or all where it is not."""
    if value is None or pd.isna(value):
        return NOTHING
    if 0 < value < _LEAST:
        return f"<{_LEAST:.0%}"
    return f">{1 - _LEAST:.0%}" if 1 - _LEAST < value < 1 else f"{value:.0%}"


def _gap(value: float | None) -> str:
    return NOTHING if value is None or pd.isna(value) else f"{value:.2%}"
