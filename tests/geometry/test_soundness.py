"""Which shapes can be computed with, and which are valid at first sight."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Point, Polygon, box

from parcelplan.geometry.soundness import is_finite, surely_valid

EAST, NORTH = 36_400_000.0, 3_100_000.0
CORNERS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=3, max_size=9, unique=True)


@given(st.lists(CORNERS, min_size=1, max_size=6), st.sampled_from([1.0, 0.01]))
def test_what_is_surely_valid_is_valid(rings, size):
    shapes = np.array([Polygon([(EAST + size * x, NORTH + size * y) for x, y in ring]) for ring in rings])
    sure = surely_valid(shapes)
    assert shapely.is_valid(shapes[sure]).all()


@given(st.lists(st.floats(0.2, 1.0), min_size=5, max_size=40), st.booleans(), st.floats(0.0, 6.0))
def test_a_ring_round_its_middle_is_told_either_way_round(reaches, clockwise, turn):
    angles = turn + np.linspace(0.0, 2 * np.pi, len(reaches), endpoint=False)
    reach = 30.0 + 10.0 * np.array(reaches)
    points = np.column_stack([EAST + reach * np.cos(angles), NORTH + reach * np.sin(angles)])
    shape = Polygon(points[::-1] if clockwise else points)
    assert surely_valid(np.array([shape])).all()


def test_rings_twice_round_and_folded_ones_are_not_told():
    angles = np.linspace(0.0, 4 * np.pi, 10, endpoint=False)
    pentagram = Polygon(np.column_stack([np.cos(angles), np.sin(angles)]) * 50.0)
    bowtie = Polygon([(0, 0), (9, 9), (9, 0), (0, 9)])
    folded = Polygon([(0, 0), (9, 0), (4, 0)])
    assert not surely_valid(np.array([pentagram, bowtie, folded])).any()


def test_only_single_rings_with_numbers_are_told():
    hollow = Polygon(box(0, 0, 9, 9).exterior, [box(2, 2, 3, 3).exterior])
    with np.errstate(invalid="ignore"):
        nowhere = shapely.polygons([(0, 0), (9, 0), (9, np.nan), (0, 9), (0, 0)])
    others = [None, Polygon(), Point(1, 1), LineString([(0, 0), (1, 1)]), MultiPolygon([box(0, 0, 1, 1)])]
    shapes = np.array([box(0, 0, 9, 9), hollow, nowhere, *others, box(5, 5, 6, 6)], dtype=object)
    assert surely_valid(shapes).tolist() == [True, *[False] * 7, True]
    assert is_finite(shapes).tolist() == [True, True, False, *[True] * 6]


@pytest.mark.parametrize("count", [0, 1, 20_000])
def test_any_number_of_shapes(count):
    shapes = np.full(count, box(0, 0, 9, 9), dtype=object)
    assert surely_valid(shapes).sum() == count
