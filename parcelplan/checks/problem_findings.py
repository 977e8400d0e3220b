"""Findings about a planning problem: small questions that many of its parts are asked."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import date

from parcelplan.findings import Finding

SHARE_TOLERANCE = 1e-6
"""By so much may shares that make up a whole miss 1."""


def wrong(code: str, layer: str, feature_id: str, field: str, value: object, **params: object) -> Finding:
    """One finding about a part of the problem."""
    return Finding(
        code=f"problem_check.{code}",
        layer=layer,
        feature_id=feature_id,
        field=field,
        value=value,
        params=params,
    )


def twice(layer: str, ids: Iterable[str]) -> Iterator[Finding]:
    """Ids that several parts of one kind have."""
    for name, count in Counter(ids).items():
        if count > 1:
            yield wrong("duplicate_id", layer, name, "id", name, count=count)


def unknown(
    layer: str, feature_id: str, field: str, names: Iterable[str], known: Collection[str]
) -> Iterator[Finding]:
    """Ids that point nowhere, each once."""
    for name in dict.fromkeys(names):
        if name not in known:
            yield wrong("unknown_id", layer, feature_id, field, name)


def below_zero(layer: str, feature_id: str, field: str, value: float | None) -> Iterator[Finding]:
    """A figure that cannot be negative, or that is no number."""
    if value is not None and not (math.isfinite(value) and value >= 0):
        yield wrong("negative", layer, feature_id, field, value)


def no_share(layer: str, feature_id: str, field: str, value: float) -> Iterator[Finding]:
    """A share that does not lie between 0 and 1."""
    if not 0 <= value <= 1:
        yield wrong("no_share", layer, feature_id, field, value)


def reversed_period(
    layer: str,
    feature_id: str,
    field: str,
    from_on: date | None,
    until_on: date | None,
    *,
    closed: bool = False,
) -> Iterator[Finding]:
    """A period that ends before it begins; a half-open one also where it holds no day."""
    if from_on is None or until_on is None:
        return
    if until_on < from_on or (until_on == from_on and not closed):
        yield wrong("reversed", layer, feature_id, field, until_on, from_on=from_on)
