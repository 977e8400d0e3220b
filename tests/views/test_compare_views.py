"""What a reader sees of a comparison: sentences, tables, page, chart, and the map of the differences."""

import json
import re
from dataclasses import replace
from datetime import date
from itertools import pairwise

import openpyxl
import pandas as pd
import pytest

from parcelplan.checks.money_checks import MonthOfCash
from parcelplan.compare import compare, side
from parcelplan.schema.results import result_columns
from parcelplan.site import open_site
from parcelplan.study import study_site
from parcelplan.views import palette
from parcelplan.views.chart_style import chart_svg
from parcelplan.views.compare_charts import compare_chart
from parcelplan.views.compare_page import MAP_FILE, render_comparison
from parcelplan.views.compare_tables import (
    TABLES,
    compare_table,
    comparison_record,
    differing,
    summary_lines,
    telling_columns,
    write_compare_workbook,
)
from parcelplan.views.map_differences import STEPS_DAYS, change_theme, difference_data
from parcelplan.views.maps import render_difference_map
from tests.compared import write_compared


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    folder = write_compared(tmp_path_factory.mktemp("compared"))
    return {name: study_site(open_site(folder, scenario=name)) for name in ("base", "late")}


@pytest.fixture(scope="module")
def moved(studies):
    return compare(studies["base"], studies["late"])


@pytest.mark.parametrize("name", TABLES)
def test_every_table_has_the_columns_of_the_registry(moved, name):
    frame = compare_table(moved, name)
    assert list(frame.columns) == [item.column for item in result_columns(f"compare_{name}")]


def test_parcels_that_moved_most_stand_first(moved):
    assert compare_table(moved, "parcels")["parcel_id"].to_list() == ["P2", "P1", "P3"]


def test_figures_are_in_mu_and_wanyuan(moved):
    assert compare_table(moved, "parcels")["area_mu"].to_list() == pytest.approx([15.0, 15.0, 15.0])
    assert compare_table(moved, "works")["cost_a_wanyuan"].to_list() == [100.0, 50.0]
    assert compare_table(moved, "months")[["a_mu", "b_mu"]].sum().to_list() == pytest.approx([45.0, 45.0])
    supply = compare_table(moved, "objectives").iloc[0]
    days = moved.parcels.loc["P2", "days"]
    assert (supply["unit"], supply["difference"]) == ("mu_day", pytest.approx(15.0 * days))


def test_targets_are_in_the_units_of_their_measure(studies):
    a, b = (side(study) for study in studies.values())
    b = replace(
        b, targets={"T1": ("land", "area_m2", 30_000.0, 10_000.0), "T2": ("tax", "tax_yuan", 9e7, 1e7)}
    )
    rows = compare_table(compare(a, b), "targets")
    assert rows["amount"].to_list() == pytest.approx([45.0, 9_000.0])
    assert rows["missing_b"].to_list() == pytest.approx([15.0, 1_000.0])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_sentences_say_what_moved(moved, lang):
    said = " ".join(summary_lines(moved, lang))
    assert str(round(moved.moved()["mean_days"])) in said
    assert ("推迟 1 宗" if lang == "zh" else "1 later, 0 earlier, 2 as before") in said
    assert ("资金最低点" if lang == "zh" else "Least money") in said


def test_columns_that_tell_nothing_are_left_out(moved, studies):
    assert "mode_a" not in telling_columns(compare_table(moved, "works"))
    dearer = replace(moved.b, works=moved.b.works.assign(cost_yuan=1.0))
    assert "cost_b_wanyuan" in telling_columns(compare_table(compare(moved.a, dearer), "works"))


def test_rows_that_differ_are_those_of_another_day_way_or_cost(moved):
    assert differing(compare_table(moved, "parcels"))["parcel_id"].to_list() == ["P2"]
    assert differing(compare_table(moved, "works"))["work_id"].to_list() == ["W1"]
    works = moved.b.works.copy()
    works.loc["W2", "mode"] = "move"
    assert set(
        differing(compare_table(compare(moved.a, replace(moved.b, works=works)), "works"))["work_id"]
    ) == {
        "W1",
        "W2",
    }
    assert (differing(compare_table(moved, "months"))["difference_mu"].abs() > 0).all()


def test_the_record_is_plain_json(moved):
    record = json.loads(json.dumps(comparison_record(moved), allow_nan=False))
    assert record["a"] == {"label": "As it stands", "as_of": "2024-01-01", "status": moved.a.status}
    assert record["moved"]["parcels"]["later"] == 1
    [late] = [row for row in record["parcels"] if row["change"] == "later"]
    assert late["parcel_id"] == "P2"
    assert date.fromisoformat(late["transfer_b"]) > date.fromisoformat(late["transfer_a"])


def test_the_workbook_holds_a_cover_and_every_table_with_rows(moved, tmp_path):
    write_compare_workbook(moved, tmp_path / "compare.xlsx", "zh")
    book = openpyxl.load_workbook(tmp_path / "compare.xlsx")
    assert book.sheetnames[1:] == ["分期", "地块", "前期任务", "逐月", "目标值", "资金"]
    cells = [cell.value for cell in book["地块"][2]]
    assert cells[0] == "P2"
    assert "推迟" in cells


def test_the_page_is_whole_and_escapes_names(moved):
    page = render_comparison(moved, name="<i>园区</i>", lang="zh")
    assert "&lt;i&gt;园区" in page
    assert "<i>园区" not in page
    assert "&lt;b&gt;征地&lt;/b&gt;" in page
    assert "<svg" in page
    assert set(re.findall(r'(?:src|href)="([^"#]+)"', page)) == {MAP_FILE}
    assert MAP_FILE not in render_comparison(moved, name="x", lang="en", with_map=False)
    assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]+"', "", page)


def test_the_chart_draws_both_plans_and_the_difference(moved):
    svg = chart_svg(compare_chart(moved, "en"), "title", "compare")
    for words in ("A: As it stands", "B: Late land", "more in B", "less in B", "Lowest balance"):
        assert words in svg
    without = compare(replace(moved.a, cash=()), replace(moved.b, cash=()))
    assert "Lowest balance" not in chart_svg(compare_chart(without, "en"), "title", "compare")


def test_a_chart_of_plans_without_transfers_can_be_drawn(moved):
    empty = [replace(one, sales=one.sales.iloc[:0], cash=()) for one in (moved.a, moved.b)]
    assert "<svg" in chart_svg(compare_chart(compare(*empty), "zh"), "title", "compare")


def rows(**days):
    changes = {name: "later" if n > 0 else "earlier" if n < 0 else "same" for name, n in days.items()}
    frame = pd.DataFrame({"days": pd.Series(days, dtype="Int64"), "change": pd.Series(changes)})
    for name in ("gone", "new", "never"):
        frame.loc[name] = [pd.NA, name]
    return frame


def test_days_fall_into_classes_alike_on_both_sides():
    days = [1, 30, 31, 180, 181, 365, 366, 4_000]
    given = {f"l{n}": n for n in days} | {f"e{n}": -n for n in days} | {"s": 0}
    keys = change_theme(rows(**given), "en").keys
    assert [keys[f"l{n}"] for n in days] == [f"later_{step}" for step in (0, 0, 1, 1, 2, 2, 3, 3)]
    assert [keys[f"e{n}"].replace("earlier", "later") for n in days] == [keys[f"l{n}"] for n in days]
    assert [keys[name] for name in ("s", "gone", "new", "never")] == ["same", "gone", "new", "never"]


def test_the_legend_runs_from_earliest_to_latest_and_names_days():
    theme = change_theme(rows(a=-500, b=-5, s=0, c=5, d=500), "en")
    assert [item.label for item in theme.classes] == [
        "366 days earlier or more",
        "1–30 days earlier",
        "Same day",
        "1–30 days later",
        "366 days later or more",
        "No longer transferred in B",
        "Newly transferred in B",
        "In neither plan",
    ]
    patterns = [item.pattern for item in theme.classes[-3:]]
    assert len(set(patterns)) == 3
    assert set(patterns) <= {hatch.id for hatch in palette.HATCHES}
    assert theme.places().notna().all()


def lightness(color):
    red, green, blue = (int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_both_scales_darken_alike_and_part_in_blue_and_red():
    assert len(palette.LATER) == len(palette.EARLIER) == len(STEPS_DAYS)
    for scale in (palette.LATER, palette.EARLIER):
        steps = [lightness(color) for color in scale]
        assert all(first - second > 0.08 for first, second in pairwise(steps))
    for later, earlier in zip(palette.LATER, palette.EARLIER, strict=True):
        red, blue = (int(later[1:3], 16) - int(later[5:], 16)), (int(earlier[5:], 16) - int(earlier[1:3], 16))
        assert red > 20
        assert blue > 20


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_map_shows_both_days_of_every_parcel(moved, studies, lang):
    data = difference_data(moved, studies["late"], lang)
    assert data["theme"] == "change"
    assert [theme["id"] for theme in data["themes"]][:3] == ["change", "transfer_a", "phase"]
    parcels = {parcel["id"]: parcel for parcel in data["parcels"]}
    days = moved.parcels.loc["P2"]
    facts = [value for _, value in parcels["P2"]["facts"][:3]]
    assert str(days["days"]) in facts[0]
    assert facts[1:] == [f"{days[name]:%Y-%m-%d}" for name in ("transfer_a", "transfer_b")]
    change = data["themes"][0]["classes"]
    assert (
        change[parcels["P2"]["classes"]["change"]]["key"] == "later_2" if days["days"] <= 365 else "later_3"
    )
    assert change[parcels["P1"]["classes"]["change"]]["key"] == "same"
    assert moved.a.label in data["facts"][0]


def test_the_map_is_one_page_that_loads_nothing(moved, studies):
    page = render_difference_map(moved, studies["late"], lang="en")
    assert "Two plans compared" in page
    assert not re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="http', page)


def test_money_of_one_plan_alone_is_drawn(moved):
    month = MonthOfCash(month=date(2024, 1, 1), income_yuan=0.0, payments_yuan=0.0, balance_yuan=-5e6)
    one = compare(replace(moved.a, cash=()), replace(moved.b, cash=(month,)))
    assert "keeps none" in " ".join(summary_lines(one, "en"))
    assert "<svg" in chart_svg(compare_chart(one, "en"), "t", "compare")
