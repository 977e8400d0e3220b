"""Parcels as they come: brought into one coordinate system, mended, and counted where they are no land."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from parcelplan.city.context import Context
from parcelplan.city.layers import FIRST
from parcelplan.city.request import Oddity
from parcelplan.geometry.arrays import Bools, Floats, Shapes
from parcelplan.geometry.repair import invalid_polygons, polygonal, repair
from parcelplan.geometry.screening import FEW
from parcelplan.geometry.soundness import is_finite, surely_valid

_AREAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
_NO_LAND = shapely.Polygon()


@dataclass(frozen=True, kw_only=True)
class Parcels:
    """Shapes of a chunk's parcels as they are screened, in the order of the chunk."""

    shapes: Shapes
    """Valid polygons without heights; an empty one for what is no land."""
    oddities: Mapping[str, Oddity]
    """What was odd, by the code of the finding that tells of it."""


def sound_parcels(frame: gpd.GeoDataFrame, context: Context, *, first_row: int) -> Parcels:
    """Make the parcels of a chunk fit to be screened.

    Parameters
    ----------
    frame
        The chunk as it was read. Stays as it is.
    context
        Says into which CRS they are brought and by which column a parcel is named.
    first_row
        Row of the first of them in its file, which names parcels where no column does.
    """
    crs = CRS(context.crs)
    shapes: Shapes = np.array(frame.geometry, dtype=object)
    absent = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    shapes[absent] = _NO_LAND
    if frame.crs is not None and frame.crs != crs:
        shapes = np.array(gpd.GeoSeries(shapes, crs=frame.crs).to_crs(crs), dtype=object)
    if shapely.has_z(shapes).any():
        shapes = np.asarray(shapely.force_2d(shapes), dtype=object)
    rest = np.flatnonzero(~surely_valid(shapes)) if len(shapes) >= FEW else np.arange(len(shapes))
    shapes[rest], masks, change = _mended(shapes[rest])
    masks["city.parcels_empty"] = absent[rest]
    ids = frame[context.id_column] if context.id_column else np.arange(first_row, first_row + len(frame))
    names = np.asarray(ids)[rest]
    return Parcels(
        shapes=shapes,
        oddities={code: _oddity(mask, names, change) for code, mask in masks.items() if mask.any()},
    )


def _mended(shapes: Shapes) -> tuple[Shapes, dict[str, Bools], Floats]:
    """Valid polygons of whatever came, what was done for it, and how far that changed areas, m²."""
    unplaced = ~is_finite(shapes)
    shapes = shapes.copy()
    shapes[unplaced] = _NO_LAND
    flat = ~np.isin(shapely.get_type_id(shapes), _AREAL)
    shapes[flat] = polygonal(shapes[flat])
    done = repair(shapes)
    broken = invalid_polygons(done.shapes)
    done.shapes[broken] = _NO_LAND
    masks = {
        "city.parcels_not_finite": unplaced,
        "city.parcels_not_areas": flat | broken,
        "city.parcels_repaired": done.repaired,
    }
    return done.shapes, masks, np.where(done.repaired, np.abs(done.area_change), 0.0)


def _oddity(mask: Bools, ids: np.ndarray, change: Floats) -> Oddity:
    first = tuple(str(item) for item in ids[mask][:FIRST])
    return Oddity(count=int(mask.sum()), first=first, value=float(change[mask].sum()))
