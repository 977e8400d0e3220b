"""The small study with a programme of works: two crews, three-point durations, money, a target and a quota.

W1 (line crew, 152 days from the day of the data, ends 2024-05-25, 90 to 240 days) frees P2. W2 (road crew, starts once
W1 has ended) frees nothing. P1 needs no work. All costs and prices are whole 万元.
"""

from dataclasses import replace
from datetime import date, timedelta

from parcelplan.plan import ObjectiveValue, Plan, PlannedWork, WaitedFor
from parcelplan.planning.problem import (
    CashLimit,
    CrewCapacity,
    Gate,
    Horizon,
    Mode,
    NetLand,
    PlanningProblem,
    Precedence,
    Target,
    Work,
    YearlyQuota,
)
from tests.views.small_study import AS_OF, CLOCK, SmallStudy, small_study

WANYUAN = 1e4


def _works() -> tuple[Work, ...]:
    line = Mode(
        duration_days=152,
        optimistic_days=90,
        pessimistic_days=240,
        crews={"L": 1},
        cost_yuan=500 * WANYUAN,
        paid_at_start=0.4,
    )
    road = Mode(
        duration_days=60, optimistic_days=50, pessimistic_days=90, crews={"R": 1}, cost_yuan=100 * WANYUAN
    )
    return (
        Work(work_id="W1", kind="line_undergrounding", name="高压线下地 <i>", modes=(line,)),
        Work(work_id="W2", kind="road", name="道路建设", modes=(road,)),
    )


def programme_study() -> SmallStudy:
    study = small_study()
    works = _works()
    ends_on = AS_OF + timedelta(days=151)
    planned = (
        PlannedWork(work_id="W1", start_on=AS_OF, ends_on=ends_on, crews={"L": 1}, cost_yuan=500 * WANYUAN),
        PlannedWork(
            work_id="W2",
            start_on=ends_on + timedelta(days=1),
            ends_on=ends_on + timedelta(days=60),
            crews={"R": 1},
            cost_yuan=100 * WANYUAN,
            waited_for=WaitedFor(kind="work", subject="W1"),
        ),
    )
    first, second = study.plan.transfers
    notice_on = date(2024, 5, 27)  # W1 ends on Saturday the 25th
    second = replace(
        second,
        ready_on=ends_on + timedelta(days=1),
        notice_on=notice_on,
        listing_on=CLOCK.listing_on(notice_on),
        transfer_on=CLOCK.transfer_on(notice_on),
        result_on=CLOCK.result_on(notice_on),
    )
    first = replace(
        first,
        notice_on=AS_OF,
        listing_on=CLOCK.listing_on(AS_OF),
        transfer_on=CLOCK.transfer_on(AS_OF),
        result_on=CLOCK.result_on(AS_OF),
    )
    plan = Plan(
        as_of=AS_OF,
        status="feasible",
        transfers=(first, second),
        works=planned,
        unplanned=study.plan.unplanned,
        objective=2_000_000.0,
        bound=1_900_000.0,
        objectives=(
            ObjectiveValue(name="targets", value=0.0, bound=0.0, unit="ratio"),
            ObjectiveValue(name="supply", value=2_000_000.0, bound=1_900_000.0, unit="m2_day"),
        ),
    )
    assert plan.transfers
    return replace(study, problem=_problem(study, works), plan=plan)


def _problem(study: SmallStudy, works: tuple[Work, ...]) -> PlanningProblem:
    quotas = {year: YearlyQuota(year=year, quota_m2=20_000.0) for year in (2024, 2025)}
    return replace(
        study.problem,
        works=works,
        precedences=(Precedence(before="W1", work_id="W2"),),
        objectives=("targets", "supply"),
        demands=(
            NetLand(phase=1, ready_on={"P1": AS_OF}),
            NetLand(phase=2, ready_on={"P2": AS_OF}, gates={"P2": (Gate(kind="power", any_of=(("W1",),)),)}),
            CrewCapacity(crew_id="L", capacity=1, units={("W1", ""): 1}, title="电力队"),
            CrewCapacity(crew_id="R", capacity=2, units={("W2", ""): 1}, title="道路队"),
            *quotas.values(),
            Target(
                target_id="F1",
                measure="area_m2",
                amount=10_000.0,
                by_on=date(2024, 12, 31),
                values={"P1": 10_000.0, "P2": 10_000.0},
                title="某企业 <b>",
            ),
            CashLimit(
                opening_yuan=300 * WANYUAN,
                credit_yuan=500 * WANYUAN,
                costs={("W1", ""): (200 * WANYUAN, 300 * WANYUAN), ("W2", ""): (0.0, 100 * WANYUAN)},
                prices={"P1": 450 * WANYUAN, "P2": 450 * WANYUAN},
                as_of=AS_OF,
            ),
            Horizon(end_on=date(2025, 12, 31)),
        ),
    )
