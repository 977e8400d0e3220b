"""Constraints in time: which strip of land is closed to building, from when until when, and by which clause.

A constraint holds over a half-open period. What a work clears is free from the day after the work's last day, and what
it creates holds from that day on: an undergrounded line leaves its cable strip, a diverted river has a new channel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from parcelplan.findings import Finding, Findings
from parcelplan.land.works import tokens
from parcelplan.rules import RuleSet, RuleValue
from parcelplan.site import Site

COLUMNS = (
    "kind",
    "source_layer",
    "source_id",
    "label",
    "from_on",
    "until_on",
    "begins_with",
    "cleared_by",
    "distance_m",
    "clause",
)
SOURCES = {"line": "power_lines", "river": "rivers", "constraint": "hard_constraints", "road": "roads"}
"""What a token of works.clears and works.creates names: its kind → the layer."""
GATE_OF_KIND = {
    "power_corridor": "power",
    "pylon_base": "power",
    "cable_corridor": "power",
    "river_area": "river",
    "basic_farmland": "hard",
    "ecological_redline": "hard",
    "outside_growth_boundary": "hard",
}
QUAD_SEGS = 8
_FRAME_M = 1000.0
"""How far beyond the parcels the land outside a growth boundary is drawn; only its part on parcels counts."""


Day = pd.Timestamp | pd.api.typing.NaTType


@dataclass(frozen=True, kw_only=True)
class Lifetime:
    """When a source feature begins and ends, and through which works."""

    from_on: Day
    until_on: Day
    begins_with: str
    cleared_by: str


def lifetimes(site: Site, schedule: pd.DataFrame, token_kind: str) -> dict[str, Lifetime]:
    """Lifetime of every feature of the layer that tokens of one kind name.

    Several works on one feature must all end before it goes or comes. NaT as ``until_on`` beside a work in
    ``cleared_by`` means that the day is unknown, without a work that it stays for good.
    """
    frame = site.layer(SOURCES[token_kind])
    clears = _works_on(site, "clears", token_kind)
    creates = _works_on(site, "creates", token_kind)
    found = {}
    for key in map(str, frame.index):
        ending, beginning = clears.get(key, []), creates.get(key, [])
        found[key] = Lifetime(
            from_on=_day_after_all(schedule, beginning),
            until_on=_day_after_all(schedule, ending),
            begins_with=";".join(beginning),
            cleared_by=";".join(ending),
        )
    return found


def _to_come(site: Site, layer: str, lives: dict[str, Lifetime]) -> set[str]:
    """Planned features that no work creates as works are carried out here, but another mode may: they are not there."""
    states = site.layer(layer)["state"]
    return {key for key, life in lives.items() if states[key] == "planned" and not life.begins_with}


def _works_on(site: Site, column: str, token_kind: str) -> dict[str, list[str]]:
    works: dict[str, list[str]] = {}
    for work_id, text in site.table("works")[column].items():
        for kind, name in tokens(str(text)):
            if kind == token_kind:
                works.setdefault(name, []).append(str(work_id))
    return works


def _day_after_all(schedule: pd.DataFrame, works: Sequence[str]) -> Day:
    if not works:
        return pd.NaT
    ends = schedule.loc[list(works), "ends_on"]
    return pd.NaT if ends.isna().any() else ends.max() + pd.Timedelta(days=1)


def constraints_in_time(
    site: Site, schedule: pd.DataFrame, rules: RuleSet
) -> tuple[gpd.GeoDataFrame, Findings]:
    """Draw every constraint of a site with its period.

    Parameters
    ----------
    site
        Opened site; layers it does not have constrain nothing.
    schedule
        Result of :func:`parcelplan.land.works.schedule_works` for the site's works.
    rules
        Rule book at the day of the data: distances by voltage, cable strips, the fallback buffer of rivers.

    Returns
    -------
    constraints
        One row a constraint, indexed by constraint_id, in the site's CRS: ``kind, source_layer, source_id, label,
        from_on, until_on, begins_with, cleared_by, distance_m`` (from the drawn feature, metres), ``clause`` and the
        polygon.
    findings
        Features whose distance no rule gives, planned features that no work creates, rivers drawn by buffer.
    """
    parts = [
        _lines(site, schedule, rules),
        _pylons(site, schedule, rules),
        _rivers(site, schedule, rules),
        _hard(site, schedule),
    ]
    rows = [row for frame, _ in parts for row in frame]
    findings = Findings(item for _, found in parts for item in found)
    frame = pd.DataFrame(rows, columns=["constraint_id", *COLUMNS, "geometry"]).set_index("constraint_id")
    for column in ("from_on", "until_on"):
        frame[column] = pd.to_datetime(frame[column]).astype("datetime64[us]")
    frame["distance_m"] = frame["distance_m"].astype(float)
    frame["geometry"] = _widened(frame["geometry"].to_numpy(dtype=object), frame["distance_m"].to_numpy())
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=site.config.crs), findings


def _widened(shapes: NDArray[np.object_], distances: NDArray[np.float64]) -> NDArray[np.object_]:
    """Buffer the features whose strip is a distance; areas that are drawn stay as they are."""
    strips = ~np.isnan(distances)
    shapes = shapes.copy()
    shapes[strips] = shapely.buffer(shapes[strips], distances[strips], quad_segs=QUAD_SEGS)
    return shapes


_Rows = tuple[list[tuple[object, ...]], list[Finding]]


def _row(
    key: str, kind: str, source: tuple[str, str, str], life: Lifetime, *rest: object
) -> tuple[object, ...]:
    layer, source_id, label = source
    return (
        key,
        kind,
        layer,
        source_id,
        label,
        life.from_on,
        life.until_on,
        life.begins_with,
        life.cleared_by,
        *rest,
    )


def _lines(site: Site, schedule: pd.DataFrame, rules: RuleSet) -> _Rows:
    lines = site.layer("power_lines")
    lives = lifetimes(site, schedule, "line")
    cable = rules.value("power.cable_zone_m")
    absent = _to_come(site, "power_lines", lives)
    rows: list[tuple[object, ...]] = []
    findings = []
    for key, line in zip(lines.index, lines.itertuples(), strict=True):
        if key in absent:
            continue
        buried = line.kind == "cable"
        rule = cable if buried else rules.value("power.protection_zone_m", voltage_kv=line.voltage_kv)
        spread = 0.0 if buried and pd.isna(line.half_spread_m) else line.half_spread_m
        if (problem := _line_problem(str(key), line.voltage_kv, spread, rule, buried=buried)) or rule is None:
            findings.append(
                problem or _no_rule("power_lines", str(key), "power.protection_zone_m", line.voltage_kv)
            )
            continue
        distance = rule.value + spread
        kind = "cable_corridor" if buried else "power_corridor"
        source = ("power_lines", str(key), line.name or str(key))
        clause = rule.reference(site.lang)
        rows.append(_row(f"line:{key}", kind, source, lives[str(key)], distance, clause, line.geometry))
    return rows, findings


def _line_problem(
    key: str, voltage: float, spread: float, rule: RuleValue | None, *, buried: bool
) -> Finding | None:
    if rule is None:
        name = "power.cable_zone_m" if buried else "power.protection_zone_m"
        return _no_rule("power_lines", key, name, voltage)
    if pd.isna(spread):
        return Finding(
            code="constraint.no_half_spread", layer="power_lines", feature_id=key, field="half_spread_m"
        )
    return None


def _no_rule(layer: str, key: str, rule: str, value: object) -> Finding:
    return Finding(code="constraint.no_rule", layer=layer, feature_id=key, value=value, params={"rule": rule})


def _pylons(site: Site, schedule: pd.DataFrame, rules: RuleSet) -> _Rows:
    pylons, lines = site.layer("pylons"), site.layer("power_lines")
    lives = lifetimes(site, schedule, "line")
    absent = _to_come(site, "power_lines", lives)
    rows: list[tuple[object, ...]] = []
    findings = []
    for key, pylon in zip(pylons.index, pylons.itertuples(), strict=True):
        if pylon.line_id not in lines.index or pylon.line_id in absent:
            continue  # of lines that are not there the reference check tells
        voltage = lines.at[pylon.line_id, "voltage_kv"]
        rule = rules.value("power.pylon_no_dig_m", voltage_kv=voltage)
        if rule is None:
            findings.append(_no_rule("pylons", str(key), "power.pylon_no_dig_m", voltage))
            continue
        distance = rule.value + (0.0 if pd.isna(pylon.base_radius_m) else pylon.base_radius_m)
        source = ("pylons", str(key), str(key))
        clause = rule.reference(site.lang)
        rows.append(
            _row(f"pylon:{key}", "pylon_base", source, lives[pylon.line_id], distance, clause, pylon.geometry)
        )
    return rows, findings


def _rivers(site: Site, schedule: pd.DataFrame, rules: RuleSet) -> _Rows:
    areas, rivers = site.layer("river_areas"), site.layer("rivers")
    lives = lifetimes(site, schedule, "river")
    absent = _to_come(site, "rivers", lives)
    rows: list[tuple[object, ...]] = []
    for key, area in zip(areas.index, areas.itertuples(), strict=True):
        if area.river_id not in rivers.index or area.river_id in absent:
            continue  # of rivers that are not there the reference check tells
        source = ("river_areas", area.river_id, rivers.at[area.river_id, "name"] or area.river_id)
        rows.append(
            _row(f"river:{key}", "river_area", source, lives[area.river_id], np.nan, "", area.geometry)
        )
    fallback = rules.value("river.fallback_buffer_m")
    findings = []
    for key in rivers.index.difference([*areas["river_id"], *absent]):
        if fallback is None:
            findings.append(_no_rule("rivers", str(key), "river.fallback_buffer_m", ""))
            continue
        findings.append(
            Finding(
                code="constraint.river_by_buffer", layer="rivers", feature_id=str(key), value=fallback.value
            )
        )
        source = ("rivers", str(key), rivers.at[key, "name"] or str(key))
        clause = fallback.reference(site.lang)
        rows.append(
            _row(
                f"river:{key}",
                "river_area",
                source,
                lives[str(key)],
                fallback.value,
                clause,
                rivers.geometry[key],
            )
        )
    return rows, findings


def _hard(site: Site, schedule: pd.DataFrame) -> _Rows:
    hard = site.layer("hard_constraints")
    lives = lifetimes(site, schedule, "constraint")
    frame = shapely.box(*site.parcels.total_bounds).buffer(_FRAME_M, join_style="mitre")
    # Land within any part of the growth boundary is inside it: a boundary of several polygons is one boundary.
    within = shapely.union_all(hard.geometry[hard["kind"] == "urban_growth_boundary"].to_numpy())
    beyond = shapely.difference(frame, within)
    rows = []
    for key, item in zip(hard.index, hard.itertuples(), strict=True):
        outside = item.kind == "urban_growth_boundary"
        kind = "outside_growth_boundary" if outside else item.kind
        shape = beyond if outside else item.geometry
        source = ("hard_constraints", str(key), item.name or str(key))
        rows.append(_row(f"constraint:{key}", kind, source, lives[str(key)], np.nan, "", shape))
    return rows, []


def in_force(constraints: gpd.GeoDataFrame, on: date) -> gpd.GeoDataFrame:
    """The constraints that hold on a day."""
    day = pd.Timestamp(on)
    always = constraints["from_on"].isna() & (constraints["begins_with"] == "")
    begun = always | (constraints["from_on"] <= day)
    ended = constraints["until_on"] <= day
    return constraints[begun & ~ended]


def change_days(constraints: gpd.GeoDataFrame, as_of: date) -> list[date]:
    """``as_of`` and every later day on which a constraint begins or ends, ascending."""
    days = pd.concat([constraints["from_on"], constraints["until_on"]]).dropna().unique()
    return sorted({as_of} | {pd.Timestamp(day).date() for day in days if pd.Timestamp(day).date() > as_of})
