"""What each date waited for: against checking every demand anew, by hand, and at the size of a district."""

import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from parcelplan.dates import ONE_DAY, is_working_day, working_day_from
from parcelplan.land.open_days import OpenDays
from parcelplan.plan import Plan, PlannedTransfer, PlannedWork, WaitedFor
from parcelplan.planning.problem import PlanningProblem, YearlyQuota
from parcelplan.planning.why.reasons import FIRST_NAMED, with_reasons
from parcelplan.units import from_mu
from tests.planning.random_plans import AS_OF, CLOCK, random_plan

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


def test_what_is_carried_over_leaves_room_for_a_day_earlier() -> None:
    """2024 leaves all of its 10 mu to 2025, which so has 20; B alone takes 15 of them there.

    A could come into 2025 with 5 mu, but not with 6. Nothing else holds it.
    """
    before = YearlyQuota(year=2024, quota_m2=from_mu(10))
    year = YearlyQuota(year=2025, quota_m2=from_mu(10), before=before, carry_share=1.0)
    kinds = {}
    for mu in (5, 6):
        plan = Plan(
            as_of=AS_OF,
            status="feasible",
            transfers=(_going("B", 15, IN_2025), _going("A", mu, FIRST_OF_2026)),
        )
        problem = PlanningProblem(as_of=AS_OF, clock=CLOCK, demands=(before, year))
        assert not problem.demands[1].violations(plan)
        kinds[mu] = with_reasons(problem, plan).transfer("A").waited_for
    assert kinds == {5: WaitedFor(kind="nothing"), 6: WaitedFor(kind="quota", subject="2025")}


def _working_days(first: date) -> Iterator[date]:
    day = first
    while True:
        day = working_day_from(day)
        yield day
        day += ONE_DAY


FIRST_OF_2026 = next(day for day in _working_days(date(2025, 11, 20)) if CLOCK.transfer_on(day).year == 2026)
"""The first notice that leads to a transfer in 2026."""
IN_2025 = date(2025, 6, 3)


def _going(parcel_id: str, mu: float, notice_on: date) -> PlannedTransfer:
    return PlannedTransfer(
        parcel_id=parcel_id,
        phase=1,
        batch="1-1",
        area_m2=from_mu(mu),
        ready_on=AS_OF,
        notice_on=notice_on,
        listing_on=CLOCK.listing_on(notice_on),
        transfer_on=CLOCK.transfer_on(notice_on),
        result_on=CLOCK.result_on(notice_on),
    )


def test_what_happened_waited_for_nothing() -> None:
    item = replace(_going("A", 5, date(2024, 6, 3)), happened=True)
    quota = YearlyQuota(year=2024, quota_m2=from_mu(5))
    plan = Plan(as_of=AS_OF, status="feasible", transfers=(item,))
    told = with_reasons(PlanningProblem(as_of=AS_OF, clock=CLOCK, demands=(quota,)), plan)
    assert told.transfer("A").waited_for == WaitedFor(kind="nothing")


def test_subjects_name_the_thing_itself() -> None:
    """A work by its id, a crew by its, money by the month that would be overdrawn, land by its last work."""
    subjects: dict[str, set[str]] = {}
    for seed in range(150):
        problem, plan = random_plan(seed)
        works = {work.work_id for work in problem.works}
        for item in (*(told := with_reasons(problem, plan)).transfers, *told.works):
            subjects.setdefault(item.waited_for.kind, set()).add(item.waited_for.subject)
    assert subjects["work"] <= works
    assert subjects["crew"] == {"C"}
    assert subjects["calendar"] <= {"office", "river"}
    assert subjects["gate"] <= works | {"given"}
    assert all(re.fullmatch(r"\d{4}-\d{2}", month) for month in subjects["money"] | subjects["listings"])
    assert all(re.fullmatch(r"\d{4}-Q[1-4]", quarter) for quarter in subjects["absorption"])
    assert subjects["quota"] <= {"2024", "2025"}
