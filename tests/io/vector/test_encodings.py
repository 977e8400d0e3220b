"""Texts of shapefiles come out right, by .cpg, by header byte and by trial, and every guess is said."""

from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parcelplan.errors import ConfigError, InputError
from parcelplan.io.vector.encodings import guess_encoding
from parcelplan.io.vector.reading import ReadOptions, read_vector
from parcelplan.io.vector.writing import write_vector
from tests.builders import square

LDID = 29


def shapefile(
    folder: Path, texts: list[str], encoding: str, *, cpg: str | None = None, ldid: int = 0
) -> Path:
    """A shapefile whose .cpg and header say what they are told to say."""
    frame = gpd.GeoDataFrame(
        {"名称": texts}, geometry=[square(at) for at in range(len(texts))], crs="EPSG:4523"
    )
    path = folder / "p.shp"
    write_vector(frame, path, encoding=encoding)
    path.with_suffix(".cpg").unlink()
    if cpg is not None:
        path.with_suffix(".cpg").write_text(cpg)
    table = bytearray(path.with_suffix(".dbf").read_bytes())
    table[LDID] = ldid
    path.with_suffix(".dbf").write_bytes(bytes(table))
    return path


TEXTS = ["白市驿镇", "高田坎村三社", "联通"]


@pytest.mark.parametrize(
    ("encoding", "cpg", "ldid", "code"),
    [
        ("UTF-8", "UTF-8", 0, None),
        ("GB18030", "GBK", 0, None),
        ("GB18030", "936", 0, None),
        ("GB18030", "CP936", 0, None),
        ("GB18030", None, 0x4D, "encoding.by_header"),
        ("GB18030", None, 0x57, "encoding.by_trial"),
        ("GB18030", None, 0, "encoding.by_trial"),
        ("UTF-8", None, 0, "encoding.by_trial"),
        ("UTF-8", None, 0x03, "encoding.by_trial"),
        ("UTF-8", None, 0x4D, "encoding.by_trial"),
        ("GB18030", "UTF-8", 0, "encoding.cpg_wrong"),
        ("GB18030", "nonsense", 0, "encoding.by_trial"),
    ],
)
def test_texts_come_out_right_and_guesses_are_said(encoding, cpg, ldid, code, tmp_path):
    reading = read_vector(shapefile(tmp_path, TEXTS, encoding, cpg=cpg, ldid=ldid))
    assert reading.frame["名称"].tolist() == TEXTS
    assert reading.encoding == encoding
    assert [item.code for item in reading.findings] == ([code] if code else [])
    if code:
        assert "名称" in reading.findings[0].message("zh")


def test_a_guess_can_be_overridden(tmp_path):
    path = shapefile(tmp_path, TEXTS, "UTF-8")
    reading = read_vector(path, ReadOptions(encoding="GB18030"))
    assert reading.encoding == "GB18030"
    assert reading.frame.iloc[0, 0] != TEXTS[0]
    assert read_vector(path, ReadOptions(encoding="utf8")).frame["名称"].tolist() == TEXTS


def test_an_unknown_encoding_is_named(tmp_path):
    with pytest.raises(ConfigError, match="no encoding 'klingon'"):
        read_vector(shapefile(tmp_path, TEXTS, "UTF-8"), ReadOptions(encoding="klingon"))


def test_plain_letters_need_no_guess(tmp_path):
    path = tmp_path / "p.shp"
    write_vector(gpd.GeoDataFrame({"name": ["A-1"]}, geometry=[square(0)], crs="EPSG:4523"), path)
    path.with_suffix(".cpg").unlink()
    assert not read_vector(path).findings


def test_two_bytes_that_both_encodings_know_are_said_to_be_uncertain(tmp_path):
    # These two bytes are also one Cyrillic letter in UTF-8.
    text = bytes([0xD0, 0xA3]).decode("GB18030") * 2
    path = shapefile(tmp_path, [text], "GB18030")
    table = path.with_suffix(".dbf").read_bytes().replace("名称".encode("GB18030"), b"name")
    path.with_suffix(".dbf").write_bytes(table)
    reading = read_vector(path)
    assert reading.frame["name"].tolist() == [text]
    assert [(item.code, item.severity) for item in reading.findings] == [("encoding.ambiguous", "warning")]


def test_a_name_cut_through_a_letter_loses_only_the_rest_of_it(tmp_path):
    path = shapefile(tmp_path, TEXTS, "UTF-8", cpg="UTF-8")
    table = path.with_suffix(".dbf").read_bytes()
    cut = "地块编号".encode()[:10]
    path.with_suffix(".dbf").write_bytes(
        table.replace("名称".encode().ljust(11, b"\0"), cut.ljust(11, b"\0"))
    )
    reading = read_vector(path)
    assert list(reading.frame.columns) == ["地块编", "geometry"]
    assert reading.frame["地块编"].tolist() == TEXTS
    assert [item.code for item in reading.findings] == ["encoding.cut_names"]


def test_bytes_that_are_no_letters_get_a_mark_and_a_finding(tmp_path):
    path = shapefile(tmp_path, TEXTS, "UTF-8", cpg="UTF-8")
    table = path.with_suffix(".dbf").read_bytes()
    path.with_suffix(".dbf").write_bytes(table.replace("白".encode(), b"\xff\xff\xff"))
    reading = read_vector(path)
    assert reading.frame["名称"][0].endswith("市驿镇")
    assert "�" in reading.frame["名称"][0]
    assert reading.frame["名称"].tolist()[1:] == TEXTS[1:]
    assert "encoding.broken" in reading.findings.codes()


@pytest.mark.parametrize("encoding", ["CP936", "UTF-8"])
@pytest.mark.parametrize("field", ["名称", "name"])
def test_a_mapinfo_file_that_does_not_say_its_encoding(encoding, field, tmp_path):
    frame = gpd.GeoDataFrame({field: TEXTS}, geometry=[square(at) for at in range(3)], crs="EPSG:4523")
    pyogrio.write_dataframe(frame, tmp_path / "p.mif", driver="MapInfo File", ENCODING=encoding)
    said = read_vector(tmp_path / "p.mif")
    assert said.frame[field].tolist() == TEXTS
    assert not said.findings
    head, _, tail = (tmp_path / "p.mif").read_bytes().split(b"\n", 2)
    (tmp_path / "p.mif").write_bytes(head + b'\nCharset "Neutral"\n' + tail)
    reading = read_vector(tmp_path / "p.mif")
    assert reading.frame[field].tolist() == TEXTS
    if encoding == "CP936":
        assert reading.encoding == "GB18030"
        assert [item.code for item in reading.findings] == ["encoding.by_trial"]
        assert read_vector(tmp_path / "p.mif", ReadOptions(encoding="gbk")).frame[field].tolist() == TEXTS


def test_a_table_alone_reads_its_texts(tmp_path):
    path = shapefile(tmp_path, TEXTS, "GB18030", ldid=0x4D)
    path.with_suffix(".shp").unlink()
    reading = read_vector(path.with_suffix(".dbf"))
    assert reading.frame["名称"].tolist() == TEXTS
    assert reading.findings.codes() == {"encoding.by_header", "vector.no_geometry"}


@pytest.mark.parametrize("size", [0, 10, 31])
def test_a_table_without_a_whole_header_is_refused(size, tmp_path):
    (tmp_path / "p.dbf").write_bytes(b"\x03" * size)
    with pytest.raises(InputError, match=r"header of .*p\.dbf"):
        guess_encoding(tmp_path / "p.dbf", "p")


@given(st.binary(min_size=32, max_size=400))
def test_no_header_is_too_odd(tmp_path_factory, content):
    table = tmp_path_factory.mktemp("odd") / "p.dbf"
    table.write_bytes(b"\x03" + content)
    assert guess_encoding(table, "p").encoding
