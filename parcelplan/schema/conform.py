"""Bring a frame into the form the registry declares, and list everything in it that does not fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd

from parcelplan.findings import Finding, Findings
from parcelplan.schema.casting import Cast, cast, cast_range, texts
from parcelplan.schema.headings import Meaning, understand
from parcelplan.schema.registry import Column, Table, table

if TYPE_CHECKING:
    import pandera.pandas as pa

Frame = TypeVar("Frame", pd.DataFrame, gpd.GeoDataFrame)


def conform(
    frame: Frame,
    name: str,
    *,
    columns: Mapping[str, str] | None = None,
    defaults: Mapping[str, Any] | None = None,
) -> tuple[Frame, Findings]:
    """Rename, cast and check one frame.

    Parameters
    ----------
    frame
        A layer or table as read; never changed. Columns the registry does not know are kept, and named in a finding.
    name
        Table of the registry, such as ``parcels``.
    columns
        Columns to the headings that they stand under in this file, where the user says so.
    defaults
        Values for columns of which the file holds nothing.

    Returns
    -------
    frame
        Indexed by the table's key (as text, in the order of the input), every declared column present and in its
        unit; values that could not be read are null, and text that is not there is empty text. A table whose rows
        may repeat their first column keeps that column and is indexed by row: ``#1``.
    findings
        One for each missing column, unreadable value, value outside its domain, null where a value is required, and
        repeated or empty id; one for each column in which placeholders, whole months, foreign units or open ends of
        ranges were read.
    """
    spec = table(name)
    meaning = understand([str(heading) for heading in _attributes(frame)], spec, columns)
    renamed = frame.rename(columns=dict(meaning.renames))
    filled = {column for low, high, _ in meaning.ranges.values() for column in (low, high)}
    held = filled | set(renamed.columns)
    renamed = renamed.assign(
        **{column: value for column, value in (defaults or {}).items() if column not in held}
    )
    findings = list(meaning.findings) + [
        Finding(code="schema.missing_column", layer=name, field=column.name)
        for column in spec.columns
        if column.required and column.name not in renamed.columns and column.name not in filled
    ]
    result, read = _cast(renamed, spec, meaning)
    findings += read
    known = {(item.feature_id, item.field) for item in read}
    absent = {item.field for item in findings if item.code == "schema.missing_column"}
    findings += [
        item
        for item in _domain_findings(result, spec)
        if (item.feature_id, item.field) not in known and item.field not in absent
    ]
    keys = result[spec.key]
    if not spec.keyed:
        result.index = pd.Index([f"#{row}" for row in range(1, len(keys) + 1)], name="row", dtype=object)
        return result, Findings(findings)
    findings += _key_findings(keys, spec)
    # Without ids of their own, rows are known by their number, so that later checks can still name them.
    index = pd.Index([key or f"#{row}" for row, key in enumerate(keys, start=1)], name=spec.key, dtype=object)
    result.index = index
    return result.drop(columns=spec.key), Findings(findings)


def _attributes(frame: pd.DataFrame) -> list[Any]:
    return [heading for heading, dtype in frame.dtypes.items() if dtype != "geometry"]


def _cast(frame: Frame, spec: Table, meaning: Meaning) -> tuple[Frame, list[Finding]]:
    result = frame.reset_index(drop=True).copy()
    findings: list[Finding] = []
    for column in spec.columns:
        if column.name not in result.columns:
            result[column.name] = pd.Series(None, index=result.index, dtype=object)
        raw = result[column.name]
        unit = meaning.units.get(column.name, "")
        done = cast(raw, column, unit)
        result[column.name] = done.cells
        findings += _notes_of(done, spec, column.name)
        findings += _unreadable(result, spec, column.name, raw[done.lost], column.dtype)
    for heading, (low, high, unit) in meaning.ranges.items():
        raw = result[heading]
        ends = cast_range(raw, spec.by_name[low], spec.by_name[high], unit)
        findings += _notes_of(ends[0], spec, heading)
        findings += _unreadable(result, spec, heading, raw[ends[0].lost], "range")
        for name, end in zip((low, high), ends, strict=True):
            findings += _contradictions(result, spec, name, end.cells, heading)
            result[name] = result[name].fillna(end.cells)
    return result, findings


def _notes_of(done: Cast, spec: Table, field: str) -> Iterator[Finding]:
    for note in done.notes:
        yield Finding(
            code=note.code, layer=spec.name, field=field, value=note.sample, params={"count": note.count}
        )


def _unreadable(
    frame: pd.DataFrame, spec: Table, field: str, lost: pd.Series, dtype: str
) -> Iterator[Finding]:
    for row, value in lost.items():
        yield Finding(
            code="schema.unreadable_value",
            layer=spec.name,
            feature_id=_name_of(frame, spec, row),
            field=field,
            value=value,
            params={"dtype": dtype},
        )


def _contradictions(
    frame: pd.DataFrame, spec: Table, field: str, ends: pd.Series, heading: str
) -> Iterator[Finding]:
    """A range that says another end than the column that holds only this end; the column is believed."""
    own = frame[field]
    for row in frame.index[own.notna() & ends.notna() & (own != ends)]:
        yield Finding(
            code="schema.range_contradicts",
            layer=spec.name,
            feature_id=_name_of(frame, spec, row),
            field=field,
            value=own[row],
            params={"heading": heading, "range": frame[heading][row]},
        )


def _name_of(frame: pd.DataFrame, spec: Table, row: Any) -> str:
    key = texts(frame.loc[[row], spec.key])[row] if spec.key in frame.columns else ""
    return str(key) if key else f"#{row + 1}"


def _key_findings(keys: pd.Series, spec: Table) -> Iterator[Finding]:
    for key in keys[(keys != "") & keys.duplicated()].unique():
        yield Finding(
            code="schema.repeated_id", layer=spec.name, feature_id=str(key), field=spec.key, value=key
        )


def _domain_findings(frame: pd.DataFrame, spec: Table) -> Iterator[Finding]:
    """Let pandera check nulls and domains all at once, and turn each failure case into a finding."""
    import pandera.errors as pa_errors  # noqa: PLC0415 - pandera is slow to import

    try:
        _schema(spec).validate(
            pd.DataFrame(frame[[column.name for column in spec.columns]]).replace("", None), lazy=True
        )
    except pa_errors.SchemaErrors as failed:
        cases = failed.failure_cases
        for column_name, row, value, check in zip(
            cases["column"], cases["index"], cases["failure_case"], cases["check"], strict=True
        ):
            column = spec.by_name[str(column_name)]
            missing = check == "not_nullable"
            yield Finding(
                code="schema.missing_value" if missing else "schema.outside_domain",
                layer=spec.name,
                feature_id=_name_of(frame, spec, row),
                field=column.name,
                value=None if missing else value.item() if isinstance(value, np.generic) else value,
                params={"domain": column.domain_text},
            )


def _schema(spec: Table) -> pa.DataFrameSchema:
    import pandera.pandas as pa  # noqa: PLC0415 - pandera is slow to import

    return pa.DataFrameSchema({column.name: _pandera_column(column, pa) for column in spec.columns})


def _pandera_column(column: Column, pa: Any) -> Any:
    checks = []
    if column.choices:
        checks.append(pa.Check.isin(list(column.choices)))
    if column.minimum is not None:
        check = pa.Check.gt if column.exclusive_minimum else pa.Check.ge
        checks.append(check(column.minimum))
    if column.maximum is not None:
        checks.append(pa.Check.le(column.maximum))
    return pa.Column(None, checks=checks, nullable=not column.required, required=True)
