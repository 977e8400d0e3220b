"""Colours and hatches of map, charts and report: one meaning, one sign, readable without colour vision.

Categories take the Okabe-Ito set; ordered months take a scale of rising lightness; kinds of constraint also
differ by hatch and dash, so that a grey print still tells them apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Style = Mapping[str, Any]
"""Path options of the map's drawing: ``color, weight, dashArray, opacity, fillColor, fillOpacity`` and
``pattern``, the id of a :class:`Hatch` that takes the place of the fill colour."""

INK = "#1f2933"
PAPER = "#f3f2ec"
UNKNOWN = "#b9bcc0"

PHASES = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442")
"""Phase 1, 2, 3, ...; later phases begin again."""

STAGES: Mapping[str, str] = {
    "plan_pending": "#cc79a7",
    "acquisition_pending": "#d55e00",
    "encumbered": "#e69f00",
    "no_access": "#f0e442",
    "net_land": "#009e73",
    "barred": "#5c6670",
    "unknown": UNKNOWN,
}
VERDICTS: Mapping[str, str] = {"ok": "#009e73", "violated": "#d55e00", "unknown": UNKNOWN}
STATES: Mapping[str, str] = {
    "waiting": "#d5d3ca",
    "ready": "#56b4e9",
    "on_notice": "#e69f00",
    "transferred": "#005b8f",
}
"""What a parcel is at a month of the plan, in the order in which it passes through."""
DEVELOPABLE = "#009e73"

LATER = ("#fee0b6", "#fdb863", "#e08214", "#8c4304")
EARLIER = ("#d1e5f0", "#92c5de", "#4393c3", "#0b4278")
"""Days later and earlier, few to many: two scales that part in hue and rise alike, readable without colour vision."""
UNMOVED = "#dddcd5"

FEW = 4
"""Fewer classes than this do not need the ends of the scale to be told apart."""

_MONTH_ANCHORS = (
    (68, 1, 84),
    (71, 45, 123),
    (59, 82, 139),
    (44, 114, 142),
    (33, 145, 140),
    (40, 174, 128),
    (94, 201, 98),
    (173, 220, 48),
    (253, 231, 37),
)


def phase_colour(phase: int) -> str:
    """Colour of a phase, counted from 1."""
    return PHASES[(phase - 1) % len(PHASES)]


def sequential(count: int) -> list[str]:
    """Colours for ordered classes, dark to light; few classes keep to the middle of the scale.

    Examples
    --------
    >>> sequential(1), sequential(2)
    (['#355f8c'], ['#355f8c', '#9dd83a'])
    """
    first, last = (0.3, 0.85) if count < FEW else (0.08, 0.97)
    steps = max(count - 1, 1)
    return [_between_anchors(first + (last - first) * position / steps) for position in range(count)]


def _between_anchors(share: float) -> str:
    """Colour at a share (0 to 1) of the scale of months."""
    place = share * (len(_MONTH_ANCHORS) - 1)
    left = min(int(place), len(_MONTH_ANCHORS) - 2)
    part = place - left
    pairs = zip(_MONTH_ANCHORS[left], _MONTH_ANCHORS[left + 1], strict=True)
    return "#" + "".join(f"{round(low + (high - low) * part):02x}" for low, high in pairs)


@dataclass(frozen=True, kw_only=True)
class Hatch:
    """A repeating line drawing that fills an area; sizes in px."""

    id: str
    path: str
    color: str
    width: float
    height: float
    rotate: int = 0
    stroke: float = 1.0
    background: str = "none"


HATCHES = (
    Hatch(id="power_corridor", path="M0 0V8", color="#b3261e", width=8, height=8, rotate=45, stroke=2.2),
    Hatch(id="pylon_base", path="M0 0H5M0 0V5", color="#6d1510", width=5, height=5, rotate=45, stroke=1.6),
    Hatch(id="cable_corridor", path="M0 0V6", color="#7a3fa0", width=4, height=6, stroke=1.4),
    Hatch(id="river_area", path="M0 5Q3 2 6 5T12 5", color="#1f6fb5", width=12, height=9, stroke=1.3),
    Hatch(
        id="basic_farmland", path="M5 3V8M2.5 5V8M7.5 5V8", color="#5b6f12", width=12, height=12, stroke=1.2
    ),
    Hatch(
        id="ecological_redline", path="M4 4h.01M10 10h.01", color="#c2185b", width=12, height=12, stroke=3.0
    ),
    Hatch(
        id="outside_growth_boundary",
        path="M0 0V10",
        color="#7b8087",
        width=10,
        height=10,
        rotate=-45,
        stroke=1.1,
    ),
    Hatch(id="developable", path="M2 2h.01M6 6h.01", color="#00523c", width=8, height=8, stroke=1.7),
    Hatch(
        id="barred",
        path="M0 0H7M0 0V7",
        color="#5c6670",
        width=7,
        height=7,
        rotate=45,
        stroke=1.1,
        background="#dfe1e3",
    ),
    Hatch(
        id="unknown",
        path="M0 0V7",
        color="#8a9097",
        width=7,
        height=7,
        rotate=-45,
        stroke=1.1,
        background="#eceded",
    ),
    Hatch(
        id="no_longer",
        path="M0 0L9 9M9 0L0 9",
        color="#8c4304",
        width=9,
        height=9,
        stroke=1.4,
        background="#fff6ea",
    ),
    Hatch(
        id="newly",
        path="M4.5 1.5V7.5M1.5 4.5H7.5",
        color="#0b4278",
        width=9,
        height=9,
        stroke=1.5,
        background="#eef5fa",
    ),
)

CONSTRAINTS: Mapping[str, Style] = {
    "power_corridor": {"color": "#b3261e", "weight": 1.4, "dashArray": "9 4"},
    "pylon_base": {"color": "#6d1510", "weight": 1.2},
    "cable_corridor": {"color": "#7a3fa0", "weight": 1.2, "dashArray": "2 3"},
    "river_area": {"color": "#1f6fb5", "weight": 1.2},
    "basic_farmland": {"color": "#5b6f12", "weight": 1.4, "dashArray": "12 3 2 3"},
    "ecological_redline": {"color": "#c2185b", "weight": 2.2},
    "outside_growth_boundary": {"color": "#7b8087", "weight": 1.2, "dashArray": "4 4"},
}
"""Outline of each kind of constraint; its hatch carries the same name."""

GONE: Style = {"color": "#8d959d", "weight": 1, "dashArray": "1 5", "opacity": 0.75, "fillOpacity": 0}
"""What was there and has gone: a dotted trace."""

ROAD: Style = {"fillColor": "#ffffff", "fillOpacity": 1, "casing": "#8f959c"}
ROAD_PLANNED: Style = {"fillColor": "#e4e2d8", "fillOpacity": 1, "casing": "#8f959c", "casingDash": "5 4"}
RIVER: Style = {"color": "#2f80c3", "weight": 3, "opacity": 0.9}
RIVER_PLANNED: Style = {"color": "#2f80c3", "weight": 2, "opacity": 0.9, "dashArray": "7 5"}
POWER_LINE: Style = {"color": "#7d1a14", "weight": 1.8}
CABLE: Style = {"color": "#7a3fa0", "weight": 1.8, "dashArray": "8 3 2 3"}
CABLE_PLANNED: Style = {"color": "#7a3fa0", "weight": 1.2, "opacity": 0.55, "dashArray": "2 4"}
PYLON: Style = {"color": "#7d1a14", "weight": 1.4, "fillColor": "#ffffff", "fillOpacity": 1}
BOUNDARY: Style = {"color": "#2d3640", "weight": 2.4, "dashArray": "14 4 2 4", "fillOpacity": 0, "halo": True}
LAND: Style = {"color": "#00523c", "weight": 1.8, "pattern": "developable", "fillOpacity": 1}
SCHEME: Mapping[str, Style] = {  # light, so that the colour of the parcel shows through
    "building": {"color": "#30363c", "weight": 0.9, "fillColor": "#ffffff", "fillOpacity": 0.62},
    "structure": {"color": "#30363c", "weight": 0.8, "fillColor": "#ffffff", "fillOpacity": 0.38},
    "yard": {
        "color": "#30363c",
        "weight": 0.8,
        "dashArray": "2 2",
        "fillColor": "#ffffff",
        "fillOpacity": 0.2,
    },
    "green": {"color": "#4c7a2e", "weight": 0.8, "fillColor": "#a9cf88", "fillOpacity": 0.8},
}


def constraint_style(kind: str) -> Style:
    """Outline and hatch of a kind of constraint; a kind without a sign of its own is plain grey."""
    if kind not in CONSTRAINTS:
        return {"color": "#5c6670", "weight": 1.2, "pattern": "unknown", "fillOpacity": 1}
    return {**CONSTRAINTS[kind], "pattern": kind, "fillOpacity": 1}


_SHARES = (
    (0.0, "#1d2f6f", "#ffffff"),
    (0.5, "#2c6aa8", "#ffffff"),
    (0.75, "#37a0ad", INK),
    (0.9, "#86ccad", INK),
    (0.97, "#c6e4ae", INK),
    (1.0, "#faf7d2", INK),
)


def shares() -> list[dict[str, Any]]:
    """Classes of free land, each from a share ``least`` on: ``color`` from dark to light, ``ink`` to write on it."""
    return [{"least": least, "color": color, "ink": ink} for least, color, ink in _SHARES]


_SHORT_KINDS = {
    "power": "power_corridor",
    "line": "power_corridor",
    "river": "river_area",
    "pylon": "pylon_base",
}
_ROAD_COVER: Style = {"color": "#5c6670", "weight": 1.2, "fillColor": "#ffffff", "fillOpacity": 1}


def cover_signs(kinds: Sequence[str]) -> dict[str, Style]:
    """Outline and hatch of kinds that users name as they like, each of them different as long as signs last.

    Examples
    --------
    >>> signs = cover_signs(["power", "reserve"])
    >>> signs["power"]["pattern"], signs["reserve"]["pattern"]
    ('power_corridor', 'pylon_base')
    """
    known = {kind: _SHORT_KINDS.get(kind, kind) for kind in kinds}
    left = [name for name in CONSTRAINTS if name not in known.values()]
    signs: dict[str, Style] = {}
    for kind, name in known.items():
        if kind.startswith("road"):
            signs[kind] = _ROAD_COVER
        else:
            signs[kind] = constraint_style(name if name in CONSTRAINTS or not left else left.pop(0))
    return signs


def parcel_style(color: str, pattern: str = "") -> Style:
    """Fill of a parcel under its thin outline, hatched where nothing is known or nothing can be."""
    style: dict[str, Any] = {"color": "#3d454e", "weight": 0.9, "fillColor": color, "fillOpacity": 0.78}
    return {**style, "pattern": pattern, "fillOpacity": 1} if pattern else style
