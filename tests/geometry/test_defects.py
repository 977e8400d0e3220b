"""What is wrong in a shape and between shapes, found at its place, whatever the order of rows."""

import itertools
import time

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from parcelplan.geometry import defects, neighbours

EAST, NORTH = 35_632_800.0, 3_263_200.0
POINT = 0.0005
LIMITS = {"slit": 0.1, "width": 1.0, "point": 0.002}


def box(west, south, east, north):
    return shapely.box(EAST + west, NORTH + south, EAST + east, NORTH + north)


def polygon(*points):
    return shapely.Polygon([(EAST + x, NORTH + y) for x, y in points])


def array(*shapes):
    result = np.empty(len(shapes), dtype=object)
    result[:] = shapes
    return result


def places(found):
    return sorted(
        (int(shape), round(float(x - EAST), 3), round(float(y - NORTH), 3))
        for shape, x, y in zip(found.shape, found.x, found.y, strict=True)
    )


SQUARE = box(0, 0, 100, 100)
ODD = (None, shapely.Polygon(), shapely.Point(EAST, NORTH), shapely.LineString([(0, 0), (0, 0), (1, 1)]))


# --- in one shape


def test_points_drawn_twice():
    doubled = polygon((0, 0), (100, 0), (100, 0.0003), (100, 100), (0, 100), (0, 0.0002))
    found = defects.repeated_points(array(SQUARE, doubled), point=POINT)
    assert places(found) == [(1, 0, 0), (1, 100, 0)]
    assert sorted(found.size.round(4)) == [0.0002, 0.0003]


@pytest.mark.parametrize("tip", [[(140, 50.1)], [(140, 50.1), (140, 50.1001)]])
def test_a_spike_outward_is_found_at_its_tip_even_if_that_is_drawn_twice(tip):
    nail = polygon((0, 0), (100, 0), (100, 50), *tip, (100, 50.2), (100, 100), (0, 100))
    found = defects.spikes(array(SQUARE, nail), angle_deg=1.0, point=POINT)
    assert [place[:2] for place in places(found)] == [(1, 140)]
    assert found.size[0] == pytest.approx(40, abs=0.01)


def test_a_spike_is_as_long_as_the_shorter_of_its_edges():
    lopsided = polygon((0, 0), (100, 0), (100, 50), (140, 50.1), (75, 50.4), (75, 100), (0, 100))
    found = defects.spikes(array(lopsided), angle_deg=1.0, point=POINT)
    assert found.size.tolist() == pytest.approx([40], abs=0.01)


def test_a_gash_inward_is_a_spike_and_so_is_one_in_a_hole():
    gash = polygon((0, 0), (100, 0), (100, 50), (60, 50.1), (100, 50.2), (100, 100), (0, 100))
    hole = [(EAST + 10, NORTH + 10), (EAST + 90, NORTH + 10.1), (EAST + 90, NORTH + 10)]
    found = defects.spikes(array(gash, shapely.Polygon(SQUARE.exterior, [hole])), angle_deg=1.0, point=POINT)
    assert places(found) == [(0, 60, 50.1), (1, 10, 10)]


def test_a_straight_line_through_a_point_is_no_spike():
    found = defects.spikes(
        array(polygon((0, 0), (50, 0), (100, 0), (100, 100), (0, 100))), angle_deg=1.0, point=POINT
    )
    assert len(found) == 0


def test_slivers_by_their_width():
    found = defects.slivers(array(SQUARE, box(0, 0, 200, 0.5), box(0, 0, 200, 5)), width=1.0)
    assert found.shape.tolist() == [1]
    assert found.size[0] == pytest.approx(0.5, abs=0.002)
    assert (found.x[0], found.y[0]) == (EAST + 100, NORTH + 0.25)


def test_tiny_holes_are_found_and_courtyards_are_not():
    holes = [box(10, 10, 10.5, 10.5).exterior, box(20, 20, 60, 60).exterior]
    courtyards = shapely.Polygon(SQUARE.exterior, holes)
    found = defects.small_holes(array(box(0, 0, 0.5, 0.5), courtyards), area=1.0)
    assert found.shape.tolist() == [1]
    assert found.size[0] == pytest.approx(0.25)
    assert places(found) == [(1, 10.25, 10.25)]


def test_several_parts_at_the_smallest_of_them():
    scattered = shapely.MultiPolygon([SQUARE, box(200, 0, 202, 2), box(300, 0, 400, 100)])
    found = defects.several_parts(array(SQUARE, scattered, shapely.MultiPolygon([SQUARE])))
    assert found.size.tolist() == [3]
    assert places(found) == [(1, 201, 1)]


def test_heights_and_measures():
    deep = shapely.from_wkt("POLYGON M ((0 0 1, 1 0 1, 1 1 1, 0 0 1))")
    shapes = array(SQUARE, shapely.force_3d(SQUARE, 200.0), deep, None)
    assert defects.more_than_plane(shapes).tolist() == [False, True, True, False]


def test_shapes_that_are_none_have_no_defects():
    shapes = array(*ODD)
    found = [
        defects.repeated_points(shapes, point=POINT),
        defects.spikes(shapes, angle_deg=1.0, point=POINT),
        defects.slivers(shapes, width=1.0),
        defects.small_holes(shapes, area=1.0),
        defects.several_parts(shapes),
        neighbours.repeated_shapes(array(None, None, shapely.Polygon(), shapely.Polygon()), point=POINT),
    ]
    assert [len(item) for item in found] == [0] * 6


DETECTORS = {
    "repeated points": lambda shapes: defects.repeated_points(shapes, point=POINT),
    "spikes": lambda shapes: defects.spikes(shapes, angle_deg=1.0, point=POINT),
    "slivers": lambda shapes: defects.slivers(shapes, width=1.0),
    "small holes": lambda shapes: defects.small_holes(shapes, area=1.0),
    "several parts": defects.several_parts,
    "repeated shapes": lambda shapes: neighbours.repeated_shapes(shapes, point=POINT),
    "gaps": lambda shapes: neighbours.gaps(shapes, **LIMITS),
    "loose corners": lambda shapes: neighbours.loose_corners(shapes, reach=0.1, point=0.002),
}


@pytest.mark.parametrize("name", DETECTORS)
def test_nothing_has_no_defects(name):
    assert len(DETECTORS[name](np.empty(0, dtype=object))) == 0
    assert len(DETECTORS[name](array(SQUARE))) == 0


# --- between shapes


def test_every_overlap_once():
    pairs = neighbours.overlaps(array(box(0, 0, 100, 100), box(100, 0, 200, 100), box(90, 0, 110, 100)))
    assert list(zip(pairs.parcel, pairs.cover, strict=True)) == [(0, 2), (1, 2)]
    assert pairs.area.tolist() == pytest.approx([1000, 1000])


def test_one_inside_another_overlaps_it():
    pairs = neighbours.overlaps(array(SQUARE, box(10, 10, 20, 20)))
    assert pairs.area.tolist() == pytest.approx([100])


def test_the_same_shape_from_another_corner_is_the_same():
    turned = polygon((100, 100), (100, 0), (0, 0), (0, 100.0001))
    found = neighbours.repeated_shapes(array(SQUARE, box(100, 0, 200, 100), turned, SQUARE), point=POINT)
    assert (found.shape.tolist(), found.other.tolist()) == ([2, 3], [0, 0])
    assert found.size[0] == pytest.approx(10_000, abs=0.1)


def test_an_open_slit_between_neighbours():
    found = neighbours.gaps(array(SQUARE, box(100.05, 0, 200, 100)), **LIMITS)
    assert (found.shape.tolist(), found.other.tolist()) == ([0], [1])
    assert found.size[0] == pytest.approx(5, rel=0.02)
    assert found.x[0] - EAST == pytest.approx(100.025, abs=0.01)


def test_outside_two_borders_that_run_together_is_no_gap():
    within = box(0, 20, 100, 80)
    assert len(neighbours.gaps(array(SQUARE, within, SQUARE), **LIMITS)) == 0
    assert len(neighbours.gaps(array(SQUARE, box(99.99, 0, 200, 100)), **LIMITS)) == 0


@pytest.mark.parametrize(
    ("width_m", "count"), [(0.001, 0), (0.005, 1), (0.098, 1), (0.102, 0), (0.15, 0), (6, 0)]
)
def test_a_slit_is_a_gap_between_rounding_and_tolerance(width_m, count):
    found = neighbours.gaps(array(SQUARE, box(100 + width_m, 0, 200, 100)), **LIMITS)
    assert found.size.tolist() == pytest.approx([100 * width_m] * count, rel=0.02, abs=0.04)


def test_beside_a_gap_a_wider_slit_of_the_same_parcels_is_none():
    above = [box(0, 100.15, 100, 200), box(100.05, 100.15, 200, 200)]
    found = neighbours.gaps(array(SQUARE, box(100.05, 0, 200, 100), *above), **LIMITS)
    assert list(zip(found.shape, found.other, strict=True)) == [(0, 1), (2, 3)]


def test_a_closed_strip_is_a_gap_and_a_village_is_none():
    frame = [box(0, 0, 100, 300), box(100.5, 0, 200, 300), box(0, 300, 200, 400), box(0, -100, 200, 0)]
    found = neighbours.gaps(array(*frame), **LIMITS)
    assert found.size.tolist() == pytest.approx([150], rel=1e-3)
    assert (found.shape.tolist(), found.other.tolist()) == ([0], [1])
    wide = [box(0, 0, 100, 300), box(140, 0, 200, 300), *frame[2:]]
    assert len(neighbours.gaps(array(*wide), **LIMITS)) == 0


def test_a_wedge_from_one_misplaced_corner():
    right = polygon((100, 0), (200, 0), (200, 100), (100.06, 100))
    found = neighbours.gaps(array(SQUARE, right), **LIMITS)
    assert found.size.tolist() == pytest.approx([3], rel=0.1)


def test_rounding_to_millimetres_leaves_no_gap():
    left = polygon((0, 0), (100.333, 0), (141.777, 100), (0, 100))
    right = polygon((100.333, 0), (200, 0), (200, 100), (141.777, 100), (117.056, 40.352))
    assert len(neighbours.gaps(array(left, right), **LIMITS)) == 0
    assert len(neighbours.loose_corners(array(left, right), reach=0.1, point=0.002)) == 0


def test_a_corner_that_misses_its_neighbours_border():
    below = [box(0, -100, 60, 0), polygon((60, -100), (100, -100), (100, 0), (60, -0.03))]
    found = neighbours.loose_corners(array(SQUARE, *below), reach=0.1, point=0.002)
    near = {(int(shape), int(other)) for shape, other in zip(found.shape, found.other, strict=True)}
    assert (2, 0) in near
    assert found.size.max() == pytest.approx(0.03, abs=1e-4)


def test_a_corner_on_its_neighbours_border_is_at_its_place():
    below = [box(0, -100, 60, 0), box(60, -100, 100, 0)]
    assert len(neighbours.loose_corners(array(SQUARE, *below), reach=0.1, point=0.002)) == 0


# --- laws


def grid_of(offsets):
    """Nine squares of 100 m whose corners are moved by the offsets, in centimetres."""
    shapes = []
    for (row, column), moved in zip(itertools.product(range(3), repeat=2), offsets, strict=True):
        corners = [(0, 0), (1, 0), (1, 1), (0, 1)]
        shapes.append(
            polygon(
                *(
                    (100 * (column + x) + dx / 100, 100 * (row + y) + dy / 100)
                    for (x, y), (dx, dy) in zip(corners, moved, strict=True)
                )
            )
        )
    return array(*shapes)


moves = st.lists(st.tuples(*[st.tuples(st.integers(-8, 8), st.integers(-8, 8))] * 4), min_size=9, max_size=9)


def settled(found, names):
    return sorted(
        (*sorted(names[part] for part in (shape, other)), round(float(size), 6))
        for shape, other, size in zip(found.shape, found.other, found.size, strict=True)
    )


@given(moves, st.permutations(range(9)))
def test_neither_input_nor_order_of_rows_matters(offsets, order):
    shapes = grid_of(offsets)
    before = shapely.to_wkb(shapes).tolist()
    turned = shapes[order]
    for detect in (
        lambda given_shapes: neighbours.loose_corners(given_shapes, reach=0.1, point=0.002),
        lambda given_shapes: defects.spikes(given_shapes, angle_deg=1.0, point=POINT),
    ):
        straight, mixed = detect(shapes), detect(turned)
        back = dict(enumerate(order)) | {-1: -1}
        assert settled(straight, {place: place for place in range(-1, 9)}) == settled(mixed, back)
    for found in (neighbours.gaps(shapes, **LIMITS), neighbours.gaps(turned, **LIMITS)):
        assert (found.shape != found.other).all()
    one, two = (neighbours.gaps(item, **LIMITS).size.sum() for item in (shapes, turned))
    assert one == pytest.approx(two, rel=1e-6, abs=1e-6)
    assert shapely.to_wkb(shapes).tolist() == before


@given(moves)
def test_a_gap_belongs_to_no_shape_and_lies_where_it_is_said(offsets):
    shapes = grid_of(offsets)
    found = neighbours.gaps(shapes, **LIMITS)
    inside = shapely.contains_properly(
        shapely.union_all(shapes), shapely.points(np.column_stack([found.x, found.y]))
    )
    assert not inside.any()


def test_ten_thousand_parcels_are_looked_at_in_seconds():
    count = 100
    west, south = np.meshgrid(100.0 * np.arange(count), 100.0 * np.arange(count))
    shapes = shapely.box(
        EAST + west.ravel(), NORTH + south.ravel(), EAST + west.ravel() + 100, NORTH + south.ravel() + 100
    )
    begun = time.perf_counter()
    found = [
        neighbours.gaps(shapes, **LIMITS),
        neighbours.loose_corners(shapes, reach=0.1, point=0.002),
        neighbours.repeated_shapes(shapes, point=POINT),
        defects.spikes(shapes, angle_deg=1.0, point=POINT),
        neighbours.overlaps(shapes).area,
    ]
    assert [len(item) for item in found] == [0] * 5
    # It takes a third of a second; a loop over pairs of parcels would take minutes.
    assert time.perf_counter() - begun < 20
