"""A transfer plan as data, with the figures that can be recomputed from it. Knows no solver."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Literal

import pandas as pd

from parcelplan.dates import ONE_DAY

Status = Literal["optimal", "feasible", "infeasible", "no_solution_yet"]


@dataclass(frozen=True, kw_only=True)
class WaitedFor:
    """The one thing that kept a parcel from going on notice earlier.

    ``kind`` is the kind of a demand, such as ``gate, window, quota, listings, phase_order, trigger, money``, or
    ``nothing``; ``subject`` is the thing itself: the work of a gate, the year of a quota, the month of the listings,
    the phase waited for. For a work ``kind`` is ``work, crew, calendar, earliest_start, promised, money`` or
    ``nothing``.
    """

    kind: str
    subject: str = ""


@dataclass(frozen=True, kw_only=True)
class PlannedTransfer:
    """One parcel's way from notice to result."""

    parcel_id: str
    phase: int
    batch: str
    """Parcels of one phase put on notice on one day: ``2-1`` is the first batch of phase 2."""
    area_m2: float
    ready_on: date
    notice_on: date
    listing_on: date
    transfer_on: date
    result_on: date
    waited_for: WaitedFor = field(default_factory=lambda: WaitedFor(kind="nothing"))
    part_of: str = ""
    """The parcel of which it is a piece; empty for a whole parcel."""
    due_on: date | None = None
    """Day by which somebody needs it, where one is known."""
    happened: bool = False
    """Whether its notice was published before the plan was made."""


@dataclass(frozen=True, kw_only=True)
class PlannedWork:
    """One work as the plan carries it out."""

    work_id: str
    mode: str = ""
    start_on: date
    """First day of what is planned of it; of a work in progress that is the day of the plan."""
    ends_on: date
    """Last day; the day before ``start_on`` where nothing is left to do."""
    crews: Mapping[str, int] = field(default_factory=dict)
    cost_yuan: float = 0.0
    started_on: date | None = None
    """Day on which a work in progress began."""
    fixed: bool = False
    """Whether its dates were given, not planned."""
    waited_for: WaitedFor = field(default_factory=lambda: WaitedFor(kind="nothing"))
    """What kept it from starting earlier."""

    @property
    def free_on(self) -> date:
        """First day after its end: what it clears is free from then on."""
        return self.ends_on + ONE_DAY


@dataclass(frozen=True, kw_only=True)
class ObjectiveValue:
    """What a plan reaches of one objective, and the bound below which no plan falls given the objectives before it."""

    name: str
    value: float
    bound: float | None = None
    unit: str = ""

    @property
    def gap(self) -> float | None:
        """Relative distance of value and bound; 0 when proved optimal, None without a bound."""
        if self.bound is None:
            return None
        return 0.0 if self.value <= self.bound else (self.value - self.bound) / abs(self.value)


@dataclass(frozen=True, kw_only=True)
class Unplanned:
    """A parcel that the plan leaves out, and the catalogue code that says why."""

    parcel_id: str
    phase: int
    area_m2: float
    reason: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What the planner answers. ``infeasible`` and ``no_solution_yet`` carry no transfers.

    ``objective`` and ``bound`` are those of the objective ``headline``, in its own unit. For ``supply`` that is
    m²·days: the area of each parcel times the days from ``as_of`` to its transfer.
    """

    as_of: date
    status: Status
    transfers: tuple[PlannedTransfer, ...] = ()
    works: tuple[PlannedWork, ...] = ()
    unplanned: tuple[Unplanned, ...] = ()
    objective: float | None = None
    bound: float | None = None
    headline: str = "supply"
    """The objective that ``objective`` and ``bound`` speak of: ``supply`` where it counts, else the first one."""
    objectives: tuple[ObjectiveValue, ...] = ()
    """All objectives in the order in which they count."""
    solve_s: float = 0.0
    conflict: tuple[str, ...] = ()
    """For ``infeasible``: names of demands that cannot hold together, none of which can be left out."""
    conflict_minimal: bool = True
    """Whether each member of the conflict was proved needed; False where time ran out while looking."""

    @property
    def gap(self) -> float | None:
        """Relative distance of objective and bound; 0 when proved optimal, None without a plan."""
        if self.objective is None or self.bound is None:
            return None
        return 0.0 if self.objective == 0 else max(0.0, (self.objective - self.bound) / self.objective)

    def waiting_m2_days(self) -> float:
        """Recompute the objective from the transfers alone."""
        return sum(item.area_m2 * (item.transfer_on - self.as_of).days for item in self.transfers)

    def work(self, work_id: str) -> PlannedWork | None:
        """The work as planned, or None where the plan has none of that id."""
        return self._works_by_id.get(work_id)

    def transfer(self, parcel_id: str) -> PlannedTransfer | None:
        """The transfer of one parcel, or None where the plan has none."""
        return self._transfers_by_id.get(parcel_id)

    @cached_property
    def _works_by_id(self) -> dict[str, PlannedWork]:
        return {item.work_id: item for item in reversed(self.works)}

    @cached_property
    def _transfers_by_id(self) -> dict[str, PlannedTransfer]:
        return {item.parcel_id: item for item in reversed(self.transfers)}

    def of_phase(self, phase: int) -> tuple[PlannedTransfer, ...]:
        """All transfers of one phase, in the order of their notices."""
        return tuple(item for item in self.transfers if item.phase == phase)

    def area_by_year_m2(self) -> dict[int, float]:
        """Area transferred in each calendar year."""
        years: dict[int, float] = {}
        for item in self.transfers:
            years[item.transfer_on.year] = years.get(item.transfer_on.year, 0.0) + item.area_m2
        return dict(sorted(years.items()))

    def works_frame(self) -> pd.DataFrame:
        """One row a work, indexed by work_id; days as datetime64, ``waited_for`` as kind and subject."""
        names = ("mode", "start_on", "ends_on", "started_on", "cost_yuan", "fixed")
        columns = ["work_id", *names, "crews", "waited_for_kind", "waited_for_subject"]
        rows = [
            {
                "work_id": item.work_id,
                "crews": ";".join(f"{crew}:{n}" for crew, n in sorted(item.crews.items())),
            }
            | {name: getattr(item, name) for name in names}
            | {"waited_for_kind": item.waited_for.kind, "waited_for_subject": item.waited_for.subject}
            for item in self.works
        ]
        frame = pd.DataFrame(rows, columns=columns).set_index("work_id")
        for name in ("start_on", "ends_on", "started_on"):
            frame[name] = pd.to_datetime(frame[name])
        return frame

    def to_frame(self) -> pd.DataFrame:
        """One row a transfer, indexed by parcel_id; days as datetime64, ``waited_for`` as kind and subject."""
        return transfers_frame(self.transfers)


_DAYS = ("ready_on", "notice_on", "listing_on", "transfer_on", "result_on")


def transfers_frame(transfers: Iterable[PlannedTransfer]) -> pd.DataFrame:
    """Table of transfers; empty input gives an empty table with the same columns."""
    columns = ["parcel_id", "phase", "batch", "area_m2", *_DAYS, "waited_for_kind", "waited_for_subject"]
    rows = [
        {name: getattr(item, name) for name in columns[:-2]}
        | {"waited_for_kind": item.waited_for.kind, "waited_for_subject": item.waited_for.subject}
        for item in transfers
    ]
    frame = pd.DataFrame(rows, columns=columns).set_index("parcel_id")
    for name in _DAYS:
        frame[name] = pd.to_datetime(frame[name])
    return frame
