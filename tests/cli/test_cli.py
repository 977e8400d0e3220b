"""The command line as a user calls it."""

import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from shapely import Polygon
from typer.testing import CliRunner

from parcelplan.cli.app import app
from tests.builders import frame, line, row_of_parcels, square, works, write_site

VERBS = (
    "run",
    "check",
    "areas",
    "constraints",
    "readiness",
    "rules",
    "plan",
    "explain",
    "map",
    "report",
    "export",
    "serve",
    "inspect",
    "convert",
    "new",
)
FILES = {"map.html", "report.html", "plan.geojson", "plan.gpkg", "plan.xlsx", "summary.json"}


def call(*arguments, env=None):
    result = CliRunner().invoke(
        app, [str(part) for part in arguments], env={"PARCELPLAN_LANG": "en"} | (env or {})
    )
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """Two parcels at a road that wait for an acquisition until 2024-06-30."""
    road = frame([line((0, 110), (200, 110))], road_id=["S"], width_m=[20.0], state=["existing"])
    table = works({"work_id": "W1", "covers": "site:*", "due_on": "2024-06-30"})
    return write_site(
        tmp_path_factory.mktemp("tiny"), {"parcels": row_of_parcels(2), "roads": road}, {"works": table}
    )


def edited(folder, tmp_path, *changes, works_csv=None):
    """A copy of a site with changed lines of site.toml."""

    copy = tmp_path / "site"
    shutil.copytree(folder, copy)
    path = copy / "site.toml"
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    if works_csv is not None:
        (copy / "works.csv").write_text(works_csv, encoding="utf-8")
    return copy


def test_help_names_every_verb_and_waits_for_no_heavy_import():
    code = (
        "import sys; sys.argv = ['parcelplan', '--help']\n"
        "from parcelplan.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'geopandas', 'pandas', 'shapely', 'numpy', 'folium', 'ortools', 'pydantic', 'distributed', 'numba'}\n"
        "heavy &= set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert all(verb in done.stdout for verb in VERBS)


def test_run_writes_everything_and_tells_the_plan(tiny, tmp_path):
    out = tmp_path / "out"
    result = call("run", tiny, "--out", out)
    assert result.exit_code == 0, result.output
    assert {path.name for path in out.iterdir()} == FILES
    assert "optimal" in result.output
    assert "2024-07-01" in result.output
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert summary["area_mu"] == 30
    assert [item["parcel_id"] for item in summary["transfers"]] == ["P1", "P2"]


def test_run_as_json_is_the_summary(tiny, tmp_path):
    result = call("run", tiny, "--out", tmp_path / "out", "--json")
    assert json.loads(result.stdout) == json.loads(
        (tmp_path / "out" / "summary.json").read_text(encoding="utf-8")
    )


@pytest.mark.parametrize("verb", ["check", "areas", "constraints", "readiness", "rules", "plan"])
def test_verbs_answer_in_words_and_in_json(tiny, verb):
    assert call(verb, tiny).exit_code == 0
    chinese = call(verb, tiny, "--lang", "zh")
    assert chinese.exit_code == 0
    result = call(verb, tiny, "--json")
    assert result.exit_code == 0
    json.loads(result.stdout)


def test_areas_stand_side_by_side_and_add_up(tiny):
    said = call("areas", tiny).output
    assert "EPSG:4523, central meridian 105°" in said
    assert "30.0000 mu in the plane, 29.98" in said
    rows = json.loads(call("areas", tiny, "--json").stdout)
    assert [(row["row_type"], row["parcel_id"], row["area_mu"]) for row in rows] == [
        ("parcel", "P1", 15),
        ("parcel", "P2", 15),
        ("phase", None, 30),
        ("site", None, 30),
    ]


def test_areas_that_cannot_be_measured_have_no_sum(tmp_path):
    bowtie = Polygon(line((0, 0), (100, 100), (100, 0), (0, 100)).coords)
    parcels = frame([bowtie, square(3)], parcel_id=["A", "B"], phase=[1, 1])
    said = call("areas", write_site(tmp_path, {"parcels": parcels})).output
    assert "the sum is unknown" in said


def test_language_of_the_site_and_of_the_call(tiny):
    assert "地块" in call("readiness", tiny, "--lang", "zh").output
    assert "Parcel" in call("readiness", tiny).output


def test_explain_goes_back_to_the_first_work(tiny):
    result = call("explain", tiny, "P2")
    assert result.exit_code == 0
    assert "W1" in result.output
    assert "2024-06-30" in result.output
    steps = json.loads(call("explain", tiny, "P2", "--json").stdout)["steps"]
    assert steps[0]["kind"] == "transfer"


def test_an_unknown_parcel_is_named_with_its_neighbours(tiny):
    result = call("explain", tiny, "P22")
    assert result.exit_code == 2
    assert "P22" in result.stderr
    assert "P2" in result.stderr


@pytest.mark.parametrize("name", ["map.html", "report.html"])
def test_one_page_alone(tiny, tmp_path, name):
    result = call(name.split(".")[0], tiny, "--out", tmp_path / name)
    assert result.exit_code == 0, result.output
    assert (tmp_path / name).read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype html>")


@pytest.mark.parametrize("ending", ["geojson", "gpkg", "xlsx", "json"])
def test_one_file_by_its_ending(tiny, tmp_path, ending):
    assert call("export", tiny, "--out", tmp_path / f"p.{ending}").exit_code == 0
    assert (tmp_path / f"p.{ending}").stat().st_size > 100
    assert [path.name for path in tmp_path.iterdir()] == [f"p.{ending}"]


def test_an_unknown_ending_is_refused(tiny, tmp_path):
    result = call("export", tiny, "--out", tmp_path / "p.dwg")
    assert result.exit_code == 2
    assert ".geojson, .gpkg, .xlsx, .json" in result.stderr


def test_errors_in_the_data_end_a_run_with_1_and_leave_nothing(tmp_path):
    parcels = frame([square(0), square(0.5)], parcel_id=["A", "B"], phase=[1, 1])
    table = works({"work_id": "W1", "covers": "parcel:Z"})
    folder = write_site(tmp_path / "site", {"parcels": parcels}, {"works": table})
    out = tmp_path / "out"
    result = call("run", folder, "--out", out)
    assert result.exit_code == 1
    assert "A overlaps B" in result.stderr
    assert "W1" in result.stderr
    assert "'Z'" in result.stderr
    assert "Traceback" not in result.output
    assert not out.exists()
    assert {path.name for path in tmp_path.iterdir()} == {"site"}
    assert call("check", folder).exit_code == 1


def odd_polygon():
    with np.errstate(invalid="ignore"):
        return Polygon([(0, 0), (1, np.nan), (1, 1)])


BROKEN = {
    "missing column": (frame([square(0)], parcel_id=["A"]), "column phase"),
    "no crs": (row_of_parcels(1).set_crs(None, allow_override=True), "EPSG:4523"),
    "empty": (row_of_parcels(1).iloc[:0], "no parcels"),
    "no numbers": (frame([square(0), odd_polygon()], parcel_id=["A", "B"], phase=[1, 1]), "B"),
    "invalid": (frame([Polygon([(0, 0), (9, 9), (9, 0), (0, 9)])], parcel_id=["A"], phase=[1]), "feature A"),
    "repeated": (
        frame([square(0), square(1)], parcel_id=["A", "A"], phase=[1, 1]),
        "id A stands more than once",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_bad_data_end_a_run_with_1_and_name_the_thing(tmp_path, case):
    parcels, words = BROKEN[case]
    folder = write_site(tmp_path / "site", {"parcels": parcels})
    result = call("run", folder, "--out", tmp_path / "out")
    assert result.exit_code == 1, result.output
    assert words in result.stderr
    assert "Traceback" not in result.output
    assert {path.name for path in tmp_path.iterdir()} == {"site"}


UNUSABLE = {
    "wrong crs": (('crs = "EPSG:4523"', 'crs = "EPSG:4326"'), "EPSG:4326.*plane"),
    "no layer": (('layer = "roads"', 'layer = "streets"'), "streets.*parcels, roads"),
    "no file": (('"layers.gpkg", layer = "roads"', '"roads.shp"'), "roads.shp"),
    "impossible window": (
        ("[tables]", "[phases.1]\nearliest_on = 2025-01-01\nlatest_on = 2024-06-01\n[tables]"),
        "2024-06-01",
    ),
    "quota of zero": (("[tables]", "[plan]\nquota_default_mu = 0.0\n[tables]"), "quota"),
    "no listings": (("[tables]", "[plan]\nlistings_per_month = 0\n[tables]"), "listings_per_month"),
    "unknown pack": (('crs = "EPSG:4523"', 'crs = "EPSG:4523"\nrules = ["mars"]'), "mars"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_unusable_calls_end_with_2_and_name_the_thing(tiny, tmp_path, case):
    change, match = UNUSABLE[case]
    result = call("run", edited(tiny, tmp_path, change), "--out", tmp_path / "out")
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output

    assert re.search(match, result.stderr.replace("\n", " ")), result.stderr
    assert not (tmp_path / "out").exists()


def test_an_infeasible_plan_ends_with_3_and_names_the_demands(tiny, tmp_path):
    window = ("[tables]", "[phases.1]\nlatest_on = 2024-07-15\n[tables]")
    result = call("run", edited(tiny, tmp_path, window), "--out", tmp_path / "out")
    assert result.exit_code == 3, result.output
    assert "phase 1" in result.stderr
    assert "2024-07-15" in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_circle_of_works_ends_with_1_and_is_named(tiny, tmp_path):
    circle = "work_id,kind,name,covers,predecessors\nA,road,a,site:*,B\nB,road,b,site:*,A\n"
    result = call("run", edited(tiny, tmp_path, works_csv=circle), "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "→" in result.stderr


def test_debug_shows_where_an_error_came_from(tmp_path):
    result = CliRunner().invoke(app, ["check", str(tmp_path), "--debug"])
    assert type(result.exception).__name__ == "InputError"


def test_a_fault_of_the_program_says_so_without_a_traceback(tiny, monkeypatch):
    reason = "out of ink"

    def broken(*_args):
        raise RuntimeError(reason)

    monkeypatch.setattr("parcelplan.study.schedule_site", broken)
    result = call("readiness", tiny)
    assert result.exit_code == 70
    assert "out of ink" in result.stderr
    assert "--debug" in result.stderr


def test_messages_in_chinese(tmp_path):
    result = call("check", tmp_path, env={"PARCELPLAN_LANG": "zh"})
    assert result.exit_code == 2
    assert "没有 site.toml" in result.stderr


def test_a_bad_date_is_a_usage_error(tiny):
    assert call("check", tiny, "--as-of", "soon").exit_code == 2


def test_other_files_in_the_folder_stay(tiny, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    call("run", tiny, "--out", out)
    assert (out / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert {path.name for path in out.iterdir()} == FILES | {"notes.txt"}
