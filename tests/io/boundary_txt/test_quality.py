"""Findings about what is wrong in a file: each names the parcel and the line, and none cries wolf."""

from collections.abc import Callable
from pathlib import Path

import pytest

from parcelplan.errors import InputError
from parcelplan.findings import Finding
from parcelplan.io.boundary_txt import read_boundary_txt, write_boundary_txt
from parcelplan.io.vector.reading import Reading
from tests.io.boundary_txt.shapes import NESTED, at, parcels

HEADER = """\
[属性描述]
坐标系=2000国家大地坐标系
几度分带=3
带号=35
精度=0.001
[地块坐标]
"""
FIRST_ROW = 8
SQUARE = [(100, 0), (100, 100), (0, 100), (0, 0)]
Read = Callable[[str], Reading]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def from_text(text: str) -> Reading:
        path = tmp_path / "found.txt"
        path.write_text(text, encoding="utf-8", newline="")
        return read_boundary_txt(path)

    return from_text


def row(number: int, north: float, east: float, ring: int = 1) -> str:
    return f"J{number},{ring},{3263200 + north:.3f},{35632800 + east:.3f}\n"


def block(points: list[tuple[float, float]], *, count: int = 0, area: str = "", ring: int = 1) -> str:
    body = "".join(row(number, *point, ring=ring) for number, point in enumerate(points, start=1))
    return f"{count or len(points) + 1},{area},P1,甲,面,,,,@\n" + body + row(1, *points[0], ring=ring)


def only(reading: Reading, code: str) -> Finding:
    found = [finding for finding in reading.findings if finding.code == code]
    assert len(found) == 1, reading.findings.codes()
    return found[0]


def troubles(reading: Reading) -> set[str]:
    return {finding.code for finding in reading.findings if finding.severity != "info"}


def test_area_that_differs(read: Read) -> None:
    finding = only(read(HEADER + block(SQUARE, area="1.0100")), "txt.area_differs")
    assert (finding.feature_id, finding.value) == ("P1", 10_100.0)
    assert finding.params == {"measured": 10_000.0, "difference": 100.0, "line": 7}
    assert "10100.0 m²" in finding.message("en")


@pytest.mark.parametrize("area", ["1.0000", "1", "1.00004", "10000", "10000.00", "15.00", "15亩"])
def test_area_that_agrees(read: Read, area: str) -> None:
    reading = read(HEADER + block(SQUARE, area=area))
    assert troubles(reading) == set()
    assert reading.frame["declared_area_m2"][0] == pytest.approx(10_000, abs=0.5)


def test_mu_are_believed_only_where_they_fit(read: Read) -> None:
    reading = read(HEADER + block(SQUARE, area="5.0"))
    assert reading.frame["declared_area_m2"][0] == 50_000
    assert troubles(reading) == {"txt.area_differs"}


def test_an_area_one_ten_thousandth_of_a_hectare_off_is_told(read: Read) -> None:
    assert troubles(read(HEADER + block(SQUARE, area="1.0002"))) == {"txt.area_differs"}


def test_an_area_on_the_ellipsoid_is_told_as_such(read: Read) -> None:
    far = [(north, east + 200_000) for north, east in SQUARE]
    text = HEADER + block(far, area="{area}")
    ellipsoidal = read(text.format(area="0.9")).findings
    assert "txt.area_differs" in {finding.code for finding in ellipsoidal}
    frame = read(text.format(area="")).frame
    geod = frame.crs.get_geod()
    area = abs(geod.geometry_area_perimeter(frame.to_crs(4490).geometry[0])[0])
    assert 10_000 - area > 5
    finding = only(read(text.format(area=f"{area / 1e4:.4f}")), "txt.area_ellipsoidal")
    assert finding.severity == "info"
    assert finding.params["measured"] == 10_000.0


@pytest.mark.parametrize(("count", "told"), [(5, False), (4, False), (6, True), (3, True)])
def test_count_against_rows(read: Read, count: int, told: bool) -> None:
    reading = read(HEADER + block(SQUARE, count=count))
    assert ("txt.count_differs" in troubles(reading)) == told
    if told:
        finding = only(reading, "txt.count_differs")
        assert (finding.value, finding.params) == (count, {"rows": 5, "points": 4, "line": 7})


def test_self_crossing_with_its_place(read: Read) -> None:
    bow = [(100, 0), (0, 100), (100, 100), (0, 0)]
    finding = only(read(HEADER + block(bow)), "txt.self_crossing")
    assert finding.severity == "error"
    assert (finding.params["x"], finding.params["y"]) == ("35632850", "3263250")
    assert finding.params["line"] == FIRST_ROW


def test_rings_that_cross_each_other(read: Read) -> None:
    second = [(150, 50), (150, 150), (50, 150), (50, 50)]
    body = "".join(row(number, *point, ring=2) for number, point in enumerate(second, start=1))
    reading = read(HEADER + block(SQUARE, count=10) + body + row(1, *second[0], ring=2))
    assert only(reading, "txt.rings_cross").severity == "error"


def test_ring_without_area(read: Read) -> None:
    assert "txt.ring_flat" in troubles(read(HEADER + block([(0, 0), (0, 50), (0, 100)])))


def test_ring_given_twice(read: Read) -> None:
    again = "".join(row(number, *point, ring=2) for number, point in enumerate(SQUARE[::-1], start=1))
    reading = read(HEADER + block(SQUARE, count=9) + again)
    assert reading.frame.area[0] == 10_000
    assert only(reading, "txt.ring_twice").params["line"] == FIRST_ROW + 5


def test_ring_of_two_points(read: Read) -> None:
    reading = read(HEADER + block(SQUARE, count=7) + row(5, 20, 20, ring=2) + row(6, 20, 40, ring=2))
    finding = only(reading, "txt.ring_too_short")
    assert (finding.value, finding.params["line"]) == (2, FIRST_ROW + 5)
    assert reading.frame.area[0] == 10_000


def test_block_without_points_keeps_its_attributes(read: Read) -> None:
    reading = read(HEADER + "5,1,P0,空,面,,,,@\n" + block(SQUARE))
    assert list(reading.frame["parcel_id"]) == ["P0", "P1"]
    assert reading.frame.geometry.isna().tolist() == [True, False]
    assert only(reading, "txt.no_points").feature_id == "P0"


def test_point_given_twice(read: Read) -> None:
    reading = read(HEADER + block([*SQUARE[:2], *SQUARE[1:]]))
    finding = only(reading, "txt.point_twice")
    assert (finding.params["point"], finding.params["line"]) == ("J3", FIRST_ROW + 2)
    assert reading.frame.area[0] == 10_000


def test_first_point_given_twice_is_no_ring_of_its_own(read: Read) -> None:
    reading = read(HEADER + block([SQUARE[0], *SQUARE]))
    assert reading.frame.area[0] == 10_000
    assert troubles(reading) == {"txt.point_twice"}


def test_closing_row_that_is_not_the_first_point(read: Read) -> None:
    text = (HEADER + block(SQUARE)).removesuffix(row(1, *SQUARE[0])) + row(1, 100.02, 0)
    reading = read(text)
    finding = only(reading, "txt.closing_differs")
    assert (finding.value, finding.params["line"]) == (0.02, FIRST_ROW + 4)
    assert reading.frame.area[0] == 10_000


def test_closing_row_twice(read: Read) -> None:
    reading = read(HEADER + block(SQUARE, count=6) + row(1, *SQUARE[0]))
    assert "txt.closing_repeated" in reading.findings.codes()
    assert reading.frame.area[0] == 10_000
    assert troubles(reading) == set()


def test_one_open_ring_among_closed_ones(read: Read) -> None:
    text = HEADER + block(SQUARE) + block(SQUARE).replace("P1", "P2").removesuffix(row(1, *SQUARE[0]))
    finding = only(read(text), "txt.ring_open")
    assert (finding.feature_id, finding.params["line"]) == ("P2", FIRST_ROW + 9)


def test_point_far_from_its_ring(read: Read) -> None:
    slipped = [(100, 0), (100, 100), (30_000, 100), (0, 50), (0, 0)]
    finding = only(read(HEADER + block(slipped)), "txt.point_far")
    assert (finding.params["point"], finding.params["line"]) == ("J3", FIRST_ROW + 2)


def test_a_long_road_has_no_point_far_away(read: Read) -> None:
    road = [(20, 0), (20, 9_000), (0, 9_000), (0, 5), (0, 4), (0, 0)]
    assert troubles(read(HEADER + block(road))) == set()


def test_coordinates_coarser_than_the_precision_says(read: Read) -> None:
    text = (HEADER + block(SQUARE)).replace(".000", ".0")
    finding = only(read(text), "txt.precision")
    assert (finding.value, finding.params["written"]) == ("0.001", "0.1")
    assert "txt.precision" not in read(text.replace("精度=0.001", "精度=1")).findings.codes()
    assert "txt.precision" in read(text.replace("精度=0.001", "精度=3")).findings.codes()


@pytest.mark.parametrize(
    "bad",
    [
        "J3,1,3263x00,35632900",
        "J3,1,3263200.000",
        "J3,1",
        "J3",
        "J3,1,nan,35632900",
        "J3,1,1e11,5",
        "J3,1,3_263_200,35632900",
        "J3,1,,35632900",
    ],
)
def test_bad_row_with_its_line(read: Read, bad: str) -> None:
    lines = (HEADER + block(SQUARE)).split("\n")
    lines[FIRST_ROW + 1] = bad
    reading = read("\n".join(lines))
    finding = only(reading, "txt.bad_row")
    assert (finding.params["line"], finding.feature_id, finding.value) == (FIRST_ROW + 2, "P1", bad)
    assert finding.severity == "error"


def test_title_rows_are_passed_over(read: Read) -> None:
    reading = read(HEADER + "点号,圈号,X坐标,Y坐标\n" + block(SQUARE))
    assert only(reading, "txt.other_line").params["line"] == 7
    assert reading.frame.area[0] == 10_000


def test_header_against_coordinates(read: Read) -> None:
    reading = read(HEADER.replace("带号=35", "带号=36") + block(SQUARE))
    finding = only(reading, "txt.zone_contradicts")
    assert (finding.value, finding.params["zone"]) == ("36", 35)
    assert (reading.frame.crs, reading.crs_proposal) == (None, "EPSG:4523")


def test_mixed_zones_are_an_error(read: Read) -> None:
    reading = read(HEADER + block(SQUARE) + block(SQUARE).replace("P1", "P2").replace(",35632", ",36632"))
    assert only(reading, "txt.zones_mixed").value == "35, 36"
    assert reading.frame.crs is None


def test_a_block_with_turned_axes_is_read_by_its_own(read: Read) -> None:
    other = [(north, east + 500) for north, east in SQUARE]
    turned = "".join(
        f"J{number},1,{35632800 + east:.3f},{3263200 + north:.3f}\n"
        for number, (north, east) in enumerate(other, start=1)
    )
    third = block([(north, east + 900) for north, east in SQUARE]).replace("P1", "P3")
    reading = read(HEADER + block(SQUARE) + "4,,P2,乙,面,,,,@\n" + turned + third)
    assert only(reading, "txt.axes_turned").feature_id == "P2"
    assert reading.frame.geometry[1].bounds == (35633300, 3263200, 35633400, 3263300)


def test_number_given_twice(read: Read) -> None:
    reading = read(HEADER + block(SQUARE) + block([(north, east + 500) for north, east in SQUARE]))
    assert [finding.feature_id for finding in reading.findings if finding.code == "txt.number_twice"] == [
        "P1",
        "P1",
    ]


def test_lines_and_points_are_no_areas(read: Read) -> None:
    reading = read(HEADER + block(SQUARE).replace("面", "线") + block(SQUARE).replace("面", "点"))
    assert [shape.geom_type for shape in reading.frame.geometry] == ["MultiLineString", "MultiPoint"]
    assert [finding.code for finding in reading.findings].count("txt.not_an_area") == 2


def test_damaged_characters_are_told_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "found.txt"
    path.write_bytes((HEADER + block(SQUARE)).encode("gbk").replace("甲".encode("gbk"), b"\xff\xff"))
    reading = read_boundary_txt(path)
    assert only(reading, "txt.damaged_text").params["lines"] == "7"
    assert reading.frame.area[0] == 10_000


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "no boundary points; line 1"),
        ("[属性描述]\n坐标系=\n[地块坐标]\n".encode(), "no boundary points; line 1 reads '\\[属性描述\\]'"),
        ("\n\n随便写的\n".encode(), "line 3 reads '随便写的'"),
        (b"SQLite format 3\0\x10\0", "null byte in line 1"),
        (b"J1,1,3,4\n\0\0", "null byte in line 2"),
    ],
)
def test_unreadable_files_are_refused_by_name_and_line(tmp_path: Path, content: bytes, match: str) -> None:
    path = tmp_path / "bad.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=f"bad.txt.*{match}"):
        read_boundary_txt(path)


def test_missing_file_and_wrong_encoding(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.txt"):
        read_boundary_txt(tmp_path / "none.txt")
    path = tmp_path / "a.txt"
    path.write_text(HEADER + block(SQUARE), encoding="gbk")
    with pytest.raises(InputError, match="line 1 is not utf-8"):
        read_boundary_txt(path, encoding="utf-8")
    with pytest.raises(InputError, match="no encoding 'klingon'"):
        read_boundary_txt(path, encoding="klingon")


def test_a_clean_file_has_no_troubles(tmp_path: Path) -> None:
    path = tmp_path / "clean.txt"
    write_boundary_txt(parcels(NESTED, at(300, 0, 400, 100)), path)
    assert troubles(read_boundary_txt(path)) == set()
