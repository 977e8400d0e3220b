"""Arguments and options that several verbs share, and the language in which the command line speaks."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from parcelplan import catalogue
from parcelplan.catalogue import LANGUAGES, Language


def spoken() -> Language:
    """Language of help and messages: ``PARCELPLAN_LANG``, else that of the terminal, else English."""
    for name in ("PARCELPLAN_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        code = os.environ.get(name, "")[:2].lower()
        if code in LANGUAGES:
            return code
    return "en"


def words(code: str, **params: object) -> str:
    """A sentence of the command line in its language."""
    return catalogue.text(f"cli.{code}", spoken(), **params)


SiteFolder = Annotated[Path, typer.Argument(metavar="SITE", help=words("site"), show_default=False)]
ScenarioName = Annotated[str | None, typer.Option("--scenario", help=words("scenario"), show_default=False)]
AsOf = Annotated[
    datetime | None,
    typer.Option(
        "--as-of", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help=words("as_of"), show_default=False
    ),
]
Lang = Annotated[Literal["zh", "en"] | None, typer.Option("--lang", help=words("lang"), show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help=words("json"))]
Debug = Annotated[bool, typer.Option("--debug", help=words("debug"))]
