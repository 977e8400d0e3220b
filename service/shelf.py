"""A shelf of things that take long to make: each is made once, the last used are kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Made = TypeVar("Made")


class Shelf(Generic[Key, Made]):
    """Make each thing once however many threads ask for it at the same time, and keep the last used.

    Parameters
    ----------
    make
        Makes the thing of a key. An error it raises goes to everyone who waits for that thing, and is
        forgotten: the next to ask makes it anew.
    keep
        How many things stay; the one used longest ago goes first, but never one still being made.
    at_once
        How many things are made at the same time; None means no limit.
    """

    def __init__(self, make: Callable[[Key], Made], *, keep: int, at_once: int | None = None) -> None:
        self._make = make
        self._keep = keep
        self._places = threading.BoundedSemaphore(at_once) if at_once else None
        self._lock = threading.Lock()
        self._things: OrderedDict[Key, Future[Made]] = OrderedDict()

    def __len__(self) -> int:
        """Count what stands on the shelf, made or in the making."""
        return len(self._things)

    def get(self, key: Key) -> Made:
        """Take a thing from the shelf, make it, or wait for the thread that is making it."""
        with self._lock:
            future = self._things.get(key)
            ours = future is None
            if future is None:
                future = self._things[key] = Future()
            self._things.move_to_end(key)
            self._clear()
        if ours:
            self._fill(key, future)
        return future.result()

    def _fill(self, key: Key, future: Future[Made]) -> None:
        try:
            future.set_result(self._made(key))
        except BaseException as error:  # noqa: BLE001 - whoever waits must hear of anything, or waits for ever
            with self._lock:
                self._things.pop(key, None)
            future.set_exception(error)

    def _made(self, key: Key) -> Made:
        if self._places is None:
            return self._make(key)
        with self._places:
            return self._make(key)

    def _clear(self) -> None:
        """Take away what was used longest ago; the caller holds the lock."""
        spare = len(self._things) - self._keep
        for key in [key for key, future in self._things.items() if future.done()][: max(spare, 0)]:
            del self._things[key]
