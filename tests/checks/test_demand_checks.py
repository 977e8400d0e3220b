"""Gates, neighbours, pieces, batches, market, black-outs, money and targets of a plan made by hand."""

from datetime import date
from typing import Any

import pytest

from parcelplan.checks.money_checks import balances
from parcelplan.checks.plan_checks import check_fixed, check_objective, expected_parcels
from parcelplan.findings import Findings
from parcelplan.plan import ObjectiveValue, Unplanned
from parcelplan.planning.problem import (
    Absorption,
    BatchSize,
    BlackOut,
    Candidate,
    CashLimit,
    Gate,
    Horizon,
    ListingsPerMonth,
    NetLand,
    OccupancyTrigger,
    PhaseOrder,
    PhaseWindow,
    Split,
    Target,
    Together,
    YearlyQuota,
)
from parcelplan.units import from_mu
from tests.checks.plans import AS_OF, plan_of, planned, transfer

MARCH = date(2024, 3, 4)
APRIL = date(2024, 4, 1)


def codes(found: Findings) -> set[str]:
    for item in found:
        assert all((item.message("zh"), item.message("en"), item.hint("zh"), item.hint("en"))), item.code
    return {item.code.removeprefix("plan_check.") for item in found}


def net_land(*sets: tuple[str, ...], lag_days: int = 0) -> NetLand:
    gate = Gate(kind="road", any_of=sets, lag_days=lag_days)
    return NetLand(phase=1, ready_on={"A": AS_OF}, gates={"A": (gate,)})


def test_a_gate_is_open_from_the_day_after_the_work() -> None:
    road = planned("W1", date(2024, 2, 1), 32)  # its last day is 3 March
    assert not net_land(("W1",)).violations(plan_of(transfer("A", MARCH), road))
    longer = planned("W1", date(2024, 2, 1), 33)
    assert codes(net_land(("W1",)).violations(plan_of(transfer("A", MARCH), longer))) == {"gate_closed"}


def test_only_net_land_goes_on_notice() -> None:
    plan = plan_of(transfer("A", MARCH), transfer("B", MARCH), transfer("C", MARCH, happened=True))
    ready_on = {"A": MARCH, "C": APRIL}
    assert not NetLand(phase=1, ready_on=ready_on).violations(plan)
    (found,) = NetLand(phase=1, ready_on={**ready_on, "B": date(2024, 3, 5)}).violations(plan)
    assert (found.code, found.feature_id) == ("plan_check.before_ready", "B")


def test_of_several_ways_one_is_enough_and_of_one_way_all_works_are_needed() -> None:
    late, early = planned("W1", MARCH, 100), planned("W2", AS_OF, 5)
    plan = plan_of(transfer("A", MARCH), late, early)
    assert not net_land(("W1",), ("W2",)).violations(plan)
    assert codes(net_land(("W1", "W2")).violations(plan)) == {"gate_closed"}


def test_a_gate_waits_its_lead_time_too() -> None:
    plan = plan_of(transfer("A", MARCH), planned("W1", date(2024, 2, 1), 2))
    assert not net_land(("W1",), lag_days=30).violations(plan)
    assert codes(net_land(("W1",), lag_days=31).violations(plan)) == {"gate_closed"}


def test_a_gate_whose_works_the_plan_does_not_hold_never_opens() -> None:
    assert codes(net_land(("W9",)).violations(plan_of(transfer("A", MARCH)))) == {"gate_closed"}


def test_published_notices_are_exempt_from_gates() -> None:
    plan = plan_of(transfer("A", date(2023, 12, 1), happened=True), planned("W1", MARCH, 5))
    assert not net_land(("W1",)).violations(plan)


def test_neighbours_go_together_all_or_none() -> None:
    group = Together(parcel_ids=("A", "B"))
    assert not group.violations(plan_of(transfer("A", MARCH), transfer("B", MARCH)))
    assert not group.violations(plan_of(transfer("C", MARCH)))
    assert codes(group.violations(plan_of(transfer("A", MARCH), transfer("B", APRIL)))) == {"not_together"}
    assert codes(group.violations(plan_of(transfer("A", MARCH)))) == {"not_together"}


def candidate(parcel_id: str, **cells: Any) -> Candidate:
    return Candidate(parcel_id=parcel_id, phase=1, area_m2=from_mu(10), ready_on=AS_OF, **cells)


def test_a_parcel_goes_as_a_whole_or_in_pieces() -> None:
    parcels = (candidate("A"), candidate("A/1", part_of="A"), candidate("A/2", part_of="A"), candidate("B"))
    whole = plan_of(transfer("A", MARCH), transfer("B", MARCH))
    pieces = plan_of(transfer("A/2", MARCH), transfer("A/1", APRIL), transfer("B", MARCH))
    assert expected_parcels(whole, parcels) == ["A", "B"]
    assert expected_parcels(pieces, parcels) == ["A/1", "A/2", "B"]
    assert expected_parcels(plan_of(transfer("A/2", MARCH)), parcels) == ["A/1", "A/2", "B"]
    assert expected_parcels(plan_of(), parcels) == ["A", "B"]
    split = Split(parcel_id="A", pieces=("A/1", "A/2"))
    assert not split.violations(whole) + split.violations(pieces)
    both = plan_of(transfer("A", MARCH), transfer("A/1", MARCH))
    assert codes(split.violations(both)) == {"whole_and_pieces"}


def test_what_the_chosen_modes_exclude_is_not_expected() -> None:
    out = (("W1", "move"),)
    parcels = (
        candidate("A", excluded_by=out),
        candidate("A/1", part_of="A"),
        candidate("A/2", part_of="A", excluded_by=out),
        candidate("B", excluded_by=out),
    )
    moved = planned("W1", AS_OF, 5, mode="move")
    assert expected_parcels(plan_of(moved), parcels) == ["A/1"]
    assert expected_parcels(plan_of(planned("W1", AS_OF, 5)), parcels) == ["A", "B"]


def test_published_notices_stand_and_nothing_else_is_put_in_the_past() -> None:
    december = date(2023, 12, 4)
    parcels = (candidate("A", fixed_notice_on=december), candidate("B"))
    happened = transfer("A", december, happened=True)
    assert not check_fixed(plan_of(happened, transfer("B", MARCH)), parcels)
    assert codes(check_fixed(plan_of(transfer("A", MARCH)), parcels)) == {"notice_moved"}
    said = transfer("B", december, happened=True)
    assert codes(check_fixed(plan_of(said), parcels)) == {"not_published", "notice_in_past"}


@pytest.mark.parametrize(("extra_m2", "found"), [(0.0, set()), (0.5, set()), (1.5, {"quota_exceeded"})])
def test_a_quota_is_kept_to_the_square_metre(extra_m2: float, found: set[str]) -> None:
    quota = YearlyQuota(year=2024, quota_m2=2 * from_mu(10.0) - extra_m2)
    next_year = transfer("C", date(2025, 3, 3))
    plan = plan_of(transfer("A", MARCH), transfer("B", APRIL), next_year)
    assert codes(quota.violations(plan)) == found


def test_half_of_what_a_year_leaves_may_be_used_in_the_next_once() -> None:
    first = YearlyQuota(year=2023, quota_m2=from_mu(20.0))
    second = YearlyQuota(year=2024, quota_m2=from_mu(10.0), before=first, carry_share=0.5)
    third = YearlyQuota(year=2025, quota_m2=from_mu(10.0), before=second, carry_share=0.5)
    a, b, c = transfer("A", MARCH), transfer("B", APRIL), transfer("C", date(2025, 3, 3), mu=15.0)
    assert not second.violations(plan_of(a, b))
    assert not third.violations(plan_of(a, c))
    assert codes(third.violations(plan_of(a, b, c))) == {"quota_exceeded"}
    assert codes(third.violations(plan_of(a, c, transfer("D", date(2025, 3, 3), mu=0.1)))) == {
        "quota_exceeded"
    }


def test_windows_and_the_horizon_hold_on_their_last_days() -> None:
    item = transfer("A", MARCH)
    plan, day = plan_of(item), item.transfer_on
    assert not PhaseWindow(phase=1, earliest_on=day, latest_on=day).violations(plan)
    assert not PhaseWindow(phase=2, latest_on=date(2024, 1, 1)).violations(plan)
    for sides in ({"earliest_on": date(2024, 4, 8)}, {"latest_on": date(2024, 4, 6)}):
        assert codes(PhaseWindow(phase=1, **sides).violations(plan)) == {"outside_window"}
    assert not Horizon(end_on=day).violations(plan)
    assert codes(Horizon(end_on=date(2024, 4, 6)).violations(plan)) == {"after_horizon"}


def test_a_month_sees_as_many_notices_as_the_bureau_can_list() -> None:
    two = plan_of(transfer("A", MARCH), transfer("B", date(2024, 3, 5)))
    assert not ListingsPerMonth(per_month=2).violations(two)
    assert codes(ListingsPerMonth(per_month=1).violations(two)) == {"too_many_listings"}


@pytest.mark.parametrize(
    ("needed_mu", "days", "notice_on", "right"),
    [
        (10.0, 57, date(2024, 6, 3), True),
        (10.0, 58, date(2024, 6, 3), False),
        (10.001, 57, date(2024, 6, 3), True),
        (10.002, 57, date(2024, 6, 3), False),
    ],
)
def test_a_trigger_counts_what_is_occupied_on_the_day(
    needed_mu: float, days: int, notice_on: date, right: bool
) -> None:
    """A is transferred on 7 April; what phase 3 itself and phase 2 bring does not count."""
    trigger = OccupancyTrigger(
        phase=3, needed_m2=from_mu(needed_mu), of_phases=(1,), occupied_after_days=days
    )
    others = (transfer("B", MARCH, phase=2), transfer("C", notice_on, phase=3))
    assert bool(trigger.violations(plan_of(transfer("A", MARCH), *others))) is not right


def test_phases_go_on_notice_in_their_order() -> None:
    same_day = plan_of(transfer("A", MARCH), transfer("B", MARCH, phase=2))
    assert not PhaseOrder().violations(same_day)
    (found,) = PhaseOrder().violations(plan_of(transfer("A", APRIL), transfer("B", MARCH, phase=2)))
    assert (found.feature_id, found.params["other"]) == ("B", "A")


def test_notices_before_the_day_of_the_plan_are_no_batches_and_in_no_black_out() -> None:
    before = plan_of(transfer("A", date(2023, 12, 1)), transfer("B", date(2023, 12, 4)))
    assert not BatchSize(as_of=AS_OF, min_m2=from_mu(50)).violations(before)
    black_out = BlackOut(from_on=date(2023, 11, 1), until_on=date(2024, 1, 31), as_of=AS_OF)
    assert not black_out.violations(before)


def test_a_batch_is_kept_to_the_square_metre() -> None:
    plan = plan_of(transfer("A", MARCH))
    assert not BatchSize(as_of=AS_OF, min_m2=from_mu(10) + 1.0, max_m2=from_mu(10) - 1.0).violations(plan)
    tight = BatchSize(as_of=AS_OF, min_m2=from_mu(10) + 1.1, max_m2=from_mu(10) - 1.1)
    assert codes(tight.violations(plan)) == {"batch_too_small", "batch_too_large"}


def test_a_month_holds_one_batch_of_a_phase_within_its_limits() -> None:
    batch = BatchSize(as_of=AS_OF, min_m2=from_mu(15), max_m2=from_mu(25))
    assert not batch.violations(plan_of(transfer("A", MARCH), transfer("B", MARCH)))
    assert codes(batch.violations(plan_of(transfer("A", MARCH)))) == {"batch_too_small"}
    large = plan_of(*(transfer(name, MARCH) for name in "ABC"))
    assert codes(batch.violations(large)) == {"batch_too_large"}
    apart = plan_of(transfer("A", MARCH), transfer("B", date(2024, 3, 5)))
    assert codes(batch.violations(apart)) == {"two_batches"}
    assert not BatchSize(as_of=AS_OF, min_m2=from_mu(15)).violations(large)
    two_phases = plan_of(transfer("A", MARCH, mu=20), transfer("B", date(2024, 3, 5), mu=20, phase=2))
    assert not batch.violations(two_phases)
    past = plan_of(transfer("A", date(2023, 12, 1), happened=True))
    assert not batch.violations(past)


def test_the_market_takes_so_much_a_quarter() -> None:
    first, second = transfer("A", date(2024, 2, 19)), transfer("B", date(2024, 3, 4))
    assert (first.transfer_on, second.transfer_on) == (date(2024, 3, 21), date(2024, 4, 7))
    market = Absorption(per_quarter_m2=from_mu(10))
    assert not market.violations(plan_of(first, second))
    assert not Absorption(per_quarter_m2=from_mu(10) - 1.0).violations(plan_of(first))
    assert Absorption(per_quarter_m2=from_mu(10) - 1.1).violations(plan_of(first))
    third = transfer("C", date(2024, 2, 19), happened=True)
    (found,) = market.violations(plan_of(first, second, third))
    assert found.value == "2024-Q1"


def test_neither_notice_nor_transfer_lies_in_a_black_out() -> None:
    item = transfer("A", MARCH)
    plan = plan_of(item)

    def fields(from_on: date, until_on: date) -> list[str]:
        black_out = BlackOut(from_on=from_on, until_on=until_on, as_of=AS_OF)
        return [found.field for found in black_out.violations(plan)]

    assert fields(date(2024, 3, 1), MARCH) == []
    assert fields(MARCH, date(2024, 3, 5)) == ["notice_on"]
    assert fields(item.transfer_on, date(2024, 5, 1)) == ["transfer_on"]


def cash(**cells: Any) -> CashLimit:
    base: dict[str, Any] = {
        "opening_yuan": 100.0,
        "credit_yuan": 0.0,
        "costs": {("W1", ""): (30.0, 70.0)},
        "prices": {"A": 200.0},
        "terms": ((0.5, 0), (0.5, 2)),
        "as_of": AS_OF,
    }
    return CashLimit(**base | cells)


def test_balances_go_by_month_with_payments_first() -> None:
    plan = plan_of(planned("W1", date(2024, 1, 10), 60), transfer("A", date(2024, 2, 19)))
    rows = balances(plan, cash())
    assert [(row.month.month, row.income_yuan, row.payments_yuan, row.balance_yuan) for row in rows] == [
        (1, 0.0, 30.0, 70.0),
        (2, 0.0, 0.0, 70.0),
        (3, 100.0, 70.0, 0.0),
        (4, 0.0, 0.0, 100.0),
        (5, 100.0, 0.0, 100.0),
    ]
    assert rows[-1].closing_yuan == 200.0
    assert not cash().violations(plan)


def test_income_of_a_month_does_not_pay_the_bills_of_that_month() -> None:
    plan = plan_of(planned("W1", date(2024, 1, 10), 60), transfer("A", date(2024, 2, 19)))
    (found,) = cash(opening_yuan=90.0).violations(plan)
    assert (found.value, found.params["balance_wanyuan"]) == ("2024-03", -0.001)
    assert not cash(opening_yuan=90.0, credit_yuan=10.0).violations(plan)


def test_a_balance_is_kept_to_the_yuan_and_asked_of_plans_alone() -> None:
    bills = ((date(2024, 2, 1), -101.0), (date(2024, 3, 1), -0.5))
    work = plan_of(planned("W9", AS_OF, 5))
    assert not cash(other=bills[:1]).violations(work)
    assert [item.value for item in cash(other=bills).violations(work)] == ["2024-03"]
    assert [item.value for item in cash(other=bills).violations(plan_of(transfer("B", MARCH)))] == ["2024-03"]
    assert not cash(other=bills).violations(plan_of())


def test_what_fell_before_the_month_of_the_plan_is_in_the_opening_balance() -> None:
    happened = transfer("A", date(2023, 11, 15), happened=True)
    rows = balances(plan_of(happened), cash(other=((date(2023, 12, 31), -500.0), (date(2024, 2, 1), -40.0))))
    assert happened.transfer_on == date(2023, 12, 15)
    assert [(row.income_yuan, row.payments_yuan) for row in rows] == [(0.0, 0.0), (100.0, 40.0)]


def target(**cells: Any) -> Target:
    base: dict[str, Any] = {
        "target_id": "T1",
        "measure": "area_m2",
        "amount": from_mu(15),
        "by_on": date(2024, 4, 7),
        "values": {"A": from_mu(10), "B": from_mu(10)},
        "binding": True,
    }
    return Target(**base | cells)


def test_a_target_counts_what_is_transferred_in_time() -> None:
    both = plan_of(transfer("A", MARCH), transfer("B", MARCH))
    assert not target().violations(both)
    assert codes(target(delay_days=1).violations(both)) == {"target_missed_area"}
    assert codes(target().violations(plan_of(transfer("A", MARCH), transfer("B", APRIL)))) == {
        "target_missed_area"
    }
    assert not target(binding=False).violations(plan_of())


@pytest.mark.parametrize("measure", ["area_m2", "firms", "output_yuan", "tax_yuan"])
def test_a_missed_target_is_told_in_its_own_measure(measure: Any) -> None:
    assert codes(target(measure=measure).violations(plan_of())) == {f"target_missed_{measure.split('_')[0]}"}


def test_the_headline_is_that_of_the_transfers_with_what_modes_leave_out() -> None:
    item = transfer("A", MARCH)
    waits = item.area_m2 * (item.transfer_on - AS_OF).days
    out = Unplanned(parcel_id="B", phase=1, area_m2=100.0, reason="unplanned.excluded_by_mode")
    end = date(2024, 12, 31)
    value = waits + 100.0 * 365
    right = plan_of(item, unplanned=(out,), objective=value, bound=value)
    assert not check_objective(right, end) + check_objective(right)
    assert codes(check_objective(plan_of(item, unplanned=(out,), objective=waits), end)) == {
        "objective_wrong"
    }
    assert codes(check_objective(plan_of(item, objective=waits + 10.0))) == {"objective_wrong"}


def test_values_of_all_objectives_lie_above_their_bounds() -> None:
    late = ObjectiveValue(name="lateness", value=5.0, bound=9.0, unit="m2_day")
    plan = plan_of(transfer("A", MARCH), objective=5.0, bound=None, headline="lateness", objectives=(late,))
    assert codes(check_objective(plan)) == {"bound_above"}
    other = plan_of(
        objective=6.0, headline="lateness", objectives=(ObjectiveValue(name="lateness", value=9.0),)
    )
    assert codes(check_objective(other)) == {"objective_wrong"}
