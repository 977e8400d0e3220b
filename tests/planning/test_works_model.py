"""Works in the model: its optimum is that of brute force, hints name every variable, and time proves nothing."""

import threading
import time

import pytest
from ortools.sat.python import cp_model

from parcelplan.planning._cpsat.running import run
from parcelplan.planning._cpsat.works import WorksModel
from parcelplan.planning.draft import Draft, to_plan
from parcelplan.planning.problem import Precedence
from parcelplan.planning.timeline import Timeline, lay_timeline
from parcelplan.planning.work_days import WorkDays
from tests.planning.works import crew, least_makespan, random_problem, work, works_problem

HORIZON = 14


def modelled(problem, last):
    model = cp_model.CpModel()
    works = WorksModel(model, WorkDays(problem, last))
    model.minimize(works.makespan())
    return model, works


def crowded(count):
    """Works that all need one crew, with a shape that takes a while to prove."""
    names = [f"W{k}" for k in range(count)]
    return works_problem(
        *(work(name, 3 + k * 7 % 5) for k, name in enumerate(names)),
        precedences=tuple(
            Precedence(before=a, work_id=b) for a, b in zip(names[::3], names[1::3], strict=False)
        ),
        demands=(crew(7, {name: 2 + k % 3 for k, name in enumerate(names)}),),
    )


@pytest.mark.parametrize("seed", range(60))
def test_the_model_finds_what_brute_force_finds(seed):
    problem = random_problem(seed, count=4, horizon=HORIZON)
    least = least_makespan(problem, HORIZON)
    model, works = modelled(problem, HORIZON - 1)
    found = run(model, time_limit_s=20, seed=1)
    if least is None:
        assert found.outcome == "infeasible"
        return
    assert (found.outcome, found.value) == ("optimal", least)
    timeline = Timeline(problem=problem, days=lay_timeline(problem).days, last=HORIZON - 1)
    assert not problem.violations(to_plan(timeline, Draft(works=works.values(found.solver))))


@pytest.mark.parametrize("seed", range(30))
def test_hints_name_every_variable_and_hold(seed):
    problem = random_problem(seed, count=5, horizon=20)
    model, works = modelled(problem, 40)
    found = run(model, time_limit_s=20, seed=1)
    if not found.found:
        return
    hints = dict(works.hints(works.values(found.solver)))
    assert {variable.index for variable in hints} == set(range(len(model.proto.variables)))
    for variable, value in hints.items():
        model.add(variable == value)
    assert run(model, time_limit_s=20, seed=1).value == found.value


def test_a_work_that_is_left_alone_stays():
    problem = works_problem(work("A", 3), work("B", 2), demands=(crew(1, {"A": 1, "B": 1}),))
    model, works = modelled(problem, 30)
    works.fix("A", 0, 4)
    found = run(model, time_limit_s=20, seed=1)
    assert works.values(found.solver)["A"] == (0, 4)
    assert found.value == 7


def test_no_time_says_nothing():
    model, _ = modelled(crowded(40), 200)
    assert run(model, time_limit_s=0, seed=1).outcome == "unknown"


def test_news_come_while_it_runs_and_a_stop_keeps_the_best():
    heard, stop = [], threading.Event()

    def news(seconds, value, bound):
        heard.append((seconds, value, bound))
        if value is not None:
            stop.set()

    model, _ = modelled(crowded(60), 400)
    begun = time.perf_counter()
    found = run(model, time_limit_s=60, seed=1, on_news=news, should_stop=stop.is_set)
    assert found.outcome in {"feasible", "optimal"}
    assert time.perf_counter() - begun < 30
    values = [value for _, value, _ in heard if value is not None]
    assert found.value <= values[0]
    assert values == sorted(values, reverse=True)


def test_a_malformed_model_is_a_fault():
    model = cp_model.CpModel()
    model.new_int_var(0, 1, "x")
    model.proto.variables[0].domain[0] = 3
    with pytest.raises(RuntimeError, match="refuses the model"):
        run(model, time_limit_s=1, seed=1)


def test_settings_reach_the_solver():
    model, _ = modelled(crowded(6), 100)
    found = run(
        model, time_limit_s=20, seed=4, workers=1, settings={"linearization_level": 0, "subsolvers": "no_lp"}
    )
    parameters = found.solver.parameters
    assert (parameters.linearization_level, list(parameters.subsolvers), parameters.random_seed) == (
        0,
        ["no_lp"],
        4,
    )
