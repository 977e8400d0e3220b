"""Which layer or table of the registry a file may be, and which of its columns are which, by name and alias."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from parcelplan import schema
from parcelplan.schema.headings import Meaning, understand

ENOUGH = 2
"""Columns that must fit, besides the identity, before a file without an id of a table is taken for it."""


def meaning_of(headings: Iterable[str], table: str) -> Meaning:
    """Tell what the headings of a file mean for one table of the registry."""
    return understand([str(heading) for heading in headings], schema.table(table))


def columns_of(headings: Iterable[str], table: str) -> dict[str, tuple[str, ...]]:
    """Find the registry's columns among the headings of a file.

    Parameters
    ----------
    headings
        Column names as in the file.
    table
        Layer or table of the registry.

    Returns
    -------
    dict
        Heading → columns: one, or the two ends of a range. Each column stands under one heading at most.

    Examples
    --------
    >>> columns_of(["DKBH", "期", "容积率", "备注"], "parcels")
    {'DKBH': ('parcel_id',), '期': ('phase',), '容积率': ('far_min', 'far_max')}
    """
    given = [str(heading) for heading in headings]
    meaning = meaning_of(given, table)
    found: dict[str, tuple[str, ...]] = {heading: (column,) for heading, column in meaning.renames.items()}
    found |= {heading: span[:2] for heading, span in meaning.ranges.items()}
    return {heading: found[heading] for heading in given if heading in found}


def fits(headings: Iterable[str], dimension: int | None) -> Mapping[str, int]:
    """Count the headings that each table knows, best first; tables that know none are left out.

    Parameters
    ----------
    headings
        Column names as in the file.
    dimension
        Dimension of its geometries: 0 points, 1 lines, 2 polygons; None for a table without any.
    """
    given = list(headings)
    counts = {
        name: len(columns_of(given, name))
        for name, spec in schema.tables().items()
        if spec.dimension == dimension
    }
    return dict(sorted(((name, count) for name, count in counts.items() if count), key=lambda item: -item[1]))


def guess_table(headings: Iterable[str], dimension: int | None) -> str:
    """Name the table that fits best, or nothing where too little fits.

    Having the identity of a table counts more than having one of the columns that many tables share.

    Examples
    --------
    >>> guess_table(["地块编号", "期", "名称"], 2)
    'parcels'
    >>> guess_table(["名称"], 2)
    ''
    """
    given = list(headings)
    scores = {}
    for name, count in fits(given, dimension).items():
        has_key = (schema.table(name).key,) in columns_of(given, name).values()
        if has_key or count >= ENOUGH:
            scores[name] = count + ENOUGH * has_key
    return max(scores, key=lambda name: scores[name], default="")
