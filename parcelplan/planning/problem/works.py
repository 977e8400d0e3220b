"""Works: how they can be carried out, what they wait for, and the crews and calendars that bound them.

In the inequalities ``s_w`` is the first day of work *w* and ``f_w`` the first day after its end, so that a work of
*d* days without a calendar has ``f_w = s_w + d``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from parcelplan.checks import work_checks
from parcelplan.findings import Findings
from parcelplan.plan import Plan

Relation = Literal["FS", "SS", "FF", "SF"]
"""Finish to start, start to start, finish to finish, start to finish."""


@dataclass(frozen=True, kw_only=True)
class Closure:
    """Days on which nobody works: ``from_on ≤ day < until_on``, in every year, earlier ones too, if ``yearly``."""

    from_on: date
    until_on: date
    yearly: bool = False


@dataclass(frozen=True, kw_only=True)
class WorkCalendar:
    """The days on which a work can be carried out, such as outside a river's flood season."""

    calendar_id: str
    working_days: bool = False
    """Closed on weekends and holidays too."""
    closures: tuple[Closure, ...] = ()
    interruptible: bool = True
    """Whether a work may pause over a closure; weekends and holidays are always paused over."""


@dataclass(frozen=True, kw_only=True)
class Mode:
    """One way of carrying out a work: underground the line, or move it."""

    name: str = ""
    duration_days: int
    """Likely duration of what is left of the work: calendar days, or open days where it has a calendar."""
    optimistic_days: int | None = None
    pessimistic_days: int | None = None
    crews: Mapping[str, int] = field(default_factory=dict)
    """Units of each crew that the work holds from its start to its end, pauses included."""
    cost_yuan: float = 0.0
    paid_at_start: float = 0.0
    """Share of the cost paid in the month of the start; the rest is paid in the month of the end."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """Something that must be carried out: ``s_w ≥ earliest_start_on``, ``f_w > not_before_on``, in exactly one mode."""

    work_id: str
    kind: str = ""
    name: str = ""
    modes: tuple[Mode, ...]
    calendar_id: str = ""
    earliest_start_on: date | None = None
    not_before_on: date | None = None
    """The last day of the work is not before this one: nobody has promised an earlier end."""
    started_on: date | None = None
    """Day on which a work in progress began. What is left of it begins on the problem's ``as_of``."""
    fixed: tuple[date, date] | None = None
    """First and last day of a work that is done or frozen: it uses its days as they are, and no crew."""

    def mode(self, name: str) -> Mode:
        """The mode of that name."""
        return next(mode for mode in self.modes if mode.name == name)


@dataclass(frozen=True, kw_only=True)
class Precedence:
    """``FS: s_w ≥ f_b + lag``, ``SS: s_w ≥ s_b + lag``, ``FF: f_w ≥ f_b + lag``, ``SF: f_w ≥ s_b + lag``.

    *b* is ``before`` and *w* is ``work_id``; the lag is in calendar days and may be negative.
    """

    before: str
    work_id: str
    relation: Relation = "FS"
    lag_days: int = 0

    kind = "work"

    @property
    def name(self) -> str:
        """``precedence W03 W08``."""
        return f"precedence {self.before} {self.work_id}"

    def violations(self, plan: Plan) -> Findings:
        """The work, where it does not wait long enough."""
        return work_checks.check_precedence(plan, self.before, self.work_id, self.relation, self.lag_days)


@dataclass(frozen=True, kw_only=True)
class CrewCapacity:
    """``Σ units_w ≤ capacity(day)`` over the works *w* that hold the crew on a day, ``s_w ≤ day < f_w``."""

    crew_id: str
    capacity: int
    """Units on every day that ``changes`` do not speak of."""
    changes: tuple[tuple[date, date, int], ...] = ()
    """``(from_on, until_on, capacity)``: half-open periods with another capacity."""
    units: Mapping[tuple[str, str], int]
    """Units by work and mode."""
    title: str = ""

    kind = "crew"

    @property
    def name(self) -> str:
        """``crew line_team``."""
        return f"crew {self.crew_id}"

    def capacity_on(self, day: date) -> int:
        """Units that the crew has on a day."""
        return next((units for start, end, units in self.changes if start <= day < end), self.capacity)

    def violations(self, plan: Plan) -> Findings:
        """Days on which more units are held than the crew has."""
        return work_checks.check_crew(plan, self)


@dataclass(frozen=True, kw_only=True)
class WorkDeadline:
    """``f_w ≤ on + 1``: the work's last day is not after ``on``."""

    work_id: str
    on: date

    kind = "deadline"

    @property
    def name(self) -> str:
        """``deadline W03``."""
        return f"deadline {self.work_id}"

    def violations(self, plan: Plan) -> Findings:
        """The work, where it ends later."""
        return work_checks.check_deadline(plan, self.work_id, self.on)
