"""Schedules on the command line: a bureau's plan comes in, the works go out with their planned days."""

from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

from parcelplan.cli.app import app
from tests.compared import write_compared

BUREAU = Path(__file__).parents[1] / "io" / "mspdi" / "bureau.xml"


def call(*arguments, lang="en"):
    result = CliRunner().invoke(app, [str(part) for part in arguments], env={"PARCELPLAN_LANG": lang})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def table(path):
    return pd.read_csv(path, dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_compared(tmp_path_factory.mktemp("works") / "site")


def test_a_bureaus_schedule_becomes_tables(tmp_path):
    given = {name: tmp_path / f"{name}.csv" for name in ("crews", "calendars", "closures")}
    options = [part for name, path in given.items() for part in (f"--{name}", path)]
    result = call("works", "import", BUREAU, "--out", tmp_path / "works.csv", *options)
    # Works whose kind nobody can tell are errors: the table is written and somebody must fill them in.
    assert result.exit_code == 1
    assert "names no kind of work" in result.output
    assert table(tmp_path / "works.csv")["work_id"].to_list() == ["1.1", "1.2", "2", "3", "4", "5"]
    assert table(given["crews"])["capacity"].to_list() == ["2", "1", "2"]
    assert table(given["closures"])["from_on"].to_list() == ["2024-07-15"]
    assert len(table(given["calendars"])) == 2


def test_what_nobody_asked_for_is_told(tmp_path):
    result = call("works", "import", BUREAU, "--out", tmp_path / "works.csv", lang="zh")
    assert "--crews" in result.output
    assert "班组 3 行" in result.output
    assert list(tmp_path.iterdir()) == [tmp_path / "works.csv"]


def test_a_table_that_is_there_stays_unless_somebody_says_so(tmp_path):
    (tmp_path / "works.csv").write_text("mine", encoding="utf-8")
    result = call("works", "import", BUREAU, "--out", tmp_path / "works.csv")
    assert result.exit_code == 2
    assert "--overwrite" in result.output
    assert (tmp_path / "works.csv").read_text(encoding="utf-8") == "mine"
    assert call("works", "import", BUREAU, "--out", tmp_path / "works.csv", "--overwrite").exit_code == 1
    assert len(table(tmp_path / "works.csv")) == 6


@pytest.mark.parametrize("ending", [".xml", ".xlsx"])
def test_works_go_out_and_come_back(folder, tmp_path, ending):
    out = tmp_path / f"plan{ending}"
    assert call("works", "export", folder, "--out", out).exit_code == 0
    result = call("works", "import", out, "--out", tmp_path / "works.csv")
    assert result.exit_code == 0, result.output
    columns = ["work_id", "kind", "name", "covers", "due_on"]
    there, back = table(folder / "works.csv"), table(tmp_path / "works.csv")
    assert back[columns].to_dict() == there[columns].to_dict()
    assert back["cost_wanyuan"].astype(float).to_list() == [100.0, 50.0]


def test_the_planned_days_follow_the_scenario(folder, tmp_path):
    ends = {}
    for scenario in ("base", "late"):
        out = tmp_path / f"{scenario}.xlsx"
        assert (
            call("works", "export", folder, "--out", out, "--scenario", scenario, "--lang", "zh").exit_code
            == 0
        )
        sheet = openpyxl.load_workbook(out)["前期任务"]
        heads = {cell.value: cell.column for cell in sheet[1]}
        ends[scenario] = f"{sheet.cell(2, heads['排定完成']).value:%Y-%m-%d}"
    assert ends == {"base": "2024-06-30", "late": "2024-12-31"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["import", "nowhere.xml", "--out", "w.csv"], "nowhere.xml"),
        (["import", "plan.mpp", "--out", "w.csv"], "plan.mpp"),
        (["export", "{site}", "--out", "plan.mpp"], ".xlsx"),
    ],
)
def test_what_cannot_be_done_is_told_before_anything_is_written(
    folder, arguments, words, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    result = call("works", *(part.format(site=folder) for part in arguments))
    assert result.exit_code == 2
    assert words in result.output
    assert not list(tmp_path.iterdir())
