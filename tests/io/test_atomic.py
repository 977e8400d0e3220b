"""Files appear whole or not at all, and nobody else's file is touched."""

from pathlib import Path

import pytest

from parcelplan.errors import InputError
from parcelplan.io import atomic
from parcelplan.io.atomic import whole_file, whole_folder


def tree(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_files_come_together(tmp_path: Path) -> None:
    out = tmp_path / "out" / "site"
    with whole_folder(out) as folder:
        (folder / "map.html").write_text("map")
        (folder / "more").mkdir()
        (folder / "more" / "plan.csv").write_text("plan")
        assert not out.exists()
    assert tree(tmp_path) == {"out/site/map.html": "map", "out/site/more/plan.csv": "plan"}


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    def write() -> None:
        with whole_folder(tmp_path / "out" / "site") as folder:
            (folder / "map.html").write_text("half")
            raise ValueError("late")

    with pytest.raises(ValueError, match="late"):
        write()
    assert list(tmp_path.iterdir()) == []


def test_foreign_files_stay_and_old_results_are_replaced(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "map.html").write_text("old")
    with whole_folder(tmp_path) as folder:
        (folder / "map.html").write_text("new")
    assert tree(tmp_path) == {"notes.txt": "mine", "map.html": "new"}
    assert [path.name for path in tmp_path.parent.iterdir() if path.name.endswith(".partial")] == []


def test_a_failure_while_putting_in_place_puts_back_what_was_there(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "a.txt").write_text("old a")
    (out / "b.txt").mkdir()
    (out / "b.txt" / "in the way").write_text("x")

    def write() -> None:
        with whole_folder(out) as folder:
            (folder / "a.txt").write_text("new a")
            (folder / "b.txt").mkdir()
            (folder / "b.txt" / "in the way").mkdir()
            (folder / "b.txt" / "in the way" / "c.txt").write_text("new")

    with pytest.raises(InputError, match="cannot be written"):
        write()
    assert tree(tmp_path) == {"out/a.txt": "old a", "out/b.txt/in the way": "x"}


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(InputError, match=r"out is a file"), whole_folder(tmp_path / "out"):
        pass
    assert tree(tmp_path) == {"out": "a file"}


def test_a_place_that_refuses_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_kwargs: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(atomic.tempfile, "mkdtemp", refuse)
    with pytest.raises(InputError, match="Permission denied"), whole_folder(tmp_path / "out"):
        pass


def test_one_file(tmp_path: Path) -> None:
    with whole_file(tmp_path / "deep" / "plan.json") as beside:
        beside.write_text("{}")
    assert tree(tmp_path) == {"deep/plan.json": "{}"}
