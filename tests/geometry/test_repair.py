"""Repairs: always valid, never silent, and nothing touched that was sound."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from parcelplan.geometry.repair import repair
from parcelplan.geometry.soundness import is_finite

BOWTIE = shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])
SQUARE = shapely.box(0, 0, 100, 100)


def array(*shapes):
    result = np.empty(len(shapes), dtype=object)
    result[:] = shapes
    return result


def test_a_bowtie_becomes_two_triangles_and_its_area_is_told():
    done = repair(array(BOWTIE))
    assert done.repaired.tolist() == [True]
    assert done.area_before[0] == 0
    assert done.area_after[0] == pytest.approx(5000)
    assert done.area_change[0] == pytest.approx(5000)
    assert shapely.get_num_geometries(done.shapes[0]) == 2


def test_overlapping_parts_are_united():
    twice = shapely.MultiPolygon([SQUARE, shapely.box(50, 0, 150, 100)])
    done = repair(array(twice))
    assert done.area_before[0] == pytest.approx(20_000)
    assert done.area_change[0] == pytest.approx(-5000)


def test_a_place_that_a_ring_goes_round_twice_is_land_or_a_hole_as_the_method_says():
    looped = shapely.Polygon([(0, 0), (100, 0), (100, 60), (20, 60), (20, 20), (60, 20), (60, 100), (0, 100)])
    assert repair(array(looped)).area_after[0] == pytest.approx(6000 + 2400)
    assert repair(array(looped), method="linework").area_after[0] == pytest.approx(6000 + 2400 - 1600)


@pytest.mark.parametrize("method", ["structure", "linework"])
def test_a_spike_of_no_width_is_dropped(method):
    spiked = shapely.Polygon([(0, 0), (100, 0), (100, 50), (150, 50), (100, 50), (100, 100), (0, 100)])
    done = repair(array(spiked), method=method)
    assert done.repaired[0]
    assert done.shapes[0].geom_type == "Polygon"
    assert done.shapes[0].bounds == (0, 0, 100, 100)
    assert done.area_change[0] == pytest.approx(0)


def test_a_hole_outside_its_shell_becomes_land_and_that_is_told():
    hole = [(200, 0), (210, 0), (210, 10), (200, 10)]
    done = repair(array(shapely.Polygon(SQUARE.exterior, [hole])))
    assert done.area_before[0] == pytest.approx(9900)
    assert done.area_change[0] == pytest.approx(200)


def test_what_would_vanish_stays_invalid_to_be_found():
    flat = shapely.Polygon([(0, 0), (100, 0), (50, 0)])
    done = repair(array(flat))
    assert done.repaired.tolist() == [False]
    assert done.shapes[0] is flat


def test_sound_absent_and_hopeless_shapes_come_back_as_they_are():
    with np.errstate(invalid="ignore"):
        nowhere = shapely.Polygon([(0, 0), (1, 1), (np.nan, 0)])
    given_shapes = array(
        SQUARE,
        None,
        shapely.Polygon(),
        shapely.Point(1, 1),
        shapely.LineString([(0, 0), (0, 0)]),
        nowhere,
    )
    done = repair(given_shapes)
    assert not done.repaired.any()
    assert all(one is two for one, two in zip(done.shapes, given_shapes, strict=True))
    assert np.isnan(done.area_after[1])


rings = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=3, max_size=9)
polygons = st.builds(shapely.Polygon, rings)
holed = st.builds(lambda shell, hole: shapely.Polygon(shell, [hole]), rings, rings)
several = st.builds(shapely.MultiPolygon, st.lists(polygons, min_size=1, max_size=3))
scribbles = st.lists(polygons | holed | several, min_size=1, max_size=5)
methods = st.sampled_from(["structure", "linework"])


@given(scribbles, methods)
def test_repaired_shapes_are_valid_polygons_and_the_change_is_what_is_said(drawn, method):
    shapes = array(*drawn)
    before = [shape.wkb for shape in drawn]
    done = repair(shapes, method=method)
    assert [shape.wkb for shape in shapes] == before
    mended = done.shapes[done.repaired]
    assert shapely.is_valid(mended).all()
    assert set(shapely.get_dimensions(mended)) <= {2}
    assert (shapely.area(mended) > 0).all()
    assert not shapely.is_valid(shapes[done.repaired]).any()
    assert np.allclose(done.area_before, shapely.area(shapes))
    assert np.allclose(done.area_change, shapely.area(done.shapes) - shapely.area(shapes))
    assert (done.area_change[~done.repaired] == 0).all()


@given(scribbles, methods)
def test_a_second_repair_changes_nothing_and_order_does_not_matter(drawn, method):
    shapes = array(*drawn)
    once = repair(shapes, method=method)
    again = repair(once.shapes, method=method)
    assert not again.repaired.any()
    turned = repair(shapes[::-1], method=method)
    assert shapely.equals_exact(turned.shapes[::-1], once.shapes).all()


def test_coordinates_that_are_no_numbers_are_told_from_the_others():
    assert is_finite(array(SQUARE, None, shapely.Point(np.inf, 0))).tolist() == [True, True, False]
