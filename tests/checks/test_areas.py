"""The ledger of areas: three figures side by side, and mu that add up."""

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Polygon, box

from parcelplan.checks.areas import area_ledger, area_totals, central_meridian_deg, site_totals
from parcelplan.checks.site_checks import check_site
from parcelplan.crs import ellipsoidal_area_m2
from parcelplan.errors import CrsError
from parcelplan.site import open_site
from parcelplan.units import round_to_sum, to_mu
from tests.builders import CRS, EAST, NORTH, frame, row_of_parcels, square, write_site


def parcels_of(shapes, phases=None, **columns):
    ids = [f"P{number}" for number in range(1, len(shapes) + 1)]
    absent = dict.fromkeys(("declared_area_mu", "declared_area_m2"), [None] * len(shapes))
    layer = frame(shapes, parcel_id=ids, phase=phases or [1] * len(shapes), **(absent | columns))
    return layer.set_index("parcel_id")


def strips(widths_m):
    """Strips of 100 m side by side: one of 1 m is 0.15 mu."""
    ends = np.cumsum([0.0, *widths_m])
    pairs = itertools.pairwise(ends)
    return [box(EAST + west, NORTH, EAST + east, NORTH + 100) for west, east in pairs]


def test_a_square_of_a_hectare_by_all_its_areas():
    ledger = area_ledger(parcels_of([square(0)], declared_area_mu=[14.9]))
    row = ledger.loc["P1"]
    assert row["declared_area_m2"] == pytest.approx(14.9 * 2000 / 3)
    assert row["plane_area_m2"] == pytest.approx(10_000)
    assert (row["plane_area_mu"], row["area_mu"]) == (pytest.approx(15), 15)
    # 133 km east of the meridian the plane is (133/6366)²/2 = 0.022 % too long and twice that too large.
    assert row["plane_excess_m2"] == pytest.approx(4.3, abs=0.1)
    assert row["plane_excess_mu"] == pytest.approx(to_mu(row["plane_excess_m2"]))
    assert row["difference_mu"] == pytest.approx(0.1)


def test_the_rule_says_which_area_is_the_area():
    parcels = parcels_of([square(0)], declared_area_m2=[10_000.0])
    ledger = area_ledger(parcels, "ellipsoidal")
    assert ledger.loc["P1", "declared_area_mu"] == pytest.approx(15)
    assert ledger.loc["P1", "area_mu"] == 14.99
    assert ledger.loc["P1", "difference_mu"] == pytest.approx(-0.0065, abs=2e-4)


def test_what_cannot_be_measured_is_unknown_and_so_are_its_sums():
    bowtie = Polygon([(EAST, NORTH), (EAST + 9, NORTH + 9), (EAST + 9, NORTH), (EAST, NORTH + 9)])
    ledger = area_ledger(parcels_of([square(0), bowtie, None, square(5)], [1, 1, 2, 3]))
    assert ledger["area_mu"].isna().tolist() == [False, True, True, False]
    assert ledger["plane_area_m2"].isna().tolist() == [False, True, True, False]
    assert ledger["declared_area_mu"].isna().all()
    totals = area_totals(ledger, {3: 15.0})
    assert totals["area_mu"].isna().tolist() == [True, True, False, True]
    assert totals["difference_mu"].isna().tolist() == [True, True, False, True]


def test_baishiyi_adds_up_and_the_plane_is_a_fifth_of_a_mu_larger(baishiyi):
    site = open_site(baishiyi)
    ledger = area_ledger(site.parcels, site.config.area_rule)
    totals = site_totals(site, ledger)
    assert totals["area_mu"].tolist() == [75.0, 112.0, 323.0, 510.0]
    assert totals["difference_mu"].tolist() == [0, 0, 0, 0]
    assert totals["plane_excess_mu"].iloc[-1] == pytest.approx(0.22, abs=0.005)
    assert ledger["area_mu"].sum() == pytest.approx(510, abs=1e-9)
    assert central_meridian_deg(site.config.crs) == 105
    assert central_meridian_deg("EPSG:4490") is None


widths = st.lists(st.tuples(st.integers(1, 30_000), st.integers(1, 3)), min_size=1, max_size=25)


@given(widths, st.randoms(use_true_random=False))
def test_mu_add_up_for_any_parcels_in_any_order(drawn, random):
    parcels = parcels_of(strips([width / 100 for width, _ in drawn]), [phase for _, phase in drawn])
    before = parcels.copy(deep=True)
    ledger = area_ledger(parcels)
    totals = area_totals(ledger, {})
    measured = to_mu(parcels.geometry.area)
    assert parcels.equals(before)
    assert ledger.index.equals(parcels.index)
    assert totals["area_mu"].iloc[-1] == pytest.approx(round(measured.sum(), 2), abs=0.0051)
    assert totals["area_mu"].iloc[:-1].sum() == pytest.approx(totals["area_mu"].iloc[-1])
    assert ((ledger["area_mu"] - measured).abs() < 0.01 + 1e-9).all()
    by_phase = ledger.groupby("phase")["area_mu"].sum()
    assert np.allclose(by_phase, totals["area_mu"].iloc[:-1])
    order = list(range(len(parcels)))
    random.shuffle(order)
    shuffled = area_ledger(parcels.iloc[order])
    exact = ["plane_area_m2", "ellipsoidal_area_m2", "plane_excess_m2"]
    pd.testing.assert_frame_equal(shuffled[exact].loc[parcels.index], ledger[exact], rtol=1e-12)
    assert shuffled.groupby("phase")["area_mu"].sum().round(2).equals(by_phase.round(2))


@given(st.lists(st.floats(0, 500), min_size=1, max_size=30), st.sampled_from([-1, 0, 1]))
def test_figures_can_be_rounded_to_a_total_that_was_rounded_before(values, step):
    nearest = round(sum(values), 2)
    total = nearest + step / 100 * (abs(nearest + step / 100 - sum(values)) < 0.01 - 1e-6)
    rounded = round_to_sum(values, total=total)
    assert sum(rounded) == pytest.approx(total, abs=1e-6)
    assert max(abs(one - two) for one, two in zip(rounded, values, strict=True)) < 0.01 + 1e-6


@pytest.mark.parametrize("side_m", [30.0, 300.0, 3000.0])
@pytest.mark.parametrize("east_m", [-20_000.0, 0.0, 140_000.0])
def test_the_ellipsoidal_area_is_that_between_geodesics(side_m, east_m):
    corners = [(0, 0), (side_m, side_m / 9), (side_m / 2, side_m)]
    triangle = Polygon([(EAST + east_m + x, NORTH + y) for x, y in corners])
    far = [square(0), square(90, 70)]
    layer = gpd.GeoSeries([triangle, *far, None], crs=CRS)
    geod = layer.crs.get_geod()
    shape = layer.to_crs(4490).iloc[0]
    assert ellipsoidal_area_m2(layer).iloc[0] == pytest.approx(
        abs(geod.geometry_area_perimeter(shape)[0]), rel=5e-7
    )
    assert np.isnan(ellipsoidal_area_m2(layer).iloc[-1])


def test_nothing_has_no_area():
    empty = parcels_of([])
    assert area_ledger(empty).empty
    assert len(ellipsoidal_area_m2(gpd.GeoSeries([None], crs=CRS))) == 1


def test_degrees_are_refused():
    with pytest.raises(CrsError, match="EPSG:4490"):
        area_ledger(parcels_of([square(0)]).to_crs(4490))


def test_parcels_of_one_id_are_both_compared(tmp_path):
    layer = row_of_parcels(2).assign(parcel_id="A", declared_area_mu=[15.0, 12.0])
    found = check_site(open_site(write_site(tmp_path, {"parcels": layer})))
    assert [item.value for item in found if item.code == "area.parcel"] == [12.0]
    assert "schema.repeated_id" in found.codes()
