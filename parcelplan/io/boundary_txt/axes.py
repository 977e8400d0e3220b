"""What the coordinates are: which one is the northing, whether eastings carry a zone, degrees, and the CRS."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from pyproj import CRS

from parcelplan.findings import Finding
from parcelplan.geometry.arrays import Bools, Floats, Ints
from parcelplan.io.boundary_txt import vocabulary

AxisOrder = Literal["xy", "yx"]
_PREFIXED_M = 1e7
_ZONE_M = 1e6
# Northings of the land of China and of its nearer seas; eastings of a zone three or six degrees wide.
_NORTHING_M = (1.5e6, 6.2e6)
_EASTING_M = (1e5, 1e6)
_LONGITUDE = (73.0, 136.0)
_LATITUDE = (3.0, 54.0)
_HALF_TURN = 180.0
_MOST = 0.5
_WIDTHS = (3, 6)


@dataclass(frozen=True, kw_only=True)
class Axes:
    """Coordinates in the order easting, northing, and what they say of themselves."""

    xy: Floats
    degrees: bool
    order: AxisOrder
    """Order in the file, by the majority of its blocks."""
    known: bool
    """Whether the magnitudes or the caller tell the order; otherwise the usual one was taken."""
    against: bool
    """Whether the caller's order is not what the magnitudes say."""
    turned: tuple[int, ...]
    """Blocks whose order is not that of the majority."""
    zones: Mapping[int, int]
    """Zone before the eastings by block; empty where there is none."""
    prefix: bool | None
    """Whether eastings carry a zone; None where there is no telling."""


def find_axes(first: Floats, second: Floats, block: Ints, given: AxisOrder | None) -> Axes:
    """Tell northing from easting by their magnitudes, block by block."""
    # One slip of the pen must not make plane coordinates of degrees, nor the other way round.
    small = np.maximum(np.abs(first), np.abs(second)) <= _HALF_TURN
    degrees = bool(len(small)) and bool(small.mean() > _MOST)
    vote = _degree_vote(first, second) if degrees else _plane_vote(first, second)
    told = bool(vote.any())
    # Degrees that lie nowhere near are plane coordinates of a small local system.
    degrees = degrees and told
    whole = seen = 1 if vote.sum() >= 0 else -1
    by_block = np.sign(np.bincount(block, vote, minlength=block.max() + 1 if len(block) else 0))
    by_block = np.where(by_block == 0, whole, by_block)
    turned = tuple(int(item) for item in np.unique(block[by_block[block] != whole])) if given is None else ()
    if given is not None:
        by_block = np.full_like(by_block, 1 if given == "yx" else -1)
        whole = int(by_block[0]) if len(by_block) else 1
    northing_first = by_block[block] > 0
    x, y = np.where(northing_first, second, first), np.where(northing_first, first, second)
    prefix, zones = _zones(x, y, block, degrees=degrees)
    return Axes(
        xy=np.column_stack([x, y]),
        degrees=degrees,
        order="yx" if whole > 0 else "xy",
        known=told or given is not None,
        against=given is not None and told and given != ("yx" if seen > 0 else "xy"),
        turned=turned,
        zones=zones,
        prefix=prefix,
    )


def _plane_vote(first: Floats, second: Floats) -> Floats:
    """1 where the northing comes first, -1 where the easting does, 0 where there is no telling."""

    def northing_easting(north: Floats, east: Floats) -> Bools:
        within = _between(north, _NORTHING_M) & _between(east, _EASTING_M)
        return within | ((east >= _PREFIXED_M) & (north < _PREFIXED_M))

    vote: Floats = northing_easting(first, second).astype(float) - northing_easting(second, first)
    return vote


def _degree_vote(first: Floats, second: Floats) -> Floats:
    def latitude_longitude(lat: Floats, lon: Floats) -> Bools:
        return _between(lat, _LATITUDE) & _between(lon, _LONGITUDE)

    vote: Floats = latitude_longitude(first, second).astype(float) - latitude_longitude(second, first)
    return vote


def _between(values: Floats, bounds: tuple[float, float]) -> Bools:
    return np.asarray((values >= bounds[0]) & (values < bounds[1]))


def _zones(x: Floats, y: Floats, block: Ints, *, degrees: bool) -> tuple[bool | None, Mapping[int, int]]:
    if degrees or len(x) == 0:
        return None, {}
    middle = pd.Series(x).groupby(block).median()
    if bool((middle >= _PREFIXED_M).any()):
        zones = (middle // _ZONE_M).astype(int)
        return True, dict(zip(middle.index.tolist(), zones.tolist(), strict=True))
    plain = _between(x, _EASTING_M) & _between(y, _NORTHING_M)
    return (False if bool(plain.any()) else None), {}


@dataclass(frozen=True, kw_only=True)
class CrsGuess:
    """The coordinate reference system that header and coordinates speak of."""

    epsg: int | None
    stated: bool
    """Whether the header names it and the coordinates agree."""
    findings: tuple[Finding, ...]


def guess_crs(header: Mapping[str, str], axes: Axes, layer: str) -> CrsGuess:
    """Work out the CRS from datum, width and number of the zone, and from the zone before the eastings."""
    said = {name: header.get(key, "") for key, name in vocabulary.header_keys().items() if key in header}
    named = vocabulary.datum_named(said.get("datum", ""))
    datum = named or vocabulary.datums()[0]
    if axes.degrees:
        return CrsGuess(epsg=datum.geographic, stated=named is not None, findings=())
    carried = set(axes.zones.values())
    if len(carried) > 1:
        listed = ", ".join(str(zone) for zone in sorted(carried))
        return CrsGuess(
            epsg=None, stated=False, findings=(Finding(code="txt.zones_mixed", layer=layer, value=listed),)
        )
    zone = carried.pop() if carried else None
    stated_zone, width = _whole(said.get("zone", "")), _whole(said.get("zone_width", ""))
    if stated_zone is not None and stated_zone > vocabulary.last_zone():
        stated_zone = _zone_of_meridian(stated_zone, width)
    number = zone if zone is not None else stated_zone
    if number is None or axes.prefix is None:
        code = "txt.zone_unknown" if axes.prefix is False else "txt.system_unknown"
        return CrsGuess(epsg=None, stated=False, findings=(Finding(code=code, layer=layer),))
    series = next((item for item in datum.series if item.holds(number)), None)
    if series is None:
        odd = Finding(code="txt.no_such_zone", layer=layer, value=number)
        return CrsGuess(epsg=None, stated=False, findings=(odd,))
    odd_zone = stated_zone is not None and stated_zone != number
    odd_width = width in _WIDTHS and width != series.degrees
    findings = (_contradiction(said, number, series.degrees, layer),) if odd_zone or odd_width else ()
    base = series.prefixed if axes.prefix else series.plain
    return CrsGuess(epsg=number + base, stated=named is not None and not findings, findings=findings)


def _contradiction(said: Mapping[str, str], zone: int, degrees: int, layer: str) -> Finding:
    params = {"width": said.get("zone_width", ""), "degrees": degrees, "zone": zone}
    return Finding(code="txt.zone_contradicts", layer=layer, value=said.get("zone", ""), params=params)


def _whole(text: str) -> int | None:
    found = re.search(r"\d{1,9}", text)
    return int(found[0]) if found else None


def _zone_of_meridian(meridian: int, width: int | None) -> int:
    """Number of the zone of a central meridian in degrees, which some headers give instead."""
    return round((meridian + 3) / 6) if width == max(_WIDTHS) else round(meridian / 3)


def zone_contradicts(crs: CRS, axes: Axes) -> bool:
    """Whether the zone before the eastings is another than that of a given CRS."""
    zone = vocabulary.zone_of(crs)
    if zone is None or not axes.zones:
        return False
    return not zone.prefixed or set(axes.zones.values()) != {zone.number}
