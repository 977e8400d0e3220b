"""Screening of a made-up city against plain overlay: three thousand parcels, lines, a river and roads as they come."""

import numpy as np
import pytest
import shapely

from geodata.city_build.region import SOUTH, WEST, Region
from parcelplan.geometry.screening import Screener, buffer_covers
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
from tests.geometry.scenes import Scene, objects


@pytest.fixture(scope="module")
def city() -> tuple[Scene, np.ndarray]:
    """Parcels and corridors, and which corridor holds on which day."""
    region = Region(3000, seed=7)
    layers = region.layers()
    covers = [
        buffer_covers(objects(list(layer.geometry)), layer["dist"].to_numpy(), threads=2)
        for layer in layers.values()
    ]
    ends = np.concatenate([layer["until_on"].to_numpy() for layer in layers.values()])
    days = np.unique(ends[~np.isnat(ends)])
    scene = Scene(
        parcels=objects(list(region.parcels().geometry)),
        covers=np.concatenate(covers),
        kinds=[kind for kind, layer in layers.items() for _ in range(len(layer))],
        origin=(WEST, SOUTH),
    )
    return scene, np.isnat(ends) | (ends > days[[0, len(days) // 2], np.newaxis])


def test_a_city_is_as_plain_overlay_whatever_the_threads(city):
    scene, _ = city
    alone = Screener(scene.covers, scene.kinds).screen(scene.parcels)
    assert (alone.blocked > 0).sum() > 300
    assert (alone.pieces > 1).any()
    assert_equals_plain_overlay(alone, scene)
    assert_consistent(alone)
    for threads in (2, 3):
        assert_identical(Screener(scene.covers, scene.kinds, threads=threads).screen(scene.parcels), alone)


def test_a_city_block_by_block_is_the_whole_city(city):
    scene, _ = city
    screener = Screener(scene.covers, scene.kinds, threads=2)
    whole = screener.screen(scene.parcels)
    for rows in np.split(np.random.default_rng(1).permutation(len(scene.parcels)), 3):
        chunk = scene.of_parcels(rows)
        allowed = 1e-9 * shapely.area(chunk.parcels) + rounding(chunk) + CRUMB_M2
        assert_same(screener.screen(chunk.parcels), whole, rows, allowed=allowed)


def test_a_city_in_time_is_one_overlay_a_day(city):
    scene, in_force = city
    series = Screener(scene.covers, scene.kinds, threads=2).over_time(scene.parcels, in_force, np.arange(2))
    for day, mask in enumerate(in_force):
        net, by_kind = plain_overlay(scene.of_covers(np.flatnonzero(mask)))
        assert_close(series.net_area[day], shapely.area(net), tolerance(scene))
        for kind, areas in by_kind.items():
            assert_close(series.blocked_by_kind[kind][day], areas, tolerance(scene))
