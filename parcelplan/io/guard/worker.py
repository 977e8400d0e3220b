"""Reading a file that nobody trusts: in a process of its own, within limits, whatever the file does to its reader.

Native readers have faults, and a file can be made to find them. Here such a file costs one read: a crash, a read that
never ends and one that takes all memory become an :class:`~parcelplan.errors.InputError` that names the file.
What a reading process may do is limited in time, memory and size of files; it is no sandbox: it has its user's rights.
"""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import functools
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyogrio

from parcelplan.errors import InputError, ParcelPlanError
from parcelplan.findings import Finding, Findings
from parcelplan.io.guard import transfer
from parcelplan.io.guard.footprint import mebibytes, refuse_odd_files, unchanged
from parcelplan.io.guard.limits import DEFAULT, Limits
from parcelplan.io.vector.formats import formats
from parcelplan.io.vector.reading import Reading, ReadOptions

ENTRY = "parcelplan.io.guard.reader_process"
"""Module that the process runs."""
START_S = 120.0
"""Seconds that a process may take to import its parts, on a busy machine with a cold disk."""
IDLE_KEPT = 2
"""Processes that wait for the next file; more are started for reads at the same time, and ended after them."""
_READY, _ONCE = b"ready\n", b"once\n"
_LONGEST_LINE = 64
_LONGEST_REASON = 300

Answered = tuple[pd.DataFrame, dict[str, Any], Findings]


def read_guarded(path: str | Path, options: ReadOptions | None = None, limits: Limits = DEFAULT) -> Reading:
    """Read one layer of a vector file, or a boundary-point TXT, in a process of its own.

    Parameters
    ----------
    path
        Any file that :func:`~parcelplan.io.vector.reading.read_vector` reads, a ``.txt``, or a ``.zip`` with one of
        them.
    options
        What the caller knows about the file.
    limits
        Time, memory and sizes; a file that needs more is refused.

    Returns
    -------
    Reading
        What a plain read gives; ``path`` is the one that was asked for, also where the data lay in an archive.

    Raises
    ------
    InputError
        The file cannot be read, is refused, changed meanwhile, or crashed, outlasted or outgrew its reader.
    """
    path = Path(path)
    frame, told, findings = _answered("layer", path, dataclasses.asdict(options or ReadOptions()), limits)
    told |= {"path": path, "layers": tuple(told["layers"]), "findings": findings}
    return Reading(frame=frame, **told)


def read_table_guarded(
    path: str | Path, *, sheet: str | None = None, table: str | None = None, limits: Limits = DEFAULT
) -> tuple[pd.DataFrame, Findings]:
    """Read a table as :func:`~parcelplan.io.sheets.tables.read_table_findings` does, in a process of its own."""
    options = {"sheet": sheet, "table": table}
    frame, _, findings = _answered("table", Path(path), options, limits)
    return frame, findings


def layer_names_guarded(path: str | Path, *, limits: Limits = DEFAULT) -> tuple[str, ...]:
    """Names of layers or sheets to choose by, listed in a process of its own; empty where a file holds only one."""
    frame, _, _ = _answered("layers", Path(path), {}, limits)
    return tuple(str(name) for name in frame["layer"])


def _answered(kind: str, path: Path, options: Mapping[str, Any], limits: Limits) -> Answered:
    refuse_odd_files(path, limits)
    with _folder() as folder, unchanged(path):
        order = {
            "kind": kind,
            "path": str(path.absolute()),
            "options": dict(options),
            "folder": str(folder),
            "limits": dataclasses.asdict(limits),
        }
        ended = _POOL.ask(order, path, limits.time_s)
        if ended != 0:
            raise _ending(ended, path, limits)
        return _taken(folder, path, limits)


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder for everything that a read writes, gone afterwards even where the reader was killed in the middle."""
    with tempfile.TemporaryDirectory(prefix="parcelplan-read-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _taken(folder: Path, path: Path, limits: Limits) -> Answered:
    """What lies in the folder of a read that ended by itself; a process that was taken over may write anything."""
    try:
        told = transfer.take_answer(folder)
        if "error" in told:
            raise _told_by(transfer.error_of(told["error"]), path, limits)
        findings = transfer.findings_of(told.pop("findings"))
        frame = transfer.take_frame(folder)
        frame.attrs = told.pop("attrs", {})
    except pa.ArrowInvalid as error:
        # Also what a reader passes on unseen: a text that is not in the encoding that its file claims.
        reason = str(error).partition("\n")[0][:_LONGEST_REASON]
        raise InputError("error.read_failed", file=path, reason=reason) from error
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise InputError("error.read_crashed", file=path, how=type(error).__name__) from error
    if os.name == "nt":
        findings += [Finding(code="read.no_limits", value=path.name)]
    return frame, told, findings


def _told_by(error: ParcelPlanError, path: Path, limits: Limits) -> ParcelPlanError:
    """Let an error of the reader name the file as the caller did."""
    error.params = {
        name: value.replace(str(path.absolute()), str(path)) if isinstance(value, str) else value
        for name, value in error.params.items()
    }
    if error.code == "error.read_memory":
        error.params["limit"] = mebibytes(limits.memory_bytes)
    return error


def _ending(ended: int, path: Path, limits: Limits) -> InputError:
    """Say what a read died of."""
    name = _signal_name(-ended) if ended < 0 else f"exit {ended}"
    if name == "SIGXCPU":
        return InputError("error.read_too_slow", file=path, seconds=limits.time_s)
    if name == "SIGKILL":
        # Nobody but the system kills so while we wait, and it does where memory is short.
        return InputError("error.read_memory", file=path, limit=mebibytes(limits.memory_bytes))
    return InputError("error.read_crashed", file=path, how=name)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


# --- processes


class _Process:
    """One reading process, and a thread that waits for its lines: pipes cannot be waited for on every system."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own module in our own interpreter
            [sys.executable, "-P", "-X", "utf8", "-m", ENTRY],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            start_new_session=True,
        )
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()
        self.owner = os.getpid()
        self.reusable = False

    def _listen(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while line := self._process.stdout.readline(_LONGEST_LINE):  # type: ignore[union-attr]
                self._lines.put(line)
        self._lines.put(b"")

    def start(self) -> bool:
        """Wait until the process is ready; False where it ended or took too long."""
        try:
            said = self._lines.get(timeout=START_S)
        except queue.Empty:
            return False
        self.reusable = said == _READY
        return said in (_READY, _ONCE)

    def ask(self, order: Mapping[str, Any], seconds: float) -> int | None:
        """Give an order and wait for its end: the reader's exit code, negative for a signal; None for too late."""
        with contextlib.suppress(OSError):
            self._process.stdin.write(json.dumps(order).encode("ascii") + b"\n")  # type: ignore[union-attr]
            self._process.stdin.flush()  # type: ignore[union-attr]
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            return None
        if line:
            return int(line)
        return self._process.wait() or 1

    def alive(self) -> bool:
        return self._process.poll() is None and self.owner == os.getpid()

    def end(self) -> None:
        """Kill the process and its copies, and close the pipes."""
        with contextlib.suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL) if hasattr(os, "killpg") else self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]


class _Pool:
    """Processes that wait for files."""

    def __init__(self) -> None:
        self._idle: list[_Process] = []
        self._lock = threading.Lock()

    def ask(self, order: Mapping[str, Any], path: Path, seconds: float) -> int:
        """Let a process serve an order; one that died or was too slow is not used again."""
        process = self._take(path)
        ended: int | None = None
        try:
            ended = process.ask(order, seconds)
        finally:
            # Also where the user interrupts: a reader that hangs must not stay behind.
            if ended is not None and process.reusable and process.alive():
                self._give_back(process)
            else:
                process.end()
        if ended is None:
            raise InputError("error.read_too_slow", file=path, seconds=seconds)
        return ended

    def _take(self, path: Path) -> _Process:
        with self._lock:
            while self._idle:
                if (process := self._idle.pop()).alive():
                    return process
        try:
            process = _Process()
        except OSError as error:
            raise InputError("error.no_reader", file=path, reason=error.strerror) from error
        if not process.start():
            process.end()
            raise InputError("error.no_reader", file=path, reason=ENTRY)
        return process

    def _give_back(self, process: _Process) -> None:
        with self._lock:
            if len(self._idle) < IDLE_KEPT:
                self._idle.append(process)
                return
        process.end()

    def close(self) -> None:
        """End all that wait."""
        with self._lock:
            processes, self._idle = self._idle, []
        for process in processes:
            process.end()


_POOL = _Pool()
atexit.register(_POOL.close)


@functools.cache
def _skipped_drivers() -> str:
    """GDAL's drivers without a format of ours.

    GDAL goes by content: a file named .gml that holds a virtual dataset would make it open any other file, or a
    service on the network, with the rights of the user.
    """
    wanted = {item.driver for item in formats().values()} | {"MEM", "Memory", "KML"}
    return ",".join(sorted(set(pyogrio.list_drivers()) - wanted))


def _environment() -> dict[str, str]:
    """The environment of a reading process: our own modules first, no network, memory that a limit can see."""
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "GDAL_SKIP": _skipped_drivers(),
        "GML_DOWNLOAD_SCHEMA": "NO",
        "GDAL_HTTP_PROXY": "http://127.0.0.1:9",
        "PROJ_NETWORK": "OFF",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "OPENBLAS_NUM_THREADS": "1",
    }
