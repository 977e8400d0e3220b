"""Loose layers of constraints: read through the door of all vector files, each oddity found and counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from parcelplan.city.cells import read_days
from parcelplan.city.covers import COLUMNS
from parcelplan.city.request import LayerSpec
from parcelplan.errors import ConfigError, InputError
from parcelplan.findings import Finding, Findings
from parcelplan.geometry.arrays import Bools, Floats, Shapes
from parcelplan.geometry.repair import invalid_polygons, polygonal, repair
from parcelplan.geometry.soundness import is_finite
from parcelplan.io.vector.placing import require_place
from parcelplan.io.vector.reading import ReadOptions, read_vector

FIRST = 5
"""Ids that a finding names of what may be many."""
PERIOD = ("from_on", "until_on")
_POLYGON = 2


@dataclass(frozen=True, kw_only=True)
class Layers:
    """Constraints made ready to be widened."""

    features: gpd.GeoDataFrame
    """:data:`parcelplan.city.covers.COLUMNS`, ``distance_m`` and valid shapes in the CRS of the screening."""
    kinds: tuple[str, ...]
    """All kinds named, ascending, also those without any feature."""
    findings: Findings = field(default_factory=Findings)


def read_layers(specs: Sequence[LayerSpec], crs: CRS) -> Layers:
    """Read loose layers of constraints.

    Parameters
    ----------
    specs
        The layers; of their columns ``from_on``, ``until_on`` and ``work_id`` are taken where they are there.
    crs
        Metric CRS of the parcels, into which every layer is brought.

    Raises
    ------
    InputError
        A layer cannot be read, or none of its features can be used.
    ConfigError
        A column of widths is not there.
    CrsError
        Nobody knows where a layer lies.
    """
    read = [_read_layer(spec, crs) for spec in specs]
    frames = [frame for frame, _ in read if len(frame)]
    features = pd.concat(frames, ignore_index=True) if frames else read[0][0]
    return Layers(
        features=gpd.GeoDataFrame(features, geometry="geometry", crs=crs),
        kinds=tuple(sorted({spec.kind for spec in specs})),
        findings=Findings(item for _, found in read for item in found),
    )


def _read_layer(spec: LayerSpec, crs: CRS) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    reading = read_vector(spec.path, ReadOptions(layer=spec.layer))
    require_place(reading)
    frame, name = reading.frame, spec.path.name
    findings = [*reading.findings]
    widths, bad = _widths(frame, spec, name)
    shapes, found = _placed(frame, crs, name)
    findings += found + bad
    shapes, usable, found = _sound(shapes, widths, frame.index.astype(str).to_numpy(), name)
    findings += found
    if len(frame) == 0:
        findings.append(Finding(code="city.empty_layer", layer=name, params={"kind": spec.kind}))
    elif not usable.any():
        raise InputError("error.no_covers_left", file=spec.path, count=len(frame))
    told, found = _told(frame, spec, name)
    cells = told.assign(distance_m=widths)[usable]
    features = gpd.GeoDataFrame(cells, geometry=shapes[usable], crs=crs).reset_index(drop=True)
    return features, findings + found


# --- widths


def _widths(frame: gpd.GeoDataFrame, spec: LayerSpec, name: str) -> tuple[Floats, list[Finding]]:
    """Width of each feature, NaN where it cannot be one."""
    if not isinstance(spec.width, str):
        return np.full(len(frame), spec.width), []
    columns = [str(column) for column in frame.columns if column != frame.geometry.name]
    if spec.width not in columns:
        known = ", ".join(columns)
        raise ConfigError("error.no_such_heading", file=spec.path, column=spec.width, known=known)
    cells = frame[spec.width]
    widths = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    bad = ~(np.isfinite(widths) & (widths >= 0))
    if not bad.any():
        return widths, []
    counts = {"missing": int(cells.isna().sum()), "negative": int((widths < 0).sum())}
    counts["odd"] = int(bad.sum()) - sum(counts.values())
    found = _counted("city.width_unusable", name, frame.index[bad].astype(str), field=spec.width, **counts)
    return np.where(bad, np.nan, widths), [found]


# --- shapes


def _placed(frame: gpd.GeoDataFrame, crs: CRS, name: str) -> tuple[Shapes, list[Finding]]:
    if frame.crs == crs:
        return frame.geometry.to_numpy(), []
    moved = frame.geometry.to_crs(crs)
    params = {"given": frame.crs.to_string(), "wanted": crs.name}
    return moved.to_numpy(), [Finding(code="city.reprojected", layer=name, params=params)]


def _sound(shapes: Shapes, widths: Floats, ids: np.ndarray, name: str) -> tuple[Shapes, Bools, list[Finding]]:
    """Mend what can be mended; which shapes can be used then, and what was odd about the others."""
    absent = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    unplaced = ~is_finite(shapes)
    mended = repair(np.asarray(shapely.force_2d(shapes), dtype=object))
    shapes = mended.shapes
    collapsed = invalid_polygons(shapes)
    shapes[collapsed] = shapely.boundary(shapes[collapsed])
    drawn = (widths == 0) & ~absent & ~unplaced
    collected = drawn & (shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION)
    shapes[collected] = polygonal(shapes[collected])
    flat = drawn & ((shapely.get_dimensions(shapes) < _POLYGON) | shapely.is_empty(shapes))
    masks = {
        "city.no_geometry": absent,
        "city.not_finite": unplaced,
        "city.layer_repaired": mended.repaired,
        "city.no_area": flat,
    }
    found = [_counted(code, name, ids[mask]) for code, mask in masks.items() if mask.any()]
    return shapes, ~(absent | unplaced | flat | np.isnan(widths)), found


# --- what is told of features


def _told(frame: gpd.GeoDataFrame, spec: LayerSpec, name: str) -> tuple[pd.DataFrame, list[Finding]]:
    told = pd.DataFrame(index=frame.index, columns=list(COLUMNS))
    told["cover_id"] = f"{spec.kind}:{spec.path.stem}:" + frame.index.astype(str)
    told["kind"], told["begins_with"] = spec.kind, ""
    told["work_id"] = frame["work_id"].fillna("").astype(str) if "work_id" in frame.columns else ""
    findings = []
    for column in PERIOD:
        cells = frame[column] if column in frame.columns else pd.Series(pd.NaT, index=frame.index)
        days = read_days(cells)
        unread = days.isna() & cells.notna() & (cells.astype(str) != "")
        told[column] = days
        if unread.any():
            found = _counted("city.day_unreadable", name, frame.index[unread].astype(str), field=column)
            findings.append(found)
    return told, findings


def _counted(code: str, layer: str, ids: Sequence[str], *, field: str = "", **params: object) -> Finding:
    """One finding for all features that share an oddity."""
    first = ", ".join(map(str, ids[:FIRST])) + (" …" if len(ids) > FIRST else "")
    return Finding(code=code, layer=layer, field=field, value=len(ids), params={"first": first} | params)
