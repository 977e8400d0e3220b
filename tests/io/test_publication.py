"""GeoJSON for the public: WGS 84, six decimals, released columns only."""

import json

import pytest
import shapely

from parcelplan import schema
from parcelplan.errors import CrsError, InputError
from parcelplan.io.publication import publishable, write_public
from tests.builders import frame, line, square


def published(raw, tmp_path, **options):
    findings = write_public(raw, tmp_path / "p.geojson", **options)
    return json.loads((tmp_path / "p.geojson").read_text(encoding="utf-8")), findings


def lines_of(**columns):
    return frame([line((0, 0), (100, 0))], **({"line_id": ["L1"], "voltage_kv": [220.0]} | columns))


def test_only_released_columns_stay_and_the_others_are_named(tmp_path):
    raw = lines_of(owner=["国网"], half_spread_m=[8.0], phone=["138"])
    told, findings = published(raw, tmp_path)
    (feature,) = told["features"]
    assert (feature["id"], feature["properties"]) == ("L1", {"line_id": "L1", "voltage_kv": 220.0})
    assert "国网" not in json.dumps(told, ensure_ascii=False)
    (dropped,) = [item for item in findings if item.code == "public.dropped_columns"]
    assert dropped.value == "owner, half_spread_m, phone"


def test_coordinates_are_degrees_of_six_decimals(tmp_path):
    told, findings = published(frame([square(0)], DKBH=["A"]), tmp_path)
    points = [value for point in told["features"][0]["geometry"]["coordinates"][0] for value in point]
    assert all(round(value, 6) == value for value in points)
    assert any(round(value, 5) != value for value in points)
    assert 106.3 < points[0] < 106.4
    assert "public.written" in findings.codes()


def test_names_become_those_of_the_registry(tmp_path):
    told, _ = published(frame([square(0)], 宗地编号=["A"], 期=[1]), tmp_path)
    assert told["features"][0]["properties"] == {"parcel_id": "A", "phase": 1}


def test_figures_come_in_the_units_of_the_registry(tmp_path):
    raw = frame([square(0)], DKBH=["A"], **{"面积（公顷）": ["1"], "容积率": ["1.0≤R≤1.4"]})
    told, findings = published(raw, tmp_path)
    properties = told["features"][0]["properties"]
    assert properties == {"parcel_id": "A", "declared_area_mu": 15.0, "far_min": 1.0, "far_max": 1.4}
    assert "public.dropped_columns" not in findings.codes()


def test_ids_stand_among_the_properties(tmp_path):
    told, _ = published(frame([square(0), square(1)], DKBH=["A", "A"], 期=[1, 1]), tmp_path)
    assert [item["properties"]["parcel_id"] for item in told["features"]] == ["A", "A"]


def test_a_feature_too_small_for_the_grid_is_found(tmp_path):
    told, findings = published(frame([square(0), square(1, side_m=0.01)], DKBH=["A", "B"]), tmp_path)
    assert [item.feature_id for item in findings if item.code == "public.vanished"] == ["B"]
    assert told["features"][1]["geometry"] is None


def test_a_layer_that_fits_nothing_is_refused_unless_it_is_named(tmp_path):
    raw = frame([square(0)], A1=["x"])
    with pytest.raises(InputError, match="--table"):
        published(raw, tmp_path)
    assert list(tmp_path.iterdir()) == []
    told, _ = published(raw, tmp_path, table="parcels")
    assert told["features"][0]["properties"] == {}


def test_a_layer_without_a_place_is_refused(tmp_path):
    with pytest.raises(CrsError, match="--crs"):
        published(frame([square(0)], crs=None, DKBH=["A"]), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_input_is_not_changed():
    raw = lines_of(owner=["国网"])
    before = raw.copy(deep=True)
    publishable(raw)
    assert raw.equals(before)
    assert shapely.equals_exact(raw.geometry.to_numpy(), before.geometry.to_numpy()).all()


def test_owners_and_business_figures_are_not_released():
    kept_back = {
        (name, column.name)
        for name, spec in schema.tables().items()
        for column in spec.columns
        if not column.public
    }
    assert {("power_lines", "owner"), ("schemes", "annual_tax_wanyuan"), ("works", "progress")} <= kept_back
    assert not {name for name, column in kept_back if schema.table(name).key == column}
