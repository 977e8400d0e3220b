"""Opening a site: what is read, what is found, and what is refused with a remedy."""

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Polygon, box

from parcelplan.checks.site_checks import check_site
from parcelplan.errors import ConfigError, CrsError, InputError, NotFoundError, ParcelPlanError
from parcelplan.site import open_site
from tests.builders import EAST, NORTH, frame, line, row_of_parcels, square, works, write_site


def codes(site):
    return [(item.code, item.layer, item.feature_id) for item in site.findings]


def test_a_site_is_opened_whole(tmp_path):
    limits = "[plan]\nlistings_per_month = 4\nseed = 7\nquota_mu = { 2024 = 9.0 }\n[phases.1]\n"
    site = open_site(write_site(tmp_path, {"parcels": row_of_parcels(1)}, more=limits))
    other = site.having(plan={"listings_per_month": 8}, phases={1: {"latest_on": date(2024, 6, 30)}})
    assert (other.config.plan.listings_per_month, other.config.plan.seed) == (8, 7)
    assert other.config.phase(1).latest_on == date(2024, 6, 30)
    assert other.config.plan.quota_mu == {2024: 9.0}
    assert other.having(plan={"quota_mu": {}}).config.plan.quota_mu == {}
    assert other.having(phases={1: {"earliest_on": date(2024, 2, 1)}}).config.phase(1).latest_on == date(
        2024, 6, 30
    )
    assert (site.config.plan.listings_per_month, site.config.phase(1).latest_on) == (4, None)
    with pytest.raises(ConfigError, match=r"crs cannot change.*plan"):
        site.having(crs="EPSG:4524")
    with pytest.raises(ConfigError, match=r"plan\.time_limit_s"):
        site.having(plan={"time_limit_s": -1})
    with pytest.raises(ConfigError, match=r"plan\.listing_per_month"):
        site.having(plan={"listing_per_month": 8})
