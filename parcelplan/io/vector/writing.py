"""Vector files out: one door for every format that is written, whole or not at all, with what was changed found."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pandas.api.types import is_bool_dtype, is_string_dtype

from parcelplan.crs import WGS84
from parcelplan.errors import CrsError, InputError
from parcelplan.findings import Finding, Findings
from parcelplan.io.atomic import whole_folder
from parcelplan.io.vector.encodings import encoding_named
from parcelplan.io.vector.formats import writable_format_of
from parcelplan.io.vector.geojson import geojson_text
from parcelplan.io.vector.shapefile_names import short_names

TEXT_BYTES = 254
"""Longest text of a dBASE field."""
_STALE = frozenset({".qix", ".sbn", ".sbx", ".prj", ".fix", ".ain", ".aih"})
"""What may lie beside an older shapefile and would speak of the wrong shapes."""
_DIMENSIONS = {0: "Point", 1: "LineString", 2: "Polygon"}
_TIMES = ("datetime", "datetimetz")


def write_vector(
    frame: gpd.GeoDataFrame, path: str | Path, *, layer: str | None = None, encoding: str = "UTF-8"
) -> Findings:
    """Write a layer to a file of the kind its name ends with.

    Parameters
    ----------
    frame
        Any CRS; a named index is written as a column. Stays as it is.
    path
        An older file of that name is replaced once the new one is whole.
    layer
        Name of the layer inside the file; the file's name where None.
    encoding
        Of a shapefile's texts; the other formats have their own.

    Returns
    -------
    Findings
        One for each name that was shortened, each kind of value that the format cannot hold, and a change of CRS.

    Raises
    ------
    InputError
        The format is not written, or it cannot hold the layer.
    CrsError
        The layer has no CRS; only a DXF, which holds none, is written without.
    ConfigError
        The encoding is unknown.
    """
    path = Path(path)
    kind = writable_format_of(path)
    name = layer or path.stem
    if frame.crs is None and kind.name != "dxf":
        raise CrsError("error.crs_missing", name=name)
    code = encoding_named(encoding)
    with whole_folder(path.parent) as folder:
        try:
            findings = _WRITERS[kind.name](frame, folder / path.name, name, code)
        except UnicodeEncodeError as error:
            text = str(error.object)[error.start : error.end]
            raise InputError("error.cannot_encode", file=path, value=text, encoding=code) from error
        except OSError as error:
            raise InputError("error.cannot_write", path=path, reason=error.strerror) from error
        except (RuntimeError, ValueError, TypeError) as error:
            raise InputError("error.cannot_hold", file=path, reason=error) from error
        written = {file.suffix for file in folder.iterdir()}
    if kind.name == "shapefile":
        for suffix in _STALE.difference(written):
            path.with_suffix(suffix).unlink(missing_ok=True)
    return findings


# --- one writer a format


def _geopackage(frame: gpd.GeoDataFrame, path: Path, layer: str, _: str) -> Findings:
    ready = _ready(frame)
    _by_gdal(ready, path, layer, "GPKG", GEOMETRY_NAME="geom", dataset_options={"VERSION": "1.2"})
    return Findings()


def _flatgeobuf(frame: gpd.GeoDataFrame, path: Path, layer: str, _: str) -> Findings:
    ready = _ready(frame)
    # A feature without geometry has no place in an index.
    indexed = "NO" if ready.geometry.isna().any() or ready.empty else "YES"
    _by_gdal(ready, path, layer, "FlatGeobuf", SPATIAL_INDEX=indexed)
    return Findings()


def _geoparquet(frame: gpd.GeoDataFrame, path: Path, _layer: str, _: str) -> Findings:
    _with_index(frame).to_parquet(path, index=False)
    return Findings()


def _geojson(frame: gpd.GeoDataFrame, path: Path, layer: str, _: str) -> Findings:
    path.write_text(geojson_text(frame), encoding="utf-8", newline="\n")
    return _converted(frame, layer)


def _kml(frame: gpd.GeoDataFrame, path: Path, layer: str, _: str) -> Findings:
    ready = _ready(frame.to_crs(WGS84))
    days = [column for column in ready.columns if _is_day(ready[column])]
    for column in days:
        ready[column] = ready[column].map(lambda day: day.isoformat(), na_action="ignore")
    _by_gdal(ready, path, layer, "LIBKML")
    return _converted(frame, layer) + _as_text(days, layer)


def _dxf(frame: gpd.GeoDataFrame, path: Path, layer: str, _: str) -> Findings:
    shapes = frame.geometry
    kept = shapes[~(shapes.isna() | shapes.is_empty)]
    _by_gdal(gpd.GeoDataFrame(geometry=kept.reset_index(drop=True)), path, "entities", "DXF")
    names = ", ".join(str(column) for column in frame.columns.drop(frame.geometry.name))
    found = [Finding(code="write.attributes_dropped", layer=layer, field=names)] if names else []
    if len(kept) < len(frame):
        params = {"count": len(frame) - len(kept)}
        found.append(Finding(code="write.empty_dropped", layer=layer, params=params))
    return Findings(found)


def _shapefile(frame: gpd.GeoDataFrame, path: Path, layer: str, encoding: str) -> Findings:
    ready = _ready(frame)
    _refuse_mixed(ready, path)
    ready, findings = _texts_and_numbers(ready, layer, encoding)
    names = short_names([str(name) for name in ready.columns.drop(ready.geometry.name)], encoding)
    findings += [
        Finding(code="write.field_renamed", layer=layer, field=old, value=new)
        for old, new in names.items()
        if old != new
    ]
    # GDAL names the layer of a shapefile after its file.
    _by_gdal(ready.rename(columns=names), path, path.stem, "ESRI Shapefile", encoding=encoding)
    path.with_suffix(".cpg").write_text(encoding, encoding="ascii")
    return findings


_WRITERS: Mapping[str, Callable[[gpd.GeoDataFrame, Path, str, str], Findings]] = {
    "geopackage": _geopackage,
    "shapefile": _shapefile,
    "geojson": _geojson,
    "flatgeobuf": _flatgeobuf,
    "geoparquet": _geoparquet,
    "kml": _kml,
    "dxf": _dxf,
}


def _by_gdal(frame: gpd.GeoDataFrame, path: Path, layer: str, driver: str, **options: Any) -> None:
    with warnings.catch_warnings():
        # What GDAL remarks of names and lengths is found before it is called, by field.
        warnings.simplefilter("ignore")
        kind = _geometry_type(frame)
        options |= {"geometry_type": kind, "promote_to_multi": kind.startswith("Multi"), "use_arrow": True}
        pyogrio.write_dataframe(frame, path, layer=layer, driver=driver, **options)


# --- making a layer fit


def _with_index(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.copy() if frame.index.name is None else frame.reset_index()


def _ready(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Bring a named index among the columns, days to plain dates, empty geometries to null; the input stays."""
    result = _with_index(frame)
    for column in result.select_dtypes(_TIMES).columns:
        days = result[column]
        if (days.dropna() == days.dropna().dt.normalize()).all():
            result[column] = days.dt.date.where(days.notna(), None)
    shapes = result.geometry.to_numpy()
    return result.set_geometry(
        gpd.GeoSeries(
            np.where(shapely.is_empty(shapes), None, shapes),
            index=result.index,
            crs=result.crs,
            name=result.geometry.name,
        )
    )


def _geometry_type(frame: gpd.GeoDataFrame) -> str:
    """Type of a layer, multi where one of its shapes is; any where it holds several families."""
    shapes = frame.geometry.dropna().to_numpy()
    dimensions = set(shapely.get_dimensions(shapes).tolist())
    if len(dimensions) != 1 or (shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION).any():
        return "Unknown"
    family = _DIMENSIONS[dimensions.pop()]
    raised = " Z" if shapely.has_z(shapes).any() else ""
    multi = (shapely.get_type_id(shapes) >= shapely.GeometryType.MULTIPOINT).any()
    return f"{'Multi' if multi else ''}{family}{raised}"


def _is_day(column: pd.Series) -> bool:
    return pd.api.types.infer_dtype(column, skipna=True) in ("date", "datetime", "datetime64")


def _converted(frame: gpd.GeoDataFrame, layer: str) -> Findings:
    """Note that a format which knows longitude and latitude alone made the coordinates change."""
    if frame.crs == WGS84:
        return Findings()
    return Findings([Finding(code="write.to_wgs84", layer=layer, value=frame.crs.to_string())])


def _as_text(columns: list[Any], layer: str) -> Findings:
    return Findings(Finding(code="write.as_text", layer=layer, field=str(name)) for name in columns)


# --- what a shapefile cannot hold


def _refuse_mixed(frame: gpd.GeoDataFrame, path: Path) -> None:
    shapes = frame.geometry.dropna()
    families = sorted(
        {name.removeprefix("Multi").replace("LinearRing", "LineString") for name in shapes.geom_type}
    )
    if len(families) > 1 or "GeometryCollection" in families:
        raise InputError("error.mixed_geometry", file=path, kinds=", ".join(families))


def _texts_and_numbers(
    frame: gpd.GeoDataFrame, layer: str, encoding: str
) -> tuple[gpd.GeoDataFrame, Findings]:
    """Bring every column to what a dBASE table holds, and find what that changed."""
    result, as_text, cut = frame.copy(), [], Findings()
    for name in frame.columns.drop(frame.geometry.name):
        column = frame[name]
        if is_bool_dtype(column.dtype):
            result[name] = column.astype("Int32")
            as_text.append(Finding(code="write.flag_as_number", layer=layer, field=str(name)))
        elif isinstance(column.dtype, pd.DatetimeTZDtype) or column.dtype.kind == "M":
            result[name] = column.map(lambda moment: moment.isoformat(), na_action="ignore").astype("str")
            as_text += _as_text([name], layer)
        elif is_string_dtype(column.dtype) or (column.dtype == object and not _is_day(column)):
            result[name], found = _fitting(column, str(name), layer, encoding)
            cut += found
    return result, cut + as_text


def _fitting(column: pd.Series, name: str, layer: str, encoding: str) -> tuple[pd.Series, Findings]:
    """Cut texts to the bytes that a field holds, between letters."""
    texts = column.map(str, na_action="ignore")
    lengths = texts.map(lambda text: len(text.encode(encoding)), na_action="ignore").fillna(0)
    long = lengths > TEXT_BYTES
    if not long.any():
        return texts, Findings()
    shortened = texts[long].map(
        lambda text: text.encode(encoding)[:TEXT_BYTES].decode(encoding, errors="ignore")
    )
    ids = ", ".join(str(label) for label in column.index[long][:10])
    params = {"count": int(long.sum()), "bytes": TEXT_BYTES}
    found = Finding(code="write.text_cut", layer=layer, feature_id=ids, field=name, params=params)
    return texts.where(~long, shortened), Findings([found])
