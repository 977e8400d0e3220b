"""Compiling functions over plain arrays, so that they run without Python's lock."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numba

P = ParamSpec("P")
R = TypeVar("R")

SOURCES = (
    "_asked.py",
    "_borders.py",
    "_compiling.py",
    "_reach.py",
    "_crossing.py",
    "_walking.py",
    "_taking.py",
    "_telling.py",
    "_outcome.py",
    "_clean.py",
    "_turning.py",
)
"""Modules whose functions are compiled together."""

INNER: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}
"""Python calls none of these: what it would need for that takes long to compile."""
UNCOUNTED: dict[str, Any] = {"_nrt": False}


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function that only compiled ones call."""
    translated: Callable[P, R] = numba.njit(**INNER)(function)
    return translated


def lean(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function that makes no arrays and hands none on: nobody counts who holds those that it works on.

    Counting is what threads would disturb one another with, and costs more than most of these functions do.
    """
    translated: Callable[P, R] = numba.njit(**INNER, **UNCOUNTED)(function)
    return translated


def entry(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function that Python calls, at its first call, and keep the result beside the source.

    What is kept belongs to one text of the function, not of those that it calls. So the function has to be a closure
    over :func:`text_of_sources`, which makes it another one when any of them changes.
    """
    translated: Callable[P, R] = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    return translated


def text_of_sources() -> int:
    """A number for the text of all compiled modules."""
    folder = Path(__file__).parent
    text = b"".join((folder / name).read_bytes() for name in SOURCES)
    return int.from_bytes(sha256(text).digest()[:4])


@lean
def variable(value: int) -> int:
    """The same number as one that may vary: for a constant all that it is handed to would be compiled once more."""
    return value
