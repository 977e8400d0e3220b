"""Room on the disk: what goes wrong while writing, said in a sentence that names the disk."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyogrio.errors import DataLayerError, DataSourceError, FeatureError

from parcelplan.errors import InputError

MEBIBYTE = 2**20
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NEARLY_NONE = 16 * MEBIBYTE
"""Space below which a native writer that gave no reason is taken to have run out of it."""
_SAID = ("disk is full", "no space left", "file too large", "disk i/o error")
"""What SQLite and the system say of a disk without room, in lower case."""
WRITER_ERRORS = (OSError, DataLayerError, DataSourceError, FeatureError)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what goes wrong while a file is written into an error that names it.

    Raises
    ------
    InputError
        The disk is full, or the file cannot be written for another reason.
    """
    try:
        yield
    except WRITER_ERRORS as error:
        raise cannot_write(path, error) from error


@contextmanager
def whole(out: Path) -> Iterator[Path]:
    """Give a path to write one file to; it comes to ``out`` when the block ends well.

    It lies in a hidden folder beside ``out`` together with whatever its writer puts beside it. A folder that a killed
    run left there is taken away first.
    """
    room = out.with_name(f".{out.name}.partial")
    with writing(out):
        shutil.rmtree(room, ignore_errors=True)
        room.mkdir()
    try:
        with writing(out):
            yield room / out.name
            (room / out.name).replace(out)
    finally:
        shutil.rmtree(room, ignore_errors=True)


def cannot_write(path: Path, error: Exception) -> InputError:
    """The error for a file that could not be written."""
    folder = path.parent
    free = shutil.disk_usage(folder).free if folder.is_dir() else 0
    if _is_full(error, free if folder.is_dir() else _NEARLY_NONE):
        return InputError("error.disk_full", path=path, folder=folder, free_mb=round(free / MEBIBYTE))
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return InputError("error.cannot_write", path=path, reason=reason)


def _is_full(error: Exception, free: int) -> bool:
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in _FULL
    return free < _NEARLY_NONE or any(words in str(error).casefold() for words in _SAID)
