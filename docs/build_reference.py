"""Write the reference pages from what the code itself says.

``python docs/build_reference.py`` writes ``docs/reference/*.md``; a test holds that the pages in the repository are
those this script writes. Run it from a checkout whose packages are installed.
"""

from __future__ import annotations

import ast
import csv
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import annotated_types  # noqa: E402 - a checkout need not be installed
import typer  # noqa: E402
import yaml  # noqa: E402
from pydantic import BaseModel  # noqa: E402
from pydantic.fields import FieldInfo  # noqa: E402

from parcelplan import catalogue, errors, findings, schema  # noqa: E402
from parcelplan.catalogue import text  # noqa: E402
from parcelplan.cli.app import app  # noqa: E402
from parcelplan.cli.options import spoken  # noqa: E402
from parcelplan.io.boundary_txt import dialects  # noqa: E402
from parcelplan.io.vector.encodings import LANGUAGE_DRIVERS, TRIED  # noqa: E402
from parcelplan.io.vector.formats import Format, formats  # noqa: E402
from parcelplan.rules.pack import Confidence, Pack, Rule, Value, shipped_pack, shipped_packs  # noqa: E402
from parcelplan.schema.results import result_columns, result_tables  # noqa: E402
from parcelplan.site.config import Bilingual, SiteConfig  # noqa: E402

FOLDER = ROOT / "docs" / "reference"
NOTICE = "<!-- Written by docs/build_reference.py from the code. Change the code, then run the script. -->"
TYPES = {str: "text", int: "whole number", float: "number", bool: "true or false", date: "date", Any: "any"}
DTYPES = {kind.__name__: said for kind, said in TYPES.items() if kind is not Any}
BOUNDS = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}
EXIT_CODES = (
    (0, "完成", "done"),
    (1, "数据有错误", "the data hold errors; every one is listed"),
    (2, "调用方式、设置或输入文件有误", "a call, a setting or an input file that cannot be used"),
    (3, "各项要求不能同时满足", "the demands of the plan cannot hold together"),
    (4, "时限内没有找到计划", "no plan within the time limit; says nothing about whether there is one"),
    (70, "程序内部错误", "a fault of the program"),
    (130, "用户中断", "stopped by the user"),
)

Row = Iterable[object]


def main() -> None:
    """Write every page."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8", newline="\n")
        print(FOLDER.relative_to(ROOT) / name)


# --- Markdown


def page_of(title: str, *parts: str) -> str:
    """Join title and parts, one empty line apart."""
    return "\n\n".join([f"# {title}", NOTICE, *filter(None, parts)]) + "\n"


def table(headings: Row, rows: Iterable[Row]) -> str:
    """A table without the columns in which nothing stands."""
    names, cells = list(headings), [[_cell(value) for value in row] for row in rows]
    kept = [place for place in range(len(names)) if any(row[place] for row in cells)]
    lines = [[str(names[place]) for place in kept], ["---"] * len(kept)]
    lines += [[row[place] for place in kept] for row in cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: object) -> str:
    said = "" if value is None else str(value)
    return said.replace("|", "\\|").replace("\n", " ").replace("``", "`").strip()


def code(value: object) -> str:
    """A word as code; nothing stays nothing."""
    return f"`{value}`" if value not in (None, "") else ""


# --- site.toml


def site_toml() -> str:
    """Every key of site.toml, with type, default and meaning."""
    sections = [
        f"## {heading}\n\n{_meaning(model)}\n\n" + table(("key", "type", "default", "meaning"), _keys(model))
        for heading, model in _models()
    ]
    intro = (
        "What a site folder's `site.toml` may say. A key that does not stand here is refused by name. "
        "How the file is used: [the site folder](../concepts/site-folder.md)."
    )
    return page_of("site.toml", intro, *sections)


def _models() -> Iterator[tuple[str, type[BaseModel]]]:
    """Headings and models in the order of the file; a model that serves twice stands under both names."""
    paths: dict[type[BaseModel], list[str]] = {}
    for path, model in _tables_of(SiteConfig, ""):
        paths.setdefault(model, []).append(code(f"[{path}]"))
    yield "The whole file", SiteConfig
    yield from ((" and ".join(names), model) for model, names in paths.items())
    yield "Texts in two languages", Bilingual


def _tables_of(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, type[BaseModel]]]:
    for name, field in model.model_fields.items():
        inner = _inner_model(field.annotation)
        if inner is None or inner is Bilingual:
            continue
        keyed_by = get_args(field.annotation)[0] if get_origin(field.annotation) is dict else None
        path = prefix + name + {str: ".NAME", int: ".N", None: ""}[keyed_by]
        yield path, inner
        yield from _tables_of(inner, path + ".")


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    parts = [annotation, *get_args(annotation)]
    return next((part for part in parts if isinstance(part, type) and issubclass(part, BaseModel)), None)


def _meaning(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().splitlines()[0]


def _keys(model: type[BaseModel]) -> Iterator[Row]:
    for name, field in model.model_fields.items():
        yield code(name), _type(field.annotation, field), _default(field), field.description


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value in (None, "", (), {}) or isinstance(value, BaseModel):
        return "–"
    if isinstance(value, tuple):
        return ", ".join(map(code, value))
    return code(str(value).lower() if isinstance(value, bool) else value)


def _type(annotation: Any, field: FieldInfo | None = None) -> str:
    origin, inner = get_origin(annotation), get_args(annotation)
    bounds = _bounds(field) if field else ""
    if origin is Literal:
        return " or ".join(code(item) for item in inner)
    if origin in (Union, types.UnionType):
        return " or ".join(_type(part) for part in inner if part is not type(None)) + bounds
    if origin is tuple:
        return f"list of {_type(inner[0])}"
    if origin is dict:
        return f"table: {_type(inner[0])} → {_type(inner[1])}"
    if annotation is Bilingual:
        return "text in two languages"
    return TYPES.get(annotation, "table") + bounds


def _bounds(field: FieldInfo) -> str:
    found = [
        f"{sign} {getattr(item, name):g}"
        for item in field.metadata
        for name, sign in BOUNDS.items()
        if isinstance(item, annotated_types.BaseMetadata) and hasattr(item, name)
    ]
    return f", {', '.join(found)}" if found else ""


# --- layers, tables, results


def layers() -> str:
    """Every column of every layer and table that a site may hold."""
    intro = (
        "Columns are found by their name, by their Chinese heading or by one of the other headings; `columns` in "
        "[site.toml](site-toml.md) names any other. Columns that do not stand here are kept and passed over. "
        "Columns marked `no` under *public* are left out by `convert --public`. "
        "Only the layer `parcels` is required. Several ids in one cell are separated by semicolons. Figures may have "
        "full-width digits, thousands separators, a per cent sign or a unit; a heading may name another unit of the "
        "same kind, as 面积（公顷） does. Days are written 2024-06-30, 2024/6/30, 2024.6.30, 20240630, 2024年6月30日 "
        "or as the day number of a spreadsheet. Where a cell states a range (≤2.5, 1.0≤R≤1.4) or a span (2024年6月), "
        "*end* says which end of it the column holds; a heading that stands at two columns fills both."
    )
    sections = []
    for name, item in schema.tables().items():
        shape = f"Layer of {item.geometry}s." if item.geometry else "Table."
        rows = (
            (
                code(column.name),
                column.label_zh,
                DTYPES[column.dtype],
                column.unit,
                "required" if column.required else "",
                column.domain_text,
                column.end,
                "、".join(column.aliases),
                "" if column.public else "no",
                column.doc,
            )
            for column in item.columns
        )
        head = ("column", "中文", "type", "unit", "", "allowed", "end", "also read as", "public", "meaning")
        sections.append(f"## `{name}` {text(f'table.{name}', 'zh')}\n\n{shape}\n\n{table(head, rows)}")
    return page_of("Layers and tables", intro, *sections)


def results() -> str:
    """Every column of every result table."""
    intro = (
        "Columns of the result tables as they stand in `plan.xlsx`, `plan.gpkg` and `plan.geojson`, in the "
        "service's answers and in the functions of `parcelplan.views.tables`. Empty days mean never, unknown or "
        "not planned."
    )
    sections = []
    for name in result_tables():
        rows = (
            (
                code(column.column),
                column.label_zh,
                column.label_en,
                DTYPES[column.dtype],
                column.unit,
                _family(column.codes),
            )
            for column in result_columns(name)
        )
        head = ("column", "中文", "English", "type", "unit", "values")
        sections.append(f"## `{name}`\n\n{table(head, rows)}")
    return page_of("Result tables", intro, *sections)


def _family(family: str) -> str:
    names = [key.removeprefix(family + ".") for key in catalogue.entries() if key.startswith(family + ".")]
    plain = [name for name in names if "." not in name] if family else []
    return ", ".join(code(name) for name in plain) if family != "table" else "name of a layer or table"


# --- findings and errors


def findings_page() -> str:
    """Every finding and every error with its sentences and its remedy."""
    intro = (
        "A **finding** speaks of the data, an **error** of the call. Findings are collected, never thrown one by "
        "one: `error` stops a run before anything is written, `warning` asks for a look, `info` tells what was "
        "done. Words in braces are filled in."
    )
    entries = catalogue.entries()
    found = {key: item for key, item in entries.items() if "severity" in item and item["zh"]}
    parts = [intro, "## Findings"]
    parts += [_finding(key, item) for key, item in sorted(found.items())]
    raised = error_classes()
    parts += ["## Errors", "The exit code is that of the command line."]
    parts += [
        _error(key, entries[key], raised.get(key, ""))
        for key in sorted(entries)
        if key in raised or (key.startswith("error.") and key not in found)
    ]
    return page_of("Findings and errors", *parts)


def _finding(key: str, item: Mapping[str, str]) -> str:
    who = item.get("responsibility", "data")
    lines = [f"### `{key}`", "", f"{item['severity']} · {text(f'responsibility.{who}', 'en')}"]
    return "\n".join([*lines, "", *_sentences(item)])


def _sentences(item: Mapping[str, str]) -> list[str]:
    lines = [f"- {item['zh']}{_remedy(item.get('hint_zh'))}", f"- {item['en']}{_remedy(item.get('hint_en'))}"]
    return [line.replace("<", "&lt;") for line in lines]


def _remedy(hint: str | None) -> str:
    return f" → {hint}" if hint else ""


def _error(key: str, item: Mapping[str, str], name: str) -> str:
    kind = getattr(errors, name, None) or getattr(findings, name, None)
    head = f"`{name}`, exit code {kind.exit_code}" if kind else f"`{name}`" if name else "part of a message"
    return "\n".join([f"### `{key}`", "", head, "", *_sentences(item)])


def error_classes() -> dict[str, str]:
    """Catalogue codes that the code raises, each with the class that carries it: the library's where both do."""
    known, found = catalogue.entries(), {"error.findings": "FindingsError"}
    files = (file for room in ("service", "parcelplan") for file in sorted((ROOT / room).rglob("*.py")))
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or not node.args:
                continue
            first = node.args[0]
            raised = node.func.id.endswith("Error") and isinstance(first, ast.Constant)
            if raised and first.value in known:
                found[first.value] = node.func.id
    return found


# --- files


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


# --- rules


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


# --- the command line


SHARED = ("scenario", "as_of", "lang", "json", "debug")
"""Parameters that most verbs take; told once."""


def cli() -> str:
    """Every verb with its arguments and options."""
    words = {text(key, spoken()): key for key in catalogue.entries() if _plain(key)}
    verbs: Mapping[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    intro = (
        "`parcelplan VERB SITE …`, or `python -m parcelplan VERB SITE …` in a checkout that is not installed. "
        "`SITE` is a folder with a [site.toml](site-toml.md). Messages come in the site's language; before a site "
        "is open, `PARCELPLAN_LANG` (`zh` or `en`) or the terminal's language decides."
    )
    all_of = {item.name: item for command in verbs.values() for item in command.params}
    shared = "## Options of most verbs\n\n" + _parameters((all_of[name] for name in SHARED), words)
    exits = "## Exit codes\n\n" + table(("code", "中文", "meaning"), EXIT_CODES)
    sections = [_verb(name, command, words) for name, command in verbs.items()]
    return page_of("Command line", intro, *sections, shared, exits)


def _plain(key: str) -> bool:
    return key.startswith("cli.") and "{" not in catalogue.entries()[key]["en"]


def _verb(name: str, command: Any, words: Mapping[str, str]) -> str:
    params = command.params
    usage = [item.metavar for item in params if item.param_type_name == "argument"]
    usage += [f"{item.opts[0]} PATH" for item in params if item.required and item.opts[0].startswith("-")]
    zh, en = _said(command.help, words)
    own = _parameters((item for item in params if item.name not in SHARED), words)
    also = ", ".join(code(item.opts[0]) for item in params if item.name in SHARED)
    call = f"```sh\n{' '.join(['parcelplan', name, *usage])}\n```"
    return "\n\n".join([f"## `{name}`", f"{zh} · {en}", call, own, f"Also: {also}"])


def _parameters(parameters: Iterable[Any], words: Mapping[str, str]) -> str:
    rows = ((_asked(item), *_said(item.help, words), _given(item)) for item in parameters)
    return table(("", "中文", "meaning", "default"), rows)


def _said(help_text: str, words: Mapping[str, str]) -> tuple[str, str]:
    key = words[help_text]
    return text(key, "zh"), text(key, "en")


def _asked(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return code(parameter.metavar)
    return ", ".join(code(name) for name in parameter.opts)


def _given(parameter: Any) -> str:
    if parameter.required:
        return "required"
    return "" if parameter.default in (None, False) else code(parameter.default)


PAGES: Mapping[str, Callable[[], str]] = {
    "site-toml.md": site_toml,
    "layers.md": layers,
    "results.md": results,
    "files.md": files,
    "findings.md": findings_page,
    "rules.md": rules,
    "cli.md": cli,
}
"""Name of each page and what writes it."""

if __name__ == "__main__":
    main()
