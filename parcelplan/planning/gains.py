"""What would move a date: each lever pulled, the plan made anew, and what that gains, never guessed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from parcelplan import catalogue
from parcelplan.plan import Plan, PlannedTransfer
from parcelplan.planning.levers import Lever, find_levers
from parcelplan.planning.problem import UNITS, PlanningProblem
from parcelplan.planning.solve import solve
from parcelplan.units import to_mu

if TYPE_CHECKING:
    from parcelplan.catalogue import Language

Found = Literal["exact", "at_least", "compared", "nothing", "unknown"]
OnLever = Callable[[int, int, "Lever | None"], None]
"""Told the number of the lever about to be pulled, how many there are, and the lever; None while the plan at hand is
looked at itself."""
SAME = 1e-7
"""Values that differ by less than this share are one: sums of areas are never exact."""


@dataclass(frozen=True, kw_only=True)
class Gain:
    """What one lever brings."""

    lever: Lever
    found: Found
    """``exact``: both plans are proved best. ``at_least``: the plan without the lever is, the one with it is not.

    ``compared``: the plan without the lever is not proved best, so that some of the gain may be had without the lever.
    ``nothing``: proved to bring nothing. ``unknown``: nothing better was found in time, nor proved not to be.
    """
    earlier: int = 0
    """Parcels that are transferred earlier."""
    earlier_m2: float = 0.0
    mean_days: float = 0.0
    """Days by which those parcels are earlier, weighted by area."""
    later: int = 0
    """Parcels that are transferred later, or no longer."""
    parcel_days: int | None = None
    """Days by which the parcel asked about is earlier; negative where it is later."""
    before: float = 0.0
    after: float = 0.0
    """The headline objective without and with the lever, in its own unit."""
    unit: str = ""


def levers(
    problem: PlanningProblem,
    plan: Plan,
    parcel_id: str | None = None,
    *,
    time_limit_s: float,
    seed: int = 0,
    workers: int = 1,
    most: int | None = 12,
    on_lever: OnLever | None = None,
) -> list[Gain]:
    """Pull each lever of a parcel or of the whole plan by itself, and make the plan anew.

    Parameters
    ----------
    problem
        The problem.
    plan
        A plan of it. Where it is not proved best it is first improved in the same time as each lever gets, so that
        a lever is not praised for what a longer search brings.
    parcel_id
        The parcel in whose chain to look; None for what holds most land in the plan.
    time_limit_s
        Longest search for each lever, seconds.
    seed, workers
        Of the searches.
    most
        Levers at most.
    on_lever
        Called before each search.

    Returns
    -------
    list of Gain
        The largest gain first: in days of the parcel where one is asked about, else in the first objective.
    """
    found = find_levers(problem, plan, parcel_id, most=most)
    tell = on_lever or (lambda _number, _count, _lever: None)
    how: dict[str, Any] = {"time_limit_s": time_limit_s, "seed": seed, "workers": workers}
    base = plan
    if plan.status != "optimal" and found:
        tell(0, len(found), None)
        base = _better_of(solve(problem, start=plan, **how), plan)
    gains = []
    for number, lever in enumerate(found, start=1):
        tell(number, len(found), lever)
        gains.append(_gain(lever, base, solve(lever.turned(), start=base, **how), parcel_id))
    return sorted(gains, key=_rank)


def _rank(gain: Gain) -> tuple[int, float, bool]:
    return -(gain.parcel_days or 0), gain.after - gain.before, gain.found == "unknown"


def _better_of(one: Plan, other: Plan) -> Plan:
    """The plan that is better by the first objective in which they differ; the first one where none is."""
    return other if not one.objectives or _is_better(other, one) else one


def _is_better(one: Plan, other: Plan) -> bool:
    for own, theirs in zip(one.objectives, other.objectives, strict=True):
        if abs(own.value - theirs.value) > SAME * max(1.0, abs(own.value), abs(theirs.value)):
            return own.value < theirs.value
    return False


def _gain(lever: Lever, base: Plan, made: Plan, parcel_id: str | None) -> Gain:
    if not made.objectives or not _is_better(made, base):
        found: Found = "nothing" if made.status == "optimal" else "unknown"
        value = base.objective or 0.0
        days = 0 if parcel_id is not None and base.transfer(parcel_id) is not None else None
        return Gain(lever=lever, found=found, before=value, after=value, parcel_days=days)
    pairs = [(item, made.transfer(item.parcel_id)) for item in base.transfers]
    sooner = [(item, _days(item, now)) for item, now in pairs if now is not None and _days(item, now) > 0]
    area_m2 = sum(item.area_m2 for item, _ in sooner)
    own = base.transfer(parcel_id or ""), made.transfer(parcel_id or "")
    return Gain(
        lever=lever,
        found="compared" if base.status != "optimal" else "exact" if made.status == "optimal" else "at_least",
        earlier=len(sooner),
        earlier_m2=area_m2,
        mean_days=sum(item.area_m2 * days for item, days in sooner) / area_m2 if area_m2 else 0.0,
        later=sum(now is None or _days(item, now) < 0 for item, now in pairs),
        parcel_days=_days(own[0], own[1]) if own[0] is not None and own[1] is not None else None,
        before=base.objective or 0.0,
        after=made.objective or 0.0,
        unit=next((unit for name, unit in UNITS.items() if name == base.headline), ""),
    )


def _days(before: PlannedTransfer, now: PlannedTransfer) -> int:
    return (before.transfer_on - now.transfer_on).days


def lever_text(lever: Lever, problem: PlanningProblem, lang: Language) -> str:
    """Say what is pulled, and how far."""
    joint = "、" if lang == "zh" else ", "
    name = next((work.name for work in problem.works if work.work_id == lever.subject), "")
    code = f"gate.{lever.subject}"
    gate = catalogue.text(code, lang) if catalogue.has(code) else lever.subject
    sentence = catalogue.text(
        f"lever.{lever.kind}",
        lang,
        subject=lever.subject.replace(";", joint),
        name=name,
        gate=gate,
        amount=lever.amount,
    )
    return sentence.replace("  ", " ")


def gain_text(gain: Gain, problem: PlanningProblem, lang: Language) -> str:
    """Say in one sentence what a lever brings."""
    lever = lever_text(gain.lever, problem, lang)
    if gain.found in {"nothing", "unknown"}:
        return catalogue.text(f"gain.{gain.found}", lang, lever=lever)
    parts = [catalogue.text(f"gain.{gain.found}", lang, lever=lever, **_amounts(gain, lang))]
    if gain.later:
        parts.append(catalogue.text("gain.later", lang, count=gain.later))
    if gain.parcel_days is not None:
        way = "same" if not gain.parcel_days else "own" if gain.parcel_days > 0 else "own_later"
        parts.append(catalogue.text(f"gain.{way}", lang, days=abs(gain.parcel_days)))
    return ("" if lang == "zh" else " ").join(parts)


def _amounts(gain: Gain, lang: Language) -> dict[str, Any]:
    """Parcels, area and days, and where land's waiting is the headline, how much less of it there is."""
    less = to_mu(gain.before - gain.after)
    counted = gain.unit == "m2_day" and less > 0
    total = catalogue.text("gain.total", lang, amount=less) if counted else ""
    return {"count": gain.earlier, "mu": to_mu(gain.earlier_m2), "days": gain.mean_days, "total": total}


def gain_record(gain: Gain, problem: PlanningProblem, lang: Language) -> dict[str, Any]:
    """One gain as plain data for JSON."""
    lever = gain.lever
    return {
        "kind": lever.kind,
        "subject": lever.subject,
        "amount": lever.amount,
        "unit": lever.unit,
        "found": gain.found,
        "parcels_earlier": gain.earlier,
        "area_earlier_mu": round(to_mu(gain.earlier_m2), 2),
        "mean_days_earlier": round(gain.mean_days, 1),
        "parcels_later": gain.later,
        "parcel_days_earlier": gain.parcel_days,
        "objective_before": gain.before,
        "objective_after": gain.after,
        "text": gain_text(gain, problem, lang),
    }
