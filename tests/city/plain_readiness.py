"""Readiness of one parcel after another, as the documentation says it: slow, without an array, to compare with."""

from dataclasses import dataclass
from datetime import timedelta

import geopandas as gpd
import pandas as pd
from shapely.ops import unary_union

from parcelplan.land.constraints import GATE_OF_KIND
from parcelplan.land.gates import STAGE_OF_GATE
from parcelplan.land.works import tokens
from parcelplan.site import Site


@dataclass(frozen=True)
class Gate:
    kind: str
    works: tuple[str, ...]
    opens_on: pd.Timestamp | None
    barred: bool = False

    def passed(self, as_of: pd.Timestamp) -> bool:
        return self.opens_on is not None and self.opens_on <= as_of


def plain_readiness(site: Site, schedule: pd.DataFrame, constraints: gpd.GeoDataFrame) -> pd.DataFrame:
    """The columns of ``readiness_columns``, by parcel_id."""
    as_of = pd.Timestamp(site.as_of)
    rows = {}
    for parcel_id, parcel in site.parcels.iterrows():
        gates = [
            *_coverage(site, schedule, str(parcel_id), parcel),
            *_constraints(site, constraints, parcel.geometry),
            *_access(site, schedule, parcel.geometry),
        ]
        rows[parcel_id] = _told([gate for gate in gates if not gate.passed(as_of)], as_of, schedule)
    columns = ["ready_on", "stage", "blocking", "last_gate", "last_work"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def _coverage(site: Site, schedule: pd.DataFrame, parcel_id: str, parcel: pd.Series) -> list[Gate]:
    if "works" not in site.tables:
        return [Gate("works", (), None)]
    areas = site.layer("work_areas").geometry
    found = []
    for work_id, covers in site.table("works")["covers"].items():
        named = set(tokens(str(covers)))
        hit = (
            ("site", "*") in named
            or ("phase", str(parcel["phase"])) in named
            or ("parcel", parcel_id) in named
        )
        for name, area in areas.items():
            share = parcel.geometry.intersection(area).area / parcel.geometry.area
            hit |= ("area", name) in named and share > site.config.tolerance.blocked_share
        if hit:
            found.append(
                Gate(schedule.at[work_id, "kind"], (str(work_id),), _after(schedule, [str(work_id)]))
            )
    return found


def _after(schedule: pd.DataFrame, works: list[str]) -> pd.Timestamp | None:
    ends = [schedule.at[work, "ends_on"] for work in works]
    return None if not ends or any(pd.isna(day) for day in ends) else max(ends) + timedelta(days=1)


def _constraints(site: Site, constraints: gpd.GeoDataFrame, shape) -> list[Gate]:
    groups: dict[tuple[str, str], list[str]] = {}
    for name, row in constraints.iterrows():
        groups.setdefault((GATE_OF_KIND.get(row["kind"], row["kind"]), row["cleared_by"]), []).append(name)
    found = []
    for kind, works in sorted(groups):
        rows = constraints.loc[groups[kind, works]]
        share = unary_union([item.intersection(shape) for item in rows.geometry]).area / shape.area
        if share > site.config.tolerance.blocked_share:
            day = rows["until_on"].iloc[0]
            own = tuple(works.split(";")) if works else ()
            found.append(Gate(kind, own, None if pd.isna(day) else day, barred=not works))
    return found


def _access(site: Site, schedule: pd.DataFrame, shape) -> list[Gate]:
    roads, tolerance = site.layer("roads"), site.config.tolerance
    if roads.empty:
        return []
    at = []
    for road_id, road in roads.iterrows():
        strip = road.geometry.buffer(road["width_m"] / 2 + tolerance.frontage_gap_m, cap_style="flat")
        if shape.boundary.intersection(strip).length < tolerance.frontage_m:
            continue
        works = [
            str(work)
            for work, creates in site.table("works")["creates"].items()
            if ("road", road_id) in tokens(str(creates))
        ]
        day = pd.Timestamp(site.as_of) if road["state"] == "existing" else _after(schedule, works)
        at.append((day is None, day, not works, road_id, tuple(works)))
    if not at:
        return [Gate("access", (), None, barred=True)]
    _, day, idle, _, works = min(
        at, key=lambda road: (road[0], road[1] or pd.Timestamp.min, road[2], road[3])
    )
    return [Gate("access", works, day, barred=day is None and idle)]


def _told(closed: list[Gate], as_of: pd.Timestamp, schedule: pd.DataFrame) -> tuple:
    if not closed:
        return as_of, "net_land", "", "", ""
    blocking = ";".join(sorted({work for gate in closed for work in gate.works}))
    never = [gate for gate in closed if gate.barred]
    unknown = [gate for gate in closed if gate.opens_on is None and not gate.barred]
    ready_on = pd.NaT if never or unknown else max(gate.opens_on for gate in closed)
    steps = ("plan_pending", "acquisition_pending", "encumbered", "no_access")
    if any(gate.kind != "access" for gate in never):
        stage = "barred"
    elif unknown:
        stage = "unknown"
    elif never:
        stage = "no_access"
    else:
        stage = min((STAGE_OF_GATE[gate.kind] for gate in closed), key=steps.index)
    # Of gates that open on one day, the later name of works; of one work's gates, the later sort of gate.
    order = [
        (gate.opens_on is None, gate.opens_on or as_of, ";".join(gate.works), n)
        for n, gate in enumerate(closed)
    ]
    last = closed[max(order)[-1]]
    ends = schedule["ends_on"]
    works = [
        (pd.isna(ends[work]), ends[work] if not pd.isna(ends[work]) else as_of, work) for work in last.works
    ]
    return ready_on, stage, blocking, last.kind, max(works)[-1] if works else ""
