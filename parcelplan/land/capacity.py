"""What a building scheme puts on its parcel: floor area, ground, heights, and the ratios of the rules."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from parcelplan.crs import require_metric
from parcelplan.rules import RuleSet

SERVICE_USES = frozenset({"office", "service"})
"""Uses that count towards the share of offices and services."""

LAYERS = ("building", "structure", "yard", "green")
"""Kinds from the strongest: ground that two kinds claim belongs to the first of them."""

MIXED_SHARE = 0.001
"""Part of the service footprint that may lie under other buildings before land counts as not separable."""


def scheme_capacity(
    features: gpd.GeoDataFrame, schemes: pd.DataFrame, area_m2: pd.Series, rules: RuleSet
) -> gpd.GeoDataFrame:
    """Measure every scheme.

    Parameters
    ----------
    features
        Layer ``scheme_features``: polygons with ``scheme_id, kind, use, storey_heights_m`` in a metric CRS.
        Features of no listed scheme are passed over.
    schemes
        Table ``schemes``, indexed by scheme_id, with ``parcel_id``.
    area_m2
        Area of every parcel by the site's area rule, indexed by parcel_id.
    rules
        Rule book at the day of the data; ``far.double_storey_height_m`` says which storeys count twice.

    Returns
    -------
    geopandas.GeoDataFrame
        Aligned to ``schemes``; the geometry is the ground under buildings and structures. Areas in m², ratios
        0-1.

        ``gfa_m2`` floor area, each footprint times its storeys; ``gfa_far_m2`` the same with storeys
        **above** the limit counted twice; ``footprint_m2, structures_m2, yards_m2, green_m2`` ground,
        overlaps counted once, for the first of these kinds; ``far`` = gfa_far ÷ land;
        ``building_coefficient`` = (buildings + structures + yards) ÷ land; ``coverage_ratio`` = buildings ÷
        land; ``green_ratio`` = green ÷ land; ``height_m`` of the tallest building, the sum of its storeys;
        ``service_gfa_share``; ``service_land_share``; ``feature_count``.

        NaN wherever a needed figure is missing: no features, a building without readable storey heights or
        without a use, a parcel without an area, no rule on the day.

    Raises
    ------
    CrsError
        The features are not in metres.

    Notes
    -----
    ``service_land_share`` is the footprint of offices and services ÷ land. Where they share their footprint
    with other buildings, the land cannot be separated and their share of the floor area stands for it. Ground
    around the buildings is not attributed, so that the figure is the lowest that can be read from the
    drawing.

    Source: 工业项目建设用地控制指标（2008、2023年版）, how the indicators are computed.
    """
    require_metric(features, "scheme_features")
    own = features[features["scheme_id"].isin(schemes.index)].reset_index(drop=True)
    floors = _floors(own, _double_storey_height_m(rules))
    ground = _ground(own, schemes.index)
    land_m2 = schemes["parcel_id"].map(area_m2).astype(float)
    result = ground.join(_sums(floors, schemes.index))
    built = result["footprint_m2"] + result["structures_m2"] + result["yards_m2"]
    ratios = {
        "parcel_id": schemes["parcel_id"],
        "far": result["gfa_far_m2"] / land_m2,
        "building_coefficient": built / land_m2,
        "coverage_ratio": result["footprint_m2"] / land_m2,
        "green_ratio": result["green_m2"] / land_m2,
        "service_gfa_share": result["service_gfa_m2"] / result["gfa_m2"],
        "service_land_share": _service_land_share(own, result, land_m2),
        "feature_count": own.groupby("scheme_id").size().reindex(schemes.index, fill_value=0),
    }
    return gpd.GeoDataFrame(result.assign(**ratios), geometry="geometry", crs=features.crs)


def _double_storey_height_m(rules: RuleSet) -> float:
    limit = rules.value("far.double_storey_height_m")
    return math.nan if limit is None else limit.value


def _floors(features: gpd.GeoDataFrame, double_above_m: float) -> pd.DataFrame:
    """One row a building: its scheme, use, floor areas and height; NaN where its storeys cannot be read."""
    buildings = features[features["kind"] == "building"]
    storeys = storey_heights(buildings["storey_heights_m"])
    by_building = storeys.groupby(level=0)
    count = by_building.size().where(by_building.min() > 0).reindex(buildings.index)
    tall = (storeys > double_above_m).groupby(level=0).sum().reindex(buildings.index)
    footprint = pd.Series(shapely.area(buildings.geometry.to_numpy()), index=buildings.index, dtype=float)
    return pd.DataFrame(
        {
            "scheme_id": buildings["scheme_id"],
            "gfa_m2": footprint * count,
            "gfa_far_m2": footprint * (count + tall) if not math.isnan(double_above_m) else math.nan,
            "height_m": by_building.sum().where(by_building.min() > 0).reindex(buildings.index),
            "service_gfa_m2": (footprint * count * _is_service(buildings)).where(buildings["use"].notna()),
        }
    )


def storey_heights(texts: pd.Series) -> pd.Series:
    """Read storey heights such as ``9.0;4.5;4.5``.

    Parameters
    ----------
    texts
        Heights in metres from the ground up, separated by semicolons (half or full width). Null means not
        known.

    Returns
    -------
    pandas.Series
        One row a storey, with the building's index value repeated; a building of which any storey is
        unreadable or not above zero has only zeros, a null one has one zero.

    Examples
    --------
    >>> list(storey_heights(pd.Series(["9.0;4.5", "tall"])))
    [9.0, 4.5, 0.0]
    """
    parts = texts.astype("string").str.replace("；", ";").str.strip("; ").str.split(";").explode()
    metres = pd.to_numeric(parts.str.strip(), errors="coerce").astype("Float64").astype(float)
    readable = metres.where((metres > 0) & np.isfinite(metres), 0.0)
    return readable.where(readable.groupby(level=0).transform("min") > 0, 0.0)


def _is_service(features: gpd.GeoDataFrame) -> pd.Series:
    service: pd.Series = features["use"].isin(SERVICE_USES)
    return service


def _sums(floors: pd.DataFrame, index: pd.Index) -> pd.DataFrame:
    """Sum the buildings of each scheme; one unknown building makes the scheme's figure unknown."""
    by_scheme = floors.groupby("scheme_id")
    sums = by_scheme[["gfa_m2", "gfa_far_m2", "service_gfa_m2"]].sum(min_count=1)
    sums["height_m"] = by_scheme["height_m"].max()
    columns = list(sums.columns)
    known = floors[columns].notna().groupby(floors["scheme_id"]).all()
    return sums.where(known).reindex(index)


def _ground(features: gpd.GeoDataFrame, index: pd.Index) -> gpd.GeoDataFrame:
    """Ground under each kind in m², overlaps given to the stronger kind, with the shape of what is built."""
    rank = features["kind"].map({kind: place for place, kind in enumerate(LAYERS)})
    unions = [_union(features[rank <= place], index) for place in range(len(LAYERS))]
    upto = pd.DataFrame({place: union.area for place, union in enumerate(unions)}, index=index, dtype=float)
    parts = upto.diff(axis=1).fillna({0: upto[0]}).clip(lower=0.0)
    parts.columns = pd.Index(["footprint_m2", "structures_m2", "yards_m2", "green_m2"])
    drawn = index.isin(features["scheme_id"])
    return gpd.GeoDataFrame(
        parts.where(pd.Series(drawn, index=index), axis=0), geometry=unions[1], crs=features.crs
    )


def _union(features: gpd.GeoDataFrame, index: pd.Index) -> gpd.GeoSeries:
    """Union of the features of each scheme, aligned to the schemes; an empty polygon where there are none."""
    joined = features[["scheme_id", features.geometry.name]].dissolve(by="scheme_id").geometry
    return joined.reindex(index).fillna(shapely.Polygon())


def _service_land_share(features: gpd.GeoDataFrame, sums: pd.DataFrame, land_m2: pd.Series) -> pd.Series:
    buildings = features[features["kind"] == "building"]
    service = _is_service(buildings)
    ground = _union(buildings[service], sums.index)
    others = _union(buildings[~service], sums.index)
    shared = ground.intersection(others, align=False).area
    mixed = shared > MIXED_SHARE * ground.area
    share: pd.Series = (ground.area / land_m2).mask(mixed, sums["service_gfa_m2"] / sums["gfa_m2"])
    unknown_use = (
        buildings["use"].isna().groupby(buildings["scheme_id"]).any().reindex(sums.index, fill_value=False)
    )
    return share.where(sums["footprint_m2"].notna() & ~unknown_use)
