"""Which parcels can be transferred within the horizon, from when on, and why the others cannot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from parcelplan.dates import StatutoryClock, working_day_from
from parcelplan.plan import Unplanned
from parcelplan.planning.building.earlier import EarlierTransfer
from parcelplan.planning.building.gates import Waiting
from parcelplan.planning.building.ground import Ground
from parcelplan.planning.problem import Candidate, Gate

if TYPE_CHECKING:
    from parcelplan.site import SiteConfig


@dataclass
class Sorted:
    """Parcels of a site as far as they are looked at."""

    candidates: list[Candidate] = field(default_factory=list)
    unplanned: list[Unplanned] = field(default_factory=list)
    gates: dict[str, tuple[Gate, ...]] = field(default_factory=dict)

    def in_order(self) -> Sorted:
        """The same by phase and id."""
        self.candidates.sort(key=lambda item: (item.phase, item.parcel_id))
        return self

    def leave_out(self, parcel_id: str, reason: str, **params: object) -> None:
        """Take a candidate out of what is planned."""
        item = next(item for item in self.candidates if item.parcel_id == parcel_id)
        self.candidates.remove(item)
        self.gates.pop(parcel_id, None)
        self.unplanned.append(
            Unplanned(
                parcel_id=parcel_id, phase=item.phase, area_m2=item.area_m2, reason=reason, params=params
            )
        )


def ready_parcels(readiness: pd.DataFrame, config: SiteConfig, clock: StatutoryClock) -> Sorted:
    """Sort the parcels by a readiness that stands, whatever is planned."""
    found = Sorted()
    for parcel_id, row in readiness.sort_index().iterrows():
        ready_on = None if pd.isna(row["ready_on"]) else row["ready_on"].date()
        out = _left_out(str(parcel_id), row, ready_on, config.horizon_end, clock)
        if out is not None or ready_on is None:
            found.unplanned += [out] if out is not None else []
            continue
        last_work = row.get("last_work", "")
        found.candidates.append(
            Candidate(
                parcel_id=str(parcel_id),
                phase=int(row["phase"]),
                area_m2=float(row["area_m2"]),
                ready_on=max(config.as_of, ready_on),
                last_work="" if pd.isna(last_work) else str(last_work),
            )
        )
    return found.in_order()


def waiting_parcels(ground: Ground, waiting: Mapping[str, Waiting], free_on: Mapping[str, date]) -> Sorted:
    """Sort the parcels of a site whose works are planned with them.

    Parameters
    ----------
    ground
        The site.
    waiting
        What each parcel waits for.
    free_on
        First day after the earliest end of each work: a parcel that even then is too late is left out.
    """
    found, horizon_end = Sorted(), ground.site.config.horizon_end
    due = due_days(ground)
    for parcel_id, row in ground.readiness.sort_index().iterrows():
        name, own = str(parcel_id), waiting[str(parcel_id)]
        happened = ground.earlier.get(name)
        fixed_on = happened.notice_on if happened and happened.notice_on < ground.site.as_of else None
        ready_on = _ready_on(ground, own, free_on)
        out = None if fixed_on else _left_out(name, row, ready_on, horizon_end, ground.clock, own.stuck)
        if out is not None:
            found.unplanned.append(out)
            continue
        found.candidates.append(
            Candidate(
                parcel_id=name,
                phase=int(row["phase"]),
                area_m2=float(row["area_m2"]),
                ready_on=max(ground.site.as_of, own.passed_on),
                due_on=due.get(name),
                excluded_by=() if fixed_on else own.excluded_by,
                fixed_notice_on=fixed_on,
            )
        )
        if own.gates and not fixed_on:
            found.gates[name] = own.gates
    return found.in_order()


def _ready_on(ground: Ground, waiting: Waiting, free_on: Mapping[str, date]) -> date | None:
    """Day on which a parcel is net land at the earliest; None where it never is or nobody knows."""
    if waiting.stuck:
        return None
    opened = waiting.open_on(free_on) or ground.site.as_of
    return None if opened == date.max else max(ground.site.as_of, opened, waiting.passed_on)


def due_days(ground: Ground) -> dict[str, date]:
    """Day by which somebody needs each parcel: its own, or that of a firm that is to get it."""
    own = ground.site.parcels["needed_by_on"].dropna()
    due = {str(parcel): day.date() for parcel, day in own.items()}
    firms = ground.site.table("firms")
    for _, row in firms[firms["parcel_id"] != ""].dropna(subset=["by_on"]).iterrows():
        day, parcel = row["by_on"].date(), str(row["parcel_id"])
        due[parcel] = min(day, due.get(parcel, day))
    return due


def _left_out(
    parcel_id: str,
    row: pd.Series,
    ready_on: date | None,
    horizon_end: date,
    clock: StatutoryClock,
    stuck: str = "",
) -> Unplanned | None:
    def reason(code: str, **params: object) -> Unplanned:
        area_m2 = float(row["area_m2"])
        return Unplanned(
            parcel_id=parcel_id, phase=int(row["phase"]), area_m2=area_m2, reason=code, params=params
        )

    if ready_on is None:
        unknown = stuck == "unknown" or (not stuck and row["stage"] == "unknown")
        return reason("unplanned.unknown" if unknown else "unplanned.never_ready")
    if ready_on > horizon_end:
        return reason("unplanned.after_horizon", ready_on=ready_on, horizon_end=horizon_end)
    transfer_on = clock.transfer_on(working_day_from(ready_on))
    if transfer_on > horizon_end:
        return reason(
            "unplanned.clock_past_horizon",
            ready_on=ready_on,
            transfer_on=transfer_on,
            horizon_end=horizon_end,
        )
    return None


def groups(ground: Ground, found: Sorted) -> list[tuple[str, ...]]:
    """Parcels that must go together; where one of them cannot go, none can, and all are left out.

    Parcels whose notice has been published have gone and bind nobody any more.
    """
    together = ground.site.parcels["together"]
    present = {item.parcel_id: item for item in found.candidates}
    groups_found = []
    for name, members in together[together != ""].groupby(together, sort=True):
        ids = sorted(map(str, members.index))
        waiting = [parcel for parcel in ids if not _has_gone(present.get(parcel))]
        lost = [parcel for parcel in waiting if parcel not in present]
        if lost:
            for parcel in set(waiting) - set(lost):
                found.leave_out(parcel, "unplanned.with_neighbour", group=str(name), other=lost[0])
        elif len(waiting) > 1:
            groups_found.append(tuple(waiting))
    return groups_found


def _has_gone(candidate: Candidate | None) -> bool:
    return candidate is not None and candidate.fixed_notice_on is not None


def earlier_days(earlier: Mapping[str, EarlierTransfer], candidates: Iterable[Candidate]) -> dict[str, date]:
    """Transfers of the earlier plan that can still move, of parcels that are planned again."""
    return {
        item.parcel_id: earlier[item.parcel_id].transfer_on
        for item in candidates
        if item.fixed_notice_on is None and item.parcel_id in earlier
    }
