"""What remains when everything else is given away: one bulk query of the index, and one difference a cut parcel.

Given, not timed: for every touched parcel its cover, all corridors cut to the parcel's rectangle and united. Timed:
areas of the parcels; an index over these covers and its query with all parcels (``intersects``); the difference of each
parcel found with its own cover; areas and pieces of what is left. Nothing is buffered, subdivided, cut or united within
the time, and kinds are not told apart. No way that takes one difference a cut parcel from GEOS can be much faster.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from contestants.case import BY_KIND, QUAD_SEGS, Answer, Case, Floats, Shapes, Watch, in_slices

_MOST_POINTS = 128


def run(case: Case, variant: str) -> Answer:  # noqa: ARG001 - there is one way
    """Time the query and the differences alone."""
    frame, lines, watch = case.parcels(), case.lines(), Watch()
    parcels: Shapes = frame.geometry.to_numpy().astype(object)
    covers = shapely.buffer(lines.geometry.to_numpy(), lines["dist"].to_numpy(), quad_segs=QUAD_SEGS)
    own = _covers_of(parcels, _subdivided(list(covers)))
    shapes, threads = own[own != np.array(None)], case.threads
    place = np.cumsum(own != np.array(None)) - 1
    with watch.step("query"):
        area = shapely.area(parcels)
        tree = shapely.STRtree(shapes)
        rows = np.arange(len(parcels))
        found = in_slices(lambda at: _own_pairs(tree, parcels, own, place, at), rows, threads=threads)
    with watch.step("differences"):
        net = parcels.copy()
        net[found] = in_slices(shapely.difference, parcels[found], own[found], threads=threads)
    with watch.step("figures"):
        left = shapely.area(net)
        pieces = np.where(left > 0, shapely.get_num_geometries(net), 0)
    table = pd.DataFrame({"parcel_id": frame["parcel_id"], "area_m2": area, "blocked_m2": area - left})
    table = table.assign(developable_m2=left, pieces=pieces, **dict.fromkeys(BY_KIND, np.nan))
    return Answer(table, watch.seconds, watch.steps, cpu_s=watch.cpu_s, notes={"cut": len(found)})


def _own_pairs(tree: shapely.STRtree, parcels: Shapes, own: Shapes, place: Floats, rows: Floats) -> Floats:
    """Rows whose own cover is among the hits."""
    row, hit = tree.query(parcels[rows], predicate="intersects")
    row = rows[row]
    has = own[row] != np.array(None)
    found: Floats = np.unique(row[has & (place[row] == hit)])
    return found


def _subdivided(shapes: list[shapely.Geometry]) -> Shapes:
    """Halve rectangles until every piece has few points."""
    done: list[shapely.Geometry] = []
    while shapes:
        shape = shapes.pop()
        if shapely.get_num_coordinates(shape) <= _MOST_POINTS:
            done.append(shape)
            continue
        west, south, east, north = shape.bounds
        if east - west > north - south:
            middle = (west + east) / 2.0
            halves = (west, south, middle, north), (middle, south, east, north)
        else:
            middle = (south + north) / 2.0
            halves = (west, south, east, middle), (west, middle, east, north)
        parts = (shapely.clip_by_rect(shape, *half) for half in halves)
        shapes += [part for part in parts if shapely.area(part) > 0]
    return np.array(done, dtype=object)


def _covers_of(parcels: Shapes, pieces: Shapes) -> Shapes:
    """The cover of each parcel within its rectangle, None where there is none."""
    row, piece = shapely.STRtree(pieces).query(parcels, predicate="intersects")
    clipped = shapely.intersection(pieces[piece], shapely.envelope(parcels[row]))
    solid = shapely.get_dimensions(clipped) == 2  # noqa: PLR2004 - polygons, not where an edge is touched
    row, clipped = row[solid], clipped[solid]
    touched, group = np.unique(row, return_inverse=True)
    parts, owner = shapely.get_parts(clipped, return_index=True)
    parts, owner = parts[shapely.area(parts) > 0], owner[shapely.area(parts) > 0]
    united = shapely.union_all(
        shapely.geometrycollections(parts, indices=group[owner])[:, np.newaxis], axis=1
    )
    covers = np.full(len(parcels), None, dtype=object)
    covers[touched] = united
    return covers
