"""What each parcel waits for: the gates that works open, and the modes under which it never becomes net land."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pandas as pd

from parcelplan.land.constraints import constraints_in_time
from parcelplan.land.modes import in_modes
from parcelplan.land.readiness import access_ways, find_gates
from parcelplan.land.works import schedule_site
from parcelplan.planning.building.ground import Ground
from parcelplan.planning.problem import Gate, Work

Ways = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """What one parcel waits for."""

    gates: tuple[Gate, ...] = ()
    passed_on: date = date.min
    """Last day on which a gate opened that is open; the first of all days where no work had to open any."""
    stuck: str = ""
    """``never`` or ``unknown`` where a gate does not open, or nobody knows when."""
    excluded_by: tuple[tuple[str, str], ...] = ()
    """Works and modes under which it is stuck, where it is not under all."""

    def open_on(self, free_on: Mapping[str, date]) -> date | None:
        """First day on which all gates can be open, given when works have ended; None without gates."""
        days = [
            _later(min(max(free_on[work] for work in way) for way in gate.any_of), gate.lag_days)
            for gate in self.gates
        ]
        return max(days, default=None)


def _later(day: date, days: int) -> date:
    return day if day == date.max else day + timedelta(days=days)


@dataclass
class _Found:
    """Gates of one parcel as they are collected."""

    ways: dict[tuple[str, Ways], None] = field(default_factory=dict)
    passed_on: date = date.min
    stuck: str = ""


def waiting(ground: Ground, works: Iterable[Work]) -> dict[str, Waiting]:
    """Collect what every parcel waits for, whatever the mode in which works are carried out.

    A parcel whose gates differ between the modes of a work waits for all of them; one that is stuck under some mode is
    excluded by it.

    Parameters
    ----------
    ground
        The site.
    works
        Works that the problem plans, in the modes that the planner may choose.
    """
    modes = {work.work_id: [mode.name for mode in work.modes] for work in works}
    known = set(modes)
    base = _collect(ground, known)
    others = {
        (work, mode): _collect(_under(ground, work, mode), known)
        for work, (_, *names) in modes.items()
        for mode in names
    }
    lags = _lags(ground)
    return {
        parcel: _joined(own, {key: found[parcel] for key, found in others.items()}, lags.get(parcel, 0))
        for parcel, own in base.items()
    }


def _under(ground: Ground, work: str, mode: str) -> Ground:
    """The same site with one work in another mode; the others stay as they are."""
    site = in_modes(ground.site, {work: mode})
    schedule = schedule_site(site)
    constraints, _ = constraints_in_time(site, schedule, ground.rules)
    gates = find_gates(site, schedule, constraints)
    return replace(ground, site=site, schedule=schedule, constraints=constraints, gates=gates)


def _collect(ground: Ground, known: set[str]) -> dict[str, _Found]:
    ways = access_ways(ground.site, ground.schedule)
    lags = _lags(ground)
    found: dict[str, _Found] = {str(parcel): _Found() for parcel in ground.site.parcels.index}
    columns = ["parcel_id", "kind", "work_id", "status", "opens_on"]
    for parcel_id, kind, work_id, status, opens_on in ground.gates[columns].itertuples(index=False):
        own = found[str(parcel_id)]
        needed = tuple(work_id.split(";")) if work_id else ()
        if status == "passed":
            # Where no work was needed the day is that of the data, on which nothing opened.
            own.passed_on = max(own.passed_on, pd.Timestamp(opens_on).date()) if needed else own.passed_on
            continue
        if status == "open" and known.issuperset(needed):
            options = ways.get(str(parcel_id), (needed,)) if kind == "access" else (needed,)
            options = tuple(way for way in options if known.issuperset(way)) or (needed,)
            own.ways[str(kind), options] = None
        else:
            own.stuck = "unknown" if status != "never" and own.stuck != "never" else "never"
    for parcel, item in found.items():
        lag = lags.get(parcel, 0)
        if item.passed_on > date.min:
            item.passed_on += timedelta(days=lag)
    return found


def _lags(ground: Ground) -> dict[str, int]:
    """Lead time of the building scheme, of the parcels that are transferred with one."""
    days = ground.site.config.plan.scheme_lead_days
    bound = ground.site.parcels["with_scheme"].fillna(value=False).astype(bool)
    return dict.fromkeys(map(str, bound.index[bound]), days) if days else {}


def _joined(own: _Found, others: dict[tuple[str, str], _Found], lag_days: int) -> Waiting:
    """One parcel under all modes: what it waits for under any, and which modes leave it stuck."""
    stuck = {key for key, found in others.items() if found.stuck}
    free = [found for found in others.values() if not found.stuck]
    if own.stuck and not free:
        return Waiting(stuck=own.stuck)
    if own.stuck:
        # Only another mode of a work lets it go; of several works whose modes would, one is looked at.
        helping = min(work for (work, _), found in others.items() if not found.stuck)
        stuck = {(helping, "")} | {key for key in stuck if key[0] == helping}
        sources = [found for (work, _), found in others.items() if work == helping and not found.stuck]
    else:
        sources = [own, *free]
    ways = dict.fromkeys(key for found in sources for key in found.ways)
    return Waiting(
        gates=tuple(Gate(kind=kind, any_of=any_of, lag_days=lag_days) for kind, any_of in ways),
        passed_on=max(found.passed_on for found in sources),
        excluded_by=tuple(sorted(stuck)),
    )
