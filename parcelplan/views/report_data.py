"""What the report says, section by section, as plain lists and dicts for its template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from parcelplan import catalogue
from parcelplan.checks.verdicts import verdict_counts
from parcelplan.dates import known_until, working_day_from
from parcelplan.units import to_mu
from parcelplan.views.tables import (
    WORST_FIRST,
    batch_table,
    code_name,
    phase_name,
    phase_table,
    unplanned_text,
    verdict_table,
    waited_text,
    work_table,
)
from parcelplan.views.why_not import why_not

if TYPE_CHECKING:
    from collections.abc import Iterable

    from parcelplan.catalogue import Language
    from parcelplan.findings import Findings
    from parcelplan.study import Study

Row = dict[str, Any]
MOST_NAMES, MOST_ROWS = 8, 60
"""Longest lists the report shows: names in a cell, rows of a list."""


def say(code: str, lang: Language, **params: Any) -> str:
    """A sentence of the report."""
    return catalogue.text(f"report.{code}", lang, **params)


def records(frame: pd.DataFrame) -> list[Row]:
    """Rows of a table as dicts, what is missing as None."""
    return [
        {str(key): None if pd.isna(value) else value for key, value in row.items()}
        for row in frame.to_dict("records")
    ]


def shorten(items: list[Any], limit: int = MOST_NAMES) -> tuple[list[Any], int]:
    """The first items of a list, and how many were left out; the workbook of the run has them all.

    Examples
    --------
    >>> shorten(["P1", "P2", "P3"], 2)
    (['P1', 'P2'], 1)
    """
    return items[:limit], max(0, len(items) - limit)


def headline(study: Study, lang: Language) -> str:
    """The answer in one sentence."""
    plan = study.plan
    if plan.status == "infeasible":
        return say("headline.infeasible", lang, conflict=why_not(study, lang))
    if plan.status == "no_solution_yet":
        return say("headline.no_solution_yet", lang, solve_s=plan.solve_s)
    if not plan.transfers:
        return say("headline.none", lang)
    days = [item.transfer_on for item in plan.transfers]
    return say(
        f"headline.{'part' if plan.unplanned else 'whole'}",
        lang,
        parcels=len(plan.transfers),
        total=len(plan.transfers) + len(plan.unplanned),
        area_mu=to_mu(sum(item.area_m2 for item in plan.transfers)),
        first_on=min(days),
        last_on=max(days),
        left=len(plan.unplanned),
        left_mu=to_mu(sum(item.area_m2 for item in plan.unplanned)),
    )


def answers(study: Study, lang: Language, *, section: int) -> list[str]:
    """What to know after the headline: years, phases with what they wait for, rules, the announced plan.

    Parameters
    ----------
    study
        A computed site.
    lang
        Language of the page.
    section
        Number of the section about the announced plan.
    """
    years = [
        say("answer.year", lang, year=year, area_mu=to_mu(area))
        for year, area in study.plan.area_by_year_m2().items()
    ]
    lines = [say("answer.years", lang, years=say("comma", lang).join(years))] if years else []
    lines += [_phase_answer(study, row, lang) for row in phase_rows(study, lang)]
    if len(study.verdicts):
        counts = verdict_counts(study.verdicts)
        lines.append(say("answer.verdicts", lang, total=len(study.verdicts), **counts))
    wrong = [item for item in study.announced_findings if item.severity != "info"]
    return lines + ([say("answer.announced", lang, count=len(wrong), section=section)] if wrong else [])


def _phase_answer(study: Study, row: Row, lang: Language) -> str:
    return say(
        "answer.phase",
        lang,
        phase=row["name"],
        area_mu=row["area_mu"],
        ready=_ready_words(study, row, lang),
        transfer=_transfer_words(study, row, lang),
        slack=_slack_words(row, lang),
    )


def _ready_words(study: Study, row: Row, lang: Language) -> str:
    land = study.readiness[study.readiness["phase"] == row["phase"]]
    if row["ready_on"] is None:
        return say("ready.part", lang, parcels=int(land["ready_on"].isna().sum()))
    last = land[land["ready_on"] == row["ready_on"]]
    waits = last.groupby("last_work")["area_m2"].sum()
    work = str(waits.idxmax())
    if not work:
        return say("ready.at_once", lang)
    name = f"{work} {study.schedule['name'][work]}"
    return say("ready.work", lang, ready_on=f"{row['ready_on']:%Y-%m-%d}", work=name)


def _transfer_words(study: Study, row: Row, lang: Language) -> str:
    planned = study.plan.of_phase(row["phase"])
    if not planned:
        return say("transfer.none", lang)
    last = max(planned, key=lambda item: (item.transfer_on, item.parcel_id))
    return say("transfer.last", lang, on=last.transfer_on, waited=waited_text(study, last, lang))


def _slack_words(row: Row, lang: Language) -> str:
    if row["announced_text"] is not None and row["announced_on"] is None:
        return say("slack.undated", lang)
    days = row["slack_days"]
    if days is None:
        return say("slack.none", lang)
    return say(
        f"slack.{'late' if days < 0 else 'early'}", lang, on=f"{row['announced_on']:%Y-%m-%d}", days=abs(days)
    )


def phase_rows(study: Study, lang: Language) -> list[Row]:
    """The phases: announced, ready, earliest lawful transfer, planned, slack."""
    frame = phase_table(study, lang).reset_index()
    lawful = [_lawful(study, day) for day in frame["ready_on"]]
    return [row | {"lawful_on": day} for row, day in zip(records(frame), lawful, strict=True)]


def _lawful(study: Study, ready_on: pd.Timestamp) -> Any:
    """Earliest transfer by the statutory clock alone of land that is net land on the day."""
    if pd.isna(ready_on):
        return None
    return study.clock.transfer_on(working_day_from(ready_on.date()))


def plan_groups(study: Study, lang: Language) -> list[Row]:
    """The batches by phase, each group with its totals."""
    batches, groups = batch_table(study, lang), []
    transfers = study.plan.to_frame().reset_index()
    ids = transfers.groupby("batch")["parcel_id"].agg(sorted)
    for phase in sorted({int(phase) for phase in batches["phase"]}):
        rows = batches[batches["phase"] == phase]
        totals = rows[["parcels", "area_mu", "developable_mu"]].sum().to_dict()
        shown = [row | {"parcels_shown": shorten(ids[row["batch"]])} for row in records(rows)]
        groups.append({"name": phase_name(study, phase, lang), "rows": shown, "totals": totals})
    return groups


def binding_works(study: Study) -> list[Row]:
    """Works that some parcel waits for last, or that are late by forecast, in the order of their ends."""
    works = work_table(study)
    areas = to_mu(study.readiness.groupby("last_work")["area_m2"].sum())
    works["binds_mu"] = areas.reindex(works.index).fillna(0.0)
    shown = works[(works["binds_parcels"] > 0) | (works["late_days"].fillna(0) > 0)]
    return records(shown.sort_values(["ends_on", "binds_mu"], ascending=[True, False]).reset_index())


def unplanned_rows(study: Study, lang: Language) -> list[Row]:
    """Parcels that the plan leaves out, each with its reason."""
    return [
        {"parcel_id": item.parcel_id, "area_mu": to_mu(item.area_m2), "reason": unplanned_text(item, lang)}
        for item in study.plan.unplanned
    ]


def verdict_groups(study: Study, lang: Language) -> list[Row]:
    """Verdicts that are violated or unknown, by verdict and rule; a sentence is said once for its parcels."""
    table = verdict_table(study, lang)
    groups = []
    for verdict in WORST_FIRST[:2]:
        rows = table[table["verdict"] == verdict]
        said = rows.groupby(["title", "sentence"], sort=False)["parcel_id"].agg(list).reset_index()
        rules = [
            {
                "title": title,
                "statements": [
                    {"sentence": sentence, "parcels_shown": shorten(parcels)}
                    for sentence, parcels in zip(group["sentence"], group["parcels"], strict=True)
                ],
            }
            for title, group in said.rename(columns={"parcel_id": "parcels"}).groupby("title", sort=False)
        ]
        groups.append(
            {
                "verdict": verdict,
                "name": code_name("verdict", verdict, lang),
                "count": len(rows),
                "rules": rules,
            }
        )
    return groups


def finding_rows(study: Study, findings: Findings, lang: Language) -> list[Row]:
    """Findings, errors first, each message cut at the document's own sentences."""
    tables = [study.site.table(name)["sentence"].dropna() for name in ("announced", "targets")]
    sentences = sorted({str(sentence) for table in tables for sentence in table}, key=len, reverse=True)
    order = {"error": 0, "warning": 1, "info": 2}
    return [
        item.record(lang)
        | {
            "parts": quoted_parts(item.message(lang), sentences),
            "level": code_name("severity", item.severity, lang),
        }
        for item in sorted(findings, key=lambda item: order[item.severity])
    ]


def quoted_parts(message: str, sentences: Iterable[str]) -> list[tuple[str, bool]]:
    """Cut a message into its own words and the sentences it quotes; the flag marks a quotation.

    Examples
    --------
    >>> quoted_parts("A1: “by June”, no float", ["by June"])
    [('A1: ', False), ('“by June”', True), (', no float', False)]
    """
    parts = [(message, False)]
    for sentence in sentences:
        parts = [piece for part in parts for piece in _cut(part, f"“{sentence}”")]
    return parts


def _cut(part: tuple[str, bool], quotation: str) -> list[tuple[str, bool]]:
    text, quoted = part
    if quoted or quotation not in text:
        return [part]
    head, _, tail = text.partition(quotation)
    return [
        piece for piece in ((head, False), (quotation, True), *_cut((tail, False), quotation)) if piece[0]
    ]


def assumptions(study: Study, lang: Language) -> list[str]:
    """Everything that was assumed: limits of the plan, clocks, tolerances, areas and rules."""
    plan, config, clock = study.plan, study.site.config, study.clock
    lines = []
    if plan.objective is not None and plan.bound is not None and plan.headline == "supply":
        figures = {"objective": to_mu(plan.objective), "bound": to_mu(plan.bound), "gap": plan.gap}
        lines.append(say("assume.objective", lang, **figures))
    days = ("notice_days", "listing_days", "result_working_days")
    lines.append(say("assume.clock", lang, **{name: getattr(clock, name) for name in days}))
    if any(item.result_on > known_until() for item in plan.transfers):
        lines.append(say("assume.calendar", lang, year=known_until().year))
    lines += _limits(study, lang)
    area_rule = catalogue.text(f"cover.{config.area_rule}", lang)
    lines += [
        say("assume.works", lang),
        say(
            "assume.tolerance",
            lang,
            blocked_share=config.tolerance.blocked_share,
            frontage_m=config.tolerance.frontage_m,
        ),
        say("assume.area", lang, area_rule=area_rule, crs=config.crs),
        say("assume.rules", lang, packs=say("comma", lang).join([*config.rules, *config.rule_files])),
    ]
    illustrative = int(study.verdicts["illustrative"].sum()) if len(study.verdicts) else 0
    return lines + ([say("assume.illustrative", lang, count=illustrative)] if illustrative else [])


def _limits(study: Study, lang: Language) -> list[str]:
    """Limits of the plan as site.toml gives them."""
    config, comma = study.site.config, say("comma", lang)
    count, quota, default = config.plan.listings_per_month, config.plan.quota_mu, config.plan.quota_default_mu
    lines = [
        say("assume.listings", lang, count=count) if count is not None else say("assume.no_listings", lang)
    ]
    years = [say("answer.year", lang, year=year, area_mu=area) for year, area in sorted(quota.items())]
    if default is not None:
        years.append(say("assume.quota_default", lang, area_mu=default))
    if years:
        lines.append(say("assume.quota", lang, years=comma.join(years)))
    if config.plan.phase_order:
        lines.append(say("assume.phase_order", lang))
    for number, phase in sorted(config.phases.items()):
        if trigger := phase.trigger:
            phases = comma.join(str(of) for of in trigger.of_phases)
            params = {"share": trigger.occupied_share, "days": trigger.occupied_after_days}
            name = phase_name(study, number, lang)
            lines.append(say("assume.trigger", lang, phase=name, phases=phases, **params))
    return lines
