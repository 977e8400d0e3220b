"""What a file holds, told before anything is done with it: layers, fields, geometries, place, oddities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from parcelplan.catalogue import Language
from parcelplan.errors import InputError
from parcelplan.findings import Findings
from parcelplan.io.guard.worker import layer_names_guarded, read_guarded, read_table_guarded
from parcelplan.io.matching import columns_of, fits, guess_table
from parcelplan.io.printing import shortened
from parcelplan.io.vector.reading import Reading, ReadOptions

SAMPLES = 3
"""Different values shown of each field."""
TABLES = (".csv", ".xlsx", ".xlsm", ".xls")
"""Endings of files that hold tables without geometry."""
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
    """Column of the registry's table that the layer seems to be, two for a range; empty where none fits."""


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


def inspect_file(path: str | Path, options: ReadOptions | None = None) -> FileFacts:
    """Tell what a file holds, all its layers or the one asked for; nothing in it is trusted.

    Parameters
    ----------
    path
        Vector file, ``.gdb`` folder, boundary-point TXT, table, or an archive with one of them.
    options
        What the caller knows of it.

    Raises
    ------
    InputError
        The file cannot be read, or is refused; the message names it and the remedy.
    """
    path, options = Path(path), options or ReadOptions()
    if path.suffix.lower() in TABLES:
        return _inspect_table(path, options.layer)
    readings = list(_readings(path, options))
    inspected = tuple(
        layer_facts(
            item.frame,
            layer=item.layer,
            encoding=item.encoding,
            crs_proposal=item.crs_proposal,
            findings=item.findings,
        )
        for item in readings
    )
    first = readings[0]
    return FileFacts(path=path, format=first.format, layers=tuple(first.layers), inspected=inspected)


def _readings(path: Path, options: ReadOptions) -> Iterator[Reading]:
    try:
        yield read_guarded(path, options)
    except InputError as error:
        if options.layer is not None or error.code != "error.which_layer":
            raise
        for name in layer_names_guarded(path):
            yield read_guarded(path, replace(options, layer=name))


def _inspect_table(path: Path, sheet: str | None) -> FileFacts:
    frame, findings = read_table_guarded(path, sheet=sheet)
    name = sheet or path.stem
    facts = layer_facts(frame, layer=name, findings=findings)
    return FileFacts(path=path, format=path.suffix.lower()[1:], layers=(name,), inspected=(facts,))


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
        crs=_crs_text(crs),
        crs_proposal=crs_proposal,
        encoding=encoding,
        fields=tuple(
            _field(name, plain.iloc[:, place], ", ".join(known.get(name, ())))
            for place, name in enumerate(headings)
        ),
        table=table,
        fits=fits(headings, dimension),
        findings=findings if findings is not None else Findings(),
    )


def _crs_text(crs: CRS | None) -> str | None:
    """Code of a CRS that has one, otherwise its name: a definition of many lines tells a reader nothing."""
    if crs is None:
        return None
    return str(crs.to_string() if crs.to_authority() else crs.name)


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
