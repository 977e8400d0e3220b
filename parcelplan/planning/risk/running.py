"""Thousands of runs of one plan with durations drawn anew: how sure its dates are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from parcelplan.findings import Finding, Findings
from parcelplan.plan import Plan
from parcelplan.planning.problem import CashLimit, Horizon, PlanningProblem
from parcelplan.planning.risk.answers import Risk, as_days, day_quantiles, supply_band
from parcelplan.planning.risk.chains import critical_weight, last_transfers
from parcelplan.planning.risk.drivers import Floats, find_drivers, mean_day
from parcelplan.planning.risk.estimates import Estimate, Ints, Shape, draw_durations, read_estimates
from parcelplan.planning.risk.land import LandNetwork
from parcelplan.planning.risk.money import balance_band, kept_credit, lowest_balances
from parcelplan.planning.risk.promises import Outcome, dated
from parcelplan.planning.risk.sequence import find_sequence
from parcelplan.planning.risk.tables import Days
from parcelplan.planning.risk.works import WorkNetwork

RUNS = 10_000
_BLOCK = 2_000
"""Runs computed at a time, so that memory stays small and close."""
_MOST_DAYS_LATER = 20 * 366
"""How far behind the plan transfers are looked for at most."""
_LEAST_DAYS_LATER = 3 * 366


def assess_risk(
    problem: PlanningProblem,
    plan: Plan,
    *,
    runs: int = RUNS,
    seed: int = 1,
    shape: Shape = "pert",
    announced: Mapping[str, tuple[int, date]] | None = None,
    due: Mapping[str, date] | None = None,
) -> Risk:
    """Run a plan many times with the durations of its works drawn from their three-point estimates.

    The plan's order is kept, its dates are not. Modes stay as chosen. Each work starts as early as its precedences, its
    calendar, its given dates and its crews allow; of each crew the works follow one another as planned. None ends
    before the day that somebody has promised. A parcel goes on notice once its gates are open, by the statutory clock,
    outside of black-outs and not before its phase's window; parcels take the month's listings, the quarter's
    absorption and the year's quota in the order of the plan, and move on to the next month, quarter or year where
    these are used up. Phase order, triggers, batches and neighbours stay as they are. Nothing moves forward that the
    plan lets wait for anything but works, their crews and calendars: listings, quotas, money, an earlier plan. With
    every work at its likely duration the run is the plan.

    Ends of windows, the horizon, deadlines, targets and the credit line are not enforced: a run may miss them. Works
    are drawn independently of one another. A crew that has fewer units for some time is minded as far as one work
    needs more than there are.

    Parameters
    ----------
    problem
        The problem that was planned.
    plan
        Its plan.
    runs
        Number of runs.
    seed
        Seed of the draws; the same problem, plan, runs and seed give the same answer.
    shape
        ``pert`` or ``triangular``.
    announced
        Announced transfers: row of the announcement → phase and last day.
    due
        Due dates of works; where one has none, the day before which it cannot end.

    Returns
    -------
    Risk
        Works without a full estimate are taken as certain; ``notes`` names them.
    """
    estimates, notes = read_estimates(problem, plan)
    if all(item.certain for item in estimates):
        notes += Findings([Finding(code="risk.nothing_uncertain", layer="works")])
    drawn = draw_durations(estimates, runs=runs, seed=seed, shape=shape)
    network = lay_network(problem, plan, estimates)
    done = _run_all(network, drawn)
    outcome = Outcome(
        problem=problem,
        plan=plan,
        days=network.days,
        free=done.free,
        transfer=done.transfer[network.unit_of],
    )
    means = mean_day(network, done.transfer)
    return Risk(
        as_of=plan.as_of,
        runs=runs,
        seed=seed,
        shape=shape,
        phases=_phases(outcome),
        parcels=_parcels(outcome),
        works=_works(outcome, estimates, done),
        dates=dated(outcome, announced or {}, due or {}),
        supply=_supply(network, done.transfer),
        drivers=find_drivers(network, estimates, drawn, means),
        cash=done.cash,
        credit_kept=done.credit_kept,
        mean_on=_mean(network, means),
        notes=notes,
    )


def lay_network(problem: PlanningProblem, plan: Plan, estimates: tuple[Estimate, ...]) -> LandNetwork:
    """Lay a plan on its days, with room for the delays that its estimates allow."""
    ends = [item.free_on for item in plan.works] + [item.result_on for item in plan.transfers]
    ends += [plan.as_of, *(item.end_on for item in problem.of(Horizon))]
    longer = sum(item.pessimistic - item.likely for item in estimates)
    later = min(_MOST_DAYS_LATER, _LEAST_DAYS_LATER + 2 * longer)
    days = Days(as_of=plan.as_of, last=(max(ends) - plan.as_of + timedelta(days=later)).days)
    works = WorkNetwork(problem=problem, plan=plan, days=days, sequence=find_sequence(problem, plan))
    return LandNetwork(problem=problem, plan=plan, days=days, works=works)


@dataclass(frozen=True, kw_only=True)
class _Block:
    """Some of the runs: ends and weights of the works, transfers of the units, lowest balances."""

    free: Ints
    transfer: Ints
    critical_last: Floats
    critical_supply: Floats
    lowest: Floats


@dataclass(frozen=True, kw_only=True)
class _Done:
    """All runs."""

    free: Ints
    transfer: Ints
    critical_last: Floats
    critical_supply: Floats
    cash: pd.DataFrame
    credit_kept: float | None


def _run_all(network: LandNetwork, drawn: Ints) -> _Done:
    blocks = list(_run_blocks(network, drawn))
    runs = drawn.shape[1]
    areas_m2 = sum(unit.area_m2 for unit in network.units)
    limit = next(iter(network.problem.of(CashLimit)), None)
    lowest = np.concatenate([block.lowest for block in blocks], axis=1)
    return _Done(
        free=np.concatenate([block.free for block in blocks], axis=1),
        transfer=np.concatenate([block.transfer for block in blocks], axis=1),
        critical_last=np.array([block.critical_last for block in blocks]).sum(axis=0) / runs,
        critical_supply=np.array([block.critical_supply for block in blocks]).sum(axis=0)
        / (runs * areas_m2 or 1.0),
        cash=balance_band(network, lowest, limit) if limit is not None else pd.DataFrame(),
        credit_kept=kept_credit(lowest, limit) if limit is not None else None,
    )


def _run_blocks(network: LandNetwork, drawn: Ints) -> Iterator[_Block]:
    areas_m2 = np.array([unit.area_m2 for unit in network.units])
    limit = next(iter(network.problem.of(CashLimit)), None)
    for first in range(0, drawn.shape[1], _BLOCK):
        works = network.works.run(drawn[:, first : first + _BLOCK])
        land = network.run(works.free)
        runs = land.transfer.shape[1]
        weights = np.repeat(areas_m2[:, None], runs, axis=1)
        last = last_transfers(land) if len(weights) else weights
        yield _Block(
            free=works.free,
            transfer=land.transfer,
            critical_last=critical_weight(network, works, land, last).sum(axis=1),
            critical_supply=critical_weight(network, works, land, weights).sum(axis=1),
            lowest=np.empty((0, runs)) if limit is None else lowest_balances(network, works, land, limit),
        )


def _phases(outcome: Outcome) -> pd.DataFrame:
    phases = sorted({item.phase for item in outcome.plan.transfers})
    rows = [outcome.rows_of(phase) for phase in phases]
    last = np.array([outcome.transfer[own].max(axis=0) for own in rows], dtype=np.int32)
    frame = pd.DataFrame(
        {"planned_on": pd.DatetimeIndex([outcome.last_planned(own) for own in rows])}
        | day_quantiles(last.reshape(len(phases), outcome.transfer.shape[1]), outcome.days)
    )
    return frame.set_axis(pd.Index(phases, name="phase", dtype=int))


def _parcels(outcome: Outcome) -> pd.DataFrame:
    items = outcome.plan.transfers
    frame = pd.DataFrame(
        {
            "phase": [item.phase for item in items],
            "area_m2": [item.area_m2 for item in items],
            "planned_on": pd.to_datetime([item.transfer_on for item in items]),
        }
        | day_quantiles(outcome.transfer, outcome.days)
    )
    return frame.set_axis(pd.Index([item.parcel_id for item in items], name="parcel_id", dtype=str))


def _works(outcome: Outcome, estimates: tuple[Estimate, ...], done: _Done) -> pd.DataFrame:
    items = outcome.plan.works
    frame = pd.DataFrame(
        {
            "uncertain": [not item.certain for item in estimates],
            "planned_on": pd.to_datetime([item.ends_on for item in items]),
        }
        | day_quantiles(outcome.free - 1, outcome.days)
        | {"critical_last": done.critical_last, "critical_supply": done.critical_supply}
    )
    return frame.set_axis(pd.Index([item.work_id for item in items], name="work_id", dtype=str))


def _supply(network: LandNetwork, transfer: Ints) -> pd.DataFrame:
    areas_m2 = np.array([unit.area_m2 for unit in network.units])
    return supply_band(transfer, areas_m2, network.planned, network.days)


def _mean(network: LandNetwork, means: Floats) -> pd.Series:
    planned = as_days(mean_day(network, network.planned[:, None]), network.days)
    found = day_quantiles(means[None, :], network.days)
    return pd.Series({"planned_on": planned[0]} | {name: column[0] for name, column in found.items()})
