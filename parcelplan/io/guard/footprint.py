"""What a dataset is on the disk: its files, their size, where links lead, and whether they stay as they are."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from parcelplan.errors import InputError
from parcelplan.io.guard.limits import MEBIBYTE, Limits

SIDE_FILES = {
    ".shp": (".shx", ".dbf", ".prj", ".cpg", ".qix", ".sbn", ".sbx"),
    ".tab": (".dat", ".map", ".id", ".ind"),
    ".mif": (".mid",),
}
"""Suffix of a dataset's main file → suffixes of the files of the same name that belong to it."""

Stamp = tuple[tuple[str, int, int, int], ...]


def files_of(path: Path) -> list[Path]:
    """All files of a dataset: the file and its side files, or everything in the folder.

    Links to folders are listed as files and never followed.
    """
    if path.is_dir() and not path.is_symlink():
        return sorted(_walk(path))
    wanted = SIDE_FILES.get(path.suffix.lower(), ())
    beside = [path.with_suffix(suffix) for name in wanted for suffix in (name, name.upper())]
    return [path, *(other for other in beside if os.path.lexists(other))]


def _walk(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        links = [name for name in folders if (Path(root) / name).is_symlink()]
        yield from (Path(root) / name for name in (*names, *links))


def refuse_odd_files(path: Path, limits: Limits) -> None:
    """Refuse what a native reader must not meet.

    Raises
    ------
    InputError
        Nothing is there; a link leads out of the folder that it stands in; a pipe or device stands where a file
        should; there are too many files, or too many bytes.
    """
    if not path.exists():
        raise InputError("error.no_file", file=path)
    files = files_of(path)
    if len(files) > limits.members:
        raise InputError("error.too_many_files", file=path, count=len(files), limit=limits.members)
    size = 0
    for file in files:
        _refuse_link(file, path)
        known = file.stat()
        if not (stat.S_ISREG(known.st_mode) or stat.S_ISDIR(known.st_mode)):
            raise InputError("error.no_plain_file", file=path, part=file.name)
        size += known.st_size
    if size > limits.file_bytes:
        raise InputError(
            "error.file_too_large", file=path, size=mebibytes(size), limit=mebibytes(limits.file_bytes)
        )


def _refuse_link(file: Path, dataset: Path) -> None:
    if not file.is_symlink():
        return
    home = (dataset if dataset.is_dir() and not dataset.is_symlink() else dataset.parent).resolve()
    # A link that leads nowhere is as useless as one that leads outside.
    if not file.exists() or home not in file.resolve().parents:
        raise InputError("error.link_outside", file=dataset, part=file.name)


def stamp_of(path: Path) -> Stamp:
    """Name, size, time and number of every file of a dataset: two stamps differ where anything was written."""
    stamps = []
    for file in files_of(path):
        known = file.lstat()
        stamps.append((file.name, known.st_size, known.st_mtime_ns, known.st_ino))
    return tuple(stamps)


@contextmanager
def unchanged(path: Path) -> Iterator[None]:
    """Hold that a dataset is the same after the block as before.

    Raises
    ------
    InputError
        A file grew, shrank, was written, came or went: what was read may be half of one state and half of another.
    """
    try:
        before = stamp_of(path)
    except OSError as error:
        raise InputError("error.unreadable", file=path, reason=error.strerror) from error
    yield
    try:
        after: Stamp | None = stamp_of(path)
    except OSError:
        after = None
    if before != after:
        raise InputError("error.changed_while_read", file=path)


def mebibytes(size: float) -> str:
    """A size as people read it.

    Examples
    --------
    >>> mebibytes(1_572_864)
    '1.5'
    """
    return f"{size / MEBIBYTE:,.1f}"
