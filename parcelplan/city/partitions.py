"""Parts that stay parts: a result as a folder of partitions, so that nobody has to join a country in one file."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from parcelplan.errors import ConfigError
from parcelplan.io.streams.room import writing

PARTS = "part-*.parquet"


def is_folder(out: Path) -> bool:
    """Whether an output without ending, which is no file, stands for a folder of partitions."""
    return not out.suffix and not out.is_file()


def refuse_folder(out: Path, *, overwrite: bool) -> None:
    """Refuse a folder that cannot become the output.

    Raises
    ------
    ConfigError
        It holds partitions already and may not be overwritten, or files that are none.
    """
    there = set(out.iterdir()) if out.is_dir() else set()
    if there - set(out.glob(PARTS)):
        raise ConfigError("error.screen_folder_used", folder=out)
    if there and not overwrite:
        raise ConfigError("error.exists", file=out)


def publish(parts: Sequence[Path], out: Path) -> Path:
    """Make a folder of finished parts without reading one of them; it appears whole or not at all.

    Parts stay where they are too: a run that is killed meanwhile has lost nothing.

    Parameters
    ----------
    parts
        Files of :func:`parcelplan.io.streams.write_part`, in the order of the parcels.
    out
        Folder that takes them, on the same disk; one that is there is replaced.

    Raises
    ------
    InputError
        The disk is full, or the folder cannot be written.
    """
    new, old = (out.with_name(f".{out.name}.{state}.partial") for state in ("new", "old"))
    with writing(out):
        for room in (new, old):
            shutil.rmtree(room, ignore_errors=True)
        new.mkdir(parents=True)
        for part in parts:
            _link(part, new / part.name)
        if out.exists():
            out.rename(old)
        new.rename(out)
        shutil.rmtree(old, ignore_errors=True)
    return out


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # not every shared disk can give a file a second name
        shutil.copy2(source, target)
