"""The process that reads files which nobody trusts; :mod:`parcelplan.io.guard.worker` starts it and sets its limits.

It takes one order a line on its standard input and answers one number a line: how the read ended. On Linux it stays
clean itself: each order is read by a copy of it (``fork``) that starts with everything imported and ends with its
file, so that a file can neither crash the next read nor leave anything behind for it. Elsewhere it serves one order
and ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path, PurePosixPath
from typing import Any, TextIO

import fiona
import geopandas as gpd
import pandas as pd
import pyogrio
import shapely
from fiona.errors import FionaError
from pyogrio.errors import DataSourceError

from parcelplan.errors import InputError, ParcelPlanError
from parcelplan.io.boundary_txt import read_boundary_txt
from parcelplan.io.guard import transfer
from parcelplan.io.guard.archives import ARCHIVES, datasets_in, opened
from parcelplan.io.guard.limits import CURRENT, Limits
from parcelplan.io.sheets.boundary_points import read_boundary_points
from parcelplan.io.sheets.grids import WORKBOOK_SUFFIXES, sheet_names
from parcelplan.io.sheets.tables import read_table_findings
from parcelplan.io.vector.formats import format_of
from parcelplan.io.vector.reading import Reading, ReadOptions, read_vector

READY, ONCE = "ready", "once"
"""First line of a process: it serves order after order, or a single one."""
FORKS = sys.platform == "linux"
_LONGEST_REASON = 300

Answer = tuple[pd.DataFrame, dict[str, Any]]


def main() -> None:
    """Serve orders until the standard input ends, as it does when whoever asks is gone."""
    with _own_channel() as channel:
        if FORKS:
            _warm_up()
        print(READY if FORKS else ONCE, file=channel, flush=True)
        for line in sys.stdin:
            ended = _in_a_copy(json.loads(line), channel) if FORKS else serve(json.loads(line))
            print(ended, file=channel, flush=True)
            if not FORKS:
                return


def _own_channel() -> TextIO:
    """Keep the standard output for answers alone: native readers print what they like to where it was."""
    channel = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    return channel


def _warm_up() -> None:
    """Read a file of our own, so that every copy finds libraries loaded and databases open."""
    with tempfile.TemporaryDirectory(prefix="parcelplan-") as folder:
        path = Path(folder) / "own.gpkg"
        gpd.GeoDataFrame({"name": ["own"]}, geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4490").to_file(path)
        transfer.put_frame(Path(folder), _read_layer(path, {})[0])


def _in_a_copy(order: Mapping[str, Any], channel: TextIO) -> int:
    """Serve an order in a copy of this process; the answer is its exit code, negative for a signal."""
    with warnings.catch_warnings():
        # Threads of native libraries make Python warn of fork; none of them holds a lock while we wait for orders.
        warnings.simplefilter("ignore", DeprecationWarning)
        copy = os.fork()
    if copy == 0:
        ended = 1
        try:
            os.close(channel.fileno())
            ended = serve(order)
        finally:
            os._exit(ended)
    return os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1])


def serve(order: Mapping[str, Any]) -> int:
    """Read one file under its limits and write the answer, or the error, into the order's folder."""
    folder, path = Path(order["folder"]), Path(order["path"])
    limits = Limits(**order["limits"])
    tempfile.tempdir = str(folder)
    CURRENT.set(limits)
    _set_limits(limits)
    try:
        frame, answer = READERS[order["kind"]](path, order["options"])
        transfer.put_frame(folder, frame)
    except ParcelPlanError as error:
        answer = {"error": transfer.error_record(error)}
    except MemoryError:
        answer = {"error": transfer.error_record(InputError("error.read_memory", file=path, limit=""))}
    except BaseException as error:  # noqa: BLE001 - whatever a damaged file makes a reader raise, it is the file's fault
        reason = f"{type(error).__name__}: {error}"[:_LONGEST_REASON]
        answer = {"error": transfer.error_record(InputError("error.read_failed", file=path, reason=reason))}
    transfer.put_answer(folder, answer)
    return 0


def _set_limits(limits: Limits) -> None:
    """Bind this process, where the system can: memory on top of what it has, processor time, size of files."""
    with contextlib.suppress(ImportError):
        import resource  # noqa: PLC0415 - Windows has none

        with contextlib.suppress(OSError, ValueError):
            pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
            most = pages * resource.getpagesize() + limits.memory_bytes
            resource.setrlimit(resource.RLIMIT_AS, (most, most))
        # The clock is whoever asks; this ends a reader that runs on after whoever asked was killed.
        seconds = (
            int(resource.getrusage(resource.RUSAGE_SELF).ru_utime + limits.time_s * (os.cpu_count() or 1)) + 1
        )
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_FSIZE, (limits.unpacked_bytes, limits.unpacked_bytes))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _read_layer(path: Path, options: Mapping[str, Any]) -> Answer:
    """Read a vector layer or boundary points."""
    asked = ReadOptions(**options)
    texts = _texts_in(path, asked.layer)
    if texts:
        with opened(path, member=texts if path.suffix.lower() in ARCHIVES else None) as inside:
            points = read_boundary_txt(
                inside, encoding=asked.encoding, crs=asked.crs, axis_order=asked.axis_order
            )
            reading = replace(points, path=path)
    elif path.suffix.lower() in WORKBOOK_SUFFIXES:
        with opened(path) as inside:
            points = read_boundary_points(
                inside, sheet=asked.layer, crs=asked.crs, axis_order=asked.axis_order
            )
            reading = replace(points, path=path)
    else:
        reading = read_vector(path, asked)
    told = {field.name: getattr(reading, field.name) for field in fields(Reading)}
    del told["frame"]
    findings = transfer.finding_records(reading.findings)
    return reading.frame, told | {"findings": findings, "attrs": reading.frame.attrs}


def _texts_in(path: Path, layer: str | None) -> str:
    """Name of the boundary-point TXT that is asked for: the file, or the one in an archive; empty for other formats."""
    if path.suffix.lower() not in ARCHIVES:
        return path.name if path.suffix.lower() == ".txt" else ""
    names = datasets_in(path)
    chosen = [name for name in names if layer in (None, name, PurePosixPath(name).stem)]
    return chosen[0] if len(chosen) == 1 and chosen[0].lower().endswith(".txt") else ""


def _read_table(path: Path, options: Mapping[str, Any]) -> Answer:
    """Read a sheet or a CSV."""
    with opened(path) as inside:
        frame, findings = read_table_findings(inside, **options)
    return frame, {"findings": transfer.finding_records(findings)}


def _list_layers(path: Path, _options: Mapping[str, Any]) -> Answer:
    """List the layers of a file with several, the sheets of a workbook, or the datasets of an archive with several."""
    if path.suffix.lower() in WORKBOOK_SUFFIXES:
        with opened(path) as inside:
            return pd.DataFrame({"layer": sheet_names(inside)}), {"findings": []}
    names = datasets_in(path) if path.suffix.lower() in ARCHIVES else ()
    if len(names) <= 1 and path.suffix.lower() != ".txt":
        with opened(path) as inside:
            names = _names(inside) if format_of(inside).many_layers else ()
    return pd.DataFrame({"layer": names}), {"findings": []}


def _names(path: Path) -> tuple[str, ...]:
    try:
        if path.suffix.lower() == ".gml":
            # The other reader would leave a file of its own beside it.
            return tuple(fiona.listlayers(path, WRITE_GFS="NO"))
        return tuple(str(name) for name, _ in pyogrio.list_layers(path))
    except (FionaError, DataSourceError) as error:
        raise InputError("error.unreadable", file=path, reason=error) from error


READERS: dict[str, Callable[[Path, Mapping[str, Any]], Answer]] = {
    "layer": _read_layer,
    "layers": _list_layers,
    "table": _read_table,
}

if __name__ == "__main__":
    main()
