"""What is wrong between shapes that should share their borders: overlaps, repetitions, gaps, borders that do not meet.

Shapes are valid polygons in one plane. Pairs are found through a spatial index, and the costly looks at gaps and
corners are only taken at shapes of which a fast walk along all edges says that something is odd there.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from parcelplan.geometry.arrays import Bools, Ints, Shapes
from parcelplan.geometry.defects import Defects, at_points, inside, thickness
from parcelplan.geometry.screening import Overlaps


def overlaps(shapes: Shapes) -> Overlaps:
    """Every two shapes that share area, each pair once, the earlier one as ``parcel``."""
    earlier, later = _pairs(shapes)
    shared = np.asarray(shapely.intersection(shapes[earlier], shapes[later]), dtype=object)
    area = np.asarray(shapely.area(shared), dtype=float)
    return Overlaps(parcel=earlier, cover=later, shape=shared, area=area).only(area > 0)


def repeated_shapes(shapes: Shapes, *, point: float) -> Defects:
    """Shapes that were there before, wherever their rings begin; their size is their area.

    ``other`` is the first of them. Coordinates are compared on a grid of ``point``; null and empty shapes repeat
    nothing.
    """
    present = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    # Points merely snap to the grid: to keep rings valid would be dear, and nobody will see these shapes.
    gridded = shapely.set_precision(shapes[present], point, mode="pointwise")
    texts = shapely.to_wkb(shapely.normalize(shapely.force_2d(gridded)))
    first = pd.Series(present).groupby(pd.Series(texts), sort=False).transform("first").to_numpy()
    again = first != present
    later, earlier = present[again], first[again].astype(np.intp)
    return at_points(later, np.asarray(shapely.area(shapes[later])), inside(shapes[later]), earlier)


def gaps(shapes: Shapes, *, slit: float, width: float, point: float) -> Defects:
    """Strips between neighbours that belong to none; their size is their area.

    Parameters
    ----------
    shapes
        Valid polygons.
    slit
        Open strips up to this wide between two shapes are gaps.
    width
        Strips that are closed all round are gaps up to this width (see :func:`thickness`).
    point
        Strips narrower than this come from rounding coordinates.

    Returns
    -------
    Defects
        ``shape`` and ``other`` are the two neighbours that come first. Strips shorter than four times ``slit`` are
        left out: wherever two borders part, there is such a corner. An open strip reaches beyond its ends by up to
        ``slit``, which its area holds.
    """
    closed, shape, other = _closed_gaps(shapes, width, point)
    open_, left, right = _slits(shapes, slit, point)
    if len(closed):
        meets, _ = shapely.STRtree(closed).query(open_, predicate="intersects")
        alone = np.setdiff1d(np.arange(len(open_)), meets)
        open_, left, right = open_[alone], left[alone], right[alone]
    strips = np.concatenate([closed, open_])
    area = np.asarray(shapely.area(strips), dtype=float)
    return at_points(np.concatenate([shape, left]), area, inside(strips), np.concatenate([other, right]))


def loose_corners(shapes: Shapes, *, reach: float, point: float) -> Defects:
    """Corners that miss a neighbour's border by more than ``point`` and at most ``reach``; their size is the distance.

    A corner that lies on the neighbour's border is at its place, even where the neighbour has no corner there.
    """
    odd = _odd(shapes, reach)
    borders = shapely.boundary(shapes[odd])
    coordinates, owner = shapely.get_coordinates(borders, return_index=True)
    points = np.asarray(shapely.points(coordinates), dtype=object)
    corner, border = shapely.STRtree(borders).query(points, predicate="dwithin", distance=reach)
    foreign = owner[corner] != border
    corner, border = corner[foreign], border[foreign]
    distance = np.asarray(shapely.distance(points[corner], borders[border]), dtype=float)
    found = pd.DataFrame(
        {"shape": odd[owner[corner]], "other": odd[border], "size": distance}
        | dict(zip("xy", coordinates[corner].T, strict=True))
    )
    found = found[found["size"] > point].drop_duplicates(["shape", "other", "x", "y"])
    return Defects(**{name: found[name].to_numpy() for name in ("shape", "other", "size", "x", "y")})


def _pairs(shapes: Shapes) -> tuple[Ints, Ints]:
    """Pairs of shapes whose boxes meet, each once, ordered."""
    one, two = shapely.STRtree(shapes).query(shapes)
    ordered = one < two
    one, two = one[ordered], two[ordered]
    by_pair = np.lexsort((two, one))
    return one[by_pair], two[by_pair]


def _odd(shapes: Shapes, reach: float) -> Ints:
    """Shapes whose borders are not edge by edge those of their neighbours within ``reach``."""
    if not len(shapes):
        return np.empty(0, dtype=np.intp)
    return np.flatnonzero(~shapely.is_empty(shapely.coverage_invalid_edges(shapes, gap_width=reach)))


def _closed_gaps(shapes: Shapes, width: float, point: float) -> tuple[Shapes, Ints, Ints]:
    """Holes of the union that are no holes of a shape of its own, with the first two shapes around each."""
    parts = shapely.get_parts(shapely.union_all(shapes)) if len(shapes) else shapes
    rings, part = shapely.get_rings(parts, return_index=True)
    hole = np.append(False, part[1:] == part[:-1]) if len(part) else np.empty(0, dtype=bool)
    holes = np.asarray(shapely.polygons(rings[hole]), dtype=object)
    measured = thickness(holes)
    holes = holes[(measured < width) & (measured > point)]
    around, neighbour = shapely.STRtree(shapes).query(holes, predicate="intersects")
    order = np.lexsort((neighbour, around))
    found, first, count = np.unique(around[order], return_index=True, return_counts=True)
    between, sides = count > 1, neighbour[order]
    return holes[found[between]], sides[first[between]], sides[first[between] + 1]


def _slits(shapes: Shapes, slit: float, point: float) -> tuple[Shapes, Ints, Ints]:
    """Open strips up to a ``slit`` wide between two shapes and inside no other, with the two."""
    odd = _odd(shapes, slit)
    grown = shapely.buffer(shapes[odd], slit, join_style="mitre", quad_segs=1)
    wide = np.asarray(grown, dtype=object)
    one, two = _pairs(wide)
    left, right = odd[one], odd[two]
    strip = shapely.intersection(wide[one], wide[two])
    strip = shapely.difference(shapely.difference(strip, shapes[left]), shapes[right])
    pieces, pair = shapely.get_parts(np.asarray(strip, dtype=object), return_index=True)
    solid = _long(pieces, slit, point)
    left, right = left[pair[solid]], right[pair[solid]]
    pieces, piece = _without(pieces[solid], shapes, left, right)
    solid = _long(pieces, slit, point)
    pieces, left, right = pieces[solid], left[piece[solid]], right[piece[solid]]
    between = _between(pieces, shapes[left], shapes[right], slit)
    return pieces[between], left[between], right[between]


def _between(pieces: Shapes, one: Shapes, two: Shapes, slit: float) -> Bools:
    """Whether two shapes lie on opposite sides of each piece, and no farther apart than ``slit``.

    Beside two borders that run together lies a strip as well, but it sees both in the same direction.
    """
    points = np.asarray(shapely.point_on_surface(pieces), dtype=object)
    ways = []
    for shapes in (one, two):
        ends = shapely.get_coordinates(shapely.shortest_line(points, shapes)).reshape(-1, 2, 2)
        ways.append(ends[:, 1] - ends[:, 0])
    apart = np.hypot(*ways[0].T) + np.hypot(*ways[1].T)
    return np.asarray(((ways[0] * ways[1]).sum(axis=1) < 0) & (apart <= slit))


def _long(pieces: Shapes, slit: float, point: float) -> Bools:
    measured = thickness(pieces)
    return np.isfinite(measured) & (measured > point) & (shapely.length(pieces) > 8 * slit)


def _without(pieces: Shapes, shapes: Shapes, left: Ints, right: Ints) -> tuple[Shapes, Ints]:
    """Take from the pieces what any shape covers besides the two that were taken already; then part by part."""
    piece, cover = shapely.STRtree(shapes).query(pieces, predicate="intersects")
    third = (cover != left[piece]) & (cover != right[piece])
    piece, cover = piece[third], cover[third]
    rest = pieces.copy()
    touched, place = np.unique(piece, return_inverse=True)
    if len(touched):
        order = np.argsort(place, kind="stable")
        grouped = shapely.geometrycollections(shapes[cover[order]], indices=place[order])
        covers = shapely.union_all(grouped[:, np.newaxis], axis=1)
        rest[touched] = shapely.difference(pieces[touched], covers)
    return shapely.get_parts(rest, return_index=True)
