"""Curves and strips of the drawing: pure geometry in metres, no site words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
import shapely.ops
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

Points = NDArray[np.float64]
GRID_M = 0.001


def smooth(points: Sequence[Sequence[float]], step_m: float) -> Points:
    """Sample a Catmull-Rom curve that passes through every point.

    Parameters
    ----------
    points
        At least two (east, north) pairs in metres.
    step_m
        Greatest distance between samples along the chords, in metres.

    Returns
    -------
    Points
        Array of shape (n, 2); the first and the last row are the given ends.
    """
    knots = np.asarray(points, dtype=np.float64)
    padded = np.vstack([2 * knots[0] - knots[1], knots, 2 * knots[-1] - knots[-2]])
    pieces = [_span(padded[i : i + 4], step_m) for i in range(len(knots) - 1)]
    return np.vstack([*pieces, knots[-1:]])


def _span(four: Points, step_m: float) -> Points:
    before, start, end, after = four
    count = max(1, int(np.ceil(np.hypot(*(end - start)) / step_m)))
    t = (np.arange(count) / count)[:, None]
    return np.asarray(
        0.5
        * (
            2 * start
            + (end - before) * t
            + (2 * before - 5 * start + 4 * end - after) * t**2
            + (3 * start - before - 3 * end + after) * t**3
        )
    )


def stretch(line: BaseGeometry, start: Sequence[float], end: Sequence[float]) -> BaseGeometry:
    """Cut the stretch of a line between the places nearest to two points, in that direction."""
    curve = shapely.LineString(shapely.get_coordinates(line))
    places = (curve.project(shapely.Point(start)), curve.project(shapely.Point(end)))
    return shapely.ops.substring(curve, *places)


def beside(line: BaseGeometry, side_m: float) -> Points:
    """Shift a line sideways, vertex by vertex; positive to its left.

    Returns
    -------
    Points
        Array of shape (n, 2) with as many vertices as the line.
    """
    coords = shapely.get_coordinates(line)
    along = np.gradient(coords, axis=0)
    along /= np.hypot(along[:, 0], along[:, 1])[:, None]
    return np.asarray(coords + side_m * np.column_stack([-along[:, 1], along[:, 0]]))


def swept(line: BaseGeometry, half_width_m: Sequence[float], wave_m: float) -> BaseGeometry:
    """Sweep a disc of changing radius along a line: an irregular strip such as a flood area.

    Parameters
    ----------
    line
        Centre line in metres.
    half_width_m
        Smallest and greatest radius in metres.
    wave_m
        Length over which the radius swings once.
    """
    low, high = half_width_m
    stations = np.linspace(0.0, line.length, int(line.length // 12.0) + 2)
    turn = stations * 2 * np.pi / wave_m
    swing = 0.5 + 0.3 * np.sin(turn) + 0.2 * np.sin(turn / 0.37 + 1.0)
    centres = np.asarray(shapely.line_interpolate_point([line], stations))
    discs = np.asarray(shapely.buffer(centres, low + (high - low) * swing, quad_segs=8))
    links = shapely.convex_hull(shapely.union(discs[:-1], discs[1:]))
    return shapely.simplify(shapely.union_all(links), 0.15)


def on_grid(geometry: BaseGeometry) -> BaseGeometry:
    """Round a geometry's coordinates to the millimetre and keep it valid."""
    return shapely.set_precision(geometry, GRID_M)
