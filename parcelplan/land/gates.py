"""Gates as numbers: which parcel waits for which term, and what that says of each parcel.

Thousands of parcels wait for the same few things. A **term** is one of them: a kind, a set of works, a day. Whatever
has to be worked out of names and days is worked out once a term; the parcels, of which there may be millions, are
counted by array alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from parcelplan.geometry.arrays import Bools, Floats, Ints, Shapes
from parcelplan.geometry.screening import Screener
from parcelplan.geometry.uniting import unite_by

Pairs = tuple[Ints, Ints, Floats]
"""Pairs of a parcel and a cover that share area: their positions, and the shared part of the parcel."""

STAGE_OF_GATE = {
    "special_plan": "plan_pending",
    "plan_adjustment": "plan_pending",
    "acquisition": "acquisition_pending",
    "line_undergrounding": "encumbered",
    "river_diversion": "encumbered",
    "power": "encumbered",
    "river": "encumbered",
    "hard": "encumbered",
    "road": "no_access",
    "access": "no_access",
}
STAGES = ("plan_pending", "acquisition_pending", "encumbered", "no_access", "net_land", "barred", "unknown")
"""Steps on the way to net land, then the two that lead nowhere."""
_NO_ROAD_EVER = "no_road_ever"
# Whatever leads nowhere comes first: the parcel is not on its way.
_ORDER = ("barred", "unknown", _NO_ROAD_EVER, *STAGES[:4], "net_land")


@dataclass(frozen=True, kw_only=True)
class Gates:
    """Gates of parcels, one entry a gate; the order of gates on one parcel decides between equal days and works."""

    parcel: Ints
    """Position of the parcel."""
    term: Ints
    """Row of :attr:`terms`."""
    terms: pd.DataFrame
    """One row a thing to wait for, numbered from 0: ``kind``; ``work_id`` (several joined by ``;``, empty where no work
    opens it); ``opens_on``; ``status`` (``passed | open | never | unknown``); ``step``, one of :data:`STAGES`."""

    def closed(self) -> Gates:
        """The gates that are not passed."""
        kept = (self.terms["status"] != "passed").to_numpy(dtype=bool)[self.term]
        return Gates(parcel=self.parcel[kept], term=self.term[kept], terms=self.terms)


def terms_of(
    kind: Any, work_id: Any, opens_on: Any, *, as_of: date, step: str | None = None, index: Any = None
) -> pd.DataFrame:
    """Make terms; the status of each is read from its day and its works.

    Parameters
    ----------
    kind, work_id, opens_on
        Columns, or one value for all.
    as_of
        Day of the data.
    step
        The stage of a parcel that waits for such a term; by the kind where None.
    index
        How many there are, where all three are single values.
    """
    terms = pd.DataFrame({"kind": kind, "work_id": work_id, "opens_on": opens_on}, index=index)
    terms = terms.reset_index(drop=True).astype({"kind": "str", "work_id": "str"})
    terms["opens_on"] = pd.to_datetime(terms["opens_on"]).astype("datetime64[us]")
    terms["status"] = status_of(terms, as_of)
    terms["step"] = terms["kind"].map(STAGE_OF_GATE).fillna("unknown") if step is None else step
    return terms


def status_of(gates: pd.DataFrame, as_of: date) -> NDArray[Any]:
    """How gates stand on a day: what has no day stays for good where no work opens it, and else nobody knows."""
    known = gates["opens_on"].notna()
    passed = known & (gates["opens_on"] <= pd.Timestamp(as_of))
    return np.select([passed, known, gates["work_id"] == ""], ["passed", "open", "never"], "unknown")


def join_gates(parts: Iterable[Gates]) -> Gates:
    """Put gates of the same parcels together, in the order of the parts."""
    parts = list(parts)
    begins = np.cumsum([0, *(len(part.terms) for part in parts)])
    return Gates(
        parcel=np.concatenate([part.parcel for part in parts]),
        term=np.concatenate([part.term + begin for part, begin in zip(parts, begins[:-1], strict=True)]),
        terms=pd.concat([part.terms for part in parts], ignore_index=True),
    )


def read_gates(frame: pd.DataFrame, parcels: pd.Index) -> Gates:
    """Number the gates of a table by :func:`parcelplan.land.readiness.find_gates`; those of other parcels fall away."""
    columns = ["kind", "work_id", "opens_on", "status"]
    term, terms = _distinct(frame[columns])
    terms["step"] = terms["kind"].map(STAGE_OF_GATE).fillna("unknown")
    parcel = parcels.get_indexer(pd.Index(frame["parcel_id"]))
    here = parcel >= 0
    return Gates(parcel=parcel[here], term=term[here], terms=terms)


def _distinct(rows: pd.DataFrame) -> tuple[Ints, pd.DataFrame]:
    """The number of each row among the distinct ones, and these in ascending order."""
    number: Ints = (
        rows.groupby(list(rows.columns), sort=True, dropna=False).ngroup().to_numpy().astype(np.intp)
    )
    _, first = np.unique(number, return_index=True)
    return number, rows.iloc[first].reset_index(drop=True)


def standing(gates: Gates, count: int, as_of: date, ends: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """Say of each of ``count`` parcels how far it is and what it waits for.

    Parameters
    ----------
    gates
        All gates of these parcels.
    count
        How many parcels there are; one without any gate is net land.
    as_of
        Day of the data.
    ends
        Last day of each work, NaT where nobody knows it, to name of several works the one that ends last. Without it
        they are named together.

    Returns
    -------
    DataFrame
        One row a parcel in their order: ``stage``, ``ready_on``, ``blocking``, ``last_gate``, ``last_work`` as told by
        :func:`parcelplan.land.readiness.readiness`.
    """
    closed = gates.closed()
    last = _last_term(closed, count)
    terms = closed.terms
    work = terms["work_id"] if ends is None else pd.Series(_last_works(terms["work_id"], ends), dtype="str")
    return pd.DataFrame(
        {
            "stage": _stages(closed, count),
            "ready_on": _ready_on(closed, last, as_of),
            "blocking": joined_names(*_works_of(closed), count),
            "last_gate": _looked_up(terms["kind"], last),
            "last_work": _looked_up(work, last),
        }
    )


def _stages(closed: Gates, count: int) -> pd.Series:
    """The first step not done; net land where all are."""
    terms = closed.terms
    never = terms["status"] == "never"
    step = terms["step"].where(terms["status"] == "open", "unknown")
    lasting = terms["step"].map({"no_access": _NO_ROAD_EVER}).fillna("barred")
    rank = step.where(~never, lasting).map({name: rank for rank, name in enumerate(_ORDER)})
    first = np.full(count, len(_ORDER) - 1, dtype=np.intp)
    np.minimum.at(first, closed.parcel, rank.to_numpy(dtype=np.intp)[closed.term])
    names = ["no_access" if name == _NO_ROAD_EVER else name for name in _ORDER]
    return pd.Series(pd.array(names, dtype="str").take(first))


def _last_term(closed: Gates, count: int) -> Ints:
    """The term that opens last, -1 where there is none; of equal days the later name, of equal names the later gate."""
    order = closed.terms.sort_values(["opens_on", "work_id"], na_position="last", kind="stable")
    same = ~order.duplicated(["opens_on", "work_id"])
    rank = np.empty(len(order), dtype=np.int64)
    rank[order.index.to_numpy()] = np.cumsum(same)
    gates = max(len(closed.term), 1)
    key = rank[closed.term] * gates + np.arange(len(closed.term))
    best = np.full(count, -1, dtype=np.int64)
    np.maximum.at(best, closed.parcel, key)
    last = np.full(count, -1, dtype=np.intp)
    found = best >= 0
    last[found] = closed.term[best[found] % gates]
    return last


def _ready_on(closed: Gates, last: Ints, as_of: date) -> NDArray[Any]:
    """Day of the last gate; a day that nobody knows comes last, so that one such gate leaves a parcel without a day."""
    opens = closed.terms["opens_on"].to_numpy(dtype="datetime64[us]")
    return np.append(opens, np.datetime64(as_of, "us"))[last]


def _looked_up(names: pd.Series, rows: Ints) -> Any:
    return pd.array([*names, ""], dtype="str").take(rows % (len(names) + 1))


def _works_of(closed: Gates) -> tuple[Ints, Ints, Sequence[str]]:
    """Every pair of a parcel and a work that one of its gates waits for, as numbers of the names."""
    own = [[name.strip() for name in text.split(";") if name.strip()] for text in closed.terms["work_id"]]
    names = sorted({name for works in own for name in works})
    number = {name: row for row, name in enumerate(names)}
    flat = np.array([number[name] for works in own for name in works], dtype=np.intp)
    many = np.array([len(works) for works in own], dtype=np.intp)
    times = many[closed.term]
    parcel = np.repeat(closed.parcel, times)
    begins = np.cumsum(times) - times
    step = np.arange(len(parcel)) - np.repeat(begins, times)
    return parcel, flat[np.repeat(np.cumsum(many)[closed.term] - times, times) + step], names


def joined_names(owner: Ints, name: Ints, names: Sequence[str], count: int) -> pd.Series:
    """Names of each of ``count`` owners, each name once, ascending and joined by ``;``.

    Parameters
    ----------
    owner, name
        Pairs of an owner and a row of ``names``.
    names
        Ascending.
    count
        Number of owners; one without a name gets an empty text.
    """
    pairs = np.sort(owner.astype(np.int64) * max(len(names), 1) + name)
    pairs = pairs[np.diff(pairs, prepend=-1) != 0]
    owners, chosen = np.divmod(pairs, max(len(names), 1))
    offsets = np.searchsorted(owners, np.arange(count + 1))
    texts = pa.array(names, type=pa.large_string()).take(pa.array(chosen))
    lists = pa.LargeListArray.from_arrays(pa.array(offsets, type=pa.int64()), texts)
    joined: pd.Series = (
        pc.binary_join(lists, pa.scalar(";", type=pa.large_string())).to_pandas().astype("str")
    )
    return joined


def _last_works(texts: Iterable[str], ends: Mapping[str, Any]) -> list[str]:
    found: dict[str, str] = {}
    return [
        found.setdefault(text, last_of(ends, text)) if text not in found else found[text] for text in texts
    ]


def last_of(ends: Mapping[str, Any], works: str) -> str:
    """Of several works the one that ends last; one whose end is unknown is later than all."""
    names = [name for name in works.split(";") if name]
    if not names:
        return ""
    return max(names, key=lambda name: (pd.Timestamp.max if pd.isna(ends[name]) else ends[name], name))


def group_pairs(parcel: Ints, term: Ints, terms: int) -> tuple[Ints, Ints, Ints]:
    """Group pairs of a parcel and a cover by the term that the cover goes with.

    Returns
    -------
    parcel, term
        Of each group; ascending by both.
    group
        The group of each pair.
    """
    keys, group = np.unique(parcel.astype(np.int64) * max(terms, 1) + term, return_inverse=True)
    owner, goes_with = np.divmod(keys, max(terms, 1))
    return owner.astype(np.intp), goes_with.astype(np.intp), group.astype(np.intp)


def shares_of(
    parcels: Shapes, screener: Screener, pairs: Pairs, group: Ints, *, limit: float | None = None
) -> Floats:
    """Share of a parcel that the covers of each group take together, their overlap counted once.

    Parameters
    ----------
    parcels
        The parcels.
    screener
        The covers.
    pairs
        What the latter's ``pairs`` found on the former.
    group
        Group of each of these, from 0; those of a group are pairs of one parcel.
    limit
        Where it only matters whether a share exceeds this: most groups need not be drawn then. Their share is told as
        that of their largest cover where this exceeds the limit, as the sum of all where this does not.
    """
    parcel, cover, share = pairs
    count = int(group.max(initial=-1)) + 1
    largest, total = np.zeros(count), np.bincount(group, weights=share, minlength=count)
    np.maximum.at(largest, group, share)
    several = np.bincount(group, minlength=count) > 1
    if limit is not None:
        several &= (largest <= limit) & (total > limit)
        total = np.where(largest > limit, largest, total)
    drawn = np.flatnonzero(several[group])
    shapes = shapely.intersection(parcels[parcel[drawn]], screener.covers[cover[drawn]])
    which, unions = unite_by(shapes, group[drawn])
    owner = np.zeros(count, dtype=np.intp)
    owner[group] = parcel
    total[which] = shapely.area(unions) / shapely.area(parcels[owner[which]])
    return np.asarray(total)


def cover_terms(
    covers: pd.DataFrame, gate_of_kind: Mapping[str, str], as_of: date
) -> tuple[Ints, pd.DataFrame]:
    """The term of each constraint, and the terms; constraints of one kind that the same works end on one day share one.

    Parameters
    ----------
    covers
        Constraints with ``kind``, ``work_id`` (the works that end it, empty where none does) and ``until_on``.
    gate_of_kind
        Kinds of gates by kinds of constraints; any other kind is its own gate.
    as_of
        Day of the data.
    """
    kind = [gate_of_kind.get(name, name) for name in covers["kind"]]
    columns = {"kind": kind, "work_id": covers["work_id"].fillna(""), "opens_on": covers["until_on"]}
    term, own = _distinct(pd.DataFrame(columns))
    return term, terms_of(own["kind"], own["work_id"], own["opens_on"], as_of=as_of, step="encumbered")


def gates_where(masks: Iterable[Bools], terms: pd.DataFrame) -> Gates:
    """Gates of the parcels in masks, one mask a term, term after term."""
    parcels = [np.flatnonzero(mask) for mask in masks]
    term = np.repeat(np.arange(len(parcels)), [len(found) for found in parcels])
    return Gates(parcel=np.concatenate([np.empty(0, dtype=np.intp), *parcels]), term=term, terms=terms)
