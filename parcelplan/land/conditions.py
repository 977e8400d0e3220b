"""What the parcels of a site may wait for beside constraints: works by what they cover, and roads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from parcelplan.geometry.arrays import Bools, Ints, Shapes
from parcelplan.geometry.screening import Screener
from parcelplan.land.access import frontages
from parcelplan.land.constraints import lifetimes
from parcelplan.land.gates import Gates, gates_where, terms_of
from parcelplan.land.works import tokens
from parcelplan.site import Site
from parcelplan.site.config import Tolerance


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """Works and roads of a site, without its parcels: small, made once, and the same for every chunk of parcels."""

    as_of: date
    tolerance: Tolerance
    works: pd.DataFrame | None
    """By work_id: ``kind``, ``covers`` and ``opens_on``, the day after its last one; None where nobody listed any."""
    areas: gpd.GeoSeries
    """Areas that tokens of ``covers`` name, by their ids."""
    roads: gpd.GeoDataFrame | None
    """By road_id: ``width_m``, ``opens_on`` and ``work_id``, the road that a parcel would take before the others first;
    None where the site has no roads."""
    ends: Mapping[str, Any]
    """Last day of each work, NaT where nobody knows it."""


def no_works() -> pd.DataFrame:
    """Works of a site where nothing has to be done."""
    texts = pd.Series([], dtype="str")
    return pd.DataFrame({"kind": texts, "covers": texts, "opens_on": pd.Series([], dtype="datetime64[us]")})


def site_conditions(site: Site, schedule: pd.DataFrame) -> Conditions:
    """Note down what the parcels of a site may wait for.

    Parameters
    ----------
    site
        Opened site.
    schedule
        Its works as dated by :func:`parcelplan.land.works.schedule_works`.
    """
    works = None
    if "works" in site.tables:
        dated = schedule.loc[site.table("works").index]
        opens_on = dated["ends_on"] + pd.Timedelta(days=1)
        works = pd.DataFrame(
            {"kind": dated["kind"], "covers": site.table("works")["covers"], "opens_on": opens_on}
        )
    return Conditions(
        as_of=site.as_of,
        tolerance=site.config.tolerance,
        works=works,
        areas=site.layer("work_areas").geometry,
        roads=None if site.layer("roads").empty else _roads(site, schedule),
        ends={str(work_id): day for work_id, day in schedule["ends_on"].items()},
    )


def _roads(site: Site, schedule: pd.DataFrame) -> gpd.GeoDataFrame:
    lives = lifetimes(site, schedule, "road")
    roads = site.layer("roads")[["width_m", "state", "geometry"]].copy()
    there = (roads["state"] == "existing").to_numpy()
    opens_on = pd.Series([life.from_on for life in lives.values()], index=roads.index, dtype="datetime64[us]")
    roads["opens_on"] = opens_on.where(~there, pd.Timestamp(site.as_of))
    roads["work_id"] = [life.begins_with for life in lives.values()]
    # Of roads without a day one that works bring is ahead: when they end is unknown, which is not never.
    keys = pd.DataFrame({"opens_on": roads["opens_on"], "idle": roads["work_id"] == "", "name": roads.index})
    order = keys.reset_index(drop=True).sort_values(["opens_on", "idle", "name"], na_position="last").index
    return roads.iloc[order].drop(columns="state")


def unlisted_gates(count: int, conditions: Conditions) -> Gates:
    """Without a table of works nobody can say that a parcel waits for none: its gate ``works`` stays unknown."""
    terms = terms_of("works", "", pd.NaT, as_of=conditions.as_of, index=[0]).assign(status="unknown")
    everyone = np.arange(count if conditions.works is None else 0)
    return Gates(parcel=everyone, term=np.zeros(len(everyone), dtype=np.intp), terms=terms)


def coverage_gates(parcels: gpd.GeoDataFrame, conditions: Conditions) -> Gates:
    """Gates by coverage: a work covers the parcel; parcels by their ids, with ``phase`` where a work names phases."""
    works = no_works() if conditions.works is None else conditions.works
    places = Places(parcels, conditions.areas, conditions.tolerance.blocked_share)
    terms = terms_of(
        works["kind"].to_numpy(),
        works.index.astype(str),
        works["opens_on"].to_numpy(),
        as_of=conditions.as_of,
    )
    return gates_where((places.covered(str(text)) for text in works["covers"]), terms)


class Places:
    """Where the tokens of works' ``covers`` lie among parcels.

    Parameters
    ----------
    parcels
        Indexed by parcel_id.
    areas
        Areas that tokens may name, by their ids, in the same CRS.
    least_share
        An area covers the parcels of which it holds more than this share.
    """

    def __init__(self, parcels: gpd.GeoDataFrame, areas: gpd.GeoSeries, least_share: float) -> None:
        self.parcels = parcels
        self.areas = areas
        self.least_share = least_share

    def covered(self, covers: str) -> Bools:
        """Which parcels the tokens name: a mask in the order of the parcels."""
        mask = np.zeros(len(self.parcels), dtype=bool)
        named = []
        for kind, name in tokens(covers):
            if kind == "site":
                mask[:] = True
            elif kind == "phase" and name in self._phases:
                mask |= self._phase == self._phases[name]
            elif kind == "parcel":
                named.append(name)
            elif kind == "area" and name in self.areas.index:
                mask[self._held[name]] = True
        if named:
            found = self.parcels.index.get_indexer_for(named)
            mask[found[found >= 0]] = True
        return mask

    @cached_property
    def _coded(self) -> tuple[Ints, dict[str, int]]:
        codes, phases = pd.factorize(self.parcels["phase"].astype(str))
        return codes.astype(np.intp), {name: code for code, name in enumerate(phases)}

    @property
    def _phase(self) -> Ints:
        return self._coded[0]

    @property
    def _phases(self) -> dict[str, int]:
        return self._coded[1]

    @cached_property
    def _held(self) -> dict[str, Ints]:
        """Positions of the parcels that each area covers."""
        shapes: Shapes = self.areas.to_numpy()
        names = self.areas.index.to_list()
        parcel, area, share = Screener(shapes, names).pairs(self.parcels.geometry.to_numpy())
        enough = share > self.least_share
        return {name: parcel[enough & (area == number)] for number, name in enumerate(names)}


def access_gates(parcels: gpd.GeoDataFrame, conditions: Conditions) -> Gates:
    """Gates by access: of the roads at a parcel's frontage the one that can be used first opens it.

    A site without a roads layer has no gates of this kind; the check of the site says that access was not looked at.
    """
    roads = conditions.roads
    if roads is None:
        return gates_where([], terms_of("access", "", pd.NaT, as_of=conditions.as_of, index=[0]))
    first = first_roads(parcels, roads, conditions.tolerance)
    terms = terms_of(
        "access",
        [*roads["work_id"], ""],
        pd.Index(roads["opens_on"]).append(pd.DatetimeIndex([pd.NaT])),
        as_of=conditions.as_of,
    )
    return Gates(parcel=np.arange(len(parcels)), term=first, terms=terms)


def first_roads(parcels: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, tolerance: Tolerance) -> Ints:
    """Position of the first of the roads that has enough frontage on each parcel; their number where none has."""
    pairs = frontages(
        parcels[[parcels.geometry.name]].reset_index(drop=True),
        roads.reset_index(drop=True),
        gap_m=tolerance.frontage_gap_m,
    )
    enough = pairs[pairs["frontage_m"] >= tolerance.frontage_m]
    first = np.full(len(parcels), len(roads), dtype=np.intp)
    np.minimum.at(
        first, enough["parcel_id"].to_numpy(dtype=np.intp), enough["road_id"].to_numpy(dtype=np.intp)
    )
    return first
