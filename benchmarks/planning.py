"""How the planner does on whole districts: a checked plan at once, then value, bound and gap over time.

``python benchmarks/planning.py [--parcels 200 1000 3000] [--time-limit 20 60 120] [--seed 1] [--workers 1] [--json]
[--plot gap.svg]`` makes up a programme of each size, see :mod:`districts`, and plans it in a process of its own. It
prints when the first plan was there and checked, what the plan reaches, the bound and the gap, how much of crews,
quotas and money it uses, the memory, and how all that grows from size to size. It ends with an error where the first
plan took more than 3 s and 1 ms a parcel, or breaks its demands.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import altair as alt  # noqa: E402 - a checkout need not be installed
import pandas as pd  # noqa: E402
from districts import district  # noqa: E402

from parcelplan.checks.money_checks import balances  # noqa: E402
from parcelplan.plan import Plan  # noqa: E402
from parcelplan.planning.draft import to_plan  # noqa: E402
from parcelplan.planning.heuristic.construct import first_draft  # noqa: E402
from parcelplan.planning.problem import CashLimit, CrewCapacity, PlanningProblem, YearlyQuota  # noqa: E402
from parcelplan.planning.progress import Progress  # noqa: E402
from parcelplan.planning.solve import solve  # noqa: E402
from parcelplan.planning.timeline import lay_timeline  # noqa: E402

SIZES = (200, 1_000, 3_000)
LIMITS_S = {200: 20.0, 1_000: 60.0, 3_000: 120.0}
FIRST_S, FIRST_PER_PARCEL_S = 3.0, 0.001
MB = 1024.0


def measured(parcels: int, *, seed: int, time_limit_s: float, workers: int) -> dict[str, Any]:
    """Plan one district in this process and say how it went.

    Parameters
    ----------
    parcels
        Parcels of the district.
    seed
        Seed of the district and of the search.
    time_limit_s
        Longest search, seconds.
    workers
        Searches side by side.
    """
    problem = district(parcels, seed=seed)
    begun = time.perf_counter()
    timeline = lay_timeline(problem)
    draft = first_draft(timeline)
    first = None if draft is None else to_plan(timeline, draft)
    found = None if first is None else problem.violations(first)
    first_s = time.perf_counter() - begun
    curve: list[Progress] = []
    plan = solve(problem, time_limit_s=time_limit_s, seed=seed, workers=workers, on_progress=curve.append)
    return {
        "parcels": parcels,
        "works": len(problem.works),
        "first_s": first_s,
        "first_value": first.objective if first else None,
        "first_broken": len(found) if found is not None else None,
        "status": plan.status,
        "value": plan.objective,
        "bound": plan.bound,
        "gap": plan.gap,
        "solve_s": plan.solve_s,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MB,
        "use": use(problem, plan),
        "curve": [
            {"seconds": item.elapsed_s, "value": item.value, "bound": item.bound, "gap": item.gap}
            for item in curve
            if item.objective == plan.headline
        ],
    }


def use(problem: PlanningProblem, plan: Plan) -> dict[str, float]:
    """Shares of crews, quotas and money that a plan uses.

    Crews count from the first to the last day on which they are held, closed days of their works included; quotas with
    all their years; money by the lowest balance, the credit line added, as a share of the opening balance.
    """
    shares = {}
    for crew in problem.of(CrewCapacity):
        held = [item for item in plan.works if crew.crew_id in item.crews]
        if held:
            unit_days = sum(item.crews[crew.crew_id] * (item.free_on - item.start_on).days for item in held)
            span = max(item.free_on for item in held) - min(item.start_on for item in held)
            shares[crew.crew_id] = unit_days / (crew.capacity * max(1, span.days))
    quota_m2 = sum(item.quota_m2 for item in problem.of(YearlyQuota))
    if quota_m2:
        shares["quota"] = sum(item.area_m2 for item in plan.transfers) / quota_m2
    for cash in problem.of(CashLimit):
        lowest = min(item.balance_yuan for item in balances(plan, cash)) + cash.credit_yuan
        shares["money_left"] = lowest / max(1.0, cash.opening_yuan + cash.credit_yuan)
    return {name: round(share, 3) for name, share in shares.items()}


def in_own_process(parcels: int, arguments: argparse.Namespace, time_limit_s: float) -> dict[str, Any]:
    """Measure one size in a process of its own, so that its memory is its own."""
    command = [
        sys.executable,
        __file__,
        "--alone",
        "--parcels",
        str(parcels),
        "--time-limit",
        str(time_limit_s),
    ]
    command += ["--seed", str(arguments.seed), "--workers", str(arguments.workers)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own script
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def told(row: dict[str, Any]) -> str:
    """One line on one size."""
    gap = "–" if row["gap"] is None else f"{row['gap']:.2%}"
    value = "–" if row["value"] is None else f"{row['value']:.5g}"
    bound = "–" if row["bound"] is None else f"{row['bound']:.5g}"
    return (
        f"{row['parcels']:>6} parcels {row['works']:>5} works  first plan {row['first_s']:5.1f} s"
        f"  {row['status']} {value} ≥ {bound} m²·days  gap {gap} in {row['solve_s']:.0f} s"
        f"  {row['memory_mb']:.0f} MB  use {row['use']}"
    )


def growth(rows: list[dict[str, Any]]) -> list[str]:
    """How time and memory grow between two sizes: the power of the number of parcels."""
    lines = []
    for small, large in pairwise(rows):
        ratio = math.log(large["parcels"] / small["parcels"])
        powers = {
            name: math.log(large[name] / small[name]) / ratio if ratio else math.nan
            for name in ("first_s", "memory_mb")
        }
        spans = f"{small['parcels']} → {large['parcels']}"
        lines.append(f"{spans}: first plan n^{powers['first_s']:.2f}, memory n^{powers['memory_mb']:.2f}")
    return lines


def plot(rows: list[dict[str, Any]], path: Path) -> None:
    """Draw the gap over time as SVG."""
    points = [
        {"parcels": str(row["parcels"]), "seconds": item["seconds"], "gap": item["gap"]}
        for row in rows
        for item in row["curve"]
        if item["gap"] is not None
    ]
    chart = alt.Chart(pd.DataFrame(points, columns=["parcels", "seconds", "gap"])).mark_line(
        interpolate="step-after"
    )
    chart.encode(x="seconds:Q", y=alt.Y("gap:Q", axis=alt.Axis(format="%")), color="parcels:N").save(path)


def main() -> int:
    """Run the benchmark; 1 where a first plan was late or broken."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parcels", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--time-limit", type=float, nargs="+", help="seconds, for each size or for all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print all that was measured")
    parser.add_argument("--plot", type=Path, help="SVG of the gap over time")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    limits = arguments.time_limit or [
        LIMITS_S.get(size, max(LIMITS_S.values())) for size in arguments.parcels
    ]
    limits = limits * len(arguments.parcels) if len(limits) == 1 else limits
    if len(limits) != len(arguments.parcels):
        parser.error("--time-limit takes one number, or one for each size")
    if arguments.alone:
        options = {"seed": arguments.seed, "time_limit_s": limits[0], "workers": arguments.workers}
        print(json.dumps(measured(arguments.parcels[0], **options)))
        return 0
    rows = []
    for parcels, limit in zip(arguments.parcels, limits, strict=True):
        rows.append(in_own_process(parcels, arguments, limit))
        print(told(rows[-1]), file=sys.stderr if arguments.json else sys.stdout, flush=True)
    print(json.dumps(rows, indent=1) if arguments.json else "\n".join(growth(rows)))
    if arguments.plot:
        plot(rows, arguments.plot)
    late = [row for row in rows if row["first_s"] > FIRST_S + FIRST_PER_PARCEL_S * row["parcels"]]
    return int(bool(late) or any(row["first_broken"] != 0 for row in rows))


if __name__ == "__main__":
    sys.exit(main())
