"""Scenarios: what they change, where they stand, and what is refused."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from parcelplan.errors import ConfigError, InputError, NotFoundError
from parcelplan.site import open_site
from tests.builders import row_of_parcels, works, write_site

MORE = """
[plan]
listings_per_month = 4
modes = { W2 = "fast" }
[phases.1]
latest_on = 2025-12-31
[money]
unit = "wanyuan"
opening = 100
price_per_mu = 20
[scenarios.all]
[scenarios.few.works]
W1 = { covers = "parcel:P1" }
[scenarios.poor]
upon = "few"
as_of = 2024-06-30
plan = { listings_per_month = 2 }
phases = { 1 = { earliest_on = 2024-09-01 } }
money = { opening = -50 }
modes = { W1 = "move" }
[scenarios.poor.works.W1]
progress = 0.5
[scenarios.poor.crews.C1]
capacity = 1
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tables = {
        "works": works(
            {"work_id": "W1", "covers": "site:*", "duration_likely_days": 10, "progress": 0.0},
            {"work_id": "W2", "covers": "site:*", "duration_likely_days": 10},
        ),
        "crews": pd.DataFrame(
            [
                {"班组编号": "C1", "班组数量": 3, "起始日": "2024-05-01", "恢复日": "2024-06-01"},
                {"班组编号": "C1", "班组数量": 2, "起始日": "", "恢复日": ""},
            ]
        ),
    }
    return write_site(
        tmp_path / "site", {"parcels": row_of_parcels(2)}, tables, head='scenario = "all"', more=MORE
    )


def test_the_sites_own_scenario_changes_nothing(folder: Path) -> None:
    site = open_site(folder)
    assert (site.scenario, site.as_of, site.config) == ("all", date(2024, 1, 1), site.stated)


def test_a_scenario_changes_settings_and_cells_and_nothing_else(folder: Path) -> None:
    site = open_site(folder, scenario="poor")
    config = site.config
    assert config.as_of == date(2024, 6, 30)
    assert config.plan.listings_per_month == 2
    assert config.plan.modes == {"W1": "move", "W2": "fast"}
    assert (config.phases[1].earliest_on, config.phases[1].latest_on) == (
        date(2024, 9, 1),
        date(2025, 12, 31),
    )
    assert (config.money.opening, config.money.price_per_mu, config.money.unit) == (-50, 20, "wanyuan")
    # It starts from another one, whose cells it keeps.
    row = site.table("works").loc["W1"]
    assert (row["covers"], row["progress"]) == ("parcel:P1", 0.5)
    # Of a crew it changes the row without days.
    assert site.table("crews")["capacity"].tolist() == [3, 1]
    assert not site.findings


def test_going_back_to_another_scenario_leaves_nothing_behind(folder: Path) -> None:
    site = open_site(folder, scenario="poor").reading("all")
    assert (site.as_of, site.config.plan.listings_per_month) == (date(2024, 1, 1), 4)
    assert site.table("crews")["capacity"].tolist() == [3, 2]
    assert site.config.plan.modes == {"W2": "fast"}


def test_a_what_if_on_an_open_site_stays_when_the_scenario_changes(folder: Path) -> None:
    site = open_site(folder).having(plan={"listings_per_month": 9}).reading("few")
    assert site.config.plan.listings_per_month == 9
    assert site.reading("poor").config.plan.listings_per_month == 2


def test_only_readings_of_works_are_readings(folder: Path) -> None:
    config = open_site(folder).config
    assert [config.scenario_named(name)[1].is_reading for name in ("all", "few", "poor")] == [
        True,
        True,
        False,
    ]


def test_the_day_that_is_asked_for_stands(folder: Path) -> None:
    site = open_site(folder, scenario="poor", as_of=date(2024, 3, 1))
    assert site.as_of == date(2024, 3, 1)
    assert site.reading("all").reading("poor").as_of == date(2024, 3, 1)


def test_a_scenario_in_a_file_of_its_own(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "slow line.toml"
    file.write_text(
        'label = { zh = "线路慢", en = "Slow line" }\nupon = "few"\n[works.W1]\nduration_likely_days = 99\n'
        "[plan]\nlistings_per_month = 1\n",
        encoding="utf-8-sig",
    )
    site = open_site(folder, scenario=str(file))
    assert site.scenario == "slow line"
    assert site.config.scenarios["slow line"].label.of("en") == "Slow line"
    assert site.table("works").loc["W1", ["covers", "duration_likely_days"]].tolist() == ["parcel:P1", 99]
    assert site.config.plan.listings_per_month == 1
    assert site.reading("all").config.plan.listings_per_month == 4
    # A site that is open goes over to it too, and a Path need not end in .toml.
    other = tmp_path / "few"
    other.write_text("[plan]\nlistings_per_month = 7\n", encoding="utf-8")
    moved = site.reading(other)
    assert (moved.scenario, moved.config.plan.listings_per_month) == (str(other), 7)
    assert moved.table("works").loc["W1", "duration_likely_days"] == 10


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("[plan]\nlisting_per_month = 1\n", ConfigError, r"what if\.toml.*plan\.listing_per_month"),
        ("[plan]\ntime_limit_s = -1\n", ConfigError, r"what if\.toml.*time_limit_s"),
        ("[phases.1]\nlatest = 2024-01-01\n", ConfigError, r"phases\.1\.latest"),
        ("[layers]\nparcels = 1\n", ConfigError, r"what if\.toml.*layers"),
        ("as_of = 2030-01-01\n", ConfigError, "horizon_end 2026-12-31 is not after as_of 2030-01-01"),
        ('upon = "nobody"\n', NotFoundError, "nobody.*all, few, poor"),
        ('upon = "what if"\n', ConfigError, "what if → what if"),
        ("[plan\n", InputError, r"what if\.toml.*TOML"),
    ],
)
def test_what_cannot_be_is_refused_by_file_and_key(
    folder: Path, tmp_path: Path, text: str, error: type[Exception], words: str
) -> None:
    file = tmp_path / "what if.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(error, match=words):
        open_site(folder, scenario=file)


def test_a_file_that_is_not_there_and_a_name_that_is_no_file(folder: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.toml"):
        open_site(folder, scenario="nowhere.toml")
    with pytest.raises(NotFoundError, match="nowhere"):
        open_site(folder, scenario="nowhere")


def test_a_scenario_of_site_toml_is_checked_even_if_nobody_asks_for_it(folder: Path) -> None:
    path = folder / "site.toml"
    path.write_text(path.read_text(encoding="utf-8") + "[scenarios.bad.plan]\nworker = 2\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"scenarios\.bad.*plan\.worker"):
        open_site(folder)


def test_crews_and_works_that_nobody_has_are_found(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text("[crews.C9]\ncapacity = 1\n[works.W9]\nprogress = 1\n", encoding="utf-8")
    found = {(item.code, item.feature_id) for item in open_site(folder, scenario=file).findings}
    assert found == {("scenario.unknown_crew", "C9"), ("scenario.unknown_work", "W9")}


def test_an_amount_without_a_unit_is_not_guessed(folder: Path, tmp_path: Path) -> None:
    money = open_site(folder).config.money
    assert money.yuan(1.5) == 15_000
    assert money.model_copy(update={"unit": "yuan"}).yuan(1.5) == 1.5
    with pytest.raises(ConfigError, match="wanyuan or yuan"):
        money.model_copy(update={"unit": None}).yuan(1.0)
