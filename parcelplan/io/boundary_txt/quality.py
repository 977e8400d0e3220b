"""What is wrong with the rows, rings and coordinates of a file, with parcel and line."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np
import shapely

from parcelplan.findings import Finding
from parcelplan.geometry.rings import next_point
from parcelplan.io.boundary_txt.areas import resolution_m
from parcelplan.io.boundary_txt.splitting import MIN_POINTS, Ring
from parcelplan.io.boundary_txt.survey import Survey, kind_of

_LONGEST_QUOTE = 60
# A ring that becomes this many times shorter without one point has that point in a wrong place.
_DETOUR = 10.0
_FEWEST_FOR_DETOUR = 4
# Width below which points lie in one line: coordinates hold no more.
_FLAT = 1e-6
_PLACE = re.compile(r"\[([-\d.e+]+) ([-\d.e+]+)")
_BAD_CLOSINGS = {"x_twice": "txt.closing_x_twice", "repeated": "txt.closing_repeated"}


def quality_findings(survey: Survey) -> list[Finding]:
    """All findings about rows, counts, rings and coordinates."""
    return [
        *_row_findings(survey),
        *_block_findings(survey),
        *_closing_findings(survey),
        *_ring_findings(survey),
        *_point_findings(survey),
        *_precision_findings(survey),
    ]


def _finding(survey: Survey, code: str, block: int, **params: Any) -> Finding:
    value = params.pop("value", None)
    return Finding(
        code=code, layer=survey.layer, feature_id=survey.name_of(block), value=value, params=params
    )


def _row_findings(survey: Survey) -> list[Finding]:
    """Rows that cannot be read, and lines that belong to nothing."""
    found = [
        Finding(
            code="txt.bad_row",
            layer=survey.layer,
            feature_id=survey.name_of(block) if block >= 0 else "",
            value=text[:_LONGEST_QUOTE],
            params={"line": line},
        )
        for line, text, block in survey.tokens.bad_rows
    ]
    found += [
        Finding(code="txt.other_line", layer=survey.layer, value=text[:_LONGEST_QUOTE], params={"line": line})
        for line, text in survey.tokens.other_lines
    ]
    if survey.text.damaged:
        lines = ", ".join(str(line) for line in survey.text.damaged[:10])
        encoding = survey.text.encoding.upper()
        found.append(
            Finding(code="txt.damaged_text", layer=survey.layer, value=encoding, params={"lines": lines})
        )
    return found


def _block_findings(survey: Survey) -> list[Finding]:
    """Counts against rows, doubled numbers, blocks without rows or of another kind than areas."""
    rows = Counter(survey.tokens.block)
    closing: Counter[int] = Counter()
    for ring in survey.all_rings:
        closing[ring.block] += ring.closing_rows
    found = []
    numbers = Counter(head.fields.get("parcel_id", "") for head in survey.tokens.heads if head)
    for block, head in enumerate(survey.tokens.heads):
        if head is None:
            found.append(_finding(survey, "txt.no_head", block, line=survey.tokens.line[0]))
            continue
        line, count = head.line, head.count
        points = rows[block] - closing[block]
        if not rows[block]:
            found.append(_finding(survey, "txt.no_points", block, line=line))
        elif count is not None and count not in (rows[block], points):
            params = {"rows": rows[block], "points": points, "line": line}
            found.append(_finding(survey, "txt.count_differs", block, value=count, **params))
        if kind_of(survey.tokens, block) != "polygon":
            found.append(_finding(survey, "txt.not_an_area", block, value=head.fields["kind"], line=line))
        number = head.fields.get("parcel_id", "")
        if number and numbers[number] > 1:
            found.append(_finding(survey, "txt.number_twice", block, line=line))
    return found


def _closing_findings(survey: Survey) -> list[Finding]:
    """Rings closed wrongly, and open rings where others are closed."""
    rings = survey.all_rings
    closed = any(ring.closing_rows for ring in rings)
    found = []
    for ring in rings:
        line = survey.tokens.line[ring.stop + ring.closing_rows - 1]
        if ring.how == "differs":
            apart = survey.axes.xy[ring.stop] - survey.axes.xy[ring.start]
            distance = round(float(np.hypot(*apart)), 4)
            found.append(_finding(survey, "txt.closing_differs", ring.block, value=distance, line=line))
        elif ring.how in _BAD_CLOSINGS:
            found.append(_finding(survey, _BAD_CLOSINGS[ring.how], ring.block, line=line))
        elif ring.how == "none" and closed and ring.points >= MIN_POINTS:
            found.append(_finding(survey, "txt.ring_open", ring.block, line=line))
    return found


def _ring_findings(survey: Survey) -> list[Finding]:
    """Rings of too few points, doubled rings, rings that cross themselves or each other."""
    found = [
        _finding(survey, "txt.ring_too_short", ring.block, value=ring.points, line=survey.line_of(ring))
        for ring in survey.all_rings
        if ring.points < MIN_POINTS
    ]
    sound = shapely.is_valid(survey.polygons)
    found += [
        _crossing(survey, survey.rings[place], survey.polygons[place]) for place in np.flatnonzero(~sound)
    ]
    found += [
        _finding(survey, "txt.ring_twice", survey.owner[place], line=survey.line_of(survey.rings[place]))
        for place in np.flatnonzero(survey.twice)
    ]
    broken = np.unique(survey.owner[~sound]) if len(sound) else np.empty(0, dtype=int)
    faces = survey.faces
    crossed = np.setdiff1d(np.flatnonzero(~shapely.is_valid(faces) & ~shapely.is_missing(faces)), broken)
    for block in crossed:
        x, y = _place_of(shapely.is_valid_reason(faces[block]))
        found.append(_finding(survey, "txt.rings_cross", int(block), x=x, y=y))
    return found


def _crossing(survey: Survey, ring: Ring, polygon: shapely.Geometry) -> Finding:
    reason = shapely.is_valid_reason(polygon)
    if shapely.area(shapely.convex_hull(polygon)) <= _FLAT * shapely.length(polygon):
        return _finding(survey, "txt.ring_flat", ring.block, line=survey.line_of(ring))
    x, y = _place_of(reason)
    return _finding(survey, "txt.self_crossing", ring.block, line=survey.line_of(ring), x=x, y=y)


def _place_of(reason: str) -> tuple[str, str]:
    found = _PLACE.search(reason)
    return (found[1], found[2]) if found else ("?", "?")


def _point_findings(survey: Survey) -> list[Finding]:
    """Points given twice in a row, and points far from the ring they belong to."""
    if not survey.rings:
        return []
    ring = np.repeat(np.arange(len(survey.size)), survey.size)
    after = next_point(survey.size)
    before = np.argsort(after, kind="stable")
    found = [
        _finding(survey, "txt.point_twice", survey.owner[ring[place]], **_point(survey, int(after[place])))
        for place in np.flatnonzero(survey.sides == 0)
    ]
    around = np.bincount(ring, survey.sides, minlength=len(survey.size))
    chord = survey.xy[after] - survey.xy[before]
    detour = survey.sides + survey.sides[before] - np.hypot(chord[:, 0], chord[:, 1])
    far = (detour > _DETOUR * (around[ring] - detour)) & (survey.size[ring] >= _FEWEST_FOR_DETOUR)
    for place in np.flatnonzero(far):
        distance = round(float(min(survey.sides[place], survey.sides[before[place]])), 1)
        found.append(
            _finding(
                survey,
                "txt.point_far",
                survey.owner[ring[place]],
                value=distance,
                **_point(survey, int(place)),
            )
        )
    return found


def _point(survey: Survey, place: int) -> dict[str, Any]:
    row = survey.rows[place]
    return {"point": survey.tokens.number[row] or "?", "line": survey.tokens.line[row]}


def _precision_findings(survey: Survey) -> list[Finding]:
    """Coordinates written with fewer decimals than the header's precision."""
    said = survey.said("precision")
    try:
        stated = float(said)
    except ValueError:
        return []
    # Some write the number of decimals instead of the smallest step.
    wanted_m = 10.0**-stated if stated > 1 else stated
    written_m = resolution_m(survey)
    if not wanted_m > 0 or written_m <= 2 * wanted_m:
        return []
    return [
        Finding(code="txt.precision", layer=survey.layer, value=said, params={"written": f"{written_m:g}"})
    ]
