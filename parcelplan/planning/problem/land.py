"""Parcels to transfer and what their land waits for.

In the inequalities ``n_i`` is the day on which parcel *i* goes on notice, ``t_i`` the day of its transfer by the
statutory clock and ``a_i`` its area.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from parcelplan.checks import land_checks
from parcelplan.findings import Findings
from parcelplan.plan import Plan


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A parcel, or a piece of one, that can be transferred within the horizon."""

    parcel_id: str
    phase: int
    area_m2: float
    ready_on: date
    """First day on which it can be net land as far as works are not the planner's; never before ``as_of``."""
    last_work: str = ""
    """Work that made it net land, where that day is given and not planned; empty where it was so from the start."""
    part_of: str = ""
    """The parcel of which it is a piece; empty for a whole parcel."""
    due_on: date | None = None
    """Day by which somebody needs it: later transfers are late, none is forbidden."""
    excluded_by: tuple[tuple[str, str], ...] = ()
    """Works and modes under which it never becomes net land, and so is not transferred."""
    fixed_notice_on: date | None = None
    """Day of a notice that has been published: it stands, even before ``as_of``."""


@dataclass(frozen=True, kw_only=True)
class Gate:
    """``n_i ≥ min over sets (max over works w of the set f_w) + lag``: one of the sets of works must have ended."""

    kind: str
    any_of: tuple[tuple[str, ...], ...]
    """Sets of works. Several sets are ways around each other, such as two roads to one parcel."""
    lag_days: int = 0
    """Days from the end of the works to the notice: the lead time of a building scheme."""


@dataclass(frozen=True, kw_only=True)
class NetLand:
    """``n_i ≥ r_i`` and every gate of *i*, for each parcel *i* of the phase: only net land may go on notice."""

    phase: int
    ready_on: Mapping[str, date]
    """``r_i``: what is known without planned works."""
    gates: Mapping[str, tuple[Gate, ...]] = field(default_factory=dict)
    """Gates that planned works open, by parcel."""

    kind = "gate"

    @property
    def name(self) -> str:
        """``net_land 1``."""
        return f"net_land {self.phase}"

    def violations(self, plan: Plan) -> Findings:
        """Parcels put on notice before they are net land."""
        found = land_checks.check_net_land(plan, self.ready_on)
        gates = [(parcel, gate.any_of, gate.lag_days) for parcel, own in self.gates.items() for gate in own]
        return found + land_checks.check_gates(plan, gates)


@dataclass(frozen=True, kw_only=True)
class Together:
    """``n_i = n_j`` for all parcels *i*, *j* of the group: neighbours that must go in one batch."""

    parcel_ids: tuple[str, ...]

    kind = "together"

    @property
    def name(self) -> str:
        """``together P1-01;P1-02``."""
        return f"together {';'.join(self.parcel_ids)}"

    def violations(self, plan: Plan) -> Findings:
        """The group, where its notices differ or some of it is missing."""
        return land_checks.check_together(plan, self.parcel_ids)


@dataclass(frozen=True, kw_only=True)
class Split:
    """``z + y = 1``: either the whole parcel is transferred (``z``) or all of its pieces are (``y``).

    Of the side that is chosen, what the modes of works exclude is not transferred.
    """

    parcel_id: str
    """The candidate that is the whole parcel."""
    pieces: tuple[str, ...]
    """The candidates that are its pieces."""

    kind = "split"

    @property
    def name(self) -> str:
        """``split P3-01``."""
        return f"split {self.parcel_id}"

    def violations(self, plan: Plan) -> Findings:
        """The parcel, where it and pieces of it are transferred. Missing pieces are missing candidates."""
        return land_checks.check_split(plan, self.parcel_id, self.pieces)
