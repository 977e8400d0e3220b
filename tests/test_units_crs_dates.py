"""The ground floor: units, areas by two rules, days."""

from datetime import date

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer
from shapely import box

from parcelplan import crs, dates, schema, units
from parcelplan.errors import CrsError
from tests.builders import square


def test_a_square_of_100_m_is_15_mu():
    assert units.to_mu(square(0).area) == 15.0


@pytest.mark.parametrize(("mu", "m2"), [(75, 50_000), (112, 74_666.67), (323, 215_333.33), (510, 340_000)])
def test_mu_of_the_document_in_m2(mu, m2):
    assert units.from_mu(float(mu)) == pytest.approx(m2, abs=0.005)
    assert units.to_mu(units.from_mu(float(mu))) == pytest.approx(mu, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("公顷", "ha"),
        ("hm2", "ha"),
        ("亩", "mu"),
        ("m2", "m²"),
        ("KV", "kV"),
        ("万元/年", "万元/year"),
        ("%", "percent"),
    ],
)
def test_units_by_the_names_that_files_give_them(name, unit):
    assert units.unit_of(name) == unit


@pytest.mark.parametrize("name", ["", "/", "栋", "亩/", "工作日"])
def test_what_is_no_unit(name):
    assert units.unit_of(name) is None


@pytest.mark.parametrize(
    ("unit", "into", "figure", "expected"),
    [
        ("ha", "mu", 5.0, 75.0),
        ("mu", "m²", 75.0, 50_000.0),
        ("m²", "mu", 50_000.0, 75.0),
        ("km²", "ha", 0.5, 50.0),
        ("亿元/year", "万元/year", 6.0, 60_000.0),
        ("tce/亿元", "tce/万元", 220.0, 0.022),
        ("percent", "ratio", 40.0, 0.4),
    ],
)
def test_figures_are_converted_exactly(unit, into, figure, expected):
    values = pd.Series([figure])
    assert units.scaled(values, units.factor(unit, into)).tolist() == [expected]


@pytest.mark.parametrize(
    ("unit", "into"), [("ha", "m"), ("tce/万元", "万元/tce"), ("万元", "万元/year"), ("day", "year")]
)
def test_units_of_different_kinds_have_no_factor(unit, into):
    assert units.factor(unit, into) is None


def test_every_named_unit_has_a_size_and_every_unit_of_the_registry_is_known():
    named = {column.unit for spec in schema.tables().values() for column in spec.columns} - {""}
    for unit in (*named, *(units.unit_of(name) for name in ("亩", "m2", "‰", "cm", "V", "kgce"))):
        assert units.factor(unit, unit) == 1


@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=40))
def test_rounded_values_keep_their_sum(values):
    rounded = units.round_to_sum(values)
    assert round(sum(rounded), 2) == pytest.approx(round(sum(values), 2), abs=0.0101)
    assert all(abs(a - b) < 0.0101 for a, b in zip(rounded, values, strict=True))


def test_largest_remainder_goes_first():
    assert units.round_to_sum([10.004, 10.004, 9.992]) == [10.01, 10.0, 9.99]


def test_the_check_point_of_baishiyi():
    east, north = Transformer.from_crs(4490, 4523, always_xy=True).transform(106.37, 29.48)
    assert (east, north) == (pytest.approx(35_632_876.483, abs=1e-3), pytest.approx(3_263_254.277, abs=1e-3))


def test_plane_and_ellipsoidal_area_differ_by_what_the_zone_says():
    site = gpd.GeoSeries([box(35_632_576, 3_263_000, 35_633_176, 3_263_000 + 340_000 / 600)], crs=4523)
    difference = units.to_mu(crs.plane_area_m2(site) - crs.ellipsoidal_area_m2(site))
    assert difference.iloc[0] == pytest.approx(0.222, abs=0.002)
    assert crs.area_m2(site, "ellipsoidal").equals(crs.ellipsoidal_area_m2(site))


@pytest.mark.parametrize(
    ("code", "match"), [(4490, "EPSG:4490.*not a plane"), (2277, "US survey foot"), (None, "no coordinate")]
)
def test_areas_need_metres(code, match):
    with pytest.raises(CrsError, match=match):
        crs.plane_area_m2(gpd.GeoSeries([box(0, 0, 1, 1)], crs=code))


def test_an_unreadable_crs_is_quoted():
    with pytest.raises(CrsError, match="EPSG:99999999"):
        crs.parse_crs("EPSG:99999999")


def test_working_days_follow_the_official_calendar():
    assert not dates.is_working_day(date(2024, 2, 12))  # Monday of Spring Festival
    assert dates.is_working_day(date(2024, 2, 18))  # Sunday worked in exchange
    assert dates.working_day_from(date(2024, 2, 10)) == date(2024, 2, 18)


def test_years_without_a_calendar_are_counted_by_weekends_and_fixed_holidays():
    year = dates.known_until().year + 1
    assert not dates.is_working_day(date(year, 1, 1))
    assert not any(dates.is_working_day(date(year, 10, day)) for day in (1, 2, 3))
    assert dates.working_day_from(date(year, 1, 1)) in {date(year, 1, day) for day in (2, 3, 4)}
    saturday = next(date(year, 5, day) for day in range(1, 8) if date(year, 5, day).weekday() == 5)
    assert not dates.is_working_day(saturday)


def test_the_clock_counts_from_notice_to_result():
    clock = dates.StatutoryClock(notice_days=20, listing_days=10, result_working_days=10)
    notice = date(2024, 7, 1)
    assert clock.listing_on(notice) == date(2024, 7, 22)  # the 21st is a Sunday
    assert clock.transfer_on(notice) == date(2024, 8, 1)
    assert clock.result_on(notice) == date(2024, 8, 15)


@given(st.dates(date(2023, 1, 1), date(2027, 12, 31)))
def test_a_later_notice_never_means_an_earlier_transfer(day):
    clock = dates.StatutoryClock(notice_days=20, listing_days=10, result_working_days=10)
    assert clock.transfer_on(day) <= clock.transfer_on(day + dates.ONE_DAY)


def test_months():
    assert dates.months_between(date(2023, 11, 30), date(2024, 1, 1)) == [
        date(2023, 11, 1),
        date(2023, 12, 1),
        date(2024, 1, 1),
    ]
    assert dates.month_end(date(2024, 2, 3)) == date(2024, 2, 29)
