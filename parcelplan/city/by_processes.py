"""The engine of several processes on one machine, each with one thread; one that dies costs its chunk at most."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process

from parcelplan.city.chunks import failed, screen_chunk
from parcelplan.city.engines import Workers
from parcelplan.city.request import ChunkReport, Request
from parcelplan.errors import InputError
from parcelplan.io.streams import ChunkRef

Refs = list[ChunkRef]


def run_chunks(
    request: Request, refs: Sequence[ChunkRef], workers: Workers
) -> Generator[ChunkReport, None, None]:
    """Screen chunks side by side; see :class:`parcelplan.city.engines.Engine`.

    Where a process dies, nobody knows by which of the chunks in work: they are tried again one by one, and only one
    whose process dies again is given up.
    """
    left = list(refs)
    while left:
        suspects, left = yield from _together(request, left, workers.count)
        for ref in suspects:
            dead, _ = yield from _together(request, [ref], 1)
            if dead:
                yield failed(ref, InputError("error.worker_died", rows=ref.rows))


def _together(request: Request, refs: Refs, count: int) -> Generator[ChunkReport, None, tuple[Refs, Refs]]:
    """Screen chunks until all are done or a process dies; the chunks then in work, and those not begun."""
    left = list(refs)
    pool = ProcessPoolExecutor(min(count, len(refs)), mp_context=get_context("spawn"), initializer=_begin)
    works: dict[Future[ChunkReport], ChunkRef] = {}
    try:
        while left or works:
            # One more than there are processes, so that none waits for the next.
            while left and len(works) <= count:
                works[pool.submit(screen_chunk, left[0], request)] = left[0]
                left.pop(0)
            for future in wait(works, return_when=FIRST_COMPLETED).done:
                report = future.result()
                del works[future]
                yield report
    except BrokenProcessPool:
        return sorted(works.values(), key=lambda ref: ref.number), left
    finally:
        pool.shutdown(cancel_futures=True)
    return [], []


def _begin() -> None:
    """Leave Ctrl-C to the parent, and end with it, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow, daemon=True).start()


def _follow() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
