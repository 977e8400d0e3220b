"""What only another way of carrying out a work would build is not there."""

import pytest

from parcelplan.checks.references import check_references
from parcelplan.land.constraints import constraints_in_time
from parcelplan.land.modes import in_modes
from parcelplan.land.works import schedule_site
from parcelplan.site import open_site
from tests.builders import frame, line, point, row_of_parcels, works, write_site


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A line over P1 that is to be laid underground, or moved on poles over P2."""
    layers = {
        "parcels": row_of_parcels(2),
        "power_lines": frame(
            [line((50, -50), (50, 150))] * 2 + [line((150, -50), (150, 150))],
            line_id=["L", "L-C", "L-M"],
            kind=["overhead", "cable", "overhead"],
            state=["existing", "planned", "planned"],
            voltage_kv=[110.0] * 3,
            half_spread_m=[4.0, 0.0, 4.0],
        ),
        "pylons": frame([point(50, 50), point(150, 50)], pylon_id=["T1", "M1"], line_id=["L", "L-M"]),
    }
    tables = {
        "works": works(
            {
                "work_id": "W1",
                "kind": "line_undergrounding",
                "due_on": "2024-06-30",
                "clears": "line:L",
                "creates": "line:L-C",
            }
        ),
        "alternatives": works(
            {
                "work_id": "W1",
                "mode": "move",
                "duration_likely_days": 30,
                "clears": "line:L",
                "creates": "line:L-M",
            }
        ).drop(columns="kind"),
    }
    return open_site(write_site(tmp_path_factory.mktemp("moved"), layers, tables))


def ids_of(site, rules):
    constraints, findings = constraints_in_time(site, schedule_site(site), rules)
    assert not findings
    return set(constraints.index)


def test_each_way_leaves_what_it_builds(site, rules):
    there = {"line:L", "pylon:T1"}
    assert ids_of(site, rules) == there | {"line:L-C"}
    assert ids_of(in_modes(site, {"W1": "move"}), rules) == there | {"line:L-M", "pylon:M1"}


def test_a_feature_that_only_an_alternative_creates_is_no_mistake(site):
    assert "reference.never_created" not in check_references(site).codes()
