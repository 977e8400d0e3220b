"""Small tables of parcels with everything a table of parcels may hold."""

import datetime as dt
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely
from geopandas.testing import assert_geodataframe_equal

CRS = "EPSG:4523"
WEST, SOUTH = 36_400_000.0, 3_100_000.0


def squares(count: int, *, a_row: int = 8, side_m: float = 50.0) -> np.ndarray:
    """Squares row by row, 80 m apart."""
    row, column = np.divmod(np.arange(count), a_row)
    west, south = WEST + 80.0 * column, SOUTH + 80.0 * row
    return shapely.box(west, south, west + side_m, south + side_m)


def field(count: int) -> gpd.GeoDataFrame:
    """Parcels with polygons, one in seven in two pieces, one in five with a yard."""
    shapes = squares(count)
    x, y = WEST + 5.0, SOUTH + 5.0
    shapes[::5] = shapely.difference(shapes[::5], shapely.buffer(shapely.centroid(shapes[::5]), 8.0))
    shapes[::7] = shapely.union(
        shapes[::7], shapely.box(x - 900.0, y, x - 850.0, y + np.arange(count)[::7] + 1.0)
    )
    data = {
        "parcel_id": [f"地块{number:04d}" for number in range(count)],
        "area_mu": np.linspace(1.0, 2.0, count),
        "floors": np.arange(count, dtype=np.int32),
    }
    return gpd.GeoDataFrame(data, geometry=shapes, crs=CRS)


def patchy(count: int) -> gpd.GeoDataFrame:
    """As :func:`field`, with null and empty shapes, and columns of every type that lack values here and there."""
    frame = field(count)
    number = np.arange(count)
    shapes = frame.geometry.to_numpy().copy()
    shapes[3::6], shapes[4::6] = None, shapely.Polygon()
    return frame.assign(
        geometry=gpd.GeoSeries(shapes, crs=CRS),
        cadastre=pd.array(np.where(number % 4 == 1, None, 2**60 + number), dtype="Int64"),
        vacant=pd.array(np.where(number % 3 == 2, None, number % 2 == 0), dtype="boolean"),
        note=pd.Series(["x" if item % 5 == 0 else None for item in number], dtype="str"),
        seen_on=[dt.date(2026, 1, 1) + dt.timedelta(days=int(item)) if item % 4 else None for item in number],
    )


def written(frame: gpd.GeoDataFrame, path: Path, **said) -> Path:
    """A file by geopandas itself, of the format that its ending says."""
    if path.suffix == ".parquet":
        frame.to_parquet(path, **said)
    else:
        pyogrio.write_dataframe(frame, path, use_arrow=True, geometry_type="Unknown", **said)
    return path


def read_plainly(path: Path) -> gpd.GeoDataFrame:
    """The whole file as geopandas reads it, but for whole numbers with nulls, which it would turn into floats."""
    if path.suffix == ".parquet":
        frame, attributes = gpd.read_parquet(path), pq.read_table(path)
    else:
        frame, attributes = pyogrio.read_dataframe(path), pyogrio.read_arrow(path, read_geometry=False)[1]
    for name in frame.columns.intersection(attributes.column_names):
        if pa.types.is_integer(attributes[name].type):
            frame[name] = attributes[name].to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    return frame


def assert_same(ours: gpd.GeoDataFrame, theirs: gpd.GeoDataFrame) -> None:
    """Hold that two tables hold the same values and shapes, in the same order, whatever types hold them."""
    assert list(ours.columns) == list(theirs.columns)
    assert ours.crs == theirs.crs
    for name in ours.columns.drop(ours.geometry.name):
        assert _plain(ours[name]) == _plain(theirs[name]), name
    assert_geodataframe_equal(ours[[ours.geometry.name]], theirs[[theirs.geometry.name]])


def _plain(column: pd.Series) -> list:
    cells = column.astype(object)
    days = [item.date() if isinstance(item, pd.Timestamp) else item for item in cells]
    return [None if pd.isna(item) else item for item in days]
