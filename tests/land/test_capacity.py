"""Figures of a scheme that can be worked out in the head: a parcel of 1 ha and square buildings."""

import math
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal
from shapely import Polygon, box

from parcelplan.errors import CrsError
from parcelplan.land.capacity import scheme_capacity, storey_heights
from parcelplan.rules import RuleBook, RuleSet

CRS = "EPSG:4523"
LAND = pd.Series({"P1": 10_000.0, "P2": 20_000.0})
SCHEMES = pd.DataFrame({"parcel_id": ["P1", "P2"]}, index=pd.Index(["S1", "S2"], name="scheme_id"))


@pytest.fixture
def rules() -> RuleSet:
    return RuleBook.load(["national"]).at(date(2023, 12, 26))


def feature(shape: Polygon, kind: str = "building", scheme: str = "S1", **more: Any) -> dict[str, Any]:
    default = {"use": "production", "storey_heights_m": "6"} if kind == "building" else {}
    empty = {"use": None, "storey_heights_m": None}
    return {"scheme_id": scheme, "kind": kind, "geometry": shape, **empty, **default, **more}


def layer(*features: dict[str, Any], crs: str = CRS) -> gpd.GeoDataFrame:
    index = pd.Index([f"F{number}" for number in range(len(features))], name="feature_id")
    columns = ["scheme_id", "kind", "use", "storey_heights_m", "geometry"]
    return gpd.GeoDataFrame(
        pd.DataFrame(list(features), columns=columns), geometry="geometry", crs=crs
    ).set_index(index)


@pytest.mark.parametrize(
    ("heights", "far"),
    [("8.0", 0.25), ("8.01", 0.5), ("8;8", 0.5), ("8.01;8", 0.75), ("9.0;4.5;4.5", 1.0), ("9；4", 0.75)],
)
def test_storey_above_eight_metres_counts_twice(rules: RuleSet, heights: str, far: float) -> None:
    features = layer(feature(box(0, 0, 50, 50), storey_heights_m=heights))
    assert scheme_capacity(features, SCHEMES, LAND, rules).at["S1", "far"] == pytest.approx(far)


def test_figures_of_a_scheme(rules: RuleSet) -> None:
    features = layer(
        feature(box(0, 0, 40, 50), storey_heights_m="6;5"),
        feature(box(60, 0, 70, 50), use="office", storey_heights_m="4;4;4;4"),
        feature(box(0, 60, 20, 70), "structure"),
        feature(box(0, 70, 30, 80), "yard"),
        feature(box(90, 0, 100, 50), "green"),
    )
    found = scheme_capacity(features, SCHEMES, LAND, rules).loc["S1"]
    expected = {
        "gfa_m2": 6000,
        "gfa_far_m2": 6000,
        "footprint_m2": 2500,
        "structures_m2": 200,
        "yards_m2": 300,
        "green_m2": 500,
        "far": 0.6,
        "building_coefficient": 0.30,
        "coverage_ratio": 0.25,
        "green_ratio": 0.05,
        "height_m": 16,
        "service_gfa_share": 1 / 3,
        "service_land_share": 0.05,
        "feature_count": 5,
    }
    assert found[list(expected)].astype(float).to_dict() == pytest.approx(expected)
    assert found.geometry.area == pytest.approx(2700)


def test_overlap_counts_once_on_the_ground(rules: RuleSet) -> None:
    features = layer(
        feature(box(0, 0, 50, 50)),
        feature(box(25, 0, 75, 50)),
        feature(box(50, 0, 80, 50), "structure"),
        feature(box(0, 0, 90, 50), "yard"),
        feature(box(0, 0, 100, 50), "green"),
    )
    found = scheme_capacity(features, SCHEMES, LAND, rules).loc["S1"]
    ground = found[["footprint_m2", "structures_m2", "yards_m2", "green_m2"]].tolist()
    assert ground == pytest.approx([3750, 250, 500, 500])
    assert found["building_coefficient"] == pytest.approx(0.45)
    assert found["gfa_m2"] == pytest.approx(5000)


def test_mixed_building_is_apportioned_by_floor_area(rules: RuleSet) -> None:
    shape = box(0, 0, 50, 50)
    mixed = layer(
        feature(shape, storey_heights_m="6;4;4"), feature(shape, use="service", storey_heights_m="4")
    )
    found = scheme_capacity(mixed, SCHEMES, LAND, rules).loc["S1"]
    assert found["service_land_share"] == found["service_gfa_share"] == pytest.approx(0.25)


@pytest.mark.parametrize("heights", [None, "", "high", "6;", "6;?", "6;0", "-4", "inf"])
def test_unreadable_heights_make_floor_area_unknown(rules: RuleSet, heights: str | None) -> None:
    features = layer(
        feature(box(0, 0, 50, 50)),
        feature(box(60, 0, 70, 10), storey_heights_m=heights),
        feature(box(0, 0, 50, 50), scheme="S2"),
    )
    found = scheme_capacity(features, SCHEMES, LAND, rules)
    unknown = ["gfa_m2", "gfa_far_m2", "far", "height_m", "service_gfa_share"]
    expected_unknown = heights != "6;"  # a semicolon at the end is no storey
    assert bool(found.loc["S1", unknown].isna().all()) is expected_unknown
    assert bool(found.loc["S1", unknown].isna().any()) is expected_unknown
    assert found.at["S1", "coverage_ratio"] == pytest.approx(0.26)
    assert found.at["S2", "far"] == pytest.approx(0.125)


def test_missing_use_leaves_only_service_unknown(rules: RuleSet) -> None:
    features = layer(feature(box(0, 0, 50, 50)), feature(box(60, 0, 70, 10), use=None))
    found = scheme_capacity(features, SCHEMES, LAND, rules).loc["S1"]
    assert math.isnan(found["service_gfa_share"])
    assert math.isnan(found["service_land_share"])
    assert found["far"] == pytest.approx(0.26)


def test_what_is_not_there_is_unknown(rules: RuleSet) -> None:
    nothing = scheme_capacity(layer(), SCHEMES, LAND, rules)
    assert nothing["feature_count"].tolist() == [0, 0]
    assert nothing[["far", "footprint_m2", "coverage_ratio", "green_ratio", "height_m"]].isna().all(axis=None)
    only_land = scheme_capacity(layer(feature(box(0, 0, 50, 50))), SCHEMES, LAND.drop("P1"), rules).loc["S1"]
    assert math.isnan(only_land["far"])
    assert only_land["gfa_m2"] == pytest.approx(2500)
    no_rule = RuleBook.load([]).at(date(2023, 12, 26))
    found = scheme_capacity(layer(feature(box(0, 0, 50, 50))), SCHEMES, LAND, no_rule).loc["S1"]
    assert math.isnan(found["far"])
    assert found["coverage_ratio"] == pytest.approx(0.25)


def test_features_of_unlisted_schemes_are_passed_over(rules: RuleSet) -> None:
    found = scheme_capacity(layer(feature(box(0, 0, 50, 50), scheme="S9")), SCHEMES, LAND, rules)
    assert list(found.index) == ["S1", "S2"]
    assert found["feature_count"].tolist() == [0, 0]


def test_inputs_stay_rows_align_and_order_is_irrelevant(rules: RuleSet) -> None:
    features = layer(
        feature(box(0, 0, 50, 50)),
        feature(box(25, 0, 75, 50), scheme="S2", storey_heights_m="9;9"),
        feature(box(0, 0, 80, 60), "green"),
    )
    before = features.copy(deep=True)
    found = scheme_capacity(features, SCHEMES, LAND, rules)
    assert_geodataframe_equal(features, before)
    assert list(found.index) == list(SCHEMES.index)
    turned = scheme_capacity(features[::-1], SCHEMES[::-1], LAND[::-1], rules)
    pd.testing.assert_frame_equal(
        turned.drop(columns="geometry").loc[found.index], found.drop(columns="geometry"), check_exact=False
    )


def test_degrees_are_refused(rules: RuleSet) -> None:
    with pytest.raises(CrsError, match="scheme_features"):
        scheme_capacity(layer(feature(box(0, 0, 1, 1)), crs="EPSG:4490"), SCHEMES, LAND, rules)


def test_storey_heights_by_building() -> None:
    texts = pd.Series(["9.0;4.5", None, " 6 ; 5 "], index=["a", "b", "c"])
    heights = storey_heights(texts)
    assert list(zip(heights.index, heights, strict=True)) == [
        ("a", 9.0),
        ("a", 4.5),
        ("b", 0.0),
        ("c", 6.0),
        ("c", 5.0),
    ]
    assert storey_heights(pd.Series([9.0, np.nan])).tolist() == [9.0, 0.0]
