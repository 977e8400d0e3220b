"""One shape for every error, in the language of the request, and nothing of this machine in any of them."""

import logging
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from parcelplan.errors import ConfigError, InputError, ParcelPlanError
from service.app import app_from_environment, create_app
from service.errors import STATUS, problem_of, without_folders
from service.library import Library
from service.schemas import ErrorAnswer
from service.settings import Settings
from tests.builders import row_of_parcels, square
from tests.service.conftest import client_of, write_tiny

SITE = "/api/sites/baishiyi"
WRONG = {
    "/api/sites/baishiy": (404, "service.unknown_site", "baishiyi"),
    "/api/nothing": (404, "service.no_such_page", "/api/nothing"),
    "/sites/baishiyi/files/plan.shp": (404, "service.unknown_file", "plan.geojson"),
    f"{SITE}/plan?scenario=anex": (404, "error.unknown_scenario", "annex"),
    f"{SITE}/explain/P1-99": (404, "explain.unknown_parcel", "P1-0"),
    f"{SITE}/parcels?bbox=1,2,3": (422, "service.bad_bbox", "1,2,3"),
    f"{SITE}/parcels?bbox=1,2,x,4": (422, "service.bad_bbox", "x"),
    f"{SITE}/parcels?bbox=107,29,106,30": (422, "service.bad_bbox", "107"),
    f"{SITE}/parcels?bbox=nan,0,1,1": (422, "service.bad_bbox", "nan"),
    f"{SITE}/parcels?bbox=-181,0,1,1": (422, "service.bad_bbox", "-181"),
    f"{SITE}/parcels?phase=9": (422, "service.unknown_choice", "1, 2, 3"),
    f"{SITE}/parcels?phase=one": (422, "service.bad_parameter", "phase"),
    f"{SITE}/parcels?stage=ripe": (422, "service.unknown_choice", "net_land"),
    f"{SITE}/readiness?as_of=2024-13-01": (422, "service.bad_parameter", "as_of"),
    f"{SITE}/readiness?as_of=soon": (422, "service.bad_parameter", "soon"),
    f"{SITE}/readiness?as_of=2028-12-31": (422, "error.as_of_after_horizon", "2028-12-31"),
    f"{SITE}/findings?severity=bad": (422, "service.bad_parameter", "'error'"),
    f"{SITE}?lang=fr": (422, "service.bad_parameter", "'zh'"),
    "/static/../app.py": (404, "service.no_such_page", "app.py"),
    "/static/%2e%2e/app.py": (404, "service.no_such_page", ""),
}


@pytest.mark.parametrize("path", WRONG)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_wrong_question_is_answered_in_the_one_shape(client: TestClient, path: str, lang: str) -> None:
    status, code, named = WRONG[path]
    response = client.get(path, headers={"Accept-Language": lang})
    assert response.status_code == status
    error = ErrorAnswer.model_validate(response.json()).error
    assert error.code == code
    assert named in response.text
    assert any("\u4e00" <= letter <= "\u9fff" for letter in error.message) == (lang == "zh")


def test_a_wrong_method_says_which_are_right(client: TestClient) -> None:
    response = client.post("/api/sites")
    assert (response.status_code, response.headers["allow"]) == (405, "GET")
    assert ErrorAnswer.model_validate(response.json()).error.code == "service.no_such_method"


def test_every_parameter_that_is_wrong_is_named(client: TestClient) -> None:
    problems = client.get(f"{SITE}/parcels?phase=x&as_of=y&lang=en").json()["error"]["params"]["problems"]
    assert {item["name"] for item in problems} == {"phase", "as_of"}


def test_a_failure_tells_its_number_and_nothing_else(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> None:
        message = "password in /srv/secret/land.gpkg"
        raise RuntimeError(message)

    monkeypatch.setattr(Library, "study", fail)
    with caplog.at_level(logging.ERROR, "parcelplan.service"):
        response = client_of(tiny).get("/api/sites/tiny/plan")
    error = ErrorAnswer.model_validate(response.json()).error
    assert (response.status_code, error.code) == (500, "service.failure")
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "secret" not in response.text
    assert "RuntimeError" not in response.text
    assert error.params == {"request_id": response.headers["x-request-id"]}
    assert response.headers["x-request-id"] in caplog.text
    assert "password in /srv/secret/land.gpkg" in caplog.text


def test_data_with_errors_are_listed_not_computed(tmp_path: Path) -> None:
    overlapping = row_of_parcels(2).set_geometry([square(0), square(0.5)])
    client = client_of(write_tiny(tmp_path / "tiny", parcels=overlapping))
    response = client.get("/api/sites/tiny/plan?lang=en")
    assert response.status_code == 409
    listed = response.json()["error"]["params"]["findings"]
    assert {item["severity"] for item in listed} == {"error"}
    assert any("P2" in item["message"] for item in listed)
    findings = client.get("/api/sites/tiny/findings?lang=en").json()
    assert findings["counts"]["error"] == len(listed)
    assert findings["announced"] is None


def test_a_file_that_has_gone_is_named_without_its_folder(tiny: Path) -> None:
    client = client_of(tiny)
    (tiny / "layers.gpkg").unlink()
    response = client.get("/api/sites/tiny/readiness?lang=en")
    assert response.status_code == 503
    assert response.headers["retry-after"]
    assert "layers.gpkg" in response.text
    assert str(tiny.parent) not in response.text


def test_a_folder_that_has_gone_is_an_error_of_the_service(tiny: Path) -> None:
    client = client_of(tiny)
    shutil.rmtree(tiny)
    response = client.get("/api/sites/tiny/plan")
    assert response.status_code == 503
    assert str(tiny.parent) not in response.text
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("told", "left"),
    [
        ("/srv/land/sites/a.gpkg", "a.gpkg"),
        ("cannot open '/srv/my land/a.gpkg': no such file", "cannot open 'a.gpkg': no such file"),
        (r"C:\land\sites\a.gpkg", "a.gpkg"),
        ("Invalid value (at line 3, column 5)", "Invalid value (at line 3, column 5)"),
        ("12 / 13 km/h", "12 / 13 km/h"),
        ("水/电/路：/srv/land/works.csv", "水/电/路：works.csv"),
        (FileNotFoundError("/srv/land/a.gpkg"), "a.gpkg"),
        (7, 7),
    ],
)
def test_folders_stay_inside(told: object, left: object) -> None:
    assert without_folders(told) == left


def test_every_error_of_the_library_has_a_status() -> None:
    def kinds(kind: type[ParcelPlanError]) -> Iterator[type[ParcelPlanError]]:
        yield kind
        for child in kind.__subclasses__():
            yield from kinds(child)

    for kind in kinds(ParcelPlanError):
        assert any(base in STATUS for base in kind.__mro__)
    assert problem_of(InputError("error.no_site", folder="/srv/x"), "en").status == 503


def test_two_sites_of_one_id_cannot_be_served(tmp_path: Path) -> None:
    folders = [write_tiny(tmp_path / name) for name in ("one", "two")]
    with pytest.raises(ConfigError, match=r"the id 'tiny': .*one, .*two"):
        create_app(Settings(sites=folders))


def test_a_folder_without_a_site_cannot_be_served(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no site\.toml"):
        create_app(Settings(sites=(tmp_path,)))


def test_the_environment_names_what_is_wrong_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PARCELPLAN_SITES", raising=False)
    monkeypatch.setenv("PARCELPLAN_LANGUAGE", "fr")
    with pytest.raises(ConfigError, match=r"PARCELPLAN_SITES: .*PARCELPLAN_LANGUAGE: "):
        app_from_environment()
