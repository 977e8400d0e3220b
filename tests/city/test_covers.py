"""Covers in a file: all are there, and of them only what lies near is read."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely

from parcelplan.city.covers import COLUMNS, ROWS_PER_GROUP, Covers, open_covers, write_covers
from tests.builders import CRS, EAST, NORTH, frame, line


@pytest.fixture(scope="module")
def features():
    rng = np.random.default_rng(5)
    places = rng.permutation(400)
    shapes = [line((100 * (k % 20), 100 * (k // 20)), (100 * (k % 20) + 30, 100 * (k // 20))) for k in places]
    shapes.append(line((0, 0), (2000, 2000)))
    ids = [f"road:{place}" for place in places] + ["road:long"]
    nothing = pd.Series(pd.NaT, index=range(401)).astype("datetime64[us]")
    return frame(
        shapes,
        cover_id=ids,
        kind=["road"] * 401,
        work_id=[""] * 401,
        begins_with=[""] * 401,
        from_on=nothing,
        until_on=nothing,
        distance_m=[2.0] * 401,
    )


@pytest.fixture(scope="module")
def covers(features, tmp_path_factory):
    path = tmp_path_factory.mktemp("covers") / "covers.parquet"
    write_covers(features, path)
    return open_covers(path)


def test_every_feature_is_there_as_wide_as_it_reaches(features, covers):
    read = dict(zip(covers.table["cover_id"], covers.shapes(np.arange(401)), strict=True))
    for name, shape in zip(features["cover_id"], features.geometry, strict=True):
        assert shapely.equals(read[name], shapely.buffer(shape, 2.0, quad_segs=8))
    np.testing.assert_array_equal(covers.bounds, shapely.bounds(covers.shapes(np.arange(401))))


def test_those_that_touch_a_rectangle_are_the_ones_that_are_told(covers):
    spot = (EAST + 500, NORTH + 700, EAST + 640, NORTH + 810)
    near = covers.touching(np.array(spot))
    everything = shapely.box(*covers.bounds.T)
    np.testing.assert_array_equal(near, np.flatnonzero(shapely.intersects(everything, shapely.box(*spot))))
    assert 1 < len(near) < 12
    shapes = covers.shapes(near)
    assert shapely.equals(shapes, covers.shapes(np.arange(401))[near]).all()


def test_what_lies_nowhere_near_is_not_read(covers):
    near = covers.touching(np.array([EAST - 900, NORTH, EAST - 800, NORTH + 10]))
    assert len(near) == 0
    assert len(covers.shapes(near)) == 0


def test_what_the_last_question_asked_for_is_not_read_again(covers, monkeypatch):
    everything = covers.shapes(np.arange(401))
    some, others = np.arange(10, 60), np.arange(40, 90)
    first = covers.shapes(some)
    opened = []
    monkeypatch.setattr(Covers, "_read", lambda self, numbers: opened.append(numbers) or everything[numbers])
    second = covers.shapes(others)
    assert [numbers.tolist() for numbers in opened] == [list(range(60, 90))]
    assert (second[:20] == first[30:]).all()
    assert shapely.equals(second, everything[others]).all()
    covers.shapes(some)
    assert opened[1].tolist() == list(range(10, 40))


def test_long_features_are_read_a_few_at_a_time(tmp_path):
    line = np.column_stack([EAST + np.arange(20_000.0), NORTH + np.arange(20_000.0) % 2])
    shapes = shapely.linestrings(np.stack([line + np.array([0.0, 50.0 * number]) for number in range(12)]))
    layer = gpd.GeoDataFrame({name: [None] * 12 for name in COLUMNS}, geometry=shapes, crs=CRS)
    write_covers(layer.assign(distance_m=0.1), tmp_path / "covers.parquet")
    covers = open_covers(tmp_path / "covers.parquet")
    told = pq.read_metadata(covers.path)
    assert told.num_row_groups > 3
    assert shapely.equals(covers.shapes(np.arange(12)), shapely.buffer(shapes, 0.1, quad_segs=8)).sum() == 12


def test_neighbours_share_row_groups_and_long_features_keep_to_themselves(covers):
    told = pq.read_metadata(covers.path)
    assert max(told.row_group(n).num_rows for n in range(told.num_row_groups)) == ROWS_PER_GROUP
    assert covers.table["cover_id"][0] == "road:long"
    spans = [
        np.ptp(covers.bounds[begin : begin + ROWS_PER_GROUP, [0, 2]])
        for begin in range(ROWS_PER_GROUP, 401, ROWS_PER_GROUP)
    ]
    assert max(spans) < 1500


def test_the_file_is_geoparquet_that_others_can_read(covers):
    frame = gpd.read_parquet(covers.path)
    assert frame.crs == CRS
    near = gpd.read_parquet(covers.path, bbox=(EAST + 500, NORTH + 700, EAST + 640, NORTH + 810))
    assert len(near) < 20


def test_no_features_make_an_empty_file(features, tmp_path):
    write_covers(features.iloc[:0], tmp_path / "covers.parquet")
    covers = open_covers(tmp_path / "covers.parquet")
    assert len(covers.table) == 0
    assert len(covers.touching(np.array([0.0, 0.0, 1e9, 1e9]))) == 0
