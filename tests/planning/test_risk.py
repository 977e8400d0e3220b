"""Risk: known percentiles, runs that keep the plan's rules, and the same runs done again in plain Python."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from parcelplan.checks.money_checks import balances
from parcelplan.dates import StatutoryClock, working_day_from
from parcelplan.plan import Plan, PlannedTransfer, PlannedWork, Unplanned
from parcelplan.planning.problem import (
    Candidate,
    CashLimit,
    CrewCapacity,
    Gate,
    Horizon,
    ListingsPerMonth,
    Mode,
    NetLand,
    OccupancyTrigger,
    PhaseOrder,
    PlanningProblem,
    Precedence,
    Target,
    Work,
    WorkDeadline,
)
from parcelplan.planning.risk import assess_risk
from parcelplan.planning.risk.drivers import rank_correlation
from parcelplan.planning.risk.estimates import Estimate, draw_durations, read_estimates
from parcelplan.planning.risk.money import lowest_balances
from parcelplan.planning.risk.running import lay_network
from parcelplan.planning.risk.sequence import find_sequence
from tests.planning.random_plans import random_plan
from tests.planning.risk_runs import OneRun, as_plan, uncertain, with_durations

MAY_BE_MISSED = {
    "plan_check.after_horizon",
    "plan_check.outside_window",
    "plan_check.overdrawn",
    "plan_check.target_missed_area",
    "work_check.after_deadline",
}
SEEDS = range(60)
AS_OF = date(2024, 1, 2)
CLOCK = StatutoryClock(notice_days=20, listing_days=10, result_working_days=10)


# --- the same runs, in loops and held by the checks


def runs_of(seed: int, runs: int) -> Any:
    problem, plan = random_plan(seed)
    problem = uncertain(problem, seed)
    estimates, _ = read_estimates(problem, plan)
    network = lay_network(problem, plan, estimates)
    drawn = draw_durations(estimates, runs=runs, seed=seed, shape="pert")
    works = network.works.run(drawn)
    return problem, plan, network, drawn, works, network.run(works.free)


def days_of(plan: Plan, drawn: np.ndarray, column: int) -> dict[str, int]:
    return {item.work_id: int(days) for item, days in zip(plan.works, drawn[:, column], strict=True)}


def written(plan: Plan, network: Any, works: Any, land: Any, column: int) -> tuple[Mapping, Mapping]:
    """First days of works and days after their ends, and notices, as dates."""
    dates = network.days.dates()
    spans = {
        item.work_id: (dates[works.start[k, column]], dates[works.free[k, column]])
        for k, item in enumerate(plan.works)
    }
    notices = land.notice[network.unit_of, column]
    return spans, {item.parcel_id: dates[k] for item, k in zip(plan.transfers, notices, strict=True)}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_run_is_what_plain_loops_make_of_the_same_rules(seed: int) -> None:
    problem, plan, network, drawn, works, land = runs_of(seed, 3)
    loops = OneRun(problem, plan)
    for column in range(3):
        spans, notices = written(plan, network, works, land, column)
        assert loops.spans(days_of(plan, drawn, column)) == spans
        assert loops.notices({name: span[1] for name, span in spans.items()}) == notices


@pytest.mark.parametrize("seed", SEEDS)
def test_a_run_keeps_every_demand_but_those_that_only_time_can_break(seed: int) -> None:
    problem, plan, network, drawn, works, land = runs_of(seed, 3)
    for column in range(3):
        run = as_plan(plan, problem, *written(plan, network, works, land, column))
        broken = with_durations(problem, plan, days_of(plan, drawn, column)).violations(run)
        assert {item.code for item in broken} <= MAY_BE_MISSED


@pytest.mark.parametrize("seed", range(120))
def test_with_every_work_at_its_likely_duration_the_run_is_the_plan(seed: int) -> None:
    problem, plan = random_plan(seed)
    estimates, _ = read_estimates(problem, plan)
    network = lay_network(problem, plan, estimates)
    works = network.works.run(draw_durations(estimates, runs=1, seed=1, shape="pert"))
    spans, notices = written(plan, network, works, network.run(works.free), 0)
    assert spans == {item.work_id: (item.start_on, item.free_on) for item in plan.works}
    assert notices == {item.parcel_id: item.notice_on for item in plan.transfers}


@pytest.mark.parametrize("seed", [seed for seed in SEEDS if random_plan(seed)[0].of(CashLimit)])
def test_balances_of_a_run_are_those_that_the_checks_reckon(seed: int) -> None:
    problem, plan, network, _drawn, works, land = runs_of(seed, 3)
    (limit,) = problem.of(CashLimit)
    lowest = lowest_balances(network, works, land, limit)
    for column in range(3):
        run = as_plan(plan, problem, *written(plan, network, works, land, column))
        known = [row.balance_yuan for row in balances(run, limit)]
        assert lowest[: len(known), column] == pytest.approx(known)
        assert set(np.round(lowest[len(known) :, column])) <= {np.round(lowest[len(known), column])}


# --- small cases known by hand


def work(work_id: str, *days: int, **kwargs: Any) -> Work:
    low, likely, high = days if len(days) == 3 else (None, days[0], None)
    mode = Mode(
        duration_days=likely, optimistic_days=low, pessimistic_days=high, crews=kwargs.pop("crews", {})
    )
    return Work(work_id=work_id, modes=(mode,), **kwargs)


def laid(
    works: list[Work],
    gates: dict[str, tuple[str, ...]],
    *,
    starts: Mapping[str, int] | None = None,
    demands: tuple = (),
    phases: Mapping[str, int] | None = None,
    **kwargs: Any,
) -> tuple[PlanningProblem, Plan]:
    """Works from given days on, and parcels of 1000 m² that go on notice as soon as their works have ended."""
    starts, phases = starts or {}, phases or {}
    planned = []
    for item in works:
        start_on = AS_OF + timedelta(days=starts.get(item.work_id, 0))
        ends_on = start_on + timedelta(days=item.modes[0].duration_days - 1)
        planned.append(
            PlannedWork(work_id=item.work_id, start_on=start_on, ends_on=ends_on, crews=item.modes[0].crews)
        )
    free = {item.work_id: item.free_on for item in planned}
    transfers, candidates = [], []
    last = AS_OF
    for parcel, names in gates.items():
        ready_on = max([AS_OF, *(free[name] for name in names)])
        phase = phases.get(parcel, 1)
        notice_on = working_day_from(max(ready_on, last) if phases else ready_on)
        last = notice_on
        candidates.append(Candidate(parcel_id=parcel, phase=phase, area_m2=1000.0, ready_on=AS_OF))
        transfers.append(
            PlannedTransfer(
                parcel_id=parcel,
                phase=phase,
                batch=f"{phase}-1",
                area_m2=1000.0,
                ready_on=ready_on,
                notice_on=notice_on,
                listing_on=CLOCK.listing_on(notice_on),
                transfer_on=CLOCK.transfer_on(notice_on),
                result_on=CLOCK.result_on(notice_on),
            )
        )
    net_land = NetLand(
        phase=1,
        ready_on=dict.fromkeys(gates, AS_OF),
        gates={parcel: (Gate(kind="power", any_of=(names,)),) for parcel, names in gates.items() if names},
    )
    problem = PlanningProblem(
        as_of=AS_OF,
        clock=CLOCK,
        candidates=tuple(candidates),
        works=tuple(works),
        demands=(net_land, *demands),
        **kwargs,
    )
    plan = Plan(as_of=AS_OF, status="feasible", transfers=tuple(transfers), works=tuple(planned))
    assert not [item.message() for item in problem.violations(plan)]
    return problem, plan


def day(days: int) -> pd.Timestamp:
    return pd.Timestamp(AS_OF + timedelta(days=days))


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_percentiles_of_one_work_are_those_of_its_beta(level: float) -> None:
    # The likely duration is the optimistic one: beta(1, 5), whose percentile is 1 − (1 − p)^(1/5).
    problem, plan = laid([work("W", 100, 100, 1100)], {})
    risk = assess_risk(problem, plan)
    known = 100 + 1000 * (1 - (1 - level) ** 0.2)
    found = (risk.works[f"p{level * 100:.0f}_on"]["W"] - day(-1)).days
    assert found == pytest.approx(known, abs=8)


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_percentiles_of_a_triangle(level: float) -> None:
    # Rising to its top at 1000: the percentile is 1000 √p.
    problem, plan = laid([work("W", 0, 1000, 1000)], {})
    risk = assess_risk(problem, plan, shape="triangular")
    assert (risk.works[f"p{level * 100:.0f}_on"]["W"] - day(-1)).days == pytest.approx(
        1000 * level**0.5, abs=10
    )


def test_the_mean_of_a_pert_estimate_weighs_the_likely_value_four_times() -> None:
    drawn = draw_durations(
        (Estimate(work_id="W", optimistic=60, likely=90, pessimistic=240),), runs=20_000, seed=3, shape="pert"
    )
    assert drawn.mean() == pytest.approx((60 + 4 * 90 + 240) / 6, abs=0.6)
    assert (drawn.min(), drawn.max()) >= (60, 60)
    assert drawn.max() <= 240


def test_draws_of_a_work_do_not_change_with_other_works() -> None:
    one = Estimate(work_id="A", optimistic=10, likely=20, pessimistic=60)
    other = replace(one, work_id="B")
    alone = draw_durations((one,), runs=50, seed=1, shape="pert")[0]
    beside = draw_durations((other, one), runs=50, seed=1, shape="pert")
    assert (beside[1] == alone).all()
    assert (beside[0] != alone).any()
    assert (draw_durations((one,), runs=50, seed=2, shape="pert")[0] != alone).any()


def test_the_same_seed_gives_the_same_answer() -> None:
    problem, plan = random_plan(5)
    problem = uncertain(problem, 5)
    first, second = (assess_risk(problem, plan, runs=500, seed=9) for _ in range(2))
    for name in ("phases", "parcels", "works", "dates", "supply", "drivers"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(second, name))


def test_runs_in_blocks_are_the_runs_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    problem, plan = random_plan(6)
    problem = uncertain(problem, 6)
    whole = assess_risk(problem, plan, runs=700)
    monkeypatch.setattr("parcelplan.planning.risk.running._BLOCK", 64)
    pd.testing.assert_frame_equal(assess_risk(problem, plan, runs=700).works, whole.works)


def test_certain_works_leave_nothing_to_chance_and_say_so() -> None:
    promised = day(29).date()
    problem, plan = laid([work("W", 30, not_before_on=promised)], {"P": ("W",)})
    risk = assess_risk(problem, plan, announced={"A1": (1, date(2024, 3, 1)), "A2": (1, date(2024, 12, 1))})
    assert [item.code for item in risk.notes] == ["risk.no_estimate", "risk.nothing_uncertain"]
    assert risk.dates.set_index("subject")["probability"].to_dict() == {"A1": 0.0, "A2": 1.0, "W": 1.0}
    assert len(set(risk.phases.loc[1])) == 1
    assert risk.drivers.empty


def test_estimates_out_of_order_are_taken_as_certain_and_named() -> None:
    problem, plan = laid([work("W", 50, 40, 60)], {"P": ("W",)})
    risk = assess_risk(problem, plan, runs=20)
    assert "risk.bad_estimate" in [item.code for item in risk.notes]
    assert not risk.works["uncertain"].any()


def test_nobody_ends_before_the_promised_day() -> None:
    problem, plan = laid([work("W", 20, 60, 90, not_before_on=day(59).date())], {"P": ("W",)})
    risk = assess_risk(problem, plan)
    assert risk.works["p50_on"]["W"] >= day(59)
    dates = risk.dates.set_index("kind")
    drawn = draw_durations(read_estimates(problem, plan)[0], runs=10_000, seed=1, shape="pert")[0]
    assert dates["probability"]["promised"] == (drawn <= 60).mean()
    # Where the promise holds the land back, a day more would change nothing.
    assert risk.works["critical_last"]["W"] == (drawn >= 60).mean()


def test_criticality_is_the_share_of_runs_in_which_a_work_is_the_longer_one() -> None:
    problem, plan = laid([work("A", 50, 100, 150), work("B", 40, 90, 200)], {"P": ("A", "B")})
    risk = assess_risk(problem, plan)
    drawn = draw_durations(read_estimates(problem, plan)[0], runs=10_000, seed=1, shape="pert")
    share = (drawn[0] >= drawn[1]).mean()
    assert risk.works["critical_last"].to_dict() == pytest.approx({"A": share, "B": 1 - share})
    assert risk.works["critical_supply"].to_dict() == pytest.approx({"A": share, "B": 1 - share})


def test_a_chain_goes_back_through_predecessors_crews_and_phases() -> None:
    # Q waits for P by the order of phases, P for B, B for A as its crew's only other work, A for C by a precedence.
    crew = CrewCapacity(crew_id="K", capacity=1, units={("A", ""): 1, ("B", ""): 1})
    problem, plan = laid(
        [work("A", 10, 20, 50, crews={"K": 1}), work("B", 10, 20, 50, crews={"K": 1}), work("C", 10, 20, 50)],
        {"P": ("B",), "Q": ()},
        phases={"P": 1, "Q": 2},
        starts={"A": 20, "B": 40},
        demands=(crew, PhaseOrder()),
        precedences=(Precedence(before="C", work_id="A"),),
    )
    risk = assess_risk(problem, plan, runs=200)
    assert risk.works["critical_supply"].tolist() == [1.0, 1.0, 1.0]


def test_a_start_that_waits_for_a_start_does_not_hang_on_the_duration_between() -> None:
    problem, plan = laid(
        [work("A", 10, 20, 50), work("B", 10, 20, 50)],
        {"P": ("B",)},
        starts={"B": 5},
        precedences=(Precedence(before="A", work_id="B", relation="SS", lag_days=5),),
    )
    assert assess_risk(problem, plan, runs=200).works["critical_last"].to_dict() == {"A": 0.0, "B": 1.0}


def test_no_work_is_critical_where_the_months_listings_hold_the_land_back() -> None:
    problem, plan = laid([work("W", 1, 2, 9)], {"P": ("W",)}, demands=(ListingsPerMonth(per_month=1),))
    late = plan.transfers[0]
    notice_on = date(2024, 2, 1)
    held = replace(
        late,
        notice_on=notice_on,
        listing_on=CLOCK.listing_on(notice_on),
        transfer_on=CLOCK.transfer_on(notice_on),
        result_on=CLOCK.result_on(notice_on),
    )
    other = replace(plan.transfers[0], parcel_id="N", notice_on=AS_OF, ready_on=AS_OF)
    other = replace(
        other,
        listing_on=CLOCK.listing_on(AS_OF),
        transfer_on=CLOCK.transfer_on(AS_OF),
        result_on=CLOCK.result_on(AS_OF),
    )
    problem = replace(
        problem,
        candidates=(*problem.candidates, Candidate(parcel_id="N", phase=1, area_m2=1000.0, ready_on=AS_OF)),
    )
    plan = replace(plan, transfers=(other, held))
    assert not problem.violations(plan)
    risk = assess_risk(problem, plan, runs=50)
    assert risk.works["critical_last"]["W"] == 0.0
    assert risk.parcels["p95_on"]["P"] == pd.Timestamp(held.transfer_on)


def test_probabilities_rise_with_the_date_and_speak_of_all_kinds_of_dates() -> None:
    target = Target(
        target_id="T", measure="area_m2", amount=1000.0, by_on=date(2024, 6, 1), values={"P": 1000.0}
    )
    demands = (target, Horizon(end_on=date(2025, 1, 1)), WorkDeadline(work_id="W", on=date(2024, 5, 1)))
    problem, plan = laid([work("W", 60, 90, 200)], {"P": ("W",)}, demands=demands)
    problem = replace(
        problem,
        candidates=(replace(problem.candidates[0], due_on=date(2024, 6, 15)),),
        fixed_works={"W": date(2024, 4, 1)},
        fixed_transfers={"P": date(2024, 7, 1)},
    )
    announced = {f"A{month}": (1, date(2024, month, 1)) for month in range(4, 11)}
    dates = assess_risk(problem, plan, announced=announced).dates
    rising = dates[dates["kind"] == "announced"]["probability"]
    assert rising.is_monotonic_increasing
    assert (rising.iloc[0], rising.iloc[-1]) == (0.0, 1.0)
    by_kind = dates[dates["kind"] != "announced"].set_index("kind")["probability"]
    assert set(by_kind.index) == {"deadline", "fixed_work", "fixed_transfer", "needed", "target", "horizon"}
    # One parcel is the whole target: by 1 June, before somebody needs it on the 15th, before the wish of 1 July.
    assert by_kind["target"] <= by_kind["needed"] <= by_kind["fixed_transfer"]
    assert by_kind["target"] == dates[dates["subject"] == "A6"]["probability"].item()
    assert by_kind["fixed_work"] < by_kind["deadline"] < 1.0


def test_an_announced_phase_with_a_parcel_left_out_is_never_done() -> None:
    problem, plan = laid([work("W", 60, 90, 200)], {"P": ("W",)})
    out = Unplanned(parcel_id="Q", phase=1, area_m2=1.0, reason="unplanned.never_ready")
    risk = assess_risk(
        problem, replace(plan, unplanned=(out,)), runs=50, announced={"A": (1, date(2029, 1, 1))}
    )
    assert risk.dates["probability"].tolist() == [0.0]
    excluded = Candidate(
        parcel_id="Q", phase=1, area_m2=1.0, ready_on=AS_OF, excluded_by=(("W", ""),)
    )  # its work is carried out in the way that takes it
    with_it = replace(problem, candidates=(*problem.candidates, excluded))
    announced = {"A": (1, date(2029, 1, 1))}
    assert assess_risk(with_it, plan, runs=50, announced=announced).dates["probability"].tolist() == [0.0]
    assert assess_risk(problem, plan, runs=50, announced=announced).dates["probability"].tolist() == [1.0]


def test_longer_estimates_never_make_anything_surer() -> None:
    problem, plan = laid([work("A", 50, 60, 80), work("B", 50, 60, 90)], {"P": ("A",), "Q": ("A", "B")})
    longer = replace(
        problem, works=(problem.works[0], replace(problem.works[1], modes=work("B", 50, 60, 190).modes))
    )
    short, long = (
        assess_risk(item, plan, announced={"A": (1, date(2024, 4, 20))}) for item in (problem, longer)
    )
    assert (long.parcels["p80_on"] >= short.parcels["p80_on"]).all()
    assert long.phases["p95_on"][1] > short.phases["p95_on"][1]
    assert long.dates["probability"][0] < short.dates["probability"][0]
    assert (short.phases["p50_on"] <= short.phases["p80_on"]).all()
    assert (short.phases["p80_on"] <= short.phases["p95_on"]).all()


def test_the_band_holds_the_area_that_is_sure_to_a_share() -> None:
    problem, plan = laid([work("W", 60, 90, 200)], {"N": (), "P": ("W",)})
    risk = assess_risk(problem, plan)
    band = risk.supply
    assert band["planned_m2"].iloc[-1] == 2000.0
    assert (band["p50_m2"] >= band["p80_m2"]).all()
    assert (band["p80_m2"] >= band["p95_m2"]).all()
    assert band["p95_m2"].is_monotonic_increasing
    for level in ("p50", "p80", "p95"):
        whole = band.index[band[f"{level}_m2"] == 2000.0]
        # The days told of are some days apart.
        assert whole[0] >= risk.phases[f"{level}_on"][1]
        assert (whole[0] - risk.phases[f"{level}_on"][1]).days <= 2


def test_drivers_are_the_works_that_move_the_mean_day_most() -> None:
    problem, plan = laid(
        [work("A", 100, 120, 300), work("B", 100, 120, 160), work("C", 5, 10, 20)],
        {"P": ("A",), "Q": ("B",), "R": ("A",)},
    )
    drivers = assess_risk(problem, plan).drivers
    assert drivers.index.tolist() == ["A", "B", "C"]
    assert drivers.loc["C", ["swing_days", "correlation"]].tolist() == [0.0, pytest.approx(0.0, abs=0.05)]
    first = drivers.loc["A"]
    # Two of three parcels move with A, to the next working day of their notice and transfer.
    assert first["swing_days"] == pytest.approx((first["high_days"] - first["low_days"]) * 2 / 3, abs=3)
    assert first["correlation"] > drivers["correlation"]["B"] > 0.1


def test_rank_correlation_of_reversed_and_tied_values() -> None:
    assert rank_correlation(np.array([1, 2, 3, 4]), np.array([9.0, 7.0, 3.0, 1.0])) == -1.0
    # Ranks 1.5, 1.5, 3 against 1, 2, 3: 1.5 / √(1.5 · 2).
    assert rank_correlation(np.array([1, 1, 2]), np.array([1.0, 2.0, 3.0])) == pytest.approx(1.5 / 3**0.5)
    assert rank_correlation(np.array([1, 1]), np.array([1.0, 2.0])) == 0.0


def test_units_of_a_crew_are_handed_on_as_the_plan_uses_them() -> None:
    crew = CrewCapacity(
        crew_id="K", capacity=2, units={("A", ""): 1, ("B", ""): 1, ("C", ""): 2, ("D", ""): 1}
    )
    works = [
        work(name, days, crews={"K": units})
        for name, days, units in zip("ABCD", (10, 20, 5, 5), (1, 1, 2, 1), strict=True)
    ]
    problem, plan = laid(works, {}, starts={"C": 20, "D": 25}, demands=(crew,))
    links = find_sequence(problem, plan).links
    assert {k: [link.before for link in own] for k, own in links.items() if own} == {2: [0, 1], 3: [2]}


def test_a_crew_that_goes_away_lets_a_late_work_wait_for_its_return() -> None:
    away = (day(40).date(), day(100).date(), 0)
    crew = CrewCapacity(crew_id="K", capacity=1, changes=(away,), units={("W", ""): 1})
    problem, plan = laid([work("W", 30, 30, 90, crews={"K": 1})], {}, demands=(crew,))
    risk = assess_risk(problem, plan)
    drawn = draw_durations(read_estimates(problem, plan)[0], runs=10_000, seed=1, shape="pert")[0]
    done = risk.works["p50_on"]["W"]
    assert done == (
        day(int(np.median(drawn)) - 1) if np.median(drawn) <= 40 else day(99 + int(np.median(drawn)))
    )
    assert risk.works["p95_on"]["W"] > day(100)


def test_due_dates_take_the_place_of_promised_days_and_targets_have_their_planned_day() -> None:
    target = Target(
        target_id="T",
        measure="area_m2",
        amount=1500.0,
        by_on=date(2025, 1, 1),
        values={"N": 1000.0, "P": 1000.0},
        delay_days=10,
    )
    promised = work("W", 60, 90, 200, not_before_on=date(2024, 2, 1))
    problem, plan = laid([promised], {"N": (), "P": ("W",)}, demands=(target,))
    dates = assess_risk(problem, plan, due={"W": date(2024, 4, 30)}).dates.set_index("kind")
    assert dates["on"]["promised"] == pd.Timestamp("2024-04-30")
    assert dates["planned_on"]["target"] == pd.Timestamp(plan.transfers[1].transfer_on + timedelta(days=10))
    without = assess_risk(problem, plan).dates.set_index("kind")
    assert without["on"]["promised"] == pd.Timestamp("2024-02-01")
    assert without["probability"]["promised"] < dates["probability"]["promised"] < 1.0


def test_an_early_work_can_overdraw_what_the_plan_did_not() -> None:
    # 100 yuan are there in January; the work costs 150 at its end, and 100 come in with the transfer of N in February.
    limit = CashLimit(
        opening_yuan=100.0, credit_yuan=0.0, costs={("W", ""): (0.0, 150.0)}, prices={"N": 100.0}, as_of=AS_OF
    )
    problem, plan = laid([work("W", 20, 95, 120)], {"N": ()}, demands=(limit,))
    risk = assess_risk(problem, plan)
    drawn = draw_durations(read_estimates(problem, plan)[0], runs=10_000, seed=1, shape="pert")[0]
    # N is transferred on 1 February and paid in March, so that the money is there from 1 April on, day 90.
    assert plan.transfers[0].transfer_on == date(2024, 2, 1)
    assert risk.credit_kept == (drawn > 90).mean()


def test_a_chain_goes_on_through_the_start_of_a_work_to_what_that_waited_for() -> None:
    problem, plan = laid(
        [work("C", 10, 20, 50), work("A", 10, 20, 50), work("B", 10, 20, 50)],
        {"P": ("B",)},
        starts={"A": 20, "B": 25},
        precedences=(
            Precedence(before="C", work_id="A"),
            Precedence(before="A", work_id="B", relation="SS", lag_days=5),
        ),
    )
    critical = assess_risk(problem, plan, runs=200).works["critical_last"]
    assert critical.to_dict() == {"C": 1.0, "A": 0.0, "B": 1.0}


def test_a_trigger_waits_for_the_parcel_that_makes_the_land_enough() -> None:
    # 1900 of the 2000 m² of phase 1 are needed, so that phase 2 waits for both of its parcels, and for the later work.
    trigger = OccupancyTrigger(phase=2, needed_m2=1900.0, of_phases=(1,), occupied_after_days=30)
    problem, plan = laid([work("A", 10, 20, 60), work("B", 10, 20, 60)], {"P": ("A",), "Q": ("B",)})
    occupied = max(item.transfer_on for item in plan.transfers) + timedelta(days=30)
    notice_on = working_day_from(occupied)
    later = replace(
        plan.transfers[0],
        parcel_id="R",
        phase=2,
        batch="2-1",
        notice_on=notice_on,
        listing_on=CLOCK.listing_on(notice_on),
        transfer_on=CLOCK.transfer_on(notice_on),
        result_on=CLOCK.result_on(notice_on),
    )
    problem = replace(
        problem,
        candidates=(*problem.candidates, Candidate(parcel_id="R", phase=2, area_m2=1000.0, ready_on=AS_OF)),
        demands=(*problem.demands, trigger),
    )
    plan = replace(plan, transfers=(*plan.transfers, later))
    assert not [item.message() for item in problem.violations(plan)]
    estimates, _ = read_estimates(problem, plan)
    network = lay_network(problem, plan, estimates)
    works = network.works.run(draw_durations(estimates, runs=100, seed=2, shape="pert"))
    transfer = network.run(works.free).transfer
    dates = network.days.dates()
    for first, second, third in transfer[network.unit_of].T:
        day = working_day_from(dates[max(first, second)] + timedelta(days=30))
        assert dates[third] == CLOCK.transfer_on(day)
    risk = assess_risk(problem, plan, runs=100, seed=2)
    later_ones = np.argmax(transfer[network.unit_of][:2], axis=0)
    same = transfer[network.unit_of[0]] == transfer[network.unit_of[1]]
    assert risk.works["critical_last"]["B"] == pytest.approx(
        (later_ones[~same] == 1).sum() / 100, abs=same.mean()
    )
    assert risk.works["critical_last"].sum() == pytest.approx(1.0)
