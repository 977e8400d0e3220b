"""The announced plan held against itself, the works and the land: from its tables alone, in its own words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pandas as pd

from parcelplan import catalogue
from parcelplan.checks.cells import day, names, numbers, text, whole
from parcelplan.dates import ONE_DAY, StatutoryClock, working_day_from
from parcelplan.findings import Finding, Findings
from parcelplan.rules import RuleSet
from parcelplan.site import Site
from parcelplan.units import to_mu

_JOINT: Mapping[catalogue.Language, str] = {"zh": "；", "en": "; "}
_CLOCK_RULES = ("clock.notice_days", "clock.listing_days")


def check_announced(
    site: Site,
    readiness_by_scenario: Mapping[str, pd.DataFrame],
    schedule_by_scenario: Mapping[str, pd.DataFrame],
    clock: StatutoryClock,
    rules: RuleSet | None = None,
) -> Findings:
    """Find what in the announced plan cannot be, or contradicts itself.

    Parameters
    ----------
    site
        The site, for its tables ``announced``, ``targets`` and ``works`` and the document's number and date.
    readiness_by_scenario
        Readiness of the parcels under each reading of the works.
    schedule_by_scenario
        Works in time under each reading.
    clock
        Statutory lengths of a listing.
    rules
        Rules on the day, to name the clauses the clock comes from.

    Returns
    -------
    Findings
        Rows in the order of the document: ``announced.before_ready``, ``announced.never_ready``,
        ``announced.no_float``, ``announced.clock_too_short``, ``announced.undated``,
        ``announced.due_before_document``, ``announced.milestone_inconsistent``,
        ``announced.road_after_opening`` and ``announced.leads_differ``. What holds under several readings is
        said once. ``source`` is the document's number and the row, ``params`` hold the sentences.
        Empty where the site has no announced plan.
    """
    case = _Case(
        site=site, readiness=readiness_by_scenario, schedule=schedule_by_scenario, clock=clock, rules=rules
    )
    found: list[Finding] = []
    for row_id, row in site.table("announced").iterrows():
        announced = _Row.of(str(row_id), row)
        for check in CHECKS:
            found.extend(_once(check(case, announced)))
    return Findings(found)


def _once(findings: Iterable[Finding]) -> list[Finding]:
    """Join findings that differ in nothing but the reading they hold under."""
    joined: list[Finding] = []
    for item in findings:
        twin = next((other for other in joined if _but_reading(other) == _but_reading(item)), None)
        if twin is None:
            joined.append(item)
        else:
            marks = {"label_zh": "”、“", "label_en": "”, “", "scenario": ";"}
            labels = {name: f"{twin.params[name]}{mark}{item.params[name]}" for name, mark in marks.items()}
            joined[joined.index(twin)] = replace(twin, params=dict(twin.params) | labels)
    return joined


def _but_reading(finding: Finding) -> tuple[str, dict[str, Any]]:
    readings = {"label_zh", "label_en", "scenario"}
    return finding.code, {name: value for name, value in finding.params.items() if name not in readings}


@dataclass(frozen=True, kw_only=True)
class _Row:
    """One row of the announced plan with its gaps as None."""

    row_id: str
    row_type: str
    phase: int | None
    due_until: date | None
    firms: int | None
    sentence: str
    cells: pd.Series

    @classmethod
    def of(cls, row_id: str, row: pd.Series) -> _Row:
        return cls(
            row_id=row_id,
            row_type=text(row["row_type"]),
            phase=whole(row["phase"]),
            due_until=day(row["due_until"]),
            firms=whole(row["firms"]),
            sentence=text(row["sentence"]),
            cells=row,
        )


@dataclass(frozen=True, kw_only=True)
class _Case:
    """What the checks look at."""

    site: Site
    readiness: Mapping[str, pd.DataFrame]
    schedule: Mapping[str, pd.DataFrame]
    clock: StatutoryClock
    rules: RuleSet | None

    @property
    def issued_on(self) -> date | None:
        return self.site.config.document.issued_on

    @property
    def clock_days(self) -> int:
        return self.clock.notice_days + self.clock.listing_days

    def finding(self, code: str, row: _Row, **params: Any) -> Finding:
        number = self.site.config.document.number
        own = {"row": row.row_id, "sentence": row.sentence, "phase": row.phase, "due_until": row.due_until}
        return Finding(
            code=f"announced.{code}",
            layer="announced",
            feature_id=row.row_id,
            field="due_until",
            value=row.due_until,
            source=f"{number} {row.row_id}".strip(),
            params=own | params,
        )

    def labels(self, scenario: str) -> dict[str, str]:
        """Name of a reading in both languages."""
        reading = self.site.config.scenarios.get(scenario)
        label = {lang: reading.label.of(lang) if reading else "" for lang in catalogue.LANGUAGES}
        default = {lang: catalogue.text("announced.default_reading", lang) for lang in catalogue.LANGUAGES}
        named = {f"label_{lang}": label[lang] or scenario or default[lang] for lang in catalogue.LANGUAGES}
        return named | {"scenario": scenario}

    def clauses(self) -> dict[str, str]:
        """Where the lengths of notice and listing stand."""
        values = [self.rules.value(rule_id) for rule_id in _CLOCK_RULES] if self.rules else []
        return {
            f"rule_{lang}": _JOINT[lang].join(
                dict.fromkeys(value.reference(lang) for value in values if value)
            )
            or "–"
            for lang in catalogue.LANGUAGES
        }

    def work_sentence(self, row: pd.Series) -> tuple[str, str]:
        """Row of the document that orders a work, and its words; empty where none is named."""
        row_id, announced = text(row["annex_row"]), self.site.table("announced")
        return row_id, text(announced["sentence"][row_id]) if row_id in announced.index else ""

    def works_text(self, schedule: pd.DataFrame, work_ids: Iterable[str]) -> dict[str, Any]:
        """Works with their last day and the sentence that orders them, in both languages."""
        texts: dict[str, list[str]] = {lang: [] for lang in catalogue.LANGUAGES}
        sentences: dict[str, str] = {}
        for work_id in work_ids:
            row = schedule.loc[[work_id]].iloc[0]
            row_id, sentence = self.work_sentence(row)
            sentences[row_id or work_id] = sentence
            params = {"work": work_id, "name": row["name"], "row": row_id or "–", "sentence": sentence or "–"}
            for lang in catalogue.LANGUAGES:
                ends_on = day(row["ends_on"])
                texts[lang].append(catalogue.text("announced.lateness", lang, ends_on=ends_on, **params))
        joined = {f"works_{lang}": _JOINT[lang].join(texts[lang]) for lang in catalogue.LANGUAGES}
        return joined | {"works": list(work_ids), "work_sentences": sentences}


def check_before_ready(case: _Case, row: _Row) -> Iterator[Finding]:
    """A phase is to be transferred before its land is net land; in each reading, with the later works."""
    if row.row_type != "transfer" or row.due_until is None:
        return
    for scenario, readiness in case.readiness.items():
        own = readiness[readiness["phase"] == row.phase]
        labels = case.labels(scenario)
        if never := [str(parcel) for parcel in own.index[own["ready_on"].isna()]]:
            yield case.finding("never_ready", row, parcels=", ".join(never), **labels)
        ready_on = day(own["ready_on"].max())
        if ready_on is not None and ready_on > row.due_until:
            schedule = case.schedule[scenario]
            works = [work for work in _works_of(own, schedule) if _ends(schedule, work) >= row.due_until]
            # What ends on the very day frees its land the day after; it is named where nothing ends later.
            later = [work for work in works if _ends(schedule, work) > row.due_until] or works
            late = own[own["ready_on"] > pd.Timestamp(row.due_until)]
            yield case.finding(
                "before_ready",
                row,
                ready_on=ready_on,
                late_days=(ready_on - row.due_until).days,
                late_parcels=len(late),
                late_mu=to_mu(float(late["area_m2"].sum())),
                **case.works_text(schedule, later),
                **labels,
            )


def check_no_float(case: _Case, row: _Row) -> Iterator[Finding]:
    """Works of a phase end by its announced date, but too late for a notice and a listing before it."""
    if row.row_type != "transfer" or row.due_until is None:
        return
    for scenario, readiness in case.readiness.items():
        schedule = case.schedule[scenario]
        own = readiness[readiness["phase"] == row.phase]
        works = [work for work in _works_of(own, schedule) if _ends(schedule, work) <= row.due_until]
        ends_on = max((_ends(schedule, work) for work in works), default=date.min)
        if not works or (transfer_on := _transfer_after(ends_on, case.clock)) <= row.due_until:
            continue
        tight = [work for work in works if _transfer_after(_ends(schedule, work), case.clock) > row.due_until]
        yield case.finding(
            "no_float",
            row,
            ends_on=ends_on,
            float_days=(row.due_until - ends_on).days,
            clock_days=case.clock_days,
            transfer_on=transfer_on,
            short_days=(transfer_on - row.due_until).days,
            **case.works_text(schedule, tight),
            **case.labels(scenario),
            **case.clauses(),
        )


def check_clock_too_short(case: _Case, row: _Row) -> Iterator[Finding]:
    """From the document's date to the announced transfer there are fewer days than the clock takes."""
    if row.row_type != "transfer" or row.due_until is None or case.issued_on is None:
        return
    days = (row.due_until - case.issued_on).days
    if days < case.clock_days:
        transfer_on = case.clock.transfer_on(working_day_from(case.issued_on))
        params = {"days": days, "clock_days": case.clock_days, "issued_on": case.issued_on}
        yield case.finding("clock_too_short", row, transfer_on=transfer_on, **params, **case.clauses())


def check_undated(case: _Case, row: _Row) -> Iterator[Finding]:
    """A phase has no date of transfer although targets count on it."""
    if row.row_type != "transfer" or row.due_until is not None or row.phase is None:
        return
    texts: dict[str, list[str]] = {lang: [] for lang in catalogue.LANGUAGES}
    sentences: dict[str, str] = {}
    for target_id, target in case.site.table("targets").iterrows():
        if row.phase in numbers(target["phases"]):
            sentences[str(target_id)] = text(target["sentence"])
            params = {
                "target": target_id,
                "by_on": day(target["by_on"]),
                "sentence": text(target["sentence"]),
            }
            for lang in catalogue.LANGUAGES:
                texts[lang].append(catalogue.text("announced.target", lang, **params))
    if sentences:
        area = row.cells["area_mu"]
        joined = {f"targets_{lang}": _JOINT[lang].join(texts[lang]) for lang in catalogue.LANGUAGES}
        area_mu = float("nan") if pd.isna(area) else float(area)
        yield case.finding("undated", row, area_mu=area_mu, target_sentences=sentences, **joined)


def check_due_before_document(case: _Case, row: _Row) -> Iterator[Finding]:
    """A row is due before the document was issued."""
    if row.due_until is not None and case.issued_on is not None and row.due_until < case.issued_on:
        due_text = text(row.cells["due_text"]) or "–"
        yield case.finding("due_before_document", row, due_text=due_text, issued_on=case.issued_on)


def check_milestones(case: _Case, row: _Row) -> Iterator[Finding]:
    """A target asks for more firms by a day than the milestone of the same day promises in all."""
    if row.firms is None or row.due_until is None:
        return
    for target_id, target in case.site.table("targets").iterrows():
        firms, by_on = whole(target["firms"]), day(target["by_on"])
        if by_on == row.due_until and firms is not None and firms > row.firms:
            yield case.finding(
                "milestone_inconsistent",
                row,
                target=str(target_id),
                target_firms=firms,
                firms=row.firms,
                missing=firms - row.firms,
                by_on=by_on,
                target_sentence=text(target["sentence"]),
            )


def check_roads(case: _Case, row: _Row) -> Iterator[Finding]:
    """A phase is to be built before the roads end: those its parcels need, and those of the site."""
    if row.row_type != "milestone" or row.phase is None or row.due_until is None or _said_before(case, row):
        return
    seen: set[tuple[str, ...]] = set()
    for scenario, schedule in case.schedule.items():
        roads = schedule[(schedule["kind"] == "road") & (schedule["ends_on"] > pd.Timestamp(row.due_until))]
        works = tuple(str(work) for work in roads.index)
        if not works or works in seen:
            continue
        seen.add(works)
        last = roads.sort_values("ends_on", kind="stable").iloc[-1]
        ends_on = last["ends_on"].date()
        work_row, work_sentence = case.work_sentence(last)
        yield case.finding(
            "road_after_opening",
            row,
            ends_on=ends_on,
            late_days=(ends_on - row.due_until).days,
            work_row=work_row or "–",
            work_sentence=work_sentence or "–",
            works=", ".join(works),
            **_needed_by(case.readiness[scenario], row.phase, works),
        )


def _said_before(case: _Case, row: _Row) -> bool:
    """Whether an earlier row sets the same milestone in other words."""
    rows = case.site.table("announced")
    same = (rows["row_type"] == "milestone") & (rows["phase"] == row.phase)
    same &= rows["due_until"] == row.cells["due_until"]
    return str(rows.index[same][0]) != row.row_id


def check_leads(case: _Case, row: _Row) -> Iterator[Finding]:
    """Annex and body name different leads."""
    lead, lead_body = text(row.cells["lead"]), text(row.cells["lead_body"])
    if lead and lead_body and {*names(lead)} != {*names(lead_body)}:
        yield case.finding("leads_differ", row, lead=lead, lead_body=lead_body)


CHECKS = (
    check_before_ready,
    check_no_float,
    check_clock_too_short,
    check_undated,
    check_due_before_document,
    check_milestones,
    check_roads,
    check_leads,
)
"""In the order in which a row's findings are given."""


def _works_of(own: pd.DataFrame, schedule: pd.DataFrame) -> list[str]:
    """Dated works that hold parcels, by their last day."""
    names = {name for ids in own["blocking"] for name in ids.split(";") if name in schedule.index}
    dated = [name for name in names if not pd.isna(schedule["ends_on"][name])]
    return sorted(dated, key=lambda name: (schedule["ends_on"][name], name))


def _ends(schedule: pd.DataFrame, work_id: str) -> date:
    return pd.Timestamp(schedule["ends_on"][work_id]).date()


def _transfer_after(ends_on: date, clock: StatutoryClock) -> date:
    return clock.transfer_on(working_day_from(ends_on + ONE_DAY))


def _needed_by(readiness: pd.DataFrame, phase: int, works: Iterable[str]) -> dict[str, Any]:
    """Parcels of the phase whose access waits for one of the works."""
    wanted = set(works)
    held = readiness["blocking"].map(lambda ids: not wanted.isdisjoint(ids.split(";")))
    parcels = [str(parcel) for parcel in readiness.index[held & (readiness["phase"] == phase)]]
    texts = {
        f"parcels_{lang}": catalogue.text("announced.needed_by", lang, parcels=", ".join(parcels))
        for lang in catalogue.LANGUAGES
    }
    return {"parcels": parcels} | (texts if parcels else dict.fromkeys(texts, ""))
