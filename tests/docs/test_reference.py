"""The reference pages are what the code says today, and nothing a user can type or read is missing from them."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from parcelplan import catalogue, schema
from parcelplan.cli.app import app
from parcelplan.rules.pack import shipped_pack, shipped_packs
from parcelplan.schema.results import result_columns, result_tables
from parcelplan.site.config import SiteConfig

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"
WRITTEN = ("cli.md", "files.md", "findings.md", "layers.md", "results.md", "rules.md", "site-toml.md")


@pytest.fixture(scope="module")
def builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_reference", ROOT / "docs" / "build_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def page(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", WRITTEN)
def test_committed_pages_are_what_the_code_says(builder: ModuleType, name: str) -> None:
    assert page(name) == builder.PAGES[name](), "run python docs/build_reference.py"


def test_every_page_of_the_builder_is_held(builder: ModuleType) -> None:
    assert set(builder.PAGES) == set(WRITTEN)


def keys_of(node: dict[str, object], whole: dict[str, dict[str, object]], seen: set[str]) -> set[str]:
    """Every property name in a JSON schema and the definitions it points to."""
    found: set[str] = set()
    for name in (part.rsplit("/", 1)[-1] for part in references(node)):
        if name not in seen:
            seen.add(name)
            found |= keys_of(whole[name], whole, seen)
    return found | set(node.get("properties", {}))  # type: ignore[call-overload]


def references(node: object) -> list[str]:
    text = json.dumps(node)
    return [part.split('"')[0] for part in text.split('"$ref": "')[1:]]


def test_every_key_of_site_toml_is_documented() -> None:
    whole = SiteConfig.model_json_schema()
    definitions = whole.pop("$defs")
    keys = keys_of(whole, definitions, set())
    assert {"as_of", "occupied_share", "frontage_m", "defaults", "zh"} <= keys
    said = page("site-toml.md")
    assert {key for key in keys if f"\n| `{key}` | " not in said} == set()


def test_every_key_of_site_toml_says_what_it_means() -> None:
    silent = [
        line for line in page("site-toml.md").splitlines() if line.startswith("| `") and line.endswith("|  |")
    ]
    assert silent == []


def test_every_verb_is_documented() -> None:
    said, verbs = (
        page("cli.md"),
        [command.name or command.callback.__name__ for command in app.registered_commands],
    )
    assert {"run", "explain", "map", "serve"} <= set(verbs)
    assert [verb for verb in verbs if f"\n## `{verb}`\n" not in said] == []


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_every_verb_stands_in_readme(readme: str) -> None:
    said = (ROOT / readme).read_text(encoding="utf-8")
    verbs = [command.name or command.callback.__name__ for command in app.registered_commands]
    assert [verb for verb in verbs if f"\n| `parcelplan {verb} " not in said] == []


def test_every_finding_and_error_is_documented() -> None:
    entries = catalogue.entries()
    codes = {key for key, item in entries.items() if "severity" in item or key.startswith("error.")} - {
        "finding.none"
    }
    assert len(codes) > 80
    said = page("findings.md")
    assert {code for code in codes if f"\n### `{code}`\n" not in said} == set()


def test_every_column_is_documented() -> None:
    layers, results = page("layers.md"), page("results.md")
    inputs = {(name, column.name) for name, table in schema.tables().items() for column in table.columns}
    outputs = {(name, column.column) for name in result_tables() for column in result_columns(name)}
    missing = {pair for pair in inputs if not stands(layers, *pair)} | {
        pair for pair in outputs if not stands(results, *pair)
    }
    assert missing == set()


def stands(said: str, table: str, column: str) -> bool:
    """Whether a column stands in the section of its table."""
    section = said.split(f"\n## `{table}`", 1)[-1].split("\n## ", 1)[0]
    return f"\n| `{column}` | " in section


def test_every_rule_is_documented() -> None:
    said = page("rules.md")
    rules = {(name, rule) for name in shipped_packs() for rule in shipped_pack(name).rules}
    sections = {name: said.split(f"\n## `{name}`", 1)[-1].split("\n## ", 1)[0] for name in shipped_packs()}
    assert {pair for pair in rules if f"\n### `{pair[1]}`\n" not in sections[pair[0]]} == set()
