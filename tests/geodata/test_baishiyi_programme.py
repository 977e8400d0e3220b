"""Crews, money, calendars and what-ifs of the sample: the base is not bound by them, each overlay shows its effect."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from parcelplan.checks.money_checks import balances
from parcelplan.checks.problem_checks import check_problem
from parcelplan.checks.site_checks import check_site
from parcelplan.dates import month_start
from parcelplan.land.constraints import constraints_in_time
from parcelplan.land.modes import in_modes
from parcelplan.land.readiness import find_gates, readiness
from parcelplan.land.works import schedule_site
from parcelplan.plan import Plan, PlannedWork
from parcelplan.planning.building import Ground, site_problem
from parcelplan.planning.problem import CashLimit, CrewCapacity, PlanningProblem, Split
from parcelplan.rules import RuleBook
from parcelplan.site import Site, open_site

SITE = Path(__file__).parents[2] / "geodata" / "baishiyi"
SCENARIOS = sorted((SITE / "scenarios").glob("*.toml"))
WISHED = {"late_line", "less_quota", "one_line_crew", "moved_line", "tight_credit", "late_plan", "in_part"}


def opened(name: str) -> Site:
    site = open_site(SITE, scenario=SITE / "scenarios" / f"{name}.toml" if name else None)
    check_site(site).raise_if_errors()
    return in_modes(site, site.config.plan.modes)


def problem_of(name: str = "") -> PlanningProblem:
    site = opened(name)
    rules = RuleBook.load(site.config.rules).at(site.as_of)
    schedule = schedule_site(site)
    constraints, _ = constraints_in_time(site, schedule, rules)
    gates = find_gates(site, schedule, constraints)
    clock = rules.clock()
    assert clock is not None
    frames = {"schedule": schedule, "constraints": constraints, "gates": gates}
    ready = readiness(site, schedule, gates)
    return site_problem(Ground(site=site, rules=rules, clock=clock, readiness=ready, **frames))


def as_early_as_can_be(problem: PlanningProblem, schedule: pd.DataFrame) -> Plan:
    """The works on the days of the schedule, which knows neither crews nor money, and no transfers."""
    works = [
        PlannedWork(
            work_id=str(name),
            start_on=max(row["start_on"].date(), problem.as_of),
            ends_on=row["ends_on"].date(),
        )
        for name, row in schedule.iterrows()
    ]
    return Plan(as_of=problem.as_of, status="feasible", works=tuple(works))


@pytest.fixture(scope="module")
def base() -> PlanningProblem:
    return problem_of()


def test_the_overlays_are_those_that_the_readme_names() -> None:
    assert {path.stem for path in SCENARIOS} == WISHED
    readme = (SITE.parent / "README.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in readme for name in WISHED)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_overlay_states_a_sound_problem_and_says_that_it_is_assumed(path: Path) -> None:
    assert not check_problem(problem_of(path.stem))
    assert "assumption" in path.read_text(encoding="utf-8")
    assert open_site(SITE, scenario=path).config.scenarios[path.stem].label.of("zh")


def test_the_base_is_bound_neither_by_crews_nor_by_money(base: PlanningProblem) -> None:
    schedule = schedule_site(opened(""))
    plan = as_early_as_can_be(base, schedule)
    for demand in (*base.of(CrewCapacity), *base.of(CashLimit)):
        assert not demand.violations(plan), demand.name


def test_every_crew_that_works_name_is_there(base: PlanningProblem) -> None:
    named = {crew for work in base.works for mode in work.modes for crew in mode.crews}
    assert named == {item.crew_id for item in base.of(CrewCapacity)} == {"LINE", "ROAD", "RIVER", "ACQ"}


def test_money_is_in_yuan_and_the_base_could_pay_all_works_before_it_sells(base: PlanningProblem) -> None:
    (money,) = base.of(CashLimit)
    assert sum(map(sum, money.costs.values())) == pytest.approx(281_100_000.0)
    assert sum(money.prices.values()) == pytest.approx(510 * 500_000.0, rel=1e-5)
    assert money.opening_yuan + money.credit_yuan == 300_000_000.0


def test_one_crew_cannot_lay_three_lines_at_the_same_time() -> None:
    problem = problem_of("one_line_crew")
    (line,) = [item for item in problem.of(CrewCapacity) if item.crew_id == "LINE"]
    assert line.capacity == 1
    found = line.violations(as_early_as_can_be(problem, schedule_site(opened("one_line_crew"))))
    assert "W04、W05" in found[0].params["works"]


def test_hardly_any_credit_cannot_pay_works_as_early_as_they_can_be() -> None:
    problem = problem_of("tight_credit")
    (money,) = problem.of(CashLimit)
    plan = as_early_as_can_be(problem, schedule_site(opened("tight_credit")))
    assert money.violations(plan)
    assert balances(plan, money)[0].month == month_start(problem.as_of)


def test_the_moved_line_is_cheaper_and_leaves_two_parcels_out(base: PlanningProblem) -> None:
    moved = problem_of("moved_line")
    assert [item.parcel_id for item in moved.unplanned] == ["P3-10", "P3-19"]
    assert not base.unplanned
    own, other = (
        next(work for work in problem.works if work.work_id == "W04").modes[0] for problem in (base, moved)
    )
    assert other.name == "move"
    assert other.cost_yuan < own.cost_yuan
    assert other.duration_days < own.duration_days


def test_river_works_that_start_a_month_later_meet_the_flood_season() -> None:
    ends_on = {name: schedule_site(opened(name)).at["W07", "ends_on"].date() for name in ("", "late_plan")}
    assert ends_on == {"": date(2024, 6, 30), "late_plan": date(2024, 10, 29)}


def test_parcels_beneath_a_line_that_stays_may_go_in_part() -> None:
    splits = problem_of("in_part").of(Split)
    assert {item.parcel_id for item in splits} >= {"P2-08", "P3-17"}
    assert not problem_of("late_line").of(Split)


def test_quotas_are_smaller_and_carried_over() -> None:
    quotas = problem_of("less_quota").quotas()
    assert quotas[2025].quota_m2 == pytest.approx(120 * 2000 / 3)
    assert quotas[2025].carry_share == 0.5
    assert quotas[2025].before == quotas[2024]
