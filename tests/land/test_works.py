"""Dating works by hand."""

from datetime import date

import pandas as pd
import pytest

from parcelplan import schema
from parcelplan.errors import WorkCycleError
from parcelplan.land.works import chain, schedule_works, tokens
from tests.builders import works

AS_OF = date(2024, 1, 1)


def scheduled(*rows):
    table, findings = schema.conform(works(*rows), "works")
    assert not findings
    return schedule_works(table, AS_OF)


def day(text):
    return pd.Timestamp(text)


def test_a_work_of_ten_days_from_the_first_ends_on_the_tenth():
    row = scheduled({"work_id": "W", "duration_likely_days": 10}).loc["W"]
    assert (row["start_on"], row["ends_on"]) == (day("2024-01-01"), day("2024-01-10"))
    assert (row["driver"], row["start_driver"], row["state"]) == ("forecast", "as_of", "open")


def test_progress_shortens_what_is_left():
    row = scheduled({"work_id": "W", "duration_likely_days": 10, "progress": 0.75}).loc["W"]
    assert row["forecast_on"] == day("2024-01-03")  # 2.5 days left, rounded up


def test_nobody_promised_to_end_before_the_due_date():
    row = scheduled({"work_id": "W", "duration_likely_days": 10, "due_on": "2024-06-30"}).loc["W"]
    assert (row["ends_on"], row["forecast_on"], row["driver"]) == (
        day("2024-06-30"),
        day("2024-01-10"),
        "due",
    )
    assert row["late_days"] == 0


def test_a_forecast_after_the_due_date_counts_and_is_late():
    row = scheduled({"work_id": "W", "duration_likely_days": 10, "due_on": "2024-01-04"}).loc["W"]
    assert (row["ends_on"], row["driver"], row["late_days"]) == (day("2024-01-10"), "forecast", 6)


def test_a_work_starts_the_day_after_its_last_predecessor():
    schedule = scheduled(
        {"work_id": "A", "duration_likely_days": 5},
        {"work_id": "B", "due_on": "2024-02-29"},
        {"work_id": "C", "duration_likely_days": 1, "predecessors": "A;B"},
    )
    assert schedule.loc["C", "start_on"] == day("2024-03-01")
    assert schedule.loc["C", "start_driver"] == "B"
    assert chain(schedule, "C") == ["B", "C"]


def test_the_earliest_start_holds_a_work_back():
    row = scheduled({"work_id": "W", "duration_likely_days": 1, "earliest_start_on": "2024-05-01"}).loc["W"]
    assert (row["ends_on"], row["start_driver"]) == (day("2024-05-01"), "earliest_start")


def test_done_works_hold_nobody_back():
    schedule = scheduled(
        {"work_id": "A", "finished_on": "2023-10-31"},
        {"work_id": "B", "progress": 1.0, "due_on": "2024-09-01"},
        {"work_id": "C", "duration_likely_days": 1, "predecessors": "A;B"},
    )
    assert schedule["state"].tolist() == ["done", "done", "open"]
    assert schedule.loc["C", "ends_on"] == day("2024-01-01")
    assert chain(schedule, "C") == ["C"]


def test_a_work_that_ends_after_the_day_of_the_data_is_still_open():
    schedule = scheduled(
        {"work_id": "A", "finished_on": "2024-01-01"}, {"work_id": "B", "finished_on": "2023-12-31"}
    )
    assert schedule["state"].tolist() == ["open", "done"]
    assert schedule.loc["A", "ends_on"] == day("2024-01-01")


def test_what_nobody_knows_stays_unknown_and_so_does_all_behind_it():
    schedule = scheduled(
        {"work_id": "A"},
        {"work_id": "B", "due_on": "2023-06-30"},  # passed, with no duration to forecast from
        {"work_id": "C", "duration_likely_days": 5, "due_on": "2024-06-30", "predecessors": "A"},
    )
    assert schedule["state"].tolist() == ["unknown"] * 3
    assert schedule["ends_on"].isna().all()


def test_the_result_is_aligned_and_the_input_unchanged():
    table, _ = schema.conform(
        works(
            {"work_id": "B", "predecessors": "A", "due_on": "2024-03-01"},
            {"work_id": "A", "due_on": "2024-02-01"},
        ),
        "works",
    )
    before = table.copy(deep=True)
    assert schedule_works(table, AS_OF).index.tolist() == ["B", "A"]
    assert table.equals(before)


def test_a_circle_is_named():
    with pytest.raises(WorkCycleError, match=r"A → B → A|B → A → B"):
        scheduled({"work_id": "A", "predecessors": "B"}, {"work_id": "B", "predecessors": "A"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("site:*", [("site", "*")]),
        (" phase:2 ; parcel:P1-01 ", [("phase", "2"), ("parcel", "P1-01")]),
        ("line：L1；river：R1", [("line", "L1"), ("river", "R1")]),
        ("P1", [("", "P1")]),
        ("", []),
    ],
)
def test_tokens(text, expected):
    assert tokens(text) == expected
