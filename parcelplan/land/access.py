"""Road access: which parcels have enough frontage on which road, and from when the road can be used."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from parcelplan.crs import require_metric
from parcelplan.geometry.arrays import Floats, Ints, Shapes
from parcelplan.site import Site


def frontages(parcels: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, *, gap_m: float) -> pd.DataFrame:
    """Measure how much of each parcel's boundary lies at each road.

    A road is its centre line widened by half its width; the boundary counts as far as it lies within ``gap_m`` of it.

    Returns
    -------
    DataFrame
        One row a pair that meets: ``parcel_id``, ``road_id``, ``frontage_m``.

    Raises
    ------
    CrsError
        The parcels or the roads have no CRS, or one that is not in metres.
    """
    require_metric(parcels, "parcels")
    require_metric(roads, "roads")
    half = roads["width_m"].to_numpy(dtype=float) / 2 + gap_m
    strips = shapely.buffer(roads.geometry.to_numpy(), half, cap_style="flat")
    shapely.prepare(strips)
    shapes = parcels.geometry.to_numpy()
    parcel, road = _near(shapes, roads.geometry.to_numpy(), half)
    edges = shapely.boundary(shapes[parcel])
    meet = shapely.intersects(strips[road], edges)
    parcel, road = parcel[meet], road[meet]
    length = shapely.length(shapely.intersection(edges[meet], strips[road]))
    return pd.DataFrame(
        {
            "parcel_id": parcels.index.to_numpy()[parcel],
            "road_id": roads.index.to_numpy()[road],
            "frontage_m": np.asarray(length, dtype=float),
        }
    )


def _near(shapes: Shapes, lines: Shapes, half: Floats) -> tuple[Ints, Ints]:
    """Pairs of a shape and a line that may be within a distance of each other, by shapes and then lines.

    The box of a long road holds half a town, so that the boxes of its segments are asked for.
    """
    points, line = shapely.get_coordinates(lines, return_index=True)
    within = line[1:] == line[:-1]
    owner, corners = line[1:][within], np.stack([points[:-1][within], points[1:][within]])
    reach = half[owner, np.newaxis]
    boxes = shapely.box(*(corners.min(axis=0) - reach).T, *(corners.max(axis=0) + reach).T)
    box, shape = shapely.STRtree(shapes).query(boxes)
    near = np.sort(shape.astype(np.int64) * max(len(lines), 1) + owner[box])
    found, road = np.divmod(near[np.diff(near, prepend=-1) > 0], max(len(lines), 1))
    return found.astype(np.intp), road.astype(np.intp)


def served_by(site: Site) -> pd.DataFrame:
    """Pairs of parcel and road with enough frontage by the site's tolerance, in the columns of :func:`frontages`."""
    tolerance = site.config.tolerance
    pairs = frontages(site.parcels, site.layer("roads"), gap_m=tolerance.frontage_gap_m)
    return pairs[pairs["frontage_m"] >= tolerance.frontage_m].reset_index(drop=True)
