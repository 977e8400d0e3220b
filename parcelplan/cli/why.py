"""What would move a date, on the terminal: each lever tried in turn, with what it brings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.text import Text

from parcelplan.catalogue import text
from parcelplan.cli.running import err, out

if TYPE_CHECKING:
    from parcelplan.planning.gains import Gain, OnLever
    from parcelplan.planning.levers import Lever
    from parcelplan.study import Study


def find_gains(study: Study, parcel_id: str, seconds: float | None, *, quiet: bool) -> list[Gain]:
    """Pull each lever behind a parcel's date, with progress on standard error unless quiet.

    Parameters
    ----------
    study
        A study with a plan.
    parcel_id
        The parcel.
    seconds
        Longest search for each; the site's own limit where None.
    quiet
        Whether to show nothing meanwhile.
    """
    from parcelplan.planning.gains import levers

    rules = study.site.config.plan
    with _trials(study, quiet=quiet) as told:
        return levers(
            study.problem,
            study.plan,
            parcel_id,
            time_limit_s=rules.time_limit_s if seconds is None else seconds,
            seed=rules.seed,
            workers=rules.workers,
            on_lever=told,
        )


@contextmanager
def _trials(study: Study, *, quiet: bool) -> Iterator[OnLever]:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from parcelplan.planning.gains import lever_text

    columns = (
        TextColumn(text("cli.step.levers", study.lang)),
        BarColumn(bar_width=20),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=err, transient=True, disable=quiet or not err.is_terminal) as bar:
        task = bar.add_task("", total=None)

        def told(number: int, count: int, lever: Lever | None) -> None:
            name = lever_text(lever, study.problem, study.lang) if lever is not None else ""
            bar.update(task, total=count, completed=max(0, number - 1), description=name)

        yield told


def show_gains(study: Study, gains: list[Gain]) -> None:
    """Print what each lever brings, the best first."""
    from parcelplan.planning.gains import gain_text

    out.print(Text(text("cli.gains_title", study.lang), style="bold"))
    if not gains:
        out.print(text("cli.no_levers", study.lang))
    for gain in gains:
        out.print(f"  {gain_text(gain, study.problem, study.lang)}", soft_wrap=True)


def gain_records(study: Study, gains: list[Gain]) -> list[dict[str, Any]]:
    """What each lever brings, as plain data."""
    from parcelplan.planning.gains import gain_record

    return [gain_record(gain, study.problem, study.lang) for gain in gains]
