"""A screening from file to file: the figures, the columns, and what is odd about parcels."""

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import GeometryCollection, LineString, MultiPolygon, Point, Polygon

import parcelplan as pp
from geodata.city_build.region import Region
from parcelplan.city import running
from parcelplan.city.request import Request, parse_constraint
from parcelplan.city.running import screen_file
from parcelplan.crs import ellipsoidal_area_m2
from parcelplan.errors import ConfigError, CrsError
from parcelplan.geometry.screening import buffer_covers, screen
from parcelplan.study import assess
from tests.builders import EAST, NORTH, frame, line, square
from tests.city.loose import BOWTIE, asked, codes, found, power, read, saved, street

FIGURES = ["area_m2", "blocked_m2_power", "blocked_m2", "developable_m2", "pieces", "largest_piece_m2"]


def test_a_street_with_a_line_through_it(tmp_path):
    saved(power(10), tmp_path / "lines.parquet")
    request = asked(tmp_path, street(10, owner=list("abcdefghij")), "power=lines.parquet:dist")
    done = screen_file(request)
    result = read(request)
    assert list(result.columns) == ["owner", "geometry", *FIGURES]
    assert list(result.index) == [f"P{number}" for number in range(10)]
    np.testing.assert_allclose(result[FIGURES], [[10_000, 2_000, 2_000, 8_000, 2, 4_000]] * 10)
    np.testing.assert_allclose(shapely.area(result.geometry), 8_000)
    assert (done.rows, done.missing_rows, done.chunks) == (10, 0, 3)
    assert done.totals["developable_m2"] == pytest.approx(80_000)
    assert not done.findings
    assert not request.folder.exists()


def test_a_region_is_screened_as_all_at_once_and_the_same_by_processes(tmp_path):
    region = Region(1200, seed=3)
    shapes, kinds = [], []
    for kind, layer in region.layers().items():
        saved(layer, tmp_path / f"{kind}.parquet")
        shapes.append(buffer_covers(layer.geometry.to_numpy(), layer["dist"].to_numpy(dtype=float)))
        kinds += [kind] * len(layer)
    named = [f"{kind}={kind}.parquet:dist" for kind in region.layers()]
    parcels = region.parcels()
    request = asked(tmp_path, parcels, *named, chunk_rows=450)
    screen_file(request)
    result, whole = read(request), screen(parcels.geometry.to_numpy(), np.concatenate(shapes), kinds)
    assert (result["blocked_m2"] > 0).sum() > 100
    close = {"rtol": 1e-6, "atol": 1e-4}
    np.testing.assert_allclose(result["developable_m2"], whole.area - whole.blocked, **close)
    np.testing.assert_allclose(result["largest_piece_m2"], whole.largest_piece, **close)
    for kind in region.layers():
        np.testing.assert_allclose(result[f"blocked_m2_{kind}"], whole.blocked_by_kind[kind], **close)
    again = asked(tmp_path, request.parcels, *named, chunk_rows=450, out="again.parquet")
    screen_file(again, engine="processes")
    assert again.out.read_bytes() == request.out.read_bytes()


@pytest.mark.parametrize(("count", "steps"), [(9, ["prepare", "screen", "assemble"]), (600, None)])
def test_the_kernel_is_made_ready_once_and_only_for_large_chunks(tmp_path, monkeypatch, count, steps):
    made = []
    monkeypatch.setattr(running, "load_kernel", lambda: made.append(True))
    saved(power(9), tmp_path / "lines.parquet")
    told = []
    request = asked(tmp_path, street(count), "power=lines.parquet:dist", chunk_rows=count)
    screen_file(request, on_progress=lambda news: told.append(news.step))
    assert list(dict.fromkeys(told)) == (steps or ["prepare", "compile", "screen", "assemble"])
    assert len(made) == told.count("compile")


def test_every_kind_has_its_column_wherever_its_features_lie(tmp_path):
    saved(power(9), tmp_path / "lines.parquet")
    saved(frame([line((0, 90_000), (10, 90_000))]), tmp_path / "far.parquet")
    saved(frame([square(7)]).iloc[:0], tmp_path / "none.parquet")
    layers = ("river=far.parquet:5", "power=lines.parquet:dist", "red=none.parquet:0")
    request = asked(tmp_path, street(9), *layers)
    done = screen_file(request)
    result = read(request)
    assert list(result.filter(like="blocked_m2_")) == [
        "blocked_m2_power",
        "blocked_m2_red",
        "blocked_m2_river",
    ]
    assert result["blocked_m2_river"].eq(0).all()
    assert result["blocked_m2_red"].eq(0).all()
    assert codes(done) == {"city.empty_layer": 1}


def test_widths_and_the_largest_circle(tmp_path):
    saved(power(2, north=30.0), tmp_path / "lines.parquet")
    request = asked(tmp_path, street(2), "power=lines.parquet:20", width=True)
    screen_file(request)
    # The line takes 10 m to 50 m of each square: what is left in the north is 50 m high.
    np.testing.assert_allclose(read(request)["width_m"], 50.0, atol=0.5)


# --- days


def dated(folder):
    early = power(3, until_on=["2026-03-01"])
    late = power(3, north=80.0, from_on=["2027-05-01"], until_on=["2028-01-01"])
    saved(gpd.GeoDataFrame(pd.concat([early, late])), folder / "lines.parquet")
    return ("power=lines.parquet:dist",)


def test_days_that_are_named_tell_the_area_of_each(tmp_path):
    days = (date(2026, 1, 1), date(2026, 3, 1), date(2027, 6, 1))
    request = asked(tmp_path, street(3), *dated(tmp_path), dates=days)
    screen_file(request)
    result = read(request)
    by_day = result.filter(regex=r"developable_m2_\d")
    assert list(by_day) == [
        "developable_m2_20260101",
        "developable_m2_20260301",
        "developable_m2_20270601",
    ]
    np.testing.assert_allclose(by_day, [[8_000, 10_000, 8_000]] * 3)
    np.testing.assert_allclose(result["developable_m2"], 8_000)
    np.testing.assert_allclose(shapely.area(result.geometry), 8_000)


def test_changes_begin_on_the_day_of_the_data_or_before_the_first_of_them(tmp_path):
    layers = dated(tmp_path)
    request = asked(tmp_path, street(3), *layers, dates="changes", as_of=date(2026, 6, 1))
    assert not screen_file(request).findings
    days = [name[-8:] for name in read(request).filter(regex=r"developable_m2_\d")]
    assert days == ["20260601", "20270501", "20280101"]
    request = asked(tmp_path, request.parcels, *layers, dates="changes", out="all.parquet")
    done = screen_file(request)
    by_day = read(request).filter(regex=r"developable_m2_\d").iloc[0]
    assert by_day.round(3).to_dict() == {
        "developable_m2_20260228": 8_000,
        "developable_m2_20260301": 10_000,
        "developable_m2_20270501": 8_000,
        "developable_m2_20280101": 10_000,
    }
    assert codes(done) == {"city.first_day": 1}


def test_without_a_day_all_count_and_that_is_said(tmp_path):
    request = asked(tmp_path, street(3), *dated(tmp_path))
    done = screen_file(request)
    np.testing.assert_allclose(read(request)["developable_m2"], 6_000)
    assert codes(done) == {"city.no_day": 1}


def test_changes_of_what_never_changes(tmp_path):
    saved(power(2), tmp_path / "lines.parquet")
    request = asked(tmp_path, street(2), "power=lines.parquet:dist", dates="changes")
    assert codes(screen_file(request)) == {"city.no_changes": 1}
    assert read(request).filter(regex=r"developable_m2_\d").empty


# --- a site


@pytest.fixture(scope="module")
def assessed(baishiyi):
    return assess(pp.open_site(baishiyi))


@pytest.fixture(scope="module")
def screened_site(assessed, tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    parcels = saved(assessed.site.parcels.reset_index(), folder / "parcels.parquet")
    request = Request(
        parcels=parcels,
        out=folder / "out.parquet",
        site=assessed.site.folder,
        dates="changes",
        readiness=True,
        chunk_rows=12,
    )
    return request, screen_file(request)


def test_a_site_is_screened_as_its_study_does(assessed, screened_site):
    result = read(screened_site[0])
    wanted = assessed.developable
    assert set(wanted.columns) <= set(result.columns)
    figures = [name for name in wanted.columns if name != "geometry"]
    np.testing.assert_allclose(result[figures], wanted[figures], atol=1e-4)
    days = assessed.developable_by_date.set_index(["parcel_id", "on"])["developable_m2"].unstack()  # noqa: PD010
    np.testing.assert_allclose(result.filter(regex=r"developable_m2_\d"), days.loc[result.index], atol=1e-4)


def test_readiness_is_that_of_the_study(assessed, screened_site):
    result, wanted = read(screened_site[0]), assessed.readiness
    for name in ("stage", "ready_on", "blocking"):
        assert result[name].astype(str).to_list() == wanted[name].astype(str).to_list()


def test_parcels_of_another_system_come_into_that_of_the_site(assessed, baishiyi, tmp_path):
    moved = assessed.site.parcels.reset_index().to_crs("EPSG:4524")
    request = asked(tmp_path, moved, site=baishiyi, chunk_rows=100)
    done = screen_file(request)
    result = read(request)
    assert result.crs == assessed.site.config.crs
    np.testing.assert_allclose(result["developable_m2"], assessed.developable["developable_m2"], atol=0.1)
    assert found(done, "city.parcels_reprojected").severity == "info"


def test_areas_follow_the_rule_of_the_site(baishiyi, tmp_path):
    folder = tmp_path / "site"
    folder.mkdir()
    for file in baishiyi.iterdir():
        if file.is_file():
            (folder / file.name).write_bytes(file.read_bytes())
    text = (folder / "site.toml").read_text(encoding="utf-8")
    assert 'area_rule = "plane"' in text
    (folder / "site.toml").write_text(text.replace('"plane"', '"ellipsoidal"'), encoding="utf-8")
    parcels = pp.open_site(folder).parcels
    request = asked(tmp_path, parcels.reset_index(), site=folder, chunk_rows=100)
    screen_file(request)
    np.testing.assert_allclose(read(request)["area_m2"], ellipsoidal_area_m2(parcels), rtol=1e-7)


def test_land_beyond_a_growth_boundary_reaches_as_far_as_the_parcels(assessed, baishiyi, tmp_path):
    west, south, _, _ = assessed.site.parcels.total_bounds
    far = shapely.box(west - 30_000, south, west - 29_900, south + 100)
    parcels = gpd.GeoDataFrame({"parcel_id": ["far"]}, geometry=[far], crs=assessed.site.config.crs)
    request = asked(tmp_path, parcels, site=baishiyi)
    screen_file(request)
    assert read(request)["blocked_m2_outside_growth_boundary"].item() == pytest.approx(10_000)


def test_loose_layers_tell_readiness_from_a_day(tmp_path):
    request = asked(tmp_path, street(3), *dated(tmp_path), readiness=True, as_of=date(2027, 1, 1))
    screen_file(request)
    assert set(read(request)["stage"]) != {"net_land"}


# --- parcels as they come


def test_what_is_no_land_passes_with_zeros_and_one_finding_a_kind(tmp_path):
    saved(power(9), tmp_path / "lines.parquet")
    parcels = street(9)
    shapes = parcels.geometry.to_numpy()
    shapes[1] = None
    shapes[2] = Polygon()
    shapes[4] = LineString([(EAST, NORTH), (EAST + 5, NORTH)])
    shapes[5] = GeometryCollection([square(5), Point(EAST, NORTH)])
    shapes[6] = Polygon([(EAST, NORTH), (EAST + 5, NORTH), (EAST + 9, NORTH)])
    parcels = parcels.set_geometry(gpd.GeoSeries(shapes, crs=parcels.crs))
    request = asked(tmp_path, parcels, "power=lines.parquet:dist", chunk_rows=3)
    done = screen_file(request)
    result = read(request)
    assert len(result) == 9
    none = ["P1", "P2", "P4", "P6"]
    assert (result.loc[none, FIGURES] == 0).all(axis=None)
    assert shapely.is_empty(result.loc[none].geometry).all()
    np.testing.assert_allclose(result.drop(none)["developable_m2"], 8_000)
    assert codes(done) == {"city.parcels_empty": 1, "city.parcels_not_areas": 1}
    assert found(done, "city.parcels_empty").message().endswith("0: P1, P2.")
    assert found(done, "city.parcels_not_areas").value == 3


def test_invalid_parcels_are_mended_and_counted(tmp_path):
    saved(power(9, north=-500.0), tmp_path / "lines.parquet")
    parcels = frame([BOWTIE] * 7 + [MultiPolygon([square(3), square(3.5)])], parcel_id=list("abcdefgh"))
    request = asked(tmp_path, parcels, "power=lines.parquet:dist")
    done = screen_file(request)
    np.testing.assert_allclose(read(request)["area_m2"], [5_000] * 7 + [15_000])
    item = found(done, "city.parcels_repaired")
    assert (item.value, item.params["first"]) == (8, "a, b, c, d, e …")
    assert item.params["area"] == pytest.approx(7 * 5_000 + 5_000)


def test_a_file_without_parcels_makes_one_without_rows_and_a_finding(tmp_path):
    saved(power(2), tmp_path / "lines.parquet")
    request = asked(tmp_path, street(2).iloc[:0], "power=lines.parquet:dist")
    done = screen_file(request)
    assert codes(done) == {"city.no_parcels": 1}
    assert list(read(request).columns) == ["geometry", *FIGURES]
    assert len(read(request)) == 0


def test_rows_name_parcels_where_no_column_does(tmp_path):
    saved(power(9), tmp_path / "lines.parquet")
    parcels = street(9).drop(columns="parcel_id")
    parcels.loc[[5, 8], "geometry"] = None
    done = screen_file(asked(tmp_path, parcels, "power=lines.parquet:dist"))
    assert found(done, "city.parcels_empty").params["first"] == "5, 8"


def test_coordinates_that_are_no_numbers_are_no_land(tmp_path):
    saved(power(9), tmp_path / "lines.parquet")
    parcels = street(9)
    with np.errstate(invalid="ignore"):
        for row, value in ((3, np.nan), (6, np.inf)):
            ring = [(EAST, NORTH), (EAST + 9, NORTH), (EAST + 9, value), (EAST, NORTH)]
            parcels.loc[row, "geometry"] = shapely.polygons(ring)
        request = asked(tmp_path, parcels, "power=lines.parquet:dist")
    done = screen_file(request)
    result = read(request)
    assert codes(done) == {"city.parcels_not_finite": 1}
    assert found(done, "city.parcels_not_finite").params["first"] == "P3, P6"
    assert result.loc[["P3", "P6"], "area_m2"].eq(0).all()
    np.testing.assert_allclose(result.drop(["P3", "P6"])["developable_m2"], 8_000)


def test_heights_are_left_out(tmp_path):
    saved(power(2), tmp_path / "lines.parquet")
    parcels = street(2)
    request = asked(
        tmp_path, parcels.set_geometry(shapely.force_3d(parcels.geometry, 7.0)), "power=lines.parquet:dist"
    )
    screen_file(request)
    result = read(request)
    assert not shapely.has_z(result.geometry).any()
    np.testing.assert_allclose(result["developable_m2"], 8_000)


def test_our_columns_take_the_place_of_those_of_the_input(tmp_path):
    saved(power(2), tmp_path / "lines.parquet")
    parcels = street(2, Area_M2=[1.0, 1.0], pieces=["x", "y"])
    request = asked(tmp_path, parcels, "power=lines.parquet:dist")
    done = screen_file(request)
    result = read(request)
    assert list(result.columns) == ["geometry", *FIGURES]
    np.testing.assert_allclose(result["area_m2"], 10_000)
    assert codes(done) == {"city.column_replaced": 2}


def test_parcels_in_degrees_are_refused(tmp_path):
    saved(power(2), tmp_path / "lines.parquet")
    request = asked(tmp_path, street(2).to_crs("EPSG:4490"), "power=lines.parquet:dist")
    with pytest.raises(CrsError, match=r"parcels\.parquet is in EPSG:4490"):
        screen_file(request)
    assert not request.folder.exists()


def test_an_unknown_engine_and_a_cluster_for_none(tmp_path):
    from parcelplan.city.engines import Workers

    request = asked(tmp_path, street(2), "power=lines.parquet:dist")
    with pytest.raises(ConfigError, match="threads, processes, dask"):
        screen_file(request, engine="spark")
    with pytest.raises(ConfigError, match="--engine dask"):
        screen_file(request, workers=Workers(scheduler="tcp://127.0.0.1:1"))


def test_a_spec_of_a_layer_within_a_file(tmp_path):
    file = tmp_path / "base.gpkg"
    power(2).to_file(file, layer="lines")
    frame([square(0)]).to_file(file, layer="fields", mode="a")
    request = Request(
        parcels=saved(street(2), tmp_path / "parcels.parquet"),
        out=tmp_path / "out.parquet",
        constraints=(parse_constraint(f"power={file}#lines:dist"), parse_constraint(f"red={file}#fields:0")),
    )
    screen_file(request)
    assert read(request)["developable_m2"].round(3).to_list() == [0, 8_000]
