"""Areas of block heads: their unit, and how they agree with the coordinates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from parcelplan.crs import ellipsoidal_area_m2
from parcelplan.findings import Finding
from parcelplan.geometry.arrays import Floats, Shapes
from parcelplan.io.boundary_txt.survey import Survey
from parcelplan.units import M2_PER_HA, M2_PER_MU

AreaUnit = Literal["ha", "m2", "mu"]
_UNITS: tuple[AreaUnit, ...] = get_args(AreaUnit)
_M2: Mapping[str, float] = {"ha": M2_PER_HA, "m2": 1.0, "mu": M2_PER_MU}
# A mu is seldom meant, and only believed where it fits.
_MU_FITS = 0.02
_HA_DECIMALS = 4
_DEGREE_M = 111_320.0
# Areas in the planes of neighbouring zones differ by less than this share within China.
_PLANES_DIFFER = 0.001


@dataclass(frozen=True, kw_only=True)
class Areas:
    """Areas of all blocks, m²; NaN where there is none."""

    unit: AreaUnit
    declared: Floats
    plane: Floats
    """In the plane of the coordinates; NaN for degrees."""
    ellipsoidal: Floats
    """On the ellipsoid, for degrees and where the plane area is not the declared one; otherwise NaN."""
    tolerance: Floats
    """Difference that rounding of head and coordinates explains."""


def find_areas(survey: Survey, crs: CRS | None) -> Areas:
    """Measure all blocks and tell the unit of the heads by what fits the coordinates."""
    faces, heads = survey.faces, survey.tokens.heads
    plane = np.where(shapely.is_missing(faces), np.nan, shapely.area(faces))
    ellipsoidal = np.full(len(faces), np.nan)
    if survey.axes.degrees:
        plane, ellipsoidal = ellipsoidal, _on_the_ellipsoid(faces, crs)
    written = np.asarray([np.nan if head is None or head.area is None else head.area for head in heads])
    unit = _unit(survey, written, np.where(np.isnan(plane), ellipsoidal, plane))
    unit_m2 = np.asarray([_M2.get(head.area_unit if head else "", _M2[unit]) for head in heads])
    declared = written * unit_m2
    tolerance = _tolerance(survey, unit_m2, declared)
    odd = np.abs(declared - plane) > tolerance
    if odd.any():
        ellipsoidal[odd] = _on_the_ellipsoid(faces[odd], crs)
    return Areas(unit=unit, declared=declared, plane=plane, ellipsoidal=ellipsoidal, tolerance=tolerance)


def _on_the_ellipsoid(faces: Shapes, crs: CRS | None) -> Floats:
    """Areas on the ellipsoid; NaN for what is no area, and for all where no CRS is known."""
    result = np.full(len(faces), np.nan)
    areal = np.isin(
        shapely.get_type_id(faces), [shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON]
    )
    geod = crs.get_geod() if crs is not None else None
    if crs is None or geod is None or not areal.any():
        return result
    # Coordinates that lie outside a projection have no area there.
    with np.errstate(invalid="ignore"):
        if crs.is_geographic:
            result[areal] = [abs(geod.geometry_area_perimeter(face)[0]) for face in faces[areal]]
        elif {axis.unit_name for axis in crs.axis_info[:2]} == {"metre"}:
            result[areal] = ellipsoidal_area_m2(gpd.GeoSeries(faces[areal], crs=crs))
    return result


def _unit(survey: Survey, written: Floats, measured: Floats) -> AreaUnit:
    """The unit in which the heads of a file fit its coordinates best; one named beside an area decides."""
    named = [head.area_unit for head in survey.tokens.heads if head is not None and head.area_unit]
    if named:
        return named[0]  # type: ignore[return-value]  # the vocabulary's own values
    usable = (written > 0) & (measured > 0)
    if not usable.any():
        return "ha"
    ratio = np.log(written[usable]) - np.log(measured[usable])
    misfit = {unit: float(np.median(np.abs(ratio + np.log(_M2[unit])))) for unit in _UNITS}
    if misfit["mu"] > _MU_FITS:
        del misfit["mu"]
    return min(misfit, key=misfit.__getitem__)


def _tolerance(survey: Survey, unit_m2: Floats, written_m2: Floats) -> Floats:
    """Half a unit of the last decimal that counts, and what moving every point by its rounding could change.

    A file of degrees does not tell the plane in which its areas were measured.
    """
    heads = survey.tokens.heads
    decimals = np.asarray([head.area_decimals if head else 0 for head in heads])
    counted = np.where(unit_m2 == M2_PER_HA, np.maximum(decimals, _HA_DECIMALS), decimals)
    step = resolution_m(survey)
    around = np.zeros(len(heads))
    lengths = survey.sides * (_DEGREE_M if survey.axes.degrees else 1.0)
    np.add.at(around, np.repeat(survey.owner, survey.size), lengths)
    of_plane = _PLANES_DIFFER * written_m2 if survey.axes.degrees else 0.0
    return np.asarray(0.5 * unit_m2 / 10.0**counted + around * step + np.nan_to_num(of_plane))


def resolution_m(survey: Survey) -> float:
    """Smallest step of the coordinates, m, by the decimals they are written with."""
    decimals = max(survey.tokens.decimals, default=0)
    return float((_DEGREE_M if survey.axes.degrees else 1.0) / 10.0**decimals)


def area_findings(survey: Survey, areas: Areas) -> list[Finding]:
    """Blocks whose head and coordinates disagree; an area on the ellipsoid is told as such."""
    measured = np.where(np.isnan(areas.plane), areas.ellipsoidal, areas.plane)
    odd = np.abs(areas.declared - measured) > areas.tolerance
    curved = odd & (np.abs(areas.declared - areas.ellipsoidal) <= areas.tolerance)
    found = []
    for block in np.flatnonzero(odd).tolist():
        head = survey.tokens.heads[block]
        found.append(
            Finding(
                code="txt.area_ellipsoidal" if curved[block] else "txt.area_differs",
                layer=survey.layer,
                feature_id=survey.name_of(block),
                field="declared_area_m2",
                value=round(float(areas.declared[block]), 2),
                params={
                    "measured": round(float(measured[block]), 2),
                    "difference": round(float(areas.declared[block] - measured[block]), 2),
                    "line": head.line if head else 0,
                },
            )
        )
    return found


def declared_series(areas: Areas) -> pd.Series:
    """Areas of the heads, m², to the square centimetre that no head goes below."""
    return pd.Series(np.round(areas.declared, 4), name="declared_area_m2")
