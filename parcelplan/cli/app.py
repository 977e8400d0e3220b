"""The verbs of ``parcelplan``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parcelplan.cli import compare, files, risk, screen, works
from parcelplan.cli.options import AsJson, Lang, words
from parcelplan.cli.running import out, progress, site_verb, stopwatch, verb
from parcelplan.cli.solving import searched
from parcelplan.errors import ConfigError, InfeasibleError, NoSolutionYetError

if TYPE_CHECKING:
    from parcelplan.site import Site
    from parcelplan.study import Study

app = typer.Typer(
    help=words("help"), no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
Out = Annotated[Path, typer.Option("--out", "-o", help=words("out"), show_default=False)]
Parcel = Annotated[str, typer.Argument(metavar="PARCEL", help=words("parcel"), show_default=False)]
WhatWouldMove = Annotated[bool, typer.Option("--what-would-move", help=words("what_would_move"))]
TimeLimit = Annotated[
    float | None, typer.Option("--time-limit", min=0.1, help=words("lever_time"), show_default=False)
]
Everything = Annotated[bool, typer.Option("--all", help=words("all"))]
Sites = Annotated[list[Path], typer.Argument(metavar="SITE...", help=words("sites"), show_default=False)]
Host = Annotated[str, typer.Option("--host", help=words("host"))]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help=words("port"))]


def main() -> None:
    """Entry point of the command."""
    app()


files.register(app)
works.register(app)
compare.register(app)
screen.register(app)


@app.command(help=words("run"))
@site_verb
def run(site: Site, out_folder: Out, json: AsJson = False) -> None:
    """Do the whole of it and write map, report, GeoJSON, GeoPackage, Excel and summary."""
    from parcelplan.cli.show import show_json
    from parcelplan.cli.story import tell
    from parcelplan.publish import FILES, write_results
    from parcelplan.views.summary import summary

    seconds = stopwatch()
    done = _planned(site, publishing=True, quiet=json, then=lambda study: write_results(study, out_folder))
    if json:
        show_json(summary(done))
    else:
        tell(done, [out_folder / name for name in FILES], seconds())


@app.command(help=words("check"))
@site_verb
def check(site: Site, json: AsJson = False) -> int:
    """Look for mistakes in the data."""
    from parcelplan.checks.site_checks import check_site
    from parcelplan.cli.show import show_findings, show_json

    findings = check_site(site)
    if json:
        show_json(findings.records(site.lang))
    else:
        counts = {name: len(findings.of(name)) for name in ("error", "warning", "info")}
        show_findings(findings, site.lang, title=words("checked", name=site.name(), **counts))
    return 1 if findings.of("error") else 0


@app.command(help=words("areas"))
@site_verb
def areas(site: Site, json: AsJson = False) -> None:
    """Set declared, plane and ellipsoidal areas side by side."""
    from parcelplan.cli.show import records, show_json
    from parcelplan.cli.story import show_areas
    from parcelplan.views.tables import area_table

    rows = area_table(site)
    if json:
        show_json(records(rows))
    else:
        show_areas(site, rows)


@app.command(help=words("constraints"))
@site_verb
def constraints(site: Site, json: AsJson = False) -> None:
    """List the constraints with their periods, and the curve of developable land."""
    from parcelplan.cli.show import records, show_json, show_table
    from parcelplan.study import assess
    from parcelplan.views.tables import constraint_table, curve_table

    done = assess(site)
    rows, curve = constraint_table(done), curve_table(done)
    if json:
        show_json({"constraints": records(rows), "curve": records(curve)})
        return
    show_table(rows, "constraints", done.lang, title=words("constraints_title"))
    show_table(curve, "curve", done.lang, title=words("curve_title"))


@app.command(help=words("readiness"))
@site_verb
def readiness(site: Site, json: AsJson = False) -> None:
    """Say of every parcel how far it is and when it is net land."""
    from parcelplan.cli.show import records, show_json, show_table
    from parcelplan.study import assess
    from parcelplan.views.tables import readiness_table

    done = assess(site)
    rows = readiness_table(done)
    if json:
        show_json(records(rows))
    else:
        show_table(rows, "readiness", done.lang, title=words("readiness_title", as_of=site.as_of))


@app.command(help=words("rules"))
@site_verb
def rules(site: Site, json: AsJson = False, everything: Everything = False) -> None:
    """Check planning conditions and schemes against the rule book."""
    from parcelplan.checks.rule_checks import verdict_counts
    from parcelplan.cli.show import records, show_json, show_table
    from parcelplan.study import assess, rule_verdicts
    from parcelplan.views.tables import verdict_rows

    verdicts = rule_verdicts(assess(site))
    rows = verdict_rows(verdicts, site.lang)
    if json:
        show_json(records(rows))
        return
    shown = rows if everything else rows[rows["verdict"] != "ok"]
    title = words("rules_title", as_of=site.as_of, **verdict_counts(verdicts))
    show_table(
        shown, "verdicts", site.lang, title=title, columns=("parcel_id", "verdict", "sentence", "clause")
    )


@app.command(help=words("plan"))
@site_verb
def plan(site: Site, json: AsJson = False) -> None:
    """Sequence the transfers, and hold the announced plan against them."""
    from parcelplan.cli.show import show_json
    from parcelplan.cli.story import show_announced, show_plan
    from parcelplan.views.summary import summary

    done = _planned(site, quiet=json)
    if json:
        show_json(summary(done))
    else:
        show_plan(done)
        show_announced(done)


@app.command(help=words("explain"))
@site_verb
def explain(
    site: Site,
    parcel: Parcel,
    what_would_move: WhatWouldMove = False,
    time_limit: TimeLimit = None,
    json: AsJson = False,
) -> None:
    """Tell what one parcel waited for, and what would move it."""
    from parcelplan.cli.show import show_json
    from parcelplan.cli.why import find_gains, gain_records, show_gains
    from parcelplan.study import explain_parcel

    done = _planned(site, quiet=json)
    told = explain_parcel(done, parcel)
    if not json:
        out.print(told.text(), soft_wrap=True)
    gains = find_gains(done, parcel, time_limit, quiet=json) if what_would_move else None
    if json:
        show_json(told.record() | ({} if gains is None else {"gains": gain_records(done, gains)}))
    elif gains is not None:
        show_gains(done, gains)


@app.command("map", help=words("map"))
@site_verb
def draw_map(site: Site, out_file: Out) -> None:
    """Write the map alone."""
    _write(site, "map.html", out_file)


@app.command(help=words("report"))
@site_verb
def report(site: Site, out_file: Out) -> None:
    """Write the report alone."""
    _write(site, "report.html", out_file)


@app.command(help=words("export"))
@site_verb
def export(site: Site, out_file: Out) -> None:
    """Write one result file, of the kind its ending says."""
    from parcelplan.publish import FILES

    kinds = {Path(name).suffix: name for name in FILES if not name.endswith(".html")}
    if out_file.suffix.lower() not in kinds:
        raise ConfigError("error.unknown_export", file=out_file, known=", ".join(kinds))
    _write(site, kinds[out_file.suffix.lower()], out_file)


@app.command(help=words("serve"))
@verb
def serve(sites: Sites, host: Host = "127.0.0.1", port: Port = 8000, lang: Lang = None) -> None:
    """Start the service."""
    import os

    import uvicorn

    from parcelplan.site.config import read_config

    for folder in sites:
        read_config(folder)
    os.environ["PARCELPLAN_SITES"] = os.pathsep.join(str(folder.resolve()) for folder in sites)
    if lang:
        os.environ["PARCELPLAN_LANGUAGE"] = lang
    uvicorn.run("service.app:app_from_environment", factory=True, host=host, port=port, server_header=False)


def _write(site: Site, name: str, file: Path) -> None:
    from parcelplan.publish import write_result

    _planned(site, publishing=True, then=lambda study: write_result(study, name, file))
    out.print(str(file))


def _planned(
    site: Site,
    *,
    publishing: bool = False,
    quiet: bool = False,
    then: Callable[[Study], object] = lambda _study: None,
) -> Study:
    """Study a site with its progress shown, and go on only with a plan; without one, its error says why."""
    from parcelplan.study import STEPS
    from parcelplan.views.why_not import why_not

    with progress(len(STEPS) + publishing, quiet=quiet) as step:
        done = searched(site, step)
        if done.plan.status == "infeasible":
            step("relax")
            raise InfeasibleError("error.infeasible", reason=why_not(done, site.lang))
        if done.plan.status == "no_solution_yet":
            raise NoSolutionYetError("error.no_solution_yet", seconds=round(done.plan.solve_s, 1))
        if publishing:
            step("publish")
        then(done)
    return done


risk.register(app, _planned)
