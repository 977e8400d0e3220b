"""Checks of the demands of a planning problem before it is solved, one function for each kind of demand."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from math import fsum
from types import MappingProxyType
from typing import Any

from parcelplan.checks.bureau_checks import AREA_TOLERANCE_M2
from parcelplan.checks.problem_findings import (
    SHARE_TOLERANCE,
    below_zero,
    no_share,
    reversed_period,
    unknown,
    wrong,
)
from parcelplan.findings import Finding


@dataclass(frozen=True, kw_only=True)
class Known:
    """What demands may name."""

    as_of: date
    works: Collection[str]
    modes: Collection[tuple[str, str]]
    areas_m2: Mapping[str, float]
    """Area of each candidate."""


def demand(item: Any, known: Known) -> Iterator[Finding]:
    """What is wrong with a demand as it is stated; demands of kinds that are not known here are let pass."""
    question = _QUESTIONS.get(item.kind)
    if question is not None:
        yield from question(item, known)


def _window(item: Any, _: Known) -> Iterator[Finding]:
    yield from reversed_period("plan", item.name, "latest_on", item.earliest_on, item.latest_on, closed=True)


def _trigger(item: Any, _: Known) -> Iterator[Finding]:
    yield from below_zero("plan", item.name, "needed_m2", item.needed_m2)
    yield from below_zero("plan", item.name, "occupied_after_days", item.occupied_after_days)
    if item.phase in item.of_phases:
        yield wrong("waits_for_itself", "plan", item.name, "of_phases", item.phase)


def _listings(item: Any, _: Known) -> Iterator[Finding]:
    if item.per_month < 1:
        yield wrong("below_one", "plan", item.name, "per_month", item.per_month)


def _quota(item: Any, _: Known) -> Iterator[Finding]:
    yield from below_zero("plan", item.name, "quota_m2", item.quota_m2)
    yield from no_share("plan", item.name, "carry_share", item.carry_share)
    if item.before is not None and item.before.year != item.year - 1:
        yield wrong("not_the_year_before", "plan", item.name, "before", item.before.year, year=item.year)


def _batch(item: Any, _: Known) -> Iterator[Finding]:
    yield from below_zero("plan", item.name, "min_m2", item.min_m2)
    yield from below_zero("plan", item.name, "max_m2", item.max_m2)
    if item.max_m2 is not None and item.max_m2 < item.min_m2:
        yield wrong("limits_reversed", "plan", item.name, "max_m2", item.max_m2, least=item.min_m2)


def _absorption(item: Any, _: Known) -> Iterator[Finding]:
    yield from below_zero("plan", item.name, "per_quarter_m2", item.per_quarter_m2)


def _blackout(item: Any, _: Known) -> Iterator[Finding]:
    yield from reversed_period("plan", item.name, "until_on", item.from_on, item.until_on)


def _horizon(item: Any, known: Known) -> Iterator[Finding]:
    yield from reversed_period("plan", item.name, "end_on", known.as_of, item.end_on, closed=True)


def _net_land(item: Any, known: Known) -> Iterator[Finding]:
    yield from unknown("plan", item.name, "parcel", (*item.ready_on, *item.gates), known.areas_m2)
    for parcel, gates in item.gates.items():
        for gate in gates:
            if not gate.any_of:
                yield wrong("gate_without_works", "parcels", parcel, "gates", gate.kind)
            named = (name for works in gate.any_of for name in works)
            yield from unknown("parcels", parcel, "gates", named, known.works)


def _together(item: Any, known: Known) -> Iterator[Finding]:
    yield from unknown("plan", item.name, "together", item.parcel_ids, known.areas_m2)


def _split(item: Any, known: Known) -> Iterator[Finding]:
    yield from unknown("plan", item.name, "split", (item.parcel_id, *item.pieces), known.areas_m2)
    if not item.pieces:
        yield wrong("no_pieces", "parcels", item.parcel_id, "split", "")
    whole_m2 = known.areas_m2.get(item.parcel_id)
    pieces_m2 = fsum(known.areas_m2.get(piece, 0.0) for piece in item.pieces)
    if whole_m2 is not None and pieces_m2 > whole_m2 + AREA_TOLERANCE_M2:
        yield wrong("pieces_too_large", "parcels", item.parcel_id, "split", pieces_m2, whole_m2=whole_m2)


def _money(item: Any, known: Known) -> Iterator[Finding]:
    yield from below_zero("plan", "money", "credit", item.credit_yuan)
    for way, costs in item.costs.items():
        name = " ".join(way).strip()
        for field, cost in zip(("cost at start", "cost at end"), costs, strict=True):
            yield from below_zero("works", name, field, cost)
        yield from unknown("plan", "money", "costs", [way[0]], known.works)
        if way[0] in known.works and way not in known.modes:
            yield wrong("unknown_mode", "plan", "money", "costs", name)
    yield from unknown("plan", "money", "prices", item.prices, known.areas_m2)
    for parcel, price in item.prices.items():
        yield from below_zero("parcels", parcel, "price", price)
    for share, months in item.terms:
        yield from no_share("plan", "money", "terms.share", share)
        yield from below_zero("plan", "money", "terms.months", months)
    total = fsum(share for share, _ in item.terms)
    if abs(total - 1) > SHARE_TOLERANCE:
        yield wrong("terms_not_whole", "plan", "money", "terms", total)


def _target(item: Any, known: Known) -> Iterator[Finding]:
    yield from below_zero("targets", item.target_id, "amount", item.amount)
    yield from below_zero("targets", item.target_id, "delay_days", item.delay_days)
    yield from unknown("targets", item.target_id, "values", item.values, known.areas_m2)
    for parcel, value in item.values.items():
        yield from below_zero("targets", item.target_id, f"values.{parcel}", value)


def _deadline(item: Any, known: Known) -> Iterator[Finding]:
    yield from unknown("works", item.work_id, "deadline_on", [item.work_id], known.works)


_QUESTIONS: Mapping[str, Callable[[Any, Known], Iterator[Finding]]] = MappingProxyType(
    {
        "window": _window,
        "trigger": _trigger,
        "listings": _listings,
        "quota": _quota,
        "batch": _batch,
        "absorption": _absorption,
        "blackout": _blackout,
        "horizon": _horizon,
        "gate": _net_land,
        "together": _together,
        "split": _split,
        "money": _money,
        "target": _target,
        "deadline": _deadline,
    }
)
