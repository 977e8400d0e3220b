"""Making ready what all chunks need: the covers, the days, the columns, and the list of chunks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from pyproj import CRS, Transformer

from parcelplan.city.context import COVERS, Context, context_of, figure_columns, write_context
from parcelplan.city.covers import write_covers
from parcelplan.city.layers import Layers, read_layers
from parcelplan.city.readiness import readiness_findings
from parcelplan.city.request import Request
from parcelplan.city.scratch import STAGED, begin
from parcelplan.city.site_layers import draw_constraints, readiness_context, site_of
from parcelplan.city.summing import district_columns
from parcelplan.crs import require_metric_crs
from parcelplan.findings import Finding, Findings
from parcelplan.geometry.arrays import Floats
from parcelplan.io.guard.transfer import finding_records, findings_of
from parcelplan.io.streams import Bounds, ChunkRef, ParcelStream, open_parcels, stage
from parcelplan.land.constraints import change_days

ID_COLUMN = "parcel_id"


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A request whose folder holds everything that a chunk needs."""

    request: Request
    """With absolute paths: the one to hand on."""
    refs: tuple[ChunkRef, ...]
    """The chunks in their order."""
    rows: int
    context: Context
    findings: Findings
    """What reading the constraints found."""
    by: tuple[str, ...]
    """Columns that name a parcel's district in a summary."""
    resumed: bool
    """Whether an earlier run of the same request left something to go on with."""


def prepare(request: Request, *, threads: int = 1) -> Prepared:
    """Draw the covers and list the chunks; what an earlier run of the same request made is taken over.

    Parameters
    ----------
    request
        Checked by :func:`parcelplan.city.request.check_request`.
    threads
        How many threads widen the constraints.

    Raises
    ------
    InputError
        A file cannot be read, holds nothing that can be used, or the folder cannot be written.
    CrsError
        The parcels lie in no system of metres, or nobody knows where a layer lies.
    ConfigError, FindingsError
        The site, or an option, says something that cannot be.
    """
    request = request.absolute()
    stream = open_parcels(request.parcels, layer=request.layer, chunk_rows=request.chunk_rows)
    crs = require_metric_crs(stream.crs, request.parcels.name)
    by = district_columns(request.by, stream.columns, request.parcels)
    resumed = begin(request)
    if not resumed:
        _make(request, stream, crs, threads)
    context = context_of(request)
    stream = stage(stream, request.folder / STAGED)
    return Prepared(
        request=request,
        refs=tuple(stream.chunks()),
        rows=stream.rows,
        context=context,
        findings=findings_of([*context.findings]),
        by=by,
        resumed=resumed,
    )


def _make(request: Request, stream: ParcelStream, crs: CRS, threads: int) -> None:
    findings: list[Finding] = []
    area_rule, as_of = "plane", request.as_of
    if request.site is None:
        layers = read_layers(request.constraints, crs)
    else:
        site = site_of(request, request.site)
        own = CRS(site.config.crs)
        layers = draw_constraints(site, _moved(stream.bounds, crs, own)).layers
        area_rule, as_of = site.config.area_rule, site.as_of
        if own != crs:
            params = {"given": crs.name, "wanted": own.name}
            findings.append(
                Finding(code="city.parcels_reprojected", layer=request.parcels.name, params=params)
            )
        crs = own
    days, found = _days(request, layers, as_of)
    told = days if request.dates else ()
    names = figure_columns(layers.kinds, told, width=request.width, readiness=request.readiness)
    replaced, clash = _replaced(stream, names)
    if request.readiness:
        clash += readiness_findings(readiness_context(request), stream.columns, request.parcels.name)
    write_covers(layers.features, request.folder / COVERS, threads=threads)
    context = Context(
        folder=str(request.folder),
        kinds=layers.kinds,
        days=days,
        crs=crs.to_wkt(),
        area_rule=area_rule,
        replaced=replaced,
        id_column=ID_COLUMN if ID_COLUMN in stream.columns else "",
        findings=tuple(finding_records(layers.findings + findings + found + clash)),
    )
    write_context(context, request)


def _moved(bounds: Bounds | None, given: CRS, wanted: CRS) -> Floats | None:
    if bounds is None:
        return None
    if given == wanted:
        return np.array(bounds)
    sides = Transformer.from_crs(given, wanted, always_xy=True).transform_bounds(*bounds)
    return np.asarray(sides, dtype=float)


def _days(request: Request, layers: Layers, as_of: date | None) -> tuple[tuple[date, ...], list[Finding]]:
    """The days asked for, ascending, the first of them the day whose land is drawn."""
    periods = layers.features[["from_on", "until_on"]]
    changes = pd.concat([periods["from_on"], periods["until_on"]]).dropna()
    if request.dates == "changes":
        return _change_days(periods, changes, as_of)
    days: Sequence[date] = request.dates or ((as_of,) if as_of else ())
    if not days and len(changes):
        return (), [Finding(code="city.no_day", value=len(changes))]
    return tuple(sorted(set(days))), []


def _change_days(
    periods: pd.DataFrame, changes: pd.Series, as_of: date | None
) -> tuple[tuple[date, ...], list[Finding]]:
    """All days of change; without a day of the data the land before the first change is drawn."""
    if as_of is not None:
        return tuple(change_days(periods, as_of)), []
    if changes.empty:
        return (), [Finding(code="city.no_changes")]
    before = changes.min().date() - timedelta(days=1)
    return tuple(change_days(periods, before)), [Finding(code="city.first_day", value=before.isoformat())]


def _replaced(stream: ParcelStream, names: Sequence[str]) -> tuple[tuple[str, ...], list[Finding]]:
    """Columns of the input that stand under a name of ours; a GeoPackage knows no capital letters."""
    ours = {name.casefold() for name in names}
    replaced = tuple(name for name in stream.columns if name.casefold() in ours)
    found = [Finding(code="city.column_replaced", field=name) for name in replaced]
    return replaced, found
