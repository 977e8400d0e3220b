"""Districts made up from a seed, and the benchmark that plans them, on a tiny one."""

import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.districts import QUOTA_ROOM, district
from parcelplan.checks.problem_checks import check_problem
from parcelplan.planning.bounds.relaxation import lower_bound
from parcelplan.planning.draft import to_plan
from parcelplan.planning.heuristic.construct import first_draft
from parcelplan.planning.heuristic.layout import Layout
from parcelplan.planning.heuristic.score import score
from parcelplan.planning.problem import CashLimit, CrewCapacity, YearlyQuota
from parcelplan.planning.timeline import lay_timeline

ROOT = Path(__file__).resolve().parents[1]


def test_a_seed_always_makes_the_same_district():
    assert district(80, seed=5) == district(80, seed=5)
    assert district(80, seed=5) != district(80, seed=6)


@pytest.mark.parametrize("size", [12, 200, 1_000])
def test_a_district_is_a_sound_problem(size: int):
    problem = district(size)
    assert not check_problem(problem).of("error")
    assert len(problem.candidates) == size
    assert sum(item.quota_m2 for item in problem.of(YearlyQuota)) == pytest.approx(
        QUOTA_ROOM * sum(item.area_m2 for item in problem.candidates)
    )


def test_lines_cross_many_blocks_and_streets_are_two_ways_round():
    problem = district(200)
    kinds = Counter(work.kind for work in problem.works)
    assert kinds["line_undergrounding"] >= 20
    assert kinds["river_diversion"] >= 3
    assert all(
        any(len(access.ways) == 2 for access in own)
        for own in Layout(timeline=lay_timeline(problem)).accesses
    )


def test_crews_quotas_and_money_bind():
    problem = district(200)
    base = first_value(problem)
    for kind, loosened in (
        (CrewCapacity, lambda item: replace(item, capacity=9 * item.capacity)),
        (YearlyQuota, lambda item: replace(item, quota_m2=9 * item.quota_m2)),
        (CashLimit, lambda item: replace(item, credit_yuan=item.credit_yuan + 1e12)),
    ):
        demands = tuple(loosened(item) if isinstance(item, kind) else item for item in problem.demands)
        assert first_value(replace(problem, demands=demands)) < 0.9999 * base


def first_value(problem: object) -> float:
    timeline = lay_timeline(problem)
    draft = first_draft(timeline)
    assert draft is not None
    assert not problem.violations(to_plan(timeline, draft))
    return score(Layout(timeline=timeline), draft)[1]


def test_a_plan_at_once_is_not_far_from_the_bound():
    problem = district(200)
    bound = lower_bound(lay_timeline(problem), "supply", time_limit_s=20.0)
    assert bound <= first_value(problem) <= 1.06 * bound


def test_the_benchmark_runs_and_tells_what_it_measured(tmp_path: Path):
    picture = tmp_path / "gap.svg"
    command = [
        sys.executable,
        "benchmarks/planning.py",
        "--parcels",
        "60",
        "240",
        "--time-limit",
        "4",
        "--json",
    ]
    ran = subprocess.run(
        [*command, "--plot", str(picture)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    small, large = json.loads(ran.stdout)
    assert large["status"] == "feasible"
    assert large["bound"] <= large["value"] <= large["first_value"]
    assert large["first_broken"] == 0
    assert small["parcels"] == 60
    assert large["memory_mb"] > 50
    assert 0 < large["use"]["acquisition_team"] <= 1
    assert picture.read_text().startswith("<svg")
