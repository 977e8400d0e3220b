"""A transfer plan as data, with the figures that can be recomputed from it. Knows no solver."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import pandas as pd

Status = Literal["optimal", "feasible", "infeasible", "no_solution_yet"]


@dataclass(frozen=True, kw_only=True)
class WaitedFor:
    """The one thing that kept a parcel from going on notice earlier.

    ``kind`` is one of ``nothing, gate, window, quota, listings, phase_order, trigger`` and ``subject`` the thing
    itself: the work of a gate, the year of a quota, the month of the listings, the phase waited for.
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

    ``objective`` and ``bound`` are m²·days: the area of each parcel times the days from ``as_of`` to its transfer.
    """

    as_of: date
    status: Status
    transfers: tuple[PlannedTransfer, ...] = ()
    unplanned: tuple[Unplanned, ...] = ()
    objective: float | None = None
    bound: float | None = None
    solve_s: float = 0.0
    conflict: tuple[str, ...] = ()
    """For ``infeasible``: names of demands that cannot hold together, none of which can be left out."""

    @property
    def gap(self) -> float | None:
        """Relative distance of objective and bound; 0 when proved optimal, None without a plan."""
        if self.objective is None or self.bound is None:
            return None
        return 0.0 if self.objective == 0 else max(0.0, (self.objective - self.bound) / self.objective)

    def waiting_m2_days(self) -> float:
        """Recompute the objective from the transfers alone."""
        return sum(item.area_m2 * (item.transfer_on - self.as_of).days for item in self.transfers)

    def transfer(self, parcel_id: str) -> PlannedTransfer | None:
        """The transfer of one parcel, or None where the plan has none."""
        return next((item for item in self.transfers if item.parcel_id == parcel_id), None)

    def of_phase(self, phase: int) -> tuple[PlannedTransfer, ...]:
        """All transfers of one phase, in the order of their notices."""
        return tuple(item for item in self.transfers if item.phase == phase)

    def area_by_year_m2(self) -> dict[int, float]:
        """Area transferred in each calendar year."""
        years: dict[int, float] = {}
        for item in self.transfers:
            years[item.transfer_on.year] = years.get(item.transfer_on.year, 0.0) + item.area_m2
        return dict(sorted(years.items()))

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
