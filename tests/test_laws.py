"""Laws over the public functions: inputs unchanged, results aligned, row order irrelevant, degrees refused."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest

from parcelplan.checks.areas import area_ledger
from parcelplan.checks.rule_checks import check_rules
from parcelplan.errors import CrsError
from parcelplan.land.access import frontages
from parcelplan.land.capacity import scheme_capacity
from parcelplan.land.constraints import constraints_in_time
from parcelplan.land.developable import developable_land, developable_over_time
from parcelplan.land.readiness import find_gates, readiness
from parcelplan.land.works import schedule_works
from parcelplan.site import Site
from parcelplan.study import Study

FUNCTIONS: dict[str, Callable[[Study, Site], Any]] = {
    "area_ledger": lambda study, site: area_ledger(site.parcels, site.config.area_rule),
    "schedule_works": lambda study, site: schedule_works(site.table("works"), site.as_of),
    "constraints_in_time": lambda study, site: constraints_in_time(site, study.schedule, study.rules)[0],
    "developable_land": lambda study, site: developable_land(site.parcels, study.constraints, site.as_of),
    "developable_over_time": lambda study, site: developable_over_time(
        site.parcels, study.constraints, site.as_of
    ),
    "frontages": lambda study, site: frontages(site.parcels, site.layer("roads"), gap_m=1.0),
    "find_gates": lambda study, site: find_gates(site, study.schedule, study.constraints),
    "readiness": lambda study, site: readiness(site, study.schedule, study.gates),
    "scheme_capacity": lambda study, site: scheme_capacity(
        site.layer("scheme_features"), site.table("schemes"), study.readiness["area_m2"], study.rules
    ),
    "check_rules": lambda study, site: check_rules(
        site.parcels,
        site.table("schemes"),
        scheme_capacity(
            site.layer("scheme_features"), site.table("schemes"), study.readiness["area_m2"], study.rules
        ),
        study.rules,
    ),
}
ALIGNED_WITH = {
    "area_ledger": lambda site: site.parcels,
    "schedule_works": lambda site: site.table("works"),
    "developable_land": lambda site: site.parcels,
    "readiness": lambda site: site.parcels,
    "scheme_capacity": lambda site: site.table("schemes"),
}
METRIC = (
    "area_ledger",
    "developable_land",
    "developable_over_time",
    "frontages",
    "find_gates",
    "check_rules",
)


def turned(site: Site) -> Site:
    """The same site with all rows in the opposite order."""
    layers = {name: layer.iloc[::-1] for name, layer in site.layers.items()}
    tables = {name: table.iloc[::-1] for name, table in site.tables.items()}
    return replace(site, layers=layers, tables=tables)


def settled(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame in an order of its own, geometries as their areas."""
    flat = pd.DataFrame(frame)
    if isinstance(frame, gpd.GeoDataFrame):
        flat["geometry"] = frame.geometry.area.round(4)
    flat = flat.reset_index(drop=flat.index.name is None)
    flat = flat[
        [column for column in flat.columns if not flat[column].map(lambda cell: isinstance(cell, dict)).any()]
    ]
    keys = [c for c in flat.columns if flat[c].dtype != float]
    return flat.sort_values(keys, key=lambda column: column.astype(str)).reset_index(drop=True)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_inputs_stay_as_they_are(baishiyi_study, name):
    site = baishiyi_study.site
    before = {key: frame.copy(deep=True) for key, frame in {**site.layers, **site.tables}.items()}
    FUNCTIONS[name](baishiyi_study, site)
    for key, frame in {**site.layers, **site.tables}.items():
        assert frame.equals(before[key]), key


@pytest.mark.parametrize("name", ALIGNED_WITH)
def test_results_are_aligned(baishiyi_study, name):
    site = turned(baishiyi_study.site)
    assert FUNCTIONS[name](baishiyi_study, site).index.equals(ALIGNED_WITH[name](site).index)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_row_order_does_not_matter(baishiyi_study, name):
    forward = settled(FUNCTIONS[name](baishiyi_study, baishiyi_study.site))
    backward = settled(FUNCTIONS[name](baishiyi_study, turned(baishiyi_study.site)))
    pd.testing.assert_frame_equal(forward, backward, rtol=1e-9, atol=1e-6, check_like=True)


@pytest.mark.parametrize("name", METRIC)
def test_degrees_are_refused(baishiyi_study, name):
    site = baishiyi_study.site
    degrees = replace(site, layers={**site.layers, "parcels": site.parcels.to_crs(4490)})
    with pytest.raises(CrsError, match="EPSG:4490"):
        FUNCTIONS[name](baishiyi_study, degrees)
