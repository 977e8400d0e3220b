"""The sample site's layers and tables as they lie in the files, read without the package."""

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

LAYERS = [
    "site_boundary",
    "parcels",
    "power_lines",
    "pylons",
    "rivers",
    "river_areas",
    "roads",
    "hard_constraints",
    "work_areas",
    "scheme_features",
]


@pytest.fixture(scope="module")
def layers(baishiyi: Path) -> dict[str, gpd.GeoDataFrame]:
    return {name: gpd.read_file(baishiyi / "layers.gpkg", layer=name) for name in LAYERS}


@pytest.fixture(scope="module")
def parcels(layers: Mapping[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    return layers["parcels"].set_index("parcel_id")


@pytest.fixture(scope="module")
def works(baishiyi: Path) -> pd.DataFrame:
    return pd.read_csv(baishiyi / "works.csv", dtype="str", keep_default_na=False).set_index("work_id")


@pytest.fixture(scope="module")
def announced(baishiyi: Path) -> pd.DataFrame:
    return pd.read_csv(baishiyi / "announced_plan.csv", dtype="str", keep_default_na=False).set_index(
        "row_id"
    )


@pytest.fixture(scope="module")
def alternatives(baishiyi: Path) -> pd.DataFrame:
    return pd.read_csv(baishiyi / "alternatives.csv", dtype="str", keep_default_na=False)
