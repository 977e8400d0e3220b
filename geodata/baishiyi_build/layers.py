"""The layers of the site as frames, in the columns that ``parcelplan/schema/columns.csv`` declares."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from geodata.baishiyi_build import blocks
from geodata.baishiyi_build.curves import on_grid, stretch, swept
from geodata.baishiyi_build.drawing import HERE, Drawing

_M2_PER_MU = 10_000 / 15


def parcels(drawing: Drawing, named: Mapping[str, blocks.Parcel]) -> gpd.GeoDataFrame:
    """Parcels with their declared areas and the planning conditions of ``conditions.csv``."""
    frame = pd.DataFrame({"parcel_id": list(named), "phase": [parcel.phase for parcel in named.values()]})
    polygons = [drawing.placed(parcel.polygon) for parcel in named.values()]
    area_mu = pd.Series(shapely.area(polygons) / _M2_PER_MU)
    frame["declared_area_mu"] = area_mu.groupby(frame["phase"]).transform(_rounded_to_whole)
    conditions = pd.read_csv(HERE / "conditions.csv", dtype={"industry_code": "str", "land_use_code": "str"})
    frame = frame.merge(conditions, on="parcel_id", how="left", validate="one_to_one")
    order = ["parcel_id", "name", "phase", "declared_area_mu"]
    frame = frame[[*order, *(column for column in frame if column not in order)]]
    return _frame(drawing, frame, polygons)


def _rounded_to_whole(area_mu: pd.Series) -> pd.Series:
    """Round areas to 0.01 mu by largest remainder, so that their sum is the rounded sum."""
    hundredths = area_mu * 100
    floor = np.floor(hundredths)
    missing = round(float(hundredths.sum() - floor.sum()))
    up = (hundredths - floor).rank(method="first", ascending=False) <= missing
    rounded: pd.Series = ((floor + up) / 100).round(2)
    return rounded


def roads(drawing: Drawing) -> gpd.GeoDataFrame:
    """Road centre lines with the width between their boundary lines."""
    table = _table(drawing.data["roads"], "road_id", ["name", "road_class", "width_m", "state"])
    return _frame(drawing, table, [drawing.placed(drawing.roads[key]) for key in table["road_id"]])


def power_lines(drawing: Drawing) -> gpd.GeoDataFrame:
    """Overhead lines that stand today and the cables that are to replace them."""
    columns = ["name", "kind", "state", "voltage_kv", "half_spread_m", "owner"]
    overhead = _table(drawing.data["lines"], "line_id", columns)
    cables = _table(drawing.data["cables"], "line_id", ["name", "voltage_kv", "owner"])
    cables = cables.assign(kind="cable", state="planned", half_spread_m=0.0)
    table = pd.concat([overhead, cables[overhead.columns]], ignore_index=True)
    lines: list[BaseGeometry] = [
        shapely.LineString(line["points"]) for line in drawing.data["lines"].values()
    ]
    lines += [drawing.cable(key) for key in drawing.data["cables"]]
    return _frame(drawing, table, [drawing.placed(line) for line in lines])


def pylons(drawing: Drawing) -> gpd.GeoDataFrame:
    """Towers and poles of the overhead lines, at the bends and at equal spans between them."""
    rows: list[dict[str, Any]] = []
    for key, line in drawing.data["lines"].items():
        places = _towers(line["points"], float(line["span_m"]))
        rows += [
            {
                "pylon_id": f"{key}-T{number:02d}",
                "line_id": key,
                "base_radius_m": line["base_radius_m"],
                "at": place,
            }
            for number, place in enumerate(places, start=1)
        ]
    table = pd.DataFrame(rows)
    points = [drawing.placed(shapely.Point(place)) for place in table.pop("at")]
    return _frame(drawing, table, points)


def _towers(points: list[list[float]], span_m: float) -> list[np.ndarray[Any, np.dtype[np.float64]]]:
    corners = np.asarray(points, dtype=np.float64)
    places = [corners[0]]
    for start, end in pairwise(corners):
        count = max(1, round(float(np.hypot(*(end - start))) / span_m))
        places += [start + (end - start) * step / count for step in range(1, count + 1)]
    return places


def rivers(drawing: Drawing) -> gpd.GeoDataFrame:
    """The stream as it runs today, by reach, and the channel it is to have."""
    table, lines = _waters(drawing)
    return _frame(drawing, table, [drawing.placed(line) for line in lines])


def river_areas(drawing: Drawing) -> gpd.GeoDataFrame:
    """Management areas of the stream and of the new channel: irregular strips, not plain buffers."""
    waters, lines = _waters(drawing)
    shape = {"existing": drawing.data["stream"], "planned": drawing.data["channel"]}
    areas = [
        swept(line, shape[state]["half_width_m"], shape[state]["wave_m"])
        for line, state in zip(lines, waters["state"], strict=True)
    ]
    table = waters[["river_id"]].assign(area_id=waters["river_id"].str.replace("RV", "RA"))
    table = table[["area_id", "river_id"]].assign(basis="design_flood", state=waters["state"])
    return _frame(drawing, table, [drawing.placed(area) for area in areas])


def _waters(drawing: Drawing) -> tuple[pd.DataFrame, list[BaseGeometry]]:
    stream, channel = drawing.data["stream"], drawing.data["channel"]
    whole = drawing.curve(stream["points"])
    table = _table(stream["reaches"], "river_id", ["name"])
    table = table.assign(state="existing", drains_to=stream["drains_to"])
    lines = [stretch(whole, reach["from"], reach["to"]) for reach in stream["reaches"].values()]
    new = {**{key: channel[key] for key in ("river_id", "name", "drains_to")}, "state": "planned"}
    return pd.concat([table, pd.DataFrame([new])], ignore_index=True), [*lines, drawing.channel]


def hard_constraints(drawing: Drawing) -> gpd.GeoDataFrame:
    """Basic farmland, ecological redline and the urban growth boundary around the site."""
    table = _table(drawing.data["constraints"], "constraint_id", ["kind", "name"])
    rings = [item["points"] for item in drawing.data["constraints"].values()]
    curves = [shapely.Polygon(drawing.curve([*ring, ring[0]]).coords) for ring in rings]
    return _frame(drawing, table, [drawing.placed(curve) for curve in curves])


def site_boundary(drawing: Drawing, named: Mapping[str, blocks.Parcel]) -> gpd.GeoDataFrame:
    """The gross site: parcels, the roads between them, and the strip kept for the new channel."""
    whole = drawing.placed(gross_site(drawing, named))
    table = pd.DataFrame({"boundary_id": ["SB1"], "name": ["重庆高新区专精特新产业园（白市驿片）"]})
    return _frame(drawing, table, [whole])


def gross_site(drawing: Drawing, named: Mapping[str, blocks.Parcel]) -> BaseGeometry:
    """Unite parcels, inner roads and green strip into one polygon without holes, in local metres."""
    channel = drawing.data["channel"]
    along = channel["along_rim"]
    _, south, east, _ = drawing.rim.bounds
    near = shapely.box(along["from"][0], south - 100, east + 100, along["to"][1])
    strip = drawing.channel.intersection(near).buffer(channel["green_strip_m"])
    smoothed = shapely.union_all([drawing.region, strip]).buffer(4).buffer(-4)
    whole = shapely.union_all([smoothed, *(parcel.polygon for parcel in named.values())])
    outer = max(shapely.get_parts(on_grid(whole)), key=lambda part: part.area)
    return shapely.Polygon(outer.exterior)


def work_areas(drawing: Drawing, named: Mapping[str, blocks.Parcel]) -> gpd.GeoDataFrame:
    """Areas that a row of ``works.csv`` may name instead of parcels."""
    areas = drawing.data["work_areas"]
    table = _table(areas, "area_id", ["name"])
    site = gross_site(drawing, named)
    cut = [on_grid(shapely.Polygon(area["points"]).intersection(site)) for area in areas.values()]
    return _frame(drawing, table, [drawing.placed(piece) for piece in cut])


def _table(items: Mapping[str, Mapping[str, Any]], key: str, columns: list[str]) -> pd.DataFrame:
    rows = [{key: name, **{column: item[column] for column in columns}} for name, item in items.items()]
    return pd.DataFrame(rows)


def _frame(drawing: Drawing, table: pd.DataFrame, geometry: list[BaseGeometry]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(table.reset_index(drop=True), geometry=geometry, crs=drawing.data["crs"])
