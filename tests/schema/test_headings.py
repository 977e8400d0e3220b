"""Headings: which column, in which unit, one end or both."""

import pytest

from parcelplan import schema
from parcelplan.schema.headings import match, understand

PARCELS = schema.table("parcels")


def understood(*headings, table="parcels"):
    return understand(headings, schema.table(table))


@pytest.mark.parametrize(
    ("heading", "column", "unit"),
    [
        ("parcel_id", "parcel_id", ""),
        ("宗地编号", "parcel_id", ""),
        ("＊宗地 编号：", "parcel_id", ""),
        ("dkbh", "parcel_id", ""),
        ("面积（亩）", "declared_area_mu", ""),
        ("面积(亩)", "declared_area_mu", ""),
        ("面积\n（亩）", "declared_area_mu", ""),
        ("面积（单位：亩）", "declared_area_mu", ""),
        ("面积_亩", "declared_area_mu", ""),
        ("面积/亩", "declared_area_mu", ""),
        ("面积（公顷）", "declared_area_mu", "ha"),
        ("出让面积（hm²）", "declared_area_mu", "ha"),
        ("面积（平方米）", "declared_area_m2", ""),
        ("用地面积（㎡）", "declared_area_m2", ""),
        ("用地面积[m2]", "declared_area_m2", ""),
        ("建筑限高（米）", "height_max_m", ""),
        ("建筑密度（%）", "coverage_ratio_max", "percent"),
        ("规划条件·容积率·上限", "far_max", ""),
        ("规划条件·绿地率", "green_ratio_max", ""),
        ("Declared area (mu)", "declared_area_mu", ""),
    ],
)
def test_a_heading_finds_its_column_and_unit(heading, column, unit):
    found = match(heading, PARCELS)
    assert found.columns == (column,)
    assert found.unit == unit


@pytest.mark.parametrize(("table", "heading", "column", "unit"), [
    ("power_lines", "电压（V）", "voltage_kv", "V"),
    ("roads", "红线宽度（km）", "width_m", "km"),
    ("works", "工期（天）", "duration_likely_days", ""),
    ("schemes", "固定资产投资（亿元）", "fixed_investment_wanyuan", "亿元"),
    ("schemes", "单位能耗（千克标煤/万元）", "energy_tce_per_wanyuan", "kgce/万元"),
    ("targets", "产值（亿元）", "output_wanyuan", "亿元"),
])  # fmt: skip
def test_units_of_other_tables(table, heading, column, unit):
    found = match(heading, schema.table(table))
    assert (found.columns, found.unit) == ((column,), unit)


def test_one_heading_for_both_ends():
    meaning = understood("容积率", "FAR")
    assert meaning.ranges == {"容积率": ("far_min", "far_max", ""), "FAR": ("far_min", "far_max", "")}
    assert meaning.renames == {}


def test_the_better_of_two_headings_is_taken_and_the_other_named():
    meaning = understood("序号", "任务编号", "工作内容", table="works")
    assert meaning.renames == {"任务编号": "work_id", "工作内容": "name"}
    assert [(item.code, item.value, item.params["taken"]) for item in meaning.findings] == [
        ("schema.two_headings", "序号", "任务编号")
    ]


@pytest.mark.parametrize(
    "headings", [("PHASE", "phase"), ("phase", "PHASE"), ("期", "phase"), ("phase", "分期")]
)
def test_the_name_itself_is_never_doubled(headings):
    assert understood(*headings).renames == {"phase": "phase"}


def test_an_area_without_a_unit_is_not_guessed():
    meaning = understood("地块编号", "面积")
    assert meaning.renames == {"地块编号": "parcel_id"}
    (found,) = meaning.findings
    assert (found.code, found.value) == ("schema.unit_missing", "面积")
    assert "mu, m²" in found.message("en")


def test_a_unit_of_another_kind_is_refused():
    meaning = understood("单位能耗（万元/吨标煤）", table="schemes")
    assert meaning.renames == {}
    assert [item.code for item in meaning.findings] == ["schema.unit_unfit"]


def test_unknown_headings_are_named_together():
    (found,) = understood("地块编号", "坐落", "权利人").findings
    assert (found.code, found.value, found.params) == ("schema.unknown_columns", "坐落、权利人", {"count": 2})


@pytest.mark.parametrize("name", [*schema.layer_names(), *schema.table_names()])
def test_every_name_of_a_column_leads_to_it(name):
    """No alias hides another column's; only the two ends of a range share their headings."""
    spec = schema.table(name)
    for column in spec.columns:
        for heading in (column.name, column.label_zh, *column.aliases, column.label_en):
            found = match(heading, spec)
            assert column.name in found.columns, heading
            assert found.unit == "", heading
            ends = [spec.by_name[end].end for end in found.columns]
            assert len(ends) == 1 or ends == ["low", "high"]


def test_what_the_user_says_goes_first_and_keeps_its_unit():
    columns = {"declared_area_mu": "实测（公顷）", "far_max": "容积率"}
    meaning = understand(["面积（亩）", "实测（公顷）", "容积率"], PARCELS, columns)
    assert meaning.renames == {"实测（公顷）": "declared_area_mu", "容积率": "far_max"}
    assert meaning.units == {"declared_area_mu": "ha"}
    assert meaning.ranges == {}
    assert {item.code for item in meaning.findings} == {"schema.two_headings", "schema.unit_converted"}


def test_a_column_that_the_user_replaces_steps_aside():
    meaning = understand(["phase", "批次"], PARCELS, {"phase": "批次"})
    assert meaning.renames == {"phase": "phase.1", "批次": "phase"}
