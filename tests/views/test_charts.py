"""Charts: the data they draw, and SVGs that stand in a page alone."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import altair as alt
import pandas as pd
import pytest

from parcelplan.plan import Plan
from parcelplan.views import chart_data, charts
from tests.views.small_study import SmallStudy, small_study

study = small_study()
UNTIL = pd.Timestamp("2025-01-01")
SVG = "{http://www.w3.org/2000/svg}"


def svg(make, lang="zh"):
    return charts.chart_svg(make(study, lang), "甘特图 <1>", "c1")


def test_a_work_past_its_due_date_shows_the_overrun() -> None:
    bars = chart_data.work_bars(study, "en")
    late = bars[bars["row"].str.startswith("W2")].set_index("part")
    assert late.loc["by durations", "end"] == pd.Timestamp("2026-01-01")
    assert late.loc["past the due date", ["start", "end"]].tolist() == [
        pd.Timestamp("2026-01-01"),
        pd.Timestamp("2026-01-31"),
    ]


def test_a_work_that_ends_early_shows_its_float() -> None:
    bars = chart_data.work_bars(study, "en")
    early = bars[bars["row"].str.startswith("W1")].set_index("part")
    assert list(early.index) == ["by durations", "float to the due date"]
    assert early.loc["float to the due date", "end"] == pd.Timestamp("2024-07-01")


def test_a_work_without_dates_has_no_bar_but_keeps_its_due_date() -> None:
    schedule = study.schedule.copy()
    schedule.loc["W2", ["start_on", "ends_on", "forecast_on"]] = pd.NaT
    unknown = replace(study, schedule=schedule)
    assert not chart_data.work_bars(unknown, "en")["row"].str.startswith("W2").any()
    assert chart_data.work_marks(unknown, "en")["row"].tolist() == ["W1 高压线下地", "W2 道路建设"]


def test_batches_wait_then_go_from_notice_to_transfer() -> None:
    bars = chart_data.batch_bars(study, "zh")
    second = bars[bars["row"].str.startswith("2-1")]
    assert second["part"].tolist() == ["已成熟，待公告", "第2期"]
    assert second["end"].tolist() == [pd.Timestamp("2024-08-01"), pd.Timestamp("2024-09-03")]


def test_the_parts_of_the_land_add_up_to_the_site_on_every_day() -> None:
    curve = study.curve.assign(blocked_m2_river_area=[5e3, 5e3])  # overlaps the corridor
    land = chart_data.land_over_time(replace(study, curve=curve), "zh", UNTIL)
    assert land.groupby("on")["area_mu"].sum().tolist() == pytest.approx([45.0, 45.0, 45.0])
    assert land[land["order"] == 0]["area_mu"].tolist() == pytest.approx([22.5, 30.0, 30.0])


def test_slivers_are_shown_as_one_part() -> None:
    curve = study.curve.assign(blocked_m2_cable_corridor=[1.0, 1.0])
    parts = chart_data.land_over_time(replace(study, curve=curve), "zh", UNTIL)["part"].unique()
    assert "其他控制线" in parts
    assert "电缆保护区" not in parts


def test_supply_is_cumulative_and_an_undated_phase_is_not_drawn() -> None:
    lines = chart_data.supply(study, "zh", UNTIL)
    last = lines.groupby("part")["area_mu"].max()
    # phases 1 and 2 are announced with dates, and measure 15 and 30 mu; P3 is never ready
    assert last.to_dict() == {"已成熟": 30.0, "按计划出让": 30.0, "按公布时限出让": 45.0}
    assert lines.groupby("part")["area_mu"].min().tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("make", [charts.gantt_chart, charts.developable_chart, charts.supply_chart])
def test_an_svg_stands_alone(make) -> None:
    text = svg(make)
    root = ET.fromstring(text)
    assert root.tag == f"{SVG}svg"
    assert root.findtext(f"{SVG}title") == "甘特图 <1>"
    assert root.get("viewBox")
    assert not re.search(r'(href|src|url\()\s*=?\s*["\']?https?:', text)
    assert "Noto Sans CJK SC" in text


def test_ids_of_two_charts_of_one_page_differ() -> None:
    text = svg(charts.gantt_chart)
    assert all(name.startswith("c1-") for name in re.findall(r'\bid="([^"]+)"', text))


def test_chinese_and_english_texts() -> None:
    assert "前期任务" in svg(charts.gantt_chart)
    assert "Works" in svg(charts.gantt_chart, "en")


def test_charts_are_altair_charts_for_notebooks() -> None:
    assert isinstance(charts.gantt_chart(study), alt.VConcatChart)
    assert isinstance(charts.supply_chart(study), alt.LayerChart)


def test_without_a_plan_the_works_remain() -> None:
    empty = replace(study, plan=Plan(as_of=study.plan.as_of, status="infeasible"))
    text = charts.chart_svg(charts.gantt_chart(empty), "x", "c")
    assert "高压线下地" in text
    assert charts.chart_svg(charts.supply_chart(empty), "x", "c")


def panel_tops(one: SmallStudy) -> list[float]:
    drawn = charts.chart_svg(charts.gantt_chart(one), "x", "c")
    return [
        float(y) for y in re.findall(r'concat_\d_group"[^>]*><g transform="translate\(0,([\d.]+)\)', drawn)
    ]


def test_panels_stand_below_one_another_also_where_nothing_was_announced() -> None:
    first, second = panel_tops(replace(study, site=replace(study.site, tables={})))
    assert second > first + 2 * charts.ROW_HEIGHT


def test_panels_stand_below_one_another_also_where_no_work_has_dates() -> None:
    schedule = study.schedule.assign(start_on=pd.NaT, ends_on=pd.NaT, forecast_on=pd.NaT)
    first, second = panel_tops(replace(study, schedule=schedule))
    assert second > first + 2 * charts.ROW_HEIGHT
