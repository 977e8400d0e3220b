"""Findings about transfers and works of a plan."""

from __future__ import annotations

from parcelplan.findings import Finding
from parcelplan.plan import PlannedTransfer, PlannedWork


def of_transfer(code: str, transfer: PlannedTransfer, field: str, **params: object) -> Finding:
    """One finding about a field of a transfer, whose value it takes."""
    value = getattr(transfer, field)
    return Finding(
        code=code, layer="plan", feature_id=transfer.parcel_id, field=field, value=value, params=params
    )


def of_work(code: str, work: PlannedWork, field: str, **params: object) -> Finding:
    """One finding about a field of a work, whose value it takes."""
    value = getattr(work, field)
    return Finding(code=code, layer="plan", feature_id=work.work_id, field=field, value=value, params=params)


def of_plan(code: str, field: str, value: object, **params: object) -> Finding:
    """One finding about the plan as a whole, such as a month of it."""
    return Finding(code=code, layer="plan", field=field, value=value, params=params)
