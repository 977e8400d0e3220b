"""What the map draws around the parcels: constraints, lines, rivers, roads and schemes, with their days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from parcelplan.catalogue import text
from parcelplan.crs import WGS84
from parcelplan.land.constraints import SOURCES, lifetimes
from parcelplan.land.works import tokens
from parcelplan.views import palette
from parcelplan.views.map_themes import sentence_case

if TYPE_CHECKING:
    from collections.abc import Mapping

    from parcelplan.catalogue import Language
    from parcelplan.study import Study

DECIMALS = 7
"""Of a degree: a centimetre, as RFC 7946 advises."""
SIMPLIFY_M = 0.05
"""Tolerance for drawing round corridor ends, far below a pixel."""
NEVER = "9999-12-31"

Json = dict[str, Any]


def to_web(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Bring metric shapes to WGS84 with the decimals of the file; index kept."""
    degrees = shapes.to_crs(WGS84)
    rounded = shapely.transform(degrees.to_numpy(), lambda xy: np.round(xy, DECIMALS))
    return gpd.GeoSeries(rounded, index=shapes.index, crs=WGS84)


def geometry_json(shapes: gpd.GeoSeries) -> list[Json | None]:
    """GeoJSON geometries in WGS84; None for what is missing or empty."""
    empty = shapes.isna() | shapes.is_empty
    return [
        None if skip else shapely.geometry.mapping(shape)
        for shape, skip in zip(to_web(shapes), empty, strict=True)
    ]


def iso(day: Any) -> str | None:
    """Write a day as ISO text; None where there is none."""
    return None if pd.isna(day) else pd.Timestamp(day).date().isoformat()


def _parts(cell: Any) -> list[str]:
    """Parts of a cell that holds several values, empty where it is missing."""
    return (
        []
        if cell is None or pd.isna(cell)
        else [f"{kind}:{name}".lstrip(":") for kind, name in tokens(str(cell))]
    )


def lives(study: Study, token_kind: str) -> dict[str, Json]:
    """First day (``from``) and first day no longer (``until``) of the features of a layer, where bounded.

    A planned feature whose day is unknown, or that no work creates, stays planned for good.
    """
    states = study.site.layer(SOURCES[token_kind]).get("state", pd.Series(dtype=str))
    found: dict[str, Json] = {}
    for key, life in lifetimes(study.site, study.schedule, token_kind).items():
        begins = {"from": iso(life.from_on) or NEVER} if states.get(key) == "planned" else {}
        ends = {"until": iso(life.until_on)} if pd.notna(life.until_on) else {}
        found[key] = {**begins, **ends}
    return found


def constraint_layers(study: Study, lang: Language) -> list[Json]:
    """One layer a kind of constraint, in the palette's order; kinds the site does not have are left out."""
    frame = study.constraints
    frame = frame[frame["until_on"].isna() | (frame["until_on"] > pd.Timestamp(study.site.config.as_of))]
    known = [kind for kind in palette.CONSTRAINTS if (frame["kind"] == kind).any()]
    others = sorted(set(frame["kind"]) - set(known))
    return [_constraint_layer(study, frame[frame["kind"] == kind], lang) for kind in known + others]


def _constraint_layer(study: Study, rows: gpd.GeoDataFrame, lang: Language) -> Json:
    """Layer of the constraints of one kind."""
    kind = str(rows["kind"].iloc[0])
    shapes = geometry_json(rows.geometry.simplify(SIMPLIFY_M))
    features = [
        {
            "g": shape,
            "tip": _constraint_tip(study, row, lang),
            "from": iso(row["from_on"]),
            "until": iso(row["until_on"]),
        }
        for shape, (_, row) in zip(shapes, rows.iterrows(), strict=True)
    ]
    return {
        "id": kind,
        "section": "constraints",
        "pane": "constraints",
        "label": sentence_case(text(f"kind.{kind}", lang)),
        "style": palette.constraint_style(kind),
        "gone": palette.GONE,
        "features": features,
    }


def _constraint_tip(study: Study, row: pd.Series, lang: Language) -> list[str]:
    """Lines that say what a constraint is, how wide, by which clause, and until when."""
    lines = [str(row["label"])]
    if pd.notna(row["distance_m"]) and row["distance_m"] > 0:
        lines.append(text("map.tip.distance", lang, metres=row["distance_m"]))
    if row["clause"]:
        lines.append(str(row["clause"]))
    if pd.notna(row["until_on"]):
        works = ", ".join(work_name(study, work_id) for work_id in _parts(row["cleared_by"]))
        lines.append(text("map.tip.until", lang, day=iso(row["until_on"]), works=works))
    if pd.notna(row["from_on"]) and row["from_on"] > pd.Timestamp(study.site.config.as_of):
        lines.append(text("map.tip.from", lang, day=iso(row["from_on"])))
    return lines


def work_name(study: Study, work_id: str) -> str:
    """Id and name of a work."""
    name = study.schedule["name"].get(work_id, "")
    return f"{work_id} {name}".strip()


def line_layers(study: Study, lang: Language) -> list[Json]:
    """Overhead lines with their pylons, cables and rivers."""
    lines, rivers = study.site.layer("power_lines"), study.site.layer("rivers")
    life = lives(study, "line")
    features = _line_features(lines, life, lang)
    by_kind: dict[str, list[Json]] = {"overhead": [], "cable": []}
    for feature, kind in zip(features, lines["kind"], strict=True):
        by_kind[kind].append(feature)
    overhead = [*by_kind["overhead"], *_pylon_features(study, lines, life)]
    river_features = _line_features(rivers, lives(study, "river"), lang)
    layers = [
        _layer("overhead", overhead, palette.POWER_LINE, lang),
        _layer("cable", by_kind["cable"], palette.CABLE, lang, future=palette.CABLE_PLANNED),
        _layer("rivers", river_features, palette.RIVER, lang, future=palette.RIVER_PLANNED),
    ]
    return [layer for layer in layers if layer["features"]]


def _layer(name: str, features: list[Json], style: palette.Style, lang: Language, **more: Any) -> Json:
    """Layer of lines with its sign in the legend."""
    base = {
        "id": name,
        "section": "base",
        "pane": "lines",
        "label": text(f"map.layer.{name}", lang),
        "shape": "line",
    }
    return {**base, "style": style, "gone": palette.GONE, "features": features, **more}


def _line_features(frame: gpd.GeoDataFrame, life: Mapping[str, Json], lang: Language) -> list[Json]:
    """Lines with name, tip, life and the place of their label."""
    places, shapes = label_places(frame.geometry), geometry_json(frame.geometry)
    features = []
    for shape, place, (key, row) in zip(shapes, places, frame.iterrows(), strict=True):
        name = _filled(row, "name") or str(key)
        features.append(
            {
                "g": shape,
                "tip": [name, *_line_notes(row, lang)],
                "lives": True,
                "name": name,
                "at": place,
                **life.get(str(key), {}),
            }
        )
    return features


def _line_notes(row: pd.Series, lang: Language) -> list[str]:
    """Second line of a line's tip: what is known beside the name; the script says whether it is there yet."""
    notes = []
    if pd.notna(row.get("voltage_kv")):
        notes.append(text("map.tip.voltage", lang, kv=row["voltage_kv"]))
    if drains_to := _filled(row, "drains_to"):
        notes.append(text("map.tip.drains_to", lang, name=drains_to))
    if owner := _filled(row, "owner"):
        notes.append(owner)
    return [" · ".join(notes)] if notes else []


def _filled(row: pd.Series, column: str) -> str:
    """Text of a cell, empty where it is missing."""
    value = row.get(column)
    return "" if value is None or pd.isna(value) else str(value)


def _pylon_features(study: Study, lines: gpd.GeoDataFrame, life: Mapping[str, Json]) -> list[Json]:
    """Pylons, which live as long as their line."""
    pylons = study.site.layer("pylons")
    features = []
    for shape, (key, row) in zip(geometry_json(pylons.geometry), pylons.iterrows(), strict=True):
        line = str(row["line_id"])
        tip = [str(key), str(lines["name"].get(line) or line)]
        features.append({"g": shape, "tip": tip, "style": palette.PYLON, "lives": True, **life.get(line, {})})
    return features


def road_layers(study: Study, lang: Language) -> list[Json]:
    """Roads as wide as they are; a planned one is drawn as an existing one from the day it opens."""
    roads = study.site.layer("roads")
    features = _line_features(roads, lives(study, "road"), lang)
    for feature, shape in zip(features, geometry_json(road_surfaces(roads)), strict=True):
        feature["g"] = shape
    planned = (roads["state"] == "planned").to_list()
    layers = []
    for name, wanted, future in (("roads", False, None), ("roads_planned", True, palette.ROAD_PLANNED)):
        chosen = [item for item, is_planned in zip(features, planned, strict=True) if is_planned is wanted]
        sign = future or palette.ROAD
        layers.append(
            _layer(name, chosen, palette.ROAD, lang, pane="roads", shape="road", future=future, sign=sign)
        )
    return [layer for layer in layers if layer["features"]]


def road_surfaces(roads: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Land between the boundary lines of each road; a road drawn as an area is taken as it is."""
    half_m = roads["width_m"].astype(float).where(roads.geometry.length > 2 * roads.geometry.area, 0.0) / 2
    return roads.geometry.buffer(half_m.fillna(0.0), cap_style="flat").simplify(SIMPLIFY_M)


def area_layers(study: Study, lang: Language) -> list[Json]:
    """Boundary of the site, developable land now and at last, and the buildings of schemes."""
    layers = []
    boundary = study.site.layer("site_boundary")
    layers.append(_areas("boundary", boundary.geometry, palette.BOUNDARY, lang, section="base"))
    now, final = study.developable, study.developable_final
    layers.append(_areas("developable", now.geometry, palette.LAND, lang, on=False))
    layers.append(_areas("developable_final", final.geometry, palette.LAND, lang, on=False))
    layers.append(_scheme_layer(study.site.layer("scheme_features"), lang))
    return [layer for layer in layers if layer["features"]]


def _areas(name: str, shapes: gpd.GeoSeries, style: palette.Style, lang: Language, **more: Any) -> Json:
    """Layer of areas that say nothing when pointed at."""
    features = [{"g": shape} for shape in geometry_json(shapes) if shape is not None]
    base = {"id": name, "section": "land", "pane": name.split("_", maxsplit=1)[0], "style": style}
    return {**base, "label": text(f"map.layer.{name}", lang), "features": features, **more}


def _scheme_layer(schemes: gpd.GeoDataFrame, lang: Language) -> Json:
    """Footprints of transfer schemes, each kind with its own fill."""
    features = []
    for shape, (key, row) in zip(geometry_json(schemes.geometry), schemes.iterrows(), strict=True):
        kind = str(row["kind"])
        notes = [
            text(f"map.scheme.{kind}", lang),
            _filled(row, "use") and text(f"map.use.{row['use']}", lang),
        ]
        if storeys := _parts(row.get("storey_heights_m")):
            notes.append(text("map.tip.storeys", lang, count=len(storeys), metres=sum(map(float, storeys))))
        tip = [f"{row['scheme_id']} · {key}", " · ".join(note for note in notes if note)]
        features.append(
            {"g": shape, "tip": tip, "style": palette.SCHEME.get(kind, palette.SCHEME["structure"])}
        )
    style = palette.SCHEME["building"]
    base = {"id": "schemes", "section": "land", "pane": "schemes", "style": style, "features": features}
    return {**base, "label": text("map.layer.schemes", lang)}


def label_places(lines: gpd.GeoSeries) -> list[list[float] | None]:
    """Where along a line its name stands: longitude, latitude, and the turn clockwise on the screen, degrees.

    Polygons take their middle and no turn; missing or empty shapes take None.
    """
    whole = shapely.line_merge(lines.to_numpy())
    linear = shapely.get_type_id(whole) == shapely.GeometryType.LINESTRING
    centre = shapely.centroid(whole)
    before, middle, after = (
        np.where(linear, shapely.line_interpolate_point(whole, share, normalized=True), centre)
        for share in (0.47, 0.5, 0.53)
    )
    north_m = shapely.get_y(after) - shapely.get_y(before)
    east_m = shapely.get_x(after) - shapely.get_x(before)
    # Text reads from left to right: a line drawn westward is taken the other way round.
    backward = east_m < 0
    upright = -np.degrees(np.arctan2(np.where(backward, -north_m, north_m), np.abs(east_m)))
    spots = to_web(gpd.GeoSeries(middle, index=lines.index, crs=lines.crs))
    return [
        None if spot is None or spot.is_empty else [spot.x, spot.y, round(float(angle), 1)]
        for spot, angle in zip(spots, upright, strict=True)
    ]
