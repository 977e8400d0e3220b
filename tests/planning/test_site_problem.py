"""From a site to a problem: works, gates, crews, calendars, money, demand and what has happened."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from parcelplan.errors import ConfigError, InputError
from parcelplan.findings import FindingsError
from parcelplan.planning.problem import (
    Absorption,
    BatchSize,
    BlackOut,
    CashLimit,
    CrewCapacity,
    Gate,
    NetLand,
    PlanningProblem,
    Precedence,
    Split,
    Target,
    Together,
    WorkDeadline,
    YearlyQuota,
)
from parcelplan.site import open_site
from parcelplan.study import assess, make_problem
from parcelplan.units import from_mu
from tests.builders import frame, line, row_of_parcels, square, works, write_site

DONE = works({"work_id": "A0", "covers": "site:*", "finished_on": "2023-06-30"})
LINE = {"kind": ["overhead"], "state": ["existing"], "voltage_kv": [110], "half_spread_m": [2]}


def problem_of(
    folder: Path,
    layers: Mapping[str, Any],
    tables: Mapping[str, Any] | None = None,
    more: str = "",
    **opened: Any,
) -> PlanningProblem:
    write_site(folder / "site", layers, tables, more=more)
    return make_problem(assess(open_site(folder / "site", **opened)))


def gates_of(problem: PlanningProblem) -> dict[str, tuple[Gate, ...]]:
    return {parcel: gates for item in problem.of(NetLand) for parcel, gates in item.gates.items()}


def test_works_bring_their_state_their_crews_and_their_calendars(tmp_path: Path) -> None:
    table = works(
        {"work_id": "A", "covers": "site:*", "duration_likely_days": 100, "finished_on": "2023-12-01"},
        {
            "work_id": "B",
            "covers": "site:*",
            "duration_optimistic_days": 80,
            "duration_likely_days": 100,
            "duration_pessimistic_days": 200,
            "progress": 0.5,
            "started_on": "2023-11-15",
            "cost_wanyuan": 30,
            "paid_at_start": 0.4,
            "crews": "C1:2",
            "calendar": "river",
        },
        {
            "work_id": "C",
            "covers": "site:*",
            "duration_likely_days": 60,
            "predecessors": "A;B:SS+10",
            "cost_wanyuan": 50,
            "paid_at_start": 0.2,
            "earliest_start_on": "2024-02-01",
            "due_on": "2024-06-30",
            "deadline_on": "2024-12-31",
            "fixed_on": "2024-07-15",
            "crews": "C1;C2",
            "calendar": "river",
        },
        {"work_id": "D", "covers": "parcel:P1"},
    )
    tables = {
        "works": table,
        "crews": pd.DataFrame(
            [
                {"crew_id": "C1", "name": "Line team", "capacity": 2},
                {"crew_id": "C1", "capacity": 5, "from_on": "2024-03-01", "until_on": "2024-04-01"},
                {"crew_id": "C1", "capacity": 3, "from_on": "2025-01-01"},
                {"crew_id": "C2", "capacity": 1},
                {"crew_id": "C3", "capacity": 1},
            ]
        ),
        "calendars": pd.DataFrame([{"calendar_id": "river", "interruptible": "no"}]),
        "closures": pd.DataFrame(
            [{"calendar_id": "river", "from_on": "2024-05-01", "until_on": "2024-06-01", "yearly": "yes"}]
        ),
    }
    problem = problem_of(tmp_path, {"parcels": row_of_parcels(2)}, tables)
    found = {item.work_id: item for item in problem.works}
    assert list(found) == ["A", "B", "C"]  # nobody knows when D ends
    assert found["A"].fixed == (date(2023, 12, 1), date(2023, 12, 1))
    begun = found["B"]
    assert (begun.started_on, begun.fixed) == (date(2023, 11, 15), None)
    (mode,) = begun.modes
    assert (mode.optimistic_days, mode.duration_days, mode.pessimistic_days) == (40, 50, 100)
    assert (dict(mode.crews), mode.cost_yuan, mode.paid_at_start) == ({"C1": 2}, 300_000, 0)
    # What is in progress pauses over a closure that others may not pause over.
    assert [item.interruptible for item in problem.calendars] == [False, True]
    assert [item.calendar_id for item in problem.calendars] == ["river", "river/goes_on"]
    waiting = found["C"]
    assert (waiting.earliest_start_on, waiting.not_before_on) == (date(2024, 2, 1), date(2024, 6, 30))
    assert (waiting.modes[0].cost_yuan, waiting.modes[0].paid_at_start) == (500_000, 0.2)
    assert problem.precedences == (
        Precedence(before="A", work_id="C"),
        Precedence(before="B", work_id="C", relation="SS", lag_days=10),
    )
    crews = {item.crew_id: item for item in problem.of(CrewCapacity)}
    assert set(crews) == {"C1", "C2"}  # no work holds C3
    assert dict(crews["C1"].units) == {("B", ""): 2, ("C", ""): 1}
    days = (date(2024, 1, 1), date(2024, 3, 15), date(2024, 4, 1), date(2025, 1, 1), date(2030, 1, 1))
    assert [crews["C1"].capacity_on(day) for day in days] == [2, 5, 2, 3, 3]
    assert crews["C1"].title == "Line team"
    assert problem.of(WorkDeadline) == (WorkDeadline(work_id="C", on=date(2024, 12, 31)),)
    assert problem.fixed_works == {"C": date(2024, 7, 15)}
    assert problem.objectives == ("fixed_dates", "supply")
    assert {item.parcel_id: item.reason for item in problem.unplanned} == {"P1": "unplanned.unknown"}


def test_work_that_goes_on_and_was_promised_later_takes_until_then(tmp_path: Path) -> None:
    table = works(
        {
            "work_id": "A",
            "covers": "site:*",
            "duration_likely_days": 20,
            "progress": 0.5,
            "due_on": "2024-03-31",
        },
        {"work_id": "B", "covers": "site:*", "duration_likely_days": 20, "due_on": "2024-03-31"},
        {"work_id": "C", "covers": "site:*", "due_on": "2024-03-31"},
    )
    problem = problem_of(tmp_path, {"parcels": row_of_parcels(1)}, {"works": table})
    # From 1 January to 31 March 2024 are 91 days; what has not begun may begin late; a bare promise takes no days.
    assert [item.modes[0].duration_days for item in problem.works] == [91, 20, 0]
    assert {item.not_before_on for item in problem.works} == {date(2024, 3, 31)}


def test_gates_name_the_works_that_open_them(tmp_path: Path) -> None:
    parcels = row_of_parcels(3, phase=[1, 1, 2])
    parcels["with_scheme"] = ["", "", "yes"]
    roads = frame(
        [line((0, -10), (100, -10)), line((0, 110), (100, 110)), line((100, -10), (300, -10))],
        road_id=["R1", "R2", "R3"],
        state=["planned", "planned", "existing"],
        width_m=[20, 20, 20],
    )
    table = works(
        {"work_id": "A", "covers": "phase:1;phase:2", "duration_likely_days": 10},
        {"work_id": "B", "kind": "line_undergrounding", "clears": "line:L1", "duration_likely_days": 30},
        {"work_id": "C", "kind": "line_undergrounding", "clears": "line:L1", "duration_likely_days": 20},
        {"work_id": "D", "kind": "road", "creates": "road:R1", "duration_likely_days": 40},
        {"work_id": "E", "kind": "road", "creates": "road:R2", "duration_likely_days": 50},
    )
    layers = {
        "parcels": parcels,
        "roads": roads,
        "power_lines": frame([line((150, -50), (150, 150))], line_id=["L1"], **LINE),
    }
    problem = problem_of(tmp_path, layers, {"works": table}, "[plan]\nscheme_lead_days = 60\n")
    found = gates_of(problem)
    acquired = Gate(kind="acquisition", any_of=(("A",),))
    # Either road will do for P1; the line over P2 goes with both works; the scheme of P3 takes its time.
    assert found["P1"] == (acquired, Gate(kind="access", any_of=(("D",), ("E",))))
    assert found["P2"] == (acquired, Gate(kind="power", any_of=(("B", "C"),)))
    assert found["P3"] == (Gate(kind="acquisition", any_of=(("A",),), lag_days=60),)
    assert {item.ready_on for item in problem.candidates} == {date(2024, 1, 1)}


def test_a_scheme_counts_from_the_day_on_which_the_last_gate_opened(tmp_path: Path) -> None:
    parcels = row_of_parcels(1)
    parcels["with_scheme"] = ["yes"]
    done = works({"work_id": "A", "covers": "site:*", "finished_on": "2023-12-20"})
    problem = problem_of(tmp_path, {"parcels": parcels}, {"works": done}, "[plan]\nscheme_lead_days = 60\n")
    (candidate,) = problem.candidates
    assert candidate.ready_on == date(2024, 2, 19)  # 21 December and 60 days
    assert gates_of(problem) == {}


def alternatives(tmp_path: Path, more: str = "", **works_more: Any) -> PlanningProblem:
    lines = frame(
        [line((50, -50), (50, 150)), line((250, -50), (250, 150))],
        line_id=["L1", "L2"],
        state=["existing", "planned"],
        **{name: value * 2 for name, value in LINE.items() if name != "state"},
    )
    table = works(
        {
            "work_id": "B",
            "kind": "line_undergrounding",
            "clears": "line:L1",
            "duration_likely_days": 300,
            "cost_wanyuan": 100,
        }
        | works_more
    )
    others = pd.DataFrame(
        [
            {
                "work_id": "B",
                "mode": "move",
                "duration_likely_days": 90,
                "clears": "line:L1",
                "creates": "line:L2",
            },
            {"work_id": "B", "mode": "someday", "clears": "line:L1"},
        ]
    )
    layers = {"parcels": row_of_parcels(3), "power_lines": lines}
    return problem_of(tmp_path, layers, {"works": table, "alternatives": others}, more)


def test_alternatives_are_modes_and_may_bar_land(tmp_path: Path) -> None:
    problem = alternatives(tmp_path)
    (work,) = problem.works
    assert [(item.name, item.duration_days, item.cost_yuan) for item in work.modes] == [
        ("", 300, 1_000_000),
        ("move", 90, 0),
    ]
    excluded = {item.parcel_id: item.excluded_by for item in problem.candidates}
    assert excluded == {"P1": (), "P2": (), "P3": (("B", "move"),)}
    assert gates_of(problem) == {"P1": (Gate(kind="power", any_of=(("B",),)),)}
    assert problem.objectives == ("supply", "cost")


def test_a_mode_that_is_fixed_is_the_only_one(tmp_path: Path) -> None:
    problem = alternatives(tmp_path, '[plan.modes]\nB = "move"\n')
    assert [mode.name for mode in problem.works[0].modes] == ["move"]
    assert [item.parcel_id for item in problem.unplanned] == ["P3"]


def test_modes_that_nobody_has_described_are_found_before_planning(tmp_path: Path) -> None:
    with pytest.raises(FindingsError) as caught:
        alternatives(tmp_path, '[plan.modes]\nB = "fly"\nZ = ""\n')
    found = [(item.code, item.value, item.params["work"]) for item in caught.value.findings.of("error")]
    assert found == [("plan.unknown_mode", "fly", "B"), ("plan.unknown_mode", "", "Z")]
    assert "as 'fly'" in caught.value.findings.of("error")[0].message("en")


def test_what_has_begun_goes_on_as_it_began(tmp_path: Path) -> None:
    problem = alternatives(tmp_path, started_on="2023-12-01", progress=0.1)
    assert [mode.name for mode in problem.works[0].modes] == [""]
    assert {item.excluded_by for item in problem.candidates} == {()}


def test_land_that_only_an_alternative_clears_is_excluded_by_the_works_own_way(tmp_path: Path) -> None:
    lines = frame(
        [line((50, -50), (50, 150)), line((150, -50), (150, 150))],
        line_id=["L1", "L2"],
        **{name: value * 2 for name, value in LINE.items()},
    )
    table = works(
        {"work_id": "B", "kind": "line_undergrounding", "clears": "line:L1", "duration_likely_days": 10}
    )
    both = {"work_id": "B", "mode": "both", "duration_likely_days": 20, "clears": "line:L1;line:L2"}
    tables = {"works": table, "alternatives": pd.DataFrame([both])}
    problem = problem_of(tmp_path, {"parcels": row_of_parcels(2), "power_lines": lines}, tables)
    excluded = {item.parcel_id: item.excluded_by for item in problem.candidates}
    assert excluded == {"P1": (), "P2": (("B", ""),)}
    assert gates_of(problem)["P2"] == (Gate(kind="power", any_of=(("B",),)),)


def test_neighbours_go_together_or_not_at_all(tmp_path: Path) -> None:
    parcels = row_of_parcels(4)
    parcels["together"] = ["G", "G", "H", "H"]
    barred = frame([square(3)], constraint_id=["F"], kind=["basic_farmland"])
    problem = problem_of(tmp_path, {"parcels": parcels, "hard_constraints": barred}, {"works": DONE})
    assert problem.of(Together) == (Together(parcel_ids=("P1", "P2")),)
    assert {item.parcel_id: item.reason for item in problem.unplanned} == {
        "P3": "unplanned.with_neighbour",
        "P4": "unplanned.never_ready",
    }


def test_limits_of_the_bureau(tmp_path: Path) -> None:
    more = """
[plan]
quota_mu = { 2024 = 30, 2026 = 10 }
quota_carry_share = 0.5
batch_min_mu = 15
absorption_mu_per_quarter = 45
blackouts = [ { from_on = 2024-09-01, until_on = 2024-10-01 }, { from_on = 2024-02-01, until_on = 2024-02-20 } ]
objectives = ["batches", "supply"]
"""
    problem = problem_of(tmp_path, {"parcels": row_of_parcels(1)}, {"works": DONE}, more)
    first, third = problem.of(YearlyQuota)
    assert (first.year, first.before, third.year, third.before) == (2024, None, 2026, None)
    assert problem.of(Absorption) == (Absorption(per_quarter_m2=from_mu(45)),)
    assert problem.of(BatchSize)[0].min_m2 == from_mu(15)
    assert [item.name for item in problem.of(BlackOut)] == ["blackout 2024-02-01", "blackout 2024-09-01"]
    assert problem.objectives == ("batches", "supply")


def test_unused_quota_is_carried_from_year_to_year(tmp_path: Path) -> None:
    more = "[plan]\nquota_default_mu = 30\nquota_carry_share = 0.5\n"
    problem = problem_of(tmp_path, {"parcels": row_of_parcels(1)}, {"works": DONE}, more)
    quotas = problem.quotas()
    assert quotas[2025].before == quotas[2024]
    assert quotas[2027].before == quotas[2026]
    assert (quotas[2024].carry_share, quotas[2025].carry_share) == (0, 0.5)


def test_money_is_in_yuan_whatever_the_site_counts_in(tmp_path: Path) -> None:
    parcels = row_of_parcels(3, phase=[1, 1, 2])
    parcels["price_wanyuan_per_mu"] = [30, None, None]
    table = works(
        {
            "work_id": "A",
            "covers": "site:*",
            "duration_likely_days": 10,
            "cost_wanyuan": 100,
            "paid_at_start": 0.3,
        },
        {"work_id": "B", "covers": "site:*", "duration_likely_days": 10},
        {"work_id": "C", "covers": "site:*", "finished_on": "2023-12-01", "cost_wanyuan": 7},
    )
    more = """
[money]
unit = "yuan"
opening = 5e6
credit = 1e6
price_per_mu = 2e5
phase_price_per_mu = { 2 = 1e5 }
terms = [ { share = 0.5, months = 0 }, { share = 0.5, months = 6 } ]
other = [ { on = 2024-05-05, amount = -1e4 } ]
"""
    (limit,) = problem_of(tmp_path, {"parcels": parcels}, {"works": table}, more).of(CashLimit)
    assert (limit.opening_yuan, limit.credit_yuan) == (5e6, 1e6)
    assert limit.costs == {("A", ""): (300_000, 700_000)}
    assert limit.prices == pytest.approx({"P1": 4.5e6, "P2": 3e6, "P3": 1.5e6})
    assert limit.terms == ((0.5, 0), (0.5, 6))
    assert limit.other == ((date(2024, 5, 5), -1e4),)


def test_firms_do_not_get_the_same_land_twice(tmp_path: Path) -> None:
    firms = pd.DataFrame(
        [
            {"firm_id": "F1", "area_mu": 10, "by_on": "2024-06-30", "phases": "1"},
            {"firm_id": "F2", "area_mu": 12, "by_on": "2024-09-30", "phases": "1", "binding": "yes"},
            {"firm_id": "F3", "area_mu": 8, "by_on": "2024-12-31"},
            {"firm_id": "F4", "by_on": "2024-08-31", "parcel_id": "P3"},
        ]
    )
    parcels = row_of_parcels(3, phase=[1, 2, 2])
    problem = problem_of(tmp_path, {"parcels": parcels}, {"works": DONE, "firms": firms})
    found = {item.target_id: item for item in problem.of(Target)}
    amounts = {name: round(item.amount / from_mu(1), 6) for name, item in found.items()}
    # F2 binds and so counts only those that bind. On all land the firms of phase 1 stand in the queue before F3; until
    # it asks, what they ask of phase 1 says it all.
    assert amounts == {"F4": 15, "F1": 10, "F2": 12, "F3": 30}
    assert set(found["F2"].values) == {"P1"}
    assert set(found["F3"].values) == {"P1", "P2"}
    assert {name for name, item in found.items() if item.binding} == {"F2"}
    assert {item.parcel_id: item.due_on for item in problem.candidates}["P3"] == date(2024, 8, 31)
    assert problem.objectives == ("targets", "lateness", "supply")


def test_targets_need_a_yield_to_ask_for_land(tmp_path: Path) -> None:
    targets = pd.DataFrame(
        [
            {"target_id": "T1", "by_on": "2025-12-31", "phases": "1", "firms": 6, "output_wanyuan": 900},
            {"target_id": "T2", "by_on": "2026-12-31", "firms": 9, "binding": "yes", "tax_wanyuan": 5},
        ]
    )
    schemes = pd.DataFrame([{"scheme_id": "S", "parcel_id": "P1", "annual_output_wanyuan": 500}])
    layers = {"parcels": row_of_parcels(2, phase=[1, 2])}
    tables = {"works": DONE, "targets": targets, "schemes": schemes}
    assert problem_of(tmp_path / "bare", layers, tables).of(Target) == ()
    more = "[plan.yields]\nfirms_per_mu = 0.2\noutput_wanyuan_per_mu = 40\nin_use_after_days = 300\n"
    found = {item.target_id: item for item in problem_of(tmp_path, layers, tables, more).of(Target)}
    assert set(found) == {"T1.firms", "T2.firms", "T1.output"}
    assert dict(found["T1.firms"].values) == pytest.approx({"P1": 3.0})
    assert dict(found["T2.firms"].values) == pytest.approx({"P1": 3.0, "P2": 3.0})
    assert (found["T1.output"].amount, dict(found["T1.output"].values)) == (9e6, {"P1": 5e6})
    assert found["T2.firms"].binding
    assert found["T1.firms"].delay_days == 300


EARLIER = [
    {"parcel_id": "P1", "notice_on": "2023-12-01", "transfer_on": "2024-01-02", "area_mu": 15.0},
    {"parcel_id": "P2", "notice_on": "2024-02-01", "transfer_on": "2024-03-04", "area_mu": 15.0},
    {"parcel_id": "P9", "notice_on": "2024-02-01", "transfer_on": "2024-03-04", "area_mu": 15.0},
]


def replanned(tmp_path: Path, name: str, rows: pd.DataFrame | str) -> PlanningProblem:
    folder = tmp_path / "site"
    folder.mkdir(exist_ok=True)
    if isinstance(rows, str):
        (folder / name).write_text(rows, encoding="utf-8")
    elif name.endswith("xlsx"):
        with pd.ExcelWriter(folder / name) as book:
            pd.DataFrame({"x": ["cover"]}).to_excel(book, sheet_name="说明", index=False)
            rows.to_excel(book, sheet_name="出让计划", index=False)
    else:
        rows.to_csv(folder / name, index=False)
    late = works({"work_id": "A", "covers": "site:*", "duration_likely_days": 10})
    more = f'[plan]\nearlier_plan = "{name}"\n'
    return problem_of(tmp_path, {"parcels": row_of_parcels(3)}, {"works": late}, more)


@pytest.mark.parametrize("name", ["summary.json", "transfers.csv", "plan.xlsx"])
def test_what_has_been_published_stands_and_the_rest_is_remembered(tmp_path: Path, name: str) -> None:
    rows: pd.DataFrame | str = pd.DataFrame(EARLIER)
    if name.endswith("json"):
        rows = json.dumps({"transfers": EARLIER})
    elif name.endswith("xlsx"):
        headings = {"parcel_id": "地块编号", "notice_on": "出让公告", "transfer_on": "出让成交"}
        rows = pd.DataFrame(EARLIER).rename(columns=headings | {"area_mu": "面积（亩）"})
    problem = replanned(tmp_path, name, rows)
    fixed = {item.parcel_id: item.fixed_notice_on for item in problem.candidates}
    assert fixed == {"P1": date(2023, 12, 1), "P2": None, "P3": None}
    assert dict(problem.earlier) == {"P2": date(2024, 3, 4)}
    assert set(gates_of(problem)) == {"P2", "P3"}
    assert problem.objectives == ("supply", "stability")


def test_pieces_that_have_gone_stand_beside_what_is_left(tmp_path: Path) -> None:
    sold = EARLIER[0] | {"parcel_id": "P1/1", "area_mu": 9.0}
    problem = replanned(tmp_path, "summary.json", json.dumps({"transfers": [sold]}))
    mine = {item.parcel_id: item for item in problem.candidates if item.part_of == "P1"}
    assert {name: round(item.area_m2 / from_mu(1), 6) for name, item in mine.items()} == {
        "P1/1": 9,
        "P1/2": 6,
    }
    assert mine["P1/1"].fixed_notice_on == date(2023, 12, 1)
    assert mine["P1/2"].fixed_notice_on is None
    assert "P1" not in {item.parcel_id for item in problem.candidates}
    assert "P1/2" in gates_of(problem)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("gone.json", None, r"gone\.json"),
        ("a.json", "{", r"a\.json"),
        ("a.json", "[]", "no column transfers"),
        ("a.csv", "parcel_id,notice_on\nP1,2024-01-01\n", "transfer_on"),
        ("a.csv", "parcel_id,notice_on,transfer_on\nP1,soon,2024-01-01\n", "'soon' for parcel P1"),
    ],
)
def test_an_earlier_plan_that_cannot_be_read(tmp_path: Path, name: str, text: str | None, words: str) -> None:
    with pytest.raises(InputError, match=words):
        replanned(tmp_path, name, text) if text is not None else problem_of(
            tmp_path,
            {"parcels": row_of_parcels(1)},
            {"works": DONE},
            f'[plan]\nearlier_plan = "{name}"\n',
        )


def test_pieces_are_offered_beside_the_whole(tmp_path: Path) -> None:
    lines = frame([line((130, -50), (130, 150))], line_id=["L1"], **LINE)
    table = works(
        {"work_id": "A", "covers": "parcel:P2", "duration_likely_days": 10},
        {"work_id": "B", "kind": "line_undergrounding", "clears": "line:L1", "duration_likely_days": 300},
    )
    more = "[plan]\npartial_transfer = true\nsmallest_piece_mu = 3\n"
    layers = {"parcels": row_of_parcels(2), "power_lines": lines}
    problem = problem_of(tmp_path, layers, {"works": table}, more)
    assert problem.of(Split) == (Split(parcel_id="P2", pieces=("P2/1", "P2/2")),)
    areas = {item.parcel_id: item.area_m2 for item in problem.candidates}
    assert areas["P2/1"] + areas["P2/2"] == pytest.approx(areas["P2"])
    kinds = {name: [gate.kind for gate in gates] for name, gates in gates_of(problem).items()}
    assert kinds == {
        "P2": ["acquisition", "power"],
        "P2/1": ["acquisition"],
        "P2/2": ["acquisition", "power"],
    }
    assert problem_of(tmp_path / "whole", layers, {"works": table}).of(Split) == ()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("[plan]\npartial_transfer = true\n", "smallest_piece_mu"),
        ("[plan]\nlistings_per_month = 0\n", "listings_per_month = 0"),
    ],
)
def test_settings_that_no_plan_can_use_are_refused(tmp_path: Path, more: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        problem_of(tmp_path, {"parcels": row_of_parcels(1)}, {"works": DONE}, more)


def test_the_order_of_rows_changes_nothing(tmp_path: Path) -> None:
    parcels = row_of_parcels(3, phase=[2, 1, 1])
    parcels["together"] = ["", "G", "G"]
    table = works(
        {"work_id": "A", "covers": "phase:1", "duration_likely_days": 10, "crews": "C1"},
        {"work_id": "B", "covers": "site:*", "duration_likely_days": 20, "predecessors": "A", "crews": "C1"},
    )
    crews = pd.DataFrame([{"crew_id": "C1", "capacity": 1}])
    there = problem_of(tmp_path / "a", {"parcels": parcels}, {"works": table, "crews": crews})
    back = problem_of(tmp_path / "b", {"parcels": parcels.iloc[::-1]}, {"works": table, "crews": crews})
    assert there == back
