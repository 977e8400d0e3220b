"""The map of a screened city in a real browser: sums from afar, parcels from near, asked, searched, moved in time."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Polygon

from geodata.city_build.region import Region
from parcelplan.geometry.screening import Screener, buffer_covers
from parcelplan.views import palette
from parcelplan.views.city_map import city_map
from tests.browser.conftest import OfflinePage, watched_page
from tests.views.small_city import EAST, NORTH, small_city, small_covers

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = sync_api.expect
if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
HOSTILE = "<img src=x onerror=window.broken=1>"
FIRST, LATER = "2025-12-31", "2030-01-01"
LONGEST_DRAWING_MS = 1_500
SPY = """
window.words = [];
const pen = CanvasRenderingContext2D.prototype;
const { clearRect, fillText } = pen;
pen.clearRect = function (...box) { window.words = []; return clearRect.apply(this, box); };
pen.fillText = function (text, x, y) {
  const half = this.measureText(text).width / 2, size = parseFloat(this.font.match(/([\\d.]+)px/)[1]) / 2;
  window.words.push([x - half, y - size, x + half, y + size]);
  return fillText.call(this, text, x, y);
};
"""
"""Notes the box of each word of the last drawing."""


@dataclass(frozen=True, kw_only=True)
class City:
    parcels: gpd.GeoDataFrame
    covers: gpd.GeoDataFrame


@pytest.fixture(scope="module")
def city() -> City:
    region = Region(2_500)
    covers = pd.concat(
        [layer.assign(kind=kind) for kind, layer in region.layers().items()], ignore_index=True
    )
    covers = covers.set_geometry(
        buffer_covers(covers.geometry.to_numpy(), covers["dist"].to_numpy(float)), crs=region.parcels().crs
    )
    parcels = region.parcels()
    until = covers["until_on"].to_numpy().astype("datetime64[D]")
    days = np.array([FIRST, LATER], dtype="datetime64[D]")
    screener = Screener(covers.geometry.to_numpy(), list(covers["kind"]))
    first = screener.screen(parcels.geometry.to_numpy())
    in_time = screener.over_time(parcels.geometry.to_numpy(), np.isnat(until) | (until > days[:, None]), days)
    columns = {
        "area_m2": first.area,
        "blocked_m2": first.blocked,
        "developable_m2": first.area - first.blocked,
        **{f"blocked_m2_{kind}": values for kind, values in first.blocked_by_kind.items()},
        "developable_m2_20251231": in_time.net_area[0],
        "developable_m2_20300101": in_time.net_area[1],
    }
    return City(parcels=parcels.assign(**columns), covers=covers)


@pytest.fixture(scope="module")
def chinese_map(city: City) -> str:
    return city_map(city.parcels, covers=city.covers, title="示例城区")


def opened(offline_page: OfflinePage, html: str, address: str = "") -> "Page":
    page = offline_page.open(html, address)
    page.wait_for_selector("body[data-state=ready]")
    return page


def zoom_in(page: "Page", times: int = 1) -> None:
    """Three steps at once, each time."""
    for _ in range(times):
        page.click(".leaflet-control-zoom-in", modifiers=["Shift"])
        page.wait_for_timeout(350)


def drawn(page: "Page") -> str:
    """The whole picture."""
    return str(page.eval_on_selector(".pp-surface", "node => node.toDataURL()"))


def choose(page: "Page", theme: str) -> None:
    page.check(f"input[name=pp-theme][value={theme}]", force=True)


def middle(page: "Page") -> tuple[float, float]:
    box = page.locator(".folium-map").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def slide_to(page: "Page", place: int) -> None:
    page.eval_on_selector(
        "#pp-slider", f"node => {{ node.value = {place}; node.dispatchEvent(new Event('input')); }}"
    )


def numbers(text: str) -> list[float]:
    return [float(found.replace(",", "")) for found in re.findall(r"\d[\d,]*\.?\d*", text)]


def test_cells_come_first_and_parcels_when_zoomed_in(offline_page: OfflinePage, chinese_map: str) -> None:
    page = opened(offline_page, chinese_map)
    marks = page.evaluate("performance.getEntriesByType('mark').map(mark => mark.name)")
    assert marks == ["pp-cells", "pp-ready"]
    assert "方格" in page.inner_text("#pp-level")
    assert all("格" in note for note in page.locator("#pp-legend small").all_inner_texts())
    zoom_in(page, 2)
    assert "逐宗" in page.inner_text("#pp-level")
    counts = [numbers(note)[0] for note in page.locator("#pp-legend small").all_inner_texts()]
    assert sum(counts) == 2_500


def test_every_zoom_is_drawn_without_delay(offline_page: OfflinePage, chinese_map: str) -> None:
    page = opened(offline_page, chinese_map)
    seen = set()
    for _ in range(4):
        assert int(page.get_attribute(".pp-surface", "data-ms") or LONGEST_DRAWING_MS) < LONGEST_DRAWING_MS
        seen.add(drawn(page))
        zoom_in(page)
    assert len(seen) == 4


def test_a_click_on_a_cell_goes_into_it_and_the_button_back(
    offline_page: OfflinePage, chinese_map: str
) -> None:
    page = opened(offline_page, chinese_map)
    before, far = page.inner_text("#pp-level"), page.inner_text(".leaflet-control-scale-line")
    page.mouse.click(*middle(page))
    page.wait_for_timeout(600)
    assert page.inner_text(".leaflet-control-scale-line") != far
    page.click(".pp-home")
    page.wait_for_timeout(300)
    assert page.inner_text("#pp-level") == before


def test_the_tip_of_a_cell_adds_its_parcels_up(
    offline_page: OfflinePage, chinese_map: str, city: City
) -> None:
    page = opened(offline_page, chinese_map)
    page.mouse.move(*middle(page))
    tip = page.locator(".leaflet-tooltip")
    expect(tip).to_contain_text(re.compile(r"方格 · \d+ 宗"))
    lines = dict(re.findall(r"(面积|可建设|占压合计)\n([^\n]+)", tip.inner_text()))
    area, free, blocked = (numbers(lines[name])[0] for name in ("面积", "可建设", "占压合计"))
    area *= 1e6 if "km²" in lines["面积"] else 1
    free *= 1e6 if "km²" in lines["可建设"] else 1
    assert free + blocked == pytest.approx(area, rel=0.02)
    count = numbers(tip.inner_text().split("·")[1])[0]
    assert area == pytest.approx(count * city.parcels["area_m2"].mean(), rel=0.1)


def parcel_blocked_at_first(city: City) -> "pd.Series[Any]":
    """A parcel that a power line covers in part until a work ends it."""
    parcels = city.parcels
    gain = parcels["developable_m2_20300101"] - parcels["developable_m2_20251231"]
    found = parcels[(gain > 500) & (parcels["blocked_m2_power"] > 500) & (parcels["developable_m2"] > 500)]
    return found.iloc[0]


def test_the_popup_tells_a_parcel_at_the_day_shown(
    offline_page: OfflinePage, chinese_map: str, city: City
) -> None:
    parcel = parcel_blocked_at_first(city)
    page = opened(offline_page, chinese_map, f"#parcel={parcel['parcel_id']}")
    popup = page.locator(".leaflet-popup").last

    def line(label: str) -> float:
        return numbers(popup.inner_text().split(label + "\n")[1])[0]

    assert line("面积") == round(parcel["area_m2"])
    assert line("可建设") == round(parcel["developable_m2_20251231"])
    assert line("电力线路") == round(parcel["blocked_m2_power"])
    slide_to(page, 1)
    assert line("可建设") == round(parcel["developable_m2_20300101"])
    assert popup.locator(".pp-curve").count() == 1
    page.press("#pp-slider", "Escape")
    expect(page.locator(".leaflet-popup")).to_have_count(0)


def test_the_days_move_picture_and_figures(offline_page: OfflinePage, chinese_map: str, city: City) -> None:
    page = opened(offline_page, chinese_map)
    before = drawn(page)
    for place, day in enumerate(("20251231", "20300101")):
        slide_to(page, place)
        share = city.parcels[f"developable_m2_{day}"].sum() / city.parcels["area_m2"].sum()
        assert page.inner_text("[data-figure=free]") == f"{share:.1%}"
    assert page.inner_text("#pp-date") == LATER
    assert drawn(page) != before
    choose(page, "kind-0")
    assert page.inner_text("#pp-date") == FIRST
    choose(page, "free")
    assert page.inner_text("#pp-date") == LATER


def test_a_line_that_goes_says_when_and_is_gone_then(offline_page: OfflinePage) -> None:
    page = opened(offline_page, city_map(small_city(), covers=small_covers()), "#parcel=P02")
    page.click(".leaflet-popup-close-button[aria-label=关闭]")
    over_the_line = (middle(page)[0] - 40, middle(page)[1])
    page.mouse.move(*over_the_line)
    tip = page.locator(".leaflet-tooltip")
    expect(tip).to_contain_text("电力线路 L1")
    expect(tip).to_contain_text("2027-01-01 起解除 · W1")
    slide_to(page, 1)
    page.mouse.move(over_the_line[0] + 1, over_the_line[1])
    expect(tip).to_contain_text("10,000 m² · 100.0%")
    expect(tip).not_to_contain_text("L1")
    expect(page.locator("#pp-legend .pp-note")).to_have_text("点线：已解除")


def test_a_click_finds_the_parcel_under_it(offline_page: OfflinePage) -> None:
    city = small_city()
    east, north = EAST + 200, NORTH + 200
    triangle = Polygon([(east, north), (east + 100, north), (east, north + 100)])
    city.geometry = city.geometry.where(city["parcel_id"] != "P22", triangle)
    page = opened(offline_page, city_map(city))
    x, y = middle(page)
    for name, across, up in (("P22", 40, 40), ("P11", -40, -40), ("P12", -40, 40)):
        page.mouse.click(x + across, y - up)
        expect(page.locator(".leaflet-popup h3")).to_have_text(name)
        page.click(".leaflet-popup-close-button")
        page.wait_for_timeout(500)
    page.mouse.click(x + 100, y - 100)
    page.wait_for_timeout(300)
    assert page.locator(".leaflet-popup").count() == 0, "within the box of the triangle, not in it"


def test_the_legend_counts_parcels_by_their_share(
    offline_page: OfflinePage, chinese_map: str, city: City
) -> None:
    page = opened(offline_page, chinese_map)
    zoom_in(page, 2)
    notes = page.locator("#pp-legend small").all_inner_texts()
    area, free = (city.parcels[name].round() for name in ("area_m2", "developable_m2_20251231"))
    edges = [item["least"] for item in palette.shares()]
    places = np.searchsorted(edges, free / area, side="right") - 1
    assert [numbers(note)[0] for note in notes] == np.bincount(places, minlength=len(edges))[::-1].tolist()


def test_search_finds_a_parcel_from_the_keyboard(offline_page: OfflinePage, chinese_map: str) -> None:
    page = opened(offline_page, chinese_map)
    page.keyboard.press("/")
    page.keyboard.type("b0000-0042")
    expect(page.locator("#pp-matches li")).to_have_count(8)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-popup h3")).to_contain_text("B0000-00421")
    expect(page).to_have_url(re.compile("parcel=B0000-00421"))
    page.fill("#pp-search", "nowhere")
    assert page.inner_text("#pp-matches") == "没有匹配的宗地"


def test_the_keyboard_reaches_what_is_at_the_centre(offline_page: OfflinePage, chinese_map: str) -> None:
    page = opened(offline_page, chinese_map)
    far = page.inner_text(".leaflet-control-scale-line")
    page.focus(".folium-map")
    page.keyboard.press("Enter")
    page.wait_for_timeout(600)
    assert page.inner_text(".leaflet-control-scale-line") != far
    page.focus("#pp-slider")
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#pp-date") == LATER


def test_themes_and_switches_change_the_picture(offline_page: OfflinePage, chinese_map: str) -> None:
    page = opened(offline_page, chinese_map)
    titles, pictures = set(), set()
    for theme in ("free", "kind-0", "kind-1", "kind-2"):
        choose(page, theme)
        titles.add(page.inner_text("#pp-legend-title"))
        pictures.add(drawn(page))
    page.uncheck("#pp-layers label:has-text('河道') input")
    pictures.add(drawn(page))
    page.uncheck("#pp-layers label:has-text('数值') input")
    pictures.add(drawn(page))
    assert (len(titles), len(pictures)) == (4, 6)


def test_no_word_lies_over_another(offline_page: OfflinePage, chinese_map: str) -> None:
    offline_page.page.add_init_script(SPY)
    page = opened(offline_page, chinese_map)
    lettered = 0
    for _ in range(5):
        boxes = page.evaluate("window.words")
        lettered += bool(boxes)
        pairs = [(a, b) for place, a in enumerate(boxes) for b in boxes[:place]]
        assert not [1 for a, b in pairs if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]]
        zoom_in(page)
    assert lettered >= 3


def test_the_map_speaks_english(offline_page: OfflinePage, city: City) -> None:
    page = opened(offline_page, city_map(city.parcels, covers=city.covers, lang="en"), "#parcel=B0000-00000")
    words = page.inner_text("body")
    assert page.get_attribute("html", "lang") == "en"
    assert not re.search(r"[\u4e00-\u9fff]", words)
    assert "Developable" in page.inner_text(".leaflet-popup")


def test_hostile_text_stays_text(offline_page: OfflinePage) -> None:
    city = small_city(parcel_id=HOSTILE, name=HOSTILE, district=HOSTILE)
    page = opened(
        offline_page, city_map(city, covers=small_covers(cover_id=HOSTILE, kind=HOSTILE), note=HOSTILE)
    )
    page.fill("#pp-search", "onerror")
    page.keyboard.press("Enter")
    assert HOSTILE in page.inner_text(".leaflet-popup h3")
    assert HOSTILE in page.inner_text("#pp-layers")
    page.mouse.move(*middle(page))
    page.wait_for_timeout(200)
    assert page.evaluate("window.broken") is None
    assert page.locator("img").count() == 0


def test_too_many_parcels_leave_the_cells(offline_page: OfflinePage) -> None:
    page = opened(offline_page, city_map(small_city(), most_parcels=10))
    assert "不含单宗图形" in page.inner_text("#pp-level")
    page.mouse.move(*middle(page))
    expect(page.locator(".leaflet-tooltip")).to_contain_text("宗")


def test_a_city_without_days_has_no_timeline(offline_page: OfflinePage) -> None:
    city = small_city().drop(columns=["developable_m2_20251231", "developable_m2_20270101", "ready_on"])
    page = opened(offline_page, city_map(city), "#parcel=P00")
    assert page.locator("#pp-slider").count() == 0
    assert "3,750 m²" in page.inner_text(".leaflet-popup")


def test_nothing_overlaps_on_a_phone(browser: object, tmp_path: Path, chinese_map: str) -> None:
    with watched_page(browser, tmp_path, viewport={"width": 390, "height": 800}) as watched:  # type: ignore[arg-type]
        page = opened(watched, chinese_map)
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert not page.is_visible("#pp-panel")
        page.click("#pp-panel-toggle")
        assert page.is_visible("#pp-panel")
        assert (watched.complaints, watched.leaving) == ([], [])
