"""The registry, and frames brought into its form."""

import geopandas as gpd
import pandas as pd
import pytest

from parcelplan import schema
from parcelplan.schema import conform
from tests.builders import frame, row_of_parcels, square, works


def codes(findings):
    return [(item.code, item.feature_id, item.field) for item in findings]


def test_the_registry_is_whole():
    assert (len(schema.layer_names()), len(schema.table_names())) == (10, 9)
    for table in schema.tables().values():
        assert table.geometry in {None, "point", "line", "polygon"}
        assert (table.label("zh"), table.label("en")) != ("", "")
        assert table.keyed == (table.name not in {"crews", "closures", "alternatives"})
        assert table.columns[0].required
        for column in table.columns:
            assert column.dtype in {"str", "int", "float", "bool", "date"}, column
            assert column.label_zh
            assert column.label_en


def test_chinese_headings_and_aliases_find_their_column():
    raw = frame([square(0)], 宗地编号=["A1"], 期=["2"], 容积率上限=["2.5"], 备注=["x"])
    parcels, findings = conform(raw, "parcels")
    assert codes(findings) == [("schema.unknown_columns", "", "")]
    assert "备注" in findings[0].message("en")
    assert parcels.loc["A1", "phase"] == 2
    assert parcels.loc["A1", "far_max"] == 2.5
    assert parcels.loc["A1", "备注"] == "x"
    assert parcels.crs == raw.crs


def test_a_missing_column_is_named_once():
    _, findings = conform(frame([square(0), square(1)], parcel_id=["A", "B"]), "parcels")
    assert codes(findings) == [("schema.missing_column", "", "phase")]
    assert "phase" in findings[0].message("en")
    assert "phase" in findings[0].message("zh")


def test_every_kind_of_mistake_is_collected_with_its_place():
    raw = frame(
        [square(n) for n in range(4)],
        parcel_id=["A", "A", None, "D"],
        phase=["1", "x", "0", None],
        coverage_ratio_max=[0.5, 40, None, 0.5],
    )
    _, findings = conform(raw, "parcels")
    assert set(codes(findings)) == {
        ("schema.unreadable_value", "A", "phase"),
        ("schema.outside_domain", "#3", "phase"),
        ("schema.missing_value", "D", "phase"),
        ("schema.missing_value", "#3", "parcel_id"),
        ("schema.outside_domain", "A", "coverage_ratio_max"),
        ("schema.repeated_id", "A", "parcel_id"),
    }


def test_a_choice_outside_the_domain():
    _, findings = conform(works({"work_id": "W1", "kind": "bridge"}), "works")
    assert codes(findings) == [("schema.outside_domain", "W1", "kind")]
    assert "line_undergrounding" in findings[0].message("en")


def test_dates_numbers_and_flags_get_their_type():
    table, findings = conform(works({"work_id": "W1", "due_on": "2024-06-30", "progress": "0.5"}), "works")
    assert not findings
    assert table.loc["W1", "due_on"] == pd.Timestamp(2024, 6, 30)
    assert table.loc["W1", "progress"] == 0.5
    assert table.loc["W1", "lead"] == ""
    assert pd.isna(table.loc["W1", "duration_likely_days"])


def test_numeric_ids_stay_as_they_were_written():
    parcels, _ = conform(frame([square(0), square(1)], parcel_id=[101.0, 102.0], phase=[1, 1]), "parcels")
    assert parcels.index.tolist() == ["101", "102"]


def test_the_input_is_not_changed_and_the_order_kept():
    raw = row_of_parcels(3).iloc[::-1]
    before = raw.copy(deep=True)
    parcels, _ = conform(raw, "parcels")
    assert parcels.index.tolist() == ["P3", "P2", "P1"]
    assert raw.equals(before)
    assert isinstance(parcels, gpd.GeoDataFrame)


@pytest.mark.parametrize("word", ["是", "1", "True", "yes"])
def test_words_for_yes(word):
    parcels, findings = conform(frame([square(0)], parcel_id=["A"], phase=[1], with_scheme=[word]), "parcels")
    assert not findings
    assert parcels.loc["A", "with_scheme"]


def test_what_site_toml_says_of_columns_is_heeded_with_its_unit():
    raw = frame([square(0)], 编号甲=["A"], 批次=["2"], **{"实测（公顷）": ["1"]})
    columns = {"parcel_id": "编号甲", "phase": "批次", "declared_area_mu": "实测（公顷）"}
    parcels, findings = conform(raw, "parcels", columns=columns)
    assert parcels.loc["A", ["phase", "declared_area_mu"]].tolist() == [2, 15.0]
    assert codes(findings) == [("schema.unit_converted", "", "declared_area_mu")]


def test_defaults_stand_in_for_what_is_not_there_under_any_heading():
    raw = frame([square(0)], 地块编号=["A"], 期=["二期"], 容积率=["≥1.0"])
    parcels, findings = conform(raw, "parcels", defaults={"phase": 1, "far_min": 0.5, "term_years": 50})
    assert not findings
    assert parcels.loc["A", ["phase", "far_min", "term_years"]].tolist() == [2, 1.0, 50]


def test_choices_in_words_are_read_as_their_codes():
    table, findings = conform(
        works(
            {"work_id": "W1", "kind": "征地拆迁"},
            {"work_id": "W2", "kind": " 高压线下地 "},
            {"work_id": "W3", "kind": "road"},
        ),
        "works",
    )
    assert table["kind"].tolist() == ["acquisition", "line_undergrounding", "road"]
    assert codes(findings) == [("schema.choice_read", "", "kind")]
    assert findings[0].params["count"] == 2


def test_a_word_means_only_what_its_column_may_hold():
    roads = frame([square(0).exterior], road_id=["R"], width_m=[9.0], state=["征地拆迁"])
    _, findings = conform(roads, "roads")
    assert ("schema.outside_domain", "R", "state") in codes(findings)


def test_every_choice_has_its_words():
    for table in schema.tables().values():
        for column in table.columns:
            if column.choices:
                assert set(column.words.values()) == set(column.choices), (table.name, column.name)


def test_rows_that_speak_of_one_thing_keep_their_column_and_their_number():
    raw = pd.DataFrame(
        {"班组编号": ["C1", "C1", ""], "班组数量": ["2", "3", "1"], "起始日": ["", "2025年3月", ""]}
    )
    crews, findings = conform(raw, "crews")
    assert list(crews["crew_id"]) == ["C1", "C1", ""]
    assert list(crews.index) == ["#1", "#2", "#3"]
    assert crews.loc["#2", "from_on"] == pd.Timestamp("2025-03-01")
    assert ("schema.missing_value", "#3", "crew_id") in codes(findings)
    assert "schema.repeated_id" not in findings.codes()


def test_figures_outside_their_domain_are_named_as_they_are_written():
    _, findings = conform(works({"work_id": "A", "duration_likely_days": -5}), "works")
    (found,) = findings
    assert (found.code, found.value) == ("schema.outside_domain", -5)
    assert "duration_likely_days: -5 is outside" in found.message("en")
