"""Every address of the API: what it answers, and that the answer is what its model says."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from shapely.geometry import box, shape

from service import library as library_module
from service.compared import CompareAnswer
from service.schemas import (
    ExplainAnswer,
    FindingsAnswer,
    Health,
    ParcelCollection,
    PlanAnswer,
    ReadinessAnswer,
    SiteItem,
    SiteList,
)
from tests.compared import write_compared
from tests.service.conftest import client_of, write_tiny

SITE = "/api/sites/baishiyi"
ANSWERS = {
    "/healthz": Health,
    "/api/sites": SiteList,
    SITE: SiteItem,
    f"{SITE}/readiness": ReadinessAnswer,
    f"{SITE}/readiness?as_of=2024-08-01&scenario=body": ReadinessAnswer,
    f"{SITE}/plan": PlanAnswer,
    f"{SITE}/parcels": ParcelCollection,
    f"{SITE}/parcels?phase=2": ParcelCollection,
    f"{SITE}/parcels?bbox=0,0,1,1": ParcelCollection,
    f"{SITE}/compare?a=annex&b=body": CompareAnswer,
    f"{SITE}/explain/P3-06": ExplainAnswer,
    f"{SITE}/findings": FindingsAnswer,
}


@pytest.mark.parametrize("path", ANSWERS)
def test_an_answer_is_what_its_model_says(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    ANSWERS[path].model_validate(response.json())


def test_every_json_address_of_the_documentation_is_held_against_a_model(client: TestClient) -> None:
    described = client.get("/openapi.json").json()["paths"]
    documented = {path for path, methods in described.items() if "get" in methods and "/files/" not in path}
    tried = {
        path.split("?")[0].replace("P3-06", "{parcel}").replace("baishiyi", "{site_id}") for path in ANSWERS
    }
    assert tried == documented


def test_a_site_says_its_readings_and_where_everything_is(client: TestClient) -> None:
    site = client.get(f"{SITE}?lang=en").json()
    assert (site["id"], site["as_of"], site["scenario"]) == ("baishiyi", "2023-12-26", "annex")
    assert [item["name"] for item in site["scenarios"]] == ["annex", "body"]
    assert [item["declared_area_mu"] for item in site["phases"]] == [75.0, 112.0, 323.0]
    for address in site["links"].values():
        assert client.get(address).status_code == 200, address


def test_two_scenarios_of_a_site_side_by_side(tmp_path: Path) -> None:
    client = client_of(write_compared(tmp_path / "tiny"))
    answer = client.get("/api/sites/tiny/compare?a=base&b=late&lang=en").json()
    assert (answer["a"]["label"], answer["b"]["scenario"]) == ("As it stands", "late")
    assert answer["moved"]["parcels"]["later"] == 1
    assert [row["parcel_id"] for row in answer["parcels"] if row["change"] == "later"] == ["P2"]
    assert "1 later" in answer["text"][0]
    same = client.get("/api/sites/tiny/compare").json()
    assert same["moved"]["mean_days"] == 0
    missing = client.get("/api/sites/tiny/compare?b=nowhere")
    assert missing.status_code == 404
    assert "nowhere" in missing.json()["error"]["message"]


def test_readiness_of_two_squares(tiny: Path) -> None:
    answer = client_of(tiny).get("/api/sites/tiny/readiness").json()
    first = answer["parcels"][0]
    assert answer["stages"] == {"acquisition_pending": 2}
    assert (first["parcel_id"], first["area_mu"], first["ready_on"]) == ("P1", 15.0, "2024-07-01")
    assert (first["blocking"], first["chain"]) == (["W1"], ["W1"])
    assert [gate["status"] for gate in first["gates"]] == ["open", "passed"]


def test_readiness_on_another_day_makes_no_plan(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library_module, "study_site", None)
    client = client_of(tiny)
    states = {}
    for day in ("2024-06-30", "2024-07-01"):
        answer = client.get(f"/api/sites/tiny/readiness?as_of={day}&lang=zh").json()
        assert answer["as_of"] == day
        states[day] = {(row["stage"], row["stage_label"], row["ready_on"]) for row in answer["parcels"]}
    # Overdue, not finished, and without a duration: nobody knows when it ends.
    assert states == {
        "2024-06-30": {("acquisition_pending", "待征拆", "2024-07-01")},
        "2024-07-01": {("unknown", "未知", None)},
    }


def test_scenarios_are_different_questions(client: TestClient) -> None:
    ready = {
        name: client.get(f"{SITE}/readiness?scenario={name}").json()["parcels"][0]["ready_on"]
        for name in ("annex", "body")
    }
    assert ready == {"annex": "2024-07-01", "body": "2023-12-26"}


def test_parcels_are_geojson_on_the_globe(client: TestClient) -> None:
    response = client.get(f"{SITE}/parcels")
    assert response.headers["content-type"] == "application/geo+json"
    features = response.json()["features"]
    assert len(features) == 32
    assert sum(item["properties"]["area_mu"] for item in features) == pytest.approx(510.0, abs=0.005)
    west, south, east, north = response.json()["bbox"]
    assert 106.35 < west < east < 106.39
    assert 29.46 < south < north < 29.50


def test_filters_hold_together(client: TestClient) -> None:
    everything = client.get(f"{SITE}/parcels").json()["features"]
    middle = shape(everything[0]["geometry"]).centroid
    around = box(middle.x - 0.0005, middle.y - 0.0005, middle.x + 0.0005, middle.y + 0.0005)
    touching = {item["id"] for item in everything if shape(item["geometry"]).intersects(around)}
    query = "bbox=" + ",".join(f"{edge:.9f}" for edge in around.bounds)
    found = client.get(f"{SITE}/parcels?{query}").json()["features"]
    assert {item["id"] for item in found} == touching
    assert 0 < len(touching) < len(everything)
    assert client.get(f"{SITE}/parcels?{query}&phase=3").json()["features"] == []
    stages = {item["properties"]["stage"] for item in everything}
    assert len(client.get(f"{SITE}/parcels", params={"stage": sorted(stages)}).json()["features"]) == 32
    assert client.get(f"{SITE}/parcels?stage=net_land").json()["features"] == []


def test_phases_can_be_asked_for_together(client: TestClient) -> None:
    found = client.get(f"{SITE}/parcels?phase=1&phase=2").json()["features"]
    assert {item["properties"]["phase"] for item in found} == {1, 2}
    assert len(found) == 13


def test_the_plan_is_the_summary_with_every_day(client: TestClient) -> None:
    plan = client.get(f"{SITE}/plan").json()
    assert (plan["status"], plan["gap"], plan["area_mu"]) == ("optimal", 0.0, 510.0)
    assert len(plan["transfers"]) + len(plan["unplanned"]) == 32
    for row in plan["transfers"]:
        assert (
            row["ready_on"] <= row["notice_on"] < row["listing_on"] < row["transfer_on"] <= row["result_on"]
        )
    summary = client.get("/sites/baishiyi/files/summary.json").json()
    assert [row["last_transfer_on"] for row in plan["phases"]] == [
        row["last_transfer_on"] for row in summary["phases"]
    ]
    assert plan["verdicts"] == summary["verdicts"]


def test_a_plan_that_cannot_be_is_an_answer(tmp_path: Path) -> None:
    impossible = write_tiny(tmp_path / "tiny", more="[phases.1]\nlatest_on = 2024-07-10")
    client = client_of(impossible)
    plan = client.get("/api/sites/tiny/plan")
    assert plan.status_code == 200
    answer = PlanAnswer.model_validate(plan.json())
    assert (answer.status, answer.transfers, answer.objective) == ("infeasible", [], None)
    assert answer.conflict != ""
    page = client.get("/")
    assert page.status_code == 200
    assert "No plan can meet all demands" in page.text


@pytest.mark.parametrize(("lang", "word"), [("zh", "公告"), ("en", "notice")])
def test_an_explanation_goes_back_to_the_first_work(client: TestClient, lang: str, word: str) -> None:
    told = client.get(f"{SITE}/explain/P3-16?lang={lang}").json()
    assert [step["kind"] for step in told["steps"]][:2] == ["transfer", "clock"]
    assert told["steps"][-1]["subject"].startswith("W")
    assert told["text"].split("\n") == [step["text"] for step in told["steps"]]
    assert told["steps"][0]["on"] in told["text"]
    assert word in told["text"]


def test_findings_by_severity(client: TestClient) -> None:
    everything = client.get(f"{SITE}/findings?lang=en").json()
    assert everything["counts"]["error"] == 0
    assert everything["announced"]
    warnings = client.get(f"{SITE}/findings?severity=warning&lang=en").json()
    assert warnings["findings"] == [row for row in everything["findings"] if row["severity"] == "warning"]
    assert client.get(f"{SITE}/findings?severity=error").json()["findings"] == []


def test_what_was_not_announced_was_not_checked(tiny: Path) -> None:
    client = client_of(tiny)
    assert client.get("/api/sites/tiny/findings").json()["announced"] is None
    page = client.get("/").text
    assert "The site has no announced plan to check." in page
    assert "checked by the same rules" not in page


@pytest.mark.parametrize(
    ("header", "query", "expected"),
    [
        ("", "", "重庆高新区"),
        ("en-GB,en;q=0.8", "", "Chongqing"),
        ("fr,zh-CN;q=0.4,en;q=0.3", "", "重庆高新区"),
        ("en", "?lang=zh", "重庆高新区"),
        ("fr", "", "重庆高新区"),
        ("en;q=0", "", "重庆高新区"),
    ],
)
def test_the_language_of_an_answer(client: TestClient, header: str, query: str, expected: str) -> None:
    name = client.get(SITE + query, headers={"Accept-Language": header}).json()["name"]
    assert name.startswith(expected)


def test_a_service_with_a_language_of_its_own(tiny: Path, baishiyi: Path) -> None:
    spoken = client_of(baishiyi, tiny, language="en")
    assert [site["name"] for site in spoken.get("/api/sites").json()["sites"]][1] == "Tiny park"
    assert spoken.get("/api/sites/baishiyi").json()["name"].startswith("Chongqing")
