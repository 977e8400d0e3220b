"""The problem as a CP-SAT model. The only room that knows the solver."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from parcelplan.planning._cpsat.bureau import Bureau
from parcelplan.planning._cpsat.decoding import to_draft
from parcelplan.planning._cpsat.gates import Gates, first_free, floors_of
from parcelplan.planning._cpsat.land import Land
from parcelplan.planning._cpsat.money import Money
from parcelplan.planning._cpsat.objectives import Measure, Objectives, post_binding
from parcelplan.planning._cpsat.running import Outcome, Run, Settings, run, settings_for_works
from parcelplan.planning._cpsat.sketch import Sketch, Term
from parcelplan.planning._cpsat.works import WorksModel
from parcelplan.planning.draft import Draft
from parcelplan.planning.problem import CashLimit, ObjectiveName, Target
from parcelplan.planning.timeline import Timeline

News = Callable[[float | None, float | None], None]
"""Told of the value and the bound of the objective, in its unit, whenever one of them is better."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a search found: ``unknown`` says nothing about whether a plan exists."""

    outcome: Outcome
    draft: Draft | None = None
    bound: float | None = None
    """Proved lower bound of the objective in its unit."""
    interrupted: bool = False
    """Whether a KeyboardInterrupt ended the search."""


def search(  # noqa: PLR0913 - what, within what, from what, how long, and who is told
    timeline: Timeline,
    *,
    objective: ObjectiveName | None = None,
    limits: Mapping[ObjectiveName, float] | None = None,
    time_limit_s: float,
    seed: int,
    workers: int = 1,
    hint: Draft | None = None,
    on_progress: News | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Answer:
    """Search for the best plan, or for any.

    Parameters
    ----------
    timeline
        The problem on its days.
    objective
        What is to be as small as can be; None asks only whether a plan exists.
    limits
        Values that other objectives must not pass, in their units. What the hint reaches is always within a limit
        that is its value.
    time_limit_s
        Longest search, seconds, the building of the model included.
    seed
        Seed of the search: on one worker a search that ends by itself is the same each time.
    workers
        Searches side by side.
    hint
        A plan to start from.
    on_progress
        Told of better values and bounds, from a thread of the solver.
    should_stop
        Asked all the time; the best plan so far is kept.
    """
    begun = time.perf_counter()
    asked = frozenset([*(limits or {}), *([objective] if objective else [])])
    model = _Model(timeline, asked=asked, hint=hint)
    for name, limit in (limits or {}).items():
        model.hold(name, limit)
    measure = model.minimise(objective) if objective else None
    found = run(
        model.sketch.model,
        time_limit_s=time_limit_s - (time.perf_counter() - begun),
        seed=seed,
        workers=workers,
        on_news=None if on_progress is None or measure is None else _told(on_progress, measure.scale),
        should_stop=should_stop,
        settings=_settings(timeline, workers),
    )
    return model.answer(found, measure)


def _settings(timeline: Timeline, workers: int) -> Settings:
    """Settings for works alone, and for land: its model is tight as it is, so presolving it again is time lost."""
    problem = timeline.problem
    if problem.candidates:
        return {"max_presolve_iterations": 1, "cp_model_probing_level": 0}
    return settings_for_works(len(problem.works), workers)


def _told(on_progress: News, scale: int) -> Callable[[float, float | None, float], None]:
    def told(_seconds: float, value: float | None, bound: float) -> None:
        on_progress(None if value is None else value / scale, bound / scale)

    return told


class _Model:
    """All parts of the model in the order in which they need one another."""

    def __init__(
        self,
        timeline: Timeline,
        *,
        asked: frozenset[ObjectiveName],
        hint: Draft | None,
    ) -> None:
        problem = timeline.problem
        self.hint = hint
        self.sketch = Sketch(hinted=hint is not None)
        self.works = WorksModel(self.sketch.model, timeline.work_days)
        frees = first_free(timeline)
        self.land = Land(self.sketch, timeline, self.works, floors=floors_of(problem, frees), hint=hint)
        Gates(self.land, self.works, frees)
        self.objectives = Objectives(self.land, self.works, asked)
        Bureau(self.land)
        self.objectives.bind()
        for cash in problem.of(CashLimit):
            Money(self.land, self.works, cash)
        for target in problem.of(Target):
            post_binding(self.land, target)

    def hold(self, name: ObjectiveName, limit: float) -> None:
        """``objective ≤ limit``, a little more where whole numbers are coarser than the limit."""
        measure = self.objectives.measure(name)
        self.sketch.no_more(measure.expression, measure.most(limit))

    def minimise(self, name: ObjectiveName) -> Measure:
        """Make an objective as small as can be."""
        measure = self.objectives.measure(name)
        self.sketch.model.minimize(measure.expression)
        return measure

    def answer(self, found: Run, measure: Measure | None) -> Answer:
        """Read what the search came to."""
        bound = None if found.bound is None or measure is None else found.bound / measure.scale
        if not found.found:
            return Answer(outcome=found.outcome, bound=bound, interrupted=found.interrupted)
        solver = found.solver

        def value(term: Term) -> int:
            return int(term) if isinstance(term, int) else int(solver.value(term))

        draft = to_draft(self.land, self.works.values(solver), value, self.objectives.floors(value))
        return Answer(outcome=found.outcome, draft=draft, bound=bound, interrupted=found.interrupted)


__all__ = ["Answer", "search"]
