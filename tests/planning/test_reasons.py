"""What each date waited for: against checking every demand anew, by hand, and at the size of a district."""

import time
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from parcelplan.dates import ONE_DAY, is_working_day
from parcelplan.land.open_days import OpenDays
from parcelplan.plan import Plan, PlannedWork
from parcelplan.planning.problem import PlanningProblem
from parcelplan.planning.reasons import FIRST_NAMED, with_reasons
from tests.planning.random_plans import CLOCK, random_plan

WORKS_FIRST_NAMED = ("work", "crew", "earliest_start", "promised", "money")


def kinds_broken(problem: PlanningProblem, trial: Plan, order: tuple[str, ...]) -> str:
    """The first kind that any demand, precedence or work's own date finds broken in a plan, by the checks alone."""
    broken = {item.kind for item in (*problem.demands, *problem.precedences) if item.violations(trial)}
    asked = {work.work_id: work for work in problem.works}
    for item in trial.works:
        work = asked[item.work_id]
        broken |= {"earliest_start"} if item.start_on < (work.earliest_start_on or date.min) else set()
        broken |= {"promised"} if item.ends_on < (work.not_before_on or date.min) else set()
    return next((kind for kind in order if kind in broken), "nothing")


def naive_transfer(problem: PlanningProblem, plan: Plan, parcel_id: str) -> str:
    item = plan.transfer(parcel_id)
    day = item.notice_on - ONE_DAY
    while not is_working_day(day):
        day -= ONE_DAY
    if day < problem.as_of:
        return "nothing"
    moved = replace(item, notice_on=day, transfer_on=CLOCK.transfer_on(day))
    others = tuple(other for other in plan.transfers if other.parcel_id != parcel_id)
    return kinds_broken(problem, replace(plan, transfers=(*others, moved)), FIRST_NAMED)


def moved_work(plan: Plan, item: PlannedWork, start_on: date, ends_on: date) -> Plan:
    own = replace(item, start_on=start_on, ends_on=ends_on)
    others = tuple(other for other in plan.works if other.work_id != item.work_id)
    return replace(plan, works=(*others, own))


def naive_work(problem: PlanningProblem, plan: Plan, item: PlannedWork) -> str:
    """Day by day back to the start that the calendar knows, by the calendar of the checks."""
    work = next(work for work in problem.works if work.work_id == item.work_id)
    days = OpenDays(problem.calendar(work.calendar_id))
    length = work.mode(item.mode).duration_days
    day = item.start_on - ONE_DAY
    while day >= problem.as_of:
        end = days.end_of(day, length)
        if length == 0 or (days.is_open(day) and days.broken_by(day, end + ONE_DAY) is None):
            break
        day -= ONE_DAY
    if item.start_on == problem.as_of:
        return "nothing"
    if day < problem.as_of:
        return "calendar"
    found = kinds_broken(problem, moved_work(plan, item, day, end), WORKS_FIRST_NAMED)
    shut = [day + timedelta(days=k) for k in range(1, (item.start_on - day).days)]
    if found == "nothing" or not any(map(is_working_day, shut)):
        return found
    closer = moved_work(plan, item, item.start_on - ONE_DAY, item.ends_on - ONE_DAY)
    found = kinds_broken(problem, closer, WORKS_FIRST_NAMED)
    return "calendar" if found == "nothing" else found


@settings(max_examples=150)
@given(seed=st.integers(0, 10**6))
def test_the_same_as_checking_every_demand_anew(seed: int) -> None:
    problem, plan = random_plan(seed)
    assert not problem.violations(plan).of("error")
    told = with_reasons(problem, plan)
    assert {item.parcel_id: item.waited_for.kind for item in told.transfers} == {
        item.parcel_id: naive_transfer(problem, plan, item.parcel_id) for item in plan.transfers
    }
    assert {item.work_id: item.waited_for.kind for item in told.works} == {
        item.work_id: naive_work(problem, plan, item) for item in plan.works
    }


def test_all_kinds_occur_in_the_random_plans() -> None:
    """The comparison above would hold little if some kinds never came up."""
    kinds: Counter[str] = Counter()
    for seed in range(120):
        problem, plan = random_plan(seed)
        told = with_reasons(problem, plan)
        kinds.update(item.waited_for.kind for item in (*told.transfers, *told.works))
    expected = set(FIRST_NAMED) - {"target"} | set(WORKS_FIRST_NAMED) | {"calendar", "nothing"}
    assert set(kinds) == expected


def test_a_district_takes_about_a_second() -> None:
    problem, plan = random_plan(7, parcels=3000, works=750, days=3000)
    begun = time.perf_counter()
    with_reasons(problem, plan)
    assert time.perf_counter() - begun < 5
