"""Readiness: the gates of every parcel, the day on which the last one opens, and the works behind it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from parcelplan.crs import area_m2
from parcelplan.geometry.screening import find_overlaps, unite_by
from parcelplan.land.access import served_by
from parcelplan.land.constraints import GATE_OF_KIND, lifetimes
from parcelplan.land.works import chain, tokens
from parcelplan.site import Site

GATE_COLUMNS = ("parcel_id", "kind", "work_id", "constraint_id", "share", "status", "opens_on")
STAGE_OF_GATE = {
    "special_plan": "plan_pending",
    "plan_adjustment": "plan_pending",
    "acquisition": "acquisition_pending",
    "line_undergrounding": "encumbered",
    "river_diversion": "encumbered",
    "power": "encumbered",
    "river": "encumbered",
    "hard": "encumbered",
    "road": "no_access",
    "access": "no_access",
}
STAGES = ("plan_pending", "acquisition_pending", "encumbered", "no_access", "net_land", "barred", "unknown")
"""Steps on the way to net land, then the two that lead nowhere."""


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
    parts = [
        _unlisted_works(site),
        *_coverage_gates(site, schedule),
        _constraint_gates(site, constraints),
        _access_gates(site, schedule),
    ]
    parts = [part for part in parts if not part.empty]
    if not parts:
        return pd.DataFrame(columns=list(GATE_COLUMNS)).astype({"opens_on": "datetime64[us]", "share": float})
    gates = pd.concat(parts, ignore_index=True)
    gates["status"] = _status(gates, site.as_of)
    return gates[list(GATE_COLUMNS)]


def _status(gates: pd.DataFrame, as_of: date) -> np.ndarray:
    known = gates["opens_on"].notna()
    passed = known & (gates["opens_on"] <= pd.Timestamp(as_of))
    never = (gates["work_id"] == "") & (gates["kind"] != "works")
    return np.select([passed, known, never], ["passed", "open", "never"], "unknown")


def _gate_rows(parcel_ids: object, **cells: object) -> pd.DataFrame:
    rows = pd.DataFrame({"parcel_id": parcel_ids, "constraint_id": "", "share": np.nan} | cells)
    rows["opens_on"] = pd.to_datetime(rows["opens_on"]).astype("datetime64[us]")
    return rows


def _unlisted_works(site: Site) -> pd.DataFrame:
    """Without a table of works nobody can say that a parcel waits for none: its gate ``works`` stays unknown."""
    parcels = site.parcels.index[:0] if "works" in site.tables else site.parcels.index
    return _gate_rows(parcels, kind="works", work_id="", opens_on=pd.NaT)


def _coverage_gates(site: Site, schedule: pd.DataFrame) -> Iterator[pd.DataFrame]:
    free_from = schedule["ends_on"] + pd.Timedelta(days=1)
    for work_id, text in site.table("works")["covers"].items():
        covered = covered_parcels(site, str(text))
        cells = {"kind": schedule.at[work_id, "kind"], "opens_on": free_from.at[work_id]}
        yield _gate_rows(site.parcels.index[covered], work_id=str(work_id), **cells)


def covered_parcels(site: Site, covers: str) -> np.ndarray:
    """Which parcels the tokens of a work's ``covers`` name: a mask in the order of ``site.parcels``.

    An area covers the parcels of which it holds more than the site's tolerance.
    """
    parcels = site.parcels
    mask = np.zeros(len(parcels), dtype=bool)
    for kind, name in tokens(covers):
        if kind == "site":
            mask[:] = True
        elif kind == "phase":
            mask |= parcels["phase"].astype(str).to_numpy() == name
        elif kind == "parcel":
            mask |= parcels.index.to_numpy() == name
        elif kind == "area" and name in site.layer("work_areas").index:
            shape = site.layer("work_areas").geometry[name]
            shapes = parcels.geometry.to_numpy()
            share = shapely.area(shapely.intersection(shapes, shape)) / shapely.area(shapes)
            mask |= share > site.config.tolerance.blocked_share
    return mask


def _constraint_gates(site: Site, constraints: gpd.GeoDataFrame) -> pd.DataFrame:
    """Gates by geometry: one for each parcel and set of constraints that goes with the same works."""
    shapes = site.parcels.geometry.to_numpy()
    pairs = find_overlaps(shapes, constraints.geometry.to_numpy())
    if len(pairs.parcel) == 0:
        return pd.DataFrame(columns=list(GATE_COLUMNS))
    data = pd.DataFrame(
        {
            "parcel": pairs.parcel,
            "constraint_id": constraints.index.to_numpy()[pairs.cover],
            "kind": constraints["kind"].map(GATE_OF_KIND).to_numpy()[pairs.cover],
            "work_id": constraints["cleared_by"].to_numpy()[pairs.cover],
            "opens_on": constraints["until_on"].to_numpy()[pairs.cover],
        }
    )
    group = data.groupby(["parcel", "kind", "work_id"], sort=True).ngroup().to_numpy().astype(np.intp)
    _, unions = unite_by(pairs.shape, group)
    gates = data.groupby(["parcel", "kind", "work_id"], sort=True).agg(
        constraint_id=("constraint_id", lambda ids: ";".join(sorted(ids))), opens_on=("opens_on", "max")
    )
    gates = gates.reset_index()
    owner = gates["parcel"].to_numpy()
    gates["share"] = shapely.area(unions) / shapely.area(shapes[owner])
    gates["parcel_id"] = site.parcels.index.to_numpy()[owner]
    return gates[gates["share"] > site.config.tolerance.blocked_share].drop(columns="parcel")


def _access_gates(site: Site, schedule: pd.DataFrame) -> pd.DataFrame:
    """Gates by access: of the roads at a parcel's frontage the one that can be used first opens it.

    A site without a roads layer has no gates of this kind; the check of the site says that access was not looked at.
    """
    if site.layer("roads").empty:
        return pd.DataFrame(columns=list(GATE_COLUMNS))
    lives = lifetimes(site, schedule, "road")
    roads = site.layer("roads")
    usable = pd.Series({key: life.from_on for key, life in lives.items()}, dtype="datetime64[us]")
    usable[(roads["state"] == "existing").to_numpy()] = pd.Timestamp(site.as_of)
    pairs = served_by(site)
    pairs["opens_on"] = usable.reindex(pairs["road_id"]).to_numpy()
    pairs["work_id"] = [lives[road].begins_with for road in pairs["road_id"]]
    first = pairs.sort_values(["opens_on", "road_id"], na_position="last").drop_duplicates("parcel_id")
    first = first.set_index("parcel_id").reindex(site.parcels.index)
    work_id = first["work_id"].fillna("")
    return _gate_rows(
        site.parcels.index, kind="access", work_id=work_id.to_numpy(), opens_on=first["opens_on"].to_numpy()
    )


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
    closed = gates[gates["status"] != "passed"]
    by_parcel = closed.groupby("parcel_id", sort=False)
    stuck = (
        closed["opens_on"].isna().groupby(closed["parcel_id"]).any().reindex(parcels.index, fill_value=False)
    )
    last = closed.sort_values(["opens_on", "work_id"], na_position="last").drop_duplicates(
        "parcel_id", keep="last"
    )
    last = last.set_index("parcel_id").reindex(parcels.index)
    ready_on = last["opens_on"].fillna(pd.Timestamp(site.as_of)).where(~stuck)
    blocking = by_parcel["work_id"].agg(
        lambda ids: ";".join(sorted({part for w in ids for part in w.split(";") if part}))
    )
    last_work = [_last_of(schedule, work) for work in last["work_id"].fillna("")]
    chains = {work: ">".join(chain(schedule, work)) for work in {*last_work} if work}
    return pd.DataFrame(
        {
            "phase": parcels["phase"],
            "area_m2": area_m2(parcels, site.config.area_rule),
            "stage": _stages(closed).reindex(parcels.index, fill_value="net_land"),
            "ready_on": ready_on.astype("datetime64[us]"),
            "blocking": blocking.reindex(parcels.index, fill_value=""),
            "last_gate": last["kind"].fillna(""),
            "last_work": last_work,
            "chain": [chains.get(work, "") for work in last_work],
        },
        index=parcels.index,
    )


def _stages(closed: pd.DataFrame) -> pd.Series:
    """The first step not done, for each parcel with a closed gate."""
    step = closed["kind"].map(STAGE_OF_GATE).where(closed["status"] == "open", "unknown")
    never = closed["status"] == "never"
    step = step.where(~never, closed["kind"].map(lambda kind: "no_access" if kind == "access" else "barred"))
    # Whatever leads nowhere comes first: the parcel is not on its way.
    order = {name: rank for rank, name in enumerate(("barred", "unknown", *STAGES[:4]))}
    lasting_no_access = never & (closed["kind"] == "access")
    rank = step.map(order).where(~lasting_no_access, order["unknown"] + 0.5)
    first = rank.groupby(closed["parcel_id"]).idxmin()
    return pd.Series(step.loc[first.to_numpy()].to_numpy(), index=first.index, dtype=object)


def _last_of(schedule: pd.DataFrame, works: str) -> str:
    """Of several works the one that ends last; one whose end is unknown is later than all."""
    names = [name for name in works.split(";") if name]
    if not names:
        return ""
    ends = schedule["ends_on"]
    return max(names, key=lambda name: (pd.Timestamp.max if pd.isna(ends[name]) else ends[name], name))
