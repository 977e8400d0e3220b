"""Whole sites planned with their works: what the plan chooses, and how the land follows it."""

import json
import shutil
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from parcelplan.publish import write_result
from parcelplan.site import open_site
from parcelplan.study import Study, study_site
from parcelplan.views.plan_tables import cash_table, objective_table, plan_tables, work_plan_table
from parcelplan.views.summary import summary
from parcelplan.views.tables import parcel_table, transfer_table
from tests.builders import frame, line, row_of_parcels, works, write_site


def lines() -> gpd.GeoDataFrame:
    """A line over the middle of P2, and one that would stand over P3 if the first were moved."""
    both = {"kind": ["overhead"] * 2, "voltage_kv": [110] * 2, "half_spread_m": [2] * 2}
    shapes = [line((130, -50), (130, 150)), line((250, -50), (250, 150))]
    return frame(shapes, line_id=["L1", "L2"], state=["existing", "planned"], **both)


WORKS = works(
    {"work_id": "A", "covers": "site:*", "duration_likely_days": 20, "crews": "C1", "cost_wanyuan": 100},
    {
        "work_id": "B",
        "kind": "line_undergrounding",
        "name": "Bury the line",
        "clears": "line:L1",
        "duration_likely_days": 300,
        "crews": "C1",
        "cost_wanyuan": 400,
    },
)
MOVE = {
    "work_id": "B",
    "mode": "move",
    "name": "Move the line",
    "duration_likely_days": 90,
    "clears": "line:L1",
    "creates": "line:L2",
    "crews": "C1",
    "cost_wanyuan": 150,
}
CREWS = pd.DataFrame([{"crew_id": "C1", "name": "Team", "capacity": 1}])


def site_of(folder: Path, more: str = "", **tables: pd.DataFrame) -> Path:
    # What only an alternative builds is in the data where there is one.
    drawn = lines() if "alternatives" in tables else lines().iloc[:1]
    layers = {"parcels": row_of_parcels(3), "power_lines": drawn}
    return write_site(folder / "site", layers, {"works": WORKS, "crews": CREWS} | tables, more=more)


def studied(folder: Path, scenario: str | None = None) -> Study:
    study = study_site(open_site(folder, scenario=scenario))
    assert study.plan.status == "optimal"
    assert not [item.message() for item in study.findings.of("error")]
    return study


def test_one_crew_carries_out_one_work_after_the_other(tmp_path: Path) -> None:
    study = studied(site_of(tmp_path))
    first, second = (study.plan.work(name) for name in ("A", "B"))
    # 45 mu wait for A, 15 of them for B too: A goes first.
    assert (first.start_on, second.start_on) == (date(2024, 1, 1), date(2024, 1, 21))
    # The land follows the plan, with what the crew makes of it.
    assert study.schedule.loc["B", "start_driver"] == "crew"
    assert study.schedule.loc["B", "ends_on"] == pd.Timestamp("2024-11-15")
    assert study.readiness.loc["P2", "ready_on"] == pd.Timestamp("2024-11-16")
    assert study.constraints.loc["line:L1", "until_on"] == pd.Timestamp("2024-11-16")
    assert study.plan.transfer("P2").notice_on >= date(2024, 11, 16)


def test_a_second_crew_brings_the_land_earlier(tmp_path: Path) -> None:
    one = studied(site_of(tmp_path / "one"))
    two = studied(site_of(tmp_path / "two", crews=CREWS.assign(capacity=2)))
    assert two.plan.objective < one.plan.objective
    assert two.plan.work("B").start_on == date(2024, 1, 1)


def test_the_mode_that_is_chosen_decides_what_is_cleared_and_created(tmp_path: Path) -> None:
    folder = site_of(
        tmp_path,
        '[scenarios.cheap]\nplan = { objectives = ["cost", "supply"] }\n',
        alternatives=pd.DataFrame([MOVE]),
    )
    own, cheap = studied(folder), studied(folder, "cheap")
    # Moving is quicker, but bars P3 for good, which counts to the end of the horizon.
    assert own.plan.work("B").mode == ""
    assert cheap.plan.work("B").mode == "move"
    assert cheap.plan.work("B").cost_yuan == 1_500_000
    assert [item.parcel_id for item in cheap.plan.unplanned] == ["P3"]
    assert "line:L2" in cheap.constraints.index
    assert cheap.constraints.loc["line:L2", "from_on"] == pd.Timestamp(cheap.plan.work("B").free_on)
    assert cheap.readiness.loc["P3", "stage"] == "barred"
    assert cheap.schedule.loc["B", "name"] == "Move the line"
    said = parcel_table(cheap, "en").loc["P3", "unplanned_reason"]
    assert said == "Parcel P3 never becomes net land with work B in mode 'move', and so is not transferred."
    table = work_plan_table(cheap, "en")
    assert (table.loc["B", "mode"], table.loc["B", "cost_wanyuan"]) == ("Move the line", 150)


def test_land_that_is_free_goes_first_and_the_rest_follows(tmp_path: Path) -> None:
    more = "[plan]\npartial_transfer = true\nsmallest_piece_mu = 3\n"
    whole, cut = studied(site_of(tmp_path / "whole")), studied(site_of(tmp_path / "cut", more))
    assert cut.plan.objective < whole.plan.objective
    assert [item.parcel_id for item in cut.plan.transfers if item.part_of] == ["P2/1", "P2/2"]
    table = transfer_table(cut, "en")
    assert table.loc["P2/1", "part_of"] == "P2"
    assert table["area_mu"].sum() == pytest.approx(45)
    assert table.loc["P2/1", "developable_mu"] == table.loc["P2/1", "area_mu"]
    parcel = parcel_table(cut, "en").loc["P2"]
    assert parcel["transfer_on"] == table.loc["P2/2", "transfer_on"]
    assert parcel["batch"] == "1-1;1-2"


MONEY = """
[money]
unit = "wanyuan"
opening = 100
price_per_mu = 15
"""


def test_a_work_waits_for_the_money_that_land_brings_in(tmp_path: Path) -> None:
    paid = WORKS.assign(paid_at_start=1.0)
    study = studied(site_of(tmp_path, MONEY, works=paid))
    # The opening balance pays A; B waits for the 450 that P1 and P3 bring in.
    cash = cash_table(study)
    assert cash["balance_wanyuan"].min() >= 0
    assert cash["payments_wanyuan"].sum() == 500
    assert study.plan.work("B").waited_for.kind == "money"


def test_results_tell_of_works_objectives_and_money(tmp_path: Path) -> None:
    more = MONEY.replace("opening = 100", "opening = 1000") + '[plan]\nobjectives = ["supply", "cost"]\n'
    study = studied(site_of(tmp_path, more))
    assert list(plan_tables(study, "zh")) == ["works_plan", "objectives", "cash"]
    told = objective_table(study)
    assert told["objective"].tolist() == ["supply", "cost"]
    assert told["unit"].tolist() == ["mu_day", "wanyuan"]
    assert told["value"].tolist() == pytest.approx([study.plan.waiting_m2_days() * 15 / 10_000, 500])
    table = work_plan_table(study, "en")
    assert list(table.index) == ["A", "B"]
    assert table.loc["B", ["days", "crews", "waited_for"]].tolist() == [300, "C1", "the crew C1"]
    found = summary(study, "en")
    assert [item["work_id"] for item in found["works"]] == ["A", "B"]
    assert found["objectives"][1] == {
        "objective": "cost",
        "value": 500,
        "bound": 500,
        "gap": 0,
        "unit": "wanyuan",
    }
    assert json.dumps(found)


def test_planning_again_keeps_what_has_happened(tmp_path: Path) -> None:
    more = """
[scenarios.later]
as_of = 2024-04-01
plan = { earlier_plan = "before.json" }
[scenarios.later.works]
A = { finished_on = 2024-01-20 }
B = { started_on = 2024-01-21, progress = 0.1 }
[scenarios.slipped]
upon = "later"
works = { B = { progress = 0.05 } }
"""
    folder = site_of(tmp_path, more)
    before = studied(folder)
    write_result(before, "summary.json", tmp_path / "before.json")
    shutil.copy(tmp_path / "before.json", folder / "before.json")
    later = studied(folder, "later")
    for name in ("P1", "P3"):
        now, then = later.plan.transfer(name), before.plan.transfer(name)
        assert (now.notice_on, now.transfer_on, now.happened) == (then.notice_on, then.transfer_on, True)
    assert later.plan.work("A").fixed
    assert (later.plan.work("B").start_on, later.plan.work("B").started_on) == (
        date(2024, 4, 1),
        date(2024, 1, 21),
    )
    assert later.schedule.loc["B", "start_on"] == pd.Timestamp("2024-01-21")
    # 270 days are left from April on, where 230 were planned: the one date that is not yet public moves.
    assert [(item.name, item.value) for item in later.plan.objectives][1] == ("stability", 1)
    slipped = studied(folder, "slipped")
    assert slipped.plan.transfer("P2").notice_on > later.plan.transfer("P2").notice_on


def test_a_what_if_is_held_against_the_announced_plan_alone(tmp_path: Path) -> None:
    more = """
[scenarios.wide]
[scenarios.narrow.works]
A = { covers = "parcel:P1" }
[scenarios.poor.plan]
listings_per_month = 1
"""
    announced = pd.DataFrame(
        [
            {
                "row_id": "A1",
                "row_type": "transfer",
                "phase": 1,
                "area_mu": 45,
                "due_until": "2024-03-31",
                "sentence": "2024年3月底前出让45亩",
            }
        ]
    )
    folder = site_of(tmp_path, more, announced=announced)
    readings = {
        name: {
            item.params["scenario"]
            for item in studied(folder, name).announced_findings
            if "scenario" in item.params
        }
        for name in ("wide", "poor")
    }
    assert readings["poor"] == {"poor"}
    assert "poor" not in "".join(readings["wide"])
