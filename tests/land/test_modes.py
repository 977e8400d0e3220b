"""Works carried out in another way."""

import pandas as pd
import pytest

from parcelplan.errors import NotFoundError
from parcelplan.land.modes import alternatives_of, in_modes
from parcelplan.site import Site, open_site
from tests.builders import row_of_parcels, works, write_site


@pytest.fixture
def site(tmp_path) -> Site:
    table = works(
        {
            "work_id": "B",
            "name": "Bury",
            "clears": "line:L1",
            "creates": "line:C1",
            "covers": "site:*",
            "duration_likely_days": 300,
            "progress": 0.5,
            "started_on": "2023-11-01",
            "cost_wanyuan": 400,
            "crews": "C1:2",
            "due_on": "2024-12-31",
        },
        {"work_id": "A", "covers": "site:*", "duration_likely_days": 5},
    )
    others = pd.DataFrame(
        [
            {"work_id": "B", "mode": "move", "name": "Move", "duration_likely_days": 90, "clears": "line:L1"},
            {"work_id": "B", "mode": "shield", "duration_likely_days": 30, "cost_wanyuan": 10},
            {"work_id": "Z", "mode": "move", "duration_likely_days": 1},
        ]
    )
    tables = {"works": table, "alternatives": others}
    return open_site(write_site(tmp_path / "site", {"parcels": row_of_parcels(1)}, tables))


def test_alternatives_of_works_that_there_are(site: Site) -> None:
    assert alternatives_of(site) == {"B": ("move", "shield")}


def test_another_way_brings_its_own_duration_cost_crews_and_land(site: Site) -> None:
    before = site.table("works").copy(deep=True)
    row = in_modes(site, {"B": "move"}).table("works").loc["B"]
    assert (row["name"], row["duration_likely_days"], row["clears"], row["creates"]) == (
        "Move",
        90,
        "line:L1",
        "",
    )
    assert row["crews"] == ""
    assert pd.isna(row["cost_wanyuan"])
    # Nothing is done yet of another way; what was promised and what the work covers stay.
    assert pd.isna(row["progress"])
    assert pd.isna(row["started_on"])
    assert (row["covers"], row["due_on"]) == ("site:*", pd.Timestamp("2024-12-31"))
    assert site.table("works").equals(before)
    # Without a name of its own the work keeps its name.
    assert in_modes(site, {"B": "shield"}).table("works").loc["B", "name"] == "Bury"


def test_a_works_own_way_changes_nothing(site: Site) -> None:
    assert in_modes(site, {"B": "", "A": ""}) is site


def test_a_way_that_nobody_has_described_is_refused(site: Site) -> None:
    with pytest.raises(NotFoundError, match="Work B has no alternative 'fly'; it has: move, shield"):
        in_modes(site, {"B": "fly"})
    with pytest.raises(NotFoundError, match="Work A has no alternative 'fly'; it has: –"):
        in_modes(site, {"A": "fly"})
