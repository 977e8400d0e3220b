"""Running CP-SAT: settings, stopping early, news while it searches, and what its answer means."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from ortools.sat.python import cp_model

Outcome = Literal["optimal", "feasible", "infeasible", "unknown"]

News = Callable[[float, float | None, float], None]
"""Told of each better solution and bound: seconds since the start, value (None without a solution), bound."""

Settings = Mapping[str, float | int | bool | str]
"""Parameters of the solver by name, over the settings that every search has. A list of names is one text."""

POLL_S = 0.05

FEW_WORKS = 45
"""Up to so many works alone a search spends all of its time on the proof: their best schedule is found at once."""
_INCOMPLETE = "*lns fj* fs_random* ls* feasibility_pump rins*"
"""Parts of the solver that improve plans and prove nothing."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a search came to. ``unknown`` says nothing about whether a solution exists."""

    outcome: Outcome
    solver: cp_model.CpSolver
    """Holds the values of the variables where the outcome is ``optimal`` or ``feasible``."""
    value: float | None = None
    """Objective of the solution, in the unit of the model; None without a solution or an objective."""
    bound: float | None = None
    """Proved bound of the objective; None without an objective, or where nothing is proved yet."""
    seconds: float = 0.0
    interrupted: bool = False
    """Whether a KeyboardInterrupt ended it; what was found is kept."""

    @property
    def found(self) -> bool:
        """Whether there is a solution to read."""
        return self.outcome in ("optimal", "feasible")


def run(
    model: cp_model.CpModel,
    *,
    time_limit_s: float,
    seed: int,
    workers: int = 1,
    on_news: News | None = None,
    should_stop: Callable[[], bool] | None = None,
    settings: Settings | None = None,
) -> Run:
    """Search until the best is proved, time is up or somebody stops it.

    Parameters
    ----------
    model
        The model, with its objective and hints.
    time_limit_s
        Longest search, seconds.
    seed
        Seed of the search: on one worker a search that ends by itself is the same each time.
    workers
        Searches side by side.
    on_news
        Told of solutions and bounds, from a thread of the solver.
    should_stop
        Asked some twenty times a second; the best solution so far is kept.
    settings
        Further parameters of the solver.

    Raises
    ------
    RuntimeError
        The model is malformed, which is a fault of whoever built it.
    """
    begun = time.perf_counter()
    solver = _solver(time_limit_s=time_limit_s, seed=seed, workers=workers, settings=settings or {})
    listener = None if on_news is None else _Listener(on_news, begun)
    if listener is not None and model.has_objective():
        solver.best_bound_callback = listener.on_bound
    status, interrupted = _solved(solver, model, listener, should_stop)
    found = _came_to(model, solver, status, time.perf_counter() - begun)
    return replace(found, interrupted=interrupted)


def settings_for_works(count: int, workers: int) -> Settings:
    """Settings for so many works without land, measured on instances of PSPLIB.

    The linear relaxation of crews costs more than it prunes, so no search solves one. The solver keeps one of its
    workers for parts that improve plans; where these are left out, it is given one more, which idles.
    """
    if workers == 1:
        return {"linearization_level": 0}
    if count > FEW_WORKS:
        return {"subsolvers": "no_lp " * (workers - 1), "linearization_level": 0}
    return {
        "num_workers": workers + 1,
        "subsolvers": "no_lp " * workers,
        "ignore_subsolvers": _INCOMPLETE,
        "linearization_level": 0,
    }


def _solver(*, time_limit_s: float, seed: int, workers: int, settings: Settings) -> cp_model.CpSolver:
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = max(0.0, time_limit_s)
    solver.parameters.random_seed = seed
    solver.parameters.num_workers = workers
    # an interrupt is Python's to handle: it reaches whoever waits for the search
    solver.parameters.catch_sigint_signal = False
    for name, value in settings.items():
        if isinstance(value, str):
            getattr(solver.parameters, name).extend(value.split())
        else:
            setattr(solver.parameters, name, value)
    return solver


def _solved(
    solver: cp_model.CpSolver,
    model: cp_model.CpModel,
    listener: cp_model.CpSolverSolutionCallback | None,
    should_stop: Callable[[], bool] | None,
) -> tuple[cp_model.CpSolverStatus, bool]:
    """Search in a thread of its own, so that the caller's thread can stop it and hears interrupts."""
    interrupted, ended = False, threading.Event()
    found: list[cp_model.CpSolverStatus | BaseException] = []

    def search() -> None:
        try:
            found.append(solver.solve(model, listener))
        except BaseException as fault:  # noqa: BLE001 - raised again below, in the caller's thread
            found.append(fault)
        finally:
            ended.set()

    # waited for by an event, since a join that is interrupted takes the thread for ended
    threading.Thread(target=search, name="cp-sat").start()
    try:
        while not ended.wait(POLL_S):
            if should_stop is not None and should_stop():
                solver.stop_search()
    except KeyboardInterrupt:
        # whoever asked for a plan gets the best one there is, and hears of the interrupt from it
        interrupted = True
    while not ended.wait(POLL_S):
        solver.stop_search()
    if isinstance(found[0], BaseException):
        raise found[0]
    return found[0], interrupted


def _came_to(
    model: cp_model.CpModel, solver: cp_model.CpSolver, status: cp_model.CpSolverStatus, seconds: float
) -> Run:
    if status == cp_model.MODEL_INVALID:
        message = f"the solver refuses the model: {model.validate()}"
        raise RuntimeError(message)
    if status == cp_model.INFEASIBLE:
        return Run(outcome="infeasible", solver=solver, seconds=seconds)
    bound = solver.best_objective_bound if model.has_objective() else None
    if status == cp_model.UNKNOWN:
        return Run(outcome="unknown", solver=solver, bound=bound, seconds=seconds)
    value = solver.objective_value if model.has_objective() else None
    outcome: Outcome = "optimal" if status == cp_model.OPTIMAL else "feasible"
    return Run(outcome=outcome, solver=solver, value=value, bound=bound, seconds=seconds)


class _Listener(cp_model.CpSolverSolutionCallback):
    """Hands on solutions and bounds as they come."""

    def __init__(self, on_news: News, begun: float) -> None:
        super().__init__()
        self._on_news = on_news
        self._begun = begun
        self._value: float | None = None
        self._lock = threading.Lock()

    def on_solution_callback(self) -> None:
        """Tell of a better solution."""
        with self._lock:
            self._value = self.objective_value
            self._on_news(time.perf_counter() - self._begun, self._value, self.best_objective_bound)

    def on_bound(self, bound: float) -> None:
        """Tell of a better bound."""
        with self._lock:
            self._on_news(time.perf_counter() - self._begun, self._value, bound)
