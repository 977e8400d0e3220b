"""How sure a plan is, as the command line tells it."""

import json
import shutil

import pytest
from typer.testing import CliRunner

from parcelplan.cli.app import app
from tests.builders import frame, line, row_of_parcels, works, write_site


def call(*arguments, lang="en"):
    result = CliRunner().invoke(app, [str(part) for part in arguments], env={"PARCELPLAN_LANG": lang})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Two parcels at a road that wait for an acquisition of 60 to 200 days, likely 90."""
    road = frame([line((0, 110), (200, 110))], road_id=["S"], width_m=[20.0], state=["existing"])
    days = {
        f"duration_{name}_days": value
        for name, value in {"optimistic": 60, "likely": 90, "pessimistic": 200}.items()
    }
    table = works({"work_id": "W1", "name": "拆迁", "covers": "site:*", **days})
    return write_site(
        tmp_path_factory.mktemp("risky"), {"parcels": row_of_parcels(2), "roads": road}, {"works": table}
    )


def test_dates_works_and_drivers_are_told_in_both_languages(site):
    english, chinese = call("risk", site, "--lang", "en"), call("risk", site, "--lang", "zh")
    assert english.exit_code == chinese.exit_code == 0
    assert "10,000 runs; area-weighted mean day of transfer: planned" in english.stdout
    for title in ("Last transfer of each phase", "Probability of each date", "Works: ends and criticality"):
        assert title in english.stdout
    for title in ("各期末宗成交", "各日期按期的概率", "任务：完工日与关键度", "什么最影响平均成交日"):
        assert title in chinese.stdout
    assert "拆迁" in chinese.stdout


def test_the_same_seed_gives_the_same_record_and_another_one_does_not(site):
    first, again, other = (
        json.loads(call("risk", site, "--json", "--runs", 300, "--seed", seed).stdout) for seed in (3, 3, 4)
    )
    assert first == again
    assert first["works"] != other["works"]
    assert (first["runs"], first["seed"], first["shape"]) == (300, 3, "pert")


def test_the_record_holds_days_shares_and_the_band(site):
    record = json.loads(call("risk", site, "--json", "--runs", 500).stdout)
    (work,) = record["works"]
    assert (work["work_id"], work["critical_last"], work["critical_supply"]) == ("W1", 1.0, 1.0)
    assert work["p50_on"] <= work["p80_on"] <= work["p95_on"]
    assert record["phases"][0]["planned_on"] <= record["phases"][0]["p80_on"]
    assert [row["parcel_id"] for row in record["parcels"]] == ["P1", "P2"]
    assert record["supply"][-1]["p95_mu"] == record["supply"][-1]["planned_mu"]
    assert record["drivers"][0]["low_shift_days"] < 0 < record["drivers"][0]["high_shift_days"]
    assert record["notes"] == []


def test_a_triangle_is_another_shape(site):
    pert, triangle = (
        json.loads(call("risk", site, "--json", "--shape", shape).stdout) for shape in ("pert", "triangular")
    )
    # The mean of the triangle, (60 + 90 + 200) / 3, lies behind that of the beta, (60 + 4 · 90 + 200) / 6.
    assert triangle["works"][0]["p50_on"] > pert["works"][0]["p50_on"]


def test_the_record_goes_to_a_file_as_well(site, tmp_path):
    file = tmp_path / "risk.json"
    told = call("risk", site, "--runs", 200, "--out", file)
    assert told.stdout.strip().endswith(str(file))
    assert json.loads(file.read_text(encoding="utf-8"))["runs"] == 200


def test_works_without_estimates_are_named(tmp_path):
    road = frame([line((0, 110), (200, 110))], road_id=["S"], width_m=[20.0], state=["existing"])
    table = works({"work_id": "W1", "covers": "site:*", "due_on": "2024-06-30"})
    folder = write_site(tmp_path, {"parcels": row_of_parcels(2), "roads": road}, {"works": table})
    told = call("risk", folder, "--runs", 50)
    assert told.exit_code == 0
    assert "No duration is uncertain" in told.stdout


@pytest.mark.parametrize("bad", [("--runs", "0"), ("--seed", "-1"), ("--shape", "normal")])
def test_unusable_options_end_with_2(site, bad):
    assert call("risk", site, *bad).exit_code == 2


def test_an_infeasible_plan_ends_with_3(site, tmp_path):

    copy = tmp_path / "site"
    shutil.copytree(site, copy)
    toml = copy / "site.toml"
    toml.write_text(
        toml.read_text(encoding="utf-8") + "\n[phases.1]\nlatest_on = 2024-01-31\n", encoding="utf-8"
    )
    assert call("risk", copy).exit_code == 3
