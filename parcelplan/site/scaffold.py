"""A site folder made of loose files: one GeoPackage, CSV tables, and a commented site.toml that opens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from parcelplan import schema
from parcelplan.catalogue import Language
from parcelplan.crs import WGS84, parse_crs, require_metric_crs
from parcelplan.errors import ConfigError, CrsError
from parcelplan.findings import Finding, Findings
from parcelplan.io.atomic import whole_folder
from parcelplan.io.geopackage import write_geopackage
from parcelplan.io.matching import columns_of
from parcelplan.site.site_toml import Entry, example_works, site_toml

ASSUMED: Mapping[str, Any] = {"phase": 1, "state": "existing"}
"""Required columns that a file without them may be given: one phase, and features that are there today."""
HORIZON_YEARS = 4
"""Full years between the day of the data and the end of the horizon where the caller names no end."""
LAYERS_FILE = "layers.gpkg"
_RESERVED = {"fid", "geom", "ogc_fid"}
"""Names that a GeoPackage uses itself."""
_PLAIN = {"string", "boolean", "integer", "floating", "mixed-integer-float", "date", "datetime64", "empty"}
_ZONES = range(25, 46)
_ZONE_CODE, _NORTH_CODE, _SOUTH_CODE = 4488, 32600, 32700


@dataclass(frozen=True, kw_only=True)
class Loose:
    """One loose file, read."""

    table: str
    """Layer or table of the registry that it is to be."""
    file: Path
    frame: pd.DataFrame
    """A GeoDataFrame for a layer; columns as in the file."""
    crs_proposal: str | None = None
    """What the coordinates of a layer without a CRS look like."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Our column → the file's, as the caller says; goes before what is found."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """Our column → value, as the caller says."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What site.toml says besides its files."""

    id: str
    name: str
    language: Language
    crs: CRS
    as_of: date
    as_of_from: str
    """Where the day comes from: a file, or the call."""
    horizon_end: date


def scaffold_site(folder: str | Path, given: Sequence[Loose], settings: Settings) -> Findings:
    """Make a site folder, whole or not at all.

    Parameters
    ----------
    folder
        The folder, which must be empty or not there yet.
    given
        Loose files, parcels among them. Layers without a CRS are refused.
    settings
        Everything else.

    Returns
    -------
    Findings
        What was made, assumed, left for the user to say, and kept though the registry does not know it.

    Raises
    ------
    ConfigError
        The folder holds something; no parcels were given; a column or its heading does not exist.
    CrsError
        A layer's CRS is unknown; the message names what its coordinates look like.
    InputError
        The folder cannot be written.
    """
    out = Path(folder)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigError("error.folder_not_empty", folder=folder)
    if "parcels" not in {item.table for item in given}:
        raise ConfigError("error.no_parcels_file")
    entries, findings = [], Findings()
    layers: dict[str, gpd.GeoDataFrame] = {}
    with whole_folder(out) as beside:
        for item in sorted(given, key=lambda item: list(schema.tables()).index(item.table)):
            frame, entry, found = _prepared(item, settings.crs)
            entries.append(entry)
            findings += found
            if isinstance(frame, gpd.GeoDataFrame):
                layers[item.table] = frame
            else:
                frame.to_csv(beside / entry.file, index=False, encoding="utf-8-sig", lineterminator="\n")
        write_geopackage(beside / LAYERS_FILE, layers, stamped=settings.as_of)
        if "works" not in {item.table for item in given}:
            findings += [Finding(code="new.no_works", layer="works")]
            (beside / "works_example.csv").write_text(
                example_works(settings.horizon_end), encoding="utf-8-sig", newline="\n"
            )
        phases = _phases(next(entry for entry in entries if entry.table == "parcels"), layers["parcels"])
        text = site_toml(entries, phases, vars(settings) | {"crs": settings.crs.to_string()})
        (beside / "site.toml").write_text(text, encoding="utf-8", newline="\n")
    return findings


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
    own = parcels.crs or (parse_crs(said) if said else None)
    if own is None:
        raise CrsError("error.site_place_unknown")
    raise CrsError("error.site_crs_wanted", crs=own.to_string(), proposal=_zone_at(parcels))


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


def newest_day(files: Sequence[Path]) -> tuple[date, str]:
    """The day on which the youngest of the files was last changed, and its name."""
    youngest = max(files, key=lambda file: file.stat().st_mtime)
    changed = datetime.fromtimestamp(youngest.stat().st_mtime, tz=UTC).astimezone()
    return changed.date(), youngest.name


def horizon_after(as_of: date) -> date:
    """The last day of the year that lies :data:`HORIZON_YEARS` after the day of the data."""
    return date(as_of.year + HORIZON_YEARS, 12, 31)


def _prepared(item: Loose, crs: CRS) -> tuple[pd.DataFrame, Entry, Findings]:
    """Bring a frame into the site's CRS with ids of its own, and say which of its columns are ours."""
    spec = schema.table(item.table)
    frame, renamed = _storable(item.frame)
    frame = _placed(frame, item, crs)
    columns = _columns(item, [str(name) for name in frame.columns])
    frame, columns, findings = _with_ids(frame, columns, item.table)
    absent = [
        column.name for column in spec.columns if column.required and column.name not in {*columns, spec.key}
    ]
    assumed = {name: value for name, value in ASSUMED.items() if name in absent}
    defaults = assumed | {name: value for name, value in item.defaults.items() if name not in columns}
    findings += [
        Finding(code="new.assumed", layer=item.table, field=name, value=value)
        for name, value in defaults.items()
        if name not in item.defaults
    ]
    missing = tuple(name for name in absent if name not in defaults)
    findings += [Finding(code="new.layer_waits", layer=item.table, field=name) for name in missing]
    findings += renamed + _unknown(frame, columns, item.table)
    entry = Entry(
        table=item.table,
        file=LAYERS_FILE if spec.geometry else f"{item.table}.csv",
        origin=item.file.name,
        rows=len(frame),
        columns={ours: theirs for ours, theirs in columns.items() if ours != theirs},
        defaults=defaults,
        missing=missing,
    )
    return frame, entry, findings


def _storable(frame: pd.DataFrame) -> tuple[pd.DataFrame, Findings]:
    """Give columns names that a GeoPackage can hold beside one another, and mixed values the form of text."""
    geometry = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    taken, names = set(_RESERVED), {}
    for name in (str(name) for name in frame.columns if name != geometry):
        new, number = name, 2
        while new.lower() in taken:
            new, number = f"{name}_{number}", number + 1
        taken.add(new.lower())
        names[name] = new
    renamed = {old: new for old, new in names.items() if old != new}
    frame = frame.rename(columns=renamed).reset_index(drop=True)
    for name in names.values():
        if pd.api.types.infer_dtype(frame[name], skipna=True) not in _PLAIN and frame[name].dtype == object:
            frame[name] = frame[name].map(str, na_action="ignore")
    return frame, Findings(
        Finding(code="new.renamed_field", field=old, value=new) for old, new in renamed.items()
    )


def _placed(frame: pd.DataFrame, item: Loose, crs: CRS) -> pd.DataFrame:
    if schema.table(item.table).geometry is None:
        return frame
    if not isinstance(frame, gpd.GeoDataFrame):
        raise ConfigError("error.not_a_layer", file=item.file, table=item.table)
    if frame.crs is None:
        proposal = item.crs_proposal
        if proposal is None:
            raise CrsError("error.place_unknown", file=item.file)
        raise CrsError("error.place_proposed", file=item.file, proposal=proposal)
    moved: pd.DataFrame = frame if frame.crs.equals(crs, ignore_axis_order=True) else frame.to_crs(crs)
    return moved


def _columns(item: Loose, headings: list[str]) -> dict[str, str]:
    """Our column → the file's: as the caller says, else as names and aliases say."""
    known = schema.table(item.table).by_name
    for ours in (*item.columns, *item.defaults):
        if ours not in known:
            raise ConfigError("error.no_such_column", table=item.table, column=ours, known=", ".join(known))
    for theirs in item.columns.values():
        if theirs not in headings:
            raise ConfigError(
                "error.no_such_heading", file=item.file, column=theirs, known=", ".join(headings)
            )
    said = dict(item.columns)
    rest = [name for name in headings if name not in said.values()]
    found = {ours: theirs for theirs, ours in columns_of(rest, item.table).items() if ours not in said}
    return found | said


def _with_ids(
    frame: pd.DataFrame, columns: dict[str, str], table: str
) -> tuple[pd.DataFrame, dict[str, str], Findings]:
    """Give every row an id: the file's own, else one that is made and said."""
    key = schema.table(table).key
    own = frame[columns[key]] if key in columns else pd.Series(None, index=frame.index, dtype=object)
    empty = own.isna() | (own.astype(str).str.strip() == "")
    if not empty.any():
        return frame, columns, Findings()
    width, letter = max(2, len(str(len(frame)))), key[0].upper()
    numbers = pd.Series(range(1, len(frame) + 1), index=frame.index)
    made = letter + numbers.astype(str).str.zfill(width)
    # A made id must not meet one that stands in the file.
    made = made.where(~made.isin(own.dropna().astype(str)), made + "-x")
    filled = frame.assign(**{key: own.astype(object).where(~empty, made).astype(str)})
    code = "new.made_ids" if empty.all() else "new.filled_ids"
    params = {"first": made[empty].iloc[0], "last": made[empty].iloc[-1]}
    found = Finding(code=code, layer=table, field=key, value=int(empty.sum()), params=params)
    return filled, columns | {key: key}, Findings([found])


def _unknown(frame: pd.DataFrame, columns: Mapping[str, str], table: str) -> Findings:
    geometry = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    rest = [str(name) for name in frame.columns if name != geometry and name not in columns.values()]
    return Findings([Finding(code="new.unknown_columns", layer=table, value=", ".join(rest))] if rest else [])


def _phases(entry: Entry, parcels: gpd.GeoDataFrame) -> list[int]:
    """Phases that the parcels name."""
    ours = {theirs: ours for ours, theirs in entry.columns.items()}
    conformed, _ = schema.conform(parcels.rename(columns=ours).assign(**entry.defaults), "parcels")
    return sorted(int(number) for number in conformed["phase"].dropna().unique())
