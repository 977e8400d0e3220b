"""Readiness: the gates of every parcel, the day on which the last one opens, and the works behind it."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from parcelplan.crs import area_m2
from parcelplan.geometry.screening import Screener
from parcelplan.land.access import served_by
from parcelplan.land.conditions import (
    Places,
    access_gates,
    coverage_gates,
    site_conditions,
    unlisted_gates,
)
from parcelplan.land.constraints import GATE_OF_KIND, lifetimes
from parcelplan.land.gates import (
    STAGES,
    Gates,
    cover_terms,
    group_pairs,
    joined_names,
    read_gates,
    shares_of,
    standing,
)
from parcelplan.land.works import chain
from parcelplan.site import Site

__all__ = ["GATE_COLUMNS", "STAGES", "access_ways", "covered_parcels", "find_gates", "readiness"]
GATE_COLUMNS = ("parcel_id", "kind", "work_id", "constraint_id", "share", "status", "opens_on")


def find_gates(site: Site, schedule: pd.DataFrame, constraints: gpd.GeoDataFrame) -> pd.DataFrame:
    """List every gate of every parcel.

    Three kinds of gate exist: by coverage (a work covers the parcel), by geometry (constraints that one set of works
    clears, or that nothing clears, lie over more of the parcel than the site's tolerance), and by access (no usable
    road has enough frontage).

    Parameters
    ----------
    site
        Opened site.
    schedule
        Its works as dated by :func:`parcelplan.land.works.schedule_works`.
    constraints
        Its constraints from :func:`parcelplan.land.constraints.constraints_in_time`.

    Returns
    -------
    DataFrame
        One row a gate: ``parcel_id``; ``kind`` (a work's kind, ``power | river | hard | access``, or ``works``
        where the site has no table of works); ``work_id`` (several joined by ``;``, empty where no work opens
        it); ``constraint_id`` (likewise); ``share`` of the parcel blocked (NaN for gates without geometry);
        ``status`` (``passed | open | never | unknown``); ``opens_on``, the first day on which it no longer
        holds (NaT for ``never`` and ``unknown``).
    """
    conditions = site_conditions(site, schedule)
    ids = site.parcels.index
    parts = [
        _gate_rows(unlisted_gates(len(ids), conditions), ids),
        _gate_rows(coverage_gates(site.parcels, conditions), ids),
        _constraint_gates(site, constraints),
        _gate_rows(access_gates(site.parcels, conditions), ids),
    ]
    parts = [part for part in parts if not part.empty]
    if not parts:
        return pd.DataFrame(columns=list(GATE_COLUMNS)).astype({"opens_on": "datetime64[us]", "share": float})
    return pd.concat(parts, ignore_index=True)[list(GATE_COLUMNS)]


def _gate_rows(
    gates: Gates, parcel_ids: pd.Index, constraint_id: Any = "", share: Any = np.nan
) -> pd.DataFrame:
    rows = gates.terms[["kind", "work_id", "status", "opens_on"]].iloc[gates.term].reset_index(drop=True)
    named = {"parcel_id": parcel_ids.to_numpy()[gates.parcel], "constraint_id": constraint_id, "share": share}
    return rows.assign(**named)


def covered_parcels(site: Site, covers: str) -> np.ndarray:
    """Which parcels the tokens of a work's ``covers`` name: a mask in the order of ``site.parcels``.

    An area covers the parcels of which it holds more than the site's tolerance.
    """
    areas = site.layer("work_areas").geometry
    return Places(site.parcels, areas, site.config.tolerance.blocked_share).covered(covers)


def _constraint_gates(site: Site, constraints: gpd.GeoDataFrame) -> pd.DataFrame:
    """Gates by geometry: one for each parcel and set of constraints that goes with the same works."""
    shapes = site.parcels.geometry.to_numpy()
    screener = Screener(constraints.geometry.to_numpy(), constraints["kind"].tolist())
    pairs = screener.pairs(shapes)
    on, cover, _ = pairs
    own = constraints[["kind", "until_on"]].assign(work_id=constraints["cleared_by"])
    of_cover, terms = cover_terms(own, GATE_OF_KIND, site.as_of)
    parcel, term, group = group_pairs(on, of_cover[cover], len(terms))
    names = sorted(constraints.index)
    place = pd.Index(names).get_indexer(constraints.index)
    named = joined_names(group, place[cover], names, len(parcel))
    share = shares_of(shapes, screener, pairs, group)
    rows = _gate_rows(Gates(parcel=parcel, term=term, terms=terms), site.parcels.index, named, share)
    return rows[rows["share"] > site.config.tolerance.blocked_share]


def access_ways(site: Site, schedule: pd.DataFrame) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Ways to each parcel that no existing road serves: for each planned road at it the works that must all end.

    A road that works with a known end create is a way, another one is none. Of two ways the longer one is left out
    where it needs all works of the shorter one and more.
    """
    roads = site.layer("roads")
    if roads.empty:
        return {}
    lives = lifetimes(site, schedule, "road")
    there = {str(key) for key, state in roads["state"].items() if state == "existing"}
    ways: dict[str, set[tuple[str, ...]]] = {}
    served = set()
    for parcel_id, road_id in served_by(site)[["parcel_id", "road_id"]].itertuples(index=False):
        if road_id in there:
            served.add(str(parcel_id))
        elif not pd.isna(lives[road_id].from_on):
            ways.setdefault(str(parcel_id), set()).add(tuple(sorted(lives[road_id].begins_with.split(";"))))
    return {
        parcel: tuple(sorted(way for way in own if not any(set(other) < set(way) for other in own)))
        for parcel, own in ways.items()
        if parcel not in served
    }


def readiness(site: Site, schedule: pd.DataFrame, gates: pd.DataFrame) -> pd.DataFrame:
    """Say of every parcel how far it is, when it is net land, and what it waits for.

    Parameters
    ----------
    site, schedule
        As for :func:`find_gates`.
    gates
        Its result.

    Returns
    -------
    DataFrame
        Aligned to ``site.parcels``: ``phase``; ``area_m2``; ``stage`` (one of :data:`STAGES`: the first step that is
        not done on ``as_of``); ``ready_on``, the first day on which all gates are open, never before ``as_of`` and NaT
        where a gate never opens or nobody knows when; ``blocking``, the works of the gates not open on ``as_of``;
        ``last_gate`` and ``last_work``, what opens last; ``chain``, the works behind it, first to last.
    """
    parcels = site.parcels
    ends = dict(schedule["ends_on"])
    found = standing(read_gates(gates, parcels.index), len(parcels), site.as_of, ends)
    found.index = parcels.index
    chains = {work: ">".join(chain(schedule, work)) for work in {*found["last_work"]} if work}
    found.insert(0, "phase", parcels["phase"])
    found.insert(1, "area_m2", area_m2(parcels, site.config.area_rule))
    return found.assign(chain=[chains.get(work, "") for work in found["last_work"]])
