"""Boundary points out of a workbook: a result table, or a list with a column for the parcel.

The rows are put into the words of the boundary-point TXT and read by its reader, so that rings, closing rows, the order
of axes and quality are judged in one place.
"""

from __future__ import annotations

import csv
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from pathlib import Path

from parcelplan.errors import InputError
from parcelplan.findings import Findings
from parcelplan.io.boundary_txt import read_boundary_txt
from parcelplan.io.boundary_txt.axes import AxisOrder
from parcelplan.io.sheets.grids import read_grid
from parcelplan.io.vector.reading import Reading
from parcelplan.schema.cells import parse_number, plain

FORMAT = "boundary_points"
_OF_THE_TEXT = {
    "txt.encoding",
    "txt.line_ends",
    "txt.no_final_newline",
    "txt.head_fields",
    "txt.keys_missing",
}
"""Findings about the text in between, which the user never sees."""
_ZONE = re.compile(r"(?:zone|带号?|带)\s*[:：]?\s*(\d{2})\b")

Row = Sequence[str | None]


@dataclass(frozen=True, kw_only=True)
class _Point:
    parcel: str
    name: str
    number: str
    ring: str
    north: str
    east: str


def read_boundary_points(
    path: Path, *, sheet: str | None = None, crs: str | None = None, axis_order: AxisOrder | None = None
) -> Reading:
    """Read the boundary points of a workbook.

    Parameters
    ----------
    path
        ``.xlsx`` or ``.xls`` with a heading of point number, X (northing) and Y (easting), and perhaps ring and parcel;
        where no column names the parcel, a line such as ``地块编号：P1　地块名称：…`` stands above its points.
    sheet
        Sheet; where none is named, the first one that holds anything.
    crs, axis_order
        As for :func:`parcelplan.io.boundary_txt.read_boundary_txt`.

    Raises
    ------
    InputError
        The file cannot be read, or no sheet of it has such a heading with points below.
    """
    grid = read_grid(path, sheet=sheet)
    points = list(_points(grid.rows))
    if not points:
        raise InputError("error.no_boundary_points", file=path)
    with tempfile.TemporaryDirectory(prefix="parcelplan-points-") as folder:
        text = Path(folder) / f"{path.stem}.txt"
        text.write_text("\n".join(_lines(points, grid.rows)) + "\n", encoding="utf-8")
        reading = read_boundary_txt(text, crs=crs, axis_order=axis_order)
    found = Findings(item for item in reading.findings if item.code not in _OF_THE_TEXT)
    return replace(reading, path=path, format=FORMAT, encoding=None, findings=grid.findings + found)


@cache
def _words() -> Mapping[str, str]:
    """Every word of a heading to its role."""
    text = resources.files(__package__).joinpath("point_words.csv").read_text(encoding="utf-8")
    return {
        plain(word): row["role"]
        for row in csv.DictReader(text.splitlines())
        for word in row["words"].split(";")
    }


def _role(cell: str | None) -> str:
    """Role of a heading; what stands in brackets behind it is its unit."""
    said = plain(cell or "")
    return _words().get(said) or _words().get(re.split(r"[(（,，]", said)[0].strip(), "")


def _points(rows: Sequence[Row]) -> Iterator[_Point]:
    places: dict[str, int] = {}
    parcel = name = ""
    for row in rows:
        roles = {role: place for place, cell in reversed(list(enumerate(row))) if (role := _role(cell))}
        if {"point", "north", "east"} <= roles.keys():
            places = roles
        elif told := _title(row):
            parcel, name = told
        elif places and all(_is_number(row[places[role]]) for role in ("north", "east")):
            said = {role: (row[place] or "").strip() for role, place in places.items()}
            parcel, name = said.get("parcel") or parcel, said.get("name") or name
            coordinates = {role: said[role] for role in ("north", "east")}
            yield _Point(
                parcel=parcel, name=name, number=said["point"], ring=said.get("ring", ""), **coordinates
            )
        elif any(row) and "parcel" not in places:
            # Figures below the points of a block, such as its areas, are no points.
            places = {}


def _is_number(cell: str | None) -> bool:
    return cell is not None and parse_number(cell) is not None


def _title(row: Row) -> tuple[str, str] | None:
    """Parcel and name out of a line above the points, in Chinese or English."""
    said = " ".join(cell for cell in row if cell)
    number = re.search(r"(?:地块编号|宗地编号|宗地号|地块号|宗地代码)\s*[:：]\s*(\S+)", said)
    if number:
        name = re.search(r"(?:地块名称|宗地名称)\s*[:：]\s*(\S+)", said)
        return number[1], name[1] if name else ""
    english = re.fullmatch(r"Parcel ([^,]+)(?:, (.*))?", said)
    return (english[1], english[2] or "") if english else None


def _lines(points: Sequence[_Point], rows: Sequence[Row]) -> Iterator[str]:
    """The points in the words of the standard TXT, one block a parcel in the order of the sheet."""
    yield from _header(rows)
    yield "[地块坐标]"
    blocks: dict[str, list[_Point]] = {}
    for point in points:
        blocks.setdefault(point.parcel, []).append(point)
    for parcel, block in blocks.items():
        yield f",,{_safe(parcel)},{_safe(block[0].name)},面,,,,@"
        for point in block:
            yield f"{_safe(point.number)},{point.ring or 1},{_figure(point.north)},{_figure(point.east)}"


def _header(rows: Sequence[Row]) -> Iterator[str]:
    """What a line above the points says of the system, as far as it names datum and zone."""
    for row in rows:
        said = " ".join(cell for cell in row if cell)
        zone = _ZONE.search(said)
        if zone and re.search(r"CGCS\s?2000|2000国家|国家2000", said):
            yield from ("[属性描述]", "坐标系=2000国家大地坐标系", "几度分带=3", "投影类型=高斯克吕格")
            yield from ("计量单位=米", f"带号={zone[1]}")
            return


def _figure(cell: str) -> str:
    return str(parse_number(cell))


def _safe(text: str) -> str:
    """A text without the marks that part the fields of a TXT."""
    return text.replace(",", "，").replace("\n", " ")
