"""Boundary-point result table (界址点成果表) as Excel: one block a parcel, and a sheet that adds the areas up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
import xlsxwriter

from parcelplan.catalogue import Language, text
from parcelplan.crs import plane_area_m2, require_metric
from parcelplan.errors import InputError
from parcelplan.findings import Finding, Findings
from parcelplan.geometry.arrays import Floats
from parcelplan.geometry.rings import Rings, is_areal, rings_of, side_lengths, surveyed_order
from parcelplan.io.atomic import whole_file
from parcelplan.io.boundary_txt.attributes import attributes_of
from parcelplan.io.boundary_txt.dialect import dialect_named
from parcelplan.units import M2_PER_HA, round_to_sum, to_mu

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

_FONT = "Microsoft YaHei"
_A4 = 9
_WIDTHS = (10, 8, 18, 18, 14)
_COLUMNS = ("point", "ring", "northing", "easting", "side")
_AREAS = (("m2", "#,##0.00", 2), ("ha", "0.0000", 4), ("mu", "#,##0.00", 2))
_ROWS_A_PARCEL = 5
_MOST_ROWS = 1_048_570
"""What a sheet of Excel holds, less the rows above the first parcel."""
# Files carry a day of creation; without one given, the first that the zip format knows.
_NO_DAY = date(1980, 1, 1)


@dataclass(frozen=True, kw_only=True)
class _Parcels:
    """What the table says of all parcels."""

    number: list[str]
    name: list[str]
    areas: dict[str, list[float]]
    """Unit to figures that add up to the total of that unit."""


def write_boundary_table(
    frame: gpd.GeoDataFrame,
    path: str | Path,
    *,
    language: Language = "zh",
    precision: int = 3,
    created_on: date | None = None,
) -> Findings:
    """Write point numbers, coordinates, side lengths and areas of parcels, whole or not at all.

    Points are ordered and numbered as in the standard dialect of boundary-point TXT: from the north-west corner,
    outer rings clockwise, holes after them. A side stands beside the point where it begins.

    Parameters
    ----------
    frame
        Parcels in a CRS in metres; X is the northing and Y the easting, as surveyors write.
    path
        The .xlsx file.
    language
        Language of the headings.
    precision
        Decimals of coordinates and sides, m.
    created_on
        Day written into the file's properties; the same input gives the same file.

    Returns
    -------
    Findings
        Parcels that were left out because they have no area.

    Raises
    ------
    CrsError
        The frame has no CRS, or one that is not in metres.
    InputError
        No parcel has an area, or the file cannot be written.
    """
    path = Path(path)
    require_metric(frame, path.name)
    areal = is_areal(frame.geometry.to_numpy())
    if not areal.any():
        raise InputError("error.txt_nothing_to_write", file=path)
    kept = frame[areal]
    shapes = shapely.force_2d(kept.geometry.to_numpy())
    # Sides are those between the points as written.
    rings = surveyed_order(rings_of(shapely.transform(shapes, lambda xy: np.round(xy, precision))))
    rows = len(rings.xy) + len(rings.size) + _ROWS_A_PARCEL * len(kept)
    if rows > _MOST_ROWS:
        raise InputError("error.boundary_table_too_long", file=path, rows=rows, most=_MOST_ROWS)
    with whole_file(path) as beside, xlsxwriter.Workbook(beside) as book:
        title = text("boundary_table.title", language)
        created = datetime.combine(created_on or _NO_DAY, time(), tzinfo=UTC)
        book.set_properties({"title": title, "created": created})
        looks = _Looks(book, precision)
        parcels = _parcels(kept)
        crs_name = kept.crs.name
        _write_points(book.add_worksheet(title), looks, rings, parcels, language, crs_name)
        _write_summary(book.add_worksheet(text("boundary_table.summary", language)), looks, parcels, language)
    return Findings(
        Finding(code="txt.not_written", feature_id=str(frame.index[place]), value=_kind(frame, place))
        for place in np.flatnonzero(~areal).tolist()
    )


def _kind(frame: gpd.GeoDataFrame, place: int) -> str:
    return getattr(frame.geometry.iloc[place], "geom_type", "null")


def _parcels(frame: gpd.GeoDataFrame) -> _Parcels:
    area: Floats = plane_area_m2(frame).to_numpy(dtype=float)
    fields = attributes_of(frame, dialect_named("standard"), area).fields
    by_unit = {"m2": area, "ha": area / M2_PER_HA, "mu": np.asarray([to_mu(float(value)) for value in area])}
    areas = {unit: round_to_sum(by_unit[unit].tolist(), decimals) for unit, _, decimals in _AREAS}
    return _Parcels(number=fields["parcel_id"], name=fields["name"], areas=areas)


class _Looks:
    """Cell formats of the workbook."""

    def __init__(self, book: Workbook, precision: int) -> None:
        base = {"font_name": _FONT, "font_size": 10, "valign": "vcenter"}
        cell = base | {"border": 1, "border_color": "#c9d1d9"}
        decimals = "0." + "0" * precision if precision else "0"
        self.title = book.add_format(base | {"bold": True, "font_size": 14, "align": "center"})
        self.note = book.add_format(base | {"font_color": "#52606d"})
        self.parcel = book.add_format(base | {"bold": True, "font_size": 11})
        self.head = book.add_format(cell | {"bold": True, "bg_color": "#e8edf2", "align": "center"})
        self.text = book.add_format(cell | {"align": "center"})
        self.left = book.add_format(cell)
        self.metre = book.add_format(cell | {"num_format": decimals})
        self.total = book.add_format(cell | {"bold": True})
        self.area = {unit: book.add_format(cell | {"num_format": look}) for unit, look, _ in _AREAS}
        self.sum = {
            unit: book.add_format(cell | {"bold": True, "num_format": look}) for unit, look, _ in _AREAS
        }


def _write_points(
    sheet: Worksheet, looks: _Looks, rings: Rings, parcels: _Parcels, language: Language, crs_name: str
) -> None:
    for column, width in enumerate(_WIDTHS):
        sheet.set_column(column, column, width)
    _across(sheet, 0, len(_WIDTHS), text("boundary_table.title", language), looks.title)
    sheet.write_string(1, 0, text("boundary_table.crs", language, crs=crs_name), looks.note)
    sides = side_lengths(rings)
    first_ring = np.searchsorted(rings.owner, np.arange(len(parcels.number) + 1)).tolist()
    row, breaks = 3, []
    for place in range(len(parcels.number)):
        row = _write_parcel(sheet, looks, row, parcels, place, language)
        row = _write_rings(sheet, looks, row, rings, sides, range(first_ring[place], first_ring[place + 1]))
        row = _write_areas(sheet, looks, row, parcels, place, language) + 1
        breaks.append(row)
    sheet.set_h_pagebreaks(breaks[:-1])
    sheet.freeze_panes(2, 0)
    _set_print(sheet)


def _write_parcel(
    sheet: Worksheet, looks: _Looks, row: int, parcels: _Parcels, place: int, language: Language
) -> int:
    words = {"number": parcels.number[place] or "–", "name": parcels.name[place] or "–"}
    sheet.write_string(row, 0, text("boundary_table.parcel", language, **words), looks.parcel)
    for column, name in enumerate(_COLUMNS):
        sheet.write_string(row + 1, column, text(f"boundary_table.{name}", language), looks.head)
    return row + 2


def _write_rings(sheet: Worksheet, looks: _Looks, row: int, rings: Rings, sides: Floats, own: range) -> int:
    """Rows of all rings of one parcel, each ring closed by its first point; the next free row."""
    starts = rings.start.tolist()
    begin = starts[own[0]]
    for label, ring in enumerate(own, start=1):
        start = starts[ring]
        end = start + int(rings.size[ring])
        for place in range(start, end + 1):
            point = place if place < end else start
            x, y = rings.xy[point].tolist()
            sheet.write_string(row, 0, f"J{point - begin + 1}", looks.text)
            sheet.write_number(row, 1, label, looks.text)
            sheet.write_number(row, 2, y, looks.metre)
            sheet.write_number(row, 3, x, looks.metre)
            if place < end:
                sheet.write_number(row, 4, sides[point], looks.metre)
            else:
                sheet.write_blank(row, 4, None, looks.metre)
            row += 1
    return row


def _write_areas(
    sheet: Worksheet, looks: _Looks, row: int, parcels: _Parcels, place: int, language: Language
) -> int:
    _across(sheet, row, 2, text("boundary_table.area", language), looks.head)
    for column, (unit, _, _) in enumerate(_AREAS, start=2):
        sheet.write_string(row, column, text(f"boundary_table.{unit}", language), looks.head)
        sheet.write_number(row + 1, column, parcels.areas[unit][place], looks.area[unit])
    _across(sheet, row + 1, 2, parcels.number[place] or "–", looks.text)
    return row + 2


def _across(sheet: Worksheet, row: int, columns: int, said: str, look: Format) -> None:
    # The merging call itself would take a number that begins with "=" for a formula.
    sheet.merge_range(row, 0, row, columns - 1, "", look)
    sheet.write_string(row, 0, said, look)


def _write_summary(sheet: Worksheet, looks: _Looks, parcels: _Parcels, language: Language) -> None:
    headings = ("parcel_number", "parcel_name", *(unit for unit, _, _ in _AREAS))
    for column, (name, width) in enumerate(zip(headings, (18, 28, 18, 14, 14), strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, text(f"boundary_table.{name}", language), looks.head)
    count = len(parcels.number)
    for place in range(count):
        sheet.write_string(place + 1, 0, parcels.number[place], looks.left)
        sheet.write_string(place + 1, 1, parcels.name[place], looks.left)
    sheet.write_string(count + 1, 0, text("boundary_table.total", language), looks.total)
    sheet.write_string(count + 1, 1, "", looks.total)
    for column, (unit, _, decimals) in enumerate(_AREAS, start=2):
        for place, value in enumerate(parcels.areas[unit], start=1):
            sheet.write_number(place, column, value, looks.area[unit])
        sheet.write_number(count + 1, column, round(sum(parcels.areas[unit]), decimals), looks.sum[unit])
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    _set_print(sheet)


def _set_print(sheet: Worksheet) -> None:
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
    sheet.set_footer("&L&A&R&P / &N")
