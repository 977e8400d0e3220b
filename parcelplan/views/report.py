"""The report: one HTML page that holds everything it shows, to read in three minutes and to print on A4."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jinja2
import pandas as pd
from markupsafe import Markup

from parcelplan import catalogue
from parcelplan.units import to_mu
from parcelplan.views import charts, palette, report_data
from parcelplan.views.exports import scenario_label

if TYPE_CHECKING:
    import altair as alt

    from parcelplan.catalogue import Language
    from parcelplan.study import Study

NOTHING = "–"


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
    return {
        "lang": "zh-CN" if lang == "zh" else "en",
        "name": study.site.name(lang),
        "note": config.note.of(lang),
        "facts": _facts(study, lang),
        "headline": data.headline(study, lang),
        "answers": data.answers(study, lang),
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
    }


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
    made: dict[str, alt.LayerChart | alt.VConcatChart] = {
        "gantt": charts.gantt_chart(study, lang),
        "curve": charts.developable_chart(study, lang),
        "supply": charts.supply_chart(study, lang),
    }
    drawn = {
        name: charts.chart_svg(chart, report_data.say(f"ui.{name}_title", lang), name)
        for name, chart in made.items()
    }
    return {name: Markup(svg) for name, svg in drawn.items()}  # noqa: S704 - escaped where they are drawn


def _environment(lang: Language) -> jinja2.Environment:
    loader = jinja2.PackageLoader("parcelplan.views")
    made = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    made.globals["most_rows"] = report_data.MOST_ROWS
    made.globals["ui"] = lambda name, **params: report_data.say(f"ui.{name}", lang, **params)
    made.filters |= {"figure": _figure, "whole": _whole, "day": _day}
    return made


def _figure(value: float | None) -> str:
    return NOTHING if value is None or pd.isna(value) else f"{value:,.2f}"


def _whole(value: float | None) -> str:
    return NOTHING if value is None or pd.isna(value) else f"{value:,.0f}"


def _day(value: Any) -> str:
    return NOTHING if value is None or pd.isna(value) else f"{value:%Y-%m-%d}"
