"""How a verb runs: opening the site, showing progress, turning errors into messages and exit codes."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console

from parcelplan.catalogue import Language
from parcelplan.cli.options import spoken, words
from parcelplan.errors import ParcelPlanError

if TYPE_CHECKING:
    from parcelplan.site import Site

EXIT_BROKEN = 70
"""Exit code of a fault of the program itself, as in sysexits.h."""
NARROWEST = 120
"""Columns where the output is no terminal: tables in a log should not be folded."""

# Text of files may hold square brackets: markup stays off, and nothing is guessed into colours.
_plain = {"markup": False, "highlight": False}
out = Console(**_plain)
err = Console(stderr=True, **_plain)
for _console in (out, err):
    if not _console.is_terminal:
        _console.width = max(_console.width, NARROWEST)


def open_at(folder: Path, scenario: str | None, as_of: datetime | None, lang: Language | None) -> Site:
    """Open the site a verb was called with."""
    from parcelplan.site import open_site

    return open_site(folder, scenario=scenario, as_of=as_of.date() if as_of else None, lang=lang)


@contextmanager
def progress(steps: int) -> Iterator[Callable[[str], None]]:
    """A bar on standard error that appears on a terminal and is gone when the work is done."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("", total=steps)
        begun = False

        def step(name: str) -> None:
            nonlocal begun
            bar.update(task, description=words(f"step.{name}"), advance=1 if begun else 0)
            begun = True

        yield step


def verb(function: Callable[..., int | None]) -> Callable[..., None]:
    """Make a verb's errors messages: its own language, its class's exit code, a traceback only with ``--debug``."""

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> None:
        lang = kwargs.get("lang") or spoken()
        try:
            code = function(*args, **kwargs) or 0
        except ParcelPlanError as error:
            if kwargs.get("debug"):
                raise
            err.print(error.message(lang))
            code = error.exit_code
        except (KeyboardInterrupt, BrokenPipeError):
            code = 130
        except Exception as error:
            if kwargs.get("debug"):
                raise
            err.print(words("broken", kind=type(error).__name__, reason=error))
            code = EXIT_BROKEN
        raise typer.Exit(code)

    return run


def stopwatch() -> Callable[[], float]:
    """Seconds since the call."""
    begun = time.perf_counter()
    return lambda: time.perf_counter() - begun
