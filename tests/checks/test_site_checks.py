"""A half-broken site: every mistake is found with its place, in one pass."""

import re

import pytest
import shapely
from shapely import MultiPolygon, Polygon

from parcelplan.checks.site_checks import check_site
from parcelplan.errors import ConfigError
from parcelplan.findings import FindingsError
from parcelplan.site import open_site
from tests.builders import EAST, NORTH, frame, line, point, row_of_parcels, square, works, write_site


def found(folder, **options):
    return {(item.code, item.feature_id): item for item in check_site(open_site(folder, **options))}


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    bowtie = line((500, 0), (600, 100), (600, 0), (500, 100), (500, 0)).coords
    shapes = [square(0), square(0.5), square(2, 0.0001), square(3), square(40), type(square(0))(bowtie)]
    layers = {
        "site_boundary": frame([square(-1, -1, 800)], boundary_id=["B"]),
        "parcels": frame(
            shapes,
            parcel_id=["P1", "P2", "P3", "P4", "P5", "P6"],
            phase=[1, 1, 1, 2, 1, 1],
            declared_area_mu=[15.0, 15.0, 14.0, 15.0, 15.0, None],
        ),
        "pylons": frame([point(0, 0)], pylon_id=["T1"], line_id=["L9"]),
        "roads": frame(
            [line((0, 0), (9, 9))] * 2,
            road_id=["S1", "S2"],
            width_m=[9.0, 9.0],
            state=["planned", "existing"],
        ),
    }
    tables = {
        "works": works(
            {"work_id": "W1", "covers": "parcel:P77", "predecessors": "W0", "due_on": "2024-06-30"},
            {"work_id": "W2", "covers": "P1", "due_on": "2023-06-30", "duration_likely_days": 9},
            {"work_id": "W3", "creates": "road:S2", "due_on": "2024-01-03", "duration_likely_days": 10},
            {"work_id": "W4", "covers": "site:*"},
            {"work_id": "W5", "clears": "line:L1"},
        )
    }
    more = "[phases.1]\ndeclared_area_mu = 75.0\n[phases.9]\n"
    return write_site(tmp_path_factory.mktemp("broken"), layers, tables, more=more)


@pytest.fixture(scope="module")
def findings(broken):
    return found(broken)


@pytest.mark.parametrize(
    ("code", "feature", "severity", "words"),
    [
        ("topology.overlap", "P1", "error", "P2.*5000"),
        ("topology.far_outside", "P5", "error", "10000"),
        ("topology.invalid", "P6", "error", "Self-intersection"),
        ("area.parcel", "P3", "warning", "14.0 mu.*15.0 mu, 1.0 mu apart"),
        ("area.phase", "1", "warning", "75.0 mu.*60.0 mu"),
        ("reference.unknown", "T1", "error", "L9.*line_id.*power_lines"),
        ("reference.unknown", "W5", "error", "L1.*clears.*power_lines"),
        ("reference.unknown_token", "W2", "error", "site:"),
        ("reference.no_effect", "W1", "error", "covers no parcel"),
        ("reference.no_effect", "W2", "error", "covers no parcel"),
        ("reference.never_created", "S1", "error", "created by no work"),
        ("reference.created_twice", "S2", "error", "exists already"),
        ("works.overdue", "W2", "warning", "2023-06-30"),
        ("works.late", "W3", "warning", "7 days"),
        ("works.unknown_end", "W4", "warning", "neither duration nor"),
        ("phase.no_parcels", "", "warning", "phase 9"),
    ],
)
def test_each_mistake_is_found_with_its_place(findings, code, feature, severity, words):
    item = findings[code, feature]
    assert item.severity == severity
    assert re.search(words, item.message("en")), item.message("en")
    assert item.hint("en")
    assert item.hint("zh")
    assert item.message("zh") != item.message("en")


def test_two_references_of_one_work_are_both_found(broken):
    fields = [
        item.field
        for item in check_site(open_site(broken))
        if (item.code, item.feature_id) == ("reference.unknown", "W1")
    ]
    assert sorted(fields) == ["covers", "predecessors"]


def test_one_error_tells_all(broken):
    with pytest.raises(FindingsError, match=r"P1 overlaps P2") as caught:
        check_site(open_site(broken)).raise_if_errors()
    assert caught.value.exit_code == 1
    assert "T1" in str(caught.value)
    assert "地块 P1 与 P2 重叠" in caught.value.message("zh")


def test_a_sound_site_has_no_findings(tmp_path):
    layers = {
        "parcels": row_of_parcels(2),
        "roads": frame([line((0, -9), (200, -9))], road_id=["S"], width_m=[9.0], state=["existing"]),
    }
    tables = {"works": works({"work_id": "W1", "covers": "site:*", "due_on": "2024-06-30"})}
    assert found(write_site(tmp_path, layers, tables)) == {}


def test_small_overlaps_are_warned_of(tmp_path):
    parcels = frame([square(0), square(0.9999999)], parcel_id=["A", "B"], phase=[1, 1])
    item = found(write_site(tmp_path, {"parcels": parcels}))["topology.small_overlap", "A"]
    assert item.severity == "warning"
    assert item.value == pytest.approx(0.001, abs=1e-4)


def moved(*points):
    return Polygon([(EAST + x, NORTH + y) for x, y in points])


@pytest.fixture(scope="module")
def sloppy(tmp_path_factory):
    """Parcels of which every one has a mistake of its own, far enough from one another."""
    nail = moved((0, 1000), (100, 1000), (100, 1050), (140, 1050.1), (100, 1050.2), (100, 1100), (0, 1100))
    doubled = moved((0, 2000), (100, 2000), (100, 2000.0002), (100, 2100), (0, 2100))
    hole = square(0.5, 30.5, 0.5).exterior
    below = moved((0, 7900), (60, 7900), (60, 7999.92), (0, 8000))
    shapes = {
        "A1": square(0),
        "A2": square(0),
        "B": nail,
        "C": doubled,
        "D": Polygon(square(0, 30).exterior, [hole]),
        "E": MultiPolygon([square(0, 40), square(3, 40, 1)]),
        "F": moved((0, 5000), (500, 5000), (500, 5000.5), (0, 5000.5)),
        "G1": square(0, 60),
        "G2": square(1.0005, 60),
        "H": below,
        "I": square(0, 80),
    }
    layer = frame(list(shapes.values()), parcel_id=list(shapes), phase=[1] * len(shapes))
    return write_site(tmp_path_factory.mktemp("sloppy"), {"parcels": layer})


@pytest.mark.parametrize(
    ("code", "feature", "severity", "value", "place"),
    [
        ("duplicate", "A2", "error", 10_000, (50, 50)),
        ("spike", "B", "warning", 40, (140, 1050.1)),
        ("repeated_points", "C", "info", 0.0002, (100, 2000)),
        ("small_hole", "D", "warning", 0.25, (50.25, 3050.25)),
        ("several_parts", "E", "info", 2, (300.5, 4000.5)),
        ("sliver", "F", "warning", 0.4995, (250, 5000.25)),
        ("gap", "G1", "warning", 5, (100.025, 6050)),
        ("loose_corner", "H", "info", 0.08, (60, 7999.92)),
    ],
)
def test_each_sloppiness_is_found_with_its_place(sloppy, code, feature, severity, value, place):
    item = found(sloppy)[f"topology.{code}", feature]
    assert item.severity == severity
    assert item.value == pytest.approx(value, rel=0.03)
    at = (item.params["x"] - EAST, item.params["y"] - NORTH)
    assert at == pytest.approx(place, abs=0.51)
    for lang in ("zh", "en"):
        assert feature in item.message(lang)
        assert item.hint(lang)


def test_the_same_parcel_twice_is_no_overlap_besides(sloppy):
    codes = [item.code for item in check_site(open_site(sloppy))]
    assert "topology.overlap" not in codes
    assert codes.count("topology.duplicate") == 1


def test_many_small_ones_are_one_finding_that_counts_and_names(tmp_path):
    shapes = [square(1.0003 * column) for column in range(13)]
    ids = [f"P{number:02}" for number in range(1, 14)]
    folder = write_site(tmp_path, {"parcels": frame(shapes, parcel_id=ids, phase=[1] * 13)})
    gaps = [item for item in check_site(open_site(folder)) if item.code == "topology.gap"]
    assert [item.params["count"] for item in gaps] == [12]
    assert "P01, P02, P03, P04, P05, P06, P07, P08, … (+5)" in gaps[0].message("en")


def test_of_slivers_the_narrowest_is_named(tmp_path):
    strips = [moved((0, y), (100, y), (100, y + width), (0, y + width)) for y, width in ((0, 0.8), (50, 0.3))]
    layer = frame(strips, parcel_id=["A", "B"], phase=[1, 1])
    item = found(write_site(tmp_path, {"parcels": layer}))["topology.sliver", "B"]
    assert item.value == pytest.approx(0.3, abs=0.01)
    assert item.params["count"] == 2


def test_tolerances_decide_what_is_nothing(sloppy):
    site = open_site(sloppy).having(
        tolerance={"gap_m": 0.01, "sliver_m": 0.1, "spike_deg": 0.01, "hole_m2": 0.1, "point_m": 0.0001}
    )
    assert {code for code in check_site(site).codes() if code.startswith("topology.")} == {
        "topology.duplicate",
        "topology.several_parts",
    }


def test_the_order_of_rows_changes_no_finding(tmp_path, sloppy):
    layer = open_site(sloppy).parcels.reset_index()[["parcel_id", "phase", "geometry"]]
    turned = write_site(tmp_path / "turned", {"parcels": layer.iloc[::-1]})
    forth, back = (check_site(open_site(folder)).records("en") for folder in (sloppy, turned))
    assert forth == back


# --- repair on reading

BOWTIE = [(0, 0), (100, 100), (100, 0), (0, 100)]


@pytest.mark.parametrize("repair", ["", "[tolerance]\nrepair = true\n"])
def test_an_invalid_parcel_is_repaired_only_where_the_site_says_so(tmp_path, repair):
    layer = frame([moved(*BOWTIE), square(3)], parcel_id=["A", "B"], phase=[1, 1])
    site = open_site(write_site(tmp_path, {"parcels": layer}, more=repair))
    codes = {item.code: item for item in check_site(site)}
    assert ("topology.invalid" in codes) == (not repair)
    assert ("topology.repaired" in codes) == bool(repair)
    assert site.parcels.geometry.is_valid.tolist() == [bool(repair), True]
    if repair:
        told = codes["topology.repaired"]
        assert (told.feature_id, told.severity) == ("A", "warning")
        assert "from 0.0 m² to 5000.0 m², a change of 5000.0 m²" in told.message("en")
        assert site.parcels.geometry.area.tolist() == pytest.approx([5000, 10_000])


def test_repairing_takes_a_second_reading(tmp_path):
    site = open_site(write_site(tmp_path, {"parcels": row_of_parcels(1)}))
    with pytest.raises(ConfigError, match=r"tolerance\.repair"):
        site.having(tolerance={"repair": True})


def test_heights_are_dropped_and_told_once(tmp_path):
    layer = row_of_parcels(3)
    layer["geometry"] = [shapely.force_3d(shape, 205.0) for shape in layer.geometry]
    site = open_site(write_site(tmp_path, {"parcels": layer}))
    assert not site.parcels.geometry.has_z.any()
    item = found(tmp_path)["topology.z_dropped", "P1"]
    assert (item.value, item.severity) == (3, "info")


def test_a_part_outside_the_site_is_a_warning(tmp_path):
    layers = {"parcels": row_of_parcels(2), "site_boundary": frame([square(0, 0, 150)], boundary_id=["B"])}
    item = found(write_site(tmp_path, layers))["topology.outside", "P2"]
    assert item.value == pytest.approx(5000)


def test_without_roads_or_works_the_reader_is_told(tmp_path):
    assert {"site.no_roads", "site.no_works"} <= {
        code for code, _ in found(write_site(tmp_path, {"parcels": row_of_parcels(1)}))
    }


def test_a_circle_of_works_is_an_error_that_names_it(tmp_path):
    tables = {
        "works": works(
            {"work_id": "A", "covers": "site:*", "predecessors": "B"},
            {"work_id": "B", "covers": "site:*", "predecessors": "A"},
        )
    }
    item = found(write_site(tmp_path, {"parcels": row_of_parcels(1)}, tables))["works.cycle", ""]
    assert item.severity == "error"
    assert "→" in item.message("en")


def test_a_file_without_its_required_column_is_still_checked_to_the_end(tmp_path):
    parcels = frame([square(0), square(0.5)], parcel_id=["A", "B"])
    keys = found(
        write_site(tmp_path, {"parcels": parcels}, {"works": works({"work_id": "W", "covers": "parcel:Z"})})
    )
    assert {
        ("schema.missing_column", ""),
        ("topology.overlap", "A"),
        ("reference.unknown", "W"),
    } <= keys.keys()


def test_the_sample_site_is_sound(baishiyi):
    findings = check_site(open_site(baishiyi))
    assert not findings.of("error")
    assert findings.codes() <= {"works.overdue", "works.late"}
