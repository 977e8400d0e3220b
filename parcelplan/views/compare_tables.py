"""Tables of a comparison, in the units and under the headings that people read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from parcelplan.catalogue import text
from parcelplan.io.sheets.excel import Sheet, SheetColumn, write_workbook
from parcelplan.io.vector.geojson import plain
from parcelplan.schema.results import result_columns
from parcelplan.units import to_mu, to_wanyuan
from parcelplan.views.objectives import shown_figure, shown_unit
from parcelplan.views.tables import named

if TYPE_CHECKING:
    from pathlib import Path

    from parcelplan.catalogue import Language
    from parcelplan.checks.money_checks import MonthOfCash
    from parcelplan.compare import Comparison

TABLES = ("phases", "parcels", "works", "months", "objectives", "targets", "cash")
"""Tables of a comparison; ``compare_`` before each names it in the registry of results."""
_MONTH = "%Y-%m"


def compare_table(comparison: Comparison, name: str) -> pd.DataFrame:
    """One of :data:`TABLES` with the columns of the registry's table ``compare_…``, its key among them."""
    frame = _MAKERS[name](comparison)
    return frame[[item.column for item in result_columns(f"compare_{name}")]]


def telling_columns(frame: pd.DataFrame) -> tuple[str, ...]:
    """Columns of a table but those of modes and costs that are the same in both plans throughout."""
    pairs = [("mode_a", "mode_b"), ("cost_a_wanyuan", "cost_b_wanyuan")]
    idle = {
        name
        for pair in pairs
        if set(pair) <= set(frame) and frame[pair[0]].equals(frame[pair[1]])
        for name in pair
    }
    return tuple(name for name in frame.columns if name not in idle)


def differing(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of a table in which A and B differ: another day, way or cost, or land transferred in one of them alone."""
    if "change" in frame:
        differ = ~frame["change"].isin(["same", "never"])
        for name in ("mode_{}", "cost_{}_wanyuan"):
            if name.format("a") in frame:
                differ |= frame[name.format("a")] != frame[name.format("b")]
        return frame[differ]
    return frame[frame["difference_mu"].abs().round(2) > 0] if "difference_mu" in frame else frame


def _parcels(comparison: Comparison) -> pd.DataFrame:
    frame = comparison.parcels.rename_axis("parcel_id").reset_index()
    frame["area_mu"] = to_mu(frame["area_m2"].astype(float))
    moved = frame["change"] != "same"
    order = frame.assign(_moved=~moved, _days=-frame["days"].abs().fillna(10**6).astype(int))
    return order.sort_values(["_moved", "_days", "parcel_id"], kind="stable").reset_index(drop=True)


def _phases(comparison: Comparison) -> pd.DataFrame:
    frame = comparison.phases.rename_axis("phase").reset_index()
    return frame.assign(area_a_mu=to_mu(frame["area_a_m2"]), area_b_mu=to_mu(frame["area_b_m2"]))


def _works(comparison: Comparison) -> pd.DataFrame:
    frame = comparison.works.rename_axis("work_id").reset_index()
    for end in "ab":
        frame[f"cost_{end}_wanyuan"] = frame[f"cost_{end}_yuan"].map(to_wanyuan)
    return frame


def _months(comparison: Comparison) -> pd.DataFrame:
    frame = comparison.months
    shown = pd.DataFrame({"month": _month_names(frame)})
    for name in frame.columns:
        shown[name.replace("_m2", "_mu")] = to_mu(frame[name]).to_numpy()
    return shown


def _month_names(frame: pd.DataFrame) -> list[str]:
    return [f"{month:{_MONTH}}" for month in frame.index]


def _objectives(comparison: Comparison) -> pd.DataFrame:
    frame = comparison.objectives.reset_index()
    for name in ("a", "b", "difference"):
        frame[name] = [
            shown_figure(objective, value)
            for objective, value in zip(frame["objective"], frame[name], strict=True)
        ]
    return frame.assign(unit=[shown_unit(objective) for objective in frame["objective"]])


def _targets(comparison: Comparison) -> pd.DataFrame:
    frame = comparison.targets.reset_index()
    figures: Mapping[str, Callable[[float], float]] = {
        "area_m2": to_mu,
        "output_yuan": to_wanyuan,
        "tax_yuan": to_wanyuan,
    }
    for name in ("amount", "missing_a", "missing_b"):
        frame[name] = [
            figures.get(measure, float)(value)
            for measure, value in zip(frame["measure"], frame[name].astype(float), strict=True)
        ]
    return frame


def _cash(comparison: Comparison) -> pd.DataFrame:
    frame = comparison.cash
    shown = pd.DataFrame({"month": _month_names(frame)})
    return shown.assign(**{f"{end}_wanyuan": frame[f"{end}_yuan"].map(to_wanyuan).to_numpy() for end in "ab"})


_MAKERS: Mapping[str, Callable[[Comparison], pd.DataFrame]] = {
    "phases": _phases,
    "parcels": _parcels,
    "works": _works,
    "months": _months,
    "objectives": _objectives,
    "targets": _targets,
    "cash": _cash,
}


def summary_lines(comparison: Comparison, lang: Language) -> list[str]:
    """The comparison in a few sentences: what A and B are, what moved, what it costs, what is missed."""
    moved = comparison.moved()
    lines = [text("compare.parcels", lang, **moved["parcels"])]
    if moved["mean_days"] is not None:
        days = moved["mean_days"]
        code = "same_mean" if abs(days) < 0.5 else "later_mean" if days > 0 else "earlier_mean"  # noqa: PLR2004
        lines.append(text(f"compare.{code}", lang, days=abs(days)))
    lines.append(text("compare.works", lang, modes=moved["modes_changed"], **moved["works"]))
    if moved["cost_a_yuan"] or moved["cost_b_yuan"]:
        costs = {end: to_wanyuan(moved[f"cost_{end}_yuan"]) for end in "ab"}
        lines.append(text("compare.cost", lang, difference=costs["b"] - costs["a"], **costs))
    lowest = [comparison.lowest_cash(end) for end in "ab"]
    if any(lowest):
        lines.append(text("compare.cash", lang, a=_lowest(lowest[0], lang), b=_lowest(lowest[1], lang)))
    if len(comparison.targets):
        lines.append(text("compare.targets", lang, a=moved["targets_missed_a"], b=moved["targets_missed_b"]))
    return lines


def _lowest(month: MonthOfCash | None, lang: Language) -> str:
    if month is None:
        return text("compare.no_cash", lang)
    balance = to_wanyuan(month.balance_yuan)
    return text("compare.lowest", lang, month=f"{month.month:{_MONTH}}", balance=balance)


def comparison_record(comparison: Comparison) -> dict[str, Any]:
    """The whole comparison for JSON: both sides, figures, and every table as records."""
    sides = {
        end: {"label": one.label, "as_of": one.as_of.isoformat(), "status": one.status}
        for end, one in (("a", comparison.a), ("b", comparison.b))
    }
    moved = comparison.moved()
    costs = {f"cost_{end}_wanyuan": to_wanyuan(moved.pop(f"cost_{end}_yuan")) for end in "ab"}
    tables = {name: _records(compare_table(comparison, name)) for name in TABLES}
    return sides | {"moved": moved | costs} | tables


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    rounded = frame.copy()
    floats = rounded.select_dtypes("float").columns
    rounded[floats] = rounded[floats].round(4)
    return [plain({str(key): value for key, value in row.items()}) for row in rounded.to_dict("records")]


def write_compare_workbook(comparison: Comparison, path: str | Path, lang: Language) -> None:
    """Write the comparison as a workbook: a cover with the sentences, then one sheet a table that has rows."""
    cover: list[tuple[str, Any]] = [(end.upper(), side_text(comparison, end, lang)) for end in "ab"]
    cover += [(text("compare.moved", lang), line) for line in summary_lines(comparison, lang)]
    sheets = [_sheet(comparison, name, lang) for name in TABLES]
    write_workbook(
        path,
        [sheet for sheet in sheets if len(sheet.frame)],
        cover_title=text("compare.title", lang),
        cover=cover,
        cover_name=text("sheet.cover", lang),
        created_on=comparison.b.as_of,
    )


def _sheet(comparison: Comparison, name: str, lang: Language) -> Sheet:
    table = f"compare_{name}"
    columns = tuple(
        SheetColumn(name=item.column, heading=item.label(lang), format=item.format)
        for item in result_columns(table)
    )
    frame = named(compare_table(comparison, name), table, lang)
    return Sheet(title=text(f"compare.table.{name}", lang), frame=frame, columns=columns)


def side_text(comparison: Comparison, end: str, lang: Language) -> str:
    """What A or B is: its label, its day and the status of its plan."""
    one = comparison.a if end == "a" else comparison.b
    status = text(f"compare.status.{one.status}", lang)
    return text("compare.side", lang, label=one.label, as_of=one.as_of, status=status)
