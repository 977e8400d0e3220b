"""A result as a folder of partitions."""

from dataclasses import replace

import geopandas as gpd
import pytest
from geopandas.testing import assert_geodataframe_equal

from geodata.city_build.region import Region
from parcelplan.city.partitions import is_folder
from parcelplan.city.request import LayerSpec, Request
from parcelplan.city.running import screen_file
from parcelplan.errors import ConfigError

COUNT, ROWS = 600, 200


@pytest.fixture
def request_for_folder(tmp_path):
    """A small region whose result is to be a folder."""
    region = Region(COUNT)
    region.parcels().to_parquet(tmp_path / "parcels.parquet", index=False)
    region.layer("road").to_parquet(tmp_path / "road.parquet")
    layer = LayerSpec(kind="road", path=tmp_path / "road.parquet", width="dist")
    return Request(
        parcels=tmp_path / "parcels.parquet", out=tmp_path / "out", constraints=(layer,), chunk_rows=ROWS
    )


def test_partitions_hold_what_the_file_holds_and_can_be_read_as_one(request_for_folder, tmp_path):
    outcome = screen_file(request_for_folder)
    assert outcome.finished
    assert [path.name for path in sorted(outcome.out.iterdir())] == [
        f"part-0000{i}.parquet" for i in range(3)
    ]
    file = screen_file(replace(request_for_folder, out=tmp_path / "out.parquet")).out
    apart, joined = gpd.read_parquet(outcome.out), gpd.read_parquet(file)
    assert apart.crs == joined.crs
    assert_geodataframe_equal(apart, joined)
    assert {path.name for path in tmp_path.iterdir()} == {
        "out",
        "out.parquet",
        "parcels.parquet",
        "road.parquet",
    }


def test_partitions_are_parcels_of_another_screening(request_for_folder, tmp_path):
    first = screen_file(request_for_folder)
    again = replace(request_for_folder, parcels=first.out, out=tmp_path / "again")
    assert screen_file(again).totals["blocked_m2"] == pytest.approx(0.0, abs=1e-3)


def test_a_folder_of_partitions_is_replaced_only_on_request(request_for_folder):
    out = screen_file(request_for_folder).out
    fewer = replace(request_for_folder, chunk_rows=COUNT)
    with pytest.raises(ConfigError, match="out"):
        screen_file(fewer)
    assert len(list(out.iterdir())) == 3
    screen_file(fewer, overwrite=True)
    assert [path.name for path in out.iterdir()] == ["part-00000.parquet"]


def test_a_folder_with_other_files_is_left_alone(request_for_folder):
    request_for_folder.out.mkdir()
    note = request_for_folder.out / "notes.txt"
    note.write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match="was left as it is"):
        screen_file(request_for_folder, overwrite=True)
    assert note.read_text(encoding="utf-8") == "mine"


def test_what_has_an_ending_or_is_a_file_is_no_folder(tmp_path):
    (tmp_path / "plain").touch()
    assert is_folder(tmp_path / "out")
    assert not is_folder(tmp_path / "out.parquet")
    assert not is_folder(tmp_path / "plain")
