"""The questions that rule checks ask: one function, one code, each a value held against a limit."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from parcelplan.checks.verdicts import Limit, Question, condition_limit, first_given, questions, rule_limit
from parcelplan.rules import RuleSet
from parcelplan.units import YUAN_PER_WANYUAN


@dataclass(frozen=True, kw_only=True)
class Case:
    """All that the checks look at; ``schemes`` also carries the columns of its parcel and its capacity."""

    parcels: gpd.GeoDataFrame
    schemes: gpd.GeoDataFrame
    rules: RuleSet
    net_land: gpd.GeoSeries | None
    industry_scheme: str
    ground_noise_m2: float


def column_of(frame: pd.DataFrame, name: str) -> pd.Series:
    """A column, or one of unknowns where the frame does not have it."""
    return frame[name] if name in frame else pd.Series(np.nan, index=frame.index, dtype=float)


def division(code: Any) -> str | None:
    """Two-digit division of an industry code; None where the code is missing or has none.

    Examples
    --------
    >>> division("C3670"), division("36"), division(None)
    ('36', '36', None)
    """
    found = re.match(r"\s*[A-T]?(\d{2})", str(code)) if pd.notna(code) else None
    return found.group(1) if found else None


def _ask(
    rule: str,
    subjects: pd.DataFrame,
    values: pd.Series,
    limits: list[Limit],
    *,
    needs: str,
    dimension: str = "ratio",
    noise: float = 0.0,
) -> list[Question]:
    template = Question(
        rule=rule, parcel_id="", value=math.nan, needs=needs, limit=Limit(), dimension=dimension, noise=noise
    )
    return questions(template, values, limits, subjects)


def _conditions(
    frame: pd.DataFrame, column: str, direction: Literal["min", "max"], unit: str = "ratio"
) -> list[Limit]:
    return [
        condition_limit(value, column, direction, unit)
        for value in column_of(frame, column).to_numpy(dtype=float)
    ]


def _industry_floors(case: Case, frame: pd.DataFrame) -> list[Limit]:
    codes = [division(code) for code in column_of(frame, "industry_code")]
    floors = {
        code: rule_limit(
            case.rules, "far.industry_floor", "min", industry_scheme=case.industry_scheme, industry_code=code
        )
        for code in set(codes)
    }
    return [floors[code] for code in codes]


def _same(limit: Limit, frame: pd.DataFrame) -> list[Limit]:
    return [limit] * len(frame)


def _or_rule(case: Case, column: str, direction: Literal["min", "max"], rule_id: str) -> list[Limit]:
    """Planning condition of each scheme's parcel, and the rule book where it gives none."""
    rule = rule_limit(case.rules, rule_id, direction)
    return [first_given(limit, rule) for limit in _conditions(case.schemes, column, direction)]


# --- planning conditions against the rule book ---


def condition_far_floor(case: Case) -> list[Question]:
    """The lowest FAR of the condition is not below the floor of the industry."""
    value = column_of(case.parcels, "far_min")
    floors = _industry_floors(case, case.parcels)
    return _ask("rule.condition_far_floor", case.parcels, value, floors, needs="parcels.far_min")


def condition_far_range(case: Case) -> list[Question]:
    """The lowest FAR of the condition is not above its highest."""
    limits = _conditions(case.parcels, "far_max", "max")
    value = column_of(case.parcels, "far_min")
    return _ask("rule.condition_far_range", case.parcels, value, limits, needs="parcels.far_min")


def condition_building_coefficient(case: Case) -> list[Question]:
    """The building coefficient of the condition is not below the rule's."""
    limits = _same(rule_limit(case.rules, "building_coefficient.min", "min"), case.parcels)
    value = column_of(case.parcels, "building_coefficient_min")
    needs = "parcels.building_coefficient_min"
    return _ask("rule.condition_building_coefficient", case.parcels, value, limits, needs=needs)


def condition_service_land(case: Case) -> list[Question]:
    """The service land that the condition admits is not above the rule's."""
    limits = _same(rule_limit(case.rules, "service.land_share_max", "max"), case.parcels)
    value = column_of(case.parcels, "service_land_share_max")
    needs = "parcels.service_land_share_max"
    return _ask("rule.condition_service_land", case.parcels, value, limits, needs=needs)


def term(case: Case) -> list[Question]:
    """The term is not longer than industrial land may have."""
    limits = _same(rule_limit(case.rules, "term.industrial_max_years", "max", "year"), case.parcels)
    value = column_of(case.parcels, "term_years")
    return _ask("rule.term", case.parcels, value, limits, needs="parcels.term_years", dimension="years")


def parcel_area(case: Case) -> list[Question]:
    """The parcel is not smaller than a project's plot may be; nothing to ask once that rule has lapsed."""
    if case.rules.lapsed("parcel.min_area"):
        return []
    limits = _same(rule_limit(case.rules, "parcel.min_area", "min", "mu"), case.parcels)
    value = case.parcels["area_m2"]
    return _ask("rule.parcel_area", case.parcels, value, limits, needs="parcels.geometry", dimension="area")


def scheme_present(case: Case) -> list[Question]:
    """A parcel that is transferred with a scheme has one."""
    bound = case.parcels[column_of(case.parcels, "with_scheme").eq(1).fillna(value=False).astype(bool)]
    counts = case.schemes.groupby("parcel_id").size().reindex(bound.index)
    limits = _same(Limit(value=1.0, unit="count", direction="min", origin="planning_condition"), bound)
    return _ask("rule.scheme_present", bound, counts, limits, needs="schemes.parcel_id", dimension="count")


# --- schemes ---

STOREYS = "scheme_features.storey_heights_m"
GROUND = "scheme_features"


def far_min(case: Case) -> list[Question]:
    """The scheme's FAR reaches the condition's lowest, or the floor of the industry."""
    conditions = _conditions(case.schemes, "far_min", "min")
    floors = _industry_floors(case, case.schemes)
    limits = [first_given(*pair) for pair in zip(conditions, floors, strict=True)]
    return _ask("rule.far_min", case.schemes, case.schemes["far"], limits, needs=STOREYS)


def far_max(case: Case) -> list[Question]:
    """The scheme's FAR does not pass the condition's highest."""
    return _ask(
        "rule.far_max",
        case.schemes,
        case.schemes["far"],
        _conditions(case.schemes, "far_max", "max"),
        needs=STOREYS,
    )


def building_coefficient(case: Case) -> list[Question]:
    """Buildings, structures and yards cover enough of the land."""
    limits = _or_rule(case, "building_coefficient_min", "min", "building_coefficient.min")
    value = case.schemes["building_coefficient"]
    return _ask("rule.building_coefficient", case.schemes, value, limits, needs=GROUND)


def coverage(case: Case) -> list[Question]:
    """Buildings do not cover more of the land than the condition admits."""
    limits = _conditions(case.schemes, "coverage_ratio_max", "max")
    return _ask("rule.coverage", case.schemes, case.schemes["coverage_ratio"], limits, needs=GROUND)


def height(case: Case) -> list[Question]:
    """The tallest building keeps the height limit."""
    limits = _conditions(case.schemes, "height_max_m", "max", "m")
    return _ask(
        "rule.height", case.schemes, case.schemes["height_m"], limits, needs=STOREYS, dimension="length"
    )


def green_ratio(case: Case) -> list[Question]:
    """Green space keeps the condition; the national rule has words alone, which a person must judge."""
    limits = _or_rule(case, "green_ratio_max", "max", "green.ratio_max")
    return _ask("rule.green_ratio", case.schemes, case.schemes["green_ratio"], limits, needs=GROUND)


def service_land(case: Case) -> list[Question]:
    """Offices and services do not take more land than the condition, or the rule, admits."""
    limits = _or_rule(case, "service_land_share_max", "max", "service.land_share_max")
    value = case.schemes["service_land_share"]
    return _ask("rule.service_land", case.schemes, value, limits, needs="scheme_features.use")


def service_floor(case: Case) -> list[Question]:
    """Offices and services do not take more floor area than the rule admits."""
    limits = _same(rule_limit(case.rules, "service.floor_share_max", "max"), case.schemes)
    value = case.schemes["service_gfa_share"]
    return _ask("rule.service_floor", case.schemes, value, limits, needs=f"{STOREYS}, scheme_features.use")


def inside_parcel(case: Case) -> list[Question]:
    """Buildings and structures stand on their own parcel: m² outside it."""
    outside = shapely.difference(_footprints(case), _parcel_shapes(case))
    return _ground_question("rule.inside_parcel", case, shapely.area(outside), GROUND)


def on_net_land(case: Case) -> list[Question]:
    """Buildings and structures stand on net land: m² of them in blocked land."""
    if case.net_land is None:
        return _ground_question("rule.on_net_land", case, np.full(len(case.schemes), np.nan), "net_land")
    free = case.net_land.reindex(case.schemes["parcel_id"])
    inside = shapely.intersection(_footprints(case), _parcel_shapes(case))
    blocked = shapely.area(shapely.difference(inside, free.to_numpy()))
    return _ground_question("rule.on_net_land", case, np.where(free.isna(), np.nan, blocked), GROUND)


def _ground_question(rule: str, case: Case, square_metres: np.ndarray, needs: str) -> list[Question]:
    drawn = case.schemes["footprint_m2"].notna()
    values = pd.Series(square_metres, index=case.schemes.index, dtype=float).where(drawn)
    limits = _same(Limit(value=0.0, unit="m2", direction="max", origin="rule_book"), case.schemes)
    noise = case.ground_noise_m2
    return _ask(rule, case.schemes, values, limits, needs=needs, dimension="area", noise=noise)


def _footprints(case: Case) -> np.ndarray:
    return np.asarray(case.schemes.geometry.to_numpy())


def _parcel_shapes(case: Case) -> np.ndarray:
    return np.asarray(case.parcels.geometry.reindex(case.schemes["parcel_id"]).to_numpy())


def _per_land(case: Case, rule: str, column: str, rule_id: str) -> list[Question]:
    """Money of the scheme on its land, in yuan/m², against a standard-land threshold."""
    value = column_of(case.schemes, column) * YUAN_PER_WANYUAN / case.schemes["area_m2"]
    limits = _same(rule_limit(case.rules, rule_id, "min", "wanyuan/mu"), case.schemes)
    return _ask(rule, case.schemes, value, limits, needs=f"schemes.{column}", dimension="yuan_per_m2")


def investment(case: Case) -> list[Question]:
    """Fixed investment on the land reaches the standard-land threshold."""
    return _per_land(
        case, "rule.investment", "fixed_investment_wanyuan", "standard_land.investment_per_mu_min"
    )


def output(case: Case) -> list[Question]:
    """Yearly output on the land reaches the standard-land threshold."""
    return _per_land(case, "rule.output", "annual_output_wanyuan", "standard_land.output_per_mu_min")


def tax(case: Case) -> list[Question]:
    """Yearly tax on the land reaches the standard-land threshold."""
    return _per_land(case, "rule.tax", "annual_tax_wanyuan", "standard_land.tax_per_mu_min")


def energy(case: Case) -> list[Question]:
    """Energy per output keeps the standard-land threshold; in tce/万元 lower is better."""
    value = column_of(case.schemes, "energy_tce_per_wanyuan") / YUAN_PER_WANYUAN
    limits = _same(rule_limit(case.rules, "standard_land.energy_max", "max", "tce/wanyuan"), case.schemes)
    needs = "schemes.energy_tce_per_wanyuan"
    return _ask("rule.energy", case.schemes, value, limits, needs=needs, dimension="tce_per_yuan")


PARCEL_CHECKS: tuple[Callable[[Case], list[Question]], ...] = (
    condition_far_floor,
    condition_far_range,
    condition_building_coefficient,
    condition_service_land,
    term,
    parcel_area,
    scheme_present,
)
SCHEME_CHECKS: tuple[Callable[[Case], list[Question]], ...] = (
    far_min,
    far_max,
    building_coefficient,
    coverage,
    height,
    green_ratio,
    service_land,
    service_floor,
    inside_parcel,
    on_net_land,
    investment,
    output,
    tax,
    energy,
)
