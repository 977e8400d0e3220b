"""Text of files on its way to a terminal or a comment: one line, and nothing in it that acts."""

from __future__ import annotations

import unicodedata

SAMPLE_WIDTH = 24
"""Characters shown of a value."""


def shortened(text: str) -> str:
    r"""Bring a value to one short line that a terminal cannot be misled by.

    Examples
    --------
    >>> shortened("first" + chr(10) + chr(27) + "[31m")
    'first\\n\\x1b[31m'
    """
    shown = printable(text)
    return shown if len(shown) <= SAMPLE_WIDTH else shown[: SAMPLE_WIDTH - 1] + "…"


def printable(text: str) -> str:
    """Escape whatever is no visible sign, such as line ends, terminal commands and marks that turn text round."""
    return "".join(
        sign if _is_visible(sign) else sign.encode("unicode_escape").decode("ascii") for sign in text
    )


def _is_visible(sign: str) -> bool:
    return sign.isprintable() or unicodedata.category(sign) == "Zs"
