"""XML out of files that nobody trusts, as a small tree: no entities, no document types, bounded size and depth."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO
from xml.parsers import expat

from parcelplan.errors import InputError
from parcelplan.io.guard.footprint import refuse_odd_files, unchanged
from parcelplan.io.guard.limits import DEFAULT, MEBIBYTE
from parcelplan.io.guard.xml_prolog import CHINESE_ENCODINGS, refuse_entities

LIMITS = replace(DEFAULT, file_bytes=256 * MEBIBYTE)
MOST_NODES = 3_000_000
"""Elements kept of one document; a schedule of 20,000 tasks has about two million."""
MOST_DEPTH = 24
MOST_TEXT = 16 * MEBIBYTE
"""Characters of one element; what is remembered of 20,000 works takes about three million."""
# Bulky parts that no schedule of works needs: hours by day, earlier versions, looks of the program's windows.
SKIPPED = frozenset(
    (
        *("TimephasedData", "Baseline", "OutlineCodes", "OutlineCode", "WBSMasks", "Rates", "ValueList"),
        *("Views", "Filters", "Groups", "Tables", "Maps", "Reports", "Drawings", "DataLinks", "VBAProjects"),
    )
)
_CHUNK = 65_536


@dataclass(slots=True)
class Node:
    """One element: its name without the namespace, its text, and its children in their order."""

    name: str
    text: str = ""
    children: list[Node] = field(default_factory=list)

    def all(self, name: str) -> Iterator[Node]:
        """Children of one name."""
        return (child for child in self.children if child.name == name)

    def inside(self, *path: str) -> Iterator[Node]:
        """Grandchildren along a path, such as ``Tasks`` and ``Task``."""
        if not path:
            yield self
            return
        for child in self.all(path[0]):
            yield from child.inside(*path[1:])

    def say(self, name: str) -> str:
        """Text of the first child of that name, stripped; empty where there is none."""
        return next((child.text.strip() for child in self.all(name)), "")


class _Refused(Exception):  # noqa: N818 - a document that is refused, not a fault of ours
    """The document is refused; the argument is the catalogue code."""


def read_tree(path: Path) -> Node:
    """Read the elements of a document, without the bulky parts of :data:`SKIPPED`.

    Raises
    ------
    InputError
        There is no such file; it is too large, too deep, changes while it is read, is no well-formed XML, or declares
        a document type or an entity.
    """
    refuse_odd_files(path, LIMITS)
    refuse_entities(path)
    with unchanged(path):
        try:
            with path.open("rb") as file:
                return _parse(file)
        except _Refused as error:
            raise InputError(str(error), file=path) from error
        except (expat.ExpatError, LookupError, ValueError) as error:
            raise InputError("error.xml_broken", file=path, reason=error) from error
        except OSError as error:
            raise InputError("error.unreadable", file=path, reason=error.strerror) from error


def _parse(file: BinaryIO, encoding: str | None = None) -> Node:
    """Read all elements; ``encoding`` decodes what the parser cannot, such as GB 18030."""
    parser = expat.ParserCreate("utf-8" if encoding else None)
    parser.buffer_text, parser.buffer_size = True, _CHUNK
    decoder = codecs.getincrementaldecoder(encoding)() if encoding else None
    declared: list[str] = []
    builder = _Builder()
    parser.XmlDeclHandler = lambda _version, name, _standalone: declared.append((name or "utf-8").lower())
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = _refuse
    try:
        while chunk := file.read(_CHUNK):
            parser.Parse(decoder.decode(chunk).encode() if decoder else chunk, False)  # noqa: FBT003
        parser.Parse(b"", True)  # noqa: FBT003
    except (expat.ExpatError, LookupError, ValueError):
        if encoding or not declared or declared[0] not in CHINESE_ENCODINGS:
            raise
        file.seek(0)
        return _parse(file, declared[0])
    return builder.root.children[0]


def _refuse(*_: object) -> None:
    raise _Refused("error.xml_entities")


class _Builder:
    """Puts the tree together while the parser reads."""

    def __init__(self) -> None:
        self.root = Node("")
        self._open = [self.root]
        self._said: list[list[str]] = [[]]
        self._length = 0
        self._skipping = 0
        self._count = 0

    def start(self, name: str, _attributes: object) -> None:
        local = name.rpartition(":")[2]
        if self._skipping or local in SKIPPED:
            self._skipping += 1
            return
        self._count += 1
        if self._count > MOST_NODES or len(self._open) > MOST_DEPTH:
            raise _Refused("error.xml_too_large")
        node = Node(local)
        self._open[-1].children.append(node)
        self._open.append(node)
        self._said.append([])
        self._length = 0

    def end(self, _name: str) -> None:
        if self._skipping:
            self._skipping -= 1
        else:
            self._open.pop().text = "".join(self._said.pop())

    def data(self, text: str) -> None:
        if self._skipping:
            return
        self._length += len(text)
        if self._length > MOST_TEXT:
            raise _Refused("error.xml_too_large")
        self._said[-1].append(text)
