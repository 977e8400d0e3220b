"""Uploads: what a file is said to hold, what is refused, and that nothing stays or leaks."""

import asyncio
import io
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import Request
from fastapi.testclient import TestClient

from service.errors import TooLargeError
from service.schemas import ErrorAnswer, UploadAnswer
from service.settings import Settings
from service.uploads import plain_name, received
from tests.builders import row_of_parcels
from tests.service.conftest import client_of

ADDRESS = "/api/uploads?lang=en"


@pytest.fixture(scope="module")
def upload_client(baishiyi: Path) -> TestClient:
    """A service that takes a mebibyte."""
    return client_of(baishiyi, upload_mib=1, upload_s=30)


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder in which everything temporary lies."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


def zipped_shapefile(folder: Path, *, without: str = "") -> bytes:
    row_of_parcels(2).assign(name=["一号", None]).to_file(folder / "宗地.shp", encoding="UTF-8")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in folder.glob("宗地.*"):
            if path.suffix != without:
                archive.write(path, path.name)
    return packed.getvalue()


def send(client: TestClient, name: str, content: bytes, **told: str) -> Any:
    return client.post(ADDRESS, files={"file": (name, content)}, data=told)


def refused(response: Any, status: int, code: str) -> str:
    error = ErrorAnswer.model_validate(response.json()).error
    assert (response.status_code, error.code) == (status, code), error
    assert tempfile.gettempdir() not in response.text
    return error.message


def test_a_zipped_shapefile_is_told(upload_client: TestClient, tmp_path: Path, scratch: Path) -> None:
    response = send(upload_client, "data.zip", zipped_shapefile(tmp_path))
    told = UploadAnswer.model_validate(response.json())
    (layer,) = told.inspected
    assert (told.file, told.format, layer.features, layer.kinds) == (
        "data.zip",
        "shapefile",
        2,
        {"Polygon": 2},
    )
    assert (layer.crs, layer.encoding, layer.table) == ("EPSG:4523", "UTF-8", "parcels")
    assert {field.name: field.column for field in layer.fields}["parcel_id"] == "parcel_id"
    assert layer.extent == (35_632_800.0, 3_263_200.0, 35_633_000.0, 3_263_300.0)


def test_a_missing_crs_is_proposed_and_can_be_confirmed(
    upload_client: TestClient, tmp_path: Path, scratch: Path
) -> None:
    content = zipped_shapefile(tmp_path, without=".prj")
    (layer,) = send(upload_client, "data.zip", content).json()["inspected"]
    assert (layer["crs"], layer["crs_proposal"]) == (None, "EPSG:4523")
    assert layer["findings"]
    (layer,) = send(upload_client, "data.zip", content, crs="EPSG:4523").json()["inspected"]
    assert layer["crs"] == "EPSG:4523"


def test_all_layers_are_looked_into_or_the_one_that_is_named(
    upload_client: TestClient, baishiyi: Path, scratch: Path
) -> None:
    content = (baishiyi / "layers.gpkg").read_bytes()
    every = UploadAnswer.model_validate(send(upload_client, "layers.gpkg", content).json())
    assert [layer.layer for layer in every.inspected] == every.layers
    (only,) = send(upload_client, "layers.gpkg", content, layer="parcels").json()["inspected"]
    assert (only["layer"], only["features"]) == ("parcels", 32)
    message = refused(send(upload_client, "layers.gpkg", content, layer="lakes"), 422, "error.no_layer")
    assert "parcels" in message


def test_a_table_is_told(upload_client: TestClient, baishiyi: Path, scratch: Path) -> None:
    told = send(upload_client, "works.csv", (baishiyi / "works.csv").read_bytes())
    (table,) = UploadAnswer.model_validate(told.json()).inspected
    assert (table.table, table.kinds, table.extent) == ("works", {}, None)


@pytest.mark.parametrize("told", ["truth", "no length"])
def test_an_upload_that_is_too_large_is_refused(upload_client: TestClient, scratch: Path, told: str) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.gpkg"\r\n\r\n' + bytes(1_200_000)
    headers = {"Content-Type": "multipart/form-data; boundary=b"}

    def pieces() -> Iterator[bytes]:
        for place in range(0, len(body), 50_000):
            yield body[place : place + 50_000]

    content = body if told == "truth" else pieces()
    response = upload_client.post(ADDRESS, content=content, headers=headers)
    assert "1 MiB" in refused(response, 413, "service.upload_too_large")


def test_the_rest_of_a_flood_is_not_taken(baishiyi: Path) -> None:
    taken = [b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.gpkg"\r\n\r\n']

    async def receive() -> dict[str, Any]:
        taken.append(bytes(65_536))
        return {"type": "http.request", "body": taken[-2], "more_body": True}

    async def take() -> None:
        headers = [(b"content-type", b"multipart/form-data; boundary=b")]
        request = Request({"type": "http", "method": "POST", "headers": headers}, receive)
        async with received(request, Settings(sites=(baishiyi,), upload_mib=1)):
            pass

    with pytest.raises(TooLargeError):
        asyncio.run(take())
    assert len(taken) < 20


FORM = "multipart/form-data"
ONE = {"file": ("a.gpkg", b"x")}
NO_FORMS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "no boundary": {"content": b"x", "headers": {"Content-Type": FORM}},
    "no parts": {"content": b"x", "headers": {"Content-Type": f"{FORM}; boundary=b"}},
    "text for a file": {"data": {"file": "text"}},
    "another field": {"files": {"other": ("a.gpkg", b"x")}},
    "two files": {"files": [("file", ("a.gpkg", b"x")), ("file", ("b.gpkg", b"x"))]},
    "many fields": {"files": ONE, "data": {str(number): "x" for number in range(9)}},
    "a long field": {"files": ONE, "data": {"crs": "x" * 9000}},
}


@pytest.mark.parametrize("sent", NO_FORMS)
def test_a_request_that_is_no_form_with_one_file_is_told(
    upload_client: TestClient, scratch: Path, sent: str
) -> None:
    refused(upload_client.post(ADDRESS, **NO_FORMS[sent]), 422, "service.upload_form")


def test_hostile_files_are_refused_and_the_service_lives(
    upload_client: TestClient, tmp_path: Path, scratch: Path
) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../land.shp", b"x")
    entities = b'<!DOCTYPE kml [<!ENTITY a SYSTEM "file:///etc/passwd">]><kml>&a;</kml>'
    hostile = {
        "slip.zip": (bomb.getvalue(), "error.zip_slip"),
        "evil.kml": (entities, "error.xml_entities"),
        "half.zip": (zipped_shapefile(tmp_path)[:500], "error.zip_broken"),
        "noise.gpkg": (bytes(range(256)) * 40, "error.unreadable"),
        "drawing.dwg": (b"AC1027", "error.format_dwg"),
        "page.html": (b"<html></html>", "error.unknown_vector_format"),
        "..": (b"x", "error.unknown_vector_format"),
    }
    for name, (content, code) in hostile.items():
        refused(send(upload_client, name, content), 422, code)
    assert upload_client.get("/healthz").status_code == 200


def test_uploads_are_sent_not_fetched(upload_client: TestClient) -> None:
    assert upload_client.get("/api/uploads").status_code == 405


def test_the_form_is_documented(upload_client: TestClient) -> None:
    described = upload_client.get("/openapi.json").json()["paths"]["/api/uploads"]["post"]
    form = described["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert form["properties"].keys() == {"file", "layer", "crs", "encoding"}
    assert {"200", "413", "422"} <= described["responses"].keys()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("/etc/passwd", "passwd"),
        ("C:\\data\\宗地.gpkg", "宗地.gpkg"),
        ("a<b>\x00\n.shp", "a_b___.shp"),
        (".htaccess", "htaccess"),
        ("..", "file"),
        ("x" * 300 + ".gpkg", "x" * 60 + ".gpkg"),
    ],
)
def test_names_of_senders_stay_names(given: str, kept: str) -> None:
    assert plain_name(given) == kept
