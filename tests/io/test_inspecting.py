"""What a file holds, told before anything is done with it."""

import json

import numpy as np
import pandas as pd
import pytest
import shapely

from parcelplan.findings import Finding, Findings
from parcelplan.io.inspecting import inspect_file, layer_facts
from parcelplan.io.matching import columns_of, fits, guess_table
from parcelplan.io.printing import printable, shortened
from parcelplan.io.vector.geojson import plain
from tests.builders import CRS, EAST, NORTH, frame, line, row_of_parcels, square, works


def facts(layer, **told):
    return layer_facts(layer, layer="DKPG", **told)


def test_fields_with_types_nulls_samples_and_their_column():
    raw = frame(
        [square(0), square(1), square(2)],
        DKBH=["A", "B", "A"],
        期=[1, 2, 2],
        mj=[1.5, np.nan, 2.0],
        on=pd.to_datetime(["2024-01-01", None, None]),
        note=["", None, "x"],
    )
    told = {field.name: field for field in facts(raw).fields}
    assert {name: field.dtype for name, field in told.items()} == {
        "DKBH": "str",
        "期": "int",
        "mj": "float",
        "on": "date",
        "note": "str",
    }
    assert {name: field.nulls for name, field in told.items()} == {
        "DKBH": 0,
        "期": 0,
        "mj": 1,
        "on": 2,
        "note": 2,
    }
    assert told["DKBH"].samples == ("A", "B")
    assert {field.column for field in told.values()} == {"parcel_id", "phase", ""}


def test_geometries_extent_and_place():
    whole = facts(frame([square(0), None, shapely.Polygon(), shapely.force_3d(square(1))], DKBH=list("ABCD")))
    assert dict(whole.kinds) == {"Polygon": 1, "none": 1, "empty": 1, "Polygon Z": 1}
    assert whole.extent == (EAST, NORTH, EAST + 200, NORTH + 100)
    assert (whole.crs, whole.features, whole.table) == (CRS, 4, "parcels")
    nothing = facts(frame([None], DKBH=["A"]))
    assert (nothing.extent, nothing.table) == (None, "")


def test_what_reading_told_goes_along():
    finding = Finding(code="layer.empty", layer="x")
    told = facts(
        frame([square(0)], crs=None, DKBH=["A"]),
        encoding="GB18030",
        crs_proposal="EPSG:4523",
        findings=Findings([finding]),
    )
    assert (told.crs, told.crs_proposal, told.encoding) == (None, "EPSG:4523", "GB18030")
    assert list(told.findings) == [finding]


def test_a_table_has_no_geometries():
    told = facts(works({"work_id": "W1", "covers": "site:*"}))
    assert (dict(told.kinds), told.extent, told.crs, told.table) == ({}, None, None, "works")


def test_facts_are_json():
    record = facts(frame([square(0)], DKBH=["A"])).record("zh")
    assert json.loads(json.dumps(plain(record)))["fields"][0]["column"] == "parcel_id"


def test_samples_cannot_mislead_a_terminal():
    evil = "\x1b[2J\u202e" + "长" * 40
    (field,) = facts(frame([square(0)], name=[evil])).fields
    assert field.samples[0].startswith("\\x1b[2J\\u202e长")
    assert field.samples[0].endswith("…")
    assert len(shortened(evil)) == 24
    assert printable("宗地 A-1") == "宗地 A-1"


def test_the_input_is_not_changed_and_rows_may_come_in_any_order():
    raw = frame([square(0), square(1)], DKBH=["A", "B"], 期=[1, 2])
    before = raw.copy(deep=True)
    first, second = facts(raw), facts(raw.iloc[::-1])
    pd.testing.assert_frame_equal(raw, before)
    assert (first.kinds, first.extent, first.table) == (second.kinds, second.extent, second.table)


def test_a_name_of_our_own_goes_before_an_alias():
    assert columns_of(["DKBH", "parcel_id"], "parcels") == {"parcel_id": ("parcel_id",)}
    assert columns_of(["DKBH", "宗地编号", "x"], "parcels") == {"宗地编号": ("parcel_id",)}


@pytest.mark.parametrize(
    ("headings", "dimension", "table"),
    [
        (["DKBH", "DKMC"], 2, "parcels"),
        (["道路编号", "红线宽度（m）", "名称"], 1, "roads"),
        (["电压（kV）", "敷设方式"], 1, "power_lines"),
        (["杆塔编号"], 0, "pylons"),
        (["任务编号", "任务类型"], None, "works"),
        (["名称"], 2, ""),
        (["A", "B"], 2, ""),
    ],
)
def test_the_table_is_guessed_by_columns_and_dimension(headings, dimension, table):
    assert guess_table(headings, dimension) == table


def test_fits_are_counted_best_first():
    counts = fits(["道路编号", "道路名称", "现状或规划"], 1)
    assert next(iter(counts.items())) == ("roads", 3)
    assert "parcels" not in counts


def test_lines_and_areas_together_are_no_table():
    assert facts(frame([square(0), line((0, 0), (1, 1))], DKBH=["A", "B"])).table == ""


def test_a_layer_with_a_comma_in_its_name_is_looked_at(tmp_path):
    parcels = row_of_parcels(2)
    for name in ("one, two", "three"):
        parcels.to_file(tmp_path / "p.gpkg", layer=name)
    facts = inspect_file(tmp_path / "p.gpkg")
    assert {item.layer for item in facts.inspected} == {"one, two", "three"}
