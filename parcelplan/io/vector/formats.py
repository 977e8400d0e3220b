"""The vector formats that can be read and written, as data: ``formats.csv`` is their one home."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from parcelplan.catalogue import Language
from parcelplan.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Format:
    """One vector format."""

    name: str
    suffixes: tuple[str, ...]
    """Endings of its files in lower case, the one to write first."""
    driver: str
    """Name of GDAL's driver; empty where another part reads it."""
    read: bool
    write: bool
    many_layers: bool
    """Whether one file may hold several layers."""
    arrow: bool
    """Whether reading through Arrow is safe: with a null geometry in a FlatGeobuf it ends the process."""
    holds_up: bool
    """Whether its reader holds up against damaged files, so that a site's own file is read in this process."""
    label_zh: str
    label_en: str
    note: str
    """What to know of it, or the way round for a format that cannot be read."""

    def label(self, lang: Language) -> str:
        """Name in one language."""
        return self.label_zh if lang == "zh" else self.label_en


def _format(row: Mapping[str, str]) -> Format:
    return Format(
        name=row["name"],
        suffixes=tuple(row["suffixes"].split("|")),
        driver=row["driver"],
        read=row["read"] == "yes",
        write=row["write"] == "yes",
        many_layers=row["layers"] == "many",
        arrow=row["arrow"] == "yes",
        holds_up=row["holds_up"] == "yes",
        label_zh=row["label_zh"],
        label_en=row["label_en"],
        note=row["note"],
    )


@cache
def formats() -> Mapping[str, Format]:
    """All formats by name, those that cannot be read among them."""
    text = (resources.files("parcelplan.io.vector") / "formats.csv").read_text(encoding="utf-8")
    return {row["name"]: _format(row) for row in csv.DictReader(text.splitlines())}


def readable_suffixes() -> tuple[str, ...]:
    """Endings of all files that can be read."""
    return tuple(suffix for item in formats().values() if item.read for suffix in item.suffixes)


def holds_up(path: str | Path) -> bool:
    """Whether the file is of a format whose reader holds up; False for all others and for what is unknown."""
    found = _by_suffix(path)
    return found is not None and found.holds_up


def format_of(path: str | Path) -> Format:
    """Tell a readable format by the ending of a file's name.

    Raises
    ------
    InputError
        The ending is unknown, or the format cannot be read; the message names the way round.
    """
    found = _by_suffix(path)
    if found is None:
        known = " ".join(readable_suffixes())
        raise InputError("error.unknown_vector_format", file=path, known=known)
    if not found.read:
        refused = f"error.format_{found.name}"
        raise InputError(refused, file=path)
    return found


def writable_format_of(path: str | Path) -> Format:
    """Tell a writable format by the ending of a file's name; any other raises :class:`InputError`."""
    found = _by_suffix(path)
    if found is None or not found.write or Path(path).suffix.lower() == ".dbf":
        known = " ".join(item.suffixes[0] for item in formats().values() if item.write)
        raise InputError("error.format_not_written", file=path, known=known)
    return found


def _by_suffix(path: str | Path) -> Format | None:
    suffix = Path(path).suffix.lower()
    return next((item for item in formats().values() if suffix in item.suffixes), None)
