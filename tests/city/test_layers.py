"""Loose layers: what is odd is found, counted and named, and the rest is used."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from shapely import GeometryCollection, Point, Polygon, box

from parcelplan.city.layers import read_layers
from parcelplan.city.request import parse_constraint
from parcelplan.errors import ConfigError, CrsError, InputError
from tests.builders import CRS, EAST, NORTH, frame, line, square
from tests.city.loose import BOWTIE, saved

PLANE = pyproj.CRS(CRS)


def layers(folder, data, width="dist", kind="power"):
    path = saved(data, folder / "layer.parquet")
    return read_layers([parse_constraint(f"{kind}={path}:{width}")], PLANE)


def told(done):
    return {item.code: item for item in done.findings}


def test_widths_that_cannot_be_are_counted_and_passed_over(tmp_path):
    data = frame([line((0, y), (9, y)) for y in range(5)], dist=[10.0, None, -1.0, 5.0, np.inf])
    done = layers(tmp_path, data)
    assert list(done.features["distance_m"]) == [10.0, 5.0]
    item = told(done)["city.width_unusable"]
    assert item.value == 3
    assert "1 empty, 1 negative, 1 no number" in item.message()
    assert "1, 2, 4" in item.message()


def test_words_in_a_column_of_widths_are_no_widths(tmp_path):
    done = layers(tmp_path, frame([square(0), square(1)], dist=["12.5", "wide"]))
    assert list(done.features["distance_m"]) == [12.5]
    assert "1 no number" in told(done)["city.width_unusable"].message()


def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path):
    with pytest.raises(ConfigError, match="dist"):
        layers(tmp_path, frame([square(0)], dist=[1.0]), width="width")


def test_missing_and_mixed_geometry(tmp_path):
    mixed = GeometryCollection([square(3), Point(EAST, NORTH)])
    shapes = [square(0), None, Polygon(), line((0, 0), (9, 9)), Point(EAST, NORTH), mixed]
    done = layers(tmp_path, frame(shapes), width="0")
    assert list(shapely.area(done.features.geometry)) == [10_000.0, 10_000.0]
    assert set(done.features.geom_type) == {"Polygon"}
    assert {code: item.value for code, item in told(done).items()} == {
        "city.no_geometry": 2,
        "city.no_area": 2,
    }
    wide = layers(tmp_path, frame(shapes), width="5")
    assert len(wide.features) == 4
    assert set(told(wide)) == {"city.no_geometry"}


def test_invalid_areas_are_mended_and_counted(tmp_path):
    done = layers(tmp_path, frame([BOWTIE, square(2)]), width="0")
    assert shapely.is_valid(done.features.geometry).all()
    assert shapely.area(done.features.geometry)[0] == pytest.approx(5_000.0)
    assert told(done)["city.layer_repaired"].value == 1


def test_an_area_that_folds_to_a_line_still_reaches_as_far_as_its_width(tmp_path):
    folded = Polygon([(EAST, NORTH), (EAST + 50, NORTH), (EAST + 100, NORTH)])
    assert len(layers(tmp_path, frame([folded, square(2)]), width="10").features) == 2
    flat = layers(tmp_path, frame([folded, square(2)]), width="0")
    assert told(flat)["city.no_area"].value == 1
    assert len(flat.features) == 1


def test_a_layer_in_another_system_is_brought_over_with_a_finding(tmp_path):
    plain = frame([line((0, 0), (100, 0))])
    done = layers(tmp_path, plain.to_crs("EPSG:4490"), width="10")
    assert done.features.crs == PLANE
    assert done.features.geometry[0].equals_exact(plain.geometry[0], 1e-3)
    assert "EPSG:4490" in told(done)["city.reprojected"].message()
    assert not layers(tmp_path, plain, width="10").findings


def test_a_layer_that_nobody_can_place_is_refused(tmp_path):
    unknown = gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1)])
    path = tmp_path / "layer.fgb"
    with pytest.warns(UserWarning, match="crs"):
        unknown.to_file(path)
    with pytest.raises(CrsError, match=r"layer\.fgb"):
        read_layers([parse_constraint(f"power={path}:3")], PLANE)


def test_coordinates_that_are_no_numbers_are_passed_over(tmp_path):
    odd = shapely.linestrings([(EAST, NORTH), (np.inf, NORTH)])
    done = layers(tmp_path, frame([odd, square(0)]), width="5")
    assert told(done)["city.not_finite"].value == 1
    assert len(done.features) == 1


def test_a_layer_of_which_nothing_is_left_is_refused_but_an_empty_one_is_not(tmp_path):
    with pytest.raises(InputError, match="None of the 1 feature"):
        layers(tmp_path, frame([None]), width="3")
    empty = layers(tmp_path, frame([], dist=np.empty(0)))
    assert empty.kinds == ("power",)
    assert told(empty)["city.empty_layer"].severity == "warning"


def test_days_are_read_and_those_that_cannot_be_count_as_none(tmp_path):
    data = frame(
        [square(number) for number in range(3)],
        from_on=["2026-03-01", "", None],
        until_on=["2027-01-31", "soon", pd.NaT],
        work_id=["W1", None, ""],
    )
    done = layers(tmp_path, data, width="0")
    table = done.features
    assert table["from_on"].dt.strftime("%Y-%m-%d").fillna("").tolist() == ["2026-03-01", "", ""]
    assert table["until_on"].notna().tolist() == [True, False, False]
    assert table["work_id"].tolist() == ["W1", "", ""]
    item = told(done)["city.day_unreadable"]
    assert (item.value, item.field, item.params["first"]) == (1, "until_on", "1")


def test_layers_of_one_kind_and_of_several_stand_together(tmp_path):
    specs = []
    for number, kind in enumerate(("river", "power", "river")):
        path = saved(frame([square(number)]), tmp_path / f"{number}.parquet")
        specs.append(parse_constraint(f"{kind}={path}:1"))
    done = read_layers(specs, PLANE)
    assert done.kinds == ("power", "river")
    assert done.features["kind"].tolist() == ["river", "power", "river"]
