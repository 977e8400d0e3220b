"""What kind of coordinates figures are, told by their size alone; works for China, and says so where it cannot.

Longitudes of China lie between 72° and 138°. Eastings of Gauss-Krüger carry the number of their zone in front of
seven digits, or stay near 500 000 m without it; northings are the distance from the equator.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from pyproj import CRS

Boxes = np.ndarray[Any, np.dtype[np.float64]]
"""One row a shape: least x, least y, greatest x, greatest y; NaN for a shape without coordinates."""
Kinds = np.ndarray[Any, np.dtype[np.int64]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]

UNKNOWN, DEGREES, ZONELESS, FIRST_ZONE = 0, 1, 2, 10
"""Kinds of coordinates; 13 to 23 are zones of 6°, 25 to 45 zones of 3°."""
_ZONE_M = 1e6
_EASTING = (150_000.0, 850_000.0)
_NORTHING = (300_000.0, 6_300_000.0)
_CHINA = (72.0, 0.0, 138.0, 56.0)
_SIX_DEGREE_ZONES = range(13, 24)
_THREE_DEGREE_ZONES = range(25, 46)
_FIRST_BORDER = 73.5
_ZONE_DEG = 3.0
_EPSG_SIX_DEGREES, _EPSG_THREE_DEGREES, _EPSG_ZONELESS = 4491 - 13, 4488, 4534
_FALSE_EASTING_M = 500_000.0


def turned(boxes: Boxes) -> Boxes:
    """The same boxes with x and y in each other's place."""
    return boxes[:, [1, 0, 3, 2]]


def kinds_of(boxes: Boxes) -> Kinds:
    """Tell the kind of each box.

    Examples
    --------
    >>> kinds_of(np.array([[106.3, 29.4, 106.4, 29.5], [35_632_800, 3_263_200, 35_632_900, 3_263_300]])).tolist()
    [1, 35]
    """
    west, south, east, north = boxes.T
    with np.errstate(invalid="ignore"):
        degrees = (west >= _CHINA[0]) & (south >= _CHINA[1]) & (east <= _CHINA[2]) & (north <= _CHINA[3])
        zone = np.where(np.isnan(west), 0.0, np.floor(west / _ZONE_M))
        low, high = west - zone * _ZONE_M, east - zone * _ZONE_M
        plane = (low >= _EASTING[0]) & (high <= _EASTING[1])
        plane &= (south >= _NORTHING[0]) & (north <= _NORTHING[1])
    zoned = np.isin(zone, [*_SIX_DEGREE_ZONES, *_THREE_DEGREE_ZONES])
    found = np.where(plane & zoned, zone, np.where(plane & (zone == 0), ZONELESS, UNKNOWN))
    return np.where(degrees, DEGREES, found).astype(np.int64)


def majority(kinds: Kinds) -> int:
    """The most frequent kind of those that are known."""
    known = kinds[kinds != UNKNOWN]
    return int(np.bincount(known).argmax()) if known.size else UNKNOWN


def kind_name(kind: int) -> str:
    """A word for a kind that needs no translation: the zone's number, or ° or 500 km."""
    return {UNKNOWN: "?", DEGREES: "°", ZONELESS: "500 km"}.get(kind, str(kind))


def proposal(kind: int, site: CRS | None) -> str | None:
    """The CGCS2000 system that coordinates of a kind most likely are in.

    Eastings without a zone fit 21 systems: only a site's own system tells which, by its central meridian.
    """
    if kind == DEGREES:
        return "EPSG:4490"
    if kind in _THREE_DEGREE_ZONES:
        return f"EPSG:{_EPSG_THREE_DEGREES + kind}"
    if kind in _SIX_DEGREE_ZONES:
        return f"EPSG:{_EPSG_SIX_DEGREES + kind}"
    return _zoneless_of(site) if kind == ZONELESS and site is not None else None


def _zoneless_of(site: CRS) -> str | None:
    """The system without zone prefix and with the central meridian of a site's."""
    if site.coordinate_operation is None:
        return None
    params: Iterable[Any] = site.coordinate_operation.params
    said = {item.name: item.value for item in params}
    if said.get("False easting") == _FALSE_EASTING_M:
        return site.to_string()
    place = (said.get("Longitude of natural origin", math.nan) - _FIRST_BORDER - _ZONE_DEG / 2) / _ZONE_DEG
    fits = place.is_integer() and 0 <= place < len(_THREE_DEGREE_ZONES)
    return f"EPSG:{_EPSG_ZONELESS + int(place)}" if fits else None


def zone_borders(degrees: Boxes) -> list[float]:
    """Meridians between 3° zones that run through a box in degrees; none for one outside China.

    Examples
    --------
    >>> zone_borders(np.array([106.4, 29.4, 106.6, 29.5]))
    [106.5]
    """
    west, south, east, north = degrees
    # What cannot be brought to degrees is infinite, and lies nowhere.
    if not (
        west >= _CHINA[0]
        and south >= _CHINA[1]
        and east <= _CHINA[2]
        and north <= _CHINA[3]
        and west <= east
        and south <= north
    ):
        return []
    first = math.floor((west - _FIRST_BORDER) / _ZONE_DEG) + 1
    last = math.ceil((east - _FIRST_BORDER) / _ZONE_DEG) - 1
    return [_FIRST_BORDER + _ZONE_DEG * number for number in range(first, last + 1)]
