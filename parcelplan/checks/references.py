"""Checks of references: what one row names elsewhere must be there, and must have an effect."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from parcelplan.errors import WorkCycleError
from parcelplan.findings import Finding, Findings
from parcelplan.land.constraints import SOURCES
from parcelplan.land.readiness import covered_parcels
from parcelplan.land.works import in_order, schedule_site, tokens
from parcelplan.schema.links import parse_links
from parcelplan.site import Site

_FOREIGN = (
    ("layer", "pylons", "line_id", "layer", "power_lines"),
    ("layer", "river_areas", "river_id", "layer", "rivers"),
    ("layer", "scheme_features", "scheme_id", "table", "schemes"),
    ("table", "schemes", "parcel_id", "layer", "parcels"),
    ("table", "works", "annex_row", "table", "announced"),
)
"""Where a column of one frame names a row of another one."""
_AFTER_ID = ":：+-－＋"
_RELATIONS = ("FS", "SS", "FF", "SF")
_COVER_KINDS = ("site", "phase", "parcel", "area")


def check_references(site: Site) -> Findings:
    """Check everything that names something else.

    Returns
    -------
    Findings
        ``reference.unknown`` (a row names what is not there), ``reference.unknown_token``,
        ``reference.no_effect`` (a work that covers, clears and creates nothing), ``reference.never_created``
        (a planned feature without a work), ``reference.created_twice`` (a work creates what exists),
        ``works.bad_link`` (a predecessor that cannot be understood), ``works.cycle``, ``works.overdue``,
        ``works.late``, ``works.unknown_end``, ``site.no_roads``, ``site.no_works``, ``phase.no_parcels``.
    """
    findings = [
        *_foreign(site),
        *_tokens(site),
        *_effects(site),
        *_planned(site),
        *_works(site),
        *_site(site),
    ]
    return Findings(findings)


def _foreign(site: Site) -> Iterator[Finding]:
    for kind, name, column, other_kind, other in _FOREIGN:
        if name not in getattr(site, f"{kind}s") or (other_kind == "table" and other not in site.tables):
            continue
        frame = getattr(site, kind)(name)
        known = getattr(site, other_kind)(other).index
        lost = frame[~frame[column].isin(known) & (frame[column] != "")]
        for key, value in lost[column].items():
            yield _unknown(name, str(key), column, value, other)


def _unknown(layer: str, feature_id: str, field: str, value: object, other: str) -> Finding:
    return Finding(
        code="reference.unknown",
        layer=layer,
        feature_id=feature_id,
        field=field,
        value=value,
        params={"other": other},
    )


def _tokens(site: Site) -> Iterator[Finding]:
    works = site.table("works")
    known = {"parcel": site.parcels.index, "area": site.layer("work_areas").index}
    known |= {kind: site.layer(name).index for kind, name in SOURCES.items()}
    known |= {
        "phase": pd.Index(site.parcels["phase"].dropna().astype(int).astype(str).unique()),
        "site": pd.Index(["*"]),
    }
    layer_of = {
        "parcel": "parcels",
        "area": "work_areas",
        "phase": "parcels",
        "site": "site_boundary",
    } | SOURCES
    for column, kinds in (
        ("covers", _COVER_KINDS),
        ("clears", ("line", "river", "constraint")),
        ("creates", ("line", "river", "road")),
    ):
        for work_id, text in works[column].items():
            for kind, name in tokens(str(text)):
                if kind not in kinds:
                    value, expected = f"{kind}:{name}", " | ".join(f"{kind}:…" for kind in kinds)
                    yield Finding(
                        code="reference.unknown_token",
                        layer="works",
                        feature_id=str(work_id),
                        field=column,
                        value=value,
                        params={"expected": expected},
                    )
                elif name not in known[kind]:
                    yield _unknown("works", str(work_id), column, name, layer_of[kind])
    for work_id, text in works["predecessors"].items():
        for link in parse_links(str(text), works.index):
            if link.before in works.index:
                continue
            if _is_misread(link.before, works.index):
                yield Finding(
                    code="works.bad_link",
                    layer="works",
                    feature_id=str(work_id),
                    field="predecessors",
                    value=link.before,
                )
            else:
                yield _unknown("works", str(work_id), "predecessors", link.before, "works")


def _is_misread(text: str, known: pd.Index) -> bool:
    """Whether a known work is named, with something behind it that is neither a relation nor a lag."""
    tails = [text[len(name) :].strip() for name in map(str, known) if text.startswith(name)]
    return any(tail[0] in _AFTER_ID or tail[:2].upper() in _RELATIONS for tail in tails if tail)


def _effects(site: Site) -> Iterator[Finding]:
    works = site.table("works")
    idle = (works["clears"] == "") & (works["creates"] == "")
    for work_id, covers in works.loc[idle, "covers"].items():
        if not covered_parcels(site, str(covers)).any():
            yield Finding(
                code="reference.no_effect",
                layer="works",
                feature_id=str(work_id),
                field="covers",
                value=covers,
            )


def _planned(site: Site) -> Iterator[Finding]:
    ways = (site.table("works"), site.table("alternatives"))
    created = {token for table in ways for text in table["creates"] for token in tokens(str(text))}
    for kind in ("line", "river", "road"):
        frame = site.layer(SOURCES[kind])
        for key, state in frame["state"].items():
            if state == "planned" and (kind, key) not in created:
                yield Finding(
                    code="reference.never_created", layer=SOURCES[kind], feature_id=str(key), field="state"
                )
            if state == "existing" and (kind, key) in created:
                yield Finding(
                    code="reference.created_twice", layer=SOURCES[kind], feature_id=str(key), field="state"
                )


def _works(site: Site) -> Iterator[Finding]:
    works = site.table("works")
    try:
        in_order(works)
    except WorkCycleError as error:
        yield Finding(code="works.cycle", layer="works", field="predecessors", value=error.params["works"])
        return
    schedule = schedule_site(site)
    day = pd.Timestamp(site.as_of)
    for work_id, row in schedule[schedule["state"] != "done"].iterrows():
        params = {"name": row["name"], "due_on": _iso(row["due_on"]), "forecast_on": _iso(row["forecast_on"])}
        if row["state"] == "unknown":
            yield Finding(code="works.unknown_end", layer="works", feature_id=str(work_id), params=params)
        elif row["due_on"] < day:
            yield Finding(
                code="works.overdue", layer="works", feature_id=str(work_id), field="due_on", params=params
            )
        elif row["late_days"] > 0:
            days = int(row["late_days"])
            yield Finding(
                code="works.late", layer="works", feature_id=str(work_id), value=days, params=params
            )


def _iso(day: pd.Timestamp) -> str:
    return "–" if pd.isna(day) else day.date().isoformat()


def _site(site: Site) -> Iterator[Finding]:
    if site.layer("roads").empty:
        yield Finding(code="site.no_roads", layer="roads")
    if site.table("works").empty:
        yield Finding(code="site.no_works", layer="works")
    for number in site.config.phases.keys() - set(site.parcels["phase"].dropna()):
        yield Finding(code="phase.no_parcels", layer="parcels", field="phase", value=number)
