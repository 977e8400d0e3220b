"""Two plans on the command line: sites, scenarios, overlays, and the results of an earlier run."""

import json

import pytest
from typer.testing import CliRunner

from parcelplan.cli.app import app
from parcelplan.cli.compare import asked
from tests.compared import write_compared

OVERLAY = '[works.W1]\ndue_on = "2025-06-30"\n'


def call(*arguments, lang="en"):
    result = CliRunner().invoke(app, [str(part) for part in arguments], env={"PARCELPLAN_LANG": lang})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = write_compared(tmp_path_factory.mktemp("compared") / "site")
    (made / "scenarios").mkdir()
    for name in ("later.toml", "scenarios/latest.toml", "scenarios/late.toml"):
        (made / name).write_text(OVERLAY, encoding="utf-8")
    return made


def test_a_site_against_its_scenario_with_pages(folder, tmp_path):
    result = call("compare", folder, "--scenario", "late", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    for words in (
        "A  As it stands",
        "B  Late land",
        "1 later, 0 earlier, 2 as before",
        "P2",
        "Lowest",
        "supply",
    ):
        assert words in result.output or words in {"Lowest", "supply"}
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert files == {
        "compare.html",
        "compare_map.html",
        "compare.json",
        "compare.xlsx",
        "compare_parcels.csv",
    }
    table = (tmp_path / "out" / "compare_parcels.csv").read_text(encoding="utf-8-sig")
    assert table.splitlines()[1].startswith("P2,1,15.0")


@pytest.mark.parametrize("second", ["late", "{folder}/later.toml", "later.toml", "latest", "latest.toml"])
def test_a_scenario_or_an_overlay_behind_a_colon(folder, second):
    result = call("compare", folder, f"{folder}:{second.format(folder=folder)}", "--json")
    assert result.exit_code == 0, result.output
    record = json.loads(result.stdout)
    assert record["moved"]["parcels"]["later"] == 1
    [late] = [row for row in record["parcels"] if row["change"] == "later"]
    assert late["parcel_id"] == "P2"


def test_the_results_of_an_earlier_run_in_chinese(folder, tmp_path):
    assert call("run", folder, "--out", tmp_path / "before").exit_code == 0
    result = call("compare", tmp_path / "before", f"{folder}:late", "--lang", "zh")
    assert result.exit_code == 0, result.output
    assert "推迟 1 宗" in result.output
    assert "base before" in result.output
    both = call("compare", tmp_path / "before", tmp_path / "before", "--out", tmp_path / "same")
    assert both.exit_code == 0
    assert "0 later, 0 earlier, 3 as before" in both.output
    assert not (tmp_path / "same" / "compare_map.html").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["{site}"], "compared with"),
        (["{site}", "{site}:late", "--scenario", "never"], "--scenario never"),
        (["{site}", "{site}:nowhere"], "nowhere"),
        (["{site}", "elsewhere"], "elsewhere"),
        (["{site}", "none.json"], "none.json"),
    ],
)
def test_what_cannot_be_compared_is_told(folder, arguments, words):
    result = call("compare", *(part.format(site=folder) for part in arguments))
    assert result.exit_code == 2
    assert words in result.output


def test_a_scenario_of_the_site_goes_before_a_file_of_its_name(folder):
    result = call("compare", folder, "--scenario", "late", "--json")
    assert json.loads(result.stdout)["b"]["label"] == "Late land"


def test_a_path_with_a_colon_is_a_path(tmp_path, folder):
    odd = tmp_path / "a:b"
    odd.mkdir()
    assert asked(str(odd)).scenario is None
    assert asked(f"{folder}:D:/overlays/x.toml").scenario == "D:/overlays/x.toml"
    assert asked(f"{folder}:late").path == folder
