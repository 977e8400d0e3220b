"""What is written: the standard form to the letter, order of points, and what cannot be said in the format."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from parcelplan.errors import ConfigError, CrsError, InputError
from parcelplan.io.boundary_txt import Dialect, read_boundary_txt, write_boundary_txt
from tests.io.boundary_txt.shapes import EAST, NESTED, NORTH, at, parcels

SQUARE = at(0, 0, 100, 100)
STANDARD = """\
[属性描述]
格式版本号=1.01版本
数据产生单位=
数据产生日期=
坐标系=2000国家大地坐标系
几度分带=3
投影类型=高斯克吕格
计量单位=米
带号=35
精度=0.001
转换参数=,,,,,,
[地块坐标]
10,0.9600,P1,地块1,面,,,1001,@
J1,1,3263300.000,35632800.000
J2,1,3263300.000,35632900.000
J3,1,3263200.000,35632900.000
J4,1,3263200.000,35632800.000
J1,1,3263300.000,35632800.000
J5,2,3263240.000,35632820.000
J6,2,3263220.000,35632820.000
J7,2,3263220.000,35632840.000
J8,2,3263240.000,35632840.000
J5,2,3263240.000,35632820.000
"""


def points_of(path: Path, encoding: str = "gbk") -> list[list[str]]:
    lines = path.read_text(encoding).splitlines()
    return [line.split(",") for line in lines[lines.index("[地块坐标]") + 1 :] if not line.endswith("@")]


def test_standard_dialect_to_the_letter(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    frame = parcels(SQUARE.difference(at(20, 20, 40, 40)), land_use_code=["1001"])
    findings = write_boundary_txt(frame, path)
    assert path.read_bytes() == STANDARD.replace("\n", "\r\n").encode("gbk")
    assert findings.codes() == {"txt.area_filled"}


def test_rings_start_in_the_north_west_and_run_clockwise(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    roof = shapely.Polygon(
        [(EAST, NORTH), (EAST + 50, NORTH), (EAST + 50, NORTH + 80), (EAST + 5, NORTH + 100)]
    )
    write_boundary_txt(parcels(roof, roof.reverse()), path)
    points = points_of(path)
    assert points[:4] == [[f"J{n}", *row[1:]] for n, row in enumerate(points[5:9], start=1)]
    assert points[0][2:] == ["3263300.000", "35632805.000"]
    assert points[1][2:] == ["3263280.000", "35632850.000"]


def test_holes_stand_after_their_shell_and_parts_one_after_another(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    write_boundary_txt(parcels(NESTED), path, dialect="parts_by_hundreds")
    rings = list(dict.fromkeys(row[1] for row in points_of(path)))
    assert rings == ["1", "2", "101", "102", "201"]


def test_side_lengths_are_those_of_the_written_points(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    write_boundary_txt(parcels(at(0, 0, 30, 40)), path, dialect="six_columns")
    assert points_of(path)[0] == ["J1", "3263240.000", "35632800.000", "30.000", "1", ""]
    assert [row[3] for row in points_of(path)] == ["30.000", "40.000", "30.000", "40.000", ""]


def test_zone_is_added_and_taken_off(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    plain = parcels(SQUARE).assign(geometry=lambda f: f.translate(-35e6)).set_crs(4544, allow_override=True)
    write_boundary_txt(plain, path)
    assert points_of(path)[0][3] == "35632800.000"
    write_boundary_txt(parcels(SQUARE), path, dialect="without_zone")
    assert points_of(path)[0][3] == "632800.000"
    assert "带号=35" in path.read_text("gbk")


def test_registry_names_and_their_aliases_are_found(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    foreign = gpd.GeoDataFrame(
        {"DKBH": ["A1"], "DKMC": ["东片"], "面积（亩）": [15.0], "TFH": ["H48"], "YDDM": [1001.0]},
        geometry=[SQUARE],
        crs=4523,
    )
    assert len(write_boundary_txt(foreign, path)) == 0
    assert "5,1.0000,A1,东片,面,H48,,1001,@" in path.read_text("gbk")


def test_the_index_gives_the_number_of_indexed_parcels(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    write_boundary_txt(parcels(SQUARE).set_index("parcel_id"), path)
    assert ",P1,地块1,面," in path.read_text("gbk")


def test_declared_area_goes_before_the_measured_one(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    frame = parcels(SQUARE, at(0, 0, 1, 200), declared_area_m2=[9_999.0, np.nan])
    findings = write_boundary_txt(frame, path)
    assert next(iter(findings)).value == 1
    assert [line.split(",")[1] for line in path.read_text("gbk").splitlines() if "@" in line] == [
        "0.9999",
        "0.0200",
    ]


def test_what_the_dialect_cannot_hold_is_told(tmp_path: Path) -> None:
    frame = parcels(SQUARE, phase=[1], land_use=["工业"], note=[None])
    findings = write_boundary_txt(frame, tmp_path / "out.txt", dialect="five_fields")
    dropped = next(item for item in findings if item.code == "txt.columns_dropped")
    assert dropped.value == "phase, land_use"


def test_signs_that_separate_are_replaced_and_told(tmp_path: Path) -> None:
    frame = parcels(SQUARE, land_use=["工业,仓储\n一期"])
    findings = write_boundary_txt(frame, tmp_path / "out.txt")
    changed = next(item for item in findings if item.code == "txt.text_changed")
    assert (changed.feature_id, changed.field, changed.value) == ("P1", "land_use", "工业，仓储 一期")
    assert read_boundary_txt(tmp_path / "out.txt").frame["land_use"][0] == "工业，仓储 一期"


def test_characters_beyond_gbk_widen_the_encoding(tmp_path: Path) -> None:
    frame = parcels(SQUARE).assign(name=["𠮷地"])
    assert "txt.encoding_widened" in write_boundary_txt(frame, tmp_path / "out.txt").codes()
    assert read_boundary_txt(tmp_path / "out.txt").frame["name"][0] == "𠮷地"


def test_parcels_without_area_are_left_out_and_told(tmp_path: Path) -> None:
    frame = parcels(None, SQUARE, shapely.Point(EAST, NORTH), shapely.Polygon())
    findings = write_boundary_txt(frame, tmp_path / "out.txt")
    told = [(item.feature_id, item.value) for item in findings if item.code == "txt.not_written"]
    assert told == [("0", "null"), ("2", "Point"), ("3", "Polygon")]
    assert list(read_boundary_txt(tmp_path / "out.txt").frame["parcel_id"]) == ["P2"]


def test_heights_are_left_out_and_told(tmp_path: Path) -> None:
    findings = write_boundary_txt(parcels(shapely.force_3d(SQUARE, 200.0)), tmp_path / "out.txt")
    assert "txt.heights_dropped" in findings.codes()
    assert points_of(tmp_path / "out.txt")[0] == ["J1", "1", "3263300.000", "35632800.000"]


def test_a_local_system_is_written_and_told(tmp_path: Path) -> None:
    local = parcels(SQUARE).set_crs("+proj=tmerc +lon_0=106.5 +x_0=50000 +ellps=GRS80", allow_override=True)
    findings = write_boundary_txt(local, tmp_path / "out.txt", header={"坐标系": "某独立坐标系"})
    assert "txt.crs_unnamed" in findings.codes()
    assert "坐标系=某独立坐标系\r\n几度分带=\r\n" in (tmp_path / "out.txt").read_bytes().decode("gbk")


def test_rounding_that_spoils_a_boundary_is_told(tmp_path: Path) -> None:
    thin = at(0, 0, 100, 0.3)
    assert (
        "txt.rounded_invalid" in write_boundary_txt(parcels(thin), tmp_path / "out.txt", precision=0).codes()
    )
    assert "txt.rounded_invalid" not in write_boundary_txt(parcels(thin), tmp_path / "out.txt").codes()


def test_degrees_keep_a_tenth_of_a_millimetre(tmp_path: Path) -> None:
    write_boundary_txt(parcels(SQUARE), tmp_path / "out.txt", dialect="degrees")
    read = read_boundary_txt(tmp_path / "out.txt", crs="EPSG:4490").frame.to_crs(4523)
    assert shapely.hausdorff_distance(read.geometry[0], SQUARE) < 2e-4


def test_degrees_of_no_system_are_written_as_they_are(tmp_path: Path) -> None:
    degrees = parcels(shapely.box(106.37, 29.48, 106.371, 29.481), crs=None)
    findings = write_boundary_txt(degrees, tmp_path / "out.txt", dialect="degrees")
    assert "txt.area_filled" not in findings.codes()
    read = read_boundary_txt(tmp_path / "out.txt")
    assert read.frame.geometry[0].equals(degrees.geometry[0])
    assert read.frame["declared_area_m2"].isna().all()


def test_own_dialects_can_be_composed(tmp_path: Path) -> None:
    own = Dialect(letter="界", pad=3, closing="none", columns=("number", "second", "first"), encoding="utf-8")
    write_boundary_txt(parcels(SQUARE), tmp_path / "out.txt", dialect=own)
    assert points_of(tmp_path / "out.txt", "utf-8")[0] == ["界001", "35632800.000", "3263300.000"]
    assert read_boundary_txt(tmp_path / "out.txt").frame.geometry[0].equals(SQUARE)


def test_inputs_stay_and_row_order_does_not_matter_to_blocks(tmp_path: Path) -> None:
    frame = parcels(NESTED, SQUARE, at(300, 0, 400, 10))
    before = frame.copy()
    write_boundary_txt(frame, tmp_path / "a.txt")
    pd.testing.assert_frame_equal(frame, before)
    write_boundary_txt(frame[::-1], tmp_path / "b.txt")
    a, b = ((tmp_path / name).read_text("gbk").split("[地块坐标]\n")[1] for name in ("a.txt", "b.txt"))
    assert sorted(a.split("@")[0].split(",")[2:4]) == ["P1", "地块1"]
    assert sorted(a.splitlines()) == sorted(b.splitlines())


def test_refusals_leave_no_file(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    with pytest.raises(ConfigError, match=r"no dialect 'best'.*standard"):
        write_boundary_txt(parcels(SQUARE), path, dialect="best")
    with pytest.raises(ConfigError, match="not 12"):
        write_boundary_txt(parcels(SQUARE), path, precision=12)
    with pytest.raises(InputError, match=r"out\.txt"):
        write_boundary_txt(parcels(None, shapely.Polygon()), path)
    with pytest.raises(CrsError, match=r"out\.txt"):
        write_boundary_txt(parcels(SQUARE).to_crs(4490), path)
    with pytest.raises(CrsError, match=r"out\.txt"):
        write_boundary_txt(parcels(SQUARE, crs=None), path, dialect="degrees")
    assert list(tmp_path.iterdir()) == []


def test_coordinates_of_an_unknown_system_are_written_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    assert "txt.crs_unnamed" in write_boundary_txt(parcels(SQUARE, crs=None), path).codes()
    read = read_boundary_txt(path)
    assert read.frame.geometry[0].equals(SQUARE)
    assert (read.frame.crs, read.crs_proposal) == (None, "EPSG:4523")
