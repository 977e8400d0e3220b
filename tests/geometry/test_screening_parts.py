"""The ways inside screening: whichever of them a pair takes, the answer is the same, and the quick one is taken."""

import gc
import re
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.city_build.region import Region
from parcelplan.geometry import _compiling, _general, _reach, _slices, screening
from parcelplan.geometry._asked import HARD
from parcelplan.geometry._borders import borders_of
from parcelplan.geometry._clean import screen_slice
from parcelplan.geometry._quadtree import Quadtree
from parcelplan.geometry._reach import entered, narrowed
from parcelplan.geometry.collecting import no_collecting
from parcelplan.geometry.screening import Screener, Shares, buffer_covers, screen
from tests.geometry.plain_overlay import assert_consistent, assert_equals_plain_overlay, tolerance
from tests.geometry.scenes import mosaic, scenes


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


def hard_parcels(parcels, covers, kinds):
    """Positions of the parcels about which only general overlays can tell."""
    answers = Screener(covers, kinds)._ask(parcels, left=True)
    return np.flatnonzero(answers.told.state == HARD)


def test_nearly_all_cuts_are_walked_and_few_go_through_an_overlay(city):
    parcels, covers, kinds, result = city
    hard = hard_parcels(parcels, covers, kinds)
    assert (result.blocked > 0).sum() > 700
    assert len(hard) < 0.01 * (result.blocked > 0).sum()


def test_general_overlay_gives_what_walking_gives(city, monkeypatch):
    parcels, covers, kinds, result = city
    monkeypatch.setattr(screening, "FEW", len(parcels) + 1)
    assert_same(Screener(covers, kinds).screen(parcels), result)


@settings(deadline=None, max_examples=max(1, settings.default.max_examples // 4))
@given(scenes())
def test_the_general_way_is_plain_overlay(scene):
    with patch.object(screening, "FEW", 1_000_000):
        result = screen(scene.parcels, scene.covers, scene.kinds)
    assert_equals_plain_overlay(result, scene)
    assert_consistent(result)


@settings(deadline=None, max_examples=max(1, settings.default.max_examples // 4))
@given(scenes(), st.lists(st.integers(0, 63), min_size=3, max_size=3))
def test_both_ways_say_the_same_of_days_and_shares(scene, flags):
    in_force = (np.array(flags)[:, np.newaxis] >> np.arange(len(scene.covers))) % 2 == 1
    found = []
    for few in (0, 1_000_000):
        with patch.object(screening, "FEW", few):
            screener = Screener(scene.covers, scene.kinds)
            found.append(
                screener.survey(scene.parcels, in_force=in_force, days=np.arange(len(flags)), shares=True)
            )
    one, other = found
    allowed = tolerance(scene)
    assert (np.abs(one.in_time.blocked - other.in_time.blocked) <= 2 * allowed).all()
    for kind, areas in one.in_time.blocked_by_kind.items():
        assert (np.abs(areas - other.in_time.blocked_by_kind[kind]) <= 2 * allowed).all()
    sums = [
        np.bincount(each.shares.parcel, weights=each.shares.area, minlength=len(scene.parcels))
        for each in found
    ]
    assert (np.abs(sums[0] - sums[1]) <= 2 * allowed * max(len(scene.covers), 1)).all()


@pytest.mark.parametrize("most", [60, 300])
def test_slicing_changes_nothing(city, monkeypatch, most):
    parcels, covers, kinds, result = city
    monkeypatch.setattr(_slices, "SLICE", most)
    cut = Screener(covers, kinds, threads=2).screen(parcels)
    assert cut.blocked.tolist() == result.blocked.tolist()
    assert shapely.equals_identical(cut.net, result.net).all()


@pytest.mark.parametrize("vertices", [4, 10_000])
def test_cutting_covers_down_changes_nothing(city, monkeypatch, vertices):
    parcels, covers, kinds, result = city
    monkeypatch.setattr(screening, "FEW", len(parcels) + 1)
    monkeypatch.setattr(_general, "MANY_VERTICES", vertices)
    chunk = np.arange(400)
    cut = Screener(covers, kinds).screen(parcels[chunk])
    assert cut.blocked == pytest.approx(result.blocked[chunk], abs=1e-4)


def test_a_cover_that_cutting_breaks_is_cut_again(monkeypatch):
    bow_tie = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    circle = np.array([shapely.Point(0, 0).buffer(100, quad_segs=200)], dtype=object)
    monkeypatch.setattr(_general.shapely, "clip_by_rect", lambda shapes, *_: np.full(len(shapes), bow_tie))
    cut = _general._cut_down(circle, np.array([[20.0, 20.0, 50.0, 60.0]]))
    assert shapely.area(cut) == pytest.approx(
        shapely.area(shapely.intersection(circle, shapely.box(19, 19, 51, 61)))
    )


HOLED = shapely.Polygon(
    shapely.box(0, 0, 100, 100).exterior.coords,
    [shapely.box(20, 20, 40, 40).exterior.coords, shapely.box(60, 60, 80, 80).exterior.coords],
)
STRIPS = {
    "through a hole": shapely.box(-5, 25, 105, 35.5),
    "into a hole": shapely.box(-5, 25, 30, 35.5),
    "from hole to hole": shapely.LineString([(30, 30), (70, 70)]).buffer(3),
    "beside the holes": shapely.box(-5, 45, 105, 55.5),
    "around a corner of a hole": shapely.box(15, 15, 25, 25.5),
    "over a hole": shapely.box(-5, 10.5, 55.5, 45.5),
    "through both": shapely.LineString([(-5, -7), (105, 106)]).buffer(4),
    "over all": shapely.box(-5, -5, 105, 105),
    "twice across a hole": shapely.box(15, 22, 45, 38).difference(shapely.box(24, 10, 36, 37)),
}


@pytest.mark.parametrize("east", [0.0, 36_500_000.0])
@pytest.mark.parametrize("name", STRIPS)
def test_parcels_with_holes_are_walked_as_well(monkeypatch, name, east):
    monkeypatch.setattr(screening, "FEW", 0)
    parcel, cover = (
        shapely.transform(shape, lambda at: np.add(at, (east, 0))) for shape in (HOLED, STRIPS[name])
    )
    parcels, covers = np.array([parcel], dtype=object), np.array([cover], dtype=object)
    result, left = screen(parcels, covers, ["power"]), parcel.difference(cover)
    # A cover whose box lies within that of the parcel may be an island in it, and is left to overlays.
    island = shapely.box(*parcel.bounds).contains(shapely.box(*cover.bounds))
    assert len(hard_parcels(parcels, covers, ["power"])) == island
    assert result.blocked[0] == pytest.approx(parcel.area - left.area, abs=1e-5)
    assert result.net[0].symmetric_difference(left).area < 1e-5
    assert result.net[0].is_valid
    assert result.pieces[0] == shapely.get_num_geometries(left) - left.is_empty


@pytest.mark.parametrize(
    ("seed", "count", "side"), [(1_000_277, 117, 5000.0), (7_000_498, 138, 1000.0), (30_000_463, 103, 1000.0)]
)
def test_overlays_that_go_wrong_along_a_border_are_noticed(seed, count, side):
    """A plain difference was off by up to half of the parcel here."""
    scene = mosaic(seed, count, side)
    assert_equals_plain_overlay(screen(scene.parcels, scene.covers, scene.kinds), scene)


def test_holes_that_touch_their_border_are_right_too(monkeypatch):
    monkeypatch.setattr(screening, "FEW", 0)
    parcel = shapely.Polygon([(0, 0), (100, 0), (100, 100), (0, 100)], [[(0, 50), (30, 40), (30, 60)]])
    for cover in (
        shapely.box(10, -5, 20.5, 105),
        shapely.box(-5, 44.5, 50, 47),
        shapely.box(60, 10, 120, 90),
    ):
        result = screen(np.array([parcel]), np.array([cover]), ["river"])
        left = parcel.difference(cover)
        assert result.net[0].symmetric_difference(left).area < 1e-6
        assert result.net[0].is_valid


@pytest.mark.parametrize(
    "corner", [(0.0, 0.0), (-_reach.MARGIN_M, -_reach.MARGIN_M), (0.0, -_reach.MARGIN_M)]
)
def test_borders_through_the_point_of_reference_leave_nothing_wrong(monkeypatch, corner):
    """A border through a quadrant's corner tells nobody on which side it lies: then overlays have to."""
    monkeypatch.setattr(screening, "FEW", 0)
    parcels = np.array(
        [shapely.box(x, y, x + 9, y + 9) for x in range(0, 300, 10) for y in range(0, 300, 10)]
    )
    west, south = corner
    wedge = shapely.Polygon([(west, south), (400, -60), (400, 400), (west, south + 150)])
    result = screen(parcels, np.array([wedge]), ["road"])
    assert result.blocked == pytest.approx(shapely.area(shapely.intersection(parcels, wedge)), abs=1e-6)


def test_a_small_chunk_loads_no_compiler():
    code = (
        "import sys, numpy, shapely\n"
        "from parcelplan.geometry.screening import screen\n"
        "parcel, cover = shapely.box(0, 0, [9, 3], 9)\n"
        "print(screen(numpy.array([parcel]), numpy.array([cover]), ['road']).blocked)\n"
        "sys.exit('numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "[27.]\n"), done.stderr


def test_the_collector_works_again_after_a_screening(city):
    parcels, covers, kinds, _ = city
    assert gc.isenabled()
    with no_collecting():
        Screener(covers, kinds).screen(parcels)
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError), no_collecting():
        1 / 0  # noqa: B018
    assert gc.isenabled()


def test_arrays_of_any_order_are_screened_by_the_same_code(city):
    parcels, covers, kinds, _ = city
    in_force = np.asfortranarray(np.ones((3, len(covers)), dtype=bool))
    in_force.flags.writeable = False
    Screener(covers, kinds).survey(
        parcels, holding=in_force[1], in_force=in_force, days=np.arange(3), shares=True
    )
    Screener(covers[:0], []).screen(parcels)
    assert [len(each.signatures) for each in (screen_slice, entered, narrowed)] == [1, 1, 1]


def test_compiled_code_belongs_to_the_text_of_all_its_modules(monkeypatch, tmp_path):
    for name in _compiling.SOURCES:
        (tmp_path / name).write_text(Path(_compiling.__file__).with_name(name).read_text())
    monkeypatch.setattr(_compiling, "__file__", str(tmp_path / "_compiling.py"))
    before = _compiling.text_of_sources()
    with (tmp_path / "_walking.py").open("a") as file:
        file.write("# another text\n")
    assert _compiling.text_of_sources() != before
    folder = Path(screening.__file__).parent
    using = [
        path.name
        for path in sorted(folder.glob("_*.py"))
        if re.search("^@(lean|compiled)$", path.read_text(), re.MULTILINE)
    ]
    assert set(using) <= set(_compiling.SOURCES)


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 900), st.floats(0, 900)), min_size=1, max_size=40))
def test_quadrants_hold_every_parcel_once_and_whole(corners):
    parcels = np.array([shapely.box(x, y, x + 30, y + 20) for x, y in corners], dtype=object)
    tree = Quadtree(shapely.bounds(parcels))
    assert sorted(tree.order) == list(range(len(parcels)))
    todo = [tree.root]
    while todo:
        quadrant = todo.pop()
        west, south, east, north = tree.bounds_of(quadrant, 1.0)
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


def test_of_a_long_cover_only_what_lies_near_each_parcel_is_overlaid():
    along = np.arange(0.0, 20_000.0, 5.0)
    cover = shapely.buffer(shapely.LineString(np.column_stack([along, 10.0 * np.sin(along / 50.0)])), 8.0)
    parcels = np.array([shapely.box(x, -20, x + 60, 20) for x in (0.0, 9_000.0, 19_900.0)], dtype=object)
    pairs = _general.pairs_of(parcels, shapely.area(parcels), np.array([cover]), np.array([4]))
    assert pairs.parcel.tolist() == [0, 1, 2]
    assert pairs.cover.tolist() == [4, 4, 4]
    assert shapely.get_num_coordinates(cover) > 20 * shapely.get_num_coordinates(pairs.piece).max()
    left = shapely.area(shapely.difference(pairs.near, pairs.piece))
    assert left == pytest.approx(shapely.area(shapely.difference(parcels, cover)), abs=1e-6)


def test_borders_have_land_to_their_left():
    square = [(0, 0), (0, 10), (10, 10), (10, 0)]
    hole = [(2, 2), (4, 2), (4, 4), (2, 4)]
    for inner in (hole, hole[::-1]):
        two = shapely.MultiPolygon([shapely.Polygon(square, [inner]), shapely.box(20, 0, 30, 10)])
        shapes = np.array([shapely.Polygon(square), None, shapely.Polygon(square[::-1]), two], dtype=object)
        borders = borders_of(shapes)
        points = np.column_stack([borders.x, borders.y])
        edges = np.flatnonzero(borders.ring[1:] == borders.ring[:-1])
        middle, way = (points[edges] + points[edges + 1]) / 2, points[edges + 1] - points[edges]
        left = middle + 0.1 * np.column_stack([-way[:, 1], way[:, 0]]) / np.hypot(*way.T)[:, np.newaxis]
        assert shapely.contains_xy(shapes[borders.cover[borders.ring[edges]]], left).all()
        assert borders.cover.tolist() == [0, 2, 3, 3, 3]


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
    shape = shapely.intersection(parcels[parcel], covers[cover])
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


@pytest.mark.parametrize("few", [0, 500])
@pytest.mark.parametrize(("parcels", "covers"), strips())
def test_strips_far_in_the_east_cost_no_area(parcels, covers, few, monkeypatch):
    monkeypatch.setattr(screening, "FEW", few)
    screener = Screener(covers, ["power"] * len(covers))
    left = shapely.area(shapely.difference(parcels, shapely.union_all(covers)))
    in_time = screener.over_time(parcels, np.ones((1, len(covers)), dtype=bool), np.zeros(1))
    assert shapely.area(screener.screen(parcels).net) == pytest.approx(left, abs=2e-5)
    assert in_time.net_area[0] == pytest.approx(left, abs=2e-5)
