"""Demand for land: firms that need some by a day, and targets of firms, output and tax."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pandas as pd

from parcelplan.checks.cells import numbers
from parcelplan.planning.building.ground import Ground
from parcelplan.planning.problem import Candidate, Measure, Target
from parcelplan.units import YUAN_PER_WANYUAN, from_mu, to_mu

_MEASURES: tuple[tuple[str, Measure, str, str, float], ...] = (
    ("firms", "firms", "firms_per_mu", "", 1.0),
    ("output_wanyuan", "output_yuan", "output_wanyuan_per_mu", "annual_output_wanyuan", YUAN_PER_WANYUAN),
    ("tax_wanyuan", "tax_yuan", "tax_wanyuan_per_mu", "annual_tax_wanyuan", YUAN_PER_WANYUAN),
)
"""Column of a target, its measure, the yield that serves it, the figure of a scheme, and yuan in its unit."""


def targets(ground: Ground, candidates: Iterable[Candidate]) -> Iterator[Target]:
    """Yield what firms and targets ask of the plan; targets without a yield ask for nothing one could count."""
    items = tuple(candidates)
    yield from _firms(ground, items)
    yield from _announced(ground, items)


def _announced(ground: Ground, candidates: tuple[Candidate, ...]) -> Iterator[Target]:
    yields, table = ground.site.config.plan.yields, ground.site.table("targets").dropna(subset=["by_on"])
    for column, measure, name, figure, scale in _MEASURES:
        per_mu = getattr(yields, name)
        if per_mu is None:
            continue
        stated = _stated(ground, figure)
        worth = {
            item.parcel_id: scale * stated.get(item.parcel_id, per_mu * to_mu(item.area_m2))
            for item in candidates
        }
        for target_id, row in table.dropna(subset=[column]).iterrows():
            phases = set(numbers(row["phases"]))
            yield Target(
                target_id=f"{target_id}.{measure.removesuffix('_yuan')}",
                measure=measure,
                amount=float(row[column]) * scale,
                by_on=row["by_on"].date(),
                values={
                    item.parcel_id: worth[item.parcel_id]
                    for item in candidates
                    if not phases or item.phase in phases
                },
                delay_days=delay_days(ground),
                binding=_binds(row),
                title=str(row["sentence"]),
            )


def _stated(ground: Ground, figure: str) -> Mapping[str, float]:
    """What the one scheme of a parcel says of it; several schemes for one parcel say nothing certain."""
    if not figure:
        return {}
    schemes = ground.site.table("schemes")
    single = schemes[~schemes["parcel_id"].duplicated(keep=False)].dropna(subset=[figure])
    return dict(zip(single["parcel_id"].astype(str), single[figure].astype(float), strict=True))


def delay_days(ground: Ground) -> int:
    """Days from a transfer to the use of the land: as said of the yields, else the longest of the triggers."""
    config = ground.site.config
    if config.plan.yields.in_use_after_days is not None:
        return config.plan.yields.in_use_after_days
    triggers = [phase.trigger for phase in config.phases.values() if phase.trigger is not None]
    return max((trigger.occupied_after_days for trigger in triggers), default=0)


def _binds(row: Mapping[str, Any] | pd.Series) -> bool:
    return not pd.isna(row["binding"]) and bool(row["binding"])


def _firms(ground: Ground, candidates: tuple[Candidate, ...]) -> Iterator[Target]:
    table = ground.site.table("firms").dropna(subset=["by_on"])
    areas = {item.parcel_id: item.area_m2 for item in candidates}
    named = table[table["parcel_id"].isin(areas)]
    for firm_id, row in named.iterrows():
        parcel_id = str(row["parcel_id"])
        values = {item.parcel_id: item.area_m2 for item in candidates if _of(item) == parcel_id}
        yield _land(str(firm_id), row, areas[parcel_id], values)
    taken = set(named["parcel_id"])
    free = [item for item in candidates if _of(item) not in taken]
    asking = table[(table["parcel_id"] == "") & table["area_mu"].notna()].sort_values("by_on", kind="stable")
    for phases in dict.fromkeys(tuple(numbers(text)) for text in asking["phases"]):
        yield from _queue(asking, phases, free)


def _of(item: Candidate) -> str:
    return item.part_of or item.parcel_id


def _queue(asking: pd.DataFrame, phases: tuple[int, ...], free: list[Candidate]) -> Iterator[Target]:
    """Yield the land that firms need one after the other: two firms do not get the same land.

    All firms whose land lies in some phases count against the land of these phases. A binding firm counts only those
    that bind too, since the others may be left waiting.
    """
    values = {item.parcel_id: item.area_m2 for item in free if not phases or item.phase in phases}
    within = [_is_within(numbers(text), phases) for text in asking["phases"]]
    needed_m2 = {True: 0.0, False: 0.0}
    asked: set[tuple[int, ...]] = set()
    for firm_id, row in asking[within].iterrows():
        area_m2, binds = from_mu(float(row["area_mu"])), _binds(row)
        needed_m2[False] += area_m2
        needed_m2[True] += area_m2 if binds else 0.0
        own = tuple(numbers(row["phases"]))
        asked.add(own)
        if phases in asked or _overlap(asked):
            name = str(firm_id) if own == phases else f"{firm_id} ({';'.join(map(str, phases)) or '*'})"
            yield _land(name, row, needed_m2[binds], values)


def _overlap(asked: Iterable[tuple[int, ...]]) -> bool:
    """Whether sets of phases share one; where they do not, what each asks for by itself says it all."""
    named = [phase for phases in asked for phase in phases]
    return len(named) > len(set(named))


def _is_within(own: Iterable[int], phases: tuple[int, ...]) -> bool:
    """Whether a firm that asks for some phases (none are all) can only be served from others."""
    own = tuple(own)
    return not phases or (bool(own) and set(own) <= set(phases))


def _land(name: str, row: pd.Series, amount_m2: float, values: Mapping[str, float]) -> Target:
    return Target(
        target_id=name,
        measure="area_m2",
        amount=amount_m2,
        by_on=row["by_on"].date(),
        values=values,
        binding=_binds(row),
        title=str(row["name"]),
    )
