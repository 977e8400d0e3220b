"""Why no plan is possible: minimal conflicts, and all of their demands in words."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from parcelplan.dates import StatutoryClock
from parcelplan.plan import Plan
from parcelplan.planning.conflicts.conflict import conflict_text, conflicting_demands
from parcelplan.planning.problem import (
    Absorption,
    BatchSize,
    BlackOut,
    CashLimit,
    CrewCapacity,
    Gate,
    Horizon,
    ListingsPerMonth,
    NetLand,
    OccupancyTrigger,
    PhaseOrder,
    PhaseWindow,
    PlanningProblem,
    Split,
    Target,
    Together,
    Work,
    WorkDeadline,
    YearlyQuota,
)
from parcelplan.planning.problem.works import Mode
from parcelplan.planning.solve import has_plan
from parcelplan.units import from_mu
from tests.planning.builders import AS_OF, CLOCK
from tests.planning.test_brute_force import cases

Families = list[frozenset[int]]


def numbered(count: int) -> PlanningProblem:
    """A problem of so many demands, which only their names tell apart."""
    demands = tuple(YearlyQuota(year=number, quota_m2=1.0) for number in range(count))
    return PlanningProblem(as_of=AS_OF, clock=CLOCK, demands=demands)


def years(problem: PlanningProblem) -> set[int]:
    return {item.year for item in problem.of(YearlyQuota)}


@st.composite
def families(draw: st.DrawFn) -> tuple[int, Families]:
    """A number of demands and the sets of them that conflict."""
    count = draw(st.integers(1, 14))
    sets = st.frozensets(st.integers(0, count - 1), min_size=1, max_size=4)
    return count, draw(st.lists(sets, min_size=1, max_size=4))


@given(made=families())
def test_a_conflict_is_minimal(made: tuple[int, Families]) -> None:
    count, conflicts = made

    def ask(problem: PlanningProblem, seconds: float) -> bool:
        assert seconds > 0
        return not any(conflict <= years(problem) for conflict in conflicts)

    found = conflicting_demands(numbered(count), ask=ask, time_limit_s=60)
    members = {int(name.split()[1]) for name in found.names}
    assert found.minimal
    assert any(conflict <= members for conflict in conflicts)
    for member in members:
        assert not any(conflict <= members - {member} for conflict in conflicts)


@given(made=families(), silent=st.sets(st.integers(0, 40)))
def test_unanswered_questions_leave_a_conflict_that_admits_it(
    made: tuple[int, Families], silent: set[int]
) -> None:
    count, conflicts = made
    asked = 0

    def ask(problem: PlanningProblem, _seconds: float) -> bool | None:
        nonlocal asked
        asked += 1
        return None if asked in silent else not any(conflict <= years(problem) for conflict in conflicts)

    found = conflicting_demands(numbered(count), ask=ask, time_limit_s=60)
    members = {int(name.split()[1]) for name in found.names}
    assert any(conflict <= members for conflict in conflicts)
    needed = all(not any(conflict <= members - {member} for conflict in conflicts) for member in members)
    assert needed or not found.minimal


def test_halves_take_fewer_questions_than_one_by_one() -> None:
    asked = 0

    def ask(problem: PlanningProblem, _seconds: float) -> bool:
        nonlocal asked
        asked += 1
        return not {7, 50} <= years(problem)

    found = conflicting_demands(numbered(64), ask=ask, time_limit_s=60)
    assert found.names == ("quota 7", "quota 50")
    assert asked <= 26


def test_no_time_leaves_all_demands_and_says_so() -> None:
    def ask(_problem: PlanningProblem, _seconds: float) -> bool:
        raise AssertionError

    found = conflicting_demands(numbered(3), ask=ask, time_limit_s=0)
    assert found.names == ("quota 0", "quota 1", "quota 2")
    assert not found.minimal


def test_nothing_is_named_where_demands_are_not_to_blame() -> None:
    found = conflicting_demands(numbered(3), ask=lambda _problem, _seconds: False, time_limit_s=60)
    assert found.names == ()
    assert found.minimal


@settings(max_examples=60)
@given(made=cases())
def test_each_member_of_a_real_conflict_is_needed(made) -> None:
    problem = made.problem()
    assume(has_plan(problem, 30) is False)
    found = conflicting_demands(problem, ask=has_plan, time_limit_s=60)
    assert found.minimal
    alone = problem.without(*({item.name for item in problem.demands} - set(found.names)))
    assert has_plan(alone, 30) is False
    for name in found.names:
        assert has_plan(alone.without(name), 30) is True


DAY = date(2024, 8, 15)
GATED = NetLand(phase=2, ready_on={"C": DAY}, gates={"C": (Gate(kind="power", any_of=(("W1", "W2"),)),)})
CREW = CrewCapacity(crew_id="C1", capacity=2, units={}, title="线路班组")
CASH = CashLimit(opening_yuan=5e6, credit_yuan=2e7, costs={}, prices={}, as_of=AS_OF)
SPOKEN = [
    (
        NetLand(phase=1, ready_on={"A": date(2024, 7, 1), "B": date(2024, 9, 1)}),
        "ready from 2024-07-01 to 2024-09-01",
        "2024-09-01 成熟",
    ),
    (GATED, "2 work(s) to wait for", "要等 2 项任务"),
    (PhaseWindow(phase=1, latest_on=DAY), "phase 1 (… to 2024-08-15)", "至 2024-08-15"),
    (
        OccupancyTrigger(phase=3, needed_m2=from_mu(60), of_phases=(1, 2), occupied_after_days=456),
        "60.00 mu of phase 1, 2 occupied, 456 days",
        "第1、2期入驻 60.00 亩",
    ),
    (YearlyQuota(year=2024, quota_m2=from_mu(30)), "quota of 2024 (30.00 mu)", "2024年供地指标 30.00 亩"),
    (ListingsPerMonth(per_month=2), "2 listing(s) a month", "每月挂牌 2 宗"),
    (PhaseOrder(), "order of the phases", "分期先后"),
    (Horizon(end_on=DAY), "(2024-08-15)", "规划期末 2024-08-15"),
    (CREW, "the crew 线路班组 (2 unit(s))", "班组 线路班组 的能力（2 组）"),
    (WorkDeadline(work_id="W1", on=DAY), "the deadline of work W1 Bury (2024-08-15)", "任务 W1 Bury 须于"),
    (CASH, "opening 500.00, credit 2,000.00", "期初 500.00 万元，授信 2,000.00 万元"),
    (BatchSize(as_of=AS_OF, min_m2=from_mu(10)), "of 10.00 to – mu", "每批 10.00 亩以上"),
    (Absorption(per_quarter_m2=from_mu(90)), "90.00 mu a quarter", "每季度消化 90.00 亩"),
    (
        BlackOut(from_on=DAY, until_on=DAY + timedelta(days=5), as_of=AS_OF),
        "from 2024-08-15 until 2024-08-20",
        "停供期（2024-08-15 至 2024-08-20",
    ),
    (Together(parcel_ids=("A", "B")), "A, B going in one batch", "A、B 同批公告"),
    (Split(parcel_id="A", pieces=("A1", "A2")), "parcel A going as a whole or as 2", "分 2 块出让"),
    (
        Target(target_id="T1", title="电池厂", measure="area_m2", amount=from_mu(40), by_on=DAY, values={}),
        "电池厂: 40.00 mu by 2024-08-15",
        "电池厂：2024-08-15 前供地 40.00 亩",
    ),
    (
        Target(target_id="T2", measure="tax_yuan", amount=3e7, by_on=DAY, values={}),
        "T2: tax of 3,000 (10,000 yuan)",
        "T2：2024-08-15 前税收 3,000 万元",
    ),
    (Target(target_id="T3", measure="firms", amount=7.0, by_on=DAY, values={}), "7 firm(s)", "7 家企业"),
    (
        Target(target_id="T4", measure="output_yuan", amount=1e8, by_on=DAY, values={}),
        "10,000",
        "产值 10,000",
    ),
]


@pytest.mark.parametrize(
    ("demand", "english", "chinese"), SPOKEN, ids=lambda item: getattr(item, "name", None)
)
def test_each_demand_is_said_with_its_figure(demand, english, chinese):
    works = (Work(work_id="W1", name="Bury", modes=(Mode(duration_days=9),)),)
    problem = PlanningProblem(as_of=AS_OF, clock=CLOCK, demands=(demand,), works=works)
    plan = Plan(as_of=AS_OF, status="infeasible", conflict=(demand.name,))
    assert english in conflict_text(plan, problem, "en")
    assert chinese in conflict_text(plan, problem, "zh")
    doubtful = conflict_text(replace(plan, conflict_minimal=False), problem, "en")
    assert "may not be needed" in doubtful
    assert english in doubtful


def test_a_plan_has_no_conflict_to_speak_of():
    problem = PlanningProblem(
        as_of=AS_OF, clock=StatutoryClock(notice_days=1, listing_days=1, result_working_days=1)
    )
    assert conflict_text(Plan(as_of=AS_OF, status="optimal"), problem, "en") == ""
    assert "order, dates and calendars" in conflict_text(
        Plan(as_of=AS_OF, status="infeasible"), problem, "en"
    )
