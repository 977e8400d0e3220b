"""The land as a plan leaves it: on the days of its works, in their modes, and cut as its pieces are."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from parcelplan.land.constraints import constraints_in_time
from parcelplan.land.modes import in_modes
from parcelplan.land.pieces import find_pieces, site_of_pieces
from parcelplan.land.readiness import find_gates, readiness
from parcelplan.land.works import schedule_site
from parcelplan.plan import Plan
from parcelplan.planning.building.ground import Ground
from parcelplan.units import from_mu


def following(ground: Ground, plan: Plan) -> Ground:
    """Assess the land again as the works of a plan leave it: on their days, in their modes."""
    if not plan.works:
        return ground
    modes = {work.work_id: work.mode for work in plan.works if work.mode}
    site = in_modes(ground.site, modes)
    schedule = schedule_site(site, plan)
    if schedule["ends_on"].equals(ground.schedule["ends_on"]) and not modes:
        return replace(ground, schedule=schedule)
    constraints, _ = constraints_in_time(site, schedule, ground.rules)
    gates = find_gates(site, schedule, constraints)
    return replace(
        ground,
        site=site,
        schedule=schedule,
        constraints=constraints,
        gates=gates,
        readiness=readiness(site, schedule, gates),
    )


def readiness_as_cut(before: Ground, land: Ground, plan: Plan) -> pd.DataFrame:
    """Readiness of parcels and, for those that go in pieces, of the pieces instead.

    Pieces are cut as they were before the plan, and their gates looked for again on its land. Of pieces that have gone
    already nothing but their notice is known; what is left beside them waits for what the whole waits for.

    Parameters
    ----------
    before
        The land for which the plan was made.
    land
        The same as the plan leaves it.
    plan
        The plan.
    """
    pieces = {item.parcel_id: item for item in plan.transfers if item.part_of}
    if not pieces:
        return land.readiness
    wholes = [item.part_of for item in pieces.values()]
    rows = land.readiness.loc[wholes].set_axis(list(pieces), axis=0)
    rows["area_m2"] = [item.area_m2 for item in pieces.values()]
    gone = [name for name, item in pieces.items() if item.happened]
    rows.loc[gone, "ready_on"] = [pd.Timestamp(pieces[name].notice_on) for name in gone]
    smallest_m2 = from_mu(before.site.config.plan.smallest_piece_mu or 0.0)
    cut = find_pieces(before.site, before.schedule, before.constraints, before.gates, smallest_m2=smallest_m2)
    cut = cut[cut.index.isin(pieces)]
    if len(cut):
        site = site_of_pieces(land.site, cut)
        gates = find_gates(site, land.schedule, land.constraints)
        rows.update(readiness(site, land.schedule, gates)[["ready_on", "area_m2"]])
    kept: pd.DataFrame = land.readiness[~land.readiness.index.isin(wholes)]
    return pd.concat([kept, rows])
