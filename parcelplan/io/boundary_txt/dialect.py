"""Dialects of the format: what was recognised in a file, and how a file is to be written."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from parcelplan.errors import ConfigError
from parcelplan.io.boundary_txt import vocabulary

if TYPE_CHECKING:
    import geopandas as gpd

    from parcelplan.catalogue import Language

Numbering = Literal["parcel", "ring", "file", "none"]
Closing = Literal["first_number", "own_number", "none", "mixed"]
RingCoding = Literal["single", "sequential", "hundreds", "constant", "none", "other"]
ATTRIBUTE = "boundary_txt"
"""Entry of ``frame.attrs`` that keeps what a file said beside its parcels."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Dialect:
    """One way of writing boundary points; the defaults are the standard dialect."""

    name: str = ""
    note_zh: str = ""
    note_en: str = ""
    encoding: str = "gbk"
    """Name of the codec: ``gbk``, ``gb18030``, ``utf-8``, ``utf-8-sig`` or ``utf-16``."""
    newline: Literal["CRLF", "LF", "CR", "mixed"] = "CRLF"
    final_newline: bool = True
    brackets: str = "[]"
    header: bool = True
    """Whether a header section stands before the parcels."""
    kind: bool = True
    """Whether the block head names the kind of geometry."""
    after: int = 3
    """Number of fields of the block head after the kind of geometry."""
    columns: tuple[str, ...] = ("number", "ring", "first", "second")
    """Columns of a point row; ``first`` and ``second`` are its coordinates."""
    letter: str = "J"
    pad: int = 0
    """Digits to which point numbers are filled with zeros."""
    numbering: Numbering = "parcel"
    """Where the numbers begin anew."""
    closing: Closing = "first_number"
    """Number of the row that closes a ring, or that there is none."""
    counted: Literal["rows", "points", "none"] = "rows"
    """Whether the count of the head includes the closing rows."""
    rings: RingCoding = "sequential"
    axes: Literal["yx", "xy"] = "yx"
    """``yx`` where northing (or latitude) comes first."""
    zone_prefix: bool | None = True
    """Whether eastings carry the zone; None where there is no telling."""
    unit: Literal["metre", "degree"] = "metre"
    area_unit: Literal["ha", "m2", "mu"] = "ha"
    area_suffix: str = ""

    @property
    def head_fields(self) -> int:
        """Number of fields of a block head, with the ``@``."""
        return len(vocabulary.head_before()) + self.kind + self.after + 1

    @property
    def attributes(self) -> tuple[str, ...]:
        """Columns of a frame that the block head holds."""
        before = (name for name in vocabulary.head_before() if name != "point_count")
        fields = (*before, *vocabulary.head_after()[: self.after])
        return tuple("declared_area_m2" if name == "declared_area" else name for name in fields)

    def note(self, lang: Language) -> str:
        """What is particular about the dialect."""
        return self.note_zh if lang == "zh" else self.note_en


@cache
def dialects() -> Mapping[str, Dialect]:
    """All dialects that can be written by name."""
    return {name: _dialect(name, entry) for name, entry in vocabulary.words()["dialects"].items()}


def _dialect(name: str, entry: Mapping[str, Any]) -> Dialect:
    given = dict(entry)
    if "columns" in given:
        given["columns"] = tuple(given["columns"])
    return Dialect(name=name, **given)


def dialect_named(name: str) -> Dialect:
    """One dialect by name; an unknown name raises :class:`ConfigError` that lists those known."""
    if name not in dialects():
        raise ConfigError("error.txt_no_dialect", name=name, known=", ".join(dialects()))
    return dialects()[name]


def dialect_of(frame: gpd.GeoDataFrame) -> Dialect | None:
    """The dialect that was recognised when the frame was read; None for a frame of another origin."""
    kept = frame.attrs.get(ATTRIBUTE, {}).get("dialect")
    return _dialect(kept["name"], {key: kept[key] for key in kept if key != "name"}) if kept else None


def header_of(frame: gpd.GeoDataFrame) -> Mapping[str, str]:
    """Keys and values of the header that the frame was read with; empty for a frame of another origin."""
    header: Mapping[str, str] = frame.attrs.get(ATTRIBUTE, {}).get("header", {})
    return header
