"""Where a layer lies: a CRS that nobody knows is refused with what its coordinates look like."""

from __future__ import annotations

import geopandas as gpd

from parcelplan.crs import parse_crs
from parcelplan.errors import CrsError
from parcelplan.io.vector.reading import Reading


def placed(reading: Reading, crs: str | None) -> gpd.GeoDataFrame:
    """Bring a layer into a CRS; one whose own is unknown is refused with what its coordinates look like."""
    if crs is None:
        return reading.frame
    require_place(reading)
    return reading.frame.to_crs(parse_crs(crs))


def require_place(reading: Reading) -> None:
    """Refuse a layer whose CRS nobody knows."""
    if reading.frame.crs is not None:
        return
    if reading.crs_proposal:
        raise CrsError("error.place_proposed", file=reading.path, proposal=reading.crs_proposal)
    raise CrsError("error.place_unknown", file=reading.path)
