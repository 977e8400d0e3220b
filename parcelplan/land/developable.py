"""Developable land: what is left of each parcel beneath the constraints, on a day and over time."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd

from parcelplan.crs import plane_area_m2, require_metric
from parcelplan.geometry.arrays import Floats
from parcelplan.geometry.screening import ScreeningInTime, screen, screen_over_time
from parcelplan.land.constraints import change_days, in_force


def developable_land(
    parcels: gpd.GeoDataFrame, constraints: gpd.GeoDataFrame, on: date, *, area_m2: pd.Series | None = None
) -> gpd.GeoDataFrame:
    """Screen parcels against the constraints in force on a day.

    Parameters
    ----------
    parcels
        Polygons in a metric CRS, indexed by parcel_id.
    constraints
        Result of :func:`parcelplan.land.constraints.constraints_in_time`, in the same CRS.
    on
        The day.
    area_m2
        Area of each parcel by the site's area rule. Screening measures in the plane; where the rule is another one,
        all figures of a parcel are scaled so that its parts add up to this area.

    Returns
    -------
    GeoDataFrame
        Aligned to ``parcels``, m²: ``area_m2``, ``blocked_m2_<kind>`` for every kind that occurs at any time,
        ``blocked_m2`` (all kinds together, their overlap counted once), ``developable_m2``, ``pieces``,
        ``largest_piece_m2`` and the developable geometry (empty where nothing is left).

    Raises
    ------
    CrsError
        The parcels have no CRS, or one that is not in metres.
    """
    crs = require_metric(parcels, "parcels")
    holding = in_force(constraints, on)
    result = screen(parcels.geometry.to_numpy(), holding.geometry.to_numpy(), holding["kind"].tolist())
    kinds = sorted(set(constraints["kind"]))
    nothing = np.zeros(len(parcels))
    scale = _scale(parcels, area_m2)
    data: dict[str, object] = {"area_m2": result.area * scale}
    data |= {f"blocked_m2_{kind}": result.blocked_by_kind.get(kind, nothing) * scale for kind in kinds}
    data |= {"blocked_m2": result.blocked * scale, "developable_m2": (result.area - result.blocked) * scale}
    data |= {"pieces": result.pieces, "largest_piece_m2": result.largest_piece * scale}
    return gpd.GeoDataFrame(data, geometry=list(result.net), index=parcels.index, crs=crs)


def _scale(parcels: gpd.GeoDataFrame, area_m2: pd.Series | None) -> Floats:
    """What plane figures are multiplied with; within one parcel the ratio of two area rules is constant."""
    if area_m2 is None:
        return np.ones(len(parcels))
    ratio = area_m2.reindex(parcels.index) / plane_area_m2(parcels)
    return ratio.to_numpy(dtype=np.float64)


def developable_over_time(
    parcels: gpd.GeoDataFrame, constraints: gpd.GeoDataFrame, as_of: date, *, area_m2: pd.Series | None = None
) -> pd.DataFrame:
    """Developable land of every parcel on every day on which anything changes.

    Parameters are those of :func:`developable_land`.

    Returns
    -------
    DataFrame
        One row a day and parcel, days ascending and parcels in the order of the input: ``on``, ``parcel_id``,
        ``area_m2``, ``blocked_m2_<kind>``, ``blocked_m2``, ``developable_m2``.
    """
    require_metric(parcels, "parcels")
    result = _screened(parcels, constraints, as_of)
    count, scale = len(parcels), _scale(parcels, area_m2)
    data: dict[str, object] = {
        "on": np.repeat(pd.to_datetime(list(result.days)).to_numpy(), count),
        "parcel_id": np.tile(parcels.index.to_numpy(), len(result.days)),
        "area_m2": ((result.net_area + result.blocked) * scale).ravel(),
    }
    data |= {f"blocked_m2_{kind}": (areas * scale).ravel() for kind, areas in result.blocked_by_kind.items()}
    data |= {
        "blocked_m2": (result.blocked * scale).ravel(),
        "developable_m2": (result.net_area * scale).ravel(),
    }
    return pd.DataFrame(data)


def _screened(parcels: gpd.GeoDataFrame, constraints: gpd.GeoDataFrame, as_of: date) -> ScreeningInTime:
    days = change_days(constraints, as_of)
    holds = np.array([constraints.index.isin(in_force(constraints, day).index) for day in days])
    shapes = (parcels.geometry.to_numpy(), constraints.geometry.to_numpy())
    return screen_over_time(*shapes, constraints["kind"].tolist(), holds, np.array(days, dtype=object))


def developable_curve(over_time: pd.DataFrame) -> pd.DataFrame:
    """Totals of the site on every day of :func:`developable_over_time`, indexed by ``on``; a step function."""
    return over_time.drop(columns="parcel_id").groupby("on").sum()
