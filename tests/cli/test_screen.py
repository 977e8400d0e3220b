"""Screening from the command line."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from parcelplan.cli.app import app
from parcelplan.cli.screen import parse_dates
from parcelplan.errors import ConfigError
from tests.builders import frame, square
from tests.city.loose import power, saved, street

ROOT = Path(__file__).resolve().parents[2]


def call(*arguments, lang="en"):
    result = CliRunner().invoke(app, [str(part) for part in arguments], env={"PARCELPLAN_LANG": lang})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture
def city(tmp_path, monkeypatch):
    """A folder with parcels and a line, in which the calls are made."""
    monkeypatch.chdir(tmp_path)
    saved(street(12), tmp_path / "parcels.parquet")
    saved(power(12, until_on=["2027-01-01"]), tmp_path / "lines.parquet")
    return tmp_path


LINES = ("--constraint", "power=lines.parquet:dist")


@pytest.mark.parametrize("ending", ["parquet", "fgb", "gpkg"])
def test_screen_writes_every_format_and_says_what_it_did(city, ending):
    out = f"out.{ending}"
    result = call("screen", "parcels.parquet", *LINES, "--out", out, "--as-of", "2026-01-01")
    assert result.exit_code == 0, result.output
    assert "12 parcels in" in result.output
    assert "144.0 mu developable, 36.0 mu blocked" in result.output
    read = gpd.read_parquet(out) if ending == "parquet" else gpd.read_file(out)
    np.testing.assert_allclose(read.set_index("parcel_id").loc["P3", "developable_m2"], 8_000)
    assert len(read) == 12


@pytest.mark.parametrize("ending", ["fgb", "gpkg"])
def test_screen_reads_every_format(city, ending):
    gpd.read_parquet("parcels.parquet").to_file(f"parcels.{ending}")
    call("screen", f"parcels.{ending}", *LINES, "--out", "one.parquet", "--chunk-rows", 5)
    call("screen", "parcels.parquet", *LINES, "--out", "two.parquet", "--chunk-rows", 5)
    one, two = (gpd.read_parquet(name).set_index("parcel_id") for name in ("one.parquet", "two.parquet"))
    assert sorted(one.index) == sorted(two.index)
    figures = [name for name in two.columns if "_m2" in name]
    np.testing.assert_allclose(one.loc[two.index, figures], two[figures])


def test_json_holds_figures_and_findings(city):
    result = call("screen", "parcels.parquet", *LINES, "--out", "out.parquet", "--json")
    record = json.loads(result.output)
    assert record["rows"] == 12
    assert record["missing_rows"] == 0
    assert record["out"].endswith("out.parquet")
    assert record["totals"]["blocked_m2_power"] == pytest.approx(24_000)
    assert [item["code"] for item in record["findings"]] == ["city.no_day"]
    assert record["parcels_per_second"] > 0


def test_dates_width_and_chinese(city):
    dates = ("--dates", "2026-06-01,2027-01-01", "--width")
    result = call("screen", "parcels.parquet", *LINES, "--out", "out.parquet", *dates, lang="zh")
    assert "12 宗地" in result.output
    read = gpd.read_parquet("out.parquet")
    np.testing.assert_allclose(read["developable_m2_20270101"], 10_000)
    np.testing.assert_allclose(read["width_m"], 40.0, atol=0.5)


def test_processes_give_the_same(city):
    call("screen", "parcels.parquet", *LINES, "--out", "one.parquet")
    options = ("--engine", "processes", "--workers", 1)
    assert call("screen", "parcels.parquet", *LINES, "--out", "two.parquet", *options).exit_code == 0
    assert Path("one.parquet").read_bytes() == Path("two.parquet").read_bytes()


def test_a_site_with_readiness(city, baishiyi):
    parcels = gpd.read_file(baishiyi / "layers.gpkg", layer="parcels")
    saved(parcels, city / "land.parquet")
    result = call("screen", "land.parquet", "--site", baishiyi, "--readiness", "--out", "out.parquet")
    assert result.exit_code == 0, result.output
    read = gpd.read_parquet("out.parquet")
    assert {"blocked_m2_power_corridor", "ready_on", "stage", "blocking"} <= set(read.columns)


def test_sums_by_district_stand_in_a_table_beside(city):
    saved(street(12, district=list("aaabbbbbbbbb")), city / "land.parquet")
    options = ("--readiness", "--as-of", "2026-06-15", "--summary", "sums.csv", "--chunk-rows", 5)
    result = call("screen", "land.parquet", *LINES, "--out", "out.parquet", *options)
    assert result.exit_code == 0, result.output
    sums = pd.read_csv("sums.csv", encoding="utf-8-sig")
    assert sums.iloc[:, 0].tolist() == ["a", "b"]
    assert sums["Parcels"].tolist() == [3, 9]
    assert "2027-01" in sums.astype(str).to_numpy().ravel()
    again = call("screen", "land.parquet", *LINES, "--out", "two.parquet", "--summary", "more.csv")
    assert again.exit_code == 2
    assert "--readiness" in again.output
    wrong = call("screen", "land.parquet", *LINES, "--out", "two.parquet", *options[:-4], "--by", "city")
    assert wrong.exit_code == 2
    assert "city" in wrong.output


def test_partitions_of_neighbours_are_screened_like_the_file(city):
    result = call("partition", "parcels.parquet", "parts", "--rows", 5)
    assert result.exit_code == 0, result.output
    assert "12 parcels in 3 partition(s)" in result.output
    assert call("screen", "parts", *LINES, "--out", "one.parquet").exit_code == 0
    call("screen", "parcels.parquet", *LINES, "--out", "two.parquet")
    one, two = (gpd.read_parquet(name).set_index("parcel_id") for name in ("one.parquet", "two.parquet"))
    figures = [name for name in two.columns if "_m2" in name]
    np.testing.assert_allclose(one.loc[two.index, figures], two[figures])
    again = call("partition", "parcels.parquet", "parts", "--json")
    assert again.exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("parcels.parquet", "--out", "out.parquet"), "--site"),
        (("parcels.parquet", *LINES, "--out", "out.shp"), ".parquet, .fgb, .gpkg"),
        (("parcels.parquet", *LINES, "--out", "parcels.parquet"), "the same file"),
        (("parcels.parquet", *LINES, "--out", "there.parquet"), "--overwrite"),
        (("parcels.parquet", "--constraint", "power", "--out", "o.fgb"), "KIND=FILE"),
        (("nowhere.parquet", *LINES, "--out", "o.fgb"), "nowhere.parquet"),
        (("parcels.parquet", *LINES, "--out", "o.fgb", "--dates", "soon"), "--dates"),
        (("parcels.parquet", *LINES, "--out", "o.fgb", "--scheduler", "tcp://a:1"), "--engine dask"),
        (("parcels.parquet", "--constraint", "power=lines.parquet:wide", "--out", "o.fgb"), "wide"),
        (("degrees.parquet", *LINES, "--out", "o.fgb"), "EPSG:4490"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_remedy(city, arguments, says):
    (city / "there.parquet").touch()
    saved(street(2).to_crs("EPSG:4490"), city / "degrees.parquet")
    before = sorted(path.name for path in city.iterdir())
    result = call("screen", *arguments)
    assert result.exit_code == 2, result.output
    assert says in result.output
    assert "Traceback" not in result.output
    assert sorted(path.name for path in city.iterdir()) == before


def test_an_older_output_is_replaced_where_told(city):
    (city / "out.parquet").touch()
    call("screen", "parcels.parquet", *LINES, "--out", "out.parquet", "--overwrite")
    assert len(gpd.read_parquet("out.parquet")) == 12


def test_a_chunk_that_cannot_be_read_makes_exit_code_1(city):
    (city / "parts").mkdir()
    saved(street(3), city / "parts" / "part-00000.parquet")
    (city / "parts" / "part-00001.parquet").write_bytes(b"PAR1 no more PAR1")
    result = call("screen", "parts", *LINES, "--out", "out.parquet")
    assert result.exit_code == 1
    assert "part-00001.parquet" in result.output
    assert "3 parcels in" in result.output
    assert len(gpd.read_parquet("out.parquet")) == 3


def test_oddities_of_layers_are_told_and_are_no_errors(city):
    saved(frame([square(0), square(1)], dist=[5.0, None]), city / "odd.parquet")
    options = ("--constraint", "red=odd.parquet:dist", "--out", "out.parquet")
    result = call("screen", "parcels.parquet", *options)
    assert result.exit_code == 0
    assert "1 feature(s) have no width in dist" in result.output


def test_ctrl_c_says_that_the_run_goes_on_when_called_again(city):
    saved(street(600), city / "many.parquet")
    saved(power(600), city / "lines.parquet")
    arguments = ("many.parquet", *LINES, "--out", "out.parquet", "--chunk-rows", "10")
    code = "from parcelplan.cli import main; main()"
    run = subprocess.Popen(
        [sys.executable, "-c", code, "screen", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PARCELPLAN_LANG": "en"},
        stderr=subprocess.PIPE,
        text=True,
    )
    scratch = city / ".out.parquet.screening"
    while run.poll() is None and not list(scratch.glob("part-*.json")):
        time.sleep(0.01)
    run.send_signal(signal.SIGINT)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 130, said
    assert said == "Stopped. What is done is kept: the same command called again goes on from there.\n"
    assert not Path("out.parquet").exists()
    result = call("screen", *arguments, "--json")
    record = json.loads(result.output)
    assert record["rows"] == 600
    assert record["resumed_rows"] > 0


def test_days_are_read_in_order_and_once():
    assert [day.isoformat() for day in parse_dates("2027-01-01, 2026-01-01,2027-01-01")] == [
        "2026-01-01",
        "2027-01-01",
    ]
    assert parse_dates("Changes") == "changes"
    assert parse_dates(None) == ()
    with pytest.raises(ConfigError):
        parse_dates("2026-13-01")
