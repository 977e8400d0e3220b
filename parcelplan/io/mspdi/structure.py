"""The elements that are written, each with its place in its parent: the schema is a sequence."""

from __future__ import annotations

import csv
import html
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

NAMESPACE = "http://schemas.microsoft.com/project"
# What XML 1.0 cannot hold, not even escaped.
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

Content = Mapping[str, Any]
"""Child → text, content of its own, a list of either, or None to leave it out."""


def xml_safe(text: str) -> str:
    r"""A text without the signs that no XML can hold, and with one kind of line end.

    Examples
    --------
    >>> xml_safe("a" + chr(7) + "b" + chr(13) + chr(10) + "c")
    'a b\nc'
    """
    return _NO_XML.sub(" ", text).replace("\r\n", "\n").replace("\r", "\n")


def document(content: Content) -> str:
    """A whole document; children stand in the order of the schema whatever the order of ``content``.

    Raises
    ------
    KeyError
        The schema has no such child there: a mistake of ours.
    """
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    return "\n".join([head, *_lines("Project", content, ("Project",), f' xmlns="{NAMESPACE}"'), ""])


@cache
def children_of(path: tuple[str, ...]) -> Mapping[str, int]:
    """Children that an element may have, each with its place; names that stand twice are told apart by their parent."""
    text = resources.files(__package__).joinpath("structure.csv").read_text(encoding="utf-8")
    known = {row["parent"]: row["children"].split(";") for row in csv.DictReader(text.splitlines())}
    names = known.get("/".join(path[-2:])) or known[path[-1]]
    return {name: place for place, name in enumerate(names)}


def _lines(name: str, content: Any, path: tuple[str, ...], attributes: str = "") -> Iterator[str]:
    indent = "  " * (len(path) - 1)
    if not isinstance(content, Mapping):
        yield f"{indent}<{name}>{html.escape(xml_safe(str(content)), quote=False)}</{name}>"
        return
    places = children_of(path)
    yield f"{indent}<{name}{attributes}>"
    for child in sorted(content, key=lambda item: places[item]):
        value = content[child]
        items = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
        for item in items:
            if item is not None:
                yield from _lines(child, item, (*path, child))
    yield f"{indent}</{name}>"
