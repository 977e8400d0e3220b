"""The report of the sample site in a real browser: it fits the screen and the paper, and loads nothing."""

import re
from pathlib import Path

import pytest

from parcelplan.site import open_site
from parcelplan.study import Study, study_site
from parcelplan.views.report import render_report
from tests.browser.conftest import OfflinePage, watched_page
from tests.views.small_study import small_study

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = sync_api.expect

pytestmark = pytest.mark.browser
HOSTILE = "<img src=x onerror=window.broken=1>"
A4_TEXT_PX = 696  # 210 mm less two margins of 13 mm, at 96 dots an inch
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def result(baishiyi: Path) -> Study:
    return study_site(open_site(baishiyi))


@pytest.fixture(scope="module")
def chinese(result: Study) -> str:
    return render_report(result)


def test_the_answer_is_on_the_first_screen(offline_page: OfflinePage, chinese: str) -> None:
    page = offline_page.open(chinese)
    expect(page.locator(".answer p")).to_be_in_viewport()
    expect(page.locator(".answer p")).to_contain_text("亩")
    assert page.locator("h1").inner_text().endswith("重庆高新区专精特新产业园（白市驿）")


def test_all_phases_and_charts_are_there(offline_page: OfflinePage, chinese: str) -> None:
    page = offline_page.open(chinese)
    expect(page.locator("section").nth(1).locator("tbody tr")).to_have_count(3)
    expect(page.locator("figure svg")).to_have_count(7)
    sizes = [
        box["width"] for box in (chart.bounding_box() for chart in page.locator("figure svg").all()) if box
    ]
    assert min(sizes) > 700
    expect(page.locator("figure svg").first).to_contain_text("前期任务")


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_never_scrolls_sideways(browser, chinese: str, tmp_path: Path, width: int) -> None:
    with watched_page(browser, tmp_path, viewport={"width": width, "height": 800}) as watched:
        assert watched.open(chinese).evaluate(OVERFLOW) == 0
        assert watched.complaints == []


def test_it_fits_the_width_of_a4_and_prints_what_is_folded(browser, chinese: str, tmp_path: Path) -> None:
    with watched_page(browser, tmp_path, viewport={"width": A4_TEXT_PX, "height": 1000}) as watched:
        page = watched.open(chinese)
        page.emulate_media(media="print")
        assert page.evaluate(OVERFLOW) == 0
        expect(page.locator("details li").first).to_be_visible()
        pages = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4", prefer_css_page_size=True)))
        assert 3 <= pages <= 12


def test_english(offline_page: OfflinePage, result: Study) -> None:
    page = offline_page.open(render_report(result, lang="en"))
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("h2").first).to_have_text("1Announced and possible")


def test_a_hostile_name_stays_text(offline_page: OfflinePage) -> None:
    study = small_study()
    study.schedule.loc["W1", "name"] = HOSTILE
    page = offline_page.open(render_report(study))
    assert page.evaluate("() => window.broken") is None
    expect(page.locator("img")).to_have_count(0)
    expect(page.locator("body")).to_contain_text(HOSTILE)
