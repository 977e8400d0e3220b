"""The report: the answer first, every figure named, text from files harmless, nothing from outside."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
import pytest

from parcelplan.findings import Finding, Findings
from parcelplan.plan import Plan
from parcelplan.views import report_data
from parcelplan.views.report import render_report
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
    assert outline.tags.count("svg") == 3


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
