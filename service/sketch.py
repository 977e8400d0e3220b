"""A small drawing of a site for its start page: parcels by phase under the corridors of the day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from parcelplan.catalogue import Language
from parcelplan.study import Study
from parcelplan.views.palette import CONSTRAINTS, INK, phase_colour
from parcelplan.views.tables import phase_name

WIDTH = 720
"""Width of the drawing in its own units; its height follows the site."""
_MARGIN = 14


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One outline of the drawing."""

    kind: str
    """``ground``, ``road``, ``parcel``, ``corridor`` or ``boundary``: how the style sheet paints it."""
    path: str
    """Path data of SVG."""
    colour: str = ""
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Sketch:
    """Shapes in the order in which they are painted, and the key to their colours."""

    width: int
    height: int
    shapes: tuple[Shape, ...]
    key: tuple[tuple[str, str], ...]
    """Colour and name of each phase."""


class _Frame:
    """Brings metres of the site's CRS, north up, to units of the drawing, y down."""

    def __init__(self, bounds: np.ndarray) -> None:
        west, south, east, north = bounds
        self._origin = np.array([west, north])
        self._scale = (WIDTH - 2 * _MARGIN) / max(east - west, 1e-9)
        self.height = int((north - south) * self._scale) + 2 * _MARGIN

    def paths(self, shapes: np.ndarray) -> list[str]:
        """Path data, one a shape; holes stay holes under the even-odd rule."""
        drawn = shapely.transform(
            shapely.force_2d(shapes),
            lambda points: (points - self._origin) * [self._scale, -self._scale] + _MARGIN,
        )
        return [_path(shape) for shape in shapely.simplify(drawn, 0.3)]


def _path(shape: shapely.Geometry) -> str:
    rings = shapely.get_rings(shapely.get_parts(shape))
    outlines = [shapely.get_coordinates(ring).round(1)[:-1] for ring in rings]
    return "".join("M" + "L".join(f"{x:g} {y:g}" for x, y in outline) + "Z" for outline in outlines)


def draw(study: Study, lang: Language) -> Sketch:
    """Draw the site as it is on its day.

    Parameters
    ----------
    study
        A computed site.
    lang
        Language of the phases' names.
    """
    parcels, boundary = (
        study.site.parcels.geometry.to_numpy(),
        study.site.layer("site_boundary").geometry.to_numpy(),
    )
    ground = np.concatenate([parcels, boundary])
    frame = _Frame(shapely.total_bounds(ground))
    inside = shapely.union_all(boundary) if len(boundary) else shapely.box(*shapely.total_bounds(parcels))
    ground_shapes = [Shape(kind="ground", path=path) for path in frame.paths(boundary)]
    shapes = [
        *ground_shapes,
        *_roads(study, frame),
        *_parcels(study, frame),
        *_corridors(study, frame, inside),
    ]
    edge = [Shape(kind="boundary", path=shape.path) for shape in ground_shapes]
    phases = sorted({int(phase) for phase in study.site.parcels["phase"]})
    key = tuple((phase_colour(phase), phase_name(study, phase, lang)) for phase in phases)
    return Sketch(width=WIDTH, height=frame.height, shapes=(*shapes, *edge), key=key)


def _parcels(study: Study, frame: _Frame) -> list[Shape]:
    parcels = study.site.parcels
    names = parcels["name"].fillna("").astype(str) if "name" in parcels else [""] * len(parcels)
    titles = [f"{parcel} {name}".strip() for parcel, name in zip(parcels.index, names, strict=True)]
    paths = frame.paths(parcels.geometry.to_numpy())
    return [
        Shape(kind="parcel", path=path, colour=phase_colour(int(phase)), title=title)
        for path, phase, title in zip(paths, parcels["phase"], titles, strict=True)
    ]


def _corridors(study: Study, frame: _Frame, inside: shapely.Geometry) -> list[Shape]:
    """Constraints that hold on the site's day, as far as they lie inside."""
    found, day = study.constraints, pd.Timestamp(study.site.as_of)
    begun = found["from_on"].isna() | (found["from_on"] <= day)
    now = found[begun & ~(found["until_on"] <= day)]
    paths = frame.paths(shapely.intersection(now.geometry.to_numpy(), inside))
    return [
        Shape(kind="corridor", path=path, colour=str(CONSTRAINTS.get(kind, {}).get("color", INK)))
        for path, kind in zip(paths, now["kind"], strict=True)
        if path
    ]


def _roads(study: Study, frame: _Frame) -> list[Shape]:
    roads = study.site.layer("roads")
    if roads.empty:
        return []
    half_widths = roads["width_m"].fillna(0).to_numpy(dtype=float) / 2
    ribbons = shapely.buffer(roads.geometry.to_numpy(), half_widths, cap_style="flat")
    return [Shape(kind="road", path=path) for path in frame.paths(ribbons)]
