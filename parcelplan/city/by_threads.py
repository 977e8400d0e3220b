"""The engine of one process: a thread reads ahead, a thread writes behind, and all cores compute between them."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from parcelplan.city.chunks import CANNOT, Loaded, Screened, compute, failed, load, store
from parcelplan.city.engines import Workers
from parcelplan.city.request import ChunkReport, Request
from parcelplan.io.streams import ChunkRef

AHEAD = 1
"""Chunks that are read, and that wait to be written, beside the one that is computed: each takes its memory."""


def run_chunks(
    request: Request, refs: Sequence[ChunkRef], workers: Workers
) -> Generator[ChunkReport, None, None]:
    """Screen chunks one after the other; see :class:`parcelplan.city.engines.Engine`."""
    reader, writer = ThreadPoolExecutor(1), ThreadPoolExecutor(1)
    coming: deque[tuple[ChunkRef, Future[Loaded]]] = deque()
    going: deque[Future[ChunkReport]] = deque()
    left = iter(refs)
    try:
        while True:
            for ref in left:
                coming.append((ref, reader.submit(load, ref)))
                if len(coming) > AHEAD:
                    break
            if not coming:
                break
            ref, loaded = coming.popleft()
            done = _computed(ref, loaded, request, workers.count)
            if isinstance(done, ChunkReport):
                yield done
                continue
            going.append(writer.submit(store, done, request))
            while len(going) > AHEAD:
                yield going.popleft().result()
        while going:
            yield going.popleft().result()
    finally:
        reader.shutdown(cancel_futures=True)
        writer.shutdown(cancel_futures=True)


def _computed(
    ref: ChunkRef, loaded: Future[Loaded], request: Request, threads: int
) -> Screened | ChunkReport:
    try:
        return compute(loaded.result(), request, threads=threads)
    except CANNOT as error:
        return failed(ref, error)
