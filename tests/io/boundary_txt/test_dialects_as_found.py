"""Files as they are found: every variant that occurs, written by hand, with areas one can check in the head."""

from collections.abc import Callable
from pathlib import Path

import pytest
from shapely import box

from parcelplan.io.boundary_txt import dialect_of, read_boundary_txt
from parcelplan.io.vector.reading import Reading

HEADER = """\
[属性描述]
格式版本号=1.01版本
数据产生单位=某测绘院
数据产生日期=2024-01-02
坐标系=2000国家大地坐标系
几度分带=3
投影类型=高斯克吕格
计量单位=米
带号=35
精度=0.001
转换参数=,,,,,,
"""
SQUARE = """\
J1,1,3263300.000,35632800.000
J2,1,3263300.000,35632900.000
J3,1,3263200.000,35632900.000
J4,1,3263200.000,35632800.000
J1,1,3263300.000,35632800.000
"""
HEAD = "5,1.0000,P1,一号地,面,H48G001,工业用地,1001,@\n"
FILE = HEADER + "[地块坐标]\n" + HEAD + SQUARE
Read = Callable[[str], Reading]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def from_text(text: str, encoding: str = "utf-8", **options: str) -> Reading:
        path = tmp_path / "found.txt"
        path.write_bytes(text.encode(encoding))
        return read_boundary_txt(path, **options)

    return from_text


def troubles(reading: Reading) -> set[str]:
    return {finding.code for finding in reading.findings if finding.severity != "info"}


def rows(*points: tuple[float, float], ring: int = 1, letter: str = "J", first: int = 1) -> str:
    """Rows of points in metres north and east of the square's corner."""
    return "".join(
        f"{letter}{number},{ring},{3263200 + north:.3f},{35632800 + east:.3f}\n"
        for number, (north, east) in enumerate(points, start=first)
    )


def closed(*points: tuple[float, float], ring: int = 1, first: int = 1) -> str:
    return rows(*points, ring=ring, first=first) + rows(points[0], ring=ring, first=first)


def corners(south: float, west: float, north: float, east: float) -> list[tuple[float, float]]:
    return [(north, west), (north, east), (south, east), (south, west)]


def file_of(body: str, count: int = 0, area: str = "") -> str:
    return f"{HEADER}[地块坐标]\n{count or ''},{area},P1,一号地,面,,,,@\n{body}"


# --- the standard, and its signs


def test_standard_file(read: Read) -> None:
    reading = read(FILE)
    row = reading.frame.iloc[0]
    assert (row["parcel_id"], row["name"], row["map_sheet"]) == ("P1", "一号地", "H48G001")
    assert (row["land_use"], row["land_use_code"], row["declared_area_m2"]) == ("工业用地", "1001", 10_000.0)
    assert row.geometry.equals(box(35632800, 3263200, 35632900, 3263300))
    assert reading.frame.crs.to_epsg() == 4523
    assert reading.crs_proposal == "EPSG:4523"
    assert reading.frame.attrs["boundary_txt"]["header"]["数据产生单位"] == "某测绘院"
    assert troubles(reading) == set()
    assert (reading.format, reading.layer, reading.layers) == ("boundary_txt", "found", ("found",))


@pytest.mark.parametrize(
    ("encoding", "seen"),
    [
        ("gbk", "gbk"),
        ("gb18030", "gbk"),
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_encoding_and_line_end(read: Read, encoding: str, seen: str, newline: str) -> None:
    reading = read(FILE.replace("\n", newline), encoding)
    assert reading.frame["name"][0] == "一号地"
    assert dialect_of(reading.frame).encoding == seen
    assert troubles(reading) == set()


def test_rare_characters_are_gb18030(read: Read) -> None:
    reading = read(FILE.replace("一号地", "㙟𠮷地"), "gb18030")
    assert reading.frame["name"][0] == "㙟𠮷地"
    assert reading.encoding == "GB18030"


def test_gbk_that_is_valid_utf8_by_chance_is_told_by_its_letters(read: Read) -> None:
    text = "5,1,P1,模,@\n" + SQUARE
    assert "ģ" in text.encode("gbk").decode("utf-8")
    assert read(text, "gbk").frame["name"][0] == "模"


@pytest.mark.parametrize("name", ["300m²", "北纬30°", "模"])
def test_utf8_signs_are_not_taken_for_gbk(read: Read, name: str) -> None:
    assert read(FILE.replace("一号地", name)).frame["name"][0] == name
    assert read(f"5,1,P1,{name},@\n" + SQUARE).frame["name"][0] == name


def test_missing_final_newline(read: Read) -> None:
    reading = read(FILE.rstrip("\n"))
    assert reading.frame.area[0] == 10_000
    assert "txt.no_final_newline" in reading.findings.codes()


@pytest.mark.parametrize("brackets", ["【】", "［］", "〔〕"])
def test_full_width_brackets_and_signs(read: Read, brackets: str) -> None:
    text = FILE.replace("[", brackets[0]).replace("]", brackets[1])
    text = text.replace(
        "J2,1,3263300.000,35632900.000", "Ｊ２，１，３２６３３００．０００，３５６３２９００．０００"
    )
    text = text.replace("带号=35", "带号＝３５").replace(HEAD, HEAD.replace(",", "，").replace("@", "＠"))
    reading = read(text)
    assert reading.frame.area[0] == 10_000
    assert reading.frame["land_use_code"][0] == "1001"
    assert reading.frame.crs.to_epsg() == 4523
    assert "txt.full_width" in reading.findings.codes()
    assert troubles(reading) == set()


def test_sections_before_keys_missing_and_reordered(read: Read) -> None:
    header = "[项目信息]\n项目名称=园区\n1,2,3\n[属性描述]\n带号=35\n坐标系=2000国家大地坐标系\n审核=某\n"
    reading = read(header + "[地块坐标]\n" + HEAD + SQUARE)
    told = {finding.code: finding.value for finding in reading.findings}
    assert told["txt.sections"] == "项目信息"
    assert "精度" in told["txt.keys_missing"]
    assert told["txt.keys_other"] == "审核"
    assert reading.frame.crs.to_epsg() == 4523
    assert reading.frame.attrs["boundary_txt"]["sections"] == {"项目信息": ["项目名称=园区", "1,2,3"]}


@pytest.mark.parametrize("section", ["[宗地坐标]", "[界址点]", ""])
def test_a_parcel_section_of_another_name_or_none(read: Read, section: str) -> None:
    reading = read(HEADER + section + "\n" + HEAD + SQUARE)
    assert reading.frame.area[0] == 10_000
    assert reading.frame["parcel_id"][0] == "P1"


def test_indented_and_empty_lines(read: Read) -> None:
    reading = read("\n  " + FILE.replace("\n", "  \n\n \t"))
    assert reading.frame.area[0] == 10_000
    assert troubles(reading) == set()


# --- heads


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("5,1,P1,甲,面,H48,工业,1001,@", ("P1", "甲", 10_000, "H48", "1001")),
        ("5,1,P1,甲,面,H48,工业,@", ("P1", "甲", 10_000, "H48", None)),
        ("5,1,P1,甲,@", ("P1", "甲", 10_000, None, None)),
        ("5,1,甲,面,@", (None, "甲", 10_000, None, None)),
        ("5,P1,甲,面,@", ("P1", "甲", None, None, None)),
        ("5,1,P1,甲,面,H48,工业,1001,,1,B,C,备注,@", ("P1", "甲", 10_000, "H48", "1001")),
        ("5,1,P1,甲,面,H48,工业,1001@", ("P1", "甲", 10_000, "H48", "1001")),
        ("5,1,P1,甲,面,H48,工业,1001", ("P1", "甲", 10_000, "H48", "1001")),
        ("5,1公顷,P1,甲,面,H48,工业,1001,@", ("P1", "甲", 10_000, "H48", "1001")),
        ("5,10000.00,P1,甲,面,H48,工业,1001,@", ("P1", "甲", 10_000, "H48", "1001")),
        ("5,10000平方米,P1,甲,面,H48,工业,1001,@", ("P1", "甲", 10_000, "H48", "1001")),
        ("5,15,P1,甲,面,H48,工业,1001,@", ("P1", "甲", 10_000, "H48", "1001")),
        ("1.0公顷,P1,甲,面,H48,工业,1001,@", ("P1", "甲", 10_000, "H48", "1001")),
        ("5,1,P1,甲,东片,面,H48,工业,1001,@", ("P1", "甲,东片", 10_000, "H48", "1001")),
        ("5,,P1,甲,面,,,,@", ("P1", "甲", None, None, None)),
    ],
)
def test_heads(read: Read, head: str, expected: tuple[object, ...]) -> None:
    reading = read(FILE.replace(HEAD, head + "\n"))
    row = reading.frame.astype(object).where(reading.frame.notna(), None).iloc[0]
    fields = ("parcel_id", "name", "declared_area_m2", "map_sheet", "land_use_code")
    assert tuple(row[field] for field in fields) == expected
    assert "txt.area_differs" not in reading.findings.codes()
    assert "txt.count_differs" not in reading.findings.codes()


def test_thirteen_fields_keep_their_columns(read: Read) -> None:
    head = "5,1,P1,甲,面,H48,工业,1001,图斑,旱地,7,8,备注,@\n"
    row = read(FILE.replace(HEAD, head)).frame.iloc[0]
    columns = ("patch_type", "land_class", "grade_before", "grade_after", "note")
    assert tuple(row[column] for column in columns) == ("图斑", "旱地", "7", "8", "备注")


def test_fields_beyond_the_thirteenth_are_kept(read: Read) -> None:
    head = "5,1,P1,甲,面,H48,工业,1001,图斑,旱地,7,8,备注,多一,多二,@\n"
    row = read(FILE.replace(HEAD, head)).frame.iloc[0]
    assert (row["field_14"], row["field_15"]) == ("多一", "多二")


def test_points_without_any_head(read: Read) -> None:
    reading = read(SQUARE)
    assert reading.frame.area[0] == 10_000
    assert reading.frame["parcel_id"].isna().all()
    assert {"txt.no_head", "txt.crs_proposed"} <= troubles(reading)
    assert (reading.frame.crs, reading.crs_proposal) == (None, "EPSG:4523")


def test_two_blocks(read: Read) -> None:
    second = HEAD.replace("P1", "P2") + closed(*corners(0, 200, 100, 300))
    reading = read(FILE + second)
    assert list(reading.frame["parcel_id"]) == ["P1", "P2"]
    assert list(reading.frame.area) == [10_000, 10_000]


# --- rows


@pytest.mark.parametrize(
    ("row", "letter", "pad"),
    [
        ("J{n},1,{y},{x}", "J", 0),
        ("J0{n},1,{y},{x}", "J", 2),
        ("{n},1,{y},{x}", "", 0),
        ("界{n},1,{y},{x}", "界", 0),
    ],
)
def test_point_numbers(read: Read, row: str, letter: str, pad: int) -> None:
    places = [(3263300, 35632800), (3263300, 35632900), (3263200, 35632900), (3263200, 35632800)]
    body = "\n".join(row.format(n=n, y=y, x=x) for n, (y, x) in enumerate(places, start=1))
    dialect = dialect_of(read(file_of(body)).frame)
    assert (dialect.letter, dialect.pad, dialect.closing) == (letter, pad, "none")


@pytest.mark.parametrize(
    "row",
    [
        "J{n},1,{y:.3f},{x:.3f}",
        "J{n},1,{y:.3f},{x:.3f},",
        "J{n},1,{y:.3f},{x:.3f},100.0",
        "J{n},{y:.3f},{x:.3f},100.00,1,",
        "J{n},{y:.3f},{x:.3f},,1,",
        "J{n},{y:.3f},{x:.3f},1",
        "J{n},{y:.3f},{x:.3f}",
        "{y:.3f},{x:.3f}",
        "J{n} 1 {y:.3f} {x:.3f}",
        "J{n}\t1\t{y:.3f}\t{x:.3f}",
        "J{n};1;{y:.3f};{x:.3f}",
        "J{n},1,{y:.0f},{x:.0f}",
        "J{n},1,{x:.3f},{y:.3f}",
        "J{n},{x:.3f},{y:.3f},100,1,",
    ],
)
def test_columns_of_point_rows(read: Read, row: str) -> None:
    places = [(3263300, 35632800), (3263300, 35632900), (3263200, 35632900), (3263200, 35632800)]
    body = "".join(row.format(n=n, y=y, x=x) + "\n" for n, (y, x) in enumerate(places, start=1))
    reading = read(file_of(body, count=4, area="1.0"))
    assert reading.frame.geometry[0].equals(box(35632800, 3263200, 35632900, 3263300))
    assert troubles(reading) <= {"txt.precision"}


def test_counts_without_the_closing_row(read: Read) -> None:
    reading = read(FILE.replace("5,1.0000", "4,1.0000"))
    assert "txt.counted_points" in reading.findings.codes()
    assert troubles(reading) == set()


@pytest.mark.parametrize("number", ["J1", "J5"])
@pytest.mark.parametrize("twice", ["3263300.000", "35632800.000"])
def test_closing_row_with_one_coordinate_twice(read: Read, number: str, twice: str) -> None:
    body, closing = FILE.removesuffix("\n").rsplit("\n", 1)
    assert closing.startswith("J1,")
    reading = read(f"{body}\n{number},1,{twice},{twice}\n")
    assert reading.frame.area[0] == 10_000
    assert troubles(reading) == {"txt.closing_x_twice"}


# --- rings


HOLE = corners(20, 20, 40, 40)
APART = corners(0, 200, 100, 300)
ISLAND = corners(25, 25, 35, 35)
OUTER = corners(0, 0, 100, 100)


def test_second_ring_is_a_hole_where_it_lies_inside(read: Read) -> None:
    reading = read(file_of(closed(*OUTER) + closed(*HOLE, ring=2, first=5), count=10, area="0.96"))
    assert reading.frame.area[0] == 9_600
    assert troubles(reading) == set()


def test_second_ring_is_a_part_where_it_lies_outside(read: Read) -> None:
    reading = read(file_of(closed(*OUTER) + closed(*APART, ring=2, first=5), count=10, area="2.0"))
    assert reading.frame.area[0] == 20_000
    assert len(reading.frame.geometry[0].geoms) == 2


def test_an_island_in_a_hole_is_a_part(read: Read) -> None:
    body = closed(*OUTER) + closed(*HOLE, ring=2) + closed(*ISLAND, ring=3)
    reading = read(file_of(body))
    assert reading.frame.area[0] == 9_600 + 100
    told = next(finding for finding in reading.findings if finding.code == "txt.containment")
    assert (told.value, told.params["parts"]) == (1, 1)


def test_a_hole_before_its_shell_is_a_hole(read: Read) -> None:
    reading = read(file_of(closed(*HOLE, ring=1) + closed(*OUTER, ring=2)))
    assert reading.frame.area[0] == 9_600


def test_parts_by_hundreds_with_holes(read: Read) -> None:
    hole = corners(20, 220, 40, 240)
    body = closed(*OUTER) + closed(*HOLE, ring=2) + closed(*APART, ring=101) + closed(*hole, ring=102)
    reading = read(file_of(body))
    assert reading.frame.area[0] == 19_200
    assert dialect_of(reading.frame).rings == "hundreds"


def test_rings_that_share_a_number(read: Read) -> None:
    reading = read(file_of(closed(*OUTER) + closed(*HOLE, first=5) + closed(*APART, first=9)))
    assert reading.frame.area[0] == 19_600
    assert dialect_of(reading.frame).rings == "constant"


def test_open_rings_that_share_a_number_are_told_by_their_numbering(read: Read) -> None:
    reading = read(file_of(rows(*OUTER) + rows(*HOLE) + rows(*APART)))
    assert reading.frame.area[0] == 19_600
    assert troubles(reading) == set()


def test_open_rings_without_ring_numbers(read: Read) -> None:
    text = "".join(
        f"J{n},{3263200 + y},{35632800 + x}\n" for ring in (OUTER, HOLE) for n, (y, x) in enumerate(ring, 1)
    )
    assert read(file_of(text)).frame.area[0] == 9_600


def test_numbering_anew_in_each_ring_with_closing_rows(read: Read) -> None:
    reading = read(file_of(closed(*OUTER) + closed(*HOLE, ring=2)))
    assert dialect_of(reading.frame).numbering == "ring"
    assert reading.frame.area[0] == 9_600


# --- coordinates


@pytest.mark.parametrize(("first", "second"), [("{y}", "{x}"), ("{x}", "{y}")])
@pytest.mark.parametrize(
    ("system", "zone", "epsg", "prefix"),
    [
        ("2000国家大地坐标系", "35", 4523, 35_000_000),
        ("2000国家大地坐标系", "35", 4544, 0),
        ("CGCS2000", "105", 4544, 0),
        ("1980西安坐标系", "35", 2359, 35_000_000),
        ("1954北京坐标系", "35", 2432, 0),
    ],
)
def test_axis_order_and_prefix(
    read: Read, first: str, second: str, system: str, zone: str, epsg: int, prefix: int
) -> None:
    row = f"J{{n}},1,{first},{second}\n"
    places = [(3263300, 632800), (3263300, 632900), (3263200, 632900), (3263200, 632800)]
    body = "".join(
        row.format(n=n, y=f"{y}.000", x=f"{x + prefix}.000") for n, (y, x) in enumerate(places, start=1)
    )
    text = file_of(body).replace("2000国家大地坐标系", system).replace("带号=35", f"带号={zone}")
    reading = read(text)
    assert reading.frame.geometry[0].equals(box(prefix + 632800, 3263200, prefix + 632900, 3263300))
    assert reading.frame.crs.to_epsg() == epsg
    assert troubles(reading) == set()


def test_six_degree_zone(read: Read) -> None:
    text = FILE.replace(",35632", ",18632").replace("带号=35", "带号=18").replace("分带=3", "分带=6")
    assert read(text).frame.crs.to_epsg() == 4496


@pytest.mark.parametrize("order", ["{lat},{lon}", "{lon},{lat}"])
def test_degrees_without_a_header(read: Read, order: str) -> None:
    places = [(29.481, 106.37), (29.481, 106.371), (29.48, 106.371), (29.48, 106.37)]
    body = "".join(
        f"J{n},1," + order.format(lat=lat, lon=lon) + "\n" for n, (lat, lon) in enumerate(places, start=1)
    )
    reading = read("[地块坐标]\n4,1.0755,P1,甲,面,,,,@\n" + body)
    assert reading.frame.total_bounds == pytest.approx([106.37, 29.48, 106.371, 29.481])
    assert (reading.frame.crs, reading.crs_proposal) == (None, "EPSG:4490")
    assert {"txt.degrees", "txt.no_header"} <= reading.findings.codes()
    assert "txt.area_differs" not in reading.findings.codes()


def test_degrees_minutes_and_seconds(read: Read) -> None:
    body = """\
J1,1,29°28′51.60″,106°22′12.00″
J2,1,29°28′51.60″,106°22′15.60″
J3,1,29°28′48.00″,106°22′15.60″
J4,1,29°28′48.00″,106°22′12.00″
"""
    reading = read("[地块坐标]\n4,,P1,甲,面,,,,@\n" + body)
    assert reading.frame.total_bounds == pytest.approx([106.37, 29.48, 106.371, 29.481])


def test_a_given_system_that_cannot_be_is_said(read: Read) -> None:
    assert "txt.crs_not_metres" in {item.code for item in read(FILE, crs="EPSG:4490").findings.of("error")}
    assert "txt.crs_contradicts" in troubles(read(FILE, crs="EPSG:4524"))
    assert troubles(read(FILE, crs="EPSG:4523")) == set()
    degrees = "29.481,106.37\n29.481,106.371\n29.48,106.371\n"
    assert "txt.crs_not_degrees" in {
        item.code for item in read(degrees, crs="EPSG:4523").findings.of("error")
    }


def test_one_slip_among_degrees_stays_one_slip(read: Read) -> None:
    reading = read("29.481,106.37\n29.481,106.371\n29.48,1063.71\n29.4795,106.371\n29.48,106.37\n")
    assert {"txt.degrees", "txt.point_far"} <= reading.findings.codes()


def test_a_local_system_is_read_and_not_named(read: Read) -> None:
    text = FILE.replace("3263", "63").replace("35632", "52").replace("2000国家大地坐标系", "重庆独立坐标系")
    reading = read(text)
    assert reading.frame.area[0] == 10_000
    assert (reading.frame.crs, reading.crs_proposal) == (None, None)
    assert troubles(reading) == {"txt.axes_unknown", "txt.system_unknown"}


def test_axis_order_and_crs_can_be_said(read: Read) -> None:
    text = FILE.replace("3263", "63").replace("35632", "52")
    local = "+proj=tmerc +lon_0=106.5 +x_0=50000 +y_0=-3200000 +ellps=GRS80 +units=m"
    reading = read(text, axis_order="xy", crs=local)
    assert reading.frame.total_bounds.tolist() == [63200, 52800, 63300, 52900]
    assert reading.frame.crs.is_projected
    assert "txt.axes_unknown" not in reading.findings.codes()


def test_an_order_against_the_magnitudes_is_said(read: Read) -> None:
    reading = read(FILE, axis_order="xy")
    assert reading.frame.total_bounds.tolist() == [3263200, 35632800, 3263300, 35632900]
    assert "txt.axes_against" in reading.findings.codes()
