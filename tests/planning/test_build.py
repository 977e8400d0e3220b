"""From readiness and site.toml to a problem: what is left out, what is refused, what stays the same."""

from datetime import date
from typing import Any

import pytest

from parcelplan.dates import StatutoryClock
from parcelplan.errors import ConfigError
from parcelplan.planning import build_problem, solve
from parcelplan.planning.problem import YearlyQuota
from parcelplan.units import from_mu
from tests.planning.builders import tiny_config, tiny_readiness

CLOCK = StatutoryClock(notice_days=20, listing_days=10, result_working_days=10)


def test_parcels_that_cannot_be_transferred_say_why() -> None:
    frame = tiny_readiness(
        ("A", 1, 10, "2024-01-02"),
        ("B", 1, 10, None),
        ("C", 1, 10, None),
        ("D", 1, 10, "2026-01-01"),
        ("E", 1, 10, "2025-12-10"),
    )
    frame.loc["B", "stage"], frame.loc["C", "stage"] = "barred", "unknown"
    problem = build_problem(frame, tiny_config(), CLOCK)
    assert [item.parcel_id for item in problem.candidates] == ["A"]
    assert {item.parcel_id: item.reason for item in problem.unplanned} == {
        "B": "unplanned.never_ready",
        "C": "unplanned.unknown",
        "D": "unplanned.after_horizon",
        "E": "unplanned.clock_past_horizon",
    }
    plan = solve(problem, time_limit_s=5, seed=1)
    assert plan.status == "optimal"
    assert plan.unplanned == problem.unplanned


def test_demands_of_a_full_site() -> None:
    trigger = {"occupied_share": 0.6, "of_phases": [1], "occupied_after_days": 100}
    settings = tiny_config(
        phases={1: {"earliest_on": date(2024, 2, 1)}, 2: {"trigger": trigger}},
        plan={"listings_per_month": 4, "quota_mu": {2024: 30}, "quota_default_mu": 50},
    )
    frame = tiny_readiness(
        ("A", 1, 10, "2024-01-02"), ("B", 1, 20, None), ("C", 2, 5, "2024-01-02"), stage="barred"
    )
    problem = build_problem(frame, settings, CLOCK)
    assert [item.name for item in problem.demands] == [
        "net_land 1",
        "net_land 2",
        "phase_order",
        "quota 2024",
        "quota 2025",
        "window 1",
        "trigger 2",
        "listings",
        "horizon",
    ]
    assert [item.quota_m2 for item in problem.of(YearlyQuota)] == [from_mu(30), from_mu(50)]
    assert {item.quota_m2 for item in problem.later_quotas} == {from_mu(50)}
    # The share counts on the whole of phase 1, also on land that never comes: A alone is a third of it.
    assert solve(problem, time_limit_s=20, seed=1).conflict == ("trigger 2",)


def test_row_order_is_irrelevant_and_readiness_is_left_alone() -> None:
    frame = tiny_readiness(("A", 2, 10, "2024-01-02"), ("B", 1, 20, "2024-03-01"), ("C", 1, 5, None))
    before = frame.copy(deep=True)
    assert build_problem(frame, tiny_config(), CLOCK) == build_problem(frame.iloc[::-1], tiny_config(), CLOCK)
    assert frame.equals(before)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"plan": {"listings_per_month": 0}}, "listings_per_month = 0"),
        ({"plan": {"quota_mu": {2024: 0, 2025: 0}}}, "0 in every year from 2024 to 2025"),
        ({"plan": {"quota_default_mu": 0}}, "0 in every year from 2024 to 2025"),
        ({"plan": {"quota_mu": {2024: -3}}}, "2024.*-3"),
        (
            {"phases": {1: {"earliest_on": date(2024, 5, 1), "latest_on": date(2024, 4, 1)}}},
            "phase 1 ends before it begins: latest_on 2024-04-01",
        ),
        (
            {"phases": {1: {"trigger": {"occupied_share": 0.5, "of_phases": [7], "occupied_after_days": 1}}}},
            "phase 1 waits for the occupation of phase 7.*: 2",
        ),
        (
            {"phases": {2: {"trigger": {"occupied_share": 0.5, "of_phases": [2], "occupied_after_days": 1}}}},
            "phase 2 waits for the occupation of phase 2.*: 1",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_its_remedy(settings: dict[str, Any], words: str) -> None:
    frame = tiny_readiness(("A", 1, 10, "2024-01-02"), ("B", 2, 10, "2024-01-02"))
    with pytest.raises(ConfigError, match=words):
        build_problem(frame, tiny_config(**settings), CLOCK)


def test_one_year_of_quota_is_enough() -> None:
    problem = build_problem(
        tiny_readiness(("A", 1, 10, "2024-01-02")), tiny_config(plan={"quota_mu": {2024: 0}}), CLOCK
    )
    plan = solve(problem, time_limit_s=5, seed=1)
    assert plan.transfer("A").transfer_on.year == 2025
    assert plan.transfer("A").waited_for.subject == "2024"
