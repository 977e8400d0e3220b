"""One layer of a vector file, without what reading found: for callers that place it themselves."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd

from parcelplan.errors import InputError
from parcelplan.io.reading import ReadOptions, read_vector


def read_layer(path: Path, *, layer: str | None = None, crs: str | None = None) -> gpd.GeoDataFrame:
    """Read one layer of a vector file.

    Parameters
    ----------
    path
        File of any format of :func:`parcelplan.io.formats.formats`.
    layer
        Layer inside the file; may be left out where the file holds just one.
    crs
        Coordinate reference system of a file that names none; never overrides one that is named.

    Returns
    -------
    GeoDataFrame
        Columns as in the file, in the order of the file; ``crs`` is None where nobody names one.

    Raises
    ------
    InputError
        The file is missing or unreadable, the layer is not in it (the message lists those that are), or it has no
        geometries.
    """
    reading = read_vector(path, ReadOptions(layer=layer, crs=crs))
    if "vector.no_geometry" in reading.findings.codes():
        raise InputError("error.no_geometry_column", file=path, layer=reading.layer)
    return reading.frame
