"""A study as files for other programs: GeoJSON, GeoPackage, Excel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from parcelplan import catalogue
from parcelplan.io.sheets.excel import Sheet, SheetColumn, write_workbook
from parcelplan.io.vector.geojson import write_geojson
from parcelplan.io.vector.geopackage import write_geopackage
from parcelplan.schema.results import result_columns
from parcelplan.units import to_mu
from parcelplan.views.plan_tables import PLAN_TABLES, plan_tables
from parcelplan.views.qgis import layer_styles, table_style
from parcelplan.views.tables import (
    area_table,
    code_name,
    constraint_table,
    named,
    parcel_table,
    phase_table,
    transfer_table,
    verdict_table,
    work_table,
)

if TYPE_CHECKING:
    from pathlib import Path

    from parcelplan.catalogue import Language
    from parcelplan.study import Study

_DECIMALS = {"m²": 2, "mu": 4, "ratio": 4}
_TINTS = {"verdict": {"violated": "#f9ddcd", "unknown": "#e9ebed"}, "severity": {"error": "#f9ddcd"}}
"""Family of codes → code → fill in the workbook: what needs attention."""


def write_plan_geojson(study: Study, path: str | Path, lang: Language | None = None) -> None:
    """Write :func:`plan_layer` as GeoJSON."""
    write_geojson(plan_layer(study, lang), path)


def plan_layer(study: Study, lang: Language | None = None) -> gpd.GeoDataFrame:
    """The parcels with everything known of each, figures rounded to what can be meant.

    m² to two decimals, mu and ratios to four; index, geometry and CRS of the parcels.
    """
    places = {
        item.column: _DECIMALS[item.unit] for item in result_columns("parcels") if item.unit in _DECIMALS
    }
    return parcel_table(study, lang).round(places)


def write_plan_geopackage(study: Study, path: str | Path, lang: Language | None = None) -> None:
    """Write all result layers and tables in the site's CRS, with the styles QGIS opens them with."""
    lang = lang or study.site.lang
    layers, tables = result_layers(study, lang), result_tables(study, lang)
    styles = {name: styles for name, styles in layer_styles(study, lang).items() if name in layers}
    styles |= {name: table_style("findings" if name.endswith("findings") else name, lang) for name in tables}
    write_geopackage(path, layers, tables, styles, stamped=study.site.as_of)


def result_layers(study: Study, lang: Language) -> dict[str, gpd.GeoDataFrame]:
    """Layers of the results, by name, each in the site's CRS; roads only where the site has them."""
    layers = {
        "parcels": parcel_table(study, lang),
        "developable_now": _developable(study, study.developable),
        "developable_final": _developable(study, study.developable_final),
        "constraints": constraint_table(study),
    }
    roads = study.site.layer("roads")
    return layers | ({"roads": roads} if len(roads) else {})


def _developable(study: Study, land: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    frame = land.assign(phase=study.readiness["phase"], developable_mu=to_mu(land["developable_m2"]))
    columns = [item.column for item in result_columns("developable")][1:]
    return gpd.GeoDataFrame(frame[columns], geometry=land.geometry, crs=land.crs)


def result_tables(study: Study, lang: Language) -> dict[str, pd.DataFrame]:
    """Tables of the results without geometry, by name, their index among the columns."""
    findings = {"findings": study.findings, "announced_findings": study.announced_findings}
    return {
        "phases": phase_table(study, lang).reset_index(),
        "transfers": transfer_table(study, lang).reset_index(),
        "works": work_table(study).reset_index(),
        **plan_tables(study, lang),
        "verdicts": verdict_table(study, lang),
    } | {name: found.to_frame(lang) for name, found in findings.items()}


def write_plan_workbook(study: Study, path: str | Path, lang: Language | None = None) -> None:
    """Write the results as a workbook: a cover, then one sheet a table, codes by their names."""
    lang = lang or study.site.lang
    tables = result_tables(study, lang)
    parcels = pd.DataFrame(parcel_table(study, lang).drop(columns="geometry")).reset_index()
    constraints = pd.DataFrame(constraint_table(study).drop(columns="geometry")).reset_index()
    sheets = [
        _sheet("transfers", tables["transfers"], lang),
        _sheet("phases", tables["phases"], lang),
        _sheet("works", tables["works"], lang, frozen=3),
        *(_sheet(name, tables[name], lang) for name in PLAN_TABLES if name in tables),
        _sheet("parcels", parcels, lang),
        _sheet("areas", area_table(study.site), lang, frozen=2),
        _sheet("constraints", constraints, lang),
        _sheet("verdicts", tables["verdicts"], lang),
        _sheet("findings", tables["findings"], lang),
        _sheet("findings", tables["announced_findings"], lang, title="announced"),
    ]
    write_workbook(
        path,
        sheets,
        cover_title=catalogue.text("cover.title", lang, name=study.site.name(lang)),
        cover=cover_lines(study, lang),
        cover_name=catalogue.text("sheet.cover", lang),
        created_on=study.site.as_of,
    )


def _sheet(table: str, frame: pd.DataFrame, lang: Language, *, title: str = "", frozen: int = 1) -> Sheet:
    columns = result_columns(table)
    tints = {
        item.column: {code_name(item.codes, code, lang): tint for code, tint in _TINTS[item.codes].items()}
        for item in columns
        if item.codes in _TINTS
    }
    return Sheet(
        title=catalogue.text(f"sheet.{title or table}", lang),
        frame=named(frame, table, lang),
        columns=tuple(
            SheetColumn(name=item.column, heading=item.label(lang), format=item.format) for item in columns
        ),
        frozen=frozen,
        colours=tints,
    )


def cover_lines(study: Study, lang: Language) -> list[tuple[str, Any]]:
    """What was computed, for when, by which reading and rules, in which units: labels and values."""
    config, plan = study.site.config, study.plan
    document = " ".join(part for part in (config.document.title.of(lang), config.document.number) if part)
    area_rule = catalogue.text(f"cover.{config.area_rule}", lang)
    # Where something else counts first, the sheet of objectives has its figures in their units.
    is_supply = plan.headline == "supply"
    lines = {
        "as_of": config.as_of,
        "scenario": scenario_label(study, lang),
        "document": document,
        "status": catalogue.text(f"plan.status.{plan.status}", lang, gap=plan.gap or 0.0),
        "objective": round(to_mu(plan.objective), 2) if plan.objective is not None and is_supply else None,
        "objective_note": catalogue.text("cover.objective_text", lang) if is_supply else None,
        "units": catalogue.text("cover.units_text", lang, area_rule=area_rule, crs=config.crs),
        "rules": ", ".join([*config.rules, *config.rule_files]),
        "note": config.note.of(lang),
    }
    return [
        (catalogue.text(f"cover.{name}", lang), value)
        for name, value in lines.items()
        if value not in ("", None)
    ]


def scenario_label(study: Study, lang: Language) -> str:
    """Name of the reading of the works; empty where the site has only one."""
    chosen = study.site.config.scenarios.get(study.site.scenario)
    return (chosen.label.of(lang) if chosen else "") or study.site.scenario
