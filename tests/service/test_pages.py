"""Pages and files for people."""

import io
import json
import re
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
from fastapi.testclient import TestClient

from parcelplan import catalogue
from service.app import create_app
from service.settings import Settings
from service.views import FILES
from tests.service.conftest import client_of, write_tiny

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
HOSTILE = '<img src=x onerror="window.hit=1">'


def test_the_start_page_shows_the_site_and_its_plan(client: TestClient) -> None:
    page = client.get("/").text
    figures = client.get("/sites/baishiyi/files/summary.json").json()
    assert '<html lang="zh-CN">' in page
    assert "重庆高新区专精特新产业园（白市驿）" in page
    assert f"{figures['area_mu']:,.2f}" in page
    for phase in figures["phases"]:
        assert phase["first_transfer_on"] in page
        assert phase["ready_on"] in page
    assert page.count('class="parcel"') == 32


def test_the_start_page_speaks_english_when_asked(client: TestClient) -> None:
    page = client.get("/?lang=en").text
    assert '<html lang="en">' in page
    assert "Transfers by phase" in page
    assert "Chongqing High-tech Zone" in page


def test_a_page_is_in_the_language_of_its_site_whatever_the_browser_prefers(client: TestClient) -> None:
    assert '<html lang="zh-CN">' in client.get("/", headers={"Accept-Language": "en-US"}).text


@pytest.mark.parametrize("query", ["", "?lang=en&scenario=body"])
def test_every_link_of_the_start_page_leads_somewhere(client: TestClient, query: str) -> None:
    page = client.get("/" + query).text
    links = {match.replace("&amp;", "&") for match in re.findall(r'(?:href|src)="([^"#]+)"', page)}
    assert len(links) > 15
    for link in links:
        assert link.startswith(("/", "?")), "an address on another machine"
        assert client.get("/" + link if link.startswith("?") else link).status_code == 200, link


def test_links_keep_the_question(client: TestClient) -> None:
    page = client.get("/sites/baishiyi?scenario=body&as_of=2024-03-01&lang=en").text
    assert "/sites/baishiyi/map?scenario=body&amp;lang=en&amp;as_of=2024-03-01" in page
    assert "2024-03-01" in client.get("/sites/baishiyi/map?scenario=body&as_of=2024-03-01").text


def test_a_proxy_may_serve_us_under_a_path(tiny: Path) -> None:
    app = create_app(Settings(sites=(tiny,), prepare=False))
    page = TestClient(app, root_path="/land").get("/").text
    links = [link for link in re.findall(r'(?:href|src)="([^"#]+)"', page) if not link.startswith("?")]
    assert links
    assert all(link.startswith("/land/") for link in links)


def test_several_sites_have_a_list(tiny: Path, baishiyi: Path) -> None:
    client = client_of(baishiyi, tiny, title="土地 <科>")
    page = client.get("/").text
    assert 'href="/sites/baishiyi?lang=zh"' in page
    assert 'href="/sites/tiny?lang=zh"' in page
    assert "土地 &lt;科&gt;" in page
    assert "小园区" in client.get("/sites/tiny?lang=zh").text


@pytest.mark.parametrize("page", ["", "/map", "/report"])
def test_a_hostile_name_stays_text(tmp_path: Path, page: str) -> None:
    folder = write_tiny(tmp_path / "tiny", name=HOSTILE)
    toml = (folder / "site.toml").read_text(encoding="utf-8").replace('"Tiny park"', f"'{HOSTILE}'")
    (folder / "site.toml").write_text(toml, encoding="utf-8")
    text = client_of(folder).get(f"/sites/tiny{page}?lang=en").text
    assert "img src=x" in text
    assert "<img src=x" not in text


def test_a_report_without_an_announced_plan_has_drawings_of_a_size(tiny: Path) -> None:
    text = client_of(tiny).get("/sites/tiny/report").text
    sizes = re.findall(r'<svg[^>]*viewBox="0 0 (\S+) (\S+)"', text)
    assert len(sizes) == 4
    assert all(100 < float(side) < 2000 for size in sizes for side in size)


@pytest.mark.parametrize("page", ["map", "report"])
def test_map_and_report_carry_everything_inside(client: TestClient, page: str) -> None:
    response = client.get(f"/sites/baishiyi/{page}")
    assert response.headers["content-type"].startswith("text/html")
    assert "script-src-attr 'none'" in response.headers["content-security-policy"]
    assert not re.search(r"<(?:script|link|img|iframe)\b[^>]*(?:src|href)=", response.text)
    assert client.get(f"/sites/baishiyi/{page}?lang=en").text != response.text


def test_files_are_those_of_a_run(client: TestClient, tmp_path: Path) -> None:
    contents = {}
    for name, media_type in FILES.items():
        response = client.get(f"/sites/baishiyi/files/{name}")
        assert response.headers["content-type"].startswith(media_type)
        assert response.headers["content-disposition"] == f'attachment; filename="baishiyi-{name}"'
        contents[name] = response.content
    assert len(json.loads(contents["plan.geojson"])["features"]) == 32
    (tmp_path / "plan.gpkg").write_bytes(contents["plan.gpkg"])
    assert len(gpd.read_file(tmp_path / "plan.gpkg", layer="parcels")) == 32
    assert openpyxl.load_workbook(io.BytesIO(contents["plan.xlsx"])).sheetnames
    assert json.loads(contents["summary.json"])["area_mu"] == 510.0


def test_files_speak_the_language_asked_for(client: TestClient) -> None:
    spoken = {
        lang: client.get(f"/sites/baishiyi/files/summary.json?lang={lang}").json()["site"]
        for lang in ("zh", "en")
    }
    assert spoken["zh"].startswith("重庆")
    assert spoken["en"].startswith("Chongqing")


def test_a_browser_is_told_of_errors_on_a_page(client: TestClient) -> None:
    response = client.get("/sites/<b>", headers=BROWSER)
    assert response.status_code == 404
    assert response.headers["content-type"].startswith("text/html")
    assert "service.unknown_site" in response.text
    assert "“&lt;b&gt;”" in response.text
    api = client.get("/api/sites/x", headers=BROWSER)
    assert api.headers["content-type"] == "application/json"


def test_pages_are_closed_to_what_is_not_theirs(client: TestClient) -> None:
    for path in ("/", "/healthz", "/api/nothing", "/static/service.css"):
        headers = client.get(path, headers={"Origin": "http://elsewhere.example"}).headers
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert "unsafe-inline" not in headers["content-security-policy"], path
        assert headers["x-content-type-options"] == "nosniff", path
        assert "access-control-allow-origin" not in headers, path


def test_origins_can_be_allowed(tiny: Path) -> None:
    client = client_of(tiny, allowed_origins="http://one.example, http://two.example")
    allowed = {
        origin: client.get("/healthz", headers={"Origin": origin}).headers.get("access-control-allow-origin")
        for origin in ("http://one.example", "http://two.example", "http://three.example")
    }
    assert list(allowed.values()) == ["http://one.example", "http://two.example", None]


def test_large_answers_are_compressed(client: TestClient) -> None:
    assert client.get("/sites/baishiyi/map").headers["content-encoding"] == "gzip"


def test_documentation_comes_from_this_machine(client: TestClient) -> None:
    page = client.get("/docs").text
    assert "http" not in page
    for address in re.findall(r'(?:src|href|data-openapi)="(/[^"?]+)', page):
        assert client.get(address).status_code == 200, address
    for default in ("/redoc", "/docs/oauth2-redirect"):
        assert client.get(default).status_code == 404


def test_documentation_knows_no_other_shape_of_error(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    assert "HTTPValidationError" not in described["components"]["schemas"]
    for path, methods in described["paths"].items():
        for status, answer in next(iter(methods.values()))["responses"].items():
            if status != "200":
                reference = answer["content"]["application/json"]["schema"]["$ref"]
                assert reference.endswith("/ErrorAnswer"), path


def test_every_word_is_there_in_both_languages() -> None:
    for code, entry in catalogue.entries().items():
        if code.startswith("service."):
            assert entry["zh"].strip(), code
            assert entry["en"].strip(), code
