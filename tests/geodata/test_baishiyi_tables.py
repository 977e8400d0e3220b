"""The tables beside the drawing: references resolve; dates, words and durations are the document's."""

from collections.abc import Mapping
from datetime import date, timedelta
from math import ceil
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from parcelplan.site import open_site

AS_OF = date(2023, 12, 26)


def split(cell: str) -> list[str]:
    return [token for token in cell.split(";") if token]


def test_references_of_the_works_resolve(
    layers: Mapping[str, gpd.GeoDataFrame], works: pd.DataFrame, announced: pd.DataFrame
) -> None:
    known = {
        "line": set(layers["power_lines"]["line_id"]),
        "river": set(layers["rivers"]["river_id"]),
        "road": set(layers["roads"]["road_id"]),
        "area": set(layers["work_areas"]["area_id"]),
        "parcel": set(layers["parcels"]["parcel_id"]),
        "phase": {"1", "2", "3"},
        "site": {"*"},
    }
    for column in ("covers", "clears", "creates"):
        for token in (token for cell in works[column] for token in split(cell)):
            kind, name = token.split(":")
            assert name in known[kind], (column, token)
    assert set(works["annex_row"]) == set(announced.index[announced["row_type"] == "work"])
    assert {before for cell in works["predecessors"] for before in split(cell)} <= set(works.index)


def test_every_planned_feature_has_a_work_and_every_cleared_one_a_successor(
    layers: Mapping[str, gpd.GeoDataFrame], works: pd.DataFrame, alternatives: pd.DataFrame
) -> None:
    ways = pd.concat([works, alternatives])
    created = {token for cell in ways["creates"] for token in split(cell)}
    planned = set()
    for kind, layer, key in (
        ("line", "power_lines", "line_id"),
        ("river", "rivers", "river_id"),
        ("road", "roads", "road_id"),
    ):
        frame = layers[layer]
        planned |= {f"{kind}:{name}" for name in frame.loc[frame["state"] == "planned", key]}
    assert created == planned
    for cleared, made in ways.loc[ways["clears"] != "", ["clears", "creates"]].itertuples(index=False):
        assert made.startswith(f"{cleared}-")


def test_works_carry_the_leads_of_their_annex_row(works: pd.DataFrame, announced: pd.DataFrame) -> None:
    rows = announced.loc[works["annex_row"]]
    for column in ("lead", "responsible"):
        assert works[column].tolist() == rows[column].tolist()
    assert works["due_on"].tolist() == rows["due_until"].tolist()


@pytest.mark.parametrize("scale", ["likely", "pessimistic"])
def test_likely_durations_keep_the_dates_and_pessimistic_ones_do_not(works: pd.DataFrame, scale: str) -> None:
    ends: dict[str, date] = {}
    late = {}
    for work_id, work in works.iterrows():
        due = date.fromisoformat(work["due_on"])
        days = ceil(round(int(work[f"duration_{scale}_days"]) * (1 - float(work["progress"])), 9))
        starts = [AS_OF, *(ends[before] + timedelta(days=1) for before in split(work["predecessors"]))]
        if work["earliest_start_on"]:
            starts.append(date.fromisoformat(work["earliest_start_on"]))
        forecast = max(starts) + timedelta(days=days - 1)
        late[work_id] = forecast > due
        ends[str(work_id)] = max(forecast, due)
    expected = {"W01"} if scale == "likely" else set(works.index)
    assert {work_id for work_id, is_late in late.items() if is_late} == expected


def test_announced_rows_are_the_annex_and_the_dated_goals(announced: pd.DataFrame) -> None:
    rows_of_item = announced.index.str.extract(r"^A(\d)-\d+$")[0].value_counts().sort_index()
    assert rows_of_item.to_dict() == {"1": 2, "2": 1, "3": 8, "4": 5, "5": 2, "6": 2, "7": 1}
    assert announced.index.str.startswith("B").sum() == 4
    transfers = announced[announced["row_type"] == "transfer"]
    assert transfers["phase"].tolist() == ["1", "2", "3"]
    assert all(
        f"{area}亩" in text for area, text in zip(transfers["area_mu"], transfers["sentence"], strict=True)
    )
    assert transfers["due_until"].tolist() == ["2023-12-31", "2024-06-30", ""]


def test_announced_periods_are_the_month_that_is_written(announced: pd.DataFrame) -> None:
    months = announced["due_text"].str.extract(r"^(\d{4})年(\d+)月$").dropna().astype(int)
    assert len(months) == 15
    written = pd.to_datetime(pd.DataFrame({"year": months[0], "month": months[1], "day": 1}))
    dated = announced.loc[months.index]
    assert pd.to_datetime(dated["due_from"]).equals(written.rename("due_from").astype("datetime64[us]"))
    ends = pd.to_datetime(dated["due_until"]) + pd.Timedelta(days=1)
    assert (ends.dt.day == 1).all()
    undated = announced[announced["due_text"].isin(["长期", "按入驻情况综合决策出让时间"])]
    assert (undated["due_from"] == "").all()


def test_targets_repeat_the_figures_of_their_sentence(baishiyi: Path) -> None:
    targets = pd.read_csv(baishiyi / "targets.csv").set_index("target_id")
    assert all(f"{row.firms}家" in row.sentence for row in targets.itertuples())
    assert targets["output_wanyuan"].dropna().tolist() == [60_000, 400_000]
    assert targets.loc["T3", "phases"] == "1;2;3"


@pytest.mark.parametrize("scenario", ["annex", "body"])
def test_the_site_opens_without_a_finding(baishiyi: Path, scenario: str) -> None:
    assert list(open_site(baishiyi, scenario=scenario).findings) == []
