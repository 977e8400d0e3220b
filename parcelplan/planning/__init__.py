"""Planning: a problem free of any solver, the search for a plan, and the reasons for every date in it."""

from __future__ import annotations

from parcelplan.planning.building import build_problem
from parcelplan.planning.conflicts.conflict import conflict_text
from parcelplan.planning.problem import Candidate, PlanningProblem
from parcelplan.planning.solve import solve
from parcelplan.planning.why.explain import Explanation, Step, explain

__all__ = [
    "Candidate",
    "Explanation",
    "PlanningProblem",
    "Step",
    "build_problem",
    "conflict_text",
    "explain",
    "solve",
]
