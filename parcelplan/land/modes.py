"""The alternatives of works: a site as it is when some of its works are carried out in another way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from parcelplan.errors import NotFoundError
from parcelplan.site import Site

REPLACED = (
    "duration_optimistic_days",
    "duration_likely_days",
    "duration_pessimistic_days",
    "cost_wanyuan",
    "paid_at_start",
    "crews",
    "clears",
    "creates",
)
"""Columns of a work that the row of an alternative replaces; its name too, where it has one."""


def alternatives_of(site: Site) -> dict[str, tuple[str, ...]]:
    """Modes of each work that can be carried out in another way than its own row says, in the order of the table."""
    table, known = site.table("alternatives"), site.table("works").index
    rows = table[table["work_id"].isin(known) & (table["mode"] != "")]
    return {
        str(work): tuple(dict.fromkeys(modes)) for work, modes in rows.groupby("work_id", sort=False)["mode"]
    }


def in_modes(site: Site, modes: Mapping[str, str]) -> Site:
    """The same site with works carried out in other ways.

    Parameters
    ----------
    site
        Opened site; never changed.
    modes
        Mode by work; the empty mode is the work's own row. Nothing is done yet of a work in another way.

    Raises
    ------
    NotFoundError
        A work has no such alternative; the message names those it has.
    """
    chosen = {work: mode for work, mode in modes.items() if mode}
    if not chosen:
        return site
    works, table = site.table("works").copy(), site.table("alternatives")
    known = alternatives_of(site)
    for work_id, mode in chosen.items():
        if mode not in known.get(work_id, ()):
            options = ", ".join(known.get(work_id, ())) or "–"
            raise NotFoundError("error.unknown_mode", work=work_id, name=mode, known=options)
        row = table[(table["work_id"] == work_id) & (table["mode"] == mode)].iloc[0].to_dict()
        cells = {name: row[name] for name in REPLACED} | {"progress": float("nan"), "started_on": pd.NaT}
        cells |= {"name": row["name"]} if row["name"] else {}
        for column, value in cells.items():
            works.at[work_id, column] = value
    return replace(site, tables={**site.tables, "works": works})
