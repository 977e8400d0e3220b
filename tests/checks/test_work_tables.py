"""Tables that works are planned from: each mistake is found in the user's own rows, before anything is solved."""

import re
from typing import Any

import pandas as pd
import pytest

from parcelplan.checks.site_checks import check_site
from parcelplan.findings import Finding
from parcelplan.site import open_site
from tests.builders import frame, line, row_of_parcels, works, write_site

MONEY = '[money]\nunit = "wanyuan"\nprice_per_mu = 30.0\n'
SOUND = {"work_id": "W1", "covers": "site:*", "due_on": "2024-06-30", "cost_wanyuan": 5.0}
LINE = {
    "work_id": "W2",
    "kind": "line_undergrounding",
    "due_on": "2024-06-30",
    "clears": "line:L",
    "crews": "C1:2",
    "calendar": "K",
    "cost_wanyuan": 10,
}
LAYERS = {
    "parcels": row_of_parcels(2),
    "power_lines": frame(
        [line((50, -50), (50, 150))],
        line_id=["L"],
        kind=["overhead"],
        state=["existing"],
        voltage_kv=[110.0],
        half_spread_m=[4.0],
    ),
    "roads": frame([line((0, -9), (200, -9))], road_id=["S"], width_m=[9.0], state=["existing"]),
}
TABLES = {
    "crews": pd.DataFrame({"crew_id": ["C1"], "capacity": [2], "from_on": [None], "until_on": [None]}),
    "calendars": pd.DataFrame({"calendar_id": ["K"], "week": ["working"]}),
    "closures": pd.DataFrame({"calendar_id": ["K"], "from_on": ["2024-05-01"], "until_on": ["2024-10-01"]}),
    "alternatives": pd.DataFrame(
        {"work_id": ["W2"], "mode": ["move"], "duration_likely_days": [60], "clears": ["line:L"]}
    ),
    "firms": pd.DataFrame({"firm_id": ["F1"], "by_on": ["2025-06-30"], "area_mu": [10.0]}),
}


def findings(folder: Any, *rows: dict[str, Any], more: str = MONEY, **tables: Any) -> list[Finding]:
    named = {**TABLES, **tables, "works": works(*(rows or (SOUND, LINE)))}
    kept = {name: table for name, table in named.items() if table is not None}
    found = check_site(open_site(write_site(folder, LAYERS, kept, more=more)))
    for item in found:
        assert item.message("zh") != item.message("en")
        assert bool(item.hint("zh")) == bool(item.hint("en"))
    return [item for item in found if item.code != "works.unknown_end"]


def test_sound_tables_have_no_findings(tmp_path):
    assert findings(tmp_path) == []


@pytest.mark.parametrize(
    ("cells", "code", "field", "words"),
    [
        ({"predecessors": "W1:XX+3"}, "works.bad_link", "predecessors", r"W1:XX\+3"),
        ({"predecessors": "W1+"}, "works.bad_link", "predecessors", r"FS, SS, FF or SF"),
        ({"predecessors": "W12"}, "reference.unknown", "predecessors", "W12"),
        ({"predecessors": "W2"}, "works.cycle", "predecessors", "W2 → W2"),
        ({"crews": "C1:3"}, "crews.too_small", "crews", r"needs 3 .*C1.* more than 2"),
        ({"crews": "C1:-1"}, "crews.negative", "crews", "-1"),
        ({"crews": "C9"}, "reference.unknown", "crews", "C9"),
        ({"calendar": "Z"}, "reference.unknown", "calendar", "Z"),
        ({"duration_likely_days": -5}, "schema.outside_domain", "duration_likely_days", "-5"),
        (
            {"duration_likely_days": 10, "duration_optimistic_days": 20},
            "works.durations",
            "duration_likely_days",
            "20 / 10 / –",
        ),
        (
            {"earliest_start_on": "2024-06-01", "deadline_on": "2024-05-01"},
            "works.reversed",
            "deadline_on",
            "2024-05-01.*2024-06-01",
        ),
        (
            {"started_on": "2023-12-01", "finished_on": "2023-11-01"},
            "works.reversed",
            "finished_on",
            "2023-11-01",
        ),
    ],
)
def test_a_work_that_cannot_be_is_found_in_its_cell(tmp_path, cells, code, field, words):
    found = findings(tmp_path, SOUND, LINE | cells)
    (item,) = [item for item in found if item.code == code]
    assert item.layer == "works"
    assert item.field == field
    assert re.search(words, item.message("en")), item.message("en")


def alternative(**cells: Any) -> pd.DataFrame:
    return pd.DataFrame([TABLES["alternatives"].iloc[0].to_dict() | cells])


@pytest.mark.parametrize(
    ("cells", "code", "feature"),
    [
        ({"clears": ""}, "alternatives.no_corridor", "W2 move"),
        ({"clears": "line:X"}, "reference.unknown", "W2 move"),
        ({"clears": "road:S"}, "reference.unknown_token", "W2 move"),
        ({"creates": "line:L-M"}, "reference.unknown", "W2 move"),
        ({"work_id": "W9"}, "reference.unknown", "W9 move"),
        ({"mode": ""}, "alternatives.no_mode", "W2"),
        ({"duration_likely_days": None}, "alternatives.no_duration", "W2 move"),
        ({"duration_optimistic_days": 90}, "works.durations", "W2 move"),
        ({"crews": "C1:5"}, "crews.too_small", "W2 move"),
    ],
)
def test_an_alternative_that_cannot_be_is_found(tmp_path, cells, code, feature):
    found = findings(tmp_path, alternatives=alternative(**cells))
    assert (code, feature) in {(item.code, item.feature_id) for item in found if item.layer == "alternatives"}


def test_an_alternative_that_stands_twice_is_found(tmp_path):
    twice = pd.concat([TABLES["alternatives"]] * 2)
    assert [item.code for item in findings(tmp_path, alternatives=twice)] == ["alternatives.twice"]


def test_acquisition_may_be_done_in_another_way_without_a_corridor(tmp_path):
    assert findings(tmp_path, alternatives=alternative(work_id="W1", clears="")) == []


def crew(**cells: Any) -> pd.DataFrame:
    return pd.DataFrame([TABLES["crews"].iloc[0].to_dict() | cells])


@pytest.mark.parametrize(
    ("table", "code"),
    [
        (pd.concat([TABLES["crews"], crew(capacity=1)]), "crews.several_normal"),
        (
            pd.concat([TABLES["crews"], crew(from_on="2024-06-01", until_on="2024-05-01")]),
            "crews.reversed",
        ),
        (crew(capacity=-2), "schema.outside_domain"),
    ],
)
def test_crews_that_cannot_be_are_found(tmp_path, table, code):
    assert code in {item.code for item in findings(tmp_path, crews=table)}


def test_crews_without_a_table_are_taken_to_be_without_limit(tmp_path):
    (item,) = findings(tmp_path, crews=None)
    assert (item.code, item.severity) == ("crews.no_table", "warning")


@pytest.mark.parametrize(
    ("cells", "codes"),
    [
        ({"until_on": "2024-04-01"}, {"closures.reversed"}),
        ({"from_on": "2024-01-01", "until_on": "2025-01-01", "yearly": True}, {"calendars.never_open"}),
        ({"from_on": "2024-01-01", "until_on": "2024-12-31", "yearly": True}, set()),
    ],
)
def test_calendars_that_cannot_be_are_found(tmp_path, cells, codes):
    table = pd.DataFrame([TABLES["closures"].iloc[0].to_dict() | cells])
    assert {item.code for item in findings(tmp_path, closures=table)} == codes


@pytest.mark.parametrize(
    ("cells", "codes"),
    [
        ({"area_mu": None}, {"firms.no_area"}),
        ({"area_mu": None, "parcel_id": "P1"}, set()),
        ({"parcel_id": "P9"}, {"reference.unknown"}),
    ],
)
def test_firms_that_cannot_be_are_found(tmp_path, cells, codes):
    table = pd.DataFrame([TABLES["firms"].iloc[0].to_dict() | cells])
    assert {item.code for item in findings(tmp_path, firms=table)} == codes


@pytest.mark.parametrize(
    ("more", "code", "severity"),
    [
        ("[money]\nprice_per_mu = 30.0\n", "money.no_unit", "error"),
        (MONEY + "terms = [{ share = 0.5, months = 1 }]\n", "money.terms", "error"),
        ('[money]\nunit = "yuan"\n', "money.no_price", "warning"),
        (
            "[plan]\nblackouts = [{ from_on = 2024-02-10, until_on = 2024-02-01 }]\n",
            "plan.blackout_reversed",
            "error",
        ),
        ("[plan]\nbatch_min_mu = 20.0\nbatch_max_mu = 10.0\n", "plan.batch_reversed", "error"),
    ],
)
def test_settings_that_cannot_be_are_found(tmp_path, more, code, severity):
    assert [(item.code, item.severity) for item in findings(tmp_path, more=more)] == [(code, severity)]


def test_a_price_of_the_phase_or_of_the_parcels_is_enough(tmp_path):
    more = '[money]\nunit = "yuan"\nphase_price_per_mu = { 1 = 300000.0 }\n'
    assert findings(tmp_path, more=more) == []


def test_works_whose_cost_nobody_knows_are_told_where_money_counts(tmp_path):
    free = {name: value for name, value in LINE.items() if name != "cost_wanyuan"}
    (item,) = findings(tmp_path, SOUND, free)
    assert (item.code, item.value) == ("money.no_cost", "W2")


def test_a_work_that_is_said_to_cost_nothing_is_no_finding(tmp_path):
    assert findings(tmp_path, SOUND, LINE | {"cost_wanyuan": 0}) == []
