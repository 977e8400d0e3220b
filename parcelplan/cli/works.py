"""The verbs for schedules of works: import, export."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from parcelplan.catalogue import Language, text
from parcelplan.cli.options import Lang, spoken, words
from parcelplan.cli.running import out, progress, site_verb, verb
from parcelplan.cli.solving import searched
from parcelplan.errors import ConfigError

if TYPE_CHECKING:
    from parcelplan.io.programme.tables import Programme
    from parcelplan.site import Site


def _csv(name: str) -> Any:
    return typer.Option(f"--{name}", help=words(f"works.{name}"), metavar="FILE.csv", show_default=False)


Schedule = Annotated[Path, typer.Argument(metavar="FILE", help=words("works.file"), show_default=False)]
WorksFile = Annotated[
    Path, typer.Option("--out", "-o", help=words("works.out"), metavar="works.csv", show_default=False)
]
CrewsFile = Annotated[Path | None, _csv("crews")]
CalendarsFile = Annotated[Path | None, _csv("calendars")]
ClosuresFile = Annotated[Path | None, _csv("closures")]
AlternativesFile = Annotated[Path | None, _csv("alternatives")]
ExportFile = Annotated[
    Path, typer.Option("--out", "-o", help=words("works.export_out"), metavar="FILE", show_default=False)
]


Overwrite = Annotated[bool, typer.Option("--overwrite", help=words("files.overwrite"), show_default=False)]


def register(app: typer.Typer) -> None:
    """Give the command line the verbs of this module, under ``works``."""
    group = typer.Typer(help=words("works"), no_args_is_help=True)
    group.command("import", help=words("works.import"))(import_works)
    group.command("export", help=words("works.export"))(export_works)
    app.add_typer(group, name="works")


@verb
def import_works(
    file: Schedule,
    out_file: WorksFile,
    *,
    crews: CrewsFile = None,
    calendars: CalendarsFile = None,
    closures: ClosuresFile = None,
    alternatives: AlternativesFile = None,
    overwrite: Overwrite = False,
    lang: Lang = None,
) -> int:
    """Turn a schedule into the tables of a site."""
    from parcelplan.cli.show import show_findings
    from parcelplan.io.programme.files import read_programme, write_table

    speaking = lang or spoken()
    if not overwrite:
        _refuse_existing((out_file, crews, calendars, closures, alternatives))
    given = {"crews": crews, "calendars": calendars, "closures": closures, "alternatives": alternatives}
    with progress(1) as step:
        step("read")
        programme = read_programme(file)
    targets = {"works": out_file} | {name: target for name, target in given.items() if target is not None}
    for name, target in targets.items():
        write_table(programme, name, target)
    findings = programme.findings + _not_written(programme, targets, speaking)
    show_findings(findings, speaking)
    for name, target in targets.items():
        count = len(programme.table(name))
        out.print(text("works.written", speaking, label=_label(name, speaking), count=count, file=target))
    return 1 if findings.of("error") else 0


@site_verb
def export_works(site: Site, out_file: ExportFile) -> None:
    """Write the works of a site with their planned days as a schedule or a workbook."""
    from parcelplan.io.programme.files import refuse_unknown, write_programme
    from parcelplan.io.programme.tables import TABLES, Programme
    from parcelplan.study import STEPS

    refuse_unknown(out_file)
    with progress(len(STEPS) + 1) as step:
        done = searched(site, step)
        step("publish")
        programme = Programme(tables={name: site.tables[name] for name in TABLES if name in site.tables})
        planned = done.schedule.join(done.plan.works_frame()[["mode"]], how="left")
        write_programme(
            programme, out_file, planned=planned, title=site.name(), as_of=site.as_of, lang=site.lang
        )
    if not done.plan.transfers:
        out.print(text("works.no_plan", site.lang))
    count = len(programme.table("works"))
    out.print(text("works.written", site.lang, label=_label("works", site.lang), count=count, file=out_file))


def _refuse_existing(files: Iterable[Path | None]) -> None:
    for file in files:
        if file is not None and file.exists():
            raise ConfigError("error.exists", file=file)


def _label(name: str, lang: Language) -> str:
    from parcelplan import schema

    return schema.table(name).label(lang)


def _not_written(programme: Programme, targets: dict[str, Path], lang: Language) -> Any:
    """What the file holds and nobody asked for."""
    from parcelplan.findings import Finding
    from parcelplan.io.programme.files import held

    for name in held(programme):
        if name not in targets:
            params = {"label": _label(name, lang), "count": len(programme.table(name)), "option": f"--{name}"}
            yield Finding(code="programme.not_written", layer=name, params=params)
