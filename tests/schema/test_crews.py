"""Crews as cells name them."""

import pytest

from parcelplan.schema.crews import format_crews, parse_crews, units_by_crew


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("", []),
        ("C1", [("C1", 1)]),
        ("C1:2;C2", [("C1", 2), ("C2", 1)]),
        ("C1：２； C2 ；", [("C1", 2), ("C2", 1)]),
        ("线路班组×2、吊车（1台）", [("线路班组", 2), ("吊车", 1)]),
        ("C1*3,C2 x 2", [("C1", 3), ("C2", 2)]),
        ("C1:2.0", [("C1", 2)]),
        # What nobody can read is an id that points nowhere.
        ("C1:two;C2", [("C1:two", 1), ("C2", 1)]),
        ("C1:1.5", [("C1:1.5", 1)]),
        # Less than nothing is read as it stands, for the checks to find.
        ("C1:-2", [("C1", -2)]),
        ("box;Ex1", [("box", 1), ("Ex1", 1)]),
    ],
)
def test_a_cell_names_crews_and_their_units(cell, expected):
    assert [(item.crew_id, item.units) for item in parse_crews(cell)] == expected


def test_what_is_written_is_read_back():
    units = {"C1": 2, "吊车": 1}
    assert format_crews(units) == "C1:2;吊车"
    assert units_by_crew(format_crews(units)) == units
