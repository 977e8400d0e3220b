"""Every way to state a problem that no plan can mend is found before solving."""

from dataclasses import replace
from datetime import date
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parcelplan.checks.problem_checks import check_problem
from parcelplan.checks.work_network import Link, circles
from parcelplan.planning.problem import (
    Absorption,
    BatchSize,
    BlackOut,
    Candidate,
    CashLimit,
    Closure,
    CrewCapacity,
    Gate,
    Horizon,
    ListingsPerMonth,
    Mode,
    NetLand,
    OccupancyTrigger,
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
from tests.checks.plans import AS_OF, CLOCK

FLOOD = Closure(from_on=date(2024, 5, 1), until_on=date(2024, 10, 1), yearly=True)


def work(work_id: str, days: int = 10, *, mode: dict[str, Any] | None = None, **cells: Any) -> Work:
    return Work(work_id=work_id, modes=(Mode(**{"duration_days": days} | (mode or {})),), **cells)


def money(**cells: Any) -> CashLimit:
    base: dict[str, Any] = {
        "opening_yuan": 0.0,
        "credit_yuan": 0.0,
        "costs": {},
        "prices": {},
        "as_of": AS_OF,
    }
    return CashLimit(**base | cells)


def target(**cells: Any) -> Target:
    base: dict[str, Any] = {
        "target_id": "T1",
        "measure": "firms",
        "amount": 5.0,
        "by_on": AS_OF,
        "values": {},
    }
    return Target(**base | cells)


SOUND = PlanningProblem(
    as_of=AS_OF,
    clock=CLOCK,
    candidates=(Candidate(parcel_id="A", phase=1, area_m2=1000.0, ready_on=AS_OF),),
    works=(work("W1"), work("W2"), work("W3", 0)),
    precedences=(Precedence(before="W1", work_id="W2"),),
    calendars=(WorkCalendar(calendar_id="flood", closures=(FLOOD,)),),
    demands=(Horizon(end_on=date(2025, 12, 31)),),
)


def codes(problem: PlanningProblem) -> set[str]:
    found = check_problem(problem)
    for item in found:
        assert all((item.message("zh"), item.message("en"), item.hint("zh"), item.hint("en"))), item.code
    return {item.code.removeprefix("problem_check.") for item in found}


def test_a_sound_problem_has_no_findings() -> None:
    assert codes(SOUND) == set()


@pytest.mark.parametrize(
    ("odd", "code"),
    [
        (work("W1"), "duplicate_id"),
        (work("W9", -1), "negative"),
        (work("W9", mode={"cost_yuan": -1.0}), "negative"),
        (work("W9", mode={"cost_yuan": float("nan")}), "negative"),
        (work("W9", mode={"crews": {"c": -1}}), "negative"),
        (work("W9", mode={"crews": {"c": 1}}), "crew_without_capacity"),
        (work("W9", mode={"paid_at_start": 1.5}), "no_share"),
        (work("W9", mode={"optimistic_days": 11}), "durations_disordered"),
        (work("W9", mode={"pessimistic_days": 9}), "durations_disordered"),
        (work("W9", mode={"optimistic_days": 5, "pessimistic_days": 20}), None),
        (work("W9", calendar_id="flood"), None),
        (work("W9", calendar_id="dry"), "unknown_id"),
        (Work(work_id="W9", modes=()), "no_mode"),
        (Work(work_id="W9", modes=(Mode(duration_days=1), Mode(duration_days=2))), "duplicate_id"),
        (work("W9", fixed=(AS_OF, date(2023, 12, 1))), "reversed"),
        (work("W9", fixed=(AS_OF, date(2024, 1, 1))), None),
        (work("W9", started_on=date(2024, 1, 3)), "started_later"),
    ],
)
def test_works_that_cannot_be(odd: Work, code: str | None) -> None:
    assert codes(replace(SOUND, works=(*SOUND.works, odd))) == ({code} if code else set())


@pytest.mark.parametrize(
    ("odd", "code"),
    [
        (WorkCalendar(calendar_id="flood"), "duplicate_id"),
        (WorkCalendar(calendar_id="x", closures=(Closure(from_on=AS_OF, until_on=AS_OF),)), "reversed"),
        (
            WorkCalendar(
                calendar_id="x",
                closures=(Closure(from_on=date(2024, 1, 1), until_on=date(2025, 1, 1), yearly=True),),
            ),
            "never_open",
        ),
        (WorkCalendar(calendar_id="x", working_days=True), None),
    ],
)
def test_calendars_that_cannot_be(odd: WorkCalendar, code: str | None) -> None:
    assert codes(replace(SOUND, calendars=(*SOUND.calendars, odd))) == ({code} if code else set())


@pytest.mark.parametrize(("days", "fits"), [(212, True), (213, True), (214, False)])
def test_a_work_that_may_not_pause_must_fit_between_closures(days: int, fits: bool) -> None:
    """From 1 October to 30 April there are 212 days, and one more in leap years."""
    strict = WorkCalendar(calendar_id="strict", closures=(FLOOD,), interruptible=False)
    asked = replace(
        SOUND, works=(work("W9", days, calendar_id="strict"),), calendars=(strict,), precedences=()
    )
    assert codes(asked) == (set() if fits else {"never_fits"})


def crew(capacity: int, *changes: tuple[date, date, int], units: int = 2) -> CrewCapacity:
    return CrewCapacity(crew_id="c", capacity=capacity, changes=changes, units={("W1", ""): units})


@pytest.mark.parametrize(
    ("odd", "code"),
    [
        (crew(2), None),
        (crew(1), "crew_too_small"),
        (crew(-1), "crew_too_small"),
        (crew(1, (date(2024, 3, 1), date(2024, 3, 11), 2)), None),
        (crew(1, (date(2024, 3, 1), date(2024, 3, 10), 2)), "crew_too_small"),
        (crew(1, (date(2023, 3, 1), date(2023, 12, 1), 2)), "crew_too_small"),
        (crew(2, (date(2024, 3, 11), date(2024, 3, 1), 1)), "reversed"),
        (CrewCapacity(crew_id="c", capacity=1, units={("W9", ""): 1}), "unknown_id"),
        (CrewCapacity(crew_id="c", capacity=1, units={("W1", "move"): 1}), "unknown_mode"),
    ],
)
def test_crews_that_can_never_do_a_work(odd: CrewCapacity, code: str | None) -> None:
    found = codes(replace(SOUND, demands=(*SOUND.demands, odd)))
    assert found - {"negative"} == ({code} if code else set())
    assert ("negative" in found) == (odd.capacity < 0)


PARCEL = SOUND.candidates[0]
PIECES = (replace(PARCEL, parcel_id="A/1", part_of="A"), replace(PARCEL, parcel_id="A/2", part_of="A"))


@pytest.mark.parametrize(
    ("odd", "code"),
    [
        (PARCEL, "duplicate_id"),
        (replace(PARCEL, parcel_id="B", area_m2=-1.0), "negative"),
        (replace(PARCEL, parcel_id="B", excluded_by=(("W9", ""),)), "unknown_id"),
        (replace(PARCEL, parcel_id="B", excluded_by=(("W1", "move"),)), "unknown_mode"),
        (replace(PARCEL, parcel_id="B", fixed_notice_on=date(2023, 12, 30)), "notice_on_holiday"),
        (replace(PARCEL, parcel_id="B", fixed_notice_on=date(2023, 12, 29)), None),
    ],
)
def test_parcels_that_cannot_be(odd: Candidate, code: str | None) -> None:
    assert codes(replace(SOUND, candidates=(*SOUND.candidates, odd))) == ({code} if code else set())


LATE, EARLY = date(2024, 6, 1), date(2024, 5, 1)


@pytest.mark.parametrize(
    ("odd", "code"),
    [
        (PhaseWindow(phase=1, earliest_on=LATE, latest_on=EARLY), "reversed"),
        (PhaseWindow(phase=1, earliest_on=EARLY, latest_on=EARLY), None),
        (BlackOut(from_on=EARLY, until_on=EARLY, as_of=AS_OF), "reversed"),
        (Horizon(end_on=date(2023, 1, 1)), "reversed"),
        (
            OccupancyTrigger(phase=1, needed_m2=1.0, of_phases=(1,), occupied_after_days=0),
            "waits_for_itself",
        ),
        (OccupancyTrigger(phase=2, needed_m2=-1.0, of_phases=(1,), occupied_after_days=0), "negative"),
        (ListingsPerMonth(per_month=0), "below_one"),
        (YearlyQuota(year=2024, quota_m2=-1.0), "negative"),
        (YearlyQuota(year=2024, quota_m2=1.0, carry_share=30.0), "no_share"),
        (
            YearlyQuota(year=2024, quota_m2=1.0, before=YearlyQuota(year=2022, quota_m2=1.0)),
            "not_the_year_before",
        ),
        (BatchSize(as_of=AS_OF, min_m2=2.0, max_m2=1.0), "limits_reversed"),
        (BatchSize(as_of=AS_OF, min_m2=2.0, max_m2=2.0), None),
        (BatchSize(as_of=AS_OF, min_m2=2.0), None),
        (ListingsPerMonth(per_month=1), None),
        (
            YearlyQuota(
                year=2024, quota_m2=1.0, before=YearlyQuota(year=2023, quota_m2=1.0), carry_share=0.5
            ),
            None,
        ),
        (Split(parcel_id="A", pieces=("A/1",)), None),
        (Absorption(per_quarter_m2=-1.0), "negative"),
        (NetLand(phase=1, ready_on={"Z": AS_OF}), "unknown_id"),
        (NetLand(phase=1, ready_on={}, gates={"A": (Gate(kind="road", any_of=()),)}), "gate_without_works"),
        (NetLand(phase=1, ready_on={}, gates={"A": (Gate(kind="road", any_of=(("W9",),)),)}), "unknown_id"),
        (Together(parcel_ids=("A", "Z")), "unknown_id"),
        (Split(parcel_id="A", pieces=()), "no_pieces"),
        (Split(parcel_id="A", pieces=("A/1", "A/2")), "pieces_too_large"),
        (WorkDeadline(work_id="W9", on=LATE), "unknown_id"),
        (money(), None),
        (money(terms=((0.5, 0), (0.5, 6))), None),
        (money(terms=((0.5, 0), (0.4, 6))), "terms_not_whole"),
        (money(terms=()), "terms_not_whole"),
        (money(terms=((1.0, -1),)), "negative"),
        (money(credit_yuan=-1.0), "negative"),
        (money(prices={"A": -1.0}), "negative"),
        (money(prices={"Z": 1.0}), "unknown_id"),
        (money(costs={("W9", ""): (0.0, 1.0)}), "unknown_id"),
        (money(costs={("W1", "move"): (0.0, 1.0)}), "unknown_mode"),
        (money(costs={("W1", ""): (-1.0, 1.0)}), "negative"),
        (target(amount=-5.0), "negative"),
        (target(values={"Z": 1.0}), "unknown_id"),
        (target(values={"A": -1.0}), "negative"),
        (target(), None),
    ],
)
def test_demands_that_cannot_be(odd: Any, code: str | None) -> None:
    asked = replace(SOUND, candidates=(*SOUND.candidates, *PIECES), demands=(odd,))
    assert codes(asked) == ({code} if code else set())


def test_a_demand_stated_twice_is_found() -> None:
    assert codes(replace(SOUND, demands=(target(), target(amount=3.0)))) == {"duplicate_id"}


def test_objectives_and_meant_dates_name_what_is_there() -> None:
    assert codes(replace(SOUND, objectives=())) == {"no_objective"}
    assert codes(replace(SOUND, objectives=("supply", "supply"))) == {"duplicate_id"}
    assert codes(replace(SOUND, fixed_works={"W9": LATE}, fixed_transfers={"Z": LATE})) == {"unknown_id"}


def test_a_precedence_names_works_that_are_there() -> None:
    assert codes(replace(SOUND, precedences=(Precedence(before="W9", work_id="W1"),))) == {"unknown_id"}
    assert codes(replace(SOUND, precedences=(Precedence(before="W1", work_id="W9"),))) == {"unknown_id"}


def test_a_circle_is_spelled_out() -> None:
    links = (
        Precedence(before="W1", work_id="W2"),
        Precedence(before="W2", work_id="W3"),
        Precedence(before="W3", work_id="W1", lag_days=-5),
    )
    (found,) = check_problem(replace(SOUND, precedences=links))
    assert (found.code, found.value, found.params["days"]) == (
        "problem_check.cycle",
        "W1 → W2 → W3 → W1",
        15,
    )
    slack = replace(SOUND, precedences=(*links[:2], replace(links[2], lag_days=-20)))
    assert codes(slack) == set()


def test_a_work_that_waits_for_itself_and_two_separate_circles_are_found() -> None:
    links = (
        Precedence(before="W1", work_id="W1"),
        Precedence(before="W2", work_id="W3", relation="SS", lag_days=1),
        Precedence(before="W3", work_id="W2", relation="SS"),
    )
    found = check_problem(replace(SOUND, precedences=links))
    assert {(item.code, item.value) for item in found} == {
        ("problem_check.cycle", "W1 → W1"),
        ("problem_check.cycle", "W2 → W3 → W2"),
    }


def test_a_circle_through_the_end_of_a_work_counts_its_longest_mode() -> None:
    """W2 starts no later than W1 and ends 100 days after W1 starts, but takes 10 days, or 120 if it may."""
    links = (
        Precedence(before="W2", work_id="W1", relation="SS"),
        Precedence(before="W1", work_id="W2", relation="SF", lag_days=100),
    )
    assert codes(replace(SOUND, precedences=links)) == {"cycle"}
    paused = replace(SOUND, precedences=links, works=(work("W1"), work("W2", calendar_id="flood")))
    assert codes(paused) == set()
    longer = Work(work_id="W2", modes=(Mode(duration_days=10), Mode(name="slow", duration_days=120)))
    assert codes(replace(SOUND, precedences=links, works=(work("W1"), longer))) == set()


def test_works_whose_dates_are_given_close_no_circle() -> None:
    links = (Precedence(before="W1", work_id="W2"), Precedence(before="W2", work_id="W1"))
    given = replace(work("W1"), fixed=(date(2023, 12, 1), date(2023, 12, 10)))
    assert codes(replace(SOUND, works=(given, work("W2")), precedences=links)) == set()


def test_a_work_in_progress_whose_predecessor_is_not_done_is_found() -> None:
    begun = work("W2", started_on=date(2023, 12, 1))
    assert codes(replace(SOUND, works=(work("W1"), begun))) == {"begun_before"}
    done = work("W1", fixed=(date(2023, 11, 1), date(2024, 1, 1)))
    assert codes(replace(SOUND, works=(done, begun))) == set()
    waits = replace(
        SOUND, works=(done, begun), precedences=(Precedence(before="W1", work_id="W2", lag_days=1),)
    )
    assert codes(waits) == {"begun_before"}
    from_its_start = Precedence(before="W1", work_id="W2", relation="SS", lag_days=62)
    assert codes(replace(waits, precedences=(from_its_start,))) == set()
    assert codes(replace(waits, precedences=(replace(from_its_start, lag_days=63),))) == {"begun_before"}
    same_day = replace(begun, started_on=AS_OF)
    assert codes(replace(SOUND, works=(done, same_day))) == set()


DAYS = range(12)


def can_be_dated(days: list[int], links: list[Link]) -> bool:
    """Whether some starts within a few days keep all precedences, by trying them all."""
    for starts in product(DAYS, repeat=len(days)):
        marks = {(str(k), "S"): start for k, start in enumerate(starts)}
        marks |= {(str(k), "F"): start + days[k] for k, start in enumerate(starts)}
        if all(
            marks[link.work_id, link.relation[1]] >= marks[link.before, link.relation[0]] + link.lag_days
            for link in links
        ):
            return True
    return False


LINKS = st.builds(
    Link,
    before=st.sampled_from("012"),
    work_id=st.sampled_from("012"),
    relation=st.sampled_from(["FS", "SS", "FF", "SF"]),
    lag_days=st.integers(-3, 3),
)


@given(st.lists(st.integers(0, 2), min_size=3, max_size=3), st.lists(LINKS, max_size=4))
def test_a_network_has_dates_just_when_no_circle_is_found(days: list[int], links: list[Link]) -> None:
    lengths = {str(k): length for k, length in enumerate(days)}
    found = list(circles(lengths, lengths, links))
    assert (not found) == can_be_dated(days, links)
    assert all(circle.days > 0 for circle in found)


def test_a_long_circle_is_found_and_its_middle_left_out() -> None:
    names = [f"W{k}" for k in range(1000)]
    lengths = dict.fromkeys(names, 1)
    links = [
        Link(before=a, work_id=b, relation="FS", lag_days=0)
        for a, b in zip(names, [*names[1:], names[0]], strict=True)
    ]
    (circle,) = circles(lengths, lengths, links)
    assert circle.days == 1000
    assert circle.words().startswith("W0 → W1 → ")
    assert "… (980) → W999 → W0" in circle.words()
