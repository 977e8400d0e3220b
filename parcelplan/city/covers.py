"""Covers in a file: every constraint as wide as it reaches, made once, read by whoever screens a chunk near it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from parcelplan.geometry.arrays import Floats, Ints, Shapes
from parcelplan.geometry.screening import buffer_covers
from parcelplan.io.streams.room import writing

COLUMNS = ("cover_id", "kind", "work_id", "begins_with", "from_on", "until_on")
"""What is known of a cover beside its shape."""
ROWS_PER_GROUP, POINTS_PER_GROUP = 64, 200_000
"""Covers that are read together, at most; a river may have more than a hundred thousand vertices."""
_SIDES = ("xmin", "ymin", "xmax", "ymax")
_HALVINGS = 16


@dataclass(frozen=True, kw_only=True)
class Covers:
    """The covers of a file, of which only those that are asked for are read."""

    path: Path
    table: pd.DataFrame
    """:data:`COLUMNS` of all covers, numbered from 0."""
    bounds: Floats
    """Bounds of all covers."""
    _held: list[dict[int, BaseGeometry]] = field(default_factory=lambda: [{}], repr=False, compare=False)
    """One entry: the shapes that were asked for last. It is replaced as a whole, since threads may ask at once."""

    def touching(self, bounds: Floats) -> Ints:
        """Numbers of the covers whose bounds touch a rectangle, ascending."""
        west, south, east, north = bounds
        near = (self.bounds[:, 0] <= east) & (self.bounds[:, 2] >= west)
        near &= (self.bounds[:, 1] <= north) & (self.bounds[:, 3] >= south)
        return np.flatnonzero(near)

    def shapes(self, numbers: Ints) -> Shapes:
        """Shapes of some covers, numbers ascending; those that the question before this one asked for stay at hand."""
        held, wanted = self._held[0], numbers.tolist()
        missing = [number for number in wanted if number not in held]
        read = dict(zip(missing, self._read(np.array(missing, dtype=np.intp)), strict=True))
        found = {number: held[number] if number in held else read[number] for number in wanted}
        self._held[0] = found
        return np.array(list(found.values()), dtype=object)

    def _read(self, numbers: Ints) -> Shapes:
        """Read shapes, and nothing but the row groups that hold them."""
        groups = np.unique(np.searchsorted(self._begins, numbers, side="right") - 1)
        if len(groups) == 0:
            return np.empty(0, dtype=object)
        with pq.ParquetFile(self.path) as file:
            column = file.read_row_groups(groups.tolist(), columns=["geometry"]).column(0)
        read = np.concatenate([np.arange(*self._begins[[group, group + 1]]) for group in groups])
        wanted = column.take(pa.array(np.searchsorted(read, numbers)))
        return np.asarray(shapely.from_wkb(wanted.to_numpy(zero_copy_only=False)), dtype=object)

    @cached_property
    def _begins(self) -> Ints:
        """Number of the first cover of each row group, and one more than the last."""
        told = pq.read_metadata(self.path)
        rows = [told.row_group(group).num_rows for group in range(told.num_row_groups)]
        return np.concatenate([[0], np.cumsum(rows)]).astype(np.intp)


def open_covers(path: Path) -> Covers:
    """Open what :func:`write_covers` wrote."""
    table = pq.read_table(path, columns=[*COLUMNS, "bbox"])
    sides = table.column("bbox").combine_chunks()
    bounds = np.column_stack([sides.field(side).to_numpy(zero_copy_only=False) for side in _SIDES])
    return Covers(path=path, table=table.drop_columns("bbox").to_pandas(), bounds=bounds.astype(float))


def write_covers(layers: gpd.GeoDataFrame, path: Path, *, threads: int = 1) -> None:
    """Widen features and write them, those near one another together.

    Parameters
    ----------
    layers
        Features with :data:`COLUMNS` and ``distance_m``, how far each reaches beyond its shape.
    path
        GeoParquet file with small row groups and the bounds of every cover.
    threads
        How many threads widen.
    """
    crs = CRS(layers.crs)
    order = _along_the_curve(shapely.bounds(layers.geometry.to_numpy()))
    partial = path.with_name(f"{path.name}.partial")
    with writing(path), pq.ParquetWriter(partial, _schema(crs), compression="zstd") as writer:
        for begin in range(0, len(order), ROWS_PER_GROUP * 16):
            slab = layers.iloc[order[begin : begin + ROWS_PER_GROUP * 16]]
            shapes = slab.geometry.to_numpy()
            wide = buffer_covers(shapes, slab["distance_m"].to_numpy(dtype=float), threads=threads)
            table = _table(slab, wide)
            for start, end in pairwise(_groups(wide)):
                writer.write_table(table.slice(start, end - start))
    with writing(path):
        partial.replace(path)


def _groups(shapes: Shapes) -> list[int]:
    """Where row groups begin, and the end."""
    points = np.cumsum(shapely.get_num_coordinates(shapes)) // POINTS_PER_GROUP
    begins = (np.diff(points, prepend=0) > 0) | (np.arange(len(shapes)) % ROWS_PER_GROUP == 0)
    return [*np.flatnonzero(begins).tolist(), len(shapes)]


def _along_the_curve(bounds: Floats) -> NDArray[np.intp]:
    """Long features first, then along a Hilbert curve: a long one among short ones would have all of them read."""
    if len(bounds) == 0:
        return np.empty(0, dtype=np.intp)
    middle = (bounds[:, :2] + bounds[:, 2:]) / 2.0
    extent = (bounds[:, 2:] - bounds[:, :2]).max(axis=1)
    whole = max(float(np.ptp(bounds[:, [0, 2]])), float(np.ptp(bounds[:, [1, 3]])), 1e-9)
    level = np.floor(np.log2(np.clip(extent / whole, 2.0**-_HALVINGS, 1.0)))
    place = gpd.GeoSeries(shapely.points(middle)).hilbert_distance().to_numpy()
    return np.lexsort((place, -level))


def _schema(crs: CRS) -> pa.Schema:
    day = pa.timestamp("us")
    fields = {name: day if name.endswith("_on") else pa.string() for name in COLUMNS}
    sides = pa.struct([(side, pa.float64()) for side in _SIDES])
    covering = {"bbox": {side: ["bbox", side] for side in _SIDES}}
    column = {
        "encoding": "WKB",
        "geometry_types": ["Polygon", "MultiPolygon"],
        "crs": crs.to_json_dict(),
        "covering": covering,
    }
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
    described = pa.schema({**fields, "bbox": sides, "geometry": pa.binary()})
    return described.with_metadata({b"geo": json.dumps(geo).encode()})


def _table(slab: gpd.GeoDataFrame, shapes: Shapes) -> pa.Table:
    sides = shapely.bounds(shapes).T
    data: dict[str, Any] = {name: pa.array(slab[name], from_pandas=True) for name in COLUMNS}
    for name in ("from_on", "until_on"):
        data[name] = data[name].cast(pa.timestamp("us"))
    data["bbox"] = pa.StructArray.from_arrays([pa.array(side) for side in sides], names=list(_SIDES))
    data["geometry"] = pa.array(shapely.to_wkb(shapes), type=pa.binary())
    return pa.table(data, schema=_schema(CRS(slab.crs)))
