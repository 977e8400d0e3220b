"""Durations that are not known for sure: three-point estimates, and draws from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from parcelplan.findings import Finding, Findings
from parcelplan.plan import Plan
from parcelplan.planning.problem import Mode, PlanningProblem

Ints = NDArray[np.int32]
Shape = Literal["pert", "triangular"]
"""How a duration spreads between its optimistic and its pessimistic value: beta-PERT or a triangle."""

_LIKELY_WEIGHT = 4.0
# The customary weight of the likely value in a PERT estimate: mean = (a + 4m + b) / 6.


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Days that one work takes: open days where it has a calendar. A certain one has all three values equal."""

    work_id: str
    optimistic: int
    likely: int
    pessimistic: int

    @property
    def certain(self) -> bool:
        """Whether nothing is left to chance."""
        return self.optimistic == self.pessimistic


def read_estimates(problem: PlanningProblem, plan: Plan) -> tuple[tuple[Estimate, ...], Findings]:
    """Estimates of a plan's works in the order of the plan, each in the mode that the plan chose.

    Returns
    -------
    tuple
        The estimates, and the findings ``risk.no_estimate`` (works without an optimistic or a pessimistic duration) and
        ``risk.bad_estimate`` (the three values are not in order). Both kinds of work are taken as certain.
    """
    modes = {work.work_id: {mode.name: mode for mode in work.modes} for work in problem.works}
    made, silent, crossed = [], [], []
    for item in plan.works:
        mode = modes[item.work_id][item.mode]
        estimate = _certain(item.work_id, mode)
        if not item.fixed and mode.duration_days > 0:
            low, high = mode.optimistic_days, mode.pessimistic_days
            if low is None or high is None:
                silent.append(item.work_id)
            elif not low <= mode.duration_days <= high:
                crossed.append(item.work_id)
            else:
                estimate = Estimate(
                    work_id=item.work_id, optimistic=low, likely=mode.duration_days, pessimistic=high
                )
        made.append(estimate)
    return tuple(made), _findings(silent, "risk.no_estimate") + _findings(crossed, "risk.bad_estimate")


def _certain(work_id: str, mode: Mode) -> Estimate:
    days = mode.duration_days
    return Estimate(work_id=work_id, optimistic=days, likely=days, pessimistic=days)


def _findings(works: list[str], code: str) -> Findings:
    params = {"works": ", ".join(works), "count": len(works)}
    return Findings([Finding(code=code, layer="works", params=params)] if works else [])


def draw_durations(estimates: tuple[Estimate, ...], *, runs: int, seed: int, shape: Shape) -> Ints:
    """Draw the duration of every work in every run.

    The draws of a work depend on its id and the seed alone: neither the order of the works nor other works change
    them.

    Parameters
    ----------
    estimates
        The works.
    runs
        Draws of each work.
    seed
        Seed of all draws.
    shape
        ``pert``: beta with a = 1 + 4 (m - o) / (p - o) and b = 1 + 4 (p - m) / (p - o), whose mean is
        (o + 4 m + p) / 6; ``triangular``: mode m.

    Returns
    -------
    ndarray
        Whole days, one row a work, one column a run.
    """
    drawn = np.empty((len(estimates), runs), dtype=np.int32)
    for row, item in enumerate(estimates):
        if item.certain:
            drawn[row] = item.likely
            continue
        low, span = float(item.optimistic), float(item.pessimistic - item.optimistic)
        rng = np.random.default_rng([seed, crc32(item.work_id.encode())])
        if shape == "triangular":
            days = rng.triangular(low, float(item.likely), low + span, runs)
        else:
            share = (item.likely - low) / span
            days = low + span * rng.beta(1 + _LIKELY_WEIGHT * share, 1 + _LIKELY_WEIGHT * (1 - share), runs)
        drawn[row] = np.rint(days)
    return drawn
