"""The page of the rule book, from its packs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from docs.reference_pages.layout import Row, page_of, table
from parcelplan.catalogue import text
from parcelplan.rules.pack import Confidence, Pack, Rule, Value, shipped_pack, shipped_packs


def rules() -> str:
    """Every value of every rule pack."""
    confidence = "; ".join(f"`{key}` {text(f'confidence.{key}', 'en')}" for key in get_args(Confidence))
    intro = (
        "Every value the shipped rule packs hold, with the period in which it holds, the document and the clause. "
        "`until` is the first day on which a value no longer holds. "
        f"Confidence: {confidence}. How packs are read and how to add your own: [rules](../concepts/rules.md)."
    )
    return page_of("Rule book", intro, *(_pack(shipped_pack(name)) for name in _strength()))


def _strength() -> list[str]:
    first = ["national", "chongqing"]
    return [*first, *(name for name in shipped_packs() if name not in first)]


def _pack(pack: Pack) -> str:
    mark = "\n\n**Illustrative: these values stand for others that are not published, and bind nobody.**"
    head = f"## `{pack.pack}` {pack.title_zh} · {pack.title_en}{mark if pack.illustrative else ''}"
    return "\n\n".join([head, *(_rule(name, rule) for name, rule in pack.rules.items())])


def _rule(name: str, rule: Rule) -> str:
    sense = {"min": "at least", "max": "at most", "value": "a quantity"}[rule.direction]
    head = ("from", "until", "value", "when", "confidence", "document and clause", "note")
    rows = table(head, (row for value in rule.values for row in _rule_rows(value)))
    return f"### `{name}`\n\n{rule.title_zh} · {rule.title_en} ({sense}, `{rule.unit}`)\n\n{rows}"


def _rule_rows(value: Value) -> Iterator[Row]:
    source = f"{value.document} {value.clause}".strip()
    answers: list[tuple[object, str, str]] = [
        (f"{row.value:g}", _conditions(row.when), row.confidence or value.confidence) for row in value.rows
    ]
    if not answers:
        given = f"{value.value:g}" if value.value is not None else f"{value.words_zh} · {value.words_en}"
        answers = [(given, "", value.confidence)]
    for place, (answer, when, confidence) in enumerate(answers):
        said = (source, value.note) if place == 0 else ("〃", "")
        yield value.from_on, value.until_on, answer, when, confidence, *said


def _conditions(when: Mapping[str, Any]) -> str:
    signs = {"_min": "≥", "_above": ">", "_max": "≤", "_below": "<"}
    parts = []
    for key, given in when.items():
        end = next((end for end in signs if key.endswith(end)), "")
        figure = f"{given:g}" if isinstance(given, float) else given
        shown = ", ".join(given) if isinstance(given, list) else figure
        parts.append(f"{key.removesuffix(end)} {signs.get(end, '=')} {shown}")
    return ", ".join(parts)
