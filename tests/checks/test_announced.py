"""A made-up document with one of each mistake, and the same document mended."""

from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest

from parcelplan.catalogue import Language
from parcelplan.checks.announced import check_announced
from parcelplan.dates import StatutoryClock
from parcelplan.findings import Finding, Findings
from parcelplan.schema import conform
from parcelplan.site import Site, SiteConfig

CLOCK = StatutoryClock(notice_days=20, listing_days=10, result_working_days=10)
CONFIG = SiteConfig.model_validate(
    {
        "id": "madeup",
        "name": {"en": "Made up"},
        "crs": "EPSG:4523",
        "as_of": date(2024, 1, 2),
        "horizon_end": date(2026, 12, 31),
        "layers": {"parcels": {"file": "parcels.gpkg"}},
        "document": {"number": "No. 7", "issued_on": date(2024, 1, 2)},
        "scenarios": {
            "wide": {"label": {"en": "wide reading"}},
            "narrow": {"label": {"en": "narrow reading"}},
        },
    }
)
ROWS = [
    # row_id, row_type, phase, area_mu, due_from, due_until, firms, lead, lead_body, sentence
    (
        "R1",
        "transfer",
        1,
        30,
        "2024-01-01",
        "2024-01-31",
        None,
        "Alpha",
        "Alpha、Beta",
        "phase one in January",
    ),
    (
        "R2",
        "transfer",
        2,
        60,
        "2024-06-01",
        "2024-06-30",
        None,
        "Alpha、Beta",
        "Beta，Alpha",
        "phase two in June",
    ),
    ("R3", "transfer", 3, 90, None, None, None, "Alpha", None, "phase three some day"),
    ("R4", "work", None, None, None, "2023-11-30", None, None, None, "adjust the plan"),
    ("R5", "work", None, None, None, "2024-06-30", None, None, None, "bury the line"),
    ("R6", "work", None, None, None, "2025-12-31", None, None, None, "build the roads"),
    ("R7", "milestone", 1, None, None, "2025-03-31", 6, None, None, "phase one built"),
    ("R8", "milestone", 2, None, None, "2025-12-31", 25, None, None, "phase two built"),
    ("R9", "milestone", 1, None, None, "2025-03-31", None, None, None, "phase one built, said again"),
]
COLUMNS = [
    "row_id",
    "row_type",
    "phase",
    "area_mu",
    "due_from",
    "due_until",
    "firms",
    "lead",
    "lead_body",
    "sentence",
]
TARGETS = [("T1", "2025-03-31", "1", 6, "six firms"), ("T2", "2025-12-31", "1;2;3", 40, "forty firms")]
WORKS = [
    ("W1", "plan_adjustment", "Plan", "R4", "2024-02-10"),
    ("W2", "line_undergrounding", "Line", "R5", "2024-06-30"),
    ("W3", "road", "Road", "R6", "2025-12-31"),
]


def made(
    rows: list[Any] = ROWS,
    goals: list[Any] = TARGETS,
    tables: tuple[str, ...] = ("announced", "targets"),
    config: SiteConfig = CONFIG,
) -> Site:
    frames = {
        "announced": pd.DataFrame(rows, columns=COLUMNS),
        "targets": pd.DataFrame(goals, columns=["target_id", "by_on", "phases", "firms", "sentence"]),
    }
    conformed = {name: conform(frames[name], name)[0] for name in tables}
    return Site(
        folder=Path(),
        config=config,
        scenario="wide",
        lang="en",
        layers={"parcels": gpd.GeoDataFrame()},
        tables=conformed,
        findings=Findings(),
    )


def schedule() -> pd.DataFrame:
    frame = pd.DataFrame(WORKS, columns=["work_id", "kind", "name", "annex_row", "ends_on"]).set_index(
        "work_id"
    )
    return frame.assign(ends_on=pd.to_datetime(frame["ends_on"]))


def ready(*rows: tuple[str, int, float, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["parcel_id", "phase", "area_m2", "ready_on", "blocking"]).set_index(
        "parcel_id"
    )
    return frame.assign(ready_on=pd.to_datetime(frame["ready_on"]))


WIDE = ready(
    ("A", 1, 20_000.0, "2024-02-11", "W1"),
    ("B", 2, 40_000.0, "2024-07-01", "W1;W2"),
    ("C", 3, 60_000.0, "2026-01-01", "W1;W3"),
)
NARROW = ready(
    ("A", 1, 20_000.0, "2024-01-02", ""),
    ("B", 2, 40_000.0, "2024-07-01", "W1;W2"),
    ("C", 3, 60_000.0, "2026-01-01", "W1;W3"),
)


def check(site: Site, wide: pd.DataFrame = WIDE, narrow: pd.DataFrame = NARROW) -> Findings:
    works = schedule()
    return check_announced(site, {"wide": wide, "narrow": narrow}, {"wide": works, "narrow": works}, CLOCK)


def only(found: Findings, code: str, row: str) -> Finding:
    (item,) = [item for item in found if item.code == f"announced.{code}" and item.feature_id == row]
    assert item.source == f"No. 7 {row}"
    return item


def test_everything_that_is_found() -> None:
    assert [(item.code.removeprefix("announced."), item.feature_id) for item in check(made())] == [
        ("before_ready", "R1"),
        ("clock_too_short", "R1"),
        ("leads_differ", "R1"),
        ("before_ready", "R2"),
        ("no_float", "R2"),
        ("undated", "R3"),
        ("due_before_document", "R4"),
        ("road_after_opening", "R7"),
        ("milestone_inconsistent", "R8"),
    ]


def test_transfer_before_readiness_quotes_both_sentences_and_names_the_reading() -> None:
    item = only(check(made()), "before_ready", "R1")
    assert item.params["scenario"] == "wide"
    assert item.params["late_days"] == 11
    assert item.params["works"] == ["W1"]
    message = item.message("en")
    assert "phase one in January" in message
    assert "“adjust the plan”" in message
    assert "“wide reading”" in message
    assert "30.00 mu" in message


def test_what_holds_under_both_readings_is_said_once() -> None:
    item = only(check(made()), "before_ready", "R2")
    assert item.params["scenario"] == "wide;narrow"
    assert "“wide reading”, “narrow reading”" in item.message("en")


def test_no_float_counts_from_the_last_day_of_the_works() -> None:
    """The line ends on 30 June; notice on 1 July, listing on 22 July (a Monday), transfer on 1 August."""
    item = only(check(made()), "no_float", "R2")
    assert (item.params["float_days"], item.params["clock_days"]) == (0, 30)
    assert item.params["transfer_on"] == date(2024, 8, 1)
    assert item.params["works"] == ["W2"]
    assert "bury the line" in item.message("zh")


def test_float_is_enough_from_the_day_the_clock_fits() -> None:
    def row(due: str) -> list[Any]:
        return [("R2", "transfer", 2, 60, None, due, None, None, None, "phase two")]

    assert "announced.no_float" in check(made(row("2024-07-31"))).codes()
    assert "announced.no_float" not in check(made(row("2024-08-01"))).codes()


def test_clock_too_short_counts_from_the_document() -> None:
    def row(due: str) -> list[Any]:
        return [("R1", "transfer", 1, 30, None, due, None, None, None, "phase one")]

    item = only(check(made(row("2024-01-31"))), "clock_too_short", "R1")
    assert item.params["days"] == 29
    assert "announced.clock_too_short" not in check(made(row("2024-02-01"))).codes()


def test_a_phase_without_a_date_names_the_targets_that_count_on_it() -> None:
    item = only(check(made()), "undated", "R3")
    assert item.params["target_sentences"] == {"T2": "forty firms"}
    assert "90 mu" in item.message("en")
    assert "announced.undated" not in check(made(goals=TARGETS[:1])).codes()


def test_due_on_the_document_s_day_is_not_before_it() -> None:
    row = [("R4", "work", None, None, None, "2024-01-02", None, None, None, "adjust the plan")]
    assert check(made(row)).codes() == set()


def test_target_and_milestone_of_one_day_must_agree() -> None:
    item = only(check(made()), "milestone_inconsistent", "R8")
    assert (item.params["target_firms"], item.params["firms"], item.params["missing"]) == (40, 25, 15)
    message = item.message("zh")
    assert "forty firms" in message
    assert "phase two built" in message
    agreed = [TARGETS[0], ("T2", "2025-12-31", "1;2", 25, "25 firms")]
    assert "announced.milestone_inconsistent" not in check(made(goals=agreed)).codes()


def test_roads_after_the_opening_name_the_parcels_that_need_them() -> None:
    item = only(check(made()), "road_after_opening", "R7")
    assert item.params["late_days"] == 275
    assert item.params["parcels"] == []
    assert "build the roads" in item.message("en")
    behind = WIDE.assign(blocking=["W1;W3", "W1;W2", "W1;W3"])
    item = only(check(made(), wide=behind), "road_after_opening", "R7")
    assert item.params["parcels"] == ["A"]
    assert "parcels A" in item.message("en")


def test_same_leads_in_another_order_do_not_differ() -> None:
    assert [item.feature_id for item in check(made()) if item.code == "announced.leads_differ"] == ["R1"]
    assert only(check(made()), "leads_differ", "R1").severity == "info"


def test_land_that_never_comes_is_found() -> None:
    never = WIDE.assign(ready_on=[pd.NaT, *WIDE["ready_on"][1:]])
    item = only(check(made(), wide=never), "never_ready", "R1")
    assert item.params["parcels"] == "A"


def test_a_site_without_an_announced_plan_has_no_findings() -> None:
    assert len(check(made(tables=()))) == 0


def test_a_document_without_a_date_is_not_judged_by_it() -> None:
    config = CONFIG.model_copy(update={"document": CONFIG.document.model_copy(update={"issued_on": None})})
    codes = check(made(config=config)).codes()
    assert not codes & {"announced.clock_too_short", "announced.due_before_document"}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_finding_speaks_both_languages_and_quotes_its_row(lang: Language) -> None:
    for item in check(made()):
        assert item.params["sentence"] in item.message(lang)
        assert item.hint(lang)
