"""What is asked of a screening: plain data that goes to other processes and machines as paths, never as geometries."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from math import isfinite
from pathlib import Path
from typing import Any, Literal

from parcelplan.city.partitions import is_folder, refuse_folder
from parcelplan.errors import ConfigError, InputError
from parcelplan.io.streams import CHUNK_ROWS, ChunkRef

ENDINGS = (".parquet", ".fgb", ".gpkg")
"""Formats that parcels are written in, by the ending of the file."""
CONSTRAINT_FORM = "KIND=FILE[#LAYER]:COLUMN|METRES"
_KIND = re.compile(r"\w+")


@dataclass(frozen=True, kw_only=True)
class LayerSpec:
    """One loose layer of constraints."""

    kind: str
    """Names the column of its figures; several layers may be of one kind."""
    path: Path
    width: float | str
    """How far it reaches beyond the features, metres; or the column that says so for each."""
    layer: str | None = None
    """Layer of a file that holds several."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to screen against what, and where to write it; either ``constraints`` or ``site`` is given.

    Pickles to a few hundred bytes. Everything that takes long to make ready lies in :attr:`folder`, where
    :func:`parcelplan.city.preparing.prepare` puts it and whoever screens a chunk finds it.
    """

    parcels: Path
    """GeoParquet, FlatGeobuf, GeoPackage, or a folder of GeoParquet partitions."""
    out: Path
    """File of one of :data:`ENDINGS`; without an ending a folder of GeoParquet partitions, which nobody joins."""
    constraints: tuple[LayerSpec, ...] = ()
    site: Path | None = None
    """Folder of the site whose rules and works draw the constraints."""
    scenario: str | None = None
    as_of: date | None = None
    """Day of the data; the site's own where None."""
    layer: str | None = None
    """Layer of the parcels' file."""
    dates: tuple[date, ...] | Literal["changes"] = ()
    """Days to tell the developable area of; ``changes`` means all on which a constraint begins or ends."""
    chunk_rows: int = CHUNK_ROWS
    width: bool = False
    """Also measure the largest circle that fits into the largest piece."""
    readiness: bool = False
    """Also tell of every parcel when it is net land, at what stage it is and what it waits for."""
    summary: Path | None = None
    """Table of sums by district, kind of gate and month to write as well, ``.csv``; needs ``readiness``."""
    by: tuple[str, ...] = ()
    """Columns of the parcels that name their district; ``district`` where there is one and none is named."""
    scratch: Path | None = None
    """Folder for what is not finished; a hidden one beside ``out`` where None."""

    @property
    def folder(self) -> Path:
        """Folder in which covers and parts lie until the whole is done."""
        return self.scratch or self.out.parent / f".{self.out.name}.screening"

    def absolute(self) -> Request:
        """The same request from anywhere: with paths that do not depend on where a process runs."""
        return replace(
            self,
            parcels=self.parcels.absolute(),
            out=self.out.absolute(),
            site=self.site and self.site.absolute(),
            scratch=self.scratch and self.scratch.absolute(),
            summary=self.summary and self.summary.absolute(),
            constraints=tuple(replace(item, path=item.path.absolute()) for item in self.constraints),
        )


@dataclass(frozen=True, kw_only=True)
class Oddity:
    """How often one thing was odd within a chunk: a million parcels are not a million findings."""

    count: int
    first: tuple[str, ...] = ()
    """Ids of the first of them."""
    value: float = 0.0
    """What they come to, where that is an area: m²."""


@dataclass(frozen=True, kw_only=True)
class ChunkReport:
    """What became of one chunk; small, whatever its parcels are."""

    number: int
    """Of the chunk in its stream."""
    rows: int
    seconds: float = 0.0
    part: str = ""
    """Name of the part within the request's folder; empty where there is none."""
    totals: Mapping[str, float] = field(default_factory=dict)
    """Sum of every column of figures, m²."""
    oddities: Mapping[str, Oddity] = field(default_factory=dict)
    """By the code of the finding they become."""
    failure: Mapping[str, Any] | None = None
    """Why it could not be read or screened: the record of the error, None where it could."""
    resumed: bool = False
    """Done by an earlier run that did not come to its end."""


def part_name(ref: ChunkRef) -> str:
    """Name of the part of a chunk within the request's folder; parts are joined in the order of these names."""
    return f"part-{ref.number:05d}.parquet"


def record_name(ref: ChunkRef) -> str:
    """Name of what is noted down once the part is there."""
    return f"part-{ref.number:05d}.json"


def parse_constraint(text: str) -> LayerSpec:
    """Read ``kind=FILE:COLUMN`` or ``kind=FILE:METRES``, where ``FILE#LAYER`` names a layer of a file with several.

    Raises
    ------
    ConfigError
        It is not of this form, or the metres are negative or no length.

    Examples
    --------
    >>> parse_constraint("river=rivers.gpkg:30").width
    30.0
    """
    kind, _, rest = text.partition("=")
    file, _, width = rest.rpartition(":")
    if not (_KIND.fullmatch(kind.strip()) and file.strip() and width.strip()):
        raise ConfigError("error.bad_constraint", value=text, form=CONSTRAINT_FORM)
    name, mark, layer = file.strip().rpartition("#")
    named = bool(mark and name) and not Path(file.strip()).exists()
    return LayerSpec(
        kind=kind.strip(),
        path=Path(name if named else file.strip()),
        layer=layer if named else None,
        width=_width(width.strip(), text),
    )


def _width(text: str, given: str) -> float | str:
    try:
        metres = float(text)
    except ValueError:
        return text
    if not (isfinite(metres) and metres >= 0):
        raise ConfigError("error.bad_width", value=given)
    return metres


def check_request(request: Request, *, overwrite: bool = False) -> None:
    """Refuse what cannot be asked, before anything is read.

    Raises
    ------
    ConfigError
        The output is one of the inputs, is there already or is of no format that is written; there is nothing to
        screen against; or an option needs a site.
    InputError
        A file that is named is not there.
    """
    _refuse_output(request, overwrite=overwrite)
    if bool(request.constraints) == bool(request.site):
        raise ConfigError("error.which_constraints", form=CONSTRAINT_FORM)
    if request.chunk_rows < 1:
        raise ConfigError("error.chunk_rows", value=request.chunk_rows)
    if request.site is None and request.scenario:
        raise ConfigError("error.needs_site", option="--scenario")
    if request.site is None and request.readiness and request.as_of is None:
        raise ConfigError("error.needs_day")
    if request.summary is not None and not request.readiness:
        raise ConfigError("error.needs_readiness")
    for path in (request.parcels, *(item.path for item in request.constraints)):
        if not path.exists():
            raise InputError("error.no_file", file=path)


def _refuse_output(request: Request, *, overwrite: bool) -> None:
    out = request.out.resolve()
    folder = is_folder(out)
    if not folder and out.suffix.lower() not in ENDINGS:
        raise ConfigError("error.screen_ending", file=request.out, known=", ".join(ENDINGS))
    if out == request.parcels.resolve():
        raise ConfigError("error.convert_onto_itself", file=request.out)
    for path in (request.parcels, *(item.path for item in request.constraints)):
        if path.resolve() in (out, *out.parents):
            raise ConfigError("error.screen_into_input", file=request.out, source=path)
    if folder:
        refuse_folder(out, overwrite=overwrite)
    elif out.is_dir():
        raise ConfigError("error.screen_is_folder", file=request.out)
    files = [] if folder else [request.out]
    for file in (*files, *((request.summary,) if request.summary else ())):
        if file.exists() and not overwrite:
            raise ConfigError("error.exists", file=file)
