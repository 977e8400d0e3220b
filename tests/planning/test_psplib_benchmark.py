"""The benchmark of works alone: its reader, its problem, and what it prints."""

import importlib.util
import json
import sys

import pytest

SMALL = """\
************************************************************************
file with basedata            : small
projects                      :  1
jobs (incl. supersource/sink ):  6
horizon                       :  14
RESOURCES
  - renewable                 :  2   R
  - nonrenewable              :  0   N
  - doubly constrained        :  0   D
************************************************************************
PRECEDENCE RELATIONS:
jobnr.    #modes  #successors   successors
   1        1          2           2   3
   2        1          1           4
   3        1          1           5
   4        1          1           6
   5        1          1           6
   6        1          0
************************************************************************
REQUESTS/DURATIONS:
jobnr. mode duration  R 1  R 2
------------------------------------------------------------------------
  1      1     0       0    0
  2      1     3       2    0
  3      1     4       2    1
  4      1     2       1    1
  5      1     5       1    1
  6      1     0       0    0
************************************************************************
RESOURCEAVAILABILITIES:
  R 1  R 2
    3    1
************************************************************************
"""
"""Jobs 2 and 3 share the first crew and cannot go together; of 3, 4 and 5 no two can, by the second: 4 + 2 + 5 = 11."""


@pytest.fixture
def benchmark(project_root):
    name = "psplib_benchmark"
    spec = importlib.util.spec_from_file_location(name, project_root / "benchmarks" / "psplib.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    path = list(sys.path)
    spec.loader.exec_module(module)
    sys.path[:] = path
    yield module
    del sys.modules[name]


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.sm"
    path.write_text(SMALL, encoding="ascii")
    return path


def test_an_instance_is_read_with_all_its_parts(benchmark, small):
    instance = benchmark.read_instance(small)
    assert instance.name == "small"
    assert instance.durations == {1: 0, 2: 3, 3: 4, 4: 2, 5: 5, 6: 0}
    assert instance.needs[5] == (1, 1)
    assert instance.successors == {1: (2, 3), 2: (4,), 3: (5,), 4: (6,), 5: (6,), 6: ()}
    assert instance.capacities == (3, 1)


def test_it_becomes_works_crews_and_precedences(benchmark, small):
    problem = benchmark.to_problem(benchmark.read_instance(small))
    assert [(work.work_id, work.modes[0].duration_days) for work in problem.works] == [
        ("1", 0), ("2", 3), ("3", 4), ("4", 2), ("5", 5), ("6", 0)
    ]  # fmt: skip
    assert len(problem.precedences) == 6
    assert [(crew.crew_id, crew.capacity) for crew in problem.demands] == [("R1", 3), ("R2", 1)]
    assert problem.demands[1].units == {("3", ""): 1, ("4", ""): 1, ("5", ""): 1}
    assert problem.objectives == ("makespan",)


def test_the_plan_is_the_best_one(benchmark, small):
    result = benchmark.planned(benchmark.read_instance(small), time_limit_s=20, workers=1, seed=0)
    # the second crew works 11 days without a break only if job 3 begins at once and 4 follows 2 in time
    assert (result.status, result.makespan, result.bound) == ("optimal", 11, 11)
    assert result.seconds < 20


@pytest.mark.parametrize("broken", ["PRECEDENCE", "REQUESTS", "RESOURCEAVAILABILITIES"])
def test_a_file_without_a_section_is_refused_by_name(benchmark, small, broken):
    small.write_text(SMALL.replace(broken, "SOMETHING"), encoding="ascii")
    with pytest.raises(ValueError, match=r"small\.sm: not a single-mode"):
        benchmark.read_instance(small)


def test_jobs_of_several_modes_are_refused(benchmark, small):
    small.write_text(SMALL.replace("   4        1          1", "   4        3          1"), encoding="ascii")
    with pytest.raises(ValueError, match="single-mode"):
        benchmark.read_instance(small)


def test_json_is_a_list_of_five_fields(benchmark, small, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["psplib.py", str(small), "--json", "--workers", "1"])
    benchmark.main()
    (row,) = json.loads(capsys.readouterr().out)
    assert list(row) == ["instance", "status", "makespan", "bound", "seconds"]
    assert (row["instance"], row["status"], row["makespan"], row["bound"]) == ("small", "optimal", 11, 11)


def test_the_table_counts_gaps_from_what_is_known(benchmark, small, tmp_path, monkeypatch, capsys):
    known = tmp_path / "known.csv"
    known.write_text("instance,best_ub\nsmall,10\n", encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["psplib.py", str(small), "--best-known", str(known), "--workers", "1"])
    benchmark.main()
    out = capsys.readouterr().out
    assert "10.00%" in out
    assert "proved 1 of 1" in out


def test_ratios_count_where_either_proved_its_plan(benchmark, capsys):
    def result(status, makespan, seconds):
        return benchmark.Result(instance="x", status=status, makespan=makespan, bound=50, seconds=seconds)

    own = [result("optimal", 50, 1.0), result("feasible", 60, 10.0), result("optimal", 50, 2.0)]
    others = [result("optimal", 50, 4.0), result("feasible", 65, 10.0), result("feasible", 50, 8.0)]
    benchmark._compare(own, others, {})
    out = capsys.readouterr().out
    assert "4.00 times as long (geometric mean), 4.00 times in total" in out
    assert "wider on 1, narrower on 0" in out
