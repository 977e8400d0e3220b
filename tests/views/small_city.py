"""A city small enough to check in the head: 16 squares of 100 m side by side, a line and a river.

The line covers the western half of the first column until 2027-01-01, the river the southern quarter of the first row
for good. So of square (0, 0) are 1,250 m² under both, 6,250 m² under either.
"""

import base64
import gzip
import json
import re
import struct
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import box

from parcelplan.views.packed import Whole

CRS = "EPSG:4523"
EAST, NORTH = 35_632_800.0, 3_263_200.0
SIDE = 4


def small_city(**columns: Any) -> gpd.GeoDataFrame:
    """The parcels as a screening on two days gives them, columns replaced or added."""
    column, row = np.tile(np.arange(SIDE), SIDE), np.repeat(np.arange(SIDE), SIDE)
    power, river = np.where(column == 0, 5_000.0, 0.0), np.where(row == 0, 2_500.0, 0.0)
    blocked = power + river - np.where((power > 0) & (river > 0), 1_250.0, 0.0)
    table = {
        "parcel_id": [f"P{x}{y}" for x, y in zip(column, row, strict=True)],
        "district": np.where(column < SIDE // 2, "西区", "East"),
        "area_m2": 10_000.0,
        "blocked_m2_power": power,
        "blocked_m2_river": river,
        "blocked_m2": blocked,
        "developable_m2": 10_000.0 - blocked,
        "pieces": 1,
        "largest_piece_m2": 10_000.0 - blocked,
        "developable_m2_20251231": 10_000.0 - blocked,
        "developable_m2_20270101": 10_000.0 - river,
        "ready_on": pd.Series(pd.Timestamp("2025-12-31"), range(SIDE**2))
        .mask(power > 0, pd.Timestamp("2027-01-01"))
        .mask(river > 0),
        "stage": np.select([river > 0, power > 0], ["barred", "encumbered"], "net_land"),
    }
    shapes = [square(x, y) for x, y in zip(column, row, strict=True)]
    return gpd.GeoDataFrame({**table, "geometry": shapes, **columns}, crs=CRS)


def square(column: float, row: float) -> Any:
    west, south = EAST + 100.0 * column, NORTH + 100.0 * row
    return box(west, south, west + 100.0, south + 100.0)


def small_covers(**columns: Any) -> gpd.GeoDataFrame:
    table = {
        "kind": ["power", "river"],
        "cover_id": ["L1", "R1"],
        "until_on": pd.to_datetime(["2027-01-01", None]),
        "work_id": ["W1", ""],
    }
    shapes = [box(EAST, NORTH, EAST + 50, NORTH + 400), box(EAST, NORTH, EAST + 400, NORTH + 25)]
    return gpd.GeoDataFrame({**table, **columns}, geometry=shapes, crs=CRS)


def page_data(page: str) -> dict[str, Any]:
    """The data of a page that its script reads first."""
    found = re.search(r'<script type="application/json" id="parcelplan-data">(.*?)</script>', page, re.DOTALL)
    assert found
    return dict(json.loads(found[1]))


def block(page: str, name: str) -> tuple[dict[str, Whole], Any]:
    """Arrays and texts of a packed block of a page."""
    found = re.search(rf'<script type="text/plain" id="pp-{name}">(.*?)</script>', page, re.DOTALL)
    assert found
    return unpack(found[1])


def unpack(text: str) -> tuple[dict[str, Whole], Any]:
    """Arrays and texts, read as the note in views/packed.py says they are written."""
    raw = gzip.decompress(base64.b64decode(text))
    (size,) = struct.unpack_from("<I", raw)
    head = json.loads(raw[4 : 4 + size])
    arrays, place = {}, 4 + size
    for name, length in head["arrays"]:
        planes = np.frombuffer(raw, np.uint8, 4 * length, place).reshape(4, length).astype(np.int64)
        folded = planes.T @ (256 ** np.arange(4))
        arrays[name] = (folded >> 1) ^ -(folded & 1)
        place += 4 * length
    assert place == len(raw)
    return arrays, head["texts"]
