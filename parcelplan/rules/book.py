"""The rule book, and what it says on one day."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from parcelplan.catalogue import Language
from parcelplan.dates import StatutoryClock
from parcelplan.rules.pack import Confidence, Direction, Pack, Row, Rule, Value, shipped_pack, user_pack

CLOCK_RULES = ("clock.notice_days", "clock.listing_days", "clock.result_working_days")


@dataclass(frozen=True, kw_only=True)
class RuleValue:
    """One value of one rule, with all that a reader needs to check it."""

    rule_id: str
    value: float
    """In ``unit``; NaN where the rule is words alone."""
    unit: str
    """Unit of the document, a key of :data:`parcelplan.rules.quantity.UNITS`."""
    direction: Direction
    from_on: date
    """First day on which it holds."""
    until_on: date | None
    """First day on which it no longer holds; None while it holds."""
    document: str
    clause: str
    confidence: Confidence
    """V seen in a source, W in a weak one, M well known but not seen, U unsure."""
    pack: str
    illustrative: bool
    """True where the value only stands for one that is not published."""
    conditions: Mapping[str, Any] = field(default_factory=dict)
    """What the table's row asks for; empty for a rule without a table."""
    note: str = ""
    words_zh: str = ""
    words_en: str = ""
    title_zh: str = ""
    title_en: str = ""
    document_en: str = ""
    clause_en: str = ""

    def title(self, lang: Language = "en") -> str:
        """Name of the rule."""
        return self.title_zh if lang == "zh" else self.title_en

    def words(self, lang: Language = "en") -> str:
        """What the rule says where it gives no number; otherwise empty."""
        return self.words_zh if lang == "zh" else self.words_en

    def reference(self, lang: Language = "en") -> str:
        """Document and clause in one string; the Chinese title where no English one is given."""
        if lang == "en" and self.document_en:
            return f"{self.document_en}, {self.clause_en}" if self.clause_en else self.document_en
        return f"{self.document} {self.clause}".strip()


@dataclass(frozen=True)
class RuleSet:
    """What the packs say on one day. A later pack wins over an earlier one wherever it holds a value."""

    on: date
    packs: tuple[Pack, ...]

    def value(self, rule_id: str, /, **conditions: Any) -> RuleValue | None:
        """Look up one value.

        Parameters
        ----------
        rule_id
            Such as ``building_coefficient.min``.
        **conditions
            What is known of the case, such as ``voltage_kv=220``. Conditions that a table does not ask for
            are passed over; one that it asks for and that is missing or NaN finds no row.

        Returns
        -------
        RuleValue or None
            None where no pack holds a number for this day and these conditions: the answer is unknown.
        """
        return next(
            (found for found in self._found(rule_id, conditions) if not math.isnan(found.value)), None
        )

    def words(self, rule_id: str, /) -> RuleValue | None:
        """Look up a rule that holds on the day and gives words instead of a number."""
        return next((found for found in self._found(rule_id, {}) if math.isnan(found.value)), None)

    def table(self, rule_id: str, /) -> tuple[RuleValue, ...]:
        """All rows of a tabulated rule, those of the strongest pack first; empty where none holds."""
        return tuple(
            _rule_value(pack, rule_id, value, row)
            for pack, value in self._values(rule_id)
            for row in value.rows
        )

    def lapsed(self, rule_id: str, /) -> bool:
        """Whether the rule once held and ended without a successor, so that nothing is left to check."""
        ends = [
            value.until_on
            for pack in self.packs
            if rule_id in pack.rules
            for value in pack.rules[rule_id].values
        ]
        return bool(ends) and all(end is not None and end <= self.on for end in ends)

    def rule_ids(self) -> tuple[str, ...]:
        """Ids of all rules of the packs, whether they hold on the day or not."""
        return tuple(sorted({rule_id for pack in self.packs for rule_id in pack.rules}))

    def clock(self) -> StatutoryClock | None:
        """Lengths of a listing's statutory clock; None where one of them has no value on the day."""
        notice, listing, result = (self.value(rule_id) for rule_id in CLOCK_RULES)
        if notice is None or listing is None or result is None:
            return None
        days = (int(found.value) for found in (notice, listing, result))
        return StatutoryClock(
            **dict(zip(("notice_days", "listing_days", "result_working_days"), days, strict=True))
        )

    def _values(self, rule_id: str) -> Iterator[tuple[Pack, Value]]:
        for pack in reversed(self.packs):
            rule = pack.rules.get(rule_id)
            yield from ((pack, value) for value in (rule.values if rule else ()) if value.holds_on(self.on))

    def _found(self, rule_id: str, conditions: Mapping[str, Any]) -> Iterator[RuleValue]:
        for pack, value in self._values(rule_id):
            if not value.rows:
                yield _rule_value(pack, rule_id, value, None)
            by = pack.rules[rule_id].by
            yield from (
                _rule_value(pack, rule_id, value, row) for row in value.rows if row.admits(by, conditions)
            )


class RuleBook:
    """Rule packs in the order of their strength, to be asked at a date."""

    def __init__(self, packs: Sequence[Pack]) -> None:
        self.packs = tuple(packs)

    @classmethod
    def load(cls, packs: Sequence[str], extra: Sequence[Path] = ()) -> RuleBook:
        """Read shipped packs by name and a user's own packs by path.

        Parameters
        ----------
        packs
            Names such as ``national``; later ones win over earlier ones.
        extra
            YAML files of the same form; they win over the shipped packs, later ones over earlier ones.

        Raises
        ------
        ConfigError
            A name is unknown or a file cannot be read.
        RulePackError
            A pack breaks its form.
        """
        return cls([*(shipped_pack(name) for name in packs), *(user_pack(Path(path)) for path in extra)])

    def at(self, on: date) -> RuleSet:
        """What the book says on one day."""
        return RuleSet(on, self.packs)


def _rule_value(pack: Pack, rule_id: str, value: Value, row: Row | None) -> RuleValue:
    rule: Rule = pack.rules[rule_id]
    number = row.value if row else value.value
    return RuleValue(
        rule_id=rule_id,
        value=math.nan if number is None else number,
        unit=rule.unit,
        direction=rule.direction,
        from_on=value.from_on,
        until_on=value.until_on,
        document=value.document,
        clause=value.clause,
        confidence=(row.confidence if row else None) or value.confidence,
        pack=pack.pack,
        illustrative=pack.illustrative,
        conditions=dict(row.when) if row else {},
        note=value.note,
        words_zh=value.words_zh or "",
        words_en=value.words_en or "",
        title_zh=rule.title_zh,
        title_en=rule.title_en,
        document_en=value.document_en,
        clause_en=value.clause_en,
    )
