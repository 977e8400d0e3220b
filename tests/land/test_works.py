"""Dating works by hand."""

from datetime import date

import pandas as pd
import pytest

from parcelplan import schema
from parcelplan.errors import WorkCycleError
from parcelplan.land.calendars import ClosedPeriod, SiteCalendar
from parcelplan.land.works import chain, schedule_works, tokens
from parcelplan.plan import Plan, PlannedWork, WaitedFor
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


# --- relations, calendars, works in progress


def in_calendars(calendars, *rows):
    table, findings = schema.conform(works(*rows), "works")
    assert not findings
    return schedule_works(table, AS_OF, calendars=calendars)


FLOOD = ClosedPeriod(from_on=date(2020, 5, 1), until_on=date(2020, 10, 1), yearly=True)
RIVER = SiteCalendar(calendar_id="river", closures=(FLOOD,))
UNBROKEN = SiteCalendar(calendar_id="unbroken", closures=(FLOOD,), interruptible=False)
WEEK = SiteCalendar(calendar_id="week", working_days=True)
CALENDARS = {item.calendar_id: item for item in (RIVER, UNBROKEN, WEEK)}


@pytest.mark.parametrize(
    ("predecessors", "start", "end"),
    [
        ("A", "2024-01-11", "2024-01-15"),
        ("A:FS+3", "2024-01-14", "2024-01-18"),
        ("A:FS-2", "2024-01-09", "2024-01-13"),
        ("A:SS+4", "2024-01-05", "2024-01-09"),
        ("A:SS", "2024-01-01", "2024-01-05"),
        # Of B's five days the last one is not before A's last, the tenth.
        ("A:FF", "2024-01-06", "2024-01-10"),
        ("A:FF+2", "2024-01-08", "2024-01-12"),
        ("A:FF-30", "2024-01-01", "2024-01-05"),
        ("A:SF+20", "2024-01-16", "2024-01-20"),
    ],
)
def test_relations_with_lags(predecessors, start, end):
    schedule = scheduled(
        {"work_id": "A", "duration_likely_days": 10},
        {"work_id": "B", "duration_likely_days": 5, "predecessors": predecessors},
    )
    assert (schedule.loc["B", "start_on"], schedule.loc["B", "ends_on"]) == (day(start), day(end))


def test_the_chain_goes_back_to_the_predecessor_that_holds_longest():
    schedule = scheduled(
        {"work_id": "A", "duration_likely_days": 10},
        {"work_id": "B", "duration_likely_days": 8},
        {"work_id": "C", "duration_likely_days": 5, "predecessors": "A;B:FS+9"},
        {"work_id": "D", "duration_likely_days": 5, "predecessors": "A;B:SS"},
    )
    assert chain(schedule, "C") == ["B", "C"]
    assert chain(schedule, "D") == ["A", "D"]


def test_a_work_in_progress_goes_on_whatever_it_waited_for():
    schedule = scheduled(
        {"work_id": "A", "duration_likely_days": 30},
        {
            "work_id": "B",
            "duration_likely_days": 10,
            "progress": 0.5,
            "started_on": "2023-12-01",
            "predecessors": "A",
        },
    )
    row = schedule.loc["B"]
    assert (row["start_on"], row["ends_on"]) == (day("2023-12-01"), day("2024-01-05"))


def test_seen_from_before_a_start_that_is_recorded_is_still_to_come():
    row = scheduled({"work_id": "W", "duration_likely_days": 3, "started_on": "2024-02-01"}).loc["W"]
    assert (row["start_on"], row["ends_on"]) == (day("2024-02-01"), day("2024-02-03"))


@pytest.mark.parametrize(
    ("calendar", "start", "days", "begins", "ends"),
    [
        ("", "2024-04-25", 10, "2024-04-25", "2024-05-04"),
        # 25 to 30 April are six days, the other four come after the flood.
        ("river", "2024-04-25", 10, "2024-04-25", "2024-10-04"),
        ("unbroken", "2024-04-25", 10, "2024-10-01", "2024-10-10"),
        ("unbroken", "2024-04-21", 10, "2024-04-21", "2024-04-30"),
        ("river", "2024-06-01", 1, "2024-10-01", "2024-10-01"),
        # 1 January 2024 is a holiday; the week has four working days, 8 January is the fifth.
        ("week", "2024-01-01", 5, "2024-01-02", "2024-01-08"),
        ("nobody", "2024-04-25", 10, "2024-04-25", "2024-05-04"),
    ],
)
def test_calendars_close_days(calendar, start, days, begins, ends):
    row = in_calendars(
        CALENDARS,
        {"work_id": "W", "duration_likely_days": days, "earliest_start_on": start, "calendar": calendar},
    ).loc["W"]
    assert (row["start_on"], row["ends_on"]) == (day(begins), day(ends))


def test_a_promise_for_a_closed_day_is_kept_on_the_last_open_one():
    row = in_calendars(
        CALENDARS,
        {"work_id": "W", "duration_likely_days": 5, "due_on": "2024-06-30", "calendar": "river"},
    ).loc["W"]
    assert (row["ends_on"], row["driver"]) == (day("2024-04-30"), "due")


def test_a_calendar_without_enough_days_leaves_the_end_unknown():
    never = SiteCalendar(
        calendar_id="never",
        closures=(ClosedPeriod(from_on=date(2024, 1, 1), until_on=date(2025, 1, 1), yearly=True),),
    )
    schedule = in_calendars(
        {"never": never},
        {"work_id": "W", "duration_likely_days": 5, "calendar": "never"},
        {"work_id": "V", "duration_likely_days": 5, "predecessors": "W"},
    )
    assert schedule["state"].tolist() == ["unknown", "unknown"]


def test_a_promise_cannot_be_kept_before_the_work_can_start():
    schedule = scheduled(
        {"work_id": "A", "duration_likely_days": 100},
        {"work_id": "B", "due_on": "2024-02-01", "predecessors": "A"},
    )
    assert schedule.loc["B", "ends_on"] == schedule.loc["A", "ends_on"]


def planned(work_id, start, ends, kind="crew", subject="C1", **more):
    waits = WaitedFor(kind=kind, subject=subject)
    return PlannedWork(
        work_id=work_id,
        start_on=date.fromisoformat(start),
        ends_on=date.fromisoformat(ends),
        waited_for=waits,
        **more,
    )


def under(plan_works, *rows):
    table, _ = schema.conform(works(*rows), "works")
    return schedule_works(table, AS_OF, planned=Plan(as_of=AS_OF, status="feasible", works=plan_works))


def test_with_a_plan_its_days_stand_and_the_others_follow():
    schedule = under(
        (planned("A", "2024-02-01", "2024-02-10"),),
        {"work_id": "A", "duration_likely_days": 10, "due_on": "2024-01-20"},
        {"work_id": "B", "duration_likely_days": 5, "predecessors": "A"},
    )
    row = schedule.loc["A"]
    assert (row["start_on"], row["ends_on"], row["forecast_on"]) == (
        day("2024-02-01"),
        day("2024-02-10"),
        day("2024-02-10"),
    )
    assert (row["start_driver"], row["driver"], row["late_days"]) == ("crew", "forecast", 21)
    assert schedule.loc["B", "start_on"] == day("2024-02-11")


def test_a_work_that_was_promised_late_still_begins_when_it_can():
    row = {"work_id": "A", "duration_likely_days": 10, "due_on": "2024-03-31"}
    before = scheduled(row)
    after = under((planned("A", "2024-03-22", "2024-03-31", "promised", "2024-03-31"),), row)
    pd.testing.assert_frame_equal(before, after)


def test_what_is_done_stays_as_it_was():
    row = {"work_id": "A", "finished_on": "2023-11-30", "duration_likely_days": 10}
    pd.testing.assert_frame_equal(
        scheduled(row), under((planned("A", "2023-11-30", "2023-11-30", fixed=True),), row)
    )
