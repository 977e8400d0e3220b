"""Columns of a frame to fields of a block head."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from parcelplan import crs as crs_module
from parcelplan import schema, units
from parcelplan.findings import Finding
from parcelplan.geometry.arrays import Floats
from parcelplan.io.boundary_txt import vocabulary
from parcelplan.io.boundary_txt.dialect import Dialect
from parcelplan.units import M2_PER_HA, M2_PER_MU

_AREA = "declared_area_m2"
_AREA_MU = "declared_area_mu"
_DECIMALS = {"ha": 4, "m2": 2, "mu": 4}
_M2 = {"ha": M2_PER_HA, "m2": 1.0, "mu": M2_PER_MU}


@dataclass(frozen=True, kw_only=True)
class Attributes:
    """Texts of all fields by name, one a parcel, and what was changed or left out."""

    fields: dict[str, list[str]]
    names: list[str]
    """What each parcel is called in messages."""
    findings: tuple[Finding, ...]


def attributes_of(frame: gpd.GeoDataFrame, dialect: Dialect, area_m2: Floats) -> Attributes:
    """Take what the block heads of a dialect hold.

    Parameters
    ----------
    frame
        Parcels; columns by the names of the registry, of the reader, or their aliases.
    dialect
        How the file is written.
    area_m2
        Area of the coordinates, for parcels without a declared one.
    """
    plain = frame.reset_index() if frame.index.name else frame
    columns = _columns(plain)
    findings = list(_dropped(plain, columns, dialect))
    area, filled = _declared(plain, columns, area_m2)
    if filled:
        findings.append(Finding(code="txt.area_filled", value=filled))
    fields: dict[str, list[str]] = {"declared_area": [_area_text(value, dialect) for value in area]}
    raw = {name: _texts(plain, columns.get(name)) for name in dialect.attributes if name != _AREA}
    keys = (raw.get("parcel_id", []), raw.get("name", []))
    names = [
        number or name or f"#{place}" for place, (number, name) in enumerate(zip(*keys, strict=True), start=1)
    ]
    for name, texts in raw.items():
        fields[name] = [_clean(text) for text in texts]
        findings += [
            Finding(code="txt.text_changed", feature_id=names[place], field=name, value=clean)
            for place, (text, clean) in enumerate(zip(texts, fields[name], strict=True))
            if text != clean
        ]
    return Attributes(fields=fields, names=names, findings=tuple(findings))


def _columns(frame: gpd.GeoDataFrame) -> dict[str, str]:
    """Name of a field to the column that holds it."""
    aliases = dict(schema.tables()["parcels"].aliases)
    for name, others in vocabulary.words()["aliases"].items():
        aliases |= {other.lower(): name for other in (name, *others)}
    found: dict[str, str] = {}
    for column in frame.columns.drop(frame.geometry.name):
        found.setdefault(aliases.get(str(column).lower(), str(column)), column)
    return found | {str(column): column for column in frame.columns if str(column) in found}


def _dropped(frame: gpd.GeoDataFrame, columns: dict[str, str], dialect: Dialect) -> list[Finding]:
    held = {*dialect.attributes, _AREA_MU}
    lost = [column for name, column in columns.items() if name not in held and frame[column].notna().any()]
    if not lost:
        return []
    params = {"dialect": dialect.name or "–"}
    return [
        Finding(code="txt.columns_dropped", value=", ".join(str(column) for column in lost), params=params)
    ]


def _declared(frame: gpd.GeoDataFrame, columns: dict[str, str], area_m2: Floats) -> tuple[Floats, int]:
    """Declared areas, m², and how many were taken from the coordinates."""
    declared = np.full(len(frame), np.nan)
    for name, in_m2 in ((_AREA, False), (_AREA_MU, True)):
        if name in columns:
            values = pd.to_numeric(frame[columns[name]], errors="coerce").astype(float)
            found = units.from_mu(values) if in_m2 else values
            declared = np.where(np.isnan(declared), found.to_numpy(), declared)
    filled = np.isnan(declared) & ~np.isnan(area_m2)
    return np.where(filled, area_m2, declared), int(filled.sum())


def _area_text(value: float, dialect: Dialect) -> str:
    if np.isnan(value):
        return ""
    decimals = _DECIMALS[dialect.area_unit]
    return f"{value / _M2[dialect.area_unit]:.{decimals}f}{dialect.area_suffix}"


def _texts(frame: gpd.GeoDataFrame, column: str | None) -> list[str]:
    if column is None:
        return [""] * len(frame)
    return [_text(value) for value in frame[column]]


def _text(value: Any) -> str:
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return ""
    # A code that went through a table with empty cells comes as 1001.0.
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _clean(text: str) -> str:
    """Replace the signs that separate fields and lines.

    Examples
    --------
    >>> _clean("一期,东")
    '一期，东'
    """
    visible = "".join(" " if unicodedata.category(sign) in {"Cc", "Zl", "Zp"} else sign for sign in text)
    return visible.replace(",", "，").replace("\ufeff", "").strip()


def measured_m2(frame: gpd.GeoDataFrame, *, degrees: bool) -> Floats:
    """Area of each parcel, m²: in the plane of the frame, or on the ellipsoid where degrees are written."""
    if frame.crs is None:
        # Without a CRS the area of degrees is nothing that could be declared.
        return np.full(len(frame), np.nan) if degrees else shapely.area(frame.geometry.to_numpy())
    if not degrees:
        return crs_module.plane_area_m2(frame).to_numpy(dtype=float)
    if not frame.crs.is_geographic:
        return crs_module.ellipsoidal_area_m2(frame).to_numpy(dtype=float)
    geod = frame.crs.get_geod()
    return np.asarray([abs(geod.geometry_area_perimeter(shape)[0]) for shape in frame.geometry], dtype=float)
