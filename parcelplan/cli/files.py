"""The verbs for one's own files: inspect, convert, new."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from parcelplan.catalogue import Language, text
from parcelplan.cli.options import AsJson, Lang, spoken, words
from parcelplan.cli.running import err, out, progress, verb
from parcelplan.errors import ConfigError
from parcelplan.findings import FindingsError

if TYPE_CHECKING:
    from parcelplan.io.vector.reading import ReadOptions

SHOWN = 12
"""Findings of the check shown after a new site was made; ``check`` shows all."""


def _option(name: str, code: str, **more: Any) -> Any:
    return typer.Option(name, help=words(code), show_default=False, **more)


AnyFile = Annotated[Path, typer.Argument(metavar="FILE", help=words("files.file"), show_default=False)]
In = Annotated[Path, typer.Argument(metavar="IN", help=words("files.in"), show_default=False)]
OutFile = Annotated[Path, typer.Argument(metavar="OUT", help=words("files.out"), show_default=False)]
Layer = Annotated[str | None, _option("--layer", "files.layer")]
Crs = Annotated[str | None, _option("--crs", "files.crs")]
ToCrs = Annotated[str | None, _option("--to-crs", "files.to_crs")]
Encoding = Annotated[str | None, _option("--encoding", "files.encoding")]
Datum = Annotated[Literal["gcj02"] | None, _option("--source-datum", "files.source_datum")]
Axes = Annotated[Literal["xy", "yx"] | None, _option("--axis-order", "files.axis_order")]
Dialect = Annotated[str, typer.Option("--dialect", help=words("files.dialect"))]
Public = Annotated[bool, _option("--public", "files.public")]
AsTable = Annotated[str, _option("--table", "files.table")]
Overwrite = Annotated[bool, _option("--overwrite", "files.overwrite")]
Force = Annotated[bool, _option("--force", "files.force")]

NewFolder = Annotated[Path, typer.Argument(metavar="DIR", help=words("new.folder"), show_default=False)]
Parcels = Annotated[Path, _option("--parcels", "new.parcels", metavar="FILE")]
SiteBoundary = Annotated[Path | None, _option("--site-boundary", "new.site_boundary", metavar="FILE")]
PowerLines = Annotated[Path | None, _option("--power-lines", "new.power_lines", metavar="FILE")]
Pylons = Annotated[Path | None, _option("--pylons", "new.pylons", metavar="FILE")]
Rivers = Annotated[Path | None, _option("--rivers", "new.rivers", metavar="FILE")]
RiverAreas = Annotated[Path | None, _option("--river-areas", "new.river_areas", metavar="FILE")]
Roads = Annotated[Path | None, _option("--roads", "new.roads", metavar="FILE")]
HardConstraints = Annotated[
    Path | None, _option("--hard-constraints", "new.hard_constraints", metavar="FILE")
]
WorkAreas = Annotated[Path | None, _option("--work-areas", "new.work_areas", metavar="FILE")]
Works = Annotated[Path | None, _option("--works", "new.works", metavar="FILE")]
SiteId = Annotated[str | None, _option("--id", "new.id")]
SiteName = Annotated[str | None, _option("--name", "new.name")]
SiteCrs = Annotated[str | None, _option("--crs", "new.crs")]
SiteToCrs = Annotated[str | None, _option("--to-crs", "new.to_crs")]
DataDay = Annotated[
    datetime | None, _option("--as-of", "new.as_of", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD")
]
LastDay = Annotated[
    datetime | None, _option("--horizon-end", "new.horizon_end", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD")
]
Columns = Annotated[list[str] | None, _option("--column", "new.column", metavar="OURS=THEIRS")]
Defaults = Annotated[list[str] | None, _option("--default", "new.default", metavar="OURS=VALUE")]
Layers = Annotated[list[str] | None, _option("--layer", "new.layer", metavar="LAYER=NAME")]


def register(app: typer.Typer) -> None:
    """Give the command line the verbs of this module."""
    for name, command in (("inspect", inspect), ("convert", convert), ("new", new)):
        app.command(name, help=words(name))(command)


@verb
def inspect(
    file: AnyFile,
    layer: Layer = None,
    crs: Crs = None,
    encoding: Encoding = None,
    source_datum: Datum = None,
    axis_order: Axes = None,
    lang: Lang = None,
    json: AsJson = False,
) -> int:
    """Tell what a file holds."""
    from parcelplan.cli.show import show_json
    from parcelplan.cli.show_files import show_facts
    from parcelplan.io.inspecting import inspect_file

    with progress(1) as step:
        step("read")
        facts = inspect_file(file, _read_options(layer, crs, encoding, source_datum, axis_order))
    if json:
        show_json(facts.record(lang or spoken()))
    else:
        show_facts(facts, lang or spoken())
    return 1 if facts.findings.of("error") else 0


@verb
def convert(  # noqa: PLR0913 - one parameter an option
    source: In,
    target: OutFile,
    *,
    layer: Layer = None,
    crs: Crs = None,
    to_crs: ToCrs = None,
    encoding: Encoding = None,
    source_datum: Datum = None,
    axis_order: Axes = None,
    dialect: Dialect = "standard",
    public: Public = False,
    table: AsTable = "",
    overwrite: Overwrite = False,
    force: Force = False,
    lang: Lang = None,
) -> int:
    """Turn a file into another format."""
    from parcelplan.cli.show import show_findings
    from parcelplan.io.converting import Wanted, convert_file

    wanted = Wanted(
        crs=to_crs, dialect=dialect, public=public, table=table, overwrite=overwrite, despite_errors=force
    )
    options = _read_options(layer, crs, encoding, source_datum, axis_order)
    speaking = lang or spoken()
    try:
        with progress(1) as step:
            step("read")
            done = convert_file(source, target, options, wanted)
    except FindingsError as error:
        return _stopped(error, speaking)
    show_findings(done.findings, speaking)
    out.print(text("convert.written", speaking, count=done.features, file=target))
    return 1 if done.findings.of("error") else 0


@verb
def new(  # noqa: PLR0913 - one parameter an option
    folder: NewFolder,
    parcels: Parcels,
    *,
    site_boundary: SiteBoundary = None,
    power_lines: PowerLines = None,
    pylons: Pylons = None,
    rivers: Rivers = None,
    river_areas: RiverAreas = None,
    roads: Roads = None,
    hard_constraints: HardConstraints = None,
    work_areas: WorkAreas = None,
    works: Works = None,
    site_id: SiteId = None,
    name: SiteName = None,
    crs: SiteCrs = None,
    to_crs: SiteToCrs = None,
    data_day: DataDay = None,
    horizon_end: LastDay = None,
    column: Columns = None,
    default: Defaults = None,
    layer: Layers = None,
    encoding: Encoding = None,
    source_datum: Datum = None,
    force: Force = False,
    lang: Lang = None,
) -> int:
    """Make a site folder from loose files."""
    given = {
        "parcels": parcels,
        "site_boundary": site_boundary,
        "power_lines": power_lines,
        "pylons": pylons,
        "rivers": rivers,
        "river_areas": river_areas,
        "roads": roads,
        "hard_constraints": hard_constraints,
        "work_areas": work_areas,
        "works": works,
    }
    files = {table: file for table, file in given.items() if file is not None}
    said = {
        "columns": _by_table("--column", column, files),
        "defaults": _by_table("--default", default, files),
        "layers": dict(_pair("--layer", item, "LAYER=NAME") for item in layer or ()),
    }
    options = _read_options(None, crs, encoding, source_datum)
    settings = {
        "id": site_id,
        "name": name,
        "language": lang or spoken(),
        "as_of": data_day.date() if data_day else None,
        "horizon_end": horizon_end.date() if horizon_end else None,
    }
    return _make(folder, files, options, said, settings, to_crs=to_crs, force=force)


def _make(
    folder: Path,
    files: Mapping[str, Path],
    options: ReadOptions,
    said: Mapping[str, Any],
    settings: Mapping[str, Any],
    *,
    to_crs: str | None,
    force: bool,
) -> int:
    from parcelplan.cli.show import show_findings
    from parcelplan.site.loose import Said, read_loose
    from parcelplan.site.scaffold import refuse_used, scaffold_site, settings_for

    lang = settings["language"]
    refuse_used(folder)
    with progress(len(files)) as step:
        read = read_loose(files, options, Said(**said), to_crs, each=step)
    if not force and read.findings.of("error"):
        return _stopped(FindingsError(read.findings), lang)
    chosen, told = settings_for(folder, files.values(), read.crs, **settings)
    findings = read.findings + told + scaffold_site(folder, read.loose, chosen)
    out.print(text("new.written", lang, folder=folder))
    show_findings(findings, lang)
    return _checked(folder, lang)


def _stopped(error: FindingsError, lang: Language) -> int:
    """Name the errors, and the option that goes on in spite of them."""
    from parcelplan.io.printing import printable

    for line in (*error.message(lang).splitlines(), text("files.force", lang)):
        err.print(printable(line), soft_wrap=True)
    return error.exit_code


def _checked(folder: Path, lang: Language) -> int:
    """Check a new site as ``check`` does, and say how to go on."""
    from parcelplan.checks.site_checks import check_site
    from parcelplan.cli.show import show_findings
    from parcelplan.findings import Findings
    from parcelplan.site import open_site

    site = open_site(folder, lang=lang)
    findings = check_site(site)
    counts = {name: len(findings.of(name)) for name in ("error", "warning", "info")}
    first = [*findings.of("error"), *findings.of("warning"), *findings.of("info")][:SHOWN]
    show_findings(Findings(first), lang, title=text("cli.checked", lang, name=site.name(), **counts))
    if len(findings) > SHOWN:
        out.print(text("new.more", lang, count=len(findings) - SHOWN))
    out.print(text("new.next", lang, folder=folder))
    return 1 if findings.of("error") else 0


def _pair(option: str, given: str, form: str) -> tuple[str, str]:
    left, sign, right = given.partition("=")
    if not (left.strip() and sign and right.strip()):
        raise ConfigError("error.bad_pair", option=option, value=given, form=form)
    return left.strip(), right.strip()


def _by_table(option: str, given: list[str] | None, files: Mapping[str, Path]) -> dict[str, dict[str, str]]:
    """Sort ``[LAYER.]OURS=ANYTHING`` by layer; without one the parcels are meant."""
    found: dict[str, dict[str, str]] = {}
    for item in given or ():
        left, right = _pair(option, item, "[LAYER.]OURS=…")
        table, dot, ours = left.rpartition(".")
        table = table if dot else "parcels"
        if table not in files:
            raise ConfigError("error.pair_of_no_file", option=option, value=item, table=table)
        found.setdefault(table, {})[ours] = right
    return found


def _read_options(
    layer: str | None, crs: str | None, encoding: str | None, datum: str | None, axes: Any = None
) -> ReadOptions:
    from parcelplan.io.vector.reading import ReadOptions

    return ReadOptions(
        layer=layer,
        crs=crs,
        encoding=encoding,
        source_datum="GCJ-02" if datum else None,
        axis_order=axes,
    )
