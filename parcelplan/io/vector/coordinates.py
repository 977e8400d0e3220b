"""Where coordinates lie: their reference system worked out from their size, their axis order, and what is odd.

A guess is proposed and found, never applied in silence: a frame without a coordinate reference system leaves this
module without one, unless the caller named it. Only a turned axis order is set right, with a finding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS, Transformer

from parcelplan.crs import WGS84, parse_crs
from parcelplan.errors import ConfigError
from parcelplan.findings import Finding, Findings
from parcelplan.gcj02 import gcj02_to_wgs84
from parcelplan.geometry.soundness import is_finite
from parcelplan.io.vector.magnitudes import (
    FIRST_ZONE,
    UNKNOWN,
    ZONELESS,
    Bools,
    Boxes,
    Kinds,
    kind_name,
    kinds_of,
    majority,
    proposal,
    turned,
    zone_borders,
)

ABSURD = 1e8
"""No plane system has coordinates beyond this many metres or feet; the largest zone prefix gives 4.6e7."""
_NEIGHBOUR_DEG = 3.0
"""How far outside its area a plane system is still used: a site keeps one zone across the zone's border."""
_EARTH = (-180.0, -90.0, 180.0, 90.0)
_MAX_IDS = 10


@dataclass(frozen=True, kw_only=True)
class Said:
    """What is known of a file's coordinates before looking at them."""

    crs: str | None = None
    """Named by the caller."""
    by_standard: bool = False
    """The file's CRS is that of its format (longitude and latitude), not one that the file names."""
    source_datum: Literal["GCJ-02"] | None = None
    axis_order: Literal["xy", "yx"] | None = None
    site_crs: str | None = None
    """CRS of the site the file is meant for: it tells the central meridian where the coordinates cannot."""


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A frame whose coordinates were looked at."""

    frame: gpd.GeoDataFrame
    """Of the same rows; ``crs`` is None where nobody knows."""
    findings: Findings
    proposal: str | None
    """What the coordinates look like, where no CRS is known."""


def place(frame: gpd.GeoDataFrame, layer: str, said: Said) -> Placed:
    """Look at the coordinates of a layer as it was read.

    Parameters
    ----------
    frame
        With the CRS that the file names, if any; stays as it is. The ids in findings are labels of its index.
    layer
        Name for the findings.
    said
        What the caller and the format say.

    Raises
    ------
    CrsError
        A CRS that the caller names cannot be read.
    ConfigError
        GCJ-02 is declared for coordinates that are not known to be longitude and latitude.
    """
    boxes, findings = _usable(frame, layer)
    known, found = _known_crs(frame, layer, said, boxes)
    findings += found
    straight, crosswise = kinds_of(boxes), kinds_of(turned(boxes))
    fits = (_fits(boxes, known, straight), _fits(turned(boxes), known, crosswise))
    swap, found = _axis_order(frame, layer, said, *fits)
    findings += found
    kinds = crosswise if swap else straight
    boxes = turned(boxes) if swap else boxes
    placed = _with_geometry(frame, _swapped(frame) if swap else frame.geometry.to_numpy(), known)
    crs, proposed, found = _judged(placed, layer, said, boxes, kinds, fits[1] if swap else fits[0])
    findings += found + _border_findings(layer, boxes, crs or proposed)
    if crs is None and known is not None:
        placed = _with_geometry(placed, placed.geometry.to_numpy(), None)
    if said.source_datum is not None:
        placed, found = _without_shift(placed, layer)
        findings += found
    return Placed(frame=placed, findings=findings, proposal=proposed if crs is None else None)


def _with_geometry(frame: gpd.GeoDataFrame, shapes: Any, crs: CRS | None) -> gpd.GeoDataFrame:
    if shapes is frame.geometry.to_numpy() and frame.crs == crs:
        return frame
    geometry = gpd.GeoSeries(shapes, index=frame.index, crs=crs)
    placed = frame.set_geometry(geometry.rename(frame.geometry.name))
    return placed if crs is not None else placed.set_crs(None, allow_override=True)


def _known_crs(frame: gpd.GeoDataFrame, layer: str, said: Said, boxes: Boxes) -> tuple[CRS | None, Findings]:
    """CRS that the file or the caller names; the file's own stands where both do.

    A format's standard stands only while the coordinates can be degrees, and leaves their datum to the caller.
    """
    own = frame.crs
    if own is not None and (own.is_engineering or own.name.startswith(("Undefined", "unknown_"))):
        own = None
    if said.crs is None:
        return own, Findings()
    given = parse_crs(said.crs)
    weak = said.by_standard and (given.is_geographic or not _can_be_degrees(boxes))
    if own is None or weak:
        return given, Findings([Finding(code="crs.supplied", layer=layer, value=said.crs)])
    if own.equals(given, ignore_axis_order=True):
        return own, Findings()
    params = {"given": said.crs}
    return own, Findings([Finding(code="crs.not_overridden", layer=layer, value=_name(own), params=params)])


def _can_be_degrees(boxes: Boxes) -> bool:
    with np.errstate(invalid="ignore"):
        return not np.any(np.abs(boxes) > 180.0)  # noqa: PLR2004 - half the earth


def _usable(frame: gpd.GeoDataFrame, layer: str) -> tuple[Boxes, Findings]:
    """Bounds of each shape, NaN for those that have none worth looking at; absurd ones are found."""
    shapes = frame.geometry.to_numpy()
    boxes = shapely.bounds(shapes)
    points = shapely.get_coordinates(shapes)
    # A coordinate that is no number fails this comparison too.
    if max(points.max(initial=0.0), -points.min(initial=0.0)) <= ABSURD:
        return boxes, Findings()
    with np.errstate(invalid="ignore"):
        absurd = ~is_finite(shapes) | (np.abs(boxes) > ABSURD).any(axis=1)
    worst = boxes[absurd][np.isfinite(boxes[absurd])]
    params = {"largest": f"{np.abs(worst).max(initial=0.0):.6g}"}
    found = _found("coordinates.absurd", layer, frame.index[absurd], **params)
    return np.where(absurd[:, np.newaxis], np.nan, boxes), Findings([found])


def _has_place(boxes: Boxes) -> Bools:
    return np.asarray(~np.isnan(boxes).any(axis=1), dtype=bool)


# --- axis order


def _fits(boxes: Boxes, crs: CRS | None, kinds: Kinds) -> Bools:
    """Which shapes lie where their CRS is used; without one, which look like coordinates of China."""
    area = crs.area_of_use if crs is not None else None
    usable = _has_place(boxes)
    if crs is None or (area is None and not crs.is_geographic):
        return np.asarray(usable & (kinds != UNKNOWN))
    if not usable.any():
        return usable
    low, high = np.nanmin(boxes[:, :2], axis=0), np.nanmax(boxes[:, 2:], axis=0)
    if _inside(np.array([[*low, *high]]), crs).all():
        return usable
    return np.asarray(usable & _inside(boxes, crs))


def _inside(boxes: Boxes, crs: CRS) -> Bools:
    area = crs.area_of_use
    west, south, east, north = area.bounds if area is not None else _EARTH
    slack = 0.0 if crs.is_geographic else _NEIGHBOUR_DEG
    degrees = _degrees(boxes, crs)
    with np.errstate(invalid="ignore"):
        x_fits = (degrees[:, 0] >= west - slack) & (degrees[:, 2] <= east + slack)
        return np.asarray(x_fits & (degrees[:, 1] >= south - slack) & (degrees[:, 3] <= north + slack))


def _degrees(boxes: Boxes, crs: CRS) -> Boxes:
    """Two opposite corners in longitude and latitude; what cannot be brought there becomes infinite."""
    if crs.is_geographic:
        return boxes
    bring = Transformer.from_crs(crs, crs.geodetic_crs or WGS84, always_xy=True)
    west, south = bring.transform(boxes[:, 0], boxes[:, 1])
    east, north = bring.transform(boxes[:, 2], boxes[:, 3])
    return np.column_stack([west, south, east, north])


def _axis_order(
    frame: gpd.GeoDataFrame, layer: str, said: Said, straight: Bools, crosswise: Bools
) -> tuple[bool, Findings]:
    """Whether the axes are to be turned, by the caller's word or because the coordinates fit only then."""
    if said.axis_order is not None:
        given = said.axis_order == "yx"
        return given, Findings([Finding(code="axis.turned_as_said", layer=layer)] if given else [])
    only_turned = crosswise & ~straight
    if not only_turned.any():
        return False, Findings()
    if not straight.any():
        return True, Findings([Finding(code="axis.swapped", layer=layer)])
    fewer = only_turned if only_turned.sum() <= straight.sum() else straight
    return False, Findings([_found("axis.mixed", layer, frame.index[fewer])])


def _swapped(frame: gpd.GeoDataFrame) -> Any:
    return shapely.transform(frame.geometry.to_numpy(), lambda points: points[:, ::-1])


# --- judgement


def _judged(
    frame: gpd.GeoDataFrame, layer: str, said: Said, boxes: Boxes, kinds: Kinds, fits: Bools
) -> tuple[CRS | None, str | None, Findings]:
    """CRS to keep, what is proposed in its place, and what does not fit."""
    crs = frame.crs
    usable = _has_place(boxes)
    guessed = proposal(majority(kinds), parse_crs(said.site_crs) if said.site_crs else None)
    findings = _mixed_zones(frame, layer, kinds)
    outside = usable & ~fits
    if crs is None:
        return None, guessed, findings + _guess_findings(layer, guessed, kinds, usable)
    if not outside.any() or (crs.area_of_use is None and not crs.is_geographic):
        return crs, None, findings
    if crs.is_geographic and outside.all():
        code = "geojson.not_degrees" if said.by_standard and said.crs is None else "crs.not_degrees"
        params = {"largest": f"{np.nanmax(np.abs(boxes)):.10g}", "proposal": guessed or "-"}
        found = Finding(code=code, layer=layer, value=_name(crs), params=params)
        return None, guessed, findings + Findings([found])
    found = _found("crs.out_of_area", layer, frame.index[outside], value=_name(crs), proposal=guessed or "-")
    return crs, None, findings + Findings([found])


def _guess_findings(layer: str, guessed: str | None, kinds: Kinds, usable: Bools) -> Findings:
    if not usable.any():
        return Findings([Finding(code="crs.none", layer=layer)])
    if guessed is not None:
        params = {"name": parse_crs(guessed).name}
        return Findings([Finding(code="crs.proposed", layer=layer, value=guessed, params=params)])
    if majority(kinds) == ZONELESS:
        return Findings([Finding(code="crs.zone_unknown", layer=layer)])
    return Findings([Finding(code="crs.unknown", layer=layer)])


def _mixed_zones(frame: gpd.GeoDataFrame, layer: str, kinds: Kinds) -> Findings:
    """Features that lie in another zone, or in another kind of system, than most."""
    most = majority(kinds)
    if most < FIRST_ZONE and frame.crs is not None:
        return Findings()
    others = sorted(set(kinds[(kinds != UNKNOWN) & (kinds != most)].tolist()))
    found = []
    for other in others:
        code = "crs.mixed_zones" if min(other, most) >= FIRST_ZONE else "crs.mixed_kinds"
        labels, said = frame.index[kinds == other], {"value": kind_name(other), "most": kind_name(most)}
        found.append(_found(code, layer, labels, **said))
    return Findings(found)


def _border_findings(layer: str, boxes: Boxes, crs: Any) -> Findings:
    """Note a layer that a border of 3° zones runs through: one zone must then hold for the whole site."""
    if crs is None or np.isnan(boxes).all():
        return Findings()
    low, high = np.nanmin(boxes[:, :2], axis=0), np.nanmax(boxes[:, 2:], axis=0)
    degrees = _degrees(np.array([[*low, *high]]), parse_crs(crs))[0]
    borders = zone_borders(degrees)
    if not borders:
        return Findings()
    said = ", ".join(f"{border:g}°E" for border in borders)
    return Findings([Finding(code="crs.zone_border", layer=layer, value=said)])


def _without_shift(frame: gpd.GeoDataFrame, layer: str) -> tuple[gpd.GeoDataFrame, Findings]:
    """Bring coordinates of GCJ-02 to WGS 84."""
    if frame.crs is None:
        raise ConfigError("error.gcj02_needs_degrees", layer=layer)
    shifted = frame.geometry if frame.crs.is_geographic else frame.geometry.to_crs(WGS84)
    shapes = shapely.transform(shifted.to_numpy(), gcj02_to_wgs84)
    return _with_geometry(frame, shapes, WGS84), Findings([Finding(code="crs.gcj02_undone", layer=layer)])


def _found(code: str, layer: str, labels: pd.Index, value: Any = None, **params: Any) -> Finding:
    """Make one finding for several features, the first ten by their id."""
    ids = ", ".join(str(label) for label in labels[:_MAX_IDS])
    more = f" … (+{len(labels) - _MAX_IDS})" if len(labels) > _MAX_IDS else ""
    return Finding(
        code=code, layer=layer, feature_id=ids + more, value=value, params=params | {"count": len(labels)}
    )


def _name(crs: CRS) -> str:
    authority = crs.to_authority()
    return ":".join(authority) if authority else crs.name
