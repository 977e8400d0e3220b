"""Readiness of many parcels is that of few: equal to the site's own, and to one worked out parcel by parcel."""

import pickle
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.city_build.region import Region
from parcelplan.city.cells import read_days
from parcelplan.city.readiness import (
    COLUMNS,
    layers_context,
    readiness_columns,
    readiness_findings,
    site_context,
)
from parcelplan.geometry.screening import Screener, buffer_covers
from parcelplan.land.constraints import constraints_in_time
from parcelplan.land.modes import in_modes
from parcelplan.land.readiness import find_gates, readiness
from parcelplan.land.works import schedule_site, schedule_works
from parcelplan.rules import RuleBook
from parcelplan.site import Site, open_site
from parcelplan.site.config import Tolerance
from tests.builders import CRS, frame, line, row_of_parcels, square, works, write_site
from tests.city.plain_readiness import plain_readiness

SITE = Path(__file__).parents[2] / "geodata" / "baishiyi"
SCENARIOS = ["", *sorted(path.stem for path in (SITE / "scenarios").glob("*.toml"))]
AS_OF = date(2026, 1, 1)


def covers_of(constraints: gpd.GeoDataFrame) -> pd.DataFrame:
    return constraints[["kind", "until_on"]].assign(work_id=constraints["cleared_by"])


def told(site: Site, schedule: pd.DataFrame, constraints: gpd.GeoDataFrame, *, context=None) -> pd.DataFrame:
    """Readiness by the way of the city, indexed as the site's parcels."""
    screener = Screener(constraints.geometry.to_numpy(), constraints["kind"].tolist())
    parcels = site.parcels.reset_index()
    context = context or site_context(site, schedule)
    found = readiness_columns(parcels, screener, covers_of(constraints), context)
    return found.set_index(site.parcels.index)


def assert_same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(
        found[list(COLUMNS)],
        expected[list(COLUMNS)],
        check_dtype=False,
        check_index_type=False,
        check_names=False,
    )


def square_covers(*boxes: tuple, crs: str = CRS) -> tuple[Screener, pd.DataFrame]:
    """Covers of rows ``geometry, kind, work_id, until_on``."""
    table = pd.DataFrame(boxes, columns=["geometry", "kind", "work_id", "until_on"])
    table["until_on"] = pd.to_datetime(table["until_on"])
    shapes = np.array(table["geometry"], dtype=object)
    return Screener(shapes, table["kind"].tolist()), table.drop(columns="geometry")


# --- sites


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_sample_is_told_as_its_assessment_tells_it(scenario):
    site = open_site(SITE, scenario=SITE / "scenarios" / f"{scenario}.toml" if scenario else None)
    site = in_modes(site, site.config.plan.modes)
    rules = RuleBook.load(site.config.rules).at(site.as_of)
    schedule = schedule_site(site)
    constraints, _ = constraints_in_time(site, schedule, rules)
    expected = readiness(site, schedule, find_gates(site, schedule, constraints))
    context = pickle.loads(pickle.dumps(site_context(site, schedule)))
    assert_same(told(site, schedule, constraints, context=context), expected)
    assert_same(expected, plain_readiness(site, schedule, constraints))


@pytest.fixture(scope="module")
def ground(tmp_path_factory):
    """Eight parcels in two rows, an area, a road and two works to begin with; draws replace works and roads."""
    parcels = frame(
        [square(number % 4, 1.5 * (number // 4)) for number in range(8)],
        parcel_id=[f"P{number}" for number in range(8)],
        phase=[1, 1, 2, 2, 3, 3, 3, 1],
    )
    layers = {
        "parcels": parcels,
        "work_areas": frame([square(0.5, 0), square(2.995, 1, 100)], area_id=["A", "B"]),
        "roads": frame([line((0, 110), (400, 110))], road_id=["R0"], width_m=[20.0], state=["existing"]),
    }
    rows = [{"work_id": f"W{n}", "due_on": "2024-03-31", "covers": "site:*", "clears": ""} for n in range(2)]
    return open_site(write_site(tmp_path_factory.mktemp("ground"), layers, {"works": works(*rows)}))


def without_roads(site: Site) -> dict[str, gpd.GeoDataFrame]:
    return {name: layer for name, layer in site.layers.items() if name != "roads"}


KINDS = ("acquisition", "plan_adjustment", "special_plan", "river_diversion", "line_undergrounding", "road")
PLACES = (
    "site:*",
    "phase:1",
    "phase:2",
    "parcel:P3",
    "parcel:P0",
    "area:A",
    "area:B",
    "parcel:gone",
    "phase:9",
)
DAYS = st.sampled_from([None, "2023-05-01", "2024-01-01", "2024-06-30", "2025-02-01"])


@st.composite
def cases(draw):
    """Works, constraints and roads of one site, as plain rows."""
    work = st.tuples(
        st.sampled_from(KINDS), DAYS, st.booleans(), st.lists(st.sampled_from(PLACES), max_size=3)
    )
    listed = draw(st.lists(work, min_size=1, max_size=5))
    names = st.lists(st.sampled_from([f"W{n}" for n in range(len(listed))]), max_size=2, unique=True)
    share = st.sampled_from([0, 0.004, 0.007, 0.3, 1])
    place = st.tuples(st.integers(0, 7), share, share, st.integers(0, 1))
    kind = st.sampled_from(["power_corridor", "pylon_base", "river_area", "basic_farmland"])
    constraints = draw(st.lists(st.tuples(place, kind, names), max_size=7))
    roads = draw(st.lists(st.tuples(st.integers(0, 3), st.booleans(), names), max_size=3))
    return listed, constraints, roads


@settings(max_examples=25)
@given(case=cases())
def test_any_site_is_told_as_parcel_by_parcel(ground, case):
    listed, drawn, paths = case
    base = ground.table("works")
    rows = pd.DataFrame(index=pd.Index([f"W{n}" for n in range(len(listed))], name=base.index.name))
    table = rows.join(base.iloc[:0])
    for column in ("predecessors", "calendar", "creates", "clears", "covers", "name"):
        table[column] = ""
    table["kind"] = [kind for kind, *_ in listed]
    days = pd.to_datetime([day for _, day, *_ in listed]).astype("datetime64[us]")
    table["finished_on"] = days.where([ended for _, _, ended, _ in listed])
    table["due_on"] = days
    table["covers"] = [";".join(places) for *_, places in listed]
    created = {f"R{n}": own for n, (_, _, own) in enumerate(paths)}
    table["creates"] = [
        ";".join(f"road:{road}" for road, own in created.items() if work in own) for work in table.index
    ]
    roads = gpd.GeoDataFrame(
        {"width_m": 20.0, "state": ["existing" if there else "planned" for _, there, _ in paths]},
        index=pd.Index(list(created), name="road_id"),
        geometry=[line((100 * column - 30, 110), (100 * column + 60, 140)) for column, *_ in paths],
        crs=CRS,
    )
    layers = {**ground.layers, "roads": roads} if paths else without_roads(ground)
    site = replace(ground, layers=layers, tables={**ground.tables, "works": table})
    schedule = schedule_works(table, site.as_of)
    constraints = drawn_constraints(schedule, drawn)
    expected = plain_readiness(site, schedule, constraints)
    assert_same(readiness(site, schedule, find_gates(site, schedule, constraints)), expected)
    assert_same(told(site, schedule, constraints), expected)


def drawn_constraints(schedule: pd.DataFrame, drawn: list) -> gpd.GeoDataFrame:
    """Strips within one parcel each, from its west or its east side: those of one side overlap."""
    rows = []
    for (parcel, width, begin, side), kind, names in drawn:
        west = 100.0 * (parcel % 4) + 100.0 * (begin if side else 0.0)
        shape = square(west / 100.0, 1.5 * (parcel // 4), 100.0)
        x = shape.bounds[0]
        shape = shape.intersection(
            shape.__class__([(x, 0), (x, 1e9), (x + 100 * width, 1e9), (x + 100 * width, 0)])
        )
        ends = schedule.loc[names, "ends_on"]
        day = pd.NaT if not names or ends.isna().any() else ends.max() + pd.Timedelta(days=1)
        rows.append((kind, ";".join(sorted(names)), day, shape))
    table = pd.DataFrame(rows, columns=["kind", "cleared_by", "until_on", "geometry"])
    table["until_on"] = pd.to_datetime(table["until_on"]).astype("datetime64[us]")
    table.index = [f"C{n}" for n in range(len(table))]
    table = table[[shape.area > 0 for shape in table["geometry"]]] if len(table) else table
    return gpd.GeoDataFrame(table, geometry="geometry", crs=CRS)


def test_without_a_table_of_works_nothing_is_known(ground):
    site = replace(ground, layers=without_roads(ground), tables={})
    schedule = schedule_works(site.table("works"), site.as_of)
    constraints = drawn_constraints(schedule, [])
    found = told(site, schedule, constraints)
    assert set(found["stage"]) == {"unknown"}
    assert_same(found, plain_readiness(site, schedule, constraints))
    findings = readiness_findings(site_context(site, schedule), site.parcels.columns, "parcels.fgb")
    assert [item.code for item in findings] == ["city.works_unlisted"]


def test_works_that_name_parcels_by_a_column_that_is_not_there_may_cover_any(ground):
    table = ground.table("works").assign(covers=["phase:2", "parcel:P1"], due_on=pd.Timestamp(2024, 6, 30))
    site = replace(ground, layers=without_roads(ground), tables={"works": table})
    schedule = schedule_works(table, site.as_of)
    context = site_context(site, schedule)
    screener, covers = square_covers((square(90), "power_corridor", "", None))
    whole = site.parcels.reset_index()
    assert set(readiness_columns(whole, screener, covers, context)["stage"]) == {
        "net_land",
        "acquisition_pending",
    }
    bare = whole.drop(columns="phase")
    found = readiness_columns(bare, screener, covers, context)
    assert set(found["stage"]) == {"unknown"}
    assert set(found["blocking"]) == {"W0", "W0;W1"}
    (item,) = readiness_findings(context, bare.columns, "parcels.fgb")
    assert (item.field, item.severity) == ("phase", "warning")
    assert "W0" in item.message("en")
    assert not readiness_findings(context, whole.columns, "parcels.fgb")
    done = table.assign(finished_on=pd.Timestamp(2023, 6, 30))
    over = site_context(replace(site, tables={"works": done}), schedule_works(done, site.as_of))
    assert set(readiness_columns(bare, screener, covers, over)["stage"]) == {"net_land"}


def test_phases_with_a_gap_in_their_column_are_still_whole_numbers(ground):
    table = ground.table("works").iloc[:1].assign(covers="phase:3", due_on=pd.Timestamp(2024, 6, 30))
    site = replace(ground, layers=without_roads(ground), tables={"works": table})
    context = site_context(site, schedule_works(table, site.as_of))
    parcels = site.parcels.reset_index()
    parcels["phase"] = parcels["phase"].astype(float).where(parcels["parcel_id"] != "P0")
    screener, covers = square_covers((square(90), "power_corridor", "", None))
    found = readiness_columns(parcels, screener, covers, context)
    assert parcels["parcel_id"][found["stage"] == "acquisition_pending"].tolist() == ["P4", "P5", "P6"]


# --- loose layers


def test_loose_layers_tell_when_by_what_and_never_more_than_is_known():
    parcels = row_of_parcels(6).drop(columns="phase")
    screener, covers = square_covers(
        (square(1, 0, 20), "power", "W1", "2026-07-01"),
        (square(2, 0, 20), "river", "", None),  # nothing ends it
        (square(3, 0, 20), "river", "W3", None),  # a work ends it, nobody knows when
        (square(4, 0, 20), "power", "W1;W4", "2027-01-01"),
        (square(4, 0.5, 20), "river", "", "2026-02-01"),
        (square(5, 0, 9), "river", "", None),  # 0.81 %: too little to be in the way
        (square(0, 0, 20), "river", "W0", "2025-06-01"),  # gone already
    )
    found = readiness_columns(parcels, screener, covers, layers_context(AS_OF))
    days = ["2026-01-01", "2026-07-01", None, None, "2027-01-01", "2026-01-01"]
    assert found["ready_on"].tolist() == [pd.Timestamp(day) for day in days]
    assert found["stage"].tolist() == [
        "net_land",
        "encumbered",
        "barred",
        "unknown",
        "encumbered",
        "net_land",
    ]
    assert found["last_gate"].tolist() == ["", "power", "river", "river", "power", ""]
    assert found["blocking"].tolist() == ["", "W1", "", "W3", "W1;W4", ""]
    assert found["last_work"].tolist() == ["", "W1", "", "W3", "W1;W4", ""]
    assert found.columns.tolist() == list(COLUMNS)


def test_small_covers_that_go_with_the_same_works_count_together_and_their_overlap_once():
    parcels = row_of_parcels(3).drop(columns="phase")
    strip = square(0, 0).intersection(square(-0.994, 0))  # 0.6 % of P1
    moved = [gpd.GeoSeries([strip]).translate(x)[0] for x in (0, 50, 100, 200, 250)]
    day = "2026-05-01"
    screener, covers = square_covers(
        *((shape, "power", "W1", day) for shape in moved[:2]),  # P1: 1.2 % together
        *((moved[2], "power", "W1", day) for _ in range(3)),  # P2: three times the same
        (moved[3], "power", "W1", day),
        (moved[4], "power", "W2", day),  # P3: 0.6 % for each of two works
    )
    found = readiness_columns(parcels, screener, covers, layers_context(AS_OF))
    assert found["stage"].tolist() == ["encumbered", "net_land", "net_land"]
    wary = layers_context(AS_OF, tolerance=Tolerance(blocked_share=0.005))
    assert set(readiness_columns(parcels, screener, covers, wary)["stage"]) == {"encumbered"}


def test_columns_of_days_are_gates_of_loose_layers():
    days = ["2025-05-01", "2026-08-01", "soon", None]
    parcels = (
        row_of_parcels(4).drop(columns="phase").assign(acquired_on=days, access_on=pd.Timestamp(2026, 3, 1))
    )
    screener, covers = square_covers((square(1, 0, 20), "river", "W1", "2026-09-01"))
    found = readiness_columns(parcels, screener, covers, layers_context(AS_OF))
    assert found["stage"].tolist() == ["no_access", "acquisition_pending", "unknown", "unknown"]
    assert found["last_gate"].tolist() == ["access", "river", "acquisition", "acquisition"]
    expected = [pd.Timestamp(2026, 3, 1), pd.Timestamp(2026, 9, 1), pd.NaT, pd.NaT]
    assert found["ready_on"].tolist() == expected


@pytest.mark.parametrize(
    ("cells", "day"),
    [
        (["20260501", "2026年5月1日", "2026/5/1", "2026-05-01T08:00:00+08:00"], "2026-05-01"),
        ([20260501, None], "2026-05-01"),
        ([date(2026, 5, 1), None], "2026-05-01"),
        (pd.to_datetime(["2026-05-01T02:00:00+08:00"]), "2026-05-01"),
        (pd.to_datetime(["2026-05-01T23:00:00"]), "2026-05-01"),
        (
            ["12:30", "5", "May", "2026", "", None],
            None,
        ),  # nothing that the clock of the machine would fill up
        ([5, 2026.5], None),
    ],
)
def test_days_are_read_as_in_the_tables_of_a_site(cells, day):
    found = read_days(pd.Series(cells))
    told = found[[not pd.isna(cell) for cell in pd.Series(cells)]]
    assert found.dtype == "datetime64[us]"
    assert found[found.index.difference(told.index)].isna().all()
    assert told.isna().all() if day is None else (told == pd.Timestamp(day)).all()


def test_a_parcel_without_land_is_unknown():
    parcels = row_of_parcels(3).drop(columns="phase")
    parcels.loc[1, "geometry"] = None
    parcels.loc[2, "geometry"] = square(0, 0).difference(square(-1, -1, 900))
    screener, covers = square_covers((square(0, 0, 9), "river", "", None))
    found = readiness_columns(parcels, screener, covers, layers_context(AS_OF))
    assert found["stage"].tolist() == ["net_land", "unknown", "unknown"]
    assert found["ready_on"].isna().tolist() == [False, True, True]


# --- chunks


@pytest.fixture(scope="module")
def region():
    made = Region(3000, seed=4)
    lines = pd.concat([layer.assign(kind=kind) for kind, layer in made.layers().items()], ignore_index=True)
    # Some works have no day yet.
    lines["until_on"] = lines["until_on"].where(np.arange(len(lines)) % 3 > 0)
    shapes = buffer_covers(lines.geometry.to_numpy(), lines["dist"].to_numpy())
    return made.parcels(), Screener(shapes, lines["kind"].tolist()), lines.drop(columns="geometry")


def test_chunks_tell_what_the_whole_tells(region):
    parcels, screener, covers = region
    context = pickle.loads(pickle.dumps(layers_context(date(2028, 6, 1))))
    before = parcels.copy()
    whole = readiness_columns(parcels, screener, covers, context)
    parts = [
        readiness_columns(parcels.iloc[begin : begin + 700], screener, covers, context)
        for begin in range(0, len(parcels), 700)
    ]
    pd.testing.assert_frame_equal(pd.concat(parts), whole)
    assert parcels.equals(before)
    assert {"net_land", "encumbered", "barred", "unknown"} == set(whole["stage"])
    nothing = readiness_columns(parcels.iloc[:0], screener, covers, context)
    assert nothing.dtypes.equals(whole.dtypes)
    assert nothing.empty


def test_ten_times_the_parcels_take_no_more_steps_of_python(region):
    parcels, screener, covers = region
    context = layers_context(date(2028, 6, 1))

    def calls(count: int) -> int:
        made = 0

        def note(_frame: object, event: str, _argument: object) -> None:
            nonlocal made
            made += event == "call"

        sys.setprofile(note)
        try:
            readiness_columns(parcels.iloc[:count], screener, covers, context)
        finally:
            sys.setprofile(None)
        return made

    calls(10)
    assert calls(3000) < 2 * calls(300)
