"""Everything the map's script draws and says, as one JSON-able dictionary in one language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from parcelplan.catalogue import entries, text
from parcelplan.checks.verdicts import verdict_text
from parcelplan.units import to_mu
from parcelplan.views import map_layers, map_themes, palette
from parcelplan.views.map_themes import sentence_case
from parcelplan.views.tables import WORST_FIRST, parcel_table, phase_name

if TYPE_CHECKING:
    from parcelplan.catalogue import Language
    from parcelplan.study import Study

Json = dict[str, Any]
_SCRIPT = "map.ui."


def map_data(study: Study, lang: Language | None = None) -> Json:
    """Describe the map.

    Parameters
    ----------
    study
        A computed site.
    lang
        Language of every sentence; the site's where None.

    Returns
    -------
    dict
        Coordinates in WGS84, areas in mu, days as ISO text, all labels in words: the script only draws.
    """
    lang = lang or study.site.lang
    table = parcel_table(study, lang)
    days = map_themes.stop_days(study, table)
    themes = map_themes.static_themes(study, table, lang)
    layers = [
        *map_layers.area_layers(study, lang),
        *map_layers.constraint_layers(study, lang),
        *map_layers.line_layers(study, lang),
        *map_layers.road_layers(study, lang),
    ]
    return {
        "lang": lang,
        "title": study.site.name(lang) or study.site.config.id,
        "facts": page_facts(study, table, lang),
        "ui": script_words(lang),
        "bounds": bounds(study),
        "themes": [*(theme_json(theme, table, lang) for theme in themes), _timeline_json(lang)],
        "theme": themes[0].id,
        "stops": map_themes.stops(study, table, days, lang),
        "area_mu": round(to_mu(float(table["area_m2"].sum())), 2),
        "note": study.site.config.note.of(lang),
        "layers": layers,
        "parcels": parcel_records(study, table, themes, days, lang),
    }


def script_words(lang: Language) -> dict[str, str]:
    """Words of the page and its script, by the last part of their code."""
    return {code.removeprefix(_SCRIPT): text(code, lang) for code in entries() if code.startswith(_SCRIPT)}


def page_facts(study: Study, table: gpd.GeoDataFrame, lang: Language) -> list[str]:
    """Say under the title what is drawn: site, day, scenario, plan and document."""
    config = study.site.config
    _, scenario = config.scenario_named(study.site.scenario or None)
    area_mu = to_mu(float(table["area_m2"].sum()))
    number = config.document.number
    facts = [
        text("map.fact.site", lang, area_mu=area_mu, count=len(table)),
        text("map.fact.as_of", lang, day=config.as_of),
        text(f"map.plan.{study.plan.status}", lang, count=len(study.plan.transfers)),
        scenario.label.of(lang) or study.site.scenario,
        text("map.fact.document", lang, number=number) if number else "",
    ]
    return [fact for fact in facts if fact]


def bounds(study: Study) -> list[list[float]]:
    """South-west and north-east corner of parcels and site boundary, latitude first."""
    shapes = pd.concat([study.site.parcels.geometry, study.site.layer("site_boundary").geometry])
    west, south, east, north = map_layers.to_web(shapes[shapes.notna()]).total_bounds
    return [[south, west], [north, east]]


def theme_json(theme: map_themes.Theme, table: gpd.GeoDataFrame, lang: Language) -> Json:
    """Legend of a theme with the count and area of each class."""
    area_mu = to_mu(table["area_m2"].groupby(theme.keys).sum())
    counts = theme.keys.value_counts()
    classes = [
        {
            **_class_json(item),
            "note": text(
                "map.class.note", lang, count=int(counts[item.key]), area_mu=float(area_mu[item.key])
            ),
        }
        for item in theme.classes
    ]
    return {"id": theme.id, "label": text(f"map.theme.{theme.id}", lang), "classes": classes}


def _timeline_json(lang: Language) -> Json:
    """Theme of the timeline, whose figures belong to its stops."""
    classes = [_class_json(item) for item in map_themes.timeline_classes(lang)]
    return {"id": "timeline", "label": text("map.theme.timeline", lang), "classes": classes}


def _class_json(item: map_themes.LegendClass) -> Json:
    """Sign and words of a class."""
    return {"key": item.key, "label": item.label, "style": palette.parcel_style(item.color, item.pattern)}


def parcel_records(
    study: Study,
    table: gpd.GeoDataFrame,
    themes: list[map_themes.Theme],
    days: list[Any],
    lang: Language,
) -> list[Json]:
    """What the map draws of each parcel and says of it, in the order of the site's parcels."""
    order = {key: str(place) for place, key in enumerate(palette.STATES)}
    states = pd.concat([map_themes.states_at(table, day).map(order) for day in days], axis=1).agg(
        "".join, axis=1
    )
    places = {theme.id: theme.places() for theme in themes}
    verdicts = verdict_lines(study, lang)
    shapes, labels = map_layers.geometry_json(table.geometry), label_circles(table.geometry)
    return [
        {
            "id": str(parcel_id),
            "name": _text(row["name"]),
            "phase": phase_name(study, int(row["phase"]), lang),
            "color": palette.phase_colour(int(row["phase"])),
            "g": shape,
            "label": label,
            "area": text("map.value.mu", lang, area_mu=row["area_mu"]),
            "classes": {name: int(place[parcel_id]) for name, place in places.items()},
            "states": states[parcel_id],
            "stage": sentence_case(text(f"stage.{row['stage']}", lang)),
            "facts": parcel_facts(study, row, lang),
            "why": sentence_case(row["waited_for"] or row["unplanned_reason"]),
            "verdicts": verdicts.get(str(parcel_id), []),
        }
        for shape, label, (parcel_id, row) in zip(shapes, labels, table.iterrows(), strict=True)
    ]


def label_circles(shapes: gpd.GeoSeries) -> list[list[float]]:
    """Largest circle within each shape: longitude and latitude of its centre, radius in metres."""
    spokes = shapely.maximum_inscribed_circle(shapes.to_numpy(), tolerance=0.5)
    centres = map_layers.to_web(
        gpd.GeoSeries(shapely.get_point(spokes, 0), index=shapes.index, crs=shapes.crs)
    )
    radii = shapely.length(spokes)
    return [[spot.x, spot.y, round(float(radius), 1)] for spot, radius in zip(centres, radii, strict=True)]


def _text(value: Any) -> str:
    """Text of a cell, empty where it is missing."""
    return "" if pd.isna(value) else str(value)


def _day(value: Any, lang: Language) -> str:
    """A day in ISO form, or the word for none."""
    return map_layers.iso(value) or text("map.value.none", lang)


def parcel_facts(study: Study, row: pd.Series, lang: Language) -> list[list[str]]:
    """Label and value of each line of a parcel's popup."""
    lines = {
        "area": text("map.value.area", lang, area_mu=row["area_mu"], area_m2=row["area_m2"]),
        "developable": text(
            "map.value.developable",
            lang,
            now_mu=row["developable_now_mu"],
            final_mu=row["developable_final_mu"],
        ),
        "blocked": blocked_text(study, row, lang),
        "stage": sentence_case(text(f"stage.{row['stage']}", lang)),
        "ready": _day(row["ready_on"], lang),
        "gate": gate_text(study, row, lang),
        "far": far_text(row, lang),
        "batch": _text(row["batch"]),
        "notice": _day(row["notice_on"], lang),
        "transfer": _day(row["transfer_on"], lang),
    }
    return [[text(f"map.fact.{key}", lang), value] for key, value in lines.items() if value]


def blocked_text(study: Study, row: pd.Series, lang: Language) -> str:
    """Share of the parcel under corridors now, and which kinds take how much."""
    share = float(row["blocked_share_now"])
    blocked = study.developable.loc[row.name].filter(like="blocked_m2_").astype(float)
    kinds = [
        text(
            "map.value.kind_share",
            lang,
            kind=text(f"kind.{name.removeprefix('blocked_m2_')}", lang),
            share=area_m2 / row["area_m2"],
        )
        for name, area_m2 in blocked.sort_values(ascending=False).items()
        if round(area_m2 / row["area_m2"], 3) > 0
    ]
    details = (
        text("map.value.details", lang, items=text("map.value.comma", lang).join(kinds)) if kinds else ""
    )
    return text("map.value.share", lang, share=share) + details


def gate_text(study: Study, row: pd.Series, lang: Language) -> str:
    """The gate that opens last, the work behind it, and the works that this one waits for."""
    if not row["last_gate"]:
        return ""
    chain = [work_id for work_id in str(study.readiness["chain"].get(row.name, "")).split(">") if work_id]
    works = " → ".join(map_layers.work_name(study, work_id) for work_id in chain or [row["last_work"]])
    gate = sentence_case(text(f"gate.{row['last_gate']}", lang))
    return text("map.value.gate", lang, gate=gate, works=works) if works else gate


def far_text(row: pd.Series, lang: Language) -> str:
    """Range of the floor area ratio as the planning condition gives it."""
    low, high = row["far_min"], row["far_max"]
    if pd.isna(low) and pd.isna(high):
        return text("map.value.unknown", lang)
    if pd.isna(low):
        return text("map.value.at_most", lang, value=high)
    if pd.isna(high):
        return text("map.value.at_least", lang, value=low)
    return text("map.value.range", lang, low=low, high=high)


def verdict_lines(study: Study, lang: Language) -> dict[str, list[list[str]]]:
    """Verdicts of each parcel, the worst first: verdict, and the sentence with its clause."""
    frame = study.verdicts
    rank = {verdict: place for place, verdict in enumerate(WORST_FIRST)}
    lines: dict[str, list[list[str]]] = {}
    for _, row in (
        frame.assign(_rank=frame["verdict"].map(rank)).sort_values("_rank", kind="stable").iterrows()
    ):
        lines.setdefault(str(row["parcel_id"]), []).append([str(row["verdict"]), verdict_text(row, lang)])
    return lines
