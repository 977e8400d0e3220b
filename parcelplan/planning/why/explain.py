"""Why a parcel is transferred when it is: from its transfer back to the first work, each step dated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from itertools import pairwise
from typing import Any

import pandas as pd

from parcelplan import catalogue
from parcelplan.catalogue import Language
from parcelplan.errors import NotFoundError
from parcelplan.plan import Plan, PlannedTransfer
from parcelplan.planning.conflicts.conflict import demand_text
from parcelplan.planning.problem import PlanningProblem
from parcelplan.planning.why.chain import ChainLink, binding_chain
from parcelplan.site import Site
from parcelplan.units import to_mu

KINDS = {"start.work": "start.predecessor"}
"""Links of the chain whose sentences have another name."""
NAMES = frozenset({"name", "behind_name"})


@dataclass(frozen=True, kw_only=True)
class Step:
    """One link of the chain, later links first."""

    kind: str
    """Catalogue entry below ``explain``: ``transfer``, ``clock``, ``held.gate``, ``gate``, ``work.due`` …"""
    subject: str
    """Id of what the link is about: the parcel, the work, the month, the year, the phase."""
    on: date | None = None
    """Day of the link; None where nobody knows it."""
    slack_days: int | None = None
    """Days by which it could be later without moving the parcel; None where days do not measure it."""
    params: Mapping[str, Any] = field(default_factory=dict)

    def text(self, lang: Language) -> str:
        """One sentence; parameters named ``…_code`` are looked up in the catalogue first."""
        joint = "、" if lang == "zh" else ", "
        params: dict[str, Any] = {"subject": self.subject.replace(";", joint), "on": self.on or "–"}
        for name, value in self.params.items():
            if name.endswith("_code"):
                params[name.removesuffix("_code")] = catalogue.text(value, lang, **self.params)
            elif name.endswith("_texts"):
                params[name.removesuffix("_texts")] = value[lang]
            elif isinstance(value, str):
                params[name] = value.replace(";", joint) or ("" if name in NAMES else "–")
            else:
                params[name] = "–" if value is None else value
        # Works without a name leave a gap where it would stand.
        sentence = catalogue.text(f"explain.{self.kind}", lang, **params).replace("  ", " ")
        return sentence + self._room(lang)

    def _room(self, lang: Language) -> str:
        """How much later it could be, where that is not said already."""
        if self.kind.partition(".")[0] not in {
            "gate",
            "gate_blocked",
            "gate_before",
            "before",
            "other",
            "work",
        }:
            return ""
        if self.slack_days is None:
            return catalogue.text("explain.room.free", lang) if "total_float_days" in self.params else ""
        room = catalogue.text(
            "explain.room.some" if self.slack_days else "explain.room.none", lang, days=self.slack_days
        )
        total = self.params.get("total_float_days")
        if total is None or total == self.slack_days:
            return room
        return room + catalogue.text(
            "explain.room.total" if total else "explain.room.others", lang, days=total
        )


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
                "slack_days": step.slack_days,
                "params": {name: value for name, value in step.params.items() if not name.endswith("_texts")},
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
    problem: PlanningProblem,
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
        Works in time, indexed by work_id: their names, and the days of those that the plan does not date.
    gates
        One row a gate of a parcel.
    readiness
        Readiness indexed by parcel_id.
    problem
        The problem that the plan answers.
    plan
        The plan; a parcel it leaves out is explained as far as its gates go.
    lang
        Language of :meth:`Explanation.text`.

    Raises
    ------
    NotFoundError
        There is no such parcel; the message names those with a similar id.
    """
    if parcel_id not in readiness.index and plan.transfer(parcel_id) is None:
        known = [str(item) for item in readiness.index]
        close = get_close_matches(parcel_id, known, n=5, cutoff=0.4) or known[:5]
        raise NotFoundError("explain.unknown_parcel", parcel_id=parcel_id, close=", ".join(close) or "–")
    words = _Words(problem, plan, schedule, gates, readiness)
    item = plan.transfer(parcel_id)
    if item is None:
        steps = [*words.left_out(parcel_id), *words.gates_of(parcel_id, site.as_of)]
    else:
        steps = [*_transfer_steps(item), *words.chain(parcel_id)]
    return Explanation(parcel_id=parcel_id, steps=tuple(steps), lang=lang)


def _transfer_steps(item: PlannedTransfer) -> Iterator[Step]:
    size = {"phase": item.phase, "area_mu": to_mu(item.area_m2)}
    more = {"batch": item.batch, "result_on": item.result_on}
    yield Step(kind="transfer", subject=item.parcel_id, on=item.transfer_on, params=size | more)
    params = {
        "listing_on": item.listing_on,
        "transfer_on": item.transfer_on,
        "notice_days": (item.listing_on - item.notice_on).days,
        "listing_days": (item.transfer_on - item.listing_on).days,
    }
    yield Step(kind="clock", subject=item.parcel_id, on=item.notice_on, params=params)


class _Words:
    """Names, shares and dates that tables know of what a chain speaks of."""

    def __init__(
        self,
        problem: PlanningProblem,
        plan: Plan,
        schedule: pd.DataFrame,
        gates: pd.DataFrame,
        readiness: pd.DataFrame,
    ) -> None:
        self.problem, self.plan = problem, plan
        self.schedule, self.gates, self.readiness = schedule, gates, readiness

    def chain(self, parcel_id: str) -> Iterator[Step]:
        """Steps of the chain behind a parcel of the plan."""
        for link in binding_chain(self.problem, self.plan, parcel_id):
            if link.kind in {"gate", "gate_before"}:
                yield from self._gate(link)
            elif link.kind == "work":
                yield self._end(link.subject, link)
            else:
                yield self._step(link)

    def _step(self, link: ChainLink) -> Step:
        params = _in_mu(link.params)
        if link.kind == "group":
            texts = {lang: demand_text(link.subject, self.problem, lang) for lang in catalogue.LANGUAGES}
            params["demand_texts"] = texts
        if link.kind.startswith("start."):
            params["name"] = self._name(link.subject)
            params["behind_name"] = self._name(str(params.get("behind", "")))
        kind = KINDS.get(link.kind, link.kind)
        if kind == "start.crew" and not params["behind"]:
            kind = "start.crew_short"
        return Step(kind=kind, subject=link.subject, on=link.on, slack_days=link.slack_days, params=params)

    def _name(self, work_id: str) -> str:
        if work_id in self.schedule.index:
            return str(_row(self.schedule, work_id)["name"])
        return next((work.name for work in self.problem.works if work.work_id == work_id), "")

    def _gate(self, link: ChainLink) -> Iterator[Step]:
        """A gate with the constraint behind it, and where the plan does not date its work, the works of the tables."""
        parcel_id = str(link.params["parcel_id"])
        row = self._gate_row(parcel_id, link)
        code = str(row["kind"]) if row is not None else str(link.params["gate"] or "works")
        params: dict[str, Any] = {"gate_code": f"gate.{code}", "lag_days": link.params["lag_days"]}
        kind = link.kind
        if row is not None and not pd.isna(row["share"]):
            params |= {"constraints": row["constraint_id"], "share": row["share"]}
            kind = "gate_blocked" if kind == "gate" else kind
        subject = ";".join(link.params["way"]) or link.subject
        if row is None and not subject:
            kind = "ready"
        yield Step(kind=kind, subject=subject, on=link.on, slack_days=link.slack_days, params=params)
        if link.kind == "gate" and self.plan.work(link.subject) is None:
            yield from self._table_works(parcel_id)

    def _gate_row(self, parcel_id: str, link: ChainLink) -> pd.Series | None:
        own = self.gates[self.gates["parcel_id"] == parcel_id]
        kind = link.params["gate"] or (
            self.readiness.loc[parcel_id, "last_gate"] if parcel_id in self.readiness.index else ""
        )
        works = set(link.params["way"]) or {link.subject}
        same = own[own["kind"] == kind]
        by_work = same[[not works.isdisjoint(str(text).split(";")) for text in same["work_id"]]]
        found = by_work if len(by_work) else same
        return None if found.empty else found.sort_values("opens_on").iloc[-1]

    def _table_works(self, parcel_id: str) -> Iterator[Step]:
        """Works that the plan does not date, last to first, with what fixed their ends and what they waited for."""
        text = self.readiness.loc[parcel_id, "chain"] if parcel_id in self.readiness.index else ""
        links = [name for name in str(text).split(">") if name in self.schedule.index]
        for before, work_id in reversed([*pairwise(["", *links])]):
            yield self._end(work_id)
            if _row(self.schedule, work_id)["state"] == "open":
                yield self._start(work_id, before)

    def _end(self, work_id: str, link: ChainLink | None = None) -> Step:
        """The end of a work, with what its tables say of it and, where the plan dates it, with its room."""
        room = _in_mu(link.params) if link is not None else {}
        if work_id not in self.schedule.index:
            params = {"name": self._name(work_id)} | room
            slack_days = link.slack_days if link is not None else None
            on = link.on if link is not None else None
            return Step(kind="work.planned", subject=work_id, on=on, slack_days=slack_days, params=params)
        row = _row(self.schedule, work_id)
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
        return Step(
            kind=f"work.{kind}",
            subject=work_id,
            on=link.on if link is not None else _day(row["ends_on"]),
            slack_days=link.slack_days if link is not None else None,
            params=params | room,
        )

    def _start(self, work_id: str, before: str) -> Step:
        row = _row(self.schedule, work_id)
        driver, on, ends_on = str(row["start_driver"]), _day(row["start_on"]), self.schedule["ends_on"]
        if driver in self.schedule.index:
            # Of predecessors that end on one day, the one the chain goes on with is named.
            driver = before if before and ends_on[before] == ends_on[driver] else driver
            params = {"work": work_id, "name": self._name(driver)}
            return Step(kind="start.predecessor", subject=driver, on=on, params=params)
        return Step(kind=f"start.{driver}", subject=work_id, on=on, params={"work": work_id})

    def left_out(self, parcel_id: str) -> Iterator[Step]:
        """Why there is no transfer."""
        row = _row(self.readiness, parcel_id)
        size = {"phase": int(row["phase"]), "area_mu": to_mu(float(row["area_m2"]))}
        out = next((other for other in self.plan.unplanned if other.parcel_id == parcel_id), None)
        if out is not None:
            params = {"reason_code": out.reason, "parcel_id": parcel_id} | size | dict(out.params)
            yield Step(kind="unplanned", subject=parcel_id, params=params)
        elif pieces := [other.parcel_id for other in self.plan.transfers if other.part_of == parcel_id]:
            yield Step(kind="in_pieces", subject=parcel_id, params=size | {"others": ";".join(pieces)})
        elif self.plan.status in {"infeasible", "no_solution_yet"}:
            yield Step(kind="no_plan", subject=parcel_id, params=size | {"status": self.plan.status})
        else:
            yield Step(kind="not_chosen", subject=parcel_id, params=size)

    def gates_of(self, parcel_id: str, as_of: date) -> Iterator[Step]:
        """The gates of a parcel without a transfer: those that stay shut, then the one that opens last."""
        row, own = _row(self.readiness, parcel_id), self.gates[self.gates["parcel_id"] == parcel_id]
        shut = own[own["status"].isin(["never", "unknown"])]
        for gate in shut.itertuples():
            params = {"gate_code": f"gate.{gate.kind}", "constraints": gate.constraint_id}
            yield Step(kind=f"gate_{gate.status}", subject=str(gate.work_id), params=params)
        if row["last_gate"] == "":
            if shut.empty:
                yield Step(kind="net_from_start", subject=parcel_id, on=as_of)
            return
        binding = own[(own["kind"] == row["last_gate"]) & (own["opens_on"] == row["ready_on"])]
        for gate in binding.head(1).itertuples():
            params = {
                "gate_code": f"gate.{gate.kind}",
                "constraints": gate.constraint_id,
                "share": gate.share,
            }
            kind = "gate" if pd.isna(gate.share) else "gate_blocked"
            yield Step(kind=kind, subject=str(row["last_work"]), on=_day(gate.opens_on), params=params)
        yield from self._table_works(parcel_id)


def _in_mu(params: Mapping[str, Any]) -> dict[str, Any]:
    """Areas in mu, under names that say so."""
    return {
        name.removesuffix("_m2") + "_mu" if name.endswith("_m2") else name: to_mu(value)
        if name.endswith("_m2")
        else value
        for name, value in params.items()
    }


def _row(frame: pd.DataFrame, key: str) -> pd.Series:
    return frame.loc[[key]].iloc[0]


def _day(value: Any) -> date | None:
    return None if pd.isna(value) else pd.Timestamp(value).date()
