"""The page of the command line, from its verbs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import typer

from docs.reference_pages.layout import code, page_of, table
from parcelplan import catalogue
from parcelplan.catalogue import text
from parcelplan.cli.app import app
from parcelplan.cli.options import spoken

EXIT_CODES = (
    (0, "完成", "done"),
    (1, "数据有错误", "the data hold errors; every one is listed"),
    (2, "调用方式、设置或输入文件有误", "a call, a setting or an input file that cannot be used"),
    (3, "各项要求不能同时满足", "the demands of the plan cannot hold together"),
    (4, "时限内没有找到计划", "no plan within the time limit; says nothing about whether there is one"),
    (70, "程序内部错误", "a fault of the program"),
    (130, "用户中断", "stopped by the user"),
)
SHARED = ("scenario", "as_of", "lang", "json", "debug")
"""Parameters that most verbs take; told once."""


def cli() -> str:
    """Every verb with its arguments and options."""
    words = {text(key, spoken()): key for key in catalogue.entries() if _plain(key)}
    verbs = dict(_verbs(typer.main.get_command(app)))
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


def _verbs(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Name and command of every verb, those of groups behind the name of their group."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _verbs(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


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
