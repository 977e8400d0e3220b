"""The page of findings and errors, from the catalogue."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

from docs.reference_pages.layout import page_of
from parcelplan import catalogue, errors, findings
from parcelplan.catalogue import text

ROOT = Path(__file__).resolve().parents[2]


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
