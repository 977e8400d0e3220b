"""Sums by district, gate and month: by hand, and in parts as in one."""

import numpy as np
import pandas as pd
import pytest

from parcelplan.city.summary import (
    blocked_by_kind,
    merge_summaries,
    rolled_up,
    summarise,
    summary_table,
)


@pytest.fixture
def parcels():
    """Two districts; all that can become of a parcel."""
    rows = [
        ("D1", "net_land", "2026-01-01", "", 100, 100, 0, 0),
        ("D1", "encumbered", "2026-07-01", "power", 200, 150, 50, 0),
        ("D1", "acquisition_pending", "2026-07-31", "power", 300, 240, 40, 30),
        ("D1", "barred", None, "river", 400, 100, 0, 300),
        ("D2", "unknown", None, "acquisition", 500, 500, 0, 0),
        ("D2", "no_access", None, "access", 600, 600, 0, 0),
        ("D2", "no_access", "2026-01-20", "access", 700, 700, 0, 0),
    ]
    columns = ["district", "stage", "ready_on", "last_gate", "area_m2", "developable_m2"]
    table = pd.DataFrame(rows, columns=[*columns, "blocked_m2_power", "blocked_m2_river"])
    table["ready_on"] = pd.to_datetime(table["ready_on"])
    return table.assign(blocked_m2=table["area_m2"] - table["developable_m2"])


def test_parcels_are_summed_by_what_becomes_of_them(parcels):
    found = summarise(parcels)
    assert found.index.names == ["district", "last_gate", "month"]
    assert found["parcels"].to_dict() == {
        ("D1", "", "now"): 1,
        ("D1", "power", "2026-07"): 2,
        ("D1", "river", "never"): 1,
        ("D2", "access", "2026-01"): 1,  # in the month of the day of the data, but not ready on it
        ("D2", "access", "never"): 1,
        ("D2", "acquisition", "unknown"): 1,
    }
    waited = found.loc[("D1", "power", "2026-07")]
    assert waited.to_dict() == {
        "parcels": 2,
        "area_m2": 500,
        "developable_m2": 390,
        "blocked_m2": 110,
        "blocked_m2_power": 90,
        "blocked_m2_river": 30,
    }


def test_without_a_district_the_whole_is_one(parcels):
    found = rolled_up(summarise(parcels.drop(columns="district"), by=()), over=["month"])
    assert found.index.tolist() == ["now", "2026-01", "2026-07", "never", "unknown"]
    assert found["parcels"].tolist() == [1, 1, 2, 2, 1]
    assert found["area_m2"].sum() == parcels["area_m2"].sum()


def test_what_blocks_is_told_by_kind(parcels):
    found = blocked_by_kind(summarise(parcels))
    assert found.to_numpy().tolist() == [
        ["D1", "2026-07", "power", 90],
        ["D1", "2026-07", "river", 30],
        ["D1", "never", "river", 300],
    ]
    assert found.columns.tolist() == ["district", "month", "kind", "blocked_m2"]


def test_rows_are_named_for_readers(parcels):
    plain = summary_table(summarise(parcels))
    assert plain[["district", "last_gate", "month"]].iloc[0].tolist() == ["D1", "", "now"]
    assert plain["area_mu"].iloc[0] == pytest.approx(0.15)
    zh = summary_table(summarise(parcels), "zh")
    assert zh.columns[:4].tolist() == ["辖区", "最后制约类型", "成熟月份", "宗数"]
    assert zh.iloc[1, 1:3].tolist() == ["电力线路", "2026-07"]
    assert zh.columns[-1] == "受限面积：河道（m²）"
    en = summary_table(summarise(parcels), "en")
    assert en["Ready in"].tolist() == ["ready now", "2026-07", "never", "2026-01", "never", "unknown"]
    town = summarise(parcels.rename(columns={"district": "town"}), by=["town"])
    assert summary_table(town).columns[0] == "town"


def random_parcels(count: int) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    days = pd.Series(pd.to_datetime(rng.choice(["2026-01-01", "2026-05-03", "2027-02-01"], count)))
    stage = rng.choice(["net_land", "encumbered", "barred", "unknown"], count)
    table = pd.DataFrame(
        {
            "district": rng.choice([500101, 500102], count),
            "stage": stage,
            "ready_on": days.where(~np.isin(stage, ["barred", "unknown"])),
            "last_gate": rng.choice(["power", "river"], count),
        }
    )
    for name in ("area_m2", "developable_m2", "blocked_m2", "blocked_m2_power", "blocked_m2_river"):
        table[name] = rng.uniform(0, 9999, count)
    return table


def test_parts_come_to_the_whole():
    parcels = random_parcels(1000)
    whole = summarise(parcels)
    parts = [summarise(parcels.iloc[begin : begin + 130]) for begin in range(0, 1000, 130)]
    merged = merge_summaries(parts)
    pd.testing.assert_frame_equal(merged, whole, rtol=1e-12)
    nested = merge_summaries([merge_summaries(parts[:3]), merge_summaries(parts[3:])])
    pd.testing.assert_frame_equal(nested, whole, rtol=1e-12)
    assert merged["parcels"].sum() == 1000
    pd.testing.assert_frame_equal(merge_summaries(parts), merged)  # to the last bit
    with pytest.raises(ValueError, match="no chunk"):
        merge_summaries([])


def test_a_kind_or_a_district_that_a_chunk_lacks_counts_nothing_there():
    parcels = random_parcels(400)
    whole = summarise(
        parcels.assign(blocked_m2_power=np.r_[np.zeros(200), parcels["blocked_m2_power"][200:]])
    )
    first = parcels.iloc[:200].drop(columns="blocked_m2_power")
    second = parcels.iloc[200:]
    merged = merge_summaries([summarise(first), summarise(parcels.iloc[:0]), summarise(second)])
    pd.testing.assert_frame_equal(merged, whole, rtol=1e-12)
    gap = parcels.assign(district=parcels["district"].astype(float).where(parcels.index != 0))
    districts = summarise(gap).index.get_level_values("district").unique()
    assert sorted(districts) == ["", "500101", "500102"]
