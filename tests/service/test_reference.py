"""The reference page says what the service is: every address, setting and status."""

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from service.errors import STATUS
from service.settings import Settings


@pytest.fixture(scope="module")
def page(project_root: Path) -> str:
    return (project_root / "docs" / "reference" / "service.md").read_text(encoding="utf-8")


def test_every_address_is_told(client: TestClient, page: str) -> None:
    told = set(re.findall(r"^\| `(/[^`]*)` \|", page, re.MULTILINE))
    described = set(client.get("/openapi.json").json()["paths"])
    shown = {f"/sites/{{site_id}}{part}" for part in ("", "/map", "/report")} | {
        "/",
        "/docs",
        "/openapi.json",
    }
    assert told == described | shown


def test_every_setting_is_told_with_its_default_and_meaning(page: str) -> None:
    rows = dict(re.findall(r"^\| `PARCELPLAN_(\w+)` \| (.*) \|$", page, re.MULTILINE))
    defaults = {"": "–", "()": "–", "None": "–", "PydanticUndefined": "–", "True": "true"}
    expected = {
        name.upper(): f"{defaults.get(str(field.default), field.default)} | {field.description}"
        for name, field in Settings.model_fields.items()
    }
    assert rows == expected


def test_every_status_is_told(page: str) -> None:
    told = {int(status) for status in re.findall(r"^\| (\d{3}) \|", page, re.MULTILINE)}
    assert told == {*STATUS.values(), 405}


def test_the_error_that_is_shown_is_real(client: TestClient, page: str) -> None:
    shown = re.search(r"```json\n(.*?)```", page, re.DOTALL)[1]
    assert "".join(shown.split()) == "".join(client.get("/api/sites/baishiy?lang=en").text.split())
