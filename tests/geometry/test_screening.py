"""Screening against plain shapely, on squares one can check in the head and on random shapes."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from parcelplan.geometry.screening import find_overlaps, screen, screen_over_time
from parcelplan.geometry.uniting import unite_by

PARCELS = np.array(
    [shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100), shapely.box(300, 0, 400, 100)]
)


def test_a_strip_through_the_middle_leaves_two_pieces():
    result = screen(PARCELS[:1], np.array([shapely.box(40, -10, 50, 110)]), ["power"])
    assert result.blocked_by_kind["power"][0] == pytest.approx(1000)
    assert result.pieces[0] == 2
    assert result.largest_piece[0] == pytest.approx(5000)
    assert result.net[0].area == pytest.approx(9000)


def test_overlapping_kinds_are_counted_once_in_total():
    covers = np.array([shapely.box(0, 0, 50, 100), shapely.box(0, 0, 100, 50)])
    result = screen(PARCELS[:1], covers, ["power", "river"])
    assert result.blocked_by_kind["power"][0] == pytest.approx(5000)
    assert result.blocked_by_kind["river"][0] == pytest.approx(5000)
    assert result.blocked[0] == pytest.approx(7500)


def test_free_and_covered_parcels():
    result = screen(PARCELS, np.array([shapely.box(90, -10, 210, 110)]), ["river"])
    assert result.blocked.tolist() == pytest.approx([1000, 10_000, 0])
    assert result.pieces.tolist() == [1, 0, 1]
    assert result.net[1].is_empty
    assert result.largest_piece.tolist() == pytest.approx([9000, 0, 10_000])


def test_touching_is_no_overlap():
    pairs = find_overlaps(PARCELS[:1], np.array([shapely.box(100, 0, 110, 100)]))
    assert len(pairs.parcel) == 0


def test_no_covers_at_all():
    result = screen(PARCELS, np.empty(0, dtype=object), [])
    assert result.blocked.tolist() == [0, 0, 0]
    assert result.pieces.tolist() == [1, 1, 1]


def test_lines_left_over_from_touching_do_not_count():
    mixed = shapely.GeometryCollection([shapely.box(0, 0, 1, 1), shapely.LineString([(5, 5), (6, 6)])])
    groups, unions = unite_by(np.array([mixed, shapely.box(1, 0, 2, 1)], dtype=object), np.array([7, 7]))
    assert groups.tolist() == [7]
    assert unions[0].geom_type == "Polygon"
    assert unions[0].area == pytest.approx(2)


boxes = st.builds(
    lambda x, y, w, h: shapely.box(x, y, x + w, y + h), *[st.integers(0, 60)] * 2, *[st.integers(1, 40)] * 2
)


@given(
    st.lists(boxes, min_size=1, max_size=5),
    st.lists(st.tuples(boxes, st.sampled_from(["a", "b"])), max_size=6),
)
def test_screening_equals_the_plain_overlay(parcels, covers):
    shapes = np.array([shape for shape, _ in covers], dtype=object)
    kinds = [kind for _, kind in covers]
    result = screen(np.array(parcels, dtype=object), shapes, kinds)
    for row, parcel in enumerate(parcels):
        net = parcel.difference(shapely.union_all(list(shapes)))
        assert result.blocked[row] == pytest.approx(parcel.area - net.area, abs=1e-6)
        assert result.net[row].symmetric_difference(net).area == pytest.approx(0, abs=1e-6)
        for kind in set(kinds):
            of_kind = shapely.union_all([s for s, k in covers if k == kind])
            assert result.blocked_by_kind[kind][row] == pytest.approx(
                parcel.intersection(of_kind).area, abs=1e-6
            )


@given(
    st.lists(boxes, min_size=1, max_size=4),
    st.lists(
        st.tuples(boxes, st.sampled_from(["a", "b"]), st.lists(st.booleans(), min_size=3, max_size=3)),
        max_size=5,
    ),
)
def test_in_time_equals_one_screening_a_day(parcels, covers):
    shapes = np.array([shape for shape, _, _ in covers], dtype=object)
    kinds = np.array([kind for _, kind, _ in covers], dtype=object)
    holds = np.array([flags for *_, flags in covers], dtype=bool).reshape(-1, 3).T
    array = np.array(parcels, dtype=object)
    series = screen_over_time(array, shapes, list(kinds), holds, np.arange(3))
    for day in range(3):
        single = screen(array, shapes[holds[day]], list(kinds[holds[day]]))
        assert series.blocked[day] == pytest.approx(single.blocked, abs=1e-6)
        for kind, areas in series.blocked_by_kind.items():
            assert areas[day] == pytest.approx(
                single.blocked_by_kind.get(kind, np.zeros(len(array))), abs=1e-6
            )


def test_inputs_stay_as_they_are():
    parcels, covers = PARCELS.copy(), np.array([shapely.box(40, -10, 50, 110)])
    screen(parcels, covers, ["power"])
    assert all(a is b for a, b in zip(parcels, PARCELS, strict=True))
