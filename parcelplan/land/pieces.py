"""Transfer in part: what is developable of a parcel is a piece of its own, and the rest follows when its corridor goes.

A parcel is cut where, once everything else is done, nothing but corridors keeps it from being net land, and where these
go one day. All of them are cut out, or, where that leaves no usable pieces, those that go last. The largest polygon
outside them is one piece and the rest is the other; the two together are the parcel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from parcelplan.crs import area_m2
from parcelplan.geometry.arrays import Bools, Floats, Shapes
from parcelplan.geometry.uniting import unite_by
from parcelplan.land.readiness import find_gates
from parcelplan.land.works import tokens
from parcelplan.site import Site

LOST_M2 = 0.1
"""So much may be lost where a cut leaves crumbs: areas measured from coordinates are never exact."""


def find_pieces(
    site: Site,
    schedule: pd.DataFrame,
    constraints: gpd.GeoDataFrame,
    gates: pd.DataFrame,
    *,
    smallest_m2: float,
) -> gpd.GeoDataFrame:
    """Cut parcels in two where that brings land earlier.

    Parameters
    ----------
    site, schedule, constraints
        As for :func:`parcelplan.land.readiness.find_gates`.
    gates
        Its result. Parcels with a gate that never opens, or of which nobody knows when it opens, are not cut; nor are
        those that are transferred with a building scheme, or together with others.
    smallest_m2
        Least area of a piece by the site's area rule, m².

    Returns
    -------
    GeoDataFrame
        Indexed by parcel_id, two pieces a parcel: ``P3-01/1`` is net land first, ``P3-01/2`` is the rest. The columns
        of the parcels (their declared areas left empty), ``part_of``, ``area_m2`` by the site's area rule, and
        ``ready_on``, the first day on which all gates of the piece are open. Both are one polygon, hold a circle as
        wide as the frontage that a parcel needs, and have gates that open, that of access among them.
    """
    late = _late_corridors(site, gates)
    last = late[late["opens_on"] == late.groupby("parcel_id")["opens_on"].transform("max")]
    found: list[gpd.GeoDataFrame] = []
    for corridors in (late, last):
        done = [parcel for pieces in found for parcel in pieces["part_of"]]
        left = corridors[~corridors["parcel_id"].isin(done)]
        if not left.empty:
            found.append(_good_pieces(site, schedule, constraints, left, smallest_m2))
    if not found:
        columns = {"part_of": "", "area_m2": 0.0, "ready_on": pd.NaT}
        return site.parcels.iloc[:0].assign(**columns).astype({"ready_on": "datetime64[us]"})
    return gpd.GeoDataFrame(
        pd.concat(found), geometry=found[0].geometry.name, crs=site.config.crs
    ).sort_index()


def _good_pieces(
    site: Site,
    schedule: pd.DataFrame,
    constraints: gpd.GeoDataFrame,
    corridors: pd.DataFrame,
    smallest_m2: float,
) -> gpd.GeoDataFrame:
    """Cut the corridors out, and keep the cuts that bring two usable pieces, the first one earlier than the whole."""
    pieces = _cut(site, constraints, corridors)
    pieces = pieces[_both(pieces, _usable(site, pieces, smallest_m2))].drop(columns="lost_m2")
    pieces["ready_on"] = _ready_on(site_of_pieces(site, pieces), schedule, constraints)
    whole_on = corridors.groupby("parcel_id")["opens_on"].max().reindex(pieces["part_of"]).to_numpy()
    earlier = (pieces["ready_on"].to_numpy() < whole_on) | _is_rest(pieces)
    good: gpd.GeoDataFrame = pieces[_both(pieces, pieces["ready_on"].notna().to_numpy() & earlier)]
    return good


def site_of_pieces(site: Site, pieces: gpd.GeoDataFrame) -> Site:
    """The site with pieces in the place of its parcels, and works that cover the pieces of what they covered."""
    kept = pieces[[*site.parcels.columns]]
    works = site.table("works").copy()
    ids = pieces.groupby("part_of", sort=True).groups
    works["covers"] = [
        _covers(str(text), {str(key): list(own) for key, own in ids.items()}) for text in works["covers"]
    ]
    tables = {**site.tables, "works": works} if "works" in site.tables else site.tables
    return replace(site, layers={**site.layers, "parcels": kept}, tables=tables)


def _covers(text: str, pieces: Mapping[str, list[str]]) -> str:
    """The tokens of a work's ``covers`` with pieces named in the place of parcels; parcels without pieces are gone."""
    named = []
    for kind, name in tokens(text):
        if kind == "parcel":
            named += [f"parcel:{piece}" for piece in pieces.get(name, [])]
        else:
            named.append(f"{kind}:{name}" if kind else name)
    return ";".join(named)


def _late_corridors(site: Site, gates: pd.DataFrame) -> pd.DataFrame:
    """Gates by geometry that open after all others of their parcel, of parcels that may be cut."""
    parcels = site.parcels
    whole = parcels["with_scheme"].fillna(value=False).astype(bool) | (parcels["together"] != "")
    stuck = gates.loc[gates["status"].isin(["never", "unknown"]), "parcel_id"]
    may = gates[~gates["parcel_id"].isin([*stuck, *parcels.index[whole]])]
    shaped = may["constraint_id"] != ""
    corridors = may[shaped & (may["status"] == "open")]
    since = may[~shaped].groupby("parcel_id")["opens_on"].max().reindex(corridors["parcel_id"])
    late: pd.DataFrame = corridors[
        corridors["opens_on"].to_numpy() > since.fillna(pd.Timestamp(site.as_of)).to_numpy()
    ]
    return late


def _cut(site: Site, constraints: gpd.GeoDataFrame, corridors: pd.DataFrame) -> gpd.GeoDataFrame:
    """Both parts of every parcel: the largest polygon outside the corridors, and the rest."""
    rows = corridors.assign(constraint_id=corridors["constraint_id"].str.split(";")).explode("constraint_id")
    owner, parcel_ids = pd.factorize(rows["parcel_id"], sort=True)
    _, strips = unite_by(constraints.geometry[rows["constraint_id"]].to_numpy(), owner.astype(np.intp))
    parcels = site.parcels.loc[parcel_ids]
    wholes = parcels.geometry.to_numpy()
    outside = _largest(np.asarray(shapely.difference(wholes, strips), dtype=object))
    rest = np.asarray(shapely.difference(wholes, outside), dtype=object)
    parts = []
    for number, shapes in enumerate((outside, rest), start=1):
        part = parcels.assign(part_of=parcels.index, lost_m2=_crumbs(shapes))
        part = part.set_geometry(gpd.GeoSeries(_largest(shapes), index=part.index, crs=parcels.crs))
        part.index = pd.Index(part["part_of"] + f"/{number}", name=parcels.index.name)
        parts.append(part)
    pieces = gpd.GeoDataFrame(pd.concat(parts), geometry=parts[0].geometry.name, crs=parcels.crs)
    pieces["area_m2"] = area_m2(pieces, site.config.area_rule)
    return pieces.assign(declared_area_mu=np.nan, declared_area_m2=np.nan)


def _largest(shapes: Shapes) -> Shapes:
    """Largest polygon of each shape; an empty one where there is none."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    order = np.lexsort((-shapely.area(parts), owner))
    found, first = np.unique(owner[order], return_index=True)
    largest = np.full(len(shapes), shapely.Polygon(), dtype=object)
    largest[found] = parts[order][first]
    return largest


def _crumbs(shapes: Shapes) -> Floats:
    """Area outside the largest polygon, m²."""
    return np.asarray(shapely.area(shapes) - shapely.area(_largest(shapes)), dtype=float)


def _is_rest(pieces: gpd.GeoDataFrame) -> Bools:
    return np.asarray(pieces.index.str.endswith("/2"), dtype=bool)


def _usable(site: Site, pieces: gpd.GeoDataFrame, smallest_m2: float) -> Bools:
    """Whether a piece is large enough, wide enough, and one polygon; what a first piece loses is in the rest."""
    circles = shapely.maximum_inscribed_circle(pieces.geometry.to_numpy())
    wide = 2.0 * shapely.length(circles) >= site.config.tolerance.frontage_m
    one = (pieces["lost_m2"] <= LOST_M2).to_numpy() | ~_is_rest(pieces)
    large = (pieces["area_m2"] >= smallest_m2).to_numpy()
    return np.asarray(large & one & wide, dtype=bool)


def _both(pieces: gpd.GeoDataFrame, good: Bools) -> Bools:
    """Pieces of the parcels both of whose pieces are good."""
    return pd.Series(good).groupby(pieces["part_of"].to_numpy()).transform("all").to_numpy(dtype=bool)


def _ready_on(site: Site, schedule: pd.DataFrame, constraints: gpd.GeoDataFrame) -> pd.Series:
    """First day on which all gates of each piece are open; NaT where one never opens, or nobody knows when."""
    gates = find_gates(site, schedule, constraints)
    by_piece = gates.groupby("parcel_id")["opens_on"]
    ready_on = by_piece.max().where(by_piece.count() == by_piece.size())
    pieces = site.parcels.index
    since = pd.Timestamp(site.as_of)
    days: pd.Series = ready_on.reindex(pieces).where(pieces.isin(gates["parcel_id"]), since)
    return days.where(days.isna() | (days >= since), since)
