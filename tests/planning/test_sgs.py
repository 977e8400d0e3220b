"""Schedule generation: schedules keep everything, orders reach the best one, pushing never makes longer."""

import random

import pytest

from parcelplan.planning.draft import Draft, to_plan
from parcelplan.planning.heuristic.lists import ListSearch, by_urgency, crossed, listed
from parcelplan.planning.heuristic.sgs import Schedule, justified, to_the_left
from parcelplan.planning.heuristic.shop import Shop
from parcelplan.planning.heuristic.shortest import least_makespan as bound_of
from parcelplan.planning.heuristic.shortest import shortest_draft
from parcelplan.planning.problem import Mode, Precedence, Work
from parcelplan.planning.timeline import Timeline, lay_timeline
from parcelplan.planning.work_days import WorkDays
from tests.planning.works import (
    LINE,
    OFFICE,
    RIVER,
    crew,
    day,
    least_makespan,
    random_problem,
    work,
    works_problem,
)

HORIZON = 14


def placed(problem, order=None, horizon=60):
    """Starts and ends by work, in the order given or by urgency."""
    shop = Shop(WorkDays(problem, horizon))
    numbers = by_urgency(shop) if order is None else [shop.number[name] for name in order]
    schedule = to_the_left(shop, numbers, [0] * len(numbers))
    if schedule is None:
        return None
    return {w.work_id: (schedule.starts[k], schedule.frees[k]) for k, w in enumerate(shop.works)}


@pytest.mark.parametrize(
    ("relation", "lag", "expected"),
    [
        ("FS", 0, (4, 7)),
        ("FS", 2, (6, 9)),
        ("FS", -3, (1, 4)),
        ("SS", 2, (2, 5)),
        ("FF", 0, (1, 4)),
        ("FF", 3, (4, 7)),
        ("SF", 5, (2, 5)),
    ],
)
def test_each_relation_holds_its_own_end(relation, lag, expected):
    problem = works_problem(
        work("A", 4),
        work("B", 3),
        precedences=(Precedence(before="A", work_id="B", relation=relation, lag_days=lag),),
    )
    assert placed(problem) == {"A": (0, 4), "B": expected}


def test_works_that_share_a_crew_go_one_after_the_other():
    problem = works_problem(work("A", 4), work("B", 3), demands=(crew(1, {"A": 1, "B": 1}),))
    assert placed(problem, ["B", "A"]) == {"A": (3, 7), "B": (0, 3)}


def test_two_crews_are_asked_at_once():
    problem = works_problem(
        work("A", 4),
        work("B", 3),
        work("C", 2),
        demands=(crew(3, {"A": 2, "C": 1}), crew(2, {"B": 2, "C": 1}, crew_id="D")),
    )
    assert placed(problem, ["A", "B", "C"]) == {"A": (0, 4), "B": (0, 3), "C": (3, 5)}


def test_a_crew_that_is_away_is_waited_for():
    problem = works_problem(work("A", 3), demands=(crew(1, {"A": 1}, (2, 6, 0)),))
    assert placed(problem) == {"A": (6, 9)}


def test_calendars_stretch_a_work_or_move_it():
    problem = works_problem(
        work("R", 3, calendar_id="river"),  # closed on days 4 to 6
        work(
            "L", 3, calendar_id="line", earliest_start_on=day(3)
        ),  # day 5 breaks what may not be interrupted
        work("O", 5, calendar_id="office"),  # Tuesday to Friday, then Monday
        calendars=(RIVER, LINE, OFFICE),
    )
    assert placed(problem) == {"R": (0, 3), "L": (6, 9), "O": (0, 7)}
    later = works_problem(work("R", 3, calendar_id="river", earliest_start_on=day(2)), calendars=(RIVER,))
    assert placed(later) == {"R": (2, 8)}


def test_promised_days_started_and_fixed_works_stand():
    problem = works_problem(
        work("promised", 3, not_before_on=day(9)),
        work("going_on", 4, started_on=day(-30)),
        work("done", 9, fixed=(day(-9), day(1))),
        work("next", 1),
        precedences=(Precedence(before="done", work_id="next"),),
    )
    assert placed(problem) == {"promised": (7, 10), "going_on": (0, 4), "next": (2, 3)}


def test_a_missed_deadline_is_no_schedule():
    from parcelplan.planning.problem import WorkDeadline

    tight = WorkDeadline(work_id="B", on=day(6))
    problem = works_problem(work("A", 4), work("B", 3), demands=(crew(1, {"A": 1, "B": 1}), tight))
    assert placed(problem, ["A", "B"]) == {"A": (0, 4), "B": (4, 7)}
    assert placed(problem, ["B", "A"]) == {"A": (3, 7), "B": (0, 3)}
    late = works_problem(work("A", 5), work("B", 3), demands=problem.demands)
    assert placed(late, ["A", "B"]) is None


def test_works_in_a_circle_and_works_without_a_day_are_refused():
    circle = works_problem(
        work("A", 1),
        work("B", 1),
        precedences=(Precedence(before="A", work_id="B"), Precedence(before="B", work_id="A")),
    )
    with pytest.raises(ValueError, match="wait for each other"):
        Shop(WorkDays(circle, 30))
    with pytest.raises(ValueError, match="A has no day"):
        Shop(WorkDays(works_problem(work("A", 40)), 30))


def test_justification_shortens_what_a_poor_order_made():
    problem = works_problem(
        work("A", 2), work("B", 4), work("C", 2), work("D", 4), demands=(crew(2, dict.fromkeys("ABCD", 1)),)
    )
    shop = Shop(WorkDays(problem, 30))
    poor = to_the_left(shop, [shop.number[name] for name in "ACBD"], [0] * 4)
    worse = Schedule(poor.ways, tuple(s + 3 for s in poor.starts), tuple(f + 3 for f in poor.frees))
    assert (worse.makespan, justified(shop, worse).makespan) == (9, 6)


@pytest.mark.parametrize("seed", range(60))
def test_random_schedules_pass_the_checks_and_justification_never_makes_longer(seed):
    problem = random_problem(seed, count=6, horizon=40)
    timeline = Timeline(problem=problem, days=lay_timeline(problem).days, last=60)
    shop = Shop(timeline.work_days)
    dice = random.Random(seed)
    for _ in range(5):
        ways = [dice.randrange(len(found)) for found in shop.ways]
        schedule = to_the_left(shop, listed(shop, [dice.random() for _ in shop.works]), ways)
        if schedule is None:
            continue
        better = justified(shop, schedule)
        assert better.makespan <= schedule.makespan
        for item in (schedule, better):
            works = {
                w.work_id: (shop.ways[k][item.ways[k]].mode, item.starts[k]) for k, w in enumerate(shop.works)
            }
            assert not problem.violations(to_plan(timeline, Draft(works=works)))


@pytest.mark.parametrize("seed", range(40))
def test_no_schedule_beats_brute_force_nor_its_bound(seed):
    problem = random_problem(seed, count=4, horizon=HORIZON)
    least = least_makespan(problem, HORIZON)
    timeline = Timeline(problem=problem, days=lay_timeline(problem).days, last=HORIZON - 1)
    draft = shortest_draft(timeline, time_limit_s=0.05, seed=1)
    if least is None:
        assert draft is None
        return
    assert bound_of(timeline) <= least
    if draft is not None:
        plan = to_plan(timeline, draft)
        assert not problem.violations(plan)
        assert plan.objective >= least


def test_lists_find_the_best_way_and_mode():
    slow_or_fast = Work(
        work_id="X",
        modes=(Mode(name="move", duration_days=9), Mode(name="bury", duration_days=4, crews={"C": 2})),
    )
    demand = crew(2, {"A": 1, "B": 1})
    units = dict(demand.units) | {("X", "bury"): 2}
    problem = works_problem(
        slow_or_fast,
        work("A", 5),
        work("B", 5),
        demands=(type(demand)(crew_id="C", capacity=2, units=units),),
    )
    shop = Shop(WorkDays(problem, 40))
    search = ListSearch(shop=shop, seed=3, goal=shop.least_makespan())
    search.run(until_s=float("inf"), most=200)
    assert search.best.makespan == 9


def test_the_search_is_the_same_each_time():
    problem = random_problem(5, count=8, horizon=40)
    found = []
    for _ in range(2):
        search = ListSearch(shop=Shop(WorkDays(problem, 60)), seed=7)
        search.run(until_s=float("inf"), most=300)
        found.append(search.best)
    assert found[0] == found[1]


@pytest.mark.parametrize("pool", [1, 4])
def test_the_pool_holds_no_more_than_it_is_given(pool):
    works = [work(f"W{k}", 2) for k in range(5)]
    problem = works_problem(*works, demands=(crew(1, {f"W{k}": 1 for k in range(5)}),))
    search = ListSearch(shop=Shop(WorkDays(problem, 60)), seed=7, pool=pool)
    search.run(until_s=float("inf"), most=300)
    assert len(search._pool) == pool


def test_crossed_orders_keep_precedence():
    problem = random_problem(11, count=8, horizon=40)
    shop = Shop(WorkDays(problem, 60))
    dice = random.Random(2)
    for _ in range(50):
        mother, father = (listed(shop, [dice.random() for _ in shop.works]) for _ in range(2))
        child = crossed(mother, father, dice)
        at = {k: position for position, k in enumerate(child)}
        assert sorted(child) == list(range(8))
        assert all(at[wait.other] < at[k] for k in child for wait in shop.before[k])
