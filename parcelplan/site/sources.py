"""From the files that site.toml names to layers and tables in the form of the registry."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from parcelplan import schema
from parcelplan.crs import parse_crs
from parcelplan.findings import Finding, Findings
from parcelplan.geometry.soundness import is_finite
from parcelplan.io.guard.worker import read_guarded
from parcelplan.io.sheets.tables import read_table_findings
from parcelplan.io.vector.formats import holds_up
from parcelplan.io.vector.reading import Reading, ReadOptions, read_vector
from parcelplan.site.config import SiteConfig, Source
from parcelplan.site.scenarios import Scenario
from parcelplan.site.shapes import brought_into_plane


def read_layers(folder: Path, config: SiteConfig) -> tuple[dict[str, gpd.GeoDataFrame], Findings]:
    """Read every layer of a site, in its CRS and indexed by its ids, with all that was guessed and does not fit."""
    layers: dict[str, gpd.GeoDataFrame] = {}
    findings = Findings()
    for name in (name for name in schema.layer_names() if name in config.layers):
        layers[name], found = _layer(folder, name, config)
        findings += found
    return layers, findings


def read_tables(
    folder: Path, config: SiteConfig, scenario: Scenario
) -> tuple[dict[str, pd.DataFrame], Findings]:
    """Read every table of a site, works and crews as a scenario sees them."""
    tables: dict[str, pd.DataFrame] = {}
    findings = Findings()
    for name in (name for name in schema.table_names() if name in config.tables):
        source = config.tables[name]
        path, headings = folder / source.file, tuple(source.columns.values())
        raw, found = read_table_findings(path, sheet=source.layer, table=name, headings=headings)
        findings += found
        if name in _OVERLAID:
            raw, found = _overlaid(raw, name, getattr(scenario, name), source)
            findings += found
        tables[name], found = schema.conform(raw, name, columns=source.columns, defaults=source.defaults)
        findings += found
    if scenario.crews and "crews" not in tables:
        findings += Findings(_unknown("crews", name) for name in scenario.crews)
    return tables, findings


_OVERLAID = {"works": "scenario.unknown_work", "crews": "scenario.unknown_crew"}
"""Tables whose cells a scenario may see differently, and what is found where it names no row of theirs."""


def _unknown(table: str, key: str) -> Finding:
    return Finding(code=_OVERLAID[table], layer=table, feature_id=key)


def _layer(folder: Path, name: str, config: SiteConfig) -> tuple[gpd.GeoDataFrame, Findings]:
    source = config.layers[name]
    reading = _reading(folder, source, config)
    placed, found = _placed(reading.frame, name, config)
    frame, misfits = schema.conform(placed, name, columns=source.columns, defaults=source.defaults)
    told = _by_id(reading.findings, name, dict(zip(map(str, placed.index), frame.index, strict=True)))
    frame, mended = brought_into_plane(frame, name, config.tolerance)
    shapes = _geometry_findings(frame, name)
    if "coordinates.absurd" in told.codes():
        shapes = Findings(item for item in shapes if item.code != "layer.bad_coordinates")
    return frame, Findings([*told, *found, *misfits, *mended, *shapes])


def _reading(folder: Path, source: Source, config: SiteConfig) -> Reading:
    """Read a file in this process where its reader holds up against anything, in one of its own elsewhere."""
    path = folder / source.file
    options = ReadOptions(
        layer=source.layer,
        crs=source.crs,
        encoding=source.encoding,
        source_datum=source.source_datum,
        axis_order=source.axis_order,
        site_crs=config.crs,
    )
    return read_vector(path, options) if holds_up(path) else read_guarded(path, options)


def _placed(raw: gpd.GeoDataFrame, name: str, config: SiteConfig) -> tuple[gpd.GeoDataFrame, Findings]:
    """Bring a layer into the site's CRS; one without a CRS has its error already and is taken as it is."""
    crs = parse_crs(config.crs)
    if raw.crs is None:
        return raw.set_crs(crs), Findings()
    if raw.crs.equals(crs, ignore_axis_order=True):
        return raw, Findings()
    params = {"crs": config.crs}
    found = Finding(code="layer.reprojected", layer=name, value=raw.crs.to_string(), params=params)
    return raw.to_crs(crs), Findings([found])


def _by_id(findings: Findings, name: str, ids: Mapping[str, object]) -> Findings:
    """Name features by their ids, where reading could only count rows."""

    def known(labels: str) -> str:
        return ", ".join(str(ids.get(label, label)) for label in labels.split(", "))

    return Findings(
        dataclasses.replace(item, layer=name, feature_id=known(item.feature_id)) for item in findings
    )


def _overlaid(
    frame: pd.DataFrame, table: str, overlay: Mapping[str, Mapping[str, Any]], source: Source
) -> tuple[pd.DataFrame, Findings]:
    """Replace the cells that a scenario sees differently, under whatever heading they stand in the file."""
    spec = schema.table(table)
    meaning = schema.understand([str(name) for name in frame.columns], spec, source.columns)
    heading = {column: name for name, column in meaning.renames.items()}
    changed = frame.astype(object).copy()
    ids = changed.get(heading.get(spec.key, spec.key), pd.Series(dtype=object)).astype(str).str.strip()
    if not spec.keyed:
        # Of several rows of one crew the overlay speaks of the normal one, which has no days.
        days = changed.get(heading.get("from_on", "from_on"), pd.Series("", index=changed.index))
        ids = ids.where(days.isna() | (days.astype(str).str.strip() == ""), "")
    findings = []
    for key, cells in overlay.items():
        rows = changed.index[ids == key]
        if rows.empty:
            findings.append(_unknown(table, key))
        for column, value in cells.items():
            changed.loc[rows, heading.get(column, column)] = value
    return changed, Findings(findings)


def _geometry_findings(frame: gpd.GeoDataFrame, name: str) -> Findings:
    """Nothing there, no geometry, coordinates that are no numbers, or the wrong kind of geometry."""
    if frame.empty:
        code = "layer.empty_parcels" if name == "parcels" else "layer.empty"
        return Findings([Finding(code=code, layer=name)])
    shapes = frame.geometry.to_numpy()
    absent = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    wrong = ~absent & (shapely.get_dimensions(shapes) != schema.table(name).dimension)
    found = [
        Finding(code="layer.no_geometry", layer=name, feature_id=str(key)) for key in frame.index[absent]
    ]
    odd = frame.index[~is_finite(shapes)]
    found += [Finding(code="layer.bad_coordinates", layer=name, feature_id=str(key)) for key in odd]
    found += [
        Finding(code="layer.wrong_geometry", layer=name, feature_id=str(key), value=shape.geom_type)
        for key, shape in zip(frame.index[wrong], shapes[wrong], strict=True)
    ]
    return Findings(found)
