"""Rule packs as files: what a YAML pack may say, and what its author reads where it says something else."""

from __future__ import annotations

import itertools
import math
import numbers
from collections.abc import Hashable, Mapping
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, Strict, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from parcelplan import catalogue
from parcelplan.errors import ConfigError
from parcelplan.rules.quantity import UNITS

Direction = Literal["min", "max", "value"]
Confidence = Literal["V", "W", "M", "U"]
Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Text = Annotated[str, Strict(), Field(min_length=1)]
Day = Annotated[date, Strict()]
BOUNDS = ("_min", "_above", "_max", "_below")


class RulePackError(ConfigError):
    """A rule pack says something that cannot be; the message names file, rule and field of every mistake."""

    def __init__(self, file: str, problems: list[ErrorDetails]) -> None:
        super().__init__("error.rule_pack_invalid", file=file, count=len(problems))
        self.problems = problems

    def message(self, lang: catalogue.Language = "en") -> str:
        """The file, then one line for every mistake."""
        return "\n".join(
            [super().message(lang), *(f"  {_problem_text(item, lang)}" for item in self.problems)]
        )


def _problem_text(problem: ErrorDetails, lang: catalogue.Language) -> str:
    where = [f"#{part + 1}" if isinstance(part, int) else str(part) for part in problem["loc"]]
    in_rule = where[:1] == ["rules"]
    place = catalogue.text(
        "error.rule_pack_place" if in_rule and len(where) > 1 else "error.rule_pack_head",
        lang,
        rule=where[1] if in_rule and len(where) > 1 else "",
        field=".".join(where[2:] if in_rule else where),
    )
    code = f"error.rule_pack.{problem['type']}"
    known = code if catalogue.has(code) else "error.rule_pack.other"
    shown = {"value": problem.get("input"), "detail": problem["msg"], **problem.get("ctx", {})}
    return place + catalogue.text(known, lang, **shown)


class Interval(NamedTuple):
    """Numbers from low to high; an end in ``open_ends`` does not belong to them."""

    low: float
    high: float
    open_ends: frozenset[float]

    @property
    def everything(self) -> bool:
        """Whether all numbers belong."""
        return math.isinf(self.low) and math.isinf(self.high)

    def holds(self, number: float) -> bool:
        """Whether the number belongs; NaN never does."""
        return self.low <= number <= self.high and number not in self.open_ends

    def meets(self, other: Interval) -> bool:
        """Whether some number belongs to both."""
        low, high = max(self.low, other.low), min(self.high, other.high)
        return low < high or (low == high and self.holds(low) and other.holds(low))


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Row(_Model):
    """One row of a tabulated rule."""

    when: dict[str, Number | Text | list[Text]]
    """Conditions by name; a number condition ends in _min, _above, _max or _below, or stands alone and means
    equal."""
    value: Number
    confidence: Confidence | None = None
    """How sure we are of this row, where it differs from the rest of the table."""

    def texts(self, name: str) -> frozenset[str]:
        """Texts that a condition admits; none where the row does not ask for it."""
        given = self.when.get(name, [])
        return frozenset([given] if isinstance(given, str) else given if isinstance(given, list) else [])

    def interval(self, name: str) -> Interval:
        """Numbers that a condition admits; all of them where the row does not ask for it."""
        numbers = {key: value for key, value in self.when.items() if isinstance(value, float)}
        if name in numbers:
            return Interval(numbers[name], numbers[name], frozenset())
        low = numbers.get(name + "_above", numbers.get(name + "_min", -math.inf))
        high = numbers.get(name + "_below", numbers.get(name + "_max", math.inf))
        ends = ((low, name + "_above"), (high, name + "_below"))
        return Interval(low, high, frozenset(end for end, key in ends if key in numbers))

    def admits(self, by: Mapping[str, str], given: Mapping[str, Any]) -> bool:
        """Whether the row speaks of the given conditions; one that it needs must be given."""
        return all(self._admits_one(name, kind, given.get(name)) for name, kind in by.items())

    def _admits_one(self, name: str, kind: str, given: Any) -> bool:
        if kind == "text":
            return not self.texts(name) or given in self.texts(name)
        interval = self.interval(name)
        return interval.everything or (isinstance(given, numbers.Real) and interval.holds(float(given)))

    def meets(self, other: Row, by: Mapping[str, str]) -> bool:
        """Whether some conditions are admitted by both rows, so that the table would answer twice."""
        return all(self._meets_one(other, name, kind) for name, kind in by.items())

    def _meets_one(self, other: Row, name: str, kind: str) -> bool:
        if kind == "text":
            mine, others = self.texts(name), other.texts(name)
            return not mine or not others or bool(mine & others)
        return self.interval(name).meets(other.interval(name))


class Value(_Model):
    """What a rule says during one period: a value, a table of rows, or only words."""

    from_on: Day = Field(alias="from")
    """First day on which it holds."""
    until_on: Day | None = Field(default=None, alias="until")
    """First day on which it no longer holds; empty while it holds."""
    value: Number | None = None
    rows: list[Row] = Field(default_factory=list)
    words_zh: Text | None = None
    """The rule's words where it gives no number; a check against it is left to a person."""
    words_en: Text | None = None
    document: Text
    document_en: str = ""
    clause: str = ""
    clause_en: str = ""
    confidence: Confidence
    """V seen in a source, W in a weak one, M well known but not seen, U unsure."""
    note: str = ""

    @model_validator(mode="after")
    def _one_answer(self) -> Self:
        given = [self.value is not None, bool(self.rows), bool(self.words_zh and self.words_en)]
        if sum(given) != 1:
            raise PydanticCustomError("rule_answer", "one of value, rows, words_zh with words_en")
        if self.until_on is not None and self.until_on <= self.from_on:
            raise PydanticCustomError("rule_period", "until is not after from", {"until": str(self.until_on)})
        return self

    def holds_on(self, day: date) -> bool:
        """Whether the half-open period contains the day."""
        return self.from_on <= day and (self.until_on is None or day < self.until_on)


class Rule(_Model):
    """One rule through time."""

    title_zh: Text
    title_en: Text
    unit: Literal[tuple(UNITS)]  # type: ignore[valid-type]
    direction: Direction
    """``min`` and ``max`` are limits of what is checked; ``value`` is a quantity that others compute with."""
    by: dict[Text, Literal["number", "text"]] = Field(default_factory=dict)
    """Conditions that the tables ask for, each a number or a text."""
    values: list[Value] = Field(min_length=1)

    @model_validator(mode="after")
    def _rows_fit(self) -> Self:
        allowed = {
            name + end
            for name, kind in self.by.items()
            for end in ("", *BOUNDS)
            if kind == "number" or not end
        }
        for value in self.values:
            for row in value.rows:
                if strange := row.when.keys() - allowed:
                    raise PydanticCustomError(
                        "rule_condition", "unknown condition", {"name": ", ".join(sorted(strange))}
                    )
                self._types_fit(row)
            for one, two in itertools.combinations(value.rows, 2):
                if one.meets(two, self.by):
                    raise PydanticCustomError(
                        "rule_rows_meet", "rows overlap", {"one": str(one.when), "two": str(two.when)}
                    )
        return self

    def _types_fit(self, row: Row) -> None:
        for name, given in row.when.items():
            if (self.by.get(name) == "text") == isinstance(given, float):
                raise PydanticCustomError(
                    "rule_condition_type", "text or number", {"name": name, "given": str(given)}
                )

    @model_validator(mode="after")
    def _periods_apart(self) -> Self:
        ordered = sorted(self.values, key=lambda item: item.from_on)
        for one, two in itertools.pairwise(ordered):
            if one.holds_on(two.from_on):
                raise PydanticCustomError("rule_periods_meet", "periods overlap", {"day": str(two.from_on)})
        return self


class Pack(_Model):
    """A file of rules of one issuer or place."""

    pack: Text
    title_zh: Text
    title_en: Text
    illustrative: bool = False
    """True where the values stand for others that are not published; every verdict by them says so."""
    rules: dict[Text, Rule]


class _OnceLoader(yaml.SafeLoader):
    """YAML that refuses a key given twice: the second would silently win over the first."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - the parent's signature
        keys = [key.value for key, _ in node.value]
        if doubles := sorted({key for key in keys if keys.count(key) > 1}):
            raise yaml.constructor.ConstructorError(
                problem=f"key given twice: {', '.join(doubles)}", problem_mark=node.start_mark
            )
        return super().construct_mapping(node, deep=deep)


def read_pack(text: str, file: str) -> Pack:
    """Read one pack.

    Parameters
    ----------
    text
        YAML.
    file
        Name for the messages.

    Raises
    ------
    ConfigError
        The text is no YAML; the message holds the line.
    RulePackError
        The pack breaks its form: every mistake with rule and field.
    """
    try:
        loaded = yaml.load(text, Loader=_OnceLoader)  # noqa: S506 - derived from the safe loader
        return Pack.model_validate(loaded)
    except yaml.YAMLError as error:
        raise ConfigError("error.rule_pack_yaml", file=file, detail=str(error)) from error
    except ValidationError as error:
        raise RulePackError(file, error.errors(include_url=False)) from error


@cache
def shipped_packs() -> tuple[str, ...]:
    """Names of the packs that come with the package."""
    folder = resources.files("parcelplan.rules") / "data"
    return tuple(
        sorted(item.name.removesuffix(".yaml") for item in folder.iterdir() if item.name.endswith(".yaml"))
    )


@cache
def shipped_pack(name: str) -> Pack:
    """One pack of the package; an unknown name raises :class:`ConfigError`, which lists the known ones."""
    if name not in shipped_packs():
        raise ConfigError("error.rule_pack_unknown", name=name, known=", ".join(shipped_packs()))
    file = resources.files("parcelplan.rules") / "data" / f"{name}.yaml"
    return read_pack(file.read_text(encoding="utf-8"), f"{name}.yaml")


def user_pack(path: Path) -> Pack:
    """A user's own pack; a file that cannot be read raises :class:`ConfigError` naming it."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            "error.rule_pack_unreadable", file=str(path), detail=type(error).__name__
        ) from error
    return read_pack(text, str(path))
