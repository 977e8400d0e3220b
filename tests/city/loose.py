"""A street of square parcels and loose layers beside it, as files; areas can be worked out in the head."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
from shapely import LineString, Polygon, box

from parcelplan.city.request import Request, parse_constraint
from tests.builders import EAST, NORTH, frame, line, square


def street(count, **columns):
    """P0, P1, … side by side from west to east, a hectare each."""
    ids = [f"P{number}" for number in range(count)]
    return frame([square(number) for number in range(count)], parcel_id=ids, **columns)


def power(count, *, north=50.0, width=10.0, **columns):
    """One line along the whole street, far enough at both ends: it takes 2000 m² of every parcel."""
    shape = line((-500, north), (100 * count + 500, north))
    return frame([shape], dist=[width], **columns)


def saved(data, path):
    """Write a layer as GeoParquet, or as what the ending says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        data.to_parquet(path, row_group_size=5)
    else:
        data.to_file(path)
    return path


def asked(folder, parcels, *constraints, out="out.parquet", chunk_rows=4, **more):
    """A request for parcels, a frame or a file, against ``kind=file:width``, files named within the folder."""
    if isinstance(parcels, gpd.GeoDataFrame):
        parcels = saved(parcels, folder / "parcels.parquet")
    specs = tuple(parse_constraint(text.replace("=", f"={folder}/", 1)) for text in constraints)
    return Request(parcels=Path(parcels), out=folder / out, constraints=specs, chunk_rows=chunk_rows, **more)


def read(request):
    """The file that a request was written to, by parcel_id."""
    done = gpd.read_parquet(request.out) if request.out.suffix == ".parquet" else gpd.read_file(request.out)
    return done.set_index("parcel_id")


def codes(outcome):
    """How often each finding was told."""
    return pd.Series([item.code for item in outcome.findings], dtype=object).value_counts().to_dict()


def found(outcome, code):
    """The one finding of a code."""
    (item,) = [item for item in outcome.findings if item.code == code]
    return item


BOWTIE = Polygon([(EAST, NORTH), (EAST + 100, NORTH + 100), (EAST + 100, NORTH), (EAST, NORTH + 100)])
FAR_LINE = LineString([(EAST, NORTH + 90_000), (EAST + 10, NORTH + 90_000)])
FIELD = box(EAST + 20, NORTH + 20, EAST + 30, NORTH + 30)
