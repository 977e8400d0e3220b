"""Verdicts: a value held against a limit, with margin and clause, or the reason why there is no answer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from parcelplan import catalogue
from parcelplan.rules import RuleSet, RuleValue
from parcelplan.rules.quantity import PERCENT, factor

NOISE = 1e-9
"""Part of value or limit by which a limit may be missed before it counts: rounding of floats, nothing
else."""

Origin = Literal["planning_condition", "rule_book"]

COLUMNS = {
    "parcel_id": "str",
    "scheme_id": "str",
    "rule": "str",
    "value": "float64",
    "limit": "float64",
    "unit": "str",
    "direction": "str",
    "verdict": "str",
    "margin": "float64",
    "document": "str",
    "clause": "str",
    "confidence": "str",
    "illustrative": "bool",
    "origin": "str",
    "reason": "str",
    "params": "object",
}


@dataclass(frozen=True, kw_only=True)
class Limit:
    """What a value is held against, and where that stands."""

    value: float = math.nan
    """In ``unit``; NaN where no limit is known."""
    unit: str = "ratio"
    direction: Literal["min", "max"] = "max"
    origin: Origin = "rule_book"
    source: RuleValue | None = None
    """The rule behind it; None for a planning condition and for what the data themselves demand."""
    missing: str = ""
    """Catalogue code of the reason where no limit is known."""
    needs: str = ""
    """What to supply where no limit is known: a column, or a rule with its conditions."""


def condition_limit(
    value: float, column: str, direction: Literal["min", "max"], unit: str = "ratio"
) -> Limit:
    """Limit from a parcel's planning condition; NaN is a condition that was not given."""
    code = "rule.unknown.condition"
    return Limit(
        value=value,
        unit=unit,
        direction=direction,
        origin="planning_condition",
        missing=code,
        needs=f"parcels.{column}",
    )


def rule_limit(
    rules: RuleSet, rule_id: str, direction: Literal["min", "max"], unit: str = "ratio", **conditions: Any
) -> Limit:
    """Limit from the rule book on its day; a rule that gives only words is left to a person."""
    found = rules.value(rule_id, **conditions)
    if found is not None:
        return Limit(value=found.value, unit=found.unit, direction=direction, source=found)
    words = rules.words(rule_id)
    named = ", ".join(f"{name}={value}" for name, value in conditions.items() if value)
    return Limit(
        unit=unit,
        direction=direction,
        source=words,
        missing="rule.unknown.words" if words else "rule.unknown.rule",
        needs=f"{rule_id} ({named})" if named else rule_id,
    )


def first_given(*limits: Limit) -> Limit:
    """The first limit that has a value; where none has, the last one says what is missing."""
    return next((limit for limit in limits if not math.isnan(limit.value)), limits[-1])


@dataclass(frozen=True, kw_only=True)
class Question:
    """One value of one subject, and what it is held against."""

    rule: str
    """Code such as ``rule.far_max``."""
    parcel_id: str
    scheme_id: str = ""
    value: float
    """In base units (metres, m², yuan, ratios)."""
    needs: str
    """Column to supply where the value is missing."""
    limit: Limit
    dimension: str = "ratio"
    """What value and limit measure, as :data:`parcelplan.rules.quantity.UNITS` names it."""
    noise: float = 0.0
    """Absolute difference in base units that does not count, for ground measured from coordinates."""
    params: Mapping[str, Any] | None = None


def answer(question: Question, rules: RuleSet) -> dict[str, Any]:
    """Hold the value against the limit, in the limit's unit.

    Returns
    -------
    dict
        One row with the keys of :data:`COLUMNS`. ``margin`` is positive where room is left. A limit is missed
        when it is missed by more than ``NOISE`` times the larger of value and limit, plus the question's own
        noise.
    """
    limit, size = question.limit, _unit_size(question)
    value = question.value / size
    margin = limit.value - value if limit.direction == "max" else value - limit.value
    allowed = NOISE * max(abs(value), abs(limit.value)) + question.noise / size
    verdict, reason, needs = _verdict(question, margin, allowed)
    own = {
        "needs": needs,
        "on": rules.on.isoformat(),
        **_source_params(limit.source),
        **(question.params or {}),
    }
    return {
        "parcel_id": question.parcel_id,
        "scheme_id": question.scheme_id,
        "rule": question.rule,
        "value": value,
        "limit": limit.value,
        "unit": limit.unit,
        "direction": limit.direction,
        "verdict": verdict,
        "margin": margin,
        "document": limit.source.document if limit.source else "",
        "clause": limit.source.clause if limit.source else "",
        "confidence": limit.source.confidence if limit.source else "",
        "illustrative": limit.source is not None and limit.source.illustrative,
        "origin": limit.origin,
        "reason": reason,
        "params": own,
    }


def _unit_size(question: Question) -> float:
    source = question.limit.source
    return factor(question.limit.unit, question.dimension, source.rule_id if source else question.rule)


def _verdict(question: Question, margin: float, allowed: float) -> tuple[str, str, str]:
    """Verdict, catalogue code of the reason, and what to supply."""
    if math.isnan(question.limit.value):
        return "unknown", question.limit.missing, question.limit.needs
    if math.isnan(margin):
        return "unknown", "rule.unknown.value", question.needs
    verdict = "violated" if margin < -allowed else "ok"
    return verdict, f"{question.rule}.{verdict}", ""


def _source_params(source: RuleValue | None) -> dict[str, str]:
    if source is None:
        return {}
    both: tuple[catalogue.Language, ...] = catalogue.LANGUAGES
    texts: dict[str, Callable[[catalogue.Language], str]] = {
        "reference": source.reference,
        "words": source.words,
    }
    return {f"{name}_{lang}": of(lang) for name, of in texts.items() for lang in both} | {
        "rule_id": source.rule_id
    }


def verdict_frame(questions: list[Question], rules: RuleSet) -> pd.DataFrame:
    """Answer all questions: one row each, in their order, columns as declared."""
    rows = [answer(question, rules) for question in questions]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def questions(
    template: Question, values: pd.Series, limits: list[Limit], subjects: pd.DataFrame
) -> list[Question]:
    """One question a subject from aligned values and limits; ``subjects`` has parcel_id and scheme_id."""
    rows = zip(
        subjects["parcel_id"], subjects["scheme_id"], values.to_numpy(dtype=float), limits, strict=True
    )
    return [
        replace(template, parcel_id=str(parcel), scheme_id=str(scheme), value=float(value), limit=limit)
        for parcel, scheme, value, limit in rows
    ]


def verdict_text(row: Mapping[str, Any] | pd.Series, lang: catalogue.Language = "en") -> str:
    """Say one verdict in a sentence: what, by how much, by which clause, and how far to trust it.

    Parameters
    ----------
    row
        A row of the verdicts.
    lang
        ``zh`` or ``en``.
    """
    params = dict(row["params"])
    own = {
        **params,
        "title": catalogue.text(f"{row['rule']}.title", lang),
        **{
            name: _figure(abs(row[name]), str(row["rule"]), row["unit"], lang)
            for name in ("value", "limit", "margin")
        },
        "words": params.get(f"words_{lang}", ""),
    }
    sentence = catalogue.text(str(row["reason"]), lang, **own)
    return sentence + _trust(row, params.get(f"reference_{lang}", ""), lang)


def _trust(row: Mapping[str, Any] | pd.Series, reference: str, lang: catalogue.Language) -> str:
    if not reference:
        named = row["origin"] == "planning_condition" and row["verdict"] != "unknown"
        return catalogue.text("rule.note.planning_condition", lang) if named else ""
    note = catalogue.text("rule.note.reference", lang, reference=reference)
    if row["illustrative"]:
        return note + catalogue.text("rule.note.illustrative", lang)
    doubtful = row["confidence"] != "V"
    return note + (catalogue.text(f"rule.note.confidence.{row['confidence']}", lang) if doubtful else "")


def _figure(value: float, rule: str, unit: str, lang: catalogue.Language) -> str:
    """A figure with its unit, at least two decimals and three digits; shares in per cent."""
    if not np.isfinite(value):
        return "–"
    if unit == "ratio" and catalogue.part(f"{rule}.title", "show") == "percent":
        value, unit = value / PERCENT, "percent"
    decimals = 2 if value == 0 else max(2, 2 - math.floor(math.log10(value)))
    number = f"{value:,.{decimals}f}".rstrip("0").rstrip(".")
    return catalogue.text(f"rule.unit.{unit}", lang, number=number)


def verdict_counts(verdicts: pd.DataFrame) -> dict[str, int]:
    """How many verdicts are ok, violated and unknown.

    Examples
    --------
    >>> verdict_counts(pd.DataFrame({"verdict": ["ok", "unknown", "ok"]}))
    {'ok': 2, 'violated': 0, 'unknown': 1}
    """
    counts = verdicts["verdict"].value_counts()
    return {name: int(counts.get(name, 0)) for name in ("ok", "violated", "unknown")}
