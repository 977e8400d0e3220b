"""The drawing read from ``drawing.toml``: curves in metres, and the moves that make the areas fit."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import shapely
import shapely.ops
from shapely.geometry.base import BaseGeometry

from geodata.baishiyi_build import blocks
from geodata.baishiyi_build.curves import Points, beside, on_grid, smooth, stretch

HERE = Path(__file__).parent
_SEARCH_M = 60.0


@dataclass(frozen=True, kw_only=True)
class Moves:
    """How far the free edges have moved outwards, in metres."""

    west_m: float = 0.0
    east_m: float = 0.0
    south_m: float = 0.0


@dataclass(frozen=True)
class Drawing:
    """The plan as drawn, with its free edges moved; all geometry in metres from the origin."""

    data: dict[str, Any]
    moves: Moves = field(default_factory=Moves)

    @cached_property
    def roads(self) -> dict[str, BaseGeometry]:
        """Centre lines by road id."""
        east = self.moves.east_m
        lines = {
            key: self._curve(np.add(road["points"], [east if road.get("moves_with") == "east" else 0.0, 0.0]))
            for key, road in self.data["roads"].items()
        }
        for key, road in self.data["roads"].items():
            if "ends_at" in road:
                lines[key] = _until(lines[key], lines[road["ends_at"]])
        return lines

    @cached_property
    def rim(self) -> BaseGeometry:
        """The free edge of the transferred land, counter-clockwise from the north-west to the north-east."""
        rim, moves = self.data["rim"], self.moves
        parts = [
            np.add(rim["west"], [-moves.west_m, 0.0]),
            rim["west_fixed"],
            np.add(rim["south"], [0.0, -moves.south_m]),
            np.add(rim["east"], [moves.east_m, 0.0]),
        ]
        return self._curve(np.vstack(parts))

    @cached_property
    def region(self) -> BaseGeometry:
        """Everything inside the rim and south of the arterial's edge, inner roads included."""
        arterial = self.roads["R1"].buffer(self.data["roads"]["R1"]["width_m"] / 2, cap_style="flat")
        parts: list[BaseGeometry] = list(
            shapely.get_parts(shapely.Polygon(self.rim.coords).difference(arterial))
        )
        return max(parts, key=lambda part: part.area)

    @cached_property
    def parcels(self) -> list[blocks.Parcel]:
        """Parcels of every block, on the millimetre grid."""
        widths = {key: road["width_m"] for key, road in self.data["roads"].items()}
        roads = blocks.road_land(self.roads, widths, self.data["corner_radius_m"])
        land = self.region.difference(roads)
        return [
            parcel
            for recipe in self.data["blocks"]
            for parcel in blocks.cut_block(
                blocks.block_at(land, recipe["at"], self.data["smallest_block_m2"]),
                recipe["cut"],
                recipe["phase"],
            )
        ]

    def phase_area_m2(self, phase: int) -> float:
        """Plane area of a phase's parcels in m²."""
        return float(sum(parcel.polygon.area for parcel in self.parcels if parcel.phase == phase))

    def fitted(self) -> Drawing:
        """Move the free edges until each phase has its area: west for 1, east for 2, south for 3."""
        drawing = self
        for phase, edge in ((1, "west_m"), (2, "east_m"), (3, "south_m")):
            target = self.data["phase_area_mu"][str(phase)] * 10_000 / 15
            offset = blocks.bisect(partial(drawing.excess_m2, edge, phase, target), -_SEARCH_M, _SEARCH_M)
            drawing = drawing.moved(edge, offset)
        return drawing

    def excess_m2(self, edge: str, phase: int, target_m2: float, offset_m: float) -> float:
        """Area of a phase above its target when one free edge is moved outwards."""
        return self.moved(edge, offset_m).phase_area_m2(phase) - target_m2

    def moved(self, edge: str, offset_m: float) -> Drawing:
        """Draw it again with one free edge moved outwards, in metres."""
        return Drawing(self.data, replace(self.moves, **{edge: offset_m}))

    @cached_property
    def channel(self) -> BaseGeometry:
        """Centre line of the new river channel, from its head in the east to its mouth in the south-west."""
        channel = self.data["channel"]
        along = stretch(self.rim, channel["along_rim"]["from"], channel["along_rim"]["to"])
        beyond = beside(along, -channel["offset_m"])[::-1]
        return self._curve(np.vstack([channel["head"], beyond[::4], channel["tail"]]))

    def cable(self, key: str) -> BaseGeometry:
        """Route of a buried line along its roads."""
        parts: list[Points] = []
        for part in self.data["cables"][key]["parts"]:
            if "points" in part:
                parts.append(np.asarray(part["points"], dtype=np.float64))
            else:
                parts.append(
                    beside(stretch(self.roads[part["road"]], part["from"], part["to"]), part["side_m"])
                )
        return shapely.LineString(np.vstack(parts))

    def curve(self, points: Any) -> BaseGeometry:
        """Smooth line through points, in local metres."""
        return self._curve(np.asarray(points, dtype=np.float64))

    def _curve(self, points: Points) -> BaseGeometry:
        return shapely.LineString(smooth(points.tolist(), self.data["curve_step_m"]))

    def placed(self, geometry: BaseGeometry) -> BaseGeometry:
        """Carry a local geometry to map coordinates in the site's CRS, rounded to the millimetre."""
        origin = np.asarray(self.data["origin"])
        return shapely.transform(on_grid(geometry), lambda xy: np.round(xy + origin, 3))


def _until(line: BaseGeometry, stop: BaseGeometry) -> BaseGeometry:
    end = shapely.ops.nearest_points(line, stop)[1]
    coords = np.vstack([shapely.get_coordinates(line), shapely.get_coordinates(end)])
    return shapely.LineString(coords) if line.disjoint(stop) else stretch(line, coords[0], coords[-1])


def load() -> Drawing:
    """Read the drawing that lies beside this module."""
    return Drawing(tomllib.loads((HERE / "drawing.toml").read_text(encoding="utf-8")))
