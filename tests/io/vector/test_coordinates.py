"""Where coordinates lie is worked out and proposed, turned axes are set right, and what cannot be is found."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Point, Polygon, box

from parcelplan.crs import WGS84
from parcelplan.errors import ConfigError, CrsError
from parcelplan.gcj02 import gcj02_to_wgs84, wgs84_to_gcj02
from parcelplan.io.vector.coordinates import Placed, Said, place
from parcelplan.io.vector.reading import ReadOptions, read_vector
from parcelplan.io.vector.writing import write_vector
from tests.builders import EAST, NORTH, square

# 106.37 E 29.48 N in EPSG:4545
EAST_108, NORTH_108 = 341_902.830, 3_263_579.288
CHONGQING = "+proj=tmerc +lon_0=106.5 +x_0=500000 +y_0=0 +ellps=GRS80 +units=m"


def at(x: float, y: float, side: float = 100.0) -> Polygon:
    return box(x, y, x + side, y + side)


def placed(*shapes: object, crs: str | None = None, **said: object) -> Placed:
    frame = gpd.GeoDataFrame({"n": range(len(shapes))}, geometry=list(shapes), crs=crs)
    return place(frame, "p", Said(**said))


def codes(result: Placed) -> list[str]:
    return [item.code for item in result.findings]


def crosswise(shape: Polygon) -> Polygon:
    return shapely.transform(shape, lambda points: points[:, ::-1])


@pytest.mark.parametrize(
    ("shape", "proposal"),
    [
        (at(35_632_876, 3_263_254), "EPSG:4523"),
        (at(36_341_902, 3_263_579), "EPSG:4524"),
        (at(25_500_000, 4_200_000), "EPSG:4513"),
        (at(45_500_000, 5_000_000), "EPSG:4533"),
        (at(18_500_000, 3_263_254), "EPSG:4496"),
        (at(106.37, 29.48, 0.001), "EPSG:4490"),
    ],
)
def test_a_missing_crs_is_proposed_but_not_applied(shape, proposal):
    result = placed(shape)
    assert result.proposal == proposal
    assert result.frame.crs is None
    assert codes(result) == ["crs.proposed"]
    assert result.findings.of("error")
    confirmed = place(gpd.GeoDataFrame(geometry=[shape]), "p", Said(crs=proposal))
    assert confirmed.frame.crs == proposal
    assert confirmed.proposal is None
    assert codes(confirmed) == ["crs.supplied"]


def test_eastings_without_zone_need_a_site_or_a_word():
    result = placed(at(EAST_108, NORTH_108))
    assert (result.proposal, codes(result)) == (None, ["crs.zone_unknown"])
    for site, proposal in (
        ("EPSG:4524", "EPSG:4545"),
        ("EPSG:4523", "EPSG:4544"),
        ("EPSG:4545", "EPSG:4545"),
    ):
        assert placed(at(EAST_108, NORTH_108), site_crs=site).proposal == proposal
    assert placed(at(EAST_108, NORTH_108), site_crs="EPSG:4490").proposal is None
    local = placed(at(EAST_108, NORTH_108), site_crs=CHONGQING)
    assert local.proposal.startswith(CHONGQING)
    assert codes(local) == ["crs.proposed"]


@pytest.mark.parametrize("shape", [at(0, 0), at(4_000, 8_000), at(5e7, 3e6), at(-100, 30)])
def test_figures_that_say_nothing_are_left_alone(shape):
    result = placed(shape)
    assert (result.proposal, codes(result)) == (None, ["crs.unknown"])


def test_a_local_system_of_the_user(tmp_path):
    shape = at(487_390.0, 3_263_000.0)
    frame = gpd.GeoDataFrame({"n": [1]}, geometry=[shape], crs=CHONGQING)
    write_vector(frame, tmp_path / "p.shp")
    (tmp_path / "p.prj").unlink()
    reading = read_vector(tmp_path / "p.shp", ReadOptions(crs=CHONGQING))
    assert codes_of(reading) == ["crs.supplied"]
    degrees = reading.frame.to_crs(WGS84).geometry[0].centroid
    assert (degrees.x, degrees.y) == pytest.approx((106.37, 29.48), abs=0.01)
    with pytest.raises(CrsError, match="nowhere"):
        read_vector(tmp_path / "p.shp", ReadOptions(crs="nowhere"))


def codes_of(reading: object) -> list[str]:
    return [item.code for item in reading.findings]


def test_a_crs_of_the_file_is_not_overridden_in_silence():
    frame = gpd.GeoDataFrame(geometry=[square(0)], crs="EPSG:4523")
    other = place(frame, "p", Said(crs="EPSG:4524"))
    assert other.frame.crs == "EPSG:4523"
    assert codes(other) == ["crs.not_overridden"]
    assert not place(frame, "p", Said(crs="EPSG:4523")).findings


# --- axis order


@pytest.mark.parametrize("crs", [None, "EPSG:4523", "EPSG:4490", "EPSG:4326", "EPSG:4545", CHONGQING])
def test_northing_before_easting_is_turned_and_said(crs):
    right = {
        "EPSG:4490": at(106.37, 29.48, 0.001),
        "EPSG:4326": at(106.37, 29.48, 0.001),
        "EPSG:4545": at(EAST_108, NORTH_108),
        CHONGQING: at(487_390, 3_263_000),
    }.get(crs, square(0))
    result = placed(crosswise(right), crs=crs)
    assert result.frame.geometry[0].equals(right)
    assert [code for code in codes(result) if code.startswith("axis")] == ["axis.swapped"]
    assert result.proposal == (None if crs else "EPSG:4523")
    assert result.frame.crs == crs
    assert not [code for code in codes(placed(right, crs=crs)) if code.startswith("axis")]


def test_the_order_of_axes_can_be_said():
    stays = placed(crosswise(square(0)), axis_order="xy")
    assert stays.frame.geometry[0].equals(crosswise(square(0)))
    turned = placed(crosswise(square(0)), axis_order="yx")
    assert turned.frame.geometry[0].equals(square(0))
    assert codes(turned) == ["axis.turned_as_said", "crs.proposed"]


def test_a_layer_with_both_orders_is_an_error_that_names_the_fewer():
    result = placed(square(0), crosswise(square(1)), square(2))
    found = [item for item in result.findings if item.code == "axis.mixed"]
    assert [(item.severity, item.feature_id) for item in found] == [("error", "1")]
    assert result.frame.geometry[1].equals(crosswise(square(1)))


def test_a_foreign_layer_in_its_own_area_is_left_alone():
    seoul = placed(at(201_901, 545_324), crs="EPSG:5186")
    assert not seoul.findings
    assert not placed(at(300_000, 1_200_000), crs="EPSG:3035").findings.of("error")


# --- what cannot be


@pytest.mark.parametrize("absurd", [1e11, -3e9, np.inf, np.nan])
def test_absurd_coordinates_are_refused_by_feature(absurd):
    with np.errstate(invalid="ignore"):
        odd = LineString([(EAST, NORTH), (absurd, NORTH), (EAST + 1, NORTH)])
    result = placed(square(0), odd, square(2), crs="EPSG:4523")
    found = [item for item in result.findings if item.code == "coordinates.absurd"]
    assert [(item.severity, item.feature_id) for item in found] == [("error", "1")]
    assert codes(result) == ["coordinates.absurd"]


def test_many_odd_features_are_named_in_one_finding():
    result = placed(*[Point(1e11, 1e11)] * 25, crs="EPSG:4523")
    assert codes(result) == ["coordinates.absurd"]
    assert result.findings[0].feature_id.endswith("9 … (+15)")


def test_mixed_zones_are_named():
    other = at(36_341_902, 3_263_579)
    for crs in (None, "EPSG:4523"):
        result = placed(square(0), other, square(2), crs=crs)
        found = [item for item in result.findings if item.code == "crs.mixed_zones"]
        assert [(item.severity, item.feature_id, item.value) for item in found] == [("error", "1", "36")]
    assert placed(square(0), other, square(2)).proposal == "EPSG:4523"


def test_degrees_among_metres_are_named():
    result = placed(square(0), at(106.37, 29.48, 0.001), square(2))
    found = [item for item in result.findings if item.code == "crs.mixed_kinds"]
    assert [(item.severity, item.feature_id, item.value) for item in found] == [("error", "1", "°")]


def test_a_place_outside_the_area_of_its_crs_is_found():
    result = placed(square(0), at(35_500_000, 8_900_000), crs="EPSG:4523")
    found = [item for item in result.findings if item.code == "crs.out_of_area"]
    assert [(item.severity, item.feature_id) for item in found] == [("warning", "1")]
    # Baishiyi in the neighbouring zone is at home: a site keeps one zone.
    assert not placed(at(36_341_902, 3_263_579), crs="EPSG:4524").findings


def test_a_site_across_the_border_of_zones_is_noted():
    across = box(106.45, 29.4, 106.55, 29.5)
    for crs in ("EPSG:4490", None):
        found = [item for item in placed(across, crs=crs).findings if item.code == "crs.zone_border"]
        assert [(item.severity, item.value) for item in found] == [("info", "106.5°E")]
    plane = gpd.GeoSeries([across], crs="EPSG:4490").to_crs("EPSG:4523")
    assert "crs.zone_border" in codes(placed(plane[0], crs="EPSG:4523"))
    assert "crs.zone_border" not in codes(placed(square(0), crs="EPSG:4523"))


def geojson(path: Path, shape: Polygon) -> Path:
    feature = {"type": "Feature", "properties": {"n": 1}, "geometry": json.loads(shapely.to_geojson(shape))}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return path


def test_geojson_in_metres_is_refused_until_its_crs_is_said(tmp_path):
    path = geojson(tmp_path / "p.geojson", square(0))
    reading = read_vector(path)
    assert codes_of(reading) == ["geojson.not_degrees"]
    assert (reading.frame.crs, reading.crs_proposal) == (None, "EPSG:4523")
    assert "EPSG:4523" in reading.findings[0].hint()
    said = read_vector(path, ReadOptions(crs="EPSG:4523"))
    assert codes_of(said) == ["crs.supplied"]
    assert said.frame.crs == "EPSG:4523"
    assert said.frame.area[0] == pytest.approx(1e4)


def test_geojson_in_feet_is_refused_without_a_guess(tmp_path):
    reading = read_vector(geojson(tmp_path / "p.geojson", at(6_000_000, 2_100_000)))
    assert codes_of(reading) == ["geojson.not_degrees"]
    assert reading.crs_proposal is None


def test_geojson_in_degrees_keeps_its_datum_unless_another_is_said(tmp_path):
    path = geojson(tmp_path / "p.geojson", at(106.37, 29.48, 0.001))
    assert read_vector(path).frame.crs == WGS84
    assert not read_vector(path).findings
    assert read_vector(path, ReadOptions(crs="EPSG:4490")).frame.crs == "EPSG:4490"
    plane = read_vector(path, ReadOptions(crs="EPSG:4523"))
    assert (plane.frame.crs, codes_of(plane)) == (WGS84, ["crs.not_overridden"])


def test_metres_under_a_geographic_crs_are_an_error():
    result = placed(square(0), crs="EPSG:4490")
    assert codes(result) == ["crs.not_degrees"]
    assert (result.frame.crs, result.proposal) == (None, "EPSG:4523")


def test_nothing_to_look_at():
    assert codes(placed(None, crs=None)) == ["crs.none"]
    assert not placed(None, Polygon(), crs="EPSG:4523").findings
    assert not placed(crs="EPSG:4523").findings


def test_the_input_stays_as_it_was():
    frame = gpd.GeoDataFrame({"n": [1]}, geometry=[crosswise(square(0))])
    before = frame.copy()
    place(frame, "p", Said(crs="EPSG:4523"))
    assert frame.geometry[0].equals(before.geometry[0])
    assert frame.crs is None


# --- GCJ-02


def test_the_shift_at_baishiyi_is_the_known_one():
    shift = (wgs84_to_gcj02(np.array([[106.37, 29.48]])) - [106.37, 29.48])[0]
    east_m, north_m = shift[0] * 111_320 * np.cos(np.radians(29.48)), shift[1] * 110_850
    assert (east_m, north_m) == pytest.approx((386, -286), abs=1.0)


@given(st.floats(74, 135), st.floats(4, 54))
def test_the_shift_is_undone_to_a_billionth_of_a_degree(longitude, latitude):
    there = np.array([[longitude, latitude]])
    assert gcj02_to_wgs84(wgs84_to_gcj02(there)) == pytest.approx(there, abs=1e-9)


def test_points_outside_china_stay():
    london = np.array([[-0.1, 51.5]])
    assert wgs84_to_gcj02(london).tolist() == london.tolist()
    assert gcj02_to_wgs84(london).tolist() == london.tolist()


def test_a_declared_gcj02_source_is_undone_on_reading(tmp_path):
    true = at(106.37, 29.48, 0.001)
    path = geojson(tmp_path / "p.geojson", shapely.transform(true, wgs84_to_gcj02))
    reading = read_vector(path, ReadOptions(source_datum="GCJ-02"))
    assert codes_of(reading) == ["crs.gcj02_undone"]
    assert shapely.equals_exact(reading.frame.geometry[0], true, tolerance=1e-7)
    mercator = gpd.GeoSeries([shapely.transform(true, wgs84_to_gcj02)], crs=WGS84).to_crs(3857)
    result = placed(mercator[0], crs="EPSG:3857", source_datum="GCJ-02")
    assert shapely.equals_exact(result.frame.geometry[0], true, tolerance=1e-7)
    assert result.frame.crs == WGS84


def test_gcj02_without_a_crs_asks_for_one():
    with pytest.raises(ConfigError, match="Name it as crs"):
        placed(at(106.37, 29.48, 0.001), source_datum="GCJ-02")
