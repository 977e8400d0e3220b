"""The sample site from end to end: what the document and the drawing together imply."""

from datetime import date

import pandas as pd
import pytest

import parcelplan as pp
from parcelplan.checks.plan_checks import check_plan
from parcelplan.study import STEPS, assess, explain_parcel
from parcelplan.units import to_mu


def test_the_public_names_are_about_a_dozen_and_all_there():
    assert len(pp.__all__) < 20
    for name in pp.__all__:
        assert getattr(pp, name) is not None
    with pytest.raises(AttributeError, match="no_such_name"):
        pp.no_such_name  # noqa: B018


def test_the_site_is_510_mu_in_its_three_phases(baishiyi_study):
    area = to_mu(baishiyi_study.readiness["area_m2"])
    phases = area.groupby(baishiyi_study.readiness["phase"]).sum()
    assert phases.round(2).to_dict() == {1: 75.0, 2: 112.0, 3: 323.0}
    assert area.min() >= 10


def test_the_plan_is_optimal_complete_and_holds(baishiyi_study):
    plan = baishiyi_study.plan
    assert plan.status == "optimal"
    assert plan.gap == 0
    assert not plan.unplanned
    assert {item.parcel_id for item in plan.transfers} == set(baishiyi_study.site.parcels.index)
    findings = check_plan(
        plan,
        readiness=baishiyi_study.readiness,
        config=baishiyi_study.site.config,
        clock=baishiyi_study.clock,
    )
    assert not findings.of("error")
    assert plan.waiting_m2_days() == pytest.approx(plan.objective)


def test_developable_land_grows_as_works_end(baishiyi_study):
    curve = to_mu(baishiyi_study.curve["developable_m2"])
    assert curve.is_monotonic_increasing
    assert curve.iloc[0] < 430
    assert 509 < curve.iloc[-1] < 510  # cables, the new channel and the control lines keep a little


def test_nothing_is_ready_before_its_works_end(baishiyi_study):
    ends = baishiyi_study.schedule["ends_on"]
    for parcel, row in baishiyi_study.readiness.iterrows():
        for work in filter(None, row["blocking"].split(";")):
            assert row["ready_on"] > ends[work], parcel


def test_the_readings_differ_in_phase_1_alone(baishiyi_study):
    body = assess(baishiyi_study.site.reading("body")).readiness["ready_on"]
    annex = baishiyi_study.readiness["ready_on"]
    assert set(baishiyi_study.readiness.loc[body != annex, "phase"]) == {1}
    assert (body[baishiyi_study.readiness["phase"] == 1] == pd.Timestamp(2023, 12, 26)).all()


@pytest.mark.parametrize(
    ("code", "sources"),
    [
        ("announced.before_ready", {"A3-1", "A3-3"}),
        ("announced.clock_too_short", {"A3-1"}),
        ("announced.no_float", {"A3-3"}),
        ("announced.undated", {"A3-4"}),
        ("announced.due_before_document", {"A2-1", "A3-2", "A4-1"}),
        ("announced.milestone_inconsistent", {"A4-4"}),
        ("announced.road_after_opening", {"A4-3"}),
    ],
)
def test_the_announced_plan_is_found_out(baishiyi_study, code, sources):
    found = [item for item in baishiyi_study.announced_findings if item.code == code]
    assert {item.feature_id for item in found} == sources
    for item in found:
        assert "渝高新发〔2023〕28号" in item.source
        sentence = str(baishiyi_study.site.table("announced").loc[item.feature_id, "sentence"])
        assert sentence in item.message("zh")


def test_before_ready_says_under_which_reading_and_quotes_the_works_sentence(baishiyi_study):
    first = next(item for item in baishiyi_study.announced_findings if item.code == "announced.before_ready")
    assert "附件口径" in first.message("zh")
    assert "正文口径" not in first.message("zh")
    assert "完成产业园选址范围的征地拆迁工作" in first.message("zh")


def test_findings_on_the_clock_name_the_rule(baishiyi_study):
    for code in ("announced.clock_too_short", "announced.no_float"):
        item = next(item for item in baishiyi_study.announced_findings if item.code == code)
        assert "招标拍卖挂牌出让国有建设用地使用权规定" in item.message("zh")


def test_verdicts_hold_violations_and_unknowns(baishiyi_study):
    verdicts = baishiyi_study.verdicts
    assert {"ok", "violated", "unknown"} == set(verdicts["verdict"])
    violated = verdicts[verdicts["verdict"] == "violated"]
    assert len(set(violated["scheme_id"])) >= 5
    judged = verdicts[verdicts["verdict"] != "unknown"]
    assert (judged["clause"].astype(str) + judged["origin"]).str.len().gt(0).all()


def test_a_parcel_is_explained_back_to_its_first_work(baishiyi_study):
    text = explain_parcel(baishiyi_study, "P2-07").text("zh")
    assert "W08" in text
    assert "2025-12-31" in text
    assert "2026-01-04" in text


def test_steps_are_reported_in_their_order(baishiyi):
    seen: list[str] = []
    pp.study_site(pp.open_site(baishiyi), progress=seen.append)
    assert seen == list(STEPS)


def test_the_day_of_the_data_moves_everything(baishiyi):
    later = assess(pp.open_site(baishiyi, as_of=date(2024, 8, 1)))
    assert later.readiness["ready_on"].min() >= pd.Timestamp(2024, 8, 1)
