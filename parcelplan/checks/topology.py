"""Checks of shapes: invalid, overlapping, outside the site, and areas that are not what was declared."""

from __future__ import annotations

from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from parcelplan.crs import area_m2
from parcelplan.findings import Finding, Findings
from parcelplan.geometry.screening import Overlaps, find_overlaps
from parcelplan.geometry.soundness import is_finite
from parcelplan.site import Site
from parcelplan.units import to_mu

POLYGON = 2
"""Dimension of polygons."""
NOISE_M2 = 1e-6
"""Areas below this come from rounding coordinates, not from drawing."""


def check_topology(site: Site) -> Findings:
    """Check the shapes of all polygon layers, and the parcels among themselves and against the site.

    Returns
    -------
    Findings
        ``topology.invalid``, ``topology.overlap`` (beyond the tolerance, an error), ``topology.small_overlap``,
        ``topology.outside``, ``topology.far_outside``, ``area.parcel``, ``area.phase``, ``area.site``.
    """
    with np.errstate(invalid="ignore"):
        findings = [item for name, frame in site.layers.items() for item in _invalid(name, frame)]
    parcels = _sound(site.parcels)
    findings += _overlaps(site, parcels)
    findings += _outside(site, parcels)
    findings += _areas(site, parcels)
    return Findings(findings)


def _sound(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The polygons with which can be computed at all; the others have findings of their own."""
    shapes = frame.geometry.to_numpy()
    polygons = shapely.get_dimensions(shapes) == POLYGON
    with np.errstate(invalid="ignore"):
        return frame[polygons & shapely.is_valid(shapes) & is_finite(shapes)]


def _invalid(name: str, frame: gpd.GeoDataFrame) -> Iterator[Finding]:
    shapes = frame.geometry.to_numpy()
    # Coordinates that are no numbers make a shape invalid as well, and have a finding of their own.
    broken = ~shapely.is_missing(shapes) & ~shapely.is_valid(shapes) & is_finite(shapes)
    reasons = shapely.is_valid_reason(shapes[broken])
    for key, reason in zip(frame.index[broken], reasons, strict=True):
        yield Finding(code="topology.invalid", layer=name, feature_id=str(key), value=reason)


def _overlaps(site: Site, parcels: gpd.GeoDataFrame) -> Iterator[Finding]:
    """One error for each overlap beyond the tolerance, and one warning for all those within it."""
    shapes = parcels.geometry.to_numpy()
    pairs = find_overlaps(shapes, shapes)
    pairs = pairs.only((pairs.parcel < pairs.cover) & (pairs.area > NOISE_M2))
    small = pairs.area <= site.config.tolerance.overlap_m2
    for place in np.flatnonzero(~small):
        yield _overlap("topology.overlap", parcels, pairs, int(place))
    if small.any():
        largest = int(np.flatnonzero(small)[pairs.area[small].argmax()])
        yield _overlap("topology.small_overlap", parcels, pairs, largest, count=int(small.sum()))


def _overlap(code: str, parcels: gpd.GeoDataFrame, pairs: Overlaps, place: int, **params: object) -> Finding:
    point = shapely.point_on_surface(pairs.shape[place])
    where = {"x": round(point.x, 2), "y": round(point.y, 2), "other": str(parcels.index[pairs.cover[place]])}
    return Finding(
        code=code,
        layer="parcels",
        feature_id=str(parcels.index[pairs.parcel[place]]),
        value=round(float(pairs.area[place]), 4),
        params=where | params,
    )


def _outside(site: Site, parcels: gpd.GeoDataFrame) -> Iterator[Finding]:
    boundary = _sound(site.layer("site_boundary")) if not site.layer("site_boundary").empty else None
    if boundary is None or boundary.empty:
        return
    whole = shapely.union_all(boundary.geometry.to_numpy())
    shapes = parcels.geometry.to_numpy()
    area = shapely.area(shapes)
    outside = shapely.area(shapely.difference(shapes, whole))
    for row in np.flatnonzero(outside > site.config.tolerance.outside_m2):
        wholly = outside[row] >= area[row] - NOISE_M2
        yield Finding(
            code="topology.far_outside" if wholly else "topology.outside",
            layer="parcels",
            feature_id=str(parcels.index[row]),
            value=round(float(outside[row]), 2),
        )


def _areas(site: Site, parcels: gpd.GeoDataFrame) -> Iterator[Finding]:
    """Compare declared with measured areas, parcel by parcel, by phase and as a whole, in mu."""
    if parcels.empty:
        return
    measured = to_mu(area_m2(parcels, site.config.area_rule))
    tolerance = site.config.tolerance.declared_area_mu
    given = parcels["declared_area_mu"].fillna(to_mu(parcels["declared_area_m2"]))
    yield from _differing("area.parcel", measured, given, tolerance)
    declared = {number: phase.declared_area_mu for number, phase in site.config.phases.items()}
    sums = measured.groupby(parcels["phase"]).sum()
    yield from _differing("area.phase", sums, pd.Series(declared, dtype=float).reindex(sums.index), tolerance)
    total = pd.Series({site.config.id: measured.sum()})
    yield from _differing(
        "area.site", total, pd.Series({site.config.id: site.config.declared_area_mu}, dtype=float), tolerance
    )


def _differing(code: str, measured: pd.Series, declared: pd.Series, tolerance_mu: float) -> Iterator[Finding]:
    for key in measured.index[(measured - declared).abs() > tolerance_mu + 1e-9]:
        yield Finding(
            code=code,
            layer="parcels",
            feature_id=str(key),
            field="declared_area_mu",
            value=round(float(declared[key]), 4),
            params={
                "measured": round(float(measured[key]), 4),
                "difference": round(float(measured[key] - declared[key]), 4),
            },
        )
