"""From one file to another, whatever the two formats are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd

from parcelplan import schema
from parcelplan.errors import ConfigError
from parcelplan.findings import Findings
from parcelplan.io.boundary_txt import write_boundary_txt
from parcelplan.io.guard.worker import read_guarded
from parcelplan.io.publication import write_public
from parcelplan.io.sheets.boundary_table import write_boundary_table
from parcelplan.io.vector.placing import placed, require_place
from parcelplan.io.vector.reading import ReadOptions
from parcelplan.io.vector.writing import write_vector

_GEOJSON = (".geojson", ".json")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the caller wants of the file to write."""

    crs: str | None = None
    """Coordinate system to write in; that of the input where None."""
    dialect: str = "standard"
    """Dialect of a boundary-point TXT."""
    public: bool = False
    """Write a GeoJSON for publication."""
    table: str = ""
    """Layer of the registry that the file is, for publication; guessed where empty."""
    overwrite: bool = False
    """Replace a file that is there already."""
    despite_errors: bool = False
    """Write although reading found errors."""


@dataclass(frozen=True, kw_only=True)
class Converted:
    """What was written."""

    features: int
    findings: Findings


def convert_file(
    source: Path, target: Path, options: ReadOptions | None = None, wanted: Wanted | None = None
) -> Converted:
    """Read one file and write it as another, whole or not at all.

    Parameters
    ----------
    source
        What :func:`~parcelplan.io.guard.worker.read_guarded` reads.
    target
        Its ending says the format: a vector format, ``.txt`` for boundary points, ``.xlsx`` for the
        boundary-point result table.
    options
        What the caller knows of the source.
    wanted
        What the caller wants of the target.

    Raises
    ------
    InputError
        The source cannot be read, or the target cannot be written in that format.
    ConfigError
        The target is the source or is there already, or is no GeoJSON though it is for publication.
    CrsError
        Nobody knows the source's place; the message names what its coordinates look like.
    FindingsError
        Reading found errors, and the caller did not say to write despite them.
    """
    wanted = wanted or Wanted()
    _refuse(source, target, wanted)
    reading = read_guarded(source, options)
    if not wanted.despite_errors:
        require_place(reading)
        reading.findings.raise_if_errors()
    frame = placed(reading, wanted.crs)
    return Converted(features=len(frame), findings=reading.findings + _write(frame, target, wanted))


def _refuse(source: Path, target: Path, wanted: Wanted) -> None:
    if source.resolve() == target.resolve():
        raise ConfigError("error.convert_onto_itself", file=target)
    if target.exists() and not wanted.overwrite:
        raise ConfigError("error.exists", file=target)
    if wanted.public and target.suffix.lower() not in _GEOJSON:
        raise ConfigError("error.public_is_geojson", file=target)
    if wanted.table and wanted.table not in schema.layer_names():
        raise ConfigError("error.unknown_table", table=wanted.table, known=", ".join(schema.layer_names()))


def _write(frame: gpd.GeoDataFrame, target: Path, wanted: Wanted) -> Findings:
    if wanted.public:
        return write_public(frame, target, table=wanted.table)
    if target.suffix.lower() == ".txt":
        return write_boundary_txt(frame, target, dialect=wanted.dialect)
    if target.suffix.lower() == ".xlsx":
        return write_boundary_table(frame, target)
    return write_vector(frame, target)
