"""Plans made by hand: transfers and works in days that can be counted in the head."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from parcelplan.dates import ONE_DAY, StatutoryClock
from parcelplan.plan import Plan, PlannedTransfer, PlannedWork
from parcelplan.units import from_mu

AS_OF = date(2024, 1, 2)
CLOCK = StatutoryClock(notice_days=20, listing_days=10, result_working_days=10)


def transfer(
    parcel_id: str, notice_on: date, *, mu: float = 10.0, phase: int = 1, **cells: Any
) -> PlannedTransfer:
    """A transfer that follows the statutory clock."""
    return PlannedTransfer(
        parcel_id=parcel_id,
        phase=phase,
        batch=f"{phase}-1",
        area_m2=from_mu(mu),
        ready_on=AS_OF,
        notice_on=notice_on,
        listing_on=CLOCK.listing_on(notice_on),
        transfer_on=CLOCK.transfer_on(notice_on),
        result_on=CLOCK.result_on(notice_on),
        **cells,
    )


def planned(work_id: str, start_on: date, days: int, **cells: Any) -> PlannedWork:
    """A work that takes so many calendar days."""
    return PlannedWork(
        work_id=work_id, start_on=start_on, ends_on=start_on + timedelta(days=days) - ONE_DAY, **cells
    )


def plan_of(*items: PlannedTransfer | PlannedWork, **cells: Any) -> Plan:
    """A plan of transfers and works."""
    parts: Mapping[str, Any] = {
        "transfers": tuple(item for item in items if isinstance(item, PlannedTransfer)),
        "works": tuple(item for item in items if isinstance(item, PlannedWork)),
    }
    return Plan(as_of=AS_OF, status="feasible", **parts, **cells)
