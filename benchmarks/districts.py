"""District programmes made up from a seed: what a district of 200 to 3,000 parcels has to plan over ten years.

A street grid of blocks holds the parcels. Townships have their plans adjusted, blocks are acquired, streets are built
on their east and south sides, trunk lines run along rows or columns of blocks and rivers wander through them; each
section of a line is undergrounded, each section of a river diverted. Parcels wait for what lies on them and for one
of two streets. Four crews, calendars of outages and floods, yearly quotas with carry-over, listings, absorption and
an account with a credit line bound what can be done; firms and later phases wait for land.

What binds: crews are sized so that in the first eight years acquisition, road and line teams are held for 80 per cent
of the days on which their calendars let them work, river teams for 60 per cent, since few sections fit into one dry
season. Quotas of ten years are 1.12 times the land; that of the first year, in which hardly any land can be free, is a
fifth of a later one, that of the second seven tenths. Absorption takes 1.2 times a quarter of a year's quota, the
bureau lists 1.25 times the parcels of an average month. The opening balance and the credit line pay for a tenth of all
costs, the rest has to come from land sold. Firms' dates and triggers were chosen with room, so that a full plan exists.

In the plans found quotas decide most: every year but the last is sold out. Acquisition teams are held for nine tenths
of their days, and the account comes within a hundredth of its credit line in the second year; both decide how much
land there is in the first years, and with it how long the last parcels wait.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from parcelplan.dates import StatutoryClock
from parcelplan.planning.problem import (
    Absorption,
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
    PlanningProblem,
    Precedence,
    Target,
    Work,
    WorkCalendar,
    YearlyQuota,
)
from parcelplan.units import YUAN_PER_WANYUAN, from_mu, to_mu

AS_OF = date(2025, 1, 1)
YEARS = 10
CLOCK = StatutoryClock(notice_days=20, listing_days=10, result_working_days=10)
CALENDARS = (
    WorkCalendar(
        calendar_id="outage",
        interruptible=False,
        closures=(
            Closure(from_on=date(2024, 6, 15), until_on=date(2024, 9, 15), yearly=True),
            Closure(from_on=date(2024, 12, 20), until_on=date(2025, 2, 10), yearly=True),
        ),
    ),
    WorkCalendar(
        calendar_id="dry_season",
        interruptible=False,
        closures=(Closure(from_on=date(2024, 5, 10), until_on=date(2024, 9, 20), yearly=True),),
    ),
    WorkCalendar(calendar_id="working", working_days=True),
)
OPEN_SHARES = {"line_team": 0.6, "river_team": 0.63, "acquisition_team": 1.0, "road_team": 1.0}
"""Share of days on which the calendars of a crew's works let it work."""
CREW_USE = {"line_team": 0.8, "river_team": 0.6, "acquisition_team": 0.8, "road_team": 0.8}
WORK_YEARS = 8
QUOTA_ROOM = 1.12
QUOTA_RAMP = (0.2, 0.7)
CARRY_SHARE = 0.5
ABSORPTION_ROOM = 1.2
LISTING_ROOM = 1.25
OPENING_SHARE, CREDIT_SHARE = 0.06, 0.04
PRICE_WANYUAN_PER_MU = 24.0
PARCELS_PER_BLOCK = 6
TOUCHED_SHARE = 0.6
"""Share of the parcels of a block that a line or river through it touches."""
MOVABLE_SHARE = 0.15
"""Share of the sections of lines that can also be moved, over a parcel that is then lost."""
FEW_PHASES, MANY_PHASES, MANY_BLOCKS = 4, 6, 100


@dataclass
class District:
    """A programme in the making."""

    rng: np.random.Generator
    blocks: int
    width: int
    works: list[Work] = field(default_factory=list)
    precedences: list[Precedence] = field(default_factory=list)
    gates: dict[str, list[Gate]] = field(default_factory=dict)
    excluded_by: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    parcels: dict[int, list[tuple[str, float]]] = field(default_factory=dict)
    """Ids and areas, mu, by block."""
    crossed: dict[int, list[str]] = field(default_factory=dict)
    """Sections of lines and rivers by block."""

    def add(
        self, work_id: str, kind: str, *modes: Mode, calendar_id: str = "", after: tuple[str, ...] = ()
    ) -> None:
        """Add a work that starts after the end of others."""
        self.works.append(Work(work_id=work_id, kind=kind, modes=modes, calendar_id=calendar_id))
        self.precedences += [Precedence(before=before, work_id=work_id) for before in after]

    def mode(self, low: int, high: int, wanyuan: float, name: str = "", **crews: int) -> Mode:
        """A mode of a duration between two, half of its cost paid at the start."""
        days = int(self.rng.integers(low, high + 1))
        cost = float(wanyuan * self.rng.uniform(0.8, 1.2)) * YUAN_PER_WANYUAN
        return Mode(name=name, duration_days=days, cost_yuan=cost, paid_at_start=0.5, crews=crews)

    def township(self, block: int) -> str:
        """The plan adjustment of the township, three blocks by three, in which a block lies."""
        row, column = divmod(block, self.width)
        return f"PA{row // 3:02d}{column // 3:02d}"

    def distance(self, block: int) -> float:
        """How far a block lies from the town, which touches the north-west corner."""
        row, column = divmod(block, self.width)
        return float(np.hypot(row, column))


def district(parcels: int, *, seed: int = 1) -> PlanningProblem:
    """Make up a programme; the same number and seed always give the same one.

    Parameters
    ----------
    parcels
        Parcels of the district.
    seed
        Seed of everything that is drawn.
    """
    blocks = -(-parcels // PARCELS_PER_BLOCK)
    made = District(np.random.default_rng([seed, parcels]), blocks, int(np.ceil(np.sqrt(blocks))))
    _lay_parcels(made, parcels)
    _acquire(made)
    _cross(made)
    _build_roads(made)
    return _problem(made)


def _lay_parcels(made: District, parcels: int) -> None:
    for number in range(parcels):
        block = number % made.blocks
        mu = float(np.clip(made.rng.lognormal(3.5, 0.55), 10, 120).round(1))
        made.parcels.setdefault(block, []).append((f"P{block:03d}-{number // made.blocks}", mu))


def _acquire(made: District) -> None:
    for township in sorted({made.township(block) for block in range(made.blocks)}):
        made.add(township, "plan_adjustment", made.mode(60, 240, 30))
    for block in range(made.blocks):
        mu = sum(area for _, area in made.parcels[block])
        mode = made.mode(60, 180, 9.5 * mu, acquisition_team=1)
        made.add(f"AC{block:03d}", "acquisition", mode, after=(made.township(block),))
        for parcel, _ in made.parcels[block]:
            made.gates[parcel] = [Gate(kind="acquisition", any_of=((f"AC{block:03d}",),))]


def _cross(made: District) -> None:
    """Run lines along rows and columns and let rivers wander, in sections of a few blocks each."""
    for line in range(max(3, made.width * 2 // 3)):
        at, along = int(made.rng.integers(made.width)), line % 2
        path = [at * made.width + k if along else k * made.width + at for k in range(made.width)]
        _lay_sections(made, f"L{line:02d}", path, 1)
    for river in range(max(1, made.width // 4)):
        rows = int(made.rng.integers(made.width)) + np.cumsum(made.rng.integers(-1, 2, made.width))
        path = [int(row) * made.width + k for k, row in enumerate(rows.clip(0, made.width - 1))]
        _lay_sections(made, f"R{river:02d}", path, 2)


def _lay_sections(made: District, name: str, path: list[int], length: int) -> None:
    path = [block for block in path if block < made.blocks]
    sections = [path[k : k + length] for k in range(0, len(path), length)]
    for number, blocks in enumerate(sections):
        work = f"{name}-{number:02d}"
        after = tuple(f"AC{block:03d}" for block in blocks)
        touched = [
            parcel
            for block in blocks
            for parcel, _ in made.parcels[block]
            if made.rng.random() < TOUCHED_SHARE
        ]
        if name.startswith("R"):
            made.add(
                work,
                "river_diversion",
                made.mode(60, 120, 1100, river_team=1),
                calendar_id="dry_season",
                after=after,
            )
        else:
            modes = [made.mode(30, 60, 800, "cable", line_team=1)]
            if touched and made.rng.random() < MOVABLE_SHARE:
                modes.append(made.mode(20, 40, 500, "move", line_team=1))
                made.excluded_by[touched[0]] = ((work, "move"),)
            made.add(work, "line_undergrounding", *modes, calendar_id="outage", after=after)
        for parcel in touched:
            made.gates[parcel].append(Gate(kind="corridor", any_of=((work,),)))
    for before, after_it in pairwise(f"{name}-{number:02d}" for number in range(len(sections))):
        lag = Precedence(before=before, work_id=after_it, relation="SS", lag_days=30)
        made.precedences += [lag] if name.startswith("R") else []


def _build_roads(made: District) -> None:
    """One street east and one south of each block; a parcel needs one of two of the four around its block."""
    for block in range(made.blocks):
        for side in "ES":
            mode = made.mode(40, 90, 420, road_team=1)
            made.add(f"RD{block:03d}{side}", "road", mode, calendar_id="working", after=(f"AC{block:03d}",))
    for block, parcels in made.parcels.items():
        row, column = divmod(block, made.width)
        around = [f"RD{block:03d}E", f"RD{block:03d}S"]
        around += [f"RD{block - 1:03d}E"] if column else []
        around += [f"RD{block - made.width:03d}S"] if row else []
        for parcel, _ in parcels:
            ways = sorted(made.rng.choice(around, size=2, replace=False).tolist())
            made.gates[parcel].append(Gate(kind="access", any_of=tuple((way,) for way in ways)))


def _problem(made: District) -> PlanningProblem:
    ranks = np.argsort(np.argsort([made.distance(block) for block in range(made.blocks)], kind="stable"))
    phases = FEW_PHASES if made.blocks < MANY_BLOCKS else MANY_PHASES
    phase = {block: 1 + int(rank) * phases // made.blocks for block, rank in enumerate(ranks)}
    candidates = tuple(
        Candidate(
            parcel_id=parcel,
            phase=phase[block],
            area_m2=from_mu(mu),
            ready_on=AS_OF,
            excluded_by=made.excluded_by.get(parcel, ()),
        )
        for block, parcels in made.parcels.items()
        for parcel, mu in parcels
    )
    return PlanningProblem(
        as_of=AS_OF,
        clock=CLOCK,
        candidates=candidates,
        demands=tuple(_demands(made, candidates)),
        works=tuple(made.works),
        precedences=tuple(made.precedences),
        calendars=CALENDARS,
        objectives=("targets", "supply"),
    )


def _demands(made: District, candidates: tuple[Candidate, ...]) -> Iterator[Demand]:
    for phase in sorted({item.phase for item in candidates}):
        members = [item for item in candidates if item.phase == phase]
        yield NetLand(
            phase=phase,
            ready_on={item.parcel_id: item.ready_on for item in members},
            gates={item.parcel_id: tuple(made.gates[item.parcel_id]) for item in members},
        )
    yield from _crews(made)
    area_m2 = sum(item.area_m2 for item in candidates)
    yield from _quotas(area_m2)
    # in a small district one large parcel is more than an even share
    largest_m2 = max(item.area_m2 for item in candidates)
    even_m2 = QUOTA_ROOM * area_m2 / YEARS / 4
    yield Absorption(per_quarter_m2=max(ABSORPTION_ROOM * even_m2, 1.5 * largest_m2))
    yield ListingsPerMonth(per_month=int(np.ceil(LISTING_ROOM * len(candidates) / YEARS / 12)))
    yield _money(made, candidates)
    yield Horizon(end_on=date(AS_OF.year + YEARS - 1, 12, 31))
    yield from _wanted(candidates)


def _crews(made: District) -> Iterator[CrewCapacity]:
    for crew, open_share in OPEN_SHARES.items():
        units = {(w.work_id, m.name): m.crews[crew] for w in made.works for m in w.modes if crew in m.crews}
        paused = 7 / 5 if crew == "road_team" else 1.0
        held = sum(w.modes[0].duration_days * w.modes[0].crews.get(crew, 0) for w in made.works) * paused
        capacity = int(np.ceil(held / (CREW_USE[crew] * open_share * WORK_YEARS * 365)))
        yield CrewCapacity(crew_id=crew, capacity=max(1, capacity), units=units)


def _quotas(area_m2: float) -> Iterator[YearlyQuota]:
    shares = np.array([*QUOTA_RAMP, *(1.0,) * (YEARS - len(QUOTA_RAMP))])
    before = None
    for k, share in enumerate(QUOTA_ROOM * area_m2 * shares / shares.sum()):
        quota = YearlyQuota(
            year=AS_OF.year + k, quota_m2=float(share), before=before, carry_share=CARRY_SHARE
        )
        yield quota
        before = quota


def _money(made: District, candidates: tuple[Candidate, ...]) -> CashLimit:
    costs = {
        (work.work_id, mode.name): (
            mode.cost_yuan * mode.paid_at_start,
            mode.cost_yuan * (1 - mode.paid_at_start),
        )
        for work in made.works
        for mode in work.modes
    }
    total = sum(work.modes[0].cost_yuan for work in made.works)
    prices = {
        item.parcel_id: PRICE_WANYUAN_PER_MU
        * YUAN_PER_WANYUAN
        * to_mu(item.area_m2)
        * (1.1 - 0.04 * item.phase)
        for item in candidates
    }
    return CashLimit(
        opening_yuan=OPENING_SHARE * total,
        credit_yuan=CREDIT_SHARE * total,
        costs=costs,
        prices=prices,
        terms=((0.5, 1), (0.3, 3), (0.2, 6)),
        other=tuple((date(AS_OF.year + k, 4, 10), -0.004 * total) for k in range(YEARS)),
        as_of=AS_OF,
    )


def _wanted(candidates: tuple[Candidate, ...]) -> Iterator[Demand]:
    """Land for firms by the end of some years, and later phases that wait for earlier ones to be occupied."""
    phases = sorted({item.phase for item in candidates})
    area_m2 = {phase: sum(item.area_m2 for item in candidates if item.phase == phase) for phase in phases}
    for phase, (share, years) in zip(phases, ((0.1, 4), (0.25, 6), (0.5, 8)), strict=False):
        values = {item.parcel_id: item.area_m2 for item in candidates if item.phase == phase}
        yield Target(
            target_id=f"F{phase}",
            measure="area_m2",
            amount=share * sum(values.values()),
            by_on=AS_OF + timedelta(days=365 * years),
            values=values,
            binding=phase == phases[0],
        )
    for phase in phases[2:]:
        before = (phase - 2, phase - 1)
        needed_m2 = 0.15 * sum(area_m2[item] for item in before)
        yield OccupancyTrigger(phase=phase, needed_m2=needed_m2, of_phases=before, occupied_after_days=180)
