"""Columns of text brought into the registry's types, and what is said about it."""

import pandas as pd
import pytest

from parcelplan import schema
from parcelplan.schema import conform
from parcelplan.schema.casting import cast, cast_range
from tests.builders import frame, square


def column(name, table="parcels"):
    return schema.table(table).by_name[name]


def casted(values, name, table="parcels", unit="", **options):
    return cast(pd.Series(values, **options), column(name, table), unit)


def notes(done):
    return {note.code: (note.count, note.sample) for note in done.notes}


def parcels(**columns):
    count = len(next(iter(columns.values())))
    ids = {"parcel_id": [f"P{n}" for n in range(1, count + 1)], "phase": [1] * count}
    return conform(frame([square(n) for n in range(count)], **ids | columns), "parcels")


# --- figures


def test_clean_columns_of_every_type_stay_what_they_are():
    for values, dtype in (
        ([1, 2], "int32"),
        ([1.5, None], "float64"),
        ([1, None], "Int64"),
        (["1", "2.5"], "str"),
    ):
        done = casted(values, "far_min", dtype=dtype)
        assert done.cells.dtype == "float64"
        assert done.cells.dropna().tolist() == [float(value) for value in values if value is not None]
        assert not done.lost.any()
        assert not done.notes


def test_figures_are_read_in_any_style_within_one_column():
    done = casted(["1,234.5", "１２", " 7 ", "75亩", "5公顷", "/", "", None, "约3"], "declared_area_mu")
    assert done.cells.fillna(-1).tolist() == [1234.5, 12.0, 7.0, 75.0, 75.0, -1, -1, -1, -1]
    assert done.lost.tolist() == [False] * 8 + [True]
    assert notes(done) == {"schema.cell_unit": (1, "5公顷"), "schema.placeholder": (1, "/")}


@pytest.mark.parametrize(
    ("unit", "figure", "expected"), [("ha", "5", 75.0), ("m²", "50000", 75.0), ("", "75", 75.0)]
)
def test_the_unit_of_the_heading_holds_for_bare_figures_only(unit, figure, expected):
    done = casted([figure, "75亩"], "declared_area_mu", unit=unit)
    assert done.cells.tolist() == [expected, 75.0]


def test_percentages():
    assert casted(["40%", "0.4", 0.4], "green_ratio_max").cells.tolist() == [0.4, 0.4, 0.4]
    assert casted(["40%", "40", 40], "green_ratio_max", unit="percent").cells.tolist() == [0.4, 0.4, 0.4]
    assert casted(["40%"], "declared_area_mu").lost.tolist() == [True]


def test_shares_under_a_heading_in_per_cent_are_doubted():
    done = casted([0.4, 0.5, None], "green_ratio_max", unit="percent")
    assert done.cells.dropna().tolist() == [0.004, 0.005]
    assert notes(done) == {"schema.percent_doubt": (2, "0.4")}
    assert not casted([0.5, 15], "green_ratio_max", unit="percent").notes


@pytest.mark.parametrize("text", ["inf", "-inf", "Infinity", "nan?"])
def test_what_is_not_finite_is_lost(text):
    assert casted([text], "far_min").lost.tolist() == [True]
    assert casted([text], "phase").lost.tolist() == [True]


def test_zero_means_unset_only_where_zero_cannot_be():
    done = casted([0.0, 24.0], "height_max_m")
    assert done.cells.isna().tolist() == [True, False]
    assert notes(done) == {"schema.placeholder": (1, "0")}
    assert casted(["0.00"], "height_max_m").cells.isna().all()
    assert casted([0.0], "far_min").cells.tolist() == [0.0]
    assert casted([0], "phase").cells.tolist() == [0]


def test_whole_numbers_must_be_whole():
    done = casted(["一期", "2", "2.5", "3期"], "phase")
    assert done.cells.fillna(-1).tolist() == [1, 2, -1, 3]
    assert done.lost.tolist() == [False, False, True, False]


@pytest.mark.parametrize("values", [["9" * 24, "2"], [1e30, 2.0], ["-9007199254740992", "2"]])
def test_whole_numbers_beyond_what_is_exact_are_lost_and_break_nothing(values):
    done = casted(values, "phase")
    assert done.cells.isna().tolist() == [True, False]
    assert done.lost.tolist() == [True, False]
    assert casted(values, "name").cells.tolist()[1] in {"2", "2.0"}


def test_an_end_of_a_range_in_the_column_that_holds_it():
    done = casted(["≤50米", "不超过24m", "36", "<40", "20-40", "≥10"], "height_max_m")
    assert done.cells.fillna(-1).tolist() == [50.0, 24.0, 36.0, 40.0, 40.0, -1]
    assert not done.lost.any()
    assert notes(done) == {"schema.open_end": (1, "<40"), "schema.other_end": (2, "20-40、≥10")}
    assert casted(["≤50亩"], "height_max_m").lost.tolist() == [True]


def test_a_range_of_percentages_under_a_heading_in_per_cent():
    done = casted(["≤40", "≤40%", "40"], "coverage_ratio_max", unit="percent")
    assert done.cells.tolist() == [0.4, 0.4, 0.4]


# --- ranges over two columns


def test_both_ends_of_one_column():
    raw = pd.Series(["≤2.5", "≥1.0", "1<R≤2", "1.0-1.4", "2.5", "/", None, "按图则"])
    low, high = cast_range(raw, column("far_min"), column("far_max"))
    assert low.cells.fillna(-1).tolist() == [-1, 1.0, 1.0, 1.0, -1, -1, -1, -1]
    assert high.cells.fillna(-1).tolist() == [2.5, -1, 2.0, 1.4, -1, -1, -1, -1]
    assert low.lost.tolist() == [False] * 7 + [True]
    assert set(notes(low)) == {"schema.open_end", "schema.bare_figure", "schema.placeholder"}


def test_a_range_fills_what_the_columns_of_its_ends_leave_open():
    result, findings = parcels(容积率=["1.0-2.0", "≥0.8", "1.0-3.0"], far_max=["", "", "2.5"])
    assert result["far_min"].tolist() == [1.0, 0.8, 1.0]
    assert result["far_max"].fillna(-1).tolist() == [2.0, -1, 2.5]
    assert result["容积率"].tolist() == ["1.0-2.0", "≥0.8", "1.0-3.0"]
    (found,) = findings
    assert (found.code, found.feature_id, found.field) == ("schema.range_contradicts", "P3", "far_max")


def test_a_bare_figure_is_not_guessed_to_be_an_end():
    result, findings = parcels(容积率=[2.5, 1.8])
    assert result[["far_min", "far_max"]].isna().all(axis=None)
    assert [(item.code, item.params["count"]) for item in findings] == [("schema.bare_figure", 2)]


def test_a_range_nobody_can_read_is_an_error_with_its_place():
    _, findings = parcels(容积率=["≥1", "看图"])
    assert [(item.code, item.feature_id, item.field, item.value) for item in findings] == [
        ("schema.unreadable_value", "P2", "容积率", "看图")
    ]


# --- days, flags, text


def test_days_in_every_style_within_one_column():
    raw = ["2024-06-30", "2024/6/30", "20240630", "2024年6月", 45473, "1901-01-02", "—", None, "择期"]
    done = casted(raw, "due_on", "works", dtype=object)
    assert [day.isoformat() for day in done.cells.dropna().dt.date] == ["2024-06-30"] * 5
    assert done.lost.tolist() == [False] * 8 + [True]
    assert notes(done) == {
        "schema.span_high": (1, "2024年6月"),
        "schema.serial_day": (1, "45473"),
        "schema.placeholder": (2, "1901-01-02、—"),
    }


def test_a_start_takes_the_first_day_of_a_month():
    done = casted(["2024年6月"], "earliest_start_on", "works")
    assert done.cells.dt.date.astype(str).tolist() == ["2024-06-01"]
    assert set(notes(done)) == {"schema.span_low"}


@pytest.mark.parametrize("values", [
    pd.to_datetime(pd.Series(["2024-06-30 08:00", "1901-01-02 00:00", None])),
    pd.to_datetime(pd.Series(["2024-06-30 08:00", "1901-01-02 00:00", None])).dt.tz_localize("Asia/Shanghai"),
    pd.Series([20240630, None, None], dtype="float64"),
    pd.Series([45473.0, None, None]),
])  # fmt: skip
def test_typed_columns_of_days(values):
    done = cast(values, column("due_on", "works"))
    assert done.cells.dtype == "datetime64[us]"
    assert done.cells.dropna().tolist() == [pd.Timestamp(2024, 6, 30)]
    assert not done.lost.any()


def test_flags_and_text():
    flags = casted(["是", "√", "／", "无", "×", "", None, "也许"], "with_scheme")
    assert flags.cells.fillna(value=False).tolist() == [True, True] + [False] * 6
    assert flags.lost.tolist() == [False] * 7 + [True]
    words = casted(["  甲 ", "／", "N/A", "无锡", None], "name")
    assert words.cells.tolist() == ["甲", "", "", "无锡", ""]
    assert notes(words) == {"schema.placeholder": (2, "／、N/A")}


# --- whole frames


def test_every_note_names_its_column_once():
    _, findings = parcels(限高=["/"] * 3, 绿地率=["15％", "—", "0.2"])
    assert [(item.code, item.field, item.params["count"]) for item in findings] == [
        ("schema.placeholder", "height_max_m", 3),
        ("schema.placeholder", "green_ratio_max", 1),
    ]
    assert "3" in findings[0].message("zh")


def test_order_and_index_of_the_input_do_not_matter():
    raw = frame(
        [square(n) for n in range(3)],
        地块编号=["A", "B", "C"],
        期=["一期", "二期", "x"],
        容积率=["≥1", "≤2", "1-2"],
    )
    straight, _ = conform(raw, "parcels")
    turned, _ = conform(raw.iloc[::-1], "parcels")
    assert turned.loc[straight.index].equals(straight)
