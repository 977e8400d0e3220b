"""What a user could pull at: for each thing that holds a date, one change of the problem of a sensible size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from math import ceil
from typing import Any

from parcelplan.plan import Plan, PlannedTransfer
from parcelplan.planning.conflicts.knobs import Unit, knobs_of
from parcelplan.planning.problem import (
    Absorption,
    CashLimit,
    Closure,
    Demand,
    Gate,
    Mode,
    NetLand,
    OccupancyTrigger,
    PlanningProblem,
    Work,
    WorkCalendar,
    YearlyQuota,
)
from parcelplan.planning.why.chain import ChainLink, binding_chain
from parcelplan.planning.why.openings import Opening, parcel_openings
from parcelplan.planning.why.reasons import quarter_of
from parcelplan.units import M2_PER_MU, YUAN_PER_WANYUAN


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How far each lever is pulled."""

    days: int = 30
    """By how much works, windows, closures and lead times are eased."""
    least_mu: int = 10
    """Least change of a quota or of the market; more where the parcel that waits lacks more."""
    trigger_share: float = 0.1
    """Share of the area that a trigger asks for."""
    wanyuan: int = 100
    """Credit goes by hundreds of 万元, up to the cost of the work that waits."""


@dataclass(frozen=True, kw_only=True)
class Lever:
    """One change of a problem."""

    kind: str
    """``work, earliest_start, crew, calendar, lead, quota, listings, absorption, money, window, blackout, trigger,
    phase_order, together, batch``."""
    subject: str
    """What is changed: the work, the crew, the calendar, the gate's kind, or the subject of the demand."""
    amount: int
    unit: Unit
    turned: Callable[[], PlanningProblem]
    """The problem after it."""


@dataclass(frozen=True, kw_only=True)
class _Hold:
    """A thing that holds a date, and how much depends on it."""

    kind: str
    subject: str
    item: PlannedTransfer | None = None
    """The parcel that waits, where it is one that does."""


def find_levers(
    problem: PlanningProblem,
    plan: Plan,
    parcel_id: str | None = None,
    *,
    sizes: Sizes | None = None,
    most: int | None = None,
) -> tuple[Lever, ...]:
    """One lever for each thing that holds a parcel's date, or the plan's dates.

    Parameters
    ----------
    problem
        The problem.
    plan
        A plan of it.
    parcel_id
        The parcel in whose chain to look; None for all transfers, of which each counts with its area.
    sizes
        How far to pull.
    most
        Levers at most; those that hold most land come first.

    Returns
    -------
    tuple of Lever
        Without those that would change nothing, such as a quota that no demand names any more.
    """
    pull = _Pulls(problem, plan, sizes or Sizes())
    waiting = [item.parcel_id for item in plan.transfers] if parcel_id is None else [parcel_id]
    weight: dict[tuple[str, str], float] = defaultdict(float)
    holds: dict[tuple[str, str], _Hold] = {}
    for name in waiting:
        item = plan.transfer(name)
        chain = binding_chain(problem, plan, name) if parcel_id is not None else pull.short_chain(name)
        for hold in _holds(chain, item):
            # All months share one limit of listings, and all quarters one of the market.
            key = hold.kind, "" if hold.kind in {"listings", "absorption"} else hold.subject
            weight[key] += item.area_m2 if item is not None else 0.0
            holds.setdefault(key, hold)
    order = sorted(holds, key=lambda key: -weight[key]) if parcel_id is None else list(holds)
    levers = (lever for key in order if (lever := pull.lever(holds[key])) is not None)
    return tuple(levers)[:most]


def _holds(chain: tuple[ChainLink, ...], item: PlannedTransfer | None) -> Iterator[_Hold]:
    """What of a chain can be pulled at: things without slack, and what stands first behind them."""
    for link in chain:
        part, _, kind = link.kind.partition(".")
        if part in {"held", "before"} and kind not in {"gate", "nothing", "published", "kept", "choice"}:
            yield _Hold(kind=kind, subject=link.subject, item=item)
        elif part == "work":
            yield _Hold(kind="work", subject=link.subject)
        elif part == "start" and kind in {"crew", "calendar", "money", "earliest_start"}:
            subject = str(link.params["work"]) if kind in {"earliest_start", "money"} else link.subject
            yield _Hold(kind=kind, subject=subject)
        elif part in {"gate", "gate_before"} and link.params.get("lag_days", 0) > 0:
            yield _Hold(kind="lead", subject=str(link.params["gate"]))


class _Pulls:
    """Makes levers of what holds dates."""

    def __init__(self, problem: PlanningProblem, plan: Plan, sizes: Sizes) -> None:
        self.problem, self.plan, self.sizes = problem, plan, sizes
        self.asked = {work.work_id: work for work in problem.works}

    @cached_property
    def _openings(self) -> dict[str, Opening]:
        """What opened last of the land of each parcel."""
        return {
            parcel: opening
            for demand in self.problem.of(NetLand)
            for parcel, opening in parcel_openings(self.problem, self.plan, demand).items()
        }

    def short_chain(self, parcel_id: str) -> tuple[ChainLink, ...]:
        """What holds one of many parcels: its own reason, and the works behind it by theirs."""
        item = self.plan.transfer(parcel_id)
        if item is None or item.happened:
            return ()
        waited = item.waited_for
        links = [ChainLink(kind=f"held.{waited.kind}", subject=waited.subject)]
        if waited.kind == "gate":
            last = self._openings[parcel_id]
            params: dict[str, Any] = {"gate": last.kind, "lag_days": last.lag_days}
            links.append(ChainLink(kind="gate", subject=waited.subject, params=params))
            links += self._works(waited.subject)
        return tuple(links)

    def _works(self, work_id: str) -> Iterator[ChainLink]:
        seen: set[str] = set()
        while (item := self.plan.work(work_id)) is not None and work_id not in seen:
            seen.add(work_id)
            yield ChainLink(kind="work", subject=work_id)
            kind, subject = item.waited_for.kind, item.waited_for.subject
            yield ChainLink(kind=f"start.{kind}", subject=subject, params={"work": work_id})
            work_id = subject if kind == "work" else ""

    def lever(self, hold: _Hold) -> Lever | None:
        """The lever of a thing; None where nothing about it can be changed."""
        own = {
            "work": self._work,
            "earliest_start": self._start,
            "calendar": self._calendar,
            "lead": self._lead,
        }
        if hold.kind in own:
            return own[hold.kind](hold)
        if hold.kind == "money":
            return self._credit(hold)
        names = [item.name for item in self.problem.demands if self._is_meant(item, hold)]
        knobs = [knob for name in names for knob in knobs_of(self.problem, name)]
        knob = next((item for item in knobs if item.change == _CHANGES.get(hold.kind)), None)
        if knob is None:
            return None
        steps, turned = min(knob.most, self._steps(hold)), knob.turned
        return self._made(hold, steps, knob.unit, lambda: turned(steps))

    def _made(
        self, hold: _Hold, amount: int, unit: Unit, turned: Callable[[], PlanningProblem]
    ) -> Lever | None:
        if amount <= 0:
            return None
        return Lever(kind=hold.kind, subject=hold.subject, amount=amount, unit=unit, turned=turned)

    def _is_meant(self, demand: Demand, hold: _Hold) -> bool:
        if isinstance(demand, OccupancyTrigger):
            return hold.kind == "trigger" and hold.subject == ";".join(map(str, demand.of_phases))
        if demand.kind != hold.kind:
            return False
        if hold.kind == "together":
            return hold.item is not None and hold.item.parcel_id in demand.name.partition(" ")[2].split(";")
        return demand.name in {hold.kind, f"{hold.kind} {hold.subject}"}

    def _steps(self, hold: _Hold) -> int:
        """How far to pull a demand, in the steps of its knob."""
        if hold.kind in {"quota", "absorption"}:
            return max(self.sizes.least_mu, _whole(self._missing_m2(hold) / M2_PER_MU))
        if hold.kind == "trigger":
            needed = (
                item.needed_m2 for item in self.problem.of(OccupancyTrigger) if self._is_meant(item, hold)
            )
            return _whole(self.sizes.trigger_share * next(needed) / M2_PER_MU)
        return self.sizes.days if hold.kind == "window" else 1

    def _missing_m2(self, hold: _Hold) -> float:
        """What the parcel that waits lacks of a quota or of the market."""
        area_m2 = hold.item.area_m2 if hold.item is not None else 0.0
        if hold.kind == "quota":
            year = int(hold.subject)
            used_m2 = self.plan.area_by_year_m2()
            limits = [
                item.quota_m2 + item.carried_m2(used_m2)
                for item in self.problem.of(YearlyQuota)
                if item.year == year
            ]
            return area_m2 - (limits[0] - used_m2.get(year, 0.0)) if limits else area_m2
        taken = sum(
            item.area_m2 for item in self.plan.transfers if quarter_of(item.transfer_on) == hold.subject
        )
        return area_m2 - (self.problem.of(Absorption)[0].per_quarter_m2 - taken)

    # --- works, calendars, lead times and credit

    def _work(self, hold: _Hold) -> Lever | None:
        work = self.asked.get(hold.subject)
        if work is None or work.fixed is not None:
            return None
        room = max(mode.duration_days for mode in work.modes) - 1
        if work.not_before_on is not None:
            room = max(room, (work.not_before_on - self.problem.as_of).days)
        days = min(self.sizes.days, room)
        return self._made(hold, days, "day", lambda: with_work(self.problem, shorter(work, days)))

    def _start(self, hold: _Hold) -> Lever | None:
        work = self.asked.get(hold.subject)
        if work is None or work.earliest_start_on is None:
            return None
        day = work.earliest_start_on - timedelta(days=self.sizes.days)
        sooner = replace(work, earliest_start_on=day)
        return self._made(hold, self.sizes.days, "day", lambda: with_work(self.problem, sooner))

    def _calendar(self, hold: _Hold) -> Lever | None:
        calendar = self.problem.calendar(hold.subject)
        if calendar is None or not calendar.closures:
            return None
        days = self.sizes.days
        return self._made(hold, days, "day", lambda: _with_calendar(self.problem, _opened(calendar, days)))

    def _lead(self, hold: _Hold) -> Lever | None:
        days = self.sizes.days
        return self._made(hold, days, "day", lambda: shorter_lead(self.problem, hold.subject, days))

    def _credit(self, hold: _Hold) -> Lever | None:
        limits = self.problem.of(CashLimit)
        item = self.plan.work(hold.subject)
        if not limits or item is None:
            return None
        cost = sum(limits[0].costs.get((item.work_id, item.mode), (0.0, 0.0))) / YUAN_PER_WANYUAN
        amount = self.sizes.wanyuan * max(1, ceil(cost / self.sizes.wanyuan))
        (knob,) = knobs_of(self.problem, limits[0].name)
        shared = replace(hold, subject="")
        return self._made(shared, amount, "wanyuan", lambda: knob.turned(amount))


_CHANGES = {
    "crew": "more",
    "quota": "more",
    "listings": "more",
    "absorption": "more",
    "window": "earlier",
    "blackout": "aside",
    "trigger": "less",
    "phase_order": "aside",
    "together": "aside",
    "batch": "aside",
}
"""Which knob of a demand its lever turns."""


def _whole(amount: float) -> int:
    """The next whole number, where sums of areas are never exact."""
    return ceil(round(amount, 6))


def with_work(problem: PlanningProblem, work: Work) -> PlanningProblem:
    """The problem with one work in place of that of the same id."""
    works = (work if item.work_id == work.work_id else item for item in problem.works)
    return replace(problem, works=tuple(works))


def shorter(work: Work, days: int) -> Work:
    """A work that takes so many days less in every mode, and whose promise is as much earlier; one day at least."""

    def less(length: int | None) -> int | None:
        return None if length is None else min(length, max(1, length - days))

    def mode(item: Mode) -> Mode:
        likely = min(item.duration_days, max(1, item.duration_days - days))
        best, worst = less(item.optimistic_days), less(item.pessimistic_days)
        return replace(item, duration_days=likely, optimistic_days=best, pessimistic_days=worst)

    promised = work.not_before_on - timedelta(days=days) if work.not_before_on is not None else None
    return replace(work, modes=tuple(map(mode, work.modes)), not_before_on=promised)


def _opened(calendar: WorkCalendar, days: int) -> WorkCalendar:
    """A calendar whose closures end so many days earlier; those that are no longer than that are gone."""
    rest = tuple(
        Closure(from_on=item.from_on, until_on=item.until_on - timedelta(days=days), yearly=item.yearly)
        for item in calendar.closures
        if (item.until_on - item.from_on).days > days
    )
    return replace(calendar, closures=rest)


def _with_calendar(problem: PlanningProblem, calendar: WorkCalendar) -> PlanningProblem:
    found = (calendar if item.calendar_id == calendar.calendar_id else item for item in problem.calendars)
    return replace(problem, calendars=tuple(found))


def shorter_lead(problem: PlanningProblem, kind: str, days: int) -> PlanningProblem:
    """The problem with the lead time of all gates of a kind shorter by so many days, as far as they have one."""

    def eased(gate: Gate) -> Gate:
        return (
            replace(gate, lag_days=max(0, gate.lag_days - days))
            if gate.kind == kind and gate.lag_days > 0
            else gate
        )

    def land(demand: NetLand) -> NetLand:
        gates = {parcel: tuple(map(eased, own)) for parcel, own in demand.gates.items()}
        return replace(demand, gates=gates)

    demands = (land(item) if isinstance(item, NetLand) else item for item in problem.demands)
    return replace(problem, demands=tuple(demands))
