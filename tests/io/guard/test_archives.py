"""Archives and folders: what is unpacked, and everything that is refused before a reader sees it."""

import os
import stat
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pytest

from parcelplan.errors import InputError
from parcelplan.io.guard.archives import datasets_in, opened
from parcelplan.io.guard.limits import DEFAULT, Limits
from tests.builders import row_of_parcels

TINY = Limits(unpacked_bytes=1000, members=3, file_bytes=10_000)


def zip_of(path: Path, members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return path


def code_of(path: Path, limits: Limits = DEFAULT, member: str | None = None) -> str:
    with pytest.raises(InputError) as caught, opened(path, limits, member=member):
        pass
    for lang in ("zh", "en"):
        assert path.name in caught.value.message(lang)
    return caught.value.code


def shapefile_members(folder: Path) -> dict[str, bytes]:
    folder.mkdir()
    row_of_parcels(2).to_file(folder / "land.shp", engine="pyogrio")
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# --- what is read


def test_a_zipped_shapefile_is_read_with_all_its_parts(tmp_path: Path) -> None:
    parts = shapefile_members(tmp_path / "shp")
    junk = {"__MACOSX/._land.shp": b"x", "readme.txt": b"x", "deep/other.dbf": b"x"}
    path = zip_of(tmp_path / "a.zip", {f"deep/{name}": content for name, content in parts.items()} | junk)
    with opened(path) as inside:
        read = gpd.read_file(inside)
        assert sorted(file.name for file in inside.parent.iterdir()) == sorted(parts)
        folder = inside.parent
    assert read["parcel_id"].tolist() == ["P1", "P2"]
    assert read.crs == "EPSG:4523"
    assert not folder.exists()


def test_side_files_are_found_whatever_the_case_of_their_names(tmp_path: Path) -> None:
    parts = shapefile_members(tmp_path / "shp")
    path = zip_of(tmp_path / "a.zip", {name.upper(): content for name, content in parts.items()})
    with opened(path) as inside:
        assert gpd.read_file(inside)["parcel_id"].tolist() == ["P1", "P2"]


@pytest.mark.parametrize("encoding", ["gbk", "utf-8"])
def test_chinese_names_without_the_utf8_mark_are_read(tmp_path: Path, encoding: str) -> None:
    """As Chinese Windows and as macOS pack: the bytes of the name, and no word about their encoding."""
    name = "宗地图层".encode(encoding)
    path = zip_of(tmp_path / "a.zip", {"X" * len(name) + ".geojson": b"{}"})
    path.write_bytes(path.read_bytes().replace(b"X" * len(name), name))
    with opened(path) as inside:
        assert inside.name == "宗地图层.geojson"


def test_backslashes_of_old_packers_part_folders(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", {"data\\land.geojson": b"{}"})
    with opened(path) as inside:
        assert inside.name == "land.geojson"


def test_a_kmz_is_its_doc_kml(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.kmz", {"files/other.kml": b"<kml/>", "doc.kml": b"<kml><a/></kml>"})
    with opened(path) as inside:
        assert inside.read_bytes() == b"<kml><a/></kml>"


def test_a_plain_file_is_given_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text("{}")
    with opened(path) as inside:
        assert inside == path


def test_one_of_several_datasets_can_be_named(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", {"x/roads.geojson": b"1", "x/land.gpkg": b"2", "notes.csv": b"3"})
    assert datasets_in(path) == ("x/land.gpkg", "x/roads.geojson")
    for name in ("land", "land.gpkg", "x/land.gpkg"):
        with opened(path, member=name) as inside:
            assert inside.read_bytes() == b"2"
    assert code_of(path) == "error.zip_several"
    assert code_of(path, member="rivers") == "error.zip_empty"


def test_a_zipped_geodatabase_becomes_a_folder(tmp_path: Path) -> None:
    gdb = {f"k/land.gdb/a00000001.{part}": b"x" for part in ("gdbtable", "gdbtablx")}
    with opened(zip_of(tmp_path / "a.zip", gdb)) as inside:
        assert inside.name == "land.gdb"
        assert {file.name for file in inside.iterdir()} == {"a00000001.gdbtable", "a00000001.gdbtablx"}


# --- what is refused


@pytest.mark.parametrize(
    "name",
    [
        "/etc/land.shp",
        "../land.shp",
        "a/../../land.shp",
        "C:\\land.shp",
        "c:land.shp",
        "a\\..\\b.shp",
        "a\nb.shp",
        " ",
    ],
)
def test_names_that_lead_outside_are_refused(tmp_path: Path, name: str) -> None:
    assert code_of(zip_of(tmp_path / "a.zip", {"ok.geojson": b"{}", name: b"x"})) == "error.zip_slip"


def test_links_and_devices_in_an_archive_are_refused(tmp_path: Path) -> None:
    for kind in (stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO):
        info = zipfile.ZipInfo("land.shp")
        info.external_attr = (kind | 0o644) << 16
        path = tmp_path / "a.zip"
        with zipfile.ZipFile(path, "w") as packed:
            packed.writestr(info, "/etc/passwd")
        assert code_of(path) == "error.zip_link"


def test_a_locked_archive_is_refused(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", {"land.geojson": b"{}"})
    raw = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(mark) + offset] |= 1
    path.write_bytes(raw)
    assert code_of(path) == "error.zip_encrypted"


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("other", ["land.shp", "LAND.shp"])
def test_names_that_stand_twice_are_refused(tmp_path: Path, other: str) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("land.shp", b"1")
        packed.writestr(other, b"2")
    assert code_of(path) == "error.zip_doubles"


def test_sizes_and_counts_are_held(tmp_path: Path) -> None:
    big = zip_of(tmp_path / "big.zip", {"land.geojson": b"x" * 1001})
    assert code_of(big, TINY) == "error.unpacked_too_large"
    many = zip_of(tmp_path / "many.zip", {f"{number}.txt": b"" for number in range(4)})
    assert code_of(many, TINY) == "error.too_many_files"
    heavy = tmp_path / "heavy.geojson"
    heavy.write_bytes(b"x" * 10_001)
    assert code_of(heavy, TINY) == "error.file_too_large"
    with opened(zip_of(tmp_path / "good.zip", {"land.geojson": b"x" * 1000}), TINY) as inside:
        assert inside.stat().st_size == 1000


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", {"land.geojson": bytes(1_000_000)})
    tight = replace(DEFAULT, ratio=100, ratio_from_bytes=500_000)
    assert code_of(path, tight) == "error.zip_bomb"
    assert code_of(zip_of(tmp_path / "a.xlsx", {"xl/a.xml": bytes(1_000_000)}), tight) == "error.zip_bomb"
    with opened(path) as inside:
        assert inside.stat().st_size == 1_000_000


def test_an_archive_that_lies_about_its_sizes_is_refused(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", {"land.geojson": bytes(100_000)})
    raw = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", raw, raw.index(mark) + offset, 10)
    path.write_bytes(raw)
    assert code_of(path, TINY) in {"error.zip_broken", "error.unpacked_too_large"}


def test_archives_within_archives_are_not_unpacked(tmp_path: Path) -> None:
    assert code_of(zip_of(tmp_path / "a.zip", {"inner.zip": b"PK"})) == "error.zip_nested"
    assert code_of(zip_of(tmp_path / "b.zip", {"readme.md": b""})) == "error.zip_empty"
    assert code_of(zip_of(tmp_path / "c.zip", {})) == "error.zip_empty"


def test_damaged_archives_are_refused(tmp_path: Path) -> None:
    raw = zip_of(tmp_path / "a.zip", {"land.geojson": os.urandom(3000)}).read_bytes()
    for number, broken in enumerate((raw[:1500], b"", b"PK", raw[:100] + b"\xff" + raw[101:])):
        path = tmp_path / f"b{number}.zip"
        path.write_bytes(broken)
        assert code_of(path) == "error.zip_broken"


def test_entities_inside_an_archive_are_refused_by_the_archives_name(tmp_path: Path) -> None:
    evil = b'<!DOCTYPE kml [<!ENTITY a "aaaa">]><kml>&a;</kml>'
    assert code_of(zip_of(tmp_path / "a.kmz", {"doc.kml": evil})) == "error.xml_entities"
    parts = {"doc.kml": b"<kml/>", "files/more.kml": evil}
    assert code_of(zip_of(tmp_path / "b.kmz", parts)) == "error.xml_entities"


# --- folders, links, odd files


def test_a_geodatabase_with_parts_missing_names_them(tmp_path: Path) -> None:
    gdb = tmp_path / "land.gdb"
    gdb.mkdir()
    (gdb / "a00000009.gdbtable").write_bytes(b"x")
    (gdb / "a0000000a.gdbtablx").write_bytes(b"x")
    with pytest.raises(InputError) as caught, opened(gdb):
        pass
    assert caught.value.code == "error.gdb_incomplete"
    for part in ("a00000001.gdbtable", "a00000009.gdbtablx", "a0000000a.gdbtable"):
        assert part in str(caught.value)


def test_an_empty_table_of_a_geodatabase_needs_no_index(tmp_path: Path) -> None:
    gdb = tmp_path / "land.gdb"
    gdb.mkdir()
    (gdb / "a00000001.gdbtable").write_bytes(struct.pack("<II", 3, 0))
    with opened(gdb) as inside:
        assert inside == gdb
    (gdb / "a00000001.gdbtable").write_bytes(struct.pack("<II", 3, 7))
    assert code_of(gdb) == "error.gdb_incomplete"


def test_other_folders_are_no_datasets(tmp_path: Path) -> None:
    assert code_of(tmp_path) == "error.is_folder"


def test_links_may_lead_beside_but_not_outside(tmp_path: Path) -> None:
    home, outside = tmp_path / "home", tmp_path / "outside"
    home.mkdir()
    outside.mkdir()
    (outside / "secret.dbf").write_bytes(b"x")
    (home / "land.shp").write_bytes(b"x")
    (home / "real.dbf").write_bytes(b"x")
    side = home / "land.dbf"
    side.symlink_to(home / "real.dbf")
    with opened(home / "land.shp"):
        pass
    for target in (outside / "secret.dbf", home / "nowhere.dbf"):
        side.unlink()
        side.symlink_to(target)
        assert code_of(home / "land.shp") == "error.link_outside"
    alias = home / "alias.geojson"
    alias.symlink_to(outside / "secret.dbf")
    assert code_of(alias) == "error.link_outside"


def test_links_inside_a_geodatabase_are_refused(tmp_path: Path) -> None:
    gdb = tmp_path / "land.gdb"
    gdb.mkdir()
    for part in ("gdbtable", "gdbtablx"):
        (gdb / f"a00000001.{part}").write_bytes(b"x")
    (gdb / "more").symlink_to(tmp_path, target_is_directory=True)
    assert code_of(gdb) == "error.link_outside"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes among its files")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "land.geojson")
    assert code_of(tmp_path / "land.geojson") == "error.no_plain_file"


def test_nothing_there(tmp_path: Path) -> None:
    assert code_of(tmp_path / "land.zip") == "error.no_file"
