"""Examples in docstrings run, from the project's folder, and show what really comes out."""

import doctest
import importlib
import importlib.util
import pkgutil
import re
from pathlib import Path

import pytest

import parcelplan

ROOT = Path(__file__).resolve().parents[2]


def with_examples() -> list[str]:
    """Modules whose docstrings hold examples."""
    names = ["parcelplan", *(item.name for item in pkgutil.walk_packages(parcelplan.__path__, "parcelplan."))]
    files = {
        name: Path(str(spec.origin))
        for name in names
        if (spec := importlib.util.find_spec(name)) is not None and spec.origin
    }
    runs = re.compile(r">>> (?!.*doctest: \+SKIP)")
    return [name for name, file in files.items() if runs.search(file.read_text(encoding="utf-8"))]


MODULES = with_examples()


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    done = doctest.testmod(importlib.import_module(name), verbose=False)
    assert done.attempted
    assert done.failed == 0, capsys.readouterr().out


def test_examples_are_found() -> None:
    assert {"parcelplan", "parcelplan.units", "parcelplan.dates"} <= set(MODULES)
