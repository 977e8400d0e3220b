"""The verbs for a whole city: screen, partition."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from parcelplan.catalogue import Language, text
from parcelplan.cli.options import AsJson, AsOf, Lang, ScenarioName, spoken, words
from parcelplan.cli.running import err, out, progress, scenario_at, stopwatch, verb
from parcelplan.errors import ConfigError

if TYPE_CHECKING:
    from parcelplan.city.gathering import Outcome
    from parcelplan.city.running import Progress


def _option(name: str, code: str, **more: Any) -> Any:
    return typer.Option(name, help=words(code), show_default=False, **more)


Parcels = Annotated[Path, typer.Argument(metavar="PARCELS", help=words("screen.parcels"), show_default=False)]
Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help=words("partition.folder"), show_default=False)]
Out = Annotated[
    Path, typer.Option("--out", "-o", help=words("screen.out"), metavar="FILE", show_default=False)
]
SiteFolder = Annotated[Path | None, _option("--site", "screen.site", metavar="DIR")]
Constraints = Annotated[
    list[str] | None, _option("--constraint", "screen.constraint", metavar="KIND=FILE:WIDTH")
]
Dates = Annotated[str | None, _option("--dates", "screen.dates", metavar="DAYS|changes")]
Engine = Annotated[
    Literal["threads", "processes", "dask"], typer.Option("--engine", help=words("screen.engine"))
]
Scheduler = Annotated[str | None, _option("--scheduler", "screen.scheduler", metavar="tcp://HOST:PORT")]
WorkerCount = Annotated[int | None, _option("--workers", "screen.workers", min=1)]
Layer = Annotated[str | None, _option("--layer", "screen.layer")]
Width = Annotated[bool, _option("--width", "screen.width")]
Summary = Annotated[Path | None, _option("--summary", "screen.summary", metavar="FILE.csv")]
By = Annotated[list[str] | None, _option("--by", "screen.by", metavar="COLUMN")]
Readiness = Annotated[bool, _option("--readiness", "screen.readiness")]
ChunkRows = Annotated[int, typer.Option("--chunk-rows", min=1, help=words("screen.chunk_rows"))]
PartitionRows = Annotated[int, typer.Option("--rows", min=1, help=words("partition.rows"))]
Overwrite = Annotated[bool, _option("--overwrite", "files.overwrite")]


def register(app: typer.Typer) -> None:
    """Give the command line the verbs of this module."""
    for name, command in (("screen", screen), ("partition", partition)):
        app.command(name, help=words(name))(command)


@verb
def screen(  # noqa: PLR0913 - one parameter an option
    parcels: Parcels,
    out_file: Out,
    *,
    site: SiteFolder = None,
    constraint: Constraints = None,
    scenario: ScenarioName = None,
    as_of: AsOf = None,
    dates: Dates = None,
    layer: Layer = None,
    engine: Engine = "threads",
    scheduler: Scheduler = None,
    workers: WorkerCount = None,
    width: Width = False,
    readiness: Readiness = False,
    summary: Summary = None,
    by: By = None,
    chunk_rows: ChunkRows = 100_000,
    overwrite: Overwrite = False,
    lang: Lang = None,
    json: AsJson = False,
) -> int:
    """Screen the parcels of a whole city."""
    from parcelplan.city.engines import Workers
    from parcelplan.city.request import Request, parse_constraint
    from parcelplan.city.running import screen_file

    speaking = lang or spoken()
    chosen = scenario_at(site, scenario) if site else scenario
    request = Request(
        parcels=parcels,
        out=out_file,
        constraints=tuple(parse_constraint(item) for item in constraint or ()),
        site=site,
        scenario=chosen,
        as_of=as_of.date() if as_of else None,
        layer=layer,
        dates=parse_dates(dates),
        chunk_rows=chunk_rows,
        width=width,
        readiness=readiness,
        summary=summary,
        by=tuple(by or ()),
    )
    hands = Workers(scheduler=scheduler, **({"count": workers} if workers else {}))
    try:
        with _bar(quiet=json) as told:
            done = screen_file(
                request, engine=engine, workers=hands, overwrite=overwrite, lang=speaking, on_progress=told
            )
    except KeyboardInterrupt:
        err.print(text("cli.screen.stopped", speaking), soft_wrap=True)
        raise
    _tell(done, speaking, json=json)
    return 1 if done.findings.of("error") else 0


def parse_dates(given: str | None) -> tuple[date, ...] | Literal["changes"]:
    """Read ``--dates``: days joined by commas, or ``changes``; none where nothing is given."""
    if given is None:
        return ()
    if given.strip().lower() == "changes":
        return "changes"
    try:
        days = [datetime.strptime(item.strip(), "%Y-%m-%d") for item in given.split(",")]  # noqa: DTZ007 - a day
    except ValueError as error:
        raise ConfigError("error.bad_dates", value=given) from error
    return tuple(sorted({day.date() for day in days}))


@verb
def partition(
    parcels: Parcels,
    folder: Folder,
    *,
    rows: PartitionRows = 100_000,
    layer: Layer = None,
    lang: Lang = None,
    json: AsJson = False,
) -> int:
    """Cut parcels into partitions of neighbours."""
    from parcelplan.cli.show import show_json
    from parcelplan.io.streams import partition_parcels

    seconds = stopwatch()
    with progress(1, quiet=json) as step:
        step("read")
        done = partition_parcels(parcels, folder, layer=layer, rows_per_partition=rows)
    told = {"rows": done.rows, "count": len(done.files), "folder": str(folder), "seconds": seconds()}
    if json:
        show_json(told)
    else:
        out.print(text("cli.partition.done", lang or spoken(), **told), soft_wrap=True)
    return 0


def _tell(done: Outcome, lang: Language, *, json: bool) -> None:
    from parcelplan.cli.show import show_findings, show_json
    from parcelplan.units import to_mu

    if json:
        show_json(done.record(lang))
        return
    show_findings(done.findings, lang)
    if not done.rows and done.missing_rows:
        err.print(text("cli.screen.nothing", lang), soft_wrap=True)
        return
    figures = {
        "rows": done.rows,
        "seconds": done.seconds,
        "speed": done.parcels_per_second,
        "developable": to_mu(done.totals.get("developable_m2", 0.0)),
        "blocked": to_mu(done.totals.get("blocked_m2", 0.0)),
        "file": done.out,
    }
    out.print(text("cli.screen.done", lang, **figures), soft_wrap=True)


@contextmanager
def _bar(*, quiet: bool) -> Iterator[Callable[[Progress], None]]:
    """A bar with parcels per second and the time left, on a terminal only; gone when the work is done."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
    )
    seconds = stopwatch()
    begun: dict[str, float] = {}
    with Bar(*columns, console=err, transient=True, disable=quiet or not err.is_terminal) as bar:
        task = bar.add_task("", total=None, speed="")

        def told(news: Progress) -> None:
            passed = seconds() - begun.setdefault(news.step, seconds())
            fresh = news.rows - news.resumed_rows
            speed = words("screen.speed", speed=fresh / passed) if fresh and passed else ""
            bar.update(
                task,
                description=words(f"screen.step.{news.step}"),
                completed=news.rows,
                total=news.total or None,
                speed=speed,
            )

        yield told
