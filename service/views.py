"""What the service shows of a study, each made once for a study and a language."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np

from parcelplan.catalogue import Language
from parcelplan.crs import WGS84
from parcelplan.io.vector.geojson import plain
from parcelplan.publish import write_result
from parcelplan.study import Study
from parcelplan.views.maps import render_map
from parcelplan.views.report import render_report
from parcelplan.views.summary import summary
from parcelplan.views.tables import parcel_table, phase_table
from parcelplan.views.why_not import why_not
from service.library import View
from service.sketch import draw

FILES: Mapping[str, str] = {
    "plan.geojson": "application/geo+json",
    "plan.gpkg": "application/geopackage+sqlite3",
    "plan.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "summary.json": "application/json",
}
"""Files to download and their media types."""


def in_language(study: Study, lang: Language) -> Study:
    """The same study, which speaks another language."""
    return study if study.site.lang == lang else replace(study, site=replace(study.site, lang=lang))


def file_bytes(study: Study, name: str, lang: Language) -> bytes:
    """One result file, as a run would write it."""
    with tempfile.TemporaryDirectory(prefix="parcelplan-") as folder:
        path = Path(folder) / name
        write_result(in_language(study, lang), name, path)
        return path.read_bytes()


def parcels_on_the_globe(study: Study, lang: Language) -> gpd.GeoDataFrame:
    """The parcel table in WGS 84, for filters by box and for GeoJSON."""
    return parcel_table(study, lang).to_crs(WGS84)


def front(study: Study, lang: Language) -> dict[str, Any]:
    """What the start page says of a site: figures, phases, findings, and the drawing."""
    figures = summary(study, lang)
    parcels = parcel_table(study, lang)
    days = parcels["transfer_on"].dropna()
    return {
        "figures": figures,
        "phases": plain(phase_table(study, lang).reset_index().to_dict(orient="records")),
        "parcels": len(parcels),
        "net_land": int((parcels["stage"] == "net_land").sum()),
        "net_land_mu": float(parcels["area_mu"].to_numpy()[parcels["stage"].to_numpy() == "net_land"].sum()),
        "planned": len(days),
        "first_on": plain(days.min()),
        "last_on": plain(days.max()),
        "violated": _parcels_violated(study),
        "is_announced": not study.site.table("announced").empty,
        "announced": one_of_each(figures["announced_findings"]),
        "conflict": why_not(study, lang),
        "sketch": draw(study, lang),
    }


def one_of_each(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first finding of each code: a page shows every kind of trouble, the report every case."""
    firsts: dict[str, dict[str, Any]] = {}
    for item in findings:
        firsts.setdefault(item["code"], item)
    return list(firsts.values())


def _parcels_violated(study: Study) -> int:
    return int(np.unique(study.verdicts["parcel_id"][study.verdicts["verdict"] == "violated"]).size)


VIEWS: Mapping[str, View] = {
    "map": lambda study, lang: render_map(study, lang=lang),
    "report": lambda study, lang: render_report(study, lang=lang),
    "parcels": parcels_on_the_globe,
    "front": front,
    **{name: lambda study, lang, name=name: file_bytes(study, name, lang) for name in FILES},  # type: ignore[misc]
}
