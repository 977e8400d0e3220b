"""The chain behind a date, in words."""

from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest

from parcelplan.dates import StatutoryClock
from parcelplan.errors import NotFoundError
from parcelplan.findings import Findings
from parcelplan.land.works import schedule_works
from parcelplan.planning import build_problem, explain, solve
from parcelplan.schema import conform
from parcelplan.site import Site
from tests.planning.builders import tiny_config, tiny_readiness

CLOCK = StatutoryClock(notice_days=20, listing_days=10, result_working_days=10)
WORKS = pd.DataFrame(
    {
        "work_id": ["W1", "W2"],
        "kind": ["plan_adjustment", "line_undergrounding"],
        "name": ["Adjust the plan", "Bury the line"],
        "lead": ["Bureau", "Grid company"],
        "due_on": ["2024-01-31", "2024-03-31"],
        "duration_likely_days": [10, 80],
        "progress": [0, 0],
        "predecessors": ["", "W1"],
    }
)


@pytest.fixture
def small() -> dict[str, Any]:
    """A behind a line, B net land, both in phase 1; C net land in phase 2; D barred for good."""
    settings = tiny_config(plan={"listings_per_month": 1}, as_of=date(2024, 1, 2))
    works, _ = conform(WORKS, "works")
    site = Site(
        folder=Path(),
        config=settings,
        scenario="",
        lang="zh",
        layers={"parcels": gpd.GeoDataFrame()},
        tables={"works": works},
        findings=Findings(),
    )
    frame = tiny_readiness(
        ("A", 1, 15, "2024-04-21"), ("B", 1, 10, "2024-01-02"), ("C", 2, 9, "2024-01-02"), ("D", 2, 9, None)
    )
    frame.loc["A", ["last_gate", "last_work", "chain", "blocking"]] = ["power", "W2", "W1>W2", "W2"]
    frame.loc["D", "stage"] = "barred"
    gates = pd.DataFrame(
        [
            ("A", "power", "W2", "line:L1", 0.25, "open", pd.Timestamp("2024-04-21")),
            ("D", "hard", "", "constraint:F1", 0.5, "never", pd.NaT),
        ],
        columns=["parcel_id", "kind", "work_id", "constraint_id", "share", "status", "opens_on"],
    )
    problem = build_problem(frame, settings, CLOCK)
    plan = solve(problem, time_limit_s=10, seed=1)
    return {
        "site": site,
        "schedule": schedule_works(works, settings.as_of),
        "gates": gates,
        "readiness": frame,
        "problem": problem,
        "plan": plan,
    }


def test_from_the_transfer_back_to_the_first_work(small: dict[str, Any]) -> None:
    """W1 is due on 31 Jan; W2 starts on 1 Feb, takes 80 days to 20 April, 20 days after its due date.

    The 21st is a Sunday: notice on Monday, 22 April; listing on Monday, 13 May; transfer on 23 May.
    """
    found = explain("A", **small)
    assert [(step.kind, step.subject, step.on) for step in found.steps] == [
        ("transfer", "A", date(2024, 5, 23)),
        ("clock", "A", date(2024, 4, 22)),
        ("held.gate", "W2", date(2024, 4, 22)),
        ("gate_blocked", "W2", date(2024, 4, 21)),
        ("work.forecast", "W2", date(2024, 4, 20)),
        ("start.predecessor", "W1", date(2024, 2, 1)),
        ("work.due", "W1", date(2024, 1, 31)),
        ("start.as_of", "W1", date(2024, 1, 2)),
    ]
    english = found.text("en")
    assert "15.00 mu" in english
    assert "line:L1 lay over 25.0% of the parcel" in english
    assert (
        "(lead: Grid company) ends on 2024-04-20 by its duration, 20 days after its due date 2024-03-31"
        in english
    )
    assert len(found.text("zh").splitlines()) == len(found.steps)
    assert "牵头：Bureau" in found.text()


def test_what_held_net_land_back(small: dict[str, Any]) -> None:
    assert explain("B", **small).steps[2].kind == "held.nothing"
    held = explain("C", **small)
    assert [step.kind for step in held.steps][2:] == ["held.listings", "before.phase_order", "net_from_start"]
    assert held.steps[2].params["waited_days"] == (date(2024, 5, 6) - date(2024, 4, 22)).days
    assert "listings of 2024-04 were taken (A)" in held.text("en")
    assert "its last parcel, A, did on 2024-04-22" in held.text("en")


def test_earlier_phases_are_not_blamed_where_the_land_came_later(small: dict[str, Any]) -> None:
    frame = tiny_readiness(("A", 1, 15, "2024-01-02"), ("B", 2, 10, "2024-03-01"), ("C", 2, 9, "2024-03-01"))
    problem = build_problem(frame, small["site"].config, CLOCK)
    changed = {"readiness": frame, "problem": problem, "plan": solve(problem, time_limit_s=10, seed=1)}
    kinds = [step.kind for step in explain("C", **(small | changed)).steps]
    assert kinds == ["transfer", "clock", "held.listings", "ready"]


def test_a_parcel_without_a_plan(small: dict[str, Any]) -> None:
    steps = explain("D", **small).steps
    assert [step.kind for step in steps][:2] == ["unplanned", "gate_never"]
    assert "constraint:F1" in steps[1].text("en")
    assert "D" in steps[0].text("zh")


def test_unknown_parcel_names_those_close_to_it(small: dict[str, Any]) -> None:
    with pytest.raises(NotFoundError, match=r"no parcel 'a'.*A, B, C, D"):
        explain("a", **small)
