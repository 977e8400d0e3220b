"""Constraints of a site: drawn by its rules, begun and ended by its works."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from parcelplan.checks.site_checks import check_site
from parcelplan.city.layers import Layers
from parcelplan.city.readiness import ReadinessContext, layers_context, site_context
from parcelplan.city.request import Request
from parcelplan.errors import ConfigError
from parcelplan.geometry.arrays import Floats
from parcelplan.geometry.repair import repair
from parcelplan.land.constraints import constraints_in_time
from parcelplan.land.modes import in_modes
from parcelplan.land.works import schedule_site
from parcelplan.rules import RuleBook
from parcelplan.site import Site, open_site


@dataclass(frozen=True, kw_only=True)
class SiteLayers:
    """A site with its works dated and its constraints drawn over the land of a screening."""

    site: Site
    """With its works in the modes that are chosen."""
    schedule: pd.DataFrame
    constraints: gpd.GeoDataFrame
    layers: Layers


def site_of(request: Request, folder: Path) -> Site:
    """Open the site of a request."""
    site = open_site(folder, scenario=request.scenario, as_of=request.as_of)
    return in_modes(site, site.config.plan.modes)


@lru_cache(maxsize=1)
def readiness_context(request: Request) -> ReadinessContext:
    """What the readiness of parcels depends on beside the covers; worked out once in each process, from the paths.

    Raises
    ------
    ConfigError
        There are loose layers and no day of the data.
    """
    if request.site is not None:
        site = site_of(request, request.site)
        return site_context(site, schedule_site(site))
    if request.as_of is None:
        raise ConfigError("error.needs_day")
    return layers_context(request.as_of)


def draw_constraints(site: Site, bounds: Floats | None) -> SiteLayers:
    """Draw the constraints of a site for parcels that need not be its own.

    Parameters
    ----------
    site
        Result of :func:`site_of`.
    bounds
        Where the parcels lie, in the site's CRS; land outside a growth boundary is drawn as far as they reach.

    Raises
    ------
    FindingsError
        The data of the site hold errors, or the rules give no distance for a feature.
    ConfigError
        A rule pack is unknown.
    """
    check_site(site).raise_if_errors()
    extra = [site.folder / name for name in site.config.rule_files]
    rules = RuleBook.load(site.config.rules, extra).at(site.as_of)
    schedule = schedule_site(site)
    drawn, found = constraints_in_time(_reaching(site, bounds), schedule, rules)
    found.raise_if_errors()
    present = ~(drawn.geometry.isna() | drawn.geometry.is_empty).to_numpy()
    mended = repair(drawn.geometry.to_numpy()[present])
    cells = (
        drawn[present].reset_index().rename(columns={"constraint_id": "cover_id", "cleared_by": "work_id"})
    )
    features = gpd.GeoDataFrame(cells, crs=drawn.crs).set_geometry(mended.shapes, crs=drawn.crs)
    layers = Layers(
        features=features.assign(distance_m=np.nan),
        kinds=tuple(sorted(set(drawn["kind"]))),
        findings=found,
    )
    return SiteLayers(site=site, schedule=schedule, constraints=drawn, layers=layers)


def _reaching(site: Site, bounds: Floats | None) -> Site:
    """The site as if its parcels reached as far as those that are screened."""
    if bounds is None:
        return site
    both = np.vstack([site.parcels.total_bounds, bounds])
    whole = shapely.box(*np.nanmin(both[:, :2], axis=0), *np.nanmax(both[:, 2:], axis=0))
    land = gpd.GeoDataFrame(geometry=[whole], crs=site.config.crs)
    return replace(site, layers={**site.layers, "parcels": land})
