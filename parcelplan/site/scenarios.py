"""Scenarios: what a reading of the documents, or a question of what if, sees differently."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from parcelplan.errors import ConfigError, InputError
from parcelplan.site.basics import FROZEN, Bilingual, problems

SUFFIX = ".toml"


class _Model(BaseModel):
    model_config = FROZEN


class Scenario(_Model):
    """One reading of the works, or one what-if. A file of its own has the same keys at its top."""

    label: Bilingual = Bilingual()
    """Name of the reading."""
    upon: str | None = None
    """Scenario that this one starts from; the site as it stands where none is named."""
    as_of: date | None = None
    """Day of the data, such as the status date from which is replanned."""
    works: dict[str, dict[str, Any]] = {}
    """Work id → column → value in this reading."""
    crews: dict[str, dict[str, Any]] = {}
    """Crew id → column → value in this reading; of the row without days."""
    modes: dict[str, str] = {}
    """Work id → the alternative in which it is carried out."""
    plan: dict[str, Any] = {}
    """What ``[plan]`` says differently."""
    phases: dict[int, dict[str, Any]] = {}
    """Phase → what ``[phases.N]`` says differently."""
    money: dict[str, Any] = {}
    """What ``[money]`` says differently."""

    @property
    def changes(self) -> dict[str, Any]:
        """The settings of site.toml that it changes, in its form."""
        plan = dict(self.plan)
        if self.modes:
            plan["modes"] = {**plan.get("modes", {}), **self.modes}
        said = {"as_of": self.as_of, "plan": plan, "phases": self.phases, "money": self.money}
        return {name: value for name, value in said.items() if value}

    @property
    def is_reading(self) -> bool:
        """Whether it only reads the works differently, so that the announced plan can be held against it."""
        return not self.changes and not self.crews

    def over(self, below: Scenario) -> Scenario:
        """Lay this scenario on top of another one."""
        tables = ("works", "crews", "phases")
        joined: dict[str, Any] = {name: _joined(getattr(below, name), getattr(self, name)) for name in tables}
        joined |= {
            name: {**getattr(below, name), **getattr(self, name)} for name in ("modes", "plan", "money")
        }
        return self.model_copy(update=joined | {"as_of": self.as_of or below.as_of, "upon": None})


def _joined(below: Mapping[Any, Any], above: Mapping[Any, Any]) -> dict[Any, Any]:
    return {key: {**below.get(key, {}), **above.get(key, {})} for key in (*below, *above)}


def is_file(name: str | Path | None) -> bool:
    """Whether what stands for a scenario is the name of a file."""
    return isinstance(name, Path) or (name is not None and name.lower().endswith(SUFFIX))


def read_scenario(path: Path) -> Scenario:
    """Read a scenario from a file of its own.

    Raises
    ------
    InputError
        There is no such file, or it is not TOML in UTF-8; the message holds the place.
    ConfigError
        A key is unknown or holds a value that cannot be; every such key is named.
    """
    if not path.is_file():
        raise InputError("error.no_scenario_file", file=path)
    try:
        return Scenario.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError("error.bad_toml", file=path, reason=error) from error
    except ValidationError as error:
        raise ConfigError("error.bad_config", file=path, problems=problems(error)) from error
