"""What a user can turn of each demand: a date by days, a quota by mu, a crew by units.

A knob turned by *k* steps gives the problem with one figure eased and all else as it is. The steps are whole: days, mu,
parcels, units, 10,000 yuan. Turning it further never makes a plan impossible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import ceil
from typing import Literal

from parcelplan.planning.problem import (
    Absorption,
    BatchSize,
    BlackOut,
    CashLimit,
    CrewCapacity,
    Demand,
    Gate,
    Horizon,
    ListingsPerMonth,
    NetLand,
    OccupancyTrigger,
    PhaseOrder,
    PhaseWindow,
    PlanningProblem,
    Target,
    Together,
    WorkDeadline,
    YearlyQuota,
)
from parcelplan.planning.timeline import horizon_end
from parcelplan.units import M2_PER_MU, YUAN_PER_WANYUAN

Unit = Literal["day", "mu", "parcel", "unit", "wanyuan", "firm", "aside"]
"""``aside``: the demand is given up as a whole."""


@dataclass(frozen=True, kw_only=True)
class Knob:
    """One figure of a demand that can be eased."""

    name: str
    """Name of the demand."""
    change: str
    """What of it, such as ``more``, ``later``, ``earlier``, ``fewer``; with the kind a catalogue entry."""
    unit: Unit
    most: int
    """Steps beyond which turning it further changes nothing, or is no longer sensible."""
    turned: Callable[[int], PlanningProblem]
    """The problem with the figure eased by so many steps."""


def knobs_of(problem: PlanningProblem, name: str) -> tuple[Knob, ...]:
    """The knobs of a demand, those of dates first; none where a user can change nothing about it."""
    demand = next(item for item in problem.demands if item.name == name)
    return tuple(
        Knob(name=name, change=change, unit=unit, most=most, turned=_turning(problem, name, eased))
        for change, unit, most, eased in _eased(problem, demand)
        if most > 0
    )


Eased = tuple[str, Unit, int, Callable[[int], "Demand | None"]]


def _turning(
    problem: PlanningProblem, name: str, eased: Callable[[int], Demand | None]
) -> Callable[[int], PlanningProblem]:
    return lambda steps: with_demand(problem, name, eased(steps))


def with_demand(problem: PlanningProblem, name: str, demand: Demand | None) -> PlanningProblem:
    """The problem with one demand in place of that of a name, or without it where None is given.

    A yearly quota changes in the years that take over from it too.
    """
    if demand is None:
        return problem.without(name)
    found = (demand if item.name == name else item for item in problem.demands)
    if not isinstance(demand, YearlyQuota):
        return replace(problem, demands=tuple(found))
    return replace(
        problem,
        demands=tuple(_carrying(item, demand) for item in found),
        later_quotas=tuple(_after(item, demand) for item in problem.later_quotas),
    )


def _carrying(demand: Demand, quota: YearlyQuota) -> Demand:
    return _after(demand, quota) if isinstance(demand, YearlyQuota) else demand


def _after(item: YearlyQuota, quota: YearlyQuota) -> YearlyQuota:
    """A quota with another one in the chain of years that it carries over from."""
    if item.before is None or item.year <= quota.year:
        return item
    before = quota if item.before.year == quota.year else _after(item.before, quota)
    return item if before is item.before else replace(item, before=before)


def _eased(problem: PlanningProblem, demand: Demand) -> Iterator[Eased]:
    match demand:
        case PhaseWindow() | Horizon() | WorkDeadline() | NetLand() | BlackOut() | OccupancyTrigger():
            yield from _dates(problem, demand)
        case PhaseOrder() | Together():
            yield "aside", "aside", 1, lambda _steps: None
        case Target():
            yield from _target(demand, _delay(problem, demand.by_on))
        case _:
            yield from _amounts(problem, demand)


def _dates(problem: PlanningProblem, demand: Demand) -> Iterator[Eased]:
    match demand:
        case Horizon(end_on=on):
            far = (horizon_end(problem.without(demand.name)) - on).days
            yield "later", "day", far, lambda k: replace(demand, end_on=on + timedelta(days=k))
        case WorkDeadline(on=on):
            far = _delay(problem, on)
            yield "later", "day", far, lambda k: replace(demand, on=on + timedelta(days=k))
        case PhaseWindow():
            yield from _window(problem, demand)
        case BlackOut(from_on=first, until_on=until):
            far = (until - first).days - 1
            yield "shorter", "day", far, lambda k: replace(demand, until_on=until - timedelta(days=k))
            yield "aside", "aside", 1, lambda _steps: None
        case OccupancyTrigger(needed_m2=m2, occupied_after_days=days):
            most = ceil(m2 / M2_PER_MU)
            yield "less", "mu", most, lambda k: replace(demand, needed_m2=max(0.0, m2 - k * M2_PER_MU))
            yield "sooner", "day", days, lambda k: replace(demand, occupied_after_days=days - k)
        case NetLand():
            far = _longest_wait(problem, demand)
            yield "earlier", "day", far, lambda k: ready_earlier(demand, k, problem.as_of)


def _window(problem: PlanningProblem, demand: PhaseWindow) -> Iterator[Eased]:
    first, last = demand.earliest_on, demand.latest_on
    if last is not None:
        far, end = _delay(problem, last), last
        yield "later", "day", far, lambda k: replace(demand, latest_on=end + timedelta(days=k))
    if first is not None:
        far, begin = (first - problem.as_of).days, first
        yield "earlier", "day", far, lambda k: replace(demand, earliest_on=begin - timedelta(days=k))


def _delay(problem: PlanningProblem, on: date) -> int:
    """Days by which a date can be moved before nothing lies after it any more."""
    return (horizon_end(problem) - on).days


def _longest_wait(problem: PlanningProblem, demand: NetLand) -> int:
    known = max([problem.as_of, *demand.ready_on.values()])
    gated = any(gate.any_of for gates in demand.gates.values() for gate in gates)
    return (max(known, horizon_end(problem) if gated else known) - problem.as_of).days


def ready_earlier(demand: NetLand, days: int, as_of: date) -> NetLand:
    """Net land so many days earlier, by works and without, but not before ``as_of``."""
    sooner = timedelta(days=days)

    def gates(own: tuple[Gate, ...]) -> tuple[Gate, ...]:
        return tuple(replace(gate, lag_days=gate.lag_days - days) for gate in own)

    return replace(
        demand,
        ready_on={parcel: max(as_of, day - sooner) for parcel, day in demand.ready_on.items()},
        gates={parcel: gates(own) for parcel, own in demand.gates.items()},
    )


def _amounts(problem: PlanningProblem, demand: Demand) -> Iterator[Eased]:
    total_mu = ceil(sum(item.area_m2 for item in problem.candidates) / M2_PER_MU)
    match demand:
        case YearlyQuota(quota_m2=quota_m2):
            yield "more", "mu", total_mu, lambda k: replace(demand, quota_m2=quota_m2 + k * M2_PER_MU)
        case Absorption(per_quarter_m2=m2):
            yield "more", "mu", total_mu, lambda k: replace(demand, per_quarter_m2=m2 + k * M2_PER_MU)
        case ListingsPerMonth(per_month=per_month):
            most = len(problem.candidates) - per_month
            yield "more", "parcel", most, lambda k: replace(demand, per_month=per_month + k)
        case CashLimit(credit_yuan=credit):
            yield (
                "more",
                "wanyuan",
                _all_payments(demand),
                lambda k: replace(demand, credit_yuan=credit + k * YUAN_PER_WANYUAN),
            )
        case CrewCapacity():
            yield "more", "unit", sum(demand.units.values()), lambda k: more_units(demand, k)
        case BatchSize(min_m2=least_m2, max_m2=most_m2):
            if least_m2 > 0:
                yield (
                    "smaller",
                    "mu",
                    ceil(least_m2 / M2_PER_MU),
                    lambda k: replace(demand, min_m2=max(0.0, least_m2 - k * M2_PER_MU)),
                )
            if most_m2 is not None:
                yield "larger", "mu", total_mu, lambda k: replace(demand, max_m2=most_m2 + k * M2_PER_MU)
            yield "aside", "aside", 1, lambda _steps: None


def more_units(demand: CrewCapacity, units: int) -> CrewCapacity:
    """A crew with so many units more on every day."""
    changes = tuple((start, end, capacity + units) for start, end, capacity in demand.changes)
    return replace(demand, capacity=demand.capacity + units, changes=changes)


def _all_payments(demand: CashLimit) -> int:
    """As much credit as all payments together, 10,000 yuan."""
    paid = sum(max(0.0, amount) for costs in demand.costs.values() for amount in costs)
    paid += sum(-min(0.0, amount) for _, amount in demand.other) - min(0.0, demand.opening_yuan)
    return ceil(paid / YUAN_PER_WANYUAN)


def _target(demand: Target, far: int) -> Iterator[Eased]:
    units: dict[str, tuple[Unit, float]] = {"area_m2": ("mu", M2_PER_MU), "firms": ("firm", 1.0)}
    unit, size = units.get(demand.measure, ("wanyuan", YUAN_PER_WANYUAN))
    on, amount = demand.by_on, demand.amount
    yield "later", "day", far, lambda k: replace(demand, by_on=on + timedelta(days=k))
    yield "less", unit, ceil(amount / size), lambda k: replace(demand, amount=max(0.0, amount - k * size))
