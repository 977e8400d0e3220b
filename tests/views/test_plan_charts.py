"""Charts of a plan: what they draw of works, crews, money and certainty, and that they stand alone."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pandas as pd
import pytest

from parcelplan.plan import Plan
from parcelplan.views import plan_chart_data as data
from parcelplan.views import plan_charts
from parcelplan.views.chart_style import chart_svg
from tests.views.programme_study import programme_study
from tests.views.small_study import AS_OF, SmallStudy

SVG = "{http://www.w3.org/2000/svg}"
CHARTS = {
    "programme": lambda study, lang: plan_charts.programme_chart(study, lang, study.risk),
    "cash": lambda study, lang: plan_charts.cash_chart(study, lang, study.risk),
    "sure": lambda study, lang: plan_charts.sure_supply_chart(study, study.risk, lang),
    "tornado": lambda study, lang: plan_charts.tornado_chart(study, study.risk, lang),
    "yearly": plan_charts.yearly_chart,
}


@pytest.fixture(scope="module")
def study() -> SmallStudy:
    return programme_study()


def test_works_stand_under_their_crews_in_the_order_of_their_start(study: SmallStudy) -> None:
    works = data.programme(study, "zh")
    assert works.rows == ["电力队（1）", "  W1 高压线下地 <i>", "道路队（2）", "  W2 道路建设"]
    assert works.headings == ["电力队（1）", "道路队（2）"]


def test_a_work_without_a_crew_stands_under_its_kind(study: SmallStudy) -> None:
    plan = replace(study.plan, works=tuple(replace(item, crews={}) for item in study.plan.works))
    works = data.programme(replace(study, plan=plan), "en")
    assert works.headings == ["line undergrounding", "road construction"]


def test_bars_tell_float_from_none_and_from_what_nothing_waits_for(study: SmallStudy) -> None:
    bars = data.programme(study, "en").bars.set_index("row")
    # W1 ends on Saturday; the notice is on Monday, so that one day is left. Nothing waits for the road.
    assert bars.loc["  W1 高压线下地 <i>", "part"].tolist() == ["with float", "float"]
    assert bars.loc["  W1 高压线下地 <i>", "end"].tolist() == [
        pd.Timestamp("2024-05-26"),
        pd.Timestamp("2024-05-27"),
    ]
    assert bars.loc["  W2 道路建设", "part"] == "no transfer waits for it"


def test_a_work_without_float_is_critical(study: SmallStudy) -> None:
    first, road = study.plan.works
    longer = replace(first, ends_on=first.ends_on + pd.Timedelta(days=1))
    plan = replace(study.plan, works=(longer, road))
    assert "no float (critical)" in set(data.programme(replace(study, plan=plan), "en").bars["part"])


def test_due_dates_and_80_percent_ends_are_marked(study: SmallStudy) -> None:
    marks = data.programme(study, "en", study.risk).marks.set_index(["row", "mark"])["on"]
    assert marks["  W1 高压线下地 <i>", "due date"] == pd.Timestamp("2024-06-30")
    assert marks["  W1 高压线下地 <i>", "ended in 80 % of runs"] == study.risk.works["p80_on"]["W1"]


def test_what_has_been_done_of_a_work_in_progress_is_drawn_before_it(study: SmallStudy) -> None:
    first, road = study.plan.works
    begun = replace(first, started_on=AS_OF - pd.Timedelta(days=30))
    bars = data.programme(replace(study, plan=replace(study.plan, works=(begun, road))), "en").bars
    done = bars[bars["part"] == "done"]
    assert done[["start", "end"]].to_numpy().tolist() == [
        [pd.Timestamp(AS_OF) - pd.Timedelta(days=30), pd.Timestamp(AS_OF)]
    ]


def test_where_works_are_many_those_with_least_float_are_drawn(
    study: SmallStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "MOST_WORKS", 1)
    works = data.programme(study, "zh")
    assert works.rows == ["电力队（1）", "  W1 高压线下地 <i>"]
    assert works.left_out == 1


def test_use_of_a_crew_is_counted_by_day(study: SmallStudy) -> None:
    line, road = data.crews_in_use(study, data.programme(study, "zh"), "zh")
    assert (line.crew_id, road.crew_id) == ("L", "R")
    use = data.crew_use(study, road)
    assert use["on"].dt.strftime("%m-%d").tolist() == ["12-26", "05-26", "07-25"]
    assert use["used"].tolist() == [0, 1, 0]
    assert use["capacity"].tolist() == [2, 2, 2]


def test_money_by_month_in_wanyuan(study: SmallStudy) -> None:
    months = data.cash_months(study).set_index("month")
    assert months["payments"]["2023-12-01"] == -200.0
    assert months["balance"]["2023-12-01"] == 100.0
    # P1 goes in January and is paid in February; W1 ends in May.
    assert months["income"]["2024-02-01"] == 450.0
    assert months["balance"]["2024-05-01"] == 100.0 + 450.0 - 300.0
    assert set(months["credit"]) == {-500.0}


def test_the_balance_that_is_kept_in_80_percent_of_runs(study: SmallStudy) -> None:
    months = data.cash_months(study, study.risk).set_index("month")
    # By May W1 has ended in many runs, and its last 300 are paid; the income of P2 is there in August as planned.
    assert months["p80"]["2024-01-01"] == months["balance"]["2024-01-01"]
    assert (months["p80"] <= months["balance"]).any()
    assert plan_charts.cash_chart(study).to_dict()


def test_supply_and_targets_in_mu(study: SmallStudy) -> None:
    band = data.sure_supply(study.risk, pd.Timestamp("2025-06-01"))
    assert band["planned"].iloc[-1] == pytest.approx(30.0)
    assert band["on"].iloc[-1] == pd.Timestamp("2025-06-01")
    assert (band["p95"] <= band["p50"]).all()
    targets = data.area_targets(study)
    assert targets["area_mu"].tolist() == pytest.approx([15.0])


def test_drivers_move_the_mean_day_both_ways(study: SmallStudy) -> None:
    rows = data.drivers(study, study.risk, "en")
    assert rows["row"].tolist() == ["W1 高压线下地 <i>"] * 2
    low, high = rows["days"]
    assert low < 0 < high
    assert [text.endswith(" d") for text in rows["text"]] == [True, True]


def test_years_under_their_quotas(study: SmallStudy) -> None:
    years = data.yearly_supply(study, "zh")
    assert years[["year", "part"]].to_numpy().tolist() == [["2024", "一期"], ["2024", "第2期"]]
    assert data.yearly_quotas(study)["area_mu"].tolist() == pytest.approx([30.0])


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_chart_is_valid_and_its_svg_stands_alone(study: SmallStudy, name: str, lang: str) -> None:
    chart = CHARTS[name](study, lang)
    chart.to_dict()
    text = chart_svg(chart, "题目 <1>", name)
    root = ET.fromstring(text)
    assert root.findtext(f"{SVG}title") == "题目 <1>"
    assert not re.search(r'(href|src|url\()\s*=?\s*["\']?https?:', text)
    assert all(one.startswith(f"{name}-") for one in re.findall(r'\bid="([^"]+)"', text))


def texts(study: SmallStudy, name: str, lang: str = "zh") -> list[str]:
    root = ET.fromstring(chart_svg(CHARTS[name](study, lang), "x", name))
    return ["".join(item.itertext()).strip() for item in root.iter(f"{SVG}text")]


def test_every_picture_says_what_its_signs_mean_and_its_units(study: SmallStudy) -> None:
    assert {"有余量", "余量", "不影响出让", "文件期限", "80% 把握完工", "公布的出让期限"} <= set(
        texts(study, "programme")
    )
    assert {"出让收入", "支出", "月内最低余额", "授信额度", "80% 把握的余额", "万元"} <= set(
        texts(study, "cash")
    )
    assert {"按计划", "80% 把握", "50%–95% 把握", "按公布时限", "用地目标", "累计面积（亩）"} <= set(
        texts(study, "sure")
    )
    assert "某企业 <b>" in texts(study, "sure")
    assert {"工期较短（10% 分位）", "平均成交日的变动（天，按面积加权）"} <= set(texts(study, "tornado"))
    assert {"年度指标（含结转）", "面积（亩）"} <= set(texts(study, "yearly"))
    assert "202430.0 亩" in texts(study, "yearly")


def test_legends_name_each_line_once(study: SmallStudy) -> None:
    for name in ("cash", "sure"):
        words = [text for text in texts(study, name) if text and not text[0].isdigit()]
        assert len(words) == len(set(words))


def boxes(study: SmallStudy) -> list[tuple[float, float, str]]:
    """Place of each row label of the programme, top to bottom."""
    root = ET.fromstring(chart_svg(CHARTS["programme"](study, "zh"), "x", "p"))
    labels = [
        item for item in root.iter(f"{SVG}text") if "W1" in (item.text or "") or "W2" in (item.text or "")
    ]
    places = [re.search(r"translate\(([-\d.]+),([-\d.]+)\)", item.get("transform", "")) for item in labels]
    return [
        (float(place[1]), float(place[2]), item.text or "")
        for place, item in zip(places, labels, strict=True)
        if place
    ]


def test_rows_do_not_run_into_one_another(study: SmallStudy) -> None:
    tops = sorted(top for _, top, _ in boxes(study))
    assert len(tops) == 2
    assert tops[1] - tops[0] >= 2 * 15


def test_a_plan_without_works_has_a_programme_of_its_phases(study: SmallStudy) -> None:
    bare = replace(study, plan=replace(study.plan, works=()))
    assert chart_svg(plan_charts.programme_chart(bare), "x", "p")
    assert chart_svg(plan_charts.yearly_chart(bare), "x", "y")


def test_years_of_a_plan_without_transfers_are_empty(study: SmallStudy) -> None:
    empty = replace(study, plan=Plan(as_of=AS_OF, status="infeasible"))
    assert data.yearly_supply(empty, "zh").empty
    assert data.yearly_quotas(empty).empty


def test_names_of_targets_are_written_only_where_there_is_room() -> None:
    days = pd.to_datetime(["2024-06-30", "2024-07-30", "2024-07-30", "2025-06-30", "2026-06-30"])
    targets = pd.DataFrame({"on": days, "area_mu": [10.0, 12.0, 90.0, 12.0, 12.0], "title": list("ABCDE")})
    named = data.apart(targets, 100, 20, pd.Timestamp("2026-08-01"))
    # The sign of B lies where the name of A would be; at the right edge a name stands to the left.
    assert dict(zip(named["title"], named["left"], strict=True)) == {
        "B": False,
        "C": False,
        "D": False,
        "E": True,
    }
