"""Vector files in: one door for every format that GDAL reads."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from parcelplan.crs import parse_crs
from parcelplan.errors import InputError


def read_layer(path: Path, *, layer: str | None = None, crs: str | None = None) -> gpd.GeoDataFrame:
    """Read one layer of a vector file.

    Parameters
    ----------
    path
        File of any format GDAL knows.
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
        The file is missing or unreadable, or the layer is not in it (the message lists those that are).
    """
    if not path.exists():
        raise InputError("error.no_file", file=path)
    try:
        chosen = _layer_of(path, layer)
        # Coordinates that are no numbers are let in: they become findings that name the feature.
        with np.errstate(invalid="ignore"):
            frame = pyogrio.read_dataframe(path, layer=chosen, use_arrow=True)
    except (DataSourceError, DataLayerError) as error:
        raise InputError("error.unreadable", file=path, reason=error) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError("error.no_geometry_column", file=path, layer=chosen)
    return frame.set_crs(parse_crs(crs)) if frame.crs is None and crs else frame


def layer_names(path: Path) -> list[str]:
    """Names of the layers in a file, in its order."""
    return [str(name) for name, _ in pyogrio.list_layers(path)]


def _layer_of(path: Path, layer: str | None) -> str:
    names = layer_names(path)
    if layer is None and len(names) == 1:
        return names[0]
    if layer not in names:
        raise InputError("error.no_layer", file=path, layer=layer or "?", known=", ".join(names))
    return layer
