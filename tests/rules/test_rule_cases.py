"""The cases a jurist can read, and the law that every date of every rule has a case on both sides."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from parcelplan import catalogue
from parcelplan.rules import RuleBook, shipped_packs
from parcelplan.rules.pack import shipped_pack

FILES = {
    file.stem: yaml.safe_load(file.read_text("utf-8"))
    for file in sorted(Path(__file__).parent.glob("*.yaml"))
}
CASES = [
    pytest.param(loaded["packs"], case, id=f"{name}:{case['rule']}@{case['day']}:{case.get('when', '')}")
    for name, loaded in FILES.items()
    for case in loaded["cases"]
]


@pytest.mark.parametrize(("packs", "case"), CASES)
def test_case(packs: list[str], case: dict[str, Any]) -> None:
    rules = RuleBook.load(packs).at(case["day"])
    found = rules.value(case["rule"], **case.get("when", {}))
    if case["expect"] in {"unknown", "words"}:
        assert found is None
        words = rules.words(case["rule"])
        assert (words is not None) == (case["expect"] == "words")
        return
    assert found is not None
    assert found.value == pytest.approx(case["expect"], rel=1e-5)
    assert found.confidence == case.get("confidence", found.confidence)
    assert found.pack == case.get("pack", found.pack)


@pytest.mark.parametrize("name", shipped_packs())
def test_every_date_has_a_case_on_both_sides(name: str) -> None:
    seen = {(case["rule"], case["day"]) for case in FILES[name]["cases"]}
    wanted = {
        (rule_id, edge - back)
        for rule_id, rule in shipped_pack(name).rules.items()
        for value in rule.values
        for edge in (value.from_on, value.until_on)
        if edge is not None
        for back in (timedelta(0), timedelta(days=1))
    }
    assert wanted <= seen, f"no case for {sorted(wanted - seen)}"


@pytest.mark.parametrize("name", shipped_packs())
def test_every_value_says_where_it_stands(name: str) -> None:
    for rule_id, rule in shipped_pack(name).rules.items():
        for value in rule.values:
            assert isinstance(value.from_on, date), rule_id
            assert value.document, rule_id
            assert value.document_en, rule_id
            assert bool(value.clause) == bool(value.clause_en), rule_id
            assert value.confidence in {"V", "W", "M", "U"}, rule_id
        assert rule.title_zh, rule_id
        assert rule.title_en, rule_id
        assert catalogue.has(f"rule.unit.{rule.unit}"), rule_id
