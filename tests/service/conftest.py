"""The service on the sample site, and on a site of two squares."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from fastapi.testclient import TestClient

from service.app import create_app
from service.settings import Settings
from tests.builders import frame, line, row_of_parcels, works, write_site


def client_of(*folders: Path, **settings: Any) -> TestClient:
    """A client of a service on some sites; failures inside are answered, not raised."""
    app = create_app(Settings(sites=folders, prepare=False, **settings))
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture(scope="session")
def client(baishiyi: Path) -> TestClient:
    """The sample site, as ``make serve`` shows it."""
    return client_of(baishiyi)


def write_tiny(
    folder: Path,
    *,
    name: str = "First",
    parcels: gpd.GeoDataFrame | None = None,
    overdue_on: str = "2024-06-30",
    language: str = "en",
    **options: Any,
) -> Path:
    """Two parcels of 15 mu at a road that wait for an acquisition until 2024-06-30."""
    if parcels is None:
        parcels = row_of_parcels(2, phase=[1, 2]).assign(name=[name, "Second"])
    road = frame([line((0, 110), (200, 110))], road_id=["S"], width_m=[20.0], state=["existing"])
    table = works({"work_id": "W1", "covers": "site:*", "due_on": overdue_on})
    return write_site(
        folder, {"parcels": parcels, "roads": road}, {"works": table}, language=language, **options
    )


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """The folder of the site of two squares."""
    return write_tiny(tmp_path / "tiny")
