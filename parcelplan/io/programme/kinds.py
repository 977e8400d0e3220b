"""Kinds of works guessed from their names, by words that stand in ``kind_words.csv``; each guess is a finding."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from functools import cache
from importlib import resources

from parcelplan.findings import Finding, Findings

_UNIT = 2
"""Letters of a unit such as kV, which stands right behind its figure."""


@cache
def _words() -> tuple[tuple[str, str], ...]:
    """Word and kind, the longest words first: 河道上的桥 is no river work for its 河道 alone."""
    text = resources.files(__package__).joinpath("kind_words.csv").read_text(encoding="utf-8")
    pairs = [
        (word.lower(), row["kind"])
        for row in csv.DictReader(text.splitlines())
        for word in row["words"].split(";")
    ]
    return tuple(sorted(pairs, key=lambda pair: -len(pair[0])))


def guess_kind(names: Sequence[str]) -> tuple[str, str]:
    """Kind of a work, and the word that tells it; both empty where no name tells one.

    Parameters
    ----------
    names
        The work's own name, then those of the headings above it, the nearest first. Of several words in one name the
        longest counts, then the last: what a Chinese name speaks of stands at its end.

    Examples
    --------
    >>> guess_kind(["220千伏白陈线下地"]), guess_kind(["清表", "征地拆迁"]), guess_kind(["例会"])
    (('line_undergrounding', '下地'), ('acquisition', '拆迁'), ('', ''))
    """
    for name in names:
        said = name.lower()
        hits = [
            (len(word), said.rfind(word), kind, word) for word, kind in _words() if _stands_in(word, said)
        ]
        if hits:
            _, _, kind, word = max(hits)
            return kind, word
    return "", ""


def _stands_in(word: str, said: str) -> bool:
    """Whether a name holds a word; an English one only from its first letter on: abroad is no road."""
    if word.isascii() and len(word) > _UNIT:
        return re.search(rf"\b{re.escape(word)}", said) is not None
    return word in said


def guess_finding(work_id: str, name: str, kind: str, word: str) -> Finding:
    """What there is to say of a guess, or of none."""
    code = "programme.kind_guessed" if kind else "programme.kind_unknown"
    params = {"kind": kind, "word": word, "name": name}
    return Finding(code=code, layer="works", feature_id=work_id, field="kind", value=name, params=params)


def without_missing_kinds(findings: Findings) -> Findings:
    """The findings without those on empty kinds, which are told better here."""
    return Findings(
        item
        for item in findings
        if not (item.code in {"schema.missing_value", "schema.missing_column"} and item.field == "kind")
    )
