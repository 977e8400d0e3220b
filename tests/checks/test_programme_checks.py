"""A plan is held against the tables themselves: crews, predecessors, deadlines, closed days, money."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from parcelplan.checks.programme_checks import check_programme
from parcelplan.plan import Plan
from parcelplan.site import Site, open_site
from tests.builders import row_of_parcels, works, write_site
from tests.checks.plans import AS_OF, plan_of, planned, transfer

MAY = date(2024, 5, 6)
ROWS = (
    {"work_id": "W1", "covers": "site:*", "crews": "C:2", "cost_wanyuan": 100.0, "paid_at_start": 0.3},
    {
        "work_id": "W2",
        "covers": "site:*",
        "crews": "C",
        "predecessors": "W1:SS+10",
        "deadline_on": "2024-06-30",
    },
    {"work_id": "W3", "covers": "site:*", "calendar": "office"},
)
CREWS = pd.DataFrame(
    {
        "crew_id": ["C", "C", "C"],
        "capacity": [3, 2, 4],
        "from_on": [None, "2024-03-01", "2024-05-01"],
        "until_on": [None, "2024-04-01", None],
    }
)
MONEY = """
[money]
unit = "wanyuan"
opening = 60.0
credit = 50.0
price_per_mu = 4.0
terms = [{ share = 1.0, months = 1 }]
other = [{ on = 2024-05-01, amount = -30.0 }]
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: Any) -> Site:
    tables = {
        "works": works(*ROWS),
        "crews": CREWS,
        "calendars": pd.DataFrame({"calendar_id": ["office"], "week": ["working"]}),
        "alternatives": pd.DataFrame(
            {"work_id": ["W1"], "mode": ["fast"], "crews": ["C:4"], "paid_at_start": [1.0]}
        ),
    }
    return open_site(
        write_site(tmp_path_factory.mktemp("programme"), {"parcels": row_of_parcels(2)}, tables, more=MONEY)
    )


def codes(plan: Plan, site: Site) -> set[str]:
    return {item.code.partition(".")[2] for item in check_programme(plan, site)}


FIRST = planned("W1", AS_OF, 30, cost_yuan=1_000_000.0)
SECOND = planned("W2", AS_OF + timedelta(days=10), 30)
SOLD = transfer("P1", AS_OF, mu=15.0)


def test_a_plan_that_keeps_the_tables_has_no_findings(site: Site) -> None:
    assert codes(plan_of(FIRST, SECOND, planned("W3", AS_OF, 5), SOLD), site) == set()


def test_a_work_waits_as_its_row_says(site: Site) -> None:
    early = planned("W2", AS_OF + timedelta(days=9), 30)
    assert codes(plan_of(FIRST, early, SOLD), site) == {"too_early"}
    begun = replace(early, started_on=date(2023, 12, 1))
    assert codes(plan_of(FIRST, begun, SOLD), site) == set()


def test_a_work_ends_by_its_deadline(site: Site) -> None:
    assert codes(plan_of(FIRST, planned("W2", date(2024, 6, 1), 30), SOLD), site) == set()
    assert codes(plan_of(FIRST, planned("W2", date(2024, 6, 1), 31), SOLD), site) == {"after_deadline"}


def test_a_work_starts_on_an_open_day(site: Site) -> None:
    saturday = date(2024, 1, 6)
    assert codes(plan_of(planned("W3", saturday, 5)), site) == {"on_closed_day"}
    assert codes(plan_of(planned("W3", saturday, 5, fixed=True)), site) == set()
    assert codes(plan_of(planned("W3", saturday, 0)), site) == set()


@pytest.mark.parametrize(
    ("start_on", "mode", "crews", "right"),
    [
        (date(2024, 2, 1), "", 3, True),
        (date(2024, 2, 20), "", 2, False),
        (date(2024, 4, 1), "", 3, True),
        (date(2024, 4, 1), "fast", 3, False),
        (MAY, "fast", 4, False),
    ],
)
def test_crews_have_what_their_rows_say(
    site: Site, start_on: date, mode: str, crews: int, right: bool
) -> None:
    """Three units; two in March; four from May on."""
    plan = plan_of(planned("W1", start_on, 20, mode=mode), planned("W2", start_on + timedelta(days=10), 10))
    found = check_programme(plan, site)
    assert ("work_check.crew_overloaded" not in found.codes()) == right
    if not right:
        (item,) = [item for item in found if item.code == "work_check.crew_overloaded"]
        assert item.params["capacity"] == crews


def test_from_may_on_the_crew_has_four_units_for_good(site: Site) -> None:
    alone = plan_of(planned("W1", MAY, 20, mode="fast"))
    assert codes(alone, site) == set()


def test_the_balance_is_that_of_the_tables(site: Site) -> None:
    """100 for the work and 30 in May, from 60 in hand and 50 of credit: 15 mu at 4 a mu fill the gap."""
    assert codes(plan_of(FIRST, SOLD), site) == set()
    assert codes(plan_of(FIRST), site) == {"overdrawn"}
    later = planned("W1", date(2024, 4, 20), 60, cost_yuan=1_000_000.0)
    (found,) = check_programme(plan_of(later), site)
    assert (found.value, found.params["balance_wanyuan"]) == ("2024-06", pytest.approx(-70.0))


def test_what_has_begun_pays_at_its_end(site: Site) -> None:
    begun = planned("W1", AS_OF, 40, mode="fast", cost_yuan=1_200_000.0)
    for work, month in ((begun, "2024-01"), (replace(begun, started_on=date(2023, 12, 1)), "2024-02")):
        found = check_programme(plan_of(work), site)
        assert next(item.value for item in found if item.code == "plan_check.overdrawn") == month


def test_a_price_of_its_own_goes_before_the_price_of_the_site(site: Site) -> None:
    parcels = site.parcels.assign(price_wanyuan_per_mu=[1.0, None])
    cheap = replace(site, layers={**site.layers, "parcels": parcels})
    later = planned("W1", date(2024, 4, 20), 60, cost_yuan=1_000_000.0)
    piece = transfer("P1/1", AS_OF, mu=15.0, part_of="P1")
    assert codes(plan_of(later, piece), site) == set()
    (found,) = check_programme(plan_of(later, piece), cheap)
    assert found.params["balance_wanyuan"] == pytest.approx(-55.0)


def test_money_without_a_unit_is_not_reckoned_with(site: Site) -> None:
    money = site.config.money
    assert money is not None
    config = site.config.model_copy(update={"money": money.model_copy(update={"unit": None})})
    assert codes(plan_of(FIRST), replace(site, config=config)) == set()
