"""Vector files in: one door for every format, with a finding for every guess and every oddity."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import fiona
import geopandas as gpd
import pandas as pd
import pyogrio
import shapely
from pyproj.exceptions import ProjError

from parcelplan.crs import WGS84
from parcelplan.errors import InputError
from parcelplan.findings import Finding, Findings
from parcelplan.io.guard.archives import ARCHIVES, datasets_in, opened
from parcelplan.io.vector.coordinates import Said, place
from parcelplan.io.vector.encodings import Guess, encoding_named, guess_encoding
from parcelplan.io.vector.formats import Format, format_of
from parcelplan.io.vector.native import DAMAGE, Source, read_frame, unreadable

_DISGUISES = (b"<OGRVRTDataSource", b"<OGRWFSDataSource", b'"gdal_streamed_alg"')
"""Beginnings of files that make GDAL read other files, or call out, whatever their name."""
_KML_EMPTY: dict[str, Any] = {"tessellate": -1, "extrude": 0, "visibility": -1}
_KML_INVENTED = (
    "description",
    "timestamp",
    "begin",
    "end",
    "altitudeMode",
    "drawOrder",
    "icon",
    "Name",
    "id",
)
_DEGREES_BY_STANDARD = ("geojson", "kml", "kmz")


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """Everything a user may say about a file."""

    layer: str | None = None
    """Layer of a file with several, or file of an archive with several."""
    crs: str | None = None
    """EPSG code, WKT or PROJ string; confirms a proposal or supplies what the file does not say."""
    encoding: str | None = None
    """Overrides the guess."""
    source_datum: Literal["GCJ-02"] | None = None
    """The coordinates are those of Chinese internet maps; the shift is undone on reading."""
    axis_order: Literal["xy", "yx"] | None = None
    """Overrides the guess: ``yx`` turns the axes, ``xy`` leaves them."""
    site_crs: str | None = None
    """CRS of the site the file is meant for; tells the central meridian of eastings without a zone."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A layer as read, with what reading found."""

    frame: gpd.GeoDataFrame
    """Columns and order as in the file; ``crs`` is None where nobody knows."""
    findings: Findings
    """The ids of features are labels of the frame's index."""
    path: Path
    format: str
    layer: str
    layers: tuple[str, ...]
    encoding: str | None
    """Encoding of the texts; None where the format fixes it or the file declares it to its reader."""
    crs_proposal: str | None
    """What the coordinates look like, such as ``EPSG:4523``: proposed, never applied."""


def read_vector(path: str | Path, options: ReadOptions | None = None) -> Reading:
    """Read one layer of a vector file.

    Parameters
    ----------
    path
        File of any format of :func:`parcelplan.io.vector.formats.formats`, also in a zip.
    options
        What the user says about the file; nothing where None.

    Returns
    -------
    Reading
        A layer without geometries comes with null ones and a finding.

    Raises
    ------
    InputError
        The file is missing, of no readable kind or damaged, or the layer is not in it.
    ConfigError, CrsError
        An option says something that cannot be.
    """
    path, options = Path(path), options or ReadOptions()
    if not path.exists():
        raise InputError("error.no_file", file=path)
    format_of(path)
    names = datasets_in(path) if path.suffix.lower() in ARCHIVES and options.layer is not None else ()
    member = next((options.layer for name in names if options.layer in (name, Path(name).stem)), None)
    with opened(path, member=member) as unpacked:
        inner = replace(options, layer=None) if member else options
        # A KMZ may spread its layers over several files, which only its own reader joins again.
        source = path if path.suffix.lower() == ".kmz" else unpacked
        try:
            reading = replace(_read(source, inner), path=path)
            return replace(reading, layers=tuple(Path(name).stem for name in names)) if member else reading
        except InputError as error:
            # The folder an archive was unpacked to is gone when the user reads the message.
            error.params |= {"file": path} if "file" in error.params else {}
            raise


def _read(path: Path, options: ReadOptions) -> Reading:
    kind = format_of(path)
    _refuse_disguised(path)
    source, findings = _main_file(path)
    layers, chosen = _layers(source, kind, options.layer)
    guess = _encoding(source, kind, chosen, options.encoding)
    named = kind.many_layers or options.layer not in (None, source.stem)
    frame, guess, met = read_frame(Source(path=source, kind=kind, layer=chosen, named=named), guess)
    frame, found = _tidied(frame, kind, chosen)
    findings += [*guess.findings, *met, *found]
    proposal = None
    if isinstance(frame, gpd.GeoDataFrame):
        try:
            placed = place(frame, chosen, _said(frame, kind, options))
        except ProjError as error:
            # A file may name a CRS that can be read, but not computed with.
            raise unreadable(source, error) from error
        frame, findings, proposal = placed.frame, findings + placed.findings, placed.proposal
    else:
        frame = gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries([None] * len(frame), index=frame.index))
        findings += [Finding(code="vector.no_geometry", layer=chosen)]
    return Reading(
        frame=frame,
        findings=findings,
        path=path,
        format=kind.name,
        layer=chosen,
        layers=layers,
        encoding=guess.encoding or None,
        crs_proposal=proposal,
    )


def _said(frame: gpd.GeoDataFrame, kind: Format, options: ReadOptions) -> Said:
    by_standard = kind.name in _DEGREES_BY_STANDARD and frame.crs is not None and frame.crs == WGS84
    return Said(
        crs=options.crs,
        by_standard=by_standard,
        source_datum=options.source_datum,
        axis_order=options.axis_order,
        site_crs=options.site_crs,
    )


# --- what to read


def _refuse_disguised(path: Path) -> None:
    """Refuse a file that is a pointer to others under a harmless name: GDAL goes by content."""
    if path.is_dir():
        return
    with path.open("rb") as file:
        head = file.read(65_536)
    if any(mark in head for mark in _DISGUISES):
        raise InputError("error.disguised", file=path)


def _main_file(path: Path) -> tuple[Path, Findings]:
    """The file to open for the one that was named, and what is missing beside it."""
    if path.suffix.lower() not in (".shp", ".dbf"):
        return path, Findings()
    parts = {part.suffix.lower(): part for part in path.parent.glob(f"{_escaped(path.stem)}.*")}
    main = parts.get(".shp", path)
    if main.suffix.lower() == ".dbf":
        return main, Findings()
    if ".shx" not in parts:
        raise InputError("error.no_shx", file=main)
    if ".dbf" not in parts:
        return main, Findings([Finding(code="shapefile.no_table", layer=main.stem)])
    return main, Findings()


def _escaped(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def _layers(path: Path, kind: Format, asked: str | None) -> tuple[tuple[str, ...], str]:
    """Names of the layers, and the one to read: the one asked for, or the only one with geometries."""
    if not kind.many_layers and asked in (None, path.stem):
        return (path.stem,), path.stem
    try:
        if kind.name == "gml":
            # Listing by pyogrio would leave a .gfs beside the user's file.
            found = dict.fromkeys(fiona.listlayers(path, WRITE_GFS="NO"), "Unknown")
        else:
            found = {str(name): shape for name, shape in pyogrio.list_layers(path)}
    except (*DAMAGE, fiona.errors.FionaError) as error:
        raise unreadable(path, error) from error
    spatial = [name for name, shape in found.items() if shape is not None] or list(found)
    if asked is None and len(spatial) == 1:
        return tuple(found), spatial[0]
    if asked is None:
        raise InputError("error.which_layer", file=path, known=", ".join(spatial))
    if asked not in found:
        raise InputError("error.no_layer", file=path, layer=asked, known=", ".join(found))
    return tuple(found), asked


def _encoding(path: Path, kind: Format, layer: str, chosen: str | None) -> Guess:
    """Encoding of the texts; empty where the format fixes it."""
    table = next((item for end in (".dbf", ".DBF") if (item := path.with_suffix(end)).is_file()), None)
    if kind.name == "shapefile" and table is not None:
        return guess_encoding(table, layer, chosen)
    named = encoding_named(chosen) if chosen and kind.name in ("mapinfo", "dxf") else ""
    return Guess(encoding=named, findings=Findings(), broken=False)


# --- what GDAL adds, or reads otherwise than users mean


def _tidied(frame: Any, kind: Format, layer: str) -> tuple[Any, Findings]:
    if kind.name in ("kml", "kmz"):
        return frame.drop(columns=[name for name in frame.columns if _invented(frame[name])]), Findings()
    if kind.name == "geojson" and frame.crs is not None and frame.crs != WGS84:
        return frame, Findings([Finding(code="geojson.old_crs", layer=layer, value=frame.crs.to_string())])
    if kind.name == "dxf" and isinstance(frame, gpd.GeoDataFrame):
        return _areas(frame, layer)
    return frame, Findings()


def _invented(column: pd.Series) -> bool:
    """Whether GDAL made up a column of a KML: a property of its drawing that nobody set."""
    if column.name in _KML_EMPTY:
        return bool(column.dropna().isin([_KML_EMPTY[str(column.name)], -1]).all())
    numbered = column.name == "id" and column.dropna().astype(str).str.fullmatch(r".*\.\d+").all()
    return column.name in _KML_INVENTED and bool(numbered or column.isna().all())


def _areas(frame: gpd.GeoDataFrame, layer: str) -> tuple[gpd.GeoDataFrame, Findings]:
    """Read closed lines of a drawing as areas: that is how drawings say them."""
    shapes = frame.geometry.to_numpy()
    lines = shapely.get_type_id(shapes) == shapely.GeometryType.LINESTRING
    closed = lines & shapely.is_closed(shapes) & (shapely.get_num_points(shapes) > 3)  # noqa: PLR2004 - a triangle
    if not closed.any():
        return frame, Findings()
    shapes = shapes.copy()
    points, owner = shapely.get_coordinates(shapes[closed], return_index=True)
    shapes[closed] = shapely.polygons(shapely.linearrings(points, indices=owner))
    found = Finding(code="dxf.closed_lines", layer=layer, value=int(closed.sum()))
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs)), Findings([found])
