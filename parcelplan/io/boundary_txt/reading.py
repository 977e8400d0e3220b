"""Boundary-point TXT in: any dialect, recognised by itself and reported."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from parcelplan.crs import parse_crs
from parcelplan.errors import InputError
from parcelplan.findings import Finding, Findings
from parcelplan.io.boundary_txt import vocabulary
from parcelplan.io.boundary_txt.areas import Areas, area_findings, declared_series, find_areas
from parcelplan.io.boundary_txt.axes import AxisOrder, CrsGuess, guess_crs, zone_contradicts
from parcelplan.io.boundary_txt.dialect import ATTRIBUTE, Dialect
from parcelplan.io.boundary_txt.lexer import lex
from parcelplan.io.boundary_txt.quality import quality_findings
from parcelplan.io.boundary_txt.recognise import recognise, recognition_findings
from parcelplan.io.boundary_txt.survey import Survey, survey
from parcelplan.io.boundary_txt.text import TextFile, read_text
from parcelplan.io.vector.reading import Reading

FORMAT = "boundary_txt"
_LONGEST_QUOTE = 60
_OF_THE_ROWS = {"point_count", "kind"}


def read_boundary_txt(
    path: str | Path,
    *,
    encoding: str | None = None,
    crs: str | None = None,
    axis_order: AxisOrder | None = None,
) -> Reading:
    """Read a file of boundary points, whatever its dialect.

    Parameters
    ----------
    path
        The text file.
    encoding
        Overrides the guess.
    crs
        Coordinate reference system (EPSG, WKT, PROJ string); overrides what the header says.
    axis_order
        ``yx`` for northing first, ``xy`` for easting first; overrides what the magnitudes say.

    Returns
    -------
    Reading
        One row a block head: ``parcel_id, name, declared_area_m2, map_sheet, land_use, land_use_code`` and what
        else the heads hold; null where a field is empty. ``x`` is the easting (or longitude). ``crs`` is set where
        it was given, or where the header names it and the coordinates agree; otherwise ``crs_proposal`` tells what
        the magnitudes speak for. ``frame.attrs["boundary_txt"]`` keeps header, other sections and dialect.

    Raises
    ------
    InputError
        The file is missing, is not text, or holds no boundary points; the message names file and line.
    """
    path = Path(path)
    text = read_text(path, encoding)
    tokens = lex(text.lines)
    if not tokens.line:
        raise _without_points(path, text)
    whole = survey(path.stem, text, tokens, axis_order)
    guess = guess_crs(tokens.header, whole.axes, whole.layer)
    chosen = parse_crs(crs) if crs else CRS.from_epsg(guess.epsg) if guess.stated and guess.epsg else None
    likely = CRS.from_epsg(guess.epsg) if chosen is None and guess.epsg is not None else chosen
    areas = find_areas(whole, likely)
    dialect = recognise(whole, areas.unit)
    findings = [
        *recognition_findings(whole, dialect),
        *(item for item in guess.findings if crs is None or item.severity == "error"),
        *_crs_findings(whole, guess, chosen, given=crs is not None),
        *quality_findings(whole),
        *area_findings(whole, areas),
    ]
    return Reading(
        frame=_frame(whole, areas, dialect, chosen),
        findings=Findings(findings),
        path=path,
        format=FORMAT,
        layer=whole.layer,
        layers=(whole.layer,),
        encoding=text.encoding.upper(),
        crs_proposal=f"EPSG:{guess.epsg}" if guess.epsg else None,
    )


def _without_points(path: Path, text: TextFile) -> InputError:
    """Quote the first line of text, or the last one of a file whose rows all stop short."""
    first = next(((number, line) for number, line in enumerate(text.lines, start=1) if line.strip()), (1, ""))
    return InputError("error.txt_no_points", file=path, line=first[0], text=first[1].strip()[:_LONGEST_QUOTE])


def _crs_findings(survey: Survey, guess: CrsGuess, chosen: CRS | None, *, given: bool) -> list[Finding]:
    if given and chosen is not None:
        if survey.axes.known and chosen.is_geographic != survey.axes.degrees:
            unit = "degrees" if survey.axes.degrees else "metres"
            return [Finding(code=f"txt.crs_not_{unit}", layer=survey.layer, value=chosen.to_string())]
        if zone_contradicts(chosen, survey.axes):
            zones = ", ".join(str(zone) for zone in sorted(set(survey.axes.zones.values())))
            name = chosen.to_string()
            return [
                Finding(code="txt.crs_contradicts", layer=survey.layer, value=name, params={"zones": zones})
            ]
        return []
    if guess.epsg is None:
        return []
    code = "txt.crs_stated" if guess.stated else "txt.crs_proposed"
    name = CRS.from_epsg(guess.epsg).name
    return [Finding(code=code, layer=survey.layer, value=f"EPSG:{guess.epsg}", params={"name": name})]


def _frame(survey: Survey, areas: Areas, dialect: Dialect, crs: CRS | None) -> gpd.GeoDataFrame:
    heads = [head.fields if head else {} for head in survey.tokens.heads]
    names = ("parcel_id", "name", "declared_area")
    after = vocabulary.head_after()
    used = [name for name in after[3:] if any(name in fields for fields in heads)]
    extra = sorted({name for fields in heads for name in fields} - {*names, *after, *_OF_THE_ROWS})
    columns: dict[str, Any] = {}
    for name in (*names, *after[:3], *used, *extra):
        if name == "declared_area":
            columns["declared_area_m2"] = declared_series(areas)
        else:
            columns[name] = pd.Series([fields.get(name) or None for fields in heads], dtype="str")
    frame = gpd.GeoDataFrame(columns, geometry=np.asarray(survey.faces, dtype=object), crs=crs)
    kept = dataclasses.asdict(dialect)
    kept["columns"] = list(kept["columns"])
    frame.attrs[ATTRIBUTE] = {
        "header": dict(survey.tokens.header),
        "sections": {name: list(lines) for name, lines in survey.tokens.sections.items()},
        "dialect": kept,
    }
    return frame
