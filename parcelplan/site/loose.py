"""Loose files on their way into a site folder: read, with what the caller says of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from parcelplan import schema
from parcelplan.crs import WGS84, parse_crs, require_metric_crs
from parcelplan.errors import ConfigError, CrsError
from parcelplan.findings import Findings
from parcelplan.io.guard.worker import read_guarded, read_table_guarded
from parcelplan.io.vector.placing import require_place
from parcelplan.io.vector.reading import ReadOptions

_ZONES = range(25, 46)
_ZONE_CODE, _NORTH_CODE, _SOUTH_CODE = 4488, 32600, 32700


@dataclass(frozen=True, kw_only=True)
class Loose:
    """One loose file, read."""

    table: str
    """Layer or table of the registry that it is to be."""
    file: Path
    frame: pd.DataFrame
    """A GeoDataFrame with a CRS for a layer; columns as in the file."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Our column → the file's, as the caller says; goes before what is found."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """Our column → value, as the caller says."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """What the caller says of the files, each by the layer or table that a file is to be."""

    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Our column → the file's."""
    defaults: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Our column → value, as text."""
    layers: Mapping[str, str] = field(default_factory=dict)
    """Name of the layer or sheet inside a file that holds several."""


@dataclass(frozen=True, kw_only=True)
class Collected:
    """All loose files of a site."""

    loose: tuple[Loose, ...]
    crs: CRS
    """The site's plane system."""
    findings: Findings


def read_loose(
    files: Mapping[str, Path],
    options: ReadOptions,
    said: Said,
    site_crs: str | None = None,
    *,
    each: Callable[[str], None] = lambda _table: None,
) -> Collected:
    """Read loose files, the parcels first, since their place decides the site's.

    Parameters
    ----------
    files
        Layer or table of the registry → file, ``parcels`` among them.
    options
        What the caller knows of all vector files.
    said
        What the caller says of single files.
    site_crs
        The site's plane system; else that of ``options`` or of the parcels.
    each
        Called with the name of each layer or table before it is read.

    Raises
    ------
    InputError
        A file cannot be read.
    CrsError
        Nobody knows where a layer lies, or no plane system for the site was named; the message proposes one.
    ConfigError
        There are no parcels, or a value cannot be one of its column.
    """
    if "parcels" not in files:
        raise ConfigError("error.no_parcels_file")
    each("read")
    first = replace(options, layer=said.layers.get("parcels"), site_crs=site_crs)
    parcels, findings = _read("parcels", files["parcels"], first)
    crs = choose_crs(parcels, said=options.crs, wanted=site_crs)
    frames = {"parcels": parcels}
    for table in (table for table in schema.tables() if table in files and table != "parcels"):
        each("read")
        other = replace(options, layer=said.layers.get(table), site_crs=crs.to_string())
        frames[table], found = _read(table, files[table], other)
        findings += found
    loose = tuple(_loose(table, files[table], frame, said) for table, frame in frames.items())
    return Collected(loose=loose, crs=crs, findings=findings)


def _loose(table: str, file: Path, frame: pd.DataFrame, said: Said) -> Loose:
    values = said.defaults.get(table, {})
    return Loose(
        table=table,
        file=file,
        frame=frame,
        columns=said.columns.get(table, {}),
        defaults={name: typed(table, name, value) for name, value in values.items()},
    )


def _read(table: str, file: Path, options: ReadOptions) -> tuple[pd.DataFrame, Findings]:
    if schema.table(table).geometry is None:
        return read_table_guarded(file, sheet=options.layer, table=table)
    reading = read_guarded(file, options)
    require_place(reading)
    return reading.frame, reading.findings


def typed(table: str, column: str, value: str) -> Any:
    """Bring a value from the command line to the type of its column.

    Examples
    --------
    >>> typed("roads", "width_m", "24")
    24.0
    """
    known = schema.table(table).by_name
    if column not in known:
        raise ConfigError("error.no_such_column", table=table, column=column, known=", ".join(known))
    readers: Mapping[str, Callable[[str], Any]] = {
        "float": float,
        "int": int,
        "date": date.fromisoformat,
        "bool": lambda word: {"true": True, "false": False}[word.lower()],
    }
    try:
        return readers.get(known[column].dtype, str)(value)
    except (ValueError, KeyError) as error:
        raise ConfigError(
            "error.bad_value", table=table, column=column, value=value, dtype=known[column].dtype
        ) from error


def choose_crs(parcels: gpd.GeoDataFrame, *, said: str | None, wanted: str | None) -> CRS:
    """Choose the site's plane CRS: the wanted one, else the one said of the files, else that of the parcels.

    Raises
    ------
    CrsError
        None of them is plane and in metres; the message proposes a zone by the parcels' longitude, which is never
        taken without the user's word, since a site must keep one zone and only its user knows which.
    """
    if wanted:
        return require_metric_crs(parse_crs(wanted), "--to-crs")
    for crs in (parse_crs(said) if said else None, parcels.crs):
        if crs is not None and _is_metric(crs):
            return crs
    raise CrsError("error.site_crs_wanted", crs=parcels.crs.to_string(), proposal=_zone_at(parcels))


def _is_metric(crs: CRS) -> bool:
    try:
        require_metric_crs(crs)
    except CrsError:
        return False
    return True


def _zone_at(parcels: gpd.GeoDataFrame) -> str:
    """Name the 3° zone of CGCS2000 around the parcels, outside China the UTM zone.

    Source: EPSG 4513 to 4533 are zones 25 to 45, 32601 and 32701 onwards the zones of UTM.
    """
    west, south, east, north = parcels.geometry.to_crs(WGS84).total_bounds
    longitude = (west + east) / 2
    zone = int((longitude + 1.5) // 3)
    if zone in _ZONES and north > 0:
        return f"EPSG:{_ZONE_CODE + zone}"
    return f"EPSG:{(_NORTH_CODE if south + north > 0 else _SOUTH_CODE) + int((longitude + 180) // 6) + 1}"
