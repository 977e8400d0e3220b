"""A layer for the public: WGS 84, six decimals, and no column that the registry does not release."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from parcelplan import schema
from parcelplan.errors import CrsError, InputError
from parcelplan.findings import Finding, Findings
from parcelplan.io.inspecting import MIXED, shared_dimension
from parcelplan.io.matching import columns_of, guess_table
from parcelplan.io.vector.geojson import write_geojson

DECIMALS = 6
"""Decimals of published degrees: 0.11 m of latitude, fine enough to draw and too coarse to survey from."""


def write_public(frame: gpd.GeoDataFrame, path: str | Path, *, table: str = "") -> Findings:
    """Write a layer as GeoJSON for publication, whole or not at all.

    Parameters
    ----------
    frame
        Any CRS, columns as in its file.
    path
        The .geojson file.
    table
        Layer of the registry that the frame is; guessed from its columns where empty.

    Returns
    -------
    Findings
        The columns that were left out, by name, and the features that the coarser grid leaves without area or length.

    Raises
    ------
    CrsError
        Nobody knows the frame's CRS.
    InputError
        The frame fits no layer of the registry, so that nothing says what may be published.
    """
    if frame.crs is None:
        raise CrsError("error.place_unknown", file=path)
    public, findings = publishable(frame, table)
    write_geojson(public, path, decimals=DECIMALS)
    return findings + _vanished(public)


def publishable(frame: gpd.GeoDataFrame, table: str = "") -> tuple[gpd.GeoDataFrame, Findings]:
    """Leave only what may be published, under the registry's names and in its units, indexed by the identity."""
    headings = [str(name) for name in frame.columns if name != frame.geometry.name]
    dimension = shared_dimension(frame.geometry.to_numpy())
    name = table or ("" if dimension == MIXED else guess_table(headings, dimension))
    if not name:
        raise InputError(
            "error.nothing_public", columns=", ".join(headings) or "–", known=", ".join(schema.layer_names())
        )
    spec, known = schema.table(name), columns_of(headings, name)
    conformed, misfits = schema.conform(frame, name)
    public = {column.name for column in spec.columns if column.public}
    released = [column for columns in known.values() for column in columns if column in public - {spec.key}]
    kept = conformed[[*dict.fromkeys(released), conformed.geometry.name]].replace("", None)
    if (spec.key,) in known.values():
        # Many programs pass over the id of a feature, so that it stands among its properties too.
        kept.insert(0, spec.key, kept.index)
    found = [Finding(code="public.written", layer=name, value=DECIMALS, params={"count": len(frame)})]
    if dropped := [heading for heading in headings if not public.intersection(known.get(heading, ()))]:
        found.append(Finding(code="public.dropped_columns", layer=name, value=", ".join(dropped)))
    lost = [item for item in misfits if item.code == "schema.unreadable_value" and item.field in released]
    return kept, Findings([*found, *lost])


def _vanished(public: gpd.GeoDataFrame) -> Findings:
    """Find shapes that the grid of publication collapses."""
    degrees = public.geometry.to_crs("EPSG:4326").to_numpy()
    before = ~(shapely.is_missing(degrees) | shapely.is_empty(degrees))
    after = ~shapely.is_empty(shapely.set_precision(shapely.force_2d(degrees), 10.0**-DECIMALS))
    gone = public.index[np.asarray(before & ~after)]
    return Findings(Finding(code="public.vanished", feature_id=str(key), value=DECIMALS) for key in gone)
