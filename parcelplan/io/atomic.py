"""Writing a set of files so that they appear whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from parcelplan.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def whole_folder(out: str | Path) -> Iterator[Path]:
    """Give an empty folder to write into; its files come to ``out`` together when the block ends well.

    Files of ``out`` that the block did not write stay as they are. When the block raises, or one of the files
    cannot be put in its place, ``out`` is as it was before and nothing lies beside it.

    Parameters
    ----------
    out
        Folder that receives the files; made, with its parents, where it does not exist.

    Yields
    ------
    pathlib.Path
        A folder on the same disk as ``out``.

    Raises
    ------
    InputError
        ``out`` is a file, or cannot be written.
    """
    out = Path(out).absolute()
    ground = next(folder for folder in (out, *out.parents) if folder.exists())
    if not ground.is_dir():
        raise InputError("error.out_is_file", path=ground)
    beside = out.parent if ground == out else ground
    try:
        work = Path(tempfile.mkdtemp(prefix=f".{out.name}-", suffix=".partial", dir=beside))
    except OSError as error:
        raise InputError("error.cannot_write", path=beside, reason=error.strerror) from error
    try:
        new = work / "new"
        new.mkdir()
        yield new
        _publish(new, out, work / "old")
    finally:
        shutil.rmtree(work, ignore_errors=True)


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Give a path to write one file to; the file comes to ``path`` when the block ends well."""
    path = Path(path)
    with whole_folder(path.parent) as folder:
        yield folder / path.name


def _publish(new: Path, out: Path, old: Path) -> None:
    """Move every file of ``new`` to its place in ``out``; on a failure put back what was there."""
    made = [folder for folder in (out, *out.parents) if not folder.exists()]
    placed: list[Path] = []
    try:
        for source in sorted(path for path in new.rglob("*") if path.is_file()):
            name = source.relative_to(new)
            target = out / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.exists():
                (old / name).parent.mkdir(parents=True, exist_ok=True)
                target.rename(old / name)
            placed.append(name)
            source.rename(target)
    except OSError as error:
        _put_back(placed, out, old)
        for folder in made:
            shutil.rmtree(folder, ignore_errors=True)
        raise InputError("error.cannot_write", path=out, reason=error.strerror) from error


def _put_back(placed: list[Path], out: Path, old: Path) -> None:
    for name in placed:
        (out / name).unlink(missing_ok=True)
        if (old / name).exists():
            (old / name).rename(out / name)
