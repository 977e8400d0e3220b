"""Two plans side by side: what moved, by how many days, and what that costs or gains. Pure data.

It stands above the study, since a difference speaks of sites, problems and plans at once, and below the views.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Literal

import pandas as pd

from parcelplan.checks.money_checks import MonthOfCash, balances
from parcelplan.dates import month_start, months_between
from parcelplan.plan import ObjectiveValue, Status
from parcelplan.planning.problem import CashLimit, Target
from parcelplan.study import Study

CHANGES = ("earlier", "same", "later", "gone", "new", "never")
"""What becomes of a parcel's transfer or of a work from A to B; ``never`` is in neither plan."""
_DAY: Literal["datetime64[s]"] = "datetime64[s]"


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of the two plans, as far as it is compared."""

    label: str
    """What it is called: the scenario, or the site."""
    as_of: date
    status: Status
    parcels: pd.DataFrame
    """Every parcel of the site, indexed by parcel_id: phase, area_m2, transferred_m2, transfer_on, batch, pieces.

    A parcel that is cut has the day of its last piece; NaT and 0 where it is not transferred.
    """
    sales: pd.DataFrame
    """What is transferred, pieces one by one: transfer_on, area_m2."""
    works: pd.DataFrame
    """Indexed by work_id: name, mode, start_on, ends_on, cost_yuan."""
    objectives: tuple[ObjectiveValue, ...] = ()
    targets: Mapping[str, tuple[str, str, float, float]] = field(default_factory=dict)
    """Target → title, measure, amount and shortfall, in the unit of the measure."""
    cash: tuple[MonthOfCash, ...] = ()
    """Balance by month; empty where the site keeps no money."""

    @property
    def cost_yuan(self) -> float:
        """What its works cost."""
        return float(self.works["cost_yuan"].sum())


def side(study: Study, label: str = "") -> Side:
    """What is compared of a study; the label is its scenario's, or the site's, where none is given."""
    plan = study.plan
    chosen = study.site.config.scenarios.get(study.site.scenario)
    named = (chosen.label.of(study.lang) if chosen else "") or study.site.scenario or study.site.name()
    cash = [month for limit in study.problem.of(CashLimit) for month in balances(plan, limit)]
    sales = [{"transfer_on": item.transfer_on, "area_m2": item.area_m2} for item in plan.transfers]
    return Side(
        label=label or named,
        as_of=plan.as_of,
        status=plan.status,
        parcels=_parcels(study),
        sales=dated(pd.DataFrame(sales, columns=["transfer_on", "area_m2"])),
        works=_works(study),
        objectives=plan.objectives,
        targets={
            item.target_id: (item.title, item.measure, item.amount, item.shortfall(plan))
            for item in study.problem.of(Target)
        },
        cash=tuple(cash),
    )


def _parcels(study: Study) -> pd.DataFrame:
    rows = [
        {
            "parcel_id": item.part_of or item.parcel_id,
            "transferred_m2": item.area_m2,
            "transfer_on": item.transfer_on,
            "batch": item.batch,
        }
        for item in study.plan.transfers
    ]
    sold = dated(pd.DataFrame(rows, columns=["parcel_id", "transferred_m2", "transfer_on", "batch"]))
    grouped = sold.sort_values("transfer_on", kind="stable").groupby("parcel_id")
    frame = study.readiness[["phase", "area_m2"]].rename_axis("parcel_id")
    frame = frame.join(grouped[["transfer_on", "batch"]].last())
    frame["transferred_m2"] = grouped["transferred_m2"].sum().reindex(frame.index, fill_value=0.0)
    frame["pieces"] = grouped.size().reindex(frame.index, fill_value=0).astype(int)
    return frame.assign(batch=frame["batch"].fillna(""))


def _works(study: Study) -> pd.DataFrame:
    planned = study.plan.works_frame()
    frame = study.schedule[["name", "start_on", "ends_on"]].rename_axis("work_id")
    frame = frame.assign(mode=planned["mode"].reindex(frame.index).fillna(""))
    frame["cost_yuan"] = planned["cost_yuan"].astype(float).reindex(frame.index, fill_value=0.0)
    return dated(frame)


def dated(frame: pd.DataFrame) -> pd.DataFrame:
    """Days as such, also where there are none."""
    days = {name: pd.to_datetime(frame[name]).astype(_DAY) for name in frame.columns if name.endswith("_on")}
    return frame.assign(**days)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What differs between plan A and plan B. Days count from A to B: positive is later in B."""

    a: Side
    b: Side

    @cached_property
    def parcels(self) -> pd.DataFrame:
        """Every parcel of either plan: phase, area_m2, transfer_a, transfer_b, days, batch_a, batch_b, change.

        ``area_m2`` is B's, or A's where B does not have the parcel; ``days`` is missing unless both plans transfer it.
        """
        joined = _side_by_side(self.a.parcels, self.b.parcels)
        frame = pd.DataFrame(index=joined.index)
        for name in ("phase", "area_m2"):
            frame[name] = joined[f"{name}_b"].fillna(joined[f"{name}_a"])
        frame = frame.astype({"phase": "Int64"})
        for end in "ab":
            frame[f"transfer_{end}"] = joined[f"transfer_on_{end}"]
            frame[f"batch_{end}"] = joined[f"batch_{end}"].fillna("")
            frame[f"pieces_{end}"] = joined[f"pieces_{end}"].fillna(0).astype(int)
        frame["days"] = _days_between(frame["transfer_a"], frame["transfer_b"])
        return frame.assign(change=_change(frame["transfer_a"], frame["transfer_b"], frame["days"]))

    @cached_property
    def works(self) -> pd.DataFrame:
        """Every work of either plan: name, starts, ends, modes and costs of both, days between the ends, change."""
        joined = _side_by_side(self.a.works, self.b.works)
        frame = pd.DataFrame({"name": joined["name_b"].fillna(joined["name_a"])})
        for end in "ab":
            frame[f"start_{end}"], frame[f"ends_{end}"] = joined[f"start_on_{end}"], joined[f"ends_on_{end}"]
            frame[f"mode_{end}"] = joined[f"mode_{end}"].fillna("")
            frame[f"cost_{end}_yuan"] = joined[f"cost_yuan_{end}"].fillna(0.0)
        frame["days"] = _days_between(frame["ends_a"], frame["ends_b"])
        return frame.assign(change=_change(frame["ends_a"], frame["ends_b"], frame["days"]))

    @cached_property
    def months(self) -> pd.DataFrame:
        """Land transferred by month, indexed by its first day: a_m2, b_m2, difference_m2 and the running totals.

        ``total_a_m2`` and ``total_b_m2`` are what each plan has transferred by the end of the month. Every month from
        the first day of the data to the last transfer is there.
        """
        days = [day.date() for end in (self.a, self.b) for day in end.sales["transfer_on"]]
        days += [self.a.as_of, self.b.as_of]
        index = pd.DatetimeIndex(months_between(min(days), max(days)), name="month").astype(_DAY)
        frame = pd.DataFrame(index=index)
        for end, one in (("a", self.a), ("b", self.b)):
            month = one.sales["transfer_on"].map(lambda day: pd.Timestamp(month_start(day.date())))
            frame[f"{end}_m2"] = one.sales.groupby(month)["area_m2"].sum().reindex(index, fill_value=0.0)
        frame["difference_m2"] = frame["b_m2"] - frame["a_m2"]
        return frame.assign(total_a_m2=frame["a_m2"].cumsum(), total_b_m2=frame["b_m2"].cumsum())

    @cached_property
    def phases(self) -> pd.DataFrame:
        """By phase: area transferred in each plan, last transfer of each, days between them, parcels by change."""
        grouped = self.parcels.groupby("phase")
        frame = pd.DataFrame({"parcels": grouped.size()})
        for end in "ab":
            frame[f"last_{end}"] = grouped[f"transfer_{end}"].max()
            sold = self.parcels["area_m2"].where(self.parcels[f"transfer_{end}"].notna(), 0.0)
            frame[f"area_{end}_m2"] = sold.groupby(self.parcels["phase"]).sum()
        frame["days"] = _days_between(frame["last_a"], frame["last_b"])
        for change in ("earlier", "later", "gone", "new"):
            frame[change] = (self.parcels["change"] == change).groupby(self.parcels["phase"]).sum()
        return frame

    @cached_property
    def objectives(self) -> pd.DataFrame:
        """Objectives of either plan by name: unit, a, b, difference; missing where a plan does not have one."""
        known = {item.name: item for item in (*self.a.objectives, *self.b.objectives)}
        values = [{item.name: item.value for item in one.objectives} for one in (self.a, self.b)]
        rows = [
            {"objective": name, "unit": item.unit, "a": values[0].get(name), "b": values[1].get(name)}
            for name, item in known.items()
        ]
        frame = pd.DataFrame(rows, columns=["objective", "unit", "a", "b"]).set_index("objective")
        frame = frame.astype({"a": float, "b": float})
        return frame.assign(difference=frame["b"] - frame["a"])

    @cached_property
    def targets(self) -> pd.DataFrame:
        """Targets that a plan misses, by id: title, measure, amount, missing_a, missing_b in the measure's unit."""
        rows = []
        for name in dict.fromkeys([*self.a.targets, *self.b.targets]):
            title, measure, amount, _ = self.b.targets.get(name) or self.a.targets[name]
            missing = [one.targets[name][3] if name in one.targets else None for one in (self.a, self.b)]
            if any(missing):
                rows.append((name, title, measure, amount, *missing))
        columns = ["target_id", "title", "measure", "amount", "missing_a", "missing_b"]
        return (
            pd.DataFrame(rows, columns=columns)
            .set_index("target_id")
            .astype({"missing_a": float, "missing_b": float})
        )

    @cached_property
    def cash(self) -> pd.DataFrame:
        """Lowest balance by month, yuan, indexed by the month's first day: a_yuan, b_yuan; empty without money."""
        held = {
            f"{end}_yuan": pd.Series(
                {pd.Timestamp(row.month): row.balance_yuan for row in one.cash}, dtype=float
            )
            for end, one in (("a", self.a), ("b", self.b))
        }
        frame = pd.DataFrame(held).sort_index()
        frame.index = pd.DatetimeIndex(frame.index, name="month").astype(_DAY)
        return frame

    def lowest_cash(self, end: str) -> MonthOfCash | None:
        """The month in which plan ``a`` or ``b`` has least money; None where the site keeps none."""
        rows = (self.a if end == "a" else self.b).cash
        return min(rows, key=lambda row: row.balance_yuan, default=None)

    def moved(self) -> dict[str, Any]:
        """The comparison in figures: parcels by change, mean days weighted by area, costs, targets missed.

        ``mean_days`` is over the parcels that both plans transfer; None where there are none.
        """
        counts = self.parcels["change"].value_counts()
        both = self.parcels[self.parcels["days"].notna()]
        weights = both["area_m2"].astype(float)
        mean = float((both["days"].astype(float) * weights).sum() / weights.sum()) if weights.sum() else None
        works = self.works["change"].value_counts()
        return {
            "parcels": {change: int(counts.get(change, 0)) for change in CHANGES},
            "works": {change: int(works.get(change, 0)) for change in CHANGES},
            "modes_changed": int((self.works["mode_a"] != self.works["mode_b"]).sum()),
            "mean_days": mean,
            "cost_a_yuan": self.a.cost_yuan,
            "cost_b_yuan": self.b.cost_yuan,
            "targets_missed_a": int((self.targets["missing_a"] > 0).sum()),
            "targets_missed_b": int((self.targets["missing_b"] > 0).sum()),
        }


def compare(a: Study | Side, b: Study | Side) -> Comparison:
    """Compare two plans.

    Parameters
    ----------
    a, b
        Studies, or sides of them with a label of their own; they may be of two states of a site.

    Examples
    --------
    >>> compare(study, study).moved()["mean_days"]  # doctest: +SKIP
    0.0
    """
    sides = [side(one) if isinstance(one, Study) else one for one in (a, b)]
    return Comparison(a=sides[0], b=sides[1])


def _side_by_side(a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    """Rows of both frames, those of B first, columns with the ending of their side."""
    index = pd.Index(dict.fromkeys([*b.index, *a.index]), name=b.index.name, dtype=object)
    return a.add_suffix("_a").reindex(index).join(b.add_suffix("_b").reindex(index))


def _days_between(a: pd.Series, b: pd.Series) -> pd.Series:
    return (b - a).dt.days.astype("Int64")


def _change(a: pd.Series, b: pd.Series, days: pd.Series) -> pd.Series:
    change = pd.Series("same", index=days.index, dtype=object)
    change = change.mask(days.fillna(0) < 0, "earlier").mask(days.fillna(0) > 0, "later")
    change = change.mask(a.notna() & b.isna(), "gone").mask(a.isna() & b.notna(), "new")
    return change.mask(a.isna() & b.isna(), "never")
