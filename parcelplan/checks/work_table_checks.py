"""Checks of the tables from which works are planned: durations, crews, calendars, alternatives, firms.

They look at the user's own rows, before a problem is stated: what is found names the table, the row and the column.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import pandas as pd

from parcelplan.findings import Finding, Findings
from parcelplan.land.calendars import read_calendars
from parcelplan.land.constraints import SOURCES
from parcelplan.land.open_days import OpenDays
from parcelplan.land.works import tokens
from parcelplan.schema.crews import units_by_crew
from parcelplan.site import Site

CORRIDOR_KINDS = ("line_undergrounding", "river_diversion")
"""Kinds of works that are carried out so that a corridor goes or moves."""
_DURATIONS = ("duration_optimistic_days", "duration_likely_days", "duration_pessimistic_days")
_TOKEN_KINDS = {"clears": ("line", "river", "constraint"), "creates": ("line", "river", "road")}


def check_work_tables(site: Site) -> Findings:
    """Check the tables of works, alternatives, crews, calendars, closures and firms.

    Returns
    -------
    Findings
        ``reference.unknown`` and ``reference.unknown_token`` for ids that point nowhere; ``works.durations``,
        ``works.reversed``; ``alternatives.no_corridor``, ``alternatives.no_mode``, ``alternatives.twice``,
        ``alternatives.no_duration``; ``crews.negative``, ``crews.reversed``, ``crews.several_normal``,
        ``crews.too_small``, ``crews.no_table``; ``closures.reversed``, ``calendars.never_open``; ``firms.no_area``.
    """
    return Findings([*_works(site), *_alternatives(site), *_crews(site), *_calendars(site), *_firms(site)])


def _found(code: str, layer: str, key: object, field: str, value: object, **params: object) -> Finding:
    return Finding(code=code, layer=layer, feature_id=str(key), field=field, value=value, params=params)


def _unknown(
    layer: str, key: object, field: str, names: Iterable[str], known: Iterable[object], other: str
) -> Iterator[Finding]:
    there = set(map(str, known))
    for name in dict.fromkeys(names):
        if name and name not in there:
            yield _found("reference.unknown", layer, key, field, name, other=other)


def _row_name(row: pd.Series) -> str:
    return f"{row['work_id']} {row['mode']}".strip()


def _works(site: Site) -> Iterator[Finding]:
    works = site.table("works")
    for work_id, row in works.iterrows():
        yield from _durations("works", work_id, row)
        for first, last in (
            ("earliest_start_on", "deadline_on"),
            ("started_on", "finished_on"),
            ("started_on", "deadline_on"),
        ):
            if row[last] < row[first]:
                params = {"other": first, "since": row[first].date()}
                yield _found("works.reversed", "works", work_id, last, row[last].date(), **params)


def _durations(layer: str, key: object, row: pd.Series) -> Iterator[Finding]:
    told = [row[name] for name in _DURATIONS if not pd.isna(row[name])]
    if told != sorted(told):
        listed = " / ".join("–" if pd.isna(row[name]) else f"{row[name]:g}" for name in _DURATIONS)
        yield _found("works.durations", layer, key, _DURATIONS[1], listed)


def _alternatives(site: Site) -> Iterator[Finding]:
    table, works = site.table("alternatives"), site.table("works")
    known = {kind: site.layer(name).index for kind, name in SOURCES.items()}
    for _, row in table.iterrows():
        name = _row_name(row)
        yield from _unknown("alternatives", name, "work_id", [str(row["work_id"])], works.index, "works")
        yield from _durations("alternatives", name, row)
        yield from _named_features(name, row, known)
        if not row["mode"]:
            yield _found("alternatives.no_mode", "alternatives", name, "mode", "")
        if pd.isna(row["duration_likely_days"]):
            yield _found("alternatives.no_duration", "alternatives", name, _DURATIONS[1], "")
        kind = works["kind"].get(row["work_id"], "")
        if kind in CORRIDOR_KINDS and not row["clears"] and not row["creates"]:
            yield _found("alternatives.no_corridor", "alternatives", name, "clears", "")
    for name, count in Counter(_row_name(row) for _, row in table.iterrows()).items():
        if count > 1:
            yield _found("alternatives.twice", "alternatives", name, "mode", name, count=count)


def _named_features(name: str, row: pd.Series, known: dict[str, pd.Index]) -> Iterator[Finding]:
    for column, kinds in _TOKEN_KINDS.items():
        for kind, feature in tokens(str(row[column])):
            if kind in kinds:
                yield from _unknown("alternatives", name, column, [feature], known[kind], SOURCES[kind])
            else:
                expected = " | ".join(f"{item}:…" for item in kinds)
                value = f"{kind}:{feature}"
                yield _found(
                    "reference.unknown_token", "alternatives", name, column, value, expected=expected
                )


def _crews(site: Site) -> Iterator[Finding]:
    crews = site.table("crews")
    users = [("works", str(key), str(cell)) for key, cell in site.table("works")["crews"].items()]
    users += [
        ("alternatives", _row_name(row), str(row["crews"]))
        for _, row in site.table("alternatives").iterrows()
    ]
    most = crews.groupby("crew_id")["capacity"].max()
    for layer, key, cell in users:
        needs = units_by_crew(cell)
        if needs and "crews" not in site.tables:
            yield _found("crews.no_table", layer, key, "crews", cell)
            continue
        yield from _unknown(layer, key, "crews", needs, most.index, "crews")
        for crew_id, units in needs.items():
            if units < 0:
                yield _found("crews.negative", layer, key, "crews", cell, units=units, crew=crew_id)
            if crew_id in most.index and units > most[crew_id]:
                params = {"crew": crew_id, "needed": units, "capacity": most[crew_id]}
                yield _found("crews.too_small", layer, key, "crews", cell, **params)
    yield from _crew_rows(crews)


def _crew_rows(crews: pd.DataFrame) -> Iterator[Finding]:
    normal = crews[crews["from_on"].isna() & crews["until_on"].isna()]
    for crew_id, count in normal.groupby("crew_id", sort=True).size().items():
        if count > 1:
            yield _found("crews.several_normal", "crews", crew_id, "from_on", "", count=count)
    for _, row in crews[crews["until_on"] <= crews["from_on"]].iterrows():
        days = {"since": row["from_on"].date()}
        yield _found("crews.reversed", "crews", row["crew_id"], "until_on", row["until_on"].date(), **days)


def _calendars(site: Site) -> Iterator[Finding]:
    closures, works = site.table("closures"), site.table("works")
    for _, row in closures[closures["until_on"] <= closures["from_on"]].iterrows():
        days = {"since": row["from_on"].date()}
        key = row["calendar_id"]
        yield _found("closures.reversed", "closures", key, "until_on", row["until_on"].date(), **days)
    calendars = read_calendars(site)
    for work_id, name in works["calendar"].items():
        yield from _unknown("works", work_id, "calendar", [str(name)], calendars, "calendars")
    for name, calendar in calendars.items():
        if OpenDays(calendar).end_of(site.as_of, 1) is None:
            yield _found("calendars.never_open", "calendars", name, "calendar_id", name)


def _firms(site: Site) -> Iterator[Finding]:
    for firm_id, row in site.table("firms").iterrows():
        yield from _unknown(
            "firms", firm_id, "parcel_id", [str(row["parcel_id"])], site.parcels.index, "parcels"
        )
        if not row["parcel_id"] and pd.isna(row["area_mu"]):
            yield _found("firms.no_area", "firms", firm_id, "area_mu", "")
