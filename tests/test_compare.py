"""Two plans side by side, on a site whose plans can be told in the head."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from parcelplan.compare import compare, side
from parcelplan.errors import InputError
from parcelplan.publish import write_result
from parcelplan.site import open_site
from parcelplan.study import study_site
from parcelplan.units import to_mu, to_wanyuan
from parcelplan.views.recorded import recorded_side
from tests.compared import write_compared


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    folder = write_compared(tmp_path_factory.mktemp("compared"))
    return {name: study_site(open_site(folder, scenario=name)) for name in ("base", "late", "never", "early")}


def test_a_plan_does_not_differ_from_itself(studies):
    same = compare(studies["base"], studies["base"])
    assert set(same.parcels["change"]) == {"same"}
    assert (same.parcels["days"] == 0).all()
    assert (same.months["difference_m2"] == 0).all()
    assert (same.objectives["difference"] == 0).all()
    assert same.moved()["mean_days"] == 0


def test_what_a_late_work_moves(studies):
    moved = compare(studies["base"], studies["late"])
    plans = [studies[name].plan for name in ("base", "late")]
    days = (plans[1].transfer("P2").transfer_on - plans[0].transfer("P2").transfer_on).days
    assert days > 150
    assert moved.parcels["change"].to_dict() == {"P1": "same", "P2": "later", "P3": "same"}
    assert moved.parcels.loc["P2", "days"] == days
    assert moved.works.loc["W1", ["ends_a", "ends_b"]].to_list() == [
        pd.Timestamp(2024, 6, 30),
        pd.Timestamp(2024, 12, 31),
    ]
    assert (moved.works.loc["W1", "days"], moved.works.loc["W2", "days"]) == (184, 0)
    assert moved.moved()["mean_days"] == pytest.approx(days / 3)
    assert moved.phases.loc[1, ["days", "later", "gone"]].to_list() == [days, 1, 0]
    assert moved.objectives.loc["supply", "difference"] == pytest.approx(10_000 * days)
    assert (moved.a.label, moved.b.label) == ("As it stands", "Late land")


def test_the_other_way_round_is_earlier_by_as_many_days(studies):
    there, back = (compare(studies[a], studies[b]) for a, b in (("base", "late"), ("late", "base")))
    assert (there.parcels["days"] == -back.parcels["days"]).all()
    assert back.parcels.loc["P2", "change"] == "earlier"
    assert there.months["difference_m2"].to_list() == (-back.months["difference_m2"]).to_list()


def test_a_parcel_that_is_no_longer_transferred_and_one_that_is_new(studies):
    moved = compare(studies["base"], studies["never"])
    assert moved.parcels.loc["P3", "change"] == "gone"
    assert pd.isna(moved.parcels.loc["P3", "days"])
    assert moved.phases.loc[2, ["gone", "area_b_m2"]].to_list() == [1, 0.0]
    assert compare(studies["never"], studies["base"]).parcels.loc["P3", "change"] == "new"
    assert compare(studies["never"], studies["never"]).parcels.loc["P3", "change"] == "never"


def test_months_add_up_to_what_is_transferred(studies):
    months = compare(studies["base"], studies["late"]).months
    assert to_mu(months["a_m2"].sum()) == to_mu(months["b_m2"].sum()) == pytest.approx(45.0)
    assert months["total_a_m2"].iloc[-1] == pytest.approx(30_000.0)
    assert months.index.to_list() == list(pd.date_range(months.index[0], months.index[-1], freq="MS"))
    first = studies["late"].plan.transfer("P2").transfer_on.replace(day=1)
    assert months.loc[pd.Timestamp(first), "difference_m2"] == pytest.approx(10_000.0)


def test_cost_and_least_money(studies):
    moved = compare(studies["base"], studies["early"])
    assert [to_wanyuan(moved.moved()[f"cost_{end}_yuan"]) for end in "ab"] == [150.0, 180.0]
    lowest = moved.lowest_cash("a")
    assert lowest.balance_yuan == moved.cash["a_yuan"].min()
    assert to_wanyuan(moved.cash["a_yuan"].iloc[0]) == 200.0
    assert compare(replace(moved.a, cash=()), moved.b).lowest_cash("a") is None


def test_targets_that_one_plan_misses(studies):
    a, b = (side(studies[name]) for name in ("base", "late"))
    a = replace(a, targets={"T1": ("land", "area_m2", 30_000.0, 0.0), "T2": ("met", "firms", 3.0, 0.0)})
    b = replace(b, targets={"T1": ("land", "area_m2", 30_000.0, 10_000.0), "T2": ("met", "firms", 3.0, 0.0)})
    moved = compare(a, b)
    assert moved.targets.index.to_list() == ["T1"]
    assert moved.targets.loc["T1", ["missing_a", "missing_b"]].to_list() == [0.0, 10_000.0]
    assert [moved.moved()[f"targets_missed_{end}"] for end in "ab"] == [0, 1]


def test_a_cut_parcel_has_the_day_of_its_last_piece(studies):
    study = studies["base"]
    whole = study.plan.transfer("P2")
    pieces = tuple(
        replace(whole, parcel_id=f"P2/{number}", part_of="P2", area_m2=5_000.0, transfer_on=day)
        for number, day in ((1, date(2024, 3, 4)), (2, date(2024, 12, 2)))
    )
    others = tuple(item for item in study.plan.transfers if item.parcel_id != "P2")
    cut = replace(study, plan=replace(study.plan, transfers=(*others, *pieces)))
    moved = compare(study, cut)
    assert moved.parcels.loc["P2", ["transfer_b", "pieces_b"]].to_list() == [pd.Timestamp(2024, 12, 2), 2]
    assert "P2/1" not in moved.parcels.index
    assert moved.months["b_m2"].sum() == pytest.approx(30_000.0)
    assert moved.months.loc["2024-03-01", "b_m2"] >= 5_000.0


def test_sides_stay_as_they_were(studies):
    one = side(studies["base"])
    before = one.parcels.copy(), one.works.copy(), one.sales.copy()
    moved = compare(one, side(studies["late"]))
    for name in ("parcels", "works", "months", "phases", "objectives", "targets", "cash"):
        assert getattr(moved, name) is not None
    for frame, kept in zip((one.parcels, one.works, one.sales), before, strict=True):
        pd.testing.assert_frame_equal(frame, kept)


def test_the_results_of_a_run_can_be_compared_later(studies, tmp_path):
    write_result(studies["base"], "summary.json", tmp_path / "summary.json")
    before = recorded_side(tmp_path)
    moved = compare(before, studies["late"])
    direct = compare(studies["base"], studies["late"])
    for name in ("days", "change", "transfer_a"):
        assert moved.parcels[name].to_list() == direct.parcels[name].to_list()
    assert moved.objectives.loc["supply", "a"] == pytest.approx(
        direct.objectives.loc["supply", "a"], rel=1e-4
    )
    assert moved.works.loc["W1", "days"] == 184


@pytest.mark.parametrize("content", ["{}", "[]", "no json", '{"scenario": "", "transfers": [1], "as_of": 5}'])
def test_what_is_no_summary_is_refused_by_name(tmp_path, content):
    (tmp_path / "summary.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"summary\.json"):
        recorded_side(tmp_path)
    with pytest.raises(InputError, match="nowhere"):
        recorded_side(tmp_path / "nowhere.json")
