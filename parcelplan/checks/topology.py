"""Checks of shapes: invalid, overlapping, drawn twice, gaping, spiky or too thin, and outside the site."""

from __future__ import annotations

from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from parcelplan.findings import Finding, Findings
from parcelplan.geometry import defects, neighbours
from parcelplan.geometry.arrays import Bools, Ints, Shapes
from parcelplan.geometry.defects import NOBODY, Defects
from parcelplan.geometry.repair import invalid_polygons
from parcelplan.geometry.screening import Overlaps
from parcelplan.geometry.soundness import is_finite
from parcelplan.site import Site
from parcelplan.site.config import Tolerance

POLYGON = 2
"""Dimension of polygons."""
NOISE_M2 = 1e-6
"""Areas below this come from rounding coordinates, not from drawing."""
ROUNDINGS = 4
"""Times ``point_m`` by which a border may be off where the corners on both its sides were rounded."""
NAMED = 8
"""Ids that a finding about many parcels names; the others are counted."""


@np.errstate(divide="ignore", invalid="ignore", over="ignore")
def check_topology(site: Site) -> Findings:
    """Check the shapes of all polygon layers, and the parcels among themselves and against the site.

    Returns
    -------
    Findings
        One for each ``topology.invalid``, ``topology.duplicate``, ``topology.overlap`` (beyond the tolerance),
        ``topology.outside`` and ``topology.far_outside``. What is small and many stands in one finding a kind, with
        the count and the place of the worst: ``topology.small_overlap``, ``topology.gap``,
        ``topology.loose_corner``, ``topology.sliver``, ``topology.spike``, ``topology.small_hole``,
        ``topology.repeated_points`` and ``topology.several_parts``. Places are x and y in the site's CRS.
    """
    findings = [item for name, frame in site.layers.items() for item in _invalid(name, frame)]
    # In the order of their ids, so that the order of rows in the file changes nothing.
    parcels = sound(site.parcels).sort_index(kind="stable")
    tolerance, shapes = site.config.tolerance, parcels.geometry.to_numpy()
    again = neighbours.repeated_shapes(shapes, point=tolerance.point_m)
    findings += [_found("topology.duplicate", parcels.index, again, row, 2) for row in range(len(again))]
    findings += _overlaps(parcels, tolerance, _twins(len(shapes), again))
    findings += _collapsed(parcels.index, shapes, tolerance)
    findings += _outside(site, parcels)
    return Findings(findings)


def is_sound(shapes: Shapes) -> Bools:
    """Whether each shape is a valid polygon with which can be computed; the others have findings of their own."""
    polygons = (shapely.get_dimensions(shapes) == POLYGON) & ~shapely.is_empty(shapes) & is_finite(shapes)
    return np.asarray(polygons & ~invalid_polygons(shapes))


def sound(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The rows of a layer that hold valid polygons."""
    return frame[is_sound(frame.geometry.to_numpy())]


def _invalid(name: str, frame: gpd.GeoDataFrame) -> Iterator[Finding]:
    shapes = frame.geometry.to_numpy()
    # Coordinates that are no numbers make a shape invalid as well, and have a finding of their own.
    finite = ~shapely.is_missing(shapes) & is_finite(shapes)
    broken = np.zeros(len(shapes), dtype=bool)
    broken[finite] = ~shapely.is_valid(shapes[finite])
    reasons = shapely.is_valid_reason(shapes[broken])
    for key, reason in zip(frame.index[broken], reasons, strict=True):
        yield Finding(code="topology.invalid", layer=name, feature_id=str(key), value=reason)


def _twins(count: int, again: Defects) -> Ints:
    """For each shape the first that is the same, itself where it is the first."""
    first = np.arange(count)
    first[again.shape] = again.other
    return first


def _overlaps(parcels: gpd.GeoDataFrame, tolerance: Tolerance, twins: Ints) -> Iterator[Finding]:
    """One error for each overlap beyond the tolerance, and one warning for all those within it."""
    pairs = neighbours.overlaps(parcels.geometry.to_numpy())
    pairs = pairs.only((pairs.area > NOISE_M2) & (twins[pairs.parcel] != twins[pairs.cover]))
    small = pairs.area <= tolerance.overlap_m2
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


def _collapsed(keys: pd.Index, shapes: Shapes, tolerance: Tolerance) -> Iterator[Finding]:
    """One finding a kind of defect, at its worst place: the largest, except where small is bad."""
    point, slit = tolerance.point_m, tolerance.gap_m
    kinds = {
        "gap": neighbours.gaps(shapes, slit=slit, width=tolerance.sliver_m, point=ROUNDINGS * point),
        "loose_corner": neighbours.loose_corners(shapes, reach=slit, point=ROUNDINGS * point),
        "sliver": defects.slivers(shapes, width=tolerance.sliver_m),
        "spike": defects.spikes(shapes, angle_deg=tolerance.spike_deg, point=point),
        "small_hole": defects.small_holes(shapes, area=tolerance.hole_m2),
        "repeated_points": defects.repeated_points(shapes, point=point),
        "several_parts": defects.several_parts(shapes),
    }
    for kind, found in kinds.items():
        if len(found):
            small_is_bad = kind in {"sliver", "repeated_points"}
            worst = int((-found.size if small_is_bad else found.size).argmax())
            ids = _ids(keys, found)
            yield _found(f"topology.{kind}", keys, found, worst, 4, count=len(found), ids=ids)


def _found(code: str, keys: pd.Index, found: Defects, row: int, decimals: int, **params: object) -> Finding:
    other = found.other[row]
    size = round(float(found.size[row]), decimals)
    where = {
        "x": round(float(found.x[row]), 2),
        "y": round(float(found.y[row]), 2),
        "other": "" if other == NOBODY else str(keys[other]),
    }
    return Finding(
        code=code,
        layer="parcels",
        feature_id=str(keys[found.shape[row]]),
        value=int(size) if code == "topology.several_parts" else size,
        params=where | params,
    )


def _ids(keys: pd.Index, found: Defects) -> str:
    concerned = np.unique(np.concatenate([found.shape, found.other[found.other != NOBODY]]))
    named = ", ".join(str(key) for key in keys[concerned[:NAMED]])
    return named if len(concerned) <= NAMED else f"{named}, … (+{len(concerned) - NAMED})"


def _outside(site: Site, parcels: gpd.GeoDataFrame) -> Iterator[Finding]:
    boundary = sound(site.layer("site_boundary")) if not site.layer("site_boundary").empty else None
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
