"""A study small enough to check in the head: three squares of 100 m, 15 mu each, and two works.

P1 (phase 1) is net land from the start and is transferred on 2024-03-01. P2 (phase 2) lies half under a line
that W1 buries by 2024-06-30, and is transferred on 2024-09-02. P3 (phase 2) lies whole in basic farmland and
is never transferred. Phase 1 was announced for December 2023, phase 2 for 2024-06; phase 3 has neither land
nor date.
"""

from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from shapely import Polygon, box

from parcelplan import schema
from parcelplan.dates import StatutoryClock
from parcelplan.findings import Finding, Findings
from parcelplan.plan import Plan, PlannedTransfer, Unplanned, WaitedFor
from parcelplan.planning import PlanningProblem, build_problem
from parcelplan.planning.conflicts.relaxations import Relaxation
from parcelplan.planning.risk import Risk
from parcelplan.site import Site, SiteConfig
from parcelplan.study import study_risk

CRS = "EPSG:4523"
EAST, NORTH = 35_632_800.0, 3_263_200.0
AS_OF = date(2023, 12, 26)
CLOCK = StatutoryClock(notice_days=20, listing_days=10, result_working_days=10)
NAMES = ["P1", "P2", "P3"]


def square(column: int, width: float = 100.0) -> Polygon:
    """The column-th square from the west, or its western part."""
    west = EAST + 100.0 * column
    return box(west, NORTH, west + width, NORTH + 100.0)


def days(*values: str | None) -> pd.Series:
    return pd.to_datetime(pd.Series(values, dtype=object))


@dataclass(frozen=True, kw_only=True)
class SmallStudy:
    site: Site
    rules: Any = None
    clock: StatutoryClock = field(default_factory=lambda: CLOCK)
    schedule: pd.DataFrame
    constraints: gpd.GeoDataFrame
    developable: gpd.GeoDataFrame
    developable_final: gpd.GeoDataFrame
    developable_by_date: pd.DataFrame
    curve: pd.DataFrame
    gates: pd.DataFrame = field(default_factory=pd.DataFrame)
    readiness: pd.DataFrame
    verdicts: pd.DataFrame
    problem: PlanningProblem
    plan: Plan
    findings: Findings = field(default_factory=Findings)
    announced_findings: Findings = field(default_factory=Findings)
    relaxations: tuple[Relaxation, ...] = ()

    @cached_property
    def risk(self) -> Risk:
        return study_risk(self)


def small_site(name: str = "白市驿 & Co <b>") -> Site:
    parcels = gpd.GeoDataFrame(
        {
            "parcel_id": NAMES,
            "name": ["一号地", name, "三号地"],
            "phase": [1, 2, 2],
            "declared_area_mu": [15.0, 15.0, 15.0],
            "far_min": [1.0, 1.2, None],
            "far_max": [2.0, 2.5, None],
        },
        geometry=[square(k) for k in range(3)],
        crs=CRS,
    )
    announced = pd.DataFrame(
        {
            "row_id": ["R1", "R2", "R3"],
            "row_type": ["transfer"] * 3,
            "phase": [1, 2, 3],
            "due_text": ["2023年12月", "2024年6月", "综合决策"],
            "due_from": ["2023-12-01", "2024-06-01", None],
            "due_until": ["2023-12-31", "2024-06-30", None],
            "sentence": ["2023年内出让第一期用地75亩。", "2024年6月出让第二期。", "综合决策第三期出让时间。"],
        }
    )
    config = SiteConfig.model_validate(
        {
            "id": "small",
            "name": {"zh": "小园区", "en": "Small park"},
            "crs": CRS,
            "as_of": AS_OF,
            "horizon_end": date(2025, 12, 31),
            "declared_area_mu": 45.0,
            "note": {"zh": "数据为示意。", "en": "The data are made up."},
            "document": {"title": {"zh": "方案", "en": "Scheme"}, "number": "〔2023〕28号"},
            "scenario": "annex",
            "scenarios": {"annex": {"label": {"zh": "附件口径", "en": "Annex reading"}}},
            "layers": {"parcels": {"file": "x.gpkg"}},
            "phases": {1: {"name": {"zh": "一期", "en": "Phase one"}}},
        }
    )
    return Site(
        folder=Path("small"),
        config=config,
        scenario="annex",
        lang="zh",
        layers={"parcels": schema.conform(parcels, "parcels")[0]},
        tables={"announced": schema.conform(announced, "announced")[0]},
        findings=Findings(),
    )


def _schedule() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "kind": ["line_undergrounding", "road"],
            "name": ["高压线下地", "道路建设"],
            "lead": ["城市建设集团", "城市建设集团"],
            "responsible": ["", ""],
            "start_on": days("2024-01-01", "2024-07-01").to_numpy(),
            "ends_on": days("2024-06-30", "2025-12-31").to_numpy(),
            "forecast_on": days("2024-05-31", "2026-01-30").to_numpy(),
            "due_on": days("2024-06-30", "2025-12-31").to_numpy(),
            "state": ["open", "open"],
            "driver": ["due", "due"],
            "late_days": [0, 30],
            "progress": [0.5, 0.0],
            "predecessors": ["", "W1"],
        },
        index=pd.Index(["W1", "W2"], name="work_id"),
    )


def _constraints() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "kind": ["power_corridor", "basic_farmland"],
            "source_layer": ["power_lines", "hard_constraints"],
            "source_id": ["L1", "F1"],
            "label": ["220 kV", "基本农田"],
            "from_on": days(None, None).to_numpy(),
            "until_on": days("2024-07-01", None).to_numpy(),
            "begins_with": ["", ""],
            "cleared_by": ["W1", ""],
            "distance_m": [15.0, float("nan")],
            "clause": ["§5", "§33"],
        },
        geometry=[square(1, 50.0), square(2)],
        crs=CRS,
        index=pd.Index(["C1", "C2"], name="constraint_id"),
    )


def _developable(*free_m2: float) -> gpd.GeoDataFrame:
    shapes = [
        Polygon() if free == 0 else square(k).difference(square(k, 100.0 - free / 100.0))
        for k, free in enumerate(free_m2)
    ]
    return gpd.GeoDataFrame(
        {
            "area_m2": 10_000.0,
            "blocked_m2": [10_000.0 - free for free in free_m2],
            "developable_m2": list(free_m2),
            "pieces": [int(free > 0) for free in free_m2],
            "largest_piece_m2": list(free_m2),
        },
        geometry=shapes,
        crs=CRS,
        index=pd.Index(NAMES, name="parcel_id"),
    )


def _by_date() -> pd.DataFrame:
    frees = {"2023-12-26": [1e4, 5e3, 0.0], "2024-07-01": [1e4, 1e4, 0.0]}
    rows = [
        {"parcel_id": parcel, "on": pd.Timestamp(on), "blocked_m2": 1e4 - free, "developable_m2": free}
        for on, values in frees.items()
        for parcel, free in zip(NAMES, values, strict=True)
    ]
    return pd.DataFrame(rows)


def _curve() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "area_m2": [3e4, 3e4],
            "developable_m2": [1.5e4, 2e4],
            "blocked_m2": [1.5e4, 1e4],
            "blocked_m2_power_corridor": [5e3, 0.0],
            "blocked_m2_basic_farmland": [1e4, 1e4],
        },
        index=pd.DatetimeIndex(["2023-12-26", "2024-07-01"], name="on"),
    )


def _readiness() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "phase": [1, 2, 2],
            "area_m2": 10_000.0,
            "stage": ["net_land", "encumbered", "barred"],
            "ready_on": days("2023-12-26", "2024-07-01", None).to_numpy(),
            "blocking": ["", "W1", ""],
            "last_gate": ["", "power", "hard"],
            "last_work": ["", "W1", ""],
            "chain": ["", "W1", ""],
        },
        index=pd.Index(NAMES, name="parcel_id"),
    )


def _verdicts() -> pd.DataFrame:
    common = {"scheme_id": "", "unit": "ratio", "direction": "min", "document": "国土资发〔2008〕24号"}
    common |= {"clause": "第四条", "confidence": "V", "illustrative": False, "origin": "rule_book"}
    far = {"rule": "rule.far_min", "limit": 0.8, "params": {}}
    kept = {"parcel_id": "P1", "value": 1.0, "verdict": "ok", "margin": 0.2, "reason": "rule.far_min.ok"}
    low = {"parcel_id": "P2", "value": 0.6, "verdict": "violated", "margin": -0.2}
    low |= {"reason": "rule.far_min.violated"}
    open_ = {"parcel_id": "P2", "rule": "rule.building_coefficient", "value": None, "limit": 0.4}
    open_ |= {"verdict": "unknown", "margin": None, "reason": "rule.unknown.value"}
    open_ |= {"params": {"needs": "scheme_features"}}
    return pd.DataFrame([common | row for row in (far | kept, far | low, open_)])


def _transfer(
    parcel_id: str, phase: int, ready: date, notice: date, transfer: date, **kwargs: Any
) -> PlannedTransfer:
    return PlannedTransfer(
        parcel_id=parcel_id,
        phase=phase,
        batch=f"{phase}-1",
        area_m2=10_000.0,
        ready_on=ready,
        notice_on=notice,
        listing_on=notice,
        transfer_on=transfer,
        result_on=transfer,
        **kwargs,
    )


def _plan() -> Plan:
    first = _transfer("P1", 1, AS_OF, date(2024, 1, 30), date(2024, 3, 1))
    waited = WaitedFor(kind="gate", subject="W1")
    second = _transfer("P2", 2, date(2024, 7, 1), date(2024, 8, 1), date(2024, 9, 2), waited_for=waited)
    unplanned = Unplanned(parcel_id="P3", phase=2, area_m2=10_000.0, reason="unplanned.never_ready")
    return Plan(
        as_of=AS_OF,
        status="optimal",
        transfers=(first, second),
        unplanned=(unplanned,),
        objective=10_000.0 * (66 + 251),
        bound=10_000.0 * (66 + 251),
        solve_s=0.25,
    )


def small_study(name: str = "白市驿 & Co <b>") -> SmallStudy:
    return SmallStudy(
        site=small_site(name),
        schedule=_schedule(),
        constraints=_constraints(),
        developable=_developable(10_000.0, 5_000.0, 0.0),
        developable_final=_developable(10_000.0, 10_000.0, 0.0),
        developable_by_date=_by_date(),
        curve=_curve(),
        readiness=_readiness(),
        verdicts=_verdicts(),
        problem=build_problem(_readiness(), small_site(name).config, CLOCK),
        plan=_plan(),
        announced_findings=Findings([Finding(code="site.missing_column")][:0]),
    )


def bare(study: SmallStudy) -> SmallStudy:
    """The same land with nothing but parcels: no works, constraints, announced plan or verdicts."""
    land = study.site.parcels
    curve = study.curve[["area_m2"]].iloc[:1].assign(developable_m2=3e4, blocked_m2=0.0)
    ready = study.readiness.assign(ready_on=pd.Timestamp(AS_OF), stage="net_land", last_work="", blocking="")
    return replace(
        study,
        site=replace(study.site, tables={}, layers={"parcels": land}),
        schedule=study.schedule.iloc[:0],
        constraints=study.constraints.iloc[:0],
        curve=curve,
        readiness=ready,
        verdicts=study.verdicts.iloc[:0],
        plan=replace(study.plan, unplanned=()),
        findings=Findings(),
    )
