"""The days of works: open days counted by hand, closures that break a work, dates that bound its start."""

from datetime import date

import numpy as np
import pytest

from parcelplan.planning.problem import Closure, Mode, Work, WorkCalendar, WorkDeadline
from parcelplan.planning.work_days import WorkDays
from tests.planning.works import LINE, OFFICE, RIVER, crew, day, work, works_problem


def days_of(*works, last=20, calendars=(RIVER, LINE, OFFICE), demands=()):
    return WorkDays(works_problem(*works, calendars=calendars, demands=demands), last)


def test_without_a_calendar_every_day_counts():
    table = days_of(last=5).free_table("", 3)
    assert table.tolist() == [3, 4, 5, 6, -1, -1, -1]


def test_a_milestone_may_stand_on_any_day():
    assert days_of(last=3).free_table("office", 0).tolist() == [0, 1, 2, 3, 4]


def test_a_closure_is_paused_over():
    # 4, 5 and 6 are closed: nobody starts there, and who has a day left ends on 7
    assert days_of(last=8).free_table("river", 2).tolist() == [2, 3, 4, 8, -1, -1, -1, 9, -1, -1]


def test_what_may_not_be_interrupted_waits():
    assert days_of(last=8).free_table("line", 2).tolist() == [2, 3, 4, 5, -1, -1, 8, 9, -1, -1]


def test_weekends_are_paused_over_even_by_what_may_not_be_interrupted():
    calendar = WorkCalendar(
        calendar_id="both",
        working_days=True,
        interruptible=False,
        closures=(Closure(from_on=day(8), until_on=day(9)),),
    )
    table = days_of(last=12, calendars=(calendar,)).free_table("both", 3)
    # day 4 and 5 are a weekend, as are 11 and 12; day 8 is closed
    assert table.tolist() == [3, 4, 7, 8, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1]


def test_a_yearly_closure_comes_back_and_may_span_new_year():
    winter = WorkCalendar(
        calendar_id="winter",
        closures=(Closure(from_on=date(2019, 12, 30), until_on=date(2020, 1, 5), yearly=True),),
    )
    table = days_of(last=370, calendars=(winter,)).free_table("winter", 1)
    # from 2 January 2024: closed until the 4th, then from 30 December (day 363) to 4 January
    assert np.flatnonzero(table < 0).tolist() == [0, 1, 2, 363, 364, 365, 366, 367, 368, 371]


def test_a_leap_day_closes_the_first_of_march_in_other_years():
    leap = WorkCalendar(
        calendar_id="leap",
        closures=(Closure(from_on=date(2024, 2, 28), until_on=date(2024, 2, 29), yearly=True),),
    )
    days = days_of(last=500, calendars=(leap,))
    closed = np.flatnonzero(days.free_table("leap", 1)[:501] < 0).tolist()
    # in 2025 the period ends before what would be the 29th, which is 1 March
    assert closed == [57, 423]


def test_tables_are_shared_and_cannot_be_written():
    days = days_of()
    assert days.free_table("river", 2) is days.free_table("river", 2)
    with pytest.raises(ValueError, match="read-only"):
        days.free_table("river", 2)[0] = 9


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, (0, 18)),
        ({"earliest_start_on": day(5)}, (5, 18)),
        ({"earliest_start_on": day(-5)}, (0, 18)),
        ({"not_before_on": day(9)}, (7, 18)),
        ({"started_on": day(-9)}, (0, 0)),
        ({"started_on": day(-9), "not_before_on": day(9)}, None),
        ({"earliest_start_on": day(19)}, None),
    ],
)
def test_own_dates_leave_a_window(more, expected):
    item = work("A", 3, **more)
    assert days_of(item).window(item, item.modes[0]) == expected


def test_the_nearest_deadline_bounds_the_window():
    item = work("A", 3)
    demands = (WorkDeadline(work_id="A", on=day(9)), WorkDeadline(work_id="A", on=day(11)))
    assert days_of(item, demands=demands).window(item, item.modes[0]) == (0, 7)


def test_a_work_in_progress_goes_on_on_the_day_of_the_plan_even_if_closed():
    closed = WorkCalendar(calendar_id="x", closures=(Closure(from_on=day(-3), until_on=day(2)),))
    item = Work(work_id="A", modes=(Mode(duration_days=3),), calendar_id="x", started_on=day(-9))
    days = days_of(item, calendars=(closed,))
    assert days.table(item, item.modes[0])[:4].tolist() == [5, -1, -1, -1]


def test_earliest_start_keeps_all_bounds():
    item = work("A", 2, calendar_id="river", earliest_start_on=day(1))
    days, mode = days_of(item), item.modes[0]
    assert days.earliest_start(item, mode) == (1, 3)
    assert days.earliest_start(item, mode, ready=4) == (7, 9)
    assert days.earliest_start(item, mode, free_from=5) == (3, 8)
    assert days.earliest_start(item, mode, ready=20) is None


def test_capacity_follows_its_changes_and_the_first_of_two_counts():
    days = days_of(last=6)
    assert days.capacity(crew(2, {}, (1, 3, 5), (2, 5, 0))).tolist() == [2, 5, 5, 0, 0, 2, 2]
    assert days.capacity(crew(2, {}, (-4, 1, 1))).tolist() == [1, 2, 2, 2, 2, 2, 2]


def test_fixed_works_keep_their_days_before_the_plan():
    item = work("A", 3, fixed=(day(-4), day(-2)))
    assert days_of(item).fixed_span(item) == (-4, -1)
    assert days_of(item).fixed_span(work("B", 3)) is None
