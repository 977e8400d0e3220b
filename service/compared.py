"""What the API answers on two scenarios of a site, and how the answer is made."""

from __future__ import annotations

from datetime import date
from typing import Literal

from parcelplan.catalogue import Language
from parcelplan.compare import compare, side
from parcelplan.plan import Status
from parcelplan.study import Study
from parcelplan.views.compare_tables import comparison_record, summary_lines
from service.library import Question
from service.schemas import Model

Change = Literal["earlier", "same", "later", "gone", "new", "never"]


class ComparedPlan(Model):
    """One of the two plans."""

    scenario: str
    label: str
    as_of: date
    status: Status


class Moved(Model):
    """The comparison in figures."""

    parcels: dict[Change, int]
    works: dict[Change, int]
    """Works by what becomes of their end."""
    modes_changed: int
    mean_days: float | None
    """Days from A to B, weighted by area, over the parcels that both plans transfer."""
    cost_a_wanyuan: float
    cost_b_wanyuan: float
    targets_missed_a: int
    targets_missed_b: int


class ComparedPhase(Model):
    """One phase in both plans."""

    phase: int
    parcels: int
    area_a_mu: float
    area_b_mu: float
    last_a: date | None
    last_b: date | None
    days: int | None
    """Days by which the last transfer is later in B."""
    earlier: int
    later: int
    gone: int
    new: int


class ComparedParcel(Model):
    """One parcel in both plans."""

    parcel_id: str
    phase: int | None
    area_mu: float
    change: Change
    days: int | None
    """Days by which it is transferred later in B; null unless both plans transfer it."""
    transfer_a: date | None
    transfer_b: date | None
    batch_a: str
    batch_b: str


class ComparedWork(Model):
    """One work in both plans."""

    work_id: str
    name: str
    change: Change
    days: int | None
    """Days by which it ends later in B."""
    start_a: date | None
    start_b: date | None
    ends_a: date | None
    ends_b: date | None
    mode_a: str
    mode_b: str
    cost_a_wanyuan: float
    cost_b_wanyuan: float


class ComparedMonth(Model):
    """Land transferred in one month, and by its end, in mu."""

    month: str
    a_mu: float
    b_mu: float
    difference_mu: float
    total_a_mu: float
    total_b_mu: float


class ComparedObjective(Model):
    """One objective in both plans."""

    objective: str
    unit: str
    a: float | None
    b: float | None
    difference: float | None


class ComparedTarget(Model):
    """One target that a plan misses: what is missing in mu, firms or 10,000 yuan."""

    target_id: str
    title: str
    measure: str
    amount: float
    missing_a: float | None
    missing_b: float | None


class ComparedCash(Model):
    """Lowest balance of one month, 10,000 yuan."""

    month: str
    a_wanyuan: float | None
    b_wanyuan: float | None


class CompareAnswer(Model):
    """Two scenarios of a site side by side; days count from A to B."""

    site_id: str
    a: ComparedPlan
    b: ComparedPlan
    text: list[str]
    """What moved, in sentences."""
    moved: Moved
    phases: list[ComparedPhase]
    parcels: list[ComparedParcel]
    works: list[ComparedWork]
    months: list[ComparedMonth]
    objectives: list[ComparedObjective]
    targets: list[ComparedTarget]
    cash: list[ComparedCash]


def compare_answer(
    questions: tuple[Question, Question], studies: tuple[Study, Study], lang: Language
) -> CompareAnswer:
    """Hold the plan of one question against that of another."""
    sides = [
        side(study, study.site.config.scenario_named(question.scenario or None)[1].label.of(lang))
        for question, study in zip(questions, studies, strict=True)
    ]
    comparison = compare(*sides)
    record = comparison_record(comparison)
    for end, question in zip("ab", questions, strict=True):
        record[end]["scenario"] = question.scenario
    said = {"site_id": questions[0].site_id, "text": summary_lines(comparison, lang)}
    return CompareAnswer.model_validate(record | said)
