"""A screening from its request to its file: made ready, screened by chunks, joined; it goes on where it stopped."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Literal

from parcelplan.catalogue import Language
from parcelplan.city.chunks import noted
from parcelplan.city.engines import Engine, Workers, engine_named
from parcelplan.city.gathering import Outcome, gathered, summed
from parcelplan.city.partitions import is_folder, publish
from parcelplan.city.preparing import Prepared, prepare
from parcelplan.city.request import ChunkReport, Request, check_request
from parcelplan.city.scratch import alone, remove
from parcelplan.city.summing import write_summary
from parcelplan.findings import Finding
from parcelplan.geometry.screening import FEW, load_kernel
from parcelplan.io.streams import assemble

Step = Literal["prepare", "compile", "screen", "assemble"]


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a screening is."""

    step: Step
    rows: int = 0
    """Parcels done, those of an earlier run among them."""
    total: int = 0
    resumed_rows: int = 0


def _silent(_progress: Progress) -> None:
    """Report nothing."""


def _never() -> bool:
    return False


def screen_file(
    request: Request,
    *,
    engine: str = "threads",
    workers: Workers | None = None,
    overwrite: bool = False,
    lang: Language = "en",
    on_progress: Callable[[Progress], None] = _silent,
    stop: Callable[[], bool] = _never,
) -> Outcome:
    """Screen parcels by the million against constraints, in bounded memory.

    Called again after it was stopped, killed or ran out of disk, it goes on where it was, as long as neither its
    inputs nor its options have changed. The file appears whole or not at all; where a chunk could not be done, the
    findings name it and count the rows that are missing, and the folder of parts stays for another try.

    Parameters
    ----------
    request
        What to screen against what.
    engine
        ``threads``, ``processes`` or ``dask``; all give the same bytes.
    workers
        How many; as many as there are cores where None.
    overwrite
        Replace an output that is there already, once the new one is whole.
    lang
        Language of reasons that findings quote.
    on_progress
        Told of every step and every chunk.
    stop
        Asked after every chunk; where it says so, the run ends and can go on later.

    Raises
    ------
    ConfigError
        The request, or the site, says something that cannot be.
    InputError
        A file cannot be read or written, or another run writes the same output.
    CrsError
        The parcels lie in no system of metres, or nobody knows where a layer lies.
    FindingsError
        The data of the site hold errors.
    """
    begun = time.perf_counter()
    workers = workers or Workers()
    run = engine_named(engine, workers)
    check_request(request, overwrite=overwrite)
    request = request.absolute()
    with alone(request):
        on_progress(Progress(step="prepare"))
        prepared = prepare(request, threads=workers.count)
        reports, finished = _screened(prepared, run, workers, on_progress, stop)
        if finished:
            on_progress(Progress(step="assemble"))
            _assembled(prepared, reports, lang)
        if finished and all(report.part for report in reports):
            remove(request.folder)
    done = [report for report in reports if report.part]
    resumed = sum(report.rows for report in done if report.resumed)
    findings = prepared.findings + gathered(reports, prepared.refs, request.parcels, lang)
    if resumed:
        findings += [Finding(code="city.resumed", value=resumed)]
    if done and not prepared.rows:
        findings += [Finding(code="city.no_parcels", layer=request.parcels.name)]
    return Outcome(
        out=request.out,
        finished=finished,
        rows=sum(report.rows for report in done),
        resumed_rows=resumed,
        missing_rows=sum(report.rows for report in reports if not report.part),
        chunks=len(reports),
        seconds=time.perf_counter() - begun,
        totals=summed(done),
        findings=findings,
    )


def _screened(
    prepared: Prepared,
    run: Engine,
    workers: Workers,
    on_progress: Callable[[Progress], None],
    stop: Callable[[], bool],
) -> tuple[list[ChunkReport], bool]:
    """Screen what no earlier run has; whether all chunks were tried."""
    request = prepared.request
    earlier = {ref.number: noted(ref, request) for ref in prepared.refs} if prepared.resumed else {}
    reports = [report for report in earlier.values() if report is not None]
    there = {report.number for report in reports}
    left = [ref for ref in prepared.refs if ref.number not in there]
    resumed = sum(report.rows for report in reports)

    def tell() -> None:
        rows = sum(report.rows for report in reports)
        on_progress(Progress(step="screen", rows=rows, total=prepared.rows, resumed_rows=resumed))

    if not left:
        tell()
        return reports, True
    if workers.scheduler is None and max(ref.rows for ref in left) >= FEW:
        # Once here, not in every worker at the same time; a cluster elsewhere has machines of its own.
        on_progress(Progress(step="compile"))
        load_kernel()
    tell()
    with closing(run(request, left, workers)) as coming:
        for report in coming:
            reports.append(report)
            tell()
            if stop():
                break
    return reports, len(reports) == len(prepared.refs)


def _assembled(prepared: Prepared, reports: list[ChunkReport], lang: Language) -> None:
    """Join the parts into the file, and sum them up where asked; without any part there is neither."""
    request = prepared.request
    parts = [
        request.folder / report.part
        for report in sorted(reports, key=lambda item: item.number)
        if report.part
    ]
    if parts and request.summary is not None:
        write_summary(parts, request.summary, prepared.by, lang)
    if parts and is_folder(request.out):
        publish(parts, request.out)
    elif parts:
        assemble(parts, request.out, crs=prepared.context.crs)
