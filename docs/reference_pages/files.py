"""The page of files: formats, encodings, dialects, words and findings."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from importlib import resources

import yaml

from docs.reference_pages.layout import code, page_of, table
from parcelplan.io.boundary_txt import dialects
from parcelplan.io.vector.encodings import LANGUAGE_DRIVERS, TRIED
from parcelplan.io.vector.formats import Format, formats


def files() -> str:
    """Every format, dialect, word and finding of reading and writing files."""
    intro = (
        "What is read and written, and what is made of it. Reading never guesses in silence: every guess is a finding, "
        "and a coordinate reference system that a file does not name is proposed and waits for `crs` to confirm it. "
        "Headings by which columns are found: [layers and tables](layers.md)."
    )
    sections = (
        ("Vector formats", _formats()),
        ("Encodings of shapefiles", _encodings()),
        ("Dialects of the boundary-point TXT", _dialects()),
        ("Words in tables", _words()),
        ("Findings", _file_findings()),
    )
    return page_of("Files", intro, *(f"## {title}\n\n{body}" for title, body in sections))


def _formats() -> str:
    known = {True: "yes", False: ""}
    rows = (
        (
            code(item.name),
            item.label_zh,
            _ends(item),
            known[item.read],
            known[item.write],
            item.driver,
            item.note,
        )
        for item in formats().values()
    )
    return table(("format", "中文", "endings", "read", "written", "GDAL driver", "note"), rows)


def _ends(item: Format) -> str:
    return ", ".join(map(code, item.suffixes))


def _encodings() -> str:
    drivers = ((code(f"0x{byte:02X}"), encoding) for byte, encoding in LANGUAGE_DRIVERS.items())
    order = (
        "An encoding that the user names stands. Then the `.cpg` counts, as long as the texts decode in it; then the "
        "language driver byte in the header of the `.dbf`, where it stands in the table below; then "
        f"{' and '.join(TRIED)} are tried out on the bytes of all texts."
    )
    return f"{order}\n\n" + table(("header byte", "encoding"), drivers)


def _dialects() -> str:
    rows = (
        (code(item.name), item.note_zh, item.note_en, item.encoding, item.newline, item.head_fields)
        for item in dialects().values()
    )
    head = ("dialect", "中文", "what is particular", "encoding", "lines", "fields of the block head")
    return "All of them, and mixtures of them, are recognised; these are written by name.\n\n" + table(
        head, rows
    )


def _words() -> str:
    units = ((code(unit), "、".join(names)) for unit, names in _unit_names().items())
    words: dict[str, list[str]] = {}
    for row in _csv_rows("parcelplan.schema", "words.csv"):
        words.setdefault(row["kind"], []).append(row["word"])
    meant = ((code(kind), "、".join(map(code, said))) for kind, said in words.items())
    choices = (
        (code(row["column"]), code(row["choice"]), "、".join(map(code, row["words"].split(";"))))
        for row in _csv_rows("parcelplan.schema", "choices.csv")
    )
    parts = (
        table(("unit", "also written"), units),
        table(("kind", "words"), meant),
        table(("column", "code", "also written"), choices),
    )
    return "\n\n".join(parts)


def _unit_names() -> Mapping[str, list[str]]:
    return {row["unit"]: row["names"].split(";") for row in _csv_rows("parcelplan", "unit_names.csv")}


def _csv_rows(package: str, name: str) -> list[dict[str, str]]:
    lines = (resources.files(package) / name).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(lines))


def _file_findings() -> str:
    known: dict[str, str] = {}
    for name in ("formats", "txt", "tables", "topology"):
        said = resources.files("parcelplan.catalogue") / f"{name}.yaml"
        loaded = yaml.safe_load(said.read_text(encoding="utf-8"))
        known |= {key: item["severity"] for key, item in loaded.items() if "severity" in item}
    rows = ((f"[`{key}`](findings.md#{key.replace('.', '')})", severity) for key, severity in known.items())
    return table(("code", "severity"), rows)
