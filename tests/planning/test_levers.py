"""What would move a date: levers of the right size, pulled by planning anew, and honest about what was proved."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from parcelplan.plan import ObjectiveValue, Plan
from parcelplan.planning import gains as gains_module
from parcelplan.planning import solve
from parcelplan.planning.gains import Gain, gain_record, gain_text, lever_text, levers
from parcelplan.planning.levers import Sizes, find_levers, shorter, shorter_lead
from parcelplan.planning.problem import (
    Absorption,
    BatchSize,
    BlackOut,
    CashLimit,
    Closure,
    CrewCapacity,
    Gate,
    ListingsPerMonth,
    NetLand,
    OccupancyTrigger,
    PhaseOrder,
    PhaseWindow,
    PlanningProblem,
    Precedence,
    Together,
    WorkCalendar,
    YearlyQuota,
)
from parcelplan.units import from_mu
from tests.planning.builders import AS_OF
from tests.planning.test_chain import later, problem_of, solved, work


def named(problem: PlanningProblem, plan: Plan, parcel_id: str | None = None) -> dict[tuple[str, str], int]:
    return {(item.kind, item.subject): item.amount for item in find_levers(problem, plan, parcel_id)}


def found(problem: PlanningProblem, plan: Plan, parcel_id: str | None = None) -> dict[tuple[str, str], Gain]:
    made = levers(problem, plan, parcel_id, time_limit_s=20)
    return {(item.lever.kind, item.lever.subject): item for item in made}


def test_works_and_crews_of_the_chain() -> None:
    """W1 (40 days) and W2 (50) share a crew of one: W2 waits for W1, and 1B for W2."""
    crew = CrewCapacity(crew_id="C", capacity=1, units={("W1", ""): 1, ("W2", ""): 1})
    works = (work("W1", 40, {"C": 1}), work("W2", 50, {"C": 1}))
    problem = problem_of(crew, gates={"1A": (("W1",),), "1B": (("W2",),)}, works=works)
    plan = solved(problem)
    assert named(problem, plan, "1B") == {("work", "W2"): 30, ("crew", "C"): 1, ("work", "W1"): 30}
    by = found(problem, plan, "1B")
    assert {item.found for item in by.values()} == {"exact"}
    one = by["crew", "C"]
    assert (one.earlier, one.later) == (1, 0)
    # W2 ends on day 50 instead of 90: 21 February instead of 1 April, each a working day with its transfer behind it.
    clock = problem.clock
    days = (clock.transfer_on(date(2024, 4, 1)) - clock.transfer_on(date(2024, 2, 21))).days
    assert plan.transfer("1B").notice_on == date(2024, 4, 1)
    assert one.parcel_days == days
    assert one.mean_days == pytest.approx(days)
    assert one.earlier_m2 == pytest.approx(from_mu(10))
    assert one.before - one.after == pytest.approx(from_mu(10) * days)


def test_the_largest_gain_comes_first_and_nothing_is_said_where_it_is_proved() -> None:
    """1A waits for two works of 60 days: one of them shorter alone brings nothing. 1B waits for 40 days of its own."""
    problem = problem_of(
        gates={"1A": (("W1", "W2"),), "1B": (("W3",),)},
        works=(work("W1", 60), work("W2", 60), work("W3", 40)),
    )
    plan = solved(problem)
    made = levers(problem, plan, time_limit_s=20)
    assert [(item.lever.subject, item.found) for item in made] == [("W3", "exact"), ("W2", "nothing")]
    assert "brings nothing (proved)" in gain_text(made[1], problem, "en")
    assert "没有作用（已证明）" in gain_text(made[1], problem, "zh")


def test_a_quota_is_raised_by_what_the_parcel_lacks() -> None:
    """15 mu for two parcels of 10: 5 are lacking, and 10 are the least that is tried."""
    quota = YearlyQuota(year=2024, quota_m2=from_mu(15))
    problem = problem_of(quota, gates={"1A": (), "1B": ()}, works=())
    plan = solved(problem)
    waiting = next(item.parcel_id for item in plan.transfers if item.waited_for.kind == "quota")
    assert named(problem, plan, waiting)["quota", "2024"] == 10
    wide = tuple(replace(item, area_m2=from_mu(40)) for item in problem.candidates)
    wide_quota = replace(quota, quota_m2=from_mu(52))
    larger = replace(problem, candidates=wide, demands=(*problem.without("quota 2024").demands, wide_quota))
    plan = solved(larger)
    waiting = next(item.parcel_id for item in plan.transfers if item.waited_for.kind == "quota")
    assert named(larger, plan, waiting)["quota", "2024"] == 28
    one = found(larger, plan, waiting)["quota", "2024"]
    assert one.found == "exact"
    assert one.parcel_days > 300
    assert "28 mu more" in lever_text(one.lever, larger, "en")


def test_the_bureau_s_levers() -> None:
    shut = BlackOut(from_on=AS_OF, until_on=date(2024, 2, 1), as_of=AS_OF)
    dark = problem_of(shut, gates={"1A": ()}, works=())
    assert ("blackout", str(AS_OF)) in named(dark, solved(dark), "1A")
    window = problem_of(PhaseWindow(phase=1, earliest_on=date(2024, 6, 3)), gates={"1A": ()}, works=())
    assert named(window, solved(window), "1A") == {("window", "1"): 30}
    one = found(window, solved(window), "1A")["window", "1"]
    assert 25 <= one.parcel_days <= 35
    order = problem_of(PhaseOrder(), gates={"1A": (("W1",),), "2B": ()}, works=(work("W1", 60),))
    by = found(order, solved(order), "2B")
    assert by["phase_order", "1"].parcel_days > by["work", "W1"].parcel_days > 0
    listings = problem_of(ListingsPerMonth(per_month=1), gates={"1A": (), "1B": ()}, works=())
    plan = solved(listings)
    waiting = next(item.parcel_id for item in plan.transfers if item.waited_for.kind == "listings")
    assert found(listings, plan, waiting)["listings", "2024-01"].parcel_days > 0
    market = problem_of(Absorption(per_quarter_m2=from_mu(12)), gates={"1A": (), "1B": ()}, works=())
    plan = solved(market)
    waiting = next(item.parcel_id for item in plan.transfers if item.waited_for.kind == "absorption")
    assert named(market, plan, waiting)["absorption", "2024-Q1"] == 10
    trigger = OccupancyTrigger(phase=2, needed_m2=from_mu(10), of_phases=(1,), occupied_after_days=30)
    wait = problem_of(trigger, gates={"1A": (), "2B": ()}, works=())
    assert named(wait, solved(wait), "2B")["trigger", "1"] == 1
    group = problem_of(
        Together(parcel_ids=("1A", "1B")), gates={"1A": (), "1B": (("W1",),)}, works=(work("W1", 60),)
    )
    assert found(group, solved(group), "1A")["together", "1B"].parcel_days > 0
    batch = problem_of(
        BatchSize(as_of=AS_OF, min_m2=from_mu(15)),
        gates={"1A": (), "1B": (("W1",),)},
        works=(work("W1", 20),),
    )
    assert any(kind == "batch" for kind, _ in named(batch, solved(batch), "1A"))


def test_calendars_leads_earliest_starts_and_credit() -> None:
    flood = Closure(from_on=later(0), until_on=later(60))
    river = WorkCalendar(calendar_id="river", closures=(flood,))
    closed = problem_of(
        gates={"1A": (("W1",),)}, works=(work("W1", 10, calendar_id="river"),), calendars=(river,)
    )
    by = found(closed, solved(closed), "1A")
    assert by["calendar", "river"].parcel_days > 20
    lead = problem_of(gates={"1A": (("W1",),)}, works=(work("W1", 10),))
    slow = tuple(
        replace(item, gates={"1A": (Gate(kind="power", any_of=(("W1",),), lag_days=45),)})
        if isinstance(item, NetLand)
        else item
        for item in lead.demands
    )
    lead = replace(lead, demands=slow)
    assert found(lead, solved(lead), "1A")["lead", "power"].parcel_days > 20
    late = problem_of(gates={"1A": (("W1",),)}, works=(work("W1", 10, earliest_start_on=later(60)),))
    assert found(late, solved(late), "1A")["earliest_start", "W1"].parcel_days > 20
    money = CashLimit(
        opening_yuan=0.0,
        credit_yuan=0.0,
        costs={("W1", ""): (5.2e6, 0.0)},
        prices={"1A": 6e6},
        terms=((1.0, 0),),
        as_of=AS_OF,
    )
    poor = problem_of(money, gates={"1A": (), "1B": (("W1",),)}, works=(work("W1", 10, cost_yuan=5.2e6),))
    gain = found(poor, solved(poor), "1B")["money", ""]
    assert (gain.lever.amount, gain.lever.unit) == (600, "wanyuan")
    assert gain.parcel_days > 40


def test_the_whole_plan_pulls_first_at_what_holds_most_land() -> None:
    works = (work("W1", 50), work("W2", 70), work("W3", 30))
    problem = problem_of(
        gates={"1A": (("W1",),), "1B": (("W1",),), "1C": (("W2",),)},
        works=works,
        precedences=(Precedence(before="W3", work_id="W1"),),
    )
    plan = solved(problem)
    found_now = find_levers(problem, plan)
    assert [item.subject for item in found_now] == ["W1", "W3", "W2"]
    assert len(find_levers(problem, plan, most=2)) == 2
    assert find_levers(problem, plan, sizes=Sizes(days=7))[0].amount == 7


def test_work_in_progress_is_shortened_and_finished_work_is_not() -> None:
    fixed = replace(work("W1", 30), fixed=(AS_OF, later(29)))
    problem = problem_of(gates={"1A": (("W1",),)}, works=(fixed,))
    assert named(problem, solved(problem), "1A") == {}
    one = replace(work("W2", 20), not_before_on=later(40))
    less = shorter(one, 30)
    assert less.modes[0].duration_days == 1
    assert less.not_before_on == later(10)
    eased = shorter_lead(problem, "power", 30)
    assert eased.demands[0].gates["1A"][0].lag_days == 0


@pytest.fixture
def pulled(monkeypatch: pytest.MonkeyPatch):
    """Gains where the searches answer what they are told, and the problem and plan asked about."""
    problem = problem_of(gates={"1A": (("W1",),)}, works=(work("W1", 60),))
    plan = solved(problem)

    def with_value(status: str, less: float, days: int) -> Plan:
        item = plan.transfers[0]
        moved = replace(item, transfer_on=item.transfer_on - timedelta(days=days))
        value = plan.objective - less
        objectives = (ObjectiveValue(name="supply", value=value),)
        return replace(plan, status=status, objective=value, objectives=objectives, transfers=(moved,))

    def answer(*answers: tuple[str, float, int], base: Plan = plan) -> list[Gain]:
        left = [with_value(*item) for item in answers]
        monkeypatch.setattr(gains_module, "solve", lambda *_given, **_how: left.pop(0))
        return levers(problem, base, "1A", time_limit_s=1)

    return problem, plan, answer


def test_a_gain_that_is_not_proved_says_so(pulled) -> None:
    problem, _plan, answer = pulled
    (gain,) = answer(("feasible", 5e4, 7))
    assert (gain.found, gain.parcel_days) == ("at_least", 7)
    assert "at least that much is gained" in gain_text(gain, problem, "en")
    assert "至少能有的收益" in gain_text(gain, problem, "zh")
    (gain,) = answer(("feasible", 0.0, 3))
    assert (gain.found, gain.parcel_days, gain.earlier) == ("unknown", 0, 0)
    assert "nor proved" in gain_text(gain, problem, "en")
    (gain,) = answer(("optimal", 0.0, 3))
    assert (gain.found, gain.parcel_days) == ("nothing", 0)
    (gain,) = answer(("no_solution_yet", -1e9, 0))
    assert gain.found == "unknown"


def test_a_plan_not_proved_best_is_searched_on_before_levers_are_praised(pulled) -> None:
    problem, plan, answer = pulled
    rough = replace(plan, status="feasible")
    (gain,) = answer(("feasible", 4e4, 5), ("feasible", 5e4, 7), base=rough)
    assert gain.found == "compared"
    assert gain.parcel_days == 2
    assert gain.before - gain.after == pytest.approx(1e4)
    assert "not proved best" in gain_text(gain, problem, "en")
    (gain,) = answer(("optimal", 4e4, 5), ("optimal", 4e4, 5), base=rough)
    assert gain.found == "nothing"
    record = gain_record(gain, problem, "zh")
    assert record["found"] == "nothing"
    assert record["amount"] == 30
    assert record["text"].startswith("任务 W1")


def test_progress_is_told() -> None:
    problem = problem_of(gates={"1A": (("W1",),)}, works=(work("W1", 60),))
    seen: list[tuple[int, int, str]] = []
    levers(
        problem,
        solved(problem),
        time_limit_s=5,
        on_lever=lambda number, count, lever: seen.append((number, count, lever.kind if lever else "")),
    )
    assert seen == [(1, 1, "work")]


def test_what_a_lever_gives_is_what_a_plan_of_the_changed_problem_has() -> None:
    problem = problem_of(PhaseOrder(), gates={"1A": (("W1",),), "2B": ()}, works=(work("W1", 60),))
    plan = solved(problem)
    gain = found(problem, plan, "2B")["work", "W1"]
    again = solve(gain.lever.turned(), time_limit_s=20, seed=5)
    assert again.objective == pytest.approx(gain.after)
    days = (plan.transfer("2B").transfer_on - again.transfer("2B").transfer_on).days
    assert days == gain.parcel_days
