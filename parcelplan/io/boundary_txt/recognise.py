"""What dialect a file speaks, and the findings that say so."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import Literal

import numpy as np

from parcelplan.findings import Finding
from parcelplan.io.boundary_txt import vocabulary
from parcelplan.io.boundary_txt.areas import AreaUnit
from parcelplan.io.boundary_txt.axes import Axes
from parcelplan.io.boundary_txt.dialect import Closing, Dialect, Numbering, RingCoding
from parcelplan.io.boundary_txt.lexer import NO_RING, Tokens
from parcelplan.io.boundary_txt.survey import Survey

_NUMBER = re.compile(r"^(\D*)(\d+)$")
_HUNDRED = 100
_MOST_DIGITS = 9
_OWN = "own_number"


def recognise(survey: Survey, area_unit: AreaUnit) -> Dialect:
    """Describe how a file is written."""
    tokens = survey.tokens
    heads = [head for head in tokens.heads if head is not None]
    cells = Counter(head.cells for head in heads).most_common(1)[0][0] if heads else 0
    named_kind = any(head.named_kind for head in heads)
    letter, pad = _number_form(tokens)
    layout = Counter(tokens.layout).most_common(1)[0][0]
    return Dialect(
        encoding=survey.text.encoding,
        newline=survey.text.newline,
        final_newline=survey.text.final_newline,
        brackets=tokens.brackets or "[]",
        header=bool(tokens.header),
        kind=named_kind,
        after=min(
            len(vocabulary.head_after()), max(0, cells - 1 - named_kind - len(vocabulary.head_before()))
        ),
        columns=layout,
        letter=letter,
        pad=pad,
        numbering=_numbering(survey),
        closing=_closing(survey),
        counted=_counted(survey),
        rings=_ring_coding(survey),
        axes=survey.axes.order,
        zone_prefix=survey.axes.prefix,
        unit="degree" if survey.axes.degrees else "metre",
        area_unit=area_unit,
        area_suffix=_suffix(survey),
    )


def _number_form(tokens: Tokens) -> tuple[str, int]:
    """Letter before the point numbers, and the digits to which they are padded with zeros."""
    found = [match for number in tokens.number[:_HUNDRED] if (match := _NUMBER.match(number))]
    letter = Counter(match[1] for match in found).most_common(1)[0][0] if found else ""
    padded = [len(match[2]) for match in found if match[2].startswith("0")]
    return letter, min(max(padded, default=0), _MOST_DIGITS)


def _numbering(survey: Survey) -> Numbering:
    """Where point numbers begin anew."""
    number, rings = survey.tokens.number, survey.all_rings
    if not any(number):
        return "none"
    first_of_block: dict[int, str] = {}
    same_block = False
    for ring in rings:
        if ring.block in first_of_block:
            same_block |= number[ring.start] == first_of_block[ring.block]
        else:
            first_of_block[ring.block] = number[ring.start]
    if same_block:
        return "ring"
    return "file" if len(set(first_of_block.values())) > 1 else "parcel"


def _closing(survey: Survey) -> Closing:
    how = {ring.how for ring in survey.all_rings}
    if not how or how == {"none"}:
        return "none"
    if "none" in how or (_OWN in how and len(how) > 1):
        return "mixed"
    return "own_number" if how == {_OWN} else "first_number"


def _counted(survey: Survey) -> Literal["rows", "points", "none"]:
    """Whether the counts of the heads include closing rows, by what most of them fit."""
    rows = Counter(survey.tokens.block)
    points = rows.copy()
    for ring in survey.all_rings:
        points[ring.block] -= ring.closing_rows
    counts = {
        block: head.count
        for block, head in enumerate(survey.tokens.heads)
        if head is not None and head.count is not None
    }
    as_rows = sum(count == rows[block] for block, count in counts.items())
    as_points = sum(count == points[block] for block, count in counts.items())
    if not counts:
        return "none"
    return "rows" if as_rows >= as_points else "points"


def _ring_coding(survey: Survey) -> RingCoding:
    """How rings are numbered."""
    rings, ring_number = survey.all_rings, survey.tokens.ring
    numbers = [(ring.block, ring_number[ring.start]) for ring in rings]
    if all(number == NO_RING for _, number in numbers):
        return "none"
    if len({block for block, _ in numbers}) == len(numbers):
        return "single"
    if len(set(numbers)) < len(numbers):
        return "constant"
    if any(number > _HUNDRED for _, number in numbers):
        return "hundreds"
    steps = [after[1] - before[1] for before, after in pairwise(numbers) if after[0] == before[0]]
    return "sequential" if all(step == 1 for step in steps) else "other"


def _suffix(survey: Survey) -> str:
    units = vocabulary.words()["area_units"]
    named = {head.area_unit for head in survey.tokens.heads if head is not None} - {""}
    return next((word for word, unit in units.items() if unit in named), "")


def recognition_findings(survey: Survey, dialect: Dialect) -> list[Finding]:
    """Say what was recognised, one finding a feature."""
    tokens, axes, layer = survey.tokens, survey.axes, survey.layer
    found = [
        _told(layer, "txt.encoding", dialect.encoding.upper()),
        _told(layer, "txt.line_ends", dialect.newline),
        _told(layer, _axes_code(axes)),
        _told(layer, "txt.degrees" if axes.degrees else _PREFIX[axes.prefix], _zone_list(survey)),
        _told(layer, f"txt.rings_{dialect.rings}"),
        _told(layer, f"txt.closing_{dialect.closing}"),
        _told(layer, f"txt.columns_{_columns(dialect)}", len(dialect.columns)),
        _told(layer, f"txt.numbers_{dialect.numbering}", _example(survey)),
    ]
    cells = Counter(head.cells for head in tokens.heads if head is not None)
    if cells:
        found.append(_told(layer, "txt.head_fields", ", ".join(str(count) for count in sorted(cells))))
    if any(head is not None and head.area is not None for head in tokens.heads):
        found.append(_told(layer, f"txt.area_unit_{dialect.area_unit}"))
    if dialect.counted != "none":
        found.append(_told(layer, f"txt.counted_{dialect.counted}"))
    found += _form_findings(survey, dialect)
    found += [
        Finding(code="txt.axes_turned", layer=layer, feature_id=survey.name_of(block))
        for block in axes.turned
    ]
    return found


def _axes_code(axes: Axes) -> str:
    if axes.against:
        return "txt.axes_against"
    return f"txt.axes_{axes.order}" if axes.known else "txt.axes_unknown"


_PREFIX = {True: "txt.prefix", False: "txt.no_prefix", None: "txt.prefix_unknown"}


def _form_findings(survey: Survey, dialect: Dialect) -> list[Finding]:
    """Findings about header, sections, signs and parts that not every file gives occasion for."""
    tokens, layer = survey.tokens, survey.layer
    known = vocabulary.header_keys()
    found = []
    if tokens.header:
        said = {known[key] for key in tokens.header if key in known}
        missing = [
            vocabulary.written_key(name) for name in vocabulary.words()["header_keys"] if name not in said
        ]
        other = [key for key in tokens.header if key not in known]
        found += [_told(layer, "txt.keys_missing", ", ".join(missing))] if missing else []
        found += [_told(layer, "txt.keys_other", ", ".join(other))] if other else []
    else:
        found.append(_told(layer, "txt.no_header"))
    if tokens.sections:
        found.append(_told(layer, "txt.sections", ", ".join(tokens.sections)))
    if dialect.brackets != "[]" or tokens.full_width:
        found.append(_told(layer, "txt.full_width", tokens.full_width))
    if not dialect.final_newline:
        found.append(_told(layer, "txt.no_final_newline"))
    holes, parts = holes_and_parts(survey)
    if holes or parts:
        found.append(_told(layer, "txt.containment", holes, parts=parts))
    return found


def holes_and_parts(survey: Survey) -> tuple[int, int]:
    """Number of rings that are holes, and of rings that are further parts, by containment."""
    shells = sum(_parts(face) for face in survey.faces)
    rings = int((~survey.twice).sum())
    blocks = len(np.unique(survey.owner))
    return rings - shells, shells - blocks


def _parts(face: object) -> int:
    if face is None or not str(getattr(face, "geom_type", "")).endswith("Polygon"):
        return 0
    return len(getattr(face, "geoms", (face,)))


def _told(layer: str, code: str, value: object = None, **params: object) -> Finding:
    return Finding(code=code, layer=layer, value=value, params=params)


def _zone_list(survey: Survey) -> str:
    return ", ".join(str(zone) for zone in sorted(set(survey.axes.zones.values())))


def _columns(dialect: Dialect) -> str:
    if "side" in dialect.columns:
        return "with_side"
    return "with_ring" if "ring" in dialect.columns else "bare"


def _example(survey: Survey) -> str:
    numbers = survey.tokens.number
    return ", ".join(number or "–" for number in numbers[:3])
