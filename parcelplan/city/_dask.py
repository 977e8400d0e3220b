"""The engine of many machines: the workers of a dask cluster, on this machine or wherever a scheduler has them.

The only module that knows dask. A worker is told where a chunk lies. It reads the chunk and the covers near it, writes
its part into the folder that all share, and answers with a few figures: no geometry travels, nothing is gathered.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
import warnings
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from multiprocessing import resource_tracker
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import dask
import shapely
from distributed import Client, Future, KilledWorker, LocalCluster, as_completed
from distributed.utils import silence_logging_cmgr
from distributed.versions import VersionMismatchWarning

from parcelplan.city.chunks import failed, noted, screen_chunk
from parcelplan.city.engines import Workers
from parcelplan.city.layers import FIRST
from parcelplan.city.request import ChunkReport, Oddity, Request
from parcelplan.errors import ConfigError, InputError
from parcelplan.io.streams import ChunkRef

CONNECT_S, WORKERS_S = 10.0, 60.0
"""How long to wait for a scheduler to answer, and for its first worker."""
SAME = ("parcelplan", "dask", "distributed", "geopandas", "numpy", "pandas", "pyarrow", "pyproj", "shapely")
"""Packages of which all must have the same version: another one may write other bytes, or none at all."""
OWN_CLUSTER = {
    # a chunk whose worker dies is tried this many times more
    "distributed.scheduler.allowed-failures": 2,
    # no worker holds chunks in reserve that would die with it
    "distributed.scheduler.worker-saturation": 1.0,
    # reports take no room that would be worth moving to a disk
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.profile.enabled": False,
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.diagnostics.nvml": False,
}
"""How a cluster of our own differs from what dask starts with."""
_LOOPBACK = "127.0.0.1"


def run_chunks(
    request: Request, refs: Sequence[ChunkRef], workers: Workers
) -> Generator[ChunkReport, None, None]:
    """Screen chunks on a cluster; see :class:`parcelplan.city.engines.Engine`.

    A worker that dies costs the chunk that it had in work: another one takes it, and what is finished stays. Only a
    chunk that ends one worker after the other is given up.

    Raises
    ------
    ConfigError
        The scheduler does not answer or has no workers, or they run other versions.
    InputError
        A worker does not see the parcels or the folder of parts, a part cannot be written, or the scheduler is gone;
        the parts that are there stay.
    """
    if workers.scheduler is None:
        with _own(min(workers.count, len(refs))) as client:
            yield from _reports(client, request, refs)
    else:
        with _existing(workers.scheduler) as client:
            _refuse_other_versions(client.get_versions(packages=list(SAME)))
            _refuse_blind_workers(client, request)
            yield from _reports(client, request, refs)


# --- clusters


@contextmanager
def _own(count: int) -> Iterator[Client]:
    """A cluster of processes with one thread each that hears this machine alone and ends with the block."""
    with (
        TemporaryDirectory(prefix="parcelplan-", ignore_cleanup_errors=True) as space,
        dask.config.set(OWN_CLUSTER),
        ExitStack() as stack,
    ):
        with _undisturbed():
            cluster = LocalCluster(
                n_workers=count,
                threads_per_worker=1,
                processes=True,
                host=_LOOPBACK,
                dashboard_address=None,
                scheduler_kwargs={"dashboard_address": f"{_LOOPBACK}:0"},
                silence_logs=logging.CRITICAL,
                local_directory=space,
                preload=[__name__],
            )
            client = Client(stack.enter_context(cluster), set_as_default=False)
            stack.enter_context(client)
        yield client


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Keep Ctrl-C waiting until a cluster stands, so that it ends in order; what begins here never hears it."""
    heard: list[int] = []
    at_hand = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, lambda number, _frame: heard.append(number)) if at_hand else None
    try:
        with _deaf():
            yield
    finally:
        if at_hand:
            signal.signal(signal.SIGINT, before)
        if heard:
            signal.raise_signal(signal.SIGINT)


@contextmanager
def _deaf() -> Iterator[None]:
    """Begin threads that Ctrl-C does not reach, nor the processes that begin from them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # where it begins later, it lets Ctrl-C through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def dask_setup(_worker: object) -> None:
    """Leave Ctrl-C to the process that started the worker; dask calls this in each worker of our own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _existing(address: str) -> Iterator[Client]:
    """A cluster that is there already, and stays; what dask would print of a lost connection is told by us."""
    with silence_logging_cmgr(logging.CRITICAL), _connected(address) as client:
        try:
            client.wait_for_workers(1, timeout=WORKERS_S)
        except TimeoutError as error:
            raise ConfigError("error.no_workers", address=address, seconds=WORKERS_S) from error
        yield client


def _connected(address: str) -> Client:
    with warnings.catch_warnings():
        # told by us, with what to do about it
        warnings.simplefilter("ignore", VersionMismatchWarning)
        try:
            return Client(address, timeout=CONNECT_S, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise ConfigError("error.no_scheduler", address=address, reason=_reason(error)) from error


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


# --- what a cluster must have in common with us


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What a worker tells of the place where it runs."""

    geos: str
    """Version of the library that computes."""
    path: str = ""
    """The first path that it cannot read or write; empty where it can all."""
    reason: str = ""


def _refuse_other_versions(told: Mapping[str, Any]) -> None:
    """Refuse a scheduler or a worker that runs other versions than we do, by what dask tells of all of them."""
    ours = _versions(told["client"])
    both = {name: ours[name] for name in ("dask", "distributed")}
    _compare(both, "scheduler", _versions(told["scheduler"]))
    for address, worker in sorted(told["workers"].items()):
        _compare(ours, address, _versions(worker))


def _versions(told: Mapping[str, Any]) -> dict[str, str]:
    python = ".".join(told["host"]["python"].split(".")[:2])
    return {"python": python} | {name: told["packages"].get(name) or "-" for name in SAME}


def _compare(ours: Mapping[str, str], place: str, theirs: Mapping[str, str]) -> None:
    for name, version in ours.items():
        if theirs[name] != version:
            params = {"package": name, "here": version, "there": theirs[name], "place": place}
            raise ConfigError("error.worker_versions", **params)


def _refuse_blind_workers(client: Client, request: Request) -> None:
    """Refuse workers that do not see the parcels, or cannot write where we look for the parts."""
    token = request.folder / f"seen-{uuid4().hex}.partial"
    token.touch()
    try:
        seen: dict[str, Sight] = client.run(_look, str(request.parcels), str(token))
    finally:
        token.unlink()
    for address, sight in sorted(seen.items()):
        _compare({"geos": shapely.geos_version_string}, address, {"geos": sight.geos})
        if sight.path:
            params = {"worker": address, "path": sight.path, "reason": sight.reason}
            raise InputError("error.worker_sees_not", **params)


def _look(parcels: str, token: str) -> Sight:
    """Read and write what a chunk needs; on a worker."""
    own = Path(f"{token}.{uuid4().hex}.partial")
    for path, look in (
        (parcels, Path(parcels).stat),
        (token, Path(token).stat),
        (str(own.parent), own.touch),
    ):
        try:
            look()
        except OSError as error:
            reason = error.strerror or type(error).__name__
            return Sight(geos=shapely.geos_version_string, path=path, reason=reason)
    own.unlink()
    return Sight(geos=shapely.geos_version_string)


# --- chunks


def _reports(
    client: Client, request: Request, refs: Sequence[ChunkRef]
) -> Generator[ChunkReport, None, None]:
    """Hand out chunks and give their reports as they come."""
    futures = client.map(_screened, refs, request=request, pure=False)
    waiting = {future.key: ref for future, ref in zip(futures, refs, strict=True)}
    keys = frozenset(waiting)
    coming = as_completed(futures, loop=client.loop, with_results=True, raise_errors=False)
    del futures
    try:
        for future, result in coming:
            ref, status = waiting.pop(future.key), future.status
            # A report that a worker still holds for us would be asked for again if the worker died.
            del future
            report = _report(ref, status, result)
            yield report if waiting else _with_losses(report, client, keys)
    finally:
        _let_go(client, list(coming.futures))


def _screened(ref: ChunkRef, request: Request) -> ChunkReport:
    """Screen a chunk, or tell what a worker noted down that died before it could say so; on a worker."""
    earlier = noted(ref, request)
    return replace(earlier, resumed=False) if earlier else screen_chunk(ref, request)


def _report(ref: ChunkRef, status: str, result: Any) -> ChunkReport:
    if status == "finished":
        report: ChunkReport = result
        return report
    if status != "error":
        raise InputError("error.scheduler_lost")
    error: Exception = result[1]
    if isinstance(error, KilledWorker):
        return failed(ref, InputError("error.chunk_kills_workers", count=error.allowed_failures + 1))
    if isinstance(error, InputError):
        raise error
    return failed(ref, error)


def _with_losses(report: ChunkReport, client: Client, keys: frozenset[str]) -> ChunkReport:
    """Add to a report which workers died with one of these chunks in work; the scheduler has it written down."""
    told = [event for _, event in client.get_events("all") if event.get("action") == "remove-worker"]
    gone = [
        event["worker"] for event in told if not event["expected"] and keys & set(event["processing-tasks"])
    ]
    if not gone:
        return report
    oddity = Oddity(count=len(gone), first=tuple(gone[:FIRST]))
    return replace(report, oddities={**report.oddities, "city.worker_lost": oddity})


def _let_go(client: Client, futures: list[Future]) -> None:
    """Break off, and wait for chunks that a worker has in work: its part must not appear amid those of another run."""
    if not futures or client.status != "running":
        return
    client.cancel(futures, force=True)
    keys = [future.key for future in futures]
    while any(client.run(_at_work, keys, on_error="ignore").values()):
        time.sleep(0.1)


def _at_work(keys: list[str], dask_worker: Any) -> bool:
    return not dask_worker.active_keys.isdisjoint(keys)
