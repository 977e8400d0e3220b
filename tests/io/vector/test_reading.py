"""Every format comes in by one door; what cannot be read is refused with the way round."""

import warnings
import zipfile
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
from shapely import LineString

from parcelplan.errors import InputError
from parcelplan.io.vector.formats import format_of, formats, readable_suffixes
from parcelplan.io.vector.reading import ReadOptions, read_vector
from parcelplan.io.vector.writing import write_vector
from tests.builders import square
from tests.io.vector.layers import full_layer, same_shapes

REFUSED = [suffix for item in formats().values() if not item.read for suffix in item.suffixes]


def write_by_gdal(frame: gpd.GeoDataFrame, path: Path, driver: str, **options: object) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyogrio.write_dataframe(frame, path, driver=driver, **options)


@pytest.mark.parametrize(
    ("suffix", "driver", "options"),
    [
        (".gml", "GML", {}),
        (".tab", "MapInfo File", {"ENCODING": "UTF-8"}),
        (".mif", "MapInfo File", {"ENCODING": "UTF-8"}),
        (".gdb", "OpenFileGDB", {"geometry_type": "MultiPolygon", "promote_to_multi": True}),
        (".kmz", "LIBKML", {}),
    ],
)
def test_formats_that_are_only_read(suffix, driver, options, tmp_path):
    frame = full_layer(nothing=False)
    write_by_gdal(frame, tmp_path / f"p{suffix}", driver, **options)
    # Without its schema GDAL would write one of its own beside a GML.
    (tmp_path / "p.xsd").unlink(missing_ok=True)
    before = sorted(tmp_path.iterdir())
    reading = read_vector(tmp_path / f"p{suffix}")
    assert reading.format == format_of(tmp_path / f"p{suffix}").name
    assert not reading.findings.of("error")
    assert reading.frame["地块"].tolist()[0] == "甲-1"
    back = reading.frame.geometry.to_crs(frame.crs)
    assert same_shapes(back, frame.geometry, 0.05)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("suffix", REFUSED)
def test_what_cannot_be_read_is_refused_with_the_way_round(suffix, tmp_path):
    (tmp_path / f"p{suffix}").write_bytes(b"AC1032")
    with pytest.raises(InputError, match=r"cannot be read\. (Save|Export) it as"):
        read_vector(tmp_path / f"p{suffix}")


def test_an_unknown_ending_names_the_known_ones(tmp_path):
    (tmp_path / "p.xyz").write_bytes(b"?")
    with pytest.raises(InputError, match=r"p\.xyz is of an unknown kind\. Readable are: \.gpkg \.shp"):
        read_vector(tmp_path / "p.xyz")


@pytest.mark.parametrize("suffix", [item for item in readable_suffixes() if item != ".gdb"])
def test_rubbish_is_refused_by_name_in_every_format(suffix, tmp_path):
    (tmp_path / f"p{suffix}").write_bytes(b"this is no data\n" * 20)
    with pytest.raises(InputError, match="p"):
        read_vector(tmp_path / f"p{suffix}")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match="There is no file"):
        read_vector(tmp_path / "p.gpkg")


def test_every_format_says_what_reads_it():
    installed = pyogrio.list_drivers(read=True)
    for item in formats().values():
        assert item.driver in {"", *installed}, item.name
        assert item.label_zh
        assert item.label_en
        assert item.note


def zipped(folder: Path, target: Path, inside: str = "") -> Path:
    with zipfile.ZipFile(target, "w") as packed:
        for file in sorted(folder.iterdir()):
            packed.write(file, f"{inside}{file.name}")
    return target


@pytest.mark.parametrize("inside", ["", "数据/"])
def test_a_shapefile_in_a_zip(inside, tmp_path):
    (tmp_path / "in").mkdir()
    write_vector(full_layer(), tmp_path / "in" / "parcels.shp", encoding="GB18030")
    path = zipped(tmp_path / "in", tmp_path / "p.zip", inside)
    reading = read_vector(path)
    assert (reading.format, reading.layer, reading.path) == ("shapefile", "parcels", path)
    assert reading.encoding == "GB18030"
    assert reading.frame["地块"][0] == "甲-1"


def test_a_zip_with_two_layers_asks_which(tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("parcels", "roads"):
        write_vector(full_layer(), tmp_path / "in" / f"{name}.shp")
    path = zipped(tmp_path / "in", tmp_path / "p.zip")
    with pytest.raises(InputError, match="roads"):
        read_vector(path)
    roads = read_vector(path, ReadOptions(layer="roads"))
    assert (roads.layer, set(roads.layers)) == ("roads", {"parcels", "roads"})


def test_the_only_layer_with_geometries_is_taken(tmp_path):
    write_vector(full_layer(), tmp_path / "p.gpkg", layer="parcels")
    table = full_layer().drop(columns="geometry")
    pyogrio.write_dataframe(table, tmp_path / "p.gpkg", layer="notes", append=True)
    reading = read_vector(tmp_path / "p.gpkg")
    assert (reading.layer, reading.layers) == ("parcels", ("parcels", "notes"))
    notes = read_vector(tmp_path / "p.gpkg", ReadOptions(layer="notes"))
    assert "vector.no_geometry" in notes.findings.codes()
    assert notes.frame.geometry.isna().all()
    with pytest.raises(InputError, match="has no layer 'x'; it holds: parcels, notes"):
        read_vector(tmp_path / "p.gpkg", ReadOptions(layer="x"))


def test_a_file_with_several_layers_asks_which(tmp_path):
    for name in ("parcels", "roads"):
        pyogrio.write_dataframe(full_layer(), tmp_path / "p.gpkg", layer=name, append=name == "roads")
    with pytest.raises(InputError, match=r"holds several layers\. Say which one as layer: parcels, roads\."):
        read_vector(tmp_path / "p.gpkg")
    assert read_vector(tmp_path / "p.gpkg", ReadOptions(layer="roads")).layer == "roads"


def test_closed_lines_of_a_drawing_are_areas(tmp_path):
    shapes = [
        LineString(square(0).exterior.coords),
        LineString([square(1).exterior.coords[0], (35_632_000, 3_263_000)]),
    ]
    frame = gpd.GeoDataFrame(geometry=shapes, crs="EPSG:4523")
    write_vector(frame, tmp_path / "p.dxf")
    reading = read_vector(tmp_path / "p.dxf", ReadOptions(crs="EPSG:4523"))
    assert reading.frame.geom_type.tolist() == ["Polygon", "LineString"]
    assert reading.frame.area[0] == pytest.approx(1e4)
    assert "dxf.closed_lines" in reading.findings.codes()


def test_a_shapefile_without_its_parts(tmp_path):
    write_vector(full_layer(), tmp_path / "p.shp")
    (tmp_path / "p.dbf").unlink()
    reading = read_vector(tmp_path / "p.shp")
    assert "shapefile.no_table" in reading.findings.codes()
    assert len(reading.frame) == 3
    (tmp_path / "p.shx").unlink()
    with pytest.raises(InputError, match=r"p\.shp lacks its index"):
        read_vector(tmp_path / "p.shp")


def test_a_table_named_beside_its_shapes_gives_the_shapes(tmp_path):
    write_vector(full_layer(), tmp_path / "p.shp")
    assert read_vector(tmp_path / "p.dbf").frame.geometry.notna().sum() == 2


@pytest.mark.parametrize(
    "content",
    [
        '<OGRVRTDataSource><OGRVRTLayer name="p"><SrcDataSource>other.shp</SrcDataSource></OGRVRTLayer>',
        "<OGRWFSDataSource><URL>http://localhost/wfs</URL></OGRWFSDataSource>",
    ],
)
def test_a_pointer_under_a_harmless_name_is_refused(content, tmp_path):
    (tmp_path / "p.gml").write_text(content)
    with pytest.raises(InputError, match="points to other files or services"):
        read_vector(tmp_path / "p.gml")


def geojson(path: Path, *shapes: str) -> Path:
    features = [f'{{"type":"Feature","properties":{{"n":1}},"geometry":{shape}}}' for shape in shapes]
    path.write_text(f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}')
    return path


OPEN = '{"type":"Polygon","coordinates":[[[106,29],[106.1,29],[106.1,29.1],[106,29.1]]]}'
CLOSED = OPEN.replace("]]]", "],[106,29]]]")
TWO_POINTS = '{"type":"LineString","coordinates":[[106,29]]}'


def test_what_the_reader_remarks_is_found(tmp_path):
    reading = read_vector(geojson(tmp_path / "p.geojson", CLOSED, '{"type":"Blob","coordinates":[1,2]}'))
    notes = [item for item in reading.findings if item.code == "vector.reader_note"]
    assert "Unsupported geometry type" in notes[0].message()


def test_an_open_ring_is_closed_and_said(tmp_path):
    reading = read_vector(geojson(tmp_path / "p.geojson", CLOSED, OPEN, "null"))
    assert reading.frame.geometry[1].equals(reading.frame.geometry[0])
    assert ("shape.ring_closed", "1") in [(item.code, item.feature_id) for item in reading.findings]
    assert not reading.findings.of("error")


def test_a_shape_that_cannot_be_built_is_an_error_and_the_others_stay(tmp_path):
    reading = read_vector(geojson(tmp_path / "p.geojson", CLOSED, TWO_POINTS, "null"))
    assert reading.frame.geometry.isna().tolist() == [False, True, True]
    found = [(item.code, item.severity, item.feature_id) for item in reading.findings]
    assert found == [("shape.unreadable", "error", "1")]


def test_a_prj_that_cannot_be_read_is_taken_as_none(tmp_path):
    write_vector(full_layer(), tmp_path / "p.shp")
    (tmp_path / "p.prj").write_text('PROJCS["nonsense')
    reading = read_vector(tmp_path / "p.shp")
    assert reading.crs_proposal == "EPSG:4523"
    assert [item.code for item in reading.findings] == ["shapefile.bad_prj", "crs.proposed"]
    assert reading.frame["地块"][0] == "甲-1"
    assert read_vector(tmp_path / "p.shp", ReadOptions(crs="EPSG:4523")).frame.crs == "EPSG:4523"
