"""After an edit: the same as a full run, with only what the edit reaches computed anew."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from parcelplan.geometry.rescreening import Screened, find_edits, rescreen, screen_first
from parcelplan.geometry.screening import Screener
from tests.geometry.plain_overlay import (
    CRUMB_M2,
    assert_equals_plain_overlay,
    assert_identical,
    assert_same,
    rounding,
)
from tests.geometry.scenes import KINDS, Scene, Shapes, mosaic, moved, objects, scenes

seeds = st.integers(0, 2**32 - 1)
often = settings(max_examples=max(1, settings.default.max_examples // 3))
seldom = settings(max_examples=max(1, settings.default.max_examples // 25))


def first(scene: Scene, **options) -> Screened:
    return screen_first(scene.parcels, scene.covers, scene.kinds, **options)


def edited(before: Screened, scene: Scene, **options) -> Screened:
    after = rescreen(before, scene.parcels, scene.covers, scene.kinds, **options)
    assert_taken_over(before, after)
    return after


def assert_taken_over(before: Screened, after: Screened) -> None:
    """What was not redone is what it was, to the very object."""
    former = find_edits(before, after.parcels, after.covers, after.kinds).former
    stayed = np.setdiff1d(np.arange(len(after.parcels)), after.redone)
    assert (former[stayed] >= 0).all()
    old, new = before.result, after.result
    assert all(new.net[row] is old.net[former[row]] for row in stayed)
    for name in ("area", "blocked", "pieces", "largest_piece"):
        assert getattr(new, name)[stayed].tolist() == getattr(old, name)[former[stayed]].tolist()


def assert_full_run(after: Screened, scene: Scene) -> None:
    full = first(scene).result
    allowed = 1e-9 * shapely.area(scene.parcels) + rounding(scene) + CRUMB_M2
    assert_same(after.result, full, allowed=allowed)
    assert list(after.result.blocked_by_kind) == list(full.blocked_by_kind)


@often
@given(scenes(), scenes())
def test_any_scene_after_any_other_is_a_full_run(one, other):
    after = edited(first(one), other)
    assert_full_run(after, other)
    assert_equals_plain_overlay(after.result, other)


@often
@given(scenes(), st.data())
def test_shuffled_dropped_and_added_covers_and_parcels(scene, data):
    """Both scenes share most of what they hold, so that much is taken over and something is not."""
    parcels, covers = len(scene.parcels), len(scene.covers)
    some = [
        st.lists(st.integers(0, size - 1), max_size=size + 2) if size else st.just([])
        for size in (parcels, covers)
    ]
    one = scene.of_parcels(data.draw(some[0])).of_covers(data.draw(some[1]))
    other = scene.of_parcels(data.draw(some[0])).of_covers(data.draw(some[1]))
    kinds = [
        data.draw(st.sampled_from(KINDS)) if number == 0 else kind for number, kind in enumerate(other.kinds)
    ]
    other = Scene(parcels=other.parcels, covers=other.covers, kinds=kinds, origin=scene.origin)
    after = edited(first(one), other)
    assert_full_run(after, other)
    assert_full_run(edited(after, one), one)


def edits_of(scene: Scene, rng: np.random.Generator) -> dict[str, tuple[Scene, Shapes]]:
    """Everyday edits, each with the shapes that tell what may be redone."""
    line = int(rng.integers(0, 14))
    strip = moved(scene.covers[[line]], (20.0, 10.0))
    without = np.delete(np.arange(len(scene.covers)), line)
    old = scene.covers[[line]]
    anew = rng.choice(len(scene.parcels), max(1, len(scene.parcels) // 100), replace=False)
    parcels = scene.parcels.copy()
    parcels[anew] = shapely.simplify(shapely.buffer(parcels[anew], -1.0), 0.0)
    parts = {"parcels": scene.parcels, "covers": scene.covers, "kinds": scene.kinds, "origin": scene.origin}
    covers = scene.covers.copy()
    covers[line] = strip[0]
    return {
        "moved": (Scene(**parts | {"covers": covers}), np.append(old, strip)),
        "dropped": (scene.of_covers(without), old),
        "added": (
            Scene(**parts | {"covers": np.append(scene.covers, strip), "kinds": [*scene.kinds, "canal"]}),
            strip,
        ),
        "parcels": (Scene(**parts | {"parcels": parcels}), objects([])),
        "order": (scene.of_parcels(rng.permutation(len(parcels))), objects([])),
    }


@seldom
@given(seeds, st.integers(20, 150))
def test_everyday_edits_redo_little(seed, count):
    scene, rng = mosaic(seed, count, 2000.0), np.random.default_rng(seed)
    before = first(scene)
    for name, (after, reach) in edits_of(scene, rng).items():
        result = edited(before, after)
        assert_full_run(result, after)
        touched = shapely.intersects(after.parcels[:, np.newaxis], reach).any(axis=1)
        new = ~np.isin(shapely.to_wkb(after.parcels), shapely.to_wkb(scene.parcels))
        assert result.redone.tolist() == np.flatnonzero(touched | new).tolist(), name


@seldom
@given(seeds)
def test_one_edit_after_the_other_loses_nothing(seed):
    scene, rng = mosaic(seed, 60, 1500.0), np.random.default_rng(seed)
    before = first(scene, width=True)
    for _ in range(4):
        for name in ("moved", "parcels"):
            scene = edits_of(scene, rng)[name][0]
            before = edited(before, scene)
    assert_full_run(before, scene)
    assert_equals_plain_overlay(before.result, scene)


@often
@given(scenes())
def test_nothing_changed_means_nothing_redone(scene):
    before = first(scene)
    again = edited(before, scene)
    assert again.redone.tolist() == []
    assert_identical(again.result, before.result)


SQUARES = objects([shapely.box(west, 0, west + 100, 100) for west in range(0, 1000, 100)])
STRIP = objects([shapely.box(-10, 40, 250, 50)])


def test_a_kind_that_comes_and_one_that_goes():
    before = screen_first(SQUARES, STRIP, ["power"])
    after = rescreen(before, SQUARES, STRIP, ["river"])
    assert {kind: areas.tolist() for kind, areas in after.result.blocked_by_kind.items()} == {
        "river": [1000, 1000, 500] + [0] * 7
    }
    assert after.redone.tolist() == [0, 1, 2]
    assert rescreen(after, SQUARES, objects([]), []).result.blocked_by_kind == {}


def test_editing_the_arrays_in_place_is_an_edit_like_any_other():
    parcels, covers, kinds = SQUARES.copy(), STRIP.copy(), ["power"]
    before = screen_first(parcels, covers, kinds)
    parcels[9], covers[0], kinds[0] = shapely.box(900, 0, 950, 100), shapely.box(-10, 40, 50, 50), "river"
    after = rescreen(before, parcels, covers, kinds)
    assert after.redone.tolist() == [0, 1, 2, 9]
    assert after.result.area[9] == 5000
    assert after.result.blocked_by_kind["river"].tolist() == [500] + [0] * 9
    kinds[0] = "road"
    assert rescreen(after, parcels, covers, kinds).result.blocked_by_kind["road"].tolist() == [500] + [0] * 9


def test_a_parcel_that_is_there_twice_finds_its_figures():
    before = screen_first(SQUARES[:3], STRIP, ["power"])
    after = rescreen(before, SQUARES[[2, 2, 0, 1, 1]], STRIP, ["power"])
    assert after.redone.tolist() == []
    assert after.result.blocked.tolist() == [500, 500, 1000, 1000, 1000]


def test_missing_and_empty_shapes_are_no_edits():
    parcels = objects([SQUARES[0], shapely.Polygon(), SQUARES[1]])
    covers = objects([None, STRIP[0], shapely.Polygon()])
    before = screen_first(parcels, covers, ["road", "power", "road"])
    assert rescreen(before, parcels, covers, ["road", "power", "road"]).redone.tolist() == []
    assert rescreen(before, parcels, covers[[1]], ["power"]).redone.tolist() == []


@pytest.mark.parametrize("threads", [1, 2])
def test_width_is_measured_again_where_it_was_before(threads):
    before = screen_first(SQUARES, STRIP, ["power"], width=True, threads=threads)
    covers = objects([shapely.box(-10, 40, 150, 50)])
    after = rescreen(before, SQUARES, covers, ["power"], threads=threads)
    full = Screener(covers, ["power"]).screen(SQUARES, width=True)
    assert after.result.width == pytest.approx(full.width, rel=1e-3)
    assert rescreen(screen_first(SQUARES, STRIP, ["power"]), SQUARES, covers, ["power"]).result.width is None


def test_touching_an_edge_is_reason_enough():
    """A border that a cover comes up to may be rounded either way: such a parcel is redone, its neighbour is not."""
    before = screen_first(SQUARES, objects([]), [])
    after = rescreen(before, SQUARES, objects([shapely.box(210, 10, 300, 90)]), ["road"])
    assert after.redone.tolist() == [2, 3]
