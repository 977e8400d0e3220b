"""The smallest change that makes an infeasible problem feasible, for each demand of its conflict."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from parcelplan import catalogue
from parcelplan.plan import Plan
from parcelplan.planning.conflicts.conflict import demand_text
from parcelplan.planning.conflicts.knobs import Knob, Unit, knobs_of
from parcelplan.planning.problem import PlanningProblem

if TYPE_CHECKING:
    from parcelplan.catalogue import Language

Found = Literal["exact", "at_most", "never", "unknown"]
Ask = Callable[[PlanningProblem, float], "Plan | bool | None"]
"""A plan of a problem, or whether it has one, asked with seconds to find out in; None where nobody knew in time."""
LONGEST_SHARE = 0.5
"""Share of a figure's time that is left which one question may take."""
OnKnob = Callable[[str, str], None]
"""Told the demand and the change that is being looked at."""


@dataclass(frozen=True, kw_only=True)
class Relaxation:
    """How far one figure must be eased, all else as it is."""

    name: str
    """Name of the demand."""
    change: str
    unit: Unit
    found: Found
    """``exact``: ``steps`` are enough, and one less was proved too few. ``at_most``: they are enough, fewer may be.

    ``never``: no change of this figure alone is enough. ``unknown``: time ran out before anything was enough.
    """
    steps: int | None = None
    """Whole units of the change; None for ``never`` and ``unknown``."""
    too_few: int = 0
    """The most steps that were proved too few."""


def smallest_relaxations(
    problem: PlanningProblem,
    conflict: Iterable[str],
    *,
    ask: Ask,
    time_limit_s: float,
    on_knob: OnKnob | None = None,
) -> tuple[Relaxation, ...]:
    """Find for every figure of a conflict the smallest change after which there is a plan.

    Parameters
    ----------
    problem
        A problem proved infeasible.
    conflict
        Demands that cannot hold together, from ``Plan.conflict``; only their figures are looked at.
    ask
        Finds a plan of a problem, or says whether it has one. With a plan, what it does not use of a change is taken
        back at once, which saves questions.
    time_limit_s
        Longest search over all figures, seconds; each gets an equal share of what is left.
    on_knob
        Called before each figure.

    Returns
    -------
    tuple of Relaxation
        In the order of the conflict. Demands of which a user can change nothing have none.
    """
    deadline = time.perf_counter() + time_limit_s
    knobs = [knob for name in conflict for knob in knobs_of(problem, name)]
    found = []
    for place, knob in enumerate(knobs):
        if on_knob is not None:
            on_knob(knob.name, knob.change)
        left_s = deadline - time.perf_counter()
        found.append(_Bisection(knob, ask, left_s / (len(knobs) - place)).answer())
    return tuple(found)


class _Bisection:
    """The smallest number of steps that is enough, between what is proved too few and what has a plan."""

    def __init__(self, knob: Knob, ask: Ask, time_limit_s: float) -> None:
        self.knob = knob
        self.ask = ask
        self.deadline = time.perf_counter() + time_limit_s
        self.too_few = 0
        self.enough: int | None = None
        self.open: int = 0
        """The most steps of which nobody found out in time; fewer are not asked about again."""

    def answer(self) -> Relaxation:
        """Find out whether any change is enough, or double the steps until they are; then halve the gap."""
        self._try(self.knob.most)
        if self.too_few >= self.knob.most:
            return self._relaxation("never")
        steps = 1
        while self.enough is None and steps < self.knob.most and self._time_is_left():
            self._try(steps)
            steps *= 2
        while self.enough is not None and self.enough - self._floor > 1 and self._time_is_left():
            self._try((self.enough + self._floor) // 2)
        if self.enough is None:
            return self._relaxation("unknown")
        return self._relaxation("exact" if self.enough == self.too_few + 1 else "at_most")

    @property
    def _floor(self) -> int:
        return max(self.too_few, self.open)

    def _time_is_left(self) -> bool:
        return time.perf_counter() < self.deadline

    def _try(self, steps: int) -> None:
        left_s = max(0.0, self.deadline - time.perf_counter())
        found = self.ask(self.knob.turned(steps), left_s * LONGEST_SHARE)
        if found is False:
            self.too_few = max(steps, self.too_few)
        elif found is None:
            self.open = max(steps, self.open) if steps < self.knob.most else self.open
        else:
            used = self._used(found, steps) if isinstance(found, Plan) else steps
            self.enough = used if self.enough is None else min(used, self.enough)

    def _used(self, plan: Plan, steps: int) -> int:
        """The fewest steps with which a plan keeps every demand, of so many with which it was made."""
        low, high = self.too_few, steps
        while high - low > 1:
            middle = (low + high) // 2
            if self.knob.turned(middle).violations(plan).of("error"):
                low = middle
            else:
                high = middle
        return high

    def _relaxation(self, found: Found) -> Relaxation:
        knob = self.knob
        steps = self.enough if found in {"exact", "at_most"} else None
        too_few = min(self.too_few, knob.most)
        return Relaxation(
            name=knob.name, change=knob.change, unit=knob.unit, found=found, steps=steps, too_few=too_few
        )


def relaxation_text(item: Relaxation, problem: PlanningProblem, lang: Language) -> str:
    """Say in one sentence how far a figure must be eased."""
    demand = demand_text(item.name, problem, lang)
    if item.unit == "aside":
        code = "relax.aside" if item.found in {"exact", "at_most"} else f"relax.{item.found}_aside"
        return catalogue.text(code, lang, demand=demand)
    params = {"demand": demand, "change": _change(item, lang)}
    if item.found == "at_most" and item.too_few:
        few = catalogue.text(f"relax.unit.{item.unit}", lang, count=item.too_few)
        return catalogue.text("relax.between", lang, few=few, **params)
    return catalogue.text(f"relax.{item.found}", lang, **params)


def _change(item: Relaxation, lang: Language) -> str:
    """The change with its amount, or without one where none is known."""
    change = catalogue.text(f"relax.change.{item.change}", lang)
    if item.steps is None:
        return change
    amount = catalogue.text(f"relax.unit.{item.unit}", lang, count=item.steps)
    return catalogue.text("relax.by", lang, change=change, amount=amount)
