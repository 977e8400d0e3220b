"""What the readiness of a city comes to: parcels, areas and what blocks them, by district, kind of gate and month.

Chunks are summed one by one and their sums put together in the end, so that parcels by the ten million need no more
memory than one chunk of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from parcelplan import catalogue
from parcelplan.catalogue import Language
from parcelplan.city.cells import plain_text
from parcelplan.schema.results import result_columns
from parcelplan.units import to_mu

NOW, NEVER, UNKNOWN = "now", "never", "unknown"
"""Stand for the month of parcels that are ready on the day of the data, that never are, that nobody knows of."""
SUMS = ("area_m2", "developable_m2", "blocked_m2")
BLOCKED = "blocked_m2_"
"""How columns of the area blocked by one kind begin."""
_GATE, _MONTH = "last_gate", "month"


def summarise(parcels: pd.DataFrame, *, by: Sequence[str] = ("district",)) -> pd.DataFrame:
    """Sum up parcels that have been screened and whose readiness is told, such as one chunk of them.

    Parameters
    ----------
    parcels
        With ``stage``, ``ready_on`` and ``last_gate``, and the areas of a screening: ``area_m2``, ``developable_m2``,
        ``blocked_m2`` and ``blocked_m2_<kind>``, m².
    by
        Columns of theirs that name their district; empty where the whole is one.

    Returns
    -------
    DataFrame
        Indexed by the columns of ``by`` as text, ``last_gate`` (the kind of gate that opens last, empty for net land)
        and ``month``: the one in which they become ready as ``2026-03``, or ``now | never | unknown``. ``parcels``
        counts them; areas are summed. What is missing in an area counts nothing.
    """
    areas = [name for name in parcels.columns if name in SUMS or str(name).startswith(BLOCKED)]
    groups = {name: plain_text(parcels[name]) for name in by}
    groups |= {_GATE: plain_text(parcels[_GATE]), _MONTH: ready_months(parcels)}
    table = parcels[areas].astype(float).assign(parcels=1)
    summed = pd.DataFrame(table).groupby([cells.to_numpy() for cells in groups.values()]).sum()
    summed.index = pd.MultiIndex.from_tuples([*summed.index], names=list(groups))
    return summed[["parcels", *areas]]


def ready_months(parcels: pd.DataFrame) -> pd.Series:
    """Month in which each parcel becomes ready, as text; ``now``, ``never`` or ``unknown`` where it has none."""
    days = pd.to_datetime(parcels["ready_on"])
    months, distinct = pd.factorize(days.to_numpy(dtype="datetime64[M]"))
    names = pd.array([*np.datetime_as_string(distinct), NEVER], dtype="str").take(
        months % (len(distinct) + 1)
    )
    stage = parcels["stage"]
    told = pd.Series(names, index=parcels.index).mask(stage == "net_land", NOW)
    return told.mask(days.isna() & (stage == "unknown"), UNKNOWN)


def merge_summaries(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Put the sums of chunks together; in the same order of chunks they come to the same bytes.

    Raises
    ------
    ValueError
        There are none, or they are by different columns: a mistake of ours, never of the user's.
    """
    parts = list(parts)
    if len({tuple(part.index.names) for part in parts}) != 1:
        message = "summaries of no chunk, or by different columns"
        raise ValueError(message)
    every = pd.concat(parts)
    blocked = sorted(name for name in every.columns if name.startswith(BLOCKED))
    columns = ["parcels", *(name for name in SUMS if name in every.columns), *blocked]
    return every.groupby(level=list(every.index.names)).sum()[columns].astype({"parcels": "int64"})


def rolled_up(summary: pd.DataFrame, *, over: Sequence[str]) -> pd.DataFrame:
    """Sum a summary over all levels but some, such as ``("district", "month")``; months as in the calendar."""
    summed = summary.groupby(level=list(over)).sum()
    keys = summed.index.to_frame(index=False)
    if _MONTH in over:
        # Digits sort before letters; only what is ready now goes before all months.
        keys[_MONTH] = keys[_MONTH].where(keys[_MONTH] != NOW, "")
    return summed.iloc[keys.sort_values(list(over), kind="stable").index]


def blocked_by_kind(summary: pd.DataFrame) -> pd.DataFrame:
    """What blocks the land that becomes ready in a month: one row for each district, month and kind of constraint.

    Returns
    -------
    DataFrame
        The levels of the summary without its gates, ``kind`` and ``blocked_m2``; kinds that block nothing are left out.
    """
    over = [str(name) for name in summary.index.names if name != _GATE]
    areas = rolled_up(summary, over=over).filter(regex=f"^{BLOCKED}")
    areas = areas.rename(columns=lambda name: name[len(BLOCKED) :])
    long = areas.melt(var_name="kind", value_name="blocked_m2", ignore_index=False).reset_index()
    order = np.argsort(np.tile(np.arange(len(areas)), areas.shape[1]), kind="stable")
    return long.iloc[order].query("blocked_m2 > 0").reset_index(drop=True)


def summary_table(summary: pd.DataFrame, lang: Language | None = None) -> pd.DataFrame:
    """Rows of a summary for readers, areas also in mu; see ``city`` in ``schema/results.csv``.

    Parameters
    ----------
    summary
        Sums of all chunks.
    lang
        Name gates, months and columns in this language; None leaves them as codes.
    """
    table = rolled_up(summary, over=[str(name) for name in summary.index.names]).reset_index()
    own = [name for name in table.columns if str(name).startswith(BLOCKED)]
    names = [name for name in summary.index.names if name not in (_GATE, _MONTH)]
    table = table.assign(area_mu=to_mu(table["area_m2"]), developable_mu=to_mu(table["developable_m2"]))
    registered = [item.column for item in result_columns("city") if item.column in table.columns]
    table = table[[*(name for name in names if name not in registered), *registered, *own]]
    return table if lang is None else _worded(table, lang)


def _worded(table: pd.DataFrame, lang: Language) -> pd.DataFrame:
    gates = {code: _word(lang, code, "gate") for code in table[_GATE].unique()}
    months = {code: _word(lang, code, _MONTH) for code in table[_MONTH].unique()}
    table = table.assign(**{_GATE: table[_GATE].map(gates), _MONTH: table[_MONTH].map(months)})
    labels = {item.column: item.label(lang) for item in result_columns("city")}
    for name in table.columns:
        if str(name).startswith(BLOCKED):
            kind = _word(lang, name[len(BLOCKED) :], "kind", "gate")
            labels[name] = catalogue.text("city.blocked_by", lang, kind=kind)
    return table.rename(columns=labels)


def _word(lang: Language, code: str, *families: str) -> str:
    """Name of a code; kinds of loose layers are called as their layers are."""
    known = [f"{family}.{code}" for family in families if catalogue.has(f"{family}.{code}")]
    return catalogue.text(known[0], lang) if known else code
