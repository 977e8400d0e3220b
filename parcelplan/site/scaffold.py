"""A site folder made of loose files: one GeoPackage, CSV tables, and a commented site.toml that opens."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from parcelplan import schema
from parcelplan.catalogue import Language
from parcelplan.errors import ConfigError, CrsError
from parcelplan.findings import Finding, Findings
from parcelplan.io.atomic import whole_folder
from parcelplan.io.matching import meaning_of
from parcelplan.io.vector.geopackage import write_geopackage
from parcelplan.site.loose import Loose
from parcelplan.site.site_toml import Entry, example_works, site_toml

ASSUMED: Mapping[str, Any] = {"phase": 1, "state": "existing"}
"""Required columns that a file without them may be given: one phase, and features that are there today."""
HORIZON_YEARS = 4
"""Full years between the day of the data and the end of the horizon where the caller names no end."""
LAYERS_FILE = "layers.gpkg"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_RESERVED = {"fid", "geom", "ogc_fid"}
"""Names that a GeoPackage uses itself."""
_PLAIN = {"string", "boolean", "integer", "floating", "mixed-integer-float", "date", "datetime64", "empty"}


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
    refuse_used(folder)
    if "parcels" not in {item.table for item in given}:
        raise ConfigError("error.no_parcels_file")
    entries, findings = [], Findings()
    layers: dict[str, gpd.GeoDataFrame] = {}
    with whole_folder(folder) as beside:
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


def refuse_used(folder: str | Path) -> None:
    """Refuse a folder that holds something, and a file in its place, with :class:`ConfigError`."""
    path = Path(folder)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise ConfigError("error.folder_not_empty", folder=folder)


def settings_for(
    folder: str | Path,
    files: Iterable[Path],
    crs: CRS,
    *,
    language: Language,
    id: str | None = None,  # noqa: A002 - the key's name in site.toml
    name: str | None = None,
    as_of: date | None = None,
    horizon_end: date | None = None,
) -> tuple[Settings, Findings]:
    """Complete what the caller says of a site; what is taken from elsewhere is found.

    Parameters
    ----------
    folder
        Folder of the site; its name serves as id and name where none are given.
    files
        The loose files: the day on which the youngest was changed serves as the day of the data.
    crs
        The site's plane system.
    language, id, name, as_of, horizon_end
        What the caller says.

    Raises
    ------
    ConfigError
        The id holds signs that an address cannot, or the horizon ends before it begins.
    """
    title = Path(folder).resolve().name
    if id is not None and not _ID.fullmatch(id):
        raise ConfigError("error.bad_site_id", id=id)
    findings = []
    day, source = (as_of, "--as-of") if as_of else newest_day(list(files))
    if as_of is None:
        findings.append(Finding(code="new.dated", value=day, params={"file": source}))
    last = horizon_end or date(day.year + HORIZON_YEARS, 12, 31)
    if horizon_end is None:
        findings.append(Finding(code="new.horizon", value=last))
    if last <= day:
        raise ConfigError("error.as_of_after_horizon", as_of=day, horizon_end=last)
    settings = Settings(
        id=id or (title if _ID.fullmatch(title) else "site"),
        name=name or title,
        language=language,
        crs=crs,
        as_of=day,
        as_of_from=source,
        horizon_end=last,
    )
    return settings, Findings(findings)


def newest_day(files: Sequence[Path]) -> tuple[date, str]:
    """The day on which the youngest of the files was last changed, and its name."""
    youngest = max(files, key=lambda file: file.stat().st_mtime)
    changed = datetime.fromtimestamp(youngest.stat().st_mtime, tz=UTC).astimezone()
    return changed.date(), youngest.name


def _prepared(item: Loose, crs: CRS) -> tuple[pd.DataFrame, Entry, Findings]:
    """Bring a frame into the site's CRS with ids of its own, and say which of its columns are ours."""
    spec = schema.table(item.table)
    frame, renamed = _storable(item.frame)
    frame = _placed(frame, item, crs)
    columns, known = _columns(item, [str(name) for name in frame.columns if name != _geometry_of(frame)])
    frame, columns, findings = _with_ids(frame, columns, item.table)
    present = {*columns, *known}
    absent = [column.name for column in spec.columns if column.required and column.name not in present]
    assumed = {name: value for name, value in ASSUMED.items() if name in absent}
    defaults = assumed | {name: value for name, value in item.defaults.items() if name not in present}
    findings += [
        Finding(code="new.assumed", layer=item.table, field=name, value=value)
        for name, value in defaults.items()
        if name not in item.defaults
    ]
    missing = tuple(name for name in absent if name not in defaults)
    findings += [Finding(code="new.layer_waits", layer=item.table, field=name) for name in missing]
    findings += renamed
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
    taken, names = set(_RESERVED), {}
    for name in (str(name) for name in frame.columns if name != _geometry_of(frame)):
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
        raise CrsError("error.place_unknown", file=item.file)
    moved: pd.DataFrame = frame if frame.crs.equals(crs, ignore_axis_order=True) else frame.to_crs(crs)
    return moved


def _columns(item: Loose, headings: list[str]) -> tuple[dict[str, str], set[str]]:
    """Our column → the file's, as the caller says, else as names and aliases say; and what opening finds by itself.

    A heading that names another unit, or holds both ends of a range, is left to opening, which converts it: named in
    site.toml it would be taken for the column as it is.
    """
    known = schema.table(item.table).by_name
    for ours in (*item.columns, *item.defaults):
        if ours not in known:
            raise ConfigError("error.no_such_column", table=item.table, column=ours, known=", ".join(known))
    for theirs in item.columns.values():
        if theirs not in headings:
            raise ConfigError(
                "error.no_such_heading", file=item.file, column=theirs, known=", ".join(headings)
            )
    rest = [name for name in headings if name not in item.columns.values()]
    meaning = meaning_of(rest, item.table)
    ends = {column for low, high, _ in meaning.ranges.values() for column in (low, high)}
    found = {
        ours: theirs
        for theirs, ours in meaning.renames.items()
        if ours not in item.columns and ours not in meaning.units
    }
    return found | dict(item.columns), {*meaning.units, *ends}


def _with_ids(
    frame: pd.DataFrame, columns: dict[str, str], table: str
) -> tuple[pd.DataFrame, dict[str, str], Findings]:
    """Give every row an id: the file's own, else one that is made and said."""
    key = schema.table(table).key
    if not schema.table(table).keyed:
        return frame, columns, Findings()
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


def _geometry_of(frame: pd.DataFrame) -> str | None:
    return str(frame.geometry.name) if isinstance(frame, gpd.GeoDataFrame) else None


def _phases(entry: Entry, parcels: gpd.GeoDataFrame) -> list[int]:
    """Phases that the parcels name."""
    ours = {theirs: ours for ours, theirs in entry.columns.items()}
    conformed, _ = schema.conform(parcels.rename(columns=ours).assign(**entry.defaults), "parcels")
    return sorted(int(number) for number in conformed["phase"].dropna().unique())
