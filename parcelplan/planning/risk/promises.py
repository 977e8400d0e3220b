"""Dates that somebody counts on, and how likely each of them is met."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parcelplan.checks.target_checks import TOLERANCE
from parcelplan.plan import Plan
from parcelplan.planning.draft import on_the_other_side
from parcelplan.planning.problem import Horizon, PhaseWindow, PlanningProblem, Target, WorkDeadline
from parcelplan.planning.risk.estimates import Ints
from parcelplan.planning.risk.tables import Days

DateKind = Literal[
    "announced",
    "promised",
    "deadline",
    "fixed_work",
    "fixed_transfer",
    "needed",
    "target",
    "window",
    "horizon",
]
COLUMNS = ("kind", "subject", "phase", "on", "planned_on", "probability")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Ends of works and transfers of parcels in all runs."""

    problem: PlanningProblem
    plan: Plan
    days: Days
    free: Ints
    """First day after each work of the plan."""
    transfer: Ints
    """Transfer of each parcel of the plan."""

    def works_done(self, k: int, on: date) -> float:
        """Share of runs in which a work has ended by a day."""
        return float((self.free[k] <= self.days.offset(on) + 1).mean())

    def all_transferred(self, rows: NDArray[np.intp], on: date) -> float:
        """Share of runs in which all of these transfers have been made by a day; 0 without any."""
        return float((self.transfer[rows].max(axis=0) <= self.days.offset(on)).mean()) if len(rows) else 0.0

    def rows_of(self, phase: int) -> NDArray[np.intp]:
        """Places of the transfers of one phase."""
        return np.flatnonzero([item.phase == phase for item in self.plan.transfers])

    def last_planned(self, rows: NDArray[np.intp]) -> date | None:
        """Last planned day of these transfers."""
        return max((self.plan.transfers[k].transfer_on for k in rows), default=None)


def dated(
    outcome: Outcome, announced: Mapping[str, tuple[int, date]], due: Mapping[str, date]
) -> pd.DataFrame:
    """One row a date, see :attr:`parcelplan.planning.risk.Risk.dates`.

    Parameters
    ----------
    outcome
        What came out of the runs.
    announced
        Announced transfers: row of the announcement → phase and last day. A phase of which the plan leaves a parcel
        out is never done.
    due
        Due dates of works; where one has none, the day before which it cannot end.
    """
    rows = [
        *_announced(outcome, announced),
        *_of_works(outcome, due),
        *_of_land(outcome),
        *_of_targets(outcome),
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"phase": "Int64", "probability": float})
    for name in ("on", "planned_on"):
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[s]")
    return frame


def _announced(outcome: Outcome, announced: Mapping[str, tuple[int, date]]) -> Iterator[tuple[object, ...]]:
    there = {item.parcel_id for item in outcome.plan.transfers}
    other = on_the_other_side(outcome.problem, there)
    out = {item.phase for item in outcome.plan.unplanned}
    out |= {item.phase for item in outcome.problem.candidates if item.parcel_id not in there | other}
    for row_id, (phase, on) in announced.items():
        rows = outcome.rows_of(phase)
        sure = 0.0 if phase in out else outcome.all_transferred(rows, on)
        yield "announced", row_id, phase, on, None if phase in out else outcome.last_planned(rows), sure


def _of_works(outcome: Outcome, due: Mapping[str, date]) -> Iterator[tuple[object, ...]]:
    problem, works = outcome.problem, {item.work_id: item for item in outcome.problem.works}
    deadlines = [("deadline", item.work_id, item.on) for item in problem.of(WorkDeadline)]
    promised = [
        ("promised", item.work_id, due.get(item.work_id, works[item.work_id].not_before_on))
        for item in outcome.plan.works
        if not item.fixed
    ]
    wished = [("fixed_work", work_id, on) for work_id, on in problem.fixed_works.items()]
    place = {item.work_id: k for k, item in enumerate(outcome.plan.works)}
    for kind, work_id, on in [*promised, *deadlines, *wished]:
        if on is not None and work_id in place:
            k = place[work_id]
            yield kind, work_id, None, on, outcome.plan.works[k].ends_on, outcome.works_done(k, on)


def _of_land(outcome: Outcome) -> Iterator[tuple[object, ...]]:
    problem, plan = outcome.problem, outcome.plan
    place = {item.parcel_id: k for k, item in enumerate(plan.transfers)}
    needed = [
        ("needed", item.parcel_id, item.due_on) for item in problem.candidates if item.due_on is not None
    ]
    wished = [("fixed_transfer", parcel, on) for parcel, on in problem.fixed_transfers.items()]
    for kind, parcel, on in [*needed, *wished]:
        if parcel in place:
            item = plan.transfers[place[parcel]]
            sure = outcome.all_transferred(np.array([place[parcel]]), on)
            yield kind, parcel, item.phase, on, item.transfer_on, sure
    for window in problem.of(PhaseWindow):
        rows = outcome.rows_of(window.phase)
        if window.latest_on is not None and len(rows):
            sure = outcome.all_transferred(rows, window.latest_on)
            yield (
                "window",
                str(window.phase),
                window.phase,
                window.latest_on,
                outcome.last_planned(rows),
                sure,
            )
    everything = np.arange(len(plan.transfers))
    for horizon in problem.of(Horizon):
        if len(everything):
            sure = outcome.all_transferred(everything, horizon.end_on)
            yield "horizon", "", None, horizon.end_on, outcome.last_planned(everything), sure


def _of_targets(outcome: Outcome) -> Iterator[tuple[object, ...]]:
    plan = outcome.plan
    for target in outcome.problem.of(Target):
        worth = target.values  # noqa: PD011 - a mapping of its own, no frame
        values = np.array([worth.get(item.parcel_id, 0.0) for item in plan.transfers])
        by = outcome.days.offset(target.by_on) - target.delay_days
        enough = target.amount - TOLERANCE * max(1.0, target.amount)
        sure = float((values @ (outcome.transfer <= by) >= enough).mean())
        there = accumulate(
            sorted((item.transfer_on, worth.get(item.parcel_id, 0.0)) for item in plan.transfers), _add
        )
        days = (day for day, amount in there if amount >= enough)
        planned_on = next((day + timedelta(days=target.delay_days) for day in days), None)
        yield "target", target.target_id, None, target.by_on, planned_on, sure


def _add(before: tuple[date, float], then: tuple[date, float]) -> tuple[date, float]:
    return then[0], before[1] + then[1]
