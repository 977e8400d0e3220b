"""The rule book: which pack wins, what lapses, and what the author of a pack reads after a mistake."""

import math
from datetime import date
from pathlib import Path

import pytest

from parcelplan.dates import StatutoryClock
from parcelplan.errors import ConfigError
from parcelplan.rules import RuleBook, RulePackError
from parcelplan.rules.quantity import UNITS, factor

DAY = date(2023, 12, 26)
PACK = """
pack: mine
title_zh: 我的规则
title_en: My rules
rules:
  building_coefficient.min:
    title_zh: 建筑系数下限
    title_en: Lowest building coefficient
    unit: percent
    direction: min
    values:
      - {from: 2023-10-01, until: 2024-01-01, value: 45, document: 某区规定, confidence: V}
"""
TABLE = """
pack: mine
title_zh: 我的规则
title_en: My rules
rules:
  line.zone:
    title_zh: 宽度
    title_en: Width
    unit: m
    direction: min
    by: {voltage_kv: number, area: text}
    values:
      - from: 2020-01-01
        rows:
          - {when: {voltage_kv_max: 10}, value: 1}
          - {when: {voltage_kv_above: 10, voltage_kv_below: 100, area: town}, value: 2}
          - {when: {voltage_kv_min: 100}, value: 3}
        document: 某区规定
        confidence: U
"""


def pack_file(folder: Path, text: str) -> Path:
    file = folder / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_unknown_pack_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"'chongqin'.*baishiyi_illustrative, chongqing, national"):
        RuleBook.load(["chongqin"])


def test_later_pack_wins_only_while_it_holds(tmp_path: Path) -> None:
    book = RuleBook.load(["national"], [pack_file(tmp_path, PACK)])
    found = {
        day: book.at(day).value("building_coefficient.min")
        for day in (date(2023, 9, 30), DAY, date(2024, 1, 1))
    }
    assert [(value.value, value.pack) for value in found.values() if value] == [
        (0.40, "national"),
        (45, "mine"),
        (0.40, "national"),
    ]


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"voltage_kv": 10}, 1),
        ({"voltage_kv": 10.01, "area": "town"}, 2),
        ({"voltage_kv": 99.9, "area": "town"}, 2),
        ({"voltage_kv": 50, "area": "field"}, None),
        ({"voltage_kv": 50}, None),
        ({"voltage_kv": 100, "area": "town"}, 3),
        ({"voltage_kv": math.nan}, None),
        ({"voltage_kv": None}, None),
        ({}, None),
    ],
)
def test_rows_admit_their_intervals(
    tmp_path: Path, conditions: dict[str, object], expected: float | None
) -> None:
    found = RuleBook.load([], [pack_file(tmp_path, TABLE)]).at(DAY).value("line.zone", **conditions)
    assert (found and found.value) == expected


def test_table_gives_all_rows() -> None:
    table = RuleBook.load(["national"]).at(DAY).table("price.minimum")
    assert [row.conditions["grade"] for row in table] == list(range(1, 16))
    assert table[0].value > table[-1].value
    assert RuleBook.load(["national"]).at(date(2006, 1, 1)).table("price.minimum") == ()


def test_lapsed_is_neither_missing_nor_a_gap_between_editions() -> None:
    book = RuleBook.load(["national", "chongqing"])
    assert not book.at(date(2022, 12, 31)).lapsed("parcel.min_area")
    assert book.at(date(2023, 1, 1)).lapsed("parcel.min_area")
    assert not book.at(date(2023, 6, 15)).lapsed("building_coefficient.min")
    assert not book.at(DAY).lapsed("no.such_rule")


def test_clock_comes_from_the_book() -> None:
    book = RuleBook.load(["national"])
    assert book.at(DAY).clock() == StatutoryClock(notice_days=20, listing_days=10, result_working_days=10)
    assert book.at(date(2007, 10, 31)).clock() is None


def test_reference_in_both_languages() -> None:
    found = RuleBook.load(["national"]).at(DAY).value("power.protection_zone_m", voltage_kv=220)
    assert found is not None
    assert found.reference("zh") == "电力设施保护条例 第十条（一）"
    assert found.reference("en") == "Regulation on the Protection of Power Facilities, Art. 10 (1)"
    assert "220" not in found.title("zh")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("confidence: V", "confidence: X", r"rule building_coefficient.min, field values.#1.confidence.*'X'"),
        ("value: 45", "valeu: 45", r"field values.#1.valeu: there is no such field"),
        ("value: 45, ", "", r"field values.#1: give exactly one of value, rows"),
        ("value: 45", "value: '45'", r"field values.#1.value: '45' is no number"),
        ("from: 2023-10-01", "from: 2023", r"field values.#1.from: 2023 is no date"),
        ("document: 某区规定, ", "", r"field values.#1.document: the field is missing"),
        ("until: 2024-01-01", "until: 2023-10-01", r"until \(2023-10-01\) is not after from"),
        ("unit: percent", "unit: furlong", r"field unit: 'furlong' is not one of"),
        ("title_zh: 我的规则\n", "", r"field title_zh: the field is missing"),
        ("direction: min", "direction: min\n    unit: m", r"key given twice: unit"),
        ("rules:", "rules: [", r"mine.yaml is not valid YAML"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in PACK
    file = pack_file(tmp_path, PACK.replace(old, new, 1))
    with pytest.raises(ConfigError, match=r"mine\.yaml") as caught:
        RuleBook.load(["national"], [file])
    with pytest.raises(ConfigError, match=says):
        RuleBook.load(["national"], [file])
    assert "mine.yaml" in caught.value.message("zh")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("voltage_kv_max: 10", "voltage_max: 10", "voltage_max is not declared under by"),
        ("voltage_kv_max: 10", "voltage_kv_max: 11", "two rows overlap"),
        ("area: town", "area: 3", "the condition area cannot be 3"),
        ("voltage_kv_min: 100", "voltage_kv_min: '100'", "the condition voltage_kv_min cannot be 100"),
    ],
)
def test_mistakes_in_tables_are_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in TABLE
    changed = TABLE.replace(old, new).replace(", area: town", "" if "overlap" in says else ", area: town")
    with pytest.raises(RulePackError, match=says):
        RuleBook.load([], [pack_file(tmp_path, changed)])


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    text = PACK.replace("confidence: V", "confidence: X").replace("unit: percent", "unit: furlong")
    with pytest.raises(RulePackError, match=r"2 mistake\(s\)") as caught:
        RuleBook.load([], [pack_file(tmp_path, text)])
    assert len(str(caught.value).splitlines()) == 3
    assert caught.value.exit_code == 2


def test_values_that_hold_together_are_refused(tmp_path: Path) -> None:
    second = "\n      - {from: 2023-12-31, value: 50, document: 另一规定, confidence: V}\n"
    with pytest.raises(RulePackError, match="two values hold on 2023-12-31"):
        RuleBook.load([], [pack_file(tmp_path, PACK.rstrip() + second)])


def test_missing_pack_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml cannot be read"):
        RuleBook.load([], [tmp_path / "nowhere.yaml"])


def test_units_of_money_on_land() -> None:
    assert factor("wanyuan/mu", "yuan_per_m2", "r") == pytest.approx(15.0)
    assert factor("wanyuan/ha", "yuan_per_m2", "r") == pytest.approx(1.0)
    assert {unit for unit, (kind, _) in UNITS.items() if kind == "area"} == {"m2", "mu", "ha"}
    with pytest.raises(ConfigError, match=r"unit m of the rule r does not fit.*wanyuan/mu"):
        factor("m", "yuan_per_m2", "r")
