"""Parts joined are one file in their order, in each format, whole or not at all."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely

from parcelplan.errors import ConfigError, CrsError, InputError
from parcelplan.io.streams import assemble, open_parcels, read_chunk, write_part
from tests.io.streams.fields import CRS, assert_same, field, patchy, read_plainly

FORMATS = ["out.parquet", "out.gpkg", "out.fgb"]


def parts_of(frame: gpd.GeoDataFrame, folder: Path, rows: int = 15) -> list[Path]:
    return [
        write_part(frame.iloc[start : start + rows], folder / f"part-{start:03d}")
        for start in range(0, len(frame), rows)
    ]


def test_a_part_is_a_geoparquet_with_the_bounds_of_every_row(tmp_path: Path) -> None:
    frame = patchy(40)
    path = write_part(frame, tmp_path / "part.parquet")
    assert_same(read_plainly(path), frame)
    window = tuple(shapely.bounds(frame.geometry[1]))
    assert 0 < len(gpd.read_parquet(path, bbox=window)) < 10
    geo = json.loads(pq.read_metadata(path).metadata[b"geo"])
    column = geo["columns"]["geometry"]
    assert (geo["version"], column["geometry_types"]) == ("1.1.0", ["MultiPolygon", "Polygon"])
    np.testing.assert_allclose(column["bbox"], frame.total_bounds)
    assert pq.read_table(path)["bbox"].null_count == 13  # null and empty shapes have no bounds
    assert [item.name for item in tmp_path.iterdir()] == ["part.parquet"]


def test_the_same_frame_gives_the_same_bytes_and_stays_as_it_was(tmp_path: Path) -> None:
    frame = patchy(20).assign(bbox="mine")
    before = frame.copy()
    first, second = (write_part(frame, tmp_path / name).read_bytes() for name in ("a", "b"))
    assert first == second
    assert_same(frame, before)
    stream = open_parcels(tmp_path / "a")
    assert_same(read_chunk(stream.chunks()[0]), frame)
    with pytest.raises(CrsError):
        write_part(frame.set_crs(None, allow_override=True), tmp_path / "c")


def test_an_unpacked_part_says_the_same(tmp_path: Path) -> None:
    frame = patchy(40)
    packed, plain = (write_part(frame, tmp_path / str(way), packed=way) for way in (True, False))
    assert_same(gpd.read_parquet(plain), gpd.read_parquet(packed))
    codecs = [pq.read_metadata(path).row_group(0).column(0).compression for path in (packed, plain)]
    assert codecs == ["ZSTD", "UNCOMPRESSED"]
    one, other = (assemble([path], path.with_suffix(".parquet"), crs=CRS) for path in (packed, plain))
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("name", FORMATS)
def test_parts_joined_are_the_table(tmp_path: Path, name: str) -> None:
    frame = patchy(40)
    out = assemble(parts_of(frame, tmp_path), tmp_path / name, crs=CRS)
    read = read_plainly(out)
    shapes, read_shapes = frame.geometry.to_numpy(), read.geometry.to_numpy()
    assert_same(
        read.drop(columns="geometry").assign(geometry=frame.geometry).set_geometry("geometry"), shifted(frame)
    )
    if name.endswith(".fgb"):  # which knows no empty shapes
        shapes = np.where(shapely.is_empty(shapes), None, shapes)
    assert (shapely.is_missing(read_shapes) == shapely.is_missing(shapes)).all()
    assert (shapely.is_empty(read_shapes) == shapely.is_empty(shapes)).all()
    there = ~shapely.is_missing(shapes)
    assert shapely.equals(read_shapes[there], shapes[there]).all()
    assert read.crs == frame.crs
    if not name.endswith(".parquet"):
        assert pyogrio.read_info(out)["geometry_type"] == "MultiPolygon"
        assert set(shapely.get_type_id(read_shapes[there])) == {shapely.GeometryType.MULTIPOLYGON}
        assert (shapely.get_num_geometries(read_shapes[shapely.is_empty(read_shapes)]) == 0).all()


def shifted(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The frame with its geometry last."""
    return frame[[*frame.columns.drop("geometry"), "geometry"]]


@pytest.mark.parametrize("name", FORMATS)
def test_columns_that_a_part_lacks_are_null_there(tmp_path: Path, name: str) -> None:
    frame = field(6).assign(fid=7, geometry_note="x")
    parts = [
        write_part(frame, tmp_path / "a"),
        write_part(frame.drop(columns="geometry_note").assign(floors=pd.NA), tmp_path / "b"),
    ]
    read = read_plainly(assemble(parts, tmp_path / name, crs=CRS))
    assert read["geometry_note"].isna().tolist() == [False] * 6 + [True] * 6
    assert read["floors"].isna().tolist() == [False] * 6 + [True] * 6
    assert read["fid"].tolist() == [7] * 12


def test_polygons_alone_stay_polygons(tmp_path: Path) -> None:
    frame = field(12).iloc[1:5]
    for name in ("out.gpkg", "out.fgb"):
        assemble(parts_of(frame, tmp_path), tmp_path / name, crs=CRS)
        assert pyogrio.read_info(tmp_path / name)["geometry_type"] == "Polygon"


@pytest.mark.parametrize("name", FORMATS)
def test_a_part_that_cannot_be_read_is_named_and_what_was_there_stays(tmp_path: Path, name: str) -> None:
    parts = parts_of(field(40), tmp_path)
    (tmp_path / name).write_text("old")
    torn = bytearray(parts[1].read_bytes())
    torn[4:2000] = bytes(1996)
    parts[1].write_bytes(torn)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(InputError, match="part-015"):
        assemble(parts, tmp_path / name, crs=CRS)
    parts[1].unlink()
    with pytest.raises(InputError, match="part-015"):
        assemble(parts, tmp_path / name, crs=CRS)
    assert (tmp_path / name).read_text() == "old"
    assert sorted([*tmp_path.iterdir(), parts[1]]) == before


def test_types_that_do_not_go_together_are_named(tmp_path: Path) -> None:
    parts = [write_part(field(3), tmp_path / "a"), write_part(field(3).assign(floors="two"), tmp_path / "b")]
    with pytest.raises(InputError, match="floors"):
        assemble(parts, tmp_path / "out.parquet", crs=CRS)


def test_an_unknown_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"out\.shp.*\.gpkg"):
        assemble(parts_of(field(3), tmp_path), tmp_path / "out.shp", crs=CRS)


# --- a writer that is stopped

KILLED = """
import os, signal, sys
from parcelplan.io.streams import assembling

def fitted(batch, schema, seen=[]):
    seen.append(batch)
    if len(seen) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return batch.select(schema.names)

assembling.fitted = fitted
for name in ("out.parquet", "out.gpkg", "out.fgb"):
    if os.fork() == 0:
        assembling.assemble(sys.argv[2:], sys.argv[1] + "/" + name, crs="EPSG:4523")
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.wait()[1]))
"""
FULL = """
import resource, sys
from parcelplan.errors import InputError
from parcelplan.io.streams import assemble, open_parcels, partition_parcels, stage, write_part

folder, whole, *parts = sys.argv[1:]
frame = __import__("geopandas").read_parquet(whole)
calls = {
    "part": lambda out: write_part(frame, out),
    "out.fgb": lambda out: assemble(parts, out, crs="EPSG:4523"),
    "out.gpkg": lambda out: assemble(parts, out, crs="EPSG:4523"),
    "out.parquet": lambda out: assemble(parts, out, crs="EPSG:4523"),
    "partitions": lambda out: partition_parcels(whole, out),
    "copies": lambda out: stage(open_parcels(whole, chunk_rows=100), out),
}
for name, call in calls.items():
    # an empty GeoPackage alone takes 100 kB
    most = 150_000 if name == "out.gpkg" else 40_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    try:
        call(folder + "/" + name)
    except InputError as error:
        print(name, error.code, error)
"""


def in_a_process(script: str, *said: Path) -> str:
    root = Path(__file__).resolve().parents[3]
    command = [sys.executable, "-c", script, *map(str, said)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_kill_leaves_nothing_under_the_final_name(tmp_path: Path) -> None:
    parts, out = parts_of(field(60), tmp_path), tmp_path / "out"
    out.mkdir()
    assert in_a_process(KILLED, out, *parts).split() == ["-9"] * 3
    assert {item.name for item in out.iterdir()} == {f".{name}.partial" for name in FORMATS}
    for name in FORMATS:
        assemble(parts, out / name, crs=CRS)
    assert {item.name for item in out.iterdir()} == set(FORMATS)


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
def test_a_disk_that_fills_up_is_named(tmp_path: Path) -> None:
    parts, out = parts_of(pd.concat([field(600)] * 4), tmp_path, rows=600), tmp_path / "out"
    whole = assemble(parts, tmp_path / "in.parquet", crs=CRS)
    out.mkdir()
    said = in_a_process(FULL, out, whole, *parts).splitlines()
    assert [line.split()[:2] for line in said] == [
        [name, "error.disk_full"] for name in ("part", *FORMATS[::-1], "partitions", "copies")
    ]
    assert all(str(out) in line for line in said)
    assert [item for item in out.rglob("*") if item.is_file()] == []


def test_what_a_killed_run_left_does_not_stay(tmp_path: Path) -> None:
    left = tmp_path / ".out.gpkg.partial"
    left.mkdir()
    shutil.copy(write_part(field(3), tmp_path / "a"), left / "out.gpkg")
    assemble([tmp_path / "a"], tmp_path / "out.gpkg", crs=CRS)
    assert sorted(item.name for item in tmp_path.iterdir()) == ["a", "out.gpkg"]
