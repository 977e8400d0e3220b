"""What belongs to a dataset on the disk, and that it stays as it is while it is read."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from parcelplan.errors import InputError
from parcelplan.io.guard.footprint import files_of, stamp_of, unchanged


@pytest.fixture
def shapefile(tmp_path: Path) -> Path:
    """A shapefile's files, beside others of the same name."""
    for name in ("land.shp", "land.shx", "land.DBF", "land.cpg", "land.gpkg", "landing.dbf"):
        (tmp_path / name).write_bytes(b"x")
    return tmp_path / "land.shp"


def test_a_dataset_is_its_file_with_its_side_files(shapefile: Path) -> None:
    assert {path.name for path in files_of(shapefile)} == {"land.shp", "land.shx", "land.DBF", "land.cpg"}
    assert files_of(shapefile.with_suffix(".gpkg")) == [shapefile.with_suffix(".gpkg")]


def test_a_folder_is_all_that_is_in_it(tmp_path: Path, shapefile: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a").write_bytes(b"x")
    assert len(files_of(tmp_path)) == 7


CHANGES: dict[str, Callable[[Path], object]] = {
    "grows": lambda path: os.truncate(path, 100),
    "shrinks": lambda path: path.write_bytes(b""),
    "is written again": lambda path: os.utime(path, ns=(1, 1)),
    "is replaced": lambda path: path.with_suffix(".prj").replace(path),
    "goes": lambda path: path.unlink(),
    "a side file grows": lambda path: path.with_suffix(".shx").write_bytes(b"yy"),
    "a side file comes": lambda path: path.with_suffix(".sbn").write_bytes(b"x"),
    "a side file goes": lambda path: path.with_suffix(".cpg").unlink(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_dataset_that_changes_is_refused(shapefile: Path, change: str) -> None:
    shapefile.with_suffix(".prj").write_bytes(b"x")
    with pytest.raises(InputError) as caught, unchanged(shapefile):
        CHANGES[change](shapefile)
    assert caught.value.code == "error.changed_while_read"
    assert "land.shp" in str(caught.value)


def test_what_stays_passes_and_strangers_do_not_count(shapefile: Path) -> None:
    before = stamp_of(shapefile)
    with unchanged(shapefile):
        shapefile.read_bytes()
        shapefile.with_suffix(".gpkg").write_bytes(b"another dataset")
    assert stamp_of(shapefile) == before


def test_nothing_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.shp"), unchanged(tmp_path / "nothing.shp"):
        pass
