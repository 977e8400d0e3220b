"""Every rule kept, broken and unanswerable, on a parcel of 1 ha with one scheme."""

from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Polygon, box

from parcelplan import catalogue
from parcelplan.checks.rule_checks import check_rules, verdict_counts, verdict_text
from parcelplan.checks.rule_questions import PARCEL_CHECKS, SCHEME_CHECKS, division
from parcelplan.checks.verdicts import COLUMNS
from parcelplan.errors import ConfigError, CrsError
from parcelplan.land.capacity import scheme_capacity
from parcelplan.rules import RuleBook, RuleSet

CRS = "EPSG:4523"
DAY = date(2023, 12, 26)
SQUARE = box(0, 0, 100, 100)
PARCEL: dict[str, Any] = {
    "industry_code": "36",
    "far_min": 1.0,
    "far_max": 2.0,
    "building_coefficient_min": 0.40,
    "coverage_ratio_max": 0.50,
    "height_max_m": 24.0,
    "green_ratio_max": 0.10,
    "service_land_share_max": 0.07,
    "with_scheme": True,
    "term_years": 50,
}
SCHEME: dict[str, Any] = {
    "parcel_id": "P1",
    "industry_code": "36",
    "fixed_investment_wanyuan": 15 * 150.0,
    "annual_output_wanyuan": 15 * 158.0,
    "annual_tax_wanyuan": 15 * 5.87,
    "energy_tce_per_wanyuan": 0.03,
}
BUILT = [
    ("building", "production", "6;5;5", box(10, 10, 50, 90)),
    ("building", "office", "4;4;4", box(60, 10, 75, 30)),
    ("structure", None, None, box(60, 40, 80, 60)),
    ("yard", None, None, box(60, 60, 80, 80)),
    ("green", None, None, box(90, 0, 100, 100)),
]


def rules_on(day: date = DAY, *packs: str, extra: tuple[Path, ...] = ()) -> RuleSet:
    return RuleBook.load(packs or ["national", "chongqing", "baishiyi_illustrative"], extra).at(day)


def verdicts(
    parcel: dict[str, Any] | None = None,
    scheme: dict[str, Any] | None = None,
    built: list[tuple[str, str | None, str | None, Polygon]] | None = None,
    rules: RuleSet | None = None,
    **more: Any,
) -> pd.DataFrame:
    """Verdicts on the parcel with changes, indexed by rule."""
    rules = rules or rules_on()
    parcels = gpd.GeoDataFrame([PARCEL | (parcel or {})], geometry=[SQUARE], crs=CRS, index=pd.Index(["P1"]))
    schemes = pd.DataFrame([SCHEME | (scheme or {})], index=pd.Index(["S1"], name="scheme_id"))
    frame = pd.DataFrame(
        BUILT if built is None else built, columns=["kind", "use", "storey_heights_m", "geometry"]
    )
    features = gpd.GeoDataFrame(frame, geometry="geometry", crs=CRS).assign(scheme_id="S1")
    capacity = scheme_capacity(features, schemes, parcels.area, rules)
    net = more.pop("net_land", gpd.GeoSeries([SQUARE], index=["P1"], crs=CRS))
    return check_rules(parcels, schemes, capacity, rules, net_land=net, **more).set_index("rule")


def tower(heights: str, shape: Polygon = SQUARE) -> list[tuple[str, str | None, str | None, Polygon]]:
    return [("building", "production", heights, shape)]


def test_a_good_scheme_keeps_every_rule() -> None:
    found = verdicts()
    assert set(found["verdict"]) == {"ok"}
    assert len(found) == len(PARCEL_CHECKS) + len(SCHEME_CHECKS) - 1  # the smallest plot has lapsed
    assert list(found.reset_index().columns[1:]) == [name for name in COLUMNS if name != "rule"]
    assert (found["margin"] >= -1e-9).all()
    assert verdict_counts(found.reset_index()) == {"ok": len(found), "violated": 0, "unknown": 0}


BROKEN: list[tuple[str, dict[str, Any], float, float]] = [
    ("rule.condition_far_floor", {"parcel": {"far_min": 0.7}}, 0.7, 0.8),
    ("rule.condition_far_range", {"parcel": {"far_min": 2.1}}, 2.1, 2.0),
    ("rule.condition_building_coefficient", {"parcel": {"building_coefficient_min": 0.35}}, 0.35, 0.40),
    ("rule.condition_service_land", {"parcel": {"service_land_share_max": 0.08}}, 0.08, 0.07),
    ("rule.term", {"parcel": {"term_years": 51}}, 51, 50),
    ("rule.far_min", {"built": tower("6", box(0, 0, 90, 100))}, 0.9, 1.0),
    ("rule.far_max", {"built": tower("9;6", box(0, 0, 80, 100))}, 2.4, 2.0),
    ("rule.building_coefficient", {"built": tower("6;6", box(0, 0, 39, 100))}, 0.39, 0.40),
    ("rule.coverage", {"built": tower("6", box(0, 0, 51, 100))}, 0.51, 0.50),
    ("rule.height", {"built": tower("8;8;8.5", box(0, 0, 40, 100))}, 24.5, 24.0),
    ("rule.green_ratio", {"built": [*tower("6"), ("green", None, None, box(100, 0, 120, 100))]}, 0.20, 0.10),
    (
        "rule.service_land",
        {"built": [*BUILT, ("building", "service", "4", box(60, 82, 86, 98))]},
        0.0716,
        0.07,
    ),
    (
        "rule.service_floor",
        {"built": [*BUILT, ("building", "office", "4;4;4;4", box(60, 82, 85, 92))]},
        19 / 115,
        0.15,
    ),
    ("rule.inside_parcel", {"built": tower("6", box(60, 0, 110, 50))}, 500, 0),
    ("rule.on_net_land", {"net_land": gpd.GeoSeries([box(20, 0, 100, 100)], index=["P1"], crs=CRS)}, 800, 0),
    ("rule.investment", {"scheme": {"fixed_investment_wanyuan": 15 * 149.0}}, 149, 150),
    ("rule.output", {"scheme": {"annual_output_wanyuan": 15 * 157.0}}, 157, 158),
    ("rule.tax", {"scheme": {"annual_tax_wanyuan": 15 * 5.86}}, 5.86, 5.87),
    ("rule.energy", {"scheme": {"energy_tce_per_wanyuan": 0.031}}, 0.031, 0.03),
]


@pytest.mark.parametrize(("rule", "changes", "value", "limit"), BROKEN, ids=[item[0] for item in BROKEN])
def test_broken_rule_is_violated(rule: str, changes: dict[str, Any], value: float, limit: float) -> None:
    found = verdicts(**changes).loc[rule]
    assert found["verdict"] == "violated"
    assert found["value"] == pytest.approx(value)
    assert found["limit"] == pytest.approx(limit)
    assert found["margin"] == pytest.approx(-abs(value - limit))
    assert found["reason"] == f"{rule}.violated"


def test_every_check_is_broken_once() -> None:
    names = {f"rule.{check.__name__}" for check in (*PARCEL_CHECKS, *SCHEME_CHECKS)}
    assert names == {item[0] for item in BROKEN} | {"rule.parcel_area", "rule.scheme_present"}


MISSING: list[tuple[str, dict[str, Any], str, str]] = [
    ("rule.condition_far_floor", {"parcel": {"far_min": None}}, "value", "parcels.far_min"),
    ("rule.condition_far_floor", {"parcel": {"industry_code": "35"}}, "rule", "industry_code=35"),
    ("rule.condition_far_floor", {"parcel": {"industry_code": None}}, "rule", "far.industry_floor"),
    ("rule.condition_far_range", {"parcel": {"far_max": None}}, "condition", "parcels.far_max"),
    (
        "rule.condition_building_coefficient",
        {"parcel": {"building_coefficient_min": None}},
        "value",
        "parcels.b",
    ),
    ("rule.condition_service_land", {"parcel": {"service_land_share_max": None}}, "value", "parcels.service"),
    ("rule.term", {"parcel": {"term_years": None}}, "value", "parcels.term_years"),
    ("rule.far_min", {"built": tower("")}, "value", "scheme_features.storey_heights_m"),
    ("rule.far_min", {"parcel": {"far_min": None}, "scheme": {"industry_code": "35"}}, "rule", "code=35"),
    ("rule.far_max", {"parcel": {"far_max": None}}, "condition", "parcels.far_max"),
    ("rule.building_coefficient", {"built": []}, "value", "scheme_features"),
    ("rule.coverage", {"parcel": {"coverage_ratio_max": None}}, "condition", "parcels.coverage_ratio_max"),
    ("rule.height", {"built": tower("?")}, "value", "scheme_features.storey_heights_m"),
    ("rule.height", {"parcel": {"height_max_m": None}}, "condition", "parcels.height_max_m"),
    ("rule.green_ratio", {"parcel": {"green_ratio_max": None}}, "words", "green.ratio_max"),
    ("rule.service_land", {"built": [("building", None, "6", SQUARE)]}, "value", "scheme_features.use"),
    ("rule.service_floor", {"built": [("building", None, "6", SQUARE)]}, "value", "scheme_features.use"),
    ("rule.service_floor", {"rules": rules_on(date(2023, 6, 30))}, "rule", "service.floor_share_max"),
    ("rule.inside_parcel", {"built": []}, "value", "scheme_features"),
    ("rule.on_net_land", {"net_land": None}, "value", "net_land"),
    (
        "rule.on_net_land",
        {"net_land": gpd.GeoSeries([], index=pd.Index([], dtype="str"), crs=CRS)},
        "value",
        "scheme",
    ),
    (
        "rule.investment",
        {"scheme": {"fixed_investment_wanyuan": None}},
        "value",
        "schemes.fixed_investment_wanyuan",
    ),
    ("rule.investment", {"rules": rules_on(DAY, "national")}, "rule", "standard_land.investment_per_mu_min"),
    ("rule.output", {"scheme": {"annual_output_wanyuan": None}}, "value", "schemes.annual_output_wanyuan"),
    ("rule.tax", {"scheme": {"annual_tax_wanyuan": None}}, "value", "schemes.annual_tax_wanyuan"),
    ("rule.energy", {"rules": rules_on(DAY, "national")}, "rule", "standard_land.energy_max"),
    ("rule.parcel_area", {"rules": rules_on(DAY, "national")}, "rule", "parcel.min_area"),
]


@pytest.mark.parametrize(("rule", "changes", "reason", "needs"), MISSING)
def test_missing_figure_is_unknown_and_named(
    rule: str, changes: dict[str, Any], reason: str, needs: str
) -> None:
    found = verdicts(**changes).loc[rule]
    assert (found["verdict"], found["reason"]) == ("unknown", f"rule.unknown.{reason}")
    assert needs in found["params"]["needs"]
    for lang in catalogue.LANGUAGES:
        shown = verdict_text(found.to_dict() | {"rule": rule}, lang)
        assert reason == "words" or found["params"]["needs"] in shown


@pytest.mark.parametrize(
    ("day", "area_m2", "expected"),
    [
        (date(2021, 7, 31), 6_000.0, "unknown"),
        (date(2021, 8, 1), 6_000.0, "violated"),
        (date(2022, 12, 31), 6_000.0, "violated"),
        (date(2022, 12, 31), 10 * 10_000 / 15, "ok"),
        (date(2023, 1, 1), 6_000.0, None),
    ],
)
def test_smallest_plot_lapsed_at_the_end_of_2022(day: date, area_m2: float, expected: str | None) -> None:
    found = verdicts(rules=rules_on(day), area_m2=pd.Series({"P1": area_m2}))
    assert found["verdict"].to_dict().get("rule.parcel_area") == expected
    if expected == "violated":
        assert found.at["rule.parcel_area", "margin"] == pytest.approx(-1.0)  # 9 mu against 10


def test_parcel_without_its_scheme_is_unknown() -> None:
    parcels = gpd.GeoDataFrame([PARCEL, PARCEL | {"with_scheme": False}], geometry=[SQUARE, SQUARE], crs=CRS)
    parcels.index = pd.Index(["P1", "P2"])
    schemes = pd.DataFrame([SCHEME]).iloc[:0].rename_axis("scheme_id")
    features = gpd.GeoDataFrame(
        {"scheme_id": [], "kind": [], "use": [], "storey_heights_m": []}, geometry=[], crs=CRS
    )
    rules = rules_on()
    found = check_rules(parcels, schemes, scheme_capacity(features, schemes, parcels.area, rules), rules)
    row = found[found["rule"] == "rule.scheme_present"]
    assert row["parcel_id"].tolist() == ["P1"]
    assert row["verdict"].tolist() == ["unknown"]
    assert set(found["scheme_id"]) == {""}


def test_condition_goes_before_the_rule_book() -> None:
    by_condition = verdicts().loc["rule.building_coefficient"]
    by_rule = verdicts(parcel={"building_coefficient_min": None}).loc["rule.building_coefficient"]
    assert (by_condition["origin"], by_condition["document"]) == ("planning_condition", "")
    assert by_rule["origin"] == "rule_book"
    assert by_rule["document"].startswith("工业项目建设用地控制指标")
    assert by_rule["confidence"] == "M"


def test_text_names_clause_and_trust() -> None:
    found = verdicts(parcel={"far_min": None}, scheme={"annual_tax_wanyuan": 15 * 5.0})
    tax = found.loc["rule.tax"].to_dict() | {"rule": "rule.tax"}
    assert verdict_text(tax, "zh") == (
        "年税收 5 万元/亩，低于 5.87 万元/亩，差 0.87 万元/亩。"
        "依据：参照开州规资公〔2024〕661号 亩均税收。该指标仅为示例，不是官方数值。"
    )
    assert "illustrative" in verdict_text(tax, "en")
    far = found.loc["rule.far_min"].to_dict() | {"rule": "rule.far_min"}
    assert "second-hand" in verdict_text(far, "en")
    assert "规划条件" in verdict_text(found.loc["rule.height"].to_dict() | {"rule": "rule.height"}, "zh")


def test_share_is_shown_as_per_cent() -> None:
    found = verdicts(built=tower("6;6", box(0, 0, 39.5, 100))).reset_index()
    row = found[found["rule"] == "rule.building_coefficient"].iloc[0]
    assert "39.5%" in verdict_text(row, "zh")
    assert "by 0.5%" in verdict_text(row, "en")


@pytest.mark.parametrize(
    ("width", "expected"), [(50.0, "ok"), (50.0 + 1e-10, "ok"), (50.0 + 1e-6, "violated")]
)
def test_only_rounding_is_forgiven(width: float, expected: str) -> None:
    assert verdicts(built=tower("6", box(0, 0, width, 100))).at["rule.coverage", "verdict"] == expected


@pytest.mark.parametrize(("overhang_m", "expected"), [(0.002, "ok"), (0.01, "violated")])
def test_ground_is_forgiven_to_a_tenth_of_a_square_metre(overhang_m: float, expected: str) -> None:
    found = verdicts(built=tower("6", box(60, 0, 100 + overhang_m, 40)))
    assert found.at["rule.inside_parcel", "verdict"] == expected


def test_fully_blocked_parcel_leaves_no_net_land() -> None:
    found = verdicts(net_land=gpd.GeoSeries([Polygon()], index=["P1"], crs=CRS))
    assert found.at["rule.on_net_land", "value"] == pytest.approx(3200 + 300 + 400)


def own_pack(folder: Path, unit: str, value: float) -> Path:
    file = folder / "own.yaml"
    rule = "title_zh: 建筑系数\n    title_en: Building coefficient\n    direction: min"
    held = f"[{{from: 2023-01-01, value: {value}, document: 某区规定, confidence: V}}]"
    head = "pack: own\ntitle_zh: 自定\ntitle_en: Own\nrules:\n  building_coefficient.min:\n"
    file.write_text(f"{head}    {rule}\n    unit: {unit}\n    values: {held}\n", encoding="utf-8")
    return file


def test_limit_is_compared_in_its_own_unit(tmp_path: Path) -> None:
    rules = rules_on(DAY, "national", extra=(own_pack(tmp_path, "percent", 45),))
    found = verdicts(rules=rules).loc["rule.condition_building_coefficient"]
    assert (found["value"], found["limit"], found["unit"]) == (pytest.approx(40), 45, "percent")
    assert found["verdict"] == "violated"


def test_unit_of_another_kind_is_refused(tmp_path: Path) -> None:
    rules = rules_on(DAY, "national", extra=(own_pack(tmp_path, "m", 45),))
    with pytest.raises(ConfigError, match=r"unit m of the rule building_coefficient\.min"):
        verdicts(rules=rules)


def test_every_sentence_is_there_in_both_languages() -> None:
    found = pd.concat([verdicts(**changes).reset_index() for _, changes, *_ in (*BROKEN, *MISSING)])
    for check in (*PARCEL_CHECKS, *SCHEME_CHECKS):
        assert {catalogue.has(f"rule.{check.__name__}.{end}") for end in ("title", "ok", "violated")} == {
            True
        }
    for lang in catalogue.LANGUAGES:
        sentences = [verdict_text(row, lang) for _, row in found.iterrows()]
        assert not [sentence for sentence in sentences if "{" in sentence or "nan" in sentence]


def test_industry_code_is_read_as_division() -> None:
    codes = ["36", "C36", "3670", "C3670", " 36", "car", "", None]
    assert [division(code) for code in codes] == ["36"] * 5 + [None] * 3


def test_inputs_stay_and_row_order_is_irrelevant() -> None:
    rules = rules_on()
    parcels = gpd.GeoDataFrame(
        [PARCEL] * 2, geometry=[SQUARE, box(100, 0, 200, 100)], crs=CRS, index=["P2", "P1"]
    )
    schemes = pd.DataFrame(
        [SCHEME, SCHEME | {"parcel_id": "P2"}, SCHEME | {"parcel_id": "P9"}], index=["b", "a", "c"]
    )
    frame = gpd.GeoDataFrame(
        pd.DataFrame(BUILT, columns=["kind", "use", "storey_heights_m", "geometry"]), crs=CRS
    )
    capacity = scheme_capacity(frame.assign(scheme_id="a"), schemes, parcels.area, rules)
    before = [item.copy(deep=True) for item in (parcels, schemes, capacity)]
    found = check_rules(parcels, schemes, capacity, rules)
    for item, old in zip((parcels, schemes, capacity), before, strict=True):
        pd.testing.assert_frame_equal(pd.DataFrame(item), pd.DataFrame(old))
    assert found["parcel_id"].drop_duplicates().tolist() == ["P2", "P1"]
    assert set(found["scheme_id"]) == {"", "a", "b"}
    turned = check_rules(parcels[::-1], schemes[::-1], capacity[::-1], rules)
    keys = ["parcel_id", "scheme_id", "rule"]
    columns = [*keys, "value", "limit", "verdict", "margin"]
    pd.testing.assert_frame_equal(
        found[columns].sort_values(keys, ignore_index=True),
        turned[columns].sort_values(keys, ignore_index=True),
    )


def test_degrees_are_refused() -> None:
    rules = rules_on()
    schemes = pd.DataFrame([SCHEME], index=["S1"])
    parcels = gpd.GeoDataFrame([PARCEL], geometry=[SQUARE], crs=CRS, index=["P1"])
    features = gpd.GeoDataFrame(
        {"scheme_id": [], "kind": [], "use": [], "storey_heights_m": []}, geometry=[], crs=CRS
    )
    capacity = scheme_capacity(features, schemes, parcels.area, rules)
    with pytest.raises(CrsError, match="parcels"):
        check_rules(parcels.to_crs("EPSG:4490"), schemes, capacity, rules)
