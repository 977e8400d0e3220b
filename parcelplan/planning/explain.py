"""Why a parcel is transferred when it is: from its transfer back to the first work, each step dated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from difflib import get_close_matches
from itertools import pairwise
from typing import Any

import pandas as pd

from parcelplan import catalogue
from parcelplan.catalogue import Language
from parcelplan.checks.bureau_checks import AREA_TOLERANCE_M2
from parcelplan.errors import NotFoundError
from parcelplan.plan import Plan, PlannedTransfer
from parcelplan.site import Site
from parcelplan.site.plan_rules import Trigger
from parcelplan.units import to_mu


@dataclass(frozen=True, kw_only=True)
class Step:
    """One link of the chain, later links first."""

    kind: str
    """Catalogue entry below ``explain``: ``transfer``, ``clock``, ``held.gate``, ``gate``, ``work.due`` …"""
    subject: str
    """Id of what the link is about: the parcel, the work, the month, the year, the phase."""
    on: date | None = None
    """Day of the link; None where nobody knows it."""
    params: Mapping[str, Any] = field(default_factory=dict)

    def text(self, lang: Language) -> str:
        """One sentence; parameters named ``…_code`` are looked up in the catalogue first."""
        joint = "、" if lang == "zh" else ", "
        params: dict[str, Any] = {"subject": self.subject.replace(";", joint), "on": self.on or "–"}
        for name, value in self.params.items():
            if name.endswith("_code"):
                params[name.removesuffix("_code")] = catalogue.text(value, lang, **self.params)
            elif isinstance(value, str):
                params[name] = value.replace(";", joint) or "–"
            else:
                params[name] = "–" if value is None else value
        return catalogue.text(f"explain.{self.kind}", lang, **params)


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """The chain behind one parcel's date."""

    parcel_id: str
    steps: tuple[Step, ...]
    lang: Language = "zh"
    """Language in which it speaks unless told otherwise."""

    def sentences(self, lang: Language | None = None) -> list[str]:
        """One sentence a step."""
        return [step.text(lang or self.lang) for step in self.steps]

    def text(self, lang: Language | None = None) -> str:
        """All sentences, one a line."""
        return "\n".join(self.sentences(lang))

    def record(self, lang: Language | None = None) -> dict[str, Any]:
        """Steps with their sentences as plain data for JSON, the transfer first."""
        steps = [
            {
                "kind": step.kind,
                "subject": step.subject,
                "on": step.on,
                "params": dict(step.params),
                "text": text,
            }
            for step, text in zip(self.steps, self.sentences(lang), strict=True)
        ]
        return {"parcel_id": self.parcel_id, "steps": steps}


def explain(
    parcel_id: str,
    *,
    site: Site,
    schedule: pd.DataFrame,
    gates: pd.DataFrame,
    readiness: pd.DataFrame,
    plan: Plan,
    lang: Language = "zh",
) -> Explanation:
    """Say what a parcel waited for, from its transfer back to the first work.

    Parameters
    ----------
    parcel_id
        The parcel.
    site
        The site, for its ``as_of``.
    schedule
        Works in time, indexed by work_id.
    gates
        One row a gate of a parcel.
    readiness
        Readiness indexed by parcel_id.
    plan
        The plan; a parcel it leaves out is explained as far as its gates go.
    lang
        Language of :meth:`Explanation.text`.

    Raises
    ------
    NotFoundError
        There is no such parcel; the message names those with a similar id.
    """
    if parcel_id not in readiness.index:
        known = [str(item) for item in readiness.index]
        close = get_close_matches(parcel_id, known, n=5, cutoff=0.4) or known[:5]
        raise NotFoundError("explain.unknown_parcel", parcel_id=parcel_id, close=", ".join(close) or "–")
    row = _row(readiness, parcel_id)
    own = gates[gates["parcel_id"] == parcel_id]
    steps = [
        *_plan_steps(parcel_id, row, plan, list(_floors(row, site, readiness, plan))),
        *_gate_steps(row, own, site.as_of),
        *_work_steps(str(row["chain"]), schedule),
    ]
    return Explanation(parcel_id=parcel_id, steps=tuple(steps), lang=lang)


def _plan_steps(parcel_id: str, row: pd.Series, plan: Plan, floors: list[Step]) -> Iterator[Step]:
    size = {"phase": int(row["phase"]), "area_mu": to_mu(float(row["area_m2"]))}
    item = plan.transfer(parcel_id)
    if item is not None:
        more = {"batch": item.batch, "result_on": item.result_on}
        yield Step(kind="transfer", subject=parcel_id, on=item.transfer_on, params=size | more)
        yield _clock_step(item)
        since = max([item.ready_on, *(step.on for step in floors if step.on)])
        yield _held_step(item, plan, since)
        if item.waited_for.kind in {"listings", "quota"}:
            yield from sorted(floors, key=lambda step: step.on or since, reverse=True)
        return
    left_out = next((other for other in plan.unplanned if other.parcel_id == parcel_id), None)
    if left_out is None:
        yield Step(kind="no_plan", subject=parcel_id, params=size | {"status": plan.status})
    else:
        params = {"reason_code": left_out.reason, "parcel_id": parcel_id} | size | dict(left_out.params)
        yield Step(kind="unplanned", subject=parcel_id, params=params)


def _clock_step(item: PlannedTransfer) -> Step:
    params = {
        "listing_on": item.listing_on,
        "transfer_on": item.transfer_on,
        "notice_days": (item.listing_on - item.notice_on).days,
        "listing_days": (item.transfer_on - item.listing_on).days,
    }
    return Step(kind="clock", subject=item.parcel_id, on=item.notice_on, params=params)


def _held_step(item: PlannedTransfer, plan: Plan, since: date) -> Step:
    kind, subject = item.waited_for.kind, item.waited_for.subject
    if kind not in {"listings", "quota"}:
        since = item.ready_on
    params: dict[str, Any] = {
        "ready_on": item.ready_on,
        "since": since,
        "slack_days": (item.notice_on - since).days,
    }
    if kind == "quota":
        params["used_mu"] = to_mu(plan.area_by_year_m2().get(int(subject), 0.0))
    elif kind == "listings":
        listed = [other.parcel_id for other in plan.transfers if f"{other.notice_on:%Y-%m}" == subject]
        params["others"] = ", ".join(listed)
    elif kind == "phase_order":
        last = max(plan.of_phase(int(subject)), key=lambda other: other.notice_on)
        params |= {"others": last.parcel_id, "other_on": last.notice_on}
    return Step(kind=f"held.{kind}", subject=subject, on=item.notice_on, params=params)


def _floors(row: pd.Series, site: Site, readiness: pd.DataFrame, plan: Plan) -> Iterator[Step]:
    """Days after its own readiness before which a parcel could not go on notice because of other phases."""
    phase, ready_on = int(row["phase"]), _day(row["ready_on"])
    earlier = [item for item in plan.transfers if item.phase < phase]
    if ready_on is None:
        return
    if site.config.plan.phase_order and earlier:
        last = max(earlier, key=lambda item: (item.notice_on, item.phase, item.parcel_id))
        if last.notice_on > ready_on:
            params = {"others": last.parcel_id}
            yield Step(kind="before.phase_order", subject=str(last.phase), on=last.notice_on, params=params)
    trigger = site.config.phase(phase).trigger
    if trigger is not None:
        met_on = _trigger_day(trigger, readiness, plan)
        if met_on is not None and met_on > ready_on:
            phases = ";".join(str(other) for other in trigger.of_phases)
            share = {"share": trigger.occupied_share}
            yield Step(kind="before.trigger", subject=phases, on=met_on, params=share)


def _trigger_day(trigger: Trigger, readiness: pd.DataFrame, plan: Plan) -> date | None:
    counted_m2 = float(readiness.loc[readiness["phase"].isin(trigger.of_phases), "area_m2"].sum())
    delay = timedelta(days=trigger.occupied_after_days)
    there_m2 = AREA_TOLERANCE_M2
    for item in sorted(plan.transfers, key=lambda item: item.transfer_on):
        if item.phase in trigger.of_phases:
            there_m2 += item.area_m2
            if there_m2 >= trigger.occupied_share * counted_m2:
                return item.transfer_on + delay
    return None


def _gate_steps(row: pd.Series, own: pd.DataFrame, as_of: date) -> Iterator[Step]:
    for gate in own[own["status"].isin(["never", "unknown"])].itertuples():
        params = {"gate_code": f"gate.{gate.kind}", "constraints": gate.constraint_id}
        yield Step(kind=f"gate_{gate.status}", subject=str(gate.work_id), params=params)
    if row["last_gate"] == "":
        yield Step(kind="net_from_start", subject=str(row.name), on=as_of)
        return
    binding = own[(own["kind"] == row["last_gate"]) & (own["opens_on"] == row["ready_on"])]
    for gate in binding.head(1).itertuples():
        params = {"gate_code": f"gate.{gate.kind}", "constraints": gate.constraint_id, "share": gate.share}
        kind = "gate" if pd.isna(gate.share) else "gate_blocked"
        yield Step(kind=kind, subject=str(row["last_work"]), on=gate.opens_on.date(), params=params)


def _work_steps(chain: str, schedule: pd.DataFrame) -> Iterator[Step]:
    """Works of the chain, last to first, each with what fixed its end and what it had to wait for."""
    links = [name for name in chain.split(">") if name]
    for before, work_id in reversed([*pairwise(["", *links])]):
        row = _row(schedule, work_id)
        yield _end_step(work_id, row)
        if row["state"] == "open":
            yield _start_step(work_id, row, schedule, before)


def _end_step(work_id: str, row: pd.Series) -> Step:
    kind = "unknown" if row["state"] == "unknown" else str(row["driver"])
    if kind == "due" and pd.isna(row["forecast_on"]):
        kind = "due_only"
    if kind == "forecast" and pd.isna(row["due_on"]):
        kind = "forecast_only"
    params = {
        "name": row["name"],
        "lead": "" if pd.isna(row["lead"]) else row["lead"],
        "due_on": _day(row["due_on"]),
        "forecast_on": _day(row["forecast_on"]),
        "late_days": int(row["late_days"]),
    }
    return Step(kind=f"work.{kind}", subject=work_id, on=_day(row["ends_on"]), params=params)


def _start_step(work_id: str, row: pd.Series, schedule: pd.DataFrame, before: str) -> Step:
    driver, on = str(row["start_driver"]), _day(row["start_on"])
    ends_on = schedule["ends_on"]
    if driver in schedule.index:
        # Of predecessors that end on one day, the one the chain goes on with is named.
        driver = before if before and ends_on[before] == ends_on[driver] else driver
        params = {"work": work_id, "name": schedule.loc[driver, "name"]}
        return Step(kind="start.predecessor", subject=driver, on=on, params=params)
    return Step(kind=f"start.{driver}", subject=work_id, on=on, params={"work": work_id})


def _row(frame: pd.DataFrame, key: str) -> pd.Series:
    return frame.loc[[key]].iloc[0]


def _day(value: Any) -> date | None:
    return None if pd.isna(value) else pd.Timestamp(value).date()
