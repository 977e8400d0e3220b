"""Lines to tokens: sections, header entries, block heads and point rows, and the lines that are none of these."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from parcelplan.io.boundary_txt import vocabulary
from parcelplan.io.boundary_txt.text import HALF_WIDTH

_SECTION = re.compile(r"^[\[【［〔](.*?)[\]】］〕]$")
_NUMBER = re.compile(r"\D{0,2}\d{1,6}\s*(?:[,;\t]|$)")
# Nearly every row of every file, in one step; eight digits are less than the farthest coordinate.
_PLAIN = re.compile(r"([^\s,@=]{0,3}\d{1,9}),(\d{1,4}),(\d{1,8}(?:\.(\d*))?),(\d{1,8}(?:\.(\d*))?)", re.ASCII)
_USUAL = ("number", "ring", "first", "second")
_COUNT = re.compile(r"[0-9]{1,9}")
_RING = re.compile(r"\d{1,4}")
_DEGREES = re.compile(r"(\d{1,3})[°度](?:(\d{1,2})[′'分])?(?:(\d{1,2}(?:\.\d*)?)(?:″|\"|''|秒))?")
_AREA = re.compile(r"^([\d.]+)\s*(\D*)$")
_END = "@"
# Nothing on Earth lies further out, even with the zone before the easting.
_FARTHEST = 1e8
_LARGEST = 1e15
_MOST_DECIMALS = 12
_MIN_COLUMNS = 2
NO_RING = -1
Point = tuple[tuple[str, ...], str, int, float, float, int]
"""Columns, number, ring, two coordinates and decimals of a point row."""


@dataclass(frozen=True, kw_only=True)
class Head:
    """One block head, its fields by name."""

    line: int
    cells: int
    """Number of cells, with the ``@``."""
    fields: dict[str, str]
    area: float | None
    area_unit: str
    """Unit written beside the area; empty for none."""
    area_decimals: int
    named_kind: bool
    """Whether the head names the kind of geometry."""

    @property
    def count(self) -> int | None:
        """Number of points as the head states it; None where it states none."""
        text = self.fields.get("point_count", "").translate(HALF_WIDTH)
        return int(text) if _COUNT.fullmatch(text) else None


@dataclass
class Tokens:
    """What the lines of a file hold; the lists about points have one entry a point row."""

    header: dict[str, str] = field(default_factory=dict)
    sections: dict[str, list[str]] = field(default_factory=dict)
    """Lines of the sections that are neither header nor parcels."""
    brackets: str = ""
    heads: list[Head | None] = field(default_factory=list)
    """One entry a block; None for points without a head."""
    block: list[int] = field(default_factory=list)
    line: list[int] = field(default_factory=list)
    number: list[str] = field(default_factory=list)
    ring: list[int] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    second: list[float] = field(default_factory=list)
    decimals: list[int] = field(default_factory=list)
    layout: list[tuple[str, ...]] = field(default_factory=list)
    """Columns of the row."""
    bad_rows: list[tuple[int, str, int]] = field(default_factory=list)
    """Line, text and block of the rows that ought to be points and cannot be read."""
    other_lines: list[tuple[int, str]] = field(default_factory=list)
    full_width: int = 0
    """Number of lines with full-width signs or digits outside names."""


def lex(lines: Sequence[str]) -> Tokens:
    """Sort the lines of a file into tokens; where no section of the right name holds points, any section may."""
    tokens = _lex(lines, any_section=False)
    if not tokens.line and tokens.sections:
        tokens = _lex(lines, any_section=True)
    _refuse_short_rows(tokens, lines)
    return tokens


def _refuse_short_rows(tokens: Tokens, lines: Sequence[str]) -> None:
    """Turn rows that lack the number or the ring that the other rows have into bad ones.

    A row that was cut off may otherwise pass for one of fewer columns.
    """
    counted = Counter(tokens.layout).most_common()
    short = {layout for layout, _ in counted if not _named(layout) >= _named(counted[0][0])}
    if not short:
        return
    odd = [row for row, layout in enumerate(tokens.layout) if layout in short]
    tokens.bad_rows += [
        (tokens.line[row], lines[tokens.line[row] - 1].strip(), tokens.block[row]) for row in odd
    ]
    tokens.bad_rows.sort()
    dropped = set(odd)
    for name in ("block", "line", "number", "ring", "first", "second", "decimals", "layout"):
        values = getattr(tokens, name)
        values[:] = [value for row, value in enumerate(values) if row not in dropped]


def _named(layout: tuple[str, ...]) -> frozenset[str]:
    return frozenset(layout) & {"number", "ring"}


def _lex(lines: Sequence[str], *, any_section: bool) -> Tokens:
    tokens = Tokens()
    section = ""
    for number, raw in enumerate(lines, start=1):
        line = raw.strip().strip("\ufeff").strip()
        if not line:
            continue
        found = _SECTION.match(line)
        if found:
            section = found[1].strip()
            tokens.brackets = tokens.brackets or line[0] + line[-1]
            if not any_section and section not in vocabulary.words()["sections"].values():
                tokens.sections.setdefault(section, [])
        elif section in tokens.sections:
            tokens.sections[section].append(line)
        elif plain := _PLAIN.fullmatch(line):
            _take_plain(tokens, number, plain)
        elif not _take_header(tokens, line, section):
            _take_row(tokens, number, line)
    return tokens


def _take_plain(tokens: Tokens, line: int, row: re.Match[str]) -> None:
    name, ring, first, first_decimals, second, second_decimals = row.groups("")
    decimals = min(max(len(first_decimals), len(second_decimals)), _MOST_DECIMALS)
    _take_point(tokens, line, (_USUAL, name, int(ring), float(first), float(second), decimals))


def _take_header(tokens: Tokens, line: str, section: str) -> bool:
    if section == vocabulary.words()["sections"]["parcels"]:
        return False
    separator = min((sign for sign in "=＝：:" if sign in line), key=line.index, default="")
    key, value = (part.strip() for part in line.split(separator or None, 1)) if separator else (",", "")
    if "," in key or "，" in key:
        return False
    tokens.full_width += separator == "＝"
    tokens.header[key] = value
    return True


def _take_row(tokens: Tokens, number: int, line: str) -> None:
    cells = _cells(line)
    narrow = line.translate(HALF_WIDTH)
    ends = narrow.endswith(_END)
    if ends or (len(cells) > _MIN_COLUMNS and any(cell in vocabulary.kinds() for cell in cells)):
        tokens.full_width += ends != line.endswith(_END) or ("，" in line and "," not in line)
        tokens.heads.append(_head(number, cells))
        return
    # Only the signs that a row is made of: a name in another line may well be full-width.
    tokens.full_width += narrow != line and any(character.isdigit() for character in narrow)
    point = _point(_cells(narrow))
    if point is None:
        many = len(cells) > _MIN_COLUMNS and any(character.isdigit() for character in line)
        if many or _NUMBER.match(narrow):
            tokens.bad_rows.append((number, line, len(tokens.heads) - 1))
        else:
            tokens.other_lines.append((number, line))
        return
    _take_point(tokens, number, point)


def _take_point(tokens: Tokens, line: int, point: Point) -> None:
    if not tokens.heads:
        tokens.heads.append(None)
    layout, name, ring, first, second, decimals = point
    tokens.layout.append(layout)
    tokens.block.append(len(tokens.heads) - 1)
    tokens.line.append(line)
    tokens.number.append(name)
    tokens.ring.append(ring)
    tokens.first.append(first)
    tokens.second.append(second)
    tokens.decimals.append(decimals)


def _cells(line: str) -> list[str]:
    """Cells of a row: by comma, or where there is none by full-width comma, semicolon, tab or space."""
    for separator in (",", "，", ";", "\t"):
        if separator in line:
            return [cell.strip() for cell in line.split(separator)]
    return line.split()


def _head(line: int, cells: list[str]) -> Head:
    count = len(cells)
    last = cells[-1].translate(HALF_WIDTH)
    if last.endswith(_END):
        # The sign may follow the last field without a comma.
        cells = [*cells[:-1], *([last[:-1]] if last != _END else [])]
        count += last != _END
    kinds = vocabulary.kinds()
    before, after = vocabulary.head_before(), vocabulary.head_after()
    usual = len(before)
    standard = len(cells) > usual and cells[usual] in kinds
    place = usual if standard else next((index for index, cell in enumerate(cells) if cell in kinds), None)
    if place is None:
        leading, kind, trailing = cells[: len(before)], "", cells[len(before) + 1 :]
    else:
        leading, kind, trailing = cells[:place], cells[place], cells[place + 1 :]
    fields = _leading(leading) | {"kind": kind} | dict(zip(after, trailing, strict=False))
    more = trailing[len(after) :]
    fields |= {
        f"field_{number}": value for number, value in enumerate(more, start=len(before) + len(after) + 2)
    }
    area, unit, decimals = _area(fields.get("declared_area", ""))
    return Head(
        line=line,
        cells=count,
        fields=fields,
        area=area,
        area_unit=unit,
        area_decimals=decimals,
        named_kind=place is not None,
    )


def _leading(cells: list[str]) -> dict[str, str]:
    """Name the fields before the kind of geometry; where some are missing, by what they look like."""
    before = vocabulary.head_before()
    if len(cells) > len(before):
        # A comma within the name.
        cells = [*cells[: len(before) - 1], ",".join(cells[len(before) - 1 :])]
    if len(cells) == len(before):
        return dict(zip(before, cells, strict=True))
    named: dict[str, str] = {}
    rest = list(cells)
    if rest and _COUNT.fullmatch(rest[0].translate(HALF_WIDTH)):
        named["point_count"] = rest.pop(0)
    if rest and _area(rest[0])[0] is not None:
        named["declared_area"] = rest.pop(0)
    wanted = before[2:] if len(rest) > 1 else before[3:]
    return named | dict(zip(wanted, rest, strict=False))


def _area(text: str) -> tuple[float | None, str, int]:
    """Value, unit and decimals of an area; None where it is none.

    Examples
    --------
    >>> _area("0.7655公顷")
    (0.7655, 'ha', 4)
    """
    found = _AREA.match(text.translate(HALF_WIDTH).strip())
    unit = vocabulary.words()["area_units"].get(found[2].strip().lower(), "") if found else ""
    if not found or (found[2].strip() and not unit):
        return None, "", 0
    value = _number(found[1])
    return (value, unit, _decimals(found[1])) if value is not None else (None, "", 0)


def _point(cells: list[str]) -> Point | None:
    """Columns, number, ring, two coordinates and decimals of a point row; None where it is none."""
    blank = bool(cells) and cells[-1] == ""
    cells = cells[:-1] if blank else cells
    for layout in _layouts(cells):
        where = {name: index for index, name in enumerate(layout)}
        first, second = cells[where["first"]], cells[where["second"]]
        values = _coordinate(first), _coordinate(second)
        if values[0] is None or values[1] is None:
            continue
        name = cells[where["number"]] if "number" in where else ""
        ring = int(cells[where["ring"]] or NO_RING) if "ring" in where else NO_RING
        decimals = max(_decimals(first), _decimals(second))
        return (*layout, *(["blank"] if blank else [])), name, ring, values[0], values[1], decimals
    return None


def _layouts(cells: list[str]) -> list[tuple[str, ...]]:
    """Ways of reading a row of so many cells, the likeliest first."""
    count = len(cells)
    if count < _MIN_COLUMNS:
        return []
    if count == _MIN_COLUMNS:
        return [("first", "second")]
    found: list[tuple[str, ...]] = []
    more = ("side", "more", "rest")
    if count > _MIN_COLUMNS + 1:
        if _RING.fullmatch(cells[1]):
            found.append(("number", "ring", "first", "second", *more)[:count])
        if count > _MIN_COLUMNS + 2 and (_RING.fullmatch(cells[4]) or not cells[4]):
            found.append(("number", "first", "second", "side", "ring", *more[1:])[:count])
        if count == _MIN_COLUMNS + 2 and _RING.fullmatch(cells[3]):
            found.append(("number", "first", "second", "ring"))
    found.append(("number", "first", "second", *more)[:count])
    return found


def _coordinate(text: str) -> float | None:
    value = _number(text)
    if value is None and "°" in text:
        found = _DEGREES.fullmatch(text.strip("NESW北东经纬 "))
        parts = [float(part or 0) for part in found.groups()] if found else []
        value = parts[0] + parts[1] / 60 + parts[2] / 3600 if parts else None
    return value if value is not None and abs(value) < _FARTHEST else None


def _number(text: str) -> float | None:
    try:
        value = float(text) if "_" not in text else None
    except ValueError:
        return None
    return value if value is not None and abs(value) < _LARGEST else None


def _decimals(text: str) -> int:
    if "°" in text:
        return 4 + max(0, len(text.rstrip("″\"秒'NESW").partition(".")[2]))
    return min(len(text.partition(".")[2]), _MOST_DECIMALS)
