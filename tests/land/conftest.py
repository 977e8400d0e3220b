"""A tiny site that has every kind of gate once."""

from datetime import date

import pytest

from parcelplan.land.constraints import constraints_in_time
from parcelplan.land.works import schedule_works
from parcelplan.rules import RuleBook
from parcelplan.site import open_site
from tests.builders import frame, line, point, row_of_parcels, square, works, write_site

AS_OF = date(2024, 1, 1)


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory):
    """Five parcels in a row, 100 m squares, P1 in the west.

    A road exists along the north of P1 to P3, one is planned along P4, none reaches P5. A 110 kV line runs north
    to south through the middle of P2 (10 m from the edge conductor, 4 m half spread: 28 m wide), a stream takes
    800 m² in the south-east of P3, farmland the southern half of P4. Acquisition covers P1 to P3; nothing
    is known of W9, which covers P5.
    """
    layers = {
        "parcels": row_of_parcels(5),
        "power_lines": frame(
            [line((150, -50), (150, 150)), line((150, -50), (150, 150))],
            line_id=["L1", "L1-C"],
            kind=["overhead", "cable"],
            state=["existing", "planned"],
            voltage_kv=[110.0, 110.0],
            half_spread_m=[4.0, 0.0],
        ),
        "pylons": frame([point(150, 50)], pylon_id=["T1"], line_id=["L1"], base_radius_m=[3.0]),
        "rivers": frame(
            [line((290, -50), (290, 150)), line((600, -50), (600, 150))],
            river_id=["R1", "R1-N"],
            name=["Stream", "New channel"],
            state=["existing", "planned"],
        ),
        "river_areas": frame(
            [square(2.8, 0, 20).union(square(2.8, 0.2, 20)), square(6, 0, 20)],
            area_id=["A1", "A1-N"],
            river_id=["R1", "R1-N"],
            state=["existing", "planned"],
        ),
        "roads": frame(
            [line((0, 110), (300, 110)), line((310, 110), (400, 110))],
            road_id=["S1", "S2"],
            width_m=[20.0, 20.0],
            state=["existing", "planned"],
        ),
        "hard_constraints": frame([square(3, -0.5)], constraint_id=["F1"], kind=["basic_farmland"]),
    }
    tables = {
        "works": works(
            {"work_id": "W1", "due_on": "2024-03-31", "covers": "parcel:P1;parcel:P2;parcel:P3"},
            {
                "work_id": "W2",
                "kind": "line_undergrounding",
                "duration_likely_days": 30,
                "predecessors": "W1",
                "clears": "line:L1",
                "creates": "line:L1-C",
            },
            {
                "work_id": "W3",
                "kind": "river_diversion",
                "due_on": "2024-12-31",
                "duration_likely_days": 10,
                "clears": "river:R1",
                "creates": "river:R1-N",
            },
            {"work_id": "W4", "kind": "road", "due_on": "2025-06-30", "creates": "road:S2"},
            {"work_id": "W9", "covers": "parcel:P5"},
        )
    }
    return write_site(tmp_path_factory.mktemp("tiny"), layers, tables)


@pytest.fixture(scope="session")
def tiny(tiny_folder):
    site = open_site(tiny_folder)
    assert not site.findings, site.findings.records()
    return site


@pytest.fixture(scope="session")
def rules():
    return RuleBook.load(["national", "chongqing"]).at(AS_OF)


@pytest.fixture(scope="session")
def schedule(tiny):
    return schedule_works(tiny.table("works"), tiny.as_of)


@pytest.fixture(scope="session")
def constraints(tiny, schedule, rules):
    frame, findings = constraints_in_time(tiny, schedule, rules)
    assert not findings
    return frame
