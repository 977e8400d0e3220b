"""Planning conditions and building schemes held against their limits.

A scheme is held against the parcel's planning condition where one is given, otherwise against the rule book;
planning conditions themselves are held against the rule book. What is missing makes the verdict *unknown*,
never *ok*.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from parcelplan.checks.rule_questions import PARCEL_CHECKS, SCHEME_CHECKS, Case, column_of
from parcelplan.checks.verdicts import verdict_counts, verdict_frame, verdict_text
from parcelplan.crs import plane_area_m2, require_metric
from parcelplan.rules import RuleSet

__all__ = ["check_rules", "verdict_counts", "verdict_text"]

INDUSTRY_SCHEME = "GB/T 4754-2017"
"""Edition of the industry codes in today's tables; older ones give the digits other meanings."""


def check_rules(
    parcels: gpd.GeoDataFrame,
    schemes: pd.DataFrame,
    capacity: gpd.GeoDataFrame,
    rules: RuleSet,
    *,
    area_m2: pd.Series | None = None,
    net_land: gpd.GeoSeries | None = None,
    industry_scheme: str = INDUSTRY_SCHEME,
    ground_noise_m2: float = 0.1,
) -> pd.DataFrame:
    """Hold every parcel's conditions and every scheme against their limits.

    Parameters
    ----------
    parcels
        Layer ``parcels``, indexed by parcel_id, in a metric CRS.
    schemes
        Table ``schemes``, indexed by scheme_id.
    capacity
        Result of :func:`parcelplan.land.capacity.scheme_capacity` for the same schemes.
    rules
        Rule book at the day of the data.
    area_m2
        Area of every parcel by the site's area rule; plane area of the geometry where it is not given.
    net_land
        Ground of every parcel that nothing blocks, in the parcels' CRS; empty polygons where all is blocked.
        Without it nobody knows whether a building stands in a corridor.
    industry_scheme
        Edition of GB/T 4754 that ``industry_code`` is written in.
    ground_noise_m2
        Ground in m² that may lie outside before it counts: rounding of coordinates along a shared edge.

    Returns
    -------
    pandas.DataFrame
        One row a verdict, in the order of parcels, then schemes, then checks: ``parcel_id, scheme_id`` (empty
        for the parcel itself), ``rule, value, limit, unit, direction, verdict`` (ok, violated, unknown),
        ``margin`` (positive where room is left), ``document, clause, confidence, illustrative, origin,
        reason, params``. Value, limit and margin are in ``unit``, that of the document. A limit missed by
        less than a billionth of it is kept. A rule that has lapsed without a successor gives no row.

    Raises
    ------
    CrsError
        The parcels or the scheme geometries are not in metres.
    ConfigError
        A rule pack gives a limit in a unit of another dimension.
    """
    require_metric(parcels, "parcels")
    case = _case(parcels, schemes, capacity, rules, area_m2, net_land, industry_scheme, ground_noise_m2)
    asked = [question for check in (*PARCEL_CHECKS, *SCHEME_CHECKS) for question in check(case)]
    verdicts = verdict_frame(asked, rules)
    places = [
        parcels.index.get_indexer(pd.Index(verdicts["parcel_id"])),
        schemes.index.get_indexer(pd.Index(verdicts["scheme_id"])),
    ]
    return verdicts.iloc[np.lexsort((places[1], places[0]))].reset_index(drop=True)


def _case(
    parcels: gpd.GeoDataFrame,
    schemes: pd.DataFrame,
    capacity: gpd.GeoDataFrame,
    rules: RuleSet,
    area_m2: pd.Series | None,
    net_land: gpd.GeoSeries | None,
    industry_scheme: str,
    ground_noise_m2: float,
) -> Case:
    require_metric(capacity, "scheme_features")
    areas = plane_area_m2(parcels) if area_m2 is None else area_m2.reindex(parcels.index)
    land = parcels.assign(area_m2=areas, parcel_id=parcels.index, scheme_id="")
    conditions = land.drop(columns=["parcel_id", "scheme_id", land.geometry.name]).reindex(
        schemes["parcel_id"]
    )
    conditions.index = schemes.index
    code = column_of(schemes, "industry_code")
    of_parcel = column_of(conditions, "industry_code")
    joined = capacity.reindex(schemes.index).assign(
        **{
            name: conditions[name]
            for name in conditions.columns.difference([*schemes.columns, "industry_code"])
        },
        **{name: schemes[name] for name in schemes.columns.difference(["industry_code"])},
        industry_code=code.where(code.notna(), of_parcel),
        scheme_id=schemes.index,
    )
    return Case(
        parcels=land,
        schemes=joined[joined["parcel_id"].isin(parcels.index)],
        rules=rules,
        net_land=net_land,
        industry_scheme=industry_scheme,
        ground_noise_m2=ground_noise_m2,
    )
