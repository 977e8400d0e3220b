"""The verb that holds two plans against each other: ``parcelplan compare``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parcelplan.catalogue import Language, text
from parcelplan.cli.options import AsJson, AsOf, Lang, ScenarioName, spoken, words
from parcelplan.cli.running import out, progress, verb
from parcelplan.errors import ConfigError

if TYPE_CHECKING:
    from datetime import datetime

    from parcelplan.compare import Comparison, Side
    from parcelplan.study import Study

FirstPlan = Annotated[str, typer.Argument(metavar="A", help=words("compare.a"), show_default=False)]
SecondPlan = Annotated[str | None, typer.Argument(metavar="[B]", help=words("compare.b"), show_default=False)]
OutFolder = Annotated[
    Path | None, typer.Option("--out", "-o", metavar="DIR", help=words("compare.out"), show_default=False)
]
SHOWN = ("phases", "parcels", "works", "months", "objectives", "targets")
"""Tables on the terminal, each with the rows that differ."""
MOST_ROWS = 40


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One plan as it stands on the command line."""

    path: Path
    scenario: str | None = None
    recorded: bool = False
    """Whether the path is that of results, not of a site."""


def register(app: typer.Typer) -> None:
    """Give the command line the verb of this module."""
    app.command("compare", help=words("compare"))(compare_plans)


@verb
def compare_plans(
    a: FirstPlan,
    b: SecondPlan = None,
    *,
    scenario: ScenarioName = None,
    as_of: AsOf = None,
    lang: Lang = None,
    json: AsJson = False,
    out_folder: OutFolder = None,
) -> None:
    """Hold two plans against each other."""
    from parcelplan.cli.show import show_json
    from parcelplan.compare import compare
    from parcelplan.publish import write_comparison
    from parcelplan.views.compare_tables import comparison_record

    asked = _asked(a, b, scenario)
    sides, studies = [], []
    for one in asked:
        made, study = _side(one, as_of, lang, quiet=json)
        sides.append(made)
        studies.append(study)
    comparison = compare(*_told_apart(sides))
    study = studies[1] or studies[0]
    speaking = study.lang if study else lang or spoken()
    files = write_comparison(comparison, study, out_folder, speaking) if out_folder else ()
    if json:
        show_json(comparison_record(comparison))
        return
    _show(comparison, speaking)
    for file in files:
        out.print(f"  {file}")


def _asked(a: str, b: str | None, scenario: str | None) -> tuple[Asked, Asked]:
    """The two plans: A and B, or a site as it stands and under the scenario."""
    first = asked(a)
    if b is None and scenario is None:
        raise ConfigError("error.compare_with_what", a=a)
    if b is not None:
        second = asked(b)
        if scenario is None:
            return first, second
        if second.scenario is not None or second.recorded:
            raise ConfigError("error.compare_scenario_twice", b=b, scenario=scenario)
        return first, Asked(path=second.path, scenario=scenario)
    if first.recorded:
        raise ConfigError("error.compare_with_what", a=a)
    return first, Asked(path=first.path, scenario=scenario)


def asked(text_given: str) -> Asked:
    """What one argument means: a site, ``SITE:scenario``, ``SITE:overlay.toml``, or results of a run.

    A path that exists is taken whole, so that a colon in it does no harm.
    """
    path = Path(text_given)
    if not path.exists() and ":" in text_given:
        folder, _, scenario = text_given.rpartition(":")
        if Path(folder).is_dir() and scenario:
            return Asked(path=Path(folder), scenario=scenario)
        # An overlay may itself lie behind a drive letter.
        folder, _, scenario = text_given.partition(":")
        if Path(folder).is_dir() and scenario:
            return Asked(path=Path(folder), scenario=scenario)
    recorded = path.suffix.lower() == ".json" or (
        path.is_dir() and not (path / "site.toml").exists() and (path / "summary.json").exists()
    )
    return Asked(path=path, recorded=recorded)


def _side(
    one: Asked, as_of: datetime | None, lang: Language | None, *, quiet: bool
) -> tuple[Side, Study | None]:
    from parcelplan.cli.running import open_at
    from parcelplan.cli.solving import searched
    from parcelplan.compare import side
    from parcelplan.study import STEPS
    from parcelplan.views.recorded import recorded_side

    if one.recorded:
        return recorded_side(one.path), None
    site = open_at(one.path, one.scenario, as_of, lang)
    with progress(len(STEPS), quiet=quiet) as step:
        study = searched(site, step)
    return side(study), study


def _told_apart(sides: list[Side]) -> list[Side]:
    """The sides with labels that differ; one scenario of two states of a site is told apart by A and B."""
    from dataclasses import replace

    a, b = sides
    return (
        sides if a.label != b.label else [replace(a, label=f"{a.label} A"), replace(b, label=f"{b.label} B")]
    )


def _show(comparison: Comparison, lang: Language) -> None:
    from rich.text import Text

    from parcelplan.cli.show import show_table
    from parcelplan.views.compare_tables import (
        compare_table,
        differing,
        side_text,
        summary_lines,
        telling_columns,
    )

    for end in "ab":
        out.print(Text(f"{end.upper()}  {side_text(comparison, end, lang)}", style="bold"))
    for line in summary_lines(comparison, lang):
        out.print(f"  {line}")
    for name in SHOWN:
        frame = differing(compare_table(comparison, name))
        if len(frame):
            title = text(f"compare.table.{name}", lang)
            columns = telling_columns(frame)
            show_table(frame.head(MOST_ROWS), f"compare_{name}", lang, title=title, columns=columns)
            if len(frame) > MOST_ROWS:
                out.print(text("compare.more_on_terminal", lang, count=len(frame) - MOST_ROWS))
