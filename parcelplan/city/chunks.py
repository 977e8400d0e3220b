"""One chunk of parcels from file to part: the unit of work of every engine."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from parcelplan.city.context import Context, context_of, day_column
from parcelplan.city.parcels import Parcels, sound_parcels
from parcelplan.city.partitions import is_folder
from parcelplan.city.readiness import readiness_columns
from parcelplan.city.request import ChunkReport, Oddity, Request, part_name, record_name
from parcelplan.city.site_layers import readiness_context
from parcelplan.crs import area_m2
from parcelplan.errors import InputError, ParcelPlanError
from parcelplan.geometry.arrays import Bools, Floats, Ints, Shapes
from parcelplan.geometry.collecting import no_collecting
from parcelplan.geometry.screening import Screener, Survey
from parcelplan.io.guard.transfer import error_record
from parcelplan.io.streams import ChunkRef, read_chunk, write_part
from parcelplan.io.streams.room import writing

CANNOT = (ParcelPlanError, OSError, MemoryError, shapely.errors.ShapelyError, pa.ArrowException)
"""What makes a chunk one that cannot be done; the others go on."""

Loaded = tuple[ChunkRef, gpd.GeoDataFrame, float]
"""A chunk, its parcels, and the time at which reading them began."""


@dataclass(frozen=True, kw_only=True)
class Screened:
    """A chunk with its figures, not yet written."""

    ref: ChunkRef
    frame: gpd.GeoDataFrame
    oddities: Mapping[str, Oddity]
    totals: Mapping[str, float]
    seconds: float


def screen_chunk(ref: ChunkRef, request: Request, *, threads: int = 1) -> ChunkReport:
    """Read one chunk, screen it and write its part; anywhere, knowing nothing but paths.

    Parameters
    ----------
    ref
        One of those of :func:`parcelplan.city.preparing.prepare`.
    request
        The request as that function gave it back, its folder made ready.
    threads
        How many threads compute; the part's bytes do not depend on it.

    Returns
    -------
    ChunkReport
        With ``failure`` where the chunk cannot be read or screened, and no part.

    Raises
    ------
    InputError
        The part cannot be written: a full disk is nothing that the next chunk could do better with.
    """
    try:
        done = compute(load(ref), request, threads=threads)
    except CANNOT as error:
        return failed(ref, error)
    return store(done, request)


def failed(ref: ChunkRef, error: Exception) -> ChunkReport:
    """Report of a chunk that cannot be done, so that the others can."""
    if not isinstance(error, ParcelPlanError):
        reason = f"{type(error).__name__}: {error}"
        error = InputError("error.chunk_failed", reason=reason)
    record = error_record(error)
    record["params"] = {name: _plain(value) for name, value in record["params"].items()}
    return ChunkReport(number=ref.number, rows=ref.rows, failure=record)


def _plain(value: object) -> object:
    return value if isinstance(value, int | float | str) else str(value)


# --- the three steps, apart so that they can overlap


@no_collecting()
def load(ref: ChunkRef) -> Loaded:
    """Read a chunk; the time at which that began goes along."""
    begun = time.perf_counter()
    # Coordinates that are no numbers are let in: findings name the parcel.
    with np.errstate(invalid="ignore"):
        return ref, read_chunk(ref), begun


@no_collecting()
def compute(loaded: Loaded, request: Request, *, threads: int = 1) -> Screened:
    """Screen what was read."""
    ref, frame, begun = loaded
    context = context_of(request)
    with np.errstate(invalid="ignore"):
        parcels = sound_parcels(frame, context, first_row=ref.first_row)
    near = context.covers.touching(_bounds(parcels.shapes))
    screener = _screener(context, near.tobytes(), threads)
    survey = _survey(screener, parcels, context.in_force[:, near], context, request)
    data = _figures(survey, _scale(parcels, context), context)
    if survey.shares is not None:
        land = frame.set_geometry(gpd.GeoSeries(parcels.shapes, index=frame.index, crs=context.crs))
        data |= _readiness(land, screener, survey, context.covers.table.iloc[near], request)
    kept = frame.drop(columns=[*context.replaced])
    net = gpd.GeoSeries(survey.screening.net, index=frame.index, crs=context.crs)
    result = kept.assign(**data).set_geometry(net)
    totals = {name: float(np.sum(cells)) for name, cells in data.items() if "_m2" in name}
    return Screened(
        ref=ref,
        frame=result,
        oddities=parcels.oddities,
        totals=totals,
        seconds=time.perf_counter() - begun,
    )


@no_collecting()
def store(done: Screened, request: Request) -> ChunkReport:
    """Write the part, then note it down: what is noted down is there."""
    ref, begun = done.ref, time.perf_counter()
    write_part(done.frame, request.folder / part_name(ref), packed=is_folder(request.out))
    report = ChunkReport(
        number=ref.number,
        rows=len(done.frame),
        seconds=done.seconds + time.perf_counter() - begun,
        part=part_name(ref),
        totals=done.totals,
        oddities=done.oddities,
    )
    _note(report, request.folder / record_name(ref))
    return report


# --- figures


def _survey(screener: Screener, parcels: Parcels, holds: Bools, context: Context, request: Request) -> Survey:
    """Ask everything in one pass: the land of the first day, later days, and which constraints are on which parcel."""
    later = np.array(context.days[1:] if request.dates else (), dtype=object)
    return screener.survey(
        parcels.shapes,
        holding=holds[0],
        in_force=holds[1:],
        days=later if request.dates else None,
        shares=request.readiness,
        width=request.width,
    )


def _figures(survey: Survey, scale: Floats, context: Context) -> dict[str, Any]:
    result = survey.screening
    nothing = np.zeros(len(scale))
    blocked = {kind: result.blocked_by_kind.get(kind, nothing) * scale for kind in context.kinds}
    developable = (result.area - result.blocked) * scale
    data: dict[str, Any] = {"area_m2": result.area * scale}
    data |= {f"blocked_m2_{kind}": areas for kind, areas in blocked.items()}
    data |= {"blocked_m2": result.blocked * scale, "developable_m2": developable}
    data |= {"pieces": result.pieces.astype(np.int32), "largest_piece_m2": result.largest_piece * scale}
    if result.width is not None:
        data["width_m"] = result.width
    if survey.in_time is not None and context.days:
        data[day_column(context.days[0])] = developable
        later = zip(survey.in_time.days, survey.in_time.net_area, strict=True)
        data |= {day_column(day): areas * scale for day, areas in later}
    return data


def _readiness(
    land: gpd.GeoDataFrame, screener: Screener, survey: Survey, covers: pd.DataFrame, request: Request
) -> dict[str, Any]:
    told = readiness_columns(land, screener, covers, readiness_context(request), pairs=survey.pairs())
    return {name: told[name] for name in told.columns}


def _bounds(shapes: Shapes) -> Floats:
    bounds = shapely.bounds(shapes)
    bounds = bounds[~np.isnan(bounds[:, 0])]
    if len(bounds) == 0:
        return np.array([np.inf, np.inf, -np.inf, -np.inf])
    return np.concatenate([bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)])


@lru_cache(maxsize=2)
def _screener(context: Context, numbers: bytes, threads: int) -> Screener:
    """Some of the covers made ready; chunks of a file in no order all lie near the same ones."""
    wanted: Ints = np.frombuffer(numbers, dtype=np.intp)
    kinds = context.covers.table["kind"].to_numpy()[wanted]
    return Screener(context.covers.shapes(wanted), kinds.tolist(), threads=threads)


def _scale(parcels: Parcels, context: Context) -> Floats:
    """What plane figures are multiplied with where the site's rule of areas is another one."""
    if context.area_rule == "plane":
        return np.ones(len(parcels.shapes))
    areas = shapely.area(parcels.shapes)
    told = area_m2(gpd.GeoSeries(parcels.shapes, crs=context.crs), context.area_rule).to_numpy()
    scale: Floats = np.divide(told, areas, out=np.ones_like(areas), where=areas > 0)
    return scale


# --- what is noted down


def _note(report: ChunkReport, path: Path) -> None:
    # Two workers may have the same chunk where one was given up for dead.
    partial = path.with_name(f"{path.name}.{uuid4().hex}.partial")
    with writing(path):
        partial.write_text(json.dumps(asdict(report)), encoding="utf-8")
        partial.replace(path)


def noted(ref: ChunkRef, request: Request) -> ChunkReport | None:
    """Report of a chunk that an earlier run finished; None where none did."""
    path = request.folder / record_name(ref)
    if not (path.is_file() and (request.folder / part_name(ref)).is_file()):
        return None
    record = json.loads(path.read_text(encoding="utf-8"))
    oddities = {
        code: Oddity(count=item["count"], first=tuple(item["first"]), value=item["value"])
        for code, item in record.pop("oddities").items()
    }
    return replace(ChunkReport(**record, oddities=oddities), resumed=True)
