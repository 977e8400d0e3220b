"""Single cells: figures, days and ranges as people write them."""

import time
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from parcelplan.dates import month_end
from parcelplan.schema.cells import is_no_day, is_placeholder, parse_number, parse_quantity, parse_span
from parcelplan.schema.headings import key_of, split_unit
from parcelplan.schema.ranges import Bounds, parse_range

CASES = yaml.safe_load(Path(__file__).with_name("ranges.yaml").read_text(encoding="utf-8"))

FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
DAYS = st.dates(date(1990, 1, 1), date(2099, 12, 31))
HUNDREDTHS = st.integers(0, 10**11)

NUMBER_STYLES = {
    "plain": "{:.2f}".format,
    "thousands": "{:,.2f}".format,
    "full width": lambda value: f"{value:,.2f}".translate(FULL_WIDTH),
    "blanks": "\u3000 {:.2f} ".format,
    "sign": "+{:.2f}".format,
    "exponent": "{!r}".format,
}
DAY_STYLES = {
    "iso": "{:%Y-%m-%d}".format,
    "slashes": lambda day: f"{day.year}/{day.month}/{day.day}",
    "dots": lambda day: f"{day.year}.{day.month}.{day.day}",
    "compact": "{:%Y%m%d}".format,
    "han": lambda day: f"{day.year}年{day.month}月{day.day}日",
    "han with blanks": lambda day: f"{day.year} 年 {day.month} 月 {day.day} 日",
    "full width": lambda day: f"{day.year}年{day.month}月{day.day}日".translate(FULL_WIDTH),
    "clock": "{:%Y-%m-%d} 00:00:00".format,
    "serial": lambda day: str((day - date(1899, 12, 30)).days),
    "serial with .0": lambda day: f"{(day - date(1899, 12, 30)).days}.0",
}


# --- figures


@pytest.mark.parametrize("style", NUMBER_STYLES)
@given(hundredths=HUNDREDTHS)
def test_a_number_comes_back_from_every_style(style, hundredths):
    value = hundredths / 100
    assert parse_number(NUMBER_STYLES[style](value)) == value


@given(hundredths=st.integers(-(10**9), -1), minus=st.sampled_from("-−－"))
def test_negative_numbers_come_back(hundredths, minus):
    assert parse_number(f"{minus}{-hundredths / 100:,.2f}") == hundredths / 100


@pytest.mark.parametrize("sign", ["%", "％", " %"])
@given(percent=st.integers(0, 100))
def test_a_percentage_is_its_share_of_one(sign, percent):
    assert parse_number(f"{percent}{sign}") == percent / 100


@pytest.mark.parametrize(
    "text",
    [
        "",
        "约75",
        "1,23",
        "1,2345",
        "12,34,567",
        "1.2.3",
        "75-80",
        "inf",
        "nan",
        "0x10",
        "1_000",
        "1e999",
        "三",
        "P1",
    ],
)
def test_what_is_not_exactly_one_figure_is_not_read(text):
    assert parse_quantity(text) is None


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("75亩", 75.0, "mu"),
        ("5（公顷）", 5.0, "ha"),
        ("220 kV", 220.0, "kV"),
        ("6,000万元", 6000.0, "万元"),
        ("0.02吨标煤/万元", 0.02, "tce/万元"),
        ("一期", 1.0, ""),
        ("第十二期", 12.0, ""),
        ("二十期", 20.0, ""),
        ("6家", 6.0, ""),
    ],
)
def test_a_unit_behind_the_figure(text, value, unit):
    quantity = parse_quantity(text)
    assert (quantity.value, quantity.unit) == (value, unit)


@pytest.mark.parametrize("text", ["/", "／", "-", "—", "——", "Nah", "NAH", "无", "N/A", "n／a", " - "])
def test_placeholders(text):
    assert is_placeholder(text)


@pytest.mark.parametrize("text", ["0", "", "A-1", "无锡", "nahe"])
def test_no_placeholders(text):
    assert not is_placeholder(text)


# --- days


@pytest.mark.parametrize("style", DAY_STYLES)
@given(day=DAYS)
def test_a_day_comes_back_from_every_style(style, day):
    span = parse_span(DAY_STYLES[style](day))
    assert (span.first, span.last) == (day, day)
    assert span.serial == style.startswith("serial")


@given(day=DAYS)
def test_day_numbers_from_1904(day):
    number = (day - date(1904, 1, 1)).days
    if number >= 20_000:
        assert parse_span(str(number), epoch_1904=True).first == day


@pytest.mark.parametrize("style", ["{0}年{1}月", "{0}年{1:02}月份", "{0}-{1:02}", "{0}/{1}", "{0}{1:02}"])
@given(day=DAYS)
def test_a_month_is_its_first_to_its_last_day(style, day):
    span = parse_span(style.format(day.year, day.month))
    assert (span.first, span.last) == (day.replace(day=1), month_end(day))


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2025年一季度", "2025-01-01", "2025-03-31"),
        ("2025年第3季度", "2025-07-01", "2025-09-30"),
        ("2025Q4", "2025-10-01", "2025-12-31"),
        ("2024年上半年", "2024-01-01", "2024-06-30"),
        ("2024年下半年", "2024-07-01", "2024-12-31"),
        ("2024年", "2024-01-01", "2024-12-31"),
        ("2024", "2024-01-01", "2024-12-31"),
        ("2024年2月底", "2024-02-29", "2024-02-29"),
        ("2025年底前", "2025-12-31", "2025-12-31"),
        ("2024年6月末", "2024-06-30", "2024-06-30"),
        ("2024.10", "2024-10-01", "2024-10-31"),
    ],
)
def test_spans(text, first, last):
    span = parse_span(text)
    assert (span.first.isoformat(), span.last.isoformat()) == (first, last)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2024-02-30",
        "2024-13",
        "2024年13月",
        "6/30/2024",
        "30.6.2024",
        "2024.1",
        "长期",
        "2024年12月前",
        "12",
    ],
)
def test_what_is_no_day_or_may_be_another_is_not_read(text):
    assert parse_span(text) is None


def test_days_that_stand_for_no_day():
    assert is_no_day("1901-01-02")
    assert is_no_day("1901-01-02 00:00:00")
    assert not is_no_day("2024-01-02")


# --- ranges


@pytest.mark.parametrize("case", CASES["read"], ids=lambda case: case["text"])
def test_ranges_as_notices_write_them(case):
    open_ends = case.get("open", [])
    assert parse_range(case["text"]) == Bounds(
        low=case.get("low"),
        high=case.get("high"),
        low_open="low" in open_ends,
        high_open="high" in open_ends,
        unit=case.get("unit", ""),
    )


@pytest.mark.parametrize("text", CASES["not_read"])
def test_what_is_no_range(text):
    assert parse_range(text) is None


FORMS = {
    "{low}≤R≤{high}": (False, False),
    "{low}<容积率≤{high}": (True, False),
    "{low}≤容积率＜{high}": (False, True),
    "大于{low}并且小于或等于{high}": (True, False),
    "不低于{low}，不高于{high}": (False, False),
    "{low}～{high}": (False, False),
    "≥{low}且<{high}": (False, True),
    "{low}以上{high}以下": (False, False),
    "({low},{high}]": (True, False),
}


@pytest.mark.parametrize("form", FORMS)
@given(low=st.integers(0, 999), width=st.integers(1, 999), wide=st.booleans())
def test_both_ends_come_back_from_every_form(form, low, width, wide):
    ends = (low / 100, (low + width) / 100)
    text = form.format(low=ends[0], high=ends[1])
    bounds = parse_range(text.translate(FULL_WIDTH) if wide else text)
    assert (bounds.low, bounds.high) == ends
    assert (bounds.low_open, bounds.high_open) == FORMS[form]


@given(st.text(alphabet="0123456789.,%≤≥<>-~()[]大小于等或不低高超过以上下含且R亩米年月日期 ", max_size=24))
def test_no_cell_whatever_it_says_breaks_a_reader(text):
    bounds, span = parse_range(text), parse_span(text)
    parse_quantity(text)
    assert bounds is None or bounds.low is not None or bounds.high is not None
    assert bounds is None or None in {bounds.low, bounds.high} or bounds.low <= bounds.high
    assert span is None or span.first <= span.last < span.first + timedelta(days=366)


@pytest.mark.parametrize("piece", ["1", "1,", "≤1", "年", "大于", "(1", " ", "1-", "a:"])
def test_a_cell_of_any_length_is_answered_at_once(piece):
    text = piece * 100_000
    started = time.process_time()
    assert parse_quantity(text) is parse_span(text) is parse_range(text) is None
    assert split_unit(key_of(text))[1] == ""
    assert time.process_time() - started < 2
