"""The chain that holds a parcel's date, read from the plan itself: each link with its day and its slack.

A link's slack is how many days later the thing it speaks of could be without moving the parcel asked about, all else
as it is. What lies behind another parcel has the room of that parcel added to its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from parcelplan.checks.bureau_checks import AREA_TOLERANCE_M2
from parcelplan.checks.money_checks import flows
from parcelplan.plan import Plan, PlannedTransfer, PlannedWork, WaitedFor
from parcelplan.planning.problem import (
    BlackOut,
    CashLimit,
    OccupancyTrigger,
    PhaseOrder,
    PhaseWindow,
    PlanningProblem,
    Precedence,
)
from parcelplan.planning.why.floats import Float, slack_to, work_floats
from parcelplan.planning.why.openings import Opening, openings_of, trigger_steps
from parcelplan.planning.why.reasons import move_before, quarter_of, with_reasons

SHARED = frozenset({"listings", "quota", "absorption"})
"""What many parcels share: none of them alone holds the others back, so the chain goes on with the parcel's land."""
GROUPED = frozenset({"together", "batch"})
ELSEWHERE = GROUPED | {"phase_order", "trigger"}
"""What leads on to another parcel: the parcel's own land is told of, but not the works behind it."""
MOST_OTHERS = 4
"""Gates named beside the one that opens last."""


@dataclass(frozen=True, kw_only=True)
class ChainLink:
    """One thing that stands behind a date."""

    kind: str
    """``held.…`` for what kept the notice, ``before.…`` for other bounds on it, ``gate``, ``other`` (another parcel),
    ``work``, and ``start.…`` for what kept a work."""
    subject: str
    """Id of the thing: the work, the parcel, the month, the year, the phase, the crew."""
    on: date | None = None
    slack_days: int | None = None
    """Days by which it could be later without moving the parcel; None where days do not measure it."""
    params: Mapping[str, Any] = field(default_factory=dict)


def binding_chain(problem: PlanningProblem, plan: Plan, parcel_id: str) -> tuple[ChainLink, ...]:
    """Follow a parcel's date back to the first thing that nothing else holds.

    Parameters
    ----------
    problem
        The problem.
    plan
        A plan of it that transfers the parcel; what its dates waited for is found anew.
    parcel_id
        The parcel.

    Returns
    -------
    tuple of ChainLink
        The parcel's own links first. Empty where the plan does not transfer it.
    """
    walk = _Walk(problem, with_reasons(problem, plan))
    item = plan.transfer(parcel_id)
    return () if item is None else tuple(walk.parcel(parcel_id, room=0))


class _Walk:
    """A walk back through a plan that passes each parcel and each work once."""

    def __init__(self, problem: PlanningProblem, plan: Plan) -> None:
        self.problem, self.plan = problem, plan
        self.floats = work_floats(problem, plan)
        self.seen: set[str] = set()

    def parcel(self, parcel_id: str, *, room: int) -> Iterator[ChainLink]:
        """Links of one parcel, which itself could be ``room`` days later."""
        item = self.plan.transfer(parcel_id)
        if item is None or f"parcel {parcel_id}" in self.seen:
            return
        self.seen.add(f"parcel {parcel_id}")
        floors = sorted(self._floors(item), key=lambda link: link.on or date.min, reverse=True)
        openings = sorted(openings_of(self.problem, self.plan, parcel_id), key=_when, reverse=True)
        yield self._held(item, floors, openings)
        if item.happened:
            return
        kind = item.waited_for.kind
        yield from (_roomier(link, room) for link in floors if link.kind != f"before.{kind}")
        yield from self._gates(item, openings, room, deep=kind not in ELSEWHERE)
        yield from self._other(item, room)

    def _floors(self, item: PlannedTransfer) -> Iterator[ChainLink]:
        """Days before which the parcel could not go on notice for other reasons than its land."""
        ready_on = item.ready_on
        for demand in self.problem.demands:
            for link in self._floor(demand, item):
                if link.on is not None and ready_on < link.on <= item.notice_on:
                    yield replace(link, slack_days=(item.notice_on - link.on).days)

    def _floor(self, demand: object, item: PlannedTransfer) -> Iterator[ChainLink]:
        if isinstance(demand, PhaseOrder):
            earlier = [other for other in self.plan.transfers if other.phase < item.phase]
            if earlier:
                last = max(earlier, key=lambda other: (other.notice_on, other.phase, other.parcel_id))
                phase, others = str(last.phase), {"others": last.parcel_id}
                yield ChainLink(kind="before.phase_order", subject=phase, on=last.notice_on, params=others)
        elif isinstance(demand, OccupancyTrigger) and demand.phase == item.phase:
            needed_m2 = demand.needed_m2 - AREA_TOLERANCE_M2
            steps = trigger_steps(demand, self.plan)
            met = next(((day, other) for day, there_m2, other in steps if there_m2 >= needed_m2), None)
            if met is not None and needed_m2 > 0:
                phases = ";".join(str(phase) for phase in demand.of_phases)
                params: dict[str, Any] = {"others": met[1].parcel_id, "needed_m2": demand.needed_m2}
                yield ChainLink(kind="before.trigger", subject=phases, on=met[0], params=params)
        elif isinstance(demand, PhaseWindow) and demand.phase == item.phase and demand.earliest_on:
            first = self._first_notice_to(demand.earliest_on, item)
            yield ChainLink(kind="before.window", subject=str(demand.phase), on=first)
        elif isinstance(demand, BlackOut):
            yield ChainLink(kind="before.blackout", subject=str(demand.from_on), on=demand.until_on)

    def _first_notice_to(self, day: date, item: PlannedTransfer) -> date:
        """First notice that leads to a transfer on or after a day; it is no later than the parcel's own."""
        clock, last = self.problem.clock, item.notice_on
        low, high = self.problem.as_of.toordinal(), last.toordinal()
        while low < high:
            middle = (low + high) // 2
            if clock.transfer_on(date.fromordinal(middle)) >= day:
                high = middle
            else:
                low = middle + 1
        return date.fromordinal(low)

    def _held(self, item: PlannedTransfer, floors: list[ChainLink], openings: list[Opening]) -> ChainLink:
        kind, subject = item.waited_for.kind, item.waited_for.subject
        land_on = max([item.ready_on, *(opening.on for opening in openings)])
        since = max([land_on, *(link.on for link in floors if link.on)])
        if kind not in SHARED | GROUPED | {"nothing"}:
            since = land_on
        params: dict[str, Any] = {
            "since": since,
            "ready_on": land_on,
            "waited_days": (item.notice_on - since).days,
        }
        params |= dict(self._holders(item.waited_for, item))
        if item.happened:
            kind = "published"
        elif kind == "nothing" and item.parcel_id in {*self.problem.earlier, *self.problem.fixed_transfers}:
            kind = "kept"
        elif kind == "nothing" and params["waited_days"] > 0:
            kind = "choice"
        return ChainLink(kind=f"held.{kind}", subject=subject, on=item.notice_on, slack_days=0, params=params)

    def _holders(self, waited: WaitedFor, item: PlannedTransfer) -> Iterator[tuple[str, Any]]:
        """The other parcels that take what this one waited for, and how much of it."""
        if waited.kind == "quota":
            year = int(waited.subject)
            there = [other for other in self.plan.transfers if other.transfer_on.year == year]
            yield "used_m2", sum(other.area_m2 for other in there)
            yield "limit_m2", self._quota_m2(year)
        elif waited.kind == "absorption":
            there = [
                other for other in self.plan.transfers if quarter_of(other.transfer_on) == waited.subject
            ]
            yield "used_m2", sum(other.area_m2 for other in there)
        elif waited.kind == "listings":
            there = [other for other in self.plan.transfers if f"{other.notice_on:%Y-%m}" == waited.subject]
        elif waited.kind == "phase_order":
            last = max(self.plan.of_phase(int(waited.subject)), key=lambda other: other.notice_on)
            yield "other_on", last.notice_on
            there = [last]
        elif waited.kind in GROUPED:
            there = self._group(item)
        else:
            return
        yield "others", ";".join(other.parcel_id for other in there if other.parcel_id != item.parcel_id)

    def _quota_m2(self, year: int) -> float:
        quota = self.problem.quotas().get(year)
        if quota is None:
            return 0.0
        return quota.quota_m2 + quota.carried_m2(self.plan.area_by_year_m2())

    def _group(self, item: PlannedTransfer) -> list[PlannedTransfer]:
        """The parcels that go on notice with one: its batch, or the neighbours named as its reason."""
        if item.waited_for.kind == "together":
            names = item.waited_for.subject.split(";")
            return [other for name in names if (other := self.plan.transfer(name)) is not None]
        same = (item.phase, item.notice_on)
        return [other for other in self.plan.transfers if (other.phase, other.notice_on) == same]

    def _other(self, item: PlannedTransfer, room: int) -> Iterator[ChainLink]:
        """Go on with the parcel that this one waited for, where there is one."""
        waited = item.waited_for
        other: PlannedTransfer | None = None
        if waited.kind == "phase_order":
            other = max(
                self.plan.of_phase(int(waited.subject)), key=lambda one: (one.notice_on, one.parcel_id)
            )
            room += (item.notice_on - other.notice_on).days
        elif waited.kind == "trigger":
            links = [link for link in self._floors(item) if link.kind == "before.trigger"]
            last = max(links, key=lambda link: link.on or date.min, default=None)
            if last is not None:
                other = self.plan.transfer(last.params["others"])
                room += last.slack_days or 0
        elif waited.kind in GROUPED:
            held = [one for one in self._group(item) if one.waited_for.kind not in GROUPED | {"nothing"}]
            other = min(held, key=lambda one: one.parcel_id, default=None)
        if other is None:
            yield from self._held_as_one(item)
            return
        if f"parcel {other.parcel_id}" in self.seen:
            return
        params = {"phase": other.phase, "area_m2": other.area_m2, "transfer_on": other.transfer_on}
        yield ChainLink(
            kind="other", subject=other.parcel_id, on=other.notice_on, slack_days=room, params=params
        )
        yield from self.parcel(other.parcel_id, room=room)

    def _held_as_one(self, item: PlannedTransfer) -> Iterator[ChainLink]:
        """What breaks where the whole group goes a working day earlier."""
        if item.waited_for.kind not in GROUPED:
            return
        move, names = move_before(item, self.problem.clock), {one.parcel_id for one in self._group(item)}
        names.add(item.parcel_id)
        moved = (
            replace(one, notice_on=move.notice_on, transfer_on=move.transfer_on)
            if one.parcel_id in names
            else one
            for one in self.plan.transfers
        )
        trial = replace(self.plan, transfers=tuple(moved))
        broken = next((demand.name for demand in self.problem.demands if demand.violations(trial)), "")
        if broken and move.notice_on >= self.problem.as_of:
            yield ChainLink(kind="group", subject=broken, on=item.notice_on)

    def _gates(
        self, item: PlannedTransfer, openings: list[Opening], room: int, *, deep: bool
    ) -> Iterator[ChainLink]:
        """The opening that came last with the works behind it, and those before it with their slack."""
        if not openings or openings[0].on <= self.problem.as_of:
            yield ChainLink(kind="net_from_start", subject=item.parcel_id, on=self.problem.as_of)
            return
        slack = slack_to(self.problem, self.plan, {item.parcel_id: item.notice_on})
        for place, opening in enumerate(openings[: 1 + MOST_OTHERS]):
            if opening.on <= self.problem.as_of:
                return
            params = {"gate": opening.kind, "way": opening.way, "lag_days": opening.lag_days}
            yield ChainLink(
                kind="gate" if place == 0 else "gate_before",
                subject=opening.work_id,
                on=opening.on,
                slack_days=_least(slack, item, opening) + room,
                params=params | {"parcel_id": item.parcel_id},
            )
            if place == 0 and deep:
                yield from self.work(opening.work_id, slack, room)

    def work(self, work_id: str, slack: Mapping[str, int | None], room: int) -> Iterator[ChainLink]:
        """Links of a work and of what kept it; ``slack`` holds the room of works towards the parcel asked about."""
        item = self.plan.work(work_id)
        if item is None or f"work {work_id}" in self.seen:
            return
        self.seen.add(f"work {work_id}")
        own, known = self.floats.get(work_id, Float(total_days=None, free_days=None)), slack.get(work_id)
        params: dict[str, Any] = {
            "total_float_days": own.total_days,
            "free_float_days": own.free_days,
            "start_on": item.start_on,
        }
        days = None if known is None else known + room
        yield ChainLink(kind="work", subject=work_id, on=item.ends_on, slack_days=days, params=params)
        if item.fixed:
            return
        waited, behind = item.waited_for, self._behind(item)
        kind, subject = waited.kind, waited.subject
        if kind == "work":
            behind = subject
        if kind == "nothing":
            kind, subject = self._nothing(item), ""
        params = {"work": work_id, "behind": behind, **dict(self._money(waited))}
        yield ChainLink(kind=f"start.{kind}", subject=subject, on=item.start_on, params=params)
        if behind:
            yield from self.work(behind, slack, room)

    def _nothing(self, item: PlannedWork) -> str:
        if item.started_on is not None:
            return "started"
        return "as_of" if item.start_on <= self.problem.as_of else "choice"

    def _behind(self, item: PlannedWork) -> str:
        """The work that a crew came from, or after which a calendar was shut; empty where there is none."""
        waited = item.waited_for
        if waited.kind == "crew":
            crews = [other for other in self.plan.works if self._shares(other, item, waited.subject)]
            before = [(other.free_on, other.work_id) for other in crews if other.free_on <= item.start_on]
            return max(before, default=(date.min, ""))[1]
        if waited.kind in {"calendar", "promised", "earliest_start"}:
            rooms = [
                (self._room_before(link, item, other), other.work_id)
                for link in self._incoming(item.work_id)
                if (other := self.plan.work(link.before)) is not None
            ]
            return min(rooms, default=(0, ""))[1]
        return ""

    def _room_before(self, link: Precedence, item: PlannedWork, other: PlannedWork) -> int:
        """Days by which a predecessor could be later before the work waits for it."""
        since = other.free_on if link.relation[0] == "F" else other.start_on
        then = item.start_on if link.relation[1] == "S" else item.free_on
        return (then - since).days - link.lag_days

    def _shares(self, other: PlannedWork, item: PlannedWork, crew_id: str) -> bool:
        return other.work_id != item.work_id and not other.fixed and crew_id in other.crews

    def _incoming(self, work_id: str) -> list[Precedence]:
        return [link for link in self.problem.precedences if link.work_id == work_id]

    def _money(self, waited: WaitedFor) -> Iterator[tuple[str, Any]]:
        """The transfers whose money came in the month before the one that lacked it."""
        if waited.kind != "money":
            return
        for limit in self.problem.of(CashLimit):
            paying = {
                item.parcel_id
                for item in self.plan.transfers
                for month, amount in flows(
                    replace(self.plan, transfers=(item,), works=()), replace(limit, other=())
                )
                if amount > 0 and f"{month:%Y-%m}" == waited.subject
            }
            yield "others", ";".join(sorted(paying))


def _least(slack: Mapping[str, int | None], item: PlannedTransfer, opening: Opening) -> int:
    """Room of a gate: its own, or that of a work behind it which holds the parcel by another way too."""
    rooms = (slack.get(work_id) for work_id in opening.way)
    return min([(item.notice_on - opening.on).days, *(room for room in rooms if room is not None)])


def _when(opening: Opening) -> tuple[date, bool]:
    return opening.on, bool(opening.way)


def _roomier(link: ChainLink, room: int) -> ChainLink:
    return link if link.slack_days is None else replace(link, slack_days=link.slack_days + room)
