"""Constraints of a site: drawn by its rules, begun and ended by its works."""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from parcelplan.checks.site_checks import check_site
from parcelplan.city.layers import Layers
from parcelplan.city.request import Request
from parcelplan.geometry.repair import repair
from parcelplan.geometry.screening import Floats
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


def site_of(request: Request) -> Site:
    """Open the site of a request; its errors are raised, all together."""
    assert request.site is not None  # noqa: S101 - only called where there is one
    site = open_site(request.site, scenario=request.scenario, as_of=request.as_of)
    check_site(site).raise_if_errors()
    return in_modes(site, site.config.plan.modes)


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
        The rules give no distance for a feature.
    ConfigError
        A rule pack is unknown.
    """
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
