"""What makes one plan better than another. A problem names them in the order in which they count."""

from __future__ import annotations

from parcelplan.site.plan_rules import ObjectiveName

__all__ = ["UNITS", "ObjectiveName"]

UNITS: dict[ObjectiveName, str] = {
    "fixed_dates": "day",
    "targets": "ratio",
    "lateness": "m2_day",
    "supply": "m2_day",
    "makespan": "day",
    "cost": "yuan",
    "batches": "batch",
    "stability": "parcel",
}
"""Unit in which each objective is reported.

fixed_dates
    ``Σ |end_w − on| + Σ |t_i − on|`` over the works and parcels whose dates are fixed.
targets
    ``Σ shortfall / amount`` over the targets that do not bind.
lateness
    ``Σ a_i · max(0, t_i − due_i)`` over the parcels with a due date; one left out counts to the end of the horizon.
supply
    ``Σ a_i (t_i − as_of)`` over all parcels; one that the chosen modes leave out counts to the end of the horizon.
makespan
    Days from ``as_of`` to the last ``f_w``.
cost
    ``Σ cost`` of the modes chosen.
batches
    Pairs of phase and month with a notice.
stability
    Parcels of the earlier plan whose transfer is on another day, or missing.
"""
