"""Shapes of a layer as they come in: heights dropped, invalid polygons repaired where the site asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from parcelplan.findings import Finding, Findings
from parcelplan.geometry.arrays import Bools
from parcelplan.geometry.defects import more_than_plane
from parcelplan.geometry.repair import Repair, repair
from parcelplan.site.config import Tolerance


def brought_into_plane(
    frame: gpd.GeoDataFrame, name: str, tolerance: Tolerance
) -> tuple[gpd.GeoDataFrame, Findings]:
    """Drop heights and measures, and repair invalid polygons if ``tolerance.repair`` says so.

    Parameters
    ----------
    frame
        A layer in the form of the registry and the CRS of the site; never changed.
    name
        Name of the layer, for the findings.
    tolerance
        The site's tolerances.

    Returns
    -------
    frame
        The layer with the same index and columns.
    findings
        ``topology.z_dropped`` once a layer, ``topology.repaired`` once a repaired shape with its area before and
        after. Nothing is changed without one.
    """
    shapes = frame.geometry.to_numpy()
    deep = more_than_plane(shapes)
    findings = list(_dropped(name, frame.index, deep))
    if deep.any():
        shapes = shapely.force_2d(shapes)
    if tolerance.repair:
        done = repair(shapes)
        findings += _repaired(name, frame.index, done)
        shapes = done.shapes
    if not findings:
        return frame, Findings()
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs)), Findings(findings)


def _dropped(name: str, keys: pd.Index, deep: Bools) -> Iterator[Finding]:
    if deep.any():
        first = str(keys[deep][0])
        yield Finding(code="topology.z_dropped", layer=name, feature_id=first, value=int(deep.sum()))


def _repaired(name: str, keys: pd.Index, done: Repair) -> Iterator[Finding]:
    for row in np.flatnonzero(done.repaired).tolist():
        after = done.shapes[row]
        point = shapely.point_on_surface(after)
        yield Finding(
            code="topology.repaired",
            layer=name,
            feature_id=str(keys[row]),
            value=round(float(done.area_change[row]), 4),
            params={
                "before": round(float(done.area_before[row]), 4),
                "after": round(float(done.area_after[row]), 4),
                "x": round(point.x, 2),
                "y": round(point.y, 2),
            },
        )
