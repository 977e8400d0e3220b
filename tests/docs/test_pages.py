"""README and docs: what they say to type works, what they show is there, where they point is something."""

import ast
import re
import shutil
import struct
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.parse import unquote

import geopandas
import pytest
import shapely

from parcelplan.rules.pack import read_pack
from parcelplan.site import open_site
from parcelplan.site.config import SiteConfig
from parcelplan.study import study_site

ROOT = Path(__file__).resolve().parents[2]
READMES = ("README.md", "README.zh-CN.md")
PAGES = sorted(
    path
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "geodata").rglob("*.md")]
    if path.is_file()
)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
PICTURE_BYTES = 400_000


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    """The fenced blocks of a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text_of(name), flags=re.MULTILINE | re.DOTALL)


# --- what can be typed


def test_readme_python_runs(tmp_path: Path) -> None:
    (tmp_path / "geodata").mkdir()
    shutil.copytree(ROOT / "geodata" / "baishiyi", tmp_path / "geodata" / "baishiyi")
    (block,) = blocks("README.md", "python")
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{block}"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
        env=None,
    )
    assert done.returncode == 0, done.stderr
    assert "2024-07-01" in done.stdout
    assert {path.name for path in (tmp_path / "out" / "baishiyi").iterdir()} == written("README.md")


def written(readme: str) -> set[str]:
    """Result files as a README lists them."""
    return set(re.findall(r"^\| `([a-z.]+\.[a-z]+)` \|", text_of(readme), flags=re.MULTILINE))


def test_readme_python_is_ten_lines() -> None:
    (block,) = blocks("README.md", "python")
    assert len([line for line in block.splitlines() if line.strip()]) == 10


def test_both_readmes_say_the_same() -> None:
    english, chinese = ([*blocks(name, "python"), *blocks(name, "bat")] for name in READMES)
    assert [re.sub('"(en|zh)"', "", block) for block in english] == [
        re.sub('"(en|zh)"', "", block) for block in chinese
    ]
    assert written(READMES[0]) == written(READMES[1])
    headings = [re.findall(r"^## ", text_of(name), flags=re.MULTILINE) for name in READMES]
    assert len(headings[0]) == len(headings[1])
    assert made(READMES[0]) == made(READMES[1]) == ["demo", "test", "check", "serve"]


def made(readme: str) -> list[str]:
    return [
        found
        for block in blocks(readme, "sh")
        for found in re.findall(r"^make (\w+)", block, flags=re.MULTILINE)
    ]


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_make_commands_exist(path: Path) -> None:
    targets = set(re.findall(r"^(\w+):", text_of("Makefile"), flags=re.MULTILINE))
    said = set(re.findall(r"`?make ([a-z]+)\b(?=`|\s+#| PYTHON| $)", path.read_text(encoding="utf-8")))
    assert said <= targets


@pytest.mark.parametrize("readme", READMES)
def test_windows_lines_name_what_is_there(readme: str) -> None:
    (block,) = blocks(readme, "bat")
    assert len(block.splitlines()) == 2
    for named in ("requirements\\runtime.lock", "geodata\\baishiyi"):
        assert named in block
        assert (ROOT / named.replace("\\", "/")).exists()


def test_an_uninstalled_checkout_runs_as_a_module() -> None:
    """Windows users install the lock and not the package."""
    command = [sys.executable, "-m", "parcelplan", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0
    assert "explain" in done.stdout


# --- what is shown


def test_the_picture_is_a_small_png() -> None:
    picture = (ROOT / "docs" / "images" / "map.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", picture[16:24])
    assert (width, height) == (1400, 900)
    assert len(picture) < PICTURE_BYTES


# --- where pages point


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_links_resolve(path: Path) -> None:
    broken = [link for link in LINK.findall(path.read_text(encoding="utf-8")) if not resolves(path, link)]
    assert broken == []


def resolves(page: Path, link: str) -> bool:
    if link.startswith(("http://", "https://", "mailto:")):
        return True
    address, _, anchor = link.partition("#")
    target = (page.parent / unquote(address)).resolve() if address else page
    return target.exists() and (not anchor or anchor in anchors(target))


def anchors(page: Path) -> set[str]:
    """Anchors as they are made from headings: lower case, without signs, spaces as hyphens."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_is_found_from_the_index() -> None:
    linked = {
        (ROOT / "docs" / link.partition("#")[0]).resolve() for link in LINK.findall(text_of("docs/README.md"))
    }
    docs = {path.resolve() for path in (ROOT / "docs").rglob("*.md")} - {
        (ROOT / "docs" / "README.md").resolve()
    }
    assert {name_of(path) for path in docs - linked} == set()


# --- what the concepts show


def test_the_smallest_site_is_one() -> None:
    smallest, *parts, _what_if = blocks("docs/concepts/site-folder.md", "toml")
    config = SiteConfig.model_validate(tomllib.loads(smallest))
    assert config.layers["parcels"].defaults == {"phase": 1}
    for part in parts:
        SiteConfig.model_validate(tomllib.loads(smallest) | tomllib.loads(part))


def test_the_question_of_what_if_can_be_asked_of_the_sample_site(tmp_path: Path) -> None:
    file = tmp_path / "slow.toml"
    file.write_text(blocks("docs/concepts/site-folder.md", "toml")[-1], encoding="utf-8")
    site = open_site(ROOT / "geodata" / "baishiyi", scenario=file)
    assert site.table("works").loc["W04", "duration_likely_days"] == 530
    assert site.config.plan.listings_per_month == 6
    assert site.scenario == "slow"
    assert not site.findings.of("error")


def test_the_smallest_site_is_planned(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text(blocks("docs/concepts/site-folder.md", "toml")[0], encoding="utf-8")
    (tmp_path / "works.csv").write_text(blocks("docs/concepts/site-folder.md", "csv")[0], encoding="utf-8")
    squares = [shapely.box(35_635_000 + x, 3_263_000, 35_635_100 + x, 3_263_100) for x in (0, 100)]
    parcels = geopandas.GeoDataFrame({"DKBH": ["A", "B"]}, geometry=squares, crs="EPSG:4523")
    parcels.to_file(tmp_path / "parcels.geojson", driver="GeoJSON")
    study = study_site(open_site(tmp_path))
    assert {day.isoformat() for day in study.readiness["ready_on"].dt.date} == {"2024-08-28"}
    assert study.plan.status == "optimal"
    assert [item.parcel_id for item in study.plan.transfers] == ["A", "B"]
    assert "site.no_roads" in study.findings.codes()


def test_the_pack_of_ones_own_is_one() -> None:
    (block,) = blocks("docs/concepts/rules.md", "yaml")
    assert set(read_pack(block, "district.yaml").rules) == {
        "far.industry_floor",
        "standard_land.tax_per_mu_min",
    }


def test_the_rule_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = blocks("docs/concepts/rules.md", "python")
    exec(compile(block, "rules.md", "exec"), {})
    assert capsys.readouterr().out.startswith("15.0 m")


RESERVED = {
    "resale",
    "tender",
    "auction",
    "agreement",
    "supply_plan",
    "approved_not_supplied",
    "idle_land",
    "per_mu_evaluation",
    "grade",
}


def test_names_of_the_glossary_are_names_of_the_code() -> None:
    names = set(re.findall(r"`([a-z0-9_]+)`", text_of("docs/glossary.md")))
    assert len(names) > 50
    files = [
        *(ROOT / "parcelplan").rglob("*.py"),
        *(ROOT / "parcelplan").rglob("*.csv"),
        *(ROOT / "parcelplan").rglob("*.yaml"),
    ]
    code = "\n".join(path.read_text(encoding="utf-8") for path in files)
    homeless = {
        name
        for name in names
        if not re.search(rf"{name if name.startswith('_') else chr(92) + 'b' + name}\b", code)
    }
    assert homeless - RESERVED == set()


def test_decisions_are_numbered_and_say_what_was_decided() -> None:
    files = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(path.name[:4]) for path in files] == list(range(1, len(files) + 1))
    for number, path in enumerate(files, 1):
        said = path.read_text(encoding="utf-8")
        assert said.startswith(f"# {number}. "), path.name
        for part in ("**Question.**", "**Decision.**", "**Consequence.**"):
            assert part in said, path.name


@pytest.mark.parametrize("name", ["build_reference.py", "make_images.py"])
def test_scripts_say_how_they_are_called(name: str) -> None:
    said = ast.get_docstring(ast.parse(text_of(f"docs/{name}")))
    assert f"python docs/{name}" in (said or "")
