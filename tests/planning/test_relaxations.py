"""The smallest relaxation of an infeasible problem: exactly this much is enough, and one step less is not."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from parcelplan.dates import is_working_day
from parcelplan.planning.conflicts.asking import any_plan
from parcelplan.planning.conflicts.conflict import conflicting_demands
from parcelplan.planning.conflicts.knobs import knobs_of
from parcelplan.planning.conflicts.relaxations import Relaxation, relaxation_text, smallest_relaxations
from parcelplan.planning.problem import (
    Absorption,
    BatchSize,
    BlackOut,
    Candidate,
    CashLimit,
    CrewCapacity,
    Demand,
    Gate,
    Horizon,
    ListingsPerMonth,
    Mode,
    NetLand,
    PhaseWindow,
    PlanningProblem,
    Target,
    Together,
    Work,
    WorkDeadline,
    YearlyQuota,
)
from parcelplan.planning.solve import has_plan
from parcelplan.units import from_mu
from tests.planning.builders import AS_OF, CLOCK, Case
from tests.planning.test_brute_force import cases


def problem_of(*demands: Demand, works: tuple[Work, ...] = (), areas_mu: tuple[float, ...] = (10, 10)):
    """Two parcels of 10 mu, net land from the start, in phase 1, and what is asked of them by the end of 2024."""
    candidates = tuple(
        Candidate(parcel_id="AB"[place], phase=1, area_m2=from_mu(mu), ready_on=AS_OF)
        for place, mu in enumerate(areas_mu)
    )
    known = {type(item) for item in demands}
    base = [NetLand(phase=1, ready_on={item.parcel_id: AS_OF for item in candidates})]
    base += [Horizon(end_on=date(2024, 12, 31))]
    return PlanningProblem(
        as_of=AS_OF,
        clock=CLOCK,
        candidates=candidates,
        demands=tuple(item for item in base if type(item) not in known) + demands,
        works=works,
    )


def found(problem: PlanningProblem, name: str, change: str) -> Relaxation:
    assert has_plan(problem, 20) is False
    made = smallest_relaxations(problem, [name], ask=any_plan, time_limit_s=60)
    return next(item for item in made if item.change == change)


def assert_exact(item: Relaxation, steps: int) -> None:
    assert (item.found, item.steps, item.too_few) == ("exact", steps, steps - 1)


def test_quota_by_mu() -> None:
    """20 mu in a year that has 13.5: 6.5 are missing, and mu are whole."""
    problem = problem_of(YearlyQuota(year=2024, quota_m2=from_mu(13.5)))
    assert_exact(found(problem, "quota 2024", "more"), 7)


def test_a_quota_that_later_years_take_over_from_grows_there_too() -> None:
    """2024 leaves what nobody could use by its end: half of it is carried into 2025."""
    before = YearlyQuota(year=2024, quota_m2=from_mu(2))
    after = YearlyQuota(year=2025, quota_m2=from_mu(9), before=before, carry_share=0.5)
    ready = NetLand(phase=1, ready_on={"A": date(2025, 1, 2)})
    problem = problem_of(before, after, ready, Horizon(end_on=date(2025, 12, 31)), areas_mu=(12,))
    assert_exact(found(problem, "quota 2024", "more"), 4)
    assert_exact(found(problem, "quota 2025", "more"), 2)


def test_listings_by_parcels_and_horizon_by_days() -> None:
    """One month until the horizon: the notice of 2 January leads to 1 February, the first of February to 4 March."""
    problem = problem_of(ListingsPerMonth(per_month=1), Horizon(end_on=date(2024, 2, 1)))
    assert_exact(found(problem, "listings", "more"), 1)
    assert_exact(
        found(problem, "horizon", "later"), (CLOCK.transfer_on(date(2024, 2, 1)) - date(2024, 2, 1)).days
    )


def test_window_and_net_land_by_days() -> None:
    last = date(2024, 3, 1)
    ready = NetLand(phase=1, ready_on={"A": date(2024, 3, 15), "B": AS_OF})
    problem = problem_of(ready, PhaseWindow(phase=1, latest_on=last))
    notice = max(day for day in _days(AS_OF, 60) if CLOCK.transfer_on(day) <= last)
    assert_exact(found(problem, "net_land 1", "earlier"), (date(2024, 3, 15) - notice).days)
    assert_exact(found(problem, "window 1", "later"), (CLOCK.transfer_on(date(2024, 3, 15)) - last).days)


def _days(first: date, count: int) -> list[date]:
    """Working days among so many from a day on."""
    return [day for k in range(count) if is_working_day(day := first + timedelta(days=k))]


def work(work_id: str, days: int, **more) -> Work:
    mode = Mode(duration_days=days, **more)
    return Work(work_id=work_id, modes=(mode,))


def test_crew_by_units_and_deadline_by_days() -> None:
    """Two works of 30 days that each hold one unit of one: the second ends on the 60th day."""
    works = (work("W1", 30, crews={"C": 1}), work("W2", 30, crews={"C": 1}))
    crew = CrewCapacity(crew_id="C", capacity=1, units={("W1", ""): 1, ("W2", ""): 1})
    by_on = AS_OF + timedelta(days=40)
    deadlines = tuple(WorkDeadline(work_id=name, on=by_on) for name in ("W1", "W2"))
    problem = problem_of(crew, *deadlines, works=works)
    assert_exact(found(problem, "crew C", "more"), 1)
    assert_exact(found(problem, "deadline W2", "later"), 59 - 40)


def test_credit_by_wanyuan() -> None:
    """A work of 300 in all against 120 at hand: 180 are missing; no income comes before it is due."""
    works = (work("W1", 30, cost_yuan=3e6),)
    money = CashLimit(
        opening_yuan=1.2e6, credit_yuan=0.0, costs={("W1", ""): (0.0, 3e6)}, prices={}, as_of=AS_OF
    )
    problem = problem_of(money, works=works)
    assert_exact(found(problem, "money", "more"), 180)


def test_target_by_days_and_by_mu() -> None:
    values = {"A": from_mu(10), "B": from_mu(10)}
    asked = Target(
        target_id="T",
        measure="area_m2",
        amount=from_mu(25),
        by_on=date(2024, 2, 1),
        values=values,
        binding=True,
    )
    problem = problem_of(asked)
    assert_exact(found(problem, "target T", "less"), 5)
    assert found(problem, "target T", "later").found == "never"
    early = replace(asked, amount=from_mu(15), by_on=date(2024, 1, 31))
    assert_exact(found(problem_of(early), "target T", "later"), 1)


def test_batches_absorption_and_black_outs() -> None:
    batch = BatchSize(as_of=AS_OF, min_m2=from_mu(12))
    apart = [
        NetLand(phase=1, ready_on={"A": AS_OF, "B": date(2024, 6, 3)}),
        PhaseWindow(phase=1, latest_on=date(2024, 7, 31)),
    ]
    problem = problem_of(replace(batch, min_m2=from_mu(23)), *apart)
    assert_exact(found(problem, "batch", "smaller"), 3)
    assert found(problem, "batch", "aside").found == "exact"
    market = problem_of(Absorption(per_quarter_m2=from_mu(8)))
    assert_exact(found(market, "absorption", "more"), 2)
    shut = BlackOut(from_on=date(2024, 1, 1), until_on=date(2024, 2, 20), as_of=AS_OF)
    dark = problem_of(shut, Horizon(end_on=date(2024, 3, 1)))
    notice = max(day for day in _days(AS_OF, 60) if CLOCK.transfer_on(day) <= date(2024, 3, 1))
    assert_exact(found(dark, "blackout 2024-01-01", "shorter"), (date(2024, 2, 20) - notice).days)


def test_what_is_given_up_as_a_whole() -> None:
    ready = NetLand(phase=1, ready_on={"A": AS_OF, "B": date(2024, 11, 1)})
    target = Target(
        target_id="T",
        measure="area_m2",
        amount=1.0,
        by_on=date(2024, 3, 1),
        values={"A": 7000.0},
        binding=True,
    )
    problem = problem_of(ready, target, Together(parcel_ids=("A", "B")))
    assert found(problem, "together A;B", "aside").found == "exact"


def test_another_conflict_makes_a_change_of_one_useless() -> None:
    quotas = [YearlyQuota(year=2024, quota_m2=from_mu(5)), ListingsPerMonth(per_month=1)]
    problem = problem_of(*quotas, Horizon(end_on=date(2024, 2, 1)))
    assert found(problem, "quota 2024", "more").found == "never"
    assert found(problem, "listings", "more").found == "never"


def test_gates_of_works_are_eased_by_days() -> None:
    """A work of 100 days before a gate, and a window that ends on day 90 of the transfer."""
    ready = NetLand(phase=1, ready_on={"A": AS_OF}, gates={"A": (Gate(kind="power", any_of=(("W1",),)),)})
    last = date(2024, 4, 1)
    problem = problem_of(
        ready, PhaseWindow(phase=1, latest_on=last), works=(work("W1", 100),), areas_mu=(10,)
    )
    notice = max(day for day in _days(AS_OF, 90) if CLOCK.transfer_on(day) <= last)
    free_on = AS_OF + timedelta(days=100)
    assert_exact(found(problem, "net_land 1", "earlier"), (free_on - notice).days)


def test_time_that_ran_out_is_owned_up_to() -> None:
    """Nobody answers below 12 steps: 12 are enough, fewer may be."""
    problem = problem_of(YearlyQuota(year=2024, quota_m2=from_mu(13)))

    def ask(changed: PlanningProblem, _seconds: float) -> bool | None:
        missing = changed.quotas_m2()[2024] - from_mu(13)
        return True if missing >= from_mu(11.9) else None

    (item,) = smallest_relaxations(problem, ["quota 2024"], ask=ask, time_limit_s=60)
    assert (item.found, item.steps, item.too_few) == ("at_most", 12, 0)
    (item,) = smallest_relaxations(problem, ["quota 2024"], ask=lambda _p, _s: None, time_limit_s=60)
    assert (item.found, item.steps) == ("unknown", None)


@settings(max_examples=40)
@given(made=cases(), place=st.integers(0, 9))
def test_exactly_this_much_and_not_one_step_less(made: Case, place: int) -> None:
    problem = made.problem()
    assume(has_plan(problem, 20) is False)
    conflict = conflicting_demands(problem, ask=has_plan, time_limit_s=60).names
    name = conflict[place % len(conflict)]
    for knob in knobs_of(problem, name):
        made_by = smallest_relaxations(problem, [name], ask=any_plan, time_limit_s=60)
        item = next(other for other in made_by if other.change == knob.change)
        assert item.found in {"exact", "never"}
        if item.steps is None:
            assert has_plan(knob.turned(knob.most), 20) is False
        else:
            assert has_plan(knob.turned(item.steps), 20) is True
            assert item.steps == 1 or has_plan(knob.turned(item.steps - 1), 20) is False


@pytest.mark.parametrize(
    ("item", "english", "chinese"),
    [
        (
            ("more", "mu", "exact", 7),
            "7 mu more is enough, and nothing less is",
            "增加 7 亩即可，少一点都不行",
        ),
        (("more", "mu", "at_most", 7), "7 mu more is enough; whether less", "增加 7 亩就够了"),
        (("more", "mu", "between", 9), "7 mu was proved not to be", "7 亩已证明不够"),
        (("more", "mu", "never", None), "more alone is not enough", "只增加，改多少都不行"),
        (("more", "mu", "unknown", None), "more alone would do was not found", "只增加行不行"),
        (("aside", "aside", "exact", 1), "giving it up is enough", "不作此要求即可"),
        (("aside", "aside", "never", None), "giving it up is not enough", "不作此要求也不行"),
    ],
)
def test_in_words(item, english, chinese) -> None:
    problem = problem_of(YearlyQuota(year=2024, quota_m2=from_mu(13)))
    change, unit, how, steps = item
    between = how == "between"
    how, too_few = ("at_most", 7) if between else (how, 0)
    made = Relaxation(name="quota 2024", change=change, unit=unit, found=how, steps=steps, too_few=too_few)
    assert english in relaxation_text(made, problem, "en")
    assert chinese in relaxation_text(made, problem, "zh")
