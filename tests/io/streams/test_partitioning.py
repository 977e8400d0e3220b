"""Partitions hold every parcel once, neighbours together, the same ones every time."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from parcelplan.errors import ConfigError, InputError
from parcelplan.io.streams import open_parcels, partition_parcels, partitioning, read_chunk
from tests.io.streams.fields import CRS, assert_same, field, patchy, written


def ordered(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.sort_values("parcel_id").reset_index(drop=True)


def read_all(folder: Path) -> gpd.GeoDataFrame:
    return pd.concat([read_chunk(ref) for ref in open_parcels(folder).chunks()])


def shuffled(count: int) -> gpd.GeoDataFrame:
    return field(count).sample(frac=1.0, random_state=1).reset_index(drop=True)


@pytest.mark.parametrize("name", ["a.parquet", "a.gpkg", "a.fgb"])
def test_every_parcel_is_in_one_partition(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitioning, "_READ_ROWS", 7)
    frame = patchy(50)
    path = written(frame, tmp_path / name, **({"SPATIAL_INDEX": "NO"} if name == "a.fgb" else {}))
    told: list[tuple[int, int]] = []
    done = partition_parcels(
        path, tmp_path / "out", rows_per_partition=12, on_progress=lambda *item: told.append(item)
    )
    assert told == sorted(told)
    assert told[-1] == (150, 150)
    assert [item.name for item in done.files] == [f"part-{number:05d}.parquet" for number in range(5)]
    assert [len(gpd.read_parquet(item)) for item in done.files] == [12, 12, 12, 12, 2]
    plain = pd.concat([read_chunk(ref) for ref in open_parcels(path).chunks()])
    assert_same(ordered(read_all(tmp_path / "out")), ordered(plain))
    assert {item.name for item in tmp_path.iterdir()} == {name, "out"}


@settings(max_examples=12)
@given(rows=st.integers(1, 40), per=st.integers(4, 45), read=st.integers(4, 45), seed=st.integers(0, 9))
def test_neither_order_nor_batches_change_who_is_there(
    tmp_path_factory: pytest.TempPathFactory, rows: int, per: int, read: int, seed: int
) -> None:
    folder = tmp_path_factory.mktemp("parts")
    frame = field(40).sample(rows, random_state=seed)
    path = written(frame, folder / "a.parquet")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(partitioning, "_READ_ROWS", read)
        partition_parcels(path, folder / "out", rows_per_partition=per)
    partition_parcels(
        written(frame.iloc[::-1], folder / "b.parquet"), folder / "turned", rows_per_partition=per
    )
    assert_same(ordered(read_all(folder / "out")), ordered(frame))
    names = [item.name for item in sorted((folder / "out").glob("part-*"))]
    assert len(names) == -(-rows // per)
    for name in names:
        assert (folder / "out" / name).read_bytes() == (folder / "turned" / name).read_bytes()


def test_a_partition_holds_neighbours(tmp_path: Path) -> None:
    frame = shuffled(256)
    done = partition_parcels(written(frame, tmp_path / "a.parquet"), tmp_path / "out", rows_per_partition=32)
    ids = [set(gpd.read_parquet(item)["parcel_id"]) for item in done.files]
    places = frame.set_index("parcel_id").centroid
    spread = [np.hypot(places[list(part)].x.std(), places[list(part)].y.std()) for part in ids]
    everywhere = np.hypot(places.x.std(), places.y.std())
    assert np.mean(spread) < everywhere / 2


def test_the_folder_tells_what_it_holds(tmp_path: Path) -> None:
    frame = patchy(30)
    done = partition_parcels(written(frame, tmp_path / "a.parquet"), tmp_path / "out", rows_per_partition=8)
    told = json.loads((tmp_path / "out" / "_partitions.json").read_text(encoding="utf-8"))
    assert (told["rows"], told["source"]["name"]) == (30, "a.parquet")
    assert [item["rows"] for item in told["partitions"]] == [8, 8, 8, 6]
    for item, file in zip(told["partitions"], done.files, strict=True):
        shapes = gpd.read_parquet(file).geometry.to_numpy()
        there = shapes[~shapely.is_missing(shapes)]
        bounds = shapely.total_bounds(there)
        assert item["bounds"] == (None if np.isnan(bounds[0]) else bounds.tolist())
    stream = open_parcels(tmp_path / "out", chunk_rows=5)
    assert (stream.rows, stream.crs.to_string(), stream.columns[0]) == (30, CRS, "parcel_id")
    np.testing.assert_allclose(stream.bounds, frame.total_bounds)
    assert [ref.rows for ref in stream.chunks()] == [5, 3, 5, 3, 5, 3, 5, 1]


def test_parcels_without_a_place_come_last_and_one_spot_is_enough(tmp_path: Path) -> None:
    frame = patchy(30)
    far = gpd.GeoSeries([shapely.box(np.nan, 0, 1, 1)], crs=CRS)
    frame.loc[7, "geometry"] = far[0]
    partition_parcels(written(frame, tmp_path / "a.parquet"), tmp_path / "out")
    shapes = read_all(tmp_path / "out").geometry.to_numpy()
    placed = np.isfinite(shapely.bounds(shapes)).all(axis=1)
    assert placed.tolist() == sorted(placed.tolist(), reverse=True)
    assert 0 < placed.sum() < 30
    partition_parcels(written(field(1), tmp_path / "one.parquet"), tmp_path / "one")
    partition_parcels(written(frame.iloc[3:5], tmp_path / "none.parquet"), tmp_path / "none")
    assert (len(read_all(tmp_path / "one")), len(read_all(tmp_path / "none"))) == (1, 2)


def test_a_partition_that_breaks_later_is_a_problem_of_its_own(tmp_path: Path) -> None:
    done = partition_parcels(
        written(field(30), tmp_path / "a.parquet"), tmp_path / "out", rows_per_partition=10
    )
    done.files[1].write_bytes(b"torn")
    stream = open_parcels(tmp_path / "out")
    assert stream.rows == 30
    assert [len(read_chunk(ref)) for ref in (stream.chunks()[0], stream.chunks()[2])] == [10, 10]
    with pytest.raises(InputError, match="part-00001"):
        read_chunk(stream.chunks()[1])


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    path = written(field(5), tmp_path / "a.parquet")
    (tmp_path / "out").mkdir()
    partition_parcels(path, tmp_path / "out")
    before = {item.name: item.read_bytes() for item in (tmp_path / "out").iterdir()}
    with pytest.raises(InputError, match="out"):
        partition_parcels(path, tmp_path / "out")
    assert before == {item.name: item.read_bytes() for item in (tmp_path / "out").iterdir()}
    with pytest.raises(ConfigError, match="0"):
        partition_parcels(path, tmp_path / "none", rows_per_partition=0)


def test_an_input_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(2):
        written(field(9), tmp_path / "in" / f"{number}.parquet")
    torn = bytearray((tmp_path / "in" / "1.parquet").read_bytes())
    torn[4:900] = bytes(896)
    (tmp_path / "in" / "1.parquet").write_bytes(torn)
    with pytest.raises(InputError, match=r"1\.parquet"):
        partition_parcels(tmp_path / "in", tmp_path / "out")
    assert {item.name for item in tmp_path.iterdir()} == {"in"}
