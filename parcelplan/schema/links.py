"""What a work waits for, as one cell says it: ``W02;W03:SS+10;W04:FF-3``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

Relation = Literal["FS", "SS", "FF", "SF"]
"""Finish to start, start to start, finish to finish, start to finish."""

_ROUGH, _FINE = re.compile(r"[;；\n]"), re.compile(r"[,，、]")
_LAG = r"([+-]\s*\d{1,5})\s*(?:e?d(?:ays?)?|天|日|个?日历[天日])?"
_TAIL = re.compile(rf"(?:(fs|ss|ff|sf)\s*(?:{_LAG})?|{_LAG})")
# Without a colon or a relation W03-3 may as well be an id that nobody has.
_BARE = re.compile(rf"(fs|ss|ff|sf)\s*(?:{_LAG})?|(?=\+){_LAG}")


@dataclass(frozen=True, kw_only=True)
class Link:
    """One predecessor of a work; the lag is in calendar days and may be negative."""

    before: str
    relation: Relation = "FS"
    lag_days: int = 0

    def __str__(self) -> str:
        """As a cell says it; an end-to-start link without a lag is the id alone."""
        if self.relation == "FS" and not self.lag_days:
            return self.before
        return f"{self.before}:{self.relation}" + (f"{self.lag_days:+d}" if self.lag_days else "")


def parse_links(text: str, known_ids: Collection[str]) -> list[Link]:
    """Predecessors of one work, in the order of the cell.

    Parameters
    ----------
    text
        Ids of works, separated by semicolons (commas too, where what they part can be read); each may be followed by a
        colon, a relation and a lag in calendar days, such as ``W02:SS+10``, ``W02:+5``, ``W02FF-3天``.
    known_ids
        Ids of all works: an id goes before a reading of its letters as a relation.

    Returns
    -------
    list of Link
        What cannot be read stands in ``before`` as it was written, so that it is found as an id that points nowhere.

    Examples
    --------
    >>> parse_links("W02:SS+10; W03FF-3d;W04", {"W02", "W03", "W04"})[1]
    Link(before='W03', relation='FF', lag_days=-3)
    >>> format_links(parse_links("W02:FS；W9:ss＋2天", {"W02"}))
    'W02;W9:SS+2'
    """
    known = set(known_ids)
    links: list[Link] = []
    for part in filter(None, (item.strip() for item in _ROUGH.split(text))):
        whole = _read(part, known)
        finer = [item.strip() for item in _FINE.split(part) if item.strip()]
        if whole is None and len(finer) > 1:
            links += [_read(item, known) or _unknown(item) for item in finer]
        else:
            links.append(whole or _unknown(part))
    return links


def format_links(links: Iterable[Link]) -> str:
    """The links as one cell, which :func:`parse_links` reads back."""
    return ";".join(map(str, links))


def _read(part: str, known: set[str]) -> Link | None:
    """The link of a part that begins with a known id; the longest id that fits."""
    if part in known:
        return Link(before=part)
    for name in sorted((name for name in known if name and part.startswith(name)), key=len, reverse=True):
        if (link := _link(name, part[len(name) :])) is not None:
            return link
    return None


def _unknown(part: str) -> Link:
    """The link of an id that nobody has: only a colon can tell where it ends."""
    name, colon, tail = part.replace("：", ":").rpartition(":")
    return (_link(name.strip(), colon + tail) if colon and name.strip() else None) or Link(before=part)


def _link(name: str, rest: str) -> Link | None:
    said = unicodedata.normalize("NFKC", rest).replace("−", "-").strip().lower()
    match = _TAIL.fullmatch(said[1:].strip()) if said.startswith(":") else _BARE.fullmatch(said)
    if match is None:
        return None
    relation, lag, alone = match.groups()
    days = int(re.sub(r"\s", "", lag or alone or "0"))
    return Link(before=name, relation=(relation or "fs").upper(), lag_days=days)  # type: ignore[arg-type]
