"""Bytes to lines: encoding, line ends, and the places that cannot be read."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from parcelplan.errors import InputError
from parcelplan.io.boundary_txt import vocabulary

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_FIRST_CJK = "\u2e80"
# Full-width forms of the ASCII signs and digits, and the ideographic space.
HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


@dataclass(frozen=True, kw_only=True)
class TextFile:
    """Lines of a file and how they were found."""

    lines: tuple[str, ...]
    encoding: str
    newline: Literal["CRLF", "LF", "CR", "mixed"]
    final_newline: bool
    damaged: tuple[int, ...] = ()
    """Lines that hold bytes of no character."""


def read_text(path: Path, encoding: str | None = None) -> TextFile:
    """Read a text file of unknown encoding.

    Parameters
    ----------
    path
        The file.
    encoding
        Name of a codec that overrides the guess.

    Raises
    ------
    InputError
        The file is missing, holds null bytes, or is not in the encoding given; the message names file and line.
    """
    if not path.is_file():
        raise InputError("error.no_file", file=path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError("error.unreadable", file=path, reason=error.strerror) from error
    codec = encoding or _marked(raw) or _guessed(raw)
    text = _decoded(raw, codec, path, strict=encoding is not None)
    if "\0" in text:
        raise InputError("error.txt_not_text", file=path, line=_line(text, text.index("\0")))
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return TextFile(
        lines=tuple(lines[:-1] if lines[-1] == "" else lines),
        encoding=codecs.lookup(codec).name,
        newline=_newline(text),
        final_newline=text.endswith(("\n", "\r")),
        damaged=tuple(number for number, line in enumerate(lines, start=1) if "\ufffd" in line),
    )


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _marked(raw: bytes) -> str | None:
    return next((codec for mark, codec in _MARKS.items() if raw.startswith(mark)), None)


def _guessed(raw: bytes) -> str:
    """UTF-8 where the bytes are and speak the format's words; short GBK texts may be valid UTF-8 by chance."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return _chinese(raw)
    if text.isascii():
        return "utf-8"
    codec = _chinese(raw)
    other = raw.decode(codec, "replace")
    if _known_words(other) == _known_words(text):
        return codec if _western(text) and not _western(other) else "utf-8"
    return codec if _known_words(other) > _known_words(text) else "utf-8"


def _western(text: str) -> bool:
    """Whether all that is not ASCII are letters of alphabets with few signs, as Chinese misread looks."""
    return all(sign.isascii() or (sign.isalpha() and sign < _FIRST_CJK) for sign in text)


def _chinese(raw: bytes) -> str:
    try:
        raw.decode("gbk")
    except UnicodeDecodeError:
        return "gb18030"
    return "gbk"


def _known_words(text: str) -> int:
    words = (*vocabulary.words()["sections"].values(), *vocabulary.header_keys(), *vocabulary.kinds())
    return sum(word in text for word in words)


def _decoded(raw: bytes, codec: str, path: Path, *, strict: bool) -> str:
    try:
        return raw.decode(codec)
    except LookupError as error:
        raise InputError("error.txt_no_encoding", file=path, encoding=codec) from error
    except UnicodeDecodeError as error:
        if strict:
            line = raw.count(b"\n", 0, error.start) + 1
            raise InputError("error.txt_encoding", file=path, line=line, encoding=codec) from error
        return raw.decode(codec, "replace")


def _newline(text: str) -> Literal["CRLF", "LF", "CR", "mixed"]:
    pairs = text.count("\r\n")
    counts = {"CRLF": pairs, "LF": text.count("\n") - pairs, "CR": text.count("\r") - pairs}
    used = [name for name, count in counts.items() if count]
    if len(used) > 1:
        return "mixed"
    return used[0] if used else "LF"  # type: ignore[return-value]  # the keys of counts
