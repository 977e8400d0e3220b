"""A half-broken site: every mistake is found with its place, in one pass."""

import re

import pytest

from parcelplan.checks.site_checks import check_site
from parcelplan.findings import FindingsError
from parcelplan.site import open_site
from tests.builders import frame, line, point, row_of_parcels, square, works, write_site


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
