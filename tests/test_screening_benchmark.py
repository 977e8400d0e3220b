"""Regions made up from a seed, and the benchmark that screens them, on tiny ones."""

import argparse
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal

from benchmarks import screening
from benchmarks.screening import FIGURES, compare, growth, lay_down
from geodata.city_build.region import (
    CORRIDOR_M,
    DATES,
    KM_PER_KM2,
    LEAST_VERTICES,
    MOST_VERTICES,
    PARCELS_PER_BLOCK,
    PITCH_M,
    SOUTH,
    WEST,
    Region,
)
from parcelplan.geometry.screening import buffer_covers, screen

ROOT = Path(__file__).resolve().parents[1]
KINDS = list(KM_PER_KM2)


@pytest.fixture(scope="module")
def parcels() -> gpd.GeoDataFrame:
    return Region(3_000, seed=4).parcels()


def ran(out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "benchmarks/screening.py", "--out", str(out), "--threads", "2", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


# --- regions


def test_a_seed_always_makes_the_same_region():
    one, same, other = Region(500, seed=7), Region(500, seed=7), Region(500, seed=8)
    assert_geodataframe_equal(one.parcels(), same.parcels())
    assert not one.parcels().geometry.equals(other.parcels().geometry)
    for kind in KINDS:
        assert_geodataframe_equal(one.layer(kind), same.layer(kind))
        assert not one.layer(kind)["dist"].equals(other.layer(kind)["dist"])


def test_blocks_do_not_depend_on_what_was_made_before():
    region = Region(2 * PARCELS_PER_BLOCK + 300, seed=2)
    blocks = list(region.parcel_blocks())
    assert [len(block) for block in blocks] == [PARCELS_PER_BLOCK, PARCELS_PER_BLOCK, 300]
    again = next(region.parcel_blocks())
    assert_geodataframe_equal(blocks[0], again)
    # the same block of a larger region: only its place and its number of neighbours differ
    whole = next(replace(region, count=3 * PARCELS_PER_BLOCK).parcel_blocks())
    assert_geodataframe_equal(blocks[0], whole)
    assert not shapely.equals(blocks[0].geometry.iloc[0], blocks[1].geometry.iloc[0])


@pytest.mark.parametrize("count", [1, 99, 100, 10_001])
def test_a_region_has_as_many_parcels_as_asked_for(count: int):
    parcels = Region(count).parcels()
    assert len(parcels) == count
    assert parcels["parcel_id"].is_unique


def test_parcels_are_valid_and_apart(parcels: gpd.GeoDataFrame):
    assert parcels.is_valid.all()
    assert (parcels.geom_type == "Polygon").all()
    left, _ = shapely.STRtree(parcels.geometry).query(parcels.geometry, predicate="intersects")
    assert len(left) == len(parcels)


def test_parcels_have_4_to_60_vertices_and_some_a_yard(parcels: gpd.GeoDataFrame):
    shells = shapely.get_num_coordinates(shapely.get_exterior_ring(parcels.geometry)) - 1
    assert shells.min() == LEAST_VERTICES
    assert shells.max() == MOST_VERTICES
    yards = shapely.get_num_interior_rings(parcels.geometry)
    assert set(yards) == {0, 1}
    assert 0.001 < (yards > 0).mean() < 0.02
    assert parcels.area.between(0.1 * PITCH_M**2, PITCH_M**2).all()


def test_lines_lie_in_the_region_and_fill_it_to_their_density():
    region = Region(40_000, seed=3)
    there = shapely.box(WEST, SOUTH, *(np.array([WEST, SOUTH]) + region.extent_m))
    for kind, lines in region.layers().items():
        assert lines.covered_by(there).all()
        wanted = KM_PER_KM2[kind] * region.extent_m.prod() / 1000.0
        assert lines.length.sum() == pytest.approx(wanted)
        assert lines["line_id"].is_unique
        assert lines["until_on"].dropna().isin(DATES).all()
        assert (lines["work_id"] == "").eq(lines["until_on"].isna()).all()
    assert set(region.layer("power")["dist"]) <= set(CORRIDOR_M.values())
    rivers = shapely.get_num_coordinates(region.layer("river").geometry)
    assert rivers[:-1].min() >= 5_000


@pytest.mark.parametrize("count", [1, 99, 2_550, 20_300, 60_000])
def test_lines_lie_where_parcels_do(count: int):
    """Otherwise a large region is another task than a small one, and growth says nothing."""
    region = Region(count, seed=3)
    far = region.parcels().total_bounds[2:] - np.array([WEST, SOUTH])
    assert ((far > region.extent_m - PITCH_M) & (far < region.extent_m)).all()


def test_every_size_asks_for_the_same_work_a_parcel():
    shares = []
    for count in (5_000, 20_000):
        region = Region(count, seed=2)
        lines = pd.concat(region.layers().values())
        covers = buffer_covers(lines.geometry.to_numpy(), lines["dist"].to_numpy())
        shares.append(
            (screen(region.parcels().geometry.to_numpy(), covers, [""] * len(covers)).blocked > 0).mean()
        )
    assert shares == pytest.approx([0.48, 0.48], abs=0.02)


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (100_000, 5), (1_000_000, 10), (10_000_000, 40)])
def test_blocks_fill_a_rectangle(count: int, columns: int):
    region = Region(count)
    assert region.columns == columns
    assert region.extent_m.prod() == pytest.approx(count * PITCH_M**2)


# --- the contest


def test_the_contest_runs_and_answers_agree(tmp_path: Path):
    done = ran(tmp_path, "--n", "400", "--against", "overlay")
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "screening.json").read_text())
    rows = {row["contestant"]: row for row in report["rows"]}
    assert list(rows) == ["ours", "bare", "dissolved", "sensible"]
    for name, row in rows.items():
        assert row["n"] == row["parcels"] == 400
        assert row["seconds"] == pytest.approx(sum(row["steps"].values()))
        assert row["whole_s"] == pytest.approx(row["seconds"])
        assert row["memory_mb"] > 50
        if name != "ours":
            assert (row["off"], row["compared"]) == (0, 400)
            assert row["worst_m2"] < 1e-4
            assert "0 of 400 off" in done.stdout
    assert (tmp_path / "screening.svg").read_text().startswith("<svg")
    assert (tmp_path / "screening.png").read_bytes().startswith(b"\x89PNG")


def test_a_peer_that_is_not_there_is_named_before_anything_runs(tmp_path: Path):
    done = ran(tmp_path, "--n", "400", "--against", "sedonadb", "--peer-python", sys.executable)
    if done.returncode == 0:
        pytest.fail("the peers are not part of the development lock")
    assert "lacks sedona.db, geoarrow.pyarrow" in done.stderr
    assert "requirements/peers.txt" in done.stderr
    assert not any(tmp_path.iterdir())


def test_a_contestant_that_is_too_slow_is_stopped_and_said_so(tmp_path: Path):
    done = ran(tmp_path, "--n", "400", "--against", "--time-limit", "0.01")
    assert done.returncode == 1
    assert done.stdout.count("not done in 0.01 s") == 2  # ours and the bare bound
    assert "Traceback" not in done.stderr
    assert {row["failed"] for row in json.loads((tmp_path / "screening.json").read_text())["rows"]}


def test_a_stream_finds_what_all_in_memory_find(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from contestants import ours  # found by what the benchmark puts on the path
    from contestants.case import Case

    lay_down(Region(2 * PARCELS_PER_BLOCK, seed=5), tmp_path)
    case = Case(tmp_path, threads=2)
    whole = ours.run(case, "chunks")
    monkeypatch.setattr(ours, "STREAM_FROM_PARTS", 1)
    stream = ours.run(case, "chunks")
    assert whole.figures is not None
    assert stream.figures is None
    for name in ("area_m2", "blocked_m2", "pieces"):
        assert stream.notes[name] == pytest.approx(whole.figures[name].sum(), rel=1e-12)


def test_a_region_is_laid_down_in_files_of_ten_blocks(tmp_path: Path):
    from contestants.case import Case

    region = Region(10 * PARCELS_PER_BLOCK + 1, seed=5)
    lay_down(region, tmp_path)
    case = Case(tmp_path, threads=1)
    assert [len(gpd.read_parquet(part)) for part in case.parts()] == [10 * PARCELS_PER_BLOCK, 1]
    assert list(case.lines()["kind"].unique()) == KINDS
    assert list(replace(case, step=1_000).parcels().index) == list(range(101))


def test_where_the_fastest_variant_fails_the_next_one_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    seconds = {"tg 6400 400": 2.0, "geos 6400 400": 1.0, "geos 25600 400": 1.5, "tg 12800 200": 3.0}
    ran_with = []

    def run(
        name: str, variant: str, _folder: Path, step: int, _arguments: argparse.Namespace
    ) -> dict[str, object]:
        ran_with.append((step, variant))
        row = {"contestant": name, "variant": variant}
        if len(ran_with) > len(seconds) and variant == "geos 6400 400":
            return row | {"failed": "too long a batch"}
        return row | {"seconds": seconds[variant], "fixed_s": 0.0}

    monkeypatch.setattr(screening, "run_alone", run)
    best: dict[str, list[str]] = {}
    arguments = argparse.Namespace(runs=1)
    assert screening.contest("sedonadb", 100_000, tmp_path, best, arguments)["variant"] == "geos 6400 400"
    assert screening.contest("sedonadb", 1_000_000, tmp_path, best, arguments)["variant"] == "geos 25600 400"
    assert len(ran_with) == len(seconds) + 2


# --- how answers are compared


def test_answers_that_differ_are_counted(tmp_path: Path):
    figures = pd.DataFrame({name: np.full(4, 1_000.0) for name in FIGURES})
    ours = figures.assign(parcel_id=list("abcd"), pieces=1)
    theirs = ours.copy()
    theirs.loc[1, "blocked_m2"] += 5e-5  # within
    theirs.loc[2, "blocked_m2_river"] += 2e-4  # beyond
    theirs.loc[3, "pieces"] = 2
    theirs.sample(frac=1.0, random_state=1).to_parquet(tmp_path / "figures.parquet")
    found = compare({"answer": str(tmp_path)}, ours.set_index("parcel_id"))
    assert found["compared"] == 4
    assert found["off"] == 1
    assert found["worst_m2"] == pytest.approx(2e-4)
    assert found["other_pieces"] == 1


def test_growth_counts_from_the_smallest_large_region():
    times = {10_000: 0.2, 100_000: 1.0, 1_000_000: 11.0}
    rows = [{"contestant": "ours", "n": n, "whole_s": time} for n, time in times.items()]
    assert growth(rows) == [
        {"contestant": "ours", "from": 100_000, "to": 1_000_000, "times_linear": pytest.approx(1.1)}
    ]
