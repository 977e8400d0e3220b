"""Parcels to write and read: squares one can check in the head, and random valid polygons on the millimetre."""

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from hypothesis import assume
from hypothesis import strategies as st
from shapely import Geometry, box

from parcelplan.io.boundary_txt import vocabulary

CRS = "EPSG:4523"
EAST, NORTH = 35_632_800.0, 3_263_200.0
SYSTEMS = (4523, 4526, 4544, 4547, 4491, 2363, 2415)
"""CGCS2000 with and without the zone, also in six degrees; Xi'an 1980; Beijing 1954."""


def at(west: float, south: float, east: float, north: float) -> Geometry:
    """A box in metres from (EAST, NORTH)."""
    return box(EAST + west, NORTH + south, EAST + east, NORTH + north)


RING = at(0, 0, 100, 100).difference(at(10, 10, 90, 90))
NESTED = RING.union(at(20, 20, 80, 80).difference(at(30, 30, 70, 70))).union(at(200, 0, 210, 10))
"""A frame with an island that has a hole, and a square beside it: 3600 + 2000 + 100 m²."""


def parcels(*shapes: Geometry | None, crs: str | None = CRS, **columns: Sequence[Any]) -> gpd.GeoDataFrame:
    """Parcels P1, P2, … with names."""
    numbers = [f"P{place}" for place in range(1, len(shapes) + 1)]
    names = [f"地块{place}" for place in range(1, len(shapes) + 1)]
    return gpd.GeoDataFrame({"parcel_id": numbers, "name": names} | columns, geometry=list(shapes), crs=crs)


def origin_of(epsg: int) -> tuple[float, float]:
    """A point within the zone of a CRS, metres."""
    zone = vocabulary._zones()[epsg]
    return zone.number * 1e6 * zone.prefixed + 432_100.0, 3_263_200.0


@st.composite
def blocks(draw: st.DrawFn) -> Geometry:
    """Cells of a grid, turned and rounded: holes, islands, parts, and parts that touch at corners."""
    rows, columns = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    chosen = np.array(draw(st.lists(st.booleans(), min_size=rows * columns, max_size=rows * columns)))
    assume(chosen.any())
    side = draw(st.integers(10, 80))
    places = np.argwhere(chosen.reshape(rows, columns)) * side
    cells = shapely.box(places[:, 0], places[:, 1], places[:, 0] + side, places[:, 1] + side)
    angle = draw(st.floats(0, 3.1))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return shapely.transform(shapely.unary_union(cells), lambda xy: np.round(xy @ turn, 3))


@st.composite
def stars(draw: st.DrawFn) -> Geometry:
    """A shape around its middle, sometimes with a hole of the same form."""
    count = draw(st.integers(3, 24))
    radius = np.array(draw(st.lists(st.floats(20, 400), min_size=count, max_size=count)))
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False)
    way = np.column_stack([np.cos(turn), np.sin(turn)])
    hole = draw(st.booleans())
    shell = np.round(way * radius[:, None], 3)
    return shapely.Polygon(shell, [np.round(shell * 0.4, 3)] if hole else [])


def valid_shapes() -> st.SearchStrategy[Geometry]:
    """Any valid polygon or multi-polygon on the millimetre."""
    return st.one_of(blocks(), stars()).filter(lambda shape: shape.is_valid and shape.area > 50)


_SIGNS = st.characters(
    exclude_categories=("Cs", "Cc", "Cf", "Co", "Cn", "Zl", "Zp"), exclude_characters=",\ufffd"
)


def texts() -> st.SearchStrategy[str | None]:
    """What may stand in a field: any script, any sign but the comma; nothing is null."""
    said = st.one_of(
        st.text(_SIGNS, max_size=12), st.sampled_from(["工业用地（一期）", "1001", "东片，北", "［A］@"])
    )
    return (
        said.map(str.strip).map(lambda text: text or None).filter(lambda text: text not in vocabulary.kinds())
    )
