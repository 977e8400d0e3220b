"""Why no plan is possible: the fewest demands that cannot hold together, and those demands in words."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from parcelplan import catalogue
from parcelplan.plan import Plan
from parcelplan.planning.problem import (
    Absorption,
    BatchSize,
    BlackOut,
    CashLimit,
    CrewCapacity,
    Demand,
    Horizon,
    ListingsPerMonth,
    NetLand,
    OccupancyTrigger,
    PhaseWindow,
    PlanningProblem,
    Split,
    Target,
    WorkDeadline,
    YearlyQuota,
)
from parcelplan.units import YUAN_PER_WANYUAN, to_mu

if TYPE_CHECKING:
    from parcelplan.catalogue import Language

Ask = Callable[[PlanningProblem, float], "bool | None"]
"""Whether a problem has a plan, asked with seconds to find out in; None where they ended before anybody knew."""
LONGEST_SHARE = 0.25
"""Share of the time that is left which one question may take: a hard one shall not cost all the others."""


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """Demands that cannot hold together."""

    names: tuple[str, ...]
    """In the order of the problem. Empty where works alone, or days alone, leave no plan."""
    minimal: bool = True
    """Whether each of them was proved needed: without it, the others have a plan."""


def conflicting_demands(problem: PlanningProblem, *, ask: Ask, time_limit_s: float) -> Conflict:
    """Find demands of an infeasible problem that cannot hold together, none of which can be left out.

    Whole halves of the demands are put aside first, then halves of halves: of *n* demands *k* are found with about
    ``2k·log(n/k) + 2k`` questions, where putting them aside one by one asks *n* times. Of two conflicts, the one
    whose demands stand later in the problem is named. The answer is a conflict whatever the questions take, since only
    what is proved infeasible narrows it; a question that time ends proves nothing, so that its demands stay in.

    Parameters
    ----------
    problem
        A problem proved infeasible.
    ask
        Says whether a problem has a plan.
    time_limit_s
        Longest search over all questions, seconds.
    """
    names = list(dict.fromkeys(demand.name for demand in problem.demands))
    questions = _Questions(problem, ask, time_limit_s)
    found = questions.narrowed([], [], names[::-1])
    if questions.open:
        found = questions.one_by_one(found)
    return Conflict(names=tuple(name for name in names if name in found), minimal=not questions.open)


class _Questions:
    """Asks whether some of a problem's demands have a plan, each set once, and knows what stayed unanswered."""

    def __init__(self, problem: PlanningProblem, ask: Ask, time_limit_s: float) -> None:
        self.problem = problem
        self.ask = ask
        self.deadline = time.perf_counter() + time_limit_s
        self.open = False
        """Whether a question on which the answer rests was not answered."""
        self._known: dict[frozenset[str], bool] = {}

    def infeasible(self, names: list[str]) -> bool:
        """Whether these demands are proved to have no plan."""
        key = frozenset(names)
        if key not in self._known:
            left_s = self.deadline - time.perf_counter()
            others = {demand.name for demand in self.problem.demands} - key
            answer = self.ask(self.problem.without(*others), left_s * LONGEST_SHARE) if left_s > 0 else None
            if answer is None:
                self.open = True
                return False
            self._known[key] = not answer
        return self._known[key]

    def narrowed(self, kept: list[str], added: list[str], names: list[str]) -> list[str]:
        """Of ``names``, which conflict together with ``kept``, those that are needed; ``added`` were kept last."""
        if (added or not kept) and self.infeasible(kept):
            return []
        if len(names) == 1:
            return names
        half = len(names) // 2
        first, second = names[:half], names[half:]
        of_second = self.narrowed([*kept, *first], first, second)
        of_first = self.narrowed([*kept, *of_second], of_second, first)
        return [*of_first, *of_second]

    def one_by_one(self, names: list[str]) -> list[str]:
        """Put the demands of a conflict aside in turn, with what time is left: what is not needed goes."""
        self.open = False
        for name in list(names):
            less = [other for other in names if other != name]
            if self.infeasible(less):
                names = less
        return names


def conflict_text(plan: Plan, problem: PlanningProblem, lang: Language) -> str:
    """Say of an infeasible plan which demands cannot hold together; empty for any other plan.

    Parameters
    ----------
    plan
        The answer of the planner.
    problem
        The problem that it answers, for the figures of its demands.
    lang
        Language.
    """
    if plan.status != "infeasible":
        return ""
    if not plan.conflict:
        return catalogue.text("planning.infeasible_alone", lang)
    joint = "；" if lang == "zh" else "; "
    demands = joint.join(demand_text(name, problem, lang) for name in plan.conflict)
    code = "planning.infeasible_among"
    if plan.conflict_minimal:
        code = "planning.infeasible" if len(plan.conflict) > 1 else "planning.infeasible_one"
    return catalogue.text(code, lang, demands=demands)


def demand_text(name: str, problem: PlanningProblem, lang: Language) -> str:
    """Say a demand's name, such as stands in ``Plan.conflict``, in words and with its figure."""
    kind, _, subject = name.partition(" ")
    demand = next(item for item in problem.demands if item.name == name)
    variant, figures = _figures(demand, problem, lang)
    joint = "、" if lang == "zh" else ", "
    return catalogue.text(f"demand.{kind}{variant}", lang, subject=subject.replace(";", joint), **figures)


def _figures(demand: Demand, problem: PlanningProblem, lang: Language) -> tuple[str, dict[str, Any]]:
    """The figures of a demand, and which of its sentences they belong to."""
    if isinstance(demand, NetLand):
        return _net_land(demand)
    if isinstance(demand, Target):
        return f".{demand.measure}", _target(demand)
    if isinstance(demand, WorkDeadline):
        return "", {"name": _work_name(demand.work_id, problem), "on": demand.on}
    if isinstance(demand, OccupancyTrigger):
        phases = ("、" if lang == "zh" else ", ").join(str(phase) for phase in demand.of_phases)
        figures = {"needed_mu": to_mu(demand.needed_m2), "days": demand.occupied_after_days}
        return "", figures | {"phases": phases}
    return "", _SIMPLE.get(type(demand), lambda _item: {})(demand)


def _net_land(demand: NetLand) -> tuple[str, dict[str, Any]]:
    days = demand.ready_on.values()
    span = {"first": min(days, default=date.min), "last": max(days, default=date.min)}
    works = {work for gates in demand.gates.values() for gate in gates for way in gate.any_of for work in way}
    return (".works", {"count": len(works)}) if works else ("", span)


def _target(demand: Target) -> dict[str, Any]:
    amount = demand.amount
    if demand.measure == "area_m2":
        amount = to_mu(amount)
    elif demand.measure in {"output_yuan", "tax_yuan"}:
        amount /= YUAN_PER_WANYUAN
    return {"title": demand.title or demand.target_id, "amount": amount, "by_on": demand.by_on}


def _work_name(work_id: str, problem: PlanningProblem) -> str:
    return next((work.name for work in problem.works if work.work_id == work_id), "") or work_id


_SIMPLE: Mapping[type, Callable[[Any], dict[str, Any]]] = {
    PhaseWindow: lambda item: {"first": item.earliest_on or "…", "last": item.latest_on or "…"},
    YearlyQuota: lambda item: {"mu": to_mu(item.quota_m2)},
    ListingsPerMonth: lambda item: {"per_month": item.per_month},
    Horizon: lambda item: {"end": item.end_on},
    Absorption: lambda item: {"mu": to_mu(item.per_quarter_m2)},
    BlackOut: lambda item: {"first": item.from_on, "until": item.until_on},
    CrewCapacity: lambda item: {"name": item.title or item.crew_id, "capacity": item.capacity},
    CashLimit: lambda item: {
        "opening": item.opening_yuan / YUAN_PER_WANYUAN,
        "credit": item.credit_yuan / YUAN_PER_WANYUAN,
    },
    BatchSize: lambda item: {
        "least_mu": to_mu(item.min_m2),
        "most_mu": "–" if item.max_m2 is None else f"{to_mu(item.max_m2):.2f}",
    },
    Split: lambda item: {"count": len(item.pieces)},
}
"""Figures of the demands that have one sentence each."""
