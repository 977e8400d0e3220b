"""The words of the format and its coordinate systems, read from ``dialects.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any

import yaml
from pyproj import CRS


@dataclass(frozen=True, kw_only=True)
class Series:
    """Gauss-Krüger zones of one datum and width."""

    degrees: int
    first_zone: int
    last_zone: int
    prefixed: int
    """EPSG code minus zone number, for eastings that carry the zone."""
    plain: int
    """The same for a false easting of 500 km."""

    def holds(self, zone: int) -> bool:
        """Whether there is such a zone."""
        return self.first_zone <= zone <= self.last_zone


@dataclass(frozen=True, kw_only=True)
class Datum:
    """One datum as headers name it."""

    name: str
    written: str
    words: tuple[str, ...]
    geographic: int
    series: tuple[Series, ...]


@dataclass(frozen=True, kw_only=True)
class Zone:
    """What an EPSG code of a Gauss-Krüger zone says."""

    datum: Datum
    degrees: int
    number: int
    prefixed: bool

    @property
    def other(self) -> int:
        """EPSG code of the same zone with the prefix, or without it where this one has it."""
        series = next(item for item in self.datum.series if item.degrees == self.degrees)
        return self.number + (series.plain if self.prefixed else series.prefixed)


@cache
def words() -> Mapping[str, Any]:
    """Everything in ``dialects.yaml``."""
    text = resources.files(__package__).joinpath("dialects.yaml").read_text(encoding="utf-8")
    loaded: Mapping[str, Any] = yaml.safe_load(text)
    return loaded


@cache
def header_keys() -> Mapping[str, str]:
    """Key as it stands in a header to what it says."""
    return {key: name for name, keys in words()["header_keys"].items() for key in keys}


def written_key(name: str) -> str:
    """Key under which a header says something."""
    return str(words()["header_keys"][name][0])


@cache
def kinds() -> Mapping[str, str]:
    """Word of a block head to its kind of geometry: ``polygon``, ``line`` or ``point``."""
    return {word: kind for kind, word in words()["kinds"].items()}


def head_before() -> tuple[str, ...]:
    """Fields of a block head before the kind of geometry."""
    return tuple(words()["head_before"])


def head_after() -> tuple[str, ...]:
    """Fields of a block head after the kind of geometry."""
    return tuple(words()["head_after"])


@cache
def datums() -> tuple[Datum, ...]:
    """All datums, in the order in which they are looked for."""
    return tuple(_datum(entry) for entry in words()["datums"])


def _datum(entry: Mapping[str, Any]) -> Datum:
    series = tuple(
        Series(
            degrees=item["degrees"],
            first_zone=item["zones"][0],
            last_zone=item["zones"][1],
            prefixed=item["prefixed"],
            plain=item["plain"],
        )
        for item in entry["series"]
    )
    named = {name: entry[name] for name in ("name", "written", "geographic")}
    return Datum(words=tuple(entry["words"]), series=series, **named)


def datum_named(text: str) -> Datum | None:
    """The datum a header names; None where it names none we know.

    Examples
    --------
    >>> datum_named("2000国家大地坐标系").name
    'CGCS2000'
    """
    lowered = text.lower()
    return next((item for item in datums() if any(word in lowered for word in item.words)), None)


@cache
def _zones() -> Mapping[int, Zone]:
    found = {}
    for datum in datums():
        for series in datum.series:
            for number in range(series.first_zone, series.last_zone + 1):
                for prefixed in (True, False):
                    code = number + (series.prefixed if prefixed else series.plain)
                    found[code] = Zone(datum=datum, degrees=series.degrees, number=number, prefixed=prefixed)
    return found


def zone_of(crs: CRS | None) -> Zone | None:
    """The Gauss-Krüger zone of a coordinate system; None for any other."""
    code = _epsg(crs) if crs is not None else None
    return _zones().get(code) if code is not None else None


@lru_cache(maxsize=64)
def _epsg(crs: CRS) -> int | None:
    """EPSG code of a CRS; the search through the register takes a while."""
    return crs.to_epsg()


def geographic_datum(crs: CRS | None) -> Datum | None:
    """The datum of a geographic coordinate system; None for any other."""
    code = _epsg(crs) if crs is not None and crs.is_geographic else None
    return next((item for item in datums() if item.geographic == code), None)


def last_zone() -> int:
    """Highest number of a zone; a larger one in a header is a central meridian."""
    return max(series.last_zone for datum in datums() for series in datum.series)
