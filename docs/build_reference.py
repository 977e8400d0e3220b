"""Write the reference pages from what the code itself says.

``python docs/build_reference.py`` writes ``docs/reference/*.md``; a test holds that the pages in the repository are
those this script writes. Run it from a checkout whose packages are installed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from docs.reference_pages import commands, files, messages, rulebook, settings, tables  # noqa: E402 - a checkout need not be installed

FOLDER = ROOT / "docs" / "reference"
PAGES: Mapping[str, Callable[[], str]] = {
    "site-toml.md": settings.site_toml,
    "layers.md": tables.layers,
    "results.md": tables.results,
    "files.md": files.files,
    "findings.md": messages.findings_page,
    "rules.md": rulebook.rules,
    "cli.md": commands.cli,
}
"""Name of each page and what writes it."""


def main() -> None:
    """Write every page."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8", newline="\n")
        print(FOLDER.relative_to(ROOT) / name)


if __name__ == "__main__":
    main()
