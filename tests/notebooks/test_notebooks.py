"""Notebooks run from their own folder without a complaint, and lie in the repository without output."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbstripout import strip_output

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "notebooks"
NAMES = ("01_layers", "02_readiness", "03_plan", "04_planning", "05_city")
LONGEST_CELL_S = 120
REACH_S = 30


def read(name: str) -> NotebookNode:
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def test_every_notebook_is_held() -> None:
    assert tuple(sorted(path.stem for path in FOLDER.glob("*.ipynb"))) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_notebooks_are_stripped(name: str) -> None:
    notebook, stripped = (
        read(name),
        strip_output(read(name), keep_output=False, keep_count=False, keep_id=True),
    )
    assert notebook == stripped, "run nbstripout --keep-id notebooks/*.ipynb"


@pytest.mark.parametrize("name", NAMES)
def test_notebooks_name_the_kernel_that_everybody_has(name: str) -> None:
    notebook = read(name)
    assert notebook.metadata.kernelspec.name == "python3"
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)


@pytest.fixture(scope="module", params=NAMES)
def executed(request: pytest.FixtureRequest) -> NotebookNode:
    """A notebook that has run in its own folder; an error in a cell fails here, with the cell."""
    notebook = read(request.param)
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    client = NotebookClient(
        notebook,
        timeout=LONGEST_CELL_S,
        startup_timeout=REACH_S,
        kernel_name="python3",
        resources={"metadata": {"path": str(FOLDER)}},
    )
    done: NotebookNode = client.execute(env=environment)
    return done


def outputs(notebook: NotebookNode) -> list[NotebookNode]:
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def test_notebooks_run_without_a_complaint(executed: NotebookNode) -> None:
    complaints = [item.text for item in outputs(executed) if item.get("name") == "stderr"]
    assert complaints == []
    assert all(cell.execution_count for cell in executed.cells if cell.cell_type == "code")


def test_notebooks_draw(executed: NotebookNode) -> None:
    drawn = [item.data for item in outputs(executed) if "data" in item]
    assert any("image/svg+xml" in data for data in drawn)
    for data in drawn:
        svg, page = data.get("image/svg+xml", ""), data.get("text/html", "")
        assert "<script src" not in svg + page
        assert not ("vega" in page and "https://" in page), (
            "charts come as SVG, not as a page that loads scripts"
        )
