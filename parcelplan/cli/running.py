"""How a verb runs: opening the site, showing progress, turning errors into messages and exit codes."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

import typer
from rich.console import Console

from parcelplan.catalogue import Language
from parcelplan.cli.options import AsOf, Debug, Lang, ScenarioName, SiteFolder, spoken, words
from parcelplan.cli.solving import Steps
from parcelplan.errors import ParcelPlanError

if TYPE_CHECKING:
    from parcelplan.site import Site

EXIT_BROKEN = 70
"""Exit code of a fault of the program itself, as in sysexits.h."""
EXIT_STOPPED = 130
"""Exit code of a run that its user stopped."""
NARROWEST = 132
"""Columns where the output is no terminal: tables in a log should not be folded."""

# Text of files may hold square brackets: markup stays off, and nothing is guessed into colours.
out = Console(markup=False, highlight=False)
err = Console(stderr=True, markup=False, highlight=False)
for _console in (out, err):
    if not _console.is_terminal:
        _console.width = max(_console.width, NARROWEST)


def open_at(folder: Path, scenario: str | None, as_of: datetime | None, lang: Language | None) -> Site:
    """Open the site a verb was called with."""
    from parcelplan.site import open_site

    chosen = scenario_at(folder, scenario)
    return open_site(folder, scenario=chosen, as_of=as_of.date() if as_of else None, lang=lang)


def scenario_at(folder: Path, scenario: str | None) -> str | None:
    """The scenario as it was given, or the file of the site that is meant by it.

    What is no file where it is named may be one in the site's folder, or, with or without its ending, in the folder
    ``scenarios`` of the site. A scenario of site.toml goes before a file of its name.
    """
    from parcelplan.site.config import read_config

    if not scenario or Path(scenario).is_file():
        return scenario
    places = [folder / scenario, *(folder / "scenarios" / name for name in (scenario, f"{scenario}.toml"))]
    file = next((place for place in places if place.suffix == ".toml" and place.is_file()), None)
    return scenario if file is None or scenario in read_config(folder).scenarios else str(file)


@contextmanager
def progress(steps: int, *, quiet: bool = False) -> Iterator[Steps]:
    """A bar on standard error that appears on a terminal and is gone when the work is done; never where quiet."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[news]}"),
    )
    with Progress(*columns, console=err, transient=True, disable=quiet or not err.is_terminal) as bar:
        yield Steps(bar, bar.add_task("", total=steps, news=""))


def verb(function: Callable[..., int | None]) -> Callable[..., None]:
    """Make a verb's errors messages: in the call's language, with the exit code of their class.

    The command gets ``--debug``, with which an error shows its traceback instead.
    """

    def run(*, debug: bool = False, **given: Any) -> None:
        speaking = [given.get("lang") or spoken()]
        raise typer.Exit(_exit_code(lambda: function(**given), speaking, debug=debug))

    return _with_signature(
        run, function, {**_hints(function), "debug": Debug}, _defaults(function) | {"debug": False}
    )


def site_verb(function: Callable[..., int | None]) -> Callable[..., None]:
    """Make a verb on an opened site a command that takes the site's folder.

    Parameters
    ----------
    function
        Its first parameter is the opened site; the others are arguments and options of its own.

    Returns
    -------
    callable
        The command: SITE, the function's own, and ``--scenario``, ``--as-of``, ``--lang`` and ``--debug``.
    """
    own = {name: hint for name, hint in _hints(function).items() if name != "site"}
    hints = {"site": SiteFolder, **own, "scenario": ScenarioName, "as_of": AsOf, "lang": Lang, "debug": Debug}
    defaults = _defaults(function) | {"scenario": None, "as_of": None, "lang": None, "debug": False}

    def run(*, debug: bool, **given: Any) -> None:
        options = [given.pop(name) for name in ("site", "scenario", "as_of", "lang")]
        speaking = [options[-1] or spoken()]

        def call() -> int | None:
            site = open_at(*options)
            speaking[0] = site.lang
            return function(site, **given)

        raise typer.Exit(_exit_code(call, speaking, debug=debug))

    return _with_signature(run, function, hints, defaults)


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    # The opened site is no argument of the command line, so its class need not be imported for it.
    hints = get_type_hints(function, localns={"Site": object}, include_extras=True)
    return {name: hint for name, hint in hints.items() if name != "return"}


def _defaults(function: Callable[..., Any]) -> dict[str, Any]:
    parameters = inspect.signature(function).parameters.values()
    return {item.name: item.default for item in parameters if item.default is not inspect.Parameter.empty}


def _with_signature(
    run: Callable[..., None], named_as: Callable[..., Any], hints: dict[str, Any], defaults: dict[str, Any]
) -> Callable[..., None]:
    """Give the command the parameters that typer shall offer."""
    kind, none = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.empty
    parameters = [
        inspect.Parameter(name, kind, default=defaults.get(name, none), annotation=hint)
        for name, hint in hints.items()
    ]
    run.__name__, run.__doc__ = named_as.__name__, named_as.__doc__
    run.__annotations__ = hints
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # read by inspect.signature
    return run


def _exit_code(call: Callable[[], int | None], speaking: list[Language], *, debug: bool) -> int:
    """Run a call; ``speaking`` holds the language of messages, which is the site's once a site is open."""
    try:
        return call() or 0
    except ParcelPlanError as error:
        if debug:
            raise
        err.print(error.message(speaking[0]), soft_wrap=True)
        return error.exit_code
    except (KeyboardInterrupt, BrokenPipeError):
        return EXIT_STOPPED
    except Exception as error:
        if debug:
            raise
        err.print(words("broken", kind=type(error).__name__, reason=error), soft_wrap=True)
        return EXIT_BROKEN


def stopwatch() -> Callable[[], float]:
    """Seconds since the call."""
    begun = time.perf_counter()
    return lambda: time.perf_counter() - begun
