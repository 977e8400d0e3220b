"""GeoPackage layers a range of feature ids at a time: SQLite finds the first of them without reading those before."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyogrio

from parcelplan.errors import InputError
from parcelplan.io.streams.tables import WKB, with_wkb


def chosen_layer(path: Path, asked: str | None) -> str:
    """Name of the layer to read: the one asked for, or the only one with geometries.

    Raises
    ------
    InputError
        There is no such layer, or several to choose from.
    """
    found = {str(name): shape for name, shape in pyogrio.list_layers(path)}
    spatial = [name for name, shape in found.items() if shape is not None]
    if asked is None and len(spatial) == 1:
        return spatial[0]
    if asked is None:
        raise InputError("error.which_layer", file=path, known=", ".join(spatial))
    if asked not in spatial:
        raise InputError("error.no_layer", file=path, layer=asked, known=", ".join(spatial))
    return asked


def cuts(path: Path, layer: str, fid_column: str, chunk_rows: int) -> list[tuple[int, int, int]]:
    """First id, last id and number of rows of every chunk, in the order of the ids.

    Ids without gaps are reckoned; else they are gone through once, and one in ``chunk_rows`` is kept.
    """
    fid, table = _quoted(fid_column), _quoted(layer)
    uri = f"{path.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as base:
        # Asked one by one: SQLite knows the ends of a table at once, but not together with a count.
        count, first, last = (
            base.execute(f"SELECT {asked} FROM {table}").fetchone()[0]  # noqa: S608 - quoted
            for asked in ("count(*)", f"min({fid})", f"max({fid})")
        )
        if not count:
            return [(0, 0, 0)]
        if last - first + 1 == count:
            return list(_ranges(range(first, last + 1), chunk_rows))
        ids = base.execute(f"SELECT {fid} FROM {table} ORDER BY {fid}")  # noqa: S608 - quoted
        return list(_ranges((row[0] for row in ids), chunk_rows))


def read_range(path: Path, layer: str, start: int, stop: int, rows: int) -> tuple[pa.Table, str | None]:
    """Read the features with ids from ``start`` to ``stop``, both among them, and their CRS."""
    fid = pyogrio.read_info(path, layer=layer)["fid_column"]
    where = f"{_quoted(fid)} BETWEEN {start} AND {stop}"
    said, table = pyogrio.read_arrow(path, layer=layer, where=where)
    if table.num_rows != rows:
        message = f"{table.num_rows} of {rows} features with ids from {start} to {stop}"
        raise ValueError(message)
    name = said["geometry_name"] or WKB
    return with_wkb(table.drop_columns(name), table[name]), said["crs"]


def layer_info(path: Path, layer: str) -> dict[str, Any]:
    """What GDAL knows of a layer without reading it.

    Raises
    ------
    InputError
        Its features have no ids, as those of a view may.
    """
    info: dict[str, Any] = pyogrio.read_info(path, layer=layer)
    if not info["fid_column"]:
        raise InputError("error.no_fid", file=path, layer=layer)
    return info


def _ranges(ids: Iterable[int], chunk_rows: int) -> Iterator[tuple[int, int, int]]:
    if isinstance(ids, range):
        for at in range(0, len(ids), chunk_rows):
            part = ids[at : at + chunk_rows]
            yield part[0], part[-1], len(part)
        return
    waiting = iter(ids)
    while (first := next(waiting, None)) is not None:
        last, rows = first, 1
        for following in islice(waiting, chunk_rows - 1):
            last, rows = following, rows + 1
        yield first, last, rows


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
