"""Transfer in part: pieces of parcels beside the whole ones, and pieces that have gone already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from parcelplan.land.pieces import find_pieces, site_of_pieces
from parcelplan.land.readiness import find_gates
from parcelplan.planning.building.candidates import Sorted, waiting_parcels
from parcelplan.planning.building.gates import waiting
from parcelplan.planning.building.ground import Ground
from parcelplan.planning.problem import Candidate, Split, Work
from parcelplan.units import from_mu

REST = "/2"
"""Ends the id of what is left of a parcel."""
NOTHING_M2 = 1.0
"""Areas are kept to the square metre: less than this is nothing left."""


def add_pieces(
    ground: Ground, found: Sorted, works: Iterable[Work], free_on: Mapping[str, date]
) -> list[Split]:
    """Offer pieces where ``[plan]`` lets parcels go in part.

    Parameters
    ----------
    ground
        The site.
    found
        Its parcels, to which the pieces are added. A parcel is offered in pieces only where it could also go as a
        whole, and where both pieces can go within the horizon.
    works, free_on
        Works that the problem plans, and the first days after their earliest ends.

    Returns
    -------
    list of Split
        One for each parcel that may go either way.
    """
    smallest_mu = ground.site.config.plan.smallest_piece_mu
    gone = _gone_pieces(ground, found)
    if not ground.site.config.plan.partial_transfer or smallest_mu is None:
        return []
    pieces = find_pieces(
        ground.site, ground.schedule, ground.constraints, ground.gates, smallest_m2=from_mu(smallest_mu)
    )
    pieces = pieces[~pieces["part_of"].isin(gone)]
    if pieces.empty:
        return []
    site = site_of_pieces(ground.site, pieces)
    gates = find_gates(site, ground.schedule, ground.constraints)
    cut = replace(ground, site=site, gates=gates, readiness=pieces[["phase", "area_m2"]].assign(stage=""))
    offered = waiting_parcels(cut, waiting(cut, works), free_on)
    whole = {item.parcel_id for item in found.candidates if item.fixed_notice_on is None}
    by_parcel: dict[str, list[Candidate]] = {}
    for item in offered.candidates:
        by_parcel.setdefault(str(pieces.at[item.parcel_id, "part_of"]), []).append(item)
    splits = []
    for parcel_id, parts in sorted(by_parcel.items()):
        if parcel_id in whole and len(parts) == (pieces["part_of"] == parcel_id).sum():
            found.candidates += [replace(item, part_of=parcel_id) for item in parts]
            found.gates |= {item.parcel_id: offered.gates.get(item.parcel_id, ()) for item in parts}
            names = tuple(sorted(item.parcel_id for item in parts))
            splits.append(Split(parcel_id=parcel_id, pieces=names))
    found.in_order()
    return splits


def _gone_pieces(ground: Ground, found: Sorted) -> set[str]:
    """Put pieces whose notice has been published in the place of their parcel, and what is left beside them."""
    as_of = ground.site.as_of
    wholes = {item.parcel_id: item for item in found.candidates}
    gone: dict[str, list[str]] = {}
    for name, item in ground.earlier.items():
        if name not in wholes and item.part_of in wholes and item.notice_on < as_of and item.area_m2:
            gone.setdefault(item.part_of, []).append(name)
    for parcel_id, names in gone.items():
        whole = wholes[parcel_id]
        found.candidates.remove(whole)
        sold = [
            replace(
                whole,
                parcel_id=name,
                part_of=parcel_id,
                area_m2=ground.earlier[name].area_m2,
                fixed_notice_on=ground.earlier[name].notice_on,
                excluded_by=(),
            )
            for name in names
        ]
        found.candidates += sold
        left_m2 = whole.area_m2 - sum(item.area_m2 for item in sold)
        gates = found.gates.pop(parcel_id, ())
        if left_m2 > NOTHING_M2:
            rest = next(name for name in (parcel_id + REST, parcel_id + "/3") if name not in names)
            found.candidates.append(replace(whole, parcel_id=rest, part_of=parcel_id, area_m2=left_m2))
            if gates:
                found.gates[rest] = gates
    return set(gone)
