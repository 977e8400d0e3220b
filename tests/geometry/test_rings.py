"""Rings: taken apart, ordered as surveyors write them, and built into faces by containment."""

from typing import Any

import numpy as np
import pytest
import shapely
from shapely import MultiPolygon, Point, Polygon, box

from parcelplan.geometry.rings import (
    faces_by_containment,
    repeated,
    ring_polygons,
    rings_of,
    side_lengths,
    signed_areas,
    surveyed_order,
)

FRAME = box(0, 0, 100, 100).difference(box(10, 10, 90, 90))
NESTED = FRAME.union(box(20, 20, 80, 80).difference(box(30, 30, 70, 70))).union(box(200, 0, 210, 10))


def array(*shapes: Any) -> Any:
    result = np.empty(len(shapes), dtype=object)
    result[:] = shapes
    return result


def test_rings_know_their_shape_part_and_kind() -> None:
    rings = rings_of(array(box(0, 0, 1, 1), None, NESTED, Point(0, 0), Polygon()))
    assert rings.owner.tolist() == [0, 2, 2, 2, 2, 2]
    assert rings.part.tolist() == [0, 0, 0, 1, 1, 2]
    assert rings.hole.tolist() == [False, False, True, False, True, False]
    assert rings.size.tolist() == [4] * 6


def test_nothing_has_no_rings() -> None:
    rings = surveyed_order(rings_of(array(None, Polygon())))
    assert (len(rings.xy), len(rings.size)) == (0, 0)


@pytest.mark.parametrize("turn", range(4))
@pytest.mark.parametrize("backwards", [False, True])
def test_order_does_not_depend_on_start_and_direction(turn: int, backwards: bool) -> None:
    corners = np.roll([(0, 0), (2, 0), (2, 1), (0, 1)], turn, axis=0)
    shape = Polygon(corners[::-1] if backwards else corners)
    rings = surveyed_order(rings_of(array(shape)))
    assert rings.xy.tolist() == [[0, 1], [2, 1], [2, 0], [0, 0]]


def test_of_two_corners_as_near_the_northern_one_is_first() -> None:
    rings = surveyed_order(rings_of(array(Polygon([(0, 8), (2, 10), (10, 10), (10, 0), (0, 0)]))))
    assert rings.xy[0].tolist() == [2, 10]


def test_shells_run_clockwise_and_holes_the_other_way_far_from_the_origin() -> None:
    far = shapely.transform(NESTED, lambda xy: xy + [38_000_000.0, 3_000_000.0])  # noqa: RUF005 - an array
    rings = surveyed_order(rings_of(array(far)))
    assert signed_areas(rings).tolist() == [-10_000, 6_400, -3_600, 1_600, -100]


def test_sides_stand_at_their_first_point() -> None:
    rings = rings_of(array(Polygon([(0, 0), (3, 4), (3, 0)])))
    assert sorted(side_lengths(rings).tolist()) == [3, 4, 5]


@pytest.mark.parametrize("seed", range(5))
def test_faces_come_back_from_rings_in_any_order(seed: int) -> None:
    shapes = array(NESTED, box(5, 5, 6, 6), FRAME, MultiPolygon([box(0, 0, 1, 1), box(1, 1, 2, 2)]))
    rings = rings_of(shapes)
    order = np.random.default_rng(seed).permutation(len(rings.size))
    polygons = ring_polygons(rings.xy, rings.size)[order]
    faces = faces_by_containment(polygons, rings.owner[order], 5)
    assert faces[4] is None
    assert shapely.equals(faces[:4], shapes).all()
    assert [shape.geom_type for shape in faces[:4]] == ["MultiPolygon", "Polygon", "Polygon", "MultiPolygon"]


def test_rings_of_different_owners_do_not_make_holes() -> None:
    polygons = array(box(0, 0, 10, 10), box(2, 2, 4, 4))
    faces = faces_by_containment(polygons, np.array([0, 1]), 2)
    assert [shape.area for shape in faces] == [100, 4]


def test_repetition_is_seen_whatever_start_and_direction() -> None:
    polygons = array(box(0, 0, 1, 1), Polygon([(1, 1), (0, 1), (0, 0), (1, 0)]), box(0, 0, 2, 1))
    assert repeated(polygons, np.array([0, 0, 0])).tolist() == [False, True, False]
    assert repeated(polygons, np.array([0, 1, 1])).tolist() == [False, False, False]
