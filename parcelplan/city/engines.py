"""Who screens the chunks: engines by name, each with the same promise.

An engine takes a request made ready and some of its chunks, calls
:func:`parcelplan.city.chunks.screen_chunk` on each, or its three steps, and gives the reports in any order as they
come. It ends its workers when it is closed.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Protocol, cast

from parcelplan.city.request import ChunkReport, Request
from parcelplan.errors import ConfigError
from parcelplan.io.streams import ChunkRef

HOMES = {
    "threads": "parcelplan.city.by_threads",
    "processes": "parcelplan.city.by_processes",
    "dask": "parcelplan.city._dask",
}
"""Module of each engine, which holds its ``run_chunks``; imported when it is asked for."""


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, kw_only=True)
class Workers:
    """With what an engine works."""

    count: int = field(default_factory=cores)
    """Threads, processes, or workers of a cluster of its own."""
    scheduler: str | None = None
    """Address of a cluster that is there already, ``tcp://…``; for the engine ``dask`` alone."""


class Engine(Protocol):
    """What a module of :data:`HOMES` holds as ``run_chunks``."""

    def __call__(
        self, request: Request, refs: Sequence[ChunkRef], workers: Workers
    ) -> Generator[ChunkReport, None, None]:
        """Screen chunks and report each one once.

        Parameters
        ----------
        request
            As :func:`parcelplan.city.preparing.prepare` gave it back; its paths hold for every worker.
        refs
            Chunks to screen.
        workers
            How many there are, and where.

        Yields
        ------
        ChunkReport
            With ``failure`` for a chunk that cannot be done.

        Raises
        ------
        InputError
            A part cannot be written; the parts that are there stay.
        """


def engine_named(name: str, workers: Workers) -> Engine:
    """The engine of a name; :class:`ConfigError` where there is none, or it knows no clusters."""
    if name not in HOMES:
        raise ConfigError("error.no_engine", engine=name, known=", ".join(HOMES))
    if workers.scheduler and name != "dask":
        raise ConfigError("error.engine_alone", engine=name, scheduler=workers.scheduler)
    return cast("Engine", import_module(HOMES[name]).run_chunks)
