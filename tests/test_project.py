"""What holds for the project as a whole: locks, versions, tooling, and the size of its rooms."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import parcelplan

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("parcelplan", "service")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
LOCKS = ("requirements/runtime.lock", "requirements/dev.lock")
TOOLING = ("Makefile", "pyproject.toml", ".ci/run", *LOCKS)
MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 55

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def locked(lock: str) -> dict[str, tuple[str, int]]:
    """The locked version of each package and the number of its hashes."""
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    entries: dict[str, tuple[str, int]] = {}
    for line in lines:
        requirement, *hashes = line.split("--hash=sha256:")
        parsed = Requirement(requirement.strip())
        entries[canonicalize_name(parsed.name)] = (str(parsed.specifier), len(hashes))
    return entries


def wanted(source: str) -> set[str]:
    """The packages that a list of requirements names itself."""
    lines = (ROOT / "requirements" / source).read_text(encoding="utf-8").splitlines()
    return {canonicalize_name(Requirement(line).name) for line in lines if line[:1].isalpha()}


def functions(path: Path) -> list[Function]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, Function)]


def code_lines(function: Function) -> int:
    """The lines of a function, its docstring left out."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is None:
        return lines
    return lines - ((first.end_lineno or first.lineno) - first.lineno + 1)


# --- locks and versions


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_one_exact_version_and_hashes(lock: str) -> None:
    entries = locked(lock)
    assert len(entries) > 40
    assert [name for name, (version, _) in entries.items() if not version.startswith("==")] == []
    assert [name for name, (_, hashes) in entries.items() if hashes == 0] == []


def test_development_lock_keeps_every_version_of_the_runtime_lock() -> None:
    runtime, dev = (locked(lock) for lock in LOCKS)
    assert {name: dev.get(name) for name in runtime} == runtime


def test_locks_hold_what_the_lists_ask_for() -> None:
    runtime, dev = (locked(lock) for lock in LOCKS)
    assert wanted("runtime.in") | wanted("build.in") <= runtime.keys()
    assert wanted("dev.in") <= dev.keys()


def test_versions_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    released = re.findall(r"^## (\d+\.\d+\.\d+)", changes, flags=re.MULTILINE)
    assert project["version"] == parcelplan.__version__
    assert released[0] == project["version"]


# --- nothing of one machine


@pytest.mark.parametrize("name", TOOLING)
def test_tooling_names_no_index_and_no_path_of_one_machine(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    index = r"--(?:extra-)?index-url|--find-links|--trusted-host|^-[if] |https?://|file://"
    machine = r"(?<![\w.{$])/(?:home|root|opt|work|srv|mnt|Users)/|\b[A-Z]:\\"
    assert re.findall(f"(?m)^.*(?:{index}|{machine}).*$", text) == []


def test_sources_name_no_path_of_one_machine() -> None:
    home = re.compile(r"[\"' (]/(home|root|opt|work|srv|Users)/")
    found = [name_of(path) for path in SOURCES if home.search(path.read_text(encoding="utf-8"))]
    assert found == []


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no execute bit")
def test_ci_script_can_be_executed() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


# --- the size of rooms


def test_modules_stay_short() -> None:
    sizes = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert sizes
    assert {name: size for name, size in sizes.items() if size > MAX_MODULE_LINES} == {}


def test_functions_stay_short() -> None:
    sizes = {
        f"{name_of(path)}:{function.lineno} {function.name}": code_lines(function)
        for path in SOURCES
        for function in functions(path)
    }
    assert {name: size for name, size in sizes.items() if size > MAX_FUNCTION_LINES} == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        name_of(path)
        for path in SOURCES
        if ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) is None
    ]
    assert silent == []


def test_package_data_is_declared() -> None:
    """What lies beside the code reaches an installed package only where pyproject lists it."""
    tooling = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    patterns = tooling["setuptools"]["package-data"]["*"]
    folders = {path.parent for path in SOURCES}
    listed = {found for folder in folders for pattern in patterns for found in folder.glob(pattern)}
    beside = {
        path
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix != ".py" and path.parent.name != "__pycache__"
    }
    assert {name_of(path) for path in beside - listed} == set()


# --- the switch against skips

SKIPPING = """
import pytest

def test_skips():
    pytest.skip("no browser")

@pytest.mark.skip(reason="not here")
def test_marked():
    pass

@pytest.mark.xfail(reason="known", strict=True)
def test_expected_to_fail():
    assert False
"""
SKIPPED_WHOLE = """
import pytest

pytest.importorskip("a_module_that_nobody_has")
"""


@pytest.mark.parametrize(("switch", "code", "outcome"), [("0", 0, "3 skipped"), ("1", 1, "2 errors")])
def test_skip_switch(tmp_path: Path, switch: str, code: int, outcome: str) -> None:
    (tmp_path / "conftest.py").write_bytes((ROOT / "tests" / "conftest.py").read_bytes())
    (tmp_path / "test_some.py").write_text(SKIPPING, encoding="utf-8")
    (tmp_path / "test_whole.py").write_text(SKIPPED_WHOLE, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--continue-on-collection-errors",
        "-p",
        "no:cacheprovider",
        ".",
    ]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "PARCELPLAN_NO_SKIPS": switch},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout
    assert outcome in done.stdout
    assert "1 xfailed" in done.stdout
