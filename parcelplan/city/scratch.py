"""The folder of a screening that is not finished: what it belongs to, and who works in it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

import shapely

from parcelplan.city.context import CONTEXT, COVERS
from parcelplan.city.request import Request
from parcelplan.errors import InputError
from parcelplan.io.streams.room import writing

try:
    import fcntl
except ImportError:  # not every system has it; two runs at once are the user's to avoid there
    fcntl = None  # type: ignore[assignment]

REQUEST, LOCK, STAGED = "request.json", "lock", "staged"
_OURS = (REQUEST, f"{CONTEXT}*", f"{COVERS}*", "part-*.parquet*", "part-*.json*", "*.partial")

_WHERE = ("out", "scratch", "summary", "by")
"""What of a request no part depends on."""


def fingerprint(request: Request) -> dict[str, Any]:
    """What the parts of a request depend on: options, versions, and size and time of every file that goes in."""
    told = {name: _plain(value) for name, value in asdict(request).items() if name not in _WHERE}
    files = {str(path): _state(path) for path in sorted(_inputs(request))}
    versions = {name: version(name) for name in ("parcelplan", "shapely", "pyarrow")}
    versions["geos"] = shapely.geos_version_string
    return {"request": told, "files": files, "versions": versions}


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str))


def _inputs(request: Request) -> Iterator[Path]:
    for path in (request.parcels, *(item.path for item in request.constraints)):
        yield from _files(path)
    if request.site is not None:
        yield from (file for file in _files(request.site) if file not in (request.out, request.summary))


def _files(path: Path) -> Iterator[Path]:
    """A file, or all files of a folder but the hidden ones: a screening may be written beside its site."""
    if path.is_file():
        yield path
    else:
        inner = (item for item in path.rglob("*") if item.is_file())
        yield from (item for item in inner if not _hidden(item.relative_to(path)))


def _hidden(path: Path) -> bool:
    return any(name.startswith(".") for name in path.parts)


def _state(path: Path) -> list[int]:
    told = path.stat()
    return [told.st_size, told.st_mtime_ns]


def begin(request: Request) -> bool:
    """Make the folder of a request; whether it holds what an earlier run of the very same request left.

    Raises
    ------
    InputError
        The folder cannot be made or written.
    """
    folder, mark = request.folder, fingerprint(request)
    if (folder / CONTEXT).is_file() and _earlier(folder) == mark:
        return True
    with writing(folder / REQUEST):
        folder.mkdir(parents=True, exist_ok=True)
        _clear(folder)
        (folder / REQUEST).write_text(json.dumps(mark, ensure_ascii=False, indent=1), encoding="utf-8")
    return False


def _earlier(folder: Path) -> Any:
    try:
        return json.loads((folder / REQUEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _clear(folder: Path) -> None:
    """Take away what another request left, and nothing that we did not write."""
    for pattern in _OURS:
        for path in folder.glob(pattern):
            path.unlink(missing_ok=True)
    shutil.rmtree(folder / STAGED, ignore_errors=True)


def remove(folder: Path) -> None:
    """Take the folder away once the whole is done; what is not ours stays, and the folder with it."""
    _clear(folder)
    (folder / LOCK).unlink(missing_ok=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


@contextmanager
def alone(request: Request) -> Iterator[None]:
    """Work in the folder of a request as the only one; the system lets go of it however a run ends.

    Raises
    ------
    InputError
        Another run works in it, or the folder cannot be made.
    """
    with _lock(request) as lock:
        if not _held(lock):
            raise InputError("error.screen_busy", file=request.out)
        try:
            yield
        finally:
            if not (request.folder / CONTEXT).is_file():
                remove(request.folder)


def _lock(request: Request) -> IO[str]:
    folder = request.folder
    with writing(folder / LOCK):
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()) and not (folder / LOCK).is_file():
            raise InputError("error.screen_folder_used", folder=folder)
        return (folder / LOCK).open("w")


def _held(lock: IO[str]) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
