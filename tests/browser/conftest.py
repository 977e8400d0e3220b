"""A real Chromium with the network off, which notes each complaint and each request that wants to leave."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

try:
    from playwright import sync_api
except ImportError:  # only in an installation without the development lock
    sync_api = None  # type: ignore[assignment]

WAIT_MS = 10_000


@dataclass
class OfflinePage:
    """A page, what it complained about, and what it wanted from elsewhere."""

    page: "sync_api.Page"
    folder: Path
    complaints: list[str] = field(default_factory=list)
    leaving: list[str] = field(default_factory=list)

    def open(self, html: str, address: str = "") -> "sync_api.Page":
        """Open HTML from a file; ``address`` is what follows the file's name."""
        file = self.folder / "page.html"
        file.write_text(html, encoding="utf-8")
        return self.open_file(file, address)

    def open_file(self, file: Path, address: str = "") -> "sync_api.Page":
        """Open a file."""
        self.page.goto(file.as_uri() + address)
        return self.page


@contextmanager
def watched_page(
    browser: "sync_api.Browser", folder: Path, *, allowed: tuple[str, ...] = (), **context: object
) -> Iterator[OfflinePage]:
    """A page that may load files and addresses that begin as ``allowed``; the rest is refused and noted."""
    with browser.new_context(offline=not allowed, **context) as frame:  # type: ignore[arg-type]
        frame.set_default_timeout(WAIT_MS)
        watched = OfflinePage(page=frame.new_page(), folder=folder)
        welcome = ("file:", "data:", "blob:", "about:", *allowed)

        def judge(route: "sync_api.Route") -> None:
            if route.request.url.startswith(welcome):
                route.continue_()
            else:
                watched.leaving.append(route.request.url)
                route.abort()

        frame.route("**/*", judge)
        watched.page.on("pageerror", lambda error: watched.complaints.append(str(error)))
        watched.page.on("console", lambda message: _note(message, watched.complaints))
        yield watched


def _note(message: "sync_api.ConsoleMessage", complaints: list[str]) -> None:
    if message.type in {"error", "warning"}:
        complaints.append(message.text)


@pytest.fixture(scope="session")
def browser() -> Iterator["sync_api.Browser"]:
    """Chromium as the system has it."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    if sync_api is None:
        pytest.skip("playwright is not installed: pip install -r requirements/dev.lock")
    if executable is None:
        pytest.skip("no chromium on the PATH: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def offline_page(browser: "sync_api.Browser", tmp_path: Path) -> Iterator[OfflinePage]:
    """A page of 1280 by 800 px; the test fails where the page complained or wanted to load from elsewhere."""
    with watched_page(browser, tmp_path, viewport={"width": 1280, "height": 800}) as watched:
        yield watched
        assert watched.complaints == []
        assert watched.leaving == []
