"""XML is looked at before a native reader sees it: a document that defines entities is refused.

Entities serve an attacker twice: nested ones grow without bound, external ones read files of this machine or call
another. No format that is read here needs them, and they can only be defined before the root element, so that the
check ends at the first tag.
"""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import BinaryIO, NoReturn
from xml.parsers import expat

from parcelplan.errors import InputError

_CHUNK = 65_536
_LONGEST_PROLOG = 1_048_576
"""Bytes before the root element: comments and a declaration; more is no document."""
CHINESE_ENCODINGS = ("gb2312", "gbk", "gb18030", "big5")
"""Encodings in use that the parser does not know; any other that it does not know is refused."""


class _RootFound(Exception):  # noqa: N818 - the good end of the search
    """The document type could only have stood before this tag."""


class _DoctypeFound(Exception):  # noqa: N818 - what is looked for, not a fault
    """The document defines, or calls for, entities."""


def is_xml(path: Path) -> bool:
    """Whether a file begins as XML does, whatever its name says: native readers go by content too."""
    with path.open("rb") as file:
        head = file.read(256)
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (b"<\x00", "utf-16-le"),
        (b"\x00<", "utf-16-be"),
    ):
        if head.startswith(mark):
            head = head.decode(encoding, "ignore").lstrip("\ufeff").encode("utf-8")
            break
    return head.lstrip().startswith(b"<")


def refuse_entities(path: Path) -> None:
    """Refuse a document with a document type, the only place where entities are defined.

    Parameters
    ----------
    path
        Any file; one that does not begin as XML passes.

    Raises
    ------
    InputError
        There is a document type, or no root element is reached: no XML after all, or cut short.
    """
    try:
        if not is_xml(path):
            return
        with path.open("rb") as file:
            _search(file, None)
    except _RootFound:
        return
    except _DoctypeFound as found:
        raise InputError("error.xml_entities", file=path) from found
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise InputError("error.xml_broken", file=path, reason=error) from error
    except OSError as error:
        raise InputError("error.unreadable", file=path, reason=error.strerror) from error


def _search(file: BinaryIO, encoding: str | None) -> None:
    """Read up to the first tag; ``encoding`` decodes what the parser cannot, such as GB 2312."""
    parser = expat.ParserCreate("utf-8" if encoding else None)
    decoder = codecs.getincrementaldecoder(encoding)() if encoding else None
    declared: list[str] = []
    parser.XmlDeclHandler = lambda _version, name, _standalone: declared.append(name or "utf-8")
    parser.StartDoctypeDeclHandler = _found_doctype
    parser.StartElementHandler = _found_root
    read = 0
    while read < _LONGEST_PROLOG and (chunk := file.read(_CHUNK)):
        read += len(chunk)
        try:
            parser.Parse(decoder.decode(chunk).encode("utf-8") if decoder else chunk, False)  # noqa: FBT003
        except (expat.ExpatError, LookupError, ValueError):
            if encoding or not declared or declared[0].lower() not in CHINESE_ENCODINGS:
                raise
            file.seek(0)
            _search(file, declared[0])
    # Only a complaint can follow: a document without a tag is cut short, and one so long is none.
    parser.Parse(b"", True)  # noqa: FBT003
    message = "no element"
    raise ValueError(message)


def _found_root(*_: object) -> NoReturn:
    raise _RootFound


def _found_doctype(*_: object) -> NoReturn:
    raise _DoctypeFound
