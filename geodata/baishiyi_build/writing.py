"""Writes the layers into one GeoPackage whose bytes depend on nothing but the drawing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import pyogrio

STAMP = "2023-12-26T00:00:00.000Z"


def write_layers(layers: Mapping[str, gpd.GeoDataFrame], path: Path) -> None:
    """Write the layers in the given order, beside the target first, then rename.

    The time stamps that GDAL stores are fixed, so that the same drawing gives the same file.
    """
    beside = path.with_name(f"{path.stem}.part.gpkg")
    beside.unlink(missing_ok=True)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": STAMP})
    try:
        for name, frame in layers.items():
            # Version 1.2 holds all that stands here, and GIS programs of many years open it without a warning.
            made = {} if beside.exists() else {"dataset_options": {"VERSION": "1.2"}}
            frame.to_file(beside, layer=name, driver="GPKG", engine="pyogrio", append=beside.exists(), **made)
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
    beside.replace(path)
