"""A plan at once: it holds all demands, whatever kind they are, and is worth what its plan says."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from parcelplan.plan import Plan
from parcelplan.planning.draft import Draft, objective_values, to_plan
from parcelplan.planning.heuristic import construct
from parcelplan.planning.heuristic.construct import first_draft
from parcelplan.planning.heuristic.layout import Layout
from parcelplan.planning.heuristic.score import score
from parcelplan.planning.heuristic.selling import tighten
from parcelplan.planning.problem import (
    UNITS,
    Absorption,
    BatchSize,
    BlackOut,
    Candidate,
    CashLimit,
    Closure,
    CrewCapacity,
    Demand,
    Gate,
    Horizon,
    ListingsPerMonth,
    Mode,
    NetLand,
    OccupancyTrigger,
    PhaseOrder,
    PhaseWindow,
    PlanningProblem,
    Precedence,
    Split,
    Target,
    Together,
    Work,
    WorkCalendar,
    WorkDeadline,
    YearlyQuota,
)
from parcelplan.planning.timeline import lay_timeline
from tests.planning.builders import AS_OF, CLOCK
from tests.planning.random_plans import random_plan

END = date(2027, 12, 31)
SEEDS = range(30)


@pytest.fixture(autouse=True)
def _in_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(construct, "TIME_S", 0.1)


def town(
    *demands: Demand, gates: dict[str, tuple[Gate, ...]] | None = None, **more: object
) -> PlanningProblem:
    """Six parcels of one hectare to six in two phases, the first of which waits for a road and a line."""
    works = (
        Work(
            work_id="road", modes=(Mode(duration_days=90, crews={"C": 1}, cost_yuan=4e6, paid_at_start=0.5),)
        ),
        Work(work_id="line", modes=(Mode(duration_days=60, crews={"C": 1}, cost_yuan=6e6),)),
    )
    candidates = tuple(
        Candidate(parcel_id=f"P{k}", phase=1 + k // 3, area_m2=10_000.0 * (k + 1), ready_on=AS_OF)
        for k in range(6)
    )
    given = gates or {
        "P0": (Gate(kind="access", any_of=(("road",),)),),
        "P1": (Gate(kind="line", any_of=(("line",),), lag_days=10),),
    }
    land = [
        NetLand(
            phase=phase,
            ready_on={item.parcel_id: AS_OF for item in candidates if item.phase == phase},
            gates={
                item.parcel_id: given[item.parcel_id]
                for item in candidates
                if item.parcel_id in given and item.phase == phase
            },
        )
        for phase in (1, 2)
    ]
    crew = CrewCapacity(crew_id="C", capacity=1, units={("road", ""): 1, ("line", ""): 1})
    base = PlanningProblem(
        as_of=AS_OF,
        clock=CLOCK,
        candidates=candidates,
        works=works,
        demands=(*land, crew, *demands, Horizon(end_on=END)),
    )
    return replace(base, **more)


def planned(problem: PlanningProblem) -> tuple[Draft, Plan]:
    timeline = lay_timeline(problem)
    draft = first_draft(timeline)
    assert draft is not None
    plan = to_plan(timeline, draft)
    assert [item.message() for item in problem.violations(plan)] == []
    return draft, plan


QUOTA_2024 = YearlyQuota(year=2024, quota_m2=60_000.0)
MONEY = CashLimit(
    opening_yuan=5e6,
    credit_yuan=1e6,
    costs={("road", ""): (2e6, 2e6), ("line", ""): (0.0, 6e6)},
    prices={f"P{k}": 1e6 * (k + 1) for k in range(6)},
    terms=((0.5, 1), (0.5, 4)),
    as_of=AS_OF,
)
DEMANDS: dict[str, tuple[Demand, ...]] = {
    "nothing": (),
    "listings": (ListingsPerMonth(per_month=1),),
    "quota with carry": (
        QUOTA_2024,
        YearlyQuota(year=2025, quota_m2=90_000.0, before=QUOTA_2024, carry_share=0.5),
        ListingsPerMonth(per_month=2),
    ),
    "absorption": (Absorption(per_quarter_m2=60_000.0),),
    "order": (PhaseOrder(),),
    "windows": (PhaseWindow(phase=2, earliest_on=date(2025, 1, 1), latest_on=date(2025, 6, 30)),),
    "trigger": (OccupancyTrigger(phase=2, needed_m2=50_000.0, of_phases=(1,), occupied_after_days=60),),
    "black-out": (BlackOut(from_on=date(2024, 1, 10), until_on=date(2024, 3, 1), as_of=AS_OF),),
    "neighbours": (Together(parcel_ids=("P0", "P1", "P4")),),
    "batches": (BatchSize(as_of=AS_OF, min_m2=30_000.0, max_m2=120_000.0),),
    "deadline": (WorkDeadline(work_id="line", on=AS_OF + timedelta(days=59)),),
    "money": (MONEY,),
    "target": (
        Target(
            target_id="T",
            measure="area_m2",
            amount=30_000.0,
            by_on=date(2024, 7, 15),
            binding=True,
            values={"P0": 10_000.0, "P1": 20_000.0},
        ),
    ),
}


@pytest.mark.parametrize("name", DEMANDS)
def test_a_plan_at_once_under_each_kind_of_demand(name: str):
    planned(town(*DEMANDS[name]))


def test_a_plan_at_once_under_most_of_them_together():
    names = ("listings", "quota with carry", "order", "black-out", "money", "absorption")
    planned(town(*(demand for name in names for demand in DEMANDS[name])))


def test_money_that_is_not_there_is_waited_for():
    problem = town(MONEY)
    _, plan = planned(problem)
    _, rich = planned(replace(problem, demands=tuple(item for item in problem.demands if item is not MONEY)))
    ends = [max(item.ends_on for item in one.works) for one in (plan, rich)]
    assert ends[0] > ends[1]


def test_the_work_that_frees_more_land_for_its_days_goes_first():
    gates = {
        "P0": (Gate(kind="access", any_of=(("road",),)),),
        "P5": (Gate(kind="line", any_of=(("line",),)),),
    }
    _, plan = planned(town(gates=gates))
    assert plan.work("line").start_on == AS_OF
    assert plan.work("road").start_on == AS_OF + timedelta(days=60)


def test_one_of_two_ways_round_is_enough():
    gates = {"P0": (Gate(kind="access", any_of=(("road",), ("line",))),)}
    _, plan = planned(town(gates=gates))
    assert plan.transfer("P0").notice_on == date(2024, 3, 4)


def test_the_cheap_way_is_not_taken_where_it_costs_land():
    modes = (Mode(name="cable", duration_days=60), Mode(name="move", duration_days=30))
    problem = town()
    works = (problem.works[0], replace(problem.works[1], modes=modes))
    lost = replace(problem.candidates[5], excluded_by=(("line", "move"),))
    problem = replace(problem, works=works, candidates=(*problem.candidates[:5], lost))
    draft, _ = planned(problem)
    assert draft.works["line"][0] == 0
    cheap = tuple(replace(mode, cost_yuan=cost) for mode, cost in zip(modes, (9e6, 1e6), strict=True))
    thrifty = replace(
        problem, works=(works[0], replace(works[1], modes=cheap)), objectives=("cost", "supply")
    )
    draft, plan = planned(thrifty)
    assert draft.works["line"][0] == 1
    assert plan.transfer("P5") is None


def test_a_parcel_is_sold_in_pieces_where_that_is_sooner():
    problem = town()
    pieces = tuple(
        Candidate(parcel_id=f"P0-{k}", phase=1, area_m2=area, ready_on=AS_OF, part_of="P0")
        for k, area in enumerate((8_000.0, 2_000.0))
    )
    problem = replace(
        problem,
        candidates=(*problem.candidates, *pieces),
        demands=(*problem.demands, Split(parcel_id="P0", pieces=("P0-0", "P0-1"))),
    )
    draft, _ = planned(problem)
    assert "P0" not in draft.notices
    assert {"P0-0", "P0-1"} <= draft.notices.keys()


def test_what_has_happened_stands():
    problem = town(ListingsPerMonth(per_month=1))
    fixed = replace(problem.candidates[0], fixed_notice_on=date(2023, 12, 20))
    going_on = replace(problem.works[0], started_on=date(2023, 11, 1))
    done = replace(problem.works[1], fixed=(date(2023, 10, 1), date(2023, 12, 1)))
    problem = replace(problem, candidates=(fixed, *problem.candidates[1:]), works=(going_on, done))
    _, plan = planned(problem)
    assert plan.transfer("P0").notice_on == date(2023, 12, 20)
    assert plan.work("road").start_on == AS_OF


def test_works_wait_for_their_season():
    dry = WorkCalendar(
        calendar_id="dry",
        interruptible=False,
        closures=(Closure(from_on=date(2024, 1, 1), until_on=date(2024, 3, 1)),),
    )
    problem = town()
    works = (replace(problem.works[0], calendar_id="dry"), problem.works[1])
    _, plan = planned(
        replace(
            problem,
            works=works,
            calendars=(dry,),
            precedences=(Precedence(before="line", work_id="road", lag_days=5),),
        )
    )
    assert plan.work("road").start_on == date(2024, 3, 7)


def test_no_draft_where_there_is_no_plan():
    assert first_draft(lay_timeline(town(Horizon(end_on=date(2024, 2, 1))))) is None


def test_dates_that_are_meant_are_waited_for():
    on = date(2024, 9, 2)
    problem = town(
        objectives=("fixed_dates", "supply"),
        fixed_transfers={"P2": CLOCK.transfer_on(on)},
        fixed_works={"line": date(2024, 8, 30)},
    )
    _, plan = planned(problem)
    assert plan.transfer("P2").notice_on == on
    assert plan.work("line").ends_on == date(2024, 8, 30)


def in_a_circle(problem: PlanningProblem) -> bool:
    layout = Layout(timeline=lay_timeline(problem))
    return len(layout.in_turn) < len(layout.works)


STRAIGHT = [seed for seed in SEEDS if not in_a_circle(random_plan(seed)[0])]


def test_works_in_a_circle_have_no_draft():
    problem = town()
    circle = (Precedence(before="line", work_id="road"), Precedence(before="road", work_id="line"))
    assert first_draft(lay_timeline(replace(problem, precedences=circle))) is None


@pytest.mark.parametrize("seed", STRAIGHT)
def test_what_is_found_at_once_holds_all_demands(seed: int):
    problem, _ = random_plan(seed)
    problem = replace(problem, objectives=tuple(UNITS))
    timeline = lay_timeline(problem)
    draft = first_draft(timeline)
    if draft is None:
        return
    plan = to_plan(timeline, draft)
    assert [item.message() for item in problem.violations(plan)] == []
    values = objective_values(problem, plan)
    assert score(Layout(timeline=timeline), draft) == pytest.approx(tuple(values[name] for name in UNITS))


def test_a_plan_is_found_for_most_tight_problems():
    found = sum(first_draft(lay_timeline(random_plan(seed)[0])) is not None for seed in STRAIGHT)
    assert found >= 0.6 * len(STRAIGHT)


@pytest.mark.parametrize("seed", STRAIGHT)
def test_tightening_keeps_what_holds_and_is_never_worse(seed: int):
    problem, plan = random_plan(seed)
    timeline = lay_timeline(problem)
    draft = Draft(
        works={item.work_id: (0, timeline.offset(item.start_on)) for item in plan.works},
        notices={item.parcel_id: timeline.days.at_or_after(item.notice_on) for item in plan.transfers},
    )
    tight = tighten(timeline, draft)
    after = to_plan(timeline, tight)
    assert [item.message() for item in problem.violations(after)] == []
    assert after.objective <= to_plan(timeline, draft).objective
    assert tighten(timeline, tight) == tight


def test_tightening_makes_no_further_batch():
    problem = town(objectives=("batches", "supply"))
    timeline = lay_timeline(problem)
    works = {"road": (0, 0), "line": (0, 90)}
    at = timeline.days.at_or_after
    june = at(date(2024, 6, 20))
    march = at(date(2024, 3, 11))
    notices = {f"P{k}": june for k in range(5)} | {"P5": march}
    before = to_plan(timeline, Draft(works=works, notices=notices))
    after = to_plan(timeline, tighten(timeline, Draft(works=works, notices=notices)))
    assert not problem.violations(before)
    assert before.objectives[0].value == 3.0
    assert after.objectives[0].value <= 3.0
    assert after.objectives[1].value < before.objectives[1].value
