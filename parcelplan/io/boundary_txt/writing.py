"""Boundary-point TXT out, in any dialect by name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from parcelplan.crs import require_metric_crs
from parcelplan.errors import ConfigError, CrsError, InputError
from parcelplan.findings import Finding, Findings
from parcelplan.geometry.arrays import Bools, Floats, Shapes
from parcelplan.geometry.rings import Rings, is_areal, rings_of, side_lengths, surveyed_order
from parcelplan.io.atomic import whole_file
from parcelplan.io.boundary_txt import vocabulary
from parcelplan.io.boundary_txt.attributes import Attributes, attributes_of, measured_m2
from parcelplan.io.boundary_txt.dialect import ATTRIBUTE, Dialect, dialect_named, header_of

_ZONE_M = 1e6
_HALF_TURN = 180.0
_DEGREE_DECIMALS = 6
"""More decimals than for metres; a millionth of a degree is eleven centimetres."""
_MOST_DECIMALS = 9
_HUNDRED = 100
_NEWLINES = {"CRLF": "\r\n", "LF": "\n", "CR": "\r"}


def write_boundary_txt(
    frame: gpd.GeoDataFrame,
    path: str | Path,
    *,
    dialect: str | Dialect = "standard",
    header: Mapping[str, str] | None = None,
    precision: int = 3,
) -> Findings:
    """Write parcels as boundary points, whole or not at all.

    Rings start at their north-west corner; outer rings run clockwise, holes counter-clockwise after them.

    Parameters
    ----------
    frame
        Parcels in a plane CRS in metres; also in degrees for a dialect of degrees.
    path
        The text file.
    dialect
        Name of a dialect, or one that was recognised in another file.
    header
        Values of the header by key (数据产生单位 or ``produced_by``); datum, zone and unit always follow the CRS.
        Without it a frame that was read from such a file keeps its header.
    precision
        Decimals of metres; degrees get six more, up to nine.

    Returns
    -------
    Findings
        What was left out, filled in or changed.

    Raises
    ------
    InputError
        No parcel has an area, or the file cannot be written.
    ConfigError
        There is no such dialect, or the precision is out of range.
    CrsError
        The CRS does not suit the dialect: degrees for one of metres, or metres of no CRS for one of degrees.
    """
    path = Path(path)
    if not 0 <= precision <= _MOST_DECIMALS:
        raise ConfigError("error.txt_precision", value=precision)
    spec = dialect_named(dialect) if isinstance(dialect, str) else dialect
    placed = _placed(frame, spec, path.name)
    usable = is_areal(placed.geometry.to_numpy())
    if not usable.any():
        raise InputError("error.txt_nothing_to_write", file=path)
    kept, placed = frame[usable], placed[usable]
    attributes = attributes_of(kept, spec, measured_m2(kept, degrees=spec.unit == "degree"))
    decimals = min(precision + _DEGREE_DECIMALS, _MOST_DECIMALS) if spec.unit == "degree" else precision
    shapes = shapely.force_2d(placed.geometry.to_numpy())
    rings = _written_rings(surveyed_order(rings_of(shapes)), placed, spec, decimals)
    lines = [
        *_header_lines(placed, spec, header, precision),
        *_block_lines(rings, attributes, spec, decimals),
    ]
    encoding = _encoding(lines, spec)
    newline = _NEWLINES.get(spec.newline, "\r\n")
    text = newline.join(lines) + (newline if spec.final_newline else "")
    with whole_file(path) as beside:
        beside.write_bytes(text.encode(encoding, errors="replace"))
    findings = [
        *_left_out(frame, usable),
        *attributes.findings,
        *_geometry_findings(kept, shapes, attributes, decimals),
    ]
    if encoding != spec.encoding:
        findings.append(Finding(code="txt.encoding_widened", value=spec.encoding.upper()))
    if spec.unit == "metre" and vocabulary.zone_of(placed.crs) is None:
        name = placed.crs.to_string() if placed.crs is not None else "–"
        findings.append(Finding(code="txt.crs_unnamed", value=name))
    return Findings(findings)


def _left_out(frame: gpd.GeoDataFrame, usable: Bools) -> list[Finding]:
    return [
        Finding(
            code="txt.not_written",
            feature_id=str(frame.index[place]),
            value=getattr(frame.geometry.iloc[place], "geom_type", "null"),
        )
        for place in np.flatnonzero(~usable)
    ]


def _geometry_findings(
    frame: gpd.GeoDataFrame, shapes: Shapes, attributes: Attributes, decimals: int
) -> list[Finding]:
    heights = int(shapely.has_z(frame.geometry.to_numpy()).sum())
    found = [Finding(code="txt.heights_dropped", value=heights)] if heights else []
    rounded = shapely.transform(shapes, lambda xy: np.round(xy, decimals))
    return found + [
        Finding(code="txt.rounded_invalid", feature_id=attributes.names[place], value=decimals)
        for place in np.flatnonzero(~shapely.is_valid(rounded))
    ]


def _placed(frame: gpd.GeoDataFrame, spec: Dialect, name: str) -> gpd.GeoDataFrame:
    """The frame in the coordinates of the dialect."""
    crs = frame.crs
    if spec.unit == "degree":
        if crs is None and _can_be_degrees(frame):
            return frame
        if crs is None:
            raise CrsError("error.crs_missing", name=name)
        return frame if crs.is_geographic else frame.to_crs(crs.geodetic_crs)
    if crs is not None:
        require_metric_crs(crs, name)
    return frame


def _can_be_degrees(frame: gpd.GeoDataFrame) -> bool:
    points = shapely.get_coordinates(frame.geometry.to_numpy())
    return bool((np.abs(points) <= _HALF_TURN).all())


def _written_rings(rings: Rings, frame: gpd.GeoDataFrame, spec: Dialect, decimals: int) -> Rings:
    """Coordinates with the zone before the easting or without it, as the dialect asks, rounded."""
    zone = vocabulary.zone_of(frame.crs)
    shift = 0.0
    if zone is not None and spec.zone_prefix is not None and spec.zone_prefix != zone.prefixed:
        shift = (1 if spec.zone_prefix else -1) * zone.number * _ZONE_M
    xy: Floats = np.round(rings.xy + np.array([shift, 0.0]), decimals)
    return Rings(xy=xy, size=rings.size, owner=rings.owner, part=rings.part, hole=rings.hole)


def _header_lines(
    frame: gpd.GeoDataFrame, spec: Dialect, given: Mapping[str, str] | None, precision: int
) -> list[str]:
    """Sections before the parcels, and the name of their own section."""
    left, right = spec.brackets[0], spec.brackets[1]
    titles = vocabulary.words()["sections"]
    title = f"{left}{titles['parcels']}{right}"
    if not spec.header:
        return [title]
    kept = frame.attrs.get(ATTRIBUTE, {}).get("sections", {})
    lines = [line for name, rows in kept.items() for line in (f"{left}{name}{right}", *rows)]
    values = _header_values(frame, spec, given, precision)
    return [
        *lines,
        f"{left}{titles['header']}{right}",
        *(f"{key}={value}" for key, value in values.items()),
        title,
    ]


def _header_values(
    frame: gpd.GeoDataFrame, spec: Dialect, given: Mapping[str, str] | None, precision: int
) -> dict[str, str]:
    words = vocabulary.words()
    constant = words["header_values"]
    values = {key: constant.get(key, "") for key in words["header_keys"]} | {
        "unit": constant["degree" if spec.unit == "degree" else "metre"],
        "precision": f"{10.0**-precision:.{precision}f}",
    }
    known = vocabulary.header_keys()
    from_file, from_call = header_of(frame), given or {}
    of_crs = _crs_values(frame, spec)
    for source, may_place in ((from_file, frame.crs is None), (from_call, not of_crs)):
        for key, value in source.items():
            name = known.get(key, key)
            if may_place or name not in _PLACING:
                values[name] = value
    values |= of_crs
    keys = words["header_keys"]
    return {
        vocabulary.written_key(name) if name in keys else name: " ".join(str(value).split("\n"))
        for name, value in values.items()
    }


_PLACING = {"datum", "zone_width", "zone", "projection", "unit", "precision"}
"""What a header says of coordinates: an old one must not speak of new ones."""


def _crs_values(frame: gpd.GeoDataFrame, spec: Dialect) -> dict[str, str]:
    """What the CRS tells of datum and zone; empty where it is no national one."""
    zone = vocabulary.zone_of(frame.crs)
    if zone is not None and spec.unit == "metre":
        return {"datum": zone.datum.written, "zone_width": str(zone.degrees), "zone": str(zone.number)}
    datum = vocabulary.geographic_datum(frame.crs)
    return {"datum": datum.written, "zone_width": "", "zone": "", "projection": ""} if datum else {}


def _block_lines(rings: Rings, attributes: Attributes, spec: Dialect, decimals: int) -> list[str]:
    """Block heads, each with its point rows."""
    starts, ends = rings.start, np.cumsum(rings.size)
    first_ring = np.searchsorted(rings.owner, np.arange(len(attributes.names) + 1))
    rows = _RowWriter(rings, spec, decimals)
    lines: list[str] = []
    for block in range(len(attributes.names)):
        own = range(first_ring[block], first_ring[block + 1])
        points = int(ends[own[-1]] - starts[own[0]])
        closing = len(own) if spec.closing != "none" and spec.counted == "rows" else 0
        lines.append(_head_line(attributes, block, points + closing, spec))
        rows.begin_block()
        for place, ring in enumerate(own):
            lines += rows.ring(ring, place, int(starts[ring]), int(ends[ring]))
    return lines


def _head_line(attributes: Attributes, block: int, count: int, spec: Dialect) -> str:
    after = vocabulary.head_after()[: spec.after]
    values = {name: texts[block] for name, texts in attributes.fields.items()}
    values["point_count"] = str(count) if spec.counted != "none" else ""
    cells = [values.get(name, "") for name in vocabulary.head_before()]
    cells += [vocabulary.words()["kinds"]["polygon"]] if spec.kind else []
    cells += [values.get(name, "") for name in after]
    return ",".join([*cells, "@"])


class _RowWriter:
    """Point rows of one file: keeps the number that comes next."""

    def __init__(self, rings: Rings, spec: Dialect, decimals: int) -> None:
        self._rings, self._spec, self._decimals = rings, spec, decimals
        side = side_lengths(rings) if "side" in spec.columns else np.empty(0)
        self._side = side
        self._next = 1
        self._part_ring = 0

    def begin_block(self) -> None:
        """Begin the numbers of a parcel."""
        if self._spec.numbering != "file":
            self._next = 1

    def ring(self, ring: int, place: int, start: int, end: int) -> list[str]:
        """Rows of one ring, the ``place``-th of its block, with its closing row."""
        spec = self._spec
        if spec.numbering == "ring":
            self._next = 1
        label = self._label(ring, place)
        first = self._next
        lines = [self._row(point, first + point - start, label, closing=False) for point in range(start, end)]
        self._next += end - start
        if spec.closing == "none":
            return lines
        own = spec.closing == "own_number"
        lines.append(self._row(start, self._next if own else first, label, closing=True))
        self._next += own
        return lines

    def _label(self, ring: int, place: int) -> str:
        """Number of a ring."""
        if self._spec.rings == "constant":
            return "1"
        if self._spec.rings != "hundreds":
            return str(place + 1)
        self._part_ring = self._part_ring + 1 if self._rings.hole[ring] else 1
        return str(int(self._rings.part[ring]) * _HUNDRED + self._part_ring)

    def _row(self, point: int, number: int, ring: str, *, closing: bool) -> str:
        x, y = self._rings.xy[point]
        first, second = (y, x) if self._spec.axes == "yx" else (x, y)
        cells = {
            "number": f"{self._spec.letter}{number:0{self._spec.pad}d}",
            "ring": ring,
            "first": f"{first:.{self._decimals}f}",
            "second": f"{second:.{self._decimals}f}",
            "side": "" if closing or not len(self._side) else f"{self._side[point]:.{self._decimals}f}",
        }
        return ",".join(cells.get(name, "") for name in self._spec.columns)


def _encoding(lines: list[str], spec: Dialect) -> str:
    """The dialect's encoding, or GB18030 where GBK lacks a character."""
    if spec.encoding != "gbk":
        return spec.encoding
    try:
        "\n".join(lines).encode("gbk")
    except UnicodeEncodeError:
        return "gb18030"
    return "gbk"
