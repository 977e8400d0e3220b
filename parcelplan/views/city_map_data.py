"""Screened parcels as the city map carries them: whole numbers by cell, by parcel and by cover.

Coordinates are web Mercator counted in steps of :data:`STEP_M`, so that the page draws them without projecting. Cells
are squares of that grid; their sides are right at the middle of the city and within 0.4 % over 100 km from north to
south. No figure depends on them: each parcel is counted whole where its centre lies.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from parcelplan.catalogue import Language, has, text
from parcelplan.crs import WGS84
from parcelplan.views.map_themes import sentence_case
from parcelplan.views.packed import Whole, steps

STEP_M = 0.1
"""Step of coordinates, m of web Mercator: finer than a pixel at the closest zoom."""
WEB_MERCATOR = CRS.from_epsg(3857)
BLOCKED = "blocked_m2_"
IN_TIME = re.compile(r"developable_m2_(\d{8})")
TEXTS = ("district", "name", "stage", "last_gate", "blocking")
"""Columns of words that a popup shows where they are there."""
MOST_STOPS = 60
"""Days of readiness in one timeline; more are taken by quarter or year."""
_CODES = {"stage": "stage", "last_gate": "gate"}
"""Columns whose values are codes, and how these begin in the catalogue."""
_POLYGONS = (3, 6)

Bools = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class CityLand:
    """Parcels in the order of their cells; of figures in time the first axis is that of the days."""

    shapes: NDArray[np.object_]
    """Outlines in a metric CRS."""
    crs: CRS
    table: pd.DataFrame
    kinds: tuple[str, ...]
    stops: pd.DatetimeIndex
    """Days on which the timeline stops; empty where nothing is known in time."""
    centres: Whole
    """Middle of each parcel in steps, shape (parcels, 2)."""

    @property
    def area(self) -> Whole:
        """Areas, m²."""
        return whole(self.table["area_m2"])

    @property
    def free(self) -> Whole:
        """Developable m², shape (days, parcels); one day where there is no column in time."""
        columns = in_time(self.table) or {None: "developable_m2"}
        return np.stack([whole(self.table[column]) for column in columns.values()])

    @property
    def ready(self) -> Whole:
        """Ready m² by day, shape (days, parcels); no day where nobody knows when parcels are ready."""
        if "ready_on" not in self.table or self.stops.empty:
            return np.zeros((0, len(self.table)), dtype=np.int64)
        area, ready_on = self.area, day_numbers(self.table["ready_on"])
        ready = [(ready_on > 0) & (ready_on <= day) for day in day_numbers(self.stops)]
        return np.stack([np.where(now, area, 0) for now in ready])


def whole(values: Any) -> Whole:
    """Numbers rounded to whole ones; missing ones become 0."""
    rounded: Whole = np.rint(np.nan_to_num(np.asarray(values, dtype=float))).astype(np.int64)
    return rounded


def in_time(table: pd.DataFrame) -> dict[pd.Timestamp | None, str]:
    """Columns of developable land by their day, ascending."""
    found = {match[1]: column for column in table if (match := IN_TIME.fullmatch(str(column)))}
    return {pd.Timestamp(day): str(found[day]) for day in sorted(found)}


def kinds_of(table: pd.DataFrame) -> tuple[str, ...]:
    """Kinds of constraint that the columns tell of, those that block most first."""
    kinds = [str(column).removeprefix(BLOCKED) for column in table if str(column).startswith(BLOCKED)]
    return tuple(sorted(kinds, key=lambda kind: -float(table[BLOCKED + kind].sum())))


def kind_label(kind: str, lang: Language) -> str:
    """Name of a kind of constraint; one that the catalogue does not know stands as it was given."""
    codes = [code for code in (f"kind.{kind}", f"city_map.kind.{kind}") if has(code)]
    return text(codes[0], lang) if codes else kind


def stops_of(table: pd.DataFrame) -> pd.DatetimeIndex:
    """Days of the timeline: those of the developable land, or else months, quarters or years until all is ready."""
    if days := [day for day in in_time(table) if day is not None]:
        return pd.DatetimeIndex(days)
    ready_on = pd.DatetimeIndex(table["ready_on"]).dropna() if "ready_on" in table else pd.DatetimeIndex([])
    if ready_on.empty:
        return ready_on
    first, last = ready_on.min(), ready_on.max()
    spans = [pd.date_range(first, last, freq=freq) for freq in ("MS", "QS", "YS")]
    inner = next((span for span in spans if len(span) <= MOST_STOPS), spans[-1])
    return pd.DatetimeIndex(sorted({first, last, *inner}))


def drawable(shapes: gpd.GeoSeries) -> Bools:
    """Which shapes are polygons with area."""
    values = shapes.to_numpy()
    polygons: Bools = np.isin(shapely.get_type_id(values), _POLYGONS)
    filled: Bools = ~shapely.is_empty(values)
    return polygons & filled


def city_land(parcels: gpd.GeoDataFrame, cell_steps: int | None = None) -> CityLand:
    """Bring drawable parcels into the order of their cells.

    Parameters
    ----------
    parcels
        All of them drawable; metric CRS.
    cell_steps
        Side of a cell; None keeps the given order.
    """
    centres = mercator(shapely.get_coordinates(shapely.centroid(parcels.geometry.to_numpy())), parcels.crs)
    order = np.arange(len(parcels))
    if cell_steps is not None:
        cells = centres // cell_steps
        order = np.lexsort((cells[:, 1], cells[:, 0]))
    table = pd.DataFrame(parcels.drop(columns=parcels.geometry.name))
    return CityLand(
        shapes=parcels.geometry.to_numpy()[order],
        crs=parcels.crs,
        table=table.iloc[order],
        kinds=kinds_of(table),
        stops=stops_of(table),
        centres=centres[order],
    )


def mercator(points: NDArray[np.float64], crs: CRS) -> Whole:
    """Points in steps of web Mercator, x before y."""
    there = Transformer.from_crs(crs, WEB_MERCATOR, always_xy=True)
    return np.rint(np.column_stack(there.transform(points[:, 0], points[:, 1])) / STEP_M).astype(np.int64)


def latitude_longitude(points: Whole) -> list[list[float]]:
    """Steps of web Mercator as degrees, latitude first."""
    back = Transformer.from_crs(WEB_MERCATOR, WGS84, always_xy=True)
    longitude, latitude = back.transform(points[:, 0] * STEP_M, points[:, 1] * STEP_M)
    return [[round(float(y), 7), round(float(x), 7)] for x, y in zip(longitude, latitude, strict=True)]


# --- what goes into the page


def cell_arrays(land: CityLand, cell_steps: int) -> dict[str, Whole]:
    """Sums of the smallest cells: ``column, row, count, area, kinds, free, ready``, areas in m².

    Cells come in the order of their parcels. ``column`` and ``row`` are differences; ``kinds``, ``free`` and ``ready``
    are one row after another, ``free`` and ``ready`` as differences from day to day.
    """
    cells = land.centres // cell_steps
    first = np.flatnonzero(np.any(np.diff(cells, axis=0, prepend=cells[:1] - 1) != 0, axis=1))
    kinds = [whole(land.table[BLOCKED + kind]) for kind in land.kinds]

    def summed(values: Whole) -> Whole:
        return np.asarray(np.add.reduceat(values, first, axis=-1), dtype=np.int64)

    return {
        "column": steps(cells[first, 0]),
        "row": steps(cells[first, 1]),
        "count": np.diff(np.append(first, len(cells))),
        "area": summed(land.area),
        "kinds": np.concatenate([summed(values) for values in kinds], dtype=np.int64) if kinds else _NONE,
        "free": by_day(summed(land.free)),
        "ready": by_day(summed(land.ready)),
    }


_NONE: Whole = np.zeros(0, dtype=np.int64)


def by_day(values: Whole) -> Whole:
    """Rows of days as differences from the day before, one after another."""
    return np.diff(values, axis=0, prepend=0).ravel()


def parcel_arrays(land: CityLand, origin: Whole) -> dict[str, Whole]:
    """Outlines as in :func:`ring_arrays`, figures as in :func:`cell_arrays`, and ``pieces, largest, ready_on``."""
    kinds = [whole(land.table[BLOCKED + kind]) for kind in land.kinds]
    extra = {
        name: whole(land.table[column])
        for name, column in (("pieces", "pieces"), ("largest", "largest_piece_m2"))
        if column in land.table
    }
    ready_on = {"ready_on": day_numbers(land.table["ready_on"])} if "ready_on" in land.table else {}
    return {
        **ring_arrays(land.shapes, land.crs, origin),
        "area": land.area,
        "kinds": np.concatenate(kinds) if kinds else _NONE,
        "free": by_day(land.free),
        **extra,
        **ready_on,
    }


def parcel_texts(land: CityLand, lang: Language) -> dict[str, Any]:
    """Ids, and of each column of words its label, its words and the place of each parcel's word among them."""
    ids = land.table.get("parcel_id", land.table.index)
    return {
        "ids": [str(name) for name in ids],
        "columns": [_words(land.table[name], name, lang) for name in TEXTS if name in land.table],
    }


def _words(cells: pd.Series, name: str, lang: Language) -> dict[str, Any]:
    codes, values = pd.factorize(cells.astype(object).where(cells.notna(), ""))
    words = [str(value) for value in values]
    if codes_of := _CODES.get(name):
        words = [_word(f"{codes_of}.{word}", word, lang) for word in words]
    label = sentence_case(text(f"city_map.column.{name}", lang))
    return {"name": name, "label": label, "words": words, "codes": codes.tolist()}


def _word(code: str, word: str, lang: Language) -> str:
    """What the catalogue calls a value; one that it does not know stands as it is."""
    return sentence_case(text(code, lang)) if has(code) else word


def day_numbers(days: Any) -> Whole:
    """Days since 1970-01-01, or 0 where there is none."""
    known = pd.to_datetime(pd.Series(days)).to_numpy("datetime64[D]")
    return np.where(np.isnat(known), 0, known.astype(np.int64))


def ring_arrays(shapes: NDArray[np.object_], crs: CRS, origin: Whole) -> dict[str, Whole]:
    """Rings of polygons: ``rings`` a shape, ``points`` a ring, and the differences ``x`` and ``y`` from point to point.

    The point that closes a ring is left out. The first point is counted from ``origin``.
    """
    rings, owner = shapely.get_rings(shapely.get_parts(shapes), return_index=True)
    parts = shapely.get_num_geometries(shapes)
    owner = np.repeat(np.arange(len(shapes)), parts)[owner]
    counts = shapely.get_num_coordinates(rings).astype(np.int64)
    points = mercator(shapely.get_coordinates(rings), crs) - origin
    opened = np.ones(len(points), dtype=bool)
    opened[np.cumsum(counts) - 1] = False
    return {
        "rings": np.bincount(owner, minlength=len(shapes)).astype(np.int64),
        "points": counts - 1,
        "x": steps(points[opened, 0]),
        "y": steps(points[opened, 1]),
    }
