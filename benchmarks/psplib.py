"""How well works alone are planned: instances of PSPLIB through the problem classes and the planner of real sites.

``python benchmarks/psplib.py FILE… [--time-limit S] [--workers N] [--seed N] [--json] [--best-known CSV]
[--against pyjobshop]`` reads single-mode ``.sm`` files, plans each with the one objective ``makespan``, and prints a
table, or with ``--json`` a list of ``instance, status, makespan, bound, seconds``. ``--best-known`` names a table with
columns ``instance, best_ub``, from which gaps are counted; without it they are counted from each run's own bound.
``--against pyjobshop`` plans the same instances with PyJobShop, in turn, with the same time and workers, and prints
both; ``pip install pyjobshop`` brings it, the project itself does not need it.

The instances are not part of the project; PSPLIB gives them out: R. Kolisch and A. Sprecher (1997), PSPLIB - a project
scheduling problem library, Eur. J. Oper. Res. 96.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from parcelplan.dates import StatutoryClock  # noqa: E402 - a checkout need not be installed
from parcelplan.planning import solve  # noqa: E402
from parcelplan.planning.problem import CrewCapacity, Mode, PlanningProblem, Precedence, Work  # noqa: E402

AS_OF = date(2024, 1, 1)
CLOCK = StatutoryClock(notice_days=0, listing_days=0, result_working_days=0)
"""No land is transferred here, so that no clock runs."""
WORKERS = 2


@dataclass(frozen=True, kw_only=True)
class Instance:
    """An instance as its file has it: jobs by number, with the first and the last one of duration 0."""

    name: str
    durations: dict[int, int]
    needs: dict[int, tuple[int, ...]]
    successors: dict[int, tuple[int, ...]]
    capacities: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Result:
    """One line of the answer."""

    instance: str
    status: str
    makespan: int | None
    bound: int | None
    seconds: float


def read_instance(path: Path) -> Instance:
    """Read a single-mode instance.

    Raises
    ------
    ValueError
        A section is missing, or a job has several modes.
    """
    lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    relations = list(_rows(lines, "PRECEDENCE RELATIONS", skip=1))
    requests = list(_rows(lines, "REQUESTS/DURATIONS", skip=2))
    capacities = list(_rows(lines, "RESOURCEAVAILABILITIES", skip=1))
    if not relations or not requests or not capacities or any(row[1] != 1 for row in relations):
        message = f"{path}: not a single-mode PSPLIB instance"
        raise ValueError(message)
    return Instance(
        name=path.stem,
        durations={row[0]: row[2] for row in requests},
        needs={row[0]: tuple(row[3:]) for row in requests},
        successors={row[0]: tuple(row[3 : 3 + row[2]]) for row in relations},
        capacities=tuple(capacities[0]),
    )


def _rows(lines: Sequence[str], section: str, *, skip: int) -> Iterator[list[int]]:
    """Whole numbers of the lines of a section, up to the next row of asterisks."""
    first = next((k for k, line in enumerate(lines) if line.startswith(section)), len(lines))
    for line in lines[first + 1 + skip :]:
        if line.startswith("*"):
            return
        if line.strip():
            yield [int(part) for part in line.split()]


def to_problem(instance: Instance) -> PlanningProblem:
    """State an instance as works with crews, to be ended as soon as can be."""
    crews = [f"R{number}" for number in range(1, len(instance.capacities) + 1)]
    held = {
        job: {crew: units for crew, units in zip(crews, needs, strict=True) if units}
        for job, needs in instance.needs.items()
    }
    return PlanningProblem(
        as_of=AS_OF,
        clock=CLOCK,
        works=tuple(
            Work(work_id=str(job), modes=(Mode(duration_days=days, crews=held[job]),))
            for job, days in instance.durations.items()
        ),
        precedences=tuple(
            Precedence(before=str(job), work_id=str(other))
            for job, others in instance.successors.items()
            for other in others
        ),
        demands=tuple(
            CrewCapacity(
                crew_id=crew,
                capacity=capacity,
                units={(str(job), ""): units[crew] for job, units in held.items() if crew in units},
            )
            for crew, capacity in zip(crews, instance.capacities, strict=True)
        ),
        objectives=("makespan",),
    )


def planned(instance: Instance, *, time_limit_s: float, workers: int, seed: int) -> Result:
    """Plan an instance; the time counts from the problem to the checked plan."""
    problem = to_problem(instance)
    begun = time.perf_counter()
    plan = solve(problem, time_limit_s=time_limit_s, seed=seed, workers=workers)
    return Result(
        instance=instance.name,
        status=plan.status,
        makespan=None if plan.objective is None else round(plan.objective),
        bound=None if plan.bound is None else _up(plan.bound),
        seconds=time.perf_counter() - begun,
    )


def planned_by_pyjobshop(instance: Instance, *, time_limit_s: float, workers: int, seed: int) -> Result:
    """Plan an instance with PyJobShop on the same solver."""
    # PyJobShop reads files with a package that has the name of this script
    here = Path(__file__).resolve().parent
    sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != here]
    try:
        from pyjobshop import Model  # noqa: PLC0415 - wanted for the comparison alone
    except ImportError:
        sys.exit("the comparison needs PyJobShop: pip install pyjobshop")
    begun = time.perf_counter()
    model = Model()
    crews = [model.add_renewable(capacity=capacity) for capacity in instance.capacities]
    tasks = {job: model.add_task(name=str(job)) for job in instance.durations}
    for job, days in instance.durations.items():
        held = [(crew, units) for crew, units in zip(crews, instance.needs[job], strict=True) if units]
        model.add_mode(tasks[job], [crew for crew, _ in held], days, [units for _, units in held])
        for other in instance.successors[job]:
            model.add_end_before_start(tasks[job], tasks[other])
    found = model.solve(time_limit=time_limit_s, display=False, num_workers=workers, random_seed=seed)
    has_plan = math.isfinite(found.objective)
    return Result(
        instance=instance.name,
        status=found.status.value.lower(),
        makespan=round(found.objective) if has_plan else None,
        bound=_up(found.lower_bound) if math.isfinite(found.lower_bound) else None,
        seconds=time.perf_counter() - begun,
    )


def _up(bound: float) -> int:
    """The least whole makespan that a bound leaves."""
    return math.ceil(bound - 1e-6)


def gap(result: Result, known: dict[str, int]) -> float:
    """Distance of the makespan from the best one known, or from the run's own bound; 1 without a plan."""
    if result.makespan is None:
        return 1.0
    reference = known.get(result.instance, result.bound or 0)
    return (result.makespan - reference) / max(1, reference)


def _table(results: Sequence[Result], known: dict[str, int], title: str) -> None:
    print(
        f"{title}\n{'instance':<14}{'status':<18}{'makespan':>9}{'bound':>7}{'known':>7}{'gap':>8}{'seconds':>9}"
    )
    for item in results:
        best = known.get(item.instance, "")
        print(
            f"{item.instance:<14}{item.status:<18}{item.makespan or '':>9}{item.bound or '':>7}{best:>7}"
            f"{gap(item, known):>8.2%}{item.seconds:>9.2f}"
        )
    proved = [item for item in results if item.status == "optimal"]
    mean_gap = sum(gap(item, known) for item in results) / len(results)
    mean_s = sum(item.seconds for item in results) / len(results)
    print(f"proved {len(proved)} of {len(results)}, mean gap {mean_gap:.2%}, mean time {mean_s:.2f} s\n")


def _compare(own: Sequence[Result], others: Sequence[Result], known: dict[str, int]) -> None:
    """Ratios of time where either proved its plan, and of the makespans."""
    timed = [
        (one.seconds, other.seconds)
        for one, other in zip(own, others, strict=True)
        if "optimal" in {one.status, other.status}
    ]
    if timed:
        ratio = math.exp(sum(math.log(theirs / ours) for ours, theirs in timed) / len(timed))
        total = sum(theirs for _, theirs in timed) / sum(ours for ours, _ in timed)
        print(f"PyJobShop takes {ratio:.2f} times as long (geometric mean), {total:.2f} times in total")
    differences = [gap(other, known) - gap(one, known) for one, other in zip(own, others, strict=True)]
    better, worse = sum(item > 0 for item in differences), sum(item < 0 for item in differences)
    mean = sum(differences) / len(differences)
    print(f"its gap is {mean:.2%} wider on average: wider on {better}, narrower on {worse}")


def _known(path: Path | None) -> dict[str, int]:
    if path is None:
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {row["instance"]: int(row["best_ub"]) for row in csv.DictReader(file)}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="PSPLIB .sm files")
    parser.add_argument("--time-limit", type=float, default=10.0, metavar="S", help="seconds an instance")
    parser.add_argument("--workers", type=int, default=WORKERS, metavar="N", help="searches side by side")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--json", action="store_true", help="a list instead of a table")
    parser.add_argument("--best-known", type=Path, metavar="CSV", help="table of instance and best_ub")
    parser.add_argument("--against", choices=["pyjobshop"], help="plan with this too, and compare")
    return parser.parse_args()


def main() -> None:
    """Plan the files and print what came of it."""
    given = _arguments()
    planners: list[Callable[..., Result]] = [planned]
    if given.against:
        planners.append(planned_by_pyjobshop)
    results: list[list[Result]] = [[] for _ in planners]
    for path in given.files:
        instance = read_instance(path)
        for planner, found in zip(planners, results, strict=True):
            found.append(
                planner(instance, time_limit_s=given.time_limit, workers=given.workers, seed=given.seed)
            )
    if given.json:
        print(json.dumps([asdict(item) for item in results[0]], indent=1))
        return
    known = _known(given.best_known)
    for title, found in zip(["parcelplan", "PyJobShop"], results, strict=False):
        _table(found, known, title)
    if given.against:
        _compare(results[0], results[1], known)


if __name__ == "__main__":
    main()
