"""GeoJSON as RFC 7946 wants it."""

import json
import math
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, box

from parcelplan.errors import CrsError
from parcelplan.io.vector.geojson import feature_collection, geojson_text, plain, write_geojson

# 106.37 E 29.48 N in EPSG:4523
EAST, NORTH = 35_632_876.483, 3_263_254.277


def layer(*shapes: object, **columns: list[object]) -> gpd.GeoDataFrame:
    index = pd.Index([f"P{k}" for k in range(1, len(shapes) + 1)], name="parcel_id")
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs="EPSG:4523", index=index)


def square(side_m: float = 100.0) -> Polygon:
    return box(EAST, NORTH, EAST + side_m, NORTH + side_m)


def rings(geometry: dict[str, object]) -> list[list[list[float]]]:
    return geometry["coordinates"]  # type: ignore[return-value]


def test_the_known_point_lands_at_its_longitude_and_latitude() -> None:
    found = feature_collection(layer(shapely.Point(EAST, NORTH)))
    assert found["bbox"][:2] == pytest.approx([106.37, 29.48], abs=1e-7)


def test_no_feature_at_all_is_a_collection_without_a_box() -> None:
    assert feature_collection(layer()) == {"type": "FeatureCollection", "features": []}


def test_rings_follow_the_right_hand_rule_whatever_they_were() -> None:
    clockwise = Polygon(list(square().exterior.coords)[::-1], [list(square(50).buffer(-10).exterior.coords)])
    shape = rings(feature_collection(layer(clockwise))["features"][0]["geometry"])
    assert shapely.LinearRing(shape[0]).is_ccw
    assert not shapely.LinearRing(shape[1]).is_ccw


def test_there_is_no_crs_member_and_at_most_seven_decimals() -> None:
    found = feature_collection(layer(square()))
    assert "crs" not in found
    for lon, lat in rings(found["features"][0]["geometry"])[0]:
        assert (round(lon, 7), round(lat, 7)) == (lon, lat)


def test_empty_and_missing_geometries_are_null() -> None:
    found = feature_collection(layer(Polygon(), None, square()))
    assert [feature["geometry"] is None for feature in found["features"]] == [True, True, False]
    assert "bbox" not in feature_collection(layer(Polygon()))


def test_missing_values_are_null_and_days_are_iso() -> None:
    frame = layer(
        square(),
        share=[math.nan],
        on=[pd.Timestamp("2024-07-01")],
        never=[pd.NaT],
        slack=pd.array([None], dtype="Int64"),
        count=np.array([3], dtype="int32"),
        name=['一号 "地" <b>'],
        far=[math.inf],
    )
    text = geojson_text(frame)
    assert "NaN" not in text
    assert "Infinity" not in text
    properties = json.loads(text)["features"][0]["properties"]
    assert properties == {
        "share": None,
        "on": "2024-07-01",
        "never": None,
        "slack": None,
        "count": 3,
        "name": '一号 "地" <b>',
        "far": None,
    }


def test_the_order_and_the_ids_are_those_of_the_frame() -> None:
    frame = layer(square(), square(50)).iloc[::-1]
    assert [item["id"] for item in feature_collection(frame)["features"]] == ["P2", "P1"]


def test_a_layer_without_a_crs_is_refused() -> None:
    with pytest.raises(CrsError, match="GeoJSON has no coordinate reference system"):
        geojson_text(layer(square()).set_crs(None, allow_override=True))


def test_the_input_stays_as_it_was() -> None:
    frame = layer(square(), name=["x"])
    before = frame.copy()
    geojson_text(frame)
    pd.testing.assert_frame_equal(frame, before)


def test_the_file_is_read_back_by_others(tmp_path: Path) -> None:
    frame = layer(square(), MultiPolygon([square(), square(50)]).buffer(0), name=["a", "b"])
    write_geojson(frame, tmp_path / "plan.geojson")
    back = gpd.read_file(tmp_path / "plan.geojson")
    assert back.crs.to_epsg() == 4326
    assert back.to_crs("EPSG:4523").area.tolist() == pytest.approx([10_000.0, 10_000.0], rel=1e-3)


@given(st.lists(st.tuples(st.floats(0, 300), st.floats(0, 300)), min_size=3, max_size=8))
def test_any_shape_comes_out_valid(points: list[tuple[float, float]]) -> None:
    hull = shapely.MultiPoint([(EAST + x, NORTH + y) for x, y in points]).convex_hull
    geometry = feature_collection(layer(hull))["features"][0]["geometry"]
    assert geometry is None or shapely.from_geojson(json.dumps(geometry)).is_valid


def test_plain_keeps_flags_and_texts() -> None:
    assert plain([True, np.bool_(False), "是", 1, None]) == [True, False, "是", 1, None]
