"""The words and codes of the format, held against the register of coordinate systems and the catalogue."""

from typing import Any, get_args

import pytest
from pyproj import CRS

from parcelplan import catalogue
from parcelplan.io.boundary_txt import dialects, vocabulary
from parcelplan.io.boundary_txt.areas import AreaUnit
from parcelplan.io.boundary_txt.dialect import Closing, Numbering, RingCoding


def test_every_zone_is_the_one_of_the_register() -> None:
    for code, zone in vocabulary._zones().items():
        crs = CRS.from_epsg(code)
        values: dict[str, Any] = {item.name: item.value for item in crs.coordinate_operation.params}
        meridian = zone.number * 3 if zone.degrees == 3 else zone.number * 6 - 3
        assert values["Longitude of natural origin"] == meridian, code
        assert values["False easting"] == 500_000 + zone.number * 1_000_000 * zone.prefixed, code
        assert zone.datum.name in crs.name, code
        other = vocabulary._zones()[zone.other]
        assert (other.number, other.degrees, other.prefixed) == (zone.number, zone.degrees, not zone.prefixed)


@pytest.mark.parametrize("datum", vocabulary.datums(), ids=lambda datum: datum.name)
def test_every_datum_is_known_by_the_name_it_is_written_with(datum: vocabulary.Datum) -> None:
    assert vocabulary.datum_named(datum.written) is datum
    assert CRS.from_epsg(datum.geographic).is_geographic


@pytest.mark.parametrize(
    ("family", "names"),
    [
        ("numbers", get_args(Numbering)),
        ("closing", get_args(Closing)),
        ("rings", get_args(RingCoding)),
        ("area_unit", get_args(AreaUnit)),
        ("counted", ("rows", "points")),
        ("axes", ("yx", "xy", "unknown", "against")),
        ("columns", ("with_ring", "with_side", "bare")),
        ("crs", ("not_degrees", "not_metres", "stated", "proposed", "contradicts")),
    ],
)
def test_everything_that_can_be_recognised_can_be_said(family: str, names: tuple[str, ...]) -> None:
    assert [name for name in names if not catalogue.has(f"txt.{family}_{name}")] == []


def test_every_dialect_says_what_is_particular_about_it() -> None:
    notes = [dialect.note(lang) for dialect in dialects().values() for lang in ("zh", "en")]
    assert all(notes)
    assert len(set(notes)) == len(notes)
    fields = {name: dialect.head_fields for name, dialect in dialects().items()}
    wanted = {"standard": 9, "eight_fields": 8, "five_fields": 5, "thirteen_fields": 14}
    assert {name: fields[name] for name in wanted} == wanted
