"""How sure a plan is, on the terminal: ``parcelplan risk``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from parcelplan.catalogue import text
from parcelplan.cli.options import AsJson, words
from parcelplan.cli.running import out, site_verb

if TYPE_CHECKING:
    from collections.abc import Callable

    from parcelplan.planning.risk import Risk
    from parcelplan.site import Site
    from parcelplan.study import Study

Runs = Annotated[int, typer.Option("--runs", min=1, max=1_000_000, help=words("risk.runs"))]
Seed = Annotated[int | None, typer.Option("--seed", min=0, help=words("risk.seed"), show_default=False)]
AnyShape = Annotated[Literal["pert", "triangular"], typer.Option("--shape", help=words("risk.shape"))]
RecordFile = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="FILE.json", help=words("risk.out"), show_default=False),
]
SHOWN = ("risk_phases", "risk_dates", "risk_works", "risk_drivers")


def register(app: typer.Typer, planned: Callable[..., Study]) -> None:
    """Give the command line the verb.

    Parameters
    ----------
    app
        The command line.
    planned
        Studies a site, quietly or not, and goes on only with a plan.
    """

    @app.command(help=words("risk"))
    @site_verb
    def risk(
        site: Site,
        *,
        runs: Runs = 10_000,
        seed: Seed = None,
        shape: AnyShape = "pert",
        json: AsJson = False,
        out_file: RecordFile = None,
    ) -> None:
        """Say how likely each date is when works take longer or shorter than planned."""
        from parcelplan.cli.show import show_json
        from parcelplan.study import study_risk
        from parcelplan.views.risk_tables import risk_record

        study = planned(site, quiet=json)
        found = study_risk(study, runs=runs, seed=seed, shape=shape)
        record = risk_record(study, found, site.lang)
        if out_file is not None:
            _write(out_file, record)
        if json:
            show_json(record)
            return
        _tell(study, found)
        if out_file is not None:
            out.print(str(out_file))


def _tell(study: Study, found: Risk) -> None:
    from parcelplan.cli.show import show_findings, show_table
    from parcelplan.views.risk_tables import RISK_TABLES

    lang = study.lang
    mean = {str(name): f"{day:%Y-%m-%d}" for name, day in found.mean_on.items()}
    out.print(text("cli.risk.mean", lang, runs=found.runs, **mean))
    if found.credit_kept is not None:
        out.print(text("risk.credit", lang, share=found.credit_kept))
    for name in SHOWN:
        frame = RISK_TABLES[name](study, found, lang)
        if name == "risk_drivers":
            frame = frame[frame["swing_days"] > 0]
        if len(frame):
            show_table(frame, name, lang, title=text(f"cli.{name}", lang))
    show_findings(found.notes, lang)


def _write(file: Path, record: dict[str, object]) -> None:
    import json

    from parcelplan.io.atomic import whole_file

    with whole_file(file) as beside:
        written = json.dumps(record, ensure_ascii=False, indent=2, allow_nan=False)
        beside.write_text(written + "\n", encoding="utf-8", newline="\n")
