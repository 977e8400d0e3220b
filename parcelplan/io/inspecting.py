"""What a file holds, told before anything is done with it: layers, fields, geometries, place, oddities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from parcelplan.catalogue import Language
from parcelplan.findings import Findings
from parcelplan.io.matching import columns_of, fits, guess_table

SAMPLES = 3
"""Different values shown of each field."""
SAMPLE_WIDTH = 24
"""Characters shown of each value."""
MIXED = -1
"""Dimension of a layer whose geometries differ in it, or that has none."""


@dataclass(frozen=True, kw_only=True)
class FieldFacts:
    """One field of a layer."""

    name: str
    dtype: str
    nulls: int
    """Features that have no value; empty text counts as none."""
    samples: tuple[str, ...]
    """A few different values in the order of the file, shortened, with what cannot be printed escaped."""
    column: str
    """Column of the registry's table that the layer seems to be; empty where none fits."""


@dataclass(frozen=True, kw_only=True)
class LayerFacts:
    """One layer of a file, or one sheet of a workbook."""

    layer: str
    features: int
    kinds: Mapping[str, int]
    """Kind of geometry → features; ``none`` and ``empty`` stand beside the kinds. Empty for tables."""
    extent: tuple[float, float, float, float] | None
    """West, south, east, north in the file's own coordinates; None where there are none."""
    crs: str | None
    """Coordinate reference system as the file names it, or as the caller said; None where nobody knows."""
    crs_proposal: str | None
    """What the coordinates look like; never applied without the caller's word."""
    encoding: str | None
    fields: tuple[FieldFacts, ...]
    table: str
    """Layer or table of the registry that fits best; empty where too little fits."""
    fits: Mapping[str, int]
    """Table of the registry → fields it knows."""
    findings: Findings

    def record(self, lang: Language) -> dict[str, Any]:
        """Plain values for JSON."""
        own = {name: getattr(self, name) for name in self.__dataclass_fields__}
        fields = [vars(field) for field in self.fields]
        return own | {"fields": fields, "findings": self.findings.records(lang)}


@dataclass(frozen=True, kw_only=True)
class FileFacts:
    """A file with every layer that was looked at."""

    path: Path
    format: str
    layers: tuple[str, ...]
    """Names of all layers or sheets of the file."""
    inspected: tuple[LayerFacts, ...]

    @property
    def findings(self) -> Findings:
        """The findings of all layers."""
        return Findings(item for facts in self.inspected for item in facts.findings)

    def record(self, lang: Language) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "file": str(self.path),
            "format": self.format,
            "layers": list(self.layers),
            "inspected": [facts.record(lang) for facts in self.inspected],
        }


def layer_facts(
    frame: pd.DataFrame,
    *,
    layer: str,
    encoding: str | None = None,
    crs_proposal: str | None = None,
    findings: Findings | None = None,
) -> LayerFacts:
    """Tell what a layer or a table as read holds.

    Parameters
    ----------
    frame
        As read: columns as in the file. A GeoDataFrame is a layer, any other frame a table.
    layer
        Name of the layer or sheet.
    encoding, crs_proposal, findings
        What reading told.
    """
    shapes = frame.geometry.to_numpy() if isinstance(frame, gpd.GeoDataFrame) else None
    plain = frame.drop(columns=frame.geometry.name) if isinstance(frame, gpd.GeoDataFrame) else frame
    headings = [str(name) for name in plain.columns]
    dimension = shared_dimension(shapes) if shapes is not None else None
    table = "" if dimension == MIXED else guess_table(headings, dimension)
    known = columns_of(headings, table) if table else {}
    crs = frame.crs if isinstance(frame, gpd.GeoDataFrame) else None
    return LayerFacts(
        layer=layer,
        features=len(frame),
        kinds={} if shapes is None else _kinds(shapes),
        extent=None if shapes is None else _extent(shapes),
        crs=crs.to_string() if crs is not None else None,
        crs_proposal=crs_proposal,
        encoding=encoding,
        fields=tuple(
            _field(name, plain.iloc[:, place], known.get(name, "")) for place, name in enumerate(headings)
        ),
        table=table,
        fits=fits(headings, dimension),
        findings=findings if findings is not None else Findings(),
    )


def shared_dimension(shapes: np.ndarray[Any, Any]) -> int:
    """Dimension of all geometries that are there, :data:`MIXED` where there are several or none."""
    found = set(np.unique(shapely.get_dimensions(shapes))) - {-1}
    return int(found.pop()) if len(found) == 1 else MIXED


def _kinds(shapes: np.ndarray[Any, Any]) -> dict[str, int]:
    """Count kinds of geometry; a third dimension is part of the kind."""
    names = pd.Series(gpd.GeoSeries(shapes).geom_type.to_numpy(), dtype=object)
    names += np.where(shapely.has_z(shapes), " Z", "")
    names = names.mask(shapely.is_empty(shapes), "empty").mask(shapely.is_missing(shapes), "none")
    return {str(name): int(count) for name, count in names.value_counts().items()}


def _extent(shapes: np.ndarray[Any, Any]) -> tuple[float, float, float, float] | None:
    west, south, east, north = (float(bound) for bound in shapely.total_bounds(shapes))
    return None if np.isnan([west, south, east, north]).any() else (west, south, east, north)


def _field(name: str, values: pd.Series, column: str) -> FieldFacts:
    given = values[values.notna() & (values.astype(str).str.strip() != "")]
    distinct = given.astype(str).drop_duplicates().head(SAMPLES)
    return FieldFacts(
        name=name,
        dtype=_dtype(values),
        nulls=len(values) - len(given),
        samples=tuple(shortened(text) for text in distinct),
        column=column,
    )


def _dtype(values: pd.Series) -> str:
    """Type of a field in the registry's words."""
    kinds = pd.api.types
    tests = {
        "bool": kinds.is_bool_dtype,
        "int": kinds.is_integer_dtype,
        "float": kinds.is_float_dtype,
        "date": kinds.is_datetime64_any_dtype,
    }
    return next((name for name, test in tests.items() if test(values)), "str")


def shortened(text: str) -> str:
    r"""Bring a value to one short line that a terminal cannot be misled by.

    Examples
    --------
    >>> shortened("first" + chr(10) + chr(27) + "[31m")
    'first\\n\\x1b[31m'
    """
    shown = printable(text)
    return shown if len(shown) <= SAMPLE_WIDTH else shown[: SAMPLE_WIDTH - 1] + "…"


def printable(text: str) -> str:
    """Escape whatever is no visible sign, such as line ends, terminal commands and marks that turn text round."""
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii") for sign in text
    )
