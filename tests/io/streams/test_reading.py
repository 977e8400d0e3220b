"""Chunks together are the file, whatever its format; a chunk is read without what lies around it."""

import json
import os
import pickle
import sqlite3
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from parcelplan.errors import CrsError, InputError
from parcelplan.io.streams import ParcelStream, iterate_chunks, open_parcels, read_chunk, stage
from parcelplan.io.streams.flatgeobuf import read_head
from tests.io.streams.fields import CRS, assert_same, field, patchy, read_plainly, written

FILES = [
    ("a.parquet", {}),
    ("a.parquet", {"row_group_size": 5, "write_covering_bbox": True}),
    ("a.parquet", {"schema_version": "1.0.0"}),
    ("a.gpkg", {}),
    ("a.fgb", {"SPATIAL_INDEX": "NO"}),
]


def joined(stream: ParcelStream) -> gpd.GeoDataFrame:
    return pd.concat([read_chunk(pickle.loads(pickle.dumps(ref))) for ref in stream.chunks()])


# --- the law


@pytest.mark.parametrize("chunk_rows", [3, 40, 100])
@pytest.mark.parametrize(("name", "said"), FILES)
def test_chunks_together_are_the_file(tmp_path: Path, name: str, said: dict, chunk_rows: int) -> None:
    path = written(patchy(40), tmp_path / name, **said)
    stream, plain = open_parcels(path, chunk_rows=chunk_rows), read_plainly(path)
    assert_same(joined(stream), plain)
    assert_same(pd.concat(iterate_chunks(stream)), plain)
    assert (stream.rows, next(ref.rows for ref in stream.chunks())) == (40, min(chunk_rows, 40))
    assert list(stream.columns) == list(plain.columns.drop(stream.geometry_column))
    assert [ref.number for ref in stream.chunks()] == list(range(-(-40 // chunk_rows)))


@settings(max_examples=20)
@given(rows=st.integers(0, 60), group=st.integers(1, 70), chunk=st.integers(5, 70))
def test_row_groups_and_chunks_may_fall_anywhere(
    tmp_path_factory: pytest.TempPathFactory, rows: int, group: int, chunk: int
) -> None:
    path = written(
        field(60).iloc[:rows], tmp_path_factory.mktemp("groups") / "a.parquet", row_group_size=group
    )
    stream = open_parcels(path, chunk_rows=chunk)
    assert_same(joined(stream), read_plainly(path))
    assert_same(pd.concat(iterate_chunks(stream)), read_plainly(path))
    assert_same(joined(stage(stream, path.parent)), read_plainly(path))


@pytest.mark.parametrize("count", [1, 15, 16, 17, 33, 257])
def test_an_indexed_flatgeobuf_is_cut_by_its_leaves(tmp_path: Path, count: int) -> None:
    path = written(field(count), tmp_path / "a.fgb", SPATIAL_INDEX="YES")
    assert read_head(path).node_size == 16
    assert_same(joined(open_parcels(path, chunk_rows=7)), read_plainly(path))


def test_a_file_without_rows_is_one_empty_chunk(tmp_path: Path) -> None:
    for name in ("a.parquet", "a.gpkg", "a.fgb"):
        path = written(
            field(4).iloc[:0], tmp_path / name, **({"SPATIAL_INDEX": "NO"} if name == "a.fgb" else {})
        )
        stream = open_parcels(path, chunk_rows=3)
        assert (stream.rows, len(stream.chunks()), len(joined(stream))) == (0, 1, 0)


def test_types_do_not_depend_on_the_chunk(tmp_path: Path) -> None:
    stream = open_parcels(written(patchy(40), tmp_path / "a.parquet"), chunk_rows=1)
    tables = [read_chunk(ref).drop(columns="geometry") for ref in stream.chunks()]
    schemas = {pa.Schema.from_pandas(table, preserve_index=False).remove_metadata() for table in tables}
    assert len(schemas) == 1
    cadastre = joined(stream)["cadastre"]
    assert cadastre.iloc[8] == 2**60 + 8  # a float would have lost the last digits
    assert cadastre.isna().sum() == 10


def test_a_named_index_is_a_column_and_an_unnamed_one_is_not(tmp_path: Path) -> None:
    frame = field(6)
    path = written(frame.set_index("parcel_id"), tmp_path / "named.parquet")
    assert joined(open_parcels(path, chunk_rows=4))["parcel_id"].tolist() == frame["parcel_id"].tolist()
    path = written(frame.iloc[::-1], tmp_path / "unnamed.parquet")
    assert open_parcels(path).columns == ("parcel_id", "area_mu", "floors")


# --- reaching a chunk


def test_a_flatgeobuf_chunk_is_read_without_those_before_it(tmp_path: Path) -> None:
    path = written(field(40), tmp_path / "a.fgb", SPATIAL_INDEX="YES")
    refs, plain = open_parcels(path, chunk_rows=10).chunks(), read_plainly(path)
    bytes_ = bytearray(path.read_bytes())
    bytes_[refs[0].start + 4 : refs[2].stop] = b"\xff" * (refs[2].stop - refs[0].start - 4)
    path.write_bytes(bytes_)
    assert_same(read_chunk(refs[3]).reset_index(drop=True), plain[30:].reset_index(drop=True))
    with pytest.raises(InputError, match=r"a\.fgb"):
        read_chunk(refs[1])


def test_a_broken_row_group_costs_its_chunk_only(tmp_path: Path) -> None:
    path = written(field(400), tmp_path / "a.parquet", row_group_size=100, compression="zstd")
    stream, plain = open_parcels(path, chunk_rows=100), read_plainly(path)
    column = pq.read_metadata(path).row_group(1).column(3)
    bytes_ = bytearray(path.read_bytes())
    begin = column.dictionary_page_offset or column.data_page_offset
    bytes_[begin : begin + column.total_compressed_size] = bytes(column.total_compressed_size)
    path.write_bytes(bytes_)
    assert_same(read_chunk(stream.chunks()[2]).reset_index(drop=True), plain[200:300].reset_index(drop=True))
    with pytest.raises(InputError, match=r"a\.parquet"):
        read_chunk(stream.chunks()[1])


def test_ids_with_gaps_are_cut_by_what_is_there(tmp_path: Path) -> None:
    path = written(field(40), tmp_path / "a.gpkg")
    with closing(sqlite3.connect(path)) as base, base:
        for (trigger,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            base.execute(f"DROP TRIGGER {trigger}")
        base.execute("DELETE FROM a WHERE fid % 3 = 0 OR fid BETWEEN 10 AND 20")
        base.execute("DELETE FROM gpkg_ogr_contents")
    stream = open_parcels(path, chunk_rows=6)
    assert_same(joined(stream), read_plainly(path))
    assert {ref.rows for ref in stream.chunks()[:-1]} == {6}


def test_a_shape_that_is_missing_does_not_end_the_process(tmp_path: Path) -> None:
    frame = patchy(12).iloc[3:4]
    path = written(frame, tmp_path / "a.fgb", SPATIAL_INDEX="NO")
    read = joined(open_parcels(path))
    assert (read.geometry.tolist(), read["parcel_id"].tolist()) == ([None], ["地块0003"])


def test_long_row_groups_are_staged_once(tmp_path: Path) -> None:
    path = written(patchy(40), tmp_path / "a.parquet")
    stream = open_parcels(path, chunk_rows=10)
    assert stream.needs_staging
    staged = stage(stream, tmp_path / "copies")
    assert not staged.needs_staging
    assert_same(joined(staged), read_plainly(path))
    (copy,) = (tmp_path / "copies").iterdir()
    assert pq.read_metadata(copy).num_row_groups == 4
    os.utime(copy, ns=(1, 1))
    stage(stream, tmp_path / "copies")
    assert copy.stat().st_mtime_ns == 1  # taken over
    written(field(39), path)
    stage(open_parcels(path, chunk_rows=10), tmp_path / "copies")
    assert len(list((tmp_path / "copies").iterdir())) == 2  # another input, another copy
    assert stage(staged, tmp_path / "unused") is staged


def test_a_file_that_changed_after_it_was_cut_is_refused(tmp_path: Path) -> None:
    for name in ("a.parquet", "a.gpkg", "a.fgb"):
        path = written(field(40), tmp_path / name)
        last = open_parcels(path, chunk_rows=10).chunks()[-1]
        path.unlink()
        written(field(33), path)
        with pytest.raises(InputError, match=name):
            read_chunk(last)
        path.unlink()
        with pytest.raises(InputError, match=name):
            read_chunk(last)


# --- what a file says of itself


def geo_changed(path: Path, **said: object) -> Path:
    table = pq.read_table(path)
    geo = json.loads(table.schema.metadata[b"geo"])
    column = geo["columns"]["geometry"] | said
    geo["columns"]["geometry"] = {name: value for name, value in column.items() if value != "absent"}
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), path)
    return path


def test_a_file_of_another_writer_is_read_alike(tmp_path: Path) -> None:
    path = written(field(9), tmp_path / "a.parquet")
    plain = read_plainly(path)
    table = pq.read_table(path)
    types = [pa.field("parcel_id", pa.dictionary(pa.int32(), pa.string())), *list(table.schema)[1:]]
    table = table.cast(pa.schema(types)).set_column(3, "geometry", table["geometry"].cast(pa.large_binary()))
    geo = json.loads(pq.read_schema(path).metadata[b"geo"]) | {"version": "1.0.0", "creator": None}
    with pq.ParquetWriter(path, table.schema.remove_metadata(), store_schema=False) as file:
        file.write_table(table.replace_schema_metadata(None))
        file.add_key_value_metadata({"geo": json.dumps(geo)})
    assert_same(joined(open_parcels(path, chunk_rows=4)), plain)


def test_no_word_of_the_crs_means_degrees_and_null_means_that_nobody_knows(tmp_path: Path) -> None:
    path = geo_changed(written(field(3), tmp_path / "a.parquet"), crs="absent")
    assert open_parcels(path).crs.to_authority() == ("OGC", "CRS84")
    with pytest.raises(CrsError, match=r"a\.parquet"):
        open_parcels(geo_changed(path, crs=None))


@pytest.mark.parametrize("name", ["a.gpkg", "a.fgb"])
def test_a_layer_without_crs_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.warns(UserWarning, match="crs"):
        pyogrio.write_dataframe(field(3).set_crs(None, allow_override=True), tmp_path / name)
    with pytest.raises(CrsError):
        open_parcels(tmp_path / name)


def test_what_cannot_be_a_stream_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere"):
        open_parcels(tmp_path / "nowhere.parquet")
    (tmp_path / "a.csv").write_text("parcel_id\n1\n")
    with pytest.raises(InputError, match=r"a\.csv.*parcelplan convert"):
        open_parcels(tmp_path / "a.csv")
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "plain.parquet")
    with pytest.raises(InputError, match=r"plain\.parquet.*geo"):
        open_parcels(tmp_path / "plain.parquet")
    polygons = field(40).explode().reset_index(drop=True)
    with pytest.raises(InputError, match="polygon"):
        open_parcels(written(polygons, tmp_path / "native.parquet", geometry_encoding="geoarrow"))
    for name in ("a.parquet", "a.fgb", "a.gpkg"):
        path = written(field(40), tmp_path / name)
        path.write_bytes(path.read_bytes()[:700])
        with pytest.raises(InputError, match=name):
            joined(open_parcels(path))


def test_the_layer_of_a_geopackage_is_chosen_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    for layer, count in (("parcels", 4), ('odd "name"', 3)):
        pyogrio.write_dataframe(field(count), path, layer=layer, geometry_type="Unknown")
    with pytest.raises(InputError, match="parcels"):
        open_parcels(path)
    with pytest.raises(InputError, match="roads"):
        open_parcels(path, layer="roads")
    assert len(joined(open_parcels(path, layer="parcels", chunk_rows=3))) == 4
    assert len(joined(open_parcels(path, layer='odd "name"', chunk_rows=2))) == 3


# --- folders of partitions


def test_a_folder_is_one_stream_and_a_broken_file_is_one_broken_chunk(tmp_path: Path) -> None:
    frame = field(30)
    for number in range(3):
        written(frame.iloc[10 * number : 10 * number + 10], tmp_path / f"p{number}.parquet")
    assert_same(joined(open_parcels(tmp_path, chunk_rows=4)), frame)
    assert [ref.first_row for ref in open_parcels(tmp_path, chunk_rows=4).chunks()][3:5] == [10, 14]
    (tmp_path / "p1.parquet").write_bytes(b"PAR1 torn")
    stream = open_parcels(tmp_path)
    assert stream.rows == 20
    assert_same(read_chunk(stream.chunks()[2]).reset_index(drop=True), frame[20:].reset_index(drop=True))
    with pytest.raises(InputError, match=r"p1\.parquet"):
        read_chunk(stream.chunks()[1])


def test_a_folder_of_two_systems_or_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="partition"):
        open_parcels(tmp_path)
    written(field(3), tmp_path / "a.parquet")
    written(field(3).to_crs("EPSG:4326"), tmp_path / "b.parquet")
    with pytest.raises(CrsError, match=r"b\.parquet"):
        open_parcels(tmp_path)


def test_partitions_whose_columns_do_not_go_together_are_refused(tmp_path: Path) -> None:
    written(field(3), tmp_path / "a.parquet")
    written(field(3).assign(extra=1.5).drop(columns="floors"), tmp_path / "b.parquet")
    assert open_parcels(tmp_path).columns == ("parcel_id", "area_mu", "floors", "extra")
    written(field(3).assign(floors="two"), tmp_path / "b.parquet")
    with pytest.raises(InputError, match="floors"):
        open_parcels(tmp_path)
    written(field(3).rename_geometry("shape"), tmp_path / "b.parquet")
    with pytest.raises(InputError, match="shape"):
        open_parcels(tmp_path)


def test_bounds_are_those_the_file_tells(tmp_path: Path) -> None:
    frame = field(20)
    for name in ("a.parquet", "a.gpkg", "a.fgb"):
        told = open_parcels(written(frame, tmp_path / name)).bounds
        np.testing.assert_allclose(told, shapely.total_bounds(frame.geometry.to_numpy()))
    assert str(open_parcels(tmp_path / "a.fgb").crs.to_string()) == CRS


def test_a_text_that_is_no_text_is_named_with_its_file(tmp_path: Path) -> None:
    path = written(field(20), tmp_path / "a.gpkg")
    with closing(sqlite3.connect(path)) as base, base:
        for (trigger,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            base.execute(f"DROP TRIGGER {trigger}")
        base.execute("UPDATE a SET parcel_id = CAST(X'FF41' AS TEXT) WHERE fid = 15")
    first, second = open_parcels(path, chunk_rows=10).chunks()
    assert len(read_chunk(first)) == 10
    with pytest.raises(InputError, match=r"a\.gpkg"):
        read_chunk(second)
