"""Every sentence a user reads, in Chinese and English, as data beside the code.

Each YAML file of this folder maps a code such as ``site.missing_column`` to an entry with the templates ``zh`` and
``en``; findings add ``severity``, ``responsibility`` and the hints ``hint_zh`` and ``hint_en``. Templates are
:meth:`str.format` strings over named parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Literal

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


@cache
def entries() -> Mapping[str, Mapping[str, str]]:
    """All entries by code; a code that stands in two files is a mistake of ours and raises ``ValueError``."""
    import yaml  # noqa: PLC0415 - reading YAML costs a command that prints no text its quick start

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: dict[str, Mapping[str, str]] = {}
    for file in sorted(resources.files(__package__).iterdir(), key=lambda item: item.name):
        if not file.name.endswith(".yaml"):
            continue
        loaded = yaml.load(file.read_text(encoding="utf-8"), Loader=loader) or {}  # noqa: S506 - a safe loader
        if doubles := found.keys() & loaded.keys():
            message = f"catalogue code defined twice: {sorted(doubles)}"
            raise ValueError(message)
        found.update(loaded)
    return found


def text(code: str, lang: Language = "en", /, **params: Any) -> str:
    """Fill the template of a code.

    Parameters
    ----------
    code
        Key of the entry.
    lang
        ``zh`` or ``en``.
    **params
        Values for the template's fields; dates print as ISO dates.

    Raises
    ------
    KeyError
        The code, the language or a field is not there: a mistake of ours, never of the user's.

    Examples
    --------
    >>> text("stage.net_land", "zh")
    '净地'
    """
    return entries()[code][lang].format(**params)


def part(code: str, name: str, default: str = "") -> str:
    """One part of an entry, such as ``severity``, as it stands in the file."""
    return entries()[code].get(name, default)


def has(code: str) -> bool:
    """Whether the catalogue holds the code."""
    return code in entries()
