"""The ways inside screening: whichever of them a pair takes, the answer is the same, and the quick one is taken."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.city_build.region import Region
from parcelplan.geometry import _crossing, _quadtree, _slices
from parcelplan.geometry._borders import borders_of, edge_boxes, plain_borders
from parcelplan.geometry._overlapping import Shares
from parcelplan.geometry._quadtree import Quadtree, pieces_of
from parcelplan.geometry.arrays import spans
from parcelplan.geometry.screening import Screener, buffer_covers


def shapes_of(frame):
    return frame.geometry.to_numpy(dtype=object)


@pytest.fixture(scope="module")
def city():
    region = Region(2_500, seed=7)
    layers = region.layers()
    covers = np.concatenate(
        [buffer_covers(shapes_of(own), own["dist"].to_numpy()) for own in layers.values()]
    )
    kinds = [kind for kind, own in layers.items() for _ in range(len(own))]
    parcels = shapes_of(region.parcels())
    return parcels, covers, kinds, Screener(covers, kinds).screen(parcels)


def assert_same(one, other):
    assert one.blocked == pytest.approx(other.blocked, abs=1e-4)
    for kind, areas in one.blocked_by_kind.items():
        assert areas == pytest.approx(other.blocked_by_kind.get(kind, 0.0 * areas), abs=1e-4)
    assert one.pieces.tolist() == other.pieces.tolist()
    assert np.abs(shapely.area(shapely.symmetric_difference(one.net, other.net))).max() < 1e-4


def test_nearly_all_cuts_are_walked_and_few_go_through_an_overlay(city):
    parcels, covers, _, _ = city
    found = []
    _slices.each_slice(parcels, shapely.area(parcels), covers, pieces_of(covers), 1, found.append)
    left = np.concatenate([part.cut.left for part in found])
    plain = (
        shapely.get_num_interior_rings(np.concatenate([part.parcels[part.cut.parcel] for part in found])) == 0
    )
    assert len(left) > 400
    assert shapely.is_missing(left[plain]).mean() < 0.1


def test_general_overlay_gives_what_walking_gives(city, monkeypatch):
    parcels, covers, kinds, result = city
    monkeypatch.setattr(_crossing, "CLEAN_M", np.inf)
    assert_same(Screener(covers, kinds).screen(parcels), result)


def test_walks_with_more_turns_than_are_followed_go_through_an_overlay(city, monkeypatch):
    parcels, covers, kinds, result = city
    monkeypatch.setattr(_crossing, "MOST_TURNS", 1)
    assert_same(Screener(covers, kinds).screen(parcels), result)


@pytest.mark.parametrize("vertices", [4, 40, 10_000])
@pytest.mark.parametrize("most", [60, 300])
def test_breaking_covers_up_and_slicing_change_nothing(city, monkeypatch, vertices, most):
    parcels, covers, kinds, result = city
    monkeypatch.setattr(_quadtree, "MANY_VERTICES", vertices)
    monkeypatch.setattr(_quadtree, "FEW_PARCELS", 1)
    monkeypatch.setattr(_slices, "SLICE", most)
    assert_same(Screener(covers, kinds, threads=2).screen(parcels), result)


def test_a_piece_that_cutting_breaks_is_cut_again(city):
    parcels, covers, _, _ = city
    tree = Quadtree(shapely.bounds(parcels))
    pieces = pieces_of(covers)
    bow_tie = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    spoilt = replace(
        pieces,
        shape=np.full(len(pieces), bow_tie, dtype=object),
        end=np.full(len(pieces), len(parcels), dtype=np.intp),
    )
    mended = _quadtree.own_copies(spoilt, tree.root, tree, covers)
    box = shapely.box(*tree.bounds_of(tree.root))
    assert shapely.area(mended.shape) == pytest.approx(shapely.area(shapely.intersection(covers, box)))


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 900), st.floats(0, 900)), min_size=1, max_size=40))
def test_quadrants_hold_every_parcel_once_and_whole(corners):
    parcels = np.array([shapely.box(x, y, x + 30, y + 20) for x, y in corners], dtype=object)
    tree = Quadtree(shapely.bounds(parcels))
    assert sorted(tree.order) == list(range(len(parcels)))
    todo = [tree.root]
    while todo:
        quadrant = todo.pop()
        west, south, east, north = tree.bounds_of(quadrant)
        own = tree.bounds[quadrant.start : quadrant.end]
        assert (own[:, 0] > west).all()
        assert (own[:, 1] > south).all()
        assert (own[:, 2] < east).all()
        assert (own[:, 3] < north).all()
        if quadrant.level > 8 and quadrant.end - quadrant.start > 1:
            quarters = list(tree.quarters(quadrant))
            assert [part.start for part in quarters[1:]] == [part.end for part in quarters[:-1]]
            assert (quarters[0].start, quarters[-1].end) == (quadrant.start, quadrant.end)
            todo += quarters


def test_borders_have_land_to_their_left():
    square = [(0, 0), (0, 10), (10, 10), (10, 0)]
    holed = shapely.Polygon(square, [[(2, 2), (4, 2), (4, 4), (2, 4)]])
    shapes = np.array([shapely.Polygon(square), shapely.Polygon(square[::-1]), holed], dtype=object)
    for borders in (plain_borders(shapes[:2]), borders_of(shapes)):
        edges = borders.edges
        middle = (borders.points[edges] + borders.points[edges + 1]) / 2
        way = borders.points[edges + 1] - borders.points[edges]
        left = middle + 0.1 * np.column_stack([-way[:, 1], way[:, 0]]) / np.hypot(*way.T)[:, np.newaxis]
        assert shapely.contains_xy(shapes[borders.shape[borders.ring[edges]]], left).all()


def test_boxes_hold_the_whole_of_a_long_edge():
    borders = borders_of(np.array([shapely.Polygon([(0, 0), (1000, 300), (1000, 301)])], dtype=object))
    boxes, edge = edge_boxes(borders, 50.0)
    line = shapely.linestrings(borders.points[:2])
    own = shapely.box(*boxes[edge == 0].T)
    assert len(own) == 21
    assert shapely.union_all(own).covers(line)
    assert shapely.area(own).max() < 50 * 20


def test_spans_count_through_ranges_and_pass_over_empty_ones():
    owner, value = spans(np.array([3, 9, 5]), np.array([5, 9, 6]))
    assert owner.tolist() == [0, 0, 2]
    assert value.tolist() == [3, 4, 5]


def test_one_pass_answers_what_single_questions_answer(city):
    parcels, covers, kinds, _ = city
    screener = Screener(covers, kinds)
    holding = np.arange(len(covers)) % 3 != 0
    days = np.arange(4)
    in_force = (np.arange(len(covers)) + days[:, np.newaxis]) % 4 != 0
    found = screener.survey(parcels, holding=holding, in_force=in_force, days=days, shares=True)
    some = Screener(covers[holding], [kind for kind, on in zip(kinds, holding, strict=True) if on])
    assert_same(found.screening, some.screen(parcels))
    in_time = screener.over_time(parcels, in_force, days)
    assert found.in_time.blocked == pytest.approx(in_time.blocked, abs=1e-6)
    for kind, areas in in_time.blocked_by_kind.items():
        assert found.in_time.blocked_by_kind[kind] == pytest.approx(areas, abs=1e-6)
    assert isinstance(found.shares, Shares)
    parcel, cover, share = screener.pairs(parcels)
    assert found.shares.parcel.tolist() == parcel.tolist()
    assert found.shares.cover.tolist() == cover.tolist()
    assert found.shares.area / shapely.area(parcels)[parcel] == pytest.approx(share)
    shape = found.shares.shapes(np.arange(len(parcel)))
    assert shapely.area(shape) == pytest.approx(found.shares.area, abs=1e-4)


def strips():
    """Scenes of covers a millimetre wide beside covers along the parcel's border, 36 million metres east."""
    scenes = []
    for line in Path(__file__).with_name("strips.txt").read_text().splitlines():
        what, shape = line.split()
        if what == "parcel":
            scenes.append(([], []))
        scenes[-1][what == "cover"].append(shapely.from_wkb(shape))
    return [tuple(np.array(own, dtype=object) for own in scene) for scene in scenes]


@pytest.mark.parametrize(("parcels", "covers"), strips())
def test_strips_far_in_the_east_cost_no_area(parcels, covers):
    screener = Screener(covers, ["power"] * len(covers))
    left = shapely.area(shapely.difference(parcels, shapely.union_all(covers)))
    in_time = screener.over_time(parcels, np.ones((1, len(covers)), dtype=bool), np.zeros(1))
    assert shapely.area(screener.screen(parcels).net) == pytest.approx(left, abs=2e-5)
    assert in_time.net_area[0] == pytest.approx(left, abs=2e-5)
