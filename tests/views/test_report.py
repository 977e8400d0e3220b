"""The report: the answer first, every figure named, text from files harmless, nothing from outside."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
import pytest

from parcelplan.findings import Finding, Findings
from parcelplan.plan import Plan
from parcelplan.views import report_data, report_plan
from parcelplan.views.report import render_report
from tests.views.programme_study import programme_study
from tests.views.small_study import AS_OF, SmallStudy, bare, small_study

SENTENCE = "2024年6月出让第二期。"
EVIL = '<img src=x onerror="alert(1)">'


class Outline(HTMLParser):
    """Tags, scopes of header cells and the text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.header_cells: list[dict[str, str | None]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag == "th":
            self.header_cells.append(dict(attrs))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def study() -> SmallStudy:
    code = "plan_check.target_without_phases"
    found = Finding(code=code, feature_id="T1", params={"by_on": "2025-12-31"})
    return replace(small_study(), findings=Findings([found]))


@pytest.fixture(scope="module")
def page(study: SmallStudy) -> str:
    return render_report(study)


def test_the_answer_comes_before_everything_else(page: str) -> None:
    text = Outline(page).text
    answer = (
        "3 宗中排定 2 宗、30.00 亩：2024-03-01 首宗成交，2024-09-02 末宗成交；1 宗、15.00 亩不能列入计划。"
    )
    assert answer in text
    assert text.index(answer) < text.index("公布的与可行的")


def test_phases_say_what_they_wait_for_and_how_late_they_are(page: str) -> None:
    text = Outline(page).text
    assert (
        "一期（15.00 亩）：基准日已全部为净地；末宗 2024-03-01 成交（无需等待），比公布的 2023-12-31 晚 61 天。"
        in text
    )
    assert "第2期（30.00 亩）：1 宗永不能成为净地或时间未知；" in text


def test_the_earliest_lawful_transfer_follows_the_clock_alone(study: SmallStudy) -> None:
    first, second = report_data.phase_rows(study, "zh")
    # net land on Tuesday 2023-12-26: notice that day, listing from 2024-01-15, closing on 2024-01-25
    assert f"{first['lawful_on']}" == "2024-01-25"
    assert second["lawful_on"] is None


def test_violated_and_unknown_verdicts_stand_with_their_sentences(study: SmallStudy, page: str) -> None:
    violated, unknown = report_data.verdict_groups(study, "zh")
    assert (violated["count"], unknown["count"]) == (1, 1)
    assert violated["rules"][0]["statements"][0]["parcels_shown"] == (["P2"], 0)
    assert violated["rules"][0]["statements"][0]["sentence"] in Outline(page).text


def test_one_sentence_is_said_once_for_all_its_parcels(study: SmallStudy) -> None:
    again = study.verdicts.iloc[[1]].assign(parcel_id="P3")
    twice = replace(study, verdicts=pd.concat([study.verdicts, again], ignore_index=True))
    violated = report_data.verdict_groups(twice, "zh")[0]
    assert violated["count"] == 2
    assert violated["rules"][0]["statements"][0]["parcels_shown"] == (["P2", "P3"], 0)


def test_the_documents_words_are_marked_as_quotations() -> None:
    message = f"第 2 期（“{SENTENCE}”）与“{SENTENCE}”不符。"
    parts = report_data.quoted_parts(message, [SENTENCE])
    assert parts == [
        ("第 2 期（", False),
        (f"“{SENTENCE}”", True),
        ("）与", False),
        (f"“{SENTENCE}”", True),
        ("不符。", False),
    ]


def test_text_from_files_stays_text(study: SmallStudy) -> None:
    schedule = study.schedule.copy()
    schedule.loc["W1", ["name", "lead"]] = EVIL
    page = render_report(replace(study, schedule=schedule))
    assert "img" not in Outline(page).tags
    assert "onerror" not in {name for name, _ in Outline(page).attributes}
    assert EVIL in Outline(page).text


def test_the_page_holds_everything_it_shows(page: str) -> None:
    outline = Outline(page)
    assert not {"script", "link", "iframe", "img"} & set(outline.tags)
    assert not [value for name, value in outline.attributes if name in {"src", "href"}]
    assert not re.search(r"@import|url\(\s*['\"]?(?!#)", page)
    assert outline.tags.count("svg") == 4


def test_every_header_cell_says_what_it_heads(page: str) -> None:
    cells = Outline(page).header_cells
    assert cells
    assert {cell.get("scope") for cell in cells} == {"col", "row", "rowgroup"}


def test_it_speaks_english_on_demand(study: SmallStudy) -> None:
    outline = Outline(render_report(study, lang="en"))
    assert "2 of 3 parcels, 30.00 mu, have a date" in outline.text
    assert ("lang", "en") in outline.attributes
    assert "The data are made up." in outline.text


def test_assumptions_name_clock_limits_and_illustrative_values(study: SmallStudy) -> None:
    verdicts = study.verdicts.assign(illustrative=[True, False, False])
    lines = report_data.assumptions(replace(study, verdicts=verdicts), "zh")
    text = "\n".join(lines)
    assert "公告至少 20 天，挂牌至少 10 天" in text
    assert "每月挂牌宗数不限" in text
    assert "其中 1 项结论所用的限值是示例值" in text


def test_transfers_beyond_the_known_holidays_are_owned_up_to(study: SmallStudy) -> None:
    assert not any("节假日尚未公布" in line for line in report_data.assumptions(study, "zh"))
    late = replace(study.plan.transfers[1], result_on=study.plan.transfers[1].result_on.replace(year=2040))
    plan = replace(study.plan, transfers=(study.plan.transfers[0], late))
    assert any("节假日尚未公布" in line for line in report_data.assumptions(replace(study, plan=plan), "zh"))


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (Plan(as_of=AS_OF, status="infeasible", conflict=("horizon", "net_land 1")), "没有可行的计划"),
        (Plan(as_of=AS_OF, status="no_solution_yet", solve_s=10.0), "10 秒内没有求得计划"),
        (Plan(as_of=AS_OF, status="optimal"), "没有一宗地可以列入计划"),
    ],
)
def test_a_study_without_transfers_still_has_a_report(study: SmallStudy, plan: Plan, words: str) -> None:
    assert words in Outline(render_report(replace(study, plan=plan))).text


def test_the_same_study_gives_the_same_page(study: SmallStudy, page: str) -> None:
    assert render_report(study) == page


def test_long_lists_are_cut_and_say_by_how_much(study: SmallStudy) -> None:
    again = [study.verdicts.iloc[[1]].assign(parcel_id=f"Q{number:02}") for number in range(20)]
    many = replace(study, verdicts=pd.concat([*again], ignore_index=True))
    text = Outline(render_report(many)).text
    assert "Q07 等，另有 12 宗" in text
    assert "Q08" not in text


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_site_of_parcels_alone_has_a_report(study: SmallStudy, lang: str) -> None:
    text = Outline(render_report(bare(study), lang=lang)).text
    assert {"zh": "没有公布计划可供核对。", "en": "There is no announced plan"}[lang] in text


# --- a plan with a programme of works


@pytest.fixture(scope="module")
def programme() -> SmallStudy:
    return programme_study()


@pytest.fixture(scope="module")
def programme_page(programme: SmallStudy) -> str:
    return render_report(programme)


def test_sections_are_numbered_without_a_gap(page: str, programme_page: str) -> None:
    for one, count in ((page, 8), (programme_page, 10)):
        assert re.findall(r"<h2><b>(\d+)</b>", one) == [str(number) for number in range(1, count + 1)]
    assert "<b>5</b>资金" in programme_page
    assert "<b>6</b>把握有多大" in programme_page


def test_the_answer_points_to_the_section_it_means(programme: SmallStudy) -> None:
    wrong = Finding(code="risk.bad_estimate", params={"works": "W1", "count": 1})
    page = render_report(replace(programme, announced_findings=Findings([wrong])))
    number = re.search(r"前后不一，见第 (\d+) 节", page)
    assert number is not None
    assert f"<b>{number[1]}</b>公布计划的问题" in page


def test_objectives_stand_in_their_units(programme_page: str) -> None:
    text = Outline(programme_page).text
    assert "1. 目标缺口 0.000 （比例） 0.000 0.00%" in text
    # 2 000 000 m²·days are 3 000 mu·days, the bound is 1 900 000.
    assert "2. 加权等待 3,000 亩·日 2,850 5.00%" in text


def test_works_stand_with_crew_float_and_certainty(programme: SmallStudy, programme_page: str) -> None:
    first, road = report_plan.work_rows(programme, "zh")
    assert (first["crews"], first["total_float_days"], first["late"]) == ("电力队", 1, False)
    assert first["critical"] == pytest.approx(0.5)
    assert (road["total_float_days"], road["critical"]) == (None, 0.0)
    text = Outline(programme_page).text
    sure = f"{programme.risk.works['p80_on']['W1']:%Y-%m-%d}"
    assert f"W1 高压线下地 电力队 2023-12-26 2024-05-25 2024-06-30 1 {sure} 50%" in text


def test_money_is_told_in_one_sentence(programme_page: str) -> None:
    said = "收入合计 900 万元，支出合计 600 万元；余额最低在 2023-12，为 100 万元，距透支上限（500 万元）还有 600 万元"
    assert said in Outline(programme_page).text
    assert "余额始终不透支的概率为 100%。" in Outline(programme_page).text


def test_dates_have_their_probability_and_unlikely_ones_are_marked(
    programme: SmallStudy, programme_page: str
) -> None:
    facts = report_plan.risk_facts(programme, "en")
    chances = {(row["subject"], row["name"]): row["probability"] for row in facts["dates"]}
    assert chances["R1", "Phase one"] == 0.0
    assert chances["F1", "某企业 <b>"] == 1.0
    assert [row["unlikely"] for row in facts["dates"]] == [row["probability"] < 0.5 for row in facts["dates"]]
    assert '<td class="n late">0%</td>' in programme_page
    assert "img" not in Outline(programme_page).tags
    assert "某企业 &lt;b&gt;" in programme_page


def test_a_page_with_everything_holds_all_that_it_shows(programme_page: str) -> None:
    outline = Outline(programme_page)
    assert not {"script", "link", "iframe", "img"} & set(outline.tags)
    assert not re.search(r"@import|url\(\s*['\"]?(?!#)", programme_page)
    assert outline.tags.count("svg") == 7
    assert {cell.get("scope") for cell in outline.header_cells} == {"col", "row", "rowgroup"}


def test_the_programme_speaks_english(programme: SmallStudy) -> None:
    text = Outline(render_report(programme, lang="en")).text
    assert "How sure the dates are" in text
    assert "10,000 runs over the three-point durations" in text


def test_without_estimates_nothing_is_said_of_certainty(programme: SmallStudy) -> None:
    works = tuple(
        replace(work, modes=(replace(work.modes[0], optimistic_days=None),))
        for work in programme.problem.works
    )
    page = render_report(replace(programme, problem=replace(programme.problem, works=works)))
    assert "把握有多大" not in page
    assert "W1 高压线下地" in Outline(page).text
