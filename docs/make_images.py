"""Draw the picture of the map that README shows: ``python docs/make_images.py`` writes ``docs/images/map.png``.

Plans the sample site, opens its map in Chromium with the network off, and keeps what is seen as a PNG of 256 colours.
Needs the development lock and a Chromium on the PATH.
"""

from __future__ import annotations

import base64
import shutil
import struct
import sys
import tempfile
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402 - a checkout need not be installed
from playwright.sync_api import Page, sync_playwright  # noqa: E402

import parcelplan as pp  # noqa: E402

SIZE = {"width": 1400, "height": 900}
COLOURS = 256
ROUNDS = 12
PIXELS = """async png => {
  const image = new Image();
  image.src = 'data:image/png;base64,' + png;
  await image.decode();
  const canvas = Object.assign(document.createElement('canvas'), {width: image.width, height: image.height});
  const pen = canvas.getContext('2d');
  pen.drawImage(image, 0, 0);
  const bytes = pen.getImageData(0, 0, image.width, image.height).data;
  let text = '';
  for (let k = 0; k < bytes.length; k += 8192) text += String.fromCharCode(...bytes.subarray(k, k + 8192));
  return btoa(text);
}"""


def main() -> None:
    """Write the picture."""
    study = pp.study_site(pp.open_site(ROOT / "geodata" / "baishiyi"))
    picture = ROOT / "docs" / "images" / "map.png"
    picture.parent.mkdir(exist_ok=True)
    picture.write_bytes(palette_png(screenshot(pp.render_map(study))))
    print(f"{picture.relative_to(ROOT)}: {picture.stat().st_size // 1024} kB")


def screenshot(html: str) -> np.ndarray:
    """Colours of a page as it looks once it is drawn: rows, columns, red green blue."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "map.html"
        file.write_text(html, encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_context(viewport=SIZE, offline=True).new_page()
        page.goto(file.as_uri())
        page.wait_for_selector("path[data-parcel]")
        page.wait_for_timeout(1000)  # labels find their places after the first frame
        shown = pixels(browser.new_page(), page.screenshot())
        browser.close()
    return shown


def chromium() -> str:
    """Where Chromium is."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    return found or sys.exit("no chromium on the PATH: apt-get install chromium")


def pixels(page: Page, png: bytes) -> np.ndarray:
    """Let the browser decode a PNG."""
    raw = base64.b64decode(page.evaluate(PIXELS, base64.b64encode(png).decode()))
    return np.frombuffer(raw, np.uint8).reshape(SIZE["height"], SIZE["width"], 4)[..., :3]


def palette_png(colours: np.ndarray) -> bytes:
    """Write colours as a PNG with a palette, which takes a third of the room."""
    palette, places = few_colours(colours)
    height, width = places.shape
    rows = np.hstack([np.zeros((height, 1), np.uint8), places])
    parts = {
        b"IHDR": struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0),
        b"PLTE": palette.tobytes(),
        b"IDAT": zlib.compress(rows.tobytes(), 9),
        b"IEND": b"",
    }
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts.items()
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def few_colours(colours: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Choose a palette by k-means over bins of similar colours, beginning with the most frequent ones."""
    flat = colours.reshape(-1, 3).astype(float)
    keys = (colours.reshape(-1, 3) >> 3).astype(int) @ np.array([1024, 32, 1])
    _, bins, counts = np.unique(keys, return_inverse=True, return_counts=True)
    centres = np.stack([np.bincount(bins, flat[:, channel]) / counts for channel in range(3)], axis=1)
    palette = centres[np.argsort(-counts, kind="stable")[:COLOURS]]
    weights = counts**0.6  # thin lines have few pixels and matter all the same
    for _ in range(ROUNDS):
        nearest = _nearest(centres, palette)
        sums = np.stack(
            [np.bincount(nearest, weights * centres[:, c], len(palette)) for c in range(3)], axis=1
        )
        total = np.bincount(nearest, weights, len(palette))[:, None]
        palette = np.where(total > 0, sums / np.maximum(total, 1e-9), palette)
    places = _nearest(centres, palette)[bins].astype(np.uint8).reshape(colours.shape[:2])
    return palette.round().astype(np.uint8), places


def _nearest(colours: np.ndarray, palette: np.ndarray) -> np.ndarray:
    return ((colours[:, None] - palette[None]) ** 2).sum(axis=2).argmin(axis=1)


if __name__ == "__main__":
    main()
