"""GCJ-02, the shifted datum of Chinese internet maps: there and, by iteration, back.

The shift is a published approximation that everyone uses; nobody outside knows the exact one. Places outside China
are not shifted.

Source: the open formula with the Krasovsky ellipsoid, as used by all converters between WGS 84 and GCJ-02.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float64]]

_SEMI_MAJOR_M = 6_378_245.0
_ECCENTRICITY_2 = 0.00669342162296594323
_WEST, _EAST, _SOUTH, _NORTH = 72.004, 137.8347, 0.8293, 55.8271
_CLOSE_DEG = 1e-11
_MAX_ROUNDS = 30


def wgs84_to_gcj02(points: Floats) -> Floats:
    """Shift points from WGS 84 to GCJ-02.

    Parameters
    ----------
    points
        Longitude and latitude in degrees, one row a point; the array stays as it is.

    Returns
    -------
    ndarray
        Of the same shape; points outside China as they were.

    Examples
    --------
    >>> wgs84_to_gcj02(np.array([[0.0, 51.5]])).tolist()  # Greenwich is not shifted
    [[0.0, 51.5]]
    """
    longitude, latitude = points[:, 0], points[:, 1]
    east, north = _offsets_m(longitude - 105.0, latitude - 35.0)
    radians = np.radians(latitude)
    inner = 1.0 - _ECCENTRICITY_2 * np.sin(radians) ** 2
    meridian_m = _SEMI_MAJOR_M * (1.0 - _ECCENTRICITY_2) / inner**1.5
    parallel_m = _SEMI_MAJOR_M / np.sqrt(inner) * np.cos(radians)
    shift = np.degrees(np.column_stack([east / parallel_m, north / meridian_m]))
    inside = (longitude >= _WEST) & (longitude <= _EAST) & (latitude >= _SOUTH) & (latitude <= _NORTH)
    return np.where(inside[:, np.newaxis], points + shift, points)


def gcj02_to_wgs84(points: Floats) -> Floats:
    """Undo the shift: find the points that :func:`wgs84_to_gcj02` brings to ``points``, to 1e-11 of a degree."""
    found = points
    for _ in range(_MAX_ROUNDS):
        miss = wgs84_to_gcj02(found) - points
        found = found - miss
        if np.abs(miss[np.isfinite(miss)]).max(initial=0.0) < _CLOSE_DEG:
            break
    return found


def _offsets_m(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Metres to the east and to the north, for degrees from 105° E 35° N."""
    root = np.sqrt(np.abs(x))
    waves = 20.0 * np.sin(6.0 * np.pi * x) + 20.0 * np.sin(2.0 * np.pi * x)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y**2 + 0.1 * x * y + 0.2 * root
    north += (waves + 20.0 * np.sin(np.pi * y) + 40.0 * np.sin(np.pi / 3.0 * y)) * 2.0 / 3.0
    north += (160.0 * np.sin(np.pi / 12.0 * y) + 320.0 * np.sin(np.pi / 30.0 * y)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x**2 + 0.1 * x * y + 0.1 * root
    east += (waves + 20.0 * np.sin(np.pi * x) + 40.0 * np.sin(np.pi / 3.0 * x)) * 2.0 / 3.0
    east += (150.0 * np.sin(np.pi / 12.0 * x) + 300.0 * np.sin(np.pi / 30.0 * x)) * 2.0 / 3.0
    return east, north
