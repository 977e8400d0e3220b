"""How much a file may cost whoever reads it."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

MEBIBYTE = 2**20
_GIBIBYTE = 2**30


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits on one read; a file that needs more is refused by name."""

    time_s: float = 300.0
    """Seconds by the clock until a read is ended."""
    memory_bytes: int = 4 * _GIBIBYTE
    """Memory that a read may take on top of the reader's own; held on Linux and macOS, not on Windows."""
    file_bytes: int = 4 * _GIBIBYTE
    """Size of a file with its side files, or of all files of a folder, as they lie on the disk."""
    unpacked_bytes: int = 4 * _GIBIBYTE
    """Size of what an archive unpacks to, and of any file that a read writes."""
    ratio: float = 200.0
    """How many times larger than its packed size an archive may be; looked at from ``ratio_from_bytes`` on."""
    ratio_from_bytes: int = 64 * MEBIBYTE
    """Size up to which an archive may be packed as tightly as it likes: a table of blanks is."""
    members: int = 10_000
    """Files in an archive or a folder."""


DEFAULT = Limits()
CURRENT: ContextVar[Limits] = ContextVar("limits", default=DEFAULT)
"""Limits of the read that is going on, for what opens files deep inside it."""
