"""Random plans, and problems laid tightly around them: every demand holds, and many of them bind."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from random import Random

from parcelplan.checks.money_checks import balances
from parcelplan.dates import ONE_DAY, StatutoryClock, working_day_from
from parcelplan.plan import Plan, PlannedTransfer, PlannedWork
from parcelplan.planning.problem import (
    Absorption,
    BatchSize,
    BlackOut,
    Candidate,
    CashLimit,
    Closure,
    CrewCapacity,
    Demand,
    Gate,
    Horizon,
    ListingsPerMonth,
    Mode,
    NetLand,
    OccupancyTrigger,
    PhaseOrder,
    PhaseWindow,
    PlanningProblem,
    Precedence,
    Target,
    Together,
    Work,
    WorkCalendar,
    YearlyQuota,
)
from parcelplan.planning.work_days import WorkDays

AS_OF = date(2024, 1, 2)
CLOCK = StatutoryClock(notice_days=20, listing_days=10, result_working_days=10)
CALENDARS = (
    WorkCalendar(calendar_id="office", working_days=True),
    WorkCalendar(
        calendar_id="river",
        closures=(Closure(from_on=date(2024, 5, 1), until_on=date(2024, 6, 10), yearly=True),),
        interruptible=False,
    ),
)


def random_plan(
    seed: int, *, parcels: int = 12, works: int = 8, days: int = 420
) -> tuple[PlanningProblem, Plan]:
    """A problem and a plan that keeps all of its demands."""
    rng = Random(seed)
    asked, planned = _works(rng, works, days)
    ends = {item.work_id: item.free_on for item in planned}
    names = [f"P{number:04d}" for number in range(parcels)]
    gates = {name: _gates(rng, sorted(ends)) for name in names}
    notices = {name: _notice(rng, gates[name], ends, days) for name in names}
    if rng.random() < 0.5:
        # Phases in the order of their notices, and two neighbours on one day.
        names.sort(key=lambda name: notices[name])
        gates[names[-2]] = ()
        notices[names[-2]] = notices[names[-1]]
        phases = {name: 1 + 3 * rank // parcels for rank, name in enumerate(names)}
    else:
        phases = {name: rng.randint(1, 3) for name in names}
    candidates = tuple(
        Candidate(
            parcel_id=name,
            phase=phases[name],
            area_m2=float(rng.randint(5, 60)) * 100,
            ready_on=AS_OF,
            last_work="given",
        )
        for name in sorted(names)
    )
    transfers = tuple(
        sorted(
            (_transfer(item, notices[item.parcel_id]) for item in candidates),
            key=lambda item: (item.notice_on, item.phase, item.parcel_id),
        )
    )
    plan = Plan(as_of=AS_OF, status="feasible", transfers=transfers, works=planned)
    demands = [
        NetLand(
            phase=phase,
            ready_on={
                item.parcel_id: AS_OF + timedelta(days=rng.randint(0, (notices[item.parcel_id] - AS_OF).days))
                for item in candidates
                if item.phase == phase
            },
            gates={item.parcel_id: gates[item.parcel_id] for item in candidates if item.phase == phase},
        )
        for phase in (1, 2, 3)
    ]
    problem = PlanningProblem(
        as_of=AS_OF,
        clock=CLOCK,
        candidates=candidates,
        demands=(
            *demands,
            *_some(rng, [item for item in _limits(rng, plan, asked) if not item.violations(plan)]),
        ),
        works=asked,
        precedences=_precedences(rng, planned),
        calendars=CALENDARS,
    )
    return problem, plan


def _some(rng: Random, demands: list[Demand]) -> list[Demand]:
    return rng.sample(demands, rng.randint(len(demands) // 3, len(demands)))


def _works(rng: Random, count: int, days: int) -> tuple[tuple[Work, ...], tuple[PlannedWork, ...]]:
    asked: list[Work] = []
    for number in range(count):
        mode = Mode(
            duration_days=rng.randint(0, 40), crews={"C": 1}, cost_yuan=float(rng.randint(0, 9)) * 1e6
        )
        calendar = rng.choice(["", "office", "river"])
        asked.append(Work(work_id=f"W{number:03d}", modes=(mode,), calendar_id=calendar))
    days_of = WorkDays(PlanningProblem(as_of=AS_OF, clock=CLOCK, calendars=CALENDARS), days + 400)
    planned, dated = [], []
    for work in asked:
        (mode,) = work.modes
        table = days_of.free_table(work.calendar_id, mode.duration_days)
        possible = [day for day in range(days // 2) if table[day] >= 0]
        after = [day for day in possible[1:] if table[day - 1] < 0]
        start = rng.choice(after if after and rng.random() < 0.4 else possible)
        start_on, free_on = (AS_OF + timedelta(days=int(day)) for day in (start, table[start]))
        earliest_on = rng.choice([None, None, start_on, start_on - timedelta(days=3)])
        promised_on = rng.choice([None, None, free_on - ONE_DAY, free_on - timedelta(days=9)])
        dated.append(
            Work(
                work_id=work.work_id,
                modes=work.modes,
                calendar_id=work.calendar_id,
                earliest_start_on=earliest_on,
                not_before_on=promised_on,
            )
        )
        planned.append(
            PlannedWork(
                work_id=work.work_id,
                start_on=start_on,
                ends_on=free_on - ONE_DAY,
                crews=mode.crews,
                cost_yuan=mode.cost_yuan,
            )
        )
    return tuple(dated), tuple(planned)


def _precedences(rng: Random, planned: tuple[PlannedWork, ...]) -> tuple[Precedence, ...]:
    found = []
    for second in planned:
        for first in rng.sample(planned, min(2, len(planned))):
            relation = rng.choice(["FS", "FS", "SS", "FF", "SF"])
            since = first.free_on if relation[0] == "F" else first.start_on
            then = second.start_on if relation[1] == "S" else second.free_on
            room = (then - since).days
            if first != second and room >= 0:
                lag = rng.choice([0, room, max(0, room - 2)])
                found.append(
                    Precedence(before=first.work_id, work_id=second.work_id, relation=relation, lag_days=lag)
                )
    return tuple(found)


def _gates(rng: Random, works: list[str]) -> tuple[Gate, ...]:
    ways = [tuple(rng.sample(works, rng.randint(1, 2))) for _ in range(rng.randint(1, 2))] if works else []
    gate = Gate(kind="power", any_of=tuple(ways), lag_days=rng.choice([0, 0, 15]))
    return (gate,) if ways and rng.random() < 0.6 else ()


def _notice(rng: Random, gates: tuple[Gate, ...], ends: dict[str, date], days: int) -> date:
    first = AS_OF
    for gate in gates:
        opens = min(max(ends[work] for work in way) for way in gate.any_of)
        first = max(first, opens + timedelta(days=gate.lag_days))
    if rng.random() < 0.4:
        return working_day_from(first)
    return working_day_from(first + timedelta(days=rng.randint(0, max(1, days - (first - AS_OF).days))))


def _transfer(item: Candidate, notice_on: date) -> PlannedTransfer:
    return PlannedTransfer(
        parcel_id=item.parcel_id,
        phase=item.phase,
        batch=f"{item.phase}-{notice_on}",
        area_m2=item.area_m2,
        ready_on=item.ready_on,
        notice_on=notice_on,
        listing_on=CLOCK.listing_on(notice_on),
        transfer_on=CLOCK.transfer_on(notice_on),
        result_on=CLOCK.result_on(notice_on),
    )


def _limits(rng: Random, plan: Plan, works: tuple[Work, ...]) -> list[Demand]:
    """Demands of every kind, each as tight as the plan leaves it or a little looser."""
    first = plan.transfers[0]
    found: list[Demand] = [Horizon(end_on=max(item.transfer_on for item in plan.transfers)), PhaseOrder()]
    listed = Counter(f"{item.notice_on:%Y-%m}" for item in plan.transfers)
    found.append(ListingsPerMonth(per_month=max(listed.values()) + rng.choice([0, 0, 1])))
    quarters: Counter[tuple[int, int]] = Counter()
    for item in plan.transfers:
        quarters[item.transfer_on.year, (item.transfer_on.month - 1) // 3] += item.area_m2
    found.append(Absorption(per_quarter_m2=max(quarters.values()) + rng.choice([0, 500])))
    before = None
    for year, used_m2 in plan.area_by_year_m2().items():
        before = YearlyQuota(
            year=year,
            quota_m2=used_m2 + rng.choice([0, 0, 1000]),
            before=before,
            carry_share=rng.choice([0.0, 0.5]),
        )
        found.append(before)
    for phase in sorted({item.phase for item in plan.transfers}):
        of_phase = plan.of_phase(phase)
        if rng.random() < 0.5:
            found.append(PhaseWindow(phase=phase, earliest_on=min(item.transfer_on for item in of_phase)))
        others = [item for item in plan.transfers if item.phase != phase]
        if others and rng.random() < 0.7:
            delay = rng.randint(0, 60)
            since = min(item.notice_on for item in of_phase) - timedelta(days=delay)
            there = [item for item in others if item.transfer_on <= since]
            phases = tuple(sorted({item.phase for item in there}))
            needed_m2 = sum(item.area_m2 for item in there)
            found.append(
                OccupancyTrigger(
                    phase=phase, needed_m2=needed_m2, of_phases=phases, occupied_after_days=delay
                )
            )
    gap = sorted({item.notice_on for item in plan.transfers} | {item.transfer_on for item in plan.transfers})
    for start, end in pairwise(gap):
        if (end - start).days > 3 and rng.random() < 0.2:
            found.append(BlackOut(from_on=start + ONE_DAY, until_on=end, as_of=AS_OF))
    for day in {item.notice_on for item in plan.transfers}:
        same = [item.parcel_id for item in plan.transfers if item.notice_on == day]
        found += [Together(parcel_ids=tuple(same))] if len(same) > 1 else []
    found.append(BatchSize(as_of=AS_OF, min_m2=min(item.area_m2 for item in plan.transfers)))
    parcels = {item.parcel_id: item.area_m2 for item in plan.transfers}
    found.append(
        Target(
            target_id="T",
            measure="area_m2",
            amount=1.0,
            by_on=first.transfer_on,
            values=parcels,
            binding=True,
        )
    )
    return [*found, *_resources(rng, plan, works)]


def _resources(rng: Random, plan: Plan, works: tuple[Work, ...]) -> list[Demand]:
    units = {(work.work_id, ""): rng.randint(1, 2) for work in works}
    held: Counter[int] = Counter()
    for item in plan.works:
        for day in range(item.start_on.toordinal(), item.free_on.toordinal()):
            held[day] += units[item.work_id, ""]
    most = max(held.values(), default=2)
    start = AS_OF + timedelta(days=rng.randint(0, 300))
    change = (start, start + timedelta(days=30), most + 1)
    costs = {
        (item.work_id, ""): (item.cost_yuan * 0.3, item.cost_yuan * 0.7)
        for item in plan.works
        if item.cost_yuan
    }
    money = CashLimit(
        opening_yuan=0.0,
        credit_yuan=0.0,
        costs=costs,
        prices={item.parcel_id: item.area_m2 * 2000 for item in plan.transfers},
        terms=((0.5, 1), (0.5, 3)),
        as_of=AS_OF,
    )
    lowest = min(row.balance_yuan for row in balances(plan, money))
    money = CashLimit(**(vars(money) | {"credit_yuan": max(0.0, -lowest) + rng.choice([0, 1e6])}))
    return [CrewCapacity(crew_id="C", capacity=most, changes=(change,), units=units), money]
