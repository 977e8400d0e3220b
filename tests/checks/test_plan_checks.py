"""Each way to spoil a plan is found, by the check that is meant for it."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from parcelplan.checks.plan_checks import check_plan
from parcelplan.checks.target_checks import check_targets
from parcelplan.dates import StatutoryClock
from parcelplan.plan import Plan
from parcelplan.planning import build_problem, solve
from parcelplan.site import SiteConfig
from parcelplan.units import from_mu

CLOCK = StatutoryClock(notice_days=20, listing_days=10, result_working_days=10)
CONFIG = SiteConfig.model_validate(
    {
        "id": "tiny",
        "name": {"en": "Tiny"},
        "crs": "EPSG:4523",
        "as_of": date(2024, 1, 2),
        "horizon_end": date(2025, 12, 31),
        "layers": {"parcels": {"file": "parcels.gpkg"}},
        "document": {"number": "No. 1"},
        "phases": {
            1: {"latest_on": date(2024, 6, 30)},
            2: {"trigger": {"occupied_share": 0.5, "of_phases": [1], "occupied_after_days": 100}},
        },
        "plan": {"listings_per_month": 1, "quota_mu": {2024: 25}},
    }
)
READINESS = pd.DataFrame(
    {
        "phase": [1, 1, 2],
        "area_m2": [from_mu(10.0), from_mu(10.0), from_mu(12.0)],
        "stage": "net_land",
        "ready_on": pd.to_datetime(["2024-01-02", "2024-03-01", "2024-01-02"]),
        "last_work": "",
    },
    index=pd.Index(["A", "B", "C"], name="parcel_id"),
)


def checked(
    plan: Plan, readiness: pd.DataFrame = READINESS, config: SiteConfig = CONFIG
) -> set[tuple[str, str]]:
    return {
        (item.code.removeprefix("plan_check."), item.feature_id)
        for item in check_plan(plan, readiness=readiness, config=config, clock=CLOCK)
    }


@pytest.fixture(scope="module")
def good() -> Plan:
    return solve(build_problem(READINESS, CONFIG, CLOCK), time_limit_s=10, seed=1)


def moved(plan: Plan, parcel: str, notice_on: date) -> Plan:
    """The plan with one parcel on notice on another day, its dates and the objective kept true."""
    transfers = tuple(
        replace(
            item,
            notice_on=notice_on,
            listing_on=CLOCK.listing_on(notice_on),
            transfer_on=CLOCK.transfer_on(notice_on),
            result_on=CLOCK.result_on(notice_on),
        )
        if item.parcel_id == parcel
        else item
        for item in plan.transfers
    )
    shifted = replace(plan, transfers=transfers)
    return replace(shifted, objective=shifted.waiting_m2_days(), bound=None, objectives=())


def changed(plan: Plan, parcel: str, **cells: Any) -> Plan:
    return replace(
        plan, transfers=tuple(replace(t, **cells) if t.parcel_id == parcel else t for t in plan.transfers)
    )


def test_a_good_plan_passes(good: Plan) -> None:
    """A on 2 Jan, B on 1 Mar, C after its trigger and, for the quota of 25 mu, in the next year."""
    assert good.status == "optimal"
    assert [item.transfer_on.year for item in good.transfers] == [2024, 2024, 2025]
    assert checked(good) == set()


@pytest.mark.parametrize(
    ("parcel", "notice_on", "found"),
    [
        ("B", date(2024, 2, 29), ("before_ready", "B")),
        ("B", date(2024, 3, 2), ("notice_on_holiday", "B")),
        ("B", date(2024, 1, 3), ("too_many_listings", "")),
        ("B", date(2024, 7, 1), ("outside_window", "B")),
        ("C", date(2024, 7, 1), ("quota_exceeded", "")),
        ("C", date(2024, 5, 10), ("trigger_not_met", "C")),
        ("C", date(2024, 2, 1), ("phase_order_broken", "C")),
        ("C", date(2025, 12, 10), ("after_horizon", "C")),
    ],
)
def test_a_notice_on_the_wrong_day_is_found(
    good: Plan, parcel: str, notice_on: date, found: tuple[str, str]
) -> None:
    assert found in checked(moved(good, parcel, notice_on))


def test_trigger_holds_from_its_day_on(good: Plan) -> None:
    """A alone is half of phase 1: transferred on 1 Feb, occupied on 11 May."""
    assert ("trigger_not_met", "C") not in checked(moved(good, "C", date(2024, 5, 11)))


@pytest.mark.parametrize("field", ["listing_on", "transfer_on", "result_on"])
def test_a_day_off_the_clock_is_found(good: Plan, field: str) -> None:
    earlier = getattr(good.transfer("A"), field) - timedelta(days=1)
    assert ("clock_broken", "A") in checked(changed(good, "A", **{field: earlier}))


def test_missing_double_and_foreign_parcels_are_found(good: Plan) -> None:
    first, *others = good.transfers
    assert ("parcel_missing", "A") in checked(replace(good, transfers=tuple(others)))
    assert ("parcel_twice", "A") in checked(replace(good, transfers=(first, *good.transfers)))
    assert ("parcel_unknown", "X") in checked(
        replace(good, transfers=(replace(first, parcel_id="X"), *others))
    )


@pytest.mark.parametrize(
    ("code", "cells"), [("objective_wrong", {"objective": 1.0}), ("bound_above", {"bound": 1e12})]
)
def test_a_stated_objective_that_is_not_true_is_found(good: Plan, code: str, cells: dict[str, Any]) -> None:
    assert (code, "") in checked(replace(good, **cells))


def test_a_parcel_left_out_is_not_missing(good: Plan) -> None:
    readiness = READINESS.copy()
    readiness.loc["B", "ready_on"] = pd.NaT
    plan = solve(build_problem(readiness, CONFIG, CLOCK), time_limit_s=10, seed=1)
    assert [item.parcel_id for item in plan.unplanned] == ["B"]
    assert checked(plan, readiness) == set()


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        ({"blackouts": [{"from_on": date(2024, 1, 2), "until_on": date(2024, 1, 3)}]}, ("in_blackout", "A")),
        ({"blackouts": [{"from_on": date(2024, 1, 3), "until_on": date(2024, 1, 4)}]}, None),
        ({"batch_min_mu": 11.0}, ("batch_too_small", "")),
        ({"batch_max_mu": 11.0}, ("batch_too_large", "")),
        ({"absorption_mu_per_quarter": 9.0}, ("market_exceeded", "")),
        ({"absorption_mu_per_quarter": 30.0, "batch_min_mu": 5.0, "batch_max_mu": 12.0}, None),
    ],
)
def test_what_the_market_and_the_bureau_can_take_is_looked_at(
    good: Plan, rules: dict[str, Any], found: tuple[str, str] | None
) -> None:
    assert good.transfers[0].notice_on == date(2024, 1, 2)
    plan_rules = {"listings_per_month": 1, "quota_mu": {2024: 25}} | rules
    config = SiteConfig.model_validate(CONFIG.model_dump() | {"plan": plan_rules})
    assert {item for item in checked(good, config=config) if item == found or not found} == (
        {found} if found else set()
    )


def test_dates_in_years_without_a_calendar_are_told(good: Plan) -> None:
    config = CONFIG.model_copy(update={"horizon_end": date(2035, 12, 31)})
    late = moved(good, "C", date(2034, 1, 3))
    assert checked(late, config=config) == {("calendar_assumed", "")}


# --- targets


def targets(*rows: tuple[str, str, str | None, str]) -> pd.DataFrame:
    columns = ["target_id", "by_on", "phases", "sentence"]
    return (
        pd.DataFrame(rows, columns=columns)
        .set_index("target_id")
        .assign(by_on=lambda frame: pd.to_datetime(frame["by_on"]))
    )


def test_targets_need_their_land_in_time(good: Plan) -> None:
    """Occupied 100 days after transfer: A is there on 11 May, B (transferred on 1 April) on 10 July."""
    table = targets(
        ("T1", "2024-07-10", "1", "in time"),
        ("T2", "2024-07-09", "1", "a day early"),
        ("T3", "2024-12-31", "1;2", "all"),
    )
    found = check_targets(good, table, CONFIG)
    assert [(item.code, item.feature_id, item.params["phase"], item.params["parcels"]) for item in found] == [
        ("plan_check.target_without_land", "T2", 1, 1),
        ("plan_check.target_without_land", "T3", 2, 1),
    ]
    assert found[0].params["needed_on"] == date(2024, 3, 31)
    assert found[0].source == "No. 1 T2"
    assert "a day early" in found[0].message("zh")
    assert "10.00 mu" in found[0].message("en")


def test_targets_without_a_plan_or_without_phases_are_not_passed_over(good: Plan) -> None:
    table = targets(("T1", "2030-12-31", "1", "x"), ("T2", "2030-12-31", None, "y"))
    none = replace(good, status="no_solution_yet", transfers=(), objective=None, bound=None)
    codes = [item.code for item in check_targets(none, table, CONFIG)]
    assert codes == ["plan_check.target_unknown", "plan_check.target_without_phases"]


def test_targets_on_land_in_no_plan_are_found() -> None:
    readiness = READINESS.copy()
    readiness.loc["C", "ready_on"] = pd.NaT
    plan = solve(build_problem(readiness, CONFIG, CLOCK), time_limit_s=10, seed=1)
    (found,) = check_targets(plan, targets(("T1", "2030-12-31", "1;2", "x")), CONFIG)
    assert (found.code, found.params["phase"]) == ("plan_check.target_land_unplanned", 2)
