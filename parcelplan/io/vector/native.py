"""The calls of native readers: texts decoded, damage met with what can still be read, remarks turned into findings."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import shapely
from pyogrio.errors import CRSError
from pyproj.exceptions import CRSError as UnknownCrs

from parcelplan.errors import InputError
from parcelplan.findings import Finding, Findings
from parcelplan.io.vector.encodings import Guess, guess_texts, texts_decoded
from parcelplan.io.vector.formats import Format

DAMAGE = (
    RuntimeError,
    ValueError,
    OSError,
    LookupError,
    NameError,
    TypeError,
    ArithmeticError,
    shapely.errors.ShapelyError,
)
"""What native readers, Arrow and pandas raise on damaged files; a NameError where pyogrio meets a .prj in no CRS."""
_RAW = "ISO-8859-1"
"""Decodes any byte to one letter, so that the bytes can be had back."""
_MOST_NOTES, _MOST_IDS = 5, 10
_CURVES = "Nonlinear geometry"
"""What shapely says of geometries with arcs."""
_TOLD_ALREADY = "converted correctly from"
"""GDAL says this once a process of texts that do not decode; ``encoding.broken`` says it every time."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """One layer of one file."""

    path: Path
    kind: Format
    layer: str
    named: bool
    """Whether GDAL must be told the layer's name."""


def read_frame(source: Source, guess: Guess) -> tuple[Any, Guess, Findings]:
    """Read a layer.

    Returns
    -------
    tuple
        The frame, without geometry where the layer has none; how its texts were decoded; what was met on the way.

    Raises
    ------
    InputError
        The file is damaged beyond reading.
    """
    try:
        with _notes(source.layer) as notes:
            frame, guess, found = _with_its_crs(source, guess)
    except DAMAGE as error:
        raise unreadable(source.path, error) from error
    return frame, guess, found + notes


def unreadable(path: Path, error: Exception) -> InputError:
    """Turn what a native reader raised into an error that names the file."""
    # GDAL quotes the bytes it stumbled over, which no reader of the message can do anything with.
    said = str(error).replace(str(path), path.name).partition("Could not decode error message")[0]
    reason = said.strip(" ;") or type(error).__name__
    return InputError("error.unreadable", file=path, reason=reason)


def _with_its_crs(source: Source, guess: Guess) -> tuple[Any, Guess, Findings]:
    """Read with the CRS that the file names; a shapefile whose .prj cannot be read comes without one."""
    try:
        return _with_all_shapes(source, guess)
    except (CRSError, UnknownCrs):
        if source.kind.name != "shapefile":
            raise
    path = source.path
    with tempfile.TemporaryDirectory(prefix="parcelplan-") as folder:
        for part in path.parent.iterdir():
            if part.stem == path.stem and part.suffix.lower() in (".shp", ".shx", ".dbf", ".cpg"):
                shutil.copyfile(part, Path(folder) / part.name)
        frame, guess, found = _with_all_shapes(replace(source, path=Path(folder) / path.name), guess)
    return frame, guess, found + Findings([Finding(code="shapefile.bad_prj", layer=source.layer)])


def _with_all_shapes(source: Source, guess: Guess) -> tuple[Any, Guess, Findings]:
    """Read whole; where a shape cannot be built, mend or leave out that shape alone."""
    # Coordinates that are no numbers are let in: they become findings that name the feature.
    with np.errstate(invalid="ignore"):
        try:
            return *_decoded(source, guess), Findings()
        except shapely.errors.GEOSException:
            if source.kind.name == "geoparquet":
                raise
        frame, guess = _decoded(source, guess, on_invalid="fix")
        as_they_are, _ = _decoded(source, guess, on_invalid="ignore")
    mended = frame.geometry.notna() & as_they_are.geometry.isna()
    lost = frame.geometry.isna() & ~_without_shape(source, len(frame))
    found = [_named("shape.ring_closed", source, frame.index[mended])] if mended.any() else []
    found += [_named("shape.unreadable", source, frame.index[lost])] if lost.any() else []
    return frame, guess, Findings(found)


def _without_shape(source: Source, count: int) -> Any:
    """Which rows have no geometry in the file, so that none was lost."""
    table = pyogrio.raw.read(source.path, layer=source.layer if source.named else None, columns=[])
    shapes = table[2]
    return np.array([item is None for item in shapes]) if shapes is not None else np.ones(count, dtype=bool)


def _named(code: str, source: Source, labels: pd.Index) -> Finding:
    ids = ", ".join(str(label) for label in labels[:_MOST_IDS])
    more = f" … (+{len(labels) - _MOST_IDS})" if len(labels) > _MOST_IDS else ""
    return Finding(code=code, layer=source.layer, feature_id=ids + more, params={"count": len(labels)})


def _decoded(source: Source, guess: Guess, **said: Any) -> tuple[Any, Guess]:
    """Read with texts as letters, byte by byte where they do not decode."""
    kind, table = source.kind, source.kind.name == "shapefile"
    if kind.name == "geoparquet":
        frame = gpd.read_parquet(source.path)
        _hold_decoded(frame)
        return frame, guess
    if kind.name == "dxf" and guess.encoding:
        return _dxf(source, guess.encoding, **said), guess
    try:
        if not guess.broken:
            frame = _by_gdal(source, encoding=guess.encoding if table else None, **said)
            _hold_decoded(frame)
            return frame, guess
    except (UnicodeDecodeError, pa.ArrowInvalid):
        pass
    raw = _by_gdal(source, encoding=_RAW, use_arrow=table, **said)
    guess = guess if guess.encoding else guess_texts(raw, _RAW, source.layer)
    return texts_decoded(raw, _RAW, guess.encoding), guess


def _hold_decoded(frame: pd.DataFrame) -> None:
    """Raise where a text is no Unicode: Arrow hands bytes on as they are, to fail wherever they are first looked at."""
    for place in np.flatnonzero(frame.dtypes == "str"):
        pa.array(frame.iloc[:, int(place)]).validate(full=True)


def _by_gdal(source: Source, **said: Any) -> Any:
    said = {"use_arrow": source.kind.arrow} | said
    if source.named:
        said["layer"] = source.layer
    if source.kind.name == "gml":
        said["WRITE_GFS"] = "NO"
    try:
        return pyogrio.read_dataframe(source.path, **said)
    except NotImplementedError as error:
        # Arrow has no place for some types of attributes, nor for curves; the slower way has, with curves as lines.
        if _CURVES in str(error):
            warnings.warn(_CURVES, RuntimeWarning, stacklevel=2)
        return pyogrio.read_dataframe(source.path, **said | {"use_arrow": False})


def _dxf(source: Source, encoding: str, **said: Any) -> Any:
    pyogrio.set_gdal_config_options({"DXF_ENCODING": encoding})
    try:
        return _by_gdal(source, **said)
    finally:
        pyogrio.set_gdal_config_options({"DXF_ENCODING": None})


@contextmanager
def _notes(layer: str) -> Iterator[list[Finding]]:
    """Collect what the native reader remarks as findings."""
    found: list[Finding] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield found
    said: dict[str, None] = {}
    for item in caught:
        if issubclass(item.category, RuntimeWarning):
            said[" ".join(str(item.message).split())] = None
        else:
            warnings.warn_explicit(item.message, item.category, item.filename, item.lineno)
    telling = [text for text in said if _TOLD_ALREADY not in text]
    if _CURVES in telling:
        telling.remove(_CURVES)
        found.append(Finding(code="topology.curves", layer=layer))
    found += [Finding(code="vector.reader_note", layer=layer, value=text) for text in telling[:_MOST_NOTES]]
