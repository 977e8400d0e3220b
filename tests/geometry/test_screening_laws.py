"""Laws of screening: it is plain overlay, whatever the shapes, the order, the chunks and the threads."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from parcelplan.geometry.screening import Screener, Screening, screen, screen_over_time
from tests.geometry.plain_overlay import (
    CRUMB_M2,
    assert_close,
    assert_consistent,
    assert_equals_plain_overlay,
    assert_identical,
    assert_same,
    plain_overlay,
    rounding,
    tolerance,
)
from tests.geometry.scenes import ZONED, Scene, mosaic, moved, needle, objects, scenes, skyline

seeds = st.integers(0, 2**32 - 1)
skylines = st.builds(skyline, seeds, st.integers(0, 80))
often = settings(max_examples=max(1, settings.default.max_examples // 2))
seldom = settings(max_examples=max(1, settings.default.max_examples // 20))


def screened(scene: Scene, threads: int = 1) -> Screening:
    return screen(scene.parcels, scene.covers, scene.kinds, threads=threads)


@given(scenes())
def test_screening_is_plain_overlay(scene):
    assert_equals_plain_overlay(screened(scene), scene)


@seldom
@given(seeds, st.integers(2, 250), st.sampled_from([200.0, 1000.0, 5000.0]))
def test_parcels_over_many_tiles_are_as_plain_overlay(seed, count, side):
    scene = mosaic(seed, count, side)
    assert_equals_plain_overlay(screened(scene), scene)


@seldom
@given(skylines)
def test_borders_along_borders_are_as_plain_overlay(scene):
    result = screened(scene)
    assert_equals_plain_overlay(result, scene)
    assert_consistent(result)
    for threads in (2, 3):
        assert_identical(result, screened(scene, threads))


@often
@given(st.builds(needle, seeds))
def test_needles_are_as_plain_overlay(scene):
    result = screened(scene)
    assert_equals_plain_overlay(result, scene)
    assert_consistent(result)


@given(scenes())
def test_fields_say_the_same_about_themselves(scene):
    assert_consistent(screened(scene))


@often
@given(scenes(max_parcels=12), st.sampled_from([2, 3]))
def test_threads_change_nothing(scene, threads):
    assert_identical(screened(scene), screened(scene, threads))


@seldom
@given(seeds)
def test_threads_change_nothing_over_many_tiles(seed):
    scene = mosaic(seed, 150, 2000.0)
    alone = screened(scene)
    for threads in (2, 3):
        assert_identical(alone, screened(scene, threads))


@often
@given(scenes(), st.randoms(use_true_random=False))
def test_order_does_not_matter(scene, random):
    rows = random.sample(range(len(scene.parcels)), len(scene.parcels))
    columns = random.sample(range(len(scene.covers)), len(scene.covers))
    shuffled = scene.of_parcels(rows).of_covers(columns)
    allowed = chunk_tolerance(shuffled)
    assert_same(screened(shuffled), screened(scene), rows, allowed=allowed)


@often
@given(scenes(max_parcels=8), st.lists(st.booleans(), min_size=8, max_size=8))
def test_a_chunk_is_its_rows_of_the_whole(scene, mask):
    rows = np.flatnonzero(mask[: len(scene.parcels)])
    chunk = scene.of_parcels(rows)
    whole = screened(scene)
    assert_same(screened(chunk), whole, rows, allowed=chunk_tolerance(chunk))
    assert screened(chunk).pieces.tolist() == whole.pieces[rows].tolist()


@seldom
@given(seeds, st.integers(1, 7))
def test_chunks_of_many_tiles_are_rows_of_the_whole(seed, chunks):
    scene = mosaic(seed, 150, 2000.0)
    whole = screened(scene)
    screener = Screener(scene.covers, scene.kinds)
    for rows in np.array_split(np.arange(len(scene.parcels)), chunks):
        chunk = scene.of_parcels(rows)
        assert_same(screener.screen(chunk.parcels), whole, rows, allowed=chunk_tolerance(chunk))


def chunk_tolerance(scene: Scene) -> np.ndarray:
    return 1e-9 * shapely.area(scene.parcels) + rounding(scene) + CRUMB_M2


@often
@given(scenes(), st.integers(0, 5))
def test_a_cover_that_is_there_twice_counts_once(scene, row):
    if not len(scene.covers):
        return
    again = np.append(np.arange(len(scene.covers)), row % len(scene.covers))
    assert_same(screened(scene.of_covers(again)), screened(scene), allowed=chunk_tolerance(scene))


@often
@given(scenes())
def test_covers_of_another_kind_leave_the_same(scene):
    """Kinds only divide the figures: what is left does not know of them."""
    alone = Scene(
        parcels=scene.parcels, covers=scene.covers, kinds=["a"] * len(scene.covers), origin=scene.origin
    )
    one, other = screened(alone), screened(scene)
    assert_close(one.blocked, other.blocked, tolerance(scene))
    assert_close(one.largest_piece, other.largest_piece, tolerance(scene))


@often
@given(scenes())
def test_inputs_stay_as_they_are(scene):
    parcels, covers, kinds = scene.parcels.copy(), scene.covers.copy(), list(scene.kinds)
    texts = [shapely.to_wkb(shapes).tolist() for shapes in (parcels, covers)]
    screened(scene, threads=2)
    assert all(one is other for one, other in zip(parcels, scene.parcels, strict=True))
    assert all(one is other for one, other in zip(covers, scene.covers, strict=True))
    assert kinds == scene.kinds
    assert texts == [shapely.to_wkb(shapes).tolist() for shapes in (parcels, covers)]


@often
@given(
    scenes(),
    st.integers(1, 5).flatmap(lambda days: st.lists(st.integers(0, 63), min_size=days, max_size=days)),
)
def test_in_time_it_is_one_screening_a_day(scene, flags):
    days = np.arange(len(flags)) + np.datetime64("2026-01-01")
    in_force = (np.array(flags)[:, np.newaxis] >> np.arange(len(scene.covers))) % 2 == 1
    series = screen_over_time(scene.parcels, scene.covers, scene.kinds, in_force, days)
    assert series.days.tolist() == days.tolist()
    assert series.blocked.shape == (len(days), len(scene.parcels))
    assert_days_equal(series, scene, in_force)


@seldom
@given(seeds)
def test_in_time_over_many_tiles_it_is_one_screening_a_day(seed):
    scene = mosaic(seed, 120, 1500.0)
    ends = np.random.default_rng(seed).integers(0, 6, len(scene.covers))
    in_force = np.arange(5)[:, np.newaxis] < ends
    alone = Screener(scene.covers, scene.kinds).over_time(scene.parcels, in_force, np.arange(5))
    assert_days_equal(alone, scene, in_force)
    threads = Screener(scene.covers, scene.kinds, threads=2).over_time(scene.parcels, in_force, np.arange(5))
    assert threads.net_area.tolist() == alone.net_area.tolist()


def assert_days_equal(series, scene: Scene, in_force) -> None:
    allowed, area = tolerance(scene), shapely.area(scene.parcels)
    for day, mask in enumerate(in_force):
        net, by_kind = plain_overlay(scene.of_covers(np.flatnonzero(mask)))
        assert_close(series.blocked[day], shapely.area(scene.near().parcels) - shapely.area(net), allowed)
        assert_close(series.net_area[day], shapely.area(net), allowed)
        assert_close(series.net_area[day] + series.blocked[day], area, 1e-9 * area + 1e-9)
        for kind, areas in series.blocked_by_kind.items():
            assert_close(areas[day], by_kind.get(kind, 0.0), allowed)
    assert set(series.blocked_by_kind) == set(scene.kinds)
    assert all(
        (areas >= 0).all() for areas in (series.blocked, series.net_area, *series.blocked_by_kind.values())
    )


@often
@given(scenes(max_parcels=4))
def test_width_is_the_circle_in_a_largest_piece(scene):
    result = Screener(scene.covers, scene.kinds).screen(scene.parcels, width=True)
    assert (result.width[result.pieces == 0] == 0).all()
    for row, shape in enumerate(result.net):
        parts = shapely.get_parts(shape)[: result.pieces[row]]
        # Two pieces of one size: either may be the largest.
        wide = parts[shapely.area(parts) >= result.largest_piece[row] - tolerance(scene)[row]]
        reach = shapely.bounds(wide).reshape(-1, 2, 2)
        allowed = 2.5 * (reach[:, 1] - reach[:, 0]).max(axis=1) / 1000.0
        circles = np.array([2.0 * shapely.length(shapely.maximum_inscribed_circle(part)) for part in wide])
        assert not len(wide) or (np.abs(result.width[row] - circles) <= allowed).any()


@given(scenes())
def test_pairs_are_the_shared_parts(scene):
    parcel, cover, share = Screener(scene.covers, scene.kinds).pairs(scene.parcels)
    near = scene.near()
    ours = np.zeros((len(scene.parcels), len(scene.covers)))
    np.add.at(ours, (parcel, cover), share)
    areas = shapely.area(near.parcels)[:, np.newaxis]
    theirs = np.nan_to_num(shapely.area(shapely.intersection(near.parcels[:, np.newaxis], near.covers)))
    assert len(set(zip(parcel.tolist(), cover.tolist(), strict=True))) == len(parcel)
    assert ((share > 0) & (share <= 1)).all()
    assert_close(ours * areas, theirs, np.broadcast_to(tolerance(scene)[:, np.newaxis], theirs.shape))


SQUARE = shapely.box(0, 0, 100, 100)


@pytest.mark.parametrize("origin", [(0.0, 0.0), ZONED])
@pytest.mark.parametrize("threads", [1, 2])
def test_nothing_to_screen(origin, threads):
    none = np.empty(0, dtype=object)
    square = moved(objects([SQUARE]), origin)
    assert screen(none, square, ["river"], threads=threads).blocked_by_kind["river"].tolist() == []
    assert screen(none, none, [], threads=threads).pieces.tolist() == []
    free = screen(square, none, [], threads=threads)
    assert (free.blocked.tolist(), free.pieces.tolist(), dict(free.blocked_by_kind)) == ([0], [1], {})
    missing = screen(square, objects([None, shapely.Polygon()]), ["river", "road"], threads=threads)
    assert (missing.blocked.tolist(), missing.largest_piece.tolist()) == ([0], [10_000])
    assert {kind: areas.tolist() for kind, areas in missing.blocked_by_kind.items()} == {
        "river": [0],
        "road": [0],
    }


def test_a_piece_that_runs_over_many_tiles_is_one():
    """A comb of five kilometres: one piece while its back stands, sixty when it is taken away."""
    back = shapely.box(0, 0, 6000, 10)
    teeth = [shapely.box(x, 10, x + 40, 2500) for x in range(0, 6000, 100)]
    comb = moved(objects([shapely.union_all([back, *teeth])]), ZONED)
    gap = moved(objects([shapely.box(-1, 2499, 6001, 2501)]), ZONED)
    assert screen(comb, gap, ["road"]).pieces.tolist() == [1]
    assert screen(comb, np.append(gap, moved(objects([back]), ZONED)), ["road", "road"]).pieces.tolist() == [
        60
    ]
