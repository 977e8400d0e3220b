"""Schedules damaged at random: whatever stands in a field, it is read, found or refused, and nothing breaks off."""

import random
import re
from datetime import date
from pathlib import Path

import pytest

from parcelplan.errors import InputError
from parcelplan.io.mspdi import mspdi_text, read_mspdi
from parcelplan.io.programme.tables import rows_of
from tests.io.mspdi.test_round_trip import planned, small

BUREAU = Path(__file__).with_name("bureau.xml").read_text(encoding="utf-8")
FIELD = re.compile(r"<(\w+)>([^<]*)</\1>")
ODD = [
    *("", "-1", "9" * 24, "1e309", "NaN", "PT", "PT-1H", "P9999999999999D", "0001-01-01T00:00:00"),
    "9999-12-31T23:59:00",
    "2024-02-30T00:00:00",
    "是",
    "\u202e",
    "W1;W2:SS",
    "a:b,c;d",
    "0.333",
    "parcelplan/1 [1]",
]


def damaged(text, chance):
    """The text with a few fields emptied, doubled, dropped or filled with something odd."""
    for _ in range(chance.randint(1, 4)):
        fields = list(FIELD.finditer(text))
        hit = chance.choice(fields)
        what = chance.random()
        if what < 0.6:
            text = text[: hit.start(2)] + chance.choice(ODD) + text[hit.end(2) :]
        elif what < 0.8:
            text = text[: hit.start()] + text[hit.end() :]
        elif what < 0.9:
            text = text[: hit.end()] + hit.group(0) + text[hit.end() :]
        else:
            text = text[: hit.start(2)] + chance.choice(fields).group(2) + text[hit.end(2) :]
    return text


@pytest.mark.parametrize("seed", range(8))
def test_nothing_breaks_off(tmp_path, seed):
    chance = random.Random(seed)
    plan = planned(W1=["2024-02-01", "2024-03-01"], W2=["2024-04-20", "2024-10-09"])
    own = mspdi_text(small(), planned=plan, title="园区", as_of=date(2024, 1, 1))
    for number in range(12):
        path = tmp_path / f"{number}.xml"
        path.write_text(damaged(BUREAU if number % 3 else own, chance), encoding="utf-8")
        try:
            back = read_mspdi(path)
        except InputError as refused:
            if path.name not in refused.message("en"):
                raise
            continue
        assert rows_of("works", back.table("works"))
        for item in back.findings:
            assert item.message("zh")
            assert item.message("en")


def test_an_exception_to_the_end_of_time_is_a_closure(tmp_path):
    path = tmp_path / "plan.xml"
    path.write_text(BUREAU.replace("2024-07-26T23:59:00", "9999-12-31T23:59:00"), encoding="utf-8")
    [closure] = rows_of("closures", read_mspdi(path).table("closures"))
    assert closure["from_on"] == date(2024, 7, 15)
    assert closure["until_on"] == date(2050, 1, 1)
