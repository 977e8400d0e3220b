"""The service in a real browser that may speak to nobody else."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uvicorn

from service.app import create_app
from service.settings import Settings
from tests.browser.conftest import OfflinePage, watched_page
from tests.service.conftest import write_tiny

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
HOSTILE = "<img src=x onerror='window.hit=1'>"


@pytest.fixture(scope="session")
def address(baishiyi: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service on a free port of this machine with the sample site, and a site whose parcel has a hostile name."""
    tiny = write_tiny(tmp_path_factory.mktemp("sites") / "tiny", name=HOSTILE)
    app = create_app(Settings(sites=(baishiyi, tiny), prepare=False))
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [door]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 30
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.02)
        assert server.started
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=30)


@pytest.fixture
def visit(browser: "Browser", address: str, tmp_path: Path) -> Iterator[OfflinePage]:
    """A page that may speak to the service alone; the test fails where it complained or wanted more."""
    with watched_page(
        browser, tmp_path, allowed=(address,), viewport={"width": 1280, "height": 800}
    ) as watched:
        watched.page.set_default_timeout(60_000)
        yield watched
        assert watched.leaving == []
        assert watched.complaints == []


def test_from_the_start_page_to_the_map_and_back_in_english(visit: OfflinePage, address: str) -> None:
    page = visit.page
    page.goto(f"{address}/sites/baishiyi")
    assert page.locator("h1").inner_text() == "重庆高新区专精特新产业园（白市驿）"
    assert page.locator("table tbody tr").count() == 3
    assert page.locator("svg path.parcel").count() == 32
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width == 0, "the page scrolls sideways"
    page.get_by_role("link", name="English").click()
    page.get_by_role("link", name="Body reading", exact=False).click()
    assert page.locator(".readings [aria-current]").inner_text().startswith("Body reading")
    page.get_by_role("link", name="Open the map").first.click()
    page.locator(".leaflet-overlay-pane, .leaflet-pane path").first.wait_for(state="attached")
    assert "scenario=body" in page.url
    assert "lang=en" in page.url
    assert page.evaluate("document.documentElement.lang || document.title").startswith(("en", "Chongqing"))


def test_the_report_runs_behind_closed_doors(visit: OfflinePage, address: str) -> None:
    visit.page.goto(f"{address}/sites/baishiyi/report")
    assert visit.page.locator("svg").count() > 0
    assert "白市驿" in visit.page.title()


def test_a_narrow_screen_holds_the_start_page(visit: OfflinePage, address: str) -> None:
    visit.page.set_viewport_size({"width": 390, "height": 800})
    visit.page.goto(f"{address}/sites/baishiyi")
    assert visit.page.evaluate("document.documentElement.scrollWidth") == 390


def test_the_documentation_works_without_a_network(visit: OfflinePage, address: str) -> None:
    page = visit.page
    page.goto(f"{address}/docs")
    page.locator(".opblock-summary-path").first.wait_for()
    paths = page.evaluate(
        "fetch('/openapi.json').then((answer) => answer.json()).then((schema) => schema.paths)"
    )
    assert page.locator(".opblock").count() == sum(len(verbs) for verbs in paths.values()) > 0
    page.get_by_text("/healthz").click()
    page.get_by_role("button", name="Execute").click()
    page.locator(".live-responses-table .response-col_status", has_text="200").wait_for()


def test_a_hostile_name_does_nothing(visit: OfflinePage, address: str) -> None:
    for path in ("", "/map", "/report"):
        visit.page.goto(f"{address}/sites/tiny{path}?lang=en")
        visit.page.wait_for_load_state("load")
        assert visit.page.locator("img[src='x']").count() == 0
        assert visit.page.evaluate("window.hit") is None


def test_a_download_is_named_after_its_site(visit: OfflinePage, address: str) -> None:
    visit.page.goto(f"{address}/sites/baishiyi")
    with visit.page.expect_download() as download:
        visit.page.get_by_role("link", name="plan.geojson").click()
    assert download.value.suggested_filename == "baishiyi-plan.geojson"
