"""The map of a screened city: sums by cell from afar, every parcel from near, in one file that needs no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import cos, radians
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from parcelplan.catalogue import Language, entries, text
from parcelplan.crs import require_metric
from parcelplan.errors import CrsError, InputError
from parcelplan.io.atomic import whole_file
from parcelplan.units import M2_PER_MU
from parcelplan.views import city_map_data as figures
from parcelplan.views import offline, palette
from parcelplan.views.city_map_data import CityLand
from parcelplan.views.map_themes import sentence_case
from parcelplan.views.maps import furniture, render_page
from parcelplan.views.packed import Whole, pack

Json = dict[str, Any]

SCRIPTS = ("base", "unpack", "cells", "surface", "covers", "words", "pointing", "timeline", "search", "start")
"""Parts of the script in ``static/city``, in the order in which they are read."""
MOST_PARCELS = 250_000
"""More than these would make a file that browsers open with difficulty; the map then shows cells alone."""
NAMES = ("name", "cover_id", "line_id")
"""Columns from which a cover takes its name, the first that is there."""
_COLUMNS = ("area_m2", "blocked_m2", "developable_m2")
_UI = "city_map.ui."


def city_map(
    parcels: gpd.GeoDataFrame,
    *,
    covers: gpd.GeoDataFrame | None = None,
    lang: Language = "zh",
    title: str = "",
    note: str = "",
    cell_m: float = 250.0,
    most_parcels: int = MOST_PARCELS,
) -> str:
    """Draw a screened city.

    Parameters
    ----------
    parcels
        Outlines of the parcels in a metric CRS, with ``area_m2, blocked_m2, developable_m2`` and ``blocked_m2_<kind>``
        as the screening gives them. What else is there is shown: ``developable_m2_<YYYYMMDD>`` and ``ready_on`` as a
        timeline, ``parcel_id`` (or the index), ``name, district, pieces, largest_piece_m2, stage, blocking`` in popups.
        Parcels without an outline are counted in a note and drawn nowhere.
    covers
        What blocks them, as wide as it reaches: ``kind``, and where known ``name`` (or ``cover_id``, ``line_id``),
        ``from_on``, ``until_on`` (first day no longer in force), ``work_id``.
    lang
        Language of the page.
    title, note
        Heading, and a sentence on the data, such as where it comes from; a general heading where empty.
    cell_m
        Side of the smallest cells, m; farther away cells of twice, four times … that side are drawn.
    most_parcels
        Of more parcels than this the page carries the cells alone.

    Returns
    -------
    str
        A complete HTML document with Leaflet, data and pictures inside.

    Raises
    ------
    InputError
        A column is missing, or no parcel has an outline.
    CrsError
        The coordinates of the parcels are not metres, or nobody knows where the covers lie.
    """
    crs = require_metric(parcels, "parcels")
    missing = [column for column in _COLUMNS if column not in parcels]
    if missing:
        raise InputError("error.not_screened", columns=", ".join(missing))
    drawn = parcels[figures.drawable(parcels.geometry)]
    if drawn.empty:
        raise InputError("error.no_outlines", count=len(parcels))
    cell_steps = _cell_steps(drawn, cell_m)
    land = figures.city_land(drawn, cell_steps)
    covers = _drawable_covers(covers, crs)
    detail = len(drawn) <= most_parcels
    data = {
        **_page_data(land, lang, cell_m, cell_steps),
        "title": title or text("city_map.title", lang),
        "note": " ".join(filter(None, [note, _left_out(len(parcels) - len(drawn), lang)])),
        "detail": detail,
        "layers": _layers(land, covers, lang),
    }
    blocks = {"cells": pack(figures.cell_arrays(land, cell_steps)), "covers": _packed_covers(covers, data)}
    if detail:
        arrays = figures.parcel_arrays(land, np.asarray(data["origin"]))
        blocks["parcels"] = pack(arrays, figures.parcel_texts(land, lang))
    return _page(data, blocks)


def write_city_map(path: str | Path, parcels: gpd.GeoDataFrame, **options: Any) -> Path:
    """Write the map of :func:`city_map`, which takes the same options, to a file, whole or not at all."""
    page = city_map(parcels, **options)
    with whole_file(path) as beside:
        beside.write_text(page, encoding="utf-8", newline="\n")
    return Path(path)


def _cell_steps(parcels: gpd.GeoDataFrame, cell_m: float) -> int:
    """Side of a cell in steps: web Mercator draws everything larger the farther it is from the equator."""
    west, south, east, north = parcels.total_bounds
    middle = figures.mercator(np.array([[(west + east) / 2, (south + north) / 2]]), parcels.crs)
    latitude = figures.latitude_longitude(middle)[0][0]
    return max(1, round(cell_m / cos(radians(latitude)) / figures.STEP_M))


def _drawable_covers(covers: gpd.GeoDataFrame | None, crs: Any) -> gpd.GeoDataFrame:
    if covers is None:
        return gpd.GeoDataFrame({"kind": []}, geometry=[], crs=crs)
    if covers.crs is None:
        raise CrsError("error.crs_missing", name="covers")
    moved = covers if covers.crs == crs else covers.to_crs(crs)
    return moved[figures.drawable(moved.geometry)]


# --- data of the page


def _page_data(land: CityLand, lang: Language, cell_m: float, cell_steps: int) -> Json:
    """Describe what the script cannot see from the packed figures."""
    corners = np.stack([land.centres.min(axis=0), land.centres.max(axis=0)])
    reach = round(float(np.sqrt(land.area.max())) / figures.STEP_M)
    bounds = figures.latitude_longitude(corners + np.array([[-reach], [reach]]))
    return {
        "lang": lang,
        "facts": _facts(land, lang),
        "ui": {
            code.removeprefix(_UI): entry[lang] for code, entry in entries().items() if code.startswith(_UI)
        },
        "bounds": bounds,
        "origin": corners[0].tolist(),
        "step_m": figures.STEP_M,
        "ground": cell_m / (cell_steps * figures.STEP_M),
        "cell_m": cell_m,
        "cell_steps": cell_steps,
        "parcel_m": float(np.sqrt(np.median(land.area))),
        "m2_per_mu": M2_PER_MU,
        "kinds": [sentence_case(figures.kind_label(kind, lang)) for kind in land.kinds],
        "stops": [
            {"on": f"{day:%Y-%m-%d}", "number": int(number)}
            for day, number in zip(land.stops, figures.day_numbers(land.stops), strict=True)
        ],
        "themes": _themes(land, lang),
        "shares": palette.shares(),
        "hatches": [hatch.__dict__ for hatch in palette.HATCHES],
    }


def _facts(land: CityLand, lang: Language) -> list[str]:
    """Say under the title how much is drawn."""
    area, free, blocked = (
        float(land.table[f"{name}_m2"].sum()) for name in ("area", "developable", "blocked")
    )
    whole = area or 1.0
    return [
        text("city_map.fact.parcels", lang, count=len(land.table), km2=area / 1e6),
        text("city_map.fact.developable", lang, km2=free / 1e6, share=free / whole),
        text("city_map.fact.blocked", lang, km2=blocked / 1e6, share=blocked / whole),
    ]


def _left_out(count: int, lang: Language) -> str:
    return text("city_map.left_out", lang, count=count) if count else ""


def _themes(land: CityLand, lang: Language) -> list[Json]:
    """Ways to colour: developable land, land that is ready, and what each kind blocks."""
    known = {"free": True, "ready": len(land.ready) > 0}
    moving = [
        {
            "id": name,
            "label": text(f"city_map.theme.{name}", lang),
            "legend": text(f"city_map.legend.{name}", lang),
            "moves": True,
        }
        for name in known
        if known[name]
    ]
    return moving + [
        {
            "id": f"kind-{place}",
            "label": text("city_map.theme.kind", lang, kind=figures.kind_label(kind, lang)),
            "legend": text("city_map.legend.kind", lang, kind=figures.kind_label(kind, lang)),
            "moves": False,
            "kind": place,
        }
        for place, kind in enumerate(land.kinds)
    ]


# --- covers


def _layers(land: CityLand, covers: gpd.GeoDataFrame, lang: Language) -> list[Json]:
    """Kinds of cover that are drawn, each with its sign."""
    there = set(covers["kind"])
    kinds = [*(kind for kind in land.kinds if kind in there), *sorted(there - set(land.kinds))]
    signs = palette.cover_signs(kinds)
    return [
        {"id": kind, "label": sentence_case(figures.kind_label(kind, lang)), "style": signs[kind]}
        for kind in kinds
    ]


def _packed_covers(covers: gpd.GeoDataFrame, data: Json) -> str:
    order = {layer["id"]: place for place, layer in enumerate(data["layers"])}
    name = next((column for column in NAMES if column in covers), None)
    arrays: Mapping[str, Whole] = {
        **figures.ring_arrays(covers.geometry.to_numpy(), covers.crs, np.asarray(data["origin"])),
        "kind": covers["kind"].map(order).to_numpy(dtype=np.int64),
        "from": figures.day_numbers(_column(covers, "from_on")),
        "until": figures.day_numbers(_column(covers, "until_on")),
    }
    names = [_text(value) for value in _column(covers, name)]
    works = [_text(value) for value in _column(covers, "work_id")]
    return pack(arrays, {"names": names, "works": works})


def _column(frame: gpd.GeoDataFrame, name: str | None) -> Sequence[Any]:
    """Cells of a column, all missing where it is not there."""
    return list(frame[name]) if name in frame else [None] * len(frame)


def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value)


def _page(data: Json, blocks: Mapping[str, str]) -> str:
    markup = furniture(
        "city.html",
        title=data["title"],
        facts=data["facts"],
        note=data["note"],
        ui=data["ui"],
        stops=data["stops"],
        blocks=blocks,
        data=offline.json_for_script(data),
    )
    return render_page(data, markup, [f"city/{name}" for name in SCRIPTS], styles=("map.css", "city.css"))
