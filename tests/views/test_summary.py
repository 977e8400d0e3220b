"""The summary: exactly the keys that were promised, nothing JSON does not know, null for the unknown."""

import json
from dataclasses import replace

from parcelplan.plan import Plan
from parcelplan.views.summary import summary
from tests.views.small_study import small_study

KEYS = [
    "site",
    "as_of",
    "scenario",
    "status",
    "headline",
    "objective",
    "bound",
    "gap",
    "objectives",
    "solve_s",
    "area_mu",
    "developable_mu_now",
    "developable_mu_final",
    "phases",
    "transfers",
    "works",
    "verdicts",
    "findings",
    "announced_findings",
]
PHASE = [
    "phase",
    "parcels",
    "area_mu",
    "developable_mu",
    "ready_on",
    "notice_on",
    "first_transfer_on",
    "last_transfer_on",
    "announced_on",
    "slack_days",
]
TRANSFER = ["parcel_id", "phase", "batch", "area_mu", "ready_on", "notice_on", "transfer_on", "waited_for"]

study = small_study()


def test_the_keys_are_those_promised() -> None:
    found = summary(study)
    assert list(found) == KEYS
    assert list(found["phases"][0]) == PHASE
    assert list(found["transfers"][0]) == TRANSFER
    assert list(found["verdicts"]) == ["ok", "violated", "unknown"]


def test_it_is_strict_json() -> None:
    assert json.loads(json.dumps(summary(study), allow_nan=False)) == summary(study)


def test_the_figures_are_those_of_the_head() -> None:
    found = summary(study)
    assert (found["area_mu"], found["developable_mu_now"], found["developable_mu_final"]) == (
        45.0,
        22.5,
        30.0,
    )
    # 15 mu for 66 days and 15 mu for 251 days
    assert found["objective"] == 15 * (66 + 251)
    assert found["gap"] == 0.0
    assert found["verdicts"] == {"ok": 1, "violated": 1, "unknown": 1}


def test_phases_compare_the_plan_with_the_announcement() -> None:
    first, second = summary(study)["phases"]
    assert (first["announced_on"], first["last_transfer_on"], first["slack_days"]) == (
        "2023-12-31",
        "2024-03-01",
        -61,
    )
    assert (second["announced_on"], second["slack_days"], second["ready_on"]) == ("2024-06-30", None, None)


def test_a_study_without_a_plan_says_so() -> None:
    found = summary(replace(study, plan=Plan(as_of=study.plan.as_of, status="no_solution_yet")))
    assert (found["status"], found["objective"], found["gap"], found["transfers"]) == (
        "no_solution_yet",
        None,
        None,
        [],
    )
    json.dumps(found, allow_nan=False)
