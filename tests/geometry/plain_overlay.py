"""Screening as anybody would write it, and what it means that another screening equals it.

Plain overlay computes in coordinates that begin at the scene's origin, so that it hardly rounds: it is the truth, and
not one more opinion.
"""

import numpy as np
import pytest
import shapely

from parcelplan.geometry.screening import Screening
from tests.geometry.scenes import Scene, Shapes, moved, objects

RELATIVE = 1e-6
ABSOLUTE_M2 = 1e-4
CRUMB_M2 = 1e-6
"""What is smaller is neither land nor a cover of land."""
THIN_M = 1e-6
"""What is thinner than this all along is left over from rounding: it may count as a piece, or not be there."""


def plain_overlay(scene: Scene) -> tuple[Shapes, dict[str, np.ndarray]]:
    """What is left of each parcel, and the covered area by kind; both of :meth:`Scene.near`."""
    near = scene.near()
    net = shapely.difference(near.parcels, shapely.union_all(near.covers))
    names = np.array(near.kinds, dtype=object)
    by_kind = {
        kind: shapely.area(shapely.intersection(near.parcels, shapely.union_all(near.covers[names == kind])))
        for kind in set(near.kinds)
    }
    return objects(net), by_kind


def rounding(scene: Scene) -> np.ndarray:
    """Area that a parcel gains or loses when its corners and cuts move by some units in the last place, m²."""
    corners = shapely.get_coordinates(scene.parcels)
    unit = np.spacing(np.abs(corners).max()) if len(corners) else 0.0
    # An area is a sum of triangles about as large as the box around them, each rounded.
    return 16.0 * unit * shapely.length(scene.parcels) + 1e-14 * shapely.area(shapely.envelope(scene.parcels))


def tolerance(scene: Scene) -> np.ndarray:
    """How far an area may be off: within both bounds of the contract, save for crumbs and for rounding."""
    bound = np.minimum(ABSOLUTE_M2, RELATIVE * shapely.area(scene.near().parcels))
    return bound + CRUMB_M2 + rounding(scene)


def assert_equals_plain_overlay(result: Screening, scene: Scene) -> None:
    """Hold areas, shapes, pieces and the largest piece of a screening against plain overlay."""
    net, by_kind = plain_overlay(scene)
    area = shapely.area(scene.near().parcels)
    left, allowed = shapely.area(net), tolerance(scene)
    assert_close(result.area, area, allowed)
    assert_close(result.blocked, area - left, allowed)
    assert set(result.blocked_by_kind) == set(by_kind)
    for kind, blocked in by_kind.items():
        assert_close(result.blocked_by_kind[kind], blocked, allowed)
    ours = moved(result.net, (-scene.origin[0], -scene.origin[1]))
    assert_close(shapely.area(shapely.symmetric_difference(ours, net)), 0.0, allowed)
    # Of a parcel from which only a crumb is taken all may be left: then nothing parts what the crumb would part.
    cut = area - left > 2 * CRUMB_M2
    assert_pieces(ours[cut], net[cut], allowed[cut])


def assert_close(ours, theirs, allowed) -> None:
    """Compare areas, each with its own allowance."""
    off = np.abs(np.asarray(ours) - theirs)
    assert np.all(off <= allowed), (
        f"off by {off[off > allowed]} where {np.asarray(allowed)[off > allowed]} is allowed"
    )


def largest(shapes: Shapes) -> np.ndarray:
    """Area of the largest part of each shape."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    areas = np.zeros(len(shapes))
    np.maximum.at(areas, owner, shapely.area(parts))
    return areas


def assert_pieces(ours: Shapes, theirs: Shapes, allowed) -> None:
    """Both have the same number of pieces that are neither thin nor crumbs, and the largest is as large.

    Where plain overlay has bridges or slits thinner than :data:`THIN_M`, so that rounding decides whether two pieces
    hang together, any number in between is right, and any size.
    """
    off = np.abs(largest(ours) - largest(theirs)) > allowed
    rows = np.flatnonzero((count_larger(ours, CRUMB_M2) != count_larger(theirs, CRUMB_M2)) | off)
    if not len(rows):
        return
    least, most = solid_pieces(theirs[rows])
    parts, owner = shapely.get_parts(ours[rows], return_index=True)
    count = np.bincount(owner[~shapely.is_empty(shapely.buffer(parts, -THIN_M))], minlength=len(rows))
    wrong = (count < least) | (count > most)
    assert not wrong.any(), f"{count[wrong]} pieces where {least[wrong]} to {most[wrong]} are right"
    cut, closed = (largest(shapely.buffer(theirs[rows], width)) for width in (-THIN_M, THIN_M))
    unsure = (least < most) & (largest(ours[rows]) >= cut) & (largest(ours[rows]) <= closed)
    assert not (off[rows] & ~unsure).any(), "the largest piece has another size"


def solid_pieces(shapes: Shapes) -> tuple[np.ndarray, np.ndarray]:
    """The least and the greatest number of pieces that are not thin: with thin slits closed, with thin bridges cut."""
    closed, owner = shapely.get_parts(shapely.buffer(shapes, THIN_M), return_index=True)
    solid = ~shapely.is_empty(shapely.buffer(closed, -3 * THIN_M))
    solid &= shapely.area(closed) - 2 * THIN_M * shapely.length(closed) > 2 * CRUMB_M2
    least = np.bincount(owner[solid], minlength=len(shapes))
    return least, count_larger(shapely.buffer(shapes, -THIN_M / 2), 0.0)


def count_larger(shapes: Shapes, area: float) -> np.ndarray:
    """How many parts of each shape are larger."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    return np.bincount(owner[shapely.area(parts) > area], minlength=len(shapes))


def assert_same(one: Screening, other: Screening, rows=slice(None), *, allowed: object = 0.0) -> None:
    """Compare two screenings of the same parcels; ``rows`` picks those of the other one."""
    for name in ("area", "blocked", "largest_piece"):
        assert_close(getattr(one, name), getattr(other, name)[rows], allowed)
    assert set(one.blocked_by_kind) == set(other.blocked_by_kind)
    for kind, blocked in one.blocked_by_kind.items():
        assert_close(blocked, other.blocked_by_kind[kind][rows], allowed)
    off = shapely.area(shapely.symmetric_difference(one.net, other.net[rows]))
    assert_close(off, 0.0, allowed)


def assert_identical(one: Screening, other: Screening) -> None:
    """Two screenings are equal to the last bit."""
    for name in ("area", "blocked", "pieces", "largest_piece"):
        assert getattr(one, name).tolist() == getattr(other, name).tolist()
    assert {k: v.tolist() for k, v in one.blocked_by_kind.items()} == {
        k: v.tolist() for k, v in other.blocked_by_kind.items()
    }
    assert shapely.to_wkb(one.net).tolist() == shapely.to_wkb(other.net).tolist()


def assert_consistent(result: Screening) -> None:
    """The fields of a screening say the same about themselves."""
    assert shapely.is_valid(result.net).all()
    assert np.isin(shapely.get_type_id(result.net), (3, 6)).all()
    assert result.pieces.tolist() == count_larger(result.net, 0.0).tolist()
    assert result.pieces.tolist() == count_larger(result.net, CRUMB_M2).tolist()
    assert result.largest_piece == pytest.approx(largest(result.net), rel=1e-12)
    for blocked in (result.blocked, *result.blocked_by_kind.values()):
        assert (blocked >= 0).all()
        assert (blocked <= result.area).all()
    assert result.area - result.blocked == pytest.approx(
        shapely.area(result.net), rel=1e-9, abs=10 * CRUMB_M2
    )
