"""Readiness of parcels by the million: the stage of each, the day on which it is net land, and what it waits for.

The semantics are those of :mod:`parcelplan.land`, from which the gates come; here they are told chunk by chunk, from
the covers that a screening has made ready. See :doc:`/concepts/city-readiness`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from parcelplan.city.cells import plain_text, read_days
from parcelplan.findings import Finding, Findings
from parcelplan.geometry.arrays import Ints, Shapes
from parcelplan.geometry.screening import Screener
from parcelplan.land.conditions import (
    Conditions,
    access_gates,
    coverage_gates,
    no_works,
    site_conditions,
    unlisted_gates,
)
from parcelplan.land.constraints import GATE_OF_KIND
from parcelplan.land.gates import (
    Gates,
    Pairs,
    cover_terms,
    group_pairs,
    join_gates,
    shares_of,
    standing,
    terms_of,
)
from parcelplan.land.works import tokens
from parcelplan.site import Site
from parcelplan.site.config import Tolerance

COLUMNS = ("ready_on", "stage", "blocking", "last_gate", "last_work")
"""What is told of each parcel, in this order."""
GATE_OF_COLUMN = {
    "plan_adjusted_on": "plan_adjustment",
    "acquired_on": "acquisition",
    "access_on": "access",
}
"""Columns of parcels that say from which day on a step is done, where loose layers and no works tell of it."""
COLUMN_OF_TOKEN = {"phase": "phase", "parcel": "parcel_id"}
"""Columns of parcels by which works name them."""


@dataclass(frozen=True, kw_only=True)
class ReadinessContext:
    """What holds for every chunk of parcels; small, and made once. It pickles."""

    conditions: Conditions
    gate_of_kind: Mapping[str, str] = field(default_factory=dict)
    """Kinds of gates by kinds of constraints; any other kind is its own gate."""
    dated_columns: bool = False
    """Whether parcels tell of their steps by :data:`GATE_OF_COLUMN`."""


def site_context(site: Site, schedule: pd.DataFrame) -> ReadinessContext:
    """For the constraints of a site: parcels also wait for the works that cover them, and for a road.

    Parameters
    ----------
    site
        With its works in the modes that are chosen.
    schedule
        Its works as dated by :func:`parcelplan.land.works.schedule_site`.
    """
    return ReadinessContext(conditions=site_conditions(site, schedule), gate_of_kind=GATE_OF_KIND)


def layers_context(as_of: date, *, tolerance: Tolerance | None = None) -> ReadinessContext:
    """For loose layers: parcels wait for what ends the constraints on them, and for the days of their own columns.

    Parameters
    ----------
    as_of
        Day of the data.
    tolerance
        What is nothing; a site's defaults where None.
    """
    conditions = Conditions(
        as_of=as_of,
        tolerance=tolerance or Tolerance(),
        works=no_works(),
        areas=gpd.GeoSeries([]),
        roads=None,
        ends={},
    )
    return ReadinessContext(conditions=conditions, dated_columns=True)


def readiness_columns(
    parcels: gpd.GeoDataFrame,
    screener: Screener,
    covers: pd.DataFrame,
    context: ReadinessContext,
    *,
    pairs: Pairs | None = None,
) -> pd.DataFrame:
    """Say of every parcel of a chunk how far it is, when it is net land, and what it waits for.

    Parameters
    ----------
    parcels
        The chunk with valid polygons in the CRS of the covers; with ``phase`` and ``parcel_id`` where works name these.
    screener
        **All** constraints near the chunk, whenever they hold: one that begins later is in the way as well.
    covers
        ``kind``, ``work_id`` (the works that end it, joined by ``;``, empty where none does) and ``until_on`` of each
        cover of the screener, in its order.
    context
        From :func:`site_context` or :func:`layers_context`.
    pairs
        What the screener's ``pairs`` finds on the parcels, where a pass has found it already.

    Returns
    -------
    DataFrame
        Aligned to ``parcels``: :data:`COLUMNS`, equal to those of :func:`parcelplan.land.readiness.readiness`. A parcel
        without land is ``unknown``. With loose layers ``last_work`` names all works that end the last constraint.
    """
    conditions = _conditions_for(context.conditions, parcels)
    shapes: Shapes = parcels.geometry.to_numpy()
    parts = [
        unlisted_gates(len(parcels), conditions),
        coverage_gates(_named(parcels), conditions),
        _dated_gates(parcels, context),
        _cover_gates(shapes, screener, pairs or screener.pairs(shapes), covers, context),
        access_gates(parcels, conditions),
    ]
    ends = None if context.dated_columns else conditions.ends
    found = standing(join_gates(parts), len(parcels), conditions.as_of, ends)
    nowhere = ~(shapely.area(shapes) > 0)
    found.loc[nowhere, "stage"], found.loc[nowhere, "ready_on"] = "unknown", pd.NaT
    return found[list(COLUMNS)].set_index(parcels.index)


def _named(parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The parcels by the names that works call them by."""
    told = [column for column in COLUMN_OF_TOKEN.values() if column in parcels.columns]
    named = parcels[[*told, parcels.geometry.name]].assign(
        **{name: plain_text(parcels[name]) for name in told}
    )
    return named.set_index("parcel_id") if "parcel_id" in told else named


def _cover_gates(
    shapes: Shapes, screener: Screener, pairs: Pairs, covers: pd.DataFrame, context: ReadinessContext
) -> Gates:
    """Gates by geometry; only whether a share exceeds the tolerance matters, so that few covers are drawn."""
    conditions = context.conditions
    of_cover, terms = cover_terms(covers, context.gate_of_kind, conditions.as_of)
    parcel, term, group = group_pairs(pairs[0], of_cover[pairs[1]], len(terms))
    limit = conditions.tolerance.blocked_share
    gates = shares_of(shapes, screener, pairs, group, limit=limit) > limit
    return Gates(parcel=parcel[gates], term=term[gates], terms=terms)


def _dated_gates(parcels: gpd.GeoDataFrame, context: ReadinessContext) -> Gates:
    """Gates by columns of days: without a day, or with one that cannot be read, nobody knows when."""
    as_of = context.conditions.as_of
    told = [name for name in GATE_OF_COLUMN if name in parcels.columns] if context.dated_columns else []
    everyone: Ints = np.arange(len(parcels))
    nobody = Gates(parcel=everyone[:0], term=everyone[:0], terms=terms_of([], [], [], as_of=as_of))
    parts = [nobody]
    for column in told:
        code, distinct = pd.factorize(read_days(parcels[column]), use_na_sentinel=False)
        terms = terms_of(GATE_OF_COLUMN[column], "", distinct, as_of=as_of)
        terms["status"] = terms["status"].replace("never", "unknown")
        parts.append(Gates(parcel=everyone, term=code.astype(np.intp), terms=terms))
    return join_gates(parts)


def _conditions_for(conditions: Conditions, parcels: gpd.GeoDataFrame) -> Conditions:
    """The same works, with those that may cover any of the parcels for all that these tell covering all of them."""
    works = conditions.works
    if works is None:
        return conditions
    untold = _untold(works, parcels.columns)
    if not untold.any():
        return conditions
    works = works.copy()
    works.loc[untold, "covers"] = "site:*"
    # What is done holds nothing back, wherever it lies.
    works.loc[untold & ~(works["opens_on"] <= pd.Timestamp(conditions.as_of)), "opens_on"] = pd.NaT
    return replace(conditions, works=works)


def _untold(works: pd.DataFrame, columns: Collection[Any]) -> pd.Series:
    """Which works name parcels by a column that these do not have."""
    lost = {kind for kind, column in COLUMN_OF_TOKEN.items() if column not in columns}
    named = [{kind for kind, _ in tokens(str(text))} for text in works["covers"]]
    return pd.Series(
        [bool(kinds & lost) and "site" not in kinds for kinds in named], index=works.index, dtype=bool
    )


def readiness_findings(context: ReadinessContext, columns: Collection[Any], layer: str) -> Findings:
    """Warn of works that name parcels by a column that these do not have: nobody knows what such works cover.

    Parameters
    ----------
    context
        Of the screening.
    columns
        Of the parcels.
    layer
        Name of the parcels' file.
    """
    works = context.conditions.works
    if works is None:
        return Findings([Finding(code="city.works_unlisted", layer=layer)])
    found = []
    for kind, column in COLUMN_OF_TOKEN.items():
        untold = _untold(works, {*columns, *(set(COLUMN_OF_TOKEN.values()) - {column})})
        if untold.any():
            named = ", ".join(map(str, works.index[untold]))
            params = {"works": named, "token": kind}
            found.append(Finding(code="city.works_untold", layer=layer, field=column, params=params))
    return Findings(found)
