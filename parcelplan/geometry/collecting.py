"""Python's search for cycles of objects put off while millions of shapes come into being, which hold no others."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class _Held:
    """How many callers want the collector to rest, and whether it was at work before the first of them."""

    lock = Lock()
    callers = 0
    enabled = False


@contextmanager
def no_collecting() -> Iterator[None]:
    """Let the cyclic collector rest: each of its rounds would visit every shape there is, and stop all threads."""
    with _Held.lock:
        if _Held.callers == 0:
            _Held.enabled = gc.isenabled()
            gc.disable()
        _Held.callers += 1
    try:
        yield
    finally:
        with _Held.lock:
            _Held.callers -= 1
            if _Held.callers == 0 and _Held.enabled:
                gc.enable()
