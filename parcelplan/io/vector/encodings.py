"""The encoding of a dBASE table: as its .cpg declares, as its header says, or by trying out its bytes."""

from __future__ import annotations

import codecs
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pandas.api.types import is_string_dtype

from parcelplan.errors import ConfigError, InputError
from parcelplan.findings import Finding, Findings

Bytes = np.ndarray[Any, np.dtype[np.uint8]]

_HEADER_BYTES, _FIELD_BYTES, _END_OF_FIELDS = 32, 32, 0x0D
_LDID_OFFSET = 29
LANGUAGE_DRIVERS = {
    0x4D: "GB18030",
    0x7A: "GB18030",
    0x4F: "BIG5",
    0x78: "BIG5",
    0x13: "CP932",
    0x7B: "CP932",
    0x4E: "CP949",
    0x79: "CP949",
}
"""Encodings by language driver byte, where it tells something.

0x57 (the maker's own code page) and the western ones, which programs write by default, tell nothing.

Source: the dBASE language driver table that GIS programs share.
"""
_CODE_PAGES = {"936": "GB18030", "950": "BIG5", "932": "CP932", "949": "CP949", "65001": "UTF-8"}
TRIED = ("UTF-8", "GB18030")
_MAX_CELLS = 20_000
_MAX_BYTES = 64 * 2**20
_MAX_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class Guess:
    """How the texts of a table are to be decoded."""

    encoding: str
    findings: Findings
    broken: bool
    """Whether some texts do not decode, so that they must be read byte by byte."""


@dataclass(frozen=True, kw_only=True)
class _Cells:
    """The texts of a table that are more than ASCII."""

    names: tuple[bytes, ...]
    texts: tuple[bytes, ...]
    full: frozenset[bytes]
    """Those that fill their field, so that their last letter may have been cut through."""

    def failures(self, encoding: str) -> int:
        return sum(not self._decodes(cell, encoding) for cell in (*self.names, *self.texts))

    def _decodes(self, cell: bytes, encoding: str) -> bool:
        try:
            # A decoder that waits for more takes the first half of a letter that the field's end cut through.
            codecs.getincrementaldecoder(encoding)().decode(cell, final=cell not in self.full)
        except UnicodeDecodeError:
            return False
        return True

    def text(self, encoding: str) -> str:
        return b"\n".join((*self.names, *self.texts)).decode(encoding, errors="ignore")


def guess_encoding(table: Path, layer: str, chosen: str | None = None) -> Guess:
    """Work out the encoding of a .dbf.

    Parameters
    ----------
    table
        The .dbf; a .cpg beside it is heeded where the bytes do not speak against it.
    layer
        Name for the findings.
    chosen
        Encoding the user names; it stands whatever the file says.

    Returns
    -------
    Guess
        With a finding for every guess, and for a declaration that the bytes contradict.

    Raises
    ------
    ConfigError
        ``chosen`` is no encoding.
    InputError
        The header of the table cannot be read.
    """
    cells, ldid = _cells(table)
    if chosen is not None:
        return _guessed(cells, encoding_named(chosen), layer)
    declared = _declared(table)
    if declared is not None and not cells.failures(declared):
        return _guessed(cells, declared, layer)
    if not cells.names and not cells.texts:
        return Guess(encoding=declared or "UTF-8", findings=Findings(), broken=False)
    encoding, finding = _by_header_or_trial(cells, ldid, declared, layer)
    return _guessed(cells, encoding, layer, finding)


def encoding_named(name: str) -> str:
    """Check the name of an encoding; an unknown one raises :class:`ConfigError`. GB2312 and GBK mean GB18030."""
    try:
        known = codecs.lookup(name.strip()).name
    except (LookupError, ValueError) as error:
        raise ConfigError("error.encoding_unknown", value=name) from error
    return {"gb2312": "GB18030", "gbk": "GB18030", "gb18030": "GB18030"}.get(known, known.upper())


def guess_texts(frame: Any, raw: str, layer: str) -> Guess:
    """Work out the encoding of texts that were read byte by byte, by trial; ``raw`` is the encoding that read them."""
    values = {str(text).encode(raw) for name in _texts_of(frame) for text in frame[name].dropna().unique()}
    names = tuple(str(name).encode(raw) for name in frame.columns)
    cells = _Cells(
        names=tuple(name for name in names if not name.isascii()),
        texts=tuple(value for value in sorted(values) if not value.isascii())[:_MAX_CELLS],
        full=frozenset(),
    )
    encoding, finding = _by_header_or_trial(cells, 0, None, layer)
    return _guessed(cells, encoding, layer, finding)


def texts_decoded(frame: Any, raw: str, encoding: str) -> Any:
    """Decode texts that were read byte by byte, with a mark in place of what does not decode.

    Parameters
    ----------
    frame
        Names of columns and texts as ``raw`` decoded them; stays as it is.
    raw
        Encoding that gives every byte a letter.
    encoding
        Encoding of the bytes.
    """

    def decoded(text: Any) -> Any:
        return text.encode(raw).decode(encoding, errors="replace") if isinstance(text, str) else text

    changed = frame.assign(
        **{name: frame[name].map(decoded, na_action="ignore") for name in _texts_of(frame)}
    )
    headings = {name: str(name).encode(raw).decode(encoding, errors="ignore") for name in changed.columns}
    return changed.rename(columns=headings)


def _texts_of(frame: Any) -> list[Any]:
    return [name for name in frame.columns if is_string_dtype(frame[name])]


def _by_header_or_trial(cells: _Cells, ldid: int, declared: str | None, layer: str) -> tuple[str, Finding]:
    by_header = LANGUAGE_DRIVERS.get(ldid)
    if declared is None and by_header is not None and not cells.failures(by_header):
        params = {"byte": f"0x{ldid:02X}", "sample": _sample(cells, by_header)}
        return by_header, Finding(code="encoding.by_header", layer=layer, value=by_header, params=params)
    encoding, sure = _by_trial(cells)
    params = {"sample": _sample(cells, encoding), "declared": declared or ""}
    if declared is not None:
        return encoding, Finding(code="encoding.cpg_wrong", layer=layer, value=encoding, params=params)
    code = "encoding.by_trial" if sure else "encoding.ambiguous"
    return encoding, Finding(code=code, layer=layer, value=encoding, params=params)


def _by_trial(cells: _Cells) -> tuple[str, bool]:
    """Give the encoding that fails least, and whether the other one is out of the question."""
    failures = {name: cells.failures(name) for name in TRIED}
    if failures["UTF-8"] > failures["GB18030"]:
        return "GB18030", not failures["GB18030"]
    # Chinese in UTF-8 nearly never is anything else; but two bytes of GB18030 may look like a Greek letter.
    if failures["GB18030"] or _has_cjk(cells.text("UTF-8")):
        return "UTF-8", not failures["UTF-8"]
    return "GB18030", False


def _has_cjk(text: str) -> bool:
    return any("\u2e80" <= letter <= "\u9fff" or "\uff00" <= letter <= "\uffef" for letter in text)


def _guessed(cells: _Cells, encoding: str, layer: str, *found: Finding) -> Guess:
    """Join an encoding with what it leaves undecoded."""
    findings, count = list(found), cells.failures(encoding)
    cut = [name for name in cells.names if name in cells.full and not _is_whole(name, encoding)]
    if count:
        params = {"count": count}
        findings.append(Finding(code="encoding.broken", layer=layer, value=encoding, params=params))
    if cut:
        names = ", ".join(name.decode(encoding, errors="ignore") for name in cut)
        findings.append(
            Finding(code="encoding.cut_names", layer=layer, field=names, params={"count": len(cut)})
        )
    return Guess(encoding=encoding, findings=Findings(findings), broken=bool(count or cut))


def _is_whole(text: bytes, encoding: str) -> bool:
    try:
        text.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _sample(cells: _Cells, encoding: str) -> str:
    shown = [*cells.names, *cells.texts][:_MAX_SHOWN]
    return ", ".join(cell.decode(encoding, errors="replace") for cell in shown)


def _declared(table: Path) -> str | None:
    """Encoding of the .cpg, None where there is none or it says nothing known."""
    beside = next((path for end in (".cpg", ".CPG") if (path := table.with_suffix(end)).is_file()), None)
    if beside is None:
        return None
    with beside.open("rb") as file:
        said = file.read(100).decode("ascii", errors="ignore").strip().lower()
    said = said.removeprefix("cp").removeprefix("ansi ").removeprefix("oem ").strip()
    try:
        return _CODE_PAGES.get(said) or encoding_named(f"cp{said}" if said.isdigit() else said)
    except ConfigError:
        return None


# --- the bytes of a table


def _cells(table: Path) -> tuple[_Cells, int]:
    """Texts of a table that are more than ASCII, names of fields and values, and its language driver byte."""
    with table.open("rb") as file:
        head = file.read(_HEADER_BYTES)
        if len(head) < _HEADER_BYTES:
            raise InputError("error.dbf_header", file=table)
        rows, start, width = struct.unpack_from("<IHH", head, 4)
        fields = _fields(file.read(max(start - _HEADER_BYTES, 0)))
        file.seek(start)
        # A damaged header may promise more than any machine holds.
        body = np.frombuffer(file.read(min(rows * width, _MAX_BYTES)), dtype=np.uint8)
    width = max(width, 1)
    records = body[: len(body) // width * width].reshape(-1, width)
    names = tuple(name for name, _, _, _ in fields if not name.isascii())
    values: dict[bytes, None] = {}
    full: set[bytes] = {name for name in names if len(name) >= 10}  # noqa: PLR2004 - the longest name there is
    for _, kind, offset, size in fields:
        if kind == "C":
            found = _texts(records[:, offset : offset + size])
            values |= dict.fromkeys(found)
            full |= {cell for cell in found if len(cell) == size}
    return _Cells(names=names, texts=tuple(values)[:_MAX_CELLS], full=frozenset(full)), head[_LDID_OFFSET]


def _fields(raw: bytes) -> list[tuple[bytes, str, int, int]]:
    """Name, type, offset in the record and width of each field."""
    fields, offset = [], 1
    for at in range(0, len(raw) - _FIELD_BYTES + 1, _FIELD_BYTES):
        if raw[at] == _END_OF_FIELDS:
            break
        kind, size = chr(raw[at + 11]), raw[at + 16]
        fields.append((raw[at : at + 11].split(b"\0")[0], kind, offset, size))
        offset += size
    return fields


def _texts(column: Bytes) -> list[bytes]:
    """Distinct cells with a byte beyond ASCII, without the padding."""
    odd = np.ascontiguousarray(column[(column >= 0x80).any(axis=1)])  # noqa: PLR2004 - the end of ASCII
    if odd.size == 0:
        return []
    cells = {row.tobytes().split(b"\0")[0].rstrip(b" ") for row in odd[:_MAX_CELLS]}
    return sorted(cell for cell in cells if not cell.isascii())
