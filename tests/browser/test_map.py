"""The map of the sample site in a real browser: drawn, asked, moved through its months, searched."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from parcelplan.site import open_site
from parcelplan.study import Study, study_site
from parcelplan.views.maps import render_map
from tests.browser.conftest import OfflinePage, watched_page
from tests.views.small_study import small_study

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = sync_api.expect
if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
HOSTILE = "<img src=x onerror=window.broken=1>"


@pytest.fixture(scope="module")
def result(baishiyi: Path) -> Study:
    return study_site(open_site(baishiyi))


@pytest.fixture(scope="module")
def chinese_map(result: Study) -> str:
    return render_map(result)


def fills(page: "Page") -> dict[str, str]:
    """Fill of every parcel drawn, by parcel_id."""
    script = "nodes => Object.fromEntries(nodes.map(n => [n.dataset.parcel, n.getAttribute('fill')]))"
    return dict(page.eval_on_selector_all("path[data-parcel]", script))


def lives(page: "Page", layer: str) -> list[str]:
    """State of every feature of a layer that is visible: future, active, gone."""
    script = "nodes => nodes.filter(n => n.style.display !== 'none').map(n => n.dataset.life)"
    return list(page.eval_on_selector_all(f"path[data-layer={layer}]", script))


def choose(page: "Page", theme: str) -> None:
    page.check(f"input[name=pp-theme][value={theme}]", force=True)


def slide_to(page: "Page", place: int) -> None:
    page.eval_on_selector(
        "#pp-slider", f"node => {{ node.value = {place}; node.dispatchEvent(new Event('input')); }}"
    )


def figure(page: "Page", key: str) -> float:
    return float(page.inner_text(f"[data-figure={key}]").replace(",", ""))


def test_the_map_draws_three_phases_in_three_colours(
    offline_page: OfflinePage, chinese_map: str, result: Study
) -> None:
    page = offline_page.open(chinese_map)
    drawn = fills(page)
    assert set(drawn) == set(result.site.parcels.index)
    phases = result.site.parcels["phase"]
    pairs = {(int(phase), drawn[parcel_id]) for parcel_id, phase in phases.items()}
    assert len(pairs) == len({colour for _, colour in pairs}) == 3
    assert page.inner_text("h1").startswith(result.site.name("zh"))


def test_a_click_opens_the_parcel_in_chinese(offline_page: OfflinePage, chinese_map: str) -> None:
    page = offline_page.open(chinese_map)
    box = page.locator("path[data-parcel=P3-18]").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    popup = page.inner_text(".leaflet-popup")
    assert "P3-18" in popup
    for words in ("面积", "亩", "m²", "占压比例", "成熟日期", "容积率", "出让日期", "规则核验"):
        assert words in popup
    assert re.search(r"\d{4}-\d{2}-\d{2}", popup)
    page.click(".leaflet-popup-close-button[aria-label=关闭]")
    expect(page.locator(".leaflet-popup")).to_have_count(0)


def test_the_slider_moves_parcels_and_constraints(offline_page: OfflinePage, chinese_map: str) -> None:
    page = offline_page.open(chinese_map)
    before, last = fills(page), int(page.get_attribute("#pp-slider", "max") or 0)
    assert set(lives(page, "power_corridor")) == {"active"}
    assert lives(page, "cable_corridor") == []
    slide_to(page, 0)
    assert len(set(fills(page).values())) == 1, "nothing is ready on the first day"
    first = figure(page, "developable")
    slide_to(page, last)
    after = fills(page)
    assert before != after
    assert set(lives(page, "power_corridor")) == {"gone"}
    assert set(lives(page, "cable_corridor")) == {"active"}
    assert figure(page, "developable") > first
    assert figure(page, "transferred") == pytest.approx(510.0, abs=0.1)
    assert page.is_checked("input[value=timeline]")


def test_a_tip_says_whether_a_road_is_there_at_the_month(offline_page: OfflinePage, chinese_map: str) -> None:
    page = offline_page.open(chinese_map)
    label = page.locator(".pp-label-road", has_text="园区横二路").bounding_box()
    assert label is not None
    spot = (label["x"] + label["width"] / 2, label["y"] + label["height"] / 2)
    page.mouse.move(*spot)
    expect(page.locator(".leaflet-tooltip")).to_contain_text(re.compile("园区横二路\\s*规划"))
    slide_to(page, int(page.get_attribute("#pp-slider", "max") or 0))
    page.mouse.move(spot[0] + 2, spot[1])
    expect(page.locator(".leaflet-tooltip")).to_contain_text(re.compile("园区横二路\\s*已有"))


def test_the_timeline_plays_and_pauses(offline_page: OfflinePage, chinese_map: str) -> None:
    page = offline_page.open(chinese_map)
    start = page.inner_text("#pp-date")
    page.click("#pp-play")
    expect(page.locator("#pp-date")).not_to_have_text(start)
    page.click("#pp-play")
    assert page.get_attribute("#pp-play", "aria-label") == "播放"
    paused = page.input_value("#pp-slider")
    page.wait_for_timeout(1000)
    assert page.input_value("#pp-slider") == paused


def test_every_theme_recolours_and_has_its_legend(offline_page: OfflinePage, chinese_map: str) -> None:
    page = offline_page.open(chinese_map)
    seen = []
    for theme in ("phase", "stage", "ready", "transfer", "verdict"):
        choose(page, theme)
        seen.append(fills(page))
        legend = set(
            page.eval_on_selector_all("#pp-legend rect", "nodes => nodes.map(n => n.getAttribute('fill'))")
        )
        assert set(seen[-1].values()) == legend
    assert len({tuple(found.items()) for found in seen}) == len(seen)


def test_leaving_the_timeline_shows_the_first_day_again(offline_page: OfflinePage, chinese_map: str) -> None:
    page = offline_page.open(chinese_map)
    slide_to(page, 12)
    choose(page, "transfer")
    assert set(lives(page, "power_corridor")) == {"active"}
    assert page.input_value("#pp-slider") == "0"
    choose(page, "timeline")
    assert page.input_value("#pp-slider") == "12"


def test_search_finds_by_id_and_by_name_from_the_keyboard(
    offline_page: OfflinePage, chinese_map: str
) -> None:
    page = offline_page.open(chinese_map)
    page.keyboard.press("/")
    page.keyboard.type("p2-0")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-popup h3")).to_contain_text("P2-02")
    page.fill("#pp-search", "一期03")
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-popup h3").last).to_contain_text("P1-03")  # the first one fades
    page.fill("#pp-search", "nowhere")
    assert page.inner_text("#pp-matches") == "没有匹配的地块"


def test_a_switch_hides_its_layer_and_the_labels_with_it(offline_page: OfflinePage, chinese_map: str) -> None:
    page = offline_page.open(chinese_map)
    assert page.locator("path[data-layer=roads]").count() > 0
    page.uncheck("#pp-layers label:has-text('现状道路') input")
    assert page.locator("path[data-layer=roads]").count() == 0
    expect(page.locator(".pp-label-road", has_text="海龙大道")).to_be_hidden()


def test_labels_do_not_collide(offline_page: OfflinePage, chinese_map: str) -> None:
    page = offline_page.open(chinese_map)
    for _ in range(3):
        boxes = page.eval_on_selector_all(
            ".pp-label",
            """nodes => nodes.filter(n => n.dataset.form !== 'hidden').map(n => {
                const { left, right, top, bottom } = n.getBoundingClientRect();
                return [left, top, right, bottom];
            })""",
        )
        assert boxes
        pairs = [(a, b) for place, a in enumerate(boxes) for b in boxes[:place]]
        assert not [1 for a, b in pairs if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]]
        page.click(".leaflet-control-zoom-out")
        page.wait_for_timeout(500)


def test_the_address_remembers_what_is_shown(offline_page: OfflinePage, chinese_map: str) -> None:
    page = offline_page.open(chinese_map, "#theme=transfer&parcel=P2-05")
    assert page.is_checked("input[value=transfer]")
    assert "P2-05" in page.inner_text(".leaflet-popup h3")
    slide_to(page, 3)
    expect(page).to_have_url(re.compile("theme=timeline"))


def test_the_map_speaks_english(offline_page: OfflinePage, result: Study) -> None:
    page = offline_page.open(render_map(result, lang="en"), "#parcel=P1-01")
    assert page.get_attribute("html", "lang") == "en"
    words = page.inner_text(".pp-panel") + page.inner_text(".pp-time") + page.inner_text("h1")
    assert not re.search(r"[\u4e00-\u9fff]", words)
    assert "Transfer on" in page.inner_text(".leaflet-popup")


def test_a_hostile_name_stays_text(offline_page: OfflinePage) -> None:
    page = offline_page.open(render_map(small_study(name=HOSTILE)), "#parcel=P2")
    assert HOSTILE in page.inner_text(".leaflet-popup h3")
    page.keyboard.press("Escape")
    page.fill("#pp-search", "onerror")
    assert HOSTILE in page.inner_text("#pp-matches")
    page.keyboard.press("Escape")
    box = page.locator("path[data-parcel=P2]").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] - 5, box["y"] + box["height"] / 2)
    page.mouse.move(box["x"] + box["width"] - 8, box["y"] + box["height"] / 2)
    assert HOSTILE in page.inner_text(".leaflet-tooltip")
    assert page.evaluate("window.broken") is None
    assert page.locator("img").count() == 0


def test_nothing_overlaps_on_a_phone(browser: object, tmp_path: Path, chinese_map: str) -> None:
    with watched_page(browser, tmp_path, viewport={"width": 390, "height": 800}) as watched:  # type: ignore[arg-type]
        page = watched.open(chinese_map)
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert not page.is_visible("#pp-panel")
        page.click("#pp-panel-toggle")
        assert page.is_visible("#pp-panel")
        assert (watched.complaints, watched.leaving) == ([], [])
