"""Works of a plan: presence, modes, days, precedences, crews, deadlines."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from parcelplan.checks.work_checks import check_works
from parcelplan.plan import Plan, PlannedWork
from parcelplan.planning.problem import (
    Closure,
    CrewCapacity,
    Mode,
    PlanningProblem,
    Precedence,
    Work,
    WorkCalendar,
    WorkDeadline,
)
from tests.checks.plans import AS_OF, CLOCK, plan_of, planned

FLOOD = WorkCalendar(
    calendar_id="flood",
    closures=(Closure(from_on=date(2020, 5, 1), until_on=date(2020, 10, 1), yearly=True),),
)
OFFICE = WorkCalendar(calendar_id="office", working_days=True)


def problem(*works: Work, calendars: tuple[WorkCalendar, ...] = (FLOOD, OFFICE)) -> PlanningProblem:
    return PlanningProblem(as_of=AS_OF, clock=CLOCK, works=works, calendars=calendars)


def work(work_id: str = "W1", days: int = 10, **cells: Any) -> Work:
    return Work(work_id=work_id, modes=(Mode(duration_days=days),), **cells)


def codes(plan: Plan, asked: PlanningProblem) -> set[str]:
    return {item.code.removeprefix("work_check.") for item in check_works(plan, asked)}


def test_a_work_as_it_was_asked_for_is_right() -> None:
    assert codes(plan_of(planned("W1", AS_OF, 10)), problem(work())) == set()


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ((), "missing"),
        ((planned("W1", AS_OF, 10), planned("W1", AS_OF, 10)), "twice"),
        ((planned("W1", AS_OF, 10), planned("W9", AS_OF, 10)), "unknown"),
        ((planned("W1", AS_OF, 10, mode="move"),), "unknown_mode"),
        ((planned("W1", AS_OF, 10, cost_yuan=5.0),), "wrong_figures"),
        ((planned("W1", AS_OF, 10, fixed=True),), "not_as_given"),
        ((planned("W1", AS_OF, 9),), "wrong_length"),
        ((planned("W1", AS_OF - timedelta(days=1), 10),), "before_start"),
    ],
)
def test_every_way_to_spoil_a_work_is_found(items: tuple[PlannedWork, ...], code: str) -> None:
    assert codes(plan_of(*items), problem(work())) == {code}


def test_a_plan_that_says_it_has_no_answer_is_not_asked_for_works() -> None:
    assert codes(replace(plan_of(), status="no_solution_yet"), problem(work())) == set()


def test_a_work_neither_starts_before_it_can_nor_ends_before_the_promise() -> None:
    asked = problem(work(earliest_start_on=date(2024, 2, 1), not_before_on=date(2024, 2, 20)))
    assert codes(plan_of(planned("W1", date(2024, 1, 31), 10)), asked) == {"before_start", "before_promise"}
    assert codes(plan_of(planned("W1", date(2024, 2, 10), 10)), asked) == {"before_promise"}
    assert codes(plan_of(planned("W1", date(2024, 2, 11), 10)), asked) == set()


def test_given_dates_and_works_in_progress_stand() -> None:
    given = (date(2023, 11, 1), date(2023, 12, 1))
    asked = problem(work(fixed=given), work("W2", 5, started_on=date(2023, 12, 1)))
    done = planned("W1", given[0], 31, fixed=True)
    begun = planned("W2", AS_OF, 5, started_on=date(2023, 12, 1))
    assert codes(plan_of(done, begun), asked) == set()
    assert codes(plan_of(replace(done, ends_on=AS_OF), begun), asked) == {"not_as_given"}
    assert codes(plan_of(done, planned("W2", AS_OF + timedelta(days=1), 5)), asked) == {"not_as_given"}
    assert codes(plan_of(done, planned("W2", AS_OF, 5)), asked) == {"not_as_given"}


def test_days_are_counted_by_the_calendar() -> None:
    asked = problem(work(calendar_id="flood"))
    over_the_season = planned("W1", date(2024, 4, 26), 10 + 153)
    assert codes(plan_of(over_the_season), asked) == set()
    assert codes(plan_of(planned("W1", date(2024, 4, 26), 10)), asked) == {"wrong_length"}
    assert "on_closed_day" in codes(plan_of(planned("W1", date(2024, 9, 30), 11)), asked)


def test_a_work_that_may_not_pause_does_not_cross_a_closure() -> None:
    strict = replace(FLOOD, interruptible=False)
    asked = problem(work(calendar_id="flood"), calendars=(strict,))
    assert codes(plan_of(planned("W1", date(2024, 4, 26), 10 + 153)), asked) == {"on_closed_day"}
    assert codes(plan_of(planned("W1", date(2024, 4, 21), 10)), asked) == set()


def test_weekends_and_holidays_are_paused_over_even_by_works_that_may_not_pause() -> None:
    asked = problem(work(days=3, calendar_id="office"), calendars=(replace(OFFICE, interruptible=False),))
    friday = date(2024, 1, 5)
    assert codes(plan_of(planned("W1", friday, 5)), asked) == set()
    assert "on_closed_day" in codes(plan_of(planned("W1", date(2024, 1, 6), 5)), asked)


def test_a_work_in_progress_goes_on_on_the_day_of_the_plan_even_if_that_is_closed() -> None:
    new_year = replace(problem(work(days=2, calendar_id="office", started_on=date(2023, 12, 1))))
    on_holiday = replace(new_year, as_of=date(2024, 1, 1))
    begun = planned("W1", date(2024, 1, 1), 3, started_on=date(2023, 12, 1))
    assert codes(plan_of(begun), on_holiday) == set()


def test_a_work_in_progress_that_may_not_pause_goes_on_after_the_closure_that_it_is_in() -> None:
    strict = (replace(FLOOD, interruptible=False),)
    june = date(2024, 6, 1)
    for days, expected in ((30, set()), (213, {"on_closed_day"})):
        begun = work("W1", days, calendar_id="flood", started_on=AS_OF)
        asked = replace(problem(begun, calendars=strict), as_of=june)
        ends_on = date(2024, 10, 30) if days == 30 else date(2025, 10, 1)
        plan = plan_of(replace(planned("W1", june, 1, started_on=AS_OF), ends_on=ends_on))
        assert codes(plan, asked) == expected


def test_a_milestone_may_stand_on_a_closed_day() -> None:
    assert (
        codes(plan_of(planned("W1", date(2024, 6, 1), 0)), problem(work(days=0, calendar_id="flood")))
        == set()
    )


def test_a_milestone_takes_no_day() -> None:
    assert codes(plan_of(planned("W1", AS_OF, 0)), problem(work(days=0))) == set()
    assert codes(plan_of(planned("W1", AS_OF, 1)), problem(work(days=0))) == {"wrong_length"}


@pytest.mark.parametrize(
    ("relation", "lag_days", "start_day", "right"),
    [
        ("FS", 0, 11, True),
        ("FS", 0, 10, False),
        ("FS", -3, 8, True),
        ("SS", 4, 5, True),
        ("SS", 4, 4, False),
        ("FF", 0, 6, True),
        ("FF", 0, 5, False),
        ("SF", 6, 2, True),
        ("SF", 7, 2, False),
    ],
)
def test_precedences_of_four_kinds(relation: Any, lag_days: int, start_day: int, right: bool) -> None:
    """W1 holds the days 1 to 10; W2 takes 5 days."""
    first = planned("W1", date(2024, 2, 1), 10)
    second = planned("W2", date(2024, 2, start_day), 5)
    demand = Precedence(before="W1", work_id="W2", relation=relation, lag_days=lag_days)
    assert bool(demand.violations(plan_of(first, second))) is not right


def test_works_that_the_plan_does_not_hold_keep_nobody_waiting() -> None:
    plan = plan_of(planned("W1", AS_OF, 10))
    assert not Precedence(before="W9", work_id="W1").violations(plan)
    assert not Precedence(before="W1", work_id="W9").violations(plan)


def crew(**cells: Any) -> CrewCapacity:
    units = {("W1", ""): 1, ("W2", ""): 1, ("W3", ""): 1}
    return CrewCapacity(**{"crew_id": "line", "capacity": 2, "units": units} | cells)


def test_a_crew_is_held_up_to_the_day_before_the_next_work() -> None:
    one_after_the_other = plan_of(planned("W1", AS_OF, 5), planned("W2", AS_OF + timedelta(days=5), 5))
    assert not crew(capacity=1).violations(one_after_the_other)
    overlapping = plan_of(planned("W1", AS_OF, 6), planned("W2", AS_OF + timedelta(days=5), 5))
    (found,) = crew(capacity=1).violations(overlapping)
    assert (found.value, found.params["until_on"]) == (AS_OF + timedelta(days=5),) * 2
    assert found.params["works"] == "W1、W2"
    third = planned("W3", AS_OF + timedelta(days=20), 5)
    (same,) = crew(capacity=1).violations(replace(overlapping, works=(*overlapping.works, third)))
    assert same.params["works"] == "W1、W2"


def test_spells_without_a_free_day_between_them_are_one_finding() -> None:
    days = [planned(f"W{k}", AS_OF + timedelta(days=5 * (k - 1)), 10) for k in (1, 2, 3)]
    (found,) = crew(capacity=1).violations(plan_of(*days))
    assert found.value == AS_OF + timedelta(days=5)
    assert found.params["until_on"] == AS_OF + timedelta(days=14)


def test_a_crew_that_shrinks_while_works_go_on_is_found() -> None:
    both = plan_of(planned("W1", AS_OF, 30), planned("W2", AS_OF, 30))
    assert not crew().violations(both)
    fewer = crew(changes=((date(2024, 1, 10), date(2024, 1, 12), 1),))
    (found,) = fewer.violations(both)
    assert (found.value, found.params["until_on"]) == (date(2024, 1, 10), date(2024, 1, 11))


def test_works_whose_dates_are_given_hold_no_crew() -> None:
    given = plan_of(planned("W1", AS_OF, 30, fixed=True), planned("W2", AS_OF, 30))
    assert not crew(capacity=1).violations(given)


def test_a_work_ends_by_its_deadline() -> None:
    plan = plan_of(planned("W1", AS_OF, 10))
    assert not WorkDeadline(work_id="W1", on=date(2024, 1, 11)).violations(plan)
    assert WorkDeadline(work_id="W1", on=date(2024, 1, 10)).violations(plan).codes() == {
        "work_check.after_deadline"
    }


def test_every_finding_has_its_sentences() -> None:
    spoilt = plan_of(
        planned("W1", date(2023, 12, 1), 3, mode="x"),
        planned("W2", date(2024, 9, 30), 3, cost_yuan=1.0),
        planned("W9", AS_OF, 1),
        planned("W9", AS_OF, 1),
    )
    found = check_works(spoilt, problem(work(), work("W2", 10, calendar_id="flood"), work("W3")))
    assert found.codes() >= {"work_check.missing", "work_check.unknown_mode", "work_check.on_closed_day"}
    for item in found:
        assert all((item.message("zh"), item.message("en"), item.hint("zh"), item.hint("en"))), item.code
