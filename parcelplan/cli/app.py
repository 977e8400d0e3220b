"""The verbs of ``parcelplan``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parcelplan.cli.options import AsJson, AsOf, Debug, Lang, ScenarioName, SiteFolder, words
from parcelplan.cli.running import open_at, out, progress, stopwatch, verb
from parcelplan.errors import InfeasibleError, NoSolutionYetError

if TYPE_CHECKING:
    from parcelplan.plan import Plan

app = typer.Typer(
    help=words("help"), no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
Out = Annotated[Path, typer.Option("--out", "-o", help=words("out"), show_default=False)]


def main() -> None:
    """Entry point of the command."""
    app()


@app.command(help=words("run"))
@verb
def run(
    site: SiteFolder,
    out_folder: Out,
    scenario: ScenarioName = None,
    as_of: AsOf = None,
    lang: Lang = None,
    json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Do the whole of it and write map, report, GeoJSON, GeoPackage, Excel and summary."""
    from parcelplan.cli.story import tell
    from parcelplan.publish import write_results
    from parcelplan.study import STEPS, study_site

    seconds = stopwatch()
    with progress(len(STEPS) + 1) as step:
        done = study_site(open_at(site, scenario, as_of, lang), progress=step)
        _refuse_without(done.plan)
        step("publish")
        files = write_results(done, out_folder)
    if json:
        from parcelplan.cli.show import show_json
        from parcelplan.views.summary import summary

        show_json(summary(done))
        return
    tell(done, files, seconds())


def _refuse_without(plan: Plan) -> None:
    """Turn a plan that is none into its error, with its exit code."""
    if plan.status == "infeasible":
        raise InfeasibleError("error.infeasible", demands="; ".join(plan.conflict))
    if plan.status == "no_solution_yet":
        raise NoSolutionYetError("error.no_solution_yet", seconds=round(plan.solve_s, 1))


@app.command(help=words("check"))
@verb
def check(
    site: SiteFolder,
    scenario: ScenarioName = None,
    as_of: AsOf = None,
    lang: Lang = None,
    json: AsJson = False,
    debug: Debug = False,
) -> int:
    """Look for mistakes in the data."""
    from parcelplan.checks.site_checks import check_site
    from parcelplan.cli.show import show_findings, show_json

    opened = open_at(site, scenario, as_of, lang)
    findings = check_site(opened)
    if json:
        show_json(findings.records(opened.lang))
    else:
        counts = {name: len(findings.of(name)) for name in ("error", "warning", "info")}
        show_findings(findings, opened.lang, title=words("checked", name=opened.name(), **counts))
    return 1 if findings.of("error") else 0


@app.command(help=words("constraints"))
@verb
def constraints(
    site: SiteFolder,
    scenario: ScenarioName = None,
    as_of: AsOf = None,
    lang: Lang = None,
    json: AsJson = False,
    debug: Debug = False,
) -> None:
    """List the constraints with their periods, and the curve of developable land."""
    from parcelplan.cli.show import records, show_json, show_table
    from parcelplan.study import assess
    from parcelplan.views.tables import constraint_table, curve_table

    done = assess(open_at(site, scenario, as_of, lang))
    rows, curve = constraint_table(done), curve_table(done)
    if json:
        show_json({"constraints": records(rows), "curve": records(curve)})
        return
    show_table(rows, "constraints", done.lang, title=words("constraints_title"))
    show_table(curve, "curve", done.lang, title=words("curve_title"))


@app.command(help=words("readiness"))
@verb
def readiness(
    site: SiteFolder,
    scenario: ScenarioName = None,
    as_of: AsOf = None,
    lang: Lang = None,
    json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Say of every parcel how far it is and when it is net land."""
    from parcelplan.cli.show import records, show_json, show_table
    from parcelplan.study import assess
    from parcelplan.views.tables import readiness_table

    done = assess(open_at(site, scenario, as_of, lang))
    rows = readiness_table(done)
    if json:
        show_json(records(rows))
        return
    show_table(rows, "readiness", done.lang, title=words("readiness_title", as_of=done.site.as_of))


@app.command(help=words("rules"))
@verb
def rules(
    site: SiteFolder,
    scenario: ScenarioName = None,
    as_of: AsOf = None,
    lang: Lang = None,
    json: AsJson = False,
    everything: Annotated[bool, typer.Option("--all", help=words("all"))] = False,
    debug: Debug = False,
) -> None:
    """Check planning conditions and schemes against the rule book."""
    from parcelplan.cli.show import records, show_json, show_table
    from parcelplan.study import assess, rule_verdicts
    from parcelplan.views.tables import verdict_rows

    done = assess(open_at(site, scenario, as_of, lang))
    rows = verdict_rows(rule_verdicts(done), done.lang)
    if json:
        show_json(records(rows))
        return
    counts = {name: int((rows["verdict"] == name).sum()) for name in ("ok", "violated", "unknown")}
    shown = rows if everything else rows[rows["verdict"] != "ok"]
    title = words("rules_title", as_of=done.site.as_of, **counts)
    show_table(
        shown, "verdicts", done.lang, title=title, columns=("parcel_id", "verdict", "sentence", "clause")
    )


@app.command(help=words("plan"))
@verb
def plan(
    site: SiteFolder,
    scenario: ScenarioName = None,
    as_of: AsOf = None,
    lang: Lang = None,
    json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Sequence the transfers."""
    from parcelplan.cli.show import show_json
    from parcelplan.cli.story import show_plan
    from parcelplan.study import STEPS, study_site
    from parcelplan.views.summary import summary

    with progress(len(STEPS)) as step:
        done = study_site(open_at(site, scenario, as_of, lang), progress=step)
    _refuse_without(done.plan)
    if json:
        show_json(summary(done))
    else:
        show_plan(done)


@app.command(help=words("explain"))
@verb
def explain(
    site: SiteFolder,
    parcel: Annotated[str, typer.Argument(metavar="PARCEL", help=words("parcel"), show_default=False)],
    scenario: ScenarioName = None,
    as_of: AsOf = None,
    lang: Lang = None,
    json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Tell what one parcel waited for."""
    from parcelplan.cli.show import show_json
    from parcelplan.study import explain_parcel, study_site

    done = study_site(open_at(site, scenario, as_of, lang))
    _refuse_without(done.plan)
    told = explain_parcel(done, parcel)
    if json:
        show_json(told.record())
    else:
        out.print(told.text())


@app.command("map", help=words("map"))
@verb
def draw_map(
    site: SiteFolder,
    out_file: Out,
    scenario: ScenarioName = None,
    as_of: AsOf = None,
    lang: Lang = None,
    debug: Debug = False,
) -> None:
    """Write the map alone."""
    _write(site, out_file, scenario, as_of, lang, "map.html")


@app.command(help=words("report"))
@verb
def report(
    site: SiteFolder,
    out_file: Out,
    scenario: ScenarioName = None,
    as_of: AsOf = None,
    lang: Lang = None,
    debug: Debug = False,
) -> None:
    """Write the report alone."""
    _write(site, out_file, scenario, as_of, lang, "report.html")


@app.command(help=words("export"))
@verb
def export(
    site: SiteFolder,
    out_file: Out,
    scenario: ScenarioName = None,
    as_of: AsOf = None,
    lang: Lang = None,
    debug: Debug = False,
) -> None:
    """Write one result file, of the kind its ending says."""
    from parcelplan.errors import ConfigError
    from parcelplan.publish import FILES

    kinds = {Path(name).suffix: name for name in FILES if not name.endswith(".html")}
    if out_file.suffix.lower() not in kinds:
        raise ConfigError("error.unknown_export", file=out_file, known=", ".join(kinds))
    _write(site, out_file, scenario, as_of, lang, kinds[out_file.suffix.lower()])


def _write(site: Path, file: Path, scenario: str | None, as_of: AsOf, lang: Lang, name: str) -> None:
    from parcelplan.publish import write_result
    from parcelplan.study import STEPS, study_site

    with progress(len(STEPS) + 1) as step:
        done = study_site(open_at(site, scenario, as_of, lang), progress=step)
        _refuse_without(done.plan)
        step("publish")
        write_result(done, name, file)
    out.print(str(file))


@app.command(help=words("serve"))
@verb
def serve(
    sites: Annotated[list[Path], typer.Argument(metavar="SITE...", help=words("sites"), show_default=False)],
    host: Annotated[str, typer.Option("--host", help=words("host"))] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help=words("port"))] = 8000,
    lang: Lang = None,
    debug: Debug = False,
) -> None:
    """Start the service."""
    import os

    import uvicorn

    from parcelplan.site.config import read_config

    for folder in sites:
        read_config(folder)
    os.environ["PARCELPLAN_SITES"] = os.pathsep.join(str(folder.resolve()) for folder in sites)
    if lang:
        os.environ["PARCELPLAN_LANGUAGE"] = lang
    uvicorn.run(
        "service.app:app_from_environment",
        factory=True,
        host=host,
        port=port,
        log_level="debug" if debug else "info",
    )
