"""What is proved impossible by counting is impossible, and the plain cases are seen."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings

from parcelplan.planning.bounds.counting import asks_too_much
from parcelplan.planning.conflicts.conflict import conflicting_demands
from parcelplan.planning.problem import Absorption, Mode, PhaseWindow, Split, Work
from parcelplan.planning.solve import has_plan
from parcelplan.planning.timeline import lay_timeline
from parcelplan.units import from_mu
from tests.planning.builders import Case
from tests.planning.test_brute_force import cases, least

NAMES = [f"P{number:02d}" for number in range(24)]


def too_much(made: Case, *more) -> bool:
    problem = made.problem()
    return asks_too_much(lay_timeline(replace(problem, demands=(*problem.demands, *more))))


@settings(max_examples=150)
@given(made=cases())
def test_only_what_has_no_plan_is_refused(made: Case) -> None:
    if asks_too_much(lay_timeline(made.problem())):
        assert least(made) is None


@pytest.mark.parametrize(("per_month", "refused"), [(1, True), (2, False)])
def test_listings(per_month, refused) -> None:
    """24 parcels in the 23 months whose notices end before 2026: one a month is too few."""
    assert too_much(Case(dict.fromkeys(NAMES, 10), per_month=per_month), *()) is refused


def test_what_just_fits_is_not_refused() -> None:
    """A notice in each month whose transfers end before 2026, January 2024 to November 2025: 23 parcels."""
    assert not too_much(Case(dict.fromkeys(NAMES[:23], 10), per_month=1))
    assert too_much(Case(dict.fromkeys(NAMES[:24], 10), per_month=1))


def test_parcels_that_may_be_left_out_do_not_count() -> None:
    made = Case(dict.fromkeys(NAMES, 10), quota_mu={2024: 60, 2025: 60}).problem()
    assert asks_too_much(lay_timeline(made))
    some = tuple(
        replace(item, excluded_by=(("W1", "move"),)) if place % 2 else item
        for place, item in enumerate(made.candidates)
    )
    works = (Work(work_id="W1", modes=(Mode(duration_days=1), Mode(name="move", duration_days=1))),)
    assert not asks_too_much(lay_timeline(replace(made, candidates=some, works=works)))
    halves = tuple(
        Split(parcel_id=whole, pieces=pieces)
        for whole, *pieces in zip(NAMES[::3], NAMES[1::3], NAMES[2::3], strict=True)
    )
    assert not asks_too_much(lay_timeline(replace(made, demands=(*made.demands, *halves))))


@pytest.mark.parametrize(("mu", "refused"), [(119, True), (121, False)])
def test_quotas(mu, refused) -> None:
    """240 mu in two years."""
    assert too_much(Case(dict.fromkeys(NAMES, 10), quota_mu={2024: mu, 2025: mu})) is refused


def test_quotas_of_some_years_prove_nothing() -> None:
    assert not too_much(Case(dict.fromkeys(NAMES, 10), quota_mu={2024: 1}))


@pytest.mark.parametrize(("mu", "refused"), [(29, True), (31, False)])
def test_the_market(mu, refused) -> None:
    """240 mu in eight quarters."""
    assert too_much(Case(dict.fromkeys(NAMES, 10)), Absorption(per_quarter_m2=from_mu(mu))) is refused


def test_spans_in_the_middle_count() -> None:
    """A window of one quarter for 60 mu, with room for all of them only in the year."""
    made = Case(dict.fromkeys(NAMES[:6], 10), quota_mu={2024: 60, 2025: 60})
    window = PhaseWindow(phase=1, earliest_on=date(2024, 7, 1), latest_on=date(2024, 9, 30))
    assert too_much(made, window, Absorption(per_quarter_m2=from_mu(50)))
    assert not too_much(made, window, Absorption(per_quarter_m2=from_mu(60)))


def test_a_conflict_of_counting_is_minimal_and_found_at_once() -> None:
    """Seven parcels of 10 mu a year are no quotas for 24: searching by days would try them all."""
    problem = Case(dict.fromkeys(NAMES, 10), quota_mu={2024: 75, 2025: 75}, per_month=6).problem()
    found = conflicting_demands(problem, ask=has_plan, time_limit_s=60)
    assert found.names == ("quota 2024", "quota 2025", "horizon")
    assert found.minimal
