"""Result tables: the registered columns, aligned with the parcels, unknown where nothing was checked."""

import pandas as pd
import pytest

from parcelplan.schema.results import result_columns
from parcelplan.views import tables
from tests.views.small_study import NAMES, small_study

study = small_study()


def test_parcel_table_has_the_registered_columns_and_keeps_index_and_crs() -> None:
    table = tables.parcel_table(study)
    expected = [item.column for item in result_columns("parcels")][1:]
    assert list(table.columns) == [*expected, "geometry"]
    assert table.index.equals(study.site.parcels.index)
    assert table.crs == study.site.parcels.crs
    assert table.geometry.geom_equals(study.site.parcels.geometry).all()


def test_parcel_table_speaks_mu_and_shares() -> None:
    table = tables.parcel_table(study)
    assert table["area_mu"].tolist() == pytest.approx([15.0, 15.0, 15.0])
    assert table["developable_now_mu"].tolist() == pytest.approx([15.0, 7.5, 0.0])
    assert table["blocked_share_now"].tolist() == pytest.approx([0.0, 0.5, 1.0])


def test_an_unplanned_parcel_has_no_dates_and_a_reason() -> None:
    barred = tables.parcel_table(study, "en").loc["P3"]
    assert pd.isna(barred["notice_on"])
    assert pd.isna(barred["transfer_on"])
    assert barred["batch"] == ""
    assert barred["unplanned_reason"]
    assert barred["waited_for"] == ""


def test_a_gate_is_named_by_its_work() -> None:
    assert "高压线下地" in tables.parcel_table(study).loc["P2", "waited_for"]


def test_what_no_rule_spoke_about_is_unknown_and_the_worst_verdict_wins() -> None:
    table = tables.parcel_table(study)
    assert table["worst_verdict"].tolist() == ["ok", "violated", "unknown"]
    assert table.loc["P2", ["verdicts_ok", "verdicts_violated", "verdicts_unknown"]].tolist() == [0, 1, 1]


def test_inputs_stay_as_they_are() -> None:
    fresh = small_study()
    before = fresh.site.parcels.copy(), fresh.schedule.copy(), fresh.verdicts.copy()
    for make in (tables.parcel_table, tables.transfer_table, tables.batch_table, tables.phase_table):
        make(fresh)
    tables.work_table(fresh)
    tables.verdict_table(fresh)
    pd.testing.assert_frame_equal(before[0], fresh.site.parcels)
    pd.testing.assert_frame_equal(before[1], fresh.schedule)
    pd.testing.assert_frame_equal(before[2], fresh.verdicts)


def test_developable_at_takes_the_last_change_before_each_parcels_own_day() -> None:
    asked = pd.Series(pd.to_datetime(["2024-07-01", None, "2024-06-30"]), index=["P2", "P1", "P2"])
    first, missing, last = tables.developable_at(study, asked.iloc[[0]]), asked, asked.iloc[[2]]
    assert first.tolist() == [10_000.0]
    assert tables.developable_at(study, missing.iloc[[1]]).isna().all()
    assert tables.developable_at(study, last).tolist() == [5_000.0]


def test_transfers_come_in_the_order_of_their_notices() -> None:
    table = tables.transfer_table(study)
    assert table.index.tolist() == ["P1", "P2"]
    assert table["developable_mu"].tolist() == pytest.approx([15.0, 15.0])


def test_batches_add_up() -> None:
    table = tables.batch_table(study)
    assert table["batch"].tolist() == ["1-1", "2-1"]
    assert table["area_mu"].sum() == pytest.approx(30.0)
    assert table["parcel_ids"].tolist() == ["P1", "P2"]


def test_slack_is_negative_when_late_and_missing_while_a_parcel_is_unplanned() -> None:
    table = tables.phase_table(study)
    # 2023-12-31 less 2024-03-01: a leap year's 61 days late
    assert table.loc[1, "slack_days"] == -61
    assert pd.isna(table.loc[2, "slack_days"])
    assert pd.isna(table.loc[2, "ready_on"])
    assert table["name"].tolist() == ["一期", "第2期"]


def test_works_count_the_parcels_they_bind() -> None:
    assert tables.work_table(study)["binds_parcels"].to_dict() == {"W1": 1, "W2": 0}


def test_verdicts_come_worst_first() -> None:
    assert tables.verdict_table(study)["verdict"].tolist() == ["violated", "unknown", "ok"]


def test_codes_get_names_and_unknown_codes_stay() -> None:
    frame = pd.DataFrame({"stage": ["net_land", "somewhere", None]}, index=NAMES)
    assert tables.named(frame, "parcels", "zh")["stage"].tolist() == ["净地", "somewhere", ""]


def test_a_plan_without_transfers_gives_tables_with_the_same_columns() -> None:
    from dataclasses import replace

    from parcelplan.plan import Plan

    empty = replace(study, plan=Plan(as_of=study.plan.as_of, status="infeasible"))
    assert list(tables.transfer_table(empty).columns) == list(tables.transfer_table(study).columns)
    assert list(tables.batch_table(empty).columns) == list(tables.batch_table(study).columns)
    assert tables.phase_table(empty)["last_transfer_on"].isna().all()
