"""From a site and its settings to a planning problem."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from parcelplan.dates import StatutoryClock
from parcelplan.planning.building import limits
from parcelplan.planning.building.candidates import (
    Sorted,
    earlier_days,
    groups,
    ready_parcels,
    waiting_parcels,
)
from parcelplan.planning.building.gates import waiting
from parcelplan.planning.building.ground import Ground
from parcelplan.planning.building.money import cash_limit
from parcelplan.planning.building.pieces import add_pieces
from parcelplan.planning.building.targets import targets
from parcelplan.planning.building.works import fastest_free_on, programme
from parcelplan.planning.problem import (
    Demand,
    Horizon,
    NetLand,
    ObjectiveName,
    PlanningProblem,
    Target,
    Together,
)

if TYPE_CHECKING:
    from parcelplan.site import SiteConfig

__all__ = ["Ground", "build_problem", "site_problem"]


def build_problem(readiness: pd.DataFrame, config: SiteConfig, clock: StatutoryClock) -> PlanningProblem:
    """State what has to be planned where readiness is given and no works are planned.

    Parameters
    ----------
    readiness
        Readiness indexed by parcel_id with ``phase, area_m2, stage, ready_on, last_work``; a missing
        ``ready_on`` means never or not known.
    config
        The site's settings: horizon, windows, triggers, listings a month, quota, phase order.
    clock
        Statutory lengths of a listing, from the rule book.

    Returns
    -------
    PlanningProblem
        The same for every order of the rows. Parcels that cannot be transferred within the horizon are in
        ``unplanned``, each with its reason.

    Raises
    ------
    ConfigError
        A window ends before it begins, no parcel may be listed, the quota is zero in every year or negative,
        or a trigger waits for a phase without parcels or for its own.
    """
    limits.refuse_impossible(readiness, config)
    found = ready_parcels(readiness, config, clock)
    demands = [*_net_land(found), *_bureau(readiness, config), Horizon(end_on=config.horizon_end)]
    return PlanningProblem(
        as_of=config.as_of,
        clock=clock,
        candidates=tuple(found.candidates),
        demands=tuple(demands),
        objectives=config.plan.objectives or ("supply",),
        unplanned=tuple(found.unplanned),
        later_quotas=tuple(limits.quotas(config)[1]),
    )


def site_problem(ground: Ground) -> PlanningProblem:
    """State what has to be planned of a site: its works and its parcels in one problem.

    Parameters
    ----------
    ground
        The site as it is assessed, and an earlier plan of it.

    Returns
    -------
    PlanningProblem
        The same for every order of rows. Works whose end nobody knows are not in it, and parcels that wait for them,
        or cannot be transferred within the horizon for another reason, are in ``unplanned``.

    Raises
    ------
    ConfigError
        As for :func:`build_problem`; also where the unit of money is not said.
    """
    site, config = ground.site, ground.site.config
    limits.refuse_impossible(ground.readiness, config)
    works = programme(ground)
    free_on = fastest_free_on(ground, works)
    found = waiting_parcels(ground, waiting(ground, works.works), free_on)
    splits = add_pieces(ground, found, works.works, free_on)
    together = [Together(parcel_ids=group) for group in groups(ground, found)]
    asked = tuple(targets(ground, found.candidates))
    demands: list[Demand] = [*_net_land(found), *splits, *together, *works.demands]
    demands += [*_bureau(ground.readiness, config), *asked]
    demands += [*cash_limit(ground, works.works, found.candidates), Horizon(end_on=config.horizon_end)]
    fixed = site.parcels["fixed_on"].dropna()
    present = {item.parcel_id for item in found.candidates}
    problem = PlanningProblem(
        as_of=site.as_of,
        clock=ground.clock,
        candidates=tuple(found.candidates),
        demands=tuple(demands),
        works=works.works,
        precedences=works.precedences,
        calendars=works.calendars,
        fixed_works=works.fixed_works,
        fixed_transfers={str(name): day.date() for name, day in fixed.items() if str(name) in present},
        earlier=earlier_days(ground.earlier, found.candidates),
        unplanned=tuple(sorted(found.unplanned, key=lambda item: item.parcel_id)),
        later_quotas=tuple(limits.quotas(config)[1]),
    )
    return _with_objectives(problem, config.plan.objectives)


def _net_land(found: Sorted) -> Iterator[NetLand]:
    for phase in sorted({item.phase for item in found.candidates}):
        own = [item for item in found.candidates if item.phase == phase]
        yield NetLand(
            phase=phase,
            ready_on={item.parcel_id: item.ready_on for item in own},
            gates={
                item.parcel_id: found.gates[item.parcel_id] for item in own if item.parcel_id in found.gates
            },
        )


def _bureau(readiness: pd.DataFrame, config: SiteConfig) -> Iterator[Demand]:
    """Yield the demands; those a user can least change come first, so that a conflict names the others."""
    yield from limits.black_outs(config)
    yield from limits.phase_order(config)
    yield from limits.quotas(config)[0]
    yield from limits.phase_demands(readiness, config)
    yield from limits.monthly_demands(config)


def _with_objectives(problem: PlanningProblem, chosen: tuple[ObjectiveName, ...]) -> PlanningProblem:
    """Set the objectives: those chosen, else all that the site gives something to count for, in their usual order."""
    counted: dict[ObjectiveName, bool] = {
        "fixed_dates": bool(problem.fixed_works or problem.fixed_transfers),
        "targets": any(not item.binding for item in problem.of(Target)),
        "lateness": any(item.due_on is not None for item in problem.candidates),
        "supply": True,
        "cost": any(len({mode.cost_yuan for mode in work.modes}) > 1 for work in problem.works),
        "stability": bool(problem.earlier),
    }
    return replace(problem, objectives=chosen or tuple(name for name, holds in counted.items() if holds))
