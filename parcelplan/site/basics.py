"""What all settings have in common: they are frozen, know their keys, and speak two languages."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, ValidationError

from parcelplan.catalogue import Language

FROZEN = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
"""Frozen settings that refuse a key they do not know; their attribute docstrings are the reference page."""


class Bilingual(BaseModel):
    """A text in Chinese and English; one of the two will do for both."""

    model_config = FROZEN

    zh: str = ""
    """Chinese text."""
    en: str = ""
    """English text."""

    def of(self, lang: Language) -> str:
        """The text in one language, else in the other."""
        return (self.zh or self.en) if lang == "zh" else (self.en or self.zh)


def problems(error: ValidationError) -> str:
    """Every key that is wrong, with what is wrong and what stands there."""
    lines = []
    for item in error.errors():
        place = ".".join(str(part) for part in item["loc"]) or "site.toml"
        lines.append(
            f"{place}: {item['msg']} ({item['input']!r})"
            if item["type"] != "missing"
            else f"{place}: {item['msg']}"
        )
    return "; ".join(lines)
